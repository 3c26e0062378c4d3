"""What importers of a module see of its tree: the declarations, without what is inside of bodies.

Left out are bodies, initial values, arguments to superclasses, tests and documentation.  Defaults that are literals
stay, because a call repeats them.
"""

from __future__ import annotations

from typing import Any, TypeVar

from compiler.check.signatures import is_literal
from compiler.records import field_types
from compiler.syntax import ast

_N = TypeVar("_N", bound=ast.Node)


def interface_of(tree: ast.Module) -> ast.Module:
    """Return a tree without bodies."""
    kept = [_declaration(item) for item in tree.declarations if not isinstance(item, ast.Test)]
    return _with(tree, doc=None, declarations=tuple(kept))


def _with(node: _N, **changes: Any) -> _N:
    """Return a node with other values of some fields."""
    kind: Any = type(node)
    made: _N = kind(*[changes[name] if name in changes else getattr(node, name) for name in field_types(kind)])
    return made


def _elided(node: ast.Expression | None) -> ast.Expression | None:
    return None if node is None else ast.Elided(node.span, isinstance(node, ast.Block))


def _default(node: ast.Expression | None) -> ast.Expression | None:
    return node if node is None or is_literal(node) else _elided(node)


def _declaration(node: Any) -> Any:
    match node:
        case ast.Function():
            params = tuple(_with(item, default=_default(item.default)) for item in node.parameters)
            return _with(node, doc=None, parameters=params, body=_elided(node.body))
        case ast.Variable():
            return _variable(node)
        case ast.Class():
            return _class(node)
        case ast.Interface():
            return _with(node, doc=None, members=tuple(map(_declaration, node.members)))
        case ast.Enum():
            cases = tuple(map(_case, node.cases))
            return _with(node, doc=None, cases=cases, members=tuple(map(_declaration, node.members)))
        case ast.Init():
            return _with(node, body=ast.Block(node.body.span, ()))
        case _:
            return _with(node, doc=None)


def _variable(node: ast.Variable) -> ast.Variable:
    getter, setter = node.getter, node.setter
    return _with(
        node,
        doc=None,
        initializer=_elided(node.initializer),
        getter=getter and _with(getter, body=_elided(getter.body)),
        setter=setter and _with(setter, body=_elided(setter.body)),
    )


def _class(node: ast.Class) -> ast.Class:
    params = node.parameters
    if params is not None:
        params = tuple(_with(item, doc=None, default=_default(item.default)) for item in params)
    supertypes = tuple(_with(item, arguments=item.arguments and ()) for item in node.supertypes)
    members = tuple(map(_declaration, node.members))
    return _with(node, doc=None, parameters=params, supertypes=supertypes, members=members)


def _case(node: ast.EnumCase) -> ast.EnumCase:
    fields = tuple(_with(item, default=_default(item.default)) for item in node.fields)
    return _with(node, doc=None, fields=fields, value=_elided(node.value))
