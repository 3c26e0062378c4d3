"""Constants of the ``.pbc`` container that reader and writer share: see ``pvm/pbc/README.md``."""

from __future__ import annotations

from enum import IntEnum

MAGIC = b"\x00pbc"
HEADER_SIZE = 12
"""Magic, major and minor version (u16 each), feature bits (u32), all little endian."""
CHECKSUM_SIZE = 4
"""CRC-32 of everything before it, little endian, at the end."""

MAX_FILE = 64 << 20
MAX_CODE = 16 << 20
MAX_TABLE = 1 << 20
"""Elements of one table of the module or of one function."""
MAX_ELEMENTS = 1 << 21
"""Elements of all tables of a file together, so that memory is bounded by a small multiple of it."""
MAX_LOCALS = 65_535
"""Locals of one function, parameters included."""
MAX_PARAMS = 255
MAX_RESULTS = 1

FIELD_MUTABLE = 0x80
"""Set beside the storage byte of a field that can be assigned."""


class Section(IntEnum):
    """Sections stand in this order, each at most once, absent when empty."""

    NAME = 1
    STRINGS = 2
    FILES = 3
    SIGNATURES = 4
    CLASSES = 5
    IMPORTS = 6
    GLOBALS = 7
    FUNCTIONS = 8
    EXPORTS = 9
    THROWABLE = 10
    TRAPS = 11
    START = 12
    DEBUG = 13
    ATTRIBUTES = 14


TABLES = frozenset(Section) - {Section.NAME, Section.THROWABLE, Section.START}
"""Sections whose payload is a count and that many elements."""
