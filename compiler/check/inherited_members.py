"""What a class may do with the members that it inherits: properties it redeclares, defaults that compete.

Methods that override are checked one by one in `inheritance`.  A property is looked at as a whole here,
because one that forgot `override` and stores its value has no accessor in which that could be seen, and a
member of the other kind (a method called like a property above) overrides nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.check import codes as code
from compiler.check.class_members import find_member
from compiler.check.declared import FunctionGroup, Member, Property, SourceClass
from compiler.check.subtyping import ancestors
from compiler.diagnostics import Label
from compiler.ir.symbols import ClassKind
from compiler.syntax.source import Span


def check_redeclared(symbol: SourceClass) -> set[str]:
    """Report members that hide inherited ones wrongly; return their names, of which nothing more is said."""
    refused: set[str] = set()
    if symbol.builtin is not None:
        return refused
    for name, member in symbol.instance.items():
        for owner, above in _inherited(symbol, name):
            if _is_refused(symbol, name, member, owner, above):
                refused.add(name)
                break
    return refused


def _inherited(symbol: SourceClass, name: str) -> Iterator[tuple[SourceClass, Member]]:
    """Yield the members of a name in the supertypes, without those that only their own class sees."""
    for parent in (symbol.superclass, *symbol.interfaces):
        if parent is None:
            continue
        assert isinstance(parent.symbol, SourceClass)
        found = find_member(parent.symbol, name)
        if found is not None and _visibility(found[1]) != "private":
            yield found


def _visibility(member: Member) -> str:
    return member.functions[0].visibility if isinstance(member, FunctionGroup) else member.visibility


def _is_refused(symbol: SourceClass, name: str, member: Member, owner: SourceClass, above: Member) -> bool:
    if isinstance(member, FunctionGroup) != isinstance(above, FunctionGroup):
        mine, theirs = _noun(member), _noun(above)
        message = f"`{name}` is a {theirs} in `{owner.name}`, so it cannot be a {mine} here"
        _report(symbol, code.WRONG_OVERRIDE, member, owner, above, message, "give it another name")
        return True
    if not isinstance(member, Property) or not isinstance(above, Property):
        return False
    if symbol.kind is ClassKind.CASE and not member.is_override:
        return _is_case_field_refused(symbol, member, owner, above)
    if above.getter is None or not above.getter.is_open:
        if above.getter is not None and above.getter.is_abstract:
            return False
        message = f"`{name}` of `{owner.name}` is not open, so it cannot be overridden"
        hint = "declare it as `open`" if owner.scope.module.is_user else None
        _report(symbol, code.WRONG_OVERRIDE, member, owner, above, message, hint)
        return True
    if not member.is_override:
        message = f"`{name}` overrides `{name}` of `{owner.name}` and must say so"
        _report(symbol, code.MISSING_OVERRIDE, member, owner, above, message, "write `override` before it")
        return True
    if above.setter is not None and not above.setter.is_abstract and not member.is_mutable:
        message = f"`{name}` of `{owner.name}` is a `var`, so it cannot be a `let` here"
        _report(symbol, code.WRONG_OVERRIDE, member, owner, above, message, None)
        return True
    return False


def _is_case_field_refused(symbol: SourceClass, member: Property, owner: SourceClass, above: Property) -> bool:
    """A part of a case may be called like a property of its enum, except like those that every case has."""
    if above.getter is None or not above.getter.is_abstract:
        return False
    message = f"every case of `{owner.name}` has a property `{member.name}` already"
    symbol.session.diagnostics.error(code.DUPLICATE_NAME, member.span, message, suggestion="give it another name")
    return True


def _noun(member: Member) -> str:
    return "method" if isinstance(member, FunctionGroup) else "property"


def _span(member: Member) -> Span:
    span = member.functions[0].span if isinstance(member, FunctionGroup) else member.span
    assert span is not None
    return span


def _report(
    symbol: SourceClass,
    code_: str,
    member: Member,
    owner: SourceClass,
    above: Member,
    message: str,
    suggestion: str | None,
) -> None:
    labels = [Label(_span(above), "declared here")] if owner.scope.module.is_user else []
    symbol.session.diagnostics.error(code_, _span(member), message, labels=labels, suggestion=suggestion)


# Defaults of interfaces


def check_defaults(symbol: SourceClass) -> None:
    """Report a member for which two interfaces have a default and nothing says which one is meant."""
    if len(symbol.interfaces) + (symbol.superclass is not None) < 2:
        return
    candidates: dict[str, list[SourceClass]] = {}
    for parent in (symbol.superclass, *symbol.interfaces):
        if parent is None:
            continue
        assert isinstance(parent.symbol, SourceClass)
        for name in _interface_names(parent.symbol):
            found = find_member(parent.symbol, name)
            if found is not None and not _is_abstract(found[1]) and found[0] not in candidates.get(name, ()):
                candidates.setdefault(name, []).append(found[0])
    for name, owners in candidates.items():
        if name not in symbol.instance and len(owners) > 1:
            _check_candidates(symbol, name, owners)


def _interface_names(symbol: SourceClass) -> Iterator[str]:
    for above in (symbol, *ancestors(symbol)):
        if isinstance(above, SourceClass) and above.kind is ClassKind.INTERFACE:
            yield from above.instance


def _check_candidates(symbol: SourceClass, name: str, owners: list[SourceClass]) -> None:
    found = find_member(symbol, name)
    assert found is not None
    chosen = found[0]
    if chosen.kind is not ClassKind.INTERFACE:
        return
    other = next((item for item in owners if item is not chosen and item not in ancestors(chosen)), None)
    if other is None:
        return
    symbol.session.diagnostics.error(
        code.NOT_IMPLEMENTED,
        symbol.node.name.span,
        f"`{symbol.name}` inherits two defaults of `{name}`, from `{chosen.name}` and from `{other.name}`",
        labels=[
            Label(_span(item.instance[name]), "declared here") for item in (chosen, other) if item.scope.module.is_user
        ],
        suggestion=f"override `{name}` and say there what is meant",
    )


def _is_abstract(member: Member) -> bool:
    if isinstance(member, FunctionGroup):
        return member.functions[0].is_abstract
    return member.getter is not None and member.getter.is_abstract
