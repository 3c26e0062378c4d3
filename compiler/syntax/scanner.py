"""The scanner: text to raw tokens, newlines included.

One compiled expression finds the next lexeme; strings and nested comments,
which no regular expression describes, are read by hand.  A string with
interpolation becomes TEMPLATE_START (TEXT | `${` tokens `}$`)* TEMPLATE_END,
and the stack of open braces tells which `}` goes back into a string.  In a string
of one line an interpolation ends on that line too, unless a `{` is open inside it.

Every `>` is a token of its own here: whether two of them close type arguments
or shift is known only after `layout` has matched the angle brackets.
"""

from __future__ import annotations

import re
import unicodedata

from compiler.diagnostics import Diagnostics
from compiler.records import mutable
from compiler.syntax import literals
from compiler.syntax.ast import MAX_DEPTH
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.strays import describe_stray
from compiler.syntax.tokens import ASSIGNMENTS, KEYWORDS, OPERATORS, SourceRefusedError, Tokens

MAX_SOURCE = 16 * 1024 * 1024
MAX_LINE = 1024 * 1024
MAX_TOKENS = 1_000_000

_LEXEME = re.compile(
    r"""[ \t\r\f]*(?:
      (?P<word>[^\W\d]\w*)
    | (?P<newline>\n)
    | (?P<number>[0-9])
    | (?P<string>"(?:"")?)
    | (?P<comment>//|/\*)
    | (?P<punctuation>
        \.\.\. | \.\.< | \.\. | \?\.(?!\.\.) | \?: | !!
      | !==|!=|!is\b|!in\b | === | == | => | ->
      | &&|\|\| | &<<=|&<<|&\+=|&-=|&\*=|&\+|&-|&\*
      | <<=|<<|<=|>= | [-+*/%&|^]=
      | @file: | [-+*/%&|^~!=<>?:,;.@()\[\]{}]
      )
    | (?P<char>')
    | (?P<quoted>`[^`\n]*`?)
    | (?P<end>\Z)
    | (?P<stray>.)
    )""",
    re.VERBOSE | re.DOTALL,
)

_NUMBER = re.compile(
    r"""0[xX][0-9A-Za-z_]* | 0[bBoO][0-9A-Za-z_]*
    | [0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][-+]?[0-9][0-9_]*)?[0-9A-Za-z_]*""",
    re.VERBOSE,
)
_FIELD = re.compile(r"[0-9]+")
_COMMENT_MARK = re.compile(r"/\*|\*/")
_PLAIN = re.compile(r'[^"\\$\n]+')
_PLAIN_MULTILINE = re.compile(r'[^"\\$]+')
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")

_KIND = {text: text for text in KEYWORDS} | dict.fromkeys(OPERATORS, "OPERATOR")
_KIND |= dict.fromkeys(ASSIGNMENTS, "ASSIGNMENT")


@mutable
class _OpenString:
    """A string that is being read, possibly interrupted by an interpolation."""

    start: int
    is_multiline: bool
    # Of each stretch of text: where it begins, what is written there, the token that awaits its value.
    segments: list[tuple[int, str, int]]
    is_template: bool = False
    depth: int = 0


def scan(source: SourceFile, diagnostics: Diagnostics) -> Tokens:
    """Return the raw tokens of ``source``, ending with EOF.

    Raises:
        SourceRefusedError: the text is too large, too deeply nested or no text at all.
    """
    _refuse_unreadable(source, diagnostics)
    return Scanner(source, diagnostics).run()


def _refuse_unreadable(source: SourceFile, diagnostics: Diagnostics) -> None:
    text = source.text
    if len(text) > MAX_SOURCE:
        message = f"this file has {len(text):,} characters, and {MAX_SOURCE:,} are allowed"
        diagnostics.error("E0913", Span(source, 0, 0), message)
        raise SourceRefusedError
    starts = source.line_starts
    previous = 0
    for start in [*starts[1:], len(text) + 1]:
        if start - previous > MAX_LINE:
            message = f"this line has {start - previous - 1:,} characters, and {MAX_LINE:,} are allowed"
            diagnostics.error("E0912", Span(source, previous, previous), message)
            raise SourceRefusedError
        previous = start
    bad = None if text.isascii() and "\0" not in text else _FORBIDDEN.search(text)
    if bad is not None:
        what = "a NUL character" if bad[0] == "\0" else f"half a surrogate pair, U+{ord(bad[0]):04X}"
        diagnostics.error("E0100", Span(source, bad.start(), bad.end()), f"the source holds {what}, so it is no text")
        raise SourceRefusedError
    if not text.isascii():
        for mark in _BIDI.finditer(text):
            message = f"the invisible character U+{ord(mark[0]):04X} can make code look like other code"
            span = Span(source, mark.start(), mark.end())
            note = "`\\u{" + f"{ord(mark[0]):X}" + "}` writes it in a string"
            diagnostics.error("E0123", span, message, suggestion="remove it; " + note)


class Scanner:
    """The state of one scan; `run` may be called once."""

    def __init__(self, source: SourceFile, diagnostics: Diagnostics) -> None:
        self._source = source
        self._text = source.text
        self._diagnostics = diagnostics
        self._tokens = Tokens()
        self._position = 1 if source.text.startswith("\ufeff") else 0
        self._braces: list[_OpenString | None] = []
        self._depth = 0
        self._doc: list[str] = []
        self._doc_span: tuple[int, int] | None = None

    def run(self) -> Tokens:
        text, tokens = self._text, self._tokens
        match, kind_of = _LEXEME.match, _KIND.get
        kinds, starts, ends, values = tokens.kinds, tokens.starts, tokens.ends, tokens.values
        while True:
            found = match(text, self._position)
            assert found is not None, "the last alternative matches any character"
            group = found.lastgroup
            assert group is not None
            end = found.end()
            lexeme = found[group]
            start = end - len(lexeme)
            self._position = end
            if self._doc_span is not None and group not in ("newline", "comment"):
                self._attach_doc(start)
            if group == "word":
                kind = kind_of(lexeme)
                if kind is None or (kinds and kinds[-1] in (".", "?.", "fun")):
                    self._name(lexeme, start, end)
                    continue
                kinds.append(kind)
                starts.append(start)
                ends.append(end)
                values.append(lexeme)
            elif group == "punctuation":
                if lexeme in "(){}[]":
                    self._bracket(lexeme, start)
                else:
                    kinds.append(kind_of(lexeme, lexeme))
                    starts.append(start)
                    ends.append(end)
                    values.append(lexeme)
            elif group == "newline":
                self._newline(start)
            elif group == "end":
                self._end()
                return tokens
            else:
                self._rare(group, lexeme, start)

    def _rare(self, group: str, lexeme: str, start: int) -> None:
        if group == "number":
            self._number(start)
        elif group == "string":
            self._open_string(lexeme, start)
        elif group == "comment":
            self._comment(lexeme, start)
        elif group == "char":
            self._char(start)
        elif group == "quoted":
            self._quoted(lexeme, start)
        else:
            self._stray(lexeme, start)

    def _error(self, code: str, start: int, end: int, message: str, **more: str) -> None:
        self._diagnostics.error(
            code,
            Span(self._source, start, end),
            message,
            label=more.get("label", ""),
            suggestion=more.get("suggestion"),
            notes=(more["note"],) if "note" in more else (),
        )

    # Names

    def _name(self, lexeme: str, start: int, end: int) -> None:
        text, tokens = self._text, self._tokens
        if lexeme == "r" and text.startswith('"', end):
            self._raw_string(start)
            return
        if text[end : end + 1] > "\x7f":
            # `\w` leaves out combining marks, which may be part of a name.
            while ("a" + text[end : end + 1]).isidentifier() and end < len(text):
                end += 1
            lexeme = text[start:end]
            self._position = end
        if not lexeme.isascii():
            if not lexeme.isidentifier():
                bad = next(c for c in lexeme if not ("a" + c).isidentifier() or not c.isidentifier())
                self._error("E0110", start, end, f"`{lexeme}` is no name: U+{ord(bad):04X} cannot be part of one")
            lexeme = unicodedata.normalize("NFC", lexeme)
        tokens.add("IDENT", start, end, lexeme)

    def _quoted(self, lexeme: str, start: int) -> None:
        name = lexeme.strip("`")
        if len(lexeme) < 2 or not lexeme.endswith("`") or not name.isidentifier():
            self._error("E0110", start, self._position, "a name in backquotes is a letter and then letters or digits")
            name = name if name.isidentifier() else "_"
        self._tokens.add("IDENT", start, self._position, unicodedata.normalize("NFC", name))

    def _stray(self, lexeme: str, start: int) -> None:
        message, suggestion = describe_stray(lexeme)
        end = start + 1
        while end < len(self._text) and self._text[end] == lexeme:
            end += 1
        self._position = end
        more = {"suggestion": suggestion} if suggestion else {}
        if not _BIDI.match(lexeme):
            self._error("E0110", start, end, message, **more)
        if lexeme == "#":
            self._position = self._line_end(start)

    def _line_end(self, start: int) -> int:
        end = self._text.find("\n", start)
        return len(self._text) if end < 0 else end

    # Numbers and characters

    def _number(self, start: int) -> None:
        tokens = self._tokens
        after_dot = bool(tokens.kinds) and tokens.kinds[-1] in (".", "?.")
        found = (_FIELD if after_dot else _NUMBER).match(self._text, start)
        assert found is not None
        self._position = found.end()
        literal = literals.read_number(found[0])
        if literal.problem is not None:
            self._error(literal.code, start, found.end(), literal.problem, **literal.help)
        tokens.add("FLOAT" if isinstance(literal.value, float) else "INT", start, found.end(), literal.value)

    def _char(self, start: int) -> None:
        literal = literals.read_char(self._text, start, self._line_end(start))
        self._position = literal.end
        if literal.problem is not None:
            self._error(literal.code, start, literal.end, literal.problem, **literal.help)
        self._tokens.add("CHAR" if literal.is_char else "STRING", start, literal.end, literal.value)

    # Brackets

    def _bracket(self, lexeme: str, start: int) -> None:
        tokens = self._tokens
        if lexeme == "{":
            self._braces.append(None)
        elif lexeme == "}" and self._braces:
            string = self._braces.pop()
            if string is not None:
                self._depth = string.depth
                tokens.add("}$", start, start + 1)
                self._read_string(string)
                return
        if lexeme in "({[":
            self._deepen(start, start + 1)
        elif self._depth:
            self._depth -= 1
        tokens.add(lexeme, start, start + 1, lexeme)

    def _deepen(self, start: int, end: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"brackets are nested more than {MAX_DEPTH} levels deep"
            self._error("E0911", start, end, message, label="this one is too deep")
            raise SourceRefusedError

    # Strings

    def _open_string(self, quotes: str, start: int) -> None:
        if quotes == '"' and self._text.startswith('"', self._position):
            self._position += 1
            self._tokens.add("STRING", start, self._position, "")
            return
        self._read_string(_OpenString(start, quotes == '"""', []))

    def _read_string(self, string: _OpenString) -> None:
        """Read text up to the closing quotes or the next `${`."""
        text, begin = self._text, self._position
        plain = (_PLAIN_MULTILINE if string.is_multiline else _PLAIN).match
        quotes = '"""' if string.is_multiline else '"'
        position = begin
        while True:
            found = plain(text, position)
            if found is not None:
                position = found.end()
            character = text[position : position + 1]
            if character == "\\":
                position += 1 if text.startswith("\n", position + 1) and not string.is_multiline else 2
            elif character == "$":
                if text.startswith("{", position + 1):
                    self._interpolate(string, begin, position)
                    return
                position += 1
            elif character == '"':
                if text.startswith(quotes, position):
                    self._close_string(string, begin, position, len(quotes))
                    return
                position += 1
            else:
                self._unclosed_string(string, begin, min(position, len(text)))
                return

    def _interpolate(self, string: _OpenString, begin: int, position: int) -> None:
        tokens = self._tokens
        if not string.is_template:
            string.is_template = True
            tokens.add("TEMPLATE_START", string.start, begin)
        self._text_token(string, begin, position)
        tokens.add("${", position, position + 2)
        string.depth = self._depth
        self._deepen(position, position + 2)
        self._braces.append(string)
        self._position = position + 2

    def _text_token(self, string: _OpenString, begin: int, end: int) -> None:
        string.segments.append((begin, self._text[begin:end], len(self._tokens.kinds)))
        self._tokens.add("TEXT", begin, end, "")

    def _close_string(self, string: _OpenString, begin: int, end: int, width: int) -> None:
        tokens = self._tokens
        self._position = end + width
        if string.is_template:
            self._text_token(string, begin, end)
            tokens.add("TEMPLATE_END", end, self._position)
        else:
            string.segments.append((begin, self._text[begin:end], len(tokens.kinds)))
            tokens.add("STRING", string.start, self._position, "")
        texts = [text for _, text, _ in string.segments]
        if string.is_multiline:
            texts = literals.trim_indentation(texts)
        for (at, raw, index), part in zip(string.segments, texts, strict=True):
            tokens.values[index] = self._unescape(part, at, raw)

    def _unescape(self, part: str, at: int, raw: str) -> str:
        if "\\" not in part:
            return part
        value, _ = literals.unescape(part)
        for offset, length, message, suggestion in literals.unescape(raw)[1]:
            more = {"suggestion": suggestion} if suggestion else {}
            self._error("E0106", at + offset, at + offset + length, message, **more)
        return value

    def _unclosed_string(self, string: _OpenString, begin: int, end: int) -> None:
        if string.is_multiline:
            self._error("E0104", string.start, string.start + 3, 'this string is never closed with `"""`')
        else:
            suggestion = 'text of several lines stands between `"""` and `"""`'
            width = string.start + 1
            note = "it has to end on the line on which it begins"
            self._error("E0104", string.start, width, "this string is never closed", suggestion=suggestion, note=note)
        if string.is_template:
            self._text_token(string, begin, end)
            self._tokens.add("TEMPLATE_END", end, end)
        else:
            self._tokens.add("STRING", string.start, end, "")
        self._position = end

    def _raw_string(self, start: int) -> None:
        text, begin = self._text, start + 1
        quotes = '"""' if text.startswith('"""', begin) else '"'
        begin += len(quotes)
        end = text.find(quotes, begin)
        limit = self._line_end(begin)
        if end < 0 or (quotes == '"' and end > limit):
            stop = limit if quotes == '"' else len(text)
            self._error("E0104", start, begin, "this string is never closed")
            self._tokens.add("STRING", start, stop, "")
            self._position = stop
            return
        value = text[begin:end]
        if quotes == '"""':
            value = literals.trim_indentation([value])[0]
        self._position = end + len(quotes)
        self._tokens.add("STRING", start, self._position, value)

    # Comments and lines

    def _comment(self, lexeme: str, start: int) -> None:
        text = self._text
        if lexeme == "//":
            end = self._line_end(start)
            self._position = end
            if text.startswith("///", start) and not text.startswith("////", start):
                self._doc.append(text[start + 3 : end].rstrip().removeprefix(" "))
                begin = start if self._doc_span is None else self._doc_span[0]
                self._doc_span = (begin, end)
            return
        depth, position = 1, start + 2
        while depth:
            mark = _COMMENT_MARK.search(text, position)
            if mark is None:
                self._error("E0105", start, start + 2, "this comment is never closed", label="it needs a `*/`")
                self._position = len(text)
                return
            depth += 1 if mark[0] == "/*" else -1
            position = mark.end()
        self._position = position

    def _newline(self, start: int) -> None:
        tokens = self._tokens
        while self._braces and (string := self._braces[-1]) is not None and not string.is_multiline:
            self._braces.pop()
            self._depth = string.depth
            tokens.add("}$", start, start)
            self._unclosed_string(string, start, start)
        if tokens.kinds and tokens.kinds[-1] != "NEWLINE":
            tokens.add("NEWLINE", start, start + 1)
            if len(tokens.kinds) > MAX_TOKENS:
                message = f"this file has more than {MAX_TOKENS:,} tokens"
                self._error("E0913", start, start, message)
                raise SourceRefusedError
        if self._doc_span is not None and self._text[self._doc_span[1] : start].strip(" \t\r") == "":
            following = self._text[start + 1 : self._line_end(start + 1)]
            if not following.strip():
                self._detach_doc()

    def _detach_doc(self) -> None:
        """End a doc comment that a blank line follows: at the very top it is the module's."""
        assert self._doc_span is not None
        if not self._tokens.kinds and self._tokens.module_doc is None:
            self._tokens.module_doc = "\n".join(self._doc)
        else:
            self._stray_doc(*self._doc_span)
        self._doc, self._doc_span = [], None

    def _stray_doc(self, start: int, end: int) -> None:
        message = "this documentation belongs to no declaration"
        self._error("W0102", start, end, message, suggestion="write `//` for an ordinary comment")

    def _attach_doc(self, start: int) -> None:
        assert self._doc_span is not None
        tokens = self._tokens
        if start == len(self._text) and tokens.kinds:
            self._stray_doc(*self._doc_span)
        elif start == len(self._text):
            tokens.module_doc = tokens.module_doc or "\n".join(self._doc)
        elif not tokens.kinds and tokens.module_doc is None and self._text.startswith("import", start):
            tokens.module_doc = "\n".join(self._doc)  # an import has no documentation of its own
        else:
            tokens.docs[start] = "\n".join(self._doc)
        self._doc, self._doc_span = [], None

    def _end(self) -> None:
        for string in reversed(self._braces):
            if string is not None:
                self._tokens.add("}$", len(self._text), len(self._text))
                self._unclosed_string(string, len(self._text), len(self._text))
        self._tokens.add("EOF", len(self._text), len(self._text))
