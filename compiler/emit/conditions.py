"""Truth: conditions as jumps, and as values where a Bool is really wanted.

``branch`` never makes a Bool for ``and``, ``or``, ``not`` or a constant.  In an instance some tests
are known (an Int is never null): these become jumps or nothing, and what cannot be reached then is
not emitted.
"""

from __future__ import annotations

from compiler.emit.code import CodeLabel
from compiler.emit.context import FunctionContext
from compiler.emit.instances import ERASED, is_nullable, is_primitive, is_void, repr_of, supertype
from compiler.emit.lowering import PRIMS
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.tree import children
from compiler.ir.types import AnyType, ClassType, NullableType, Repr, Type
from pvm.isa.types import ANY_NULL, Prim, RefType


def branch(f: FunctionContext, node: hir.Expr, label: CodeLabel, *, when: bool) -> None:
    """Go to the label if the condition is ``when``, else fall through."""
    if not f.code.reachable:
        return
    known = known_truth(f, node)
    match node:
        case hir.Not(value=value):
            branch(f, value, label, when=not when)
        case hir.And(left=left, right=right) if not when:
            branch(f, left, label, when=False)
            branch(f, right, label, when=False)
        case hir.Or(left=left, right=right) if when:
            branch(f, left, label, when=True)
            branch(f, right, label, when=True)
        case hir.And(left=left, right=right) | hir.Or(left=left, right=right):
            past = f.code.label()
            branch(f, left, past, when=not when)
            branch(f, right, label, when=when)
            f.code.place(past)
        case _ if known is not None:
            if isinstance(node, hir.IsNull | hir.IsInstance):
                f.effect(node.value)
            if known is when:
                f.code.jump(label)
        case hir.IsNull(value=value) if (local := f.refinable(value)) is not None:
            _branch_null(f, local, value, label, when=when)
        case hir.IsInstance(value=value) if not when and (local := f.refinable(value)) is not None:
            _branch_other(f, local, node, label)
        case _:
            f.value(node)
            f.code.branch(label, when=when)


def _branch_null(f: FunctionContext, local: LocalSymbol, value: hir.Expr, label: CodeLabel, *, when: bool) -> None:
    """Test a variable for null; where it is not, a slot has it as non-null."""
    is_null = label if when else f.code.label()
    f.value(value)
    refined = f.code.refs[-1].with_null(nullable=False)
    f.code.branch_null(is_null)
    f.refine(local, refined)
    if not when:
        f.code.jump(label)
        f.code.place(is_null)


def _branch_other(f: FunctionContext, local: LocalSymbol, node: hir.IsInstance, label: CodeLabel) -> None:
    """Go to the label unless a variable is of a type; where it is, a slot has it as one."""
    tested = _tested(f, node)
    is_one = f.code.label(tested)
    f.value(node.value)
    f.at(node.span)
    f.code.branch_instance(is_one, tested)
    f.code.op("ref.drop")
    f.code.jump(label)
    f.code.place(is_one)
    if f.code.reachable:
        f.refine(local, tested)


def known_truth(f: FunctionContext, node: hir.Expr) -> bool | None:
    """What a condition is in this instance, if that is known; its operand may still have effects."""
    match node:
        case hir.Constant(value=bool() as value):
            return value
        case hir.IsNull(value=value) if is_primitive(f.type_of(value)):
            return False
        case hir.IsInstance(value=value, target=target) if is_primitive(f.type_of(value)):
            return _is_primitive_instance(f.type_of(value), f.type(target))
        case _:
            return None


def _is_primitive_instance(source: Type, target: Type) -> bool:
    inner = target.inner if isinstance(target, NullableType) else target
    if isinstance(inner, AnyType) or inner == source:
        return True
    if isinstance(inner, ClassType) and isinstance(source, ClassType) and repr_of(inner) is None:
        return supertype(source, inner.symbol) is not None
    return False


def is_plain(f: FunctionContext, node: hir.Expr) -> bool:
    """Whether a loop may test the condition below its body: it sets nothing and its outcome is open."""
    if isinstance(node, hir.LocalSet | hir.IsInstance | hir.IsNull | hir.If | hir.Block | hir.Return | hir.Throw):
        return False
    if isinstance(node, hir.Constant) and isinstance(node.value, bool):
        return False
    if isinstance(node, hir.Break | hir.Continue | hir.Try | hir.Loop | hir.Switch | hir.Labelled):
        return False
    found = not is_void(f.type_of(node))
    for child in children(node):
        found = found and is_plain(f, child)
    return found


# Values


def emit_truth(f: FunctionContext, node: hir.And | hir.Or) -> None:
    """Leave ``and`` or ``or`` as 0 or 1: the right operand's value, unless the left one decides."""
    is_and = isinstance(node, hir.And)
    decided, end = f.code.label(), f.code.label(Prim.I32)
    branch(f, node.left, decided, when=not is_and)
    f.value(node.right)
    f.code.jump(end)
    f.code.place(decided)
    f.code.op("i32.const", 0 if is_and else 1)
    f.code.place(end)


def emit_not(f: FunctionContext, node: hir.Not) -> None:
    """Leave 1 for 0, else 0."""
    f.value(node.value)
    f.code.op("i32.eqz")


def _push_known(f: FunctionContext, node: hir.IsNull | hir.IsInstance) -> bool:
    known = known_truth(f, node)
    if known is None:
        return False
    f.effect(node.value)
    f.code.op("i32.const", int(known))
    return True


def emit_is_null(f: FunctionContext, node: hir.IsNull) -> None:
    """Leave whether a value is null."""
    if not _push_known(f, node):
        f.value_as(node.value, ERASED)
        f.code.op("ref.is_null")


def _tested(f: FunctionContext, node: hir.IsInstance) -> RefType:
    """The machine type of a test; boxed primitives are objects of their boxes."""
    target = f.type(node.target)
    inner = target.inner if isinstance(target, NullableType) else target
    if not is_primitive(inner):
        return f.emission.lowering.ref_type(target)
    assert isinstance(inner, ClassType)
    return f.emission.classes.box(inner).type.with_null(nullable=is_nullable(target))


def emit_is_instance(f: FunctionContext, node: hir.IsInstance) -> None:
    """Leave whether a value is of a type."""
    if _push_known(f, node):
        return
    tested = _tested(f, node)
    f.value_as(node.value, ERASED)
    f.at(node.span)
    f.code.typed("ref.instance", (tested,), (ANY_NULL,), (Prim.I32,))


def emit_identical(f: FunctionContext, node: hir.Identical) -> None:
    """Leave whether two references are the same; equal primitives of one type are."""
    left, right = f.type_of(node.left), f.type_of(node.right)
    if is_primitive(left) and left == right:
        representation = repr_of(left)
        assert isinstance(representation, Repr)
        f.operands([f.operand(node.left), f.operand(node.right)])
        f.code.op(f"{PRIMS[representation]}.eq")
        return
    f.operands([f.operand(node.left, ERASED), f.operand(node.right, ERASED)])
    f.code.op("ref.eq")
