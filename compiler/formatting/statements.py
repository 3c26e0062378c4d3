"""Printing bodies and control: blocks, lambdas, branches, arms, loops."""

from __future__ import annotations

from compiler.formatting.concrete import Node, first_token
from compiler.formatting.documents import (
    COMMA,
    EMPTY,
    HARD,
    LINE,
    SPACE,
    After,
    Doc,
    FillLine,
    IfBroken,
    concat,
    concat_all,
    group,
    nest,
    spaced,
)
from compiler.formatting.expressions import ExpressionPrinter
from compiler.formatting.printing import Kid, is_chain

# A value of this kind is broken in its own brackets rather than put on the next line.
_STAYS = frozenset({"list_", "map_", "lambda_", "lambda_with_parameters", "match_", "template", "tuple_", "string"})


class StatementPrinter(ExpressionPrinter):
    """A method for each production of statements and of expressions with bodies."""

    # Blocks and lambdas

    def block(self, node: Node) -> Doc:
        opener, statements, closer = node.kids
        return self.braces(opener, statements, closer)

    def block_empty(self, node: Node) -> Doc:
        return self.braces(node.kids[0], None, node.kids[1])

    def braces(self, opener: Kid, items: Kid | None, closer: Kid) -> Doc:
        """Return a body, not grouped."""
        assert isinstance(opener, int)
        assert isinstance(closer, int)
        return self._braces(opener, items.kids if isinstance(items, Node) else (), closer)

    def lambda_(self, node: Node) -> Doc:
        return group(self.block(node))

    def lambda_empty(self, node: Node) -> Doc:
        return group(self.block_empty(node))

    def lambda_with_parameters(self, node: Node) -> Doc:
        opener, parameters, arrow, *rest = node.kids
        assert isinstance(opener, int)
        assert isinstance(parameters, Node)
        *body, closer = rest
        assert isinstance(closer, int)
        head = spaced((self.items(parameters), self.doc(arrow)))
        statements = body[0].kids if body and isinstance(body[0], Node) else ()
        return group(self._braces(opener, statements, closer, head))

    def lambda_parameter(self, node: Node) -> Doc:
        return self.doc(node.kids[0]) if len(node.kids) == 1 else self.map_entry(node)

    # Values

    def after(self, kid: Kid) -> Doc:
        """Return the right side of `=` or `=>`."""
        value = self.doc(kid)
        if is_chain(kid) and isinstance(kid, Node):
            assert kid.aligned is not None
            last = self.doc(kid.links[-1].kids[-1]) if kid.hug is not None else None
            return After(kid.aligned, kid.hug, last=last)
        stays = isinstance(kid, Node) and kid.action in _STAYS
        return After(value, value, stays=stays)

    def second_default(self, node: Node) -> Doc:
        return concat(self.doc(node.kids[0]), self.after(node.kids[1]))

    def assign(self, node: Node) -> Doc:
        target, operator, value = node.kids
        return group(self.doc(target), SPACE, self.doc(operator), self.after(value))

    # Simple statements

    def expression_statement(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    declaration_statement = expression_statement

    def labelled(self, node: Node) -> Doc:
        label, colon, loop = node.kids
        return concat(self.doc(label), self.doc(colon), SPACE, self.doc(loop))

    def body(self, node: Node) -> Doc:
        return group(self.spaced(node.kids))

    defer_block = defer_expression = spawn = unsafe = init = body

    def assert_(self, node: Node) -> Doc:
        keyword, condition, *rest = node.kids
        if not rest:
            return self.spaced(node.kids)
        comma, message = rest
        inner = nest(self.doc(condition), self.doc(comma), LINE, self.item(message))
        return group(self.doc(keyword), SPACE, inner)

    # Branches and loops

    def head(self, kid: Kid) -> Doc:
        """Return what stands between a keyword and a brace: its lines are indented more than the body."""
        return nest(self.doc(kid)) if is_chain(kid) else self.doc(kid)

    def if_(self, node: Node) -> Doc:
        keyword, condition, then, *rest = node.kids
        parts = [self.doc(keyword), self.head(condition), self.doc(then)]
        for kid in rest:
            # Branches of one `if` break together, so an inner one has no group of its own.
            is_branch = isinstance(kid, Node) and kid.action == "if_" and kid.aligned is not None
            parts.append(kid.aligned if is_branch and isinstance(kid, Node) and kid.aligned else self.doc(kid))
        node.aligned = spaced(parts)
        return group(node.aligned)

    def try_(self, node: Node) -> Doc:
        keyword, body, catches, *rest = node.kids
        assert isinstance(catches, Node)
        return group(self.spaced((keyword, body, *catches.kids, *rest)))

    def catch(self, node: Node) -> Doc:
        keyword, opener, name, colon, type_, closer, body = node.kids
        what = Node("map_entry", [name, colon, type_], first_token(name), node.first)
        what.doc = self.map_entry(what)
        items = Node("items", [what], what.first, what.last)
        return spaced((self.doc(keyword), self.delimited(opener, items, closer), self.doc(body)))

    def while_(self, node: Node) -> Doc:
        keyword, condition, body = node.kids
        return group(spaced((self.doc(keyword), self.head(condition), self.doc(body))))

    def do_while(self, node: Node) -> Doc:
        return self.body(node)

    def for_(self, node: Node) -> Doc:
        keyword, binding, note, word, iterable, body = node.kids
        target = concat(self.doc(binding), self.doc(note))
        return group(spaced((self.doc(keyword), target, self.doc(word), self.head(iterable), self.doc(body))))

    def second_type_note(self, node: Node) -> Doc:
        return concat(self.doc(node.kids[0]), SPACE, self.doc(node.kids[1]))

    # Arms

    def match_(self, node: Node) -> Doc:
        keyword, subject, opener, arms, closer = node.kids
        return group(spaced((self.doc(keyword), self.head(subject), self._arms(opener, arms, closer))))

    def match_empty(self, node: Node) -> Doc:
        keyword, subject, opener, closer = node.kids
        return group(spaced((self.doc(keyword), self.head(subject), self.braces(opener, None, closer))))

    def select(self, node: Node) -> Doc:
        keyword, opener, arms, closer = node.kids
        return group(spaced((self.doc(keyword), self._arms(opener, arms, closer))))

    def _arms(self, opener: Kid, arms: Kid, closer: Kid) -> Doc:
        assert isinstance(arms, Node)
        assert isinstance(opener, int)
        assert isinstance(closer, int)
        return self.one_line_items(opener, arms, closer) or self._braces(opener, arms.kids, closer)

    def one_line_items(self, opener: int, items: Node, closer: int) -> Doc | None:
        """Return items with commas on the line of their braces, or None if they were not written so."""
        if not self.is_before_line_end(opener, closer) or any(
            at in self.trivia.trailing or at in self.trivia.leading for at in range(opener, closer + 1)
        ):
            return None
        parts: list[Doc] = []
        for kid in items.kids:
            if isinstance(kid, int) and self.is_separator(kid):
                continue
            parts += [IfBroken(EMPTY, COMMA)] if parts else []
            parts += [LINE, self.doc(kid)]
        return concat(self.token(opener), nest(*parts), LINE, self.token(closer))

    def arm(self, node: Node) -> Doc:
        *head, arrow, value = node.kids
        return concat(self.spaced(head), SPACE, self.doc(arrow), self.arm_body(value))

    arm_else = select_else = select_operation = arm

    def arm_body(self, kid: Kid) -> Doc:
        """Return what follows `=>`."""
        if isinstance(kid, Node) and kid.action in ("block", "block_empty", "loop_body"):
            return concat(SPACE, group(self.doc(kid)))
        return self.after(kid)

    def loop_body(self, node: Node) -> Doc:
        return self.doc(node.kids[0])

    def second_guard(self, node: Node) -> Doc:
        return self.spaced(node.kids)

    def select_binding(self, node: Node) -> Doc:
        keyword, binding, equals, operation, guard, arrow, value = node.kids
        head = self.spaced((keyword, binding, equals, operation, guard, arrow))
        return concat(head, self.arm_body(value))

    def or_pattern(self, node: Node) -> Doc:
        alternatives = node.kids[0]
        assert isinstance(alternatives, Node)
        parts: list[Doc] = []
        for kid in alternatives.kids:
            is_bar = isinstance(kid, int) and self.tokens.kinds[kid] == "|"
            if is_bar:
                parts += [SPACE, self.doc(kid)]
            else:
                parts += [FillLine(self.doc(kid), 2), self.doc(kid)] if parts else [self.doc(kid)]
        return nest(*parts)

    def or_first(self, _node: Node) -> Doc:
        """Return nothing: the alternatives are complete only in `or_pattern`."""
        return EMPTY

    # Bodies of classes and enums share their rules with blocks

    def members(self, node: Node) -> Doc:
        """Return `{ members }` of a class."""
        return self.block(node) if len(node.kids) == 3 else self.block_empty(node)

    second_class_body = braces_empty = members

    def second_enum_body(self, node: Node) -> Doc:
        """Return cases: those written on one line with commas stay so."""
        opener, items, *_, closer = node.kids
        assert isinstance(opener, int)
        assert isinstance(items, Node)
        assert isinstance(closer, int)
        items.kids += node.kids[2:-1]
        whole = self.one_line_items(opener, items, closer)
        if whole is not None:
            return whole
        parts: list[Doc] = []
        comma: int | None = None
        for kid in items.kids:
            if isinstance(kid, int) and self.is_separator(kid):
                comma = kid if self.tokens.kinds[kid] == "," else None
                parts += [self.dressed(kid, EMPTY)] if comma is not None else []
                continue
            if comma is not None and not self.trivia.newlines[first_token(kid)] and not self.has_trivia(comma):
                parts.append(FillLine(self.item(kid), 1, has_comma=True))
            elif parts:
                parts.append(self.line_end_before(kid))
            parts.append(self.item(kid))
            comma = None
        body = nest(HARD, concat_all(parts), *self.dangling(closer))
        return concat(self.token(opener), body, HARD, self.token(closer))
