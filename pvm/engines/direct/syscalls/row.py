"""The vocabulary of the table: a row for each system call, from which everything else is made.

The signature names argument kinds, which the trace knows how to show.  What is *native* runs in the host's
kernel untouched; what is *mediated* comes to the supervisor; what is *denied* fails at once with an errno.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

KINDS = frozenset({"fd", "path", "int", "hex", "octal", "size", "offset", "ptr", "signal", "bytes", "address"})


class Handling(Enum):
    """Who answers a call."""

    NATIVE = "native"
    MEDIATED = "mediated"
    DENIED = "denied"


class Aspect(Enum):
    """What a native call depends on: it is mediated when the kernel makes this virtual."""

    CLOCK = "clock"
    RANDOM = "random"
    OUTSIDE = "outside"


class OneOf(NamedTuple):
    """The low 32 bits of an argument must be one of these, or the call fails."""

    argument: int
    values: frozenset[int]
    errno: int


class Without(NamedTuple):
    """The low 32 bits of an argument must have none of these bits, or the call fails."""

    argument: int
    bits: int
    errno: int


class Pairs(NamedTuple):
    """The low 32 bits of two arguments must be one of these pairs, by the first of the two, or the call fails."""

    argument: int
    values: Mapping[int, frozenset[int]]
    errno: int


class Asked(NamedTuple):
    """If the low 32 bits of an argument are one of these, a native call is mediated."""

    argument: int
    values: frozenset[int]


Condition = OneOf | Without | Pairs | Asked


class Row(NamedTuple):
    """One system call; ``conditions`` limit a native one, ``note`` says what is missing or why it is denied.

    ``marked`` is a mediated call that the shim may make natively.  ``outside`` limits it besides where guests may have
    sockets of the host.  A mediated one is native all the same where argument ``pointer`` is null.
    """

    number: int
    name: str
    arguments: tuple[str, ...]
    handling: Handling
    errno: int = 0
    note: str = ""
    partial: bool = False
    conditions: tuple[Condition, ...] = ()
    aspect: Aspect | None = None
    marked: bool = False
    outside: tuple[Condition, ...] = ()
    pointer: int = -1


def parse(signature: str) -> tuple[str, tuple[str, ...]]:
    """Name and argument kinds of ``name(kind, kind)``."""
    name, _, rest = signature.removesuffix(")").partition("(")
    kinds = tuple(kind for kind in rest.split(", ") if kind)
    assert len(kinds) <= 6, f"a system call has at most six arguments: {signature!r}"
    assert KINDS.issuperset(kinds), f"unknown kind of argument: {signature!r}"
    return name, kinds


def native(
    number: int,
    signature: str,
    note: str = "",
    *,
    conditions: tuple[Condition, ...] = (),
    aspect: Aspect | None = None,
    outside: tuple[Condition, ...] = (),
) -> Row:
    """A call that the host's kernel answers."""
    name, kinds = parse(signature)
    return Row(number, name, kinds, Handling.NATIVE, 0, note, bool(conditions), conditions, aspect, outside=outside)


def mediated(
    number: int,
    signature: str,
    note: str = "",
    *,
    marked: bool = False,
    outside: tuple[Condition, ...] = (),
    pointer: int = -1,
) -> Row:
    """A call that the supervisor answers; a note tells what is missing."""
    name, kinds = parse(signature)
    return Row(
        number,
        name,
        kinds,
        Handling.MEDIATED,
        0,
        note,
        bool(note),
        marked=marked,
        outside=outside,
        pointer=pointer,
    )


def denied(number: int, signature: str, errno: int, note: str = "") -> Row:
    """A call that always fails."""
    name, kinds = parse(signature)
    return Row(number, name, kinds, Handling.DENIED, errno, note)
