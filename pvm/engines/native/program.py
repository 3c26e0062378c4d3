"""A program as the native engine knows it, shared by its instances: metadata, translations, spare cages.

Functions are translated when they are first entered.  Their code goes behind the metadata, and their descriptors are
changed last, so that an instance on another thread sees a function either without code or with all of it.
"""

from __future__ import annotations

import struct
import threading
import weakref
from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

from pvm.engines.native import layout
from pvm.engines.native.cage import CagePool, SharedMetadata
from pvm.engines.native.code.buffer import CodeBuffer
from pvm.engines.native.code.translator import Translation, translate
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.tables import powers_of_ten
from pvm.errors import PvmError
from pvm.isa.types import RefType
from pvm.verify.verified import VerifiedModule

KEPT_PROGRAMS = 16


class CodeSpaceFull(PvmError):
    """The internal code of a program does not fit into the cage's metadata."""


class PlacedFunction(NamedTuple):
    """A translated function: where its code is, and what of it the host needs."""

    address: int
    translation: Translation
    positions: tuple[int, ...]
    """Positions of ``translation.sources``."""

    def offset_at(self, pc: int, *, arrived: bool) -> int:
        """The bytecode offset of an address in its code; ``arrived`` at a block that was not begun yet."""
        position = pc - self.address
        if arrived and position in self.translation.arrivals:
            return self.translation.arrivals[position]
        return self.translation.sources[bisect_right(self.positions, position) - 1][1]


class Program:
    """Everything that instances of one verified module share.

    Raises:
        Unsupported: the module is too large for the native engine.
        OSError: the host has no memory for it.
    """

    def __init__(self, verified: VerifiedModule) -> None:
        self.verified = verified
        self.module = verified.module
        self.linkage = Linkage(verified)
        self.metadata = self.linkage.metadata
        self.shared = SharedMetadata()
        self.cages = CagePool(self.shared)
        self.placed: dict[int, PlacedFunction] = {}
        self._lock = threading.Lock()
        self._end = self.metadata.code_start
        self.translate_stub, self.halt, self.task_end = self._place_services()
        for index in range(len(verified.functions)):
            self._point(index, self.translate_stub, 0)
        self.shared.write(layout.POWERS_OF_TEN, powers_of_ten())
        self.shared.write(self.metadata.base, bytes(self.metadata.data))
        weakref.finalize(self, _give_back, self.cages, self.shared).atexit = False

    def _place_services(self) -> tuple[int, int, int]:
        """Instructions that no function has.

        What control returns to has the slot of the result in front of it; here that is a word of
        the frame's header.
        """
        buffer = CodeBuffer()
        first = buffer.emit("translate")
        slot = layout.FRAME_RESULT // 8
        buffer.data += struct.pack("<HHHH", 0, 0, 0, slot)
        halt = buffer.emit("halt", slot)
        task_end = buffer.emit("task.end", slot)
        start = self._append(bytes(buffer.data))
        return start + first, start + halt, start + task_end

    def _append(self, code: bytes) -> int:
        address = self._end
        if address + len(code) > layout.METADATA_END:
            raise CodeSpaceFull("the program's internal code is too large for the native engine")
        self.shared.write(address, code)
        self._end = address + len(code)
        return address

    def _point(self, index: int, address: int, cost: int) -> None:
        """Let a function's descriptor point at code."""
        descriptor = self.metadata.descriptor(index)
        struct.pack_into("<I", self.metadata.data, descriptor - self.metadata.base + layout.FUNCTION_CODE, address)
        struct.pack_into("<I", self.metadata.data, descriptor - self.metadata.base + layout.FUNCTION_COST, cost)

    def translate(self, index: int) -> PlacedFunction:
        """Give a function its code, unless it has some.

        Raises:
            CodeSpaceFull: there is no room for it.
        """
        with self._lock:
            found = self.placed.get(index)
            if found is not None:
                return found
            translation = translate(self.linkage, index)
            address = self._append(translation.code)
            placed = PlacedFunction(address, translation, tuple(position for position, _ in translation.sources))
            self.placed[index] = placed
            descriptor = self.metadata.descriptor(index)
            self.shared.write(descriptor + layout.FUNCTION_COST, struct.pack("<I", translation.cost))
            self.shared.write(descriptor + layout.FUNCTION_CODE, struct.pack("<I", address + translation.entry))
            return placed

    def offset_at(self, index: int, pc: int, *, arrived: bool = False) -> int:
        """The bytecode offset that an address in a function's code comes from."""
        found = self.placed.get(index)
        return 0 if found is None else found.offset_at(pc, arrived=arrived)

    def globals_initial(self) -> list[tuple[int, bytes]]:
        """Addresses and bytes of the primitive globals that do not begin as 0."""
        formats = {"i32": "<iI", "i64": "<q", "f32": "<fI", "f64": "<d"}
        found = []
        for index, declared in enumerate(self.module.globals):
            if isinstance(declared.type, RefType):
                continue
            text = formats[declared.type.name.lower()]
            values = (declared.initial, 0) if "I" in text else (declared.initial,)
            found.append((self.linkage.global_address(index), struct.pack(text, *values)))
        return found


def _give_back(cages: CagePool, shared: SharedMetadata) -> None:
    """Give back what a program had that nobody uses any more."""
    cages.close()
    shared.close()


_PROGRAMS: OrderedDict[int, Program] = OrderedDict()


def program_of(verified: VerifiedModule) -> Program:
    """The program of a module, the same while it is among the ones used last."""
    found = _PROGRAMS.pop(id(verified), None)
    if found is None or found.verified is not verified:
        found = Program(verified)
    _PROGRAMS[id(verified)] = found
    while len(_PROGRAMS) > KEPT_PROGRAMS:
        _PROGRAMS.popitem(last=False)
    return found
