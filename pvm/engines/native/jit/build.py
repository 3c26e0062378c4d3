"""What the worker does for the JIT: reads the program, and makes IR of one of its functions."""

from __future__ import annotations

import marshal
from functools import lru_cache

from pvm.engines.native.jit.installed import COUNTS, encode_notes
from pvm.engines.native.jit.targets import Targets
from pvm.engines.native.jit.unit import Unit
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.llvm.text import ModuleText
from pvm.engines.native.machine_code.target import STACK_POINTERS, Target
from pvm.pbc.reader import read_module
from pvm.verify import verify


def encode_argument(module: bytes, function: int, fuel: str = COUNTS) -> bytes:
    """The argument of the others: a module's file, the function, and what its code does about fuel."""
    return marshal.dumps((module, function, fuel))


def function_ir(target: Target, argument: bytes) -> str:
    """The IR of a function; its entries are ``entry`` and ``osr.OFFSET``."""
    return function_code(target, argument)[0]


def function_code(target: Target, argument: bytes) -> tuple[str, bytes]:
    """The same with notes, for whoever installs the code: ``encode_notes``."""
    data, function, fuel = marshal.loads(argument)  # noqa: S302 - from the process that started this one
    linkage, targets = _program(data)
    module = ModuleText()
    unit = Unit(module, linkage, function, targets, STACK_POINTERS[target.architecture], fuel)
    unit.define()
    translations = {index: tuple(facts.translation) for index, facts in unit.facts.items()}
    return module.finish(target.triple), encode_notes(translations, unit.called)


@lru_cache(maxsize=4)
def _program(data: bytes) -> tuple[Linkage, Targets]:
    linkage = Linkage(verify(read_module(data)))
    return linkage, Targets(linkage)
