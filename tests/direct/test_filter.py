"""The table and the filter that is made from it, run by an interpreter of classic BPF."""

from __future__ import annotations

import errno
import itertools

import pytest

from pvm.engines.direct import filter as program
from pvm.engines.direct.calls.handlers import HANDLERS
from pvm.engines.direct.filter import ALLOW, FAIL, KILL, NOTIFY, Policy
from pvm.engines.direct.machine_code import RECORDS_CALL
from pvm.engines.direct.syscalls.row import Asked, Aspect, Condition, Handling, OneOf, Pairs, Row, Without
from pvm.engines.direct.syscalls.table import BY_NAME, ROWS

ARCH = program.AUDIT_ARCH_X86_64


def decide(code: bytes, number: int, *args: int, arch: int = ARCH) -> int:
    """What the filter decides of a call."""
    words = {0: number & 0xFFFF_FFFF, 4: arch}
    for place, arg in enumerate((*args, 0, 0, 0, 0, 0, 0)[:6]):
        words[16 + 8 * place], words[20 + 8 * place] = arg & 0xFFFF_FFFF, arg >> 32 & 0xFFFF_FFFF
    instructions = list(program.INSTRUCTION.iter_unpack(code))
    place = value = 0
    for _ in range(len(instructions)):  # jumps lead forward only
        operation, yes, no, operand = instructions[place]
        place += 1
        match operation:
            case program.LOAD:
                value = words[operand]
            case program.JUMP:
                place += operand
            case program.EQUAL:
                place += yes if value == operand else no
            case program.AT_LEAST:
                place += yes if value >= operand else no
            case program.ANY_BIT:
                place += yes if value & operand else no
            case program.RETURN:
                return operand
            case _:
                raise AssertionError(operation)
    raise AssertionError("the filter has no end")


def expected(row: Row) -> int:
    """What is decided of a call whose conditions hold."""
    if row.handling is Handling.DENIED:
        return FAIL | row.errno
    return NOTIFY if row.handling is Handling.MEDIATED else ALLOW


def holding(row: Row) -> list[int]:
    """Arguments with which the conditions of a row hold."""
    args = [0] * 6
    if row.pointer >= 0:
        args[row.pointer] = 1
    for condition in (*row.conditions, *row.outside):
        if isinstance(condition, OneOf):
            args[condition.argument] = min(condition.values)
        elif isinstance(condition, Pairs):
            first, seconds = next(iter(condition.values.items()))
            args[condition.argument : condition.argument + 2] = [first, min(seconds)]
    return args


def wrong_value(condition: Condition) -> int:
    """An argument with which a condition does not hold."""
    if isinstance(condition, Without):
        return condition.bits
    return next(value for value in itertools.count() if value not in condition.values)


@pytest.fixture(scope="module")
def code() -> bytes:
    return program.build(Policy())


def test_every_row_is_decided_as_it_says(code: bytes) -> None:
    for row in ROWS:
        assert decide(code, row.number, *holding(row)) == expected(row), row.name


def test_conditions_are_about_the_low_half_of_an_argument(code: bytes) -> None:
    for row, condition in itertools.chain.from_iterable(((row, found) for found in row.conditions) for row in ROWS):
        args = holding(row)
        args[condition.argument] |= 0xFFFF_FFFF << 32
        assert decide(code, row.number, *args) == expected(row)
        if isinstance(condition, Asked):
            for value in condition.values:
                args[condition.argument] = value | 1 << 32
                assert decide(code, row.number, *args) == NOTIFY, row.name
            continue
        args[condition.argument] = wrong_value(condition)
        assert decide(code, row.number, *args) == FAIL | condition.errno, row.name
        args[condition.argument] |= 1 << 32
        assert decide(code, row.number, *args) == FAIL | condition.errno, row.name


def test_what_is_not_in_the_table_fails(code: bytes) -> None:
    known = {row.number for row in ROWS} | {RECORDS_CALL}
    for number in {*range(600), RECORDS_CALL - 1, RECORDS_CALL + 1, 1 << 20, 0x3FFF_FFFF} - known:
        assert decide(code, number) == FAIL | errno.ENOSYS
    assert decide(code, RECORDS_CALL) == NOTIFY


def test_foreign_calls_are_killed(code: bytes) -> None:
    for number in (0, 39, 0xFFFF_FFFF):
        assert decide(code, number, arch=0x4000_0003) == KILL
    for number in (0x4000_0000, 0x4000_0027, 0xFFFF_FFFF):
        assert decide(code, number) == KILL


def test_policies() -> None:
    tracing = program.build(Policy(tracing=True))
    for row in ROWS:
        assert decide(tracing, row.number, *holding(row)) == NOTIFY
    virtual = program.build(Policy(virtual=frozenset({Aspect.CLOCK})))
    assert decide(virtual, BY_NAME["clock_gettime"].number) == NOTIFY
    assert decide(virtual, BY_NAME["getrandom"].number) == ALLOW
    outside = program.build(Policy(virtual=frozenset({Aspect.OUTSIDE})))
    for row in ROWS:
        expected_answer = NOTIFY if row.aspect is Aspect.OUTSIDE else expected(row)
        assert decide(outside, row.number, *holding(row)) == expected_answer, row.name
        for condition in row.outside:
            args = holding(row)
            args[condition.argument] = wrong_value(condition)
            assert decide(outside, row.number, *args) == FAIL | condition.errno, row.name
    alone = program.build(Policy(network=False))
    assert decide(alone, BY_NAME["socket"].number, 1, 1, 0) == ALLOW
    assert decide(alone, BY_NAME["socket"].number, 2, 1, 0) == FAIL | errno.EAFNOSUPPORT


def test_a_call_without_an_address_is_native(code: bytes) -> None:
    sendto = BY_NAME["sendto"].number
    assert decide(code, sendto, 1, 2, 3, 0, 0, 16) == ALLOW
    for address in (1, 1 << 32, 1 << 63):
        assert decide(code, sendto, 1, 2, 3, 0, address, 16) == NOTIFY


def test_pairs_of_arguments_are_looked_at_together() -> None:
    condition = Pairs(1, {7: frozenset({1, 5}), 3: frozenset({2}), 0: frozenset({9})}, errno.ENOPROTOOPT)
    code = [*program.check(condition), (program.RETURN, 0, 0, ALLOW)]
    packed = b"".join(program.INSTRUCTION.pack(*instruction) for instruction in code)
    for first, second in itertools.product(range(9), range(11)):
        held = second in condition.values.get(first, ())
        assert decide(packed, 0, 0, first, second) == (ALLOW if held else FAIL | errno.ENOPROTOOPT), (first, second)


def test_the_table_is_whole() -> None:
    numbers = [row.number for row in ROWS]
    assert numbers == sorted(set(numbers))
    assert set(range(335)) <= set(numbers)
    asked = {row.number for row in ROWS if any(isinstance(condition, Asked) for condition in row.conditions)}
    wanted = {row.number for row in ROWS if row.handling is Handling.MEDIATED or row.aspect is not None}
    assert wanted | asked == set(HANDLERS)
    for row in ROWS:
        assert bool(row.note) or row.handling is not Handling.DENIED, f"{row.name}: a denied call says why"
        assert (row.errno != 0) == (row.handling is Handling.DENIED)
