"""Whether typed HIR keeps the promises of `compiler.ir.hir`: a second opinion on the checker's work.

Each finding is a line of text.  Types are compared exactly, because the emitter relies on every conversion
being written as `Coerce`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import (
    ClassType,
    FunctionType,
    NothingType,
    NullableType,
    NullType,
    ParameterType,
    Repr,
    Type,
    UnitType,
    substitute,
)
from compiler.records import field_types


def children(node: hir.Expr) -> Iterator[hir.Expr]:
    for name in field_types(type(node)):
        value = getattr(node, name)
        if isinstance(value, hir.Node):
            yield value
        elif isinstance(value, hir.Catch):
            yield value.body
        elif isinstance(value, tuple):
            for part in value:
                yield from parts(part)


def parts(value: object) -> Iterator[hir.Expr]:
    if isinstance(value, hir.Node):
        yield value
    elif isinstance(value, hir.Catch):
        yield value.body
    elif isinstance(value, tuple):
        for part in value:
            yield from parts(part)


class Checker:
    """Walks over one body."""

    def __init__(self, function: FunctionSymbol) -> None:
        self.function = function
        self.findings: list[str] = []
        self.results: list[Type] = [function.result]

    def check(self, body: hir.Expr) -> list[str]:
        self.walk(body)
        result = self.function.result
        if not isinstance(result, UnitType) and not isinstance(body.type, UnitType) and not fits(body.type, result):
            self.report(body, f"body is {body.type}, result {result}")
        return self.findings

    def report(self, node: hir.Expr, message: str) -> None:
        self.findings.append(f"{self.function.qualified_name}:{node.span.line}: {type(node).__name__}: {message}")

    def walk(self, node: hir.Expr) -> None:
        if isinstance(node, hir.Lambda):
            assert isinstance(node.type, FunctionType)
            if tuple(item.type for item in node.params) != node.type.params:
                self.report(node, "parameters differ from the type")
            self.results.append(node.type.result)
            self.walk(node.body)
            self.results.pop()
            return
        self.node(node)
        for child in children(node):
            self.walk(child)

    def expect(self, node: hir.Expr, found: hir.Expr, wanted: Type, what: str) -> None:
        if not fits(found.type, wanted):
            self.report(node, f"{what} is {found.type}, wanted {wanted}")

    def node(self, node: hir.Expr) -> None:  # noqa: C901 - one case for each kind of node
        match node:
            case hir.Call(_, type_, function, class_args, type_args, arguments) | hir.VirtualCall(
                _, type_, function, class_args, type_args, arguments
            ):
                self.call(node, type_, function, (class_args, type_args), arguments)
            case hir.LocalSet(_, _, local, value):
                self.expect(node, value, local.type, f"value of {local.name!r}")
            case hir.LocalGet(_, type_, local) if type_ != local.type:
                self.report(node, f"{local.name!r} is {local.type}, read as {type_}")
            case hir.GlobalSet(_, _, variable, value):
                self.expect(node, value, variable.type, variable.name)
            case hir.FieldSet(_, _, _, _, value) if isinstance(value.type, UnitType):
                self.report(node, "stores no value")
            case hir.If(_, type_, condition, then, otherwise):
                self.boolean(node, condition)
                for branch in (then, otherwise):
                    if branch is not None and not isinstance(type_, UnitType):
                        self.expect(node, branch, type_, "branch")
            case hir.And(_, _, left, right) | hir.Or(_, _, left, right):
                self.boolean(node, left)
                self.boolean(node, right)
            case hir.Not(_, _, value):
                self.boolean(node, value)
            case hir.Block(_, type_, body) if not isinstance(type_, UnitType | NothingType):
                self.expect(node, body[-1], type_, "value of the block")
            case hir.Return(_, _, value):
                self.returned(node, value)
            case hir.CallValue(_, type_, callee, arguments):
                if not isinstance(callee.type, FunctionType):
                    self.report(node, f"calls {callee.type}")
                else:
                    for argument, param in zip(arguments, callee.type.params, strict=True):
                        self.expect(node, argument, param, "argument")
            case hir.NewArray(_, type_, elements):
                assert isinstance(type_, ClassType)
                for element in elements:
                    self.expect(node, element, type_.arguments[0], "element")
            case hir.New(_, type_, arguments):
                self.new(node, type_, arguments)
            case hir.NotNull(_, type_, value) if isinstance(type_, NullableType) or isinstance(value.type, NullType):
                self.report(node, "of a wrong type")
            case hir.Concat(_, type_, texts):
                for text in texts:
                    self.expect(node, text, type_, "part")

    def boolean(self, node: hir.Expr, value: hir.Expr) -> None:
        type_ = value.type
        if isinstance(type_, NothingType):
            return
        if not isinstance(type_, ClassType) or type_.symbol.builtin is not Repr.BOOL:
            self.report(node, f"condition is {type_}")

    def returned(self, node: hir.Expr, value: hir.Expr | None) -> None:
        wanted = self.results[-1]
        if value is None:
            if not isinstance(wanted, UnitType):
                self.report(node, f"returns nothing, wanted {wanted}")
        elif not isinstance(wanted, UnitType):
            self.expect(node, value, wanted, "returned value")

    def call(
        self,
        node: hir.Expr,
        type_: Type,
        function: FunctionSymbol,
        given: tuple[tuple[Type, ...], tuple[Type, ...]],
        arguments: Sequence[hir.Expr],
    ) -> None:
        owners = function.owner.type_params if function.owner is not None else []
        if len(owners) != len(given[0]) or len(function.type_params) != len(given[1]):
            self.report(node, f"{function.name}: wrong number of type arguments")
            return
        mapping = dict(zip([*owners, *function.type_params], [*given[0], *given[1]], strict=True))
        if len(arguments) != len(function.params):
            self.report(node, f"{function.name}: {len(arguments)} arguments for {len(function.params)}")
            return
        for index, (argument, param) in enumerate(zip(arguments, function.params, strict=True)):
            is_bound_receiver = index == 0 and isinstance(argument.type, ParameterType) and param.name == "this"
            if not is_bound_receiver:
                self.expect(node, argument, substitute(param.type, mapping), f"{function.name}({param.name})")
        result = substitute(function.result, mapping)
        if result != type_ and not isinstance(type_, NothingType):
            self.report(node, f"{function.name}: result {result}, read as {type_}")

    def new(self, node: hir.Expr, type_: Type, arguments: Sequence[hir.Expr]) -> None:
        assert isinstance(type_, ClassType)
        symbol = type_.symbol
        if symbol.constructor is None:
            return
        mapping = dict(zip(symbol.type_params, type_.arguments, strict=True))
        params = symbol.constructor().params
        if len(params) != len(arguments):
            self.report(node, f"{symbol.name}: {len(arguments)} arguments for {len(params)}")
            return
        for argument, param in zip(arguments, params, strict=True):
            self.expect(node, argument, substitute(param.type, mapping), f"{symbol.name}({param.name})")


def fits(found: Type, wanted: Type) -> bool:
    """Tell whether a value needs no conversion."""
    return isinstance(found, NothingType) or found == wanted


def findings(function: FunctionSymbol, body: hir.Expr) -> list[str]:
    """Return what is wrong with the body of a function."""
    return Checker(function).check(body)
