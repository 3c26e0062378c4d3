"""Modules: finding their files, loading them once, and what names mean at their top level.

A name at the top level is, in this order, a declaration of the module, something imported, or a public
name of the core library.  The files of stdlib/core share one namespace.  A module's imports are loaded
before the module is entered in `Session.order`, which is therefore the order of initialisation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from compiler.check import codes as code
from compiler.check.declared import (
    ComputedGlobal,
    Entity,
    FunctionGroup,
    GlobalPart,
    SourceClass,
    SourceFunction,
    SourceGlobal,
    TypeAlias_,
    TypeScope,
)
from compiler.check.session import Session
from compiler.check.typed import Artefact, TypedModule
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, FunctionKind
from compiler.records import mutable
from compiler.syntax import ast
from compiler.syntax.source import SourceFile, Span

MAX_FILE_SIZE = 16 * 1024 * 1024
MAX_KEPT_TREE = 20_000
"""Characters of a file of the user whose tree is kept: keeping it costs more than reading the text, at each edit."""


@mutable
class Imported:
    """A name that an import brings into a module."""

    entity: Entity
    span: Span
    is_used: bool = False


class ModuleScope:
    """One file of source: its tree and the meaning of its top-level names."""

    def __init__(self, session: Session, name: str, tree: ast.Module, *, origin: str) -> None:
        self.session = session
        self.name = name
        self.tree = tree
        self.origin = origin
        """``user``, ``library`` or ``core``."""
        self.declared: dict[str, Entity] = {}
        self.imported: dict[str, Imported] = {}
        self.imported_modules: list[ModuleScope] = []
        self.extensions: dict[str, list[SourceFunction]] = {}
        self.tests: list[ast.Test] = []
        self.checked_tests: list[hir.Test] = []
        self.functions: list[SourceFunction] = []
        self.classes: list[SourceClass] = []
        self.variables: list[SourceGlobal] = []
        self.aliases: list[TypeAlias_] = []
        self.reexported: dict[str, Entity] = {}
        self.typed: TypedModule | None = None
        """What its bodies are, where they need not be checked; then the tree has none."""

    @property
    def is_user(self) -> bool:
        return self.origin == "user"

    @property
    def is_system(self) -> bool:
        """May use ``@intrinsic`` and its kin."""
        return self.origin != "user"

    def qualify(self, name: str) -> str:
        """Return the name of a declaration of this module that is unique in the program."""
        return name if self.origin == "core" else f"{self.name}.{name}"

    def lookup(self, name: str) -> Entity | None:
        """Return what a name means at the top level of this module."""
        found = self.declared.get(name)
        if found is not None:
            return found
        imported = self.imported.get(name)
        if imported is not None:
            imported.is_used = True
            if self.is_user:
                self.session.note("import", self.tree.span.file.name, name)
            return imported.entity
        return (self.session.core if self.is_system else self.session.core_public).get(name)

    def exported(self, name: str) -> Entity | None:
        """Return what importers see under a name, whether public or not."""
        found = self.declared.get(name)
        return found if found is not None else self.reexported.get(name)

    def visible_names(self) -> Iterator[str]:
        """Yield the names that `lookup` knows, own ones first."""
        yield from self.declared
        yield from self.imported
        yield from self.session.core_public

    def extensions_named(self, name: str) -> Iterator[SourceFunction]:
        """Yield the extension functions in sight, own ones first."""
        yield from self.extensions.get(name, ())
        for module in self.imported_modules:
            yield from (item for item in module.extensions.get(name, ()) if item.visibility == "public")
        if self.origin != "core":
            yield from (item for item in self.session.core_extensions.get(name, ()) if item.visibility == "public")
        else:
            yield from self.session.core_extensions.get(name, ())


def is_public(entity: Entity) -> bool:
    """Tell whether importers may see a top-level entity."""
    if isinstance(entity, FunctionGroup):
        return any(item.visibility == "public" for item in entity.functions)
    return entity.is_public if not isinstance(entity, ModuleScope) else True


CORE = "core"
"""The name that the files of stdlib/core share as a module."""
LIBRARY_PREFIX = "std"
"""What an import begins with that means a module of the library, whatever modules the program has."""


class Sources:
    """Finds the text of modules: given ones, the program's folder, then the standard library."""

    def __init__(self, folder: Path | None, library: Path, given: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.library = library
        self.given = dict(given or {})
        self.looked_up: list[str] = []
        """What was looked for in the folder, found or not."""

    def find(self, path: tuple[str, ...]) -> SourceFile | None:
        """Return the source of a module of the program, or None if it has none of this name."""
        relative = "/".join(path) + ".peb"
        if path[0] == LIBRARY_PREFIX and len(path) > 1:
            return None
        if relative in self.given:
            return SourceFile(relative, self.given[relative])
        if self.folder is None:
            return None
        self._note(relative)
        return _read(self.folder, relative)

    def _note(self, relative: str) -> None:
        if relative not in self.looked_up:
            self.looked_up.append(relative)

    def find_in_library(self, path: tuple[str, ...]) -> SourceFile | None:
        """Return the source of a module of the library, which one of the program may hide, or None."""
        return _read(self.library, "/".join(path) + ".peb") if path[0] != CORE else None

    def core(self) -> Iterator[SourceFile]:
        """Yield the sources of the core, in order."""
        for path in sorted((self.library / CORE).glob("*.peb")):
            file = _read(self.library, f"{CORE}/{path.name}")
            if file is not None:
                yield file

    def is_hidden(self, path: tuple[str, ...]) -> bool:
        """Tell whether the program has a module of this name."""
        relative = "/".join(path) + ".peb"
        if relative in self.given or self.folder is None:
            return relative in self.given
        self._note(relative)
        return (self.folder / relative).is_file()

    def names(self) -> list[str]:
        """Return the modules that could be imported, for suggestions."""
        found = [name.removesuffix(".peb").replace("/", ".") for name in self.given]
        for root in (self.folder, self.library):
            if root is not None and root.is_dir():
                for path in sorted([*root.glob("*.peb"), *root.glob("*/*.peb")]):
                    parts = path.relative_to(root).with_suffix("").parts
                    if parts[0] != CORE:
                        found.append(".".join(parts))
        return found


def _read(folder: Path, relative: str) -> SourceFile | None:
    path = folder / relative
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_SIZE:
            return None
        return SourceFile(relative, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError):
        return None


class Loader:
    """Loads modules and enters their declarations; each module once."""

    def __init__(self, session: Session, sources: Sources) -> None:
        self.session = session
        self.sources = sources
        self._stack: list[str] = []

    def load_core(self) -> None:
        """Load every file of stdlib/core into one namespace."""
        session = self.session
        artefact = session.library.module(CORE) if session.library is not None else None
        trees = (
            artefact.trees if artefact is not None else [parse_module(file, session) for file in self.sources.core()]
        )
        modules: list[ModuleScope] = []
        for tree in trees:
            module = ModuleScope(session, CORE, tree, origin="core")
            module.declared = session.core
            module.extensions = session.core_extensions
            modules.append(module)
            session.modules[tree.span.file.name] = module
            declare_names(module)
        for module in modules:
            self._resolve_imports(module)
        _attach(session, artefact, modules)
        session.core_public.update({name: item for name, item in session.core.items() if is_public(item)})
        session.order += modules

    def load_main(self, file: SourceFile, name: str) -> ModuleScope:
        """Load the program's own module and all that it imports."""
        return self._enter(name, parse_module(file, self.session, is_kept=True), "user")

    def load_source(self, path: tuple[str, ...]) -> ModuleScope | None:
        """Load a module of the library from its source, or return None if there is none."""
        file = self.sources.find_in_library(path)
        return None if file is None else self._enter(".".join(path), parse_module(file, self.session), "library")

    def load_all(self) -> list[ModuleScope]:
        """Load every given module, by name, and return them in the order of initialisation."""
        session = self.session
        for relative in sorted(self.sources.given):
            name = relative.removesuffix(".peb")
            if name not in session.modules:
                file = SourceFile(relative, self.sources.given[relative])
                self._enter(name, parse_module(file, session, is_kept=True), "user")
        return [module for module in session.order if module.is_user]

    def _enter(self, name: str, tree: ast.Module, origin: str, artefact: Artefact | None = None) -> ModuleScope:
        session = self.session
        module = ModuleScope(session, name, tree, origin=origin)
        session.modules[name] = module
        if module.is_user:
            session.files[tree.span.file.name] = module
        _attach(session, artefact, [module])
        declare_names(module)
        self._stack.append(name)
        self._resolve_imports(module)
        self._stack.pop()
        session.order.append(module)
        return module

    def _name(self, importer: ModuleScope, path: tuple[str, ...]) -> str:
        """Return the name of an imported module: of the library if that asks, even where the program hides it."""
        if importer.is_user and path[0] != LIBRARY_PREFIX:
            return ".".join(path)
        inner = path[1:] if path[0] == LIBRARY_PREFIX and len(path) > 1 else path
        return ".".join((LIBRARY_PREFIX, *inner) if self.sources.is_hidden(inner) else inner)

    def _load(self, importer: ModuleScope, node: ast.Import) -> ModuleScope | None:
        path = tuple(part.text for part in node.path)
        name = self._name(importer, path)
        span = node.path[0].span.to(node.path[-1].span)
        if name in self._stack:
            cycle = [*self._stack[self._stack.index(name) :], name]
            self.session.diagnostics.error(
                code.IMPORT_CYCLE,
                span,
                f"modules import each other in a cycle: {' -> '.join(cycle)}",
                label="this import closes the cycle",
                notes=["move what both need to a third module"],
            )
            return None
        known = self.session.modules.get(name)
        if known is not None:
            return known
        module = self._find(importer, path, name)
        if module is None:
            near = self.session.did_you_mean(name, self.sources.names())
            self.session.diagnostics.error(
                code.UNKNOWN_MODULE,
                span,
                f"there is no module `{name}`",
                label=f"the library has no {'/'.join(path[1:])}.peb"
                if path[0] == LIBRARY_PREFIX and len(path) > 1
                else f"neither the program's folder nor the library has {'/'.join(path)}.peb",
                suggestion=f"did you mean `{near}`?" if near else None,
            )
        return module

    def _find(self, importer: ModuleScope, path: tuple[str, ...], name: str) -> ModuleScope | None:
        """Load a module that is not known yet, or return None if there is none."""
        session = self.session
        file = self.sources.find(path) if importer.is_user else None
        if file is not None:
            return self._enter(name, parse_module(file, session, is_kept=True), "user")
        inner = path[1:] if path[0] == LIBRARY_PREFIX and len(path) > 1 else path
        if inner[0] == CORE:
            return None
        artefact = session.library.module(".".join(inner)) if session.library is not None else None
        if artefact is not None:
            return self._enter(name, artefact.trees[0], "library", artefact)
        file = self.sources.find_in_library(inner)
        return None if file is None else self._enter(name, parse_module(file, session), "library")

    def _resolve_imports(self, module: ModuleScope) -> None:
        for node in module.tree.imports:
            target = self._load(module, node)
            if target is None:
                self._absorb_failed_import(module, node)
                continue
            if target not in module.imported_modules:
                module.imported_modules.append(target)
            if node.names is None:
                name = node.alias or node.path[-1]
                self._bind(module, name, target, is_public_import=node.modifiers.has("pub"))
                continue
            for item in node.names:
                self._import_name(module, node, target, item)

    def _absorb_failed_import(self, module: ModuleScope, node: ast.Import) -> None:
        """Let the names of a module that could not be loaded be known, so that their uses are no errors."""
        names = [node.alias or node.path[-1]] if node.names is None else [it.alias or it.name for it in node.names]
        empty = ast.Module(node.span, None, (), (), ())
        for name in names:
            ghost = ModuleScope(self.session, "", empty, origin="missing")
            module.imported.setdefault(name.text, Imported(ghost, name.span, is_used=True))

    def _import_name(self, module: ModuleScope, node: ast.Import, target: ModuleScope, item: ast.ImportName) -> None:
        name = item.name.text
        entity = target.exported(name)
        diagnostics = self.session.diagnostics
        if entity is None and name in target.extensions:
            return
        if entity is None:
            near = self.session.did_you_mean(name, [known for known, it in target.declared.items() if is_public(it)])
            hidden = self.session.hidden_library(target)
            diagnostics.error(
                code.UNKNOWN_IMPORT,
                item.name.span,
                f"module `{target.name}` has no `{name}`",
                suggestion=hidden or (f"did you mean `{near}`?" if near else None),
            )
            ghost = ModuleScope(self.session, "", ast.Module(node.span, None, (), (), ()), origin="missing")
            module.imported.setdefault((item.alias or item.name).text, Imported(ghost, item.span, is_used=True))
            return
        if not is_public(entity):
            diagnostics.error(
                code.NOT_VISIBLE,
                item.name.span,
                f"`{name}` is not public in module `{target.name}`",
                labels=_declared_here(entity),
                suggestion=f"declare it as `pub` in `{target.name}`" if target.is_user else None,
            )
        self._bind(module, item.alias or item.name, entity, is_public_import=node.modifiers.has("pub"))

    def _bind(self, module: ModuleScope, name: ast.Identifier, entity: Entity, *, is_public_import: bool) -> None:
        taken = module.imported.get(name.text)
        own = module.declared.get(name.text) if module.origin != "core" else None
        if own is not None or (taken is not None and taken.entity is not entity):
            labels = (
                _declared_here(own) if own is not None else [Label(taken.span, "imported here first")] if taken else []
            )
            self.session.diagnostics.error(
                code.DUPLICATE_NAME,
                name.span,
                f"`{name.text}` is already the name of something else in this module",
                labels=labels,
                suggestion="import it under another name with `as`",
            )
            return
        module.imported[name.text] = Imported(entity, name.span, is_used=is_public_import)
        if is_public_import:
            module.reexported[name.text] = entity


def _declared_here(entity: Entity) -> list[Label]:
    span = entity_span(entity)
    return [Label(span, "declared here")] if span is not None else []


def entity_span(entity: Entity) -> Span | None:
    """Return where an entity is declared."""
    match entity:
        case FunctionGroup(_, functions):
            return functions[0].span
        case ComputedGlobal():
            return entity.getter.span
        case TypeAlias_():
            return entity.node.name.span
        case ModuleScope():
            return None
        case _:
            return entity.span


def parse_module(file: SourceFile, session: Session, *, is_kept: bool = False) -> ast.Module:
    """Return the tree of a file, which is kept for the next compilation if there is a memory of this one."""
    from compiler.syntax import parse, parse_cached

    before = session.diagnostics.error_count
    is_kept = is_kept and session.memory is not None and len(file.text) <= MAX_KEPT_TREE
    tree = (parse_cached if is_kept else parse)(file, session.diagnostics)
    if session.diagnostics.error_count > before:
        session.has_syntax_errors = True
    return tree


def _attach(session: Session, artefact: Artefact | None, modules: list[ModuleScope]) -> None:
    """Give modules the bodies of the artefact that their trees are from."""
    if artefact is not None:
        typed = artefact.typed(session, modules)
        for module in modules:
            module.typed = typed


def declare_names(module: ModuleScope) -> None:
    """Enter the declarations of a module's tree under their names."""
    scope = TypeScope(module)
    for node in module.tree.declarations:
        match node:
            case ast.Function():
                _declare_function(module, scope, node)
            case ast.Variable():
                _declare_variable(module, scope, node)
            case ast.Class() | ast.Interface() | ast.Enum():
                symbol = make_class(module, node, outer=None)
                module.classes.append(symbol)
                declare(module.session, module.declared, node.name, symbol)
            case ast.TypeAliasDeclaration():
                alias = TypeAlias_(node.name.text, node, scope, node.modifiers.has("pub"))
                module.aliases.append(alias)
                declare(module.session, module.declared, node.name, alias)
            case ast.Test():
                module.tests.append(node)


def _declare_function(module: ModuleScope, scope: TypeScope, node: ast.Function) -> None:
    session = module.session
    receiver = _receiver_name(node.receiver)
    name = module.qualify(f"{receiver}.{node.name.text}" if receiver else node.name.text)
    function = SourceFunction(
        session,
        node,
        scope,
        name=node.name.text,
        qualified_name=session.unique_name(module.name, name),
        kind=FunctionKind.FREE,
        span=node.name.span,
    )
    function.visibility = "public" if node.modifiers.has("pub") else "module"
    function.is_extension = node.receiver is not None
    session.completer.declare_function(function)
    module.functions.append(function)
    if node.receiver is not None:
        module.extensions.setdefault(node.name.text, []).append(function)
        return
    add_overload(session, module.declared, node.name, function)


def _receiver_name(node: ast.Type | None) -> str:
    while isinstance(node, ast.NullableType):
        node = node.inner
    return node.path[-1].text if isinstance(node, ast.NamedType) else "function" if node is not None else ""


def add_overload(session: Session, table: dict[str, Entity], name: ast.Identifier, function: SourceFunction) -> None:
    """Enter a function beside those of the same name."""
    known = table.get(name.text)
    if isinstance(known, FunctionGroup):
        known.functions.append(function)
    else:
        declare(session, table, name, FunctionGroup(name.text, [function]))


def _declare_variable(module: ModuleScope, scope: TypeScope, node: ast.Variable) -> None:
    if isinstance(node.binding, ast.TupleBinding):
        _declare_parts(module, scope, node, node.binding)
        return
    name = node.binding.name
    is_refused = are_accessors_refused(module.session, node)
    if node.getter is not None and not is_refused:
        computed = module.session.completer.computed_global(node, scope, None)
        declare(module.session, module.declared, name, computed)
        return
    symbol = SourceGlobal(module.session, node, scope, name.text, owner=None)
    symbol.is_public = node.modifiers.has("pub")
    module.variables.append(symbol)
    declare(module.session, module.declared, name, symbol)


def _declare_parts(module: ModuleScope, scope: TypeScope, node: ast.Variable, binding: ast.TupleBinding) -> None:
    """`let (a, b) = value`: a variable that no name means holds the value, and each name a part of it."""
    if node.getter is not None or node.setter is not None:
        module.session.diagnostics.error(
            code.WRONG_DECLARATION, node.span, "a property has one name: only stored variables take a value apart"
        )
    whole = SourceGlobal(module.session, node, scope, binding.span.text, owner=None)
    whole.is_public = node.modifiers.has("pub")
    module.variables.append(whole)
    pending: list[tuple[SourceGlobal, ast.TupleBinding]] = [(whole, binding)]
    while pending:
        value, parts = pending.pop(0)
        for index, element in enumerate(parts.elements):
            name = element.name.text if isinstance(element, ast.NameBinding) else element.span.text
            part = GlobalPart(value, parts, index, name)
            module.variables.append(part)
            if isinstance(element, ast.TupleBinding):
                pending.append((part, element))
            elif name != "_":
                declare(module.session, module.declared, element.name, part)


def are_accessors_refused(session: Session, node: ast.Variable) -> bool:
    """Report accessors of a property that has a value, and a `set` alone; tell whether the property is stored."""
    accessor = node.setter or node.getter
    if accessor is None:
        return False
    message, suggestion = "", ""
    if node.initializer is not None:
        word = "set" if node.setter is not None else "get"
        message = f"a property with a value is stored and has no `{word}`"
        suggestion = "leave the value out, and keep what is needed in another property"
    elif node.getter is None:
        message, suggestion = "a property with `set` has `get` too", "add `get()`"
    if message:
        session.diagnostics.error(code.WRONG_DECLARATION, accessor.span, message, suggestion=suggestion)
    return node.initializer is not None


def declare(session: Session, table: dict[str, Entity], name: ast.Identifier, entity: Entity) -> None:
    """Enter an entity under a name that must be free."""
    known = table.get(name.text)
    if known is not None:
        session.diagnostics.error(
            code.DUPLICATE_NAME,
            name.span,
            f"`{name.text}` is declared twice",
            labels=[Label(span, "first declared here")] if (span := entity_span(known)) else [],
        )
        return
    table[name.text] = entity


def make_class(
    module: ModuleScope, node: ast.Class | ast.Interface | ast.Enum, *, outer: SourceClass | None
) -> SourceClass:
    """Make the symbol of a class, interface or enum, with what its modifiers and annotations say."""
    kinds = {ast.Class: ClassKind.CLASS, ast.Interface: ClassKind.INTERFACE, ast.Enum: ClassKind.ENUM}
    name = node.name.text
    qualified = f"{outer.qualified_name}.{name}" if outer is not None else module.qualify(name)
    symbol = SourceClass(
        module.session,
        node,
        module,
        kind=kinds[type(node)],
        qualified_name=module.session.unique_name(module.name, qualified),
        outer=outer,
        is_public=node.modifiers.has("pub") or outer is not None,
    )
    module.session.completer.declare_class(symbol)
    return symbol
