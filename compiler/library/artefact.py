"""Artefacts of library modules: made on first use, kept in the cache of the user.

An artefact belongs to one compiler, library and Python.  It is made of the module's source and of the artefacts of
what that imports, and holds the trees of the declarations (`interface`) and every checked body (`bodies`).  A damaged
one is made again.  A module that has an error has none; it is checked from its source each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from compiler.check.by_name import classes_of, functions_of
from compiler.check.constructors import constructor_signature, init_function
from compiler.check.declared import SourceClass, SourceFunction, SourceGlobal
from compiler.check.modules import ModuleScope
from compiler.check.session import Session
from compiler.ir import hir
from compiler.ir.symbols import Constructor
from compiler.library.bodies import BodyWriter, ReadBody
from compiler.library.interface import interface_of
from compiler.library.references import Reader, Writer, scopes_of
from compiler.syntax import ast, codec
from compiler.syntax.source import LateSource, SourceFile

FORMAT = "library artefact 1"


class ModuleArtefact:
    """One module; `data` is what is kept of it."""

    def __init__(self, name: str, root: str, data: dict[str, Any]) -> None:
        self.name = name
        self._root = root
        self.data = data

    @cached_property
    def trees(self) -> tuple[ast.Module, ...]:
        """The declarations of each file.  Trees never change: all compilations of a process use the same ones."""
        return tuple(
            codec.decode(tree, LateSource(file, lines, f"{self._root}/{file}"))
            for file, lines, tree in self.data["files"]
        )

    def typed(self, session: Session, scopes: Sequence[ModuleScope]) -> TypedBodies:
        """Return the bodies for one compilation."""
        return TypedBodies(self.data, session, scopes)


class TypedBodies:
    """The bodies of a module in one compilation; each is read when it is asked for."""

    def __init__(self, data: dict[str, Any], session: Session, scopes: Sequence[ModuleScope]) -> None:
        self._bodies: dict[str, bytes] = data["bodies"]
        self._constructors: dict[str, bytes] = data["constructors"]
        self._variables: dict[str, bytes] = data["variables"]
        self._module_files: list[tuple[str, int]] = data["spans"]
        self._session = session
        self._references = Reader(session, data["references"])
        self._prefix = "" if scopes[0].origin == "core" else f"{scopes[0].name}."

    @cached_property
    def _files(self) -> list[SourceFile]:
        found = (scopes_of(self._session, module)[number] for module, number in self._module_files)
        return [scope.tree.span.file for scope in found]

    def _read(self, data: bytes, params: Sequence[Any] = ()) -> ReadBody:
        return ReadBody(data, self._references, self._files, self._prefix, params)

    def body(self, function: SourceFunction) -> hir.Expr:
        """Return the body of a function, accessor, default or `init`."""
        read = self._read(self._bodies[function.qualified_name.removeprefix(self._prefix)], function.params)
        found: hir.Expr = read.nodes[read.more[0]]
        return found

    def constructor(self, symbol: SourceClass) -> Constructor:
        """Return how objects of a class come to be; sets the types of its stored properties."""
        signature = constructor_signature(symbol)
        read = self._read(self._constructors[symbol.qualified_name.removeprefix(self._prefix)])
        params, super_arguments, fields = read.more
        values = []
        for field, local, type_, value in fields:
            found = read.types[field]
            found.property.type = read.types[type_]
            found.init_local = read.locals[local]
            values.append((found, read.nodes[value]))
        arguments = [read.nodes[each] for each in super_arguments]
        return Constructor(read.locals[:params], arguments, values, init_function(symbol, signature))

    def complete_global(self, symbol: SourceGlobal) -> None:
        """Set ``type`` and ``constant`` of a variable."""
        type_, is_constant, value = self._variable(symbol)
        symbol.type = type_
        symbol.constant = value if is_constant else None
        if is_constant:
            symbol.initializer = None

    def initial_value(self, symbol: SourceGlobal) -> hir.Expr:
        """Return the initial value of a variable."""
        value: hir.Expr = self._variable(symbol)[2]
        return value

    def _variable(self, symbol: SourceGlobal) -> tuple[Any, bool, Any]:
        read = self._read(self._variables[_variable_name(symbol)])
        type_, is_constant, value = read.more
        return read.types[type_], is_constant, read.nodes[value]


def _variable_name(symbol: SourceGlobal) -> str:
    return symbol.qualified_name.removeprefix(f"{symbol.scope.module.name}.")


# Making


class ArtefactWriter:
    """Checks all of a module that was loaded from its source, and writes what came out."""

    def __init__(self, session: Session, scopes: Sequence[ModuleScope]) -> None:
        self._session = session
        self._scopes = scopes
        self._references = Writer(session)
        places = [("core", scope) for scope in session.order if scope.origin == "core"]
        places += [(scope.name, scope) for scope in session.order if scope.origin == "library"]
        seen: dict[str, int] = {}
        self._spans = []
        for name, _ in places:
            self._spans.append((name, seen.setdefault(name, 0)))
            seen[name] += 1
        self._files = [scope.tree.span.file for _, scope in places]
        self._prefix = "" if scopes[0].origin == "core" else f"{scopes[0].name}."

    def write(self) -> dict[str, Any]:
        """Return the artefact.

        Raises:
            UnkeepableError: a body refers to something that has no name, such as a local function.
        """
        functions = [function for scope in self._scopes for function in functions_of(scope)]
        classes = [symbol for scope in self._scopes for symbol in classes_of(scope)]
        for symbol in classes:
            self._references.enter_params(symbol)
        for function in functions:
            self._references.enter_params(function)
        variables = [item for scope in self._scopes for item in scope.variables]
        variables += [item for item in self._session.globals if item.scope.module in self._scopes]
        return {
            "bodies": {
                self._relative(item.qualified_name): self._body(item) for item in functions if item.has_checked_body
            },
            "constructors": {
                self._relative(symbol.qualified_name): self._constructor(symbol, symbol.constructor())
                for symbol in classes
                if symbol.constructor is not None
            },
            "variables": {_variable_name(item): self._variable(item) for item in variables},
            "files": [self._file(scope.tree) for scope in self._scopes],
            "spans": self._spans,
            "references": self._references.references(),
        }

    def _relative(self, qualified: str) -> str:
        return qualified.removeprefix(self._prefix)

    def _file(self, tree: ast.Module) -> tuple[str, list[int], Any]:
        file = tree.span.file
        return file.name, file.line_starts, codec.encode_interface(interface_of(tree))

    def _writer(self) -> BodyWriter:
        return BodyWriter(self._references, self._files, self._prefix)

    def _body(self, function: SourceFunction) -> bytes:
        writer = self._writer()
        body = self._session.body(function)
        writer.parameters(function.params)
        return writer.finish(writer.node(body))

    def _constructor(self, symbol: SourceClass, made: Constructor) -> bytes:
        writer = self._writer()
        writer.parameters(made.params)
        super_arguments = list(map(writer.node, made.super_arguments))
        fields = []
        for field, value in made.field_values:
            number = writer.declaration(field)
            fields.append((number, writer.local(field.init_local), writer.type(field.type), writer.node(value)))
        assert all(field.owner is symbol for field, _ in made.field_values)
        return writer.finish(len(made.params), super_arguments, fields)

    def _variable(self, symbol: SourceGlobal) -> bytes:
        writer = self._writer()
        constant = symbol.constant
        assert symbol.initializer is not None or constant is not None, symbol
        value = constant if constant is not None else symbol.initializer()  # type: ignore[misc]
        return writer.finish(writer.type(symbol.type), constant is not None, writer.node(value))
