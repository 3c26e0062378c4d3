"""Weak references: they go when nothing else keeps their object, and not before."""

from __future__ import annotations

import pytest

import pvm
from pvm.engines.native.debug import Debug, debugging

TEXT = """
import runtime weak.make (ref any) -> ref any
import runtime weak.read (ref any) -> ref? any
class Node {
  field number: i64
}
global weak: ref? any
global kept: ref? any
func put(number: i64) {
    local.get number
    object.new Node
    call.runtime weak.make
    global.set weak
    return
}
func keep() {
    global.get weak
    ref.as_non_null
    call.runtime weak.read
    global.set kept
    return
}
func number() -> i64 {
    global.get weak
    ref.as_non_null
    call.runtime weak.read
    branch.null @gone
    ref.cast ref Node
    field.get Node.number
    return
@gone:
    i64.const -1
    return
}
func churn(count: i64) {
@again:
    i64.const 100
    array.new i64
    ref.drop
    local.get count
    i64.const 1
    i64.sub
    local.tee count
    i64.eqz
    branch.unless @again
    return
}
func of_a_text() -> i32 {
    string.const "text"
    call.runtime weak.make
    call.runtime weak.read
    ref.instance ref string
    return
}
func of_another() -> i32 {
  .local other: ref any
    global.get weak
    ref.as_non_null
    call.runtime weak.make
    local.tee other
    call.runtime weak.read
    global.get weak
    ref.eq
    local.get other
    ref.identity_hash
    global.get weak
    ref.as_non_null
    ref.identity_hash
    i64.ne
    i32.and
    return
}
func of_nothing() {
    i64.const 5
    object.new Node
    call.runtime weak.read
    ref.drop
    return
}
export put
export keep
export number
export churn
export of_a_text as () -> bool
export of_another as () -> bool
export of_nothing
"""


@pytest.fixture(params=["reference", "interpreter", "jit"])
def instance(request: pytest.FixtureRequest) -> pvm.Instance:
    module = pvm.Module.assemble(TEXT, "weak")
    return pvm.Instance(module, limits=pvm.Limits(memory="1M"), tier=request.param)


def test_an_object_goes_when_nothing_keeps_it(instance: pvm.Instance) -> None:
    with instance:
        instance.call("put", 7)
        assert instance.call("number") == 7
        instance.call("churn", 20_000)
        assert instance.call("number") == -1


def test_an_object_stays_while_something_keeps_it(instance: pvm.Instance) -> None:
    with instance:
        instance.call("put", 7)
        instance.call("keep")
        instance.call("churn", 20_000)
        assert instance.call("number") == 7


def test_texts_and_weak_references_can_be_referred_to(instance: pvm.Instance) -> None:
    with instance:
        assert instance.call("of_a_text") is True
        instance.call("put", 7)
        assert instance.call("of_another") is True


def test_anything_else_is_no_weak_reference(instance: pvm.Instance) -> None:
    with instance:
        with pytest.raises(pvm.Trap) as caught:
            instance.call("of_nothing")
        assert caught.value.kind == "invalid-argument"


@pytest.mark.parametrize("keeps", [False, True])
def test_they_hold_under_stress(keeps: bool) -> None:
    module = pvm.Module.assemble(TEXT, "weak")
    debug = Debug(stress=1, check_every=50, suspend_every=80)
    with debugging(debug), pvm.Instance(module, limits=pvm.Limits(memory="4M"), tier="interpreter") as instance:
        for number in range(20):
            instance.call("put", number)
            if keeps:
                instance.call("keep")
            instance.call("churn", 20)
            # One that was moved to the old space before goes with a complete collection only.
            assert instance.call("number") in ({number} if keeps else {number, -1})
