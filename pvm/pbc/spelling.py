"""How a module's names, types and signatures are written, and which were used in which order.

The assembler numbers strings, files and signatures in order of first use.  So whoever writes text
asks here for each spelling in the order of the text, and can see afterwards whether the assembler
would number them as the module does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pvm.errors import VerifyError
from pvm.isa.types import ArrayKind, HeapKind, Prim, RefType, Signature, ValueType
from pvm.pbc.asm_members import format_member
from pvm.pbc.layout import ClassLayout, layouts
from pvm.pbc.literals import format_name, format_string
from pvm.pbc.model import Module

MAX_INLINE = 200
"""Characters of the longest signature that is written where it is used; longer ones are listed."""


class Spelling:
    """The spellings of one module.  ``peek`` methods spell without using."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.classes = [format_name(item.name) for item in module.classes]
        self.functions = [format_name(item.name) for item in module.functions]
        self.imports = unique_names([item.name for item in module.imports])
        self.globals = unique_names([item.name for item in module.globals])
        self.strings_used: dict[int, None] = {}
        self.files_used: dict[int, None] = {}
        self.signatures_used: dict[int, None] = {}
        self.signatures: list[str] = []
        for signature in module.signatures:
            self.signatures.append(self._signature(signature))
        self.by_index = {number for number, text in enumerate(self.signatures) if len(text) > MAX_INLINE}
        self._layouts: Sequence[ClassLayout] | None = None
        self._members: dict[tuple[int, str], list[str]] = {}

    def _signature(self, signature: Signature) -> str:
        params = ", ".join(map(self.peek, signature.params))
        return f"({params})" + (f" -> {self.peek(signature.results[0])}" if signature.results else "")

    def peek_signature(self, index: int) -> str:
        """Spell a signature without using it."""
        return f"#{index}" if len(self.signatures[index]) > MAX_INLINE else self.signatures[index]

    def peek(self, value: ValueType) -> str:
        """Spell a type without using it."""
        if isinstance(value, Prim):
            return str(value)
        prefix = "ref? " if value.nullable else "ref "
        match value.kind:
            case HeapKind.CLASS:
                return prefix + self.classes[value.index]
            case HeapKind.ARRAY:
                return f"{prefix}array {ArrayKind(value.index)}"
            case HeapKind.FUNC:
                return f"{prefix}func {self.peek_signature(value.index)}"
            case _:
                return prefix + value.kind.name.lower()

    def signature(self, index: int) -> str:
        """Spell a signature where it is used."""
        self.use_signature(index)
        return self.peek_signature(index)

    def type(self, value: ValueType) -> str:
        """Spell a type where it is used."""
        if isinstance(value, RefType) and value.kind is HeapKind.FUNC:
            self.use_signature(value.index)
        return self.peek(value)

    def use_signature(self, index: int) -> None:
        """Number a signature as the assembler will: what it is made of comes first."""
        if index in self.signatures_used or index in self.by_index:
            return
        signature = self.module.signatures[index]
        for value in (*signature.params, *signature.results):
            if isinstance(value, RefType) and value.kind is HeapKind.FUNC:
                self.use_signature(value.index)
        self.signatures_used[index] = None

    def string(self, index: int) -> str:
        """Spell a string of the pool where it is used."""
        self.strings_used[index] = None
        return format_string(self.module.strings[index])

    def file(self, index: int) -> str:
        """Spell the name of a source file where it is used."""
        self.files_used[index] = None
        return format_name(self.module.files[index])

    def field(self, class_: int, number: int) -> str:
        """Spell a field of a class."""
        return self._member(class_, number, "field")

    def method(self, class_: int, number: int) -> str:
        """Spell a slot of a class."""
        return self._member(class_, number, "method")

    def _member(self, class_: int, number: int, what: str) -> str:
        key = (class_, what)
        if key not in self._members:
            layout = self.layout(class_)
            members = () if layout is None else layout.fields if what == "field" else layout.slots
            self._members[key] = [name if count == 1 else "" for name, count in counted([m.name for m in members])]
        names = self._members[key]
        owner = self.module.classes[class_].name
        if number < len(names) and names[number]:
            return format_member(owner, names[number])
        return f"{format_name(owner)}.#{number}"

    def layout(self, class_: int) -> ClassLayout | None:
        """The flattened class, or None if the classes are too many to flatten."""
        if self._layouts is None:
            try:
                self._layouts = layouts(self.module)
            except VerifyError:
                self._layouts = ()
        return self._layouts[class_] if self._layouts else None


def counted(names: Sequence[str]) -> list[tuple[str, int]]:
    """Each name with the number of times that it occurs."""
    counts = Counter(names)
    return [(name, counts[name]) for name in names]


def unique_names(names: Sequence[str]) -> list[str]:
    """Spell each name, or ``#N`` where it is not unique."""
    return [format_name(name) if count == 1 else f"#{number}" for number, (name, count) in enumerate(counted(names))]
