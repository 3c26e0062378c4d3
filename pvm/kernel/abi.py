"""The vocabulary of hypercalls: errno, argument kinds, and the declaration that everything is made from.

One ``@hypercall`` declaration yields the guest signature, the decoding in the dispatcher, the trace
line, the manual and the Pebble stub.  Errno numbers are those of Linux, so that a personality can
pass them through.  ``FAULT`` (a span outside its array) and ``INVAL`` for a string that is not valid
Unicode come from decoding; ``FAULT`` is never declared because every call with a buffer can give it.
"""

from __future__ import annotations

from enum import Enum, IntEnum

from pvm.errors import GuestError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Handler = Callable[..., Any]

__all__ = ["ERRNO_TEXT", "Errno", "GuestError", "Hypercall", "Kind", "Parameter", "Support", "hypercall"]


class Errno(IntEnum):
    """Error numbers of the guest ABI; equal to Linux's."""

    PERM = 1
    NOENT = 2
    IO = 5
    BADF = 9
    ACCES = 13
    FAULT = 14
    BUSY = 16
    EXIST = 17
    XDEV = 18
    NOTDIR = 20
    ISDIR = 21
    INVAL = 22
    NFILE = 23
    MFILE = 24
    FBIG = 27
    NOSPC = 28
    SPIPE = 29
    ROFS = 30
    MLINK = 31
    PIPE = 32
    RANGE = 34
    NAMETOOLONG = 36
    NOSYS = 38
    NOTEMPTY = 39
    LOOP = 40


ERRNO_TEXT: Mapping[Errno, str] = {
    Errno.PERM: "operation not permitted",
    Errno.NOENT: "no such file or directory",
    Errno.IO: "input/output error",
    Errno.BADF: "bad file descriptor",
    Errno.ACCES: "permission denied",
    Errno.FAULT: "bad address",
    Errno.BUSY: "device or resource busy",
    Errno.EXIST: "file exists",
    Errno.XDEV: "cross-device link",
    Errno.NOTDIR: "not a directory",
    Errno.ISDIR: "is a directory",
    Errno.INVAL: "invalid argument",
    Errno.NFILE: "too many open files in system",
    Errno.MFILE: "too many open files",
    Errno.FBIG: "file too large",
    Errno.NOSPC: "no space left on device",
    Errno.SPIPE: "illegal seek",
    Errno.ROFS: "read-only file system",
    Errno.MLINK: "too many links",
    Errno.PIPE: "broken pipe",
    Errno.RANGE: "result too large",
    Errno.NAMETOOLONG: "file name too long",
    Errno.NOSYS: "function not implemented",
    Errno.NOTEMPTY: "directory not empty",
    Errno.LOOP: "too many levels of symbolic links",
}


class HostFailure(GuestError):
    """An error reported by the host; becomes ``IO`` where a call does not declare its errno."""


class Support(Enum):
    """How complete a call is."""

    FULL = "full"
    PARTIAL = "partial"


class Kind(NamedTuple):
    """An argument or result kind of the declaration language: how the guest passes it, what it means."""

    name: str
    guest: str
    meaning: str


PARAMETER_KINDS = {
    kind.name: kind
    for kind in (
        Kind("fd", "i64", "a file descriptor"),
        Kind("int", "i64", "an integer"),
        Kind("flags", "i64", "a set of bits; unknown bits are refused with INVAL"),
        Kind("offset", "i64", "a position in bytes"),
        Kind("size", "i64", "a number of bytes"),
        Kind("time", "i64", "nanoseconds"),
        Kind("path", "string", "a path: absolute, or relative to the working directory"),
        Kind("text", "string", "a string"),
        Kind("in_bytes", "bytes", "bytes that the kernel reads"),
        Kind("out_bytes", "bytes", "a buffer that the kernel fills"),
    )
}

RESULT_KINDS = {
    kind.name: kind
    for kind in (
        Kind("status", "i64", "0"),
        Kind("fd", "i64", "a file descriptor"),
        Kind("int", "i64", "an integer"),
        Kind("flags", "i64", "a set of bits"),
        Kind("offset", "i64", "a position in bytes"),
        Kind("size", "i64", "a number of bytes"),
        Kind("time", "i64", "nanoseconds"),
        Kind("text", "string?", "a string, or null where there is none"),
        Kind("none", "none", "does not return"),
    )
}


class Parameter(NamedTuple):
    """One declared argument."""

    name: str
    kind: Kind


class Hypercall(NamedTuple):
    """An entry of the table; ``params`` and ``result`` are the guest signature."""

    number: int
    name: str
    arguments: tuple[Parameter, ...]
    result_kind: Kind
    errors: frozenset[Errno]
    support: Support
    note: str
    doc: str
    family: str
    handler: Handler
    params: tuple[str, ...]
    result: str

    @property
    def signature(self) -> str:
        """The declaration text, normalised."""
        arguments = ", ".join(f"{p.name}: {p.kind.name}" for p in self.arguments)
        arrow = "" if self.result == "none" else f" -> {self.result_kind.name}"
        return f"{self.name}({arguments}){arrow}"


def _parse_parameters(text: str) -> tuple[Parameter, ...]:
    parameters = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, kind = part.partition(": ")
        assert kind in PARAMETER_KINDS, f"{part!r} has no known kind"
        parameters.append(Parameter(name, PARAMETER_KINDS[kind]))
    return tuple(parameters)


def hypercall(
    number: int,
    signature: str,
    *,
    errors: tuple[Errno, ...] = (),
    support: Support = Support.FULL,
    note: str = "",
) -> Callable[[Handler], Hypercall]:
    """Declare the decorated handler as hypercall ``number`` with the given guest-visible ``signature``.

    The handler receives the task and one decoded value for each parameter.
    """
    call, _, kind = signature.partition(" -> ")
    name, _, arguments = call.removesuffix(")").partition("(")
    is_call = name.isidentifier() and name.islower() and call == f"{name}({arguments})"
    assert is_call, f"not a hypercall signature: {signature!r}"
    assert not kind or kind in RESULT_KINDS, f"{name}: {kind!r} is no kind of result"
    parameters = _parse_parameters(arguments)
    result = RESULT_KINDS[kind or "none"]
    spans = sum(p.kind.guest == "bytes" for p in parameters)
    assert spans <= 1, f"{name}: at most one buffer, so that the stub can name its bounds start and count"
    assert result.guest == "i64" or not errors, f"{name}: only an integer result can carry an errno"
    assert (support is Support.FULL) == (not note), f"{name}: partial support, and only that, has a note"

    def declare(handler: Handler) -> Hypercall:
        assert handler.__doc__, f"{name}: a hypercall has a docstring"
        assert handler.__name__ == name, f"{name}: the handler is called {handler.__name__}"
        return Hypercall(
            number=number,
            name=name,
            arguments=parameters,
            result_kind=result,
            errors=frozenset(errors),
            support=support,
            note=note,
            doc=handler.__doc__,
            family=handler.__module__.rpartition(".")[2],
            handler=handler,
            params=tuple(p.kind.guest for p in parameters),
            result=result.guest,
        )

    return declare
