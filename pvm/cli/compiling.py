"""What ``pvm compile`` does once its arguments are read; no command-line library is imported here."""

from __future__ import annotations

from collections.abc import Sequence

from pvm.cli.files import Kind, compile_program, read_program, write_output
from pvm.errors import UsageError


def plain_arguments(words: Sequence[str]) -> tuple[str, str | None] | None:
    """The file and the output of the usual command lines ``FILE`` and ``FILE -o OUTPUT``; None for any other."""
    match words:
        case [file] if not file.startswith("-"):
            return file, None
        case [file, "-o", output] | ["-o", output, file] if not file.startswith("-") and not output.startswith("-"):
            return file, output
        case _:
            return None


def compile_file(file: str, output: str | None) -> None:
    """Compile a program to a file; ``-`` is standard input or output."""
    program = read_program(file)
    if program.kind is not Kind.SOURCE:
        raise UsageError(f"{file}: is a {program.kind.value} already, expected Pebble source")
    if output is None:
        output = "-" if program.is_stdin else default_output(file)
    write_output(output, compile_program(program, warn=True))


def default_output(file: str) -> str:
    """The name of the module beside the source."""
    from pathlib import Path

    return str(Path(file).with_suffix(".pbc"))
