"""Who calls in the middle of a call: only a host function may, since elsewhere addresses of objects are at hand."""

from __future__ import annotations

import pytest

import pvm
from pvm.pbc.asm import assemble

MODULE = pvm.Module(
    assemble("""
import host ask (i64) -> i64
export f as (string, i64) -> i64
export g as (i64) -> i64
export churn as (i64) -> i64
func f (text: ref string, n: i64) -> i64 {
    local.get text
    string.size
    local.get n
    i64.add
    return
}
func g (n: i64) -> i64 {
    local.get n
    hypercall ask
    return
}
func churn (n: i64) -> i64 {
    i64.const 1000
    array.new i64
    ref.drop
    local.get n
    i64.const 1
    i64.sub
    local.tee n
    i64.const 0
    i64.gt_s
    branch.if @more
    i64.const 7
    return
@more:
    local.get n
    tail.call churn
}
""")
)


@pytest.mark.parametrize("tier", ["interpreter", "jit"])
def test_argument_that_calls_when_it_is_converted(tier: str) -> None:
    """As finalizers and handlers of signals do: the text that was made already may move before anybody has it."""
    instance = pvm.Instance(MODULE, tier=tier, imports={"ask": int})  # type: ignore[arg-type]

    class Calling(int):
        def __ge__(self, other: int) -> bool:
            instance.call("churn", 3000)
            return int(self) >= other

    with pytest.raises(pvm.UsageError, match="the instance is running"):
        instance.call("f", "hello", Calling(5))
    assert instance.call("f", "hello", 5) == 10
    instance.close()


@pytest.mark.parametrize("tier", ["interpreter", "jit"])
def test_host_function_may_call_but_not_where_its_result_is_converted(tier: str) -> None:
    class Calling(int):
        def __ge__(self, other: int) -> bool:
            instance.call("churn", 1)
            return int(self) >= other

    asked = {1: lambda: instance.call("churn", 2000), 2: lambda: instance.call("g", 1), 3: lambda: Calling(9)}
    imports = {"ask": lambda n: asked[n]()}
    instance = pvm.Instance(MODULE, tier=tier, imports=imports)  # type: ignore[arg-type]
    assert [instance.call("g", 1), instance.call("g", 2)] == [7, 7]
    with pytest.raises(pvm.UsageError, match="the instance is running"):
        instance.call("g", 3)
    assert instance.call("g", 2) == 7
    instance.close()
