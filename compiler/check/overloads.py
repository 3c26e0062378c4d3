"""Choice among functions of one name: by the number and names of arguments, then by their types."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.arguments import CallSite, check_anyway
from compiler.check.body import Body
from compiler.check.declared import SourceFunction
from compiler.check.inference import Inference
from compiler.check.session import FLOATS, INTEGER_RANGES, number_kind
from compiler.check.subtyping import is_assignable, is_subtype, non_null
from compiler.check.type_display import display
from compiler.diagnostics import Diagnostics, Label
from compiler.ir.symbols import TypeParameterSymbol
from compiler.ir.types import FunctionType, Type, substitute
from compiler.syntax import ast


def choose_overload(
    body: Body, functions: Sequence[SourceFunction], site: CallSite, given: dict[TypeParameterSymbol, Type]
) -> SourceFunction | None:
    """Return the function that a call means; None after reporting that none or several fit."""
    fitting = [item for item in functions if _fits_shape(item, site)]
    if len(fitting) > 1:
        types = [_argument_type(body, argument.value) for argument in site.arguments]
        fitting = [item for item in fitting if _fits_types(item, site, types, given)]
        if len(fitting) > 1:
            fitting = _most_specific(fitting)
    if len(fitting) == 1:
        return fitting[0]
    is_near = body.module.is_user and functions[0].module == body.module.name
    listed = [Label(item.span, f"takes {_parameters(item)}") for item in functions if item.span is not None]
    body.error(
        code.NO_OVERLOAD,
        site.span,
        f"{'several' if fitting else 'none'} of the {len(functions)} functions `{functions[0].name}` "
        f"fit{'' if fitting else 's'} these arguments",
        labels=listed[:4] if is_near else [],
        notes=[] if is_near else [f"`{item.name}` takes {_parameters(item)}" for item in functions[:6]],
    )
    check_anyway(body, site)
    return None


def _parameters(function: SourceFunction) -> str:
    infos = function.signature.params
    return "(" + ", ".join(f"{info.name}: {display(info.type)}" for info in infos) + ")"


def _fits_shape(function: SourceFunction, site: CallSite) -> bool:
    infos = function.signature.params
    names = {argument.name.text for argument in site.arguments if argument.name is not None}
    if not names <= {info.name for info in infos}:
        return False
    given = len(site.arguments) + (site.trailing is not None)
    required = sum(1 for info in infos if info.default is None and not info.is_variadic)
    is_variadic = bool(infos) and infos[-1].is_variadic
    if given < required or (given > len(infos) and not is_variadic):
        return False
    if site.trailing is not None:
        return bool(infos) and isinstance(non_null(infos[-1].type), FunctionType)
    return True


def _argument_type(body: Body, node: ast.Expression) -> Type | None:
    """Return the type of an argument on its own, or None for a lambda."""
    return None if isinstance(node, ast.Lambda) else type_aside(body, node)


def type_aside(body: Body, node: ast.Expression) -> Type:
    """Return the type of an expression on its own, without reports; it will be checked once more in its place."""
    known = body.aside.get(node)
    if known is not None:
        return known
    diagnostics, flow = body.session.diagnostics, body.flow
    body.session.diagnostics = Diagnostics()
    try:
        found = body.aside[node] = body.expr(node).type
        return found
    finally:
        body.session.diagnostics = diagnostics
        body.flow = flow


def _fits_types(
    function: SourceFunction, site: CallSite, types: Sequence[Type | None], given: dict[TypeParameterSymbol, Type]
) -> bool:
    signature = function.signature
    inference = Inference(signature.type_params, given)
    pairs: list[tuple[Type, Type, ast.Expression]] = []
    for index, (argument, type_) in enumerate(zip(site.arguments, types, strict=True)):
        if argument.name is not None:
            info = next(item for item in signature.params if item.name == argument.name.text)
        else:
            info = signature.params[min(index, len(signature.params) - 1)]
        if type_ is None:
            if not isinstance(non_null(info.type), FunctionType):
                return False
            continue
        inference.constrain(info.type, type_)
        pairs.append((info.type, type_, argument.value))
    return all(_fits_type(substitute(inference.apply(param), given), found, node) for param, found, node in pairs)


def _fits_type(param: Type, found: Type, node: ast.Expression) -> bool:
    if is_assignable(found, param):
        return True
    kind = number_kind(non_null(param))
    inner = node.operand if isinstance(node, ast.Unary) else node
    if isinstance(inner, ast.IntLiteral):
        return kind in INTEGER_RANGES
    return isinstance(inner, ast.FloatLiteral) and kind in FLOATS


def _most_specific(functions: list[SourceFunction]) -> list[SourceFunction]:
    """Keep the function whose parameters are all below those of the others, if there is one."""
    for item in functions:
        if all(other is item or _is_below(item, other) for other in functions):
            return [item]
    return functions


def _is_below(a: SourceFunction, b: SourceFunction) -> bool:
    left, right = a.params, b.params  # with the receivers, of which a nearer one counts too
    if len(left) != len(right):
        return len(left) < len(right)
    return _takes(b, [x.type for x in left]) and not _takes(a, [y.type for y in right])


def _takes(function: SourceFunction, types: Sequence[Type]) -> bool:
    """Tell whether parameters could be of some types, for some type arguments."""
    inference = Inference(function.type_params, {})
    for param, type_ in zip(function.params, types, strict=True):
        inference.constrain(param.type, type_)
    return all(
        is_subtype(type_, inference.apply(param.type)) for param, type_ in zip(function.params, types, strict=True)
    )
