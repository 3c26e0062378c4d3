"""Tables of numbers in compiled code: what is done in place, what is not, and that nobody can tell."""

from __future__ import annotations

from itertools import product

import pvm
from pvm.engines.native.debug import Debug, debugging
from pvm.pbc.asm import assemble
from tests.engines.native.test_jit_texts import body

MAPS = """
    let STEPS = [1, -1, 2, 8, 1000, 65536, 1 << 32, 1 << 50, 0x9E3779B97F4A7]

    fun counted(step: Int) -> Map<Int, Int> {
        let counts = Map<Int, Int>()
        for i in 0..<60 {
            let key = (i * 7 % 40) &* step
            counts[key] = (counts[key] ?: 0) + 1
        }
        for i in 0..<40 { if i % 3 == 0 { counts.remove(i &* step) } }
        for i in 20..<50 { counts[i &* step] = i }
        return counts
    }
    fun main() {
        for step in STEPS {
            let counts = counted(step)
            var sum = 0
            for i in -60..60 { sum = sum &* 31 &+ counts.getOr(i &* step, -1) }
            println("${counts.size} ${sum} ${counts == counted(step)} ${counts.keyList().last()}")
            let seen = Set<Int>()
            for i in 0..<50 { if !seen.add(i * i % 23 &* step) { seen.remove(i &* step) } }
            println("${seen}")
        }
    }
"""


HOSTILE = """
import runtime table.find_number(ref array i32, ref array i64, ref array i64, i64) -> i64
import runtime table.replace_number(ref array i32, i64, i64, i32, i32)

export f as (i64, i64, i64, i64) -> i64
func f (size: i64, slot: i64, keys: i64, key: i64) -> i64 {
  .local slots: ref array i32
  .local numbers: ref array i64
    local.get size
    array.new i32
    local.set slots
    local.get slots
    i64.const 0
    local.get size
    local.get slot
    i32.wrap_i64
    array.fill i32
    local.get keys
    array.new i64
    local.set numbers
    local.get slots
    local.get numbers
    local.get numbers
    local.get key
    call.runtime table.find_number
    local.get slots
    i64.const 0
    local.get key
    i32.const 2
    i32.const 0
    call.runtime table.replace_number
    local.get slots
    local.get numbers
    local.get numbers
    local.get key
    call.runtime table.find_number
    i64.const 1000
    i64.mul
    i64.add
    return
}
"""
SIZES = (0, 1, 2, 3, 16, 48)
SLOTS = (0, 1, 2, 3, -1, -(1 << 31), (1 << 31) - 1)
KEYS = (0, 1, -1, 17, 1 << 40, -(1 << 63))


def outcomes(tier: str) -> list[tuple[object, int]]:
    """What calls of ``f`` give or end with, and the fuel so far."""
    found: list[tuple[object, int]] = []
    with (
        debugging(Debug(eager=True, speed=2)),
        pvm.Instance(pvm.Module(assemble(HOSTILE)), tier=tier) as instance,  # type: ignore[arg-type] # a tier
    ):
        for arguments in product(SIZES, SLOTS, (0, 1, 2), KEYS):
            try:
                result: object = instance.call("f", *arguments)
            except pvm.Trap as error:
                result = error.kind, error.frames
            found.append((result, instance.statistics.fuel_used))
    return found


def test_tables_of_any_contents_are_the_same() -> None:
    wanted = outcomes("interpreter")
    assert outcomes("jit") == wanted == outcomes("reference")


# What is gone


def test_a_number_is_looked_for_without_a_call() -> None:
    """The first slot of a search is computed and looked at; there is one call, which is cold."""
    source = """
        fun g(map: Map<Int, Int>, key: Int) -> Int = map.getOr(key, 0)
        @export fun f() -> Int = g([1: 2], 3)
    """
    ir = body(source)
    hot, _, cold = ir.partition("\ncall")
    assert "-7046029254386353131" in hot
    assert "call i64 %" not in hot
    assert cold.count("call i64 %") == 1
