"""`defer`: a block that runs when the block around it ends, in whatever way.

The statements behind a `defer` become the body of a `try` whose `finally` is the deferred block, so several run in
reverse order.  The deferred block is checked first, where it stands: it sees no name that is declared later, and
knows nothing of a variable that is assigned later.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.tree_walk import assigned_names
from compiler.ir import hir
from compiler.ir.types import UNIT
from compiler.syntax import ast

MAX_DEFERS = 200
"""Blocks that wait at a time in one function: each is a level of nesting, of which the code has to keep track."""


def check_defer(
    body: Body, node: ast.Defer, rest: tuple[ast.Statement, ...], check_rest: Callable[[], hir.Expr]
) -> hir.Expr:
    """Return `defer` with what stands behind it in its block, which `check_rest` checks."""
    if body.frame.defer_depth == MAX_DEFERS:
        body.error(
            code.TOO_MANY_DEFERS,
            node.span,
            f"more than {MAX_DEFERS} deferred blocks are waiting here",
            suggestion="collect what is to be done in a list, and defer one loop over it",
        )
        return body.invalid(node.span)
    body.frame.defer_depth += 1
    try:
        return _check(body, node, rest, check_rest)
    finally:
        body.frame.defer_depth -= 1


def _check(
    body: Body, node: ast.Defer, rest: tuple[ast.Statement, ...], check_rest: Callable[[], hir.Expr]
) -> hir.Expr:
    before = body.flow
    names = assigned_names(rest)
    body.flow = before.forget({local for name, local in body.locals.items() if name in names})
    mark = len(body.assigned_log)
    deferred = _deferred_block(body, node)
    changed = set(body.assigned_log[mark:])
    ends = before.is_reachable and not body.flow.is_reachable
    body.flow = before
    value = check_rest()
    body.flow = body.flow.forget(changed)
    if ends:
        body.end_here()
    return hir.Try(node.span, value.type, value, (), deferred)


def _deferred_block(body: Body, node: ast.Defer) -> hir.Expr:
    """The block itself, which no jump leaves: the way out of the block around is taken already."""
    frame = body.frame
    jumps, frame.jumps = frame.jumps, []
    was_deferred, frame.is_deferred = frame.is_deferred, True
    result = body.discard(body.expr(node.body, UNIT))
    frame.jumps, frame.is_deferred = jumps, was_deferred
    return result
