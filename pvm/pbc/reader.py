"""Reads a ``.pbc`` file into a ``Module``.

What it returns is well formed: every index outside code exists, tables are in topological order,
names are unique where the format says so, and ``write_module`` gives the same bytes again.  Code
stays bytes: ``pvm.pbc.code`` decodes it and checks the indices in it.  A hostile file costs time
and memory in proportion to its size, with ``MAX_ELEMENTS`` as a ceiling, and ends in ``FormatError``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from pvm.errors import FormatError
from pvm.isa.encoding import decode_float, decode_sleb
from pvm.isa.traps import TrapKind
from pvm.isa.types import HeapKind, Prim, RefType, Signature, Storage
from pvm.pbc.boundary import parse_boundary
from pvm.pbc.container import (
    CHECKSUM_SIZE,
    FIELD_MUTABLE,
    HEADER_SIZE,
    MAGIC,
    MAX_CODE,
    MAX_FILE,
    MAX_LOCALS,
    MAX_PARAMS,
    MAX_RESULTS,
    Section,
)
from pvm.pbc.cursor import Cursor, shorten
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
    Handler,
    Import,
    ImportKind,
    Label,
    Method,
    Module,
    Position,
)

_T = TypeVar("_T")
_Debug = tuple[tuple[Position, ...], tuple[tuple[int, int], ...], tuple[tuple[int, str], ...]]
_STORAGES = {int(storage): storage for storage in Storage}
_ALL_FLAGS = int(ClassFlag.INTERFACE | ClassFlag.ABSTRACT | ClassFlag.FINAL)
_ALL_FEATURES = int(Feature.PRIVILEGED)


def read_module(data: bytes) -> Module:
    """Read a module.

    Raises:
        FormatError: the bytes are no well-formed module of a version that this reader knows.
    """
    data = bytes(data)
    version, features = _check_header(data)
    return _Reader(data).module(version, features)


def _check_header(data: bytes) -> tuple[tuple[int, int], Feature]:
    if len(data) > MAX_FILE:
        raise FormatError(MAX_FILE, f"file has {len(data)} bytes, at most {MAX_FILE} are allowed")
    if data[: len(MAGIC)] != MAGIC:
        raise FormatError(0, f"not a .pbc file: expected magic {MAGIC!r}, found {bytes(data[: len(MAGIC)])!r}")
    if len(data) < HEADER_SIZE + CHECKSUM_SIZE:
        raise FormatError(len(data), "file ends inside its header")
    major = int.from_bytes(data[4:6], "little")
    minor = int.from_bytes(data[6:8], "little")
    if major != MAJOR or minor > MINOR:
        raise FormatError(
            4, f"version {major}.{minor} is not supported: this reader knows {MAJOR}.0 to {MAJOR}.{MINOR}"
        )
    end = len(data) - CHECKSUM_SIZE
    stored, computed = int.from_bytes(data[end:], "little"), zlib.crc32(memoryview(data)[:end])
    if stored != computed:
        raise FormatError(end, f"checksum is {stored:#010x}, the file has {computed:#010x}: it is damaged or truncated")
    features = int.from_bytes(data[8:12], "little")
    if features & ~_ALL_FEATURES:
        raise FormatError(8, f"unknown feature bits {features & ~_ALL_FEATURES:#x}")
    return (major, minor), Feature(features)


class _Reader(Cursor):
    """Reads the elements of each section."""

    signatures: tuple[Signature, ...]

    def module(self, version: tuple[int, int], features: Feature) -> Module:
        name = self.single(Section.NAME, lambda: self.text("name"))
        if name == "":
            raise FormatError(self.spans[Section.NAME][0], "section 1 is empty: it must be left out")
        strings = self.table(Section.STRINGS, self.string)
        self.unique(Section.STRINGS, "string", strings)
        files = self.table(Section.FILES, self.string)
        self.unique(Section.FILES, "file", files)
        signatures = self.table(Section.SIGNATURES, self.signature)
        self.unique(Section.SIGNATURES, "signature", signatures)
        self.signatures = signatures
        classes = self.table(Section.CLASSES, self.class_)
        self.unique(Section.CLASSES, "class", [item.name for item in classes])
        imports = self.table(Section.IMPORTS, self.import_)
        self.unique(Section.IMPORTS, "import", [f"{item.kind.name.lower()} {item.name}" for item in imports])
        variables = self.table(Section.GLOBALS, self.global_)
        functions = self.table(Section.FUNCTIONS, self.function)
        self.unique(Section.FUNCTIONS, "function", [item.name for item in functions])
        exports = self.table(Section.EXPORTS, self.export)
        self.unique(Section.EXPORTS, "export", [item.name for item in exports])
        throwable = self.single(Section.THROWABLE, lambda: self.reference(Section.CLASSES, "class"))
        trap_classes = self.table(Section.TRAPS, self.trap_class)
        self.ascending(Section.TRAPS, "trap kind", [int(kind) for kind, _ in trap_classes])
        start = self.single(Section.START, lambda: self.reference(Section.FUNCTIONS, "function"))
        functions = self.debug_section(functions)
        attributes = self.table(Section.ATTRIBUTES, self.attribute)
        self.unique(Section.ATTRIBUTES, "attribute", [name for name, _ in attributes])
        return Module(
            name or "",
            strings,
            signatures,
            classes,
            imports,
            variables,
            functions,
            exports,
            files,
            throwable,
            trap_classes,
            start,
            attributes,
            features,
            version,
        )

    def table(self, section: Section, element: Callable[[], _T]) -> tuple[_T, ...]:
        if section not in self.spans:
            return ()
        self.at, self.end = self.spans[section]
        count = self.count(section.name.lower())
        self.index = 0
        out = []
        for self.index in range(count):
            out.append(element())
        self.finish(section)
        return tuple(out)

    def single(self, section: Section, element: Callable[[], _T]) -> _T | None:
        if section not in self.spans:
            return None
        self.at, self.end = self.spans[section]
        value = element()
        self.finish(section)
        return value

    def signature(self) -> Signature:
        at = self.at
        params = self.types("parameters", MAX_PARAMS)
        results = self.types("results", MAX_RESULTS)
        for value in (*params, *results):
            if isinstance(value, RefType) and value.kind is HeapKind.FUNC and value.index >= self.index:
                raise FormatError(at, f"signature {self.index} uses signature {value.index}, which is not before it")
        return Signature(params, results)

    def class_(self) -> ClassDef:
        start = self.at
        name = self.text("class name")
        at = self.at
        flags = self.byte()
        if flags & ~_ALL_FLAGS:
            raise FormatError(at, f"unknown class flags {flags:#x}")
        superclass = self.optional(self.index, "earlier class")
        interfaces = tuple([self.below(self.index, "earlier class") for _ in range(self.count("interfaces"))])
        fields = tuple([self.field() for _ in range(self.count("fields"))])
        methods = tuple([self.method() for _ in range(self.count("methods"))])
        definition = ClassDef(name, ClassFlag(flags), superclass, interfaces, fields, methods)
        if definition.is_interface and (fields or superclass is not None):
            raise FormatError(start, f"interface {shorten(name)} has fields or a superclass")
        for what, names in (("field", [x.name for x in fields]), ("method", [x.name for x in methods])):
            if len(set(names)) != len(names):
                raise FormatError(start, f"class {shorten(name)} declares a {what} twice")
        if len(set(interfaces)) != len(interfaces):
            raise FormatError(start, f"class {shorten(name)} names an interface twice")
        return definition

    def field(self) -> Field:
        name = self.text("field name")
        at = self.at
        byte = self.byte()
        storage = _STORAGES.get(byte & ~FIELD_MUTABLE)
        if storage is None:
            raise FormatError(at, f"unknown storage 0x{byte:02x}")
        type_ = self.ref_type() if storage is Storage.REF else None
        return Field(name, storage, type_, byte >= FIELD_MUTABLE)

    def method(self) -> Method:
        name = self.text("method name")
        signature = self.reference(Section.SIGNATURES, "signature")
        return Method(name, signature, self.optional(self.counts[Section.FUNCTIONS], "function"))

    def import_(self) -> Import:
        at = self.at
        kind = self.byte()
        if kind > ImportKind.HOST:
            raise FormatError(at, f"unknown kind of import {kind}")
        name = self.text("import name")
        signature = self.reference(Section.SIGNATURES, "signature")
        boundary = self.boundary() if kind == ImportKind.HOST else ""
        return Import(ImportKind(kind), name, signature, boundary)

    def boundary(self) -> str:
        at = self.at
        text = self.text("boundary signature")
        try:
            expected = str(parse_boundary(text))
        except FormatError as error:
            raise FormatError(at, f"{error.message} at character {error.offset}") from None
        if text != expected:
            raise FormatError(at, f"boundary signature {shorten(text)} must be written {shorten(expected)}")
        return text

    def global_(self) -> Global:
        name = self.text("global name")
        type_ = self.value_type()
        at = self.at
        mutable = self.byte()
        if mutable > 1:
            raise FormatError(at, f"expected 0 or 1 for a mutable global, found {mutable}")
        initial: int | float = 0
        match type_:
            case Prim.I32 | Prim.I64:
                initial, self.at = decode_sleb(self.data, self.at, 32 if type_ is Prim.I32 else 64)
            case Prim.F32 | Prim.F64:
                initial, self.at = decode_float(self.data, self.at, 4 if type_ is Prim.F32 else 8)
        if self.at > self.end:
            raise FormatError(self.end, "section ends inside a value")
        return Global(name, type_, bool(mutable), initial)

    def function(self) -> Function:
        name = self.text("function name")
        signature = self.reference(Section.SIGNATURES, "signature")
        at = self.at
        locals_ = self.types("locals", MAX_LOCALS)
        slots = len(self.signatures[signature].params) + len(locals_)
        if slots > MAX_LOCALS:
            raise FormatError(at, f"{slots} parameters and locals, at most {MAX_LOCALS} are allowed")
        code = self.blob("code", MAX_CODE)
        labels = self.labels(len(code), slots)
        handlers = tuple([self.handler(len(code), len(labels)) for _ in range(self.count("handlers"))])
        return Function(name, signature, locals_, code, labels, handlers)

    def labels(self, size: int, slots: int) -> tuple[Label, ...]:
        out: list[Label] = []
        offset = 0
        for number in range(self.count("labels")):
            at = self.at
            step = self.number()
            if number and not step:
                raise FormatError(at, f"label {number} is at the offset of the one before it")
            offset += step
            if offset >= size:
                raise FormatError(at, f"label {number} is at {offset}, outside the code of {size} bytes")
            prims = self.types("stack entries")
            refs = tuple([self.ref_type() for _ in range(self.count("stack entries"))])
            if any(isinstance(value, RefType) for value in prims):
                raise FormatError(at, f"label {number} has a reference on its primitive stack")
            initialised = self.below(slots + 1, "initialised local")
            out.append(Label(offset, prims, refs, initialised, self.gaps(initialised)))
        return tuple(out)

    def gaps(self, initialised: int) -> tuple[int, ...]:
        count = self.count("gaps")
        if not count:
            return ()
        at = self.at
        gaps = [self.below(initialised, "initialised local") for _ in range(count)]
        if any(a >= b for a, b in pairwise(gaps)):
            raise FormatError(at, "gaps are not in ascending order")
        return tuple(gaps)

    def handler(self, size: int, labels: int) -> Handler:
        at = self.at
        start = self.number()
        end = start + self.number()
        if not start < end <= size:
            raise FormatError(at, f"handler covers {start} to {end}, which is no range in code of {size} bytes")
        target = self.below(labels, "label")
        return Handler(start, end, target, self.optional(self.counts[Section.CLASSES], "class"))

    def export(self) -> Export:
        name = self.text("export name")
        function = self.reference(Section.FUNCTIONS, "function")
        return Export(name, function, self.boundary())

    def trap_class(self) -> tuple[TrapKind, int]:
        kind = self.below(len(TrapKind), "trap kind")
        return TrapKind(kind), self.reference(Section.CLASSES, "class")

    def attribute(self) -> tuple[str, bytes]:
        name = self.text("attribute name")
        return name, bytes(self.blob("attribute"))

    def debug_section(self, functions: tuple[Function, ...]) -> tuple[Function, ...]:
        out = list(functions)
        last = -1

        def entry() -> None:
            nonlocal last
            at = self.at
            index = self.reference(Section.FUNCTIONS, "function")
            if index <= last:
                raise FormatError(at, f"debug information of function {index} after that of function {last}")
            last = index
            bare = out[index]
            slots = len(self.signatures[bare.signature].params) + len(bare.locals)
            positions, lines, names = self.debug(len(bare.code), slots)
            if not (positions or lines or names):
                raise FormatError(at, f"debug information of function {index} is empty: it must be left out")
            out[index] = Function(
                bare.name, bare.signature, bare.locals, bare.code, bare.labels, bare.handlers, positions, lines, names
            )

        self.table(Section.DEBUG, entry)
        return tuple(out)

    def debug(self, size: int, slots: int) -> _Debug:
        positions = self.positions()
        lines: list[tuple[int, int]] = []
        offset = 0
        for number in range(self.count("lines")):
            at = self.at
            step = self.number()
            offset += step
            if offset >= size or (number and not step):
                raise FormatError(at, f"line entry {number} is at {offset}, not ascending inside code of {size} bytes")
            lines.append((offset, self.below(len(positions), "position")))
        names: list[tuple[int, str]] = []
        for _ in range(self.count("names of locals")):
            at = self.at
            index = self.below(slots, "local")
            if names and index <= names[-1][0]:
                raise FormatError(at, "names of locals are not in ascending order")
            names.append((index, self.text("name of a local")))
        return positions, tuple(lines), tuple(names)

    def positions(self) -> tuple[Position, ...]:
        start = self.at
        names = [self.text("function name") for _ in range(self.count("inlined functions"))]
        if len(set(names)) != len(names) or "" in names:
            raise FormatError(start, "names of inlined functions are not distinct and not empty")
        used = 0
        out: list[Position] = []
        for number in range(self.count("positions")):
            file = self.reference(Section.FILES, "file")
            line = self.number()
            column = self.number()
            at = self.at
            name = self.below(min(used + 2, len(names) + 1), "next inlined function")
            used = max(used, name)
            caller = self.optional(number, "earlier position")
            if caller is not None and not name:
                raise FormatError(at, f"position {number} has a caller but no function")
            out.append(Position(file, line, column, names[name - 1] if name else "", caller))
        if used != len(names):
            raise FormatError(start, f"{len(names) - used} names of inlined functions are not used")
        return tuple(out)
