"""The abstract syntax of Pebble: what the parser builds and the checker reads.

Every node is immutable, carries the `Span` it was written at, and is compared
and hashed by identity, so that a later phase can keep facts about nodes in
dictionaries.  Optional parts are `None`, lists are tuples.

The tree says what was written and not what it means: `Red` in a pattern may
bind a name or name an enum case, `a.b` may select a member or name a module's
declaration, and `Name("it")` is an ordinary name.  The checker decides.  Depth
is bounded: the parser never hands out a tree deeper than `MAX_DEPTH` levels.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from compiler.records import frozen
from compiler.syntax.source import Span

MAX_DEPTH = 500


@frozen
class Node:
    """Anything that was written somewhere."""

    span: Span


@frozen
class Identifier(Node):
    """A name where it is written: declared, selected or referred to."""

    text: str


# Modifiers and annotations


@frozen
class Annotation(Node):
    """`@export("name")`; the arguments are expressions, almost always literals."""

    name: Identifier
    arguments: tuple[Argument, ...]


@frozen
class Modifiers(Node):
    """What precedes a declaration's keyword; `words` in the order written.

    Words: pub private protected open override abstract static data unsafe.
    """

    annotations: tuple[Annotation, ...]
    words: tuple[Identifier, ...]

    def has(self, word: str) -> bool:
        """Tell whether the modifier ``word`` is present."""
        return any(item.text == word for item in self.words)

    def word(self, word: str) -> Identifier | None:
        """Return the modifier ``word`` where it is written."""
        return next((item for item in self.words if item.text == word), None)

    def annotation(self, name: str) -> Annotation | None:
        """Return the first annotation called ``name``."""
        return next((item for item in self.annotations if item.name.text == name), None)


# Types


@frozen
class NamedType(Node):
    """`Int`, `json.JsonValue`, `Map<String, Int>`; the path has at least one part."""

    path: tuple[Identifier, ...]
    arguments: tuple[Type, ...]


@frozen
class NullableType(Node):
    """`T?`."""

    inner: Type


@frozen
class TupleType(Node):
    """`(Int, String)`, two elements or more; `(T)` is just `T`, `()` is refused."""

    elements: tuple[Type, ...]


@frozen
class FunctionType(Node):
    """`(Int, String) -> Bool`."""

    parameters: tuple[Type, ...]
    result: Type


@frozen
class ErrorType(Node):
    """Stands where a type could not be read; an error has been reported."""


Type: TypeAlias = NamedType | NullableType | TupleType | FunctionType | ErrorType


@frozen
class TypeParameter(Node):
    """`T`, or `T: Ranked & Printable`."""

    name: Identifier
    bounds: tuple[Type, ...]


# Bindings: the left side of `let`, `for`, lambda parameters


@frozen
class NameBinding(Node):
    """`name`; the name `_` binds nothing."""

    name: Identifier


@frozen
class TupleBinding(Node):
    """`(a, (b, _))`."""

    elements: tuple[Binding, ...]


Binding: TypeAlias = NameBinding | TupleBinding


# Expressions, literals


@frozen
class IntLiteral(Node):
    """`1_000`, `0xFF`, `0b1`, `0o7`: 0 to 2**64 - 1; a minus sign is a `Unary`."""

    value: int


@frozen
class FloatLiteral(Node):
    """`1.5`, `1e-3`."""

    value: float


@frozen
class BoolLiteral(Node):
    """`true` or `false`."""

    value: bool


@frozen
class NullLiteral(Node):
    """`null`."""


@frozen
class CharLiteral(Node):
    """`'x'`; `value` is one Unicode scalar value."""

    value: str


@frozen
class StringLiteral(Node):
    """Text without interpolation; escapes and indentation are resolved."""

    value: str


@frozen
class StringTemplate(Node):
    """`"${word}: ${n}"`; text parts are `StringLiteral`, other parts any expression.

    A part that was written as `${"text"}` is a `StringLiteral` too: same meaning.
    """

    parts: tuple[Expression, ...]


@frozen
class TupleLiteral(Node):
    """`(a, b)`, two elements or more."""

    elements: tuple[Expression, ...]


@frozen
class ListLiteral(Node):
    """`[a, b, c]`, possibly empty."""

    elements: tuple[Expression, ...]


@frozen
class MapLiteral(Node):
    """`["a": 1, "b": 2]`; `[:]` is the empty one."""

    entries: tuple[MapEntry, ...]


@frozen
class MapEntry(Node):
    """`key: value` of a map literal."""

    key: Expression
    value: Expression


# Expressions, names, selection, calls


@frozen
class Name(Node):
    """A plain name used as an expression."""

    text: str


@frozen
class This(Node):
    """`this`."""


@frozen
class Super(Node):
    """`super`, only useful as the object of a `Member`."""


@frozen
class Member(Node):
    """`object.name`, or `object?.name` if `is_safe`."""

    object: Expression
    name: Identifier
    is_safe: bool


@frozen
class TupleField(Node):
    """`object.0`, or `object?.0` if `is_safe`."""

    object: Expression
    index: int
    is_safe: bool


@frozen
class TypeApply(Node):
    """`callee<A, B>`: explicit type arguments, always followed by a call or a selection."""

    callee: Expression
    arguments: tuple[Type, ...]


@frozen
class Argument(Node):
    """`value`, `name: value`, or `values...` (`is_spread`) into variadic parameters."""

    name: Identifier | None
    value: Expression
    is_spread: bool


@frozen
class Call(Node):
    """`callee(arguments) { trailing }`; `callee { trailing }` has no arguments."""

    callee: Expression
    arguments: tuple[Argument, ...]
    trailing: Lambda | None


@frozen
class Index(Node):
    """`object[i]`, or `object[i, j]`."""

    object: Expression
    arguments: tuple[Expression, ...]


@frozen
class NotNull(Node):
    """`operand!!`."""

    operand: Expression


@frozen
class LambdaParameter(Node):
    """`x`, `x: Int`, `(k, v)`."""

    binding: Binding
    type: Type | None


@frozen
class Lambda(Node):
    """`{ x, y -> body }`.

    `parameters` is `None` if there is no arrow: then `it` is the parameter,
    provided that the expected function type has exactly one.
    """

    parameters: tuple[LambdaParameter, ...] | None
    body: Block


# Expressions, operators


class UnaryOperator(enum.Enum):
    """Prefix operators."""

    NEGATE = "-"
    NOT = "!"
    COMPLEMENT = "~"


class BinaryOperator(enum.Enum):
    """Infix operators on two values; the value is the operator as written."""

    MULTIPLY = "*"
    DIVIDE = "/"
    REMAINDER = "%"
    WRAPPING_MULTIPLY = "&*"
    ADD = "+"
    SUBTRACT = "-"
    WRAPPING_ADD = "&+"
    WRAPPING_SUBTRACT = "&-"
    SHIFT_LEFT = "<<"
    SHIFT_RIGHT = ">>"
    SHIFT_RIGHT_UNSIGNED = ">>>"
    WRAPPING_SHIFT_LEFT = "&<<"
    BIT_AND = "&"
    BIT_XOR = "^"
    BIT_OR = "|"
    RANGE_INCLUSIVE = ".."
    RANGE_EXCLUSIVE = "..<"
    ELVIS = "?:"
    IN = "in"
    NOT_IN = "!in"
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    EQUAL = "=="
    NOT_EQUAL = "!="
    IDENTICAL = "==="
    NOT_IDENTICAL = "!=="
    AND = "&&"
    OR = "||"


@frozen
class Unary(Node):
    """`-operand`, `!operand`, `~operand`."""

    operator: UnaryOperator
    operand: Expression


@frozen
class Binary(Node):
    """`left operator right`; `operator_span` is where the operator stands."""

    operator: BinaryOperator
    operator_span: Span
    left: Expression
    right: Expression


@frozen
class TypeTest(Node):
    """`operand is T`, or `operand !is T` if `is_negated`."""

    operand: Expression
    type: Type
    is_negated: bool


@frozen
class Cast(Node):
    """`operand as T` (throws), or `operand as? T` if `is_safe` (null on failure)."""

    operand: Expression
    type: Type
    is_safe: bool


# Expressions, control


@frozen
class Block(Node):
    """`{ statements }`: a body, a branch, or `do { ... }` as an expression.

    Its value, where one is wanted, is that of a final `ExpressionStatement`.
    """

    statements: tuple[Statement, ...]


@frozen
class If(Node):
    """`if condition { } else if ... else { }`, statement or expression."""

    condition: Expression
    then: Block
    otherwise: Block | If | None


@frozen
class Match(Node):
    """`match subject { arms }`."""

    subject: Expression
    arms: tuple[MatchArm, ...]


@frozen
class MatchArm(Node):
    """`pattern if guard => body`; `else => body` has a `WildcardPattern`."""

    pattern: Pattern
    guard: Expression | None
    body: Expression | Assign


@frozen
class Try(Node):
    """`try { } catch (e: T) { } finally { }`, statement or expression."""

    body: Block
    catches: tuple[Catch, ...]
    finally_body: Block | None


@frozen
class Catch(Node):
    """`catch (name: type) { body }`."""

    name: Identifier
    type: Type
    body: Block


@frozen
class Return(Node):
    """`return value`, an expression that never has a value."""

    value: Expression | None


@frozen
class Throw(Node):
    """`throw value`, an expression that never has a value."""

    value: Expression


@frozen
class Break(Node):
    """`break`, `break label`, an expression that never has a value."""

    label: Identifier | None


@frozen
class Continue(Node):
    """`continue`, `continue label`, an expression that never has a value."""

    label: Identifier | None


@frozen
class Yield(Node):
    """`yield value`: hands the next element to the consumer of a generator."""

    value: Expression


@frozen
class Spawn(Node):
    """`spawn { body }`, a `Task<T>`."""

    body: Block


@frozen
class Unsafe(Node):
    """`unsafe { body }`."""

    body: Block


@frozen
class Select(Node):
    """`select { arms }`."""

    arms: tuple[SelectArm, ...]


@frozen
class SelectArm(Node):
    """`let v = channel.receive() if guard => body`, `channel.send(x) => body`, `else => body`.

    `operation` is `None` in an `else` arm; `binding` only with a `let`.
    """

    binding: Binding | None
    operation: Expression | None
    guard: Expression | None
    body: Expression | Assign


@frozen
class ErrorExpression(Node):
    """Stands where an expression or statement could not be read; an error has been reported."""


@frozen
class Elided(Node):
    """Stands for an expression whose typed form is kept elsewhere; no source text has it."""

    is_block: bool


Expression: TypeAlias = (
    IntLiteral
    | FloatLiteral
    | BoolLiteral
    | NullLiteral
    | CharLiteral
    | StringLiteral
    | StringTemplate
    | TupleLiteral
    | ListLiteral
    | MapLiteral
    | Name
    | This
    | Super
    | Member
    | TupleField
    | TypeApply
    | Call
    | Index
    | NotNull
    | Lambda
    | Unary
    | Binary
    | TypeTest
    | Cast
    | Block
    | If
    | Match
    | Try
    | Return
    | Throw
    | Break
    | Continue
    | Yield
    | Spawn
    | Unsafe
    | Select
    | ErrorExpression
    | Elided
)


# Patterns


@frozen
class WildcardPattern(Node):
    """`_`, or the `else` of a match arm."""


@frozen
class NamePattern(Node):
    """A plain name: an enum case or constant if one is in scope, else a new binding."""

    name: Identifier


@frozen
class PathPattern(Node):
    """`Color.Red`, `Limits.max`: two parts or more."""

    path: tuple[Identifier, ...]


@frozen
class LiteralPattern(Node):
    """A literal; a negative number is a `Unary`; never a `StringTemplate`."""

    value: Expression


@frozen
class RangePattern(Node):
    """`'a'..'z'`, `0..<n` with literal ends."""

    low: Expression
    high: Expression
    is_inclusive: bool


@frozen
class ConstructorPattern(Node):
    """`Circle(_, r)`, `Shape.Circle(radius: r)`, a data class `Point(x, y)`."""

    path: tuple[Identifier, ...]
    arguments: tuple[PatternArgument, ...]


@frozen
class PatternArgument(Node):
    """`pattern` or `name: pattern`."""

    name: Identifier | None
    pattern: Pattern


@frozen
class TuplePattern(Node):
    """`(a, b)`, two elements or more."""

    elements: tuple[Pattern, ...]


@frozen
class TypePattern(Node):
    """`is T`."""

    type: Type


@frozen
class AtPattern(Node):
    """`name @ pattern`: binds the whole value."""

    name: Identifier
    pattern: Pattern


@frozen
class OrPattern(Node):
    """`a | b | c`, two alternatives or more."""

    alternatives: tuple[Pattern, ...]


Pattern: TypeAlias = (
    WildcardPattern
    | NamePattern
    | PathPattern
    | LiteralPattern
    | RangePattern
    | ConstructorPattern
    | TuplePattern
    | TypePattern
    | AtPattern
    | OrPattern
)


# Statements


@frozen
class ExpressionStatement(Node):
    """An expression on a line of its own."""

    expression: Expression


@frozen
class Assign(Node):
    """`target = value`, or `target += value` with an `operator`.

    The target is a `Name`, `Member`, `TupleField` or `Index`, or without an operator a `TupleLiteral` of these, as the
    parser has checked.
    """

    target: Expression
    operator: BinaryOperator | None
    operator_span: Span
    value: Expression


@frozen
class While(Node):
    """`label: while condition { body }`."""

    label: Identifier | None
    condition: Expression
    body: Block


@frozen
class DoWhile(Node):
    """`label: do { body } while condition`."""

    label: Identifier | None
    body: Block
    condition: Expression


@frozen
class For(Node):
    """`label: for binding in iterable { body }`."""

    label: Identifier | None
    binding: Binding
    type: Type | None
    iterable: Expression
    body: Block


@frozen
class Defer(Node):
    """`defer { body }`; `defer expression` has a block of one statement."""

    body: Block


@frozen
class Assert(Node):
    """`assert condition`, `assert condition, message`."""

    condition: Expression
    message: Expression | None


# Declarations


@frozen
class Parameter(Node):
    """`name: type = default`; `name: type...` is variadic and its type the element's."""

    annotations: tuple[Annotation, ...]
    name: Identifier
    type: Type
    is_variadic: bool
    default: Expression | None


@frozen
class Late:
    """Stands for the last field of a node, which has not been read from the cache yet."""

    read: Callable[[], object]


@frozen
class LateBody(Late):
    """Stands for the body of a function."""

    span: Span
    is_block: bool


@frozen
class PartlyLate(Node):
    """A node whose last field is read when it is asked for, where ``late`` is set."""

    __slots__ = ("late",)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            late = late_part(self) if name == self.__match_args__[-1] else None
            if late is None:
                raise AttributeError(name)
            found = late.read()
            setattr(self, name, found)
            return found


def late_part(node: PartlyLate) -> Late | None:
    """Return what stands for the last field of a node, whether it has been read or not."""
    try:
        found: Late = object.__getattribute__(node, "late")
    except AttributeError:
        return None
    return found


@frozen
class Function(PartlyLate):
    """A function, method, local function or extension (`receiver` is set).

    `body` is a `Block` for `{ }`, any other expression for `= expression`, and
    `None` if there is none (abstract, interface, @host, @intrinsic).
    """

    doc: str | None
    modifiers: Modifiers
    receiver: Type | None
    name: Identifier
    type_parameters: tuple[TypeParameter, ...]
    parameters: tuple[Parameter, ...]
    result: Type | None
    body: Expression | None

    @property
    def has_body(self) -> bool:
        """Whether there is a body."""
        return self.body_span is not None

    @property
    def has_block(self) -> bool:
        """Whether there is a body in braces."""
        late = late_part(self)
        body = self.body if late is None else late
        return body.is_block if isinstance(body, Elided | LateBody) else isinstance(body, Block)

    @property
    def body_span(self) -> Span | None:
        """Where the body is written."""
        late = late_part(self)
        if isinstance(late, LateBody):
            return late.span
        return None if self.body is None else self.body.span


@frozen
class Variable(Node):
    """`let` or `var` (`is_mutable`): local, module level, or a property.

    With a `getter` it is a computed property.  Only a local one may bind a tuple.
    """

    doc: str | None
    modifiers: Modifiers
    is_mutable: bool
    binding: Binding
    type: Type | None
    initializer: Expression | None
    getter: Getter | None
    setter: Setter | None


@frozen
class Getter(Node):
    """`get() = expression` or `get() { body }`; body as in `Function`."""

    modifiers: Modifiers
    body: Expression


@frozen
class Setter(Node):
    """`set(name) { body }`; body as in `Function`."""

    modifiers: Modifiers
    parameter: Identifier
    body: Expression


@frozen
class ClassParameter(Node):
    """A constructor parameter in the header of a class.

    `is_mutable` is `None` for a plain parameter, which is a `let` property in a
    data class; `False` for `let name: T`, `True` for `var name: T`.
    """

    doc: str | None
    modifiers: Modifiers
    is_mutable: bool | None
    name: Identifier
    type: Type
    is_variadic: bool
    default: Expression | None


@frozen
class Supertype(Node):
    """`Ranked`, or `Base(x)` with constructor arguments (`None` if there are no parentheses)."""

    type: Type
    arguments: tuple[Argument, ...] | None


@frozen
class Class(PartlyLate):
    """`class Name<T>(parameters) : Base(x), Interface { members }`.

    `data`, `open`, `abstract` are modifiers.  `parameters` is `None` without parentheses.
    """

    doc: str | None
    modifiers: Modifiers
    name: Identifier
    type_parameters: tuple[TypeParameter, ...]
    parameters: tuple[ClassParameter, ...] | None
    supertypes: tuple[Supertype, ...]
    members: tuple[ClassMember, ...]


@frozen
class Init(Node):
    """`init { body }` of a class."""

    body: Block


@frozen
class Interface(PartlyLate):
    """`interface Name<T> : Other { members }`."""

    doc: str | None
    modifiers: Modifiers
    name: Identifier
    type_parameters: tuple[TypeParameter, ...]
    supertypes: tuple[Supertype, ...]
    members: tuple[ClassMember, ...]


@frozen
class EnumField(Node):
    """One part of a case's payload: `radius: Float`, or `Float` without a name."""

    name: Identifier | None
    type: Type
    default: Expression | None


@frozen
class EnumCase(Node):
    """`Circle(center: Point, radius: Float)`, `Red`, `Red = 1`."""

    doc: str | None
    annotations: tuple[Annotation, ...]
    name: Identifier
    fields: tuple[EnumField, ...]
    value: Expression | None


@frozen
class Enum(PartlyLate):
    """`enum Name<T> : Interface { cases and members }`."""

    doc: str | None
    modifiers: Modifiers
    name: Identifier
    type_parameters: tuple[TypeParameter, ...]
    supertypes: tuple[Supertype, ...]
    cases: tuple[EnumCase, ...]
    members: tuple[ClassMember, ...]


@frozen
class TypeAliasDeclaration(Node):
    """`typealias Name<T> = Type`."""

    doc: str | None
    modifiers: Modifiers
    name: Identifier
    type_parameters: tuple[TypeParameter, ...]
    type: Type


@frozen
class Test(Node):
    """`test "name" { body }`."""

    doc: str | None
    modifiers: Modifiers
    name: str
    body: Block


Declaration: TypeAlias = Function | Variable | Class | Interface | Enum | TypeAliasDeclaration | Test
ClassMember: TypeAlias = Function | Variable | Class | Interface | Enum | TypeAliasDeclaration | Init
Statement: TypeAlias = ExpressionStatement | Assign | While | DoWhile | For | Defer | Assert | Variable | Function


# Modules


@frozen
class ImportName(Node):
    """`name`, or `name as alias`, between the braces of an import."""

    name: Identifier
    alias: Identifier | None


@frozen
class Import(Node):
    """`import a.b`, `import a.b as c`, `import a.{x, y as z}`.

    `names` is `None` without braces.  `pub import` has the modifier `pub`.
    """

    modifiers: Modifiers
    path: tuple[Identifier, ...]
    alias: Identifier | None
    names: tuple[ImportName, ...] | None


@frozen
class Module(Node):
    """One file; `annotations` are those written `@file:name` before the imports."""

    doc: str | None
    annotations: tuple[Annotation, ...]
    imports: tuple[Import, ...]
    declarations: tuple[Declaration, ...]
