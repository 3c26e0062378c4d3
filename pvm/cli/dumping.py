"""What ``pvm run --dump`` shows: the code that the JIT makes of a function.

LLVM is loaded into this process, which does nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvm.errors import UsageError

if TYPE_CHECKING:
    from pvm.embed.module import Module

KINDS = ("ir", "optimised", "asm")


def dump(module: Module, kind: str, name: str) -> str:
    """The IR that a function is translated to, the same after LLVM has optimised it, or assembler text.

    Raises:
        UsageError: the module has no function of this name, or there is no native engine for this machine.
    """
    from pvm.engines.native.jit.build import encode_argument, function_ir
    from pvm.engines.native.llvm.compilation import compile_assembly, optimised_ir
    from pvm.engines.native.machine_code.target import host_target

    target = host_target()
    if target is None:
        raise UsageError("there is no native engine for this machine")
    ir = function_ir(target, encode_argument(module.to_bytes(), function_number(module, name)))
    if kind == "ir":
        return ir
    return optimised_ir(ir, target) if kind == "optimised" else compile_assembly(ir, target)


def function_number(module: Module, name: str) -> int:
    """The number of the function of a name.

    Raises:
        UsageError: there is none; says which one was probably meant.
    """
    from pvm.embed.instance import unknown

    names = {function.name: number for number, function in enumerate(module.verified.module.functions)}
    if name not in names:
        near = [each for each in names if each.rpartition(".")[2] == name]
        if len(near) == 1:
            return names[near[0]]
        if near:
            raise UsageError(f"several functions are called {name!r}: {', '.join(near)}")
        raise UsageError(unknown("function", name, names))
    return names[name]
