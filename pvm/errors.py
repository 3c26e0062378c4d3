"""The errors that PVM raises, all of them below ``PvmError``.

Whatever a guest or a file contains ends in one of these; a Python exception of any other
kind that leaves the package is a bug of PVM (or of a host function, whose exceptions keep
their identity).  This module is the bottom layer: it imports nothing of ours.
"""

from __future__ import annotations

import os

from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Frames = Sequence["TraceFrame"] | Callable[[], Sequence["TraceFrame"]]
    """A stack trace, or what makes it when somebody wants to see it, which may take longer than the run's end."""


class PvmError(Exception):
    """Root of everything that PVM raises on purpose."""


class UsageError(PvmError):
    """The embedding API or the command line was used wrongly."""


class FormatError(PvmError):
    """A file is not what it says it is; ``offset`` is the byte (or line, for text) at fault."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(f"offset {offset}: {message}")
        self.offset = offset
        self.message = message


class AssemblyError(PvmError):
    """The text form of a module is wrong at ``line`` and ``column`` (both from 1)."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(f"line {line}:{column}: {message}")
        self.line = line
        self.column = column
        self.message = message


class VerifyError(PvmError):
    """A module breaks a verifier rule; ``function`` is empty for rules about the module as a whole."""

    def __init__(self, function: str, pc: int, rule: str, message: str) -> None:
        place = f"function {function!r:.120} at {pc}" if function else "module"
        super().__init__(f"{place}: {message} [{rule}]")
        self.function = function
        self.pc = pc
        self.rule = rule
        self.message = message


class CompileError(PvmError):
    """A program does not compile; ``diagnostics`` holds every error found, ``rendered`` the text to show."""

    def __init__(self, diagnostics: Sequence[object], rendered: str) -> None:
        super().__init__(rendered)
        self.diagnostics = tuple(diagnostics)
        self.rendered = rendered


class LinkError(PvmError):
    """An import has no provider, or the provider has another signature."""


class TraceFrame(NamedTuple):
    """One line of a guest stack trace; ``line`` and ``column`` are 0 where unknown."""

    function: str
    file: str
    line: int
    column: int
    pc: int

    def __str__(self) -> str:
        """One line, whatever names the module has."""
        where = f"{self.file}:{self.line}" if self.line else f"pc {self.pc}"
        line = f"{self.function} ({where})"
        return line if line.isprintable() else repr(line)[1:-1]


class _Ended(PvmError):
    """What ended a program, with the guest frames innermost first."""

    def __init__(self, kind: str, message: str, frames: Frames = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self._frames = frames

    @property
    def frames(self) -> tuple[TraceFrame, ...]:
        """The stack trace."""
        if callable(self._frames):
            self._frames = self._frames()
        return tuple(self._frames)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.kind, self.message, self.frames)


class Trap(_Ended):
    """The program did something undefined for it (kind is a ``TrapKind`` mnemonic), or threw and nobody caught.

    For an uncaught guest exception ``kind`` is ``uncaught``, ``exception`` names its class, and ``cause``
    is the exception that led to it, if it has one.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        frames: Frames = (),
        exception: str = "",
        cause: Trap | None = None,
    ) -> None:
        super().__init__(kind, message, frames)
        self.exception = exception
        self.cause = cause

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.kind, self.message, self.frames, self.exception, self.cause)


class Exhaustion(_Ended):
    """A limit of the embedder was reached; ``kind`` is ``fuel``, ``time`` or ``memory``."""


class ContainmentError(PvmError):
    """A program is not run because it could not be contained.

    ``missing`` names the walls that cannot be built, ``lowerable`` those of them that a caller may do without.
    """

    def __init__(self, missing: Sequence[str], message: str, lowerable: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)
        self.lowerable = tuple(lowerable)


class GuestExit(PvmError):
    """The guest ended its process, with ``status``, inside a call of one of its exports."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the guest exited with status {status}")
        self.status = status


class GuestError(PvmError):
    """A kernel call failed with ``errno`` (Linux numbers); the guest sees the negated number."""

    def __init__(self, errno: int, detail: str = "") -> None:
        text = os.strerror(errno)
        super().__init__(f"{text}: {detail}" if detail else text)
        self.errno = errno
        self.detail = detail
