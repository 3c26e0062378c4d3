"""A blob: machine code and its constants as one run of bytes that can be loaded anywhere, and its file form.

The first ``code_size`` bytes are executable, the rest is read-only data.  Relocations name what words of it depend on:
``BASE`` stands for the address of the blob itself, any other name for a function outside of it, of a closed list.
"""

from __future__ import annotations

import struct
import zlib

from pvm.typed import NamedTuple

FORMAT = 2
BASE = ""
_MAGIC = b"PVMblob\n"
_HEAD = struct.Struct("<8sII")
_SIZES = struct.Struct("<IIIIIII")
_RELOCATION = struct.Struct("<III")
_SYMBOL = struct.Struct("<II")
_ARCHITECTURES = ("x86_64", "aarch64")


class Relocation(NamedTuple):
    """To each of ``words`` words of 8 bytes from ``offset`` on the address that ``name`` stands for is added."""

    offset: int
    words: int
    name: str


class Blob(NamedTuple):
    """Machine code with what is known about it; ``symbols`` are offsets by name, ``notes`` what its generator says."""

    architecture: str
    data: bytes
    code_size: int
    relocations: tuple[Relocation, ...]
    symbols: dict[str, int]
    notes: bytes = b""


def encode_blob(blob: Blob) -> bytes:
    """The file form; a change of any byte of it is noticed."""
    names = list(dict.fromkeys([*(each.name for each in blob.relocations), *blob.symbols]))
    number = {name: index for index, name in enumerate(names)}
    text = "\0".join(names).encode()
    relocations = [_RELOCATION.pack(each.offset, each.words, number[each.name]) for each in blob.relocations]
    symbols = [_SYMBOL.pack(number[name], offset) for name, offset in blob.symbols.items()]
    sizes = _SIZES.pack(
        _ARCHITECTURES.index(blob.architecture),
        blob.code_size,
        len(relocations),
        len(symbols),
        len(text),
        len(blob.data),
        len(blob.notes),
    )
    body = b"".join((sizes, *relocations, *symbols, text, blob.data, blob.notes))
    return _HEAD.pack(_MAGIC, FORMAT, zlib.crc32(body)) + body


def decode_blob(file: bytes) -> Blob | None:
    """Read the file form; None if it is damaged or of another version."""
    start = _HEAD.size + _SIZES.size
    if len(file) < start or _HEAD.unpack_from(file) != (_MAGIC, FORMAT, zlib.crc32(memoryview(file)[_HEAD.size :])):
        return None
    architecture, code_size, relocation_count, symbol_count, text_size, size, notes_size = _SIZES.unpack_from(
        file, _HEAD.size
    )
    symbols_at = start + relocation_count * _RELOCATION.size
    text_at = symbols_at + symbol_count * _SYMBOL.size
    data_at = text_at + text_size
    end = data_at + size
    if len(file) != end + notes_size or architecture >= len(_ARCHITECTURES):
        return None
    names = file[text_at:data_at].decode().split("\0")
    relocations = tuple(
        Relocation(offset, words, names[name])
        for offset, words, name in _RELOCATION.iter_unpack(file[start:symbols_at])
    )
    symbols = {names[name]: offset for name, offset in _SYMBOL.iter_unpack(file[symbols_at:text_at])}
    return Blob(_ARCHITECTURES[architecture], file[data_at:end], code_size, relocations, symbols, file[end:])
