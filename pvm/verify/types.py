"""Types of one module as small numbers, their order, and their text.

Numbers make equal types identical, so that stacks compare by identity.  ``declare`` is for types
that a file states and refuses what a file cannot state; ``number`` is for types that the verifier
derives from those.
"""

from __future__ import annotations

from pvm.isa.types import ArrayKind, HeapKind, Prim, RefType, ValueType
from pvm.pbc.literals import shown
from pvm.pbc.model import Module
from pvm.pbc.subtyping import Hierarchy, is_subtype
from pvm.verify.limits import MAX_REMEMBERED
from pvm.verify.rules import Broken, Rule


class TypeTable:
    """Numbers types; 1 to 4 are the primitives."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._numbers: dict[ValueType, int] = {prim: int(prim) for prim in Prim}
        self._declared: dict[ValueType, int] = dict(self._numbers)
        self._types: list[ValueType] = [Prim.I32, *Prim]
        self._below: dict[tuple[int, int], bool] = {}
        self.hierarchy = Hierarchy(())

    def declare(self, value_type: ValueType) -> int:
        """Number of a type that a file states.

        Raises:
            Broken: a file cannot state it, or its index names nothing.
        """
        number = self._declared.get(value_type)
        if number is None:
            self._check(value_type)
            number = self._declared[value_type] = self.number(value_type)
        return number

    def number(self, value_type: ValueType) -> int:
        """Number of a type."""
        number = self._numbers.get(value_type)
        if number is None:
            number = self._numbers[value_type] = len(self._types)
            self._types.append(value_type)
        return number

    def type(self, number: int) -> ValueType:
        """The type that has this number."""
        return self._types[number]

    def ref(self, number: int) -> RefType:
        """The reference type that has this number."""
        found = self._types[number]
        assert isinstance(found, RefType)
        return found

    def is_subtype(self, lower: int, upper: int) -> bool:
        """As ``pvm.pbc.subtyping.is_subtype``."""
        if lower == upper:
            return True
        known = self._below.get((lower, upper))
        if known is None:
            if len(self._below) >= MAX_REMEMBERED:
                self._below.clear()
            known = is_subtype(self.hierarchy, self._types[lower], self._types[upper])
            self._below[lower, upper] = known
        return known

    def mismatch(self, expected: int, found: int, where: str = "") -> Broken:
        """The rule that is broken where ``found`` stands for ``expected``."""
        wanted, have = self._types[expected], self._types[found]
        rule = Rule.STACK_TYPE
        if isinstance(wanted, RefType) and isinstance(have, RefType):
            nullable = wanted.with_null(nullable=True)
            if have.nullable and not wanted.nullable and is_subtype(self.hierarchy, have, nullable):
                rule = Rule.NULL_OPERAND
        return Broken(rule, f"{where}expected {self.text(expected)}, found {self.text(found)}")

    def text(self, number: int) -> str:
        """A type for people, with names of classes."""
        return self.text_of(self._types[number])

    def text_of(self, value_type: ValueType, *, deep: bool = True) -> str:
        """As ``text``; function types inside function types are shown by number."""
        if not isinstance(value_type, RefType):
            return str(value_type)
        prefix = "ref? " if value_type.nullable else "ref "
        match value_type.kind:
            case HeapKind.CLASS:
                return prefix + shown(self._module.classes[value_type.index].name)
            case HeapKind.FUNC if deep:
                return f"{prefix}func {self.signature_text(value_type.index)}"
            case _:
                return str(value_type)

    def signature_text(self, index: int) -> str:
        """A signature for people."""
        signature = self._module.signatures[index]
        params = ", ".join(self.text_of(param, deep=False) for param in signature.params)
        results = ", ".join(self.text_of(result, deep=False) for result in signature.results)
        return f"({params})" + (f" -> {results}" if results else "")

    def _check(self, value_type: ValueType) -> None:
        if not isinstance(value_type, RefType) or not isinstance(value_type.kind, HeapKind):
            raise Broken(Rule.TYPE, f"expected a value type, found {value_type!r}")
        count = {
            HeapKind.CLASS: len(self._module.classes),
            HeapKind.FUNC: len(self._module.signatures),
            HeapKind.ARRAY: len(ArrayKind),
        }.get(value_type.kind, 1)
        if value_type.kind is HeapKind.NONE:
            raise Broken(Rule.TYPE, "expected a type that a file can name, found the type of null")
        if not 0 <= value_type.index < count:
            name = value_type.kind.name.lower()
            raise Broken(Rule.INDEX_RANGE, f"expected an index of {name} below {count}, found {value_type.index}")
