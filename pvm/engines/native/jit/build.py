"""What the worker does for the JIT: reads the program, and makes IR of one of its functions."""

from __future__ import annotations

import marshal

from pvm.engines.native.jit.activation import FunctionFacts
from pvm.engines.native.jit.escape import Plan, is_sound, plan_replacement
from pvm.engines.native.jit.inlining import Inlinable
from pvm.engines.native.jit.installed import COUNTS, encode_notes
from pvm.engines.native.jit.profile import Counts
from pvm.engines.native.jit.targets import Targets
from pvm.engines.native.jit.unit import Unit
from pvm.engines.native.jit.virtual import NOTHING
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.llvm.text import ModuleText
from pvm.engines.native.machine_code.blob import Blob
from pvm.engines.native.machine_code.target import STACK_POINTERS, Target
from pvm.pbc.reader import read_module
from pvm.user_cache import sha256
from pvm.verify import verify

MAX_PROGRAMS = 4
_programs: dict[str, tuple[bytes, Linkage, Inlinable]] = {}
"""The programs used last, by the digests of their modules."""


def encode_argument(module: bytes, function: int, fuel: str = COUNTS, profile: Counts = ()) -> bytes:
    """The argument of the others: a module's file, the function, what its code does about fuel, and calls seen."""
    return marshal.dumps((module, function, fuel, profile))


def function_ir(target: Target, argument: bytes) -> str:
    """The IR of a function; its entries are ``entry`` and ``osr.OFFSET``."""
    return function_code(target, argument)[0]


def function_code(target: Target, argument: bytes) -> tuple[str, bytes]:
    """The same with notes, for whoever installs the code: ``encode_notes``."""
    data, function, fuel, profile = marshal.loads(argument)  # noqa: S302 - from the process that started this one
    linkage, inlinable = _program(data)

    def emit(plan: Plan, facts: dict[int, FunctionFacts]) -> Unit:
        unit = Unit(ModuleText(), linkage, function, inlinable, STACK_POINTERS[target.architecture], fuel, plan, facts)
        unit.profile.update(profile)
        unit.define()
        return unit

    unit = emit(NOTHING, {})
    plan = plan_replacement(unit.flows, unit.has_field)
    if plan is not None:
        replacing = emit(plan, unit.facts)
        if is_sound(replacing.flows, plan):
            unit = replacing
    translations = {index: tuple(facts.translation) for index, facts in unit.facts.items()}
    return unit.module_text.finish(target.triple), encode_notes(translations, unit.called)


def ready(target: Target, data: bytes) -> None:
    """Read a program, and let LLVM look up the processor: what the first function would wait for."""
    from pvm.engines.native.llvm.compilation import target_machine

    target_machine(target)
    _program(data)


def compiled_function(target: Target, data: bytes, function: int, profile: Counts = ()) -> Blob:
    """The machine code of a function, in the process that has LLVM."""
    from pvm.engines.native.llvm.compilation import compile_blob

    ir, notes = function_code(target, encode_argument(data, function, profile=profile))
    return compile_blob(ir, target)._replace(notes=notes)


def digest(data: bytes) -> str:
    """What a program is known by here."""
    found: str = sha256(data).hexdigest()
    return found


def known_program(name: str) -> bytes | None:
    """The module of a program that something was compiled of before."""
    return _programs[name][0] if name in _programs else None


def _program(data: bytes) -> tuple[Linkage, Inlinable]:
    name = digest(data)
    found = _programs.pop(name, None)
    if found is None:
        linkage = Linkage(verify(read_module(data)))
        found = data, linkage, Inlinable(linkage.metadata.verified, Targets(linkage))
    _programs[name] = found
    while len(_programs) > MAX_PROGRAMS:
        del _programs[next(iter(_programs))]
    return found[1:]
