"""A test fails if a task has failed in it that it did not join."""

from __future__ import annotations

import pytest

import pvm
from compiler.testing import compile_tests

SOURCE = b"""
test "joins" {
    try { spawn { throw StateError("seen") }.join() } catch (e: StateError) { assert e.message == "seen" }
}
test "loses a failure" {
    spawn { throw StateError("unseen") }
    giveWay()
}
"""


def test_failure_of_a_task_that_nobody_joins() -> None:
    compiled = compile_tests(SOURCE, "tasks.peb")
    assert compiled.module is not None
    first, second = compiled.tests
    with pvm.Instance(pvm.Module(compiled.module)) as instance:
        instance.call(first.export)
    with pvm.Instance(pvm.Module(compiled.module)) as instance, pytest.raises(pvm.Trap) as caught:
        instance.call(second.export)
    assert (caught.value.exception, caught.value.message) == ("StateError", "unseen")
