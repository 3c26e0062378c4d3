"""Actions that build declarations, imports and the module."""

from __future__ import annotations

from compiler.records import mutable
from compiler.syntax import ast
from compiler.syntax.actions.base import present
from compiler.syntax.actions.modifiers import ModifierActions
from compiler.syntax.actions.types import TypeActions
from compiler.syntax.ast import Identifier, Modifiers
from compiler.syntax.source import Span

ModifierItems = list[int | ast.Annotation]
Generics = list[ast.Type | ast.TypeParameter]


@mutable
class ReadParameter:
    """A parameter before it is known whether a function or a class declares it."""

    span: Span
    modifiers: Modifiers
    property_word: int | None
    name: Identifier
    type: ast.Type
    is_variadic: bool
    default: ast.Expression | None


@mutable
class Signature:
    """`a.b.Type<X>?.name<T>`, read from left to right: ``generics`` belong to the last name so far."""

    path: list[Identifier]
    receiver: ast.Type | None = None
    generics: Generics | None = None
    is_nullable: bool = False
    start: int = 0
    end: int = 0


class DeclarationActions(ModifierActions, TypeActions):
    """Declarations; the rules that need no names or types are checked here."""

    # The module

    def module_empty(self, span: Span, _end: int) -> ast.Module:
        return ast.Module(span, self.tokens.module_doc, (), (), ())

    def module(self, span: Span, items: list[object], _end: int) -> ast.Module:
        annotations: list[ast.Annotation] = []
        imports: list[ast.Import] = []
        declarations: list[ast.Declaration] = []
        for item in items:
            if isinstance(item, ast.Annotation):
                if imports or declarations:
                    self._misplaced(item, "a `@file:` annotation stands at the top of the file")
                annotations.append(item)
            elif isinstance(item, ast.Import):
                if declarations:
                    self._misplaced(item, "imports stand before all declarations")
                self.check_top_level(item)
                imports.append(item)
            elif isinstance(item, ast.Declaration):
                self.check_top_level(item)
                declarations.append(item)
        whole = Span(self.source, 0, len(self.source.text))
        return ast.Module(whole, self.tokens.module_doc, tuple(annotations), tuple(imports), tuple(declarations))

    def _misplaced(self, item: ast.Import | ast.Annotation, message: str) -> None:
        self.diagnostics.error("E0115", item.span, message, suggestion="move it up")

    def error_item(self, _span: Span, _error: int) -> None:
        """Leave out what could not be read."""

    def error_declaration(self, _span: Span, *_parts: object) -> None:
        """Leave out a declaration whose head could not be read; its body has been."""

    # Imports

    def import_path(
        self,
        span: Span,
        modifiers: ModifierItems,
        _import: int,
        path: list[Identifier],
        _as: int | None = None,
        alias: int | None = None,
    ) -> ast.Import:
        return ast.Import(span, self.modifiers(modifiers, span.start), tuple(path), self.label(alias), None)

    def import_names(
        self,
        span: Span,
        modifiers: ModifierItems,
        _import: int,
        path: list[Identifier],
        _dot: int,
        _open: int,
        names: list[ast.ImportName | None],
        *_close: int,
    ) -> ast.Import:
        return ast.Import(span, self.modifiers(modifiers, span.start), tuple(path), None, present(names))

    def import_name(self, span: Span, name: int, _as: int | None = None, alias: int | None = None) -> ast.ImportName:
        return ast.ImportName(span, self.identifier(name), self.label(alias))

    # Functions

    def signature_name(self, span: Span, name: int) -> Signature:
        return Signature([self.identifier(name)], start=span.start, end=span.end)

    def signature_generics(
        self, span: Span, signature: Signature, _open: int, generics: Generics, close: int
    ) -> Signature:
        if signature.generics is not None:
            message = "type parameters are written once"
            self.diagnostics.error("E0129", self.token_span(close), message)
        signature.generics = generics
        signature.end = span.end
        return signature

    def signature_nullable(self, span: Span, signature: Signature, _mark: int) -> Signature:
        signature.is_nullable = True
        signature.end = span.end
        return signature

    def signature_member(self, span: Span, signature: Signature, _dot: int, name: int) -> Signature:
        if signature.receiver is not None:
            message = "the type of a receiver cannot be nested in a generic or nullable one"
            self.diagnostics.error("E0129", signature.receiver.span, message)
        if signature.generics is None and not signature.is_nullable:
            signature.path.append(self.identifier(name))
            signature.end = span.end
            return signature
        return self._with_receiver(span, signature, name)

    def signature_safe_member(self, span: Span, signature: Signature, _dot: int, name: int) -> Signature:
        signature.is_nullable = True
        return self._with_receiver(span, signature, name)

    def _with_receiver(self, span: Span, signature: Signature, name: int) -> Signature:
        receiver = self._receiver(signature, signature.path)
        return Signature([self.identifier(name)], receiver, start=span.start, end=span.end)

    def _receiver(self, signature: Signature, path: list[Identifier]) -> ast.Type:
        end = signature.end if path is signature.path else path[-1].span.end
        span = Span(self.source, signature.start, end)
        arguments = self.as_arguments(signature.generics or []) if path is signature.path else ()
        named = ast.NamedType(span, tuple(path), arguments)
        return ast.NullableType(span, named) if signature.is_nullable and path is signature.path else named

    def function(
        self,
        span: Span,
        modifiers: ModifierItems,
        _fun: int,
        signature: Signature,
        _open: int,
        parameters: list[ReadParameter | None],
        _close: int,
        *rest: ast.Type | ast.Expression | None,
    ) -> ast.Function:
        return self._function(span, modifiers, [], signature, parameters, rest)

    def function_generic(
        self,
        span: Span,
        modifiers: ModifierItems,
        _fun: int,
        _less: int,
        generics: Generics,
        _greater: int,
        signature: Signature,
        *rest: object,
    ) -> ast.Function:
        _, parameters, _, result, body = rest
        assert isinstance(parameters, list)
        return self._function(span, modifiers, generics, signature, parameters, (result, body))

    def _function(
        self,
        span: Span,
        modifiers: ModifierItems,
        generics: Generics,
        signature: Signature,
        parameters: list[ReadParameter | None],
        rest: tuple[object, ...],
    ) -> ast.Function:
        result, body = rest
        receiver = signature.receiver
        if receiver is None and len(signature.path) > 1:
            receiver = self._receiver(signature, signature.path[:-1])
        if signature.is_nullable and signature.receiver is None:
            message = "`?` cannot follow the name of a function"
            self.diagnostics.error("E0129", Span(self.source, signature.start, signature.end), message)
        if generics and signature.generics:
            message = "type parameters are written once, after `fun` or after the name"
            self.diagnostics.error("E0129", signature.path[-1].span, message)
        return ast.Function(
            span,
            self.doc_at(span.start),
            self.modifiers(modifiers, span.start),
            receiver,
            signature.path[-1],
            tuple(self.as_parameters([*generics, *(signature.generics or [])])),
            self.limit_parameters(tuple(self._parameter(item) for item in parameters if item is not None)),
            result,  # type: ignore[arg-type]  # the grammar puts a type here
            body,  # type: ignore[arg-type]  # the grammar puts a block or an expression here
        )

    def parameter(
        self,
        span: Span,
        modifiers: ModifierItems,
        property_word: int | None,
        name: int,
        _colon: int,
        type_: ast.Type,
        dots: int | None,
        default: ast.Expression | None,
    ) -> ReadParameter:
        written = self.modifiers(modifiers, span.start)
        return ReadParameter(span, written, property_word, self.identifier(name), type_, dots is not None, default)

    def _parameter(self, read: ReadParameter) -> ast.Parameter:
        self.check_parameter(read.modifiers, of_class=False)
        if read.property_word is not None:
            word = self.token_text(read.property_word)
            place = self.token_span(read.property_word)
            message = f"`{word}` cannot stand before a parameter of a function"
            self.diagnostics.error("E0113", place, message, suggestion="remove it: parameters are never reassigned")
        annotations = read.modifiers.annotations
        return ast.Parameter(read.span, annotations, read.name, read.type, read.is_variadic, read.default)

    def _class_parameter(self, read: ReadParameter) -> ast.ClassParameter:
        self.check_parameter(read.modifiers, of_class=True)
        word = None if read.property_word is None else self.tokens.kinds[read.property_word]
        return ast.ClassParameter(
            read.span,
            self.doc_at(read.span.start),
            read.modifiers,
            None if word is None else word == "var",
            read.name,
            read.type,
            read.is_variadic,
            read.default,
        )

    # Variables

    def variable(
        self,
        span: Span,
        modifiers: ModifierItems,
        keyword: int,
        binding: ast.Binding,
        type_: ast.Type | None,
        initializer: ast.Expression | None,
        accessors: list[ast.Getter | ast.Setter],
    ) -> ast.Variable:
        getters = [item for item in accessors if isinstance(item, ast.Getter)]
        setters = [item for item in accessors if isinstance(item, ast.Setter)]
        for extra in (*getters[1:], *setters[1:]):
            self.diagnostics.error("E0113", extra.span, "this accessor is written twice", suggestion="remove it")
        return ast.Variable(
            span,
            self.doc_at(span.start),
            self.modifiers(modifiers, span.start),
            self.tokens.kinds[keyword] == "var",
            binding,
            type_,
            initializer,
            getters[0] if getters else None,
            setters[0] if setters else None,
        )

    def getter(
        self,
        span: Span,
        accessors: list[ast.Getter | ast.Setter],
        modifiers: ModifierItems,
        get: int,
        _open: int,
        _close: int,
        body: ast.Expression | None,
    ) -> list[ast.Getter | ast.Setter]:
        written = self.modifiers(modifiers, self.tokens.starts[get])
        self.check_accessor(written)
        place = Span(self.source, written.span.start, span.end)
        accessors.append(ast.Getter(place, written, body or ast.ErrorExpression(place)))
        return accessors

    def setter(
        self,
        span: Span,
        accessors: list[ast.Getter | ast.Setter],
        modifiers: ModifierItems,
        set_: int,
        _open: int,
        name: int,
        _close: int,
        body: ast.Expression | None,
    ) -> list[ast.Getter | ast.Setter]:
        written = self.modifiers(modifiers, self.tokens.starts[set_])
        self.check_accessor(written)
        place = Span(self.source, written.span.start, span.end)
        accessors.append(ast.Setter(place, written, self.identifier(name), body or ast.ErrorExpression(place)))
        return accessors

    # Classes, interfaces, enums

    def class_(
        self,
        span: Span,
        modifiers: ModifierItems,
        _class: int,
        name: int,
        type_parameters: list[ast.TypeParameter],
        header: list[ReadParameter | None] | None,
        supertypes: list[ast.Supertype],
        members: list[ast.ClassMember | None],
    ) -> ast.Class:
        parameters = None
        if header is not None:
            parameters = self.limit_parameters(
                tuple(self._class_parameter(item) for item in header if item is not None)
            )
        return ast.Class(
            span,
            self.doc_at(span.start),
            self.modifiers(modifiers, span.start),
            self.identifier(name),
            tuple(type_parameters),
            parameters,
            tuple(supertypes),
            self._members(members, "a class"),
        )

    def _members(self, items: list[ast.ClassMember | None], owner: str) -> tuple[ast.ClassMember, ...]:
        members: list[ast.ClassMember] = []
        for item in items:
            if isinstance(item, ast.Test):
                message = f"a test cannot stand in {owner}"
                self.diagnostics.error("E0118", item.span.first(), message, suggestion="move it to module level")
            elif isinstance(item, ast.Init):
                if owner != "a class":
                    message = f"{owner} has no `init` block"
                    self.diagnostics.error("E0118", item.span.first(), message)
                members.append(item)
            elif item is not None:
                self.check_member(item, owner)
                members.append(item)
        return tuple(members)

    def supertype(self, span: Span, type_: ast.Type) -> ast.Supertype:
        return ast.Supertype(span, type_, None)

    def supertype_call(
        self, span: Span, type_: ast.Type, _open: int, arguments: list[ast.Argument | None], _close: int
    ) -> ast.Supertype:
        return ast.Supertype(span, type_, present(arguments))

    def init(self, span: Span, _init: int, body: ast.Block) -> ast.Init:
        return ast.Init(span, body)

    def interface(
        self,
        span: Span,
        modifiers: ModifierItems,
        _interface: int,
        name: int,
        type_parameters: list[ast.TypeParameter],
        supertypes: list[ast.Supertype],
        members: list[ast.ClassMember | None],
    ) -> ast.Interface:
        return ast.Interface(
            span,
            self.doc_at(span.start),
            self.modifiers(modifiers, span.start),
            self.identifier(name),
            tuple(type_parameters),
            tuple(supertypes),
            self._members(members, "an interface"),
        )

    def enum(
        self,
        span: Span,
        modifiers: ModifierItems,
        _enum: int,
        name: int,
        type_parameters: list[ast.TypeParameter],
        supertypes: list[ast.Supertype],
        members: list[ast.EnumCase | ast.ClassMember | None],
    ) -> ast.Enum:
        cases = tuple(item for item in members if isinstance(item, ast.EnumCase))
        others = [item for item in members if not isinstance(item, ast.EnumCase)]
        return ast.Enum(
            span,
            self.doc_at(span.start),
            self.modifiers(modifiers, span.start),
            self.identifier(name),
            tuple(type_parameters),
            tuple(supertypes),
            cases,
            self._members(others, "an enum"),
        )

    def enum_case(
        self,
        span: Span,
        modifiers: ModifierItems,
        name: int,
        *rest: int | list[ast.EnumField | None] | ast.Expression | None,
    ) -> ast.EnumCase:
        written = self.modifiers(modifiers, span.start)
        self.check_plain(written, "an enum case")
        fields = self.limit_parameters(present(next((item for item in rest if isinstance(item, list)), [])))
        value = rest[-1]
        assert not isinstance(value, int | list)
        return ast.EnumCase(span, self.doc_at(span.start), written.annotations, self.identifier(name), fields, value)

    def enum_field(self, span: Span, type_: ast.Type) -> ast.EnumField:
        return ast.EnumField(span, None, type_, None)

    def enum_field_named(
        self, span: Span, name: int, _colon: int, type_: ast.Type, default: ast.Expression | None
    ) -> ast.EnumField:
        return ast.EnumField(span, self.identifier(name), type_, default)

    def typealias(
        self,
        span: Span,
        modifiers: ModifierItems,
        _typealias: int,
        name: int,
        type_parameters: list[ast.TypeParameter],
        _equals: int,
        type_: ast.Type,
    ) -> ast.TypeAliasDeclaration:
        written = self.modifiers(modifiers, span.start)
        doc = self.doc_at(span.start)
        return ast.TypeAliasDeclaration(span, doc, written, self.identifier(name), tuple(type_parameters), type_)

    def test(self, span: Span, modifiers: ModifierItems, _test: int, name: int, body: ast.Block) -> ast.Test:
        written = self.modifiers(modifiers, span.start)
        return ast.Test(span, self.doc_at(span.start), written, str(self.tokens.values[name]), body)
