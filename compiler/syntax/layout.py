"""Layout: raw tokens to the tokens of the grammar.

**Where a statement ends.**  A line end is a NEWLINE token only if all of these hold:

1. the innermost open bracket is neither `(`, `[`, `${` nor the brace of an import;
2. the line's last token can end a statement: a name, a literal, `)` `]` `}` `!!` `?`, a `>` that
   closes type arguments, or one of `this super null true false return break continue`;
3. the next line does not begin with a token that only continues something: `.` `?.` `?:` `&&` `||`, a
   comparison, `*` `/` `%` `..` `..<` `as` `|` `^` `&` shifts, `=` and its kin, `->` `=>` `:` `,` `?`,
   `{`, a closing bracket, `catch`, `finally`, an accessor (`get()`, `set(v)`) or an `else` that is no
   arm of a `match`.  So do `in` `is` `!is`, except between arms, where they begin patterns.

`+` and `-` do not continue: a line that begins with `-x` is a statement.  After a token that cannot end
a statement a line end still counts if the next line begins with a keyword that only begins a
statement, or if the line ends in `++` or `--`; then the error is reported where it is.  `;` ends a
statement like a line end.

**What `{` opens.**  Each of `if while for match fun class interface enum catch select test init get set`
waits for one `{` at its own bracket level; that brace opens its body.  So does a `{` after `else try
finally do defer spawn unsafe =>`.  Every other `{` is a lambda, hence the parentheses around a
trailing lambda in a head.  A lambda whose first tokens read as parameters up to `->` is
LAMBDA_PARAMS_OPEN.

**Words that are names elsewhere**: modifiers before a declaration, `init {`, `test "..." {`, `spawn {`, `select {`,
`unsafe {`, accessors in a class body, labels before a loop.

Brackets that do not match are dealt with in `brackets`, so the parser always sees balanced ones.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.diagnostics import Diagnostics
from compiler.syntax.angles import Angles
from compiler.syntax.brackets import Brackets, Level
from compiler.syntax.source import SourceFile
from compiler.syntax.tokens import MODIFIER_WORDS, Tokens

_ENDS_STATEMENT = frozenset(
    [
        "IDENT",
        "INT",
        "FLOAT",
        "STRING",
        "CHAR",
        "TEMPLATE_END",
        ")",
        "]",
        "}",
        "!!",
        "?",
        ">",
        "this",
        "super",
        "null",
        "true",
        "false",
        "return",
        "break",
        "continue",
        "...",
    ]
)
_CONTINUES = frozenset(
    [
        ".",
        "?.",
        "<",
        ">",
        "|",
        "&",
        "..",
        "..<",
        "as",
        "=",
        "ASSIGNMENT",
        "->",
        "=>",
        ":",
        ",",
        "?",
        ")",
        "]",
        "}",
        "{",
        "catch",
        "finally",
    ]
)
_BEGINS_STATEMENT = frozenset(
    ["let", "var", "fun", "class", "interface", "enum", "import", "for", "while", "typealias", "assert", "defer"]
)
_AWAITS_OPERAND = frozenset(
    [
        "OPERATOR",
        "ASSIGNMENT",
        "=",
        "-",
        "&",
        "|",
        "<",
        ">",
        ".",
        "?.",
        "..",
        "..<",
        "!",
        "~",
        "in",
        "is",
        "!is",
        "as",
        "if",
        "while",
        "for",
        "match",
        "throw",
        "yield",
        "let",
        "var",
        "fun",
        "class",
        "interface",
        "enum",
        "import",
        "typealias",
        "assert",
    ]
)

_HEADS = {
    "if": "block",
    "while": "block",
    "for": "block",
    "fun": "function",
    "catch": "block",
    "match": "arms",
    "class": "class",
    "interface": "class",
    "enum": "class",
}
_BLOCK_FOLLOWS = frozenset(["else", "try", "finally", "do", "defer", "=>", "spawn", "unsafe"])
_DECLARES = frozenset(["fun", "let", "var", "class", "interface", "enum", "import", "typealias", "@"])
_LAMBDA_PARAMETER_TOKENS = frozenset({"IDENT", ",", ":", "(", ")", "<", ">", "?", ".", "->"})


def lay_out(source: SourceFile, raw: Tokens, diagnostics: Diagnostics) -> Tokens:
    """Return the tokens that the parser reads, ending with EOF, brackets balanced.

    Raises:
        SourceRefusedError: too many brackets do not match.
    """
    return _Layout(source, raw, diagnostics).run()


class _Layout(Brackets):
    """What a token becomes, given the brackets that are open and the tokens around it."""

    def __init__(self, source: SourceFile, raw: Tokens, diagnostics: Diagnostics) -> None:
        super().__init__(source, raw, diagnostics)
        self._angles = Angles(raw)
        self._modifiers_until = 0

    def run(self) -> Tokens:
        raw, out = self._raw, self._out
        kinds, starts, ends, values = raw.kinds, raw.starts, raw.ends, raw.values
        handlers = self._handlers()
        index, count = 0, len(kinds)
        while index < count:
            kind = kinds[index]
            handler = handlers.get(kind)
            if handler is None:
                out.kinds.append(kind)
                out.starts.append(starts[index])
                out.ends.append(ends[index])
                out.values.append(values[index])
                index += 1
            else:
                index = handler(index)
        return out

    def _handlers(self) -> dict[str, Callable[[int], int]]:
        """Return the method for each kind that is not just copied; it takes an index and returns the next."""
        table: dict[str, Callable[[int], int]] = {
            "IDENT": self._word,
            "NEWLINE": self._newline,
            ";": self._semicolon,
            "=": self._equals,
            "=>": self._arrow,
            "(": self._open,
            "[": self._open,
            "${": self._open,
            "{": self._open_brace,
            ")": self._close,
            "]": self._close,
            "}": self._close,
            "}$": self._close,
            "<": self._less,
            ">": self._greater,
            "!!": self._double_not,
            "EOF": self._end,
        }
        table |= dict.fromkeys(_HEADS, self._keyword)
        table |= dict.fromkeys(("return", "throw", "break", "continue"), self._jump)
        return table | dict.fromkeys(_BEGINS_STATEMENT - _HEADS.keys(), self._declaring)

    # Words

    def _word(self, index: int) -> int:
        """A name that may be a word of the language here."""
        word = self._raw.values[index]
        following = self._raw.kinds[index + 1]
        if self._previous() in (".", "?.", "fun"):
            return self._copy(index)
        if following == "{" and word in ("init", "spawn", "select", "unsafe"):
            if word != "init" or self._previous() in ("NEWLINE", "{", "LAMBDA_OPEN"):
                if word in ("init", "select"):
                    self._levels[-1].heads.append("arms" if word == "select" else "block")
                return self._copy(index, str(word))
        elif following == "STRING" and word == "test":
            self._levels[-1].heads.append("block")
            return self._copy(index, "test")
        elif word in MODIFIER_WORDS and index >= self._modifiers_until:
            return self._modifiers(index)
        elif following == "(" and word in ("get", "set") and self._is_accessor(index):
            self._levels[-1].heads.append("function")
            return self._copy(index, "get" if word == "get" else "set")
        elif following == ":" and self._raw.kinds[index + 2] in ("for", "while", "do"):
            return self._copy(index, "LABEL")
        return self._copy(index)

    def _modifiers(self, index: int) -> int:
        """Turn a run of modifier words into MODIFIER tokens if a declaration follows it."""
        kinds, values = self._raw.kinds, self._raw.values
        end = index
        while kinds[end] == "IDENT" and values[end] in MODIFIER_WORDS:
            end += 1
        declares = kinds[end] in _DECLARES or (kinds[end] == "IDENT" and self._is_accessor(end))
        if not declares and kinds[end] == "IDENT":
            if self._previous() in ("NEWLINE", "{"):
                declares = values[end] in ("test", "init") or self._levels[-1].role == "class"
            else:
                declares = kinds[end + 1] == ":" and self._previous() in ("(", ",")
        if not declares:
            self._modifiers_until = end
            return self._copy(index)
        for position in range(index, end):
            self._copy(position, "MODIFIER")
        return end

    def _is_accessor(self, index: int) -> bool:
        """Tell whether `get` or `set` at ``index`` is an accessor of the property before it."""
        kinds = self._raw.kinds
        if self._raw.values[index] not in ("get", "set") or kinds[index + 1] != "(":
            return False
        if self._levels[-1].role not in ("class", "module"):
            return False
        end = index + 2 + (kinds[index + 2] == "IDENT")
        return kinds[end] == ")" and kinds[end + 1] in ("=", "{") and self._previous() not in ("fun", ".")

    def _keyword(self, index: int) -> int:
        """A keyword that awaits a body."""
        kind = self._raw.kinds[index]
        if kind == "while" and self._closed_do(index):
            return self._copy(index, "WHILE_TAIL")
        if kind in _BEGINS_STATEMENT:
            self._leave_parentheses(index)
        self._levels[-1].heads.append(_HEADS[kind])
        return self._copy(index)

    def _closed_do(self, index: int) -> bool:
        return self._previous() == "}" and self._last_closed == "do" and self._raw.kinds[index - 1] == "}"

    def _declaring(self, index: int) -> int:
        """A keyword that begins a statement and awaits no body."""
        self._leave_parentheses(index)
        return self._copy(index)

    def _jump(self, index: int) -> int:
        """`return` and its like on a line of their own, after what may be a whole operand."""
        if index > 1 and self._raw.kinds[index - 2] in _ENDS_STATEMENT:
            self._leave_parentheses(index)
        return self._copy(index)

    def _leave_parentheses(self, index: int) -> None:
        """Close parentheses in which the word at ``index``, first on its line, cannot stand."""
        raw = self._raw
        is_first = index > 0 and raw.kinds[index - 1] == "NEWLINE"
        level = self._levels[-1]
        if not is_first or level.opener not in ("(", "["):
            return
        below = self._levels[-2]
        if raw.kinds[index] in ("let", "var") and "class" in below.heads:
            return
        while self._levels[-1].opener in ("(", "["):
            self._report_unclosed(self._levels[-1], ())
            self._close_level(raw.ends[index - 2])
        self._levels[-1].heads.clear()
        self._out.add("NEWLINE", raw.starts[index - 1], raw.ends[index - 1])

    # Line ends

    def _newline(self, index: int) -> int:
        """Keep or drop a line end, as the module's documentation says."""
        raw = self._raw
        level = self._levels[-1]
        following, previous = raw.kinds[index + 1], self._previous()
        if not level.ends_lines or following == "EOF" or previous == "NEWLINE":
            return index + 1
        if previous in _ENDS_STATEMENT and (previous != ">" or index - 1 in self._angles.closers):
            if self._continues(index + 1):
                return index + 1
        elif not self._is_doubled_sign() and (previous not in _AWAITS_OPERAND or following not in _BEGINS_STATEMENT):
            return index + 1
        level.heads.clear()
        self._out.add("NEWLINE", raw.starts[index], raw.ends[index])
        return index + 1

    def _is_doubled_sign(self) -> bool:
        """Tell whether the line ends in `++` or `--`, which are no operators: the error shall not reach further."""
        out = self._out
        if len(out.kinds) < 2 or out.values[-1] not in ("+", "-") or out.values[-2] != out.values[-1]:
            return False
        return out.starts[-1] == out.ends[-2]

    def _continues(self, index: int) -> bool:
        raw = self._raw
        kind = raw.kinds[index]
        if kind == "OPERATOR":
            return raw.values[index] not in ("+", "&-")
        if kind == "else":
            return raw.kinds[index + 1] != "=>"
        if kind in ("in", "is", "!is"):
            return self._levels[-1].role != "arms"  # there it begins a pattern
        if kind == "IDENT":
            at = index
            while raw.kinds[at] == "IDENT" and raw.values[at] in MODIFIER_WORDS:
                at += 1
            return self._is_accessor(at)
        if kind == ".":
            return raw.kinds[index + 1] != "INT"
        return kind in _CONTINUES

    def _semicolon(self, index: int) -> int:
        raw = self._raw
        if raw.kinds[index + 1] in ("NEWLINE", "EOF", "}") or self._previous() == "NEWLINE":
            message = "this `;` is not needed: a statement ends at the line end"
            self._diagnostics.warning("W0101", self._span(index), message, suggestion="remove it")
            return index + 1
        self._levels[-1].heads.clear()
        if not self._levels[-1].ends_lines:
            return self._copy(index)
        self._out.add("NEWLINE", raw.starts[index], raw.ends[index], ";")
        return index + 1

    def _equals(self, index: int) -> int:
        """`=` begins a body that is an expression, so no brace is awaited any more."""
        heads = self._levels[-1].heads
        if heads and heads[-1] == "function":
            heads.pop()
        return self._copy(index)

    def _arrow(self, index: int) -> int:
        """`=>` ends the head of an arm, whose guard awaits no brace."""
        self._levels[-1].heads.clear()
        return self._copy(index)

    # Brackets

    def _open(self, index: int) -> int:
        kind = self._raw.kinds[index]
        self._levels.append(Level(kind, "list", index))
        return self._copy(index)

    def _open_brace(self, index: int) -> int:
        level = self._levels[-1]
        previous = self._previous()
        if previous == ".":
            self._levels.append(Level("{", "import", index))
            return self._copy(index)
        if previous in _BLOCK_FOLLOWS:
            role = "do" if previous == "do" else "code"
            self._levels.append(Level("{", role, index))
            return self._copy(index)
        if level.heads:
            role = level.heads.pop()
            self._levels.append(Level("{", "code" if role in ("block", "function") else role, index))
            return self._copy(index)
        self._levels.append(Level("{", "code", index))
        return self._copy(index, "LAMBDA_PARAMS_OPEN" if self._has_parameters(index) else "LAMBDA_OPEN")

    def _has_parameters(self, index: int) -> bool:
        """Tell whether the lambda opened at ``index`` has `parameters ->`; stops at the next brace."""
        kinds = self._raw.kinds
        depth = 0
        index += 1
        while kinds[index] == "NEWLINE":
            index += 1
        while kinds[index] in _LAMBDA_PARAMETER_TOKENS:
            kind = kinds[index]
            if kind == "->" and not depth:
                return True
            depth += (kind == "(") - (kind == ")")
            index += 1
        return False

    # Angles

    def _less(self, index: int) -> int:
        return self._copy(index, "TYPE_OPEN" if index in self._angles.type_openers else None)

    def _greater(self, index: int) -> int:
        """Join adjacent `>` into a shift unless they close type arguments."""
        raw = self._raw
        if index in self._angles.closers:
            return self._copy(index)
        end = index + 1
        text = ">"
        while len(text) < 3 and raw.kinds[end] == ">" and raw.starts[end] == raw.ends[end - 1]:
            if end in self._angles.closers:
                break
            text += ">"
            end += 1
        if len(text) < 3 and raw.values[end] == ">=" and raw.starts[end] == raw.ends[end - 1]:
            text += ">="
            end += 1
        kind = ">" if text == ">" else "ASSIGNMENT" if text.endswith("=") else "OPERATOR"
        self._out.add(kind, raw.starts[index], raw.ends[end - 1], text)
        return end

    def _double_not(self, index: int) -> int:
        """`!!` before an operand is `!` twice."""
        if self._previous() in _ENDS_STATEMENT:
            return self._copy(index)
        start = self._raw.starts[index]
        self._out.add("!", start, start + 1, "!")
        self._out.add("!", start + 1, start + 2, "!")
        return index + 1
