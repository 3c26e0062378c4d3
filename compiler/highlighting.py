"""Pebble for Pygments: a lexer that colours source text in terminals, documentation and other people's tools.

It follows the lexical rules of ``compiler.syntax.scanner`` but never refuses: what is no Pebble becomes an error
token.  ``import pygments`` takes longer than a small compilation, so this module is loaded only to show source.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.formatters.terminal import TerminalFormatter
from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Token,
    Whitespace,
)

CONTROL_WORDS = (
    "as", "assert", "break", "catch", "continue", "defer", "do", "else", "finally", "for", "if", "in", "is", "match",
    "return", "select", "spawn", "throw", "try", "unsafe", "while", "yield",
)  # fmt: skip
MODIFIERS = ("pub", "private", "protected", "open", "override", "abstract", "static", "data")
BUILTIN_TYPES = (
    "Any", "Array", "Bool", "Byte", "Char", "Deque", "Float", "Float32", "Int", "Int16", "Int32", "Int8", "List",
    "Map", "Nothing", "Object", "PriorityQueue", "Set", "String", "UInt16", "UInt32", "UInt64", "UInt8", "Unit",
)  # fmt: skip

# Readable on a light background and on a dark one: terminals do not say which they have.
_TERMINAL_COLOURS = {
    Token: "",
    Comment: "brightblack",
    String: "green",
    String.Doc: "brightblack",
    String.Escape: "magenta",
    String.Interpol: "magenta",
    Number: "cyan",
    Keyword: "magenta",
    Keyword.Constant: "cyan",
    Keyword.Type: "yellow",
    Name.Class: "yellow",
    Name.Function: "blue",
    Name.Decorator: "cyan",
    Operator.Word: "magenta",
}
_IDENTIFIER = r"[^\W\d]\w*"
_ESCAPE = r"\\(?:u\{[0-9A-Fa-f]{1,6}\}|[nrt0\\\"'$])"


def _groups(*kinds: object) -> Any:
    """A kind for each group of an expression."""
    return bygroups(*kinds)  # type: ignore[no-untyped-call]


class PebbleLexer(RegexLexer):
    """Lexer for Pebble, the language of PVM."""

    name = "Pebble"
    aliases: ClassVar[list[str]] = ["pebble", "peb"]
    filenames: ClassVar[list[str]] = ["*.peb"]
    mimetypes: ClassVar[list[str]] = ["text/x-pebble"]
    url = ""
    version_added = ""

    tokens: ClassVar = {
        "root": [
            (r"\}", Punctuation),
            include("code"),
        ],
        "code": [
            (r"\s+", Whitespace),
            (r"//[!/](?!/).*", String.Doc),
            (r"//.*", Comment.Single),
            (r"/\*", Comment.Multiline, "comment"),
            (r"@(?:file:)?" + _IDENTIFIER, Name.Decorator),
            (r'r"""[\s\S]*?"""', String.Other),
            (r'r"[^"\n]*"', String.Other),
            (r'"""', String, "text"),
            (r'"', String, "string"),
            (rf"'(?:{_ESCAPE}|[^'\\\n])'", String.Char),
            include("numbers"),
            include("declarations"),
            include("names"),
            (r"!is\b|!in\b", Operator.Word),
            (r"->|=>|\.\.\.|[,;:.(){\[\]]", Punctuation),
            (r"\?:|[-+*/%&|^~!=<>?]+", Operator),
            (r"@", Operator),
            (r"`[^`\n]*`", Name),
            (r".", Error),
        ],
        "numbers": [
            (r"0[xX][0-9A-Fa-f_]+", Number.Hex),
            (r"0[bB][01_]+", Number.Bin),
            (r"0[oO][0-7_]+", Number.Oct),
            (r"\d[\d_]*(?:\.\d[\d_]*(?:[eE][-+]?\d[\d_]*)?|[eE][-+]?\d[\d_]*)", Number.Float),
            (r"\d[\d_]*", Number.Integer),
        ],
        "declarations": [
            (r"(import)(\s+)", _groups(Keyword.Namespace, Whitespace), "import"),
            (
                rf"(class|interface|enum|typealias)(\s+)({_IDENTIFIER})",
                _groups(Keyword.Declaration, Whitespace, Name.Class),
            ),
            (r"(fun)\b(\s*)", _groups(Keyword.Declaration, Whitespace), "function"),
            (r'(test)(\s+)(?=")', _groups(Keyword.Declaration, Whitespace)),
            (r"(?<![.\w])(?:let|var|class|interface|enum|typealias)\b", Keyword.Declaration),
            (r"init(?=\s*\{)|get(?=\s*\(\)\s*[={])|set(?=\s*\(\w+\)\s*[={])", Keyword.Declaration),
        ],
        "names": [
            (r"(?<=\.)(?<!\.\.)" + _IDENTIFIER, Name.Attribute),
            (words(CONTROL_WORDS, suffix=r"\b"), Keyword),
            (words(MODIFIERS, suffix=rf"\b(?=[ \t]+{_IDENTIFIER})"), Keyword.Declaration),
            (words(("true", "false", "null"), suffix=r"\b"), Keyword.Constant),
            (words(("this", "super", "it"), suffix=r"\b"), Name.Builtin.Pseudo),
            (words(BUILTIN_TYPES, suffix=r"\b"), Keyword.Type),
            (r"[A-Z]\w*[a-z]\w*|[A-Z]\b", Name.Class),
            (rf"{_IDENTIFIER}(?=\()", Name.Function),
            (_IDENTIFIER, Name),
        ],
        "import": [
            (r"[ \t]+", Whitespace),
            (r"as\b", Keyword.Namespace),
            (_IDENTIFIER, Name.Namespace),
            (r"\.", Punctuation),
            (r"\{", Punctuation, "imported"),
            default("#pop"),
        ],
        "imported": [
            (r"\s+", Whitespace),
            (r"as\b", Keyword.Namespace),
            (_IDENTIFIER, Name),
            (r",", Punctuation),
            (r"\}", Punctuation, "#pop"),
            default("#pop"),
        ],
        "function": [
            (rf"{_IDENTIFIER}(?=\s*[(<]|\s*$)(?!\s*<[^()\n]*>\??\.)", Name.Function, "#pop"),
            (_IDENTIFIER, Name.Class),
            (r"[<>?.,\[\]]", Punctuation),
            (r"[ \t]+", Whitespace),
            default("#pop"),
        ],
        "comment": [
            (r"[^*/]+", Comment.Multiline),
            (r"/\*", Comment.Multiline, "#push"),
            (r"\*/", Comment.Multiline, "#pop"),
            (r"[*/]", Comment.Multiline),
        ],
        "string": [
            (r'"', String, "#pop"),
            (r"\n", Text, "#pop"),
            (r'[^"\\$\n]+', String),
            include("pieces"),
        ],
        "text": [
            (r'"""', String, "#pop"),
            (r'[^"\\$]+', String),
            (r'"', String),
            include("pieces"),
        ],
        "pieces": [
            (_ESCAPE, String.Escape),
            (r"\$\{", String.Interpol, "interpolation"),
            (r"\$", String),
            (r"\\", Error),
        ],
        "interpolation": [
            (r"\}", String.Interpol, "#pop"),
            (r"\{", Punctuation, "braces"),
            include("code"),
        ],
        "braces": [
            (r"\}", Punctuation, "#pop"),
            (r"\{", Punctuation, "#push"),
            include("code"),
        ],
    }


def for_terminal(source: str) -> str:
    """Source with the colours of a terminal's own palette, lines as they were."""
    scheme = {kind: (colour, colour) for kind, colour in _TERMINAL_COLOURS.items()}
    return highlight(source, _lexer(), TerminalFormatter(colorscheme=scheme)).removesuffix("\n")


def for_html(source: str) -> str:
    """Source as HTML with a class for each kind of token, to stand in a ``<pre>``."""
    return highlight(source, _lexer(), HtmlFormatter(nowrap=True)).removesuffix("\n")


def _lexer() -> PebbleLexer:
    return PebbleLexer(stripnl=False, ensurenl=False)
