"""Arguments of a call: to which parameter each belongs, their types, defaults, inference.

Values are evaluated in the order written.  Where that differs from the order of the parameters, or where a
default needs the arguments before it, values are kept in temporaries, set up by `Matched.before`.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.declared import ParameterInfo, Signature, SourceFunction
from compiler.check.flow import Flow
from compiler.check.inference import Inference
from compiler.check.subtyping import is_subtype, is_too_large, mentions_error, supertype_instance
from compiler.check.type_display import display
from compiler.check.type_resolution import order_of_tuples, report_too_large
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import FunctionKind, TypeParameterSymbol
from compiler.ir.types import ERROR, ClassType, ErrorType, ParameterType, Type, substitute
from compiler.records import field, mutable
from compiler.syntax import ast
from compiler.syntax.source import Span


@mutable
class CallSite:
    """One call as written."""

    span: Span
    arguments: Sequence[ast.Argument]
    trailing: ast.Lambda | None
    expected: Type | None
    explicit: Sequence[Type] | None = None
    """Written type arguments."""


@mutable
class Matched:
    """The arguments of a call, in the order of the parameters."""

    values: list[hir.Expr]
    before: list[hir.Expr]
    mapping: dict[TypeParameterSymbol, Type]
    failed: bool = False


@mutable
class _Slot:
    info: ParameterInfo
    nodes: list[ast.Expression] = field(default_factory=list)
    is_spread: bool = False
    first: int = -1
    """Position of the first value in the order written."""


def match_arguments(
    body: Body,
    site: CallSite,
    signature: Signature,
    given: dict[TypeParameterSymbol, Type],
    receiver: hir.Expr | None = None,
) -> Matched:
    """Check the arguments of a call against a signature.

    ``given`` says what the type parameters of the receiver's class stand for; ``receiver`` is what a default
    may need as `this`, and must be cheap to repeat if `before` is not empty afterwards.
    """
    slots = _assign_slots(body, site, signature)
    inference = Inference(signature.type_params, given)
    if site.explicit is not None:
        _apply_explicit(body, site, signature, inference)
    if slots is None:
        check_anyway(body, site)
        return Matched([], [], inference.solve()[0], failed=True)
    if not signature.type_params:
        mapping = given
        values = [_checked_slot(body, slot, given, signature) for slot in slots]
    else:
        if site.expected is not None:
            inference.expect(substitute(signature.result, given) if given else signature.result, site.expected)
        found = _infer_slots(body, slots, inference)
        mapping, missing = inference.solve()
        if missing:
            _report_missing(body, site, signature, missing)
            return Matched([], [], mapping, failed=True)
        for symbol in signature.type_params:
            if is_too_large(mapping[symbol]):
                report_too_large(body.scope, site.span)
                return Matched([], [], dict.fromkeys(mapping, ERROR), failed=True)
        values = [
            _coerce_slot(body, slot, values_, mapping, signature) for slot, values_ in zip(slots, found, strict=True)
        ]
        _check_bounds(body, site, signature, mapping)
    return _complete(body, site, slots, values, mapping, receiver)


def check_anyway(body: Body, site: CallSite) -> None:
    """Check the arguments of a call that failed, for the errors inside them."""
    for argument in site.arguments:
        body.expr(argument.value, ERROR)
    if site.trailing is not None:
        body.expr(site.trailing, ERROR)


def _apply_explicit(body: Body, site: CallSite, signature: Signature, inference: Inference) -> None:
    explicit = site.explicit or ()
    if len(explicit) != len(signature.type_params):
        count = len(signature.type_params) or "no"
        plural = "" if count == 1 else "s"
        body.error(
            code.TYPE_ARGUMENT_COUNT,
            site.span,
            f"`{signature.name}` takes {count} type argument{plural}, found {len(explicit)}",
        )
        inference.saw_error = True
    for symbol, type_ in zip(signature.type_params, explicit, strict=False):
        if isinstance(type_, ErrorType):
            inference.saw_error = True
        else:
            inference.exact[symbol] = type_


# Which argument belongs to which parameter


def _assign_slots(body: Body, site: CallSite, signature: Signature) -> list[_Slot] | None:
    slots = [_Slot(info) for info in signature.params]
    position = 0
    ok = True
    for order, argument in enumerate(site.arguments):
        if argument.name is not None:
            ok = _assign_named(body, slots, argument, order, signature) and ok
            position = len(slots) + 1
            continue
        if position > len(slots):
            body.error(
                code.WRONG_ARGUMENT_NAME, argument.span, "an argument without a name cannot follow one with a name"
            )
            ok = False
            continue
        if position == len(slots):
            _report_count(body, site, signature)
            return None
        ok = _put(body, slots[position], argument, order) and ok
        if not slots[position].info.is_variadic:
            position += 1
    if site.trailing is not None and not _put_trailing(body, site, slots, signature):
        return None
    missing = [it.info for it in slots if not it.nodes and it.info.default is None and not it.info.is_variadic]
    if missing and ok:
        _report_missing_arguments(body, site, signature, missing)
    return slots if ok and not missing else None


def _put(body: Body, slot: _Slot, argument: ast.Argument, order: int) -> bool:
    if argument.is_spread and (not slot.info.is_variadic or slot.nodes):
        body.error(
            code.WRONG_SPREAD,
            argument.span,
            "`...` spreads an array into a variadic parameter, as its only argument",
        )
        return False
    if slot.is_spread:
        body.error(code.WRONG_SPREAD, argument.span, "nothing can follow a spread array")
        return False
    if not slot.nodes:
        slot.first = order
    slot.nodes.append(argument.value)
    slot.is_spread = argument.is_spread
    return True


def _assign_named(body: Body, slots: list[_Slot], argument: ast.Argument, order: int, signature: Signature) -> bool:
    assert argument.name is not None
    name = argument.name.text
    slot = next((item for item in slots if item.info.name == name), None)
    if slot is None:
        names = [item.info.name for item in slots]
        near = body.session.did_you_mean(name, names)
        body.error(
            code.WRONG_ARGUMENT_NAME,
            argument.name.span,
            f"`{signature.name}` has no parameter `{name}`",
            labels=_declaration(signature),
            suggestion=f"did you mean `{near}`?" if near else None,
        )
        return False
    if slot.nodes and not slot.info.is_variadic:
        body.error(code.WRONG_ARGUMENT_NAME, argument.name.span, f"`{name}` is given twice")
        return False
    return _put(body, slot, argument, order)


def _put_trailing(body: Body, site: CallSite, slots: list[_Slot], signature: Signature) -> bool:
    assert site.trailing is not None
    last = slots[-1] if slots else None
    if last is None or last.nodes:
        body.error(
            code.ARGUMENT_COUNT,
            site.trailing.span,
            f"`{signature.name}` takes no function as its last argument"
            if last is None
            else "the last argument is given twice: in parentheses and in braces",
            labels=_declaration(signature),
        )
        return False
    last.nodes.append(site.trailing)
    last.first = len(site.arguments)
    return True


def _report_count(body: Body, site: CallSite, signature: Signature) -> None:
    wanted = len(signature.params)
    found = len(site.arguments)
    body.error(
        code.ARGUMENT_COUNT,
        site.arguments[wanted].span,
        f"`{signature.name}` takes {wanted or 'no'} argument{'' if wanted == 1 else 's'}, found {found}",
        label="this one is too many",
        labels=_declaration(signature),
    )


def _report_missing_arguments(
    body: Body, site: CallSite, signature: Signature, missing: Sequence[ParameterInfo]
) -> None:
    names = ", ".join(f"`{info.name}: {display(info.type)}`" for info in missing)
    body.error(
        code.ARGUMENT_COUNT,
        site.span,
        f"the call of `{signature.name}` lacks {names}",
        labels=[Label(missing[0].span, "the parameter is declared here")] if _is_user(body, missing[0].span) else [],
    )


def _is_user(body: Body, span: Span) -> bool:
    return not any(module.tree.span.file is span.file for module in body.session.order if module.is_system)


def _declaration(signature: Signature) -> list[Label]:
    return [Label(signature.span, "declared here")] if signature.span is not None else []


# Types of arguments


def _why(info: ParameterInfo) -> Label:
    return Label(info.span, f"because the parameter `{info.name}` is declared here")


def _checked_slot(
    body: Body, slot: _Slot, mapping: dict[TypeParameterSymbol, Type], signature: Signature
) -> hir.Expr | None:
    """Check the values of a parameter whose type is known."""
    if not slot.nodes and not slot.info.is_variadic:
        return None
    type_ = substitute(slot.info.type, mapping) if mapping else slot.info.type
    if slot.info.is_variadic:
        array = body.session.core_type("Array", type_)
        if slot.is_spread:
            return _spread(body, body.value(slot.nodes[0], array), array)
        span = slot.nodes[0].span if slot.nodes else slot.info.span
        return hir.NewArray(span, array, tuple(_typed(body, node, type_, slot.info) for node in slot.nodes))
    return _typed(body, slot.nodes[0], type_, slot.info)


def _typed(body: Body, node: ast.Expression, type_: Type, info: ParameterInfo) -> hir.Expr:
    found = body.value(node, type_)
    if found.type is type_ or found.type == type_:
        return found
    return body.coerce(found, type_, _why(info))


def _spread(body: Body, value: hir.Expr, array: ClassType) -> hir.Expr:
    if isinstance(value.type, ClassType) and value.type.symbol.name == "List" and value.type.arguments:
        body.error(
            code.WRONG_SPREAD,
            value.span,
            "`...` spreads an array, and this is a list",
            suggestion="write `.toArray()...`",
        )
        return body.invalid(value.span)
    return body.coerce(value, array)


_VARIABLES = (hir.LocalGet, hir.GlobalGet, hir.FieldGet)
"""What is of an unknown type only if that was reported before."""


def _infer_slots(body: Body, slots: Sequence[_Slot], inference: Inference) -> list[list[hir.Expr]]:
    """Check arguments and learn from them: plain ones first, then literals, then lambdas.

    What says nothing of its type, as the `None` of an `Option<T>`, is checked once more when the others have said it.
    """
    diagnostics = body.session.diagnostics
    found: list[list[hir.Expr | None]] = [[None] * len(slot.nodes) for slot in slots]
    phases: tuple[list[tuple[int, int]], ...] = ([], [], [])
    for row, slot in enumerate(slots):
        for column, node in enumerate(slot.nodes):
            phases[_phase(node)].append((row, column))
    open_: list[tuple[int, int, Type, Flow]] = []
    for phase in phases:
        for row, column in phase:
            slot = slots[row]
            param = slot.info.type
            if slot.is_spread:
                param = body.session.core_type("Array", param)
            errors, saw_error, flow = diagnostics.error_count, inference.saw_error, body.flow
            body.is_lost = phase is phases[-1] and inference.saw_error
            value = body.value(slot.nodes[column], inference.apply(param))
            body.is_lost = False
            inference.constrain(substitute(param, inference.given) if inference.given else param, value.type)
            found[row][column] = value
            is_reported = errors < diagnostics.error_count or isinstance(value, _VARIABLES)
            if mentions_error(value.type) and not is_reported:
                inference.saw_error = saw_error
                open_.append((row, column, param, flow))
    after = body.flow
    for row, column, param, flow in open_:
        wanted = inference.apply(param)
        if not mentions_error(wanted):
            body.flow = flow
            found[row][column] = body.value(slots[row].nodes[column], wanted)
    body.flow = after
    return [[item for item in row if item is not None] for row in found]


def _phase(node: ast.Expression) -> int:
    match node:
        case ast.Lambda():
            return 2
        case ast.IntLiteral() | ast.FloatLiteral() | ast.NullLiteral():
            return 1
        case ast.Unary(_, _, operand):
            return 1 if isinstance(operand, ast.IntLiteral | ast.FloatLiteral) else 0
        case ast.ListLiteral(_, elements):
            return 1 if not elements else 0
        case ast.MapLiteral(_, entries):
            return 1 if not entries else 0
        case _:
            return 0


def _coerce_slot(
    body: Body,
    slot: _Slot,
    values: Sequence[hir.Expr],
    mapping: dict[TypeParameterSymbol, Type],
    signature: Signature,
) -> hir.Expr | None:
    if not values and not slot.info.is_variadic:
        return None
    type_ = substitute(slot.info.type, mapping)
    if slot.info.is_variadic:
        array = body.session.core_type("Array", type_)
        if slot.is_spread:
            return _spread(body, values[0], array)
        span = values[0].span if values else slot.info.span
        return hir.NewArray(span, array, tuple(body.coerce(value, type_, _why(slot.info)) for value in values))
    return body.coerce(values[0], type_, _why(slot.info))


def _check_bounds(body: Body, site: CallSite, signature: Signature, mapping: dict[TypeParameterSymbol, Type]) -> None:
    for symbol in signature.type_params:
        for bound in symbol.bounds:
            wanted = substitute(bound, mapping)
            found = mapping[symbol]
            if not is_subtype(found, wanted) and not mentions_error(found):
                body.error(
                    code.BOUND_NOT_MET,
                    site.span,
                    f"`{display(found)}` is not a `{display(wanted)}`, which the type parameter `{symbol.name}` "
                    f"of `{signature.name}` asks for",
                    label=f"`{symbol.name}` is `{display(found)}` here",
                    suggestion=order_of_tuples(found, wanted),
                )


def _report_missing(body: Body, site: CallSite, signature: Signature, missing: Sequence[TypeParameterSymbol]) -> None:
    names = " and ".join(f"`{item.name}`" for item in missing)
    example = ", ".join("Int" for _ in signature.type_params)
    body.error(
        code.CANNOT_INFER,
        site.span,
        f"what {names} of `{signature.name}` stands for cannot be inferred",
        labels=_declaration(signature) if signature.span is not None and _is_user(body, signature.span) else [],
        suggestion=f"write it, as in `{signature.name}<{example}>(…)`",
    )


# Order of evaluation, and defaults


def _complete(
    body: Body,
    site: CallSite,
    slots: Sequence[_Slot],
    values: Sequence[hir.Expr | None],
    mapping: dict[TypeParameterSymbol, Type],
    receiver: hir.Expr | None,
) -> Matched:
    results: list[hir.Expr | None] = list(values)
    before: list[hir.Expr] = []
    order = sorted((slot.first, index) for index, slot in enumerate(slots) if slot.first >= 0)
    in_order = [index for _, index in order]
    needs_kept = _earlier_needed(slots, values)
    if in_order != sorted(in_order) or needs_kept:
        for index in in_order:
            results[index] = _kept(body, results[index], before)
    for index, slot in enumerate(slots):
        if results[index] is None:
            results[index] = _default(body, site, slot.info, results[:index], mapping, receiver)
            if needs_kept and index in needs_kept:
                results[index] = _kept(body, results[index], before)
    return Matched([item for item in results if item is not None], before, mapping)


def _earlier_needed(slots: Sequence[_Slot], values: Sequence[hir.Expr | None]) -> set[int]:
    """Return the parameters whose values a default further on needs."""
    needed: set[int] = set()
    for index, slot in enumerate(slots):
        default = slot.info.default
        if values[index] is None and default is not None and default.function is not None:
            needed.update(range(index))
    return needed


def _kept(body: Body, value: hir.Expr | None, before: list[hir.Expr]) -> hir.Expr | None:
    if value is None or isinstance(value, hir.Constant) or isinstance(value.type, ErrorType):
        return value
    local = body.temporary(value.type)
    before.append(body.set(local, value))
    return body.get(local, value.span)


def _default(
    body: Body,
    site: CallSite,
    info: ParameterInfo,
    earlier: Sequence[hir.Expr | None],
    mapping: dict[TypeParameterSymbol, Type],
    receiver: hir.Expr | None,
) -> hir.Expr:
    default = info.default
    assert default is not None
    type_ = substitute(info.type, mapping) if mapping else info.type
    function = default.function
    if function is None:
        assert default.node is not None
        value = body.expr(default.node, type_)
        if isinstance(value, hir.Constant):
            value = hir.Constant(site.span, value.type, value.value)
        return body.coerce(value, type_)
    return _default_call(body, site.span, function, type_, earlier, mapping, receiver)


def _default_call(
    body: Body,
    span: Span,
    function: SourceFunction,
    type_: Type,
    earlier: Sequence[hir.Expr | None],
    mapping: dict[TypeParameterSymbol, Type],
    receiver: hir.Expr | None,
) -> hir.Expr:
    arguments = [item for item in earlier if item is not None]
    class_arguments: tuple[Type, ...] = ()
    this_type: Type = ERROR
    if len(function.params) > len(arguments):
        assert receiver is not None
        this_type = _receiver_type(function, receiver, mapping)
        arguments.insert(0, body.coerce(receiver, this_type))
    if function.kind is FunctionKind.METHOD:
        assert function.owner is not None
        instance = this_type if isinstance(this_type, ClassType) else None
        class_arguments = instance.arguments if instance is not None else ()
    type_arguments = tuple(mapping.get(item, ParameterType(item)) for item in function.type_params)
    return hir.Call(span, type_, function, class_arguments, type_arguments, tuple(arguments))


def _receiver_type(function: SourceFunction, receiver: hir.Expr, mapping: dict[TypeParameterSymbol, Type]) -> Type:
    """Return the type of `this` in a default, which an overridden method further up may have declared."""
    declared = function.params[0].type
    found = receiver.type
    if function.owner is not None and isinstance(found, ClassType):
        return supertype_instance(found, function.owner) or substitute(declared, mapping)
    return substitute(declared, mapping)
