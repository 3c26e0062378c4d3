"""Which function checks which kind of expression."""

from __future__ import annotations

from typing import cast

from compiler.check import (
    calls,
    conditions,
    control,
    generators,
    indexing,
    lambdas,
    literals,
    matching,
    members,
    names,
    null_safety,
    operators,
    tasks,
)
from compiler.check.body import Body, Checker
from compiler.check.modifiers import report_unsafe
from compiler.ir import hir
from compiler.ir.types import Type
from compiler.syntax import ast
from compiler.syntax.source import Span


def _unsafe(body: Body, node: ast.Node, expected: Type | None) -> hir.Expr:
    start = node.span.start
    report_unsafe(body.session, Span(node.span.file, start, start + len("unsafe")))
    return body.invalid(node.span)


def _invalid(body: Body, node: ast.Node, expected: Type | None) -> hir.Expr:
    return body.invalid(node.span)


def _type_apply(body: Body, node: ast.Node, expected: Type | None) -> hir.Expr:
    assert isinstance(node, ast.TypeApply)
    body.error("E0208", node.span, "type arguments are followed by a call")
    return body.invalid(node.span)


def expression_table() -> dict[type, Checker]:
    """Return the checker of every kind of expression."""
    table: dict[type, object] = {
        ast.IntLiteral: literals.check_int,
        ast.FloatLiteral: literals.check_float,
        ast.BoolLiteral: literals.check_bool,
        ast.NullLiteral: literals.check_null,
        ast.CharLiteral: literals.check_char,
        ast.StringLiteral: literals.check_string,
        ast.StringTemplate: literals.check_template,
        ast.TupleLiteral: literals.check_tuple,
        ast.ListLiteral: literals.check_list,
        ast.MapLiteral: literals.check_map,
        ast.Name: names.check_name,
        ast.This: names.check_this,
        ast.Super: names.check_super,
        ast.Member: members.check_member,
        ast.TupleField: members.check_tuple_field,
        ast.NotNull: null_safety.check_not_null,
        ast.TypeApply: _type_apply,
        ast.Call: calls.check_call,
        ast.Index: indexing.check_index,
        ast.Unary: operators.check_unary,
        ast.Binary: operators.check_binary,
        ast.TypeTest: conditions.check_condition,
        ast.Cast: conditions.check_cast,
        ast.Lambda: lambdas.check_lambda,
        ast.Block: control.check_block,
        ast.If: control.check_if,
        ast.Try: control.check_try,
        ast.Throw: control.check_throw,
        ast.Return: control.check_return,
        ast.Break: control.check_break,
        ast.Continue: control.check_continue,
        ast.Match: matching.check_match,
        ast.Yield: generators.check_yield,
        ast.Spawn: tasks.check_spawn,
        ast.Unsafe: _unsafe,
        ast.Select: tasks.check_select,
        ast.ErrorExpression: _invalid,
    }
    return cast("dict[type, Checker]", table)
