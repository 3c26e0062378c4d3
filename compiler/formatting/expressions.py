"""Printing literals, operands and types: what has no lines of its own but those of its parts."""

from __future__ import annotations

from compiler.formatting.chains import ChainPrinter
from compiler.formatting.concrete import Node
from compiler.formatting.documents import COMMA, EMPTY, HARD, LINE, SPACE, Doc, Text, concat, group, nest
from compiler.formatting.printing import Kid, is_chain


class ExpressionPrinter(ChainPrinter):
    """A method for each production of expressions, types and patterns, by the name of its action."""

    # Literals and names

    def leaf(self, node: Node) -> Doc:
        """Return what is written exactly as it is: a name or literal."""
        return self.token(node.first)

    int_ = float_ = string = char = bool_ = null_ = name = this = super = leaf
    binding_name = path_one = signature_name = import_name_one = leaf

    def template(self, node: Node) -> Doc:
        tokens = self.tokens
        text = Text(self.text[tokens.starts[node.first] : tokens.ends[node.last]])
        return self.dressed(node.first, text, node.last)

    def template_first(self, _node: Node) -> Doc:
        """Return nothing: a string with interpolation is kept as it is written."""
        return EMPTY

    template_more = template_first

    # Brackets

    def second_primary(self, node: Node) -> Doc:
        """Return `(expression)` or `do { }`."""
        if len(node.kids) == 2:
            return self.body(node)
        opener, inner, closer = node.kids
        has_comments = any(self.has_lead(kid) for kid in (node.first + 1, node.last)) or (
            node.first in self.trivia.trailing
        )
        if is_chain(inner) and not has_comments:
            # The chain is indented by itself; brackets on lines of their own would say it twice.
            return self.tight(node.kids)
        return self.delimited(opener, Node("items", [inner], node.first + 1, node.last - 1), closer, hugs=True)

    def tuple_(self, node: Node) -> Doc:
        opener, first, comma, rest, *others = node.kids
        assert isinstance(rest, Node)
        items = Node("items", [first, comma, *rest.kids, *others[:-1]], node.first + 1, node.last - 1)
        return self.delimited(opener, items, others[-1], comma=True)

    def list_(self, node: Node) -> Doc:
        opener, items, *others = node.kids
        assert isinstance(items, Node)
        items.kids += others[:-1]
        return self.delimited(opener, items, others[-1], comma=True, is_literal=True)

    map_ = list_

    def list_empty(self, node: Node) -> Doc:
        return self.delimited(node.kids[0], None, node.kids[1])

    def map_empty(self, node: Node) -> Doc:
        opener, colon, closer = node.kids
        return self.delimited(opener, Node("items", [colon], node.first + 1, node.last - 1), closer)

    def map_entry(self, node: Node) -> Doc:
        key, colon, value = node.kids
        return concat(self.doc(key), self.doc(colon), SPACE, self.doc(value))

    # Arguments and operands

    def argument(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    def argument_spread(self, node: Node) -> Doc:
        return self.tight(node.kids)

    argument_named = map_entry

    def unary(self, node: Node) -> Doc:
        operator, operand = node.kids
        assert isinstance(operator, int)
        # Two of them without a space would read as another operator.
        is_doubled = self.tokens.kinds[operator] == self.tokens.kinds[operator + 1]
        return concat(self.token(operator), SPACE if is_doubled else EMPTY, self.doc(operand))

    def jump(self, node: Node) -> Doc:
        return self.spaced(node.kids)

    return_ = throw = yield_ = break_ = continue_ = jump

    def body(self, node: Node) -> Doc:
        """Return a keyword and its block."""
        raise NotImplementedError

    # Types

    def named_type(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    def named_type_generic(self, node: Node) -> Doc:
        path, opener, items, *others = node.kids
        assert isinstance(items, Node)
        items.kids += others[:-1]
        return concat(self.doc(path), self.delimited(opener, items, others[-1]))

    def nullable_type(self, node: Node) -> Doc:
        return self.tight(node.kids)

    path_more = signature_member = signature_safe_member = signature_nullable = nullable_type

    def tuple_type(self, node: Node) -> Doc:
        opener, items, *others = node.kids
        return self._types(opener, items, others)

    def _types(self, opener: Kid, items: Kid, others: list[Kid]) -> Doc:
        """Return types in parentheses; lines break after commas only: elsewhere `<` would be a comparison."""
        assert isinstance(items, Node)
        *commas, closer = others
        assert isinstance(closer, int)
        parts: list[Doc] = []
        for kid in [*items.kids, *commas]:
            if isinstance(kid, int):
                parts.append(self.dressed(kid, EMPTY if kid in commas else COMMA))
            elif parts:
                parts += [LINE, self.item(kid)]
            else:
                is_below = self.has_lead(kid.first) and self.trivia.newlines[kid.first] > 0
                parts += [HARD if is_below else EMPTY, self.item(kid)]
        return group(self.doc(opener), nest(*parts, *self.dangling(closer)), self.token(closer))

    def tuple_type_empty(self, node: Node) -> Doc:
        return self.delimited(node.kids[0], None, node.kids[1])

    def function_type(self, node: Node) -> Doc:
        opener, items, *others, arrow, result = node.kids
        parameters = self._types(opener, items, others)
        return concat(parameters, SPACE, self.doc(arrow), SPACE, self.doc(result))

    def function_type_none(self, node: Node) -> Doc:
        opener, closer, arrow, result = node.kids
        return concat(self.delimited(opener, None, closer), SPACE, self.doc(arrow), SPACE, self.doc(result))

    def generic_type(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    def generic_bounded(self, node: Node) -> Doc:
        name, colon, bounds = node.kids
        assert isinstance(bounds, Node)
        return concat(self.doc(name), self.doc(colon), SPACE, self.items(bounds))

    def items(self, node: Node) -> Doc:
        """Return a list without brackets on one line, operators and commas included."""
        parts: list[Doc] = []
        for kid in node.kids:
            is_comma = isinstance(kid, int) and self.tokens.kinds[kid] == ","
            parts += [self.doc(kid)] if is_comma or not parts else [SPACE, self.item(kid)]
        return concat(*parts)

    def type_parameters(self, node: Node) -> Doc:
        return self.delimited(node.kids[0], node.kids[1], node.kids[2])

    def signature_generics(self, node: Node) -> Doc:
        return concat(self.doc(node.kids[0]), self.delimited(node.kids[1], node.kids[2], node.kids[3]))

    # Patterns

    def path_pattern(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    literal_pattern = pattern_argument = path_pattern

    def constructor_pattern(self, node: Node) -> Doc:
        path, opener, items, *others = node.kids
        assert isinstance(items, Node)
        items.kids += others[:-1]
        return concat(self.doc(path), self.delimited(opener, items, others[-1], comma=True))

    def constructor_pattern_empty(self, node: Node) -> Doc:
        return concat(self.doc(node.kids[0]), self.delimited(node.kids[1], None, node.kids[2]))

    at_pattern = type_pattern = jump
    pattern_argument_named = map_entry

    def range_pattern(self, node: Node) -> Doc:
        return self.tight(node.kids)

    negative_int = negative_float = range_pattern

    def tuple_pattern(self, node: Node) -> Doc:
        opener, items, *others = node.kids
        assert isinstance(items, Node)
        items.kids += others[:-1]
        return self.delimited(opener, items, others[-1], comma=True)

    def binding_tuple(self, node: Node) -> Doc:
        return self.tuple_type(node)
