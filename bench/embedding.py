"""What embedding costs: instances, calls in both directions, memory of an idle instance."""

from __future__ import annotations

import gc
import tracemalloc
from functools import partial

import pvm
from bench.report import Row, Table
from bench.timing import Sample, interleave, timed

CALLBACKS = 1_000
PROGRAM = """
import host tick(i64) -> i64

func add(a: i64, b: i64) -> i64 {
    local.get a
    local.get b
    i64.add
    return
}

func greet(name: ref string) -> ref string {
    local.get name
    return
}

func repeat(count: i64) -> i64 {
    .local value: i64
    i64.const 0
    local.set value
@again:
    local.get value
    hypercall tick
    local.set value
    local.get value
    local.get count
    i64.lt_s
    branch.if @again
    local.get value
    return
}
export add
export greet as (string) -> string
export repeat
"""


def tick(value: int) -> int:
    """The host function."""
    return value + 1


def add(a: int, b: int) -> int:
    """What the guest's function of this name does."""
    return a + b


def tables(quick: bool) -> list[Table]:
    rounds = 5 if quick else 31
    return [costs(rounds, quick), memory(50 if quick else 200)]


def costs(rounds: int, quick: bool) -> Table:
    """Times of the smallest steps."""
    module = pvm.Module.assemble(PROGRAM, "bench")
    imports = {"tick": tick}
    kernel = pvm.Kernel()
    instance = pvm.Instance(module, imports=imports)
    assert instance.call("add", 40, 2) == 42
    assert instance.call("greet", "bench") == "bench"
    assert instance.call("repeat", CALLBACKS) == CALLBACKS
    few, many = (20, 200) if quick else (100, 2_000)

    def hundred() -> None:
        for _ in range(100):
            pvm.Instance(module, imports=imports).call("add", 1, 2)

    found = interleave(
        {
            "python call add(1, 2)": timed(lambda: add(1, 2), many),
            "host to guest, add(1, 2)": timed(lambda: instance.call("add", 1, 2), many),
            "host to guest, a string each way": timed(lambda: instance.call("greet", "bench"), many),
            "guest to host callback": timed(lambda: instance.call("repeat", CALLBACKS)),
            "Kernel()": timed(pvm.Kernel, few),
            "Instance(module)": timed(lambda: pvm.Instance(module, imports=imports), few),
            "Instance(module, kernel=shared)": timed(lambda: pvm.Instance(module, imports=imports, kernel=kernel), few),
            "100 instances with a first call": timed(hundred),
            "Module.from_bytes": timed(partial(pvm.Module.from_bytes, module.to_bytes()), few),
        },
        rounds,
    )
    found["guest to host callback"] = per_callback(found["guest to host callback"])
    return Table("Embedding, CPU time", [Row(name, taken.median * 1e6, "us") for name, taken in found.items()])


def per_callback(taken: Sample) -> Sample:
    """The cost of one of the callbacks."""
    return Sample(taken.median / CALLBACKS, taken.least / CALLBACKS, taken.rounds)


def memory(count: int) -> Table:
    """Bytes that Python holds for an instance of a module that others use already."""
    module = pvm.Module.assemble(PROGRAM, "bench")
    kernel = pvm.Kernel()
    rows = []
    for name, shared in (("with a kernel of its own", None), ("on a shared kernel", kernel)):
        for state in ("untouched", "after a first call"):
            pvm.Instance(module, imports={"tick": tick}, kernel=shared).call("add", 1, 2)
            gc.collect()
            tracemalloc.start()
            instances = [pvm.Instance(module, imports={"tick": tick}, kernel=shared) for _ in range(count)]
            if state != "untouched":
                assert sum(instance.call("add", 1, 2) for instance in instances) == 3 * count
            gc.collect()
            held, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            rows.append(Row(f"idle instance {name}, {state}", held / count / 1024, "KiB"))
            del instances
    return Table("Memory", rows)
