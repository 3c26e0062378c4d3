"""``pvm asm``: a module from its text form."""

from __future__ import annotations

from pathlib import Path

import click

from pvm.cli.files import read_input, write_output
from pvm.embed.module import Module
from pvm.errors import AssemblyError, UsageError


@click.command("asm")
@click.argument("file")
@click.option("-o", "--output", metavar="FILE.pbc", help="Where to write; - is standard output.")
def command(file: str, output: str | None) -> None:
    """Assemble FILE, the text form of a module (.pasm), verify it, and write it.

    pvm/pbc/README.md describes the text form; pvm disasm shows examples of it.
    """
    try:
        text = read_input(file).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 at byte {error.start}") from None
    try:
        module = Module.assemble(text, Path(file).stem if file != "-" else "main")
    except AssemblyError as error:
        raise UsageError(f"{file}:{error.line}:{error.column}: {error.message}") from None
    if output is None:
        output = "-" if file == "-" else str(Path(file).with_suffix(".pbc"))
    write_output(output, module.to_bytes())
