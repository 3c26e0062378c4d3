"""``pvm verify``: is a module safe to run?"""

from __future__ import annotations

import click

from pvm.cli.files import Kind, read_program
from pvm.embed.module import Module
from pvm.errors import UsageError


@click.command("verify")
@click.argument("files", nargs=-1, required=True, metavar="FILE.pbc...")
def command(files: tuple[str, ...]) -> None:
    """Read and verify modules, as run does before anything runs.

    A good module gets a line on standard output. The first bad one ends the command with exit
    status 125, and the error names the byte, or the function, place and rule.
    """
    for file in files:
        program = read_program(file)
        if program.kind is not Kind.MODULE:
            raise UsageError(f"{file}: is a {program.kind.value}, expected a module (.pbc)")
        verified = Module.from_bytes(program.data).verified
        instructions = sum(len(function.instructions) for function in verified.functions)
        data = verified.module
        click.echo(
            f"{file}: ok: {len(data.functions)} functions, {len(data.classes)} classes, {instructions} instructions"
        )
