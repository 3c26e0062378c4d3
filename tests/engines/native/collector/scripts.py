"""Random programs for a world: each step is drawn from what is possible, so any sequence of numbers is a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from pvm.engines.native import layout
from tests.engines.native.collector.world import BYTE_ARRAY, GUEST_REFS, REF_ARRAY, WORD_ARRAY, OutOfMemory, World

LENGTHS: Final = (0, 1, 7, 40, 300, 900, 3000, 5000, 9000)
Step = tuple[int, int, int, int]
"""What to do, and numbers that choose where."""


def run(world: World, steps: Iterable[Step]) -> None:
    """Run a program; if memory is exhausted, most roots are cleared."""
    for what, a, b, c in steps:
        try:
            STEPS[what % len(STEPS)](world, a, b, c)
        except OutOfMemory:
            for root in range(1, len(world.roots)):
                world.clear_root(root)


def _root(world: World, number: int) -> int:
    return number % len(world.roots)


def _objects(world: World, a: int, b: int, c: int) -> None:
    for number in range(c % 50):
        world.new_object(_root(world, a + number * b), (b + number) % len(GUEST_REFS), a + number)


def _list(world: World, a: int, b: int, c: int) -> None:
    """Each object refers to the one before."""
    for number in range(c % 200):
        world.new_object(_root(world, a), 1 + (b & 1), number)


def _array(world: World, a: int, b: int, c: int) -> None:
    world.new_array(_root(world, a), (BYTE_ARRAY, WORD_ARRAY, REF_ARRAY)[b % 3], LENGTHS[c % len(LENGTHS)])


def _closure(world: World, a: int, b: int, c: int) -> None:
    world.new_closure(_root(world, a), _root(world, b), c)


def _weak(world: World, a: int, b: int, _c: int) -> None:
    if world.roots[_root(world, b)] is not None:
        world.new_weak(_root(world, a), _root(world, b))


def _read_weak(world: World, a: int, b: int, _c: int) -> None:
    thing = world.roots[_root(world, b)]
    if thing is not None and thing.class_id == layout.CLASS_WEAK:
        world.read_weak(_root(world, a), _root(world, b))


def _copy(world: World, a: int, b: int, _c: int) -> None:
    world.copy_root(_root(world, a), _root(world, b))


def _clear(world: World, a: int, _b: int, _c: int) -> None:
    world.clear_root(_root(world, a))


def _references(world: World, root: int) -> int:
    thing = world.roots[root]
    return 0 if thing is None or thing.class_id == layout.CLASS_WEAK else len(thing.refs)


def _read(world: World, a: int, b: int, c: int) -> None:
    if count := _references(world, _root(world, b)):
        world.read(_root(world, a), _root(world, b), c % count)


def _write(world: World, a: int, b: int, c: int) -> None:
    if count := _references(world, _root(world, a)):
        world.write(_root(world, a), c % count, _root(world, b))


def _fill(world: World, a: int, b: int, c: int) -> None:
    thing = world.roots[_root(world, a)]
    if thing is not None and thing.class_id == REF_ARRAY and thing.length:
        start = c % thing.length
        world.fill(_root(world, a), start, min(thing.length - start, 1 + c % 100), _root(world, b))


def _hash(world: World, a: int, _b: int, _c: int) -> None:
    if world.roots[_root(world, a)] is not None:
        world.ask_hash(_root(world, a))


def _collect(world: World, _a: int, _b: int, _c: int) -> None:
    world.collect()


STEPS: Final[tuple[Callable[[World, int, int, int], None], ...]] = (
    _objects,
    _list,
    _array,
    _closure,
    _weak,
    _read_weak,
    _copy,
    _clear,
    _read,
    _write,
    _fill,
    _hash,
    _collect,
)
