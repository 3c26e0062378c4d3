"""Infix operators: how strongly they bind, and folding a flat chain of them.

From the strongest:

| Level | Operators | Associates |
|---|---|---|
| 11 | `as` `as?` | left |
| 10 | `*` `/` `%` `&*` | left |
| 9 | `+` `-` `&+` `&-` | left |
| 8 | `<<` `>>` `>>>` `&<<` | left |
| 7 | `&` | left |
| 6 | `^` | left |
| 5 | `|` | left |
| 4 | `..` `..<` | not |
| 3 | `?:` | right |
| 2 | `<` `<=` `>` `>=` `in` `!in` `is` `!is` | not |
| 1 | `==` `!=` `===` `!==` | not |
| 0 | `&&` | left |
| -1 | `||` | left |

Prefix operators bind more strongly than all of these, postfix ones more strongly
still.  Unlike C, `a & b == c` is `(a & b) == c`; as in Kotlin, `a ?: b == c` is
`(a ?: b) == c`.
"""

from __future__ import annotations

from compiler.records import field, mutable
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator

CAST = 11
TEST = 2
_LEVELS = (
    ("||",),
    ("&&",),
    ("==", "!=", "===", "!=="),
    ("<", "<=", ">", ">=", "in", "!in"),
    ("?:",),
    ("..", "..<"),
    ("|",),
    ("^",),
    ("&",),
    ("<<", ">>", ">>>", "&<<"),
    ("+", "-", "&+", "&-"),
    ("*", "/", "%", "&*"),
)
PRECEDENCE = {text: level for level, texts in enumerate(_LEVELS, -1) for text in texts}
OPERATOR = {operator.value: operator for operator in BinaryOperator}
NOT_ASSOCIATIVE = frozenset({1, 2, 4})
RIGHT_ASSOCIATIVE = frozenset({3})


@mutable
class Operand:
    """An operand with its extent, parentheses included."""

    node: ast.Expression
    start: int
    end: int


@mutable
class Pending:
    """An operator whose right operand may still grow."""

    level: int
    operator: BinaryOperator
    token: int


@mutable
class Chain:
    """Operands and operators of which only the loosest are left unfolded, levels rising to the right."""

    operands: list[Operand]
    operators: list[Pending] = field(default_factory=list)
    last_folded: int | None = None
