"""The metadata of a program: descriptors, dispatch tables and string constants as bytes at fixed addresses.

What is here is read by handlers and by the runtime image and written by the host alone.  Internal code is appended
behind it as functions are translated.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from pvm.engines.native import layout
from pvm.engines.native.displacement import Displacement
from pvm.engines.native.shapes import FrameShape, ObjectShape, frame_shape, object_shapes
from pvm.engines.native.trace_tables import trace_tables
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, RefType, Signature
from pvm.pbc.layout import ClassLayout
from pvm.pbc.model import Module
from pvm.verify.verified import VerifiedModule

MAX_DISPATCH = 16 << 20
"""Entries of the two dispatch tables together."""
_CLASS = struct.Struct("<IBBHIIIIII")
_FUNCTION = struct.Struct("<IIIHHIIII")
assert _FUNCTION.size == layout.FUNCTION_NATIVE


class Metadata:
    """Everything about a verified module that does not change while it runs, as bytes and as numbers.

    ``data`` is what goes to ``base``; ``code_start`` is where internal code begins.

    Raises:
        Unsupported: the dispatch tables of the module do not fit.
    """

    base = layout.METADATA_PROGRAM

    def __init__(self, verified: VerifiedModule) -> None:
        self.verified = verified
        self.module: Module = verified.module
        self.objects: list[ObjectShape] = object_shapes(self.module.classes, verified.layouts)
        self.frames: list[FrameShape] = [
            frame_shape(each, len(self.module.signatures[each.function.signature].params))
            for each in verified.functions
        ]
        self.class_ids = [
            layout.CLASS_GUEST + verified.hierarchy.preorder(index)[0] for index in range(len(self.module.classes))
        ]
        self.class_by_id = {number: index for index, number in enumerate(self.class_ids)}
        self.data = bytearray()
        self._signature_index: dict[Signature, int] = {}
        for index, signature in enumerate(self.module.signatures):
            self._signature_index.setdefault(signature, index)
        self._lay_out()

    # Addresses

    def descriptor(self, function: int) -> int:
        """Address of a function's descriptor."""
        return self.functions_address + layout.FUNCTION_SIZE * function

    def function_at(self, descriptor: int) -> int:
        """The function of a descriptor."""
        return (descriptor - self.functions_address) // layout.FUNCTION_SIZE

    def class_interval(self, index: int) -> tuple[int, int]:
        """First class id and count of ids of a class and those below it."""
        first, past = self.verified.hierarchy.preorder(index)
        return layout.CLASS_GUEST + first, past - first

    def selector_row(self, name: str) -> int:
        """Address of the row of an interface method's name: indexed by class id, it gives descriptors."""
        return self._dispatch_address + 4 * self._selectors.get(name, 0)

    def interface_row(self, index: int) -> int:
        """Address of the row of an interface, indexed by class id: its number plus 1 where it is implemented."""
        return self._implements_address + 4 * self._interfaces.get(index, 0)

    # Layout

    def _end(self) -> int:
        return self.base + len(self.data)

    def _append(self, data: bytes) -> int:
        """Add bytes at a multiple of 8; their address."""
        self.data.extend(bytes(-len(self.data) % 8))
        address = self._end()
        self.data += data
        return address

    def _lay_out(self) -> None:
        count = layout.CLASS_GUEST + len(self.module.classes)
        self._append(bytes(layout.CLASS_SIZE * count))
        self.functions_address = self._append(bytes(layout.FUNCTION_SIZE * len(self.module.functions)))
        self._function_descriptors()
        self._dispatch(count)
        self._class_descriptors()
        self._strings()
        self.traces_address = self._append(b"")
        self._append(trace_tables(self.module, self.traces_address))
        self._append(b"")
        self.code_start = self._end()

    def _function_descriptors(self) -> None:
        for index, each in enumerate(self.verified.functions):
            signature = self.module.signatures[each.function.signature]
            frame = self.frames[index]
            bound = layout.NO_SIGNATURE
            if signature.params and isinstance(signature.params[0], RefType):
                rest = Signature(signature.params[1:], signature.results)
                bound = self._signature_index.get(rest, layout.NO_SIGNATURE)
            _FUNCTION.pack_into(
                self.data,
                self.descriptor(index) - self.base,
                0,
                8 * frame.size,
                0,
                frame.ref_params,
                frame.params,
                frame.refs,
                self._signature_index[signature],
                bound,
                index,
            )

    def _class_descriptors(self) -> None:
        self._describe(layout.CLASS_STRING, layout.KIND_BYTES, size=0)
        self._describe(layout.CLASS_TASK, layout.KIND_TASK, size=layout.TASK_OBJECT_SIZE)
        self._describe(layout.CLASS_FUNCTION, layout.KIND_FUNCTION, size=16)
        self._describe(layout.CLASS_CLOSURE, layout.KIND_CLOSURE, size=16)
        self._describe(layout.CLASS_WEAK, layout.KIND_WEAK, size=16)
        for kind in ArrayKind:
            shift = ARRAY_STORAGE[kind].size.bit_length() - 1
            holds = layout.KIND_REFS if kind is ArrayKind.REF else layout.KIND_BYTES
            self._describe(layout.array_class(kind), holds, size=0, shift=shift)
        for each in self.verified.layouts:
            if not each.is_interface:
                self._guest_class(each)

    def _describe(
        self,
        number: int,
        kind: int,
        *,
        size: int,
        shift: int = 0,
        refs: tuple[int, int] = (0, 0),
        vtable: int = 0,
        index: int = 0,
    ) -> None:
        at = layout.METADATA_PROGRAM - self.base + layout.CLASS_SIZE * number
        _CLASS.pack_into(self.data, at, size, kind, shift, 0, *refs, 0, 0, vtable, index)

    def _guest_class(self, each: ClassLayout) -> None:
        shape = self.objects[each.index]
        refs = self._append(struct.pack(f"<{len(shape.references)}I", *shape.references))
        vtable = self._append(
            struct.pack(
                f"<{len(each.vtable)}I",
                *(0 if function is None else self.descriptor(function) for function in each.vtable),
            )
        )
        self._describe(
            self.class_ids[each.index],
            layout.KIND_OBJECT,
            size=shape.size,
            refs=(len(shape.references), refs),
            vtable=vtable,
            index=each.index,
        )

    def _dispatch(self, count: int) -> None:
        """The two tables; zeros around them, since rows are indexed with every class id."""
        selectors: dict[str, dict[int, int]] = {}
        interfaces: dict[int, dict[int, int]] = {}
        for each in self.verified.layouts:
            if not each.is_concrete:
                continue
            number = self.class_ids[each.index]
            for name, function in each.dispatch.items():
                if function is not None:
                    selectors.setdefault(name, {})[number] = self.descriptor(function)
            for interface in self.verified.hierarchy.interfaces_of(each.index):
                interfaces.setdefault(interface, {})[number] = interface + 1
        methods, implements = Displacement(MAX_DISPATCH), Displacement(MAX_DISPATCH)
        self._selectors = {name: methods.add(row) for name, row in selectors.items()}
        self._interfaces = {index: implements.add(row) for index, row in interfaces.items()}
        self._dispatch_address = self._append(_numbers(methods.entries))
        self._append(bytes(4 * count))
        self._implements_address = self._append(_numbers(implements.entries))
        self._append(bytes(4 * count))

    def _strings(self) -> None:
        texts = [text.encode("utf-8") for text in self.module.strings]
        places = self._append(bytes(8 * len(texts)))
        self.strings_address = places
        for number, text in enumerate(texts):
            struct.pack_into("<II", self.data, places - self.base + 8 * number, self._append(text), len(text))


def _numbers(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)
