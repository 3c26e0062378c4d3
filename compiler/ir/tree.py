"""The children of HIR expressions, in the order of evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.ir import hir

Children = tuple[hir.Expr, ...]


def _optional(*parts: hir.Expr | None) -> Children:
    return tuple(part for part in parts if part is not None)


def _none(_: Any) -> Children:
    return ()


def _value(node: Any) -> Children:
    return (node.value,)


def _pair(node: Any) -> Children:
    return (node.left, node.right)


def _arguments(node: Any) -> Children:
    arguments: Children = node.arguments
    return arguments


_CHILDREN: dict[type[hir.Node], Callable[[Any], Children]] = {
    hir.Constant: _none,
    hir.LocalGet: _none,
    hir.LocalSet: _value,
    hir.GlobalGet: _none,
    hir.GlobalSet: _value,
    hir.FieldGet: lambda node: (node.object,),
    hir.FieldSet: lambda node: (node.object, node.value),
    hir.Call: _arguments,
    hir.VirtualCall: _arguments,
    hir.CallValue: lambda node: (node.callee, *node.arguments),
    hir.New: _arguments,
    hir.NewArray: lambda node: node.elements,
    hir.Lambda: _none,
    hir.FunctionValue: _none,
    hir.Coerce: _value,
    hir.Cast: _value,
    hir.IsInstance: _value,
    hir.IsNull: _value,
    hir.NotNull: _value,
    hir.Identical: _pair,
    hir.And: _pair,
    hir.Or: _pair,
    hir.Not: _value,
    hir.Concat: lambda node: node.parts,
    hir.Block: lambda node: node.body,
    hir.If: lambda node: _optional(node.condition, node.then, node.otherwise),
    hir.Loop: lambda node: (
        _optional(node.body, node.step, node.condition)
        if node.tests_last
        else _optional(node.condition, node.body, node.step)
    ),
    hir.Labelled: lambda node: (node.body,),
    hir.Break: _none,
    hir.Continue: _none,
    hir.Switch: lambda node: (node.subject, *(body for _, body in node.cases), node.default),
    hir.Return: lambda node: _optional(node.value),
    hir.Throw: _value,
    hir.Suspend: _none,
    hir.Resumable: lambda node: (node.generator, node.body),
    hir.Try: lambda node: _optional(node.body, *(catch.body for catch in node.catches), node.finally_body),
}


def children(node: hir.Expr) -> Children:
    """The expressions directly inside; the body of a lambda is not among them, it runs elsewhere."""
    return _CHILDREN[type(node)](node)
