"""Assembles the text form of a module, ``.pasm``: see ``pvm/pbc/README.md`` for the grammar.

``assemble(disassemble(module)) == module``, to the byte.  What text leaves open has a rule: strings,
files and signatures are numbered in order of first use, where classes come before imports, globals,
functions and exports; labels are numbered as they stand.  Names may be used before they are declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pvm.errors import AssemblyError, FormatError
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind, HeapKind, Prim, RefType, Signature, Storage
from pvm.pbc.asm_function import FunctionAssembler, float_literal
from pvm.pbc.asm_lexer import Kind, Token
from pvm.pbc.asm_line import Line, Tables, suggestion
from pvm.pbc.asm_members import Members
from pvm.pbc.boundary import Boundary, BoundaryKind, BoundaryType, parse_boundary
from pvm.pbc.code import CodeDecoder
from pvm.pbc.model import (
    MAJOR,
    MINOR,
    ClassDef,
    ClassFlag,
    Export,
    Feature,
    Field,
    Function,
    Global,
    Import,
    ImportKind,
    Method,
    Module,
)
from pvm.pbc.writer import write_module

MAX_TEXT = 32 << 20
"""Characters of the longest text."""

_CLASS_WORDS = {"class", "interface", "abstract", "final"}
_SIMPLE = {"module", "version", "features", "throwable", "trap", "start", "string", "file", "signature"}
_KEYWORDS = [*sorted(_SIMPLE | _CLASS_WORDS), "import", "global", "func", "export", "attribute"]


def assemble(text: str, name: str = "") -> Module:
    """Assemble a module; ``name`` is its name unless the text has a ``module`` line.

    Raises:
        AssemblyError: the text is wrong; the first error is reported.
    """
    if len(text) > MAX_TEXT:
        raise AssemblyError(1, 1, f"text has {len(text)} characters, at most {MAX_TEXT} are allowed")
    module = _Assembler(text, name).module()
    try:
        write_module(module)
        decoder = CodeDecoder(module)
        for function in module.functions:
            decoder.decode(function)
    except FormatError as error:
        raise AssemblyError(1, 1, f"module is not well formed: {error.message}") from None
    return module


@dataclass(slots=True)
class _Item:
    """A top-level statement: its line, and where its body stands in the list of lines."""

    keyword: Token
    number: int
    body: range = range(0)
    close: int = 0


@dataclass(slots=True)
class _Simple:
    """What statements without a table set."""

    name: str
    version: tuple[int, int] = (MAJOR, MINOR)
    features: Feature = Feature.NONE
    throwable: int | None = None
    traps: dict[TrapKind, int] = field(default_factory=dict)
    start: int | None = None


class _Assembler:
    def __init__(self, text: str, name: str) -> None:
        self.lines = text.split("\n")
        self.tables = Tables()
        self.simple = _Simple(name)
        self.seen: set[str] = set()
        self.items: dict[str, list[_Item]] = {keyword: [] for keyword in _KEYWORDS}
        self.classes: tuple[ClassDef, ...] = ()
        self.members = Members(lambda: self.classes)

    def line(self, index: int) -> Line:
        return Line(self.lines[index], index + 1, self.tables)

    def module(self) -> Module:
        self._split()
        for keyword in ("string", "file", "signature", "module", "version", "features", "throwable", "trap", "start"):
            for item in self.items[keyword]:
                self._simple(item)
        self.classes = tuple([self._class(item) for item in self.items["class"]])
        imports = tuple([self._import(item) for item in self.items["import"]])
        variables = tuple([self._global(item) for item in self.items["global"]])
        functions = tuple([self._function(item) for item in self.items["func"]])
        signatures = tuple(self.tables.signature_list)
        exports = tuple([self._export(item, functions, signatures) for item in self.items["export"]])
        attributes = tuple([self._attribute(item) for item in self.items["attribute"]])
        simple = self.simple
        return Module(
            simple.name,
            tuple(self.tables.strings),
            signatures,
            self.classes,
            imports,
            variables,
            functions,
            exports,
            tuple(self.tables.files),
            simple.throwable,
            tuple(sorted(simple.traps.items())),
            simple.start,
            attributes,
            simple.features,
            simple.version,
        )

    # Statements and what they declare

    def _split(self) -> None:
        """Find the statements with their bodies, and number what they declare."""
        index = 0
        while index < len(self.lines):
            line = self.line(index)
            start = index
            index += 1
            if line.at_end():
                continue
            keyword = line.token
            if keyword.kind is not Kind.NAME or keyword.value not in _KEYWORDS:
                close = suggestion(keyword.value, _KEYWORDS) if keyword.kind is Kind.NAME else ""
                line.fail(f"expected a statement ({' '.join(_KEYWORDS)}), found {keyword.describe()}{close}")
            item = _Item(keyword, start)
            if line.tokens[-2].kind is Kind.PUNCT and line.tokens[-2].value == "{":
                item.close = self._closing(start)
                item.body = range(start + 1, item.close)
                index = item.close + 1
            self._declare(line, item)

    def _closing(self, start: int) -> int:
        for index in range(start + 1, len(self.lines)):
            stripped = self.lines[index].lstrip()
            if stripped.startswith("}"):
                line = self.line(index)
                line.need("}")
                line.end()
                return index
        raise AssemblyError(start + 1, len(self.lines[start]), "'{' is never closed by a line with '}'")

    def _declare(self, line: Line, item: _Item) -> None:
        keyword = line.next().value
        if keyword in _CLASS_WORDS:
            line.at -= 1
            self._class_flags(line)
            self.tables.classes.declare(line.name("the name of a class"))
            keyword = "class"
        elif keyword == "import":
            _import_kind(line)
            self.tables.imports.declare(line.name("the name of an import"), unique=False)
        elif keyword == "global":
            _is_const(line)
            self.tables.globals.declare(line.name("the name of a global"), unique=False)
        elif keyword == "func":
            if not item.close:
                line.fail("a function has a body: expected '{' at the end of the line", line.tokens[-1])
            self.tables.functions.declare(line.name("the name of a function"))
        if item.close and keyword not in {"class", "func", "attribute"}:
            line.fail(f"{keyword} has no body", line.tokens[-2])
        self.items[keyword].append(item)

    def _head(self, item: _Item) -> Line:
        """The line of a statement, behind its keyword and without the brace of its body."""
        line = self.line(item.number)
        if item.close:
            del line.tokens[-2]
        line.next()
        return line

    # Statements that stand for themselves

    def _simple(self, item: _Item) -> None:
        line = self._head(item)
        keyword = item.keyword.value
        if keyword in {"module", "version", "features", "throwable", "start"}:
            if keyword in self.seen:
                line.fail(f"{keyword} is given twice", item.keyword)
            self.seen.add(keyword)
        getattr(self, f"_set_{keyword}")(line)
        line.end()

    def _set_module(self, line: Line) -> None:
        self.simple.name = line.name("the name of the module").value

    def _set_version(self, line: Line) -> None:
        token = line.next()
        major, dot, minor = token.value.partition(".")
        digits = (major + minor).isascii() and major.isdigit() and minor.isdigit()
        if token.kind is not Kind.NUMBER or not dot or not digits or len(token.value) > 11:
            line.fail(f"expected a version as 1.0, found {token.describe()}", token)
        self.simple.version = (int(major), int(minor))
        if self.simple.version[0] != MAJOR or self.simple.version[1] > MINOR:
            line.fail(f"version {token.value} is not supported: expected {MAJOR}.0 to {MAJOR}.{MINOR}", token)

    def _set_features(self, line: Line) -> None:
        known = {str(feature.name).lower(): feature for feature in Feature if feature}
        while not line.at_end():
            token = line.name("a feature")
            if token.value not in known:
                line.fail(f"unknown feature {token.describe()}{suggestion(token.value, known)}", token)
            self.simple.features |= known[token.value]

    def _set_throwable(self, line: Line) -> None:
        self.simple.throwable = line.element(self.tables.classes)

    def _set_trap(self, line: Line) -> None:
        token = line.name("a kind of trap")
        kinds = {kind.mnemonic: kind for kind in TrapKind}
        kind = kinds.get(token.value)
        if kind is None:
            line.fail(f"unknown kind of trap {token.describe()}{suggestion(token.value, kinds)}", token)
        if kind in self.simple.traps:
            line.fail(f"trap {token.describe()} is given twice", token)
        line.need("=")
        self.simple.traps[kind] = line.element(self.tables.classes)

    def _set_start(self, line: Line) -> None:
        self.simple.start = line.element(self.tables.functions)

    def _set_string(self, line: Line) -> None:
        token = line.token
        count = len(self.tables.strings)
        if self.tables.string(line.string("a text")) != count:
            line.fail("this string is listed already", token)

    def _set_file(self, line: Line) -> None:
        token = line.token
        count = len(self.tables.files)
        if self.tables.file(line.name("the name of a source file").value) != count:
            line.fail("this file is listed already", token)

    def _set_signature(self, line: Line) -> None:
        token = line.token
        signature = line.signature()
        count = len(self.tables.signature_list)
        if self.tables.signature(signature) != count:
            line.fail("this signature is listed already", token)

    # Classes

    def _class_flags(self, line: Line) -> ClassFlag:
        flags = ClassFlag.NONE
        while True:
            token = line.token
            if line.take_word("class"):
                return flags
            if line.take_word("interface"):
                return flags | ClassFlag.INTERFACE
            if line.take_word("abstract"):
                flags |= ClassFlag.ABSTRACT
            elif line.take_word("final"):
                flags |= ClassFlag.FINAL
            else:
                line.fail(f"expected 'class' or 'interface', found {token.describe()}", token)

    def _class(self, item: _Item) -> ClassDef:
        line = self._head(item)
        line.at = 0
        flags = self._class_flags(line)
        token = line.name("the name of a class")
        superclass: int | None = None
        interfaces: list[int] = []
        index = self.tables.classes.resolve(token._replace(kind=Kind.NAME))
        if flags & ClassFlag.INTERFACE:
            if line.take_word("extends"):
                interfaces = self._earlier_classes(line, index)
        else:
            if line.take_word("extends"):
                superclass = self._earlier_class(line, index)
            if line.take_word("implements"):
                interfaces = self._earlier_classes(line, index)
        line.end()
        fields: dict[str, Field] = {}
        methods: dict[str, Method] = {}
        for number in item.body:
            self._member(self.line(number), fields, methods)
        if fields and flags & ClassFlag.INTERFACE:
            line.fail(f"interface {token.describe()} has fields", token)
        return ClassDef(
            token.value, flags, superclass, tuple(interfaces), tuple(fields.values()), tuple(methods.values())
        )

    def _earlier_class(self, line: Line, index: int) -> int:
        token = line.token
        found = line.element(self.tables.classes)
        if found >= index:
            line.fail(f"class {token.describe()} must stand before what extends or implements it", token)
        return found

    def _earlier_classes(self, line: Line, index: int) -> list[int]:
        found = [self._earlier_class(line, index)]
        while line.take(","):
            found.append(self._earlier_class(line, index))
        return found

    def _member(self, line: Line, fields: dict[str, Field], methods: dict[str, Method]) -> None:
        if line.at_end():
            return
        keyword = line.token
        if line.take_word("field") or line.take_word("const"):
            token = line.name("the name of a field")
            line.need(":")
            if token.value in fields:
                line.fail(f"field {token.describe()} is declared twice", token)
            fields[token.value] = self._field(line, token.value, mutable=keyword.value == "field")
        elif line.take_word("method"):
            token = line.name("the name of a method")
            if token.value in methods:
                line.fail(f"method {token.describe()} is declared twice", token)
            signature = line.signature_index()
            function = line.element(self.tables.functions) if line.take("=") else None
            methods[token.value] = Method(token.value, signature, function)
        else:
            line.expected("'field', 'const' or 'method'")
        line.end()

    def _field(self, line: Line, name: str, *, mutable: bool) -> Field:
        token = line.token
        word, type_ = line.storage_or_type()
        if type_ is not None:
            return Field(name, Storage.REF, type_, mutable)
        storages = {str(storage): storage for storage in Storage}
        if word not in storages:
            line.fail(f"expected a storage ({' '.join(storages)}), found {token.describe()}", token)
        return Field(name, storages[word], None, mutable)

    # Imports, globals, functions, exports, attributes

    def _import(self, item: _Item) -> Import:
        line = self._head(item)
        kind = _import_kind(line)
        token = line.name("the name of an import")
        place = line.token
        signature = line.signature_index()
        boundary = ""
        if line.take_word("as"):
            if kind is not ImportKind.HOST:
                line.fail("only an import from the host has a boundary signature")
            boundary = _boundary(line)
        elif kind is ImportKind.HOST:
            boundary = _plain_boundary(line, self.tables.signature_list[signature], place)
        line.end()
        return Import(kind, token.value, signature, boundary)

    def _global(self, item: _Item) -> Global:
        line = self._head(item)
        is_const = _is_const(line)
        name = line.name("the name of a global").value
        line.need(":")
        type_ = line.value_type()
        initial: int | float = 0.0 if type_ in {Prim.F32, Prim.F64} else 0
        if line.take("="):
            match type_:
                case Prim.I32 | Prim.I64:
                    initial = line.integer(32 if type_ is Prim.I32 else 64, "an integer", signed=True)
                case Prim.F32 | Prim.F64:
                    initial = float_literal(line, 4 if type_ is Prim.F32 else 8)
                case _:
                    line.fail("a global reference starts as null")
        line.end()
        return Global(name, type_, not is_const, initial)

    def _function(self, item: _Item) -> Function:
        head = self._head(item)
        assembler = FunctionAssembler(head, self.tables, self.members, self.simple.throwable)
        head.end()
        for number in item.body:
            assembler.line(self.line(number))
        return assembler.finish(self.line(item.close))

    def _export(self, item: _Item, functions: Sequence[Function], signatures: Sequence[Signature]) -> Export:
        line = self._head(item)
        token = line.name("the name of an export")
        if line.take("="):
            function = line.element(self.tables.functions)
        else:
            function = self.tables.functions.resolve(token._replace(kind=Kind.NAME))
        if line.take_word("as"):
            boundary = _boundary(line)
        else:
            boundary = _plain_boundary(line, signatures[functions[function].signature], token)
        line.end()
        return Export(token.value, function, boundary)

    def _attribute(self, item: _Item) -> tuple[str, bytes]:
        head = self._head(item)
        name = head.name("the name of an attribute").value
        head.end()
        pieces: list[bytes] = []
        for number in item.body:
            line = self.line(number)
            if line.take_word("hex"):
                token = line.token
                digits = line.string("hexadecimal digits")
                try:
                    pieces.append(bytes.fromhex(digits))
                except ValueError:
                    line.fail("expected pairs of hexadecimal digits", token)
            elif not line.at_end():
                token = line.token
                try:
                    pieces.append(line.string("a text").encode())
                except UnicodeEncodeError:
                    line.fail("text is not valid Unicode", token)
            line.end()
        return name, b"".join(pieces)


def _import_kind(line: Line) -> ImportKind:
    kinds = {kind.name.lower(): kind for kind in ImportKind}
    kind = kinds.get(line.token.value)
    if kind is None:
        line.expected("'runtime', 'kernel' or 'host'")
    line.next()
    return kind


def _is_const(line: Line) -> bool:
    return not line.is_sign(":", 1) and line.take_word("const")


def _boundary(line: Line) -> str:
    """The rest of the line as a boundary signature, in its one spelling."""
    token = line.token
    text = line.text[token.column - 1 : line.tokens[-1].column - 1].partition(";")[0].replace("\r", " ")
    try:
        boundary = parse_boundary(text)
    except FormatError as error:
        raise AssemblyError(token.line, token.column + error.offset, error.message) from None
    line.at = len(line.tokens) - 1
    return str(boundary)


_PLAIN = {
    HeapKind.STRING: BoundaryKind.STRING,
    HeapKind.ANY: BoundaryKind.ANY,
}


def _plain_boundary(line: Line, signature: Signature, place: Token) -> str:
    """The boundary that shows machine types as they are."""

    def plain(value: Prim | RefType) -> BoundaryType:
        if isinstance(value, Prim):
            return BoundaryType(BoundaryKind(str(value)))
        if value.kind in _PLAIN:
            return BoundaryType(_PLAIN[value.kind], value.nullable)
        if value.kind is HeapKind.ARRAY and not value.nullable and value.index != ArrayKind.REF:
            return BoundaryType(BoundaryKind.ARRAY, element=ArrayKind(value.index))
        return line.fail(f"{value} cannot cross the boundary", place)

    results = [plain(value) for value in signature.results]
    return str(Boundary(tuple(map(plain, signature.params)), results[0] if results else None))
