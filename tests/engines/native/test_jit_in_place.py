"""What compiled code does in place, as the image and the interpreter do it: nobody can tell."""

from __future__ import annotations

import pytest

import pvm
from compiler.driver import compile_source
from tests.engines.agreement import COMPILED_MODES, debug_for, run
from tests.engines.native.test_jit_numerals import NUMERALS
from tests.engines.native.test_jit_tables import MAPS
from tests.engines.native.test_jit_texts import TEXTS

PROGRAMS = {"texts": TEXTS, "maps": MAPS, "numerals": NUMERALS}


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> pvm.Module:
    return pvm.Module(compile_source(PROGRAMS[request.param], name=f"{request.param}.peb"))


@pytest.mark.parametrize("mode", COMPILED_MODES)
def test_programs_do_the_same(program: pvm.Module, mode: str) -> None:
    wanted = run(program, "interpreter")
    assert run(program, "jit", debug=debug_for(mode, wanted.fuel)) == wanted


def test_reference_engine_agrees(program: pvm.Module) -> None:
    assert run(program, "reference") == run(program, "interpreter")


@pytest.mark.parametrize("part", range(1, 12, 2))
def test_fuel_ends_at_the_same_place(program: pvm.Module, part: int) -> None:
    limits = pvm.Limits(fuel=run(program, "interpreter").fuel * part // 37)
    debug = debug_for("jit plain", 0)
    assert run(program, "jit", limits=limits, debug=debug) == run(program, "interpreter", limits=limits)
