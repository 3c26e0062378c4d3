"""What embedding costs: instances, calls in both directions, memory of an idle instance."""

from __future__ import annotations

import gc
import tracemalloc
from functools import partial

import pvm
from bench.options import Options
from bench.report import Row, Section, Table
from bench.timing import interleave, medians, timed

CALLBACKS = 1_000
CALLBACK = "guest to host callback"
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


def tables(options: Options) -> list[Section]:
    rounds = 5 if options.quick else 31
    return [costs(rounds, options.quick), memory(50 if options.quick else 200)]


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

    cases = {
        "python call add(1, 2)": timed(lambda: add(1, 2), many),
        "host to guest, add(1, 2)": timed(lambda: instance.call("add", 1, 2), many),
        "host to guest, a string each way": timed(lambda: instance.call("greet", "bench"), many),
        CALLBACK: timed(lambda: instance.call("repeat", CALLBACKS)),
        "Kernel()": timed(pvm.Kernel, few),
        "Instance(module)": timed(lambda: pvm.Instance(module, imports=imports), few),
        "Instance(module, kernel=shared)": timed(lambda: pvm.Instance(module, imports=imports, kernel=kernel), few),
        "100 instances with a first call": timed(hundred),
        "Module.from_bytes": timed(partial(pvm.Module.from_bytes, module.to_bytes()), few),
    }
    found = medians(interleave(cases, rounds))
    found[CALLBACK] /= CALLBACKS
    return Table("Embedding, CPU time", [Row(name, seconds * 1e6, "us") for name, seconds in found.items()])


def memory(count: int) -> Table:
    """Bytes that are held for an instance of a module that others use already: by Python, and in its cage."""
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
            rows.append(Row(f"its cage, {state}", cage_bytes(instances[-1]) / 1024, "KiB"))
            del instances
    return Table("Memory", rows)


def cage_bytes(instance: pvm.Instance) -> int:
    """Bytes of the pages that an instance of the native engine has written to; 0 for others."""
    machine = getattr(instance._engine, "_machine", None)  # noqa: SLF001 - nobody else wants to know
    cage = getattr(machine, "cage", None)
    return 0 if cage is None else sum(size for _, size in cage.written())
