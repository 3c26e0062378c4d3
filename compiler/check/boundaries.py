"""What crosses the border of a program: `main`, `@export` and `@host` functions."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.check import codes as code
from compiler.check.declared import SourceFunction
from compiler.check.subtyping import non_null
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir.types import AnyType, ClassType, ErrorType, NothingType, NullableType, Repr, Type, UnitType
from compiler.syntax import ast
from compiler.syntax.source import Span


def crosses_border(type_: Type) -> bool:
    """Tell whether values of a type can be handed between the host and the program."""
    if isinstance(type_, NullableType):
        inner = type_.inner
        return isinstance(inner, AnyType) or (isinstance(inner, ClassType) and inner.symbol.builtin is Repr.STRING)
    if isinstance(type_, AnyType | ErrorType):
        return True
    if not isinstance(type_, ClassType) or type_.symbol.builtin is None:
        return False
    builtin = type_.symbol.builtin
    if builtin is Repr.ARRAY:
        element = type_.arguments[0]
        known = element.symbol.builtin if isinstance(element, ClassType) else None
        return isinstance(element, ErrorType) or (known is not None and known.is_primitive)
    return builtin is not Repr.OBJECT


def check_boundary(function: SourceFunction) -> None:
    """Report a host or exported function whose types the host does not know."""
    word = "@host" if function.host else "@export"
    node = function.node
    assert isinstance(node, ast.Function)
    if function.type_params:
        _report(function, node.name.span, f"a function with `{word}` cannot have type parameters")
    for item, param in zip(
        node.parameters, function.params[len(function.params) - len(node.parameters) :], strict=True
    ):
        if not crosses_border(param.type):
            _report(
                function,
                item.type.span,
                f"`{display(param.type)}` cannot be a parameter of a function with `{word}`",
            )
        if item.is_variadic or item.default is not None:
            _report(function, item.span, f"a function with `{word}` takes neither defaults nor variadics")
    result = function.result
    if node.result is not None and not isinstance(result, UnitType | NothingType) and not crosses_border(result):
        _report(function, node.result.span, f"`{display(result)}` cannot be the result of a function with `{word}`")
    if function.host and function.export:
        _report(function, node.name.span, "a function is either `@host` or `@export`")


def check_export_names(functions: Iterable[SourceFunction]) -> None:
    """Report exported functions that the host would know under one name."""
    known: dict[str, SourceFunction] = {}
    for function in functions:
        first = known.setdefault(function.export, function) if function.export else function
        if first is not function and function.span is not None:
            function.session.diagnostics.error(
                code.DUPLICATE_NAME,
                function.span,
                f"two functions are exported as `{function.export}`",
                labels=[Label(first.span, "the first is this")] if first.span is not None else [],
                suggestion='give one of them another name: `@export("name")`',
            )


def _report(function: SourceFunction, span: Span, message: str) -> None:
    function.session.diagnostics.error(
        code.WRONG_BOUNDARY,
        span,
        message,
        notes=["the host knows numbers, Bool, Char, String, Any and arrays of primitives"],
    )


def check_main(function: SourceFunction) -> None:
    """Report a `main` that cannot be started."""
    node = function.node
    assert isinstance(node, ast.Function)
    session = function.session
    strings = session.core_type("Array", session.string_type)
    params = [item.type for item in function.params]
    fits = not params or params == [strings] or any(isinstance(item, ErrorType) for item in params)
    result = function.result
    ends_well = isinstance(result, UnitType | NothingType | ErrorType) or non_null(result) == session.int_type == result
    if fits and ends_well and not function.type_params:
        return
    session.diagnostics.error(
        code.WRONG_MAIN,
        node.name.span,
        "`main` takes nothing or `args: Array<String>`, and returns nothing or `Int`",
        suggestion="write `fun main()` or `fun main(args: Array<String>) -> Int`",
    )
