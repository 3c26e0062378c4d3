"""Token kinds: the vocabulary shared by scanner, layout and grammar.

A kind is a string.  Keywords, brackets and punctuation are their own kind;
kinds in capitals stand for classes of lexemes.  Tokens are kept as parallel
lists, not as objects, because a token object costs more than reading it.
"""

from __future__ import annotations

from compiler.records import field, mutable

KEYWORDS = frozenset(
    [
        "as",
        "assert",
        "break",
        "catch",
        "class",
        "continue",
        "defer",
        "do",
        "else",
        "enum",
        "false",
        "finally",
        "for",
        "fun",
        "if",
        "import",
        "in",
        "interface",
        "is",
        "let",
        "match",
        "null",
        "return",
        "super",
        "this",
        "throw",
        "true",
        "try",
        "typealias",
        "var",
        "while",
        "yield",
    ]
)

# Names that are words of the language only where a declaration follows; see `layout`.
MODIFIER_WORDS = frozenset(["pub", "private", "protected", "open", "override", "abstract", "static", "data", "unsafe"])

# Infix operators without another role share one kind, so that the grammar stays small.
OPERATORS = frozenset(
    [
        "+",
        "*",
        "/",
        "%",
        "&+",
        "&-",
        "&*",
        "<<",
        ">>",
        ">>>",
        "&<<",
        "^",
        "?:",
        "!in",
        "<=",
        ">=",
        "==",
        "!=",
        "===",
        "!==",
        "&&",
        "||",
    ]
)

ASSIGNMENTS = frozenset(
    ["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", ">>>=", "&+=", "&-=", "&*=", "&<<="]
)

# What the user reads instead of a kind that is not spelt as it is written.
DESCRIPTIONS = {
    "IDENT": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "STRING": "a string",
    "CHAR": "a character",
    "TEMPLATE_START": "a string",
    "TEMPLATE_END": "the end of the string",
    "TEXT": "text",
    "NEWLINE": "end of line",
    "EOF": "end of file",
    "OPERATOR": "an operator",
    "ASSIGNMENT": "an assignment",
    "MODIFIER": "a modifier",
    "LABEL": "a label",
    "LAMBDA_OPEN": "`{`",
    "LAMBDA_PARAMS_OPEN": "`{`",
    "TYPE_OPEN": "`<`",
    "WHILE_TAIL": "`while`",
    "FILE_AT": "`@file:`",
    "}$": "`}`",
}


@mutable
class Tokens:
    """Tokens in order; entry ``i`` of each list belongs to token ``i``.

    ``values`` holds the text of names, the value of literals, else None.
    ``docs`` maps the offset of a token to the documentation written before it.
    """

    kinds: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    docs: dict[int, str] = field(default_factory=dict)
    module_doc: str | None = None

    def add(self, kind: str, start: int, end: int, value: object = None) -> None:
        self.kinds.append(kind)
        self.starts.append(start)
        self.ends.append(end)
        self.values.append(value)


class SourceRefusedError(Exception):
    """The text as a whole cannot be read on; the reason has been reported."""
