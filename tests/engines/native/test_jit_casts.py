"""Casts and tests of what may be null in compiled code, which reads the header of null as that of no object."""

from __future__ import annotations

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native import layout
from pvm.engines.native.cage import Cage, SharedMetadata
from pvm.engines.native.debug import Debug, debugging

SOURCE = """
    interface Named { fun name() -> Int }
    open class Base(let x: Int)
    class Left(from: Int, let more: Int) : Base(from), Named { override fun name() -> Int = more + 100 }
    class Right(from: Int) : Base(from)
    class Holder(var value: Any?) { var next: Holder? = null }

    fun some(n: Int) -> Any? = match n {
        0 => null
        1 => Left(1, 5)
        2 => Right(2)
        3 => "text"
        4 => Array<Int>(3)
        5 => Holder(null)
        else => 77 }

    fun caught(run: () -> Int) -> Int {
        try { return run() } catch (_: CastError) { return -1 } catch (_: NullError) { return -2 } }

    @export fun casts(n: Int) -> String {
        let values = Array<Any?>(2) { some(n) }
        let lefts = caught { (values[0] as Left).more }
        let bases = caught { (values[0] as Base).x }
        let texts = caught { (values[0] as String).size }
        let arrays = caught { (values[0] as Array<Int>).size }
        let names = caught { (values[0] as Named).name() }
        let maybe = caught { (values[1] as Base?)?.x ?: 9 }
        let right = caught { let right = values[1] as Right?
            if right == null { 8 } else { right.x } }
        let held = caught { let holder = values[1] as Holder?
            if holder != null { holder.value = values[0] }
            if holder == null { 7 } else { 6 } }
        return "${lefts} ${bases} ${texts} ${arrays} ${names} ${maybe} ${right} ${held}" }

    @export fun tests(n: Int) -> String {
        let value = some(n)
        return "${value is Left} ${value is Base} ${value is String} ${value is Named} ${value is Holder}" }

    @export fun chain(n: Int) -> Int {
        var first: Holder? = null
        for i in 0..<n { let made = Holder(first)
            made.next = if i % 3 == 0 { null } else { first }
            first = made }
        var at: Any? = first
        var steps = 0
        while at is Holder { steps += 1
            at = if steps % 2 == 0 { at.value } else { at.next } }
        return steps }
    fun main() {}"""
STRESS = {
    "plain": Debug(eager=True),
    "collections": Debug(eager=True, stress=1, check_every=1),
    "moved": Debug(eager=True, suspend_every=1),
}


@pytest.mark.parametrize("how", STRESS)
def test_null_fails_casts_and_tests_as_the_bytecode_says(how: str) -> None:
    module = pvm.Module(compile_source(SOURCE, name="casts.peb"))

    def results(tier: str) -> list[object]:
        with pvm.Instance(module, tier=tier) as instance:
            numbers = range(7)
            return [
                *(instance.call(name, each) for name in ("casts", "tests") for each in numbers),
                *(instance.call("chain", each) for each in (40, 41, 42)),
            ]

    wanted = results("reference")
    with debugging(STRESS[how]):
        assert results("jit") == wanted


def test_null_has_the_class_of_no_object_and_cannot_be_written() -> None:
    metadata = SharedMetadata()
    cage = Cage(metadata)
    try:
        assert cage.u32(0) & layout.CLASS_MASK == layout.CLASS_FREE
        cage.move()
        assert cage.u32(0) & layout.CLASS_MASK == layout.CLASS_FREE
    finally:
        cage.close()
        metadata.close()
