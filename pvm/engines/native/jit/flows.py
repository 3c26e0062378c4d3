"""Where references go in one emission of a function: what the analysis of escapes reads.

Nodes are operand texts, and variables by the path of their activation: another emission may number activations in
another way.  What nobody tells where it comes from is some object or other.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.isa.types import Storage

Field = tuple[int, int]
"""A class and the number of a field; of function values, ``ENVIRONMENT``."""
ENVIRONMENT: Field = (-1, 0)
"""What a function value has captured."""
NULL = "0"


class Shape(NamedTuple):
    """What objects of a place are."""

    class_index: int
    """Their class; -1 for function values."""
    function: int
    """The function of a function value, else -1."""
    size: int
    header: int
    fields: tuple[tuple[Storage, int], ...]
    """Storage and offset of each, by number."""


class Site(NamedTuple):
    """A place that makes objects: the path of its activation, and its offset."""

    path: str
    offset: int


class Making(NamedTuple):
    """That a place makes an object, while these nodes are still of use."""

    site: Site
    holders: tuple[str, ...]


class Access(NamedTuple):
    """A field of an object is loaded into or stored from a node."""

    object: str
    field: Field
    value: str


class Flows:
    """What one emission has told."""

    def __init__(self) -> None:
        self.following: dict[str, dict[str, None]] = {}
        """Where a node goes."""
        self.defined: set[str] = {NULL}
        """Nodes of which it is known where they come from."""
        self.shapes: dict[Site, Shape] = {}
        self.made: dict[str, Site] = {}
        """The place that makes what an operand is."""
        self.makings: list[Making] = []
        self.loads: list[Access] = []
        self.stores: list[Access] = []
        self.initialised: list[tuple[Site, int, str]] = []
        """Nodes that fields of what a place makes begin with, by number of the field."""
        self.examined: dict[str, None] = {}
        """Objects whose class is looked at."""
        self.escaping: dict[str, None] = {}
        self.replaced: list[tuple[str, int]] = []
        """Nodes that are taken for a replaced object, by its number."""
        self.written: list[tuple[str, frozenset[int]]] = []
        """Nodes that frames get, and the replaced objects that are made there."""

    def go(self, source: str, target: str) -> None:
        """One node is what another one was."""
        self.following.setdefault(source, {})[target] = None
        self.defined.add(target)

    def make(self, operand: str, site: Site, shape: Shape, holders: tuple[str, ...]) -> None:
        """An operand is a new object."""
        self.made[operand] = site
        self.shapes[site] = shape
        self.makings.append(Making(site, holders))
        self.defined.add(operand)

    def load(self, access: Access) -> None:
        """A field is loaded."""
        self.loads.append(access)
        self.defined.add(access.value)

    def sources(self) -> set[str]:
        """Nodes that something is done with and that are some object or other."""
        used = {*self.following, *self.escaping, *self.examined}
        used.update(each.object for each in (*self.loads, *self.stores))
        used.update(each.value for each in self.stores)
        used.update(value for _, _, value in self.initialised)
        used.update(node for node, _ in (*self.replaced, *self.written))
        return used - self.defined
