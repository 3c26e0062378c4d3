"""Code from an earlier compilation, put into this program.

A kept function asks the tables what it asked when it was emitted (its journal), in the same order, so that the
program comes out as if it were emitted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from compiler.emit.classes import ClassInstance
from compiler.emit.instances import ERASED, Keys
from compiler.emit.naming import Name, type_of
from compiler.emit.objects import Assembly, ObjectCode, Place, Places, assemble
from compiler.ir.hir import Symbols
from compiler.ir.symbols import FunctionSymbol, GlobalSymbol
from compiler.ir.types import ClassType, FunctionType
from compiler.syntax.source import Span
from pvm.isa.encoding import encode_uleb
from pvm.isa.types import HeapKind, Signature, ValueType, class_ref
from pvm.pbc.model import Function, ImportKind

if TYPE_CHECKING:
    from compiler.emit.context import Emission


class StaleError(Exception):
    """What was kept does not fit together: the program must be compiled from nothing."""


class Part:
    """Objects that were kept together, and what their uses have become in this program."""

    def __init__(self, names: list[Name]) -> None:
        self.names = names
        self.answers: list[Any] = [None] * len(names)
        self.encoded: list[bytes | None] = [None] * len(names)


class Keeper(Protocol):
    """Keeps objects from one compilation to the next."""

    def find(self, name: Name) -> tuple[Part, ObjectCode] | None:
        """Return a function that was kept and is what emitting it now would give."""
        ...

    def position(self, file: str, place: Place) -> tuple[int, int]:
        """Return the line and column that were kept as a place."""
        ...

    def places(self, origin: Span) -> Places | None:
        """Return what makes places of lines and columns, or None if the function is not to be kept."""
        ...

    def keep(self, name: Name, made: ObjectCode, origin: Span) -> None:
        """Keep a function that was emitted."""
        ...


class Replay:
    """Asks the tables for what names mean."""

    def __init__(self, emission: Emission, symbols: Symbols | None) -> None:
        self._emission = emission
        self._known = symbols
        self._instances: dict[Name, ClassInstance] = {}

    @property
    def _symbols(self) -> Symbols:
        if self._known is None:
            raise StaleError("no declaration can be found by name")
        return self._known

    def answer(self, part: Part, use: int) -> Any:
        """Ask for what is used, once."""
        found = part.answers[use]
        if found is None:
            found = part.answers[use] = self._ask(part.names[use])
        return found

    def _ask(self, name: Name) -> Any:
        emission = self._emission
        match name:
            case ("class", inner):
                return self.instance(inner)
            case ("layout", inner):
                emission.classes.lay_out(self.instance(inner))
                return True
            case ("objects", inner):
                emission.classes.instantiate(self.instance(inner))
                return True
            case ("mutable", inner, number):
                emission.classes.set_mutable(self.instance(inner), number)
                return True
            case ("string", text):
                return emission.pool.string(text)
            case ("arrays", _):
                emission.show_arrays()
                return True
            case ("file", file):
                return emission.pool.file_named(file)
            case ("signature", inner):
                return emission.pool.signature(self.signature(inner))
            case ("import", kind, imported, inner, boundary):
                return emission.pool.imported(ImportKind(kind), imported, self.signature(inner), boundary)
            case ("slot", (owner, function, keys)):
                return emission.dispatch.slot_of(*self._slot(owner, function, keys))
            case ("global", inner):
                return emission.variables.index(self.variable(inner))[0]
            case ("function", inner):
                return emission.functions.demand_named(inner)
            case _:
                raise StaleError(name)

    def instance(self, name: Name) -> ClassInstance:
        """Return a class."""
        found = self._instances.get(name)
        if found is not None:
            return found
        classes = self._emission.classes
        match name:
            case ("class", module, qualified, keys):
                symbol = self._symbols.class_named(module, qualified)
                if symbol is None:
                    raise StaleError(name)
                found = classes.instance(symbol, self.keys(keys))
            case ("cell", held):
                found = classes.cell(self.type(held))
            case ("environment", *held):
                found = classes.environment(list(map(self.type, held)))
            case _:
                raise StaleError(name)
        self._instances[name] = found
        return found

    def keys(self, names: tuple[str, ...]) -> Keys:
        """Return type arguments."""
        return tuple(ClassType(self._emission.program.core[name]) if name else ERASED for name in names)

    def type(self, name: Any) -> ValueType:
        """Return a machine type."""
        plain = type_of(name)
        if plain is not None:
            return plain
        kind, nullable, inner = name
        if kind == HeapKind.CLASS:
            return class_ref(self.instance(inner).index, nullable=nullable)
        return self._emission.pool.function_type(self.signature(inner), nullable=nullable)

    def signature(self, name: Name) -> Signature:
        """Return a signature."""
        params, results = name
        return Signature(tuple(map(self.type, params)), tuple(map(self.type, results)))

    def function_type(self, name: Name) -> FunctionType:
        """Return an erased function type."""
        *params, result = self.keys(name)
        return FunctionType(tuple(params), result)

    def function(self, module: str, name: str) -> FunctionSymbol:
        """Return a declared function."""
        found = self._symbols.function_named(module, name)
        if found is None:
            raise StaleError(module, name)
        return found

    def variable(self, name: Name) -> GlobalSymbol:
        """Return a module variable."""
        kind, module, qualified = name
        find = self._symbols.case_named if kind == "case" else self._symbols.variable_named
        found = find(module, qualified)
        if found is None:
            raise StaleError(name)
        return found

    def _slot(self, owner: Name, function: str, keys: tuple[str, ...]) -> tuple[ClassInstance, FunctionSymbol, Keys]:
        instance = self.instance(owner)
        assert instance.symbol is not None
        for method in instance.symbol.methods:
            if method.qualified_name == function:
                return instance, method, self.keys(keys)
        raise StaleError(owner, function)

    def encoded(self, part: Part, use: int) -> bytes:
        """Return the number of what is used, as it stands in code.

        Precondition: the program is complete, so that slots have their numbers.
        """
        found = part.encoded[use]
        if found is None:
            answer = part.answers[use]
            if part.names[use][0] == "slot":
                owner, number = answer.resolve()
                found = encode_uleb(owner) + encode_uleb(number)
            else:
                found = encode_uleb(answer.index if isinstance(answer, ClassInstance) else answer)
            part.encoded[use] = found
        return found


class KeptPlan:
    """A function whose code was kept."""

    origin = None

    def __init__(self, emission: Emission, part: Part, kept: ObjectCode, name: str) -> None:
        self._emission = emission
        self._part = part
        self._kept = kept
        self.name = name
        self.module = kept.module
        self.signature = emission.replay.signature(kept.signature)

    def emit(self) -> KeptFunction:
        """Repeat what emitting the function asked for."""
        part, answer, answers = self._part, self._emission.replay.answer, self._part.answers
        for use in self._kept.uses:
            if answers[use] is None:
                answer(part, use)
        return KeptFunction(self._emission, part, self._kept, self.signature)


class KeptFunction:
    """A kept function in this program."""

    span = None

    def __init__(self, emission: Emission, part: Part, kept: ObjectCode, signature: Signature) -> None:
        self._emission = emission
        self._part = part
        self._kept = kept
        self._signature = signature
        self.item_count = kept.item_count

    def check_limits(self) -> None:
        """Do nothing: only what passed was kept."""

    def finish(self, name: str) -> Function:
        """Return the function.

        Precondition: the program is complete.
        """
        emission, part = self._emission, self._part
        uses, answers = self._kept.uses, part.answers
        encode = emission.replay.encoded
        encoded = {use: encode(part, uses[use]) for _, use in self._kept.holes}
        numbers = [answer.index if isinstance(answer := answers[use], ClassInstance) else answer for use in uses]
        assembly = Assembly(encoded, numbers, emission.keeper.position, emission.pool.files)
        return assemble(self._kept, name, emission.pool.signature(self._signature), assembly)
