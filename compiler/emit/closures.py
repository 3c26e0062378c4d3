"""Function values: lambdas with their environments, named functions, adapters.

The environment is the first parameter of a lambda's function.  It is an object with a field for
each captured value, of a class shared by all lambdas that capture the same types; a single captured
reference (``this``, a cell) is the environment itself.  A variable that changes is captured as its
cell.  Function values have canonical signatures (``lowering``), so a lambda is compiled for the type
that it is wanted as, and casts its parameters when it is entered.
"""

from __future__ import annotations

from compiler.emit.calls import Callee, call_function_value, callee_of, has_body, invoke
from compiler.emit.context import Emission, FunctionContext
from compiler.emit.instances import ERASED, erased_function, is_void, keys_of, passed_type
from compiler.emit.naming import function_type_name, key_names
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import FunctionType, NullableType, Type
from compiler.records import structural
from pvm.isa.types import RefType, Signature, ValueType


@structural
class _Capture:
    """A variable that a lambda uses; ``stored`` is its cell's type if it has one."""

    local: LocalSymbol
    type: Type
    stored: ValueType
    is_cell: bool


def emit_lambda(f: FunctionContext, node: hir.Lambda) -> None:
    """Make a function value of a lambda, of its own type."""
    type_ = f.type_of(node)
    assert isinstance(type_, FunctionType)
    _make_lambda(f, node, type_)


def place_lambda(f: FunctionContext, node: hir.Lambda, target: Type) -> None:
    """Make a function value of a lambda as one of another type, without an adapter if possible."""
    wanted = target.inner if isinstance(target, NullableType) else target
    if isinstance(wanted, FunctionType) and len(wanted.params) == len(node.params):
        _make_lambda(f, node, wanted)
    else:
        emit_lambda(f, node)
        f.convert(f.type_of(node), target)


def _make_lambda(f: FunctionContext, node: hir.Lambda, type_: FunctionType) -> None:
    captures = [_capture(f, local) for local in node.captures if not is_void(f.type(local.type))]
    erased = function_type_name(erased_function(type_))
    plan = LambdaPlan(f, node, type_, captures)
    name = ("lambda", f.module, node.name, key_names(tuple(f.mapping.values())), erased)
    index = f.emission.functions.demand(name, lambda: plan, node)
    target = f.emission.pool.function_type(f.emission.lowering.function_value(type_))
    if plan.environment is None:
        f.at(node.span)
        f.code.typed("func.ref", (index,), (), (target,))
        return
    for capture in captures:
        variable = f.variables[capture.local]
        if capture.is_cell:
            f.code.get(variable.slot)
        else:
            f.get_variable(variable)
    f.at(node.span)
    if not plan.is_direct:
        environment = f.emission.classes.environment([capture.stored for capture in captures])
        f.emission.classes.instantiate(environment)
        stored = [capture.stored for capture in captures]
        f.code.typed("object.new", (environment.index,), stored, (environment.type,))
    f.code.typed("closure.new", (index,), (plan.environment,), (target,))


def _capture(f: FunctionContext, local: LocalSymbol) -> _Capture:
    variable = f.variable(local)
    if variable.cell is not None:
        return _Capture(local, variable.type, variable.cell.type, is_cell=True)
    return _Capture(local, variable.type, f.lower(variable.type), is_cell=False)


class LambdaPlan:
    """The function of a lambda in one instance of what it stands in."""

    def __init__(
        self, around: FunctionContext, node: hir.Lambda, type_: FunctionType, captures: list[_Capture]
    ) -> None:
        emission = around.emission
        self._emission = emission
        self._node = node
        self._mapping = around.mapping
        self._type = type_
        self._captures = captures
        self.module = around.module
        self.origin = node.span
        self.name = node.name.removeprefix(f"{around.module}.")
        self.is_direct = len(captures) == 1 and isinstance(captures[0].stored, RefType)
        """The only captured value is the environment."""
        self.environment = self._environment()
        canonical = emission.lowering.function_value(type_)
        before = () if self.environment is None else (self.environment,)
        self.signature = Signature((*before, *canonical.params), canonical.results)
        emission.pool.signature(canonical)

    def _environment(self) -> RefType | None:
        if not self._captures:
            return None
        stored = [capture.stored for capture in self._captures]
        if self.is_direct:
            assert isinstance(stored[0], RefType)
            return stored[0]
        return self._emission.classes.environment(stored).type

    def emit(self) -> FunctionContext:
        """Emit the lambda's body."""
        node = self._node
        f = FunctionContext(
            self._emission,
            self.signature,
            self._mapping,
            self._type.result,
            is_function_value=True,
            module=self.module,
        )
        f.at(node.span)
        self._enter_captures(f)
        first = 0 if self.environment is None else 1
        for slot, (param, source) in enumerate(zip(node.params, self._type.params, strict=True), first):
            enter_parameter(f, param, slot, source)
        f.body(node.body)
        return f

    def _enter_captures(self, f: FunctionContext) -> None:
        if self.environment is None:
            return
        if self.is_direct:
            self._note(f, self._captures[0], 0)
            return
        environment = self._emission.classes.environment([capture.stored for capture in self._captures])
        for number, capture in enumerate(self._captures):
            slot = f.code.new_local(capture.stored)
            f.code.get(0)
            f.code.typed("field.get", ((environment.index, number),), (environment.type,), (capture.stored,))
            f.code.set(slot)
            self._note(f, capture, slot)

    def _note(self, f: FunctionContext, capture: _Capture, slot: int) -> None:
        if capture.is_cell:
            f.captured_cell(capture.local, slot, capture.type)
        else:
            f.parameter(capture.local, slot, capture.type)


def enter_parameter(f: FunctionContext, param: LocalSymbol, slot: int, source: Type) -> None:
    """Note a parameter of a function value, after turning it from canonical to its own type."""
    wanted = f.type(param.type)
    if is_void(wanted):
        return
    passed = passed_type(source)
    if f.lower(passed) == f.lower(wanted):
        f.parameter(param, slot, wanted)
        return
    own = f.code.new_local(f.lower(wanted))
    f.code.get(slot)
    f.convert(passed, wanted)
    f.code.set(own)
    f.parameter(param, own, wanted)


# Named functions


def emit_function_value(f: FunctionContext, node: hir.FunctionValue) -> None:
    """Make a function value of a named function, of its own type."""
    type_ = f.type_of(node)
    assert isinstance(type_, FunctionType)
    _make_function_value(f, node, type_)


def place_function_value(f: FunctionContext, node: hir.FunctionValue, target: Type) -> None:
    """Make a function value of a named function as one of another type."""
    wanted = target.inner if isinstance(target, NullableType) else target
    if isinstance(wanted, FunctionType) and len(wanted.params) == len(node.function.params):
        _make_function_value(f, node, wanted)
    else:
        emit_function_value(f, node)
        f.convert(f.type_of(node), target)


def _make_function_value(f: FunctionContext, node: hir.FunctionValue, type_: FunctionType) -> None:
    class_keys = keys_of(map(f.type, node.class_arguments))
    callee = callee_of(node.function, class_keys, keys_of(map(f.type, node.type_arguments)))
    functions = f.emission.functions
    wanted = f.emission.lowering.function_value(type_)
    own = f.emission.lowering.signature(list(callee.params), callee.result)
    if has_body(node.function) and own == wanted:
        index = functions.method(node.function, class_keys, callee.keys)
    else:
        index = functions.value(callee, erased_function(type_))
    f.at(node.span)
    f.code.typed("func.ref", (index,), (), (f.emission.pool.function_type(wanted),))


class FunctionValuePlan:
    """A function of canonical signature that calls a named function."""

    def __init__(self, emission: Emission, callee: Callee, type_: FunctionType) -> None:
        self._emission = emission
        self._callee = callee
        self._type = type_
        self.name = f"{callee.name} (value)"
        self.module = callee.function.module
        self.origin = callee.function.span
        self.signature = emission.lowering.function_value(type_)

    def emit(self) -> FunctionContext:
        """Emit the call."""
        callee = self._callee
        f = FunctionContext(self._emission, self.signature, {}, self._type.result, is_function_value=True)
        if callee.function.span is not None:
            f.at(callee.function.span)
        for slot, (source, target) in enumerate(zip(self._type.params, callee.params, strict=True)):
            f.code.get(slot)
            f.convert(passed_type(source), ERASED if is_void(target) else target)
        invoke(f, callee)
        f.convert(callee.result, self._type.result)
        f.return_top()
        return f


# Adapters


class AdapterPlan:
    """A function that captures a function value of one erased type and acts as one of another."""

    def __init__(self, emission: Emission, source: FunctionType, target: FunctionType) -> None:
        self._emission = emission
        self._source = source
        self._target = target
        self.name = "adapter"
        self.origin = None
        self.module = ""
        captured = emission.pool.function_type(emission.lowering.function_value(source))
        acting = emission.lowering.function_value(target)
        emission.pool.signature(acting)
        self.signature = Signature((captured, *acting.params), acting.results)

    def emit(self) -> FunctionContext:
        """Emit the call with its conversions."""
        f = FunctionContext(self._emission, self.signature, {}, self._target.result, is_function_value=True)
        for slot, (source, target) in enumerate(zip(self._target.params, self._source.params, strict=True), 1):
            f.code.get(slot)
            f.convert(source, target)
        f.code.get(0)
        call_function_value(f, self._source)
        f.convert(self._source.result, self._target.result)
        f.return_top()
        return f


class ThunkPlan:
    """A function that captures a function value without parameters and drops its result."""

    def __init__(self, emission: Emission) -> None:
        self._emission = emission
        self._type = FunctionType((), ERASED)
        self.name = "task"
        self.origin = None
        self.module = ""
        captured = emission.pool.function_type(emission.lowering.function_value(self._type))
        self.signature = Signature((captured,))
        emission.pool.signature(Signature(()))

    def emit(self) -> FunctionContext:
        """Emit the call."""
        f = FunctionContext(self._emission, self.signature, {}, ERASED)
        f.code.get(0)
        call_function_value(f, self._type)
        f.code.op("ref.drop")
        f.code.typed("return", (), (), ())
        return f
