"""Compiles with profiles that say anything: calls are first compared with functions that they may reach, or never do.

What calls were seen to call changes how fast code is, never what it does.
"""

from __future__ import annotations

from random import Random
from typing import Any
from unittest import mock

from pvm.engines.native.jit import build
from pvm.engines.native.jit.calls import _Call
from pvm.engines.native.machine_code.target import Target

GENERATOR = f"{__name__}:function_code"
"""What the worker is asked for."""
_FUNCTIONS = 40
"""Most modules that are drawn have more."""


def function_code(target: Target, argument: bytes) -> tuple[str, bytes]:
    """As ``pvm.engines.native.jit.build:function_code`` does it."""
    with any_profile():
        return build.function_code(target, argument)


def any_profile() -> Any:
    """Let each call have been seen to call two functions, drawn by where it is."""
    return mock.patch.object(_Call, "_likely", _likely)


def _likely(call: _Call) -> list[int]:
    random, instruction = Random(call.instruction.offset), call.instruction
    known: list[int] = [random.randrange(_FUNCTIONS)]
    if instruction.opcode.mnemonic == "call.ref":
        known += call.unit.targets.of_value(call.signature)
    else:
        known += call.unit.targets._ids(*instruction.immediates[0])
    return random.sample(known, min(2, len(known)))
