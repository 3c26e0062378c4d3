"""Compiles system modules and runs them with the reference engine."""

from __future__ import annotations

from typing import Any

from compiler.runtime import compile_system
from pvm.engines.api import EngineLimits
from pvm.engines.reference.engine import ReferenceEngine
from pvm.pbc.reader import read_module
from pvm.pbc.writer import write_module
from pvm.verify import verify


class Image:
    """An instance of the image of some modules, with memory of a cage."""

    def __init__(self, *, memory: int = 1 << 32, strict: bool = True, **modules: str) -> None:
        module = compile_system({f"{name}.peb": text for name, text in modules.items()})
        self.module = read_module(write_module(module))
        self.engine = ReferenceEngine(
            verify(self.module, privileged=True), limits=EngineLimits(memory=memory), strict=strict
        )

    def call(self, name: str, *arguments: Any) -> Any:
        """Call an export."""
        return self.engine.call_export(name, arguments)


def result(expression: str, type_: str = "Int", before: str = "") -> Any:
    """The value of an expression, with 64 KiB of memory."""
    text = (
        f'{before}\n@export("result") fun result() -> {type_} {{\n    growMemory(65536)\n    return {expression}\n}}\n'
    )
    return Image(memory=1 << 16, example=text).call("result")
