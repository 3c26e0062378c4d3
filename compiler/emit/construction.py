"""Objects: all field values first, then the object, then the ``init`` methods.

Where every field is a parameter or a constant, in order, the object is made in place.  Otherwise
each class has one function that makes its objects, ``Point.new``.
"""

from __future__ import annotations

from collections.abc import Mapping as SymbolMap
from functools import partial

from compiler.emit.classes import ClassInstance, FieldRecord
from compiler.emit.context import Emission, FunctionContext, Operand
from compiler.emit.expressions import emit_constant
from compiler.emit.instances import repr_of
from compiler.emit.lowering import array_kind
from compiler.emit.scopes import analyse, is_cell
from compiler.ir import hir
from compiler.ir.symbols import Constructor, LocalSymbol
from compiler.ir.types import UNIT, ClassType, Repr, Type, substitute
from pvm.isa.types import Prim, Signature, array_ref

_Plain = int | hir.Constant
"""A value that needs no code of its own: a parameter of the class that is made, or a constant."""


def emit_new(f: FunctionContext, node: hir.New) -> None:
    """Make an object."""
    type_ = f.type_of(node)
    assert isinstance(type_, ClassType)
    if repr_of(type_) is Repr.ARRAY:
        kind = array_kind(type_.arguments[0])
        f.value(node.arguments[0])
        f.at(node.span)
        f.code.typed("array.new", (kind,), (Prim.I64,), (array_ref(kind),))
        return
    instance = f.emission.classes.of(type_)
    f.emission.classes.instantiate(instance)
    constructor = _constructor(instance)
    params = _param_types(instance, constructor)
    values = _in_place(f.emission, instance, len(params))
    if values is not None:
        f.operands([_plain_operand(f, node, params, *pair) for pair in zip(values, instance.fields, strict=True)])
        f.at(node.span)
        types = [record.type for record in instance.fields]
        f.code.typed("object.new", (instance.index,), types, (instance.type,))
        return
    f.arguments(node.arguments, params)
    f.at(node.span)
    functions = f.emission.functions
    index = functions.constructor(instance)
    signature = functions.signature(index)
    f.code.typed("call", (index,), signature.params, signature.results)


def _constructor(instance: ClassInstance) -> Constructor | None:
    symbol = instance.symbol
    return symbol.constructor() if symbol is not None and symbol.constructor is not None else None


def _param_types(instance: ClassInstance, constructor: Constructor | None) -> tuple[Type, ...]:
    params = constructor.params if constructor is not None else ()
    return tuple(substitute(param.type, instance.mapping) for param in params)


# In place


def _in_place(emission: Emission, instance: ClassInstance, count: int) -> list[_Plain | None] | None:
    """A plain value for each field (None for null), if each parameter is used once, in order."""
    values = _plain_fields(emission, instance, list(range(count)))
    if values is None or [each for each in values if isinstance(each, int)] != list(range(count)):
        return None
    return values


def _plain_fields(emission: Emission, instance: ClassInstance, arguments: list[_Plain]) -> list[_Plain | None] | None:
    constructor = _constructor(instance)
    if constructor is None:
        return [] if not instance.fields else None
    if constructor.init is not None:
        return None
    known = dict(zip(constructor.params, arguments, strict=True))
    values: list[_Plain | None] = []
    if instance.superclass is not None:
        passed = [_plain(emission, instance, known, each) for each in constructor.super_arguments]
        plain = [each for each in passed if each is not None]
        inherited = _plain_fields(emission, instance.superclass, plain) if len(plain) == len(passed) else None
        if inherited is None:
            return None
        values += inherited
    own = dict(constructor.field_values)
    for record in instance.own_fields or ():
        if record.symbol is None:
            values.append(None)
            continue
        value = _plain(emission, instance, known, own[record.symbol])
        if value is None:
            return None
        values.append(value)
    return values


def _plain(
    emission: Emission, instance: ClassInstance, known: SymbolMap[LocalSymbol, _Plain], expr: hir.Expr
) -> _Plain | None:
    match expr:
        case hir.Constant():
            return expr
        case hir.LocalGet(local=local):
            return None if is_cell(local) else known.get(local)
        case hir.Coerce(value=value):
            lower, upper = (
                emission.lowering.value_type(substitute(each.type, instance.mapping)) for each in (value, expr)
            )
            return _plain(emission, instance, known, value) if emission.classes.is_subtype(lower, upper) else None
        case _:
            return None


def _plain_operand(
    f: FunctionContext, node: hir.New, params: tuple[Type, ...], value: _Plain | None, record: FieldRecord
) -> Operand:
    if isinstance(value, int):
        return f.operand(node.arguments[value], params[value])
    if value is None or value.value is None:
        return Operand(partial(f.zero, record.type), record.type, is_stable=True)
    return Operand(partial(emit_constant, f, value), record.type, is_stable=True)


# By a function


def constructor_name(instance: ClassInstance) -> str:
    """How stack traces show the function that makes objects of a class."""
    return f"{instance.name}.new"


class ConstructorPlan:
    """The function that makes the objects of an instance."""

    def __init__(self, emission: Emission, instance: ClassInstance) -> None:
        self._emission = emission
        self._instance = instance
        self.name = constructor_name(instance)
        self.module = ""
        params = map(emission.lowering.value_type, _param_types(instance, _constructor(instance)))
        self.signature = Signature(tuple(params), (instance.type,))
        self.origin = None if instance.symbol is None else instance.symbol.span

    def emit(self) -> FunctionContext:
        """Emit the constructors of the class and of those above it."""
        instance = self._instance
        assert instance.symbol is not None
        own = ClassType(instance.symbol, instance.keys)
        module = instance.symbol.module
        f = FunctionContext(self._emission, self.signature, instance.mapping, own, module=module)
        constructor = _constructor(instance)
        if constructor is not None:
            for slot, (param, type_) in enumerate(
                zip(constructor.params, _param_types(instance, constructor), strict=True)
            ):
                f.parameter(param, slot, type_)
        block = _all_values(instance)
        if block is not None:
            f.scopes = analyse(block, f.variables)
            f.enter(block)
            f.enter(None)
        self._compute_fields(f, instance)
        for record in instance.fields:
            if record.symbol is None:
                f.zero(record.type)
            else:
                f.get_variable(f.variable(record.symbol.init_local))
        types = [record.type for record in instance.fields]
        if instance.symbol.span is not None:
            f.at(instance.symbol.span)
        f.code.typed("object.new", (instance.index,), types, (instance.type,))
        self._run_inits(f)
        f.return_top()
        return f

    def _compute_fields(self, f: FunctionContext, instance: ClassInstance) -> None:
        """Put the value of every field into its ``init_local``, superclasses first."""
        constructor = _constructor(instance)
        if constructor is None:
            return
        above = instance.superclass
        if above is not None and (inherited := _constructor(above)) is not None:
            types = _param_types(above, inherited)
            for param, type_, argument in zip(inherited.params, types, constructor.super_arguments, strict=True):
                self._bind(f, instance, param, type_, argument)
            self._compute_fields(f, above)
        for field, expr in constructor.field_values:
            self._bind(f, instance, field.init_local, self._emission.classes.field_type(instance, field), expr)

    def _bind(
        self, f: FunctionContext, instance: ClassInstance, local: LocalSymbol, type_: Type, expr: hir.Expr
    ) -> None:
        """Evaluate an expression of a class into a variable; another name for a parameter costs nothing."""
        f.mapping = instance.mapping
        if isinstance(expr, hir.LocalGet) and not is_cell(local) and f.scopes.is_constant(expr.local):
            known = f.variable(expr.local)
            if known.cell is None and f.lower(known.type) == f.lower(type_):
                f.variables[local] = known
                return
        f.code.statement(expr.span)
        f.value_as(expr, type_)
        f.define(local, type_)

    def _run_inits(self, f: FunctionContext) -> None:
        chain = [each for each in reversed(self._instance.chain()) if _has_init(each)]
        if not chain:
            return
        this = f.code.new_local(self._instance.type)
        f.code.set(this)
        for each in chain:
            constructor = _constructor(each)
            assert constructor is not None
            assert constructor.init is not None
            f.code.get(this)
            for param in constructor.params:
                f.get_variable(f.variables[param])
            index = self._emission.functions.method(constructor.init, each.keys, ())
            signature = self._emission.functions.signature(index)
            f.code.typed("call", (index,), signature.params, signature.results)
        f.code.get(this)


def _has_init(instance: ClassInstance) -> bool:
    constructor = _constructor(instance)
    return constructor is not None and constructor.init is not None


def _all_values(instance: ClassInstance) -> hir.Block | None:
    """Everything that is evaluated before the object exists, as one block for ``scopes``."""
    exprs: list[hir.Expr] = []
    for each in instance.chain():
        constructor = _constructor(each)
        if constructor is not None:
            exprs += [*constructor.super_arguments, *(expr for _, expr in constructor.field_values)]
    return hir.Block(exprs[0].span, UNIT, tuple(exprs)) if exprs else None
