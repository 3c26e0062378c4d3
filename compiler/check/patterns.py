"""Patterns: what they test, what they bind, and their shape for the check of completeness.

A pattern becomes a list of steps on a value that can be repeated: tests, and locals to set, in order.  A step
may rely on those before it, so a value is taken apart only when the test for its class has been passed.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.conditions import may_be, tested_type
from compiler.check.declared import DeclaredLocal, Property, SourceClass, SourceGlobal
from compiler.check.destructuring import component_names
from compiler.check.equality import equals
from compiler.check.exhaustiveness import NULL, SOME, Pattern, Shape
from compiler.check.members import Found, read_property
from compiler.check.modules import ModuleScope
from compiler.check.names import static_entity
from compiler.check.operators import machine_call
from compiler.check.session import INTEGER_RANGES, number_kind
from compiler.check.subtyping import is_nullable, is_subtype, non_null
from compiler.check.type_display import display
from compiler.check.type_resolution import lookup_entity
from compiler.check.variables import read_global
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, LocalSymbol
from compiler.ir.types import AnyType, ClassType, ErrorType, NullableType, Repr, Type
from compiler.records import field, frozen, mutable
from compiler.syntax import ast
from compiler.syntax.source import Span


@frozen
class Step:
    """A test, or a local to set."""

    expr: hir.Expr
    is_test: bool


@mutable
class Matcher:
    """Checks one pattern of an arm."""

    body: Body
    steps: list[Step] = field(default_factory=list)
    bound: dict[str, DeclaredLocal] = field(default_factory=dict)
    narrowed: Type | None = None
    """The type that the whole value is known to be of when the pattern matches."""
    proved: Type | None = None
    """The same of the pattern that was read last."""
    reused: dict[str, DeclaredLocal] | None = None
    """In a further alternative: the locals of the first one."""
    depth: int = 0

    def test(self, expr: hir.Expr) -> None:
        self.steps.append(Step(expr, is_test=True))

    def match(self, node: ast.Pattern, value: hir.Expr) -> Pattern:
        """Add the steps of a pattern; return its shape."""
        self.depth += 1
        shape = self._match(node, value)
        self.depth -= 1
        return shape

    def _prove(self, type_: Type) -> None:
        self.proved = type_
        if self.depth == 1:
            self.narrowed = type_

    def _match(self, node: ast.Pattern, value: hir.Expr) -> Pattern:
        match node:
            case ast.WildcardPattern():
                return None
            case ast.NamePattern(_, name):
                return self._name(node, name, value)
            case ast.PathPattern(_, path):
                return self._path(node, path, value)
            case ast.LiteralPattern(_, literal):
                return self._literal(node, literal, value)
            case ast.RangePattern():
                return self._range(node, value)
            case ast.ConstructorPattern():
                return self._constructor(node, value)
            case ast.TuplePattern(_, elements):
                return self._tuple(node, elements, value)
            case ast.TypePattern(_, type_):
                return self._type(node, type_, value)
            case ast.AtPattern(_, name, inner):
                return self._at(name, inner, value)
            case ast.OrPattern(_, alternatives):
                return self._alternatives(node, alternatives, value)

    # Names

    def _name(self, node: ast.NamePattern, name: ast.Identifier, value: hir.Expr) -> Pattern:
        text = name.text
        if text == "_":
            return None
        type_ = non_null(value.type)
        case = _case_of(type_, text)
        if case is not None:
            return self._case(node.span, case, None, value)
        if text not in self.body.locals or not text[0].islower():
            entity = lookup_entity(self.body.scope, text)
            if isinstance(entity, SourceGlobal) and not entity.is_mutable:
                return self._equal(node.span, read_global(self.body, entity, node.span), value)
            if isinstance(entity, SourceClass) and entity.kind is ClassKind.CASE:
                return self._case(node.span, entity, None, value)
        if isinstance(type_, ClassType) and type_.symbol.kind is ClassKind.ENUM and text[0].isupper():
            self._unknown_case(name, type_)
            return Shape(object())
        self._bind(name, value)
        return None

    def _bind(self, name: ast.Identifier, value: hir.Expr) -> None:
        text = name.text
        if text in self.bound:
            self.body.error(
                code.PATTERN_BINDINGS,
                name.span,
                f"`{text}` is bound twice in this pattern",
                labels=[Label(self.bound[text].span, "bound here first")],
            )
            return
        if self.reused is not None and text in self.reused:
            local = self.reused[text]
            if local.type != value.type and not isinstance(value.type, ErrorType):
                self.body.error(
                    code.PATTERN_BINDINGS,
                    name.span,
                    f"`{text}` is `{display(value.type)}` here, but `{display(local.type)}` in the first alternative",
                )
        else:
            local = DeclaredLocal(text, value.type, name.span, "pattern")
            self.body.declare(local)
        self.bound[text] = local
        self.steps.append(Step(self.body.set(local, value), is_test=False))

    def _path(self, node: ast.PathPattern, path: Sequence[ast.Identifier], value: hir.Expr) -> Pattern:
        entity = _path_entity(self.body, path)
        if isinstance(entity, SourceClass) and entity.kind is ClassKind.CASE:
            return self._case(node.span, entity, None, value)
        if isinstance(entity, SourceGlobal) and not entity.is_mutable:
            return self._equal(node.span, read_global(self.body, entity, node.span), value)
        if not (isinstance(entity, ModuleScope) and entity.origin == "missing"):
            self.body.error(
                code.UNKNOWN_CASE,
                node.span,
                f"`{'.'.join(item.text for item in path)}` is no enum case and no constant",
            )
        return Shape(object())

    def _unknown_case(self, name: ast.Identifier, type_: ClassType) -> None:
        symbol = type_.symbol
        assert isinstance(symbol, SourceClass)
        names = [key for key, item in symbol.statics.items() if isinstance(item, SourceClass)]
        near = self.body.session.did_you_mean(name.text, names)
        self.body.error(
            code.UNKNOWN_CASE,
            name.span,
            f"the enum `{symbol.name}` has no case `{name.text}`",
            suggestion=f"did you mean `{near}`?" if near else f"its cases are {', '.join(names[:8])}",
        )

    # Values

    def _literal(self, node: ast.LiteralPattern, literal: ast.Expression, value: hir.Expr) -> Pattern:
        if isinstance(literal, ast.NullLiteral):
            if not is_nullable(value.type) and not isinstance(value.type, ErrorType):
                self._misfit(node.span, f"`{display(value.type)}` is never null")
                return Shape(object())
            self.test(hir.IsNull(node.span, self.body.session.bool_type, value))
            return Shape(NULL)
        constant = self.body.value(literal, non_null(value.type))
        return self._equal(node.span, constant, value)

    def _equal(self, span: Span, constant: hir.Expr, value: hir.Expr) -> Pattern:
        body = self.body
        if isinstance(constant.type, ErrorType) or isinstance(value.type, ErrorType):
            return Shape(object())
        left, right = non_null(value.type), constant.type
        if isinstance(left, ClassType) and isinstance(right, ClassType) and left != right:
            self._misfit(span, f"this pattern is `{display(right)}`, but the value is `{display(value.type)}`")
            return Shape(object())
        node = ast.Binary(span, ast.BinaryOperator.EQUAL, span, ast.Name(span, ""), ast.Name(span, ""))
        self.test(equals(body, node, value, constant))
        key = constant.value if isinstance(constant, hir.Constant) else object()
        return self._some(value.type, Shape(key))

    def _some(self, type_: Type, shape: Pattern) -> Pattern:
        """Lift the shape of a value that is not null to the nullable type."""
        return Shape(SOME, (shape,)) if isinstance(type_, NullableType) else shape

    def _range(self, node: ast.RangePattern, value: hir.Expr) -> Pattern:
        body = self.body
        inner_type = non_null(value.type)
        low = body.value(node.low, inner_type)
        high = body.value(node.high, inner_type)
        if any(isinstance(item.type, ErrorType) for item in (low, high, value)):
            return Shape(object())
        wanted = low.type if isinstance(inner_type, AnyType) else inner_type
        is_ordered = isinstance(wanted, ClassType) and (
            number_kind(wanted) in INTEGER_RANGES or wanted.symbol.builtin is Repr.CHAR
        )
        if not is_ordered or low.type != wanted or high.type != wanted:
            self._misfit(node.span, f"a range of `{display(low.type)}` does not fit `{display(value.type)}`")
            return Shape(object())
        if wanted != inner_type:
            self.test(hir.IsInstance(node.span, body.session.bool_type, value, wanted))
            inner: hir.Expr = hir.Coerce(node.span, wanted, value)
        else:
            inner = self._non_null(node.span, value)
        self.test(machine_call(body, node.span, "ge", inner, low))
        self.test(machine_call(body, node.span, "le" if node.is_inclusive else "lt", inner, high))
        return self._some(value.type, Shape(object()))

    def _non_null(self, span: Span, value: hir.Expr) -> hir.Expr:
        if not isinstance(value.type, NullableType):
            return value
        bool_type = self.body.session.bool_type
        self.test(hir.Not(span, bool_type, hir.IsNull(span, bool_type, value)))
        return hir.Coerce(span, value.type.inner, value)

    # Classes

    def _constructor(self, node: ast.ConstructorPattern, value: hir.Expr) -> Pattern:
        type_ = non_null(value.type)
        case = _case_of(type_, node.path[0].text) if len(node.path) == 1 else None
        entity = case if case is not None else _path_entity(self.body, node.path)
        if isinstance(entity, SourceClass) and entity.kind is ClassKind.CASE:
            return self._case(node.span, entity, node.arguments, value)
        if isinstance(entity, SourceClass) and entity.is_data:
            return self._data(node, entity, value)
        if isinstance(type_, ErrorType) or (isinstance(entity, ModuleScope) and entity.origin == "missing"):
            self._absorb(node.arguments)
            return Shape(object())
        if isinstance(type_, ClassType) and type_.symbol.kind is ClassKind.ENUM and entity is None:
            self._unknown_case(node.path[-1], type_)
        else:
            name = ".".join(item.text for item in node.path)
            self.body.error(
                code.UNKNOWN_CASE,
                node.span,
                f"`{name}` is no enum case and no data class, so it cannot be taken apart",
                suggestion="test the class with `is`" if isinstance(entity, SourceClass) else None,
            )
        self._absorb(node.arguments)
        return Shape(object())

    def _absorb(self, arguments: Sequence[ast.PatternArgument]) -> None:
        """Let the names of a pattern that failed be known."""
        for item in arguments:
            self.match(item.pattern, self.body.invalid(item.span))

    def _case(
        self, span: Span, case: SourceClass, arguments: Sequence[ast.PatternArgument] | None, value: hir.Expr
    ) -> Pattern:
        enum = case.outer
        assert enum is not None
        type_ = non_null(value.type)
        if not isinstance(type_, ClassType) or type_.symbol not in (enum, case):
            if not isinstance(type_, ErrorType):
                self._misfit(
                    span, f"`{case.name}` is a case of `{enum.name}`, but the value is `{display(value.type)}`"
                )
            self._absorb(arguments or ())
            return Shape(object())
        target = ClassType(case, type_.arguments)
        self.test(hir.IsInstance(span, self.body.session.bool_type, value, target))
        inner = hir.Coerce(span, target, value)
        names = [item.name for item in case.fields]
        shapes: tuple[Pattern, ...] = (None,) * len(names)
        if arguments is not None:
            shapes = self._parts(span, case.name, target, names, arguments, inner)
        self._prove(target)
        return self._some(value.type, Shape(case, shapes))

    def _data(self, node: ast.ConstructorPattern, symbol: SourceClass, value: hir.Expr) -> Pattern:
        span = node.span
        type_ = non_null(value.type)
        if isinstance(type_, ErrorType):
            self._absorb(node.arguments)
            return Shape(object())
        exact = isinstance(type_, ClassType) and type_.symbol is symbol
        if exact:
            target: Type = type_
            inner = self._non_null(span, value)
        else:
            path = ast.NamedType(span, node.path, ())
            target = tested_type(self.body, path, value.type)
            if not isinstance(target, ClassType) or not may_be(value.type, target):
                if not isinstance(target, ErrorType):
                    self._misfit(span, f"`{display(value.type)}` is never a `{symbol.name}`")
                self._absorb(node.arguments)
                return Shape(object())
            self.test(hir.IsInstance(span, self.body.session.bool_type, value, target))
            inner = hir.Coerce(span, target, value)
        assert isinstance(target, ClassType)
        names = component_names(target) or []
        shapes = self._parts(span, symbol.name, target, names, node.arguments, inner)
        self._prove(target)
        if not exact:
            return self._some(value.type, Shape(object()))
        return self._some(value.type, Shape(symbol, shapes) if not symbol.is_open else _only_if_open(shapes))

    def _parts(
        self,
        span: Span,
        title: str,
        target: ClassType,
        names: Sequence[str],
        arguments: Sequence[ast.PatternArgument],
        value: hir.Expr,
    ) -> tuple[Pattern, ...]:
        """Match the parts of an object; parts that are not named may hold anything."""
        shapes: dict[str, Pattern] = {}
        if any(item.name is not None for item in arguments):
            chosen: list[tuple[str, ast.PatternArgument]] = []
            for item in arguments:
                if item.name is None or item.name.text not in names:
                    self._wrong_part(item, title, names)
                else:
                    chosen.append((item.name.text, item))
        else:
            if len(arguments) != len(names):
                self.body.error(
                    code.PATTERN_ARGUMENTS,
                    span,
                    f"`{title}` has {len(names)} part{'' if len(names) == 1 else 's'}, but the pattern has "
                    f"{len(arguments)}",
                    suggestion=f"write `{title}({', '.join('_' for _ in names)})`" if names else f"write `{title}`",
                )
            chosen = list(zip(names, arguments, strict=False))
            self._absorb(arguments[len(names) :])
        for name, item in chosen:
            if name in shapes:
                self.body.error(code.PATTERN_ARGUMENTS, item.span, f"`{name}` is given twice")
            shapes[name] = self._part(target, name, item.pattern, value)
        return tuple(shapes.get(name) for name in names)

    def _wrong_part(self, item: ast.PatternArgument, title: str, names: Sequence[str]) -> None:
        if item.name is None:
            message, near = "either all parts are named or none", None
        else:
            message = f"`{title}` has no part `{item.name.text}`"
            near = self.body.session.did_you_mean(item.name.text, names)
        self.body.error(
            code.PATTERN_ARGUMENTS, item.span, message, suggestion=f"did you mean `{near}`?" if near else None
        )
        self.match(item.pattern, self.body.invalid(item.span))

    def _part(self, target: ClassType, name: str, node: ast.Pattern, value: hir.Expr) -> Pattern:
        body = self.body
        if isinstance(node, ast.WildcardPattern) or (isinstance(node, ast.NamePattern) and node.name.text == "_"):
            return None
        symbol = target.symbol
        assert isinstance(symbol, SourceClass)
        member = symbol.instance[name]
        assert isinstance(member, Property)
        part = read_property(body, value, Found(symbol, member, target), node.span)
        if not isinstance(node, ast.NamePattern) or _case_of(non_null(part.type), node.name.text) is not None:
            held = LocalSymbol("", part.type)
            self.steps.append(Step(body.set(held, part), is_test=False))
            part = body.get(held, node.span)
        return self.match(node, part)

    def _tuple(self, node: ast.TuplePattern, elements: Sequence[ast.Pattern], value: hir.Expr) -> Pattern:
        type_ = non_null(value.type)
        arguments = [ast.PatternArgument(item.span, None, item) for item in elements]
        names = component_names(type_)
        if names is None or not isinstance(type_, ClassType):
            if not isinstance(type_, ErrorType):
                self._misfit(node.span, f"`{display(value.type)}` is no tuple")
            self._absorb(arguments)
            return Shape(object())
        inner = self._non_null(node.span, value)
        shapes = self._parts(node.span, "the tuple", type_, names, arguments, inner)
        return self._some(value.type, Shape(type_.symbol, shapes))

    def _type(self, node: ast.TypePattern, written: ast.Type, value: hir.Expr) -> Pattern:
        target = tested_type(self.body, written, value.type)
        if isinstance(target, ErrorType) or isinstance(value.type, ErrorType):
            return Shape(object())
        if not may_be(value.type, target):
            self._misfit(node.span, f"`{display(value.type)}` is never a `{display(target)}`")
            return Shape(object())
        self._prove(target)
        if is_subtype(value.type, target):
            return None
        self.test(hir.IsInstance(node.span, self.body.session.bool_type, value, target))
        covers = is_subtype(non_null(value.type), target)
        if isinstance(target, ClassType) and target.symbol.kind is ClassKind.CASE:
            return self._some(value.type, Shape(target.symbol, (None,) * len(target.symbol.fields)))
        return self._some(value.type, None if covers else Shape(("is", target)))

    def _at(self, name: ast.Identifier, inner: ast.Pattern, value: hir.Expr) -> Pattern:
        """`name @ pattern`: the name has the type that the pattern proves."""
        self.proved = None
        self.depth -= 1
        shape = self.match(inner, value)
        self.depth += 1
        proved = self.proved
        bound = value
        if proved is not None and proved != value.type and is_subtype(proved, value.type):
            bound = hir.Coerce(name.span, proved, value)
        self._bind(name, bound)
        return shape

    def _alternatives(self, node: ast.OrPattern, alternatives: Sequence[ast.Pattern], value: hir.Expr) -> Pattern:
        body = self.body
        tests: list[hir.Expr | None] = []
        shapes: list[Pattern] = []
        first: dict[str, DeclaredLocal] | None = None
        for item in alternatives:
            inner = Matcher(body, reused=first if first is not None else self.reused)
            shapes.append(inner.match(item, value))
            if first is None:
                first = inner.bound
            elif first.keys() != inner.bound.keys():
                odd = ", ".join(f"`{name}`" for name in sorted(first.keys() ^ inner.bound.keys()))
                body.error(
                    code.PATTERN_BINDINGS, item.span, f"every alternative must bind the same names, unlike {odd}"
                )
            tests.append(conjunction(body, node.span, inner.steps))
        assert first is not None
        self.bound.update(first)
        combined: hir.Expr | None = tests[0]
        for test in tests[1:]:
            if combined is not None and test is not None:
                combined = hir.Or(node.span, body.session.bool_type, combined, test)
            else:
                combined = None
        if combined is not None:
            self.test(combined)
        return Shape("or", tuple(shapes))

    def _misfit(self, span: Span, message: str) -> None:
        self.body.error(code.WRONG_PATTERN, span, message)


def _only_if_open(shapes: tuple[Pattern, ...]) -> Pattern:
    """The parts of an open class say nothing about completeness unless they take anything."""
    return None if all(shape is None for shape in shapes) else Shape(object())


def conjunction(body: Body, span: Span, steps: Sequence[Step]) -> hir.Expr | None:
    """Return a Bool that does all the steps and holds if every test does; None if there are no steps."""
    bool_type = body.session.bool_type
    result: hir.Expr | None = None
    pending: list[hir.Expr] = []
    for step in steps:
        if not step.is_test:
            pending.append(step.expr)
            continue
        test = step.expr
        if pending:
            test = hir.Block(span, bool_type, (*pending, test))
            pending = []
        result = test if result is None else hir.And(span, bool_type, result, test)
    if pending:
        tail: hir.Expr = hir.Block(span, bool_type, (*pending, body.boolean(span, value=True)))
        result = tail if result is None else hir.And(span, bool_type, result, tail)
    return result


def _case_of(type_: Type, name: str) -> SourceClass | None:
    if not isinstance(type_, ClassType):
        return None
    symbol = type_.symbol
    if symbol.kind is ClassKind.CASE and isinstance(symbol, SourceClass) and symbol.outer is not None:
        symbol = symbol.outer
    if symbol.kind is not ClassKind.ENUM:
        return None
    assert isinstance(symbol, SourceClass)
    found = symbol.statics.get(name)
    return found if isinstance(found, SourceClass) and found.kind is ClassKind.CASE else None


def _path_entity(body: Body, path: Sequence[ast.Identifier]) -> object:
    node: ast.Expression = ast.Name(path[0].span, path[0].text)
    for part in path[1:]:
        node = ast.Member(path[0].span.to(part.span), node, part, is_safe=False)
    return static_entity(body, node)
