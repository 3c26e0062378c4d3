"""Typed HIR: expressions with their types, every name resolved, every conversion explicit.

Everything is an expression; statements are expressions of type Unit or Nothing.  Evaluation is left
to right.  The checker has removed: named and default arguments, varargs, operators on user types,
properties with getters, ``?.``, ``?:``, string conversion in templates, ``match``, destructuring,
``it``.  An operand whose type differs from the type needed is wrapped in ``Coerce``.  Types may
mention type parameters of the enclosing declaration; the emitter specialises.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeAlias

from compiler.ir.symbols import ClassSymbol, FieldSymbol, FunctionSymbol, GlobalSymbol, LocalSymbol
from compiler.ir.types import Type
from compiler.records import field, frozen, mutable
from compiler.syntax.source import Span


@frozen
class Node:
    """Anything: where it was written, and the type of its value."""

    span: Span
    type: Type


# Values


@frozen
class Constant(Node):
    """A literal: int (any integer type, Char as code point), float, bool, str, None for null or Unit."""

    value: int | float | bool | str | None


@frozen
class LocalGet(Node):
    """Read a local; ``this`` is a local too."""

    local: LocalSymbol


@frozen
class LocalSet(Node):
    """Initialise (first time) or assign a local."""

    local: LocalSymbol
    value: Expr


@frozen
class GlobalGet(Node):
    """Read a module variable."""

    variable: GlobalSymbol


@frozen
class GlobalSet(Node):
    """Assign a module variable."""

    variable: GlobalSymbol
    value: Expr


@frozen
class FieldGet(Node):
    """Read a field of a non-null object, whose static type is the owner or below it."""

    object: Expr
    field: FieldSymbol


@frozen
class FieldSet(Node):
    """Assign a field."""

    object: Expr
    field: FieldSymbol
    value: Expr


# Calls


@frozen
class Call(Node):
    """Call exactly this function (free function, super call, method of a builtin or final class).

    ``class_arguments`` instantiate the owner's type parameters, ``type_arguments`` the function's own.
    The receiver, if any, is the first argument.
    """

    function: FunctionSymbol
    class_arguments: tuple[Type, ...]
    type_arguments: tuple[Type, ...]
    arguments: tuple[Expr, ...]


@frozen
class VirtualCall(Node):
    """Call the override that the receiver's dynamic class has.

    ``function`` is the declaration seen statically (class or interface method).  The receiver may be of
    a type parameter's type: then ``function`` belongs to one of its bounds, or is equals/hash/toString
    of Any (``Object``), and the emitter resolves it when the instance is over a builtin.
    """

    function: FunctionSymbol
    class_arguments: tuple[Type, ...]
    type_arguments: tuple[Type, ...]
    arguments: tuple[Expr, ...]


@frozen
class CallValue(Node):
    """Call a function value."""

    callee: Expr
    arguments: tuple[Expr, ...]


@frozen
class New(Node):
    """Make an object of a class (``type`` is its ClassType) with constructor arguments, in parameter order."""

    arguments: tuple[Expr, ...]


@frozen
class NewArray(Node):
    """Array of given elements; ``type`` is ``Array<T>``."""

    elements: tuple[Expr, ...]


@frozen
class Lambda(Node):
    """A function value.

    ``captures`` are the locals of enclosing functions (``this`` too) that it uses, including those used
    by lambdas inside it.
    """

    params: tuple[LocalSymbol, ...]
    captures: tuple[LocalSymbol, ...]
    body: Expr
    name: str
    """For stack traces: ``main.lambda#1``."""


@frozen
class FunctionValue(Node):
    """A named function used as a value."""

    function: FunctionSymbol
    class_arguments: tuple[Type, ...]
    type_arguments: tuple[Type, ...]


# Types at run time


@frozen
class Coerce(Node):
    """Conversion that cannot fail.

    To a supertype (boxing a primitive for Any or a nullable type), from Nothing, or to the type that
    flow typing has proved (unboxing a smart cast).
    """

    value: Expr


@frozen
class Cast(Node):
    """``as``: throws the bad-cast trap if the value is not of the type."""

    value: Expr


@frozen
class IsInstance(Node):
    """``is``: Bool.  ``target`` has no erased type arguments that matter."""

    value: Expr
    target: Type


@frozen
class IsNull(Node):
    """Bool: the nullable value is null."""

    value: Expr


@frozen
class NotNull(Node):
    """``!!``: the value as non-null; throws the null-reference trap."""

    value: Expr


@frozen
class Identical(Node):
    """``===`` on references: Bool."""

    left: Expr
    right: Expr


# Operators and text


@frozen
class And(Node):
    """Short-circuit and of Bools."""

    left: Expr
    right: Expr


@frozen
class Or(Node):
    """Short-circuit or of Bools."""

    left: Expr
    right: Expr


@frozen
class Not(Node):
    """Negation of a Bool."""

    value: Expr


@frozen
class Concat(Node):
    """Text of several Strings, at least one."""

    parts: tuple[Expr, ...]


# Control


@frozen
class Block(Node):
    """Statements, then the value of the last one if ``type`` is not Unit; may be empty (Unit)."""

    body: tuple[Expr, ...]


@frozen
class If(Node):
    """Both branches have this type or Nothing (or are statements: Unit)."""

    condition: Expr
    then: Expr
    otherwise: Expr | None


@mutable
class JumpTarget:
    """A loop or a labelled block, as the target of Break and Continue."""

    name: str


@frozen
class Loop(Node):
    """``while condition { body; step }``.

    Continue goes to ``step``.  ``condition`` None is forever; ``tests_last`` is do-while.
    """

    target: JumpTarget
    condition: Expr | None
    body: Expr
    step: Expr | None = None
    tests_last: bool = False


@frozen
class Labelled(Node):
    """A statement block that Break can leave (Unit)."""

    target: JumpTarget
    body: Expr


@frozen
class Break(Node):
    """Leave a loop or labelled block (Nothing)."""

    target: JumpTarget


@frozen
class Continue(Node):
    """Next round of a loop (Nothing)."""

    target: JumpTarget


@frozen
class Switch(Node):
    """Jump by an Int32 or Int; cases are constant numbers with a body; like If in type."""

    subject: Expr
    cases: tuple[tuple[tuple[int, ...], Expr], ...]
    default: Expr


@frozen
class Return(Node):
    """Return from the enclosing function or lambda (Nothing)."""

    value: Expr | None


@frozen
class Throw(Node):
    """Throw an exception object (Nothing)."""

    value: Expr


@frozen
class Catch:
    """``catch (local: type) body``; ``type`` is the local's class type."""

    local: LocalSymbol
    body: Expr


@frozen
class Try(Node):
    """Body or a catch gives the value.

    ``finally_body`` (Unit) runs on every way out, by Break, Continue and Return too.
    """

    body: Expr
    catches: tuple[Catch, ...]
    finally_body: Expr | None


# Generators


@frozen
class Suspend(Node):
    """Stop inside of a ``Resumable``: return, and go on here when the function is called again (Unit)."""


@frozen
class Resumable(Node):
    """The body of the lambda of a generator, its only parameter (Unit).

    ``point``, ``references`` and ``numbers`` are the fields of the generator that say at which Suspend it stopped
    (0 none, -1 it runs or has ended) and what its variables held there; the arrays are null before the first call.
    """

    generator: Expr
    point: FieldGet
    references: FieldGet
    numbers: FieldGet
    body: Expr


Expr: TypeAlias = (
    Constant
    | LocalGet
    | LocalSet
    | GlobalGet
    | GlobalSet
    | FieldGet
    | FieldSet
    | Call
    | VirtualCall
    | CallValue
    | New
    | NewArray
    | Lambda
    | FunctionValue
    | Coerce
    | Cast
    | IsInstance
    | IsNull
    | NotNull
    | Identical
    | And
    | Or
    | Not
    | Concat
    | Block
    | If
    | Loop
    | Labelled
    | Break
    | Continue
    | Switch
    | Return
    | Throw
    | Try
    | Suspend
    | Resumable
)


@frozen
class Test:
    """`test "name" { ... }`: its name as it is meant, and the function of its block."""

    name: str
    span: Span
    function: FunctionSymbol


@mutable
class Program:
    """A checked program: roots for the emitter, which takes along only what they reach.

    ``core`` finds a class of stdlib/core by name, ``core_functions`` a function of it: the emitter needs
    ``anyEquals``, ``anyHash``, ``anyToString`` and ``programArguments`` there.
    """

    name: str
    main: FunctionSymbol | None
    exports: list[FunctionSymbol]
    globals: Iterable[GlobalSymbol]
    """Of all modules, in initialisation order; the emitter keeps those that are reached.  Read it when all
    bodies have been asked for: a body can bring in more."""
    core: dict[str, ClassSymbol]
    bodies: Bodies
    core_functions: dict[str, FunctionSymbol] = field(default_factory=dict)
    at_end: FunctionSymbol | None = None
    """Called when ``main`` ends, in whatever way."""
    sources: dict[str, str] = field(default_factory=dict)
    """Texts of the user's modules by file name: embedded for disassembly and traces."""
    looked_up: list[str] = field(default_factory=list)
    """Files that were looked for in the program's folder, found or not: what the result depends on."""
    symbols: Symbols | None = None
    """Finds declarations by name, for code that was kept from another compilation."""
    tests: list[Test] = field(default_factory=list)
    """Of the main module, in order; emitted only where their functions are exports."""
    is_privileged: bool = False
    """Made of system modules: the emitted module may use raw memory."""


class Bodies(Protocol):
    """Gives the checked body of a function, checking library functions on demand."""

    def body(self, function: FunctionSymbol) -> Expr:
        """Return the body; its value is the function's result (or it returns)."""
        ...


class Symbols(Protocol):
    """Finds declarations by module and qualified name; None if there is none of that name."""

    def class_named(self, module: str, name: str) -> ClassSymbol | None:
        """Return a class."""
        ...

    def function_named(self, module: str, name: str) -> FunctionSymbol | None:
        """Return a function or method that stands in a module or class, not in another function."""
        ...

    def variable_named(self, module: str, name: str) -> GlobalSymbol | None:
        """Return a module variable or static property."""
        ...

    def case_named(self, module: str, name: str) -> GlobalSymbol | None:
        """Return the variable that holds the object of an enum case."""
        ...
