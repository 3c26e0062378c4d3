"""Input and output files of commands: ``-`` is a standard stream, the kind of a program is told by its content."""

from __future__ import annotations

import os
import sys
from enum import Enum

from pvm.cli.status import Refusal, Status, print_error
from pvm.errors import CompileError, UsageError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import TextIO

    from compiler.diagnostics import Diagnostics
    from pvm.embed.module import Module

PBC_MAGIC_BYTE = 0
ELF_MAGIC = b"\x7fELF"
SOURCE_LIMIT = 64 << 20


class Kind(Enum):
    """What a file holds."""

    MODULE = "module"
    SOURCE = "Pebble source"
    ELF = "Linux ELF executable"
    PE = "Windows executable"


class ProgramFile(NamedTuple):
    """A program as it was found: its name as given, its bytes, its kind."""

    name: str
    data: bytes
    kind: Kind

    @property
    def is_stdin(self) -> bool:
        """Whether it came from standard input."""
        return self.name == "-"


def read_input(name: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``; of a Linux program the first ones only.

    Refused with 127 if it is not there; raises UsageError if it cannot be read.
    """
    if name == "-":
        return sys.stdin.buffer.read(SOURCE_LIMIT)
    try:
        with open(name, "rb") as file:  # noqa: PTH123 - pathlib costs start-up 3 ms
            head = file.read(len(ELF_MAGIC))
            return head if head == ELF_MAGIC else head + file.read(SOURCE_LIMIT)
    except FileNotFoundError:
        raise Refusal(Status.NOT_FOUND, f"{name}: no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{name}: is a directory, expected a program") from None
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from None


def read_program(name: str) -> ProgramFile:
    """Read a program and tell what it is by its first bytes."""
    data = read_input(name)
    if data.startswith(ELF_MAGIC):
        kind = Kind.ELF
    elif data.startswith(b"MZ"):
        kind = Kind.PE
    elif data[:1] == bytes([PBC_MAGIC_BYTE]):
        kind = Kind.MODULE
    else:
        kind = Kind.SOURCE
    return ProgramFile(name, data, kind)


def load_module(program: ProgramFile) -> Module:
    """The module that a program is, or compiles to.

    Refused with 126 if it is an executable of another kind.
    """
    from pvm.embed.module import Module

    match program.kind:
        case Kind.MODULE:
            return Module.from_bytes(program.data)
        case Kind.SOURCE:
            return Module.from_bytes(compile_program(program))
        case _:
            what = f"{program.name}: a {program.kind.value}: this version of pvm"
            raise Refusal(Status.NOT_EXECUTABLE, f"{what} runs Pebble, .pbc and Linux programs only")


def compile_program(program: ProgramFile, *, warn: bool = False) -> bytes:
    """The bytes of a module of source; text from standard input can import the standard library only.

    A program that was compiled before is taken from the cache.  Nothing is verified.  Warnings are printed with
    ``warn``; without it where the text is new and somebody looks on (standard error is a terminal).
    """
    name, folder = ("<stdin>", None) if program.is_stdin else os.path.split(program.name)[::-1]
    try:
        if warn:
            return compile_with_warnings(program.data, name, folder)
        from compiler.build import build_bytes

        return build_bytes(program.data, name, folder, report=print_warnings if sys.stderr.isatty() else None)
    except CompileError as error:
        if not has_colours():
            raise
        from compiler.diagnostics import Diagnostic, render_all

        diagnostics = [item for item in error.diagnostics if isinstance(item, Diagnostic)]
        raise CompileError(diagnostics, render_all(diagnostics, colour=True)) from None


def compile_with_warnings(data: bytes, name: str, folder: str | None) -> bytes:
    """Compile and print the warnings."""
    from compiler.build import build_bytes
    from compiler.diagnostics import Diagnostics

    found = Diagnostics()
    compiled = build_bytes(data, name, folder, found)
    if len(found):
        print_warnings(found)
    return compiled


def print_warnings(found: Diagnostics) -> None:
    """Print what the compiler reported of a program without errors."""
    from compiler.diagnostics import render_all

    print_error(render_all(found, colour=has_colours()).rstrip("\n"))


def has_colours(stream: TextIO | None = None) -> bool:
    """Whether a stream, by default standard error, is a terminal that may show colours (https://no-color.org)."""
    return (stream or sys.stderr).isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_output(name: str, data: bytes) -> None:
    """Write a file whole or not at all; ``-`` is standard output."""
    if name == "-":
        sys.stdout.buffer.write(data)
        return
    from pathlib import Path

    target = Path(name)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{name}: cannot be written: {error.strerror}") from None
