"""Makes the linked program of a verified module, and translates its functions for it."""

from __future__ import annotations

import struct

from pvm.engines.linking import check_runtime_import
from pvm.engines.native import layout
from pvm.engines.native.checked import interface_of
from pvm.engines.native.code.buffer import CodeBuffer
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.linked import (
    REFERENCE,
    LinkedFunction,
    LinkedImport,
    LinkedProgram,
    LinkedSignature,
)
from pvm.engines.native.tables import powers_of_ten
from pvm.engines.native.unsupported import Unsupported
from pvm.isa.types import RefType, Signature, ValueType
from pvm.pbc.model import Function, Import, ImportKind, Module

EVERYTHING = (0, 1 << 32)
"""First class id and count of ids of what a handler without a class catches."""
_GLOBALS = {"i32": "<iI", "i64": "<q", "f32": "<fI", "f64": "<d"}


def link(linkage: Linkage) -> LinkedProgram:
    """The linked program of a module whose addresses are known.

    Raises:
        LinkError: the runtime image lacks a function that it imports.
        Unsupported: its tables leave no room for code.
    """
    metadata = linkage.metadata
    module = metadata.module
    data = bytearray(metadata.data)
    services, (stub, native, halt, task_end) = _services(metadata.code_start)
    for index in range(len(module.functions)):
        place = metadata.descriptor(index) - metadata.base
        struct.pack_into("<I", data, place + layout.FUNCTION_CODE, stub)
    data += services
    if metadata.base + len(data) >= layout.METADATA_END:
        raise Unsupported("the module's tables and string constants are too large")
    return LinkedProgram(
        interface=interface_of(module),
        start=module.start,
        exports={each.name: each.function for each in module.exports},
        imports=tuple(_import(module, each) for each in module.imports),
        signatures=tuple(_signature(each) for each in module.signatures),
        functions=tuple(_function(linkage, index, each) for index, each in enumerate(module.functions)),
        segments=((layout.POWERS_OF_TEN, powers_of_ten()), (metadata.base, bytes(data))),
        code_start=metadata.base + len(data),
        functions_address=metadata.functions_address,
        translate_stub=stub,
        native_stub=native,
        halt=halt,
        globals=_globals(linkage),
        words={
            "classes": metadata.base,
            "class_count": layout.CLASS_GUEST + len(module.classes),
            "functions": metadata.functions_address,
            "function_count": len(module.functions),
            "trace_functions": metadata.traces_address,
            "root_count": linkage.root_count,
            "strings": metadata.strings_address,
            "string_roots": layout.GLOBALS,
            "task_end": task_end,
        },
        max_roots=linkage.max_roots,
        trap_classes={int(kind): metadata.class_ids[index] for kind, index in module.trap_classes},
        throwables=_throwables(linkage),
    )


def _services(start: int) -> tuple[bytes, tuple[int, int, int, int]]:
    """Instructions that no function has: their code, and where each of them is.

    What control returns to has the slot of the result in front of it; here that is a word of
    the frame's header.
    """
    buffer = CodeBuffer()
    first = buffer.emit("translate")
    native = buffer.emit("native")
    slot = layout.FRAME_RESULT // 8
    buffer.data += struct.pack("<HHHH", 0, 0, 0, slot)
    halt = buffer.emit("halt", slot)
    task_end = buffer.emit("task.end", slot)
    return buffer.finish(), (start + first, start + native, start + halt, start + task_end)


def _import(module: Module, declared: Import) -> LinkedImport:
    found = str(module.signatures[declared.signature])
    if declared.kind is ImportKind.RUNTIME:
        check_runtime_import(declared.name, found)
    return LinkedImport(declared.kind.name.lower(), declared.name, declared.signature, found, declared.boundary)


def _signature(signature: Signature) -> LinkedSignature:
    result = _slot_type(signature.results[0]) if signature.results else None
    return LinkedSignature(tuple(_slot_type(each) for each in signature.params), result)


def _slot_type(type_: ValueType) -> str:
    return REFERENCE if isinstance(type_, RefType) else str(type_)


def _function(linkage: Linkage, index: int, function: Function) -> LinkedFunction:
    frame = linkage.metadata.frames[index]
    handlers = tuple(
        (
            each.start,
            each.end,
            each.target,
            *(EVERYTHING if each.catches is None else linkage.metadata.class_interval(each.catches)),
        )
        for each in function.handlers
    )
    return LinkedFunction(function.signature, frame.size, frame.refs, frame.ref_operands, handlers)


def _globals(linkage: Linkage) -> tuple[tuple[int, bytes], ...]:
    found = []
    for index, declared in enumerate(linkage.metadata.module.globals):
        if isinstance(declared.type, RefType):
            continue
        text = _GLOBALS[str(declared.type)]
        values = (declared.initial, 0) if "I" in text else (declared.initial,)
        data = struct.pack(text, *values)
        if any(data):
            found.append((linkage.global_address(index), data))
    return tuple(found)


def _throwables(linkage: Linkage) -> dict[int, tuple[int, int, int]]:
    metadata = linkage.metadata
    root = metadata.module.throwable
    if root is None:
        return {}
    first, count = metadata.class_interval(root)
    found = {}
    for number in range(first, first + count):
        shape = metadata.objects[metadata.class_by_id[number]]
        message, trace = shape.offsets[:2]
        found[number] = (shape.size, message, trace)
    return found
