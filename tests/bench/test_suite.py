"""The benchmark programs: both versions of each compute what is expected, and wrong results are refused."""

from __future__ import annotations

import statistics
from functools import cache

import pytest

import pvm
from bench import growth, large, large_program
from bench.report import Row, Table, render
from bench.suite import PROGRAMS, SUITE, Program, verify_result
from bench.timing import interleave
from compiler.driver import compile_source


@pytest.mark.parametrize("program", SUITE, ids=lambda program: program.name)
def test_both_versions_give_the_expected_result(program: Program) -> None:
    verify_result(program, program.python(program.quick_size), quick=True)
    with pvm.Instance(program.module()) as instance:
        verify_result(program, instance.call(program.name, program.quick_size), quick=True)


@pytest.mark.parametrize("program", SUITE, ids=lambda program: program.name)
def test_a_wrong_result_is_refused(program: Program) -> None:
    with pytest.raises(AssertionError, match=program.name):
        verify_result(program, program.quick_result + 1, quick=True)


def test_every_program_is_in_the_suite() -> None:
    assert {path.stem for path in PROGRAMS.glob("*.peb")} == {program.name for program in SUITE}


def test_interleaving_measures_every_case_and_drops_the_first_round() -> None:
    seconds = {"a": iter([9.0, 1.0, 3.0, 2.0]), "b": iter([9.0, 5.0, 5.0, 8.0])}
    found = interleave({"a": lambda: next(seconds["a"]), "b": lambda: next(seconds["b"])}, 3)
    assert found["a"] == (statistics.median([1.0, 3.0, 2.0]), 1.0, 3)
    assert found["b"] == (5.0, 5.0, 3)


def test_a_table_shows_figures_ratios_and_what_is_missing() -> None:
    shown = render(
        Table("Times", [Row("ours", 12.345, "ms", 2.5), Row("node", None, "", note="not installed")], "base")
    )
    assert [line.split() for line in shown.splitlines()[2:] if "---" not in line] == [
        ["median", "x", "base"],
        ["ours", "12.3", "ms", "2.50"],
        ["node", "not", "installed"],
    ]


def test_the_large_program_is_one_program_in_two_forms() -> None:
    one, many = large_program.as_one_file(), large_program.as_modules()
    assert min(len(one.splitlines()), sum(len(text.splitlines()) for text in many.values())) >= 2_000
    outputs = []
    for text, modules in ((one, None), (many["main.peb"], many)):
        kernel = pvm.Kernel(stdout=pvm.CAPTURE)
        with kernel, pvm.Instance(pvm.Module(compile_source(text, modules=modules)), kernel=kernel) as instance:
            assert instance.run(["main"]) == 0
            outputs.append(kernel.stdout_bytes)
    assert outputs[0] == outputs[1]


def test_the_function_that_the_benchmark_changes_is_there_once() -> None:
    assert large_program.as_one_file().count(large.BODY) == 1
    assert large_program.as_modules()["database.peb"].count(large.BODY) == 1


@pytest.mark.parametrize("work", growth.WORKS, ids=lambda work: work.function)
def test_collections_cost_as_much_as_they_should(work: growth.Work) -> None:
    with pvm.Instance(_growth_module()) as instance:
        assert growth.growth(instance, work, 500) <= work.most


@cache
def _growth_module() -> pvm.Module:
    return growth.module()
