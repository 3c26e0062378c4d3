"""ELF executables: what a program file asks to be mapped where.

Only the header and the program headers are read, with every field checked, since the file is the guest's.
Reference: System V ABI, chapters 4 and 5; the errnos are those that Linux gives.
"""

from __future__ import annotations

import errno
import struct
from typing import NamedTuple

from pvm.errors import GuestError

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
EXECUTABLE, SHARED = 2, 3
X86_64 = 62
LOAD, INTERPRETER, GNU_STACK = 1, 3, 0x6474_E551
PAGE = 0x1000
ADDRESS_LIMIT = 0x7FFF_FFFF_F000
HEADERS_MAX = 64
EXECUTE_BIT = 1


class Segment(NamedTuple):
    """A piece of the file that is mapped: ``flags`` are execute 1, write 2, read 4."""

    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int


class Program(NamedTuple):
    """What is known of a program file; addresses are relative to the base if ``movable``."""

    movable: bool
    entry: int
    headers_address: int
    header_count: int
    segments: tuple[Segment, ...]
    interpreter: tuple[int, int] | None
    executable_stack: bool

    @property
    def low(self) -> int:
        """The page where the first segment begins."""
        return min(segment.address for segment in self.segments) & -PAGE

    @property
    def high(self) -> int:
        """The page after the end of the last one."""
        end = max(segment.address + segment.memory_size for segment in self.segments)
        return end + PAGE - 1 & -PAGE


def refuse() -> GuestError:
    """The error for a file that is no program of this machine."""
    return GuestError(errno.ENOEXEC)


def read_program(head: bytes) -> Program:
    """Read a program from the first bytes of its file, which hold all its headers.

    Raises:
        GuestError: ENOEXEC.
    """
    if len(head) < HEADER.size:
        raise refuse()
    ident, kind, machine, _, entry, offset, _, _, _, entry_size, count, *_ = HEADER.unpack_from(head)
    if ident[:6] != b"\x7fELF\x02\x01" or kind not in {EXECUTABLE, SHARED} or machine != X86_64:
        raise refuse()
    end = offset + count * PROGRAM_HEADER.size
    if entry_size != PROGRAM_HEADER.size or not 0 < count <= HEADERS_MAX or end > len(head):
        raise refuse()
    segments: list[Segment] = []
    interpreter = None
    executable_stack = False
    headers_address = 0
    for place in range(count):
        header = PROGRAM_HEADER.unpack_from(head, offset + place * PROGRAM_HEADER.size)
        kind_of, flags, at, address, _, file_size, memory_size, _ = header
        if kind_of == LOAD and memory_size:
            segments.append(checked_segment(Segment(flags, at, address, file_size, memory_size)))
            if at <= offset < at + file_size:
                headers_address = address + offset - at
        elif kind_of == INTERPRETER:
            interpreter = (at, file_size)
        elif kind_of == GNU_STACK:
            executable_stack = bool(flags & EXECUTE_BIT)
    if not segments:
        raise refuse()
    return Program(kind == SHARED, entry, headers_address, count, tuple(segments), interpreter, executable_stack)


def checked_segment(segment: Segment) -> Segment:
    """Refuse a segment that cannot be mapped."""
    fits = segment.address + segment.memory_size <= ADDRESS_LIMIT and segment.offset + segment.file_size < 1 << 62
    if not fits or segment.file_size > segment.memory_size or (segment.offset - segment.address) % PAGE:
        raise refuse()
    return segment


def interpreter_path(program: Program, head: bytes) -> bytes | None:
    """The dynamic linker that the program asks for.

    Raises:
        GuestError: ENOEXEC where it is no text within ``head``.
    """
    if program.interpreter is None:
        return None
    offset, size = program.interpreter
    text = head[offset : offset + size]
    if not 2 <= size <= PAGE or len(text) != size or text[-1] or b"\0" in text[:-1]:
        raise refuse()
    return text[:-1]
