"""Functions inside of functions.

One that uses no local of the functions around becomes a function of its own, and may be generic.  Any other
is a lambda in a variable; if it calls itself, the variable is nullable underneath, since it must exist
before the lambda that captures it.
"""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.declared import DeclaredLocal, SourceFunction, TypeScope
from compiler.check.modifiers import check_annotations, check_modifiers
from compiler.check.tree_walk import used_names, uses_this
from compiler.check.type_resolution import resolve_type
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import FunctionKind
from compiler.ir.types import UNIT, ErrorType, FunctionType, NullableType
from compiler.syntax import ast


def local_function(local: DeclaredLocal) -> SourceFunction | None:
    """Return the function that a name stands for, if it became one."""
    return local.lifted


def check_local_function(body: Body, node: ast.Function) -> hir.Expr:
    """`fun name(…) { … }` as a statement."""
    if body.module.is_user:
        check_modifiers(body.module, node.modifiers, "local", "a local function")
        check_annotations(body.module, node.modifiers.annotations, frozenset())
    if node.receiver is not None:
        body.error(code.WRONG_DECLARATION, node.span, "an extension function stands outside of functions")
        return body.invalid(node.span)
    if node.body is None:
        body.error(code.WRONG_BODY, node.name.span, f"the function `{node.name.text}` has no body")
        return body.invalid(node.span)
    names = used_names(node)
    around = [body.locals[name] for name in names if name in body.locals and name != node.name.text]
    uses_locals = any(local.lifted is None for local in around)
    if not uses_locals and not body.scope.type_params and not _uses_object(body, node, names):
        return _lift(body, node)
    return _close(body, node, is_recursive=node.name.text in names)


def _uses_object(body: Body, node: ast.Function, names: set[str]) -> bool:
    if body.this is None and body.early_fields is None:
        return False
    if uses_this(node):
        return True
    from compiler.check.members import find

    if body.early_fields is not None and not names.isdisjoint(body.early_fields):
        return True
    return body.this is not None and any(find(body, body.this.type, name) is not None for name in names)


def _lift(body: Body, node: ast.Function) -> hir.Expr:
    session = body.session
    scope = TypeScope(body.scope.module, body.scope.owner, body.scope.type_params)
    outer = body.function.qualified_name if body.function is not None else body.module.name
    function = SourceFunction(
        session,
        node,
        scope,
        name=node.name.text,
        qualified_name=session.unique_name(scope.module.name, f"{outer}.{node.name.text}"),
        kind=FunctionKind.FREE,
        span=node.name.span,
    )
    local = DeclaredLocal(node.name.text, UNIT, node.name.span, "variable")
    local.lifted = function
    body.declare(local)
    function.siblings = {name: item for name, item in body.locals.items() if item.lifted is not None}
    local.type = FunctionType(tuple(item.type for item in function.params), function.result)
    session.body(function)
    return hir.Block(node.span, UNIT, ())


def _close(body: Body, node: ast.Function, *, is_recursive: bool) -> hir.Expr:
    for unsupported in (*node.type_parameters, *(item for item in node.parameters if item.default or item.is_variadic)):
        body.error(
            code.WRONG_DECLARATION,
            unsupported.span,
            "a local function that uses what is around it takes neither type parameters, defaults nor variadics",
            suggestion="move it out of the function",
        )
    if node.result is None and not isinstance(node.body, ast.Block):
        body.error(
            code.NEEDS_TYPE,
            node.name.span,
            f"the local function `{node.name.text}` needs a result type",
            suggestion="write the result type after `->`",
        )
    params = [resolve_type(body.scope, item.type) for item in node.parameters]
    result = resolve_type(body.scope, node.result) if node.result is not None else UNIT
    type_ = FunctionType(tuple(params), result)
    local = DeclaredLocal(node.name.text, type_, node.name.span, "variable")
    steps: list[hir.Expr] = []
    if is_recursive:
        local.type = NullableType(type_)
        local.is_assigned = True
        local.is_captured = True
        body.declare(local)
        body.flow = body.flow.narrow(local, type_)
        steps.append(body.set(local, hir.Coerce(node.span, local.type, body.null(node.span))))
    made = _lambda(body, node, type_)
    if isinstance(made.type, ErrorType):
        made = hir.Constant(node.span, type_, None)
    if not is_recursive:
        body.declare(local)
    value = body.coerce(made, local.type)
    steps.append(body.set(local, value))
    return hir.Block(node.span, UNIT, tuple(steps))


def _lambda(body: Body, node: ast.Function, type_: FunctionType) -> hir.Expr:
    from compiler.check.lambdas import function_lambda

    label = Label(node.result.span, "because this is the result type") if node.result is not None else None
    return function_lambda(body, node, type_, label)
