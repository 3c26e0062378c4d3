"""Memory of an instance, as its host sees it."""

from __future__ import annotations

import mmap
from pathlib import Path

import pvm

PROGRAM = """
class Node(let next: Node?, let number: Int)
var nodes: Node? = null
@export fun grow(count: Int) {
    for i in 0..<count { nodes = Node(nodes, i) }
}
@export fun drop() { nodes = null }
@export fun churn(count: Int) -> Int {
    var sum = 0
    for i in 0..<count { sum += Node(Node(null, i), i).number }
    return sum
}
pub fun main() { }
"""
STATM = Path("/proc/self/statm")


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(STATM.read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE


def test_memory_that_a_program_has_freed_goes_back_to_the_system() -> None:
    if not STATM.exists():
        print("not run: /proc")
        return
    with pvm.Instance(pvm.compile(source=PROGRAM), limits=pvm.Limits(memory="512M")) as instance:
        instance.call("churn", 1000)
        before = resident()
        instance.call("grow", 1_500_000)
        full = resident()
        assert full - before > 30 << 20
        # The collector begins anew after 32 times as much as is alive was allocated, though nothing has grown.
        instance.call("drop")
        instance.call("churn", 30_000_000)
        assert resident() - before < (full - before) / 2


def test_collections_are_counted() -> None:
    module = pvm.compile(source=PROGRAM)
    with pvm.Instance(module, limits=pvm.Limits(memory="512M")) as instance:
        instance.call("grow", 600_000)
        used = instance.statistics.collections
        assert used is not None
        assert used.minor >= 3
        assert used.slices >= used.minor
        assert 8 << 20 < used.promoted <= used.peak <= 16 << 20
    with pvm.Instance(module, tier="reference") as instance:
        assert instance.statistics.collections is None
