"""Writes a ``Module`` as the bytes of a ``.pbc`` file.

The bytes are a function of the module alone.  What is written has been read back and compared, so
a module that breaks a rule of the format (an index that does not exist, a duplicate name) is
refused here, with the offset in the file that was not written, and never reaches a disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pvm.errors import FormatError
from pvm.isa.encoding import encode_float, encode_sleb, encode_uleb, encode_value_type
from pvm.isa.types import Prim, Signature, Storage, ValueType
from pvm.pbc.container import FIELD_MUTABLE, MAGIC, MAX_FILE, Section
from pvm.pbc.model import (
    ClassDef,
    Export,
    Field,
    Function,
    Global,
    Handler,
    Import,
    ImportKind,
    Label,
    Method,
    Module,
)
from pvm.pbc.reader import read_module

_T = TypeVar("_T")


def write_module(module: Module) -> bytes:
    """Return the bytes of a module.

    Raises:
        FormatError: the module is not well formed.
    """
    data = _encode(module)
    if read_module(data) != module:
        raise FormatError(0, "module is not well formed: it holds a value that the file cannot hold")
    return data


def _encode(module: Module) -> bytes:
    major, minor = module.version
    if not (0 <= major <= 0xFFFF and 0 <= minor <= 0xFFFF and 0 <= module.features <= 0xFFFF_FFFF):
        raise FormatError(4, f"version {major}.{minor} or features {int(module.features):#x} out of range")
    out = bytearray(MAGIC)
    out += major.to_bytes(2, "little") + minor.to_bytes(2, "little") + int(module.features).to_bytes(4, "little")
    debug = [(index, function) for index, function in enumerate(module.functions) if _has_debug(function)]
    payloads = {
        Section.NAME: _text(module.name) if module.name else b"",
        Section.STRINGS: _table(module.strings, _text),
        Section.FILES: _table(module.files, _text),
        Section.SIGNATURES: _table(module.signatures, _signature),
        Section.CLASSES: _table(module.classes, _class),
        Section.IMPORTS: _table(module.imports, _import),
        Section.GLOBALS: _table(module.globals, _global),
        Section.FUNCTIONS: _table(module.functions, _function),
        Section.EXPORTS: _table(module.exports, _export),
        Section.THROWABLE: b"" if module.throwable is None else encode_uleb(module.throwable),
        Section.TRAPS: _table(module.trap_classes, lambda item: encode_uleb(item[0]) + encode_uleb(item[1])),
        Section.START: b"" if module.start is None else encode_uleb(module.start),
        Section.DEBUG: _table(debug, _debug),
        Section.ATTRIBUTES: _table(module.attributes, lambda item: _text(item[0]) + _blob(item[1])),
    }
    for section, payload in payloads.items():
        if payload:
            out += bytes((section,)) + encode_uleb(len(payload)) + payload
    out += zlib.crc32(out).to_bytes(4, "little")
    if len(out) > MAX_FILE:
        raise FormatError(MAX_FILE, f"file has {len(out)} bytes, at most {MAX_FILE} are allowed")
    return bytes(out)


def _table(elements: Sequence[_T], encode: Callable[[_T], bytes]) -> bytes:
    return _vector(elements, encode) if elements else b""


def _vector(elements: Sequence[_T], encode: Callable[[_T], bytes]) -> bytes:
    return encode_uleb(len(elements)) + b"".join(map(encode, elements))


def _blob(data: bytes) -> bytes:
    return encode_uleb(len(data)) + data


def _text(text: str) -> bytes:
    try:
        return _blob(text.encode())
    except UnicodeEncodeError as error:
        raise FormatError(0, f"text {text[:40]!r} is not valid Unicode at {error.start}") from None


def _optional(index: int | None) -> bytes:
    return encode_uleb(0 if index is None else index + 1)


def _types(types: Iterable[ValueType]) -> bytes:
    return _vector(tuple(types), encode_value_type)


def _signature(signature: Signature) -> bytes:
    return _types(signature.params) + _types(signature.results)


def _class(definition: ClassDef) -> bytes:
    return b"".join(
        (
            _text(definition.name),
            bytes((int(definition.flags) & 0xFF,)),
            _optional(definition.superclass),
            _vector(definition.interfaces, encode_uleb),
            _vector(definition.fields, _field),
            _vector(definition.methods, _method),
        )
    )


def _field(field: Field) -> bytes:
    storage = bytes((field.storage | (FIELD_MUTABLE if field.mutable else 0),))
    if field.storage is not Storage.REF:
        return _text(field.name) + storage
    if field.type is None:
        raise FormatError(0, f"field {field.name!r} is a reference without a type")
    return _text(field.name) + storage + encode_value_type(field.type)


def _method(method: Method) -> bytes:
    return _text(method.name) + encode_uleb(method.signature) + _optional(method.function)


def _import(item: Import) -> bytes:
    boundary = _text(item.boundary) if item.kind is ImportKind.HOST else b""
    return bytes((item.kind,)) + _text(item.name) + encode_uleb(item.signature) + boundary


def _global(variable: Global) -> bytes:
    head = _text(variable.name) + encode_value_type(variable.type) + bytes((variable.mutable,))
    try:
        return head + _initial(variable)
    except (OverflowError, ValueError):  # infinity as an integer, or an integer that is no float
        raise FormatError(0, f"global {variable.name!r} begins with what is no {variable.type}") from None


def _initial(variable: Global) -> bytes:
    match variable.type:
        case Prim.I32 | Prim.I64:
            return encode_sleb(int(variable.initial), 32 if variable.type is Prim.I32 else 64)
        case Prim.F32 | Prim.F64:
            return encode_float(float(variable.initial), 4 if variable.type is Prim.F32 else 8)
        case _:
            return b""


def _function(function: Function) -> bytes:
    return b"".join(
        (
            _text(function.name),
            encode_uleb(function.signature),
            _types(function.locals),
            _blob(function.code),
            _labels(function.labels),
            _vector(function.handlers, _handler),
        )
    )


def _labels(labels: Sequence[Label]) -> bytes:
    out = [encode_uleb(len(labels))]
    previous = 0
    for label in labels:
        out.append(_step(label.offset, previous, "labels"))
        out.append(_types(label.prims) + _types(label.refs))
        out.append(encode_uleb(label.locals) + _vector(label.gaps, encode_uleb))
        previous = label.offset
    return b"".join(out)


def _step(offset: int, previous: int, what: str) -> bytes:
    if offset < previous:
        raise FormatError(0, f"{what} are not in ascending order: {offset} after {previous}")
    return encode_uleb(offset - previous)


def _handler(handler: Handler) -> bytes:
    size = _step(handler.end, handler.start, "bounds of a handler")
    return encode_uleb(handler.start) + size + encode_uleb(handler.target) + _optional(handler.catches)


def _export(export: Export) -> bytes:
    return _text(export.name) + encode_uleb(export.function) + _text(export.boundary)


def _has_debug(function: Function) -> bool:
    return bool(function.positions or function.lines or function.local_names)


def _debug(item: tuple[int, Function]) -> bytes:
    index, function = item
    names = tuple(dict.fromkeys(position.function for position in function.positions if position.function))
    numbers = {name: number for number, name in enumerate(names, 1)}
    out = [encode_uleb(index), _vector(names, _text), encode_uleb(len(function.positions))]
    for position in function.positions:
        out.append(encode_uleb(position.file) + encode_uleb(position.line) + encode_uleb(position.column))
        out.append(encode_uleb(numbers.get(position.function, 0)) + _optional(position.caller))
    out.append(encode_uleb(len(function.lines)))
    previous = 0
    for offset, number in function.lines:
        out.append(_step(offset, previous, "lines") + encode_uleb(number))
        previous = offset
    out.append(_vector(function.local_names, lambda name: encode_uleb(name[0]) + _text(name[1])))
    return b"".join(out)
