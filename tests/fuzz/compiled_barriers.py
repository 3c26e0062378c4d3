"""Short functions that store references where the collector has to be told of it: in old objects, and while it marks.

Whatever it is not told of is overwritten by what is made next, if everything is collected often.
"""

from __future__ import annotations

from collections.abc import Callable

from pvm.isa.types import ArrayKind, Prim, class_ref
from tests.fuzz.compiled_drilling import Drill
from tests.fuzz.compiled_tables import CELL, CELL_COUNT, CELL_NARROW, CELL_OTHER, KEPT, MAYBE_CELL, SPARE

_COUNT, _NARROW, _OTHER = (f"{CELL}.{number}" for _, number in (CELL_COUNT, CELL_NARROW, CELL_OTHER))
_TYPES: dict[str, object] = {"cell": class_ref(CELL)}
_MANY = (6, 12, 40)


def _cell(number: str, refers_to: str = "ref.null") -> str:
    """The text of what pushes a new cell."""
    return f"{number}; i32.const 7; {refers_to}; object.new {CELL}"


def _table(drill: Drill, count: int, factor: int) -> int:
    """A local with an array of cells, each of which refers to another one."""
    table = drill.new_array(count, ArrayKind.REF)
    number = f"local.get {drill.at}; i64.const {factor}; i64.mul"
    drill.rounds(
        f"""local.get {table}; local.get {drill.at}; {_cell(number, _cell(f"{number}; i64.const 1; i64.add"))};
        array.set REF""",
        f"i64.const {count}",
    )
    return table


def _at(table: int, place: str, count: int) -> str:
    """The text of what pushes a cell of a table, at a number that is not negative."""
    return f"local.get {table}; {place}; i64.const {count}; i64.rem_s; array.get REF; ref.cast cell"


def _look(drill: Drill, table: int, count: int) -> None:
    """Mix in what is in all cells of a table, and in those that they refer to."""
    cell, maybe = drill.local(class_ref(CELL)), drill.local(MAYBE_CELL)
    drill.rounds(
        f"""{_at(table, f"local.get {drill.at}", count)}; local.set {cell};
        {drill.take_up(f"local.get {cell}; field.get {_COUNT}")} local.get {cell}; field.get {_OTHER};
        local.set {maybe}; local.get {maybe}; ref.is_null; branch.if @none;
        {drill.take_up(f"local.get {maybe}; ref.as_non_null; field.get {_COUNT}")} @none:;""",
        f"i64.const {count}",
        **_TYPES,
    )


def _garbage(drill: Drill) -> str:
    """The text of what makes something that nobody keeps, so that everything is collected sooner or later."""
    at = drill.at
    return drill.random.choice(
        (
            "i64.const 2; array.new I64; ref.drop",
            f"local.get {at}; call churn; prim.drop",
            f"{_cell(f'local.get {at}')}; ref.drop; i64.const 1; array.new REF; ref.drop",
        )
    )


def stored_young(drill: Drill) -> None:
    """What was just made is stored in what is old: a table, a field of what is in it, a global."""
    random, at = drill.random, drill.at
    count = random.choice(_MANY)
    table = _table(drill, count, 1_000)
    prev = drill.local(class_ref(CELL))
    drill.write(f"{_cell('i64.const 5')}; local.set {prev}")
    fresh = _cell(f"local.get {at}; i64.const {random.choice((3, 77))}; i64.mul")
    # At once, or a round later, when what was made may have moved.
    value, make = fresh, ""
    if drill.chance(0.5):
        value, make = f"local.get {prev}", f"{fresh}; local.set {prev}"
    place = f"local.get {at}; i64.const {random.choice((1, 5, 7))}; i64.mul"
    stores = (
        f"local.get {table}; {place}; i64.const {count}; i64.rem_s; {value}; array.set REF",
        f"{_at(table, place, count)}; {value}; field.set {_OTHER}",
        f"local.get {at}; i64.const 3; i64.and; array.new I64; global.set {random.choice((KEPT, SPARE))}",
    )
    drill.rounds(
        f"{random.choice(stores)}; {make}; {_garbage(drill)}", f"i64.const {random.choice((20, 60))}", **_TYPES
    )
    _look(drill, table, count)


def gone_round(drill: Drill) -> None:
    """What cells refer to changes places, so that each place is looked at when another object is there."""
    random, at = drill.random, drill.at
    count = random.choice(_MANY)
    table = _table(drill, count, 1_000)
    one, other = drill.local(class_ref(CELL)), drill.local(class_ref(CELL))
    held = drill.local(MAYBE_CELL)
    factor, shift = random.choice((1, 3, 7, 11)), random.choice((0, 1, 5))
    places = f"local.get {at}", f"local.get {at}; i64.const {factor}; i64.mul; i64.const {shift}; i64.add"
    take = f"{_at(table, places[0], count)}; local.set {one}; {_at(table, places[1], count)}; local.set {other};"
    swap = f"""{take} local.get {one}; field.get {_OTHER}; local.set {held};
        local.get {one}; local.get {other}; field.get {_OTHER}; field.set {_OTHER};
        local.get {other}; local.get {held}; field.set {_OTHER}"""
    moved = f"""{take} local.get {table}; {places[0]}; i64.const {count}; i64.rem_s; local.get {other}; array.set REF;
        local.get {table}; {places[1]}; i64.const {count}; i64.rem_s; local.get {one}; array.set REF"""
    spare = drill.local(MAYBE_CELL)
    carried = f"""{_at(table, places[0], count)}; local.set {one}; local.get {one}; field.get {_OTHER};
        local.set {spare}; local.get {one}; local.get {held}; field.set {_OTHER}; local.get {spare}; local.set {held}"""
    drill.write(f"ref.null; local.set {held}")
    body = random.choice((swap, swap, moved, carried))
    drill.rounds(f"{body}; {_garbage(drill)}", f"i64.const {random.choice((60, 100))}", **_TYPES)
    drill.write(
        f"""local.get {held}; ref.is_null; branch.if @none;
        {drill.take_up(f"local.get {held}; ref.as_non_null; field.get {_COUNT}")} @none:;"""
    )
    _look(drill, table, count)


def turned_around(drill: Drill) -> None:
    """A list of cells is turned around again and again: all but one of them are only in the part that is turned."""
    random, at = drill.random, drill.at
    first, before, behind = (drill.local(MAYBE_CELL) for _ in range(3))
    cell, turns = drill.local(class_ref(CELL)), drill.local(Prim.I64)
    count = random.choice((6, 15, 40))
    drill.write(f"ref.null; local.set {first}; i64.const 0; local.set {turns}")
    drill.rounds(f"{_cell(f'local.get {at}', f'local.get {first}')}; local.set {first}", f"i64.const {count}")
    make = random.choice(("", _garbage(drill), _garbage(drill)))
    turn = f"""local.get {first}; ref.as_non_null; local.set {cell}; local.get {cell}; field.get {_OTHER};
        local.set {behind}; local.get {cell}; local.get {before}; field.set {_OTHER}; local.get {cell};
        local.set {before}; local.get {behind}; local.set {first}; {make};"""
    seen = drill.take_up(f"local.get {cell}; field.get {_COUNT}") if drill.chance(0.5) else ""
    drill.write(
        f"""@turn:; ref.null; local.set {before}; @next:; {turn} {seen} local.get {first}; ref.is_null;
        branch.unless @next; local.get {before}; local.set {first}; {_garbage(drill)}; local.get {turns}; i64.const 1;
        i64.add; local.tee {turns}; i64.const {random.choice((3, 6))}; i64.lt_s; branch.if @turn"""
    )
    drill.write(
        f"""@look:; local.get {first}; ref.is_null; branch.if @none; local.get {first}; ref.as_non_null;
        local.set {cell}; {drill.take_up(f"local.get {cell}; field.get {_COUNT}")}
        {drill.take_up(f"local.get {cell}; field.get {_NARROW}; i64.extend_i32_u")}
        local.get {cell}; field.get {_OTHER}; local.set {first}; jump @look; @none:"""
    )


def moved_along(drill: Drill) -> None:
    """Ranges of references are copied within a table, and what comes in is new."""
    random, at = drill.random, drill.at
    count = random.choice((8, 40))
    table = _table(drill, count, 1_000)
    by = random.choice((1, 3))
    to, start = random.choice(((0, by), (by, 0)))
    place = count - 1 if start else 0
    drill.rounds(
        f"""local.get {table}; i64.const {to}; local.get {table}; i64.const {start}; i64.const {count - by};
        array.copy REF; local.get {table}; i64.const {place}; {_cell(f"local.get {at}")}; array.set REF;
        {_garbage(drill)}""",
        f"i64.const {random.choice((10, 50))}",
    )
    _look(drill, table, count)


DRILLS: tuple[Callable[[Drill], None], ...] = (
    stored_young,
    *[gone_round] * 3,
    *[turned_around] * 3,
    moved_along,
)
