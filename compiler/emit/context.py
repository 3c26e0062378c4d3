"""The function that is being emitted, and the program around it.

``FunctionContext`` is what the emitters of expressions work with (``f`` in their signatures): the
code so far, variables and their slots, the replacement of type parameters.  ``value`` leaves the
value of an expression on its stack; an expression of type Unit or Nothing leaves nothing.

Stacks are empty at handlers and at the heads of loops, so an operand that contains one must not
find other operands pending: ``operands`` puts those into temporaries first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from compiler.emit.classes import ClassInstance, ClassTable
from compiler.emit.code import Code, CodeLabel
from compiler.emit.conversions import convert, narrow
from compiler.emit.instances import ERASED, Mapping, is_primitive, is_void
from compiler.emit.journal import Journal
from compiler.emit.limits import MAX_BORDER_BITS, MAX_LOCALS, MAX_PARAMS, check_count
from compiler.emit.lowering import Lowering
from compiler.emit.pool import Pool
from compiler.emit.scopes import ScopeAnalysis, analyse, is_cell
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.tree import children
from compiler.ir.types import NothingType, Type, UnitType, substitute
from compiler.records import field, mutable, structural
from compiler.syntax.source import Span
from pvm.isa.types import ANY_NULL, Prim, RefType, Signature, ValueType
from pvm.pbc.model import Function

if TYPE_CHECKING:
    from compiler.emit.dispatch import Dispatch
    from compiler.emit.exceptions import FinallyScope
    from compiler.emit.functions import FunctionTable
    from compiler.emit.generators import Resumption
    from compiler.emit.naming import Naming
    from compiler.emit.replay import Keeper, Replay
    from compiler.emit.variables import GlobalTable

Emitter = Callable[["FunctionContext", Any], None]
Place = Callable[["FunctionContext", Any, Type], None]


@mutable
class Emission:
    """Everything about the program under construction."""

    program: hir.Program
    journal: Journal
    pool: Pool
    classes: ClassTable
    lowering: Lowering
    emitters: dict[type[hir.Node], Emitter]
    """Leave the value of a node on its stack."""
    statements: dict[type[hir.Node], Emitter]
    """Run a node for its effect, where that differs from dropping its value."""
    places: dict[type[hir.Node], Place]
    """Leave the value of a node as one of another type, where that differs from converting it."""
    keeper: Keeper
    """Keeps functions from one compilation to the next."""
    functions: FunctionTable = field(init=False)
    dispatch: Dispatch = field(init=False)
    variables: GlobalTable = field(init=False)
    naming: Naming = field(init=False)
    replay: Replay = field(init=False)
    shows_arrays: bool = False
    """Whether an array becomes a value of which only Any is known, so that its text may be asked for."""

    def show_arrays(self) -> None:
        """Note that the text of an array may be asked for."""
        self.journal.note("arrays", "")
        self.shows_arrays = True


@mutable
class Variable:
    """A variable of the function: its slot holds the value, or the cell in which the value is."""

    slot: int
    type: Type
    cell: ClassInstance | None = None


@mutable
class Target:
    """A loop or labelled block: where Break and Continue go, and which ``finally`` lie in between."""

    end: CodeLabel
    again: CodeLabel | None
    depth: int


@structural
class Operand:
    """Something to be pushed: ``emit`` pushes one value of the machine type ``type``."""

    emit: Callable[[], None]
    type: ValueType
    needs_empty: bool = False
    is_stable: bool = False
    """May be pushed later than its turn, or twice, with the same value."""


class FunctionContext:
    """One function while its code is made."""

    def __init__(
        self,
        emission: Emission,
        signature: Signature,
        mapping: Mapping,
        result: Type,
        *,
        is_function_value: bool = False,
        is_entry: bool = False,
        module: str = "",
    ) -> None:
        self.emission = emission
        self.module = module
        """Where the function was written; empty for what the emitter adds."""
        self.signature = signature
        self.mapping = mapping
        self.result = result
        self.is_function_value = is_function_value
        """Results are canonical: see ``lowering``."""
        self.is_entry = is_entry
        """Nothing is returned as the status 0."""
        self.code = Code(emission.pool, signature.params)
        self.variables: dict[LocalSymbol, Variable] = {}
        self.scopes = ScopeAnalysis()
        self.targets: dict[hir.JumpTarget, Target] = {}
        self.finallys: list[FinallyScope] = []
        self.return_slot: int | None = None
        self.resumption: Resumption | None = None
        self._refined: dict[LocalSymbol, list[int]] = {}
        self._free: dict[ValueType, list[int]] = {}
        self._names: dict[int, str] = {}
        self._needs_empty: dict[hir.Expr, bool] = {}

    # Types

    def type(self, type_: Type) -> Type:
        """Replace type parameters."""
        return substitute(type_, self.mapping) if self.mapping else type_

    def type_of(self, expr: hir.Expr) -> Type:
        """The type of an expression in this instance."""
        return self.type(expr.type)

    def lower(self, type_: Type) -> ValueType:
        """The machine type of a type without type parameters."""
        return self.emission.lowering.value_type(type_)

    # Expressions

    def value(self, expr: hir.Expr) -> None:
        """Leave the value of an expression on its stack."""
        if not self.code.reachable:
            return
        self.emission.emitters[type(expr)](self, expr)
        if isinstance(expr.type, NothingType):
            self.code.op("unreachable")

    def effect(self, expr: hir.Expr) -> None:
        """Run an expression and leave nothing."""
        if not self.code.reachable:
            return
        statement = self.emission.statements.get(type(expr))
        if statement is not None:
            statement(self, expr)
            return
        self.value(expr)
        type_ = self.type_of(expr)
        if not is_void(type_):
            self.code.drop(self.lower(type_))

    def value_as(self, expr: hir.Expr, target: Type) -> None:
        """Leave the value of an expression as one of another type; a stored Unit is a null."""
        if not self.code.reachable:
            return
        place = self.emission.places.get(type(expr))
        if place is not None:
            place(self, expr, target)
        else:
            self.value(expr)
            convert(self, self.type_of(expr), target)

    def convert(self, source: Type, target: Type) -> None:
        """See ``conversions.convert``."""
        convert(self, source, target)

    # Operands

    def needs_empty(self, expr: hir.Expr) -> bool:
        """Whether the code of an expression has a place where the stacks must be empty."""
        found = self._needs_empty.get(expr)
        if found is None:
            found = isinstance(expr, hir.Loop | hir.Try | hir.Suspend)
            for child in () if found else children(expr):
                found = found or self.needs_empty(child)
            self._needs_empty[expr] = found
        return found

    def operand(self, expr: hir.Expr, target: Type | None = None) -> Operand:
        """An expression as an operand, converted to a type if one is given; a Unit is passed as null."""
        wanted = self.type_of(expr) if target is None else target
        if is_void(wanted):
            wanted = ERASED
        return Operand(
            lambda: self.value_as(expr, wanted), self.lower(wanted), self.needs_empty(expr), self._is_stable(expr)
        )

    def _is_stable(self, expr: hir.Expr) -> bool:
        if isinstance(expr, hir.LocalGet):
            return self.scopes.is_constant(expr.local)
        return isinstance(expr, hir.Constant)

    def operands(self, items: Sequence[Operand]) -> None:
        """Push operands in order."""
        last = max((index for index, item in enumerate(items) if item.needs_empty), default=0)
        held: list[int | None] = []
        if last > 0:
            held = [None if item.is_stable else self._hold(item) for item in items[: last + 1]]
            for item, slot in zip(items, held, strict=False):
                if slot is not None:
                    self.code.get(slot)
                    self.release(slot)
                elif item.is_stable:
                    item.emit()
        for item in items[len(held) :]:
            item.emit()

    def _hold(self, item: Operand) -> int | None:
        item.emit()
        if not self.code.reachable:
            return None
        slot = self.temp(item.type)
        self.code.set(slot)
        return slot

    def arguments(self, exprs: Iterable[hir.Expr], types: Iterable[Type]) -> None:
        """Push arguments, each as one of its parameter's type."""
        self.operands([self.operand(expr, type_) for expr, type_ in zip(exprs, types, strict=True)])

    # Slots

    def temp(self, value_type: ValueType) -> int:
        """Take a local; give it back with ``release``."""
        if isinstance(value_type, RefType) and value_type.kind.name == "NONE":
            value_type = ANY_NULL
        free = self._free.get(value_type)
        return free.pop() if free else self.code.new_local(value_type)

    def release(self, slot: int) -> None:
        """Give a local back."""
        self._free.setdefault(self.code.locals[slot], []).append(slot)

    def default_temp(self, value_type: ValueType) -> int:
        """Take a local that has a value on every path from here: zero or null at first.

        A reference's slot is nullable; whoever reads it narrows it.
        """
        if isinstance(value_type, RefType):
            value_type = value_type.with_null(nullable=True)
        slot = self.temp(value_type)
        self.initialise(slot)
        return slot

    def initialise(self, slot: int) -> None:
        """Give a local zero or null unless it has a value on every path."""
        if self.code.reachable and not self.code.is_initialised(slot):
            self.zero(self.code.locals[slot])
            self.code.set(slot)

    def zero(self, value_type: ValueType) -> None:
        """Push zero or null."""
        match value_type:
            case RefType():
                assert value_type.nullable
                self.code.typed("ref.null", (), (), (value_type,))
            case Prim.F32 | Prim.F64:
                self.code.op(f"{value_type}.const", 0.0)
            case _:
                self.code.op(f"{value_type}.const", 0)

    def get_as(self, slot: int, value_type: ValueType) -> None:
        """Push a local as a value of a type that it is known to be of."""
        self.code.get(slot)
        if isinstance(value_type, RefType):
            narrow(self, value_type)

    # Variables

    def parameter(self, local: LocalSymbol, slot: int, type_: Type) -> None:
        """Note a variable whose value is in a slot already; put it into a cell if it needs one."""
        self._name(slot, local)
        if not is_cell(local):
            self.variables[local] = Variable(slot, type_)
            return
        cell = self.emission.classes.cell(self.lower(type_))
        self.emission.classes.instantiate(cell)
        variable = Variable(self.code.new_local(cell.type), type_, cell)
        self.code.get(slot)
        self.code.typed("object.new", (cell.index,), (self.code.locals[slot],), (cell.type,))
        self.code.set(variable.slot)
        self.variables[local] = variable

    def captured_cell(self, local: LocalSymbol, slot: int, type_: Type) -> None:
        """Note a variable whose cell is in a slot already."""
        self._name(slot, local)
        self.variables[local] = Variable(slot, type_, self.emission.classes.cell(self.lower(type_)))

    def plain_slot(self, expr: hir.Expr) -> int | None:
        """The slot of the variable that an expression reads, if the value is there as it stands."""
        if not isinstance(expr, hir.LocalGet):
            return None
        variable = self.variable(expr.local)
        return variable.slot if variable.cell is None else None

    def variable(self, local: LocalSymbol) -> Variable:
        """The variable of a local; it gets its slot when it is first met in its home."""
        found = self.variables.get(local)
        if found is None:
            type_ = self.type(local.type)
            value_type = self.lower(type_)
            if local in self.scopes.loose and isinstance(value_type, RefType):
                value_type = value_type.with_null(nullable=True)
            found = self.variables[local] = Variable(self.temp(value_type), type_)
            self._name(found.slot, local)
        return found

    def define(self, local: LocalSymbol, type_: Type) -> None:
        """Pop a value of a type into a new variable."""
        slot = self.code.new_local(self.lower(type_))
        self.code.set(slot)
        if self.code.reachable:
            self.parameter(local, slot, type_)

    def return_local(self) -> int:
        """The local that keeps the value to return while ``finally`` bodies run."""
        if self.return_slot is None:
            value_type = self.lower(self.result)
            if isinstance(value_type, RefType):
                value_type = value_type.with_null(nullable=True)
            self.return_slot = self.code.new_local(value_type)
        return self.return_slot

    def _name(self, slot: int, local: LocalSymbol) -> None:
        if local.name:
            self._names.setdefault(slot, local.name)

    def get_variable(self, variable: Variable) -> None:
        """Push the value of a variable."""
        value_type = self.lower(variable.type)
        if variable.cell is None:
            self.get_as(variable.slot, value_type)
            return
        stored = variable.cell.fields[0].type
        self.code.get(variable.slot)
        self.code.typed("field.get", ((variable.cell.index, 0),), (variable.cell.type,), (stored,))
        if isinstance(value_type, RefType):
            narrow(self, value_type)

    def set_variable(self, variable: Variable) -> None:
        """Pop the value of a variable; ``forget`` what was known about it."""
        if variable.cell is None:
            self.code.set(variable.slot)
            return
        stored = variable.cell.fields[0].type
        self.code.get(variable.slot)
        if isinstance(stored, RefType):
            self.code.op("ref.swap")
        self.code.typed("field.set", ((variable.cell.index, 0),), (variable.cell.type, stored), ())

    # Refinements

    def refinable(self, expr: hir.Expr) -> LocalSymbol | None:
        """The variable that an expression reads, if it is a reference and in no cell."""
        while isinstance(expr, hir.Coerce) and not is_primitive(self.type_of(expr)):
            expr = expr.value
        if not isinstance(expr, hir.LocalGet):
            return None
        variable = self.variables.get(expr.local)
        if variable is None or variable.cell is not None or not isinstance(self.lower(variable.type), RefType):
            return None
        return expr.local

    def refine(self, local: LocalSymbol, value_type: RefType) -> None:
        """Pop a variable's value, which a test has shown to be of a type, into a slot of its own.

        The slot is never used for anything else, so wherever it is initialised the test was passed.  That
        the variable still has this value is seen to by ``forget``: nothing between the test and a place
        behind it sets the variable, unless by going round a loop, and there the test is passed again.
        """
        slot = self.code.new_local(value_type)
        self.code.set(slot)
        self._refined.setdefault(local, []).append(slot)

    def refinement(self, local: LocalSymbol) -> int | None:
        """The slot with the latest that tests have shown here about a variable."""
        for slot in reversed(self._refined.get(local, ())):
            if self.code.is_initialised(slot):
                return slot
        return None

    def forget(self, local: LocalSymbol) -> None:
        """Forget what tests have shown about a variable that is being set."""
        self._refined.pop(local, None)

    def forget_changing(self) -> None:
        """Forget what a loop that begins here may make wrong."""
        for local in [each for each in self._refined if not self.scopes.is_constant(each)]:
            del self._refined[local]

    # Blocks

    def enter(self, block: hir.Block | None) -> None:
        """Begin a block: make the cells that live in it."""
        for local in self.scopes.homes.get(block, ()):
            if not is_cell(local):
                continue
            type_ = self.type(local.type)
            cell = self.emission.classes.cell(self.lower(type_))
            self.emission.classes.instantiate(cell)
            variable = self.variables[local] = Variable(self.temp(cell.type), type_, cell)
            self.code.typed("object.new_default", (cell.index,), (), (cell.type,))
            self.code.set(variable.slot)
            self._name(variable.slot, local)

    def leave(self, block: hir.Block | None) -> None:
        """End a block: its slots are free."""
        for local in self.scopes.homes.get(block, ()):
            variable = self.variables.pop(local, None)
            self._refined.pop(local, None)
            if variable is not None:
                self.release(variable.slot)

    # The whole function

    def body(self, body: hir.Expr) -> None:
        """Emit the body and return its value.

        Precondition: parameters and captures are noted.
        """
        self.scopes = analyse(body, self.variables)
        self.enter(None)
        self.return_value(body)

    def return_value(self, expr: hir.Expr) -> None:
        """Return the value of an expression from the function."""
        if is_void(self.result):
            self.effect(expr)
        elif isinstance(self.type_of(expr), UnitType) and self.result != ERASED:
            # The checker knows that the end is never reached, as after a loop without a way out.
            self.effect(expr)
            self.code.op("unreachable")
        else:
            self.value_as(expr, self.result)
        self.return_top()

    def return_top(self) -> None:
        """Return with the result, if there is one, on its stack."""
        if self.is_function_value and is_void(self.result):
            self.code.typed("ref.null", (), (), (ANY_NULL,))
        if self.is_entry and is_void(self.result):
            self.code.op("i64.const", 0)
        self.code.typed("return", (), self.signature.results, ())

    def at(self, span: Span) -> None:
        """Say where the next instructions come from."""
        self.code.at(span)

    @property
    def item_count(self) -> int:
        """How many instructions and labels there are."""
        return self.code.item_count

    @property
    def span(self) -> Span | None:
        """Where the last instructions come from."""
        return self.code.span

    def check_limits(self) -> None:
        """Refuse a function that no module can have.

        Raises:
            LimitError: there are too many parameters, locals, or labels with so many locals.
        """
        code = self.code
        check_count("parameters and captured values", len(self.signature.params), MAX_PARAMS, code.span)
        check_count("variables of a function", len(code.locals), MAX_LOCALS, code.span)
        if len(code.locals) * code.item_count > MAX_BORDER_BITS:
            borders = code.border_count * len(code.locals)
            check_count("branches times variables of a function", borders, MAX_BORDER_BITS, code.span)

    def finish(self, name: str) -> Function:
        """Return the function.

        Precondition: the program is complete.
        """
        done = self.code.finish()
        return Function(
            name,
            self.emission.pool.signature(self.signature),
            tuple(self.code.locals[self.code.parameter_count :]),
            done.code,
            done.labels,
            done.handlers,
            done.positions,
            done.lines,
            tuple(sorted(self._names.items())),
        )
