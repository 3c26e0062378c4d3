"""Functions of the runtime image over a cage: simulated and run by the reference engine, or compiled and run natively.

Which of the two, the variable PVM_RUNTIME_IMAGE of the environment says: the tests here hold for both.
The heap and the collector are doubles: one gives memory out from bottom to top, the other keeps a log of its barrier.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from compiler.runtime import RUNTIME, compile_system
from pvm.engines.api import EngineLimits
from pvm.engines.native import layout
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.loader import LoadedCode, load
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.native.tables import powers_of_ten
from pvm.engines.reference.engine import ReferenceEngine
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Prim, ValueType
from pvm.verify import verify
from pvm.verify.verified import VerifiedModule

HEAP_BYTES = 64 << 20
RUNS_NATIVELY = os.environ.get("PVM_RUNTIME_IMAGE") == "native"
_FLAGS = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS | foreign.MAP_NORESERVE
_LETTERS: dict[ValueType, str] = {Prim.I32: "i", Prim.I64: "q", Prim.F32: "f", Prim.F64: "d"}
_HERE = Path(__file__).parent
_DOUBLES = {"heap.peb": _HERE / "bump_heap.peb", "gc_mark.peb": _HERE / "logged_mark.peb"}
_COLLECTOR = ("gc_", "weak_")
_WORDS = "gc_words.peb"


class Outcome(NamedTuple):
    """What a call left: its value, or a trap; and its cost."""

    value: Any
    trap: TrapKind | None = None
    charge: int = 0


class NeedsMemory(Exception):
    """The call has asked for memory."""


def image_sources() -> dict[str, str]:
    """The system modules but the collector, with doubles for what they need of it."""
    real = (path for path in RUNTIME.glob("*.peb") if path.name == _WORDS or not path.name.startswith(_COLLECTOR))
    found = {path.name: path for path in real} | _DOUBLES
    return {name: path.read_text(encoding="utf-8") for name, path in sorted(found.items())}


@cache
def _image() -> VerifiedModule:
    return verify(compile_system(image_sources()), privileged=True)


@cache
def _code(image: VerifiedModule) -> LoadedCode:
    """The machine code of an image; LLVM is loaded only if it is needed."""
    from pvm.engines.native.llvm.compilation import compile_blob
    from pvm.engines.native.llvm.image import compile_image

    target = host_target()
    assert target is not None
    return load(compile_blob(compile_image(image, target.triple), target))


def _compiled(image: VerifiedModule) -> tuple[mmap.mmap, Callable[[str, tuple[Any, ...]], Any]]:
    """Memory of a cage, and what calls exports in it."""
    code, module = _code(image), image.module
    memory = mmap.mmap(-1, layout.CAGE_SIZE, flags=_FLAGS)
    base = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    functions = {}
    for export in module.exports:
        signature = module.signatures[module.functions[export.function].signature]
        letters = "".join(_LETTERS[each] for each in (*signature.results, *signature.params))
        results = len(signature.results)
        functions[export.name] = code.function(f"image.{export.name}", letters[:results], "Q" + letters[results:])
    return memory, lambda name, arguments: functions[name](base, *arguments)


class Cage:
    """One cage, with the functions of the image."""

    def __init__(self, sources: dict[str, str] | None = None) -> None:
        image = _image() if sources is None else verify(compile_system(sources), privileged=True)
        self.memory: Any
        self._call: Callable[[str, tuple[Any, ...]], Any]
        if RUNS_NATIVELY:
            self.memory, self._call = _compiled(image)
        else:
            engine = ReferenceEngine(image, limits=EngineLimits(memory=layout.CAGE_SIZE))
            memory = engine._machine.memory
            assert memory.grow(layout.CAGE_SIZE) == layout.CAGE_SIZE
            self.memory, self._call = memory.data, engine.call_export
        table = powers_of_ten()
        self.memory[layout.POWERS_OF_TEN : layout.POWERS_OF_TEN + len(table)] = table
        self.empty_heap()

    def empty_heap(self, size: int = HEAP_BYTES) -> None:
        """Forget all objects; their memory is zero again."""
        top = self.word("nursery_top")
        if top:
            self.memory[layout.HEAP : top] = bytes(top - layout.HEAP)
        self.set_word("nursery_top", layout.HEAP)
        self.set_word("nursery_limit", layout.HEAP + size)

    # Memory

    def load(self, address: int, form: str = "<I") -> int:
        """A number in memory."""
        found: int = struct.unpack_from(form, self.memory, address)[0]
        return found

    def store(self, address: int, value: int, form: str = "<I") -> None:
        """Set a number in memory."""
        struct.pack_into(form, self.memory, address, value)

    def word(self, name: str) -> int:
        """A control word."""
        return self.load(layout.control_word(name), "<q")

    def set_word(self, name: str, value: int) -> None:
        """Set a control word."""
        self.store(layout.control_word(name), value, "<q")

    # Objects

    def new(self, class_id: int, size: int, length: int) -> int:
        """A string or an array of zeros."""
        made = self.word("nursery_top")
        self.set_word("nursery_top", made + layout.ELEMENTS + (size + 7 & -8))
        self.store(made, class_id, "<q")
        self.store(made + layout.LENGTH, length)
        return made

    def string(self, data: bytes) -> int:
        """A string."""
        made = self.new(layout.CLASS_STRING, len(data), len(data))
        self.memory[made + layout.ELEMENTS : made + layout.ELEMENTS + len(data)] = data
        return made

    def array(self, kind: ArrayKind, data: bytes) -> int:
        """An array whose elements have these bytes."""
        made = self.new(layout.array_class(kind), len(data), len(data) // ARRAY_STORAGE[kind].size)
        self.memory[made + layout.ELEMENTS : made + layout.ELEMENTS + len(data)] = data
        return made

    def text(self, reference: int) -> bytes:
        """The bytes of a string, which has to be well-formed."""
        assert self.load(reference, "<q") == layout.CLASS_STRING
        size = self.load(reference + layout.LENGTH, "<q")
        end = reference + layout.ELEMENTS + size
        assert not any(self.memory[end : end + (-size & 7)]), "what fills up the last word is 0"
        return bytes(self.memory[reference + layout.ELEMENTS : end])

    # Calls

    def raw(self, name: str, *arguments: Any) -> Any:
        """Call an export that has no outcome but its value."""
        return self._call(name, arguments)

    def call(self, name: str, *arguments: Any) -> Outcome:
        """Call a function as the interpreter does."""
        for word in ("trap", "charge", "need"):
            self.set_word(word, 0)
        value = self._call(name, arguments)
        if self.word("need"):
            assert value == 0
            raise NeedsMemory(self.word("need"))
        if self.word("trap"):
            assert not value
            return Outcome(None, TrapKind(self.word("trap") - 1), self.word("charge"))
        return Outcome(value, None, self.word("charge"))
