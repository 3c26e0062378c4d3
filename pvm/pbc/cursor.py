"""A cursor over the sections of a ``.pbc`` file: numbers, texts, types and checked indices.

The number of elements of every table is known before the first table is read, so each index is
checked where it stands.  A count is believed only when that many bytes follow.
"""

from __future__ import annotations

from itertools import pairwise

from pvm.errors import FormatError
from pvm.isa.encoding import decode_uleb, decode_value_type
from pvm.isa.types import HeapKind, Prim, RefType, ValueType
from pvm.pbc.container import CHECKSUM_SIZE, HEADER_SIZE, MAX_ELEMENTS, MAX_FILE, MAX_TABLE, TABLES, Section


def _directory(data: bytes) -> dict[Section, tuple[int, int]]:
    """Return the span of the payload of every section."""
    spans: dict[Section, tuple[int, int]] = {}
    offset, end, previous = HEADER_SIZE, len(data) - CHECKSUM_SIZE, 0
    while offset < end:
        number = data[offset]
        if number not in Section._value2member_map_:
            raise FormatError(offset, f"unknown section {number}")
        if number <= previous:
            raise FormatError(offset, f"section {number} after section {previous}: expected ascending order")
        size, start = decode_uleb(data, offset + 1)
        if size > end - start:
            raise FormatError(
                offset + 1, f"section {number} of {size} bytes exceeds the {max(end - start, 0)} that follow"
            )
        if size == 0:
            raise FormatError(offset, f"section {number} is empty: it must be left out")
        spans[Section(number)] = (start, start + size)
        offset, previous = start + size, number
    return spans


class Cursor:
    """``at`` is the next byte, ``end`` the end of the section being read, ``index`` the element's number."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.spans = _directory(data)
        self.at = self.end = self.index = 0
        self.elements = 0
        self.counts: dict[Section, int] = {}
        for section in TABLES:
            self.counts[section] = 0
            if section in self.spans:
                self.at, self.end = self.spans[section]
                self.counts[section] = self.count(section.name.lower())
                if not self.counts[section]:
                    raise FormatError(self.spans[section][0], f"section {section} is empty: it must be left out")
        self.elements = 0

    def finish(self, section: Section) -> None:
        if self.at != self.end:
            raise FormatError(self.at, f"section {section} has {self.end - self.at} bytes more than its contents")

    def unique(self, section: Section, what: str, names: tuple[object, ...] | list[str]) -> None:
        if len(set(names)) == len(names):
            return
        seen = set()
        for name in names:
            if name in seen:
                raise FormatError(self.spans[section][0], f"{what} {shorten(name)} occurs twice")
            seen.add(name)

    def ascending(self, section: Section, what: str, numbers: list[int]) -> None:
        if any(a >= b for a, b in pairwise(numbers)):
            raise FormatError(self.spans[section][0], f"{what}s are not in ascending order")

    def byte(self) -> int:
        if self.at >= self.end:
            raise FormatError(self.at, "section ends too early")
        value = self.data[self.at]
        self.at += 1
        return value

    def number(self) -> int:
        at = self.at
        if at < self.end and (value := self.data[at]) < 0x80:
            self.at = at + 1
            return value
        value, self.at = decode_uleb(self.data, at)
        if self.at > self.end:
            raise FormatError(self.end, "section ends inside a number")
        return value

    def count(self, what: str, limit: int = MAX_TABLE) -> int:
        """Read a count of elements that take at least a byte each."""
        at = self.at
        value = self.number()
        if value > limit:
            raise FormatError(at, f"{value} {what}, at most {limit} are allowed")
        if value > self.end - self.at:
            raise FormatError(at, f"{value} {what} do not fit into the {self.end - self.at} bytes that follow")
        self.elements += value
        if self.elements > MAX_ELEMENTS:
            raise FormatError(at, f"more than {MAX_ELEMENTS} elements in all tables together")
        return value

    def below(self, limit: int, what: str) -> int:
        at = self.at
        value = self.number()
        if value >= limit:
            raise FormatError(at, f"{what} {value} does not exist: there are {limit}")
        return value

    def reference(self, section: Section, what: str) -> int:
        return self.below(self.counts[section], what)

    def optional(self, limit: int, what: str) -> int | None:
        """Read an index plus one, or 0 for none."""
        at = self.at
        value = self.number()
        if value > limit:
            raise FormatError(at, f"{what} {value - 1} does not exist: there are {limit}")
        return value - 1 if value else None

    def blob(self, what: str, limit: int = MAX_FILE) -> bytes:
        at = self.at
        size = self.number()
        if size > limit:
            raise FormatError(at, f"{what} has {size} bytes, at most {limit} are allowed")
        if size > self.end - self.at:
            raise FormatError(at, f"{what} of {size} bytes does not fit into the {self.end - self.at} that follow")
        value = self.data[self.at : self.at + size]
        self.at += size
        return value

    def text(self, what: str) -> str:
        raw = self.blob(what)
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise FormatError(self.at - len(raw) + error.start, f"{what} is not valid UTF-8") from None

    def string(self) -> str:
        return self.text("string")

    def value_type(self) -> ValueType:
        at = self.at
        if at >= self.end:
            raise FormatError(at, "section ends too early")
        value, self.at = decode_value_type(self.data, at)
        return value if isinstance(value, Prim) else self.check_type(value, at)

    def ref_type(self) -> RefType:
        at = self.at
        value = self.value_type()
        if not isinstance(value, RefType):
            raise FormatError(at, f"expected a reference type, found {value}")
        return value

    def check_type(self, value: RefType, at: int) -> RefType:
        if self.at > self.end:
            raise FormatError(self.end, "section ends inside a type")
        if value.kind is HeapKind.CLASS and value.index >= self.counts[Section.CLASSES]:
            raise FormatError(at, f"class {value.index} does not exist: there are {self.counts[Section.CLASSES]}")
        if value.kind is HeapKind.FUNC and value.index >= self.counts[Section.SIGNATURES]:
            count = self.counts[Section.SIGNATURES]
            raise FormatError(at, f"signature {value.index} does not exist: there are {count}")
        return value

    def types(self, what: str, limit: int = MAX_TABLE) -> tuple[ValueType, ...]:
        count = self.count(what, limit)
        return tuple([self.value_type() for _ in range(count)]) if count else ()


def shorten(name: object) -> str:
    """Show a name from a file in a message."""
    text = repr(name) if isinstance(name, str) else str(name)
    return text if len(text) <= 80 else text[:77] + "..."
