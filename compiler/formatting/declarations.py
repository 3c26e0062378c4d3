"""Printing the module, imports and declarations."""

from __future__ import annotations

from compiler.formatting.concrete import Node, first_token
from compiler.formatting.documents import (
    EMPTY,
    ENDLESS,
    HARD,
    LINE,
    SPACE,
    Doc,
    FillLine,
    concat,
    concat_all,
    group,
    nest,
    spaced,
    unbroken,
)
from compiler.formatting.printing import Kid
from compiler.formatting.statements import StatementPrinter


class DeclarationPrinter(StatementPrinter):
    """A method for each production of declarations, by the name of its action."""

    # The module

    def module(self, node: Node) -> Doc:
        items, end = node.kids
        assert isinstance(items, Node)
        assert isinstance(end, int)
        return concat(*self._statements(items.kids), *self.dangling(end))

    def module_empty(self, node: Node) -> Doc:
        end = node.kids[0]
        assert isinstance(end, int)
        return concat_all(self.dangling(end))

    def annotation(self, node: Node) -> Doc:
        mark, name, *rest = node.kids
        head = self.tight((mark, name))
        return concat(head, self.delimited(*rest, comma=True)) if rest else head

    # Imports

    def import_path(self, node: Node) -> Doc:
        modifiers, *rest = node.kids
        return concat(self.modifiers(modifiers), self.spaced(rest))

    def import_names(self, node: Node) -> Doc:
        modifiers, keyword, path, dot, opener, names, *others = node.kids
        assert isinstance(names, Node)
        names.kids += others[:-1]
        target = concat(self.tight((path, dot)), self.delimited(opener, names, others[-1], comma=True))
        return concat(self.modifiers(modifiers), self.doc(keyword), SPACE, target)

    def import_name(self, node: Node) -> Doc:
        return self.spaced(node.kids)

    # Modifiers

    def modifiers(self, kid: Kid, following: Doc | None = None) -> Doc:
        """Return modifiers and annotations with what separates them from the keyword.

        An annotation stays on the line it was written on, unless ``following`` does not fit behind it.
        """
        assert isinstance(kid, Node)
        parts: list[Doc] = []
        for position, item in enumerate(kid.kids):
            if isinstance(item, int) and self.is_separator(item):
                parts.append(concat(HARD, self.lead(item + 1)))
                continue
            parts.append(self.doc(item))
            rest = kid.kids[position + 1 :]
            if rest and isinstance(rest[0], int) and self.is_separator(rest[0]):
                continue
            is_last_annotation = isinstance(item, Node) and not any(isinstance(other, Node) for other in rest)
            if is_last_annotation and following is not None:
                parts.append(FillLine(concat(spaced(self.docs(rest)), SPACE if rest else EMPTY, following), 0))
            else:
                parts.append(SPACE)
        return concat_all(parts)

    def _modified(self, modifiers: Kid, head: Doc, rest: Doc) -> Doc:
        """Return a declaration whose ``head`` should stay on the line of its annotations."""
        whole = concat(head, rest)
        line = whole if whole.flat < ENDLESS else concat(head, self.plain(" {"))
        return concat(self.modifiers(modifiers, line), group(whole))

    # Functions

    def function(self, node: Node) -> Doc:
        modifiers, keyword, *rest = node.kids
        return self._function(modifiers, self.doc(keyword), rest)

    def function_generic(self, node: Node) -> Doc:
        modifiers, keyword, opener, generics, closer, *rest = node.kids
        word = concat(self.doc(keyword), SPACE, self.delimited(opener, generics, closer))
        return self._function(modifiers, word, rest)

    def _function(self, modifiers: Kid, word: Doc, kids: list[Kid]) -> Doc:
        signature, opener, parameters, closer, result, body = kids
        name = concat(self.doc(signature), self.delimited(opener, parameters, closer, comma=True))
        head = spaced((word, name, unbroken(self.doc(result))))
        return self._modified(modifiers, head, self._body(body))

    def _body(self, kid: Kid) -> Doc:
        """Return the body of a function, with the space before it."""
        doc = self.doc(kid)
        return EMPTY if doc is EMPTY else concat(SPACE, doc)

    def second_body(self, node: Node) -> Doc:
        return self.second_default(node)

    def second_result(self, node: Node) -> Doc:
        return self.spaced(node.kids)

    def parameter(self, node: Node) -> Doc:
        modifiers, word, name, colon, type_, variadic, default = node.kids
        target = concat(self.doc(name), self.doc(colon), SPACE, self.doc(type_))
        if isinstance(variadic, int):
            # After a nullable type the dots would be read as `?.`.
            is_nullable = self.tokens.kinds[variadic - 1] == "?"
            target = concat(target, SPACE if is_nullable else EMPTY, self.doc(variadic))
        return concat(self.modifiers(modifiers), spaced((self.doc(word), target, self.doc(default))))

    # Variables

    def variable(self, node: Node) -> Doc:
        modifiers, word, binding, note, default, accessors = node.kids
        assert isinstance(accessors, Node)
        target = concat(self.doc(binding), self.doc(note))
        head = spaced((self.doc(word), target))
        parts: list[Doc] = []
        for accessor in accessors.kids:
            is_below = self.trivia.newlines[first_token(accessor)] > 0
            parts += [HARD if is_below else LINE, self.doc(accessor)]
        return self._modified(modifiers, head, concat(self._body(default), nest(*parts) if parts else EMPTY))

    def getter(self, node: Node) -> Doc:
        modifiers, word, opener, closer, body = node.kids
        head = concat(self.modifiers(modifiers), self.doc(word), self.delimited(opener, None, closer))
        return group(head, self._body(body))

    def setter(self, node: Node) -> Doc:
        modifiers, word, opener, name, closer, body = node.kids
        items = Node("items", [name], first_token(name), first_token(name))
        head = concat(self.modifiers(modifiers), self.doc(word), self.delimited(opener, items, closer))
        return group(head, self._body(body))

    # Classes

    def class_(self, node: Node) -> Doc:
        modifiers, word, name, generics, header, supertypes, body = node.kids
        # The parameters break before the supertypes do.
        has_header = isinstance(header, Node) and bool(header.kids)
        above = unbroken(self.doc(supertypes)) if has_header else self.doc(supertypes)
        head = concat(spaced((self.doc(word), self.tight((name, generics, header)))), above)
        return self._modified(modifiers, head, self._body(body))

    def interface(self, node: Node) -> Doc:
        modifiers, word, name, generics, supertypes, body = node.kids
        head = concat(spaced((self.doc(word), self.tight((name, generics)))), self.doc(supertypes))
        return self._modified(modifiers, head, self._body(body))

    enum = interface

    def second_header(self, node: Node) -> Doc:
        return self.delimited(node.kids[0], node.kids[1], node.kids[2], comma=True)

    def second_supertypes(self, node: Node) -> Doc:
        colon, types = node.kids
        assert isinstance(types, Node)
        parts: list[Doc] = []
        for kid in types.kids:
            is_comma = isinstance(kid, int)
            item = self.doc(kid) if is_comma else self.item(kid)
            # A comma or a brace follows.
            parts += [item] if is_comma or not parts else [FillLine(item, 2), item]
        return concat(SPACE, self.doc(colon), SPACE, nest(*parts))

    def supertype(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    def supertype_call(self, node: Node) -> Doc:
        type_, opener, arguments, closer = node.kids
        return concat(self.doc(type_), self.delimited(opener, arguments, closer, comma=True, hugs=True))

    def enum_case(self, node: Node) -> Doc:
        modifiers, name, *fields, default = node.kids
        head = self.doc(name)
        if fields:
            opener, items, *others = fields
            assert isinstance(items, Node)
            items.kids += others[:-1]
            head = concat(head, self.delimited(opener, items, others[-1], comma=True))
        return concat(self.modifiers(modifiers), head, self._body(default))

    def enum_field(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    def enum_field_named(self, node: Node) -> Doc:
        name, colon, type_, default = node.kids
        return spaced((concat(self.doc(name), self.doc(colon)), self.doc(type_), self.doc(default)))

    # Others

    def typealias(self, node: Node) -> Doc:
        modifiers, word, name, generics, equals, type_ = node.kids
        head = concat(self.doc(word), SPACE, self.tight((name, generics)))
        return concat(self.modifiers(modifiers), group(spaced((head, self.doc(equals))), self.after(type_)))

    def test(self, node: Node) -> Doc:
        modifiers, *rest = node.kids
        return concat(self.modifiers(modifiers), group(self.spaced(rest)))
