"""The benchmarks: programs agree in all languages, figures are computed right, what is missing is reported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import peers, programs
from bench.options import Options
from bench.peers import PEERS, PVM, ROOT, Case, Peer, present_peers, present_tiers, tier_case
from bench.plot import Axis, plot
from bench.programs import MEAN, Effort, refuse_different_results
from bench.report import Grid, Row, Table
from bench.running import BenchmarkFailure, Run, parse, process, run, steady_state
from bench.suite import PROGRAMS, SUITE, Program, Sizes
from bench.timing import geometric_mean, interleave, medians

TIMEOUT = 60.0


@pytest.mark.parametrize("program", SUITE, ids=lambda program: program.name)
def test_every_language_gives_the_same_result(program: Program) -> None:
    present, missing = present_peers(["CPython", "java", "node", "luajit", "C -O3"])
    for line in missing:
        print(f"not run: {line}")
    peers.build(present, [program])
    size = program.sizes.tiny
    expected = run(tier_case("reference"), program, 1, size, timeout=TIMEOUT)
    assert {
        peer.case.name: run(peer.case, program, 1, size, timeout=TIMEOUT).result for peer in present
    } == {peer.case.name: expected.result for peer in present}  # fmt: skip
    assert len(expected.micros) == 1
    assert expected.kib > 1000


def test_a_wrong_result_ends_the_program() -> None:
    peers.build_pebble("queens")
    queens = next(program for program in SUITE if program.name == "queens")
    with pytest.raises(BenchmarkFailure, match=r"status 1: queens: wrong result 0 for size 3"):
        run(tier_case("reference"), queens, 1, 3, timeout=TIMEOUT)


def test_every_program_is_in_the_suite_in_every_language() -> None:
    folders = {"pebble": "peb", "python": "py", "javascript": "js", "lua": "lua", "c": "c"}
    for folder, suffix in folders.items():
        found = {path.stem for path in (PROGRAMS / folder).glob(f"*.{suffix}")}
        assert {program.name for program in SUITE} <= found, folder
    found = {path.stem for path in (PROGRAMS / "java").glob("*.java")}
    assert {program.java for program in SUITE} <= found


# --- figures


def test_interleaving_measures_every_case_and_drops_the_first_round() -> None:
    seconds = {"a": iter([9.0, 1.0, 3.0, 2.0]), "b": iter([9.0, 5.0, 5.0, 8.0])}
    found = interleave({"a": lambda: next(seconds["a"]), "b": lambda: next(seconds["b"])}, 3)
    assert found == {"a": [1.0, 3.0, 2.0], "b": [5.0, 5.0, 8.0]}
    assert medians(found) == {"a": 2.0, "b": 5.0}


@pytest.mark.parametrize(
    ("micros", "steady"),
    [([7], 7), ([900, 5], 5), ([900, 4, 6], 5), ([900] * 9 + list(range(1, 11)), 5.5)],
)
def test_the_steady_state_is_the_median_of_the_last_ten(micros: list[int], steady: float) -> None:
    assert steady_state(micros) == steady


def test_what_warms_up_runs_for_some_time() -> None:
    assert programs.warming_iterations([900, 500, 700], 1.0) == 2000
    assert programs.warming_iterations([900_000], 1.0) == 20
    assert programs.warming_iterations([0], 1.0) == 10_000


def test_the_geometric_mean_treats_a_half_and_a_double_alike() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
    assert geometric_mean([]) is None


def test_what_a_program_prints_is_read() -> None:
    output = "sieve: iterations=1 runtime: 12us\nsieve: iterations=1 runtime: 8us\nsieve: result=-3\n"
    assert parse("sieve", output) == ((12, 8), -3)


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("sieve: iterations=1 runtime: 12us\n", "no result"),
        ("sieve: iterations=1 runtime: 12\n", "unexpected output"),
        ("queens: iterations=1 runtime: 12us\n", "unexpected output"),
        ("warning\nsieve: result=3\n", "unexpected output"),
    ],
)
def test_other_output_is_refused(output: str, why: str) -> None:
    with pytest.raises(BenchmarkFailure, match=why):
        parse("sieve", output)


def test_different_results_are_reported_and_dropped() -> None:
    cases = [tier_case("reference"), PEERS[0].case]
    found: programs.Outcomes = {
        ("sieve", "pvm reference"): [Run((1,), 168, 0, 0.0)],
        ("sieve", "CPython"): [Run((1,), 167, 0, 0.0)],
    }
    sieve = [program for program in SUITE if program.name == "sieve"]
    assert refuse_different_results(sieve, cases, found) == [
        "sieve: different results: 168 by pvm reference; 167 by CPython"
    ]
    assert found == {("sieve", "pvm reference"): [], ("sieve", "CPython"): []}


# --- what is missing


def test_a_peer_that_is_not_installed_is_left_out_with_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Case("cobol", lambda program: ["no-such-tool", program.name], warms=False)
    monkeypatch.setattr(peers, "PEERS", (*PEERS[:1], Peer(nowhere, ("no-such-tool",), ("no-such-tool",))))
    present, missing = present_peers([])
    assert [peer.case.name for peer in present] == ["CPython"]
    assert missing == ["cobol left out: no-such-tool not installed"]


def test_pvm_is_asked_for_its_tiers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert present_tiers(["reference"]) == (["reference"], [])
    monkeypatch.setattr(peers, "PVM", (sys.executable, "-c", "import sys; sys.exit('pvm: no such tier')"))
    assert present_tiers(["jit"]) == ([], ["tier jit left out: no such tier"])


def test_a_program_that_fails_or_hangs_is_a_failure() -> None:
    program = Program("sieve", "Sieve", Sizes(1, 1, 1), "")
    broken = Case("broken", lambda _: [sys.executable, "-c", "import sys; sys.exit('out of luck')"], warms=False)
    with pytest.raises(BenchmarkFailure, match="status 1: out of luck"):
        run(broken, program, 1, 1, timeout=TIMEOUT)
    endless = Case("endless", lambda _: [sys.executable, "-c", "while True: pass"], warms=False)
    with pytest.raises(BenchmarkFailure, match="longer than 0 s"):
        run(endless, program, 1, 1, timeout=0.2)
    absent = Case("absent", lambda _: ["/no/such/program"], warms=False)
    with pytest.raises(BenchmarkFailure, match="status 1"):
        run(absent, program, 1, 1, timeout=TIMEOUT)


def test_the_reference_engine_is_left_out_of_full_sizes() -> None:
    tiers, notes = programs.chosen_tiers(Options())
    assert "reference" not in tiers
    assert any(note.startswith("tier reference left out: the sizes are too large") for note in notes)
    assert programs.chosen_tiers(Options(tiers=("reference",))) == (["reference"], [])


def test_tables_of_the_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tiny = [program._replace(sizes=Sizes(*[program.sizes.tiny] * 3)) for program in SUITE if program.name == "towers"]
    monkeypatch.setattr(programs, "chosen", lambda _: tiny)
    monkeypatch.setattr(programs, "QUICK", Effort(rounds=2, iterations=2, seconds=0.1, timeout=TIMEOUT))
    options = Options(quick=True, tiers=("reference",), peers=("CPython",), plot=tmp_path / "plot.svg")
    times, ratios, memory = programs.tables(options)
    assert isinstance(times, Grid)
    assert isinstance(ratios, Grid)
    assert isinstance(memory, Grid)
    [(name, (ours, theirs))] = times.rows
    assert (name, times.columns, times.unit, times.notes) == ("towers", ["pvm reference", "CPython"], "ms", [])
    assert ours
    assert theirs
    assert ratios.title == "Programs, time of pvm reference as a multiple of"
    assert ratios.rows == [("towers", [pytest.approx(ours / theirs)]), (MEAN, [pytest.approx(ours / theirs)])]
    assert all(size and size > 1.0 for _, sizes in memory.rows for size in sizes)
    assert not (tmp_path / "plot.svg").exists()  # there is no java to compare with


# --- how it is shown


def test_a_table_shows_figures_ratios_and_what_is_missing() -> None:
    rows = [Row("ours", 12.345, "ms", 2.5), Row("node", None, "", note="not installed")]
    shown = Table("Times", rows, "base").render()
    assert [line.split() for line in shown.splitlines()[2:] if "---" not in line] == [
        ["median", "x", "base"],
        ["ours", "12.3", "ms", "2.50"],
        ["node", "not", "installed"],
    ]


def test_a_grid_shows_figures_gaps_and_notes() -> None:
    shown = Grid("Times", "ms", ["a", "b"], [("sieve", [1234.5, None])], ["b left out"]).render()
    assert [line.split() for line in shown.splitlines()[2:] if "---" not in line] == [
        ["ms", "a", "b"],
        ["sieve", "1,234", "-"],
        ["b", "left", "out"],
    ]
    assert Grid("Times", "ms", ["a"], [], ["nothing to measure"]).render() == "Times\n\nnothing to measure\n"


def test_a_plot_has_a_mark_for_each_figure() -> None:
    drawn = plot({"a <b>": {"pvm jit": 2.0, "java": 1.0}, MEAN: {"pvm jit": None, "java": 1.0}}, "x < y")
    root = ET.fromstring(drawn)  # noqa: S314 - written by us
    names = [child.tag.partition("}")[2] for child in root]
    assert (names.count("polygon"), names.count("circle")) == (1 + 1, 2 + 1)  # and the legend
    axis = Axis(0.25, 40.0)
    assert axis.at(0.25) < axis.at(1.0) < axis.at(40.0)
    assert axis.ticks() == [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]


def test_pvm_is_run_by_this_python() -> None:
    assert PVM[0] == sys.executable


# --- the command


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT, cwd=ROOT)


def test_the_command_prints_tables_and_writes_json(tmp_path: Path) -> None:
    chosen = ["--only", "programs", "--quick", "--programs", "sieve", "--tiers", "reference", "--peers", "CPython"]
    output = tmp_path / "new" / "found.json"
    done = bench(*chosen, "--output", str(output), "--plot", str(tmp_path / "plot.svg"))
    assert done.returncode == 0, done.stderr
    assert "Programs, time of pvm reference as a multiple of" in done.stdout
    found = json.loads(output.read_text())
    assert found["machine"]["CPython"].startswith("Python 3.")
    times = found["tables"]["Programs, time of an iteration (quick sizes)"]["rows"]["sieve"]
    assert set(times) == {"pvm reference", "CPython"}
    assert all(times.values())


@pytest.mark.parametrize(("option", "name"), [("--programs", "chess"), ("--tiers", "turbo"), ("--peers", "cobol")])
def test_unknown_names_are_refused_with_the_known_ones(option: str, name: str) -> None:
    done = bench(option, name)
    assert done.returncode == 2
    assert f"argument {option}: '{name}' is none of: " in done.stderr


def test_a_process_costs_time() -> None:
    cost = process([sys.executable, "-c", "pass"], env=os.environ)()
    assert 0.0 < cost.cpu < TIMEOUT
    assert 0.0 < cost.wall < TIMEOUT
    with pytest.raises(BenchmarkFailure, match="status 3"):
        process([sys.executable, "-c", "raise SystemExit(3)"], env=os.environ)()
