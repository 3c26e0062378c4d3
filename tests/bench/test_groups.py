"""The groups beside the programs: collector, task switches, warming up, limits, start-up."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import pytest

from bench import collector, latency, limits, peers, switching, warmup
from bench.collector import LOGGED, measure_pauses
from bench.options import Options
from bench.peers import Case, java, tier_case
from bench.report import Grid
from bench.running import BenchmarkFailure, Run, run, spawned
from bench.startup import over
from bench.suite import SUITE, Program
from bench.warmup import Round, peak_index, time_to_peak, worst_prefix

TIMEOUT = 60.0


def with_java(cases: list[Case]) -> list[Case]:
    if shutil.which("java") is None or shutil.which("javac") is None:
        print("not run: java")
        return cases
    peers.build_java()
    return [*cases, Case("java", java(), warms=True)]


def test_the_collector_programs_run_and_check_what_is_alive() -> None:
    for program in (collector.ALLOCATION, collector.PAUSES):
        peers.build_pebble(program.name)
    for case in with_java([tier_case("reference")]):
        found = run(case, collector.ALLOCATION, 1, collector.ALLOCATION.sizes.tiny, timeout=TIMEOUT)
        assert found.result == 1024 - 1024 // 8
        pauses = measure_pauses(case, 1)
        assert pauses.batches == 40
        assert pauses.batch > 0
        assert pauses.longest >= pauses.median


def test_pauses_in_a_log_of_java() -> None:
    log = (
        "[0.003s][info][gc] Using G1\n"
        "[0.228s][info][gc] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 19M->19M(388M) 60.120ms\n"
        "[0.300s][info][gc] GC(1) Concurrent Mark Cycle 41.000ms\n"
        "[0.309s][info][gc] GC(1) Pause Remark 68M->68M(1164M) 0.500ms\n"
    )
    assert LOGGED.findall(log) == ["60.120", "0.500"]


def test_output_that_is_none_of_pauses_is_refused() -> None:
    other = Case("other", lambda _: [sys.executable, "-c", "print('pauses: none')"], warms=False)
    with pytest.raises(BenchmarkFailure, match="unexpected output: 'pauses: none"):
        measure_pauses(other, 1)


def test_ping_pong_gives_the_same_everywhere() -> None:
    peers.build_pebble("pingpong")
    others, missing = switching.runtimes()
    for line in missing:
        print(f"not run: {line}")
    size = switching.PINGPONG.sizes.tiny
    for case in (tier_case("reference"), *others):
        assert run(case, switching.PINGPONG, 2, size, timeout=TIMEOUT).result == size, case.name


def test_a_failing_runtime_is_a_row_with_the_reason() -> None:
    broken = Case("broken", lambda _: [sys.executable, "-c", "raise SystemExit('no tasks')"], warms=False)
    assert switching.row(broken, Options(quick=True)).note == "status 1: no tasks"


def test_time_to_peak_counts_the_start_and_what_is_slower_than_the_peak() -> None:
    micros = (900, 300, 105, *[100] * 12)
    assert peak_index(micros, 100) == 2
    measured = Run(micros, 1, 0, wall=0.010 + sum(micros) / 1e6)
    assert time_to_peak(measured, 100) == pytest.approx(10.0 + 1.2)
    assert peak_index([50], 50) == 0
    assert peak_index([300, 200], 100) == 1


def test_the_peak_is_that_of_the_program_whichever_run_comes_to_it() -> None:
    cold = Run((300,) * 20, 1, 0, wall=1.0)
    cached = Run((300, *[100] * 20), 1, 0, wall=1.0)
    assert Round(cold, cached, None).peak == 100
    assert peak_index(cold.micros, 100) == 19


def test_warming_up_is_compared_with_the_interpreter_from_the_start() -> None:
    assert worst_prefix([[30, 10, 1, 1]], [[10, 10, 10]]) == pytest.approx(3.0)
    assert worst_prefix([[10, 1]], [[10, 10, 10]]) == pytest.approx(1.0)
    assert worst_prefix([[10, 20], [30, 10], [10, 40]], [[10, 10]] * 3) == pytest.approx(2.0)


def test_a_bench_waits_for_what_a_run_has_left_behind() -> None:
    script = "import subprocess, sys; subprocess.Popen(['sleep', sys.argv[1]], stdout=-3, stderr=-3); print('done')"
    for seconds, settle, least, most in (("0.5", 10.0, 0.4, 5.0), ("5", 0.1, 0.1, 4.0)):
        started = time.monotonic()
        assert spawned([sys.executable, "-c", script, seconds], Path.cwd(), TIMEOUT, settle=settle).output == "done\n"
        assert least <= time.monotonic() - started < most


def test_limits_stand_before_the_module() -> None:
    command = limits.limited(tier_case("jit"), ("--fuel", "1")).command(SUITE[0])
    assert command[-3:-1] == ["--fuel", "1"]
    assert Path(command[-1]).name == "richards.pbc"


def test_costs_of_limits_are_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    towers = [program for program in SUITE if program.name == "towers"]
    peers.build([], towers)

    def fastest(case: Case, program: Program, size: int) -> float:
        return 30.0 if "--fuel" in case.command(program) else 20.0

    monkeypatch.setattr(limits, "fastest", fastest)
    grid = limits.costs("reference", towers, Options(quick=True))
    assert grid.rows == [("towers", [1.5, 1.0]), ("geometric mean", [pytest.approx(1.5), pytest.approx(1.0)])]


def test_without_a_jit_its_columns_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warmup, "present_tiers", lambda _: ([], ["tier jit left out: no such tier"]))
    monkeypatch.setattr(warmup, "present_peers", lambda _: ([], []))
    [grid] = warmup.tables(Options(programs=("towers",)))
    assert grid.rows == [("towers", [None] * 5), ("geometric mean", [None] * 5)]
    assert grid.notes == ["tier jit left out: no such tier"]


def test_figures_over_those_of_a_base() -> None:
    assert over("pvm", [30.0, None], [20.0, 10.0]) == ("pvm", [1.5, None])


def test_hostile_programs_end(monkeypatch: pytest.MonkeyPatch) -> None:
    programs = {
        program.name: program._replace(seconds=0.01, quick=2 * bool(program.prepare)) for program in latency.PROGRAMS
    }
    monkeypatch.setattr(latency, "PROGRAMS", [programs["tailCalls"], programs["fill"], programs["throws"]])
    grids = latency.tables(Options(quick=True))
    assert len(grids) == 2
    for grid in grids:
        assert isinstance(grid, Grid)
        assert [name for name, _ in grid.rows] == ["tailCalls", "fill, 2 MiB", "throws"]
        assert all(value is not None and value < 5_000 for _, row in grid.rows for value in row)
