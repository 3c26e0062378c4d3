"""Who calls in the middle of a call: only a host function may, since elsewhere addresses of objects are at hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import pvm
from pvm.engines.native.debug import Debug, debugging
from pvm.pbc.asm import assemble

MODULE = pvm.Module(
    assemble("""
import host ask (i64) -> i64
import host list (i64) -> ref array i64 as (i64) -> array i64
export size as (string) -> i64
export f as (string, array i64) -> i64
export h
export g as (i64) -> i64
export churn as (i64) -> i64
func f (text: ref string, more: ref array i64) -> i64 {
    local.get text
    string.size
    local.get more
    array.size
    i64.add
    return
}
func h (n: i64) -> i64 {
    local.get n
    hypercall list
    array.size
    return
}
func g (n: i64) -> i64 {
    local.get n
    hypercall ask
    return
}
func size (text: ref string) -> i64 {
    local.get text
    string.size
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
    imports: dict[str, Callable[..., object]] = {"ask": int, "list": list}
    instance = pvm.Instance(MODULE, tier=tier, imports=imports)  # type: ignore[arg-type]

    class Calling(list[int]):
        def __len__(self) -> int:
            instance.call("churn", 3000)
            return 5

    with pytest.raises(pvm.UsageError, match="the instance is running"):
        instance.call("f", "hello", Calling([1, 2, 3, 4, 5]))
    assert instance.call("f", "hello", [1, 2, 3, 4, 5]) == 10
    instance.close()


@pytest.mark.parametrize("tier", ["interpreter", "jit"])
def test_host_function_may_call_but_not_where_its_result_is_converted(tier: str) -> None:
    class Calling(list[int]):
        def __len__(self) -> int:
            instance.call("churn", 1)
            return 1

    asked = {1: lambda: instance.call("churn", 2000), 2: lambda: instance.call("g", 1)}
    lists = {3: lambda: Calling([9]), 4: lambda: [instance.call("g", 1)]}
    imports = {"ask": lambda n: asked[n](), "list": lambda n: lists[n]()}
    instance = pvm.Instance(MODULE, tier=tier, imports=imports)  # type: ignore[arg-type]
    assert [instance.call("g", 1), instance.call("g", 2)] == [7, 7]
    with pytest.raises(pvm.UsageError, match="the instance is running"):
        instance.call("h", 3)
    assert [instance.call("g", 2), instance.call("h", 4)] == [7, 1]
    instance.close()


@pytest.mark.parametrize("where", ["enter", "call_begin"])
def test_call_that_a_signal_ends_before_it_has_begun(where: str) -> None:
    """The host function goes on, and so does who has called it: in its own code, not in that of what was called."""

    def ask(n: int) -> int:
        native = instance._engine._machine.native  # type: ignore[attr-defined] # the native engine's
        real = getattr(native, where)

        def interrupted(*arguments: int) -> int:
            setattr(native, where, real)
            if where == "call_begin":
                real(*arguments)
            raise KeyboardInterrupt

        setattr(native, where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            instance.call("size", "hello")
        return n + instance.call("size", "hello")

    with debugging(Debug(eager=True, whole=True, speed=0, keep=False)):
        instance = pvm.Instance(MODULE, tier="jit", imports={"ask": ask, "list": list})
        assert [instance.call("g", 7), instance.call("g", -9)] == [12, -4]
        instance.close()
