"""Cages for the collector alone: a memory of 4 GiB with metadata that a test makes up, and the runtime image.

The variable PVM_RUNTIME_IMAGE of the environment says who runs the image: the reference engine, or the CPU if it is
``native``.  The tests here hold for both.
"""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Callable
from functools import cache
from typing import Protocol

from compiler.runtime import RUNTIME, compile_system
from pvm.engines.api import EngineLimits
from pvm.engines.native import layout
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.loader import LoadedCode, load
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.reference.engine import ReferenceEngine
from pvm.verify import verify
from pvm.verify.verified import VerifiedModule

RUNS_NATIVELY = os.environ.get("PVM_RUNTIME_IMAGE") == "native"
MODULES = ("gc_*", "heap", "layout", "tasks", "stacks", "queues", "fuel", "outcome")
_FLAGS = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS | foreign.MAP_NORESERVE


class Cage(Protocol):
    """Memory, and the functions of the runtime image."""

    data: mmap.mmap

    def call(self, name: str, *arguments: int) -> int:
        """Call an export of the image; 0 if it returns nothing."""


@cache
def image() -> VerifiedModule:
    """The heap, the collector and tasks, without the rest of the runtime image."""
    sources = {
        path.name: path.read_text(encoding="utf-8") for name in MODULES for path in sorted(RUNTIME.glob(f"{name}.peb"))
    }
    return verify(compile_system(sources), privileged=True)


@cache
def machine_code(verified: VerifiedModule) -> LoadedCode:
    """An image compiled for this machine."""
    from pvm.engines.native.llvm.compilation import compile_blob
    from pvm.engines.native.llvm.image import compile_image

    target = host_target()
    assert target is not None
    return load(compile_blob(compile_image(verified, target.triple), target))


class ReferenceCage:
    """A cage whose code the reference engine runs."""

    def __init__(self) -> None:
        self._engine = ReferenceEngine(image(), limits=EngineLimits(memory=layout.CAGE_SIZE))
        memory = self._engine._machine.memory
        assert memory.grow(layout.CAGE_SIZE) == layout.CAGE_SIZE
        assert isinstance(memory.data, mmap.mmap)
        self.data = memory.data

    def call(self, name: str, *arguments: int) -> int:
        """Call an export of the image."""
        result: int | None = self._engine.call_export(name, arguments)
        return result or 0


class NativeCage:
    """A cage whose code the CPU runs."""

    def __init__(self, verified: VerifiedModule | None = None) -> None:
        verified = verified or image()
        module, code = verified.module, machine_code(verified)
        self.data = mmap.mmap(-1, layout.CAGE_SIZE, flags=_FLAGS)
        self._base = ctypes.addressof(ctypes.c_char.from_buffer(self.data))
        self._functions: dict[str, Callable[..., int | None]] = {}
        for export in module.exports:
            signature = module.signatures[module.functions[export.function].signature]
            result, parameters = "q" * len(signature.results), "Q" + "q" * len(signature.params)
            self._functions[export.name] = code.function(f"image.{export.name}", result, parameters)

    def call(self, name: str, *arguments: int) -> int:
        """Call an export of the image."""
        return self._functions[name](self._base, *arguments) or 0


def new_cage() -> Cage:
    """A cage of the kind that is asked for."""
    return NativeCage() if RUNS_NATIVELY else ReferenceCage()
