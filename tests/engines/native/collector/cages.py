"""Cages for the collector alone: a memory of 4 GiB with metadata that a test makes up, and the runtime image."""

from __future__ import annotations

import mmap
from functools import cache
from typing import Protocol

from compiler.runtime import IMAGE
from pvm.engines.api import EngineLimits
from pvm.engines.native import layout
from pvm.engines.reference.engine import ReferenceEngine
from pvm.pbc.model import Module
from pvm.pbc.reader import read_module
from pvm.verify import verify


class Cage(Protocol):
    """Memory, and the functions of the runtime image."""

    data: mmap.mmap | memoryview

    def call(self, name: str, *arguments: int) -> int:
        """Call an export of the image; 0 if it returns nothing."""


@cache
def image() -> Module:
    """The runtime image."""
    return read_module(IMAGE.read_bytes())


class ReferenceCage:
    """A cage whose code the reference engine runs."""

    def __init__(self) -> None:
        limits = EngineLimits(memory=layout.CAGE_SIZE)
        self._engine = ReferenceEngine(verify(image(), privileged=True), limits=limits)
        memory = self._engine._machine.memory
        assert memory.grow(layout.CAGE_SIZE) == layout.CAGE_SIZE
        assert isinstance(memory.data, mmap.mmap)
        self.data: mmap.mmap | memoryview = memory.data

    def call(self, name: str, *arguments: int) -> int:
        """Call an export of the image."""
        result: int | None = self._engine.call_export(name, arguments)
        return result or 0
