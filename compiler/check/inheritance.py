"""Checks of whole classes: overriding, implementing, and what must have a body."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.check import codes as code
from compiler.check.class_members import find_member
from compiler.check.declared import FunctionGroup, Property, SourceClass, SourceFunction
from compiler.check.inherited_members import check_defaults, check_redeclared
from compiler.check.members import OBJECT_MEMBERS
from compiler.check.subtyping import ancestors, is_assignable, same_type, supertype_instance
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir.symbols import ClassKind, TypeParameterSymbol
from compiler.ir.types import ClassType, ParameterType, Type, substitute
from compiler.syntax import ast


def check_class(symbol: SourceClass) -> None:
    """Report what is wrong with a class as a whole."""
    _check_overloads(symbol)
    refused = check_redeclared(symbol)
    for method in symbol.methods:
        assert isinstance(method, SourceFunction)
        _check_body_presence(symbol, method)
        if (method.property.name if method.property is not None else method.name) not in refused:
            _check_override(symbol, method)
    if not symbol.is_abstract or symbol.kind is ClassKind.ENUM:
        _check_implemented(symbol)
    check_defaults(symbol)
    _check_interface_agreement(symbol)


def _check_overloads(symbol: SourceClass) -> None:
    for member in symbol.instance.values():
        if not isinstance(member, FunctionGroup) or len(member.functions) < 2:
            continue
        for function in member.functions:
            if function.is_open or function.is_override:
                assert function.span is not None
                symbol.session.diagnostics.error(
                    code.DUPLICATE_NAME,
                    function.span,
                    f"`{function.name}` is overloaded, so it can neither override nor be overridden",
                    suggestion="give the functions different names",
                )
                break
        check_distinct(member.functions)


def check_distinct(functions: list[SourceFunction]) -> None:
    """Report overloads that no call could tell apart."""
    seen: dict[tuple[Type, ...], SourceFunction] = {}
    for function in functions:
        first = seen.setdefault(_overload_types(function), function)
        if first is not function:
            assert function.span is not None
            function.session.diagnostics.error(
                code.DUPLICATE_NAME,
                function.span,
                f"`{function.name}` is declared twice with the same parameters",
                labels=[Label(first.span, "first declared here")] if first.span is not None else [],
            )


def _overload_types(function: SourceFunction) -> tuple[Type, ...]:
    return tuple(info.type for info in function.signature.params)


def _check_body_presence(symbol: SourceClass, method: SourceFunction) -> None:
    node = method.node
    if not isinstance(node, ast.Function) or method.is_synthetic:
        return
    has_machine_body = bool(method.intrinsic or method.runtime or method.kernel)
    is_marked = node.modifiers.has("abstract")
    message, suggestion = "", ""
    if not node.has_body and not method.is_abstract and not has_machine_body:
        message, suggestion = f"`{method.name}` has no body", "add a body, or make it `abstract`"
    elif node.has_body and (is_marked or has_machine_body):
        message, suggestion = f"`{method.name}` is abstract and cannot have a body", "leave the body or `abstract` out"
    elif is_marked and not symbol.is_abstract:
        message = f"`{method.name}` is abstract, but the class `{symbol.name}` is not"
        suggestion = f"declare `abstract class {symbol.name}`"
    elif is_marked and symbol.kind is ClassKind.ENUM:
        message = f"`{method.name}` cannot be abstract: the cases of an enum have no bodies of their own"
        suggestion = "`match this` in the method"
    elif node.modifiers.has("open") and not symbol.is_open:
        message = f"`{method.name}` is open, but the class `{symbol.name}` is not"
        suggestion = f"declare `open class {symbol.name}`"
    if message:
        symbol.session.diagnostics.error(code.WRONG_BODY, node.name.span, message, suggestion=suggestion)


def _check_override(symbol: SourceClass, method: SourceFunction) -> None:
    above = [item for item in method.overrides if isinstance(item, SourceFunction)]
    assert method.span is not None
    if not above:
        if method.is_override and not method.name.endswith(".set"):
            _report_overrides_nothing(symbol, method)
        return
    nearest = above[0]
    name = method.property.name if method.property is not None else method.name
    labels = [Label(nearest.span, "declared here")] if _is_user(nearest) and nearest.span is not None else []
    owner = nearest.owner.name if nearest.owner is not None else "?"
    if not method.is_override and symbol.builtin is None and not method.is_synthetic:
        symbol.session.diagnostics.error(
            code.MISSING_OVERRIDE,
            method.span,
            f"`{name}` overrides `{name}` of `{owner}` and must say so",
            labels=labels,
            suggestion="write `override` before it",
        )
        return
    for item in above:
        if not item.is_open and not item.is_abstract:
            symbol.session.diagnostics.error(
                code.WRONG_OVERRIDE,
                method.span,
                f"`{name}` of `{item.owner.name if item.owner else '?'}` is not open, so it cannot be overridden",
                labels=labels,
                suggestion="declare it as `open`" if _is_user(item) else None,
            )
        else:
            _check_same_signature(symbol, method, item)


def _is_user(function: SourceFunction) -> bool:
    return function.scope.module.is_user


def _report_overrides_nothing(symbol: SourceClass, method: SourceFunction) -> None:
    name = method.property.name if method.property is not None else method.name
    names = [item for parent in ancestors(symbol) if isinstance(parent, SourceClass) for item in parent.instance]
    near = symbol.session.did_you_mean(name, names)
    assert method.span is not None
    symbol.session.diagnostics.error(
        code.OVERRIDES_NOTHING,
        method.span,
        f"`{name}` overrides nothing: no supertype of `{symbol.name}` has it",
        suggestion=f"did you mean `{near}`?" if near else "leave `override` out",
    )


def _check_same_signature(symbol: SourceClass, method: SourceFunction, above: SourceFunction) -> None:
    """Parameters must be the same and the result the same or narrower, seen from the overriding class."""
    assert isinstance(above.owner, SourceClass)
    instance = supertype_instance(symbol.type, above.owner)
    assert instance is not None
    mapping: dict[TypeParameterSymbol, Type] = dict(zip(above.owner.type_params, instance.arguments, strict=False))
    mapping.update(
        {theirs: ParameterType(mine) for mine, theirs in zip(method.type_params, above.type_params, strict=False)}
    )
    mine = [item.type for item in method.params[1:]]
    theirs = [substitute(item.type, mapping) for item in above.params[1:]]
    result = substitute(above.result, mapping)
    fits = (
        len(mine) == len(theirs)
        and len(method.type_params) == len(above.type_params)
        and all(map(same_type, mine, theirs))
    )
    name = method.property.name if method.property is not None else method.name
    problem = ""
    if not fits:
        wanted = ", ".join(display(item) for item in theirs)
        problem = f"its parameters must be ({wanted})"
    elif not same_type(method.result, result) and not _is_narrower(method, result):
        what = "type" if method.property is not None else "result"
        problem = f"its {what} must be `{display(result)}`, not `{display(method.result)}`"
    if problem:
        assert method.span is not None
        labels = [Label(above.span, "declared here")] if _is_user(above) and above.span is not None else []
        symbol.session.diagnostics.error(
            code.WRONG_OVERRIDE,
            method.span,
            f"`{name}` does not fit `{name}` of `{above.owner.name}`: {problem}",
            labels=labels,
        )


def _is_narrower(method: SourceFunction, result: Type) -> bool:
    """A result may be narrower than above, unless it is the type of a property that can be assigned."""
    is_variable = method.property is not None and method.property.is_mutable
    return not is_variable and is_assignable(method.result, result)


def _abstract_members(symbol: SourceClass) -> Iterator[tuple[SourceClass, str, SourceFunction]]:
    """Yield what the supertypes of a class leave to their implementers."""
    for parent in [symbol, *ancestors(symbol)]:
        if not isinstance(parent, SourceClass):
            continue
        for method in parent.methods:
            assert isinstance(method, SourceFunction)
            if method.is_abstract:
                yield parent, method.property.name if method.property is not None else method.name, method


def _check_implemented(symbol: SourceClass) -> None:
    missing: dict[str, tuple[SourceClass, SourceFunction]] = {}
    for parent, name, method in _abstract_members(symbol):
        if parent is symbol or (symbol.kind is ClassKind.CASE and name == "value"):
            # An abstract member of a class that is not abstract, a case without a value: reported there.
            continue
        found = find_member(symbol, name)
        if found is None:
            continue
        member = found[1]
        if isinstance(member, Property):
            accessor = member.setter if method.name.endswith(".set") else member.getter
            if (accessor is None and (member.field is None or method.name.endswith(".set"))) or (
                accessor is not None and accessor.is_abstract
            ):
                missing[name] = (parent, method)
        elif member.functions[0].is_abstract:
            missing[name] = (parent, method)
    if not missing or symbol.builtin is not None:
        return
    listed = ", ".join(f"`{name}` of `{parent.name}`" for name, (parent, _) in missing.items())
    labels = [
        Label(method.span, "declared here")
        for _, method in missing.values()
        if _is_user(method) and method.span is not None
    ]
    symbol.session.diagnostics.error(
        code.NOT_IMPLEMENTED,
        symbol.node.name.span,
        f"`{symbol.name}` does not implement {listed}",
        labels=labels[:3],
        suggestion=f"add `override fun {next(iter(missing))}(…)`"
        if isinstance(next(iter(missing.values()))[1].node, ast.Function)
        else None,
    )


def _check_interface_agreement(symbol: SourceClass) -> None:
    """A method inherited from a class must fit the interfaces that it serves to implement."""
    for interface in ancestors(symbol):
        if interface.kind is not ClassKind.INTERFACE or not isinstance(interface, SourceClass):
            continue
        for name, member in interface.instance.items():
            if not isinstance(member, FunctionGroup) or name in OBJECT_MEMBERS:
                continue
            found = find_member(symbol, name)
            if found is None or found[0] in (symbol, interface) or not isinstance(found[1], FunctionGroup):
                continue
            if found[0].kind is ClassKind.INTERFACE or interface in ancestors(found[0]):
                continue
            _check_inherited_fit(symbol, found[0], found[1].functions[0], interface, member.functions[0])


def _check_inherited_fit(
    symbol: SourceClass,
    owner: SourceClass,
    method: SourceFunction,
    interface: SourceClass,
    wanted: SourceFunction,
) -> None:
    mine = supertype_instance(symbol.type, owner)
    theirs = supertype_instance(symbol.type, interface)
    assert isinstance(mine, ClassType)
    assert isinstance(theirs, ClassType)
    own_map = dict(zip(owner.type_params, mine.arguments, strict=False))
    their_map = dict(zip(interface.type_params, theirs.arguments, strict=False))
    left = [substitute(item.type, own_map) for item in (*method.params[1:],)]
    right = [substitute(item.type, their_map) for item in (*wanted.params[1:],)]
    results = substitute(method.result, own_map), substitute(wanted.result, their_map)
    if len(left) != len(right) or not all(map(same_type, left, right)) or not same_type(*results):
        symbol.session.diagnostics.error(
            code.WRONG_OVERRIDE,
            symbol.node.name.span,
            f"`{method.name}`, inherited from `{owner.name}`, does not fit `{method.name}` of `{interface.name}`",
        )
