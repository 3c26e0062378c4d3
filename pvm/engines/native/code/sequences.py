"""Sequences of instructions that one handler executes, because they are common: less to dispatch, values in registers.

Nothing moves: the first instruction of a sequence gets the number of the sequence, the others stay as they are behind
it.  So each of them can be jumped to and gone on with, a trap is where it would be, and what an instruction costs,
where it polls and what it leaves in its slots is the same.  All but the last of a sequence go on with what is behind.

A sequence is written as names of operations with a mark between them: ``;``, or what the right one takes of those
before it, with commas between.  ``>1`` is the result of the left one as its operand 1, ``>0:2`` that of the one before
as its operand 0, and so on.  Behind the right one nobody uses such a result, so it is never stored, unless the
sequence is left before that one is done.  With ``=`` in place of ``>`` it is used, and stored.  ``~0`` is what the left
one has as its operand 0, ``~0/1`` what that has as operand 1.  Only code where all of it is so becomes the sequence.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from typing import NamedTuple

from pvm.engines.native.code.operations import BY_OPERATION, OPERATIONS, Kind, Operation

_COMMON = """
field.get.ref >0 array.get.i64
field.get.ref >0 array.get.u8
field.get.ref >0 array.get.ref
field.get.ref >0 array.get.ref >0 ref.cast.interval
field.get.ref >0 array.set.i64
field.get.ref >0 array.size
field.get.ref >0 field.get.ref
field.get.ref ~0 field.get.ref
field.get.ref >0 field.get.i64
field.get.ref ~0 field.get.i64
field.get.ref >0 if.ref.is_null
field.get.ref =0 if.ref.is_null
field.get.ref >0 unless.ref.is_null
field.get.ref >0 ref.as_non_null
field.get.ref >0 ref.as_non_null >0 call.1
field.get.ref >0 call.1
field.get.ref >0 call.2
field.get.ref >0 return.value
field.get.ref ; i64.add_checked_s.k
field.get.ref ~0 field.get.i64 >1,>0:2 string.get
field.get.ref ~0 field.get.i64 >1,>0:2 array.set.i64
field.get.ref ~0 field.get.i64 >1,>0:2 array.set.ref
field.get.ref ; constant.small >1,>0:2 array.get.i64
field.get.i64 ; field.get.i64 >1,>0:2 if.i64.eq
field.get.f64 ~0 field.get.f64 >1,>0:2 f64.mul
field.get.f64 ; field.get.f64 >1,>0:2 f64.sub
field.get.i64 ; field.get.i64
field.get.i64 ~0 field.get.ref
field.get.i64 >0 i64.add_checked_s.k >1,~0:2 field.set.i64
field.get.i64 >0 i64.add_checked_s.k
field.get.i64 >0 i64.add_checked_s
field.get.i64 >1 i64.add_checked_s
field.get.i64 >1,~0 field.set.i64
field.get.i64 >1 array.set.i64
field.get.i64 >1 unless.i64.ge_s
field.get.i64 >1 if.i64.le_s
field.get.i64 >0 unless.i64.eq.k
field.get.i64 >0 return.value
field.get.f64 ; field.get.f64
field.get.f64 >1 f64.mul
field.set.i64 ; return.void
field.set.i64 ; return.value
field.set.i64 ~0 field.get.i64
field.set.i64 ; field.get.ref
field.set.i64 ; call.1
field.set.ref ; return.void
field.set.ref ; return.value
field.set.ref ; field.get.ref
field.set.f64 ; field.get.f64
array.get.ref >0 ref.cast.interval
array.get.ref >0 ref.cast.interval >0 field.get.i64
array.get.ref >0 ref.cast.interval >0 field.get.ref
array.get.ref >0 ref.cast.interval.null
array.get.ref >0 ref.cast.interval.null =0 if.ref.is_null
array.get.ref >0 return.value
array.get.i64 >2 array.set.i64
array.get.i64 >0 if.i64.lt_s
array.get.i64 >0 if.i64.gt_s
array.get.u8 >0 unless.true
array.get.u8 >0 if.true
array.get.f64 >1 f64.mul >1 f64.add
array.get.f64 ~1 array.get.f64 >1,>0:2 f64.mul
array.set.i64 ~0/1 loop.add.lt_s
array.set.i64 ; field.get.ref
array.set.i64 ; i64.add_checked_s.k
array.set.f64 ~0/1 loop.add.lt_s
array.set.ref ~0/1 loop.add.lt_s
array.set.ref ; return.void
array.set.u8 ; field.get.ref
string.get =0 if.i32.eq.k
string.get =0 unless.i32.ge_s.k
ref.cast.interval >2 array.set.ref
ref.cast.interval >0 field.get.i64
ref.cast.interval >0 field.get.ref
ref.cast.interval =0 field.get.ref
ref.cast.interval =0 call.virtual.1
ref.cast.interval =0 call.1
ref.cast.interval.null =0 if.ref.is_null
ref.as_non_null >0 call.1
ref.as_non_null =0 call.1
f64.mul >1 f64.add
f64.mul >0 f64.mul
f64.mul ; f64.mul
f64.add >1 field.set.f64
f64.add ; f64.sub >0 f64.add
f64.add ; loop.add.lt_s
f64.sub >1 field.set.f64
f64.div >0 return.value
i64.add_checked_s.k >1 array.get.i64
i64.add_checked_s.k >1 field.set.i64
i64.add_checked_s.k >0 f64.convert_i64_s
i64.add_checked_s.k ; field.get.ref
i64.add_checked_s.k ; jump
i64.add_checked_s.k ; charge
i64.add_checked_s.k ; loop.add.lt_s
i64.add_checked_s.k ; i64.sub_checked_s.k
i64.add_checked_s.k >1 call.2
i64.add_checked_s >0 i64.add_checked_s.k
i64.add_checked_s >0 i64.add_checked_s
i64.add_checked_s >1 i64.add_checked_s
i64.add_checked_s >1 array.get.u8
i64.add_checked_s >0 return.value
i64.add_checked_s ; charge
i64.add_checked_s ; jump
i64.add_checked_s ; loop.add.lt_s
i64.sub_checked_s.k >1 array.get.i64
i64.sub_checked_s.k >0 call.1
i64.sub_checked_s.k >1 call.2
i64.sub_checked_s.k ; loop.lt_s
i64.mul_checked_s >0 i64.div_s.power
i64.mul_checked_s >0 i64.div_s.by
i64.div_s.power >1 i64.add_checked_s
i64.add.k ; charge
i64.and.k >0 if.i64.eq.k
i64.eq.k ; jump
i64.lt_s >0 return.value
i64.and.k >0 unless.i64.eq.k
i64.and.k >1 array.set.ref
i64.rem_s.by >0 unless.i64.eq.k
i64.rem_s.by >0 if.i64.eq.k
i32.wrap_i64 >0 switch
constant.small >2 array.set.u8
constant.small >2 array.set.u8 ; i64.add_checked_s
constant.small >1 array.set.i64
constant.small >1 array.get.i64
constant.small >0 array.new.i64
constant.small >0 return.value
constant.small ; charge
constant.small ; jump
constant.small ; constant.small
constant.small >1 call.2
constant >1 f64.mul
constant >0 f64.mul
constant >1 f64.div
constant >1 unless.f64.gt
string.const >1 call.2
null >1 field.set.ref
move.prim ; jump
move.ref ; jump
move.ref ; field.get.i64
move.ref ; field.get.ref
"""


_MADE = ("p", "r", "pp", "pr", "rr")
"""New objects: with which fields."""
_USED = (">0 return.value", ">1 field.set.ref", ">2 array.set.ref")
"""What is done with a new object."""
_FILLED = (
    "; i64.add_checked_s.k >0 object.make.p >2,>1:3 array.set.ref ; loop.add.lt_s",
    "~0 i64.add_checked_s.k >1,~0 object.make.pp >2,>1:3 array.set.ref ~0:4 loop.add.lt_s",
)
"""A loop that puts new objects into an array in turn."""
_LAST = "i64.add_checked_s.k >{} object.make.{}"
"""What an object is made of, where that was calculated last."""


def _objects() -> list[str]:
    made = [f"object.make.{fields}" for fields in _MADE]
    found = [f"{name} {used}" for name in (*made, "object.allocate") for used in _USED]
    calculated = {fields: _LAST.format(fields.count("p") - 1, fields) for fields in _MADE if "p" in fields}
    kept = {fields: f"{name} >2 array.set.ref" for fields, name in calculated.items()}
    filled = [f"i64.and.k {each}" for each in _FILLED]
    return [*found, *calculated.values(), *kept.values(), *filled]


class Link(NamedTuple):
    """An operand of an instruction, by its field, that is what another field of one before it in the sequence says."""

    operand: str
    back: int
    """How many instructions before."""
    source: str
    """The field: ``result``, or that of an operand."""
    is_last_use: bool
    """Whether nobody else uses the result, so that it needs no place."""


class Sequence(NamedTuple):
    """Instructions that are executed together, and what each of them takes of those before."""

    number: int
    name: str
    parts: tuple[Operation, ...]
    links: tuple[tuple[Link, ...], ...]


def _sequence(number: int, text: str) -> Sequence:
    words = text.split()
    links = ((), *map(_links, words[1::2]))
    return Sequence(number, text, tuple(BY_OPERATION[name] for name in words[::2]), links)


def _links(mark: str) -> tuple[Link, ...]:
    return () if mark == ";" else tuple(map(_link, mark.split(",")))


def _link(text: str) -> Link:
    kind, (places, _, back) = text[0], text[1:].partition(":")
    operand, _, other = places.partition("/")
    source = f"operand{other or operand}" if kind == "~" else "result"
    return Link(f"operand{operand}", int(back or 1), source, kind == ">")


SEQUENCES = tuple(
    _sequence(len(OPERATIONS) + number, text)
    for number, text in enumerate([*_objects(), *filter(None, _COMMON.splitlines())])
)
NUMBERS = len(OPERATIONS) + len(SEQUENCES)
"""How many numbers instructions may begin with."""


class _Same(NamedTuple):
    """Places in a sequence that have to name the same slot: of an instruction, and of an operand of a later one."""

    source: int
    operand: int
    others: tuple[int, ...]
    """Places that must not: operands, if the slot does not get the result; else results that would change it."""
    after: int
    """Where the later one begins if it is the last to use the slot; -1 if others may."""


class _Choice(NamedTuple):
    """A sequence that may begin: numbers of the operations behind, and what the results are used for."""

    number: int
    behind: tuple[int, ...]
    same: tuple[_Same, ...]


def _choice(sequence: Sequence) -> _Choice:
    starts = [0]
    for part in sequence.parts:
        starts.append(starts[-1] + part.size)
    same = []
    for number, links in enumerate(sequence.links):
        for link in links:
            maker = number - link.back
            source = starts[maker] + sequence.parts[maker].field(link.source).offset
            operand = starts[number] + sequence.parts[number].field(link.operand).offset
            kind, users = (Kind.SLOT, (maker + 1, number + 1)) if link.is_last_use else (Kind.RESULT, (maker, number))
            others = {
                starts[each] + field.offset
                for each in range(*users)
                for field in sequence.parts[each].fields
                if field.kind is kind
            }
            after = starts[number] if link.is_last_use else -1
            same.append(_Same(source, operand, tuple(others - {source, operand}), after))
    return _Choice(sequence.number, tuple(each.number for each in sequence.parts[1:]), tuple(same))


def _choices() -> dict[int, list[_Choice]]:
    """The sequences that begin with an operation, longest first, and those first that know most."""
    found: dict[int, list[_Choice]] = {}
    for sequence in SEQUENCES:
        found.setdefault(sequence.parts[0].number, []).append(_choice(sequence))
    for choices in found.values():
        choices.sort(key=_knowledge, reverse=True)
    return found


def _knowledge(choice: _Choice) -> tuple[int, int, int]:
    return len(choice.behind), len(choice.same), sum(same.after >= 0 for same in choice.same)


_BY_FIRST = _choices()
_HALF = struct.Struct("<H")


def first_operation(number: int) -> Operation:
    """The operation of the instruction that begins with a number."""
    return OPERATIONS[number] if number < len(OPERATIONS) else SEQUENCES[number - len(OPERATIONS)].parts[0]


def combine(code: bytearray, starts: list[int], freed: Mapping[int, Collection[int]]) -> None:
    """Put the numbers of sequences into finished code whose instructions begin at ``starts``.

    ``freed`` are slots whose values nobody uses behind an instruction, by where that begins.
    """
    numbers = [_HALF.unpack_from(code, start)[0] for start in starts]
    at = 0
    while at < len(starts):
        for number, behind, same in _BY_FIRST.get(numbers[at], ()):
            end = at + 1 + len(behind)
            start = starts[at]
            if tuple(numbers[at + 1 : end]) == behind and all(_is_used(code, start, each, freed) for each in same):
                _HALF.pack_into(code, start, number)
                at = end - 1
                break
        at += 1


def _is_used(code: bytearray, start: int, same: _Same, freed: Mapping[int, Collection[int]]) -> bool:
    """Whether an operand in the code at ``start`` is what another place says, and nobody else's if that matters."""
    slot = code[start + same.source : start + same.source + 2]
    if slot != code[start + same.operand : start + same.operand + 2]:
        return False
    if any(slot == code[start + other : start + other + 2] for other in same.others):
        return False
    return same.after < 0 or _HALF.unpack(slot)[0] in freed.get(start + same.after, ())
