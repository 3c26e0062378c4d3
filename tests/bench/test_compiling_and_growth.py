"""The large program that compiling is measured with, and the growth of what collections cost."""

from __future__ import annotations

from functools import cache

import pytest

import pvm
from bench import growth, large, large_program
from compiler.driver import compile_source


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
