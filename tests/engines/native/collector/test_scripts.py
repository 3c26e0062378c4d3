"""Random programs: the heap holds what a model in Python holds, and the collector's own checker finds nothing."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engines.native.collector.cages import RUNS_NATIVELY, new_cage
from tests.engines.native.collector.scripts import STEPS, Step, run
from tests.engines.native.collector.world import World

NUMBERS = st.integers(0, 999)
PROGRAMS = st.lists(st.tuples(st.integers(0, len(STEPS) - 1), NUMBERS, NUMBERS, NUMBERS), min_size=20, max_size=80)


@given(PROGRAMS, st.booleans(), st.sampled_from([0, 0, 3, 40]))
@settings(
    max_examples=100 if RUNS_NATIVELY else 8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
def test_a_program_keeps_its_heap(program: list[Step], eager: bool, stress: int) -> None:
    world = World(new_cage(), limit=1 << 20, eager=eager, stress=stress)
    run(world, program)
    world.compare()
    world.collect()
    world.compare()
