"""Lays the sections of an object out in one blob, and applies every relocation that does not depend on its address.

    code      executable sections, then a stub for each outside function that is called
    data      from the next page on: the other sections, then a slot for each address that is loaded from memory

Distances inside the blob are final.  What is left to the loader are words that hold addresses: dispatch tables, slots.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pvm.engines.native.machine_code import aarch64, x86_64
from pvm.engines.native.machine_code.blob import BASE, Blob, Relocation
from pvm.engines.native.machine_code.elf import Object, ObjectError, Section, Symbol, read_object
from pvm.engines.native.machine_code.elf import Relocation as ObjectRelocation

EXTERNALS = frozenset({"memcpy", "memmove", "memset", "memcmp", "bcmp", "clock_gettime"})
"""Outside functions that code may use: what LLVM makes of loops, and the clock."""
_WORD = struct.Struct("<Q")
_STUB_ALIGN = 16


class OutsideReference(ObjectError):
    """Code needs a function that nobody outside provides."""


def link(data: bytes, page: int) -> Blob:
    """Turn an object into a blob whose parts begin at multiples of ``page``.

    Raises:
        OutsideReference: it refers to functions that are not on the list.
        ObjectError: it is damaged, or cannot be loaded anywhere.
    """
    try:
        return _Linker(read_object(data), page).link()
    except (struct.error, IndexError) as error:
        raise ObjectError(f"object is damaged: {error}") from None


class _Linker:
    def __init__(self, object_: Object, page: int) -> None:
        self.object = object_
        self.page = page
        self.machine = x86_64 if object_.architecture == "x86_64" else aarch64
        self.data = bytearray()
        self.places: dict[int, int] = {}
        self.stubs: dict[str, int] = {}
        self.slots: dict[tuple[str, int], int] = {}
        self.words: dict[int, str] = {}

    def link(self) -> Blob:
        self._lay_out(executable=True)
        for name in self._called():
            self.stubs[name] = self._reserve(self.machine.STUB_SIZE, _STUB_ALIGN)
        self._align(self.page)
        code_size = len(self.data)
        self._lay_out(executable=False)
        for name, place in self.stubs.items():
            self.machine.write_stub(self.data, place, self._slot(name, -1))
        for number, relocation in self._relocations():
            self._relocate(self.places[number] + relocation.offset, relocation)
        self._align(self.page)
        symbols = {each.name: self._address(each) for each in self.object.symbols if each.exported}
        return Blob(self.object.architecture, bytes(self.data), code_size, tuple(self._runs()), symbols)

    # Layout

    def _lay_out(self, *, executable: bool) -> None:
        for number, section in self.object.sections.items():
            if section.executable is executable and section.name != ".eh_frame":
                self.places[number] = self._append(section)

    def _append(self, section: Section) -> int:
        place = self._reserve(len(section.data), section.align)
        self.data[place:] = section.data
        return place

    def _reserve(self, size: int, align: int) -> int:
        self._align(align)
        place = len(self.data)
        self.data += bytes(size)
        return place

    def _align(self, align: int) -> None:
        self.data += bytes(-len(self.data) % align)

    # Relocations

    def _relocations(self) -> Iterator[tuple[int, ObjectRelocation]]:
        for number in self.places:
            for relocation in self.object.sections[number].relocations:
                yield number, relocation

    def _called(self) -> list[str]:
        """Outside functions that code calls."""
        symbols = self.object.symbols
        called = {
            symbols[relocation.symbol].name
            for _, relocation in self._relocations()
            if relocation.type in self.machine.CALLS and symbols[relocation.symbol].section is None
        }
        return sorted(called)

    def _relocate(self, place: int, relocation: ObjectRelocation) -> None:
        symbol = self.object.symbols[relocation.symbol]
        type_, addend = relocation.type, relocation.addend
        if type_ == self.machine.WORD:
            self._fill(place, symbol, addend)
            return
        if type_ in self.machine.SLOTS:
            if symbol.section is not None and self.machine.load_address(self.data, type_, place):
                target = self._address(symbol)
            else:
                target = self._slot(symbol.name, -1 if symbol.section is None else self._address(symbol))
        elif symbol.section is None and type_ in self.machine.CALLS:
            target = self.stubs[symbol.name]
        else:
            target = self._address(symbol)
        self.machine.apply(self.data, type_, place, target + addend)

    def _address(self, symbol: Symbol) -> int:
        if symbol.section not in self.places:
            raise ObjectError(f"symbol {symbol.name} is not defined in what is loaded")
        return self.places[symbol.section] + symbol.value

    def _slot(self, name: str, address: int) -> int:
        """A word that will hold the address of an outside function, or of a place in the blob."""
        outside = address < 0
        key = (name, -1) if outside else (BASE, address)
        if key not in self.slots:
            self.slots[key] = place = self._reserve(_WORD.size, _WORD.size)
            self._set_word(place, name if outside else BASE, 0 if outside else address)
        return self.slots[key]

    def _fill(self, place: int, symbol: Symbol, addend: int) -> None:
        if symbol.section is None:
            self._set_word(place, symbol.name, addend)
        else:
            self._set_word(place, BASE, self._address(symbol) + addend)

    def _set_word(self, place: int, name: str, value: int) -> None:
        if name != BASE and name not in EXTERNALS:
            raise OutsideReference(f"code refers to {name or 'an unnamed function'}, which is not on the list")
        if place % _WORD.size:
            raise ObjectError(f"an address at {place} is not aligned")
        _WORD.pack_into(self.data, place, value & 0xFFFFFFFFFFFFFFFF)
        self.words[place] = name

    def _runs(self) -> Iterator[Relocation]:
        """Words in a row that depend on the same name are one relocation."""
        start, words, current = 0, 0, ""
        for place in sorted(self.words):
            name = self.words[place]
            if words and place == start + words * _WORD.size and name == current:
                words += 1
                continue
            if words:
                yield Relocation(start, words, current)
            start, words, current = place, 1, name
        if words:
            yield Relocation(start, words, current)
