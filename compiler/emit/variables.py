"""Module variables: globals of the machine, set by initialisers that run before ``main``.

A global appears when something names it.  Each initialiser is a function of its own, called from
the start function in the order of the program, which differs from the order of discovery.  A
variable of a user's module is initialised even if nothing reads it, since the initialiser may do
something; the library's own initialisers have no effects.
"""

from __future__ import annotations

from compiler.emit.context import Emission, FunctionContext
from compiler.emit.expressions import nearest_f32
from compiler.emit.instances import is_primitive, is_void, repr_of
from compiler.emit.lowering import PRIMS
from compiler.emit.naming import global_name
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, GlobalSymbol
from compiler.ir.types import UNIT, ClassType
from compiler.records import structural
from pvm.isa.types import ANY_NULL, Prim, RefType, Signature, ValueType


@structural
class _Stored:
    index: int
    type: ValueType
    initializer: int | None
    """The function that gives it its first value."""


class GlobalTable:
    """The globals that are reached."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._stored: dict[GlobalSymbol, _Stored] = {}

    def index(self, variable: GlobalSymbol) -> tuple[int, ValueType]:
        """Return the number of a global and its machine type: references are nullable."""
        found = self._stored.get(variable)
        if found is None:
            with self._emission.journal.answering():
                found = self._stored[variable] = self._make(variable)
        self._emission.journal.note("global", variable)
        return found.index, found.type

    def _make(self, variable: GlobalSymbol) -> _Stored:
        emission = self._emission
        value_type = ANY_NULL if is_void(variable.type) else emission.lowering.value_type(variable.type)
        if isinstance(value_type, RefType):
            value_type = value_type.with_null(nullable=True)
        first = variable.initializer() if variable.initializer is not None else variable.constant
        initial = _initial(variable, first)
        index = emission.pool.add_global(_name(variable), value_type, initial or 0)
        if first is None or initial is not None or _is_null(first):
            return _Stored(index, value_type, None)
        key = ("initializer", *global_name(variable))
        plan = InitializerPlan(emission, variable, first, index, value_type)
        return _Stored(index, value_type, emission.functions.demand(key, lambda: plan))

    def by_index(self) -> list[GlobalSymbol]:
        """The variables by their numbers."""
        return sorted(self._stored, key=lambda variable: self._stored[variable].index)

    def keep_user_variables(self) -> None:
        """Reach every variable of the user's modules whose initialiser may do something."""
        for variable in self._emission.program.globals:
            is_user = variable.constant is None and self._emission.pool.is_user_file(variable.span)
            if is_user and variable.initializer is not None and _may_have_effects(variable.initializer()):
                self.index(variable)

    def initializers(self) -> list[int]:
        """The functions to call before ``main``, in order."""
        found = (self._stored.get(variable) for variable in self._emission.program.globals)
        return [stored.initializer for stored in found if stored is not None and stored.initializer is not None]


def _is_null(first: hir.Expr) -> bool:
    """Tell whether a value is the null that every reference of the machine begins with."""
    while isinstance(first, hir.Coerce):
        first = first.value
    return isinstance(first, hir.Constant) and first.value is None


def _name(variable: GlobalSymbol) -> str:
    """With the module before it, which the name of a static member has already."""
    prefix = f"{variable.module}."
    return prefix + variable.name.removeprefix(prefix)


def _may_have_effects(first: hir.Expr) -> bool:
    if isinstance(first, hir.New) and isinstance(first.type, ClassType):
        return first.type.symbol.kind is not ClassKind.CASE or bool(first.arguments)
    return not isinstance(first, hir.Constant | hir.Lambda | hir.FunctionValue | hir.GlobalGet)


def _initial(variable: GlobalSymbol, first: hir.Expr | None) -> int | float | None:
    """The first value, if the machine can be given it as data."""
    if not isinstance(first, hir.Constant) or first.value is None or isinstance(first.value, str):
        return None
    if not is_primitive(variable.type) or first.type != variable.type:
        return None
    representation = repr_of(variable.type)
    assert representation is not None
    match PRIMS[representation]:
        case Prim.F64:
            return float(first.value)
        case Prim.F32:
            return nearest_f32(float(first.value))
        case prim:
            bits = 64 if prim is Prim.I64 else 32
            number = int(first.value) & ((1 << bits) - 1)
            return number - (1 << bits) if number >> (bits - 1) else number


class InitializerPlan:
    """The function that sets a module variable."""

    def __init__(
        self, emission: Emission, variable: GlobalSymbol, first: hir.Expr, index: int, value_type: ValueType
    ) -> None:
        self._emission = emission
        self._variable = variable
        self._first = first
        self._index = index
        self._type = value_type
        self.name = f"{variable.name.removeprefix(f'{variable.module}.')} (initializer)"
        self.module = variable.module
        self.signature = Signature(())
        self.origin = None

    def emit(self) -> FunctionContext:
        """Emit the initialiser and the store."""
        f = FunctionContext(self._emission, self.signature, {}, UNIT, module=self.module)
        store = hir.GlobalSet(self._first.span, UNIT, self._variable, self._first)
        f.code.statement(self._first.span)
        f.body(store)
        return f


class StartPlan:
    """The function that runs the initialisers."""

    def __init__(self, emission: Emission, initializers: list[int]) -> None:
        self._emission = emission
        self._initializers = initializers
        self.name = "start"
        self.module = ""
        self.signature = Signature(())
        self.origin = None

    def emit(self) -> FunctionContext:
        """Emit the calls."""
        f = FunctionContext(self._emission, self.signature, {}, UNIT)
        for index in self._initializers:
            f.code.typed("call", (index,), (), ())
        f.return_top()
        return f
