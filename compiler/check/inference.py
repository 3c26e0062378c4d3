"""Inference of type arguments: one call's type parameters and what is known about them.

An argument gives a lower bound for a parameter that stands alone, and fixes one inside another type, because
generic classes are invariant.  The expected result is weaker: it fixes what arguments leave open, and widens
what they give where that fits.  Unknown parts are `ERROR` in the types handed out meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check.subtyping import (
    is_assignable,
    is_subtype,
    join,
    mentions_error,
    nullable,
    supertype_instance,
)
from compiler.ir.symbols import TypeParameterSymbol
from compiler.ir.types import (
    ANY,
    ERROR,
    UNIT,
    ClassType,
    ErrorType,
    FunctionType,
    NothingType,
    NullableType,
    NullType,
    ParameterType,
    Type,
    substitute,
)

_CO, _IN, _CONTRA = 1, 0, -1


class Inference:
    """What is known of the type parameters of one call."""

    __slots__ = ("exact", "given", "lower", "params", "saw_error", "upper", "wanted", "weak")

    def __init__(self, params: Sequence[TypeParameterSymbol], given: dict[TypeParameterSymbol, Type]) -> None:
        self.params = frozenset(params)
        self.given = given
        """Type parameters that are known from the receiver."""
        self.exact: dict[TypeParameterSymbol, Type] = {}
        self.lower: dict[TypeParameterSymbol, Type] = {}
        self.upper: dict[TypeParameterSymbol, Type] = {}
        self.wanted: dict[TypeParameterSymbol, Type] = {}
        self.weak: dict[TypeParameterSymbol, Type] = {}
        self.saw_error = False

    def constrain(self, param: Type, found: Type, variance: int = _CO) -> None:
        """Learn from a value of type ``found`` where ``param`` is declared."""
        if isinstance(param, ParameterType):
            if param.symbol in self.params:
                self._bind(param.symbol, found, variance)
            return
        if isinstance(found, ErrorType):
            self.saw_error = True
            return
        if isinstance(param, NullableType):
            if not isinstance(found, NullType):
                inner = found.inner if isinstance(found, NullableType) else found
                self.constrain(param.inner, inner, variance)
            return
        if isinstance(param, FunctionType) and isinstance(found, FunctionType):
            for ours, theirs in zip(param.params, found.params, strict=False):
                self.constrain(ours, theirs, -variance)
            self.constrain(param.result, found.result, variance)
            return
        if isinstance(param, ClassType) and param.arguments:
            self._constrain_class(param, found, variance)

    def _constrain_class(self, param: ClassType, found: Type, variance: int) -> None:
        instance = self._instance(found, param, variance)
        if instance is not None:
            for ours, theirs in zip(param.arguments, instance.arguments, strict=False):
                self.constrain(ours, theirs, _IN)

    def _instance(self, found: Type, param: ClassType, variance: int) -> ClassType | None:
        if isinstance(found, NullableType):
            found = found.inner
        if isinstance(found, ParameterType):
            for bound in found.symbol.bounds:
                instance = self._instance(bound, param, variance)
                if instance is not None:
                    return instance
            return None
        if not isinstance(found, ClassType):
            return None
        instance = supertype_instance(found, param.symbol)
        if instance is None and variance != _CO:
            moved = supertype_instance(param, found.symbol)
            if moved is not None:
                for ours, theirs in zip(moved.arguments, found.arguments, strict=False):
                    self.constrain(ours, theirs, _IN)
        return instance

    def _bind(self, symbol: TypeParameterSymbol, found: Type, variance: int) -> None:
        if isinstance(found, ErrorType):
            self.saw_error = True
            return
        if mentions_error(found):
            if variance != _CO or symbol not in self.lower:
                self.weak.setdefault(symbol, found)
            return
        if variance == _IN:
            self.exact.setdefault(symbol, found)
        elif variance == _CO:
            known = self.lower.get(symbol)
            self.lower[symbol] = found if known is None else join(known, found)
        elif symbol not in self.upper or is_subtype(found, self.upper[symbol]):
            self.upper[symbol] = found

    def expect(self, result: Type, expected: Type) -> None:
        """Learn from the type that the surroundings would like the result to have."""
        if isinstance(expected, ErrorType) or expected is UNIT:
            return
        if isinstance(result, ParameterType):
            # Any says nothing: a list would become a List<Any> for it, and meet no bound.
            is_open = (expected.inner if isinstance(expected, NullableType) else expected) is ANY
            if result.symbol in self.params and not is_open and not mentions_error(expected):
                self.weak.setdefault(result.symbol, expected)
            return
        if isinstance(expected, NullableType):
            expected = expected.inner
        if isinstance(result, NullableType):
            self.expect(result.inner, expected)
            return
        if isinstance(result, ClassType) and isinstance(expected, ClassType):
            instance = supertype_instance(result, expected.symbol)
            if instance is not None:
                for ours, theirs in zip(instance.arguments, expected.arguments, strict=False):
                    self._want(ours, theirs)
        elif isinstance(result, FunctionType) and isinstance(expected, FunctionType):
            for ours, theirs in zip(result.params, expected.params, strict=False):
                self.expect(ours, theirs)
            self.expect(result.result, expected.result)

    def _want(self, ours: Type, theirs: Type) -> None:
        """Inside of another type the expectation must be met exactly."""
        if mentions_error(theirs):
            return
        if isinstance(ours, ParameterType):
            if ours.symbol in self.params:
                self.wanted.setdefault(ours.symbol, theirs)
        elif isinstance(ours, ClassType) and isinstance(theirs, ClassType) and ours.symbol is theirs.symbol:
            for a, b in zip(ours.arguments, theirs.arguments, strict=False):
                self._want(a, b)
        elif isinstance(ours, NullableType) and isinstance(theirs, NullableType):
            self._want(ours.inner, theirs.inner)
        elif isinstance(ours, FunctionType) and isinstance(theirs, FunctionType):
            for a, b in zip((*ours.params, ours.result), (*theirs.params, theirs.result), strict=False):
                self._want(a, b)

    def current(self, symbol: TypeParameterSymbol) -> Type | None:
        """Return the best guess for a type parameter, or None."""
        exact = self.exact.get(symbol)
        if exact is not None:
            return exact
        lower = self.lower.get(symbol)
        wanted = self.wanted.get(symbol)
        if wanted is not None and (lower is None or is_assignable(lower, wanted)):
            return wanted
        weak = self.weak.get(symbol)
        if isinstance(lower, NullType):
            other = weak or self.upper.get(symbol)
            return nullable(other) if other is not None else None
        if isinstance(lower, NothingType):
            return weak or self.upper.get(symbol) or UNIT
        return lower or self.upper.get(symbol) or weak

    def apply(self, type_: Type) -> Type:
        """Return a type with what is known filled in, and `ERROR` for the rest."""
        mapping: dict[TypeParameterSymbol, Type] = dict(self.given)
        for symbol in self.params:
            mapping[symbol] = self.current(symbol) or ERROR
        return substitute(type_, mapping) if mapping else type_

    def solve(self) -> tuple[dict[TypeParameterSymbol, Type], list[TypeParameterSymbol]]:
        """Return what every type parameter stands for, and those for which nothing was found."""
        mapping = dict(self.given)
        missing: list[TypeParameterSymbol] = []
        for symbol in sorted(self.params, key=lambda item: item.name):
            found = self.current(symbol)
            if found is None or isinstance(found, NullType):
                found = ERROR
                if not self.saw_error:
                    missing.append(symbol)
            mapping[symbol] = found
        return mapping, missing
