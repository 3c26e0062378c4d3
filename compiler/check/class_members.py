"""The members of a class: fields, methods, accessors, static members, nested types, enum cases.

Entering members resolves no type, so that naming one member of a class does not pull in what the others
mention.  A stored property that may be overridden, or that overrides one, has a getter beside its field.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check import synthesis
from compiler.check.declared import (
    ComputedGlobal,
    Entity,
    FunctionGroup,
    Member,
    Property,
    SourceClass,
    SourceField,
    SourceFunction,
    SourceGlobal,
    TypeAlias_,
    TypeScope,
)
from compiler.check.modifiers import apply_function_annotations, check_annotations, check_modifiers, visibility_of
from compiler.check.modules import add_overload, are_accessors_refused, declare, make_class
from compiler.check.subtyping import ancestors
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, FunctionKind
from compiler.ir.types import UNIT
from compiler.syntax import ast
from compiler.syntax.source import Span


def complete_members(symbol: SourceClass) -> None:
    """Set ``fields``, ``methods``, ``instance`` and ``statics``."""
    symbol.fields = []
    symbol.methods = []
    symbol.instance = {}
    symbol.statics = {}
    node = symbol.node
    if isinstance(node, ast.EnumCase):
        _enter_case_fields(symbol, node)
        _enter_case_members(symbol, node)
        return
    if isinstance(node, ast.Class):
        for parameter in node.parameters or ():
            _enter_header_property(symbol, parameter)
    if isinstance(node, ast.Enum):
        _enter_cases(symbol, node)
    for member in node.members:
        _enter_member(symbol, member)
    if symbol.is_data and isinstance(node, ast.Class):
        _enter_data_members(symbol, node)
    if isinstance(node, ast.Enum):
        _enter_enum_members(symbol, node)


def _enter_data_members(symbol: SourceClass, node: ast.Class) -> None:
    fields = [item.name.text for item in node.parameters or ()]
    if not fields:
        _report(symbol, code.WRONG_DECLARATION, node.name.span, "a data class needs a property in its header")
    params = [item.name.text for item in node.type_parameters]
    made = synthesis.value_members(node.name.span, node.name.text, [node.name.text], params, fields)
    _enter_synthetic(symbol, [*made, synthesis.copy_member(node)])


def _enter_case_members(symbol: SourceClass, node: ast.EnumCase) -> None:
    enum = symbol.outer
    assert enum is not None
    assert isinstance(enum.node, ast.Enum)
    made: list[ast.Variable | ast.Function] = [*synthesis.case_members(node, symbol.ordinal)]
    if (value := synthesis.value_member(node)) is not None:
        made.append(value)
    elif "value" in enum.instance and any(case.value is not None for case in enum.node.cases):
        _report(symbol, code.WRONG_ENUM, node.name.span, f"`{node.name.text}` needs a value, as other cases have one")
    params = [item.name for item in enum.type_params]
    path = [enum.name, node.name.text]
    made += synthesis.value_members(node.name.span, node.name.text, path, params, [item.name for item in symbol.fields])
    # What the enum itself defines holds for all of its cases.
    written = {member.name.text for member in enum.node.members if isinstance(member, ast.Function)}
    _enter_synthetic(
        symbol, [item for item in made if not isinstance(item, ast.Function) or item.name.text not in written]
    )


def _enter_enum_members(symbol: SourceClass, node: ast.Enum) -> None:
    made: list[ast.Variable | ast.Function] = [*synthesis.enum_members(node)]
    if (values := synthesis.values_member(node)) is not None:
        made.append(values)
    _enter_synthetic(symbol, made)


def _enter_synthetic(symbol: SourceClass, made: Sequence[ast.Variable | ast.Function]) -> None:
    """Enter members that the language writes, except those that the programmer wrote."""
    for item in made:
        if isinstance(item, ast.Function):
            if item.name.text in symbol.instance or item.name.text in symbol.statics:
                continue
            _enter_function(symbol, item)
            group = symbol.instance.get(item.name.text) or symbol.statics.get(item.name.text)
            assert isinstance(group, FunctionGroup)
            group.functions[0].is_synthetic = True
        else:
            assert isinstance(item.binding, ast.NameBinding)
            if item.binding.name.text in symbol.instance:
                continue
            _enter_variable(symbol, item)


def instance_scope(symbol: SourceClass) -> TypeScope:
    """Return the scope of non-static members, where the class's type parameters are known."""
    _ = symbol.type_params
    return symbol.scope


def _enter_member(symbol: SourceClass, member: ast.ClassMember) -> None:
    module = symbol.scope.module
    match member:
        case ast.Function():
            _enter_function(symbol, member)
        case ast.Variable():
            _enter_variable(symbol, member)
        case ast.Class() | ast.Interface() | ast.Enum():
            nested = make_class(module, member, outer=symbol)
            nested.is_public = not member.modifiers.has("private")
            declare(symbol.session, symbol.statics, member.name, nested)
        case ast.TypeAliasDeclaration():
            alias = TypeAlias_(member.name.text, member, TypeScope(module, symbol), is_public=True)
            declare(symbol.session, symbol.statics, member.name, alias)
        case ast.Init():
            if symbol.kind is not ClassKind.CLASS:
                _report(symbol, code.WRONG_DECLARATION, member.span, "only a class has `init`")


def _enter_function(symbol: SourceClass, node: ast.Function) -> None:
    session = symbol.session
    is_static = node.modifiers.has("static")
    scope = TypeScope(symbol.scope.module, symbol) if is_static else instance_scope(symbol)
    function = SourceFunction(
        session,
        node,
        scope,
        name=node.name.text,
        qualified_name=session.unique_name(symbol.module, f"{symbol.qualified_name}.{node.name.text}"),
        kind=FunctionKind.FREE if is_static else FunctionKind.METHOD,
        owner=None if is_static else symbol,
        span=node.name.span,
    )
    function.visibility = visibility_of(node.modifiers)
    session.completer.declare_function(function)
    if node.receiver is not None:
        _report(symbol, code.WRONG_DECLARATION, node.span, "an extension function stands outside of classes")
        return
    _refuse_name_clash(symbol, node.name, is_static=is_static)
    if is_static:
        add_overload(session, symbol.statics, node.name, function)
        return
    _set_dispatch(symbol, function, node.modifiers, has_body=node.has_body)
    known = symbol.instance.get(node.name.text)
    if isinstance(known, FunctionGroup):
        known.functions.append(function)
    elif known is None:
        symbol.instance[node.name.text] = FunctionGroup(node.name.text, [function])
    else:
        _report_duplicate(symbol, node.name, known.span)
        return
    symbol.methods.append(function)


def _set_dispatch(symbol: SourceClass, function: SourceFunction, modifiers: ast.Modifiers, *, has_body: bool) -> None:
    """Decide whether a method is abstract, and whether it may be overridden."""
    function.is_override = modifiers.has("override")
    stands_for_itself = has_body or function.intrinsic or function.runtime or function.kernel
    in_interface = symbol.kind is ClassKind.INTERFACE
    function.is_abstract = not stands_for_itself and (modifiers.has("abstract") or in_interface)
    if symbol.kind is ClassKind.ENUM:
        return
    function.is_open = in_interface or (
        symbol.is_open and (modifiers.has("open") or modifiers.has("abstract") or function.is_override)
    )


def _enter_header_property(symbol: SourceClass, node: ast.ClassParameter) -> None:
    module = symbol.scope.module
    if module.is_user:
        check_modifiers(module, node.modifiers, "parameter", "a parameter")
    is_property = node.is_mutable is not None or symbol.is_data
    if not is_property:
        if node.modifiers.words and module.is_user:
            word = node.modifiers.words[0]
            _report(
                symbol,
                code.WRONG_MODIFIER,
                word.span,
                f"`{word.text}` means nothing on a plain parameter",
                suggestion="write `let` before the name to make it a property",
            )
        return
    if _refuse_name_clash(symbol, node.name, is_static=False):
        return
    prop = Property(node.name.text, symbol, node, node.name.span, is_mutable=bool(node.is_mutable))
    prop.visibility = visibility_of(node.modifiers)
    prop.is_override = node.modifiers.has("override")
    _enter_stored(symbol, prop, is_open=prop.is_override and symbol.is_open)


def _field_accessor(symbol: SourceClass, prop: Property, word: str) -> SourceFunction:
    """Make the getter or setter of a field, for users that see the property through a supertype."""
    name = f"{prop.name}.{word}"
    function = SourceFunction(
        symbol.session,
        None,
        instance_scope(symbol),
        name=name,
        qualified_name=symbol.session.unique_name(symbol.module, f"{symbol.qualified_name}.{name}"),
        kind=FunctionKind.METHOD,
        owner=symbol,
        span=prop.span,
    )
    function.check_body = lambda: _accessor_body(function, prop)
    function.property = prop
    function.is_override = prop.is_override
    function.is_synthetic = True
    function.visibility = prop.visibility
    symbol.methods.append(function)
    return function


def _accessor_body(function: SourceFunction, prop: Property) -> hir.Expr:
    assert prop.field is not None
    this = hir.LocalGet(prop.span, function.params[0].type, function.params[0])
    if len(function.params) == 1:
        return hir.FieldGet(prop.span, prop.type, this, prop.field)
    value = hir.LocalGet(prop.span, prop.type, function.params[1])
    return hir.FieldSet(prop.span, UNIT, this, prop.field, value)


def _enter_stored(symbol: SourceClass, prop: Property, *, is_open: bool) -> None:
    prop.field = SourceField(prop)
    symbol.fields.append(prop.field)
    symbol.instance[prop.name] = prop
    if prop.is_override or is_open:
        prop.getter = _field_accessor(symbol, prop, "get")
        prop.getter.is_open = is_open
        if prop.is_mutable:
            prop.setter = _field_accessor(symbol, prop, "set")
            prop.setter.is_open = is_open


def _enter_variable(symbol: SourceClass, node: ast.Variable) -> None:
    module = symbol.scope.module
    if not isinstance(node.binding, ast.NameBinding):
        _report(symbol, code.WRONG_DECLARATION, node.binding.span, "only a local variable can take a tuple apart")
        return
    name = node.binding.name
    if module.is_user:
        check_modifiers(module, node.modifiers, "property", "a property")
        check_annotations(module, node.modifiers.annotations, frozenset())
    is_static = node.modifiers.has("static")
    if _refuse_name_clash(symbol, name, is_static=is_static):
        return
    if is_static:
        _enter_static(symbol, node, name)
        return
    prop = Property(name.text, symbol, node, name.span, is_mutable=node.is_mutable)
    prop.visibility = visibility_of(node.modifiers)
    prop.is_override = node.modifiers.has("override")
    in_interface = symbol.kind is ClassKind.INTERFACE
    is_abstract = node.getter is None and node.initializer is None and (in_interface or node.modifiers.has("abstract"))
    is_machine = any(item.name.text in {"intrinsic", "runtime"} for item in node.modifiers.annotations)
    is_open = in_interface or (
        symbol.is_open and (node.modifiers.has("open") or node.modifiers.has("abstract") or prop.is_override)
    )
    is_refused = are_accessors_refused(symbol.session, node)
    if (node.getter is None or is_refused) and not is_abstract and not is_machine:
        if symbol.kind is not ClassKind.CLASS or symbol.builtin is not None:
            what = "an interface" if in_interface else "an enum" if symbol.kind is ClassKind.ENUM else "a machine type"
            _report(symbol, code.WRONG_DECLARATION, name.span, f"{what} stores no properties; give it a getter")
            return
        _enter_stored(symbol, prop, is_open=is_open)
        return
    symbol.instance[name.text] = prop
    prop.getter = _accessor(symbol, prop, node.getter, node, "get")
    prop.getter.is_abstract = is_abstract
    prop.getter.is_open = is_open
    prop.is_mutable = node.setter is not None or (is_abstract and node.is_mutable)
    if prop.is_mutable:
        prop.setter = _accessor(symbol, prop, node.setter, node, "set")
        prop.setter.is_abstract = is_abstract
        prop.setter.is_open = is_open


def _accessor(
    symbol: SourceClass, prop: Property, node: ast.Getter | ast.Setter | None, variable: ast.Variable, word: str
) -> SourceFunction:
    """Make the getter or setter of a property; it is a method called ``name.get`` or ``name.set``."""
    session = symbol.session
    name = f"{prop.name}.{word}"
    function = SourceFunction(
        session,
        node,
        instance_scope(symbol),
        name=name,
        qualified_name=session.unique_name(symbol.module, f"{symbol.qualified_name}.{name}"),
        kind=FunctionKind.METHOD,
        owner=symbol,
        span=prop.span,
    )
    function.property = prop
    function.is_override = prop.is_override
    function.visibility = prop.visibility
    if variable.modifiers.annotations and word == "get":
        apply_function_annotations(function, variable.modifiers.annotations)
    if isinstance(node, ast.Setter) and node.modifiers.has("private"):
        function.visibility = "private"
    symbol.methods.append(function)
    return function


def _enter_static(symbol: SourceClass, node: ast.Variable, name: ast.Identifier) -> None:
    session = symbol.session
    scope = TypeScope(symbol.scope.module, symbol)
    entity: Entity
    is_refused = are_accessors_refused(session, node)
    if node.getter is not None and not is_refused:
        entity = session.completer.computed_global(node, scope, symbol)
    else:
        entity = SourceGlobal(session, node, scope, name.text, owner=symbol)
        entity.is_public = not node.modifiers.has("private")
        session.globals.append(entity)
    declare(session, symbol.statics, name, entity)


def computed_global(node: ast.Variable, scope: TypeScope, owner: SourceClass | None) -> ComputedGlobal:
    """Return the accessors of a property without storage, at module level or static."""
    assert isinstance(node.binding, ast.NameBinding)
    assert node.getter is not None
    name = node.binding.name
    is_visible = not node.modifiers.has("private") if owner is not None else node.modifiers.has("pub")
    getter = _free_accessor(node, node.getter, scope, owner, is_visible=is_visible)
    setter = _free_accessor(node, node.setter, scope, owner, is_visible=is_visible) if node.setter else None
    return ComputedGlobal(name.text, getter, setter, is_public=is_visible)


def _free_accessor(
    variable: ast.Variable,
    node: ast.Getter | ast.Setter,
    scope: TypeScope,
    owner: SourceClass | None,
    *,
    is_visible: bool,
) -> SourceFunction:
    assert isinstance(variable.binding, ast.NameBinding)
    module, name = scope.module, variable.binding.name
    full = f"{name.text}.{'get' if isinstance(node, ast.Getter) else 'set'}"
    qualified = f"{owner.qualified_name}.{full}" if owner is not None else module.qualify(full)
    function = SourceFunction(
        module.session,
        node,
        scope,
        name=full,
        qualified_name=module.session.unique_name(module.name, qualified),
        kind=FunctionKind.FREE,
        span=name.span,
    )
    function.variable = variable
    function.visibility = "public" if is_visible else "private" if owner is not None else "module"
    module.functions.append(function)
    return function


def _enter_cases(symbol: SourceClass, node: ast.Enum) -> None:
    if not node.cases:
        _report(symbol, code.WRONG_ENUM, node.name.span, f"the enum `{symbol.name}` has no case")
    for ordinal, case in enumerate(node.cases):
        entry = SourceClass(
            symbol.session,
            case,
            symbol.scope.module,
            kind=ClassKind.CASE,
            qualified_name=f"{symbol.qualified_name}.{case.name.text}",
            outer=symbol,
        )
        entry.ordinal = ordinal
        symbol.session.completer.attach_constructor(entry)
        check_annotations(symbol.scope.module, case.annotations, frozenset())
        declare(symbol.session, symbol.statics, case.name, entry)


def _enter_case_fields(symbol: SourceClass, node: ast.EnumCase) -> None:
    for index, item in enumerate(node.fields):
        name = item.name.text if item.name is not None else f"_{index}"
        span = item.name.span if item.name is not None else item.span
        known = symbol.instance.get(name)
        if known is not None:
            assert isinstance(known, Property)
            _report_duplicate(symbol, ast.Identifier(span, name), known.span)
            continue
        _enter_stored(symbol, Property(name, symbol, item, span, is_mutable=False), is_open=False)


def _refuse_name_clash(symbol: SourceClass, name: ast.Identifier, *, is_static: bool) -> bool:
    """Report a member whose name a property has; a static member may be called like one of the objects."""
    clash = None if is_static else symbol.instance.get(name.text)
    if not isinstance(clash, Property):
        return False
    _report_duplicate(symbol, name, clash.span)
    return True


def _report_duplicate(symbol: SourceClass, name: ast.Identifier, first: Span | None) -> None:
    labels: Sequence[Label] = [Label(first, "first declared here")] if first is not None else []
    symbol.session.diagnostics.error(
        code.DUPLICATE_NAME, name.span, f"`{name.text}` is declared twice in `{symbol.name}`", labels=labels
    )


def _report(symbol: SourceClass, code_: str, span: Span, message: str, *, suggestion: str | None = None) -> None:
    symbol.session.diagnostics.error(code_, span, message, suggestion=suggestion)


def find_member(symbol: SourceClass, name: str) -> tuple[SourceClass, Member] | None:
    """Return the member that objects of a class have under a name, and the class that declares it."""
    known = symbol.found.get(name, 0)
    if known != 0:
        return known  # type: ignore[return-value]
    found: tuple[SourceClass, Member] | None = None
    member = symbol.instance.get(name)
    if member is not None:
        found = (symbol, member)
    else:
        for parent in (symbol.superclass, *symbol.interfaces):
            if parent is None:
                continue
            assert isinstance(parent.symbol, SourceClass)
            inherited = find_member(parent.symbol, name)
            if inherited is not None and (found is None or _is_nearer(inherited, found)):
                found = inherited
    symbol.found[name] = found
    return found


def _is_nearer(new: tuple[SourceClass, Member], old: tuple[SourceClass, Member]) -> bool:
    """An implementation goes before an abstract declaration, and before a default that it overrides."""
    if _is_abstract(old[1]) or _is_abstract(new[1]):
        return _is_abstract(old[1]) and not _is_abstract(new[1])
    return old[0].kind is ClassKind.INTERFACE and old[0] in ancestors(new[0])


def _is_abstract(member: Member) -> bool:
    if isinstance(member, FunctionGroup):
        return member.functions[0].is_abstract
    return member.getter is not None and member.getter.is_abstract


def member_names(symbol: SourceClass) -> list[str]:
    """Return the names that `find_member` knows, nearest first."""
    names = list(symbol.instance)
    for parent in (symbol.superclass, *symbol.interfaces):
        if parent is not None:
            assert isinstance(parent.symbol, SourceClass)
            names += member_names(parent.symbol)
    return list(dict.fromkeys(names))
