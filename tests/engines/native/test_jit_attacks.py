"""Modules that somebody would write who wants native code to take one object, frame or handler for another.

Each is a file in ``attacks``, whose function ``f`` takes how many rounds it goes, and maybe another number.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import pvm
from pvm.engines.native.debug import Debug, debugging
from pvm.pbc.asm import assemble

ATTACKS = Path(__file__).parent / "attacks"
ROUNDS = 16
PLAIN = Debug(eager=True, whole=True, keep=False, speed=0)
WAYS = (
    PLAIN,
    PLAIN._replace(whole=False, stress=1, check_every=1),
    PLAIN._replace(stress=3, suspend_every=40, looks=(37,), check_every=1),
    PLAIN._replace(stress=2, marks=3, looks=(61,), check_every=1),
    PLAIN._replace(loops=(20, 300)),
    PLAIN._replace(looks=(13, 7, 101)),
)
STEPS = 9
"""Amounts of fuel that a run ends with before its end."""


def outcome(
    module: pvm.Module, tier: str, arguments: tuple[int, ...], debug: Debug, fuel: int = 1 << 22
) -> list[tuple[object, int]]:
    """What two calls give or end with, and the fuel that they take."""
    found: list[tuple[object, int]] = []
    limits = pvm.Limits(fuel=fuel)
    with debugging(debug), pvm.Instance(module, tier=tier, limits=limits) as instance:  # type: ignore[arg-type]
        for _ in range(2):
            try:
                result: object = instance.call("f", *arguments)
            except (pvm.Trap, pvm.Exhaustion) as error:
                result = type(error), error.kind, error.frames
            found.append((result, instance.statistics.fuel_used))
    return found


@pytest.mark.parametrize("name", sorted(each.stem for each in ATTACKS.glob("*.pasm")))
def test_compiled_code_takes_nothing_for_something_else(name: str) -> None:
    module = pvm.Module(assemble((ATTACKS / f"{name}.pasm").read_text()))
    more = len(module.exports["f"].params) - 1
    for last in (0, 7)[: 1 + more]:
        arguments = (ROUNDS, *[last] * more)
        wanted = outcome(module, "reference", arguments, PLAIN)
        assert outcome(module, "interpreter", arguments, Debug(stress=1, check_every=1)) == wanted
        for way in WAYS:
            assert outcome(module, "jit", arguments, way) == wanted
        used = wanted[-1][1]
        for fuel in range(used // STEPS, used, used // STEPS + 1):
            ended = outcome(module, "interpreter", arguments, PLAIN, fuel)
            for way in WAYS[:2]:
                assert outcome(module, "jit", arguments, way, fuel) == ended
