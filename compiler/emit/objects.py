"""The code of a function as it can be kept for other programs: no number of this one is in it.

Where the code names a class, string, function or the like, the bytes are left out, and a *use* says what belongs
there.  Numbers are encoded in as many bytes as they need, so everything that counts bytes (labels, handlers, lines)
is given as the length of the bytes that are always there, and the number of uses before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from compiler.emit.journal import Entry
from compiler.emit.naming import Name, Naming, type_of
from pvm.isa.encoding import Instruction, decode_code, encode_ref_type, encode_uleb
from pvm.isa.instruction import Imm
from pvm.isa.types import HeapKind, RefType, Signature, ValueType
from pvm.pbc.model import Function, Handler, Label, Position

Offset = tuple[int, int]
"""Bytes that are always there, and uses, before a place in the code."""
Place = tuple[Any, ...]
"""A line and column, or what else stands for them: see `Places`."""
Places = Callable[[str, int, int], Place | None]
"""Turns file, line and column into what is kept; None if the place cannot be kept."""


class ObjectCode(NamedTuple):
    """A function; ``uses`` are its journal, then what else it mentions, and all other parts count in it."""

    name: str
    module: str
    signature: Name
    item_count: int
    uses: tuple[Any, ...]
    """Names, or what stands for them where the object is kept."""
    code: bytes
    holes: tuple[tuple[int, int], ...]
    """Places in ``code``, ascending, at which the encoded number of a use belongs."""
    types: tuple[Any, ...]
    """Machine types of locals and labels; ``(kind, nullable, use)`` for classes and function values."""
    locals: tuple[int, ...]
    labels: tuple[tuple[Offset, tuple[int, ...], tuple[int, ...], int, tuple[int, ...]], ...]
    handlers: tuple[tuple[Offset, Offset, int, int], ...]
    """From, to, label, and the use of the class that is caught or -1."""
    positions: tuple[tuple[int, Place], ...]
    lines: tuple[tuple[Offset, int], ...]
    local_names: tuple[tuple[int, str], ...]


class Numbers(NamedTuple):
    """What stands behind the numbers in finished code."""

    strings: Sequence[str]
    files: Sequence[str]
    imports: Sequence[tuple[Any, ...]]
    globals: Sequence[Any]
    slots: dict[tuple[int, int], Any]
    classes: Sequence[Any]
    signatures: Sequence[Signature]


class Dissection:
    """Takes one finished function apart."""

    def __init__(self, naming: Naming, numbers: Numbers, journal: Sequence[Entry]) -> None:
        self._naming = naming
        self._numbers = numbers
        self._uses: dict[Entry, int] = {entry: number for number, entry in enumerate(journal)}
        self._asked = len(self._uses)
        self._types: dict[ValueType, int] = {}
        self._type_list: list[Any] = []
        self._literal = bytearray()
        self._holes: list[tuple[int, int]] = []
        self._offsets: dict[int, Offset] = {}

    def run(
        self, function: Function, name: tuple[str, str], signature: Signature, items: int, places: Places
    ) -> ObjectCode | None:
        """Return the object, or None if something in it has no name or place."""
        self._take_code(function.code)
        labels = tuple(self._label(label) for label in function.labels)
        locals_ = tuple(map(self._type, function.locals))
        handlers = tuple(map(self._handler, function.handlers))
        positions = []
        for position in function.positions:
            file = self._numbers.files[position.file]
            place = places(file, position.line, position.column)
            if place is None or position.function or position.caller is not None:
                return None
            positions.append((self._use("file", file), place))
        lines = tuple((self._offsets[offset], number) for offset, number in function.lines)
        names = [self._naming.of_entry(entry) for entry in self._uses]
        if None in names or any(kind not in {"class", "signature"} for kind, _ in list(self._uses)[self._asked :]):
            return None
        return ObjectCode(
            *name,
            self._naming.of_signature(signature),
            items,
            tuple(names),
            bytes(self._literal),
            tuple(self._holes),
            tuple(self._type_list),
            locals_,
            labels,
            handlers,
            tuple(positions),
            lines,
            function.local_names,
        )

    def _use(self, kind: str, answer: Any) -> int:
        return self._uses.setdefault((kind, answer), len(self._uses))

    # Code

    def _take_code(self, code: bytes) -> None:
        literal, done = self._literal, 0
        for instruction in decode_code(code):
            offset = instruction.offset
            literal += code[done:offset]
            done = offset
            self._offsets[offset] = (len(literal), len(self._holes))
            if any(kind in _NUMBERED for _, kind in instruction.opcode.immediates):
                self._take_numbered(code, instruction)
                done = offset + instruction.size
        literal += code[done:]
        self._offsets[len(code)] = (len(literal), len(self._holes))

    def _take_numbered(self, code: bytes, instruction: Instruction) -> None:
        literal = self._literal
        head = 1 if instruction.opcode.code < 0x100 else 2
        literal += code[instruction.offset : instruction.offset + head]
        for (_, kind), value in zip(instruction.opcode.immediates, instruction.immediates, strict=True):
            match kind:
                case Imm.FIELD:
                    self._hole("class", self._numbers.classes[value[0]])
                    literal += encode_uleb(value[1])
                case Imm.METHOD:
                    self._hole("slot", self._numbers.slots[value])
                case Imm.REF_TYPE:
                    self._take_ref_type(value)
                case Imm.LABEL | Imm.LOCAL:
                    literal += encode_uleb(value)
                case _:
                    self._hole(*self._numbered(kind, value))

    def _numbered(self, kind: Imm, value: int) -> Entry:
        numbers = self._numbers
        match kind:
            case Imm.FUNC:
                return "function", value
            case Imm.IMPORT:
                return "import", numbers.imports[value]
            case Imm.CLASS:
                return "class", numbers.classes[value]
            case Imm.SIG:
                return "signature", numbers.signatures[value]
            case Imm.GLOBAL:
                return "global", numbers.globals[value]
            case _:
                assert kind is Imm.STRING, kind
                return "string", numbers.strings[value]

    def _take_ref_type(self, type_: RefType) -> None:
        encoded = encode_ref_type(type_)
        if type_.kind in _INDEXED:
            self._literal += encoded[:1]
            self._hole(*self._index(type_))
        else:
            self._literal += encoded

    def _hole(self, kind: str, answer: Any) -> None:
        self._holes.append((len(self._literal), self._use(kind, answer)))

    # Types, labels, handlers

    def _index(self, type_: RefType) -> Entry:
        if type_.kind is HeapKind.CLASS:
            return "class", self._numbers.classes[type_.index]
        return "signature", self._numbers.signatures[type_.index]

    def _type(self, type_: ValueType) -> int:
        found = self._types.get(type_)
        if found is None:
            found = self._types[type_] = len(self._type_list)
            if not isinstance(type_, RefType):
                self._type_list.append(int(type_))
            elif type_.kind in _INDEXED:
                self._type_list.append((int(type_.kind), type_.nullable, self._use(*self._index(type_))))
            else:
                self._type_list.append((int(type_.kind), type_.nullable, type_.index))
        return found

    def _label(self, label: Label) -> tuple[Offset, tuple[int, ...], tuple[int, ...], int, tuple[int, ...]]:
        prims, refs = tuple(map(self._type, label.prims)), tuple(map(self._type, label.refs))
        return self._offsets[label.offset], prims, refs, label.locals, label.gaps

    def _handler(self, handler: Handler) -> tuple[Offset, Offset, int, int]:
        caught = -1 if handler.catches is None else self._use("class", self._numbers.classes[handler.catches])
        return self._offsets[handler.start], self._offsets[handler.end], handler.target, caught


_NUMBERED = frozenset(
    {Imm.FUNC, Imm.IMPORT, Imm.CLASS, Imm.FIELD, Imm.METHOD, Imm.SIG, Imm.GLOBAL, Imm.STRING, Imm.REF_TYPE}
)
_INDEXED = frozenset({HeapKind.CLASS, HeapKind.FUNC})


class Assembly(NamedTuple):
    """What an object needs of the program that it is put into, by its uses."""

    encoded: Mapping[int, bytes]
    numbers: Sequence[int]
    place: Callable[[str, Place], tuple[int, int]]
    """Turns a file and what was kept of a position into line and column."""
    files: Sequence[str]


def assemble(kept: ObjectCode, name: str, signature: int, assembly: Assembly) -> Function:
    """Return the function, with the numbers of the program that it is put into."""
    pieces, done = [], 0
    lengths = [0]
    total = 0
    for offset, use in kept.holes:
        encoded = assembly.encoded[use]
        pieces.append(kept.code[done:offset])
        pieces.append(encoded)
        done = offset
        total += len(encoded)
        lengths.append(total)
    pieces.append(kept.code[done:])
    types = [_type(each, assembly.numbers) for each in kept.types]
    numbers = assembly.numbers
    labels = tuple(
        [
            Label(
                offset + lengths[before],
                tuple([types[each] for each in prims]),
                tuple([types[each] for each in refs]),  # type: ignore[misc] # the types of references
                locals_,
                gaps,
            )
            for (offset, before), prims, refs, locals_, gaps in kept.labels
        ]
    )
    handlers = tuple(
        [
            Handler(start + lengths[n], end + lengths[m], target, None if caught < 0 else numbers[caught])
            for (start, n), (end, m), target, caught in kept.handlers
        ]
    )
    positions = tuple(
        [Position(numbers[use], *assembly.place(assembly.files[numbers[use]], place)) for use, place in kept.positions]
    )
    lines = tuple([(offset + lengths[before], number) for (offset, before), number in kept.lines])
    locals_ = tuple([types[each] for each in kept.locals])
    code = b"".join(pieces)
    return Function(name, signature, locals_, code, labels, handlers, positions, lines, kept.local_names)


def _type(kept: Any, numbers: Sequence[int]) -> ValueType:
    plain = type_of(kept)
    if plain is not None:
        return plain
    kind, nullable, use = kept
    return RefType(HeapKind(kind), nullable, numbers[use])
