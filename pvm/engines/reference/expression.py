"""Values during translation: Python expression texts, with what is known about them.

An expression is *pure and total*: evaluating it later, twice or never changes nothing as long as
what it depends on stays the same.  ``names`` says what that is: Python variables, and ``HEAP`` or
``GLOBALS`` for loads.  Whatever may trap or has an effect is a statement instead.
"""

from __future__ import annotations

import math

from pvm.isa.machine import Val
from pvm.isa.types import Prim, ValueType

HEAP = "<heap>"
GLOBALS = "<globals>"
MAX_DEPTH = 8
"""Nesting beyond which an expression goes to a variable: Python's parser has limits."""

RANGES = {"i32": (-(1 << 31), (1 << 31) - 1), "i64": (-(1 << 63), (1 << 63) - 1)}
Range = tuple[int, int]
Fact = tuple[str, int, int]
"""A variable, and bounds for it that hold from some place on."""


class Expr(Val):
    """A value of the guest as Python text.

    ``low`` and ``high`` bound an int.  ``const`` is the value of a constant.  ``flag`` is the flag that
    an i32 of 0 or 1 was made from.  ``negated`` is the text of the opposite flag.  ``if_true`` and
    ``if_false`` are facts that a flag's outcome proves.  ``origin`` says how it came about, for the few
    pairs of primitives that are translated together.
    """

    __slots__ = (
        "atom",
        "const",
        "depth",
        "flag",
        "high",
        "if_false",
        "if_true",
        "low",
        "names",
        "negated",
        "origin",
    )
    raw: str

    def __init__(
        self,
        raw: str,
        kind: str,
        names: frozenset[str] = frozenset(),
        *,
        atom: bool = False,
        depth: int = 0,
        bounds: Range | None = None,
    ) -> None:
        super().__init__(raw, kind)
        self.names = names
        self.atom = atom
        self.depth = depth
        self.low, self.high = bounds or RANGES.get(kind, (0, 0))
        self.const: int | float | bool | None = None
        self.flag: Expr | None = None
        self.negated: str | None = None
        self.if_true: tuple[Fact, ...] = ()
        self.if_false: tuple[Fact, ...] = ()
        self.origin: tuple[object, ...] = ()

    @property
    def text(self) -> str:
        """Text that may stand as an operand."""
        return self.raw if self.atom else f"({self.raw})"

    @property
    def opposite(self) -> str:
        """Text of the negated flag."""
        return self.negated if self.negated is not None else f"not {self.text}"

    def clone(self) -> Expr:
        """A copy, so that what one path does to it stays on that path."""
        made = Expr(self.raw, self.kind, self.names, atom=self.atom, depth=self.depth, bounds=(self.low, self.high))
        made.const, made.flag, made.negated = self.const, self.flag, self.negated
        made.if_true, made.if_false, made.origin = self.if_true, self.if_false, self.origin
        return made

    def become(self, name: str) -> None:
        """Stand for a variable that holds the value now."""
        if self.const is not None:
            return
        self.raw, self.names, self.atom, self.depth = name, frozenset((name,)), True, 0
        self.flag = self.negated = None
        self.if_true = self.if_false = self.origin = ()


def variable(name: str, kind: str, bounds: Range | None = None) -> Expr:
    """The value of a Python variable."""
    return Expr(name, kind, frozenset((name,)), atom=True, bounds=bounds)


def constant(value: float, kind: str) -> Expr:
    """A constant; floats that have no literal are named."""
    if isinstance(value, float):
        text = {math.inf: "INF", -math.inf: "NEG_INF"}.get(value, repr(value) if value == value else "NAN")  # noqa: PLR0124
        made = Expr(text, kind, atom=not text.startswith("-"))
    else:
        made = Expr(repr(value), kind, atom=value >= 0)
    made.const = value
    if kind in RANGES:
        made.low = made.high = int(value)
    return made


def kind_of(value_type: ValueType) -> str:
    """The kind of a value of this type."""
    return value_type.name.lower() if isinstance(value_type, Prim) else "ref"
