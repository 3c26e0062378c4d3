"""Calls: what the callee is, and the HIR of each kind of call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from compiler.check import codes as code
from compiler.check.arguments import CallSite, Matched, check_anyway, match_arguments
from compiler.check.body import Body
from compiler.check.constructors import constructor_signature
from compiler.check.declared import (
    ComputedGlobal,
    DeclaredLocal,
    Entity,
    FunctionGroup,
    Property,
    Signature,
    SourceClass,
    SourceFunction,
    SourceGlobal,
    TypeAlias_,
)
from compiler.check.local_functions import local_function
from compiler.check.members import (
    OBJECT_MEMBERS,
    Extension,
    Found,
    call_method,
    check_visible,
    find,
    find_extensions,
    is_hidden,
    mapping_of,
    read_property,
    super_member,
    unknown_member,
    unknown_static,
)
from compiler.check.modules import ModuleScope
from compiler.check.names import entity_value, instance_member, static_entity, unknown_name
from compiler.check.null_safety import report_maybe_null, safe_access
from compiler.check.overloads import choose_overload
from compiler.check.subtyping import is_nullable, nullable
from compiler.check.type_display import display
from compiler.check.type_resolution import lookup_entity, resolve_alias, resolve_type_arguments
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind
from compiler.ir.types import (
    ANY,
    ERROR,
    NOTHING,
    AnyType,
    ClassType,
    ErrorType,
    FunctionType,
    NullableType,
    NullType,
    Repr,
    Type,
    substitute,
)
from compiler.syntax import ast
from compiler.syntax.source import Span


def check_call(body: Body, node: ast.Call, expected: Type | None) -> hir.Expr:
    """`callee(arguments) { trailing }`."""
    callee = node.callee
    explicit: list[Type] | None = None
    if isinstance(callee, ast.TypeApply):
        explicit = resolve_type_arguments(body.scope, callee.arguments)
        callee = callee.callee
    site = CallSite(node.span, node.arguments, node.trailing, expected, explicit)
    if isinstance(callee, ast.Name):
        result = _call_name(body, callee, site)
    elif isinstance(callee, ast.Member):
        result = _call_member(body, callee, site)
    else:
        result = call_value(body, body.value(callee), site)
    if result.type is NOTHING:
        body.flow = body.flow.dead()
    return result


def _call_name(body: Body, callee: ast.Name, site: CallSite) -> hir.Expr:
    local = body.locals.get(callee.text)
    if local is not None:
        lifted = local_function(local)
        if lifted is not None:
            local.is_used = True
            return call_functions(body, site, [lifted], ())
        return call_value(body, body.read_local(local, callee.span), site)
    member = instance_member(body, callee.text, callee.span)
    if isinstance(member, hir.Node):
        return call_value(body, member, site)
    if member is not None:
        return _call_found(body, body.read_this(callee.span), member, ast.Identifier(callee.span, callee.text), site)
    entity = lookup_entity(body.scope, callee.text)
    if entity is None and body.this is not None:
        extensions = find_extensions(body, body.this.type, callee.text)
        if extensions:
            return call_extension(body, body.read_this(callee.span), extensions, site)
    if entity is None:
        result = unknown_name(body, callee)
        check_anyway(body, site)
        return result
    return _call_entity(body, callee.span, entity, callee.text, site)


def _call_entity(body: Body, span: Span, entity: Entity, name: str, site: CallSite) -> hir.Expr:
    match entity:
        case FunctionGroup(_, functions):
            return call_functions(body, site, functions, ())
        case SourceClass():
            return construct(body, span, entity, site)
        case TypeAlias_():
            return _construct_alias(body, span, entity, site)
        case SourceGlobal() | ComputedGlobal() | ModuleScope():
            return call_value(body, entity_value(body, span, entity, name, None), site)


def _call_member(body: Body, callee: ast.Member, site: CallSite) -> hir.Expr:
    name = callee.name
    if not callee.is_safe:
        if isinstance(callee.object, ast.Super):
            return _call_super(body, callee, site)
        base = static_entity(body, callee.object)
        if isinstance(base, ModuleScope | SourceClass):
            entity = static_entity(body, callee)
            if entity is not None:
                return _call_entity(body, callee.span, entity, name.text, site)
            if isinstance(base, ModuleScope) or base.kind is not ClassKind.CASE:
                check_anyway(body, site)
                return unknown_static(body, base, name)
    receiver = body.value(callee.object)
    if callee.is_safe:
        return safe_access(body, site.span, receiver, lambda inner: call_on(body, inner, name, site))
    return call_on(body, receiver, name, site)


def call_on(body: Body, receiver: hir.Expr, name: ast.Identifier, site: CallSite) -> hir.Expr:
    """Call a method, an extension, or a property that holds a function."""
    type_ = receiver.type
    if isinstance(type_, ErrorType):
        check_anyway(body, site)
        return body.invalid(site.span)
    if isinstance(type_, NullableType | NullType):
        extensions = find_extensions(body, type_, name.text)
        if extensions:
            return call_extension(body, receiver, extensions, site)
        if isinstance(type_, NullType):
            body.error(code.MAYBE_NULL, receiver.span, f"`null` has no member `{name.text}`")
            check_anyway(body, site)
            return body.invalid(site.span)
        report_maybe_null(body, receiver, f"`{name.text}` cannot be called")
        type_ = type_.inner
        receiver = hir.Coerce(receiver.span, type_, receiver)
    found = find(body, type_, name.text)
    if found is not None and not is_hidden(body, found):
        return _call_found(body, receiver, found, name, site)
    if isinstance(type_, AnyType | FunctionType) and name.text in OBJECT_MEMBERS:
        return _call_any(body, receiver, name.text, site)
    extensions = find_extensions(body, type_, name.text)
    if extensions:
        return call_extension(body, receiver, extensions, site)
    if found is not None:
        return _call_found(body, receiver, found, name, site)
    unknown_member(body, receiver, name)
    check_anyway(body, site)
    return body.invalid(site.span)


def _call_found(body: Body, receiver: hir.Expr, found: Found, name: ast.Identifier, site: CallSite) -> hir.Expr:
    member = found.member
    if isinstance(member, Property):
        value = read_property(body, receiver, found, name.span)
        if not isinstance(value.type, FunctionType) and not site.arguments and site.trailing is None:
            return _property_called(body, value, name)
        return call_value(body, value, site)
    return call_method_group(body, receiver, found, name, site, is_super=False)


def _property_called(body: Body, value: hir.Expr, name: ast.Identifier) -> hir.Expr:
    """`list.isEmpty()`: go on as if the parentheses were not there."""
    if isinstance(value.type, ErrorType):
        return value
    body.error(
        code.NOT_CALLABLE,
        name.span,
        f"`{name.text}` is a property and is not called",
        label=f"this is `{display(value.type)}`",
        suggestion=f"leave out the parentheses: `{name.text}`",
    )
    return value


def call_method_group(
    body: Body, receiver: hir.Expr, found: Found, name: ast.Identifier, site: CallSite, *, is_super: bool
) -> hir.Expr:
    """Call a method on a receiver that is not null."""
    member = found.member
    assert isinstance(member, FunctionGroup)
    mapping = mapping_of(found)
    functions = member.functions
    function = functions[0] if len(functions) == 1 else choose_overload(body, functions, site, mapping)
    if function is None:
        return body.invalid(site.span)
    check_visible(body, found, function.visibility, name.text, name.span)
    held: list[hir.Expr] = []
    if any(info.default is not None and info.default.function is not None for info in function.signature.params):
        receiver = hold(body, receiver, held)
    matched = match_arguments(body, site, function.signature, mapping, receiver)
    if matched.failed:
        return _failed(body, site, function.signature, matched)
    if matched.before and not held:
        receiver = hold(body, receiver, held)
    result = substitute(function.signature.result, matched.mapping) if matched.mapping else function.signature.result
    type_arguments = tuple(matched.mapping[item] for item in function.type_params)
    if is_super and function.is_abstract:
        body.error(code.WRONG_THIS, name.span, f"`{name.text}` is abstract above and cannot be called with `super`")
    value = call_method(
        body, site.span, receiver, found, function, type_arguments, tuple(matched.values), result, is_super=is_super
    )
    return body.sequence(site.span, [*held, *matched.before], value)


def hold(body: Body, value: hir.Expr, before: list[hir.Expr]) -> hir.Expr:
    """Return a value that can be repeated, which ``before`` sets up."""
    if isinstance(value, hir.Constant) or (isinstance(value, hir.LocalGet) and not value.local.is_mutable):
        return value
    local = body.temporary(value.type)
    before.append(body.set(local, value))
    return body.get(local, value.span)


@contextmanager
def named(body: Body, value: hir.Expr, before: list[hir.Expr]) -> Iterator[ast.Name]:
    """Give a checked value a name that no source can write, under which an expression may use it inside the block."""
    local = DeclaredLocal(f"({len(body.locals)}", value.type, value.span, "held")
    local.frame = body.frame
    local.is_used = True
    before.append(body.set(local, value))
    body.locals[local.name] = local
    try:
        yield ast.Name(value.span, local.name)
    finally:
        del body.locals[local.name]


def _failed(body: Body, site: CallSite, signature: Signature, matched: Matched) -> hir.Expr:
    """Return what stands for a call whose arguments are wrong: of its type, if that is known."""
    result = substitute(signature.result, matched.mapping)
    return hir.Constant(site.span, ERROR if isinstance(result, ErrorType) else result, None)


def _call_super(body: Body, callee: ast.Member, site: CallSite) -> hir.Expr:
    found = super_member(body, callee.object.span, callee.name)
    if found is None:
        check_anyway(body, site)
        return body.invalid(site.span)
    receiver = body.read_this(callee.object.span)
    if isinstance(found.member, Property):
        return call_value(body, read_property(body, receiver, found, callee.span), site)
    return call_method_group(body, receiver, found, callee.name, site, is_super=True)


def _call_any(body: Body, receiver: hir.Expr, name: str, site: CallSite) -> hir.Expr:
    function = body.session.core_function(OBJECT_MEMBERS[name])
    given = function.signature
    signature = Signature(name, [], given.params[1:], given.result, None)
    matched = match_arguments(body, site, signature, {})
    if matched.failed:
        return body.invalid(site.span)
    value = body.coerce(receiver, nullable(ANY))
    return hir.Call(site.span, given.result, function, (), (), (value, *matched.values))


def call_extension(body: Body, receiver: hir.Expr, extensions: Sequence[Extension], site: CallSite) -> hir.Expr:
    """Call that one of some extension functions which the arguments mean."""
    function, known = extensions[0]
    if len(extensions) > 1:
        chosen = choose_overload(body, [item for item, _ in extensions], site, {})
        if chosen is None:
            return body.invalid(site.span)
        function, known = next(item for item in extensions if item[0] is chosen)
    if site.explicit is None and known:
        signature = function.signature
        rest = [item for item in signature.type_params if item not in known]
        signature = Signature(signature.name, rest, signature.params, signature.result, signature.span)
        held: list[hir.Expr] = []
        matched = match_arguments(body, site, signature, dict(known), receiver)
        if matched.failed:
            return _failed(body, site, signature, matched)
        _check_receiver_bounds(body, site, function, matched)
        if matched.before:
            receiver = hold(body, receiver, held)
        arguments = tuple(matched.mapping[item] for item in function.type_params)
        result = substitute(signature.result, matched.mapping)
        this = body.coerce(receiver, substitute(function.params[0].type, matched.mapping))
        value = hir.Call(site.span, result, function, (), arguments, (this, *matched.values))
        return body.sequence(site.span, [*held, *matched.before], value)
    return call_functions(body, site, [function], (receiver,))


def _check_receiver_bounds(body: Body, site: CallSite, function: SourceFunction, matched: Matched) -> None:
    from compiler.check.type_resolution import check_bounds

    params = function.type_params
    check_bounds(body.scope, params, [matched.mapping[item] for item in params], site.span)


def call_functions(
    body: Body, site: CallSite, functions: Sequence[SourceFunction], receiver: tuple[hir.Expr, ...]
) -> hir.Expr:
    """Call a free function; ``receiver`` is that of an extension."""
    function = functions[0] if len(functions) == 1 else choose_overload(body, functions, site, {})
    if function is None:
        return body.invalid(site.span)
    signature = function.signature
    held: list[hir.Expr] = []
    this = hold(body, receiver[0], held) if receiver else None
    matched = match_arguments(body, site, signature, {}, this)
    if matched.failed:
        return _failed(body, site, signature, matched)
    result = substitute(signature.result, matched.mapping) if matched.mapping else signature.result
    type_arguments = tuple(matched.mapping[item] for item in function.type_params)
    values = list(matched.values)
    if this is not None:
        values.insert(0, body.coerce(this, substitute(function.params[0].type, matched.mapping)))
    _refuse_blank_elements(body, site, function, type_arguments)
    value = hir.Call(site.span, result, function, (), type_arguments, tuple(values))
    return body.sequence(site.span, [*held, *matched.before], value)


def call_value(body: Body, callee: hir.Expr, site: CallSite) -> hir.Expr:
    """Call a function value."""
    type_ = callee.type
    if isinstance(type_, NullableType) and isinstance(type_.inner, FunctionType):
        report_maybe_null(body, callee, "it cannot be called")
        type_ = type_.inner
        callee = hir.Coerce(callee.span, type_, callee)
    if not isinstance(type_, FunctionType):
        if not isinstance(type_, ErrorType):
            body.error(
                code.NOT_CALLABLE,
                callee.span,
                "this is no function and cannot be called",
                label=f"this is `{display(type_)}`",
            )
        check_anyway(body, site)
        return body.invalid(site.span)
    values = [item.value for item in site.arguments]
    if site.trailing is not None:
        values.append(site.trailing)
    named = next((item for item in site.arguments if item.name is not None or item.is_spread), None)
    if named is not None:
        body.error(
            code.WRONG_ARGUMENT_NAME, named.span, "a function value takes its arguments by position, without names"
        )
    if len(values) != len(type_.params):
        wanted = len(type_.params)
        body.error(
            code.ARGUMENT_COUNT,
            site.span,
            f"this function takes {wanted or 'no'} argument{'' if wanted == 1 else 's'}, found {len(values)}",
            labels=[Label(callee.span, f"this is `{display(type_)}`")],
        )
        check_anyway(body, site)
        return hir.Constant(site.span, type_.result, None)
    arguments = tuple(
        body.coerce(body.value(value, param), param) for value, param in zip(values, type_.params, strict=True)
    )
    return hir.CallValue(site.span, type_.result, callee, arguments)


# Construction


def construct(body: Body, span: Span, symbol: SourceClass, site: CallSite) -> hir.Expr:
    """`Class(arguments)`."""
    if symbol.builtin is Repr.ARRAY:
        return _new_array(body, site)
    if symbol.builtin is Repr.ADDRESS:
        return _address(body, symbol, site)
    if symbol.builtin not in (None, Repr.OBJECT) or symbol.kind in (ClassKind.INTERFACE, ClassKind.ENUM):
        kind = {ClassKind.INTERFACE: "an interface", ClassKind.ENUM: "an enum"}.get(symbol.kind, "a machine type")
        body.error(
            code.ABSTRACT_INSTANCE,
            span,
            f"`{symbol.name}` is {kind} and cannot be constructed",
            suggestion="convert a value instead, as in `x.to" + symbol.name + "()`" if symbol.builtin else None,
        )
        check_anyway(body, site)
        return body.invalid(site.span)
    if symbol.is_abstract:
        body.error(
            code.ABSTRACT_INSTANCE,
            span,
            f"`{symbol.name}` is abstract and cannot be constructed",
            labels=[Label(symbol.span, "declared here")] if symbol.span and symbol.scope.module.is_user else [],
            suggestion="construct one of its subclasses",
        )
    signature = constructor_signature(symbol)
    enum = symbol.outer if symbol.kind is ClassKind.CASE else None
    if enum is not None:
        instance = signature.result
        assert isinstance(instance, ClassType)
        signature = Signature(
            signature.name, signature.type_params, signature.params, ClassType(enum, instance.arguments), signature.span
        )
    matched = match_arguments(body, site, signature, {})
    if matched.failed:
        return _failed(body, site, signature, matched)
    result = substitute(signature.result, matched.mapping) if matched.mapping else signature.result
    assert isinstance(result, ClassType)
    if enum is not None:
        made: hir.Expr = hir.New(site.span, ClassType(symbol, result.arguments), tuple(matched.values))
        made = hir.Coerce(site.span, result, made)
    else:
        made = hir.New(site.span, result, tuple(matched.values))
    return body.sequence(site.span, matched.before, made)


def _construct_alias(body: Body, span: Span, alias: TypeAlias_, site: CallSite) -> hir.Expr:
    resolved = resolve_alias(alias)
    type_ = resolved[1] if resolved is not None else ERROR
    if resolved is not None and resolved[0]:
        explicit = site.explicit or ()
        if len(explicit) != len(resolved[0]):
            count = len(resolved[0])
            body.error(code.TYPE_ARGUMENT_COUNT, span, f"`{alias.name}` takes {count} type arguments here")
            type_ = ERROR
        else:
            type_ = substitute(type_, dict(zip(resolved[0], explicit, strict=True)))
    if not isinstance(type_, ClassType):
        if not isinstance(type_, ErrorType):
            body.error(code.NOT_CALLABLE, span, f"`{alias.name}` is `{display(type_)}`, which cannot be constructed")
        check_anyway(body, site)
        return body.invalid(site.span)
    assert isinstance(type_.symbol, SourceClass)
    explicit_types = list(type_.arguments) or None
    inner = CallSite(site.span, site.arguments, site.trailing, site.expected, explicit_types)
    return construct(body, span, type_.symbol, inner)


def _address(body: Body, symbol: SourceClass, site: CallSite) -> hir.Expr:
    """`Address(number)`, of system modules."""
    maker = symbol.statics["of"]
    assert isinstance(maker, FunctionGroup)
    made = call_functions(body, site, maker.functions, ())
    number = made.arguments[0] if isinstance(made, hir.Call) else None
    return hir.Constant(site.span, made.type, number.value) if isinstance(number, hir.Constant) else made


def _new_array(body: Body, site: CallSite) -> hir.Expr:
    """`Array<T>(size)`: zeros or nulls; `Array<T>(size) { … }`: what the function gives."""
    has_initializer = site.trailing is not None or len(site.arguments) > 1
    function = body.session.core_function("arrayWith" if has_initializer else "newArray")
    made = function.signature
    signature = Signature("Array", made.type_params, made.params, made.result, None)
    matched = match_arguments(body, site, signature, {})
    if matched.failed:
        return _failed(body, site, signature, matched)
    arguments = tuple(matched.mapping[item] for item in function.type_params)
    _refuse_blank_elements(body, site, function, arguments)
    result = substitute(made.result, matched.mapping)
    call = hir.Call(site.span, result, function, (), arguments, tuple(matched.values))
    return body.sequence(site.span, matched.before, call)


def _refuse_blank_elements(body: Body, site: CallSite, function: SourceFunction, arguments: tuple[Type, ...]) -> None:
    """A new array holds zeros or nulls, and not every type has one of these."""
    if function.name != "newArray" or function.module != "core" or not body.module.is_user:
        return
    element = arguments[0]
    is_primitive = isinstance(element, ClassType) and element.symbol.builtin is not None
    if is_primitive and isinstance(element, ClassType) and element.symbol.builtin.is_primitive:  # type: ignore[union-attr]
        return
    if isinstance(element, ErrorType) or is_nullable(element):
        return
    name = display(element)
    body.error(
        code.NO_DEFAULT_ELEMENT,
        site.span,
        f"the elements of a new array would be null, and `{name}` is never null",
        suggestion=f"write `Array<{name}?>(…)`, or `Array<{name}>(…) {{ … }}` to make each element",
    )
