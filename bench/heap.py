"""Heap and collector alone: what machine code gets that allocates inline, without an interpreter around it.

Each call of the collector is timed, by the wall and by the CPU: on a machine that is busy the two differ.
"""

from __future__ import annotations

import ctypes
import mmap
import statistics
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.options import Options
from bench.report import Grid, Section

if TYPE_CHECKING:
    from pvm.engines.native.machine_code.loader import LoadedCode
    from pvm.isa.types import Signature
    from pvm.pbc.model import Module

NURSERY: Final = 4 << 20
LIMIT: Final = 5 << 29
LIST_OBJECT, GRAPH_OBJECT = 24, 32
LIST_LENGTH = 40
REPLACED = 50
"""Percent of the new lists that take the place of an old one."""


class Pause(NamedTuple):
    """A call of the collector, in milliseconds."""

    wall: float
    cpu: float


class Heap:
    """A cage with a heap, and a program in machine code."""

    def __init__(self) -> None:
        from pvm.engines.native import layout
        from pvm.engines.native.machine_code import foreign

        self.layout = layout
        self.code, self.module = _compiled()
        self.data = mmap.mmap(-1, layout.CAGE_SIZE, flags=foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS | 0x4000)
        self._base = ctypes.addressof(ctypes.c_char.from_buffer(self.data))
        self._functions = {
            export.name: self.code.function(
                f"image.{export.name}",
                "q" * len(self._signature(export.function).results),
                "Q" + "q" * len(self._signature(export.function).params),
            )
            for export in self.module.exports
        }
        self.pauses: list[Pause] = []
        self.array_class = layout.CLASS_ARRAY
        self.list_class, self.graph_class = layout.CLASS_GUEST, layout.CLASS_GUEST + 1
        self._describe(self.array_class, layout.KIND_REFS, 0, 2, ())
        self._describe(self.list_class, layout.KIND_OBJECT, LIST_OBJECT, 0, (16,))
        self._describe(self.graph_class, layout.KIND_OBJECT, GRAPH_OBJECT, 0, (16, 20))
        for name, value in {"memory_limit": LIMIT, "nursery_size": NURSERY, "root_count": 2}.items():
            struct.pack_into("<q", self.data, layout.control_word(name), value)
        self.call("heap.initialize")

    def _signature(self, function: int) -> Signature:
        return self.module.signatures[self.module.functions[function].signature]

    def _describe(self, class_id: int, kind: int, size: int, shift: int, offsets: tuple[int, ...]) -> None:
        layout = self.layout
        place = layout.METADATA_PROGRAM + class_id * layout.CLASS_SIZE
        refs = layout.METADATA_PROGRAM + 0x1_0000 + class_id * 64
        struct.pack_into("<IBB2xII", self.data, place, size, kind, shift, len(offsets), refs)
        struct.pack_into(f"<{len(offsets)}I", self.data, refs, *offsets)

    def word(self, name: str) -> int:
        """A word of the control block."""
        value: int = struct.unpack_from("<q", self.data, self.layout.control_word(name))[0]
        return value

    def call(self, name: str, *arguments: int) -> int:
        """Call a function of the image."""
        return self._functions[name](self._base, *arguments) or 0

    def collect(self) -> None:
        """Collect, and time it."""
        status = self.layout.COLLECT_AGAIN
        while status == self.layout.COLLECT_AGAIN:
            wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
            status = self.call("gc.collect", self.word("need"))
            cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
            self.pauses.append(Pause(wall / 1e6, cpu / 1e6))
        assert status == self.layout.COLLECT_DONE, "the benchmark has run out of memory"

    def run(self, name: str, count: int, *arguments: int) -> float:
        """Run a function of the program until it has made so many objects; seconds of the CPU."""
        started = time.thread_time()
        left = count
        while left:
            left = self.call(name, left, *arguments)
            if left:
                self.collect()
        return time.thread_time() - started

    def new_array(self, length: int) -> None:
        """Let root 0 refer to a new array."""
        layout = self.layout
        array = self.call("heap.allocate", layout.ELEMENTS + 4 * length, self.array_class)
        struct.pack_into("<q", self.data, array + layout.LENGTH, length)
        struct.pack_into("<q", self.data, layout.GLOBALS, array)


def _compiled() -> tuple[LoadedCode, Module]:
    from compiler.runtime import RUNTIME, compile_system
    from pvm.engines.native.llvm.compilation import compile_blob
    from pvm.engines.native.llvm.image import compile_image
    from pvm.engines.native.machine_code.loader import load
    from pvm.engines.native.machine_code.target import host_target
    from pvm.verify import verify

    paths = [*RUNTIME.glob("gc_*.peb"), RUNTIME / "heap.peb", RUNTIME / "layout.peb"]
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(paths)}
    sources["bench_heap.peb"] = Path(__file__).with_suffix(".peb").read_text(encoding="utf-8")
    verified = verify(compile_system(sources), privileged=True)
    target = host_target()
    assert target is not None
    return load(compile_blob(compile_image(verified, target.triple), target)), verified.module


def tables(options: Options) -> list[Section]:
    live = (64 if options.quick else 1024) << 20
    rows = [_garbage(options), _lists(live), _graph(live)]
    columns = ["GB/s", "pauses", "median ms", "longest ms", "median CPU ms", "longest CPU ms", "in use MiB"]
    notes = ["GB/s: bytes allocated in a second of CPU time, collections included."]
    return [Grid(f"Heap and collector alone, {live >> 20:,} MiB alive", "", columns, rows, notes)]


def _row(name: str, heap: Heap, count: int, size: int, seconds: float) -> tuple[str, list[float | None]]:
    walls, cpus = ([getattr(pause, kind) for pause in heap.pauses] for kind in ("wall", "cpu"))
    figures = [statistics.median(walls), max(walls), statistics.median(cpus), max(cpus)]
    return name, [count * size / seconds / 1e9, len(walls), *figures, heap.word("in_use") >> 20]


def _garbage(options: Options) -> tuple[str, list[float | None]]:
    heap = Heap()
    count = 10_000_000 if options.quick else 100_000_000
    seconds = heap.run("bench.garbage", count, GRAPH_OBJECT, heap.graph_class)
    return _row("nothing survives", heap, count, GRAPH_OBJECT, seconds)


def _lists(live: int) -> tuple[str, list[float | None]]:
    heap = Heap()
    heap.new_array(live // (LIST_OBJECT * LIST_LENGTH))
    count = live // LIST_OBJECT
    arguments = (LIST_OBJECT, heap.list_class, LIST_LENGTH)
    seconds = heap.run("bench.lists", 2 * count, *arguments, 100)
    seconds += heap.run("bench.lists", 2 * count, *arguments, REPLACED)
    return _row("lists of 40 are replaced", heap, 4 * count, LIST_OBJECT, seconds)


def _graph(live: int) -> tuple[str, list[float | None]]:
    heap = Heap()
    count = live // GRAPH_OBJECT
    heap.new_array(count)
    seconds = heap.run("bench.graph", 2 * count, GRAPH_OBJECT, heap.graph_class)
    return _row("a random graph grows", heap, 2 * count, GRAPH_OBJECT, seconds)
