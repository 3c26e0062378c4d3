"""A test program: a Pebble file whose comments say what it does.

The marks are written by hand, beside the line that causes them, and stand in the order of the output:

| mark | meaning |
| --- | --- |
| `//? text` | a line of standard output; blanks at its end do not count |
| `//~ text` | a line of standard error |
| `//! Name: message` | the program ends with this exception, which nobody catches |
| `//= status N` | the program ends with this status; without a mark with 0 |
| `//< text` | a line of standard input |
| `//& a b` | arguments |

A program is one file, or a folder with a ``main.peb``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pvm
from compiler.driver import compile_file

LIMITS = pvm.Limits(memory="32M", stack="512K", fuel=200_000_000)
UNCAUGHT = 1
_MARK = re.compile(r"//([?~!=<&])(?: (.*))?$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run shows to the outside."""

    stdout: tuple[str, ...]
    stderr: tuple[str, ...]
    exception: str
    status: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What the marks of a program say."""

    outcome: Outcome
    stdin: str
    arguments: tuple[str, ...]


def programs(folder: Path) -> list[Path]:
    """The programs below a folder: single files, and the main.peb of those of several files."""
    mains = set(folder.rglob("main.peb"))
    parts = {main.parent for main in mains}
    return sorted(path for path in folder.rglob("*.peb") if path in mains or not parts & set(path.parents))


def expected(source: str) -> Expected:
    """Read the marks."""
    found: dict[str, list[str]] = {kind: [] for kind in "?~!=<&"}
    for line in source.splitlines():
        mark = _MARK.search(line)
        if mark is not None:
            found[mark[1]].append((mark[2] or "").rstrip())
    assert len(found["!"]) <= 1
    exception = found["!"][0] if found["!"] else ""
    status = int(found["="][0].removeprefix("status ")) if found["="] else UNCAUGHT if exception else 0
    outcome = Outcome(tuple(found["?"]), tuple(found["~"]), exception, status)
    stdin = "".join(f"{line}\n" for line in found["<"])
    return Expected(outcome, stdin, tuple(" ".join(found["&"]).split()))


@cache
def compiled(path: Path) -> pvm.Module:
    """Compile and verify once a session; modules are immutable."""
    return pvm.Module(compile_file(path))


def lines(data: bytes) -> tuple[str, ...]:
    """Lines without blanks at their ends; what comes after the last line end is a line too, if there is something."""
    parts = data.decode().split("\n")
    return tuple(part.rstrip() for part in (parts if parts[-1] else parts[:-1]))


def run(module: pvm.Module, engine: str, stdin: str, arguments: tuple[str, ...]) -> Outcome:
    """Run a module by itself: no files, a virtual clock, small limits."""
    kernel = pvm.Kernel(stdin=stdin, stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    exception, status = "", UNCAUGHT
    with pvm.Instance(module, kernel=kernel, limits=LIMITS, tier=engine) as instance:  # type: ignore[arg-type]
        try:
            status = instance.run([module.name, *arguments])
        except pvm.Trap as trap:
            name = trap.exception or trap.kind
            exception = f"{name}: {trap.message}" if trap.message else name
    return Outcome(lines(kernel.stdout_bytes), lines(kernel.stderr_bytes), exception, status)
