"""Random programs of loops: compiled code prints what internal code prints, and uses as much fuel."""

from __future__ import annotations

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.debug import Debug, debugging
from tests.engines.native.loop_programs import program

FUEL = 1_000_000
LOOKS = ((), (500, 3_000), (20_000, 77))


def outcome(module: pvm.Module, tier: str) -> tuple[object, bytes, int]:
    kernel = pvm.Kernel(stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    limits = pvm.Limits(memory="64M", fuel=FUEL)
    with pvm.Instance(module, kernel=kernel, limits=limits, tier=tier) as instance:  # type: ignore[arg-type]
        try:
            status: object = instance.run([module.name])
        except (pvm.Trap, pvm.Exhaustion) as error:
            status = type(error), error.kind, error.message, error.frames
        return status, kernel.stdout_bytes, instance.statistics.fuel_used


@pytest.mark.parametrize("seed", range(3))
def test_random_loops_do_what_internal_code_does(seed: int) -> None:
    module = pvm.Module(compile_source(program(seed), name="loops.peb"))
    wanted = outcome(module, "interpreter")
    with debugging(Debug(eager=True, keep=False, looks=LOOKS[seed % len(LOOKS)])):
        assert outcome(module, "jit") == wanted
