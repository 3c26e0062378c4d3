"""The seccomp filter: a classic BPF program made from the table of system calls.

Everything that is not in the table fails with ENOSYS.  Calls of another architecture (``int 0x80``) and of the x32
ABI end the guest.  The program is a binary search by number, so that it is as fast for the last call as for the
first; calls that are always allowed do not run it at all (the host's kernel keeps a bitmap of them).
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Collection
from functools import cache
from typing import NamedTuple

from pvm.engines.direct.machine_code import RECORDS_CALL
from pvm.engines.direct.shim.table import MARK
from pvm.engines.direct.syscalls.row import Asked, Aspect, Condition, Handling, OneOf, Row, Without
from pvm.engines.direct.syscalls.table import ROWS, UNIX

ALLOW, NOTIFY, FAIL, KILL = 0x7FFF_0000, 0x7FC0_0000, 0x0005_0000, 0x8000_0000

AUDIT_ARCH_X86_64 = 0xC000_003E
X32_BIT = 0x4000_0000

INSTRUCTION = struct.Struct("<HBBI")
LOAD, JUMP, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
NUMBER_OFFSET, ARCH_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16

Code = list[tuple[int, int, int, int]]


class Policy(NamedTuple):
    """What the table leaves open.

    ``network`` says that internet sockets are there, ``tracing`` notifies of all, ``shim`` that there is one.
    """

    network: bool = True
    virtual: frozenset[Aspect] = frozenset()
    tracing: bool = False
    shim: bool = False


def handling(row: Row, policy: Policy) -> Handling:
    """Who answers a call under a policy."""
    if row.aspect in policy.virtual:
        return Handling.MEDIATED
    return row.handling


@cache
def build(policy: Policy) -> bytes:
    """The filter program."""
    leaves: list[tuple[int, Code]] = [(0, fail(errno.ENOSYS))]
    for row in sorted(ROWS):
        if leaves[-1][0] != row.number:
            leaves.append((row.number, leaf(row, policy)))
        else:
            leaves[-1] = (row.number, leaf(row, policy))
        leaves.append((row.number + 1, fail(errno.ENOSYS)))
    leaves.append((RECORDS_CALL, [(RETURN, 0, 0, NOTIFY)]))
    leaves.append((RECORDS_CALL + 1, fail(errno.ENOSYS)))
    code: Code = [
        (LOAD, 0, 0, ARCH_OFFSET),
        (EQUAL, 1, 0, AUDIT_ARCH_X86_64),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_OFFSET),
        (ANY_BIT, 0, 1, X32_BIT),
        (RETURN, 0, 0, KILL),
        *search(merged(leaves)),
    ]
    return b"".join(INSTRUCTION.pack(*instruction) for instruction in code)


def fail(number: int) -> Code:
    """Fail with an errno."""
    return [(RETURN, 0, 0, FAIL | number)]


def leaf(row: Row, policy: Policy) -> Code:
    """What is done with one system call."""
    chosen = handling(row, policy)
    if chosen is Handling.DENIED:
        return [(RETURN, 0, 0, NOTIFY)] if policy.tracing else fail(row.errno)
    answer = NOTIFY if chosen is Handling.MEDIATED or policy.tracing else ALLOW
    conditions = row.conditions
    if row.marked and policy.shim:
        return [
            (LOAD, 0, 0, ARGUMENTS_OFFSET + 8 * 5),
            (EQUAL, 0, 1, MARK),
            (RETURN, 0, 0, ALLOW),
            (RETURN, 0, 0, answer),
        ]
    if Aspect.OUTSIDE in policy.virtual:
        conditions += row.outside
    ending: Code = [(RETURN, 0, 0, answer)]
    if row.pointer >= 0 and not policy.tracing:
        ending = [*null(row.pointer), (RETURN, 0, 0, ALLOW), *ending]
    if row.name in {"socket", "socketpair"} and not policy.network:
        family = conditions[0]
        assert isinstance(family, OneOf), "the first condition of a socket is its family"
        conditions = (family._replace(values=frozenset({UNIX})), *conditions[1:])
    return [*(step for condition in conditions for step in check(condition)), *ending]


def check(condition: Condition) -> Code:
    """Fail unless a condition holds, or ask; what comes next is behind the end."""
    load = (LOAD, 0, 0, ARGUMENTS_OFFSET + 8 * condition.argument)
    if isinstance(condition, Without):
        return [load, (ANY_BIT, 0, 1, condition.bits), *fail(condition.errno)]
    if isinstance(condition, OneOf):
        return [load, *one_of(condition.values), *fail(condition.errno)]
    if isinstance(condition, Asked):
        return [load, *one_of(condition.values), (JUMP, 0, 0, 1), (RETURN, 0, 0, NOTIFY)]
    code = fail(condition.errno)
    for first, seconds in condition.values.items():
        second = [(LOAD, 0, 0, ARGUMENTS_OFFSET + 8 * (condition.argument + 1)), *one_of(seconds, 1 + len(code))]
        tail: Code = [(JUMP, 0, 0, len(code) - 1)]
        code = [(EQUAL, 0, len(second) + len(tail), first), *second, *tail, *code]
    return [load, *code]


def null(argument: int) -> Code:
    """Jump over the next instruction unless an argument is null."""
    low = ARGUMENTS_OFFSET + 8 * argument
    return [(LOAD, 0, 0, low), (EQUAL, 0, 3, 0), (LOAD, 0, 0, low + 4), (EQUAL, 0, 1, 0)]


def one_of(values: Collection[int], beyond: int = 1) -> Code:
    """Jump over what follows, and ``beyond`` more, if the word is one of these values."""
    ordered = sorted(values)
    return [(EQUAL, len(ordered) - place - 1 + beyond, 0, value) for place, value in enumerate(ordered)]


def merged(leaves: list[tuple[int, Code]]) -> list[tuple[int, Code]]:
    """The leaves without those that do what the one before does."""
    kept: list[tuple[int, Code]] = []
    for number, code in leaves:
        if kept and kept[-1][0] == number:
            kept[-1] = (number, code)
        elif not kept or kept[-1][1] != code:
            kept.append((number, code))
    return kept


def search(leaves: list[tuple[int, Code]]) -> Code:
    """A binary search for the leaf whose range holds the number."""
    if len(leaves) == 1:
        return leaves[0][1]
    middle = len(leaves) // 2
    low, high = search(leaves[:middle]), search(leaves[middle:])
    return [(AT_LEAST, 0, 1, leaves[middle][0]), (JUMP, 0, 0, len(low)), *low, *high]
