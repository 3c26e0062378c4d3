"""Members of values: finding them by the type of the receiver, reading properties, `?.`, tuple fields.

A receiver of a type parameter's type has the members of its bounds and those of every object.  An interface
value is always an object, so it has them too.  `Any` has equals, hash and toString as functions of the core.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.class_members import find_member, member_names
from compiler.check.declared import FunctionGroup, Member, Property, SourceClass, SourceFunction
from compiler.check.inference import Inference
from compiler.check.null_safety import require_non_null, safe_access
from compiler.check.paths import key_of
from compiler.check.session import INTEGER_RANGES, number_kind
from compiler.check.subtyping import (
    ancestors,
    is_machine_value,
    is_subtype,
    supertype_instance,
)
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, TypeParameterSymbol
from compiler.ir.types import (
    ClassType,
    ErrorType,
    NullableType,
    ParameterType,
    Type,
    substitute,
)
from compiler.records import frozen
from compiler.syntax import ast
from compiler.syntax.source import Span

# Names that other languages have for members of the library; of several the first that there is.
_FOREIGN = {
    "length": "size", "count": "size", "len": "size", "push": "add", "append": "add", "charAt": "get",
    "substring": "slice", "toUpperCase": "upper", "toLowerCase": "lower", "uppercased": "upper",
    "lowercased": "lower", "uppercase": "upper", "lowercase": "lower", "hashCode": "hash", "each": "forEach",
    "items": "get", "containsKey": "contains", "has": "contains", "includes": "contains", "put": "set",
    "joinToString": "join", "joined": "join", "keys": "keyList", "values": "valueList", "hasPrefix": "startsWith",
    "hasSuffix": "endsWith", "strip": "trim", "shift": "removeFirst", "some": "any",
    "every": "all", "where": "filter", "select": "map", "extend": "addAll", "concat": "plus", "toMutableList": "copy",
    "unshift": "addFirst", "enqueue": "addLast", "dequeue": "removeFirst", "orderBy": "sortedBy", "floorDiv": "div",
    "toDouble": "toFloat", "toLong": "toInt", "ord": "code", "sqr": "pow", "asSequence": "lazy",
    "pop": "removeLast removeFirst", "peek": "last first",
    "asString": "toText", "asText": "toText", "asInt": "toInt", "asFloat": "toFloat", "asBool": "toBool",
    "indexed": "withIndex", "enumerate": "withIndex", "enumerated": "withIndex", "zipWithIndex": "withIndex",
    "asList": "toList", "asArray": "toList", "asMap": "toMap", "asObject": "toMap",
}  # fmt: skip
MAX_LISTED_CASES = 8
_WALKED = (("lazy", "Sequence"), ("toList", "List"))
"""What makes something with many members of what can be walked over, and the class of that."""
OBJECT_MEMBERS = {"equals": "anyEquals", "hash": "anyHash", "toString": "anyToString"}


@frozen
class Found:
    """A member as one receiver has it; ``instance`` is the type of the class that declares it."""

    owner: SourceClass
    member: Member
    instance: ClassType


def find(body: Body, type_: Type, name: str) -> Found | None:
    """Return the member of a non-null type, or None."""
    if isinstance(type_, ClassType):
        symbol = type_.symbol
        assert isinstance(symbol, SourceClass)
        found = find_member(symbol, name)
        if found is not None:
            instance = supertype_instance(type_, found[0])
            assert instance is not None
            return Found(found[0], found[1], instance)
        if symbol.kind is ClassKind.INTERFACE and name in OBJECT_MEMBERS:
            return _object_member(body, name)
        return None
    if isinstance(type_, ParameterType):
        for bound in type_.symbol.bounds:
            inherited = find(body, bound, name)
            if inherited is not None:
                return inherited
        if name in OBJECT_MEMBERS:
            return _object_member(body, name)
    return None


def _object_member(body: Body, name: str) -> Found:
    owner = body.session.core_class("Object")
    member = owner.instance[name]
    return Found(owner, member, owner.type)


def implicit_member(body: Body, name: str) -> Found | None:
    """Return the member of `this` that a plain name means."""
    this = body.this
    if this is None or isinstance(this.type, NullableType):
        return None
    return find(body, this.type, name)


# Access rights


def _is_visible(body: Body, found: Found, visibility: str) -> bool:
    if visibility == "public" or body.is_synthetic:
        return True
    owner: SourceClass | None = body.scope.owner
    while owner is not None:
        top = found.owner
        if owner is top or (visibility == "protected" and top in ancestors(owner)):
            return True
        owner = owner.outer
    return False


def is_hidden(body: Body, found: Found) -> bool:
    """Tell whether nothing of this name is visible here, so that an extension may be meant."""
    member = found.member
    if isinstance(member, FunctionGroup):
        return not any(_is_visible(body, found, item.visibility) for item in member.functions)
    return not _is_visible(body, found, member.visibility)


def _known_otherwise(name: str, names: Sequence[str]) -> str | None:
    """Return the member that a name from another language means, if there is one."""
    return next((known for known in _FOREIGN.get(name, "").split() if known in names), None)


def check_visible(body: Body, found: Found, visibility: str, name: str, span: Span) -> None:
    """Report the use of a member from where it is not visible."""
    if _is_visible(body, found, visibility):
        return
    if not found.owner.scope.module.is_user:
        # How the library is made is not the user's business: to them there is no such member.
        near = _known_otherwise(name, member_names(found.owner))
        body.error(
            code.UNKNOWN_MEMBER,
            span,
            f"`{found.owner.name}` has no public member `{name}`",
            suggestion=f"did you mean `{near}`?" if near else None,
        )
        return
    body.error(
        code.NOT_VISIBLE,
        span,
        f"`{name}` is {visibility} in `{found.owner.name}`",
        labels=member_labels(found),
    )


def member_labels(found: Found) -> list[Label]:
    """Return the label of a member's declaration, if it is in the user's own code."""
    if not found.owner.scope.module.is_user:
        return []
    member = found.member
    span = member.functions[0].span if isinstance(member, FunctionGroup) else member.span
    return [Label(span, "declared here")] if span is not None else []


# Properties


def read_property(body: Body, receiver: hir.Expr, found: Found, span: Span, name_span: Span | None = None) -> hir.Expr:
    """The value of a property."""
    prop = found.member
    assert isinstance(prop, Property)
    check_visible(body, found, prop.visibility, prop.name, name_span or span)
    mapping = mapping_of(found)
    type_ = substitute(prop.type, mapping) if mapping else prop.type
    getter = prop.getter
    if isinstance(type_, ErrorType):
        return body.invalid(span)
    if getter is not None and (prop.field is None or getter.is_open):
        return call_method(body, span, receiver, found, getter, (), (), type_)
    assert prop.field is not None
    if isinstance(receiver.type, ParameterType):
        receiver = body.coerce(receiver, found.instance)
    value = hir.FieldGet(span, type_, receiver, prop.field)
    if body.flow.narrowed and not prop.is_mutable:
        key = key_of(value)
        narrowed = body.flow.narrowed.get(key) if key is not None else None
        if narrowed is not None and narrowed != type_:
            return hir.Coerce(span, narrowed, value)
    return value


def mapping_of(found: Found) -> dict[TypeParameterSymbol, Type]:
    """Return what the type parameters of the declaring class stand for."""
    instance = found.instance
    if not instance.arguments:
        return {}
    return dict(zip(found.owner.type_params, instance.arguments, strict=False))


def call_method(  # noqa: PLR0913 - receiver, method, arguments and result are what a call is
    body: Body,
    span: Span,
    receiver: hir.Expr,
    found: Found,
    function: SourceFunction,
    type_arguments: tuple[Type, ...],
    arguments: tuple[hir.Expr, ...],
    result: Type,
    *,
    is_super: bool = False,
) -> hir.Expr:
    """Call a method on a receiver that is not null."""
    class_arguments = found.instance.arguments
    receiver_type = receiver.type
    if (
        isinstance(receiver_type, ParameterType)
        and not is_super
        and (function.is_open or found.owner.kind is ClassKind.INTERFACE)
    ):
        return _virtual(span, result, function, class_arguments, type_arguments, (receiver, *arguments))
    is_exact = (
        isinstance(receiver_type, ClassType)
        and not receiver_type.symbol.is_open
        and receiver_type.symbol.kind in (ClassKind.CLASS, ClassKind.CASE)
        and not function.is_abstract
    )
    if found.owner.kind is ClassKind.INTERFACE and is_machine_value(receiver_type):
        body.error(
            code.NO_INTERFACE_VALUE,
            span,
            f"`{display(receiver_type)}` is no object and cannot use `{function.name}` of `{found.owner.name}`",
        )
        return body.invalid(span)
    if receiver_type != found.instance:
        receiver = hir.Coerce(receiver.span, found.instance, receiver)
    values = (receiver, *arguments)
    if function.is_open and not is_exact and not is_super:
        return _virtual(span, result, function, class_arguments, type_arguments, values)
    return hir.Call(span, result, function, class_arguments, type_arguments, values)


def _virtual(
    span: Span,
    result: Type,
    function: SourceFunction,
    class_arguments: tuple[Type, ...],
    type_arguments: tuple[Type, ...],
    values: tuple[hir.Expr, ...],
) -> hir.Expr:
    return hir.VirtualCall(span, result, function, class_arguments, type_arguments, values)


# Extensions

Extension = tuple[SourceFunction, dict[TypeParameterSymbol, Type]]
"""An extension function for a receiver, and what its type parameters stand for as far as that says."""


def find_extensions(body: Body, type_: Type, name: str) -> list[Extension]:
    """Return the extension functions for a receiver: those of the nearest module that has any."""
    found: list[Extension] = []
    for function in body.module.extensions_named(name):
        if found and function.module != found[0][0].module:
            break
        receiver = function.params[0].type
        if not function.type_params:
            if is_subtype(type_, receiver):
                found.append((function, {}))
            continue
        inference = Inference(function.type_params, {})
        inference.constrain(receiver, type_)
        if is_subtype(type_, inference.apply(receiver)):
            found.append((function, dict(inference.exact)))
    return found


# Selection


def check_member(body: Body, node: ast.Member, expected: Type | None) -> hir.Expr:
    """`object.name` as a value."""
    from compiler.check.names import entity_value, static_entity

    if not node.is_safe:
        if isinstance(node.object, ast.Super):
            return _super_property(body, node)
        base = static_entity(body, node.object)
        if base is not None:
            entity = static_entity(body, node)
            if entity is not None:
                return entity_value(body, node.span, entity, node.name.text, expected)
            if _is_namespace(base):
                return unknown_static(body, base, node.name)
    receiver = body.value(node.object)
    if node.is_safe:
        return safe_access(body, node.span, receiver, lambda inner: select(body, inner, node.name, node.span))
    receiver = require_non_null(body, receiver, node.name.text, node.span)
    return select(body, receiver, node.name, node.span)


def _is_namespace(entity: object) -> bool:
    from compiler.check.modules import ModuleScope

    return isinstance(entity, ModuleScope) or (isinstance(entity, SourceClass) and (entity.kind is not ClassKind.CASE))


def unknown_static(body: Body, base: object, name: ast.Identifier) -> hir.Expr:
    """Report a name that a module or class does not have."""
    from compiler.check.modules import ModuleScope

    if isinstance(base, ModuleScope):
        if base.origin != "missing":
            near = body.session.did_you_mean(name.text, base.declared)
            hidden = body.session.hidden_library(base)
            body.error(
                code.UNKNOWN_MEMBER,
                name.span,
                f"module `{base.name}` has no `{name.text}`",
                suggestion=hidden or (f"did you mean `{near}`?" if near else None),
            )
        return body.invalid(name.span)
    assert isinstance(base, SourceClass)
    if find_member(base, name.text) is not None:
        body.error(
            code.STATIC_ACCESS,
            name.span,
            f"`{name.text}` belongs to the objects of `{base.name}`, not to the class",
            suggestion="call it on an object",
        )
        return body.invalid(name.span)
    near = body.session.did_you_mean(name.text, base.statics)
    what = "case or static member" if base.kind is ClassKind.ENUM else "static member"
    body.error(
        code.UNKNOWN_MEMBER,
        name.span,
        f"`{base.name}` has no {what} `{name.text}`",
        suggestion=f"did you mean `{near}`?" if near else _cases_of(base),
    )
    return body.invalid(name.span)


def _cases_of(symbol: SourceClass) -> str | None:
    """List the cases of an enum that has few."""
    cases = [name for name, item in symbol.statics.items() if getattr(item, "kind", None) is ClassKind.CASE]
    listed = ", ".join(f"`{name}`" for name in cases)
    return f"the cases are {listed}" if 0 < len(cases) <= MAX_LISTED_CASES else None


def _super_property(body: Body, node: ast.Member) -> hir.Expr:
    found = super_member(body, node.object.span, node.name)
    if found is None:
        return body.invalid(node.span)
    if isinstance(found.member, FunctionGroup):
        return method_as_value(body, node.name)
    prop = found.member
    if prop.getter is None or prop.getter.is_abstract:
        if prop.field is not None:
            return read_property(body, body.read_this(node.span), found, node.span)
        body.error(code.WRONG_THIS, node.span, f"`{prop.name}` is abstract above and has no value")
        return body.invalid(node.span)
    type_ = substitute(prop.type, mapping_of(found))
    return call_method(body, node.span, body.read_this(node.span), found, prop.getter, (), (), type_, is_super=True)


def super_member(body: Body, span: Span, name: ast.Identifier) -> Found | None:
    """Return the member that `super.name` means; None after reporting that there is none."""
    owner = body.this_class
    if owner is None or body.this is None:
        body.error(code.WRONG_THIS, span, "`super` is known only in methods of a class")
        return None
    for parent in (owner.superclass, *owner.interfaces):
        if parent is None:
            continue
        found = find(body, parent, name.text)
        if found is not None:
            return found
    above = owner.superclass
    body.error(
        code.UNKNOWN_MEMBER,
        name.span,
        f"`{display(above) if above is not None else owner.name}` has no member `{name.text}`",
    )
    return None


def select(body: Body, receiver: hir.Expr, name: ast.Identifier, span: Span) -> hir.Expr:
    """A property of a value that is not null."""
    type_ = receiver.type
    if isinstance(type_, ErrorType):
        return body.invalid(span)
    found = find(body, type_, name.text)
    if found is None:
        return unknown_member(body, receiver, name)
    if isinstance(found.member, FunctionGroup):
        return method_as_value(body, name, receiver.span.text)
    return read_property(body, receiver, found, span, name.span)


def method_as_value(body: Body, name: ast.Identifier, receiver: str = "this") -> hir.Expr:
    """Report a method that is used without being called."""
    shown = receiver if len(receiver) < 40 and receiver.isprintable() else "x"
    body.error(
        code.NOT_A_VALUE,
        name.span,
        f"`{name.text}` is a method and must be called",
        suggestion=f"write `{name.text}()`, or `{{ {shown}.{name.text}(it) }}` to pass it on as a function",
    )
    return body.invalid(name.span)


def unknown_member(body: Body, receiver: hir.Expr, name: ast.Identifier) -> hir.Expr:
    """Report a member that a type does not have."""
    type_ = receiver.type
    if isinstance(type_, ErrorType):
        return body.invalid(name.span)
    names: list[str] = []
    for candidate in (type_, *(type_.symbol.bounds if isinstance(type_, ParameterType) else ())):
        if isinstance(candidate, ClassType):
            assert isinstance(candidate.symbol, SourceClass)
            names += member_names(candidate.symbol)
            if name.text in candidate.symbol.statics:
                body.error(
                    code.STATIC_ACCESS,
                    name.span,
                    f"`{name.text}` belongs to the class `{candidate.symbol.name}`, not to its objects",
                    suggestion=_static(body, candidate.symbol, name.text),
                )
                return body.invalid(name.span)
    names += _extension_names(body, type_)
    near = _known_otherwise(name.text, names)
    if near is None:
        near = body.session.did_you_mean(name.text, names)
    suggestion = f"did you mean `{near}`?" if near else None
    if near is None or near == "lazy":
        suggestion = _of_other_type(body, type_, name.text) or suggestion
    body.error(
        code.UNKNOWN_MEMBER,
        name.span,
        f"`{display(type_)}` has no member `{name.text}`",
        suggestion=suggestion,
    )
    return body.invalid(name.span)


def _of_other_type(body: Body, type_: Type, name: str) -> str | None:
    """What to write for a member of lists or sequences, of what can be walked over, or of Int, of an integer."""
    session = body.session
    if session.is_privileged or not isinstance(type_, ClassType):
        return None  # system modules have neither lists nor sequences
    ways: list[tuple[str, ClassType]] = []
    why = ""
    walked = supertype_instance(type_, session.core_class("Iterable"))
    if walked is not None:
        ways = [(way, session.core_type(of, *walked.arguments)) for way, of in _WALKED]
        why = f": `{display(type_)}` can be walked over"
    elif number_kind(type_) in INTEGER_RANGES:
        ways = [("toInt", session.int_type)]
    for meant in (name, *_FOREIGN.get(name, "").split()):
        for way, known in ways:
            if find(body, known, meant) is not None or find_extensions(body, known, meant):
                return f"write `.{way}().{meant}(…)`{why}"
    return None


def _static(body: Body, symbol: SourceClass, name: str) -> str:
    """Say how to write a static member, and that a function of its name is called otherwise."""
    function = body.session.core_public.get(name)
    also = f", or call the function: `{name}(a, b)`" if isinstance(function, FunctionGroup) else ""
    return f"write `{symbol.name}.{name}`{also}"


def _extension_names(body: Body, type_: Type) -> list[str]:
    """Return the names of the extension functions for a type, for a suggestion."""
    known = {*body.module.extensions, *body.session.core_extensions}
    known.update(name for module in body.module.imported_modules for name in module.extensions)
    return [name for name in known if find_extensions(body, type_, name)]


# Tuples


def check_tuple_field(body: Body, node: ast.TupleField, expected: Type | None) -> hir.Expr:
    """`object.0`."""
    receiver = body.value(node.object)

    def access(inner: hir.Expr) -> hir.Expr:
        return tuple_field(body, inner, node.index, node.span)

    if node.is_safe:
        return safe_access(body, node.span, receiver, access)
    return access(require_non_null(body, receiver, str(node.index), node.span))


def tuple_field(body: Body, receiver: hir.Expr, index: int, span: Span) -> hir.Expr:
    """One element of a tuple."""
    type_ = receiver.type
    if isinstance(type_, ErrorType):
        return body.invalid(span)
    if isinstance(type_, ClassType) and is_tuple(type_):
        if index < len(type_.arguments):
            found = find(body, type_, f"_{index}")
            assert found is not None
            return read_property(body, receiver, found, span)
        body.error(
            code.UNKNOWN_MEMBER,
            span,
            f"a tuple of {len(type_.arguments)} elements has no element {index}",
            label=f"this is `{display(type_)}`",
            suggestion="elements count from 0",
        )
        return body.invalid(span)
    body.error(code.UNKNOWN_MEMBER, span, f"`{display(type_)}` is no tuple and has no element {index}")
    return body.invalid(span)


def is_tuple(type_: Type) -> bool:
    """Tell whether a type is a tuple of the library."""
    return isinstance(type_, ClassType) and type_.symbol.name.startswith("Tuple") and type_.symbol.module == "core"
