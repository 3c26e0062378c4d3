"""``pvm disasm``: a module as text."""

from __future__ import annotations

import click

from pvm.cli.files import load_module, read_program


@click.command("disasm")
@click.argument("file")
def command(file: str) -> None:
    """Show FILE as text: a module, or Pebble source, which is compiled first.

    The text has the names of everything and the source lines beside their code; pvm asm makes the
    same module of it again.
    """
    click.echo(load_module(read_program(file)).disassemble(), nl=False)
