"""Calls: of known functions, of virtual methods, of function values, and of what is no function.

A function without a body is its instructions (``@intrinsic``), a function of the runtime image, or
a call of the kernel or the host: a call of it is that instruction, in place.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.emit.context import FunctionContext, Operand
from compiler.emit.dispatch import is_virtual
from compiler.emit.instances import (
    ERASED,
    Keys,
    Mapping,
    class_mapping,
    function_name,
    is_primitive,
    keys_of,
    mapping_of,
    overridden,
    repr_of,
    supertype,
)
from compiler.emit.intrinsics import emit_intrinsic
from compiler.emit.lowering import boundary_signature, canonical
from compiler.emit.remainders import emit_remainder
from compiler.ir import hir
from compiler.ir.symbols import FunctionKind, FunctionSymbol
from compiler.ir.types import ClassType, FunctionType, NothingType, Repr, Type, substitute
from compiler.records import structural
from pvm.isa.types import RefType, Signature
from pvm.pbc.model import ImportKind

_ANY_FUNCTIONS = {"equals": "anyEquals", "hash": "anyHash", "toString": "anyToString"}


@structural
class Callee:
    """An instance of a function, with its types."""

    function: FunctionSymbol
    class_keys: Keys
    keys: Keys
    mapping: Mapping
    params: tuple[Type, ...]
    result: Type

    @property
    def name(self) -> str:
        """As users read it."""
        return function_name(self.function, self.class_keys, self.keys)


def callee_of(function: FunctionSymbol, class_keys: Keys, keys: Keys) -> Callee:
    """The instance of a function for keys."""
    mapping = mapping_of(function.type_params, keys)
    owner = function.owner
    if owner is not None and len(owner.type_params) == len(class_keys):
        mapping = {**class_mapping(owner, class_keys), **mapping}
    params = tuple(substitute(param.type, mapping) for param in function.params)
    return Callee(function, class_keys, keys, mapping, params, substitute(function.result, mapping))


def has_body(function: FunctionSymbol) -> bool:
    """Whether the function is code of its own."""
    return not (function.intrinsic or function.runtime or function.kernel or function.host)


def invoke(f: FunctionContext, callee: Callee) -> None:
    """Call a function whose arguments are on the stacks; leaves its result."""
    function = callee.function
    pool, lowering = f.emission.pool, f.emission.lowering
    if function.intrinsic:
        emit_intrinsic(f, function, callee.params, callee.result)
    elif runtime := function.runtime or _specialized(callee):
        index, signature = pool.runtime(runtime)
        f.code.typed("call.runtime", (index,), signature.params, signature.results)
    elif has_body(function):
        index = f.emission.functions.method(function, callee.class_keys, callee.keys)
        signature = f.emission.functions.signature(index)
        f.code.typed("call", (index,), signature.params, signature.results)
    else:
        signature = lowering.signature(list(callee.params), callee.result)
        if function.kernel:
            index = pool.imported(ImportKind.KERNEL, function.kernel, signature)
        else:
            index = pool.imported(ImportKind.HOST, function.host, signature, boundary_signature(function))
        f.code.typed("hypercall", (index,), signature.params, signature.results)
    if isinstance(callee.result, NothingType):
        f.code.op("unreachable")


def _specialized(callee: Callee) -> str:
    """The function of the runtime image that does what this instance does, if there is one."""
    if not callee.function.specialized or not callee.keys:
        return ""
    key = callee.keys[0]
    return callee.function.specialized.get(key.symbol.name, "") if isinstance(key, ClassType) else ""


def emit_call(f: FunctionContext, node: hir.Call) -> None:
    """Call a known function."""
    if emit_remainder(f, node):
        return
    arguments = tuple(map(f.type, node.class_arguments))
    if node.function.kind is FunctionKind.METHOD and not arguments and node.arguments:
        arguments = _receiver_arguments(f.type_of(node.arguments[0]), node.function)
    callee = callee_of(node.function, keys_of(arguments), keys_of(map(f.type, node.type_arguments)))
    _call(f, node, callee, [f.operand(*pair) for pair in zip(node.arguments, callee.params, strict=True)])


def _call(f: FunctionContext, node: hir.Call | hir.VirtualCall, callee: Callee, operands: Sequence[Operand]) -> None:
    f.operands(operands)
    f.at(node.span)
    invoke(f, callee)
    f.convert(callee.result, f.type_of(node))


def _receiver_arguments(receiver: Type, function: FunctionSymbol) -> tuple[Type, ...]:
    if function.owner is None or not isinstance(receiver, ClassType):
        return ()
    above = supertype(receiver, function.owner)
    return above.arguments if above is not None else ()


# Virtual calls


def emit_virtual_call(f: FunctionContext, node: hir.VirtualCall) -> None:
    """Call a method by the class of the receiver, as far as that is not known already."""
    receiver = f.type_of(node.arguments[0])
    function = node.function
    if repr_of(receiver) not in {None, Repr.OBJECT}:
        assert isinstance(receiver, ClassType)
        method = _builtin_method(receiver, function)
        if method is not None and _fits(f, node, receiver, method):
            _call_builtin(f, node, receiver, method)
            return
    if not isinstance(receiver, ClassType) or repr_of(receiver) not in {None, Repr.OBJECT}:
        named = _ANY_FUNCTIONS.get(function.name)
        if named is not None and function.owner is not None and function.owner.builtin is Repr.OBJECT:
            _call_any(f, node, named)
            return
    if is_virtual(function):
        _call_slot(f, node)
    else:
        emit_call(
            f, hir.Call(node.span, node.type, function, node.class_arguments, node.type_arguments, node.arguments)
        )


def _builtin_method(receiver: ClassType, function: FunctionSymbol) -> FunctionSymbol | None:
    """The method of a builtin class that stands for a method of a bound."""
    methods = receiver.symbol.methods
    for method in methods:
        if function in overridden(method):
            return method
    for method in methods:
        if method.name == function.name and len(method.params) == len(function.params):
            return method
    return None


def _stripped(f: FunctionContext, expr: hir.Expr, wanted: Type) -> hir.Expr:
    """An argument without the boxing that only the erased declaration wanted."""
    if isinstance(expr, hir.Coerce) and f.type_of(expr) != wanted and f.type_of(expr.value) == wanted:
        return expr.value
    return expr


def _builtin_params(receiver: ClassType, method: FunctionSymbol) -> tuple[Type, ...]:
    return callee_of(method, keys_of(receiver.arguments), ()).params


def _fits(f: FunctionContext, node: hir.VirtualCall, receiver: ClassType, method: FunctionSymbol) -> bool:
    """Whether the arguments are what the builtin's own method takes: ``Int.equals`` takes no text."""
    pairs = zip(node.arguments[1:], _builtin_params(receiver, method)[1:], strict=True)
    return all(
        f.type_of(_stripped(f, argument, wanted)) == wanted or not _is_exact(wanted) for argument, wanted in pairs
    )


def _is_exact(type_: Type) -> bool:
    return is_primitive(type_) or repr_of(type_) is Repr.STRING


def _call_builtin(f: FunctionContext, node: hir.VirtualCall, receiver: ClassType, method: FunctionSymbol) -> None:
    keys = keys_of(map(f.type, node.type_arguments))
    callee = callee_of(method, keys_of(receiver.arguments), keys)
    arguments = [_stripped(f, *pair) for pair in zip(node.arguments, callee.params, strict=True)]
    _call(f, node, callee, [f.operand(*pair) for pair in zip(arguments, callee.params, strict=True)])


def _call_any(f: FunctionContext, node: hir.VirtualCall, name: str) -> None:
    callee = callee_of(f.emission.program.core_functions[name], (), ())
    _call(f, node, callee, [f.operand(*pair) for pair in zip(node.arguments, callee.params, strict=True)])


def _call_slot(f: FunctionContext, node: hir.VirtualCall) -> None:
    arguments = tuple(map(f.type, node.class_arguments))
    if not arguments:
        arguments = _receiver_arguments(f.type_of(node.arguments[0]), node.function)
    slot = f.emission.dispatch.slot(node.function, arguments, keys_of(map(f.type, node.type_arguments)))
    f.arguments(node.arguments, slot.params)
    f.at(node.span)
    mnemonic = "call.interface" if slot.owner.is_interface else "call.virtual"
    f.code.typed(mnemonic, (slot,), slot.signature.params, slot.signature.results)
    if isinstance(slot.result, NothingType):
        f.code.op("unreachable")
    f.convert(slot.result, f.type_of(node))


# Function values


def emit_call_value(f: FunctionContext, node: hir.CallValue) -> None:
    """Call a function value: it is evaluated first but stands above its arguments."""
    type_ = f.type_of(node.callee)
    assert isinstance(type_, FunctionType)
    callee = f.operand(node.callee)
    assert isinstance(callee.type, RefType)
    arguments = [f.operand(*pair) for pair in zip(node.arguments, type_.params, strict=True)]
    held: int | None = None
    if not callee.is_stable:
        callee.emit()
        held = f.temp(callee.type)
        f.code.set(held)
    f.operands(arguments)
    if held is None:
        callee.emit()
    else:
        f.code.get(held)
        f.release(held)
    f.at(node.span)
    call_function_value(f, type_)
    result = f.type_of(node)
    if isinstance(type_.result, NothingType):
        f.code.op("unreachable")
    elif is_primitive(type_.result):
        f.convert(type_.result, result)
    else:
        f.convert(ERASED, result)


def call_function_value(f: FunctionContext, type_: FunctionType) -> None:
    """Call the function value on top, whose arguments are below; leaves the canonical result."""
    signature = Signature(tuple(map(canonical, type_.params)), (canonical(type_.result),))
    index = f.emission.pool.signature(signature)
    callee = f.emission.pool.function_type(signature)
    f.code.typed("call.ref", (index,), (*signature.params, callee), signature.results)
