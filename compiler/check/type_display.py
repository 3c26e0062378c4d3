"""Types as a reader of the program would write them."""

from __future__ import annotations

from compiler.ir.types import (
    AnyType,
    ClassType,
    ErrorType,
    FunctionType,
    NothingType,
    NullableType,
    NullType,
    ParameterType,
    Type,
    UnitType,
)

_MAX_DEPTH = 12


def display(type_: Type, depth: int = 0) -> str:
    """Return the source form of a type; what is nested very deeply is left out."""
    if depth > _MAX_DEPTH:
        return "…"
    match type_:
        case ClassType(symbol, arguments):
            return _class_text(symbol.name, arguments, depth)
        case ParameterType(symbol):
            return symbol.name
        case NullableType(inner):
            text = display(inner, depth + 1)
            return f"({text})?" if isinstance(inner, FunctionType) else f"{text}?"
        case FunctionType(params, result):
            listed = ", ".join(display(param, depth + 1) for param in params)
            return f"({listed}) -> {display(result, depth + 1)}"
        case AnyType():
            return "Any"
        case NullType():
            return "null"
        case NothingType():
            return "Nothing"
        case UnitType():
            return "Unit"
        case ErrorType():
            return "?"


def _class_text(name: str, arguments: tuple[Type, ...], depth: int) -> str:
    if not arguments:
        return name
    listed = ", ".join(display(argument, depth + 1) for argument in arguments)
    if name.startswith("Tuple") and name[5:].isdigit():
        return f"({listed})"
    return f"{name}<{listed}>"
