"""IR text to a blob.  The only module that loads llvmlite, in the worker process: LLVM errors may abort it."""

from __future__ import annotations

from functools import cache

import llvmlite.binding as llvm  # type: ignore[import-untyped]

from pvm.engines.native.machine_code.blob import Blob
from pvm.engines.native.machine_code.linking import OutsideReference, link
from pvm.engines.native.machine_code.target import Target

SPEED = 2
"""How much LLVM does for fast code, if nothing else is said."""
MAX_COMPARED = 16
"""Arms of a switch that is made of comparisons: an indirect jump takes as long as four branches that are guessed."""


class CompilationError(Exception):
    """IR that LLVM does not accept: our bug."""


def compile_object(ir: str, target: Target, speed: int = SPEED) -> bytes:
    """Optimise IR and make a relocatable object of it."""
    machine, module = _optimised(ir, target, speed)
    data: bytes = machine.emit_object(module)
    return data


def compile_assembly(ir: str, target: Target, speed: int = SPEED) -> str:
    """The same as assembler text, for people and tests."""
    machine, module = _optimised(ir, target, speed)
    text: str = machine.emit_assembly(module)
    return text


def optimised_ir(ir: str, target: Target, speed: int = SPEED) -> str:
    """What LLVM makes of IR before it chooses instructions, for people and tests."""
    _, module = _optimised(ir, target, speed)
    return str(module)


def compile_blob(ir: str, target: Target, speed: int = SPEED) -> Blob:
    """Compile and link.

    LLVM may make a formula of a loop that divides 128 bits, which is a call of its own library (``__udivti3``). Such a
    function is compiled again without optimisation, which keeps to the loop.
    """
    try:
        return link(compile_object(ir, target, speed), target.page)
    except OutsideReference:
        if not speed:
            raise
        return link(compile_object(ir, target, speed=0), target.page)


def _optimised(ir: str, target: Target, speed: int) -> tuple[llvm.TargetMachine, llvm.ModuleRef]:
    machine = target_machine(target, speed)
    try:
        module = llvm.parse_assembly(ir)
        module.verify()
    except RuntimeError as error:
        raise CompilationError(str(error)) from None
    module.data_layout = str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=speed)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return machine, module


def target_machine(target: Target, speed: int = SPEED) -> llvm.TargetMachine:
    """What LLVM knows of a processor."""
    _initialise()
    found = llvm.Target.from_triple(target.triple)
    return found.create_target_machine(cpu=target.cpu, opt=speed, reloc="pic", codemodel="small")


@cache
def _initialise() -> None:
    llvm.set_option("", f"--min-jump-table-entries={MAX_COMPARED + 1}")
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
