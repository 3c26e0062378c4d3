"""Random well-formed modules, for property tests and fuzzers.

What ``generate_module`` returns is in the normal form that ``read_module`` gives, and its code decodes with
every index in range; it is not verifiable, since stacks and slots are random.  ``modules()`` is
the hypothesis strategy; with a ``random.Random`` of a fixed seed the same generator serves a fuzzer.
"""

from __future__ import annotations

import math
import struct
from random import Random
from typing import Any

from hypothesis import strategies as st

from pvm.isa.encoding import encode_instruction
from pvm.isa.instruction import Imm, Opcode
from pvm.isa.table import OPCODES
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind, HeapKind, Prim, RefType, Signature, Storage, ValueType
from pvm.pbc.model import (
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

NAMES = ["a", "main", "Point", "List<Int>", "x.y", "any", "const", "h0", "L0", "", " ", "é", "\n", '"', "\\", "\u2028"]
TEXTS = ["", "a", "hello world", "tab\t", 'quote"', "back\\slash", "; no comment", "\0", "\U0001f600", "line\nline\n"]
F64S = [0.0, -0.0, 1.5, 0.1, 1e300, -5e-324, math.inf, -math.inf, math.nan, 3.141592653589793]
F32S = [struct.unpack("<f", struct.pack("<f", x))[0] for x in (0.0, -0.0, 0.1, 1e38, -1e-45)]
F32S += [math.inf, -math.inf, math.nan]
BOUNDARIES = ["()", "(i64)", "(i8, u32, bool) -> char", "(string?, any) -> any?", "(array u8) -> string"]


class Generator:
    """Draws one module; counts of tables come first, so that anything may refer to anything."""

    def __init__(self, random: Random, size: int = 4) -> None:
        self.random = random
        self.size = size
        self.classes: list[ClassDef] = []
        self.signatures: list[Signature] = []
        self.class_count = self.count()
        self.interfaces = [random.random() < 0.3 for _ in range(self.class_count)]
        self.function_count = self.count()
        self.strings = self.distinct(TEXTS)
        self.files = self.distinct(NAMES)
        self.globals: list[Global] = []
        self.imports: list[Import] = []

    def count(self, limit: int | None = None) -> int:
        return self.random.randint(0, self.size if limit is None else limit)

    def distinct(self, source: list[str], count: int | None = None) -> tuple[str, ...]:
        count = self.count() if count is None else count
        found: dict[str, None] = {}
        while len(found) < count:
            name = self.random.choice(source)
            found[name if name not in found else f"{name}{len(found)}"] = None
        return tuple(found)

    # Types

    def ref_type(self, signatures: int | None = None) -> RefType:
        limit = len(self.signatures) if signatures is None else signatures
        kinds = [HeapKind.ANY, HeapKind.STRING, HeapKind.TASK, HeapKind.ARRAY]
        kinds += [HeapKind.CLASS] * (2 if self.class_count else 0) + [HeapKind.FUNC] * (2 if limit else 0)
        kind = self.random.choice(kinds)
        counts = {HeapKind.CLASS: self.class_count, HeapKind.FUNC: limit, HeapKind.ARRAY: len(ArrayKind)}
        index = self.random.randrange(counts[kind]) if kind in counts else 0
        return RefType(kind, self.random.random() < 0.5, index)

    def value_type(self) -> ValueType:
        return self.random.choice(list(Prim)) if self.random.random() < 0.5 else self.ref_type()

    def types(self) -> tuple[ValueType, ...]:
        return tuple(self.value_type() for _ in range(self.count(3)))

    def make_signatures(self) -> None:
        for _ in range(self.random.randint(1, self.size + 1)):
            signature = Signature(self.types(), self.types()[:1])
            if signature not in self.signatures:
                self.signatures.append(signature)

    # Tables

    def class_def(self, index: int, name: str) -> ClassDef:
        flags = self.random.choice([ClassFlag.NONE, ClassFlag.ABSTRACT, ClassFlag.FINAL])
        earlier = range(index)
        classes = [i for i in earlier if not self.interfaces[i]]
        interfaces = tuple(i for i in earlier if self.interfaces[i] and self.random.random() < 0.4)
        methods = tuple(
            Method(name, self.random.randrange(len(self.signatures)), self.optional(self.function_count))
            for name in self.distinct(NAMES)
        )
        if self.interfaces[index]:
            return ClassDef(name, ClassFlag.INTERFACE, None, interfaces, (), methods)
        superclass = self.random.choice([None, *classes])
        return ClassDef(name, flags, superclass, interfaces, tuple(self.fields()), methods)

    def fields(self) -> list[Field]:
        out = []
        for name in self.distinct(NAMES):
            storage = self.random.choice(list(Storage))
            type_ = self.ref_type() if storage is Storage.REF else None
            out.append(Field(name, storage, type_, self.random.random() < 0.7))
        return out

    def optional(self, count: int) -> int | None:
        return self.random.choice([None, *range(count)])

    def import_(self, name: str) -> Import:
        kind = self.random.choice(list(ImportKind))
        boundary = self.random.choice(BOUNDARIES) if kind is ImportKind.HOST else ""
        return Import(kind, name, self.random.randrange(len(self.signatures)), boundary)

    def global_(self) -> Global:
        type_ = self.value_type()
        initial: int | float = 0
        if type_ in {Prim.I32, Prim.I64}:
            initial = self.integer(32 if type_ is Prim.I32 else 64)
        elif isinstance(type_, Prim):
            initial = self.random.choice(F32S if type_ is Prim.F32 else F64S)
        return Global(self.random.choice(NAMES), type_, self.random.random() < 0.5, initial)

    def integer(self, bits: int) -> int:
        edge = 1 << (bits - 1)
        return self.random.choice([0, 1, -1, 63, 64, -64, -65, edge - 1, -edge, self.random.randrange(-edge, edge)])

    # Functions

    def function(self, name: str) -> Function:
        signature = self.random.randrange(len(self.signatures))
        locals_ = self.types()
        slots = len(self.signatures[signature].params) + len(locals_)
        opcodes = [self.random.choice(OPCODES) for _ in range(self.random.randint(0, 3 * self.size))]
        labels = sorted(self.random.sample(range(len(opcodes)), self.count(min(3, len(opcodes)))))
        pieces = [self.instruction(opcode, slots, len(labels)) for opcode in opcodes]
        offsets = [0]
        for piece in pieces:
            offsets.append(offsets[-1] + len(piece))
        positions = self.positions() if self.files else ()
        lines = sorted(self.random.sample(range(len(pieces)), self.count(min(4, len(pieces))))) if positions else []
        return Function(
            name,
            signature,
            locals_,
            b"".join(pieces),
            tuple(self.label(offsets[at], slots) for at in labels),
            self.handlers(offsets, len(labels)),
            positions,
            tuple((offsets[at], self.random.randrange(len(positions))) for at in lines),
            tuple((index, self.random.choice(NAMES)) for index in range(slots) if self.random.random() < 0.6),
        )

    def instruction(self, opcode: Opcode, slots: int, labels: int) -> bytes:
        immediates = [self.immediate(kind, slots, labels) for _, kind in opcode.immediates]
        return b"\x01" if None in immediates else encode_instruction(opcode, immediates)

    def immediate(self, kind: Imm, slots: int, labels: int) -> Any:
        """A value for an immediate, None if the module has nothing that it could name."""
        counts = {
            Imm.LOCAL: slots,
            Imm.LABEL: labels,
            Imm.FUNC: self.function_count,
            Imm.IMPORT: len(self.imports),
            Imm.CLASS: self.class_count,
            Imm.SIG: len(self.signatures),
            Imm.GLOBAL: len(self.globals),
            Imm.STRING: len(self.strings),
        }
        if kind in counts:
            return self.random.randrange(counts[kind]) if counts[kind] else None
        match kind:
            case Imm.I32 | Imm.I64:
                return self.integer(32 if kind is Imm.I32 else 64)
            case Imm.F32 | Imm.F64:
                return self.random.choice(F32S if kind is Imm.F32 else F64S)
            case Imm.LABELS:
                return tuple(self.random.randrange(labels) for _ in range(self.count() + 1)) if labels else None
            case Imm.METHOD:
                return (self.random.randrange(self.class_count), self.random.randrange(6)) if self.class_count else None
            case Imm.FIELD:
                return self.field_of_class()
            case Imm.ARRAY_KIND:
                return self.random.choice(list(ArrayKind))
            case _:
                return self.ref_type()

    def field_of_class(self) -> tuple[int, int] | None:
        if not self.class_count:
            return None
        index = self.random.randrange(self.class_count)
        count, at = 0, index
        while True:
            count += len(self.classes[at].fields)
            above = self.classes[at].superclass
            if above is None:
                return (index, self.random.randrange(count)) if count else None
            at = above

    def label(self, offset: int, slots: int) -> Label:
        prims = tuple(value for value in self.types() if isinstance(value, Prim))
        refs = tuple(self.ref_type() for _ in range(self.count(2)))
        initialised = self.random.randint(0, slots)
        gaps = tuple(index for index in range(initialised) if self.random.random() < 0.2)
        return Label(offset, prims, refs, initialised, gaps)

    def handlers(self, offsets: list[int], labels: int) -> tuple[Handler, ...]:
        if not labels or len(offsets) < 2:
            return ()
        out = []
        for _ in range(self.count(2)):
            start, end = sorted(self.random.sample(offsets, 2))
            out.append(Handler(start, end, self.random.randrange(labels), self.optional(self.class_count)))
        return tuple(out)

    def positions(self) -> tuple[Position, ...]:
        out: list[Position] = []
        for number in range(self.count()):
            function = self.random.choice(["", "inlined", "any", "f g"])
            caller = self.optional(number) if function else None
            file = self.random.randrange(len(self.files))
            out.append(
                Position(file, self.random.randrange(3), self.random.choice([0, 7, 2**32 - 1]), function, caller)
            )
        return tuple(out)

    # The whole

    def module(self) -> Module:
        self.make_signatures()
        for index, name in enumerate(self.distinct(NAMES, self.class_count)):
            self.classes.append(self.class_def(index, name))
        self.imports += [self.import_(name) for name in self.distinct(NAMES)]
        self.globals += [self.global_() for _ in range(self.count())]
        functions = tuple(self.function(name) for name in self.distinct(NAMES, self.function_count))
        exports = tuple(
            Export(name, self.random.randrange(self.function_count), self.random.choice(BOUNDARIES))
            for name in (self.distinct(NAMES) if functions else ())
        )
        traps = sorted(self.random.sample(list(TrapKind), self.count(3))) if self.classes else []
        return Module(
            name=self.random.choice(NAMES),
            strings=self.strings,
            signatures=tuple(self.signatures),
            classes=tuple(self.classes),
            imports=tuple(self.imports),
            globals=tuple(self.globals),
            functions=functions,
            exports=exports,
            files=self.files,
            throwable=self.optional(self.class_count),
            trap_classes=tuple((kind, self.random.randrange(self.class_count)) for kind in traps),
            start=self.optional(self.function_count),
            attributes=tuple(
                (name, self.random.choice([b"", b"text\n", b"no end", b"\xff\x00", b"\\\n\n", b"x" * 200]))
                for name in self.distinct([*NAMES, *(f"source:{file}" for file in self.files)])
            ),
            features=self.random.choice([Feature.NONE, Feature.PRIVILEGED]),
        )


def generate_module(random: Random, size: int = 4) -> Module:
    """Return a random well-formed module."""
    return Generator(random, size).module()


def modules(size: int = 4) -> st.SearchStrategy[Module]:
    """Well-formed modules, as a hypothesis strategy that shrinks."""
    return st.randoms(use_true_random=False).map(lambda random: generate_module(random, size))
