"""Programs that take all the memory that they can get: what they take of the host stays within what is documented."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIMIT = 64
OBJECTS = LIMIT * 3 // 2 + 16
STACKS = LIMIT * 2 + 16
"""MiB, as docs/embedding.md has them."""

BOMBS = """
class Cell(let next: Cell?)

@export fun objects() -> Int {
    var list: Cell? = null
    while true { list = Cell(list) }
}

@export fun arrays() -> Int {
    let kept = List<Array<Int>>()
    while true { kept.add(Array<Int>(1000)) }
}

@export fun largeArrays() -> Int {
    let kept = List<Array<Int>>()
    while true {
        let made = Array<Int>(200_000)
        made.fill(1, 0, made.size)
        kept.add(made)
    }
}

@export fun doubling() -> Int {
    var text = "0123456789abcdef"
    while true { text = text + text }
}

@export fun texts() -> Int {
    let kept = List<String>()
    var n = 0
    while true {
        kept.add("${n}:${n}")
        n += 1
    }
}

@export fun tasks() -> Int {
    while true { spawn { Channel<Int>().receive() } }
}

fun dive(n: Int) -> Int = if n == 0 { Channel<Int>().receive() } else { 1 + dive(n - 1) }

@export fun deepTasks() -> Int {
    while true {
        spawn { dive(20_000) }
        giveWay()
    }
}

@export fun recursion() -> Int = dive(1 << 40)

@export fun catching() -> Int {
    var caught = 0
    while caught < 3 {
        try { objects() } catch (error: OutOfMemory) { caught += 1 }
    }
    return caught
}
"""
MEASURE = """
import sys
import pvm

def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

module = pvm.compile(source=sys.stdin.read())
with pvm.Instance(module, tier="interpreter") as instance:
    pass
with pvm.Instance(module, limits=pvm.Limits("64M", timeout=float(sys.argv[2])), tier="interpreter") as instance:
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = peak()
    try:
        end = instance.call(sys.argv[1])
    except pvm.Exhaustion as error:
        end = error.kind
    except pvm.Trap as error:
        end = error.exception
print(end, peak() - before)
"""


@pytest.mark.parametrize(
    ("name", "ends", "most"),
    [
        ("objects", {"memory"}, OBJECTS),
        ("arrays", {"memory"}, OBJECTS),
        ("largeArrays", {"memory"}, OBJECTS),
        ("doubling", {"memory"}, OBJECTS),
        ("texts", {"memory"}, OBJECTS),
        ("catching", {"3"}, OBJECTS),
        ("tasks", {"memory"}, STACKS),
        # Where a task cannot go deeper it ends, and the next one begins.
        ("deepTasks", {"memory", "time"}, STACKS),
        ("recursion", {"StackOverflow"}, STACKS),
    ],
)
def test_a_bomb_stays_within_its_bounds(name: str, ends: set[str], most: float) -> None:
    seconds = "2" if "time" in ends else "90"
    child = subprocess.run(
        [sys.executable, "-c", MEASURE, name, seconds],
        input=BOMBS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    end, taken = child.stdout.split()
    assert end in ends
    assert float(taken) <= most
