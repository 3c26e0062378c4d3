"""What the parser says when a token does not fit: what it expected, in the language's own words.

A grammar symbol is never named.  The tokens that would fit are found by running
the tables on a copy of the stack, then grouped: if every beginning of an
expression fits, "an expression" is expected, and operators are not worth a word.
"""

from __future__ import annotations

from compiler.diagnostics import Diagnostics
from compiler.syntax.hints import Situation, find_hint
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.tables import Tables
from compiler.syntax.tokens import DESCRIPTIONS, Tokens

_MAX_NAME = 40
_EXPRESSION = frozenset({"IDENT", "INT", "STRING", "(", "[", "this", "-", "!"})
_TYPE = frozenset({"IDENT", "("})
_PATTERN = frozenset({"IDENT", "INT", "is", "("})
_STATEMENT = frozenset({"let", "while", "IDENT"})
_DECLARATION = frozenset({"fun", "class", "let"})
# After a whole expression these fit as well, but are rarely what was forgotten.
_CONTINUATIONS = frozenset(
    [
        "OPERATOR",
        "-",
        "&",
        "|",
        "<",
        ">",
        "..",
        "..<",
        "in",
        "is",
        "!is",
        "as",
        ".",
        "?.",
        "(",
        "[",
        "!!",
        "TYPE_OPEN",
        "LAMBDA_OPEN",
        "LAMBDA_PARAMS_OPEN",
        "ASSIGNMENT",
        "?",
        "...",
        "WHILE_TAIL",
        "else",
        "catch",
        "finally",
        "get",
        "set",
        "MODIFIER",
        "@",
        "ERROR",
    ]
)
_ENDS_OF_EXPRESSION = ("{", "=>", ")", "]", "}$", ",", ":", "NEWLINE", "=", "->", "}", "EOF")
_NAMED_BY_KEYWORD = {
    "fun": "the name of a function",
    "class": "the name of a class",
    "interface": "the name of an interface",
    "enum": "the name of an enum",
    "typealias": "the name of a type",
    "let": "a name",
    "var": "a name",
    "for": "a name",
    "import": "the name of a module",
    "@": "the name of an annotation",
    ".": "a name",
    "?.": "a name",
}


class Expectations:
    """Explains errors of one parse."""

    def __init__(self, source: SourceFile, tokens: Tokens, tables: Tables, diagnostics: Diagnostics) -> None:
        self._source = source
        self._tokens = tokens
        self._actions = tables.actions
        self._gotos = tables.gotos
        self._rules = tables.rules
        self._diagnostics = diagnostics

    def accepts(self, states: list[int], depth: int, target: int | None, kind: str) -> bool:
        """Tell whether ``kind`` could be shifted on ``states[:depth]`` with ``target`` on top."""
        overlay = [] if target is None else [target]
        while True:
            state = overlay[-1] if overlay else states[depth - 1]
            action = self._actions[state].get(kind)
            if action is None:
                return False
            if action >= 0:
                return True
            rule = self._rules[~action]
            taken = min(rule.length, len(overlay))
            if taken:
                del overlay[-taken:]
            depth -= rule.length - taken
            below = overlay[-1] if overlay else states[depth - 1]
            overlay.append(self._gotos[below][rule.left])

    def report(self, states: list[int], index: int) -> None:
        """Report that the token at ``index`` does not fit on ``states``."""
        fitting = {
            kind
            for kind in self._actions[states[-1]]
            if kind != "ERROR" and self.accepts(states, len(states), None, kind)
        }
        situation = Situation(self._source, self._tokens, index, frozenset(fitting))
        hint = find_hint(situation)
        if hint is not None:
            code, span, message, label, suggestion = hint
            self._diagnostics.error(code, span, message, label=label, suggestion=suggestion)
            return
        expected = self._expected(fitting, index)
        after = self._after(index) if expected.startswith("a") else ""
        span, found = self._found(index)
        message = f"expected {expected}{after}, found {found}" if expected else f"unexpected {found}"
        self._diagnostics.error("E0101", span, message)

    def _found(self, index: int) -> tuple[Span, str]:
        tokens = self._tokens
        kind = tokens.kinds[index]
        if kind == "}" and index and "\n" in self._source.text[tokens.ends[index - 1] : tokens.starts[index]]:
            kind = "NEWLINE"
        if kind in ("NEWLINE", "EOF") and index:
            end = tokens.ends[index - 1]
            found = "`;`" if tokens.values[index] == ";" else DESCRIPTIONS[kind]
            place = Span(self._source, tokens.starts[index], tokens.ends[index])
            return place if found == "`;`" else Span(self._source, end, end), found
        span = Span(self._source, tokens.starts[index], tokens.ends[index])
        if kind in ("INT", "FLOAT", "CHAR"):
            return span, f"`{_shortened(span.text)}`"
        if kind in ("IDENT", "OPERATOR", "ASSIGNMENT", "MODIFIER", "LABEL"):
            return span, f"`{_shortened(span.text)}`"
        return span, DESCRIPTIONS.get(kind, f"`{kind}`")

    def _after(self, index: int) -> str:
        """Return ` after X` where the token before is an operator, a keyword or punctuation."""
        if not index:
            return ""
        kind = self._tokens.kinds[index - 1]
        if kind in ("NEWLINE", "IDENT", "TEXT", "LABEL") or kind in ("{", "LAMBDA_OPEN"):
            return ""
        text = self._source.text[self._tokens.starts[index - 1] : self._tokens.ends[index - 1]]
        if not text or len(text) > 12 or "\n" in text:
            return ""
        return f" after `{text}`"

    def _expected(self, fitting: set[str], index: int) -> str:
        before = self._tokens.kinds[index - 1] if index else "NEWLINE"
        if "fun" not in fitting:
            fitting = fitting - {"let", "var"}
        if fitting >= _EXPRESSION:
            if fitting >= _STATEMENT:
                return "a statement"
            return "an expression"
        if fitting >= _PATTERN:
            return "a pattern"
        if fitting >= _DECLARATION:
            return "a declaration"
        if fitting == {"IDENT"} or (before in _NAMED_BY_KEYWORD and "IDENT" in fitting):
            return _NAMED_BY_KEYWORD.get(before, "a name")
        if fitting >= _TYPE and before in (":", "->", "<", "TYPE_OPEN", "is", "!is", "as", "?", "=", "&", ","):
            return "a type"
        return _either([_described(kind) for kind in _listed(fitting)])


def _listed(fitting: set[str]) -> list[str]:
    """Return the few kinds worth naming where no class of construct is expected."""
    listed = [kind for kind in _ENDS_OF_EXPRESSION if kind in fitting]
    if not listed and "(" in fitting:
        return ["("]
    if "in" in fitting and "OPERATOR" not in fitting:
        return ["in"]
    if "NEWLINE" in listed:
        return [kind for kind in listed if kind in ("NEWLINE", ",")]
    listed += [kind for kind in sorted(fitting) if kind not in listed and kind not in _CONTINUATIONS]
    if not listed:
        listed = sorted(fitting - {"MODIFIER"})
    if ">" in fitting and "OPERATOR" not in fitting:
        listed.append(">")
    elif "{" in listed and len(listed) > 1 and "->" not in listed:
        listed = [kind for kind in listed if kind in ("{", "=>", "(", ":")]
    return listed


def _described(kind: str) -> str:
    if kind in DESCRIPTIONS:
        return DESCRIPTIONS[kind]
    return f"`{kind}`"


def _either(words: list[str]) -> str:
    unique = list(dict.fromkeys(words))
    if len(unique) > 5:
        unique = unique[:5]
    if len(unique) < 2:
        return "".join(unique)
    return f"{', '.join(unique[:-1])} or {unique[-1]}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_NAME else text[: _MAX_NAME - 3] + "..."
