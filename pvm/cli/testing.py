"""What ``pvm test`` does: find test files, compile each once, run every test in an instance of its own.

A test sees an empty file system, no input and no environment; what it prints is kept and shown only if it
fails.  Nothing of one test is there in the next, module variables included.
"""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pvm.cli.files import has_colours, read_input
from pvm.embed.instance import Instance
from pvm.embed.limits import Limits
from pvm.embed.module import Module
from pvm.errors import CompileError, Exhaustion, GuestExit, PvmError, TraceFrame, Trap
from pvm.kernel import Kernel

if TYPE_CHECKING:
    from compiler.testing import TestCase

OUTPUT_LIMIT = 1 << 20
"""Bytes of a test's output that are kept."""

_HAS_TESTS = re.compile(rb'\btest[ \t]*r?"')
_PROGRAM = "main.peb"


class Suite(NamedTuple):
    """A file that may have tests, and the folder in which its imports are looked up."""

    name: str
    folder: Path


class Conditions(NamedTuple):
    """Under what tests run, and which of them."""

    limits: Limits
    seed: int
    filter: str = ""


class Failure(NamedTuple):
    """Why a test failed; ``line`` is the one of its file at which it did."""

    message: str
    line: int
    frames: Sequence[TraceFrame]
    output: str


class Result(NamedTuple):
    """How a test ended."""

    case: TestCase
    failure: Failure | None
    seconds: float


class KeptOutput(io.BytesIO):
    """Takes any amount of output and keeps the first megabyte."""

    def __init__(self) -> None:
        super().__init__()
        self._dropped = 0

    def write(self, data: Any, /) -> int:
        """Take all of it."""
        room = max(0, OUTPUT_LIMIT - self.tell())
        super().write(data[:room])
        self._dropped += max(0, len(data) - room)
        return len(data)

    @property
    def text(self) -> str:
        """What was kept."""
        rest = f"\n... {self._dropped:,} bytes more\n" if self._dropped else ""
        return self.getvalue().decode("utf-8", "replace") + rest


def find_files(names: Sequence[str]) -> list[Suite]:
    """The files that are named, and the .peb files below folders that are named, each once, hidden ones left out."""
    found: dict[Path, Suite] = {}
    for name in names:
        top = Path(name)
        if top.is_dir():
            for path in _below(top):
                found.setdefault(path.resolve(), Suite(str(path), program_folder(path, top)))
        else:
            found.setdefault(top.resolve(), Suite(name, program_folder(top, top.parent)))
    return list(found.values())


def _below(top: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".peb") and not name.startswith("."))


def program_folder(path: Path, top: Path) -> Path:
    """The folder of the program that a file belongs to: the nearest one with a main.peb, up to ``top``, or its own."""
    folder = path.parent
    last = top.resolve()
    while True:
        if (folder / _PROGRAM).is_file():
            return folder
        if folder.resolve() == last or folder == folder.parent:
            return path.parent
        folder = folder.parent


def compile_file(file: Suite) -> tuple[Module, tuple[TestCase, ...]] | None:
    """The tests of a file, or None if it has none.

    Raises:
        CompileError: the file is wrong.
    """
    from compiler.diagnostics import Diagnostics, render_all
    from compiler.testing import compile_tests

    data = read_input(file.name)
    if not _HAS_TESTS.search(data):
        return None
    found = Diagnostics()
    try:
        compiled = compile_tests(data, file.name, folder=file.folder, diagnostics=found)
    except CompileError as error:
        raise CompileError(error.diagnostics, render_all(found, colour=has_colours())) from None
    return None if compiled.module is None else (Module(compiled.module), compiled.tests)


def run_test(module: Module, case: TestCase, file: Suite, options: Conditions) -> Result:
    """Run one test in a fresh instance."""
    output = KeptOutput()
    started = time.perf_counter()
    failure = None
    try:
        with (
            Kernel(stdout=output, stderr=output, seed=options.seed) as kernel,
            Instance(module, limits=options.limits, kernel=kernel) as instance,
        ):
            instance.call(case.export)
    except PvmError as error:
        failure = _failure(error, case, file, output.text)
    return Result(case, failure, time.perf_counter() - started)


def _failure(error: PvmError, case: TestCase, file: Suite, output: str) -> Failure:
    frames: Sequence[TraceFrame] = error.frames if isinstance(error, Trap | Exhaustion) else ()
    shown = [frame for frame in frames if frame.function != "assertFailed"]
    line = next((frame.line for frame in shown if frame.file == file.name and frame.line), case.line)
    return Failure(_message(error), line, shown, output)


def _message(error: PvmError) -> str:
    match error:
        case Trap(exception="AssertionError"):
            return error.message or "assertion failed"
        case Trap(exception=str(name)) if name:
            return f"uncaught {name}: {error.message}" if error.message else f"uncaught {name}"
        case Trap():
            return f"the test was ended: {error.message}"
        case Exhaustion():
            hint = {"time": "--timeout", "memory": "--memory"}.get(error.kind)
            return f"the test was ended: {error.message}" + (f" ({hint} sets this limit)" if hint else "")
        case GuestExit():
            return f"the test ended the program with status {error.status}"
        case _:
            return str(error)
