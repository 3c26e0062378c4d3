"""Reads relocatable ELF objects for x86-64 and AArch64, as LLVM writes them.

The objects come from our own compiler, so whatever is not as expected is our bug or a damaged answer: ``ObjectError``.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MACHINES = {62: "x86_64", 183: "aarch64"}
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_RELOCATION = struct.Struct("<QQq")
_MAGIC = b"\x7fELF\x02\x01\x01"
_RELOCATABLE = 1
_SYMBOLS, _RELOCATIONS_ADDEND, _NO_BITS = 2, 4, 8
_WRITE, _ALLOCATED, _EXECUTABLE, _THREAD_LOCAL = 1, 2, 4, 0x400
_UNDEFINED, _ABSOLUTE = 0, 0xFFF1
_LOCAL = 0
_MAX_ALIGN = 4096


class ObjectError(Exception):
    """An object that cannot be read or linked."""


class Section(NamedTuple):
    """A section that is loaded."""

    name: str
    data: bytes
    align: int
    executable: bool
    relocations: tuple[Relocation, ...]


class Symbol(NamedTuple):
    """A symbol: ``section`` is None for one that is defined elsewhere."""

    name: str
    section: int | None
    value: int
    exported: bool


class Relocation(NamedTuple):
    """A place in a section that depends on an address."""

    offset: int
    type: int
    symbol: int
    addend: int


class Object(NamedTuple):
    """A relocatable object; sections are by their number in the file."""

    architecture: str
    sections: dict[int, Section]
    symbols: tuple[Symbol, ...]


class _Header(NamedTuple):
    name: int
    type: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int


def read_object(data: bytes) -> Object:
    """Read an object.

    Raises:
        ObjectError: it is damaged, or has what we never ask LLVM for.
    """
    try:
        return _read(data)
    except (struct.error, IndexError, ValueError) as error:
        raise ObjectError(f"object is damaged: {error}") from None


def _read(data: bytes) -> Object:
    ident, type_, machine, _, _, _, table, _, _, _, _, entry_size, count, names_at = _HEADER.unpack_from(data)
    if not ident.startswith(_MAGIC) or type_ != _RELOCATABLE or machine not in MACHINES or entry_size != _SECTION.size:
        raise ObjectError("not a relocatable ELF object for a known machine")
    headers = []
    for number in range(count):
        name, kind, flags, _, offset, size, link, info, align, _ = _SECTION.unpack_from(
            data, table + number * entry_size
        )
        headers.append(_Header(name, kind, flags, offset, size, link, info, align))
    names = _bytes(data, headers[names_at])
    relocations = {
        header.info: tuple(_relocations(_bytes(data, header)))
        for header in headers
        if header.type == _RELOCATIONS_ADDEND
    }
    sections = {}
    for number, header in enumerate(headers):
        if header.flags & _ALLOCATED and header.size:
            sections[number] = _section(data, header, _name(names, header.name), relocations.get(number, ()))
    tables = [header for header in headers if header.type == _SYMBOLS]
    if len(tables) != 1:
        raise ObjectError(f"object has {len(tables)} symbol tables")
    symbols = _symbols(_bytes(data, tables[0]), _bytes(data, headers[tables[0].link]))
    return Object(MACHINES[machine], sections, symbols)


def _section(data: bytes, header: _Header, name: str, relocations: tuple[Relocation, ...]) -> Section:
    relocated_data = name.startswith(".data.rel.ro")  # writable for the dynamic linker only
    if header.flags & _THREAD_LOCAL or (header.flags & _WRITE and not relocated_data):
        raise ObjectError(f"object has variables, in {name}")
    if header.type == _NO_BITS:
        raise ObjectError(f"section {name} has no contents")
    align = max(header.align, 1)
    if align > _MAX_ALIGN:
        raise ObjectError(f"section {name} is aligned to {align} bytes")
    return Section(name, _bytes(data, header), align, bool(header.flags & _EXECUTABLE), relocations)


def _bytes(data: bytes, header: _Header) -> bytes:
    if header.type == _NO_BITS:
        return b""
    found = data[header.offset : header.offset + header.size]
    if len(found) != header.size:
        raise ObjectError("object ends inside a section")
    return found


def _name(names: bytes, offset: int) -> str:
    return names[offset : names.index(b"\0", offset)].decode("utf-8") if offset < len(names) else ""


def _relocations(data: bytes) -> list[Relocation]:
    return [
        Relocation(offset, info & 0xFFFFFFFF, info >> 32, addend)
        for offset, info, addend in _RELOCATION.iter_unpack(data)
    ]


def _symbols(data: bytes, names: bytes) -> tuple[Symbol, ...]:
    found = []
    for name, info, _, section, value, _ in _SYMBOL.iter_unpack(data):
        place = None if section in {_UNDEFINED, _ABSOLUTE} else section  # the name of the file is absolute
        exported = info >> 4 != _LOCAL and place is not None
        found.append(Symbol(_name(names, name), place, value, exported))
    return tuple(found)
