"""What the analysis of escapes makes of flows that are written here by hand."""

from __future__ import annotations

import pytest

from pvm.engines.native.jit.escape import (
    MAX_BYTES,
    MAX_GROUPS,
    MAX_NODES,
    MAX_PARTS,
    MAX_SITES,
    OTHER,
    Plan,
    field_variable,
    is_sound,
    plan_replacement,
)
from pvm.engines.native.jit.flows import Access, Field, Flows, Shape, Site
from pvm.isa.types import Storage

CELL = Shape(0, -1, 24, 100, ((Storage.REF, 8), (Storage.I64, 16)))
LIKE = CELL._replace(class_index=1, header=101)
NEXT: Field = (0, 0)


def has(shape: Shape, field: Field) -> bool:
    return shape.class_index == field[0]


def site(number: int) -> Site:
    return Site("%", number)


def flows(*made: str, shape: Shape = CELL) -> Flows:
    """Each operand is made at a place of its own, by position, and goes to a variable without the sign."""
    found = Flows()
    for number, operand in enumerate(made):
        found.make(operand, site(number), shape, ())
        found.go(operand, operand[1:])
    return found


def replaced(found: Flows) -> set[int]:
    """The places whose objects are replaced."""
    plan = plan_replacement(found, has)
    return set() if plan is None else {each.offset for each in plan.numbers}


def test_what_only_goes_to_variables_is_replaced() -> None:
    assert replaced(flows("%a", "%b")) == {0, 1}


@pytest.mark.parametrize("node", ["%a", "a"])
def test_what_goes_to_memory_or_calls_is_not(node: str) -> None:
    found = flows("%a", "%b")
    found.escaping[node] = None
    assert replaced(found) == {1}


def test_what_is_in_an_object_that_escapes_is_not() -> None:
    found = flows("%a", "%b", "%c")
    found.initialised.append((site(0), 0, "%b"))
    assert replaced(found) == {0, 1, 2}
    found.stores.append(Access("b", NEXT, "%c"))
    assert replaced(found) == {0, 1, 2}
    found.escaping["a"] = None
    assert replaced(found) == set()


def test_what_is_stored_in_an_object_that_may_be_any_is_not() -> None:
    found = flows("%a")
    found.stores.append(Access("%unknown", NEXT, "%a"))
    assert replaced(found) == set()


def test_what_is_loaded_from_a_field_is_what_was_stored() -> None:
    found = flows("%a", "%b")
    found.stores.append(Access("a", NEXT, "%b"))
    found.load(Access("a", NEXT, "%loaded"))
    plan = plan_replacement(found, has)
    assert plan is not None
    assert plan.origins["%loaded"] == {plan.numbers[site(1)]} == plan.origins[field_variable(plan.numbers[site(0)], 8)]
    found.escaping["%loaded"] = None
    assert replaced(found) == {0}


def test_what_another_one_may_be_instead_of_is_not_looked_into() -> None:
    found = flows("%a", "%b")
    found.go("%unknown", "a")
    assert replaced(found) == {0, 1}, "nobody looks"
    found.examined["a"] = None
    assert replaced(found) == {1}


def test_places_whose_objects_are_looked_into_together_share_variables() -> None:
    found = flows("%a", "%b", "%c")
    found.go("%b", "a")
    found.examined["a"] = None
    plan = plan_replacement(found, has)
    assert plan is not None
    assert plan.numbers[site(0)] == plan.numbers[site(1)] != plan.numbers[site(2)]
    other = flows("%a", "%b", "%c")
    other.shapes[site(1)] = LIKE
    other.go("%b", "a")
    other.examined["a"] = None
    assert replaced(other) == {2}, "they are of different classes"


def test_objects_that_refer_to_themselves_are_made() -> None:
    found = flows("%a", "%b", "%c")
    found.stores += [Access("a", NEXT, "%b"), Access("b", NEXT, "%a")]
    assert replaced(found) == {2}
    alone = flows("%a")
    alone.initialised.append((site(0), 0, "a"))
    assert replaced(alone) == set()


def test_object_is_not_made_again_while_the_one_before_is_held() -> None:
    found = flows("%a", "%b")
    found.make("%a", site(0), CELL, ("b",))
    assert replaced(found) == {0, 1}
    found.make("%a", site(0), CELL, ("a",))
    assert replaced(found) == {1}


def test_object_is_held_by_what_refers_to_it() -> None:
    found = flows("%a", "%b")
    found.initialised.append((site(0), 0, "%b"))
    found.make("%b", site(1), CELL, ("a",))
    assert replaced(found) == {0}


def test_places_that_share_variables_do_not_overlap() -> None:
    found = flows("%a", "%b")
    found.go("%b", "a")
    found.examined["a"] = None
    found.make("%b", site(1), CELL, ("a",))
    assert replaced(found) == set()


def test_limits() -> None:
    found = flows("%a")
    for number in range(MAX_NODES):
        found.go(f"%{number}", f"{number}")
    assert replaced(found) == set()
    many = flows(*(f"%{number}" for number in range(MAX_SITES + 5)))
    assert len(replaced(many)) == MAX_GROUPS
    large = flows("%a", "%b", "%c", shape=CELL._replace(size=MAX_BYTES // 2))
    assert replaced(large) == {0, 1}
    chain = flows(*(f"%{number}" for number in range(MAX_PARTS + 2)))
    chain.initialised += [(site(number), 0, f"%{number + 1}") for number in range(MAX_PARTS + 1)]
    assert len(replaced(chain)) <= MAX_PARTS


# What a second emission has taken for granted


def second() -> tuple[Flows, Plan]:
    """An emission in which the object of one place is replaced."""
    plan = plan_replacement(flows("%a"), has)
    assert plan is not None
    found = Flows()
    found.make("8", site(0), CELL, ())
    found.go("8", "a")
    found.replaced.append(("a", 0))
    return found, plan


def test_second_emission_is_like_the_first() -> None:
    assert is_sound(*second())


@pytest.mark.parametrize("how", ["another", "escapes", "examined", "written", "held", "kept"])
def test_second_emission_is_not_like_the_first(how: str) -> None:
    found, plan = second()
    match how:
        case "another":
            found.go("%unknown", "a")
        case "escapes":
            found.escaping["a"] = None
        case "examined":
            found.examined["a"] = None
        case "written":
            found.written.append(("a", frozenset({OTHER})))
        case "held":
            found.make("8", site(0), CELL, ("a",))
        case _:
            found.make("%other", site(7), CELL, ())
            found.initialised.append((site(7), 0, "a"))
    assert not is_sound(found, plan)
