"""One statement of the text form: a cursor over its tokens, and the grammar of names and types.

Everything that a statement can name stands in ``Tables``: what is declared is known before any
statement is resolved, what is interned (strings, files, signatures) is numbered in order of first use.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NoReturn

from pvm.errors import AssemblyError
from pvm.isa.types import ArrayKind, HeapKind, Prim, RefType, Signature, ValueType
from pvm.pbc.asm_lexer import Kind, Token, lex_line
from pvm.pbc.literals import parse_int

MAX_NESTING = 64
"""Function types inside function types."""
MAX_CANDIDATES = 2000
"""Names that are compared to find the one that may have been meant."""

_PRIMS = {str(prim): prim for prim in Prim}
_ARRAYS = {str(kind): kind for kind in ArrayKind}
_HEAP_WORDS = {"any": HeapKind.ANY, "string": HeapKind.STRING, "task": HeapKind.TASK}


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """Return ``; did you mean X?`` or nothing."""
    known = [candidate for candidate, _ in zip(candidates, range(MAX_CANDIDATES), strict=False)]
    close = difflib.get_close_matches(name[:80], known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


class Names:
    """The names of one declared table."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.indices: dict[str, int] = {}
        self.ambiguous: set[str] = set()
        self.count = 0

    def declare(self, token: Token | None, *, unique: bool = True) -> int:
        """Number the next element; ``token`` is None for one without a name."""
        if token is not None and token.value in self.indices:
            if unique:
                raise AssemblyError(token.line, token.column, f"{self.what} {token.describe()} is declared twice")
            self.ambiguous.add(token.value)
        elif token is not None:
            self.indices[token.value] = self.count
        self.count += 1
        return self.count - 1

    def resolve(self, token: Token) -> int:
        """The index that a name or ``#N`` stands for."""
        if token.kind is Kind.INDEX:
            index = int(token.value)
            if index >= self.count:
                message = f"{self.what} {index} does not exist: there are {self.count}"
                raise AssemblyError(token.line, token.column, message)
            return index
        if token.value in self.ambiguous:
            message = f"{self.what} {token.describe()} is declared more than once: write #N"
            raise AssemblyError(token.line, token.column, message)
        found = self.indices.get(token.value)
        if found is None:
            message = f"unknown {self.what} {token.describe()}{suggestion(token.value, self.indices)}"
            raise AssemblyError(token.line, token.column, message)
        return found


class Tables:
    """What the statements of one module refer to."""

    def __init__(self) -> None:
        self.classes = Names("class")
        self.imports = Names("import")
        self.globals = Names("global")
        self.functions = Names("function")
        self.strings: dict[str, int] = {}
        self.files: dict[str, int] = {}
        self.signatures: dict[Signature, int] = {}
        self.signature_list: list[Signature] = []

    def string(self, text: str) -> int:
        """Number of a string of the pool."""
        return self.strings.setdefault(text, len(self.strings))

    def file(self, name: str) -> int:
        """Number of a source file."""
        return self.files.setdefault(name, len(self.files))

    def signature(self, signature: Signature) -> int:
        """Number of a signature."""
        found = self.signatures.get(signature)
        if found is None:
            found = self.signatures[signature] = len(self.signature_list)
            self.signature_list.append(signature)
        return found


class Line:
    """A cursor over the tokens of one line; ``take`` looks, ``need`` insists."""

    def __init__(self, text: str, number: int, tables: Tables) -> None:
        self.text = text
        self.tokens = lex_line(text, number)
        self.tables = tables
        self.at = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        """Raise an error at a token, the next one by default."""
        place = token or self.token
        raise AssemblyError(place.line, place.column, message)

    def expected(self, what: str) -> NoReturn:
        """Raise an error that says what was expected in place of the next token."""
        self.fail(f"expected {what}, found {self.token.describe()}")

    def next(self) -> Token:
        """Step over the next token and return it."""
        token = self.token
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def at_end(self) -> bool:
        """Whether the line is used up."""
        return self.token.kind is Kind.END

    def end(self) -> None:
        """Insist on the end of the line."""
        if not self.at_end():
            self.expected("the end of the line")

    def is_sign(self, sign: str, ahead: int = 0) -> bool:
        """Whether the token that many ahead is this sign."""
        at = min(self.at + ahead, len(self.tokens) - 1)
        return self.tokens[at].kind is Kind.PUNCT and self.tokens[at].value == sign

    def take(self, sign: str) -> bool:
        """Step over a sign if it is next."""
        found = self.is_sign(sign)
        self.at += found
        return found

    def need(self, sign: str) -> None:
        """Step over a sign."""
        if not self.take(sign):
            self.expected(f"'{sign}'")

    def take_word(self, word: str) -> bool:
        """Step over an unquoted word if it is next."""
        found = self.token.kind is Kind.NAME and self.token.value == word
        self.at += found
        return found

    def name(self, what: str) -> Token:
        """A name, quoted or not."""
        if self.token.kind not in {Kind.NAME, Kind.STRING}:
            self.expected(what)
        return self.next()

    def string(self, what: str) -> str:
        """A quoted text."""
        if self.token.kind is not Kind.STRING:
            self.expected(f"{what} in quotes")
        return self.next().value

    def integer(self, bits: int, what: str, *, signed: bool = False) -> int:
        """An integer of so many bits."""
        token = self.token
        if token.kind is not Kind.NUMBER:
            self.expected(what)
        try:
            value = parse_int(token.value, bits, signed=signed)
        except ValueError as error:
            self.fail(str(error))
        self.at += 1
        return value

    def element(self, names: Names) -> int:
        """A name or ``#N`` of a declared table."""
        if self.token.kind not in {Kind.NAME, Kind.STRING, Kind.INDEX}:
            self.expected(f"a {names.what}")
        return names.resolve(self.next())

    def storage_or_type(self) -> tuple[str, RefType | None]:
        """The type of a field: a storage word or a reference type."""
        if self.token.kind is Kind.NAME and self.token.value != "ref":
            return self.next().value, None
        return "ref", self.ref_type()

    # Types

    def value_type(self, depth: int = 0) -> ValueType:
        """A value type."""
        token = self.token
        if token.kind is Kind.NAME and token.value in _PRIMS:
            self.at += 1
            return _PRIMS[token.value]
        if token.kind is not Kind.NAME or token.value != "ref":
            close = suggestion(token.value, [*_PRIMS, "ref"]) if token.kind is Kind.NAME else ""
            self.fail(f"expected a type (i32 i64 f32 f64 ref), found {token.describe()}{close}")
        return self.ref_type(depth)

    def ref_type(self, depth: int = 0) -> RefType:
        """A reference type, as ``ref? Point``, ``ref array u8`` or ``ref func (i64) -> i64``."""
        if not self.take_word("ref"):
            self.expected("a reference type")
        nullable = self.take("?")
        token = self.token
        if token.kind is Kind.NAME and token.value in _HEAP_WORDS:
            self.at += 1
            return RefType(_HEAP_WORDS[token.value], nullable)
        if self.take_word("array"):
            return RefType(HeapKind.ARRAY, nullable, int(self.array_kind()))
        if self.take_word("func"):
            return RefType(HeapKind.FUNC, nullable, self.signature_index(depth + 1))
        return RefType(HeapKind.CLASS, nullable, self.element(self.tables.classes))

    def array_kind(self) -> ArrayKind:
        """The kind of an array."""
        kind = _ARRAYS.get(self.token.value) if self.token.kind is Kind.NAME else None
        if kind is None:
            self.expected("an array kind, one of " + " ".join(_ARRAYS))
        self.at += 1
        return kind

    def signature_index(self, depth: int = 0) -> int:
        """A signature, interned: ``(i64) -> i64``, or ``#N`` of one that is listed above."""
        token = self.token
        if token.kind is Kind.INDEX:
            if int(token.value) >= len(self.tables.signature_list):
                self.fail(f"signature #{token.value} is not listed above: list it with 'signature'")
            self.at += 1
            return int(token.value)
        return self.tables.signature(self.signature(depth))

    def signature(self, depth: int = 0) -> Signature:
        """A signature, not interned itself."""
        if depth > MAX_NESTING:
            self.fail(f"function types are nested deeper than {MAX_NESTING}")
        self.need("(")
        params: list[ValueType] = []
        if not self.take(")"):
            params.append(self.value_type(depth))
            while self.take(","):
                params.append(self.value_type(depth))
            self.need(")")
        return Signature(tuple(params), self.results(depth))

    def results(self, depth: int = 0) -> tuple[ValueType, ...]:
        """What follows a parameter list: ``-> i64`` or nothing."""
        return (self.value_type(depth),) if self.take("->") else ()

    def named_types(self, close: str) -> list[tuple[Token | None, ValueType]]:
        """Types separated by commas, each perhaps behind ``name:``, up to ``close`` (the end if empty)."""
        out: list[tuple[Token | None, ValueType]] = []
        if close and self.take(close):
            return out
        while True:
            name = None
            if self.token.kind in {Kind.NAME, Kind.STRING} and self.is_sign(":", 1):
                name = self.next()
                self.at += 1
            out.append((name, self.value_type()))
            if self.take(","):
                continue
            if close:
                self.need(close)
            return out
