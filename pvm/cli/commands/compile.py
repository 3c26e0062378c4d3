"""``pvm compile``: Pebble source to a module."""

from __future__ import annotations

import click

from pvm.cli.compiling import compile_file

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
    compile_file(file, output)
