"""Answers the questions that symbols ask when an unset slot is read; see `compiler.check.declared`."""

from __future__ import annotations

from compiler.check import class_headers, class_members, constructors, functions, modifiers, signatures, variables
from compiler.check.declared import (
    ComputedGlobal,
    Property,
    SourceClass,
    SourceFunction,
    SourceGlobal,
    TypeScope,
)
from compiler.ir.hir import Expr
from compiler.syntax import ast


class Completion:
    """The `Completer` of a session."""

    def header(self, symbol: SourceClass) -> None:
        class_headers.complete_header(symbol)

    def members(self, symbol: SourceClass) -> None:
        class_members.complete_members(symbol)

    def signature(self, symbol: SourceFunction) -> None:
        signatures.complete_signature(symbol)

    def overrides(self, symbol: SourceFunction) -> None:
        signatures.complete_overrides(symbol)

    def property_type(self, symbol: Property) -> None:
        constructors.complete_property_type(symbol)

    def global_type(self, symbol: SourceGlobal) -> None:
        variables.complete_global(symbol)

    def initial_value(self, symbol: SourceGlobal) -> Expr:
        return variables.initial_value(symbol)

    def check_body(self, function: SourceFunction) -> Expr:
        return functions.check_function_body(function)

    def default_body(self, function: SourceFunction, node: ast.Expression) -> Expr:
        return functions.check_default(function, node)

    def declare_function(self, function: SourceFunction) -> None:
        modifiers.declare_function(function)

    def declare_class(self, symbol: SourceClass) -> None:
        modifiers.declare_class(symbol)
        constructors.attach_constructor(symbol)

    def attach_constructor(self, symbol: SourceClass) -> None:
        constructors.attach_constructor(symbol)

    def computed_global(self, node: ast.Variable, scope: TypeScope, owner: SourceClass | None) -> ComputedGlobal:
        return class_members.computed_global(node, scope, owner)
