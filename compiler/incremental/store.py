"""Objects that are kept together, with a table of the names that they use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.check.units import Unit
from compiler.emit.naming import Name
from compiler.emit.objects import ObjectCode
from compiler.emit.replay import Part

Kept = tuple[Unit, tuple[Any, ...]]
"""The unit that an object was made of, and the object with its uses as numbers in the table."""


class Objects:
    """Functions by name."""

    def __init__(self, names: list[Name] | None = None, objects: dict[Name, Kept] | None = None) -> None:
        self.part = Part(list(names or ()))
        self.has_grown = False
        self._objects = objects if objects is not None else {}
        self._new: dict[Name, tuple[Unit, ObjectCode]] = {}

    def get(self, name: Name) -> Kept | None:
        """Return a function that was kept in an earlier compilation."""
        return self._objects.get(name)

    def add(self, name: Name, unit: Unit, made: ObjectCode) -> None:
        """Keep a function for later compilations."""
        self._new[name] = unit, made
        self.has_grown = True

    def drop(self, is_stale: Callable[[Unit], bool]) -> None:
        """Keep no longer what was made of some units."""
        self._objects = {name: kept for name, kept in self._objects.items() if not is_stale(kept[0])}

    def drop_beyond(self, count: int) -> None:
        """Keep no more than so many functions, the new ones first."""
        room = max(count - len(self._new), 0)
        if len(self._objects) > room:
            self._objects = dict(list(self._objects.items())[len(self._objects) - room :])

    def data(self) -> tuple[list[Name], dict[Name, Kept]]:
        """Return everything as plain values; names that nothing uses are left out."""
        numbers: dict[Name, int] = {}
        old = self.part.names
        objects: dict[Name, Kept] = {}
        uses = ObjectCode._fields.index("uses")
        for name, (unit, kept) in self._objects.items():
            renumbered = tuple([numbers.setdefault(old[use], len(numbers)) for use in kept[uses]])
            objects[name] = unit, (*kept[:uses], renumbered, *kept[uses + 1 :])
        for name, (unit, made) in self._new.items():
            renumbered = tuple([numbers.setdefault(use, len(numbers)) for use in made.uses])
            objects[name] = unit, tuple(made._replace(uses=renumbered))
        return list(numbers), objects
