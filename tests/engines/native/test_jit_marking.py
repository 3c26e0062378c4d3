"""Stores of references in compiled code while the old space is marked: what was reachable when that began is kept."""

from __future__ import annotations

import re

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.debug import Debug, debugging
from tests.engines.native.test_jit_golden import body_of

SOURCE = """
    class Link(let number: Int) { var next: Link? = null
        var other: Link? = null
        let more = number ^ 1
        let most = number ^ 3
        let rest = number ^ 7 }
    class Piles(count: Int) { let tops = Array<Link?>(count)
        var moves = 0 }

    fun push(piles: Piles, link: Link, at: Int) {
        link.next = piles.tops[at]
        piles.tops[at] = link }
    fun pop(piles: Piles, at: Int) -> Link? {
        let link = piles.tops[at]
        if link != null { piles.tops[at] = link.next
            link.next = null
            link.other = Link(link.number) }
        return link }
    fun shuffle(piles: Piles, rounds: Int) {
        var from = 0
        for round in 0..<rounds {
            let link = pop(piles, from)
            if link != null { push(piles, link, (from * 7 + round) % piles.tops.size)
                piles.moves += 1 }
            from = (from * 31 + round + 5) % piles.tops.size } }

    @export fun f(count: Int, rounds: Int) -> Int {
        let piles = Piles(37)
        for i in 0..<count { push(piles, Link(i), i % 37) }
        shuffle(piles, rounds)
        var sum = piles.moves
        for i in 0..<37 { var at = piles.tops[i]
            while at != null { let other = at.other
                sum = (sum * 31 + at.number + (if other == null { 7 } else { other.number })) % 1000003
                at = at.next } }
        return sum }
    fun main() {}"""


@pytest.mark.parametrize("stress", [7_000, 20_000])
def test_what_moves_while_the_heap_is_marked_is_kept(stress: int) -> None:
    """Without the look whether the heap is being marked, the check of the heap fails."""
    module = pvm.Module(compile_source(SOURCE, name="marking.peb"))
    with pvm.Instance(module, tier="interpreter") as instance:
        wanted = instance.call("f", 300_000, 4_000_000)
    with (
        debugging(Debug(eager=True, stress=stress, check_every=10_000_000)),
        pvm.Instance(module, tier="jit", limits=pvm.Limits(memory="64M")) as instance,
    ):
        assert instance.call("f", 300_000, 4_000_000) == wanted
        assert instance.statistics.collections.major


def test_collector_is_told_before_a_store_that_is_there_once() -> None:
    source = """class Link { var next: Link? = null }
        fun g(a: Array<Link?>, b: Link, i: Int) -> Int { a[i] = b
            return a.size + i }
        fun main() { g(Array<Link?>(3), Link(), 1) }"""
    ir = body_of(source, "g")
    assert ir.count("call preserve_mostcc void") == 1
    assert len(re.findall(r"store i32 %argument1", ir)) == 1
    told = next(each for each in re.split(r"\n(?=[\w.\"]+:)", ir) if "preserve_mostcc" in each)
    assert "phi" not in told
    assert "store" not in told
