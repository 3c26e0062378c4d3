"""What ``pvm run`` does once its options are read: load, make an instance, run main, report how it ended.

No command-line library is imported here, nor anything that only some runs need: this is the path of
every ``pvm run FILE``, and start-up is what a short program costs.
"""

from __future__ import annotations

import sys
import time

from pvm.cli.dispatch import RunOptions, end_start_up
from pvm.cli.files import ProgramFile, load_module
from pvm.cli.status import Status, print_error, status_of
from pvm.embed.instance import Instance
from pvm.engines.api import Collections, Compilation
from pvm.errors import Exhaustion, TraceFrame, Trap
from pvm.kernel import INHERIT, Kernel, ProcessExit
from pvm.kernel.task import HypercallInfo, Task, Value
from pvm.runs import register, unregister
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TRACE_EDGE = 20
"""Frames that are shown at each end of a long stack trace."""
MAX_FAILED, REASON = 5, 100
"""Functions without code that the statistics name, and letters of the reason."""


class ConsoleKernel(Kernel):
    """A kernel for the command line: a program that writes to a closed pipe ends, as under a shell."""

    def call(self, task: Task, hypercall: HypercallInfo, args: Sequence[object]) -> Value:
        """Perform a hypercall; end the process if nobody reads its output any more."""
        result = super().call(task, hypercall, args)
        if self.stdout_broken:
            raise ProcessExit(Status.BROKEN_PIPE)
        return result


def run_program(program: ProgramFile, arguments: Sequence[str], options: RunOptions) -> int:
    """Run a program and give the exit status."""
    module = load_module(program)
    kernel = ConsoleKernel(
        options.mounts,
        env=options.env,
        stdin=None if program.is_stdin else INHERIT,
        stdout=INHERIT,
        stderr=INHERIT,
        clock=options.clock,
        seed=options.seed,
        trace=options.trace,
    )
    with kernel, Instance(module, limits=options.limits, kernel=kernel, tier=options.tier) as instance:
        end_start_up()
        started = time.perf_counter()
        entry = register("module", program.name)
        try:
            return run_instance(instance, [program.name, *arguments])
        finally:
            unregister(entry)
            if options.stats:
                print_statistics(instance, time.perf_counter() - started)


def run_instance(instance: Instance, arguments: list[str]) -> int:
    """Run main; a program that PVM ends gets its stack trace shown and the documented status."""
    try:
        return instance.run(arguments)
    except (Trap, Exhaustion) as error:
        sys.stdout.flush()
        report_end(error)
        return status_of(error)


def report_end(error: Trap | Exhaustion) -> None:
    """Print why a program ended, with its stack trace."""
    if isinstance(error, Trap) and error.exception:
        print_error(f"uncaught {described(error)}")
    elif isinstance(error, Trap):
        print_error(f"pvm: the program was ended: {error.message}")
    else:
        hint = {"fuel": "--fuel", "time": "--timeout", "memory": "--memory"}.get(error.kind, "")
        print_error(f"pvm: the program was ended: {error.message} ({hint} sets this limit)")
    for line in trace_lines(error.frames):
        print_error(line)
    cause = error.cause if isinstance(error, Trap) else None
    while cause is not None:
        print_error(f"caused by {described(cause)}")
        for line in trace_lines(cause.frames):
            print_error(line)
        cause = cause.cause


def described(error: Trap) -> str:
    """Class and message of an exception."""
    from pvm.pbc.literals import shown

    name = shown(error.exception)
    return f"{name}: {error.message}" if error.message else name


def trace_lines(frames: Sequence[TraceFrame]) -> list[str]:
    """A line for each frame, innermost first; the middle of a long trace is left out."""
    if len(frames) <= 2 * TRACE_EDGE:
        return [f"    at {frame}" for frame in frames]
    left_out = len(frames) - 2 * TRACE_EDGE
    return [
        *(f"    at {frame}" for frame in frames[:TRACE_EDGE]),
        f"    ... {left_out} frames more ...",
        *(f"    at {frame}" for frame in frames[-TRACE_EDGE:]),
    ]


def collector_rows(collections: Collections | None) -> list[tuple[str, str]]:
    """What the table says of the garbage collector."""
    if collections is None:
        return []
    return [
        ("memory, old space", f"{collections.in_use:,} bytes, at most {collections.peak:,}"),
        ("memory, promoted", f"{collections.promoted:,} bytes"),
        ("memory, found free", f"{collections.freed:,} bytes"),
        ("collections", f"{collections.minor:,} of the nursery, {collections.major:,} complete"),
        ("time of collections", f"{collections.seconds:.3f} s, the longest {collections.longest * 1e3:.1f} ms"),
    ]


def compilation_rows(compilation: Compilation | None, seconds: float) -> list[tuple[str, str]]:
    """What the table says of the JIT."""
    if compilation is None:
        return []
    share = compilation.looks_compiled / compilation.looks if compilation.looks else 0.0
    waiting = f", {compilation.waiting:,} waiting" if compilation.waiting else ""
    rows = [
        ("functions compiled", f"{compilation.functions:,}, {compilation.kept:,} by earlier runs{waiting}"),
        ("machine code", f"{compilation.code:,} bytes"),
        ("time of the compiler", f"{compilation.seconds:.3f} s, beside the program"),
        ("time in compiled functions", f"{share * seconds:.3f} s, estimated by {compilation.looks:,} samples"),
        ("time in the interpreter", f"{(1 - share) * seconds:.3f} s"),
    ]
    if compilation.trouble:
        rows.append(("nothing more is compiled", compilation.trouble[:REASON]))
    failed = list(compilation.failed.items())
    rows += [("not compiled", f"{name}: {reason[:REASON]}") for name, reason in failed[:MAX_FAILED]]
    if len(failed) > MAX_FAILED:
        rows.append(("not compiled", f"and {len(failed) - MAX_FAILED:,} more"))
    return rows


def print_statistics(instance: Instance, seconds: float) -> None:
    """A small table on standard error."""
    from tabulate import tabulate

    used = instance.statistics
    kernel = instance.kernel.usage()
    rows = [
        ("time", f"{seconds:.3f} s"),
        ("fuel used", f"{used.fuel_used:,}"),
        ("fuel left", "unlimited" if used.fuel_remaining is None else f"{used.fuel_remaining:,}"),
        ("memory, live at last count", f"{used.memory:,} bytes"),
        ("memory, allocated", f"{used.allocated:,} bytes"),
        *([("memory, stacks", f"{used.stacks:,} bytes")] if used.stacks else []),
        *collector_rows(used.collections),
        ("tier", used.tier),
        ("functions translated", f"{used.translated:,}"),
        *compilation_rows(used.compilation, seconds),
        ("files in memory", f"{kernel.files:,} of {kernel.bytes:,} bytes"),
        ("written to streams", f"{kernel.output_bytes:,} bytes"),
    ]
    print_error(tabulate(rows, tablefmt="plain", colalign=("left", "right")))
