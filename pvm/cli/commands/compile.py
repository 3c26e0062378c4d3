"""``pvm compile``: Pebble source to a module."""

from __future__ import annotations

from pathlib import Path

import click

from pvm.cli.files import Kind, load_module, read_program, write_output
from pvm.errors import UsageError

EPILOG = """\b
Examples:
  pvm compile hello.peb                  writes hello.pbc
  pvm compile hello.peb -o build/h.pbc
  cat hello.peb | pvm compile - -o - | pvm run -
"""


@click.command("compile", epilog=EPILOG)
@click.argument("file")
@click.option("-o", "--output", metavar="FILE.pbc", help="Where to write; - is standard output.")
def command(file: str, output: str | None) -> None:
    """Compile FILE, a Pebble program, with all that it imports, to one module.

    The same source always gives the same bytes. Errors go to standard error, with exit status 125.
    """
    program = read_program(file)
    if program.kind is not Kind.SOURCE:
        raise UsageError(f"{file}: is a {program.kind.value} already, expected Pebble source")
    if output is None:
        output = "-" if program.is_stdin else str(Path(file).with_suffix(".pbc"))
    write_output(output, load_module(program, warn=True).to_bytes())
