"""The state of checking one function body, and what every kind of expression needs from it.

`Body.expr` turns a syntax node into typed HIR; ``expected`` is the type that the surroundings would like
(a hint for literals, lambdas and inference), never a promise: who needs a type calls `coerce` on the result.
``UNIT`` as the expectation means that the value is not wanted at all.

The checkers of the kinds of nodes live in modules of their own and are found through `Body.table`, which
`compiler.check.dispatch` fills, so that they need not import each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from compiler.check import codes as code
from compiler.check.declared import DeclaredLocal, SourceClass, TypeScope
from compiler.check.flow import Flow
from compiler.check.mismatch import explain_mismatch
from compiler.check.session import Session
from compiler.check.subtyping import crosses_interface, is_subtype
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol, LocalSymbol
from compiler.ir.types import ERROR, NOTHING, NULL, UNIT, ErrorType, NothingType, Type, UnitType
from compiler.syntax import ast
from compiler.syntax.source import Span


class JumpContext:
    """A loop or block that `break` and `continue` can name."""

    __slots__ = ("breaks", "continues", "label", "target")

    def __init__(self, label: str | None) -> None:
        self.label = label
        self.target = hir.JumpTarget(label or "loop")
        self.breaks: list[Flow] = []
        self.continues: list[Flow] = []


class Frame:
    """A function or lambda being checked; lambdas are frames inside frames."""

    __slots__ = ("captures", "defer_depth", "generator", "is_deferred", "jumps", "kind", "loop_depth", "name",
                 "parent", "result", "result_label", "returns")  # fmt: skip

    def __init__(self, kind: str, name: str, result: Type | None, parent: Frame | None = None) -> None:
        self.kind = kind
        """``function``, ``lambda`` or ``initializer``."""
        self.name = name
        self.result = result
        """The type to return, or None while it is to be inferred from `returns`."""
        self.result_label: Label | None = None
        self.parent = parent
        self.captures: dict[LocalSymbol, None] = {}
        self.jumps: list[JumpContext] = []
        self.loop_depth = 0
        self.returns: list[hir.Return] = []
        self.generator: LocalSymbol | None = None
        """Of a function with `yield`: the generator object."""
        self.defer_depth = 0
        """Deferred blocks that wait for the end of theirs."""
        self.is_deferred = False
        """Inside of a `defer` block, which no jump leaves."""


Checker = Callable[["Body", ast.Node, Type | None], hir.Expr]


class Body:
    """One function body, with the lambdas inside it."""

    table: ClassVar[dict[type, Checker]] = {}

    def __init__(
        self,
        session: Session,
        scope: TypeScope,
        frame: Frame,
        *,
        this: LocalSymbol | None = None,
        this_class: SourceClass | None = None,
        function: FunctionSymbol | None = None,
    ) -> None:
        self.session = session
        self.scope = scope
        self.module = scope.module
        self.warns = scope.module.is_user
        self.frame = frame
        self.function = function
        self.this = this
        """The receiver, or None in static code and while an object is being made."""
        self.this_class = this_class
        """The class whose members are in sight without a receiver."""
        self.early_fields: dict[str, LocalSymbol] | None = None
        """In initialisers: the fields that have their values already."""
        self.is_synthetic = False
        self.is_lost = False
        """While lambdas of a call are checked of which an argument is wrong, or the value of a variable whose type is:
        what else is not known is no news."""
        self.locals: dict[str, DeclaredLocal] = {}
        self._undo: list[tuple[str, DeclaredLocal | None]] = []
        self._narrowed_locals: list[DeclaredLocal] = []
        self._late_locals: list[DeclaredLocal] = []
        self.flow = Flow({})
        self.assigned_log: list[LocalSymbol] = []
        """Every local that was assigned to, in order: what a `try` body may have changed is its end."""
        self.aside: dict[ast.Node, Type] = {}
        """Types of arguments that were looked at to choose an overload: each is looked at once."""

    # Checking

    def expr(self, node: ast.Expression, expected: Type | None = None) -> hir.Expr:
        """Check an expression."""
        return self.table[type(node)](self, node, expected)

    def typed(self, node: ast.Expression, target: Type, why: Label | None = None) -> hir.Expr:
        """Check an expression whose value must be of a type."""
        return self.coerce(self.table[type(node)](self, node, target), target, why)

    def value(self, node: ast.Expression, expected: Type | None = None) -> hir.Expr:
        """Check an expression that must have a value."""
        result = self.table[type(node)](self, node, expected)
        if isinstance(result.type, UnitType):
            self.error(code.NO_VALUE, node.span, "a value is needed here, and this has none", label="this is `Unit`")
            return self.invalid(node.span)
        return result

    def coerce(self, expr: hir.Expr, target: Type, why: Label | None = None) -> hir.Expr:
        """Return the expression as a value of ``target``; report it if that cannot be."""
        found = expr.type
        if found is target or found == target:
            return expr
        if isinstance(target, UnitType):
            return self.discard(expr)
        if is_subtype(found, target):
            if crosses_interface(found, target):
                self.error(
                    code.NO_INTERFACE_VALUE,
                    expr.span,
                    f"`{display(found)}` cannot be a value of type `{display(target)}`: it is no object",
                    label=f"this is `{display(found)}`",
                    suggestion=f"make the type a parameter with a bound, as in `<T: {display(target)}>`",
                )
                return self.invalid(expr.span)
            if isinstance(found, ErrorType) or isinstance(target, ErrorType):
                return expr
            return hir.Coerce(expr.span, target, expr)
        explain_mismatch(self.session, expr, target, why)
        return self.invalid(expr.span)

    def discard(self, expr: hir.Expr) -> hir.Expr:
        """Return the expression without its value."""
        if isinstance(expr.type, UnitType | NothingType | ErrorType):
            return expr
        return hir.Block(expr.span, UNIT, (expr,))

    # Making HIR

    def invalid(self, span: Span) -> hir.Expr:
        """Return what stands for an expression with a reported error."""
        return hir.Constant(span, ERROR, None)

    def null(self, span: Span) -> hir.Expr:
        return hir.Constant(span, NULL, None)

    def boolean(self, span: Span, value: bool) -> hir.Expr:
        return hir.Constant(span, self.session.bool_type, value)

    def temporary(self, type_: Type, name: str = "") -> LocalSymbol:
        """Return a local that no name means."""
        return LocalSymbol(name, type_)

    def get(self, local: LocalSymbol, span: Span) -> hir.Expr:
        return hir.LocalGet(span, local.type, local)

    def set(self, local: LocalSymbol, value: hir.Expr) -> hir.Expr:
        return hir.LocalSet(value.span, UNIT, local, value)

    def sequence(self, span: Span, before: Sequence[hir.Expr], value: hir.Expr) -> hir.Expr:
        """Return a value that needs something done before it."""
        if not before:
            return value
        return hir.Block(span, value.type, (*before, value))

    # Reporting

    def error(
        self,
        code_: str,
        span: Span,
        message: str,
        *,
        label: str = "",
        labels: Sequence[Label] = (),
        notes: Sequence[str] = (),
        suggestion: str | None = None,
    ) -> None:
        """Report an error."""
        self.session.diagnostics.error(
            code_, span, message, label=label, labels=labels, notes=notes, suggestion=suggestion
        )

    def warn(
        self,
        code_: str,
        span: Span,
        message: str,
        *,
        label: str = "",
        labels: Sequence[Label] = (),
        suggestion: str | None = None,
    ) -> None:
        """Report a warning, in code of the user."""
        if self.warns and not self.is_synthetic:
            self.session.diagnostics.warning(code_, span, message, label=label, labels=labels, suggestion=suggestion)

    # Scopes

    @contextmanager
    def block_scope(self) -> Iterator[None]:
        """Names declared inside end with it."""
        mark = len(self._undo)
        yield
        self.leave_scope(mark)

    def enter_scope(self) -> int:
        """Begin a scope; hand the result to `leave_scope`."""
        return len(self._undo)

    def leave_scope(self, mark: int) -> None:
        """End a scope: its names are forgotten, those never used are reported."""
        undo = self._undo
        while len(undo) > mark:
            name, before = undo.pop()
            local = self.locals[name]
            if self.warns:
                self._report_unused(local)
            if before is None:
                del self.locals[name]
            else:
                self.locals[name] = before

    def suspend_scope(self, mark: int) -> list[DeclaredLocal]:
        """Leave a scope that is gone on with later: `resume_scope` takes the result."""
        undo = self._undo
        suspended: list[DeclaredLocal] = []
        while len(undo) > mark:
            name, before = undo.pop()
            suspended.append(self.locals.pop(name))
            if before is not None:
                self.locals[name] = before
        return suspended

    def resume_scope(self, suspended: list[DeclaredLocal]) -> None:
        """Let the names of a scope be known again that `suspend_scope` left."""
        for local in reversed(suspended):
            self._undo.append((local.name, self.locals.get(local.name)))
            self.locals[local.name] = local

    def declare(self, local: DeclaredLocal) -> None:
        """Enter a local under its name."""
        local.frame = self.frame
        local.loop_depth = self.frame.loop_depth
        name = local.name
        if name == "_":
            return
        before = self.locals.get(name)
        is_twin = before is not None and local.role == "parameter" == before.role and before.frame is local.frame
        if before is not None and self.warns and name != "it" and not is_twin:
            self.warn(
                code.SHADOWING,
                local.span,
                f"`{name}` hides another `{name}`",
                labels=[Label(before.span, "the hidden one is declared here")],
            )
        self._undo.append((name, before))
        self.locals[name] = local

    def _report_unused(self, local: DeclaredLocal) -> None:
        if local.name.startswith("_") or local.role not in {"variable", "loop variable", "pattern"}:
            return
        if not local.is_used:
            what = "is never used" if not local.is_assigned else "is assigned but never used"
            self.warn(
                code.UNUSED_LOCAL,
                local.span,
                f"`{local.name}` {what}",
                suggestion=f"leave it out, or call it `_{local.name}`" if local.role == "variable" else "write `_`",
            )
        elif local.is_mutable and not local.is_assigned and not local.has_late_value and local.role == "variable":
            self.warn(
                code.NEVER_REASSIGNED,
                local.span,
                f"`{local.name}` is never assigned again",
                suggestion="declare it with `let`",
            )

    # Locals

    def capture(self, local: LocalSymbol, home: object) -> None:
        """Note that lambdas between here and the frame ``home`` use a local."""
        frame: Frame | None = self.frame
        while frame is not None and frame is not home:
            frame.captures[local] = None
            local.is_captured = True
            frame = frame.parent

    def read_local(self, local: DeclaredLocal, span: Span) -> hir.Expr:
        """Return the value of a local, of the narrowest type that is known."""
        local.is_used = True
        if local.frame is not self.frame:
            self.capture(local, local.frame)
        if local in self.flow.unassigned and self.flow.is_reachable:
            self.error(
                code.NOT_INITIALISED,
                span,
                f"`{local.name}` may not have a value yet",
                labels=[Label(local.span, "declared here without a value")],
                suggestion="give it a value on every way that leads here",
            )
            self.flow = self.flow.assign(local)
        value = hir.LocalGet(span, local.type, local)
        narrowed = self.flow.narrowed.get(local)
        if narrowed is None or narrowed == local.type:
            return value
        if local.is_mutable:
            if local.narrowed_uses is None:
                local.narrowed_uses = []
                self._narrowed_locals.append(local)
            local.narrowed_uses.append((span, local.frame is not self.frame, narrowed))
        return hir.Coerce(span, narrowed, value)

    def read_this(self, span: Span) -> hir.Expr:
        """Return the receiver; only where there is one."""
        this = self.this
        assert this is not None
        frame: Frame | None = self.frame
        while frame is not None and frame.parent is not None:
            frame.captures[this] = None
            this.is_captured = True
            frame = frame.parent
        narrowed = self.flow.narrowed.get(this)
        value = hir.LocalGet(span, this.type, this)
        return value if narrowed is None or narrowed == this.type else hir.Coerce(span, narrowed, value)

    def late_local(self, local: DeclaredLocal) -> None:
        """Remember a local that gets its value later, for `finish`."""
        self._late_locals.append(local)

    def finish(self) -> None:
        """Report what is known only when the whole body has been seen."""
        for local in self._narrowed_locals:
            for span, is_in_lambda, type_ in local.narrowed_uses or ():
                if local.is_lambda_assigned or (is_in_lambda and local.is_assigned):
                    self._report_smart_cast(local, span, type_)
        for local in self._late_locals:
            if local.is_captured and local.is_assigned:
                self.error(
                    code.LATE_CAPTURE,
                    local.span,
                    f"`{local.name}` is changed and used by a lambda, so it needs a value where it is declared",
                )

    def _report_smart_cast(self, local: DeclaredLocal, span: Span, type_: Type) -> None:
        why = "a lambda assigns it" if local.is_lambda_assigned else "it is used in a lambda and assigned elsewhere"
        self.error(
            code.NO_SMART_CAST,
            span,
            f"`{local.name}` cannot be taken for `{display(type_)}` here: {why}",
            label=f"this is `{display(local.type)}`",
            labels=[Label(local.span, "declared here")],
            notes=["between the test and this use the variable can get another value"],
            suggestion=f"copy it first: `let current = {local.name}`, and test the copy",
        )

    # Flow

    def end_here(self) -> None:
        """Note that control does not go on."""
        self.flow = self.flow.dead()

    def never(self, expr: hir.Expr) -> hir.Expr:
        """Note that control does not go on if an expression never has a value."""
        if expr.type is NOTHING:
            self.flow = self.flow.dead()
        return expr
