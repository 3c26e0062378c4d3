"""``pvm run``: a program under limits, with what was granted."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

import click

from pvm.cli.files import load_module, read_program
from pvm.cli.status import STATUS_HELP, Status, status_of
from pvm.embed.instance import Instance, Tier
from pvm.embed.limits import Limits, parse_duration, parse_size
from pvm.errors import Exhaustion, TraceFrame, Trap, UsageError
from pvm.kernel import INHERIT, HostDir, Kernel, ProcessExit
from pvm.kernel.task import HypercallInfo, Task, Value

TRACE_EDGE = 20
"""Frames that are shown at each end of a long stack trace."""


class SizeType(click.ParamType[str]):
    """A number of bytes."""

    name = "size"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check it."""
        try:
            parse_size(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return value


class DurationType(click.ParamType[str]):
    """A length of time."""

    name = "duration"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check it."""
        try:
            parse_duration(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return value


class ConsoleKernel(Kernel):
    """A kernel for the command line: a program that writes to a closed pipe ends, as under a shell."""

    def call(self, task: Task, hypercall: HypercallInfo, args: Sequence[object]) -> Value:
        """Perform a hypercall; end the process if nobody reads its output any more."""
        result = super().call(task, hypercall, args)
        if self.stdout_broken:
            raise ProcessExit(Status.BROKEN_PIPE)
        return result


def parse_mount(text: str) -> tuple[str, HostDir]:
    """Read ``GUEST=HOST[:ro|rw|overlay]``."""
    guest, equals, host = text.partition("=")
    if not equals or not guest or not host:
        raise UsageError(
            f"--mount {text!r} is not understood, expected GUEST=HOST or GUEST=HOST:rw, such as /data=.:ro"
        )
    if not guest.startswith("/"):
        raise UsageError(f"--mount {text!r}: {guest!r} must be an absolute path of the guest")
    mode = "ro"
    path, colon, last = host.rpartition(":")
    if colon and last in {"ro", "rw", "overlay"}:
        host, mode = path, last
    if not Path(host).is_dir():
        raise UsageError(f"--mount {text!r}: {host!r} is not a directory of this machine")
    return guest, HostDir(host, mode=cast("Literal['ro', 'rw', 'overlay']", mode))


def parse_env(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"--env {text!r} is not understood, expected NAME=VALUE")
    return name, value


EPILOG = f"""\b
Examples:
  pvm run hello.peb
  pvm run wordcount.peb < book.txt
  pvm run --mount /in=docs:ro --mount /out=build:rw convert.pbc /in/a.md /out/a.html
  pvm run --memory 64M --fuel 1000000000 --timeout 2s untrusted.pbc
  pvm run --clock virtual --seed 1 simulation.pbc      the same run every time
  cat hello.peb | pvm run -                            the program from standard input

\b
{STATUS_HELP}"""


@click.command(
    "run", context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False}, epilog=EPILOG
)
@click.argument("file")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--mount",
    "mounts",
    multiple=True,
    metavar="GUEST=HOST[:MODE]",
    help="Let the program use a directory. MODE is ro (the default), rw, or overlay: changes stay in memory.",
)
@click.option("--memory", type=SizeType(), default="256M", show_default=True, help="Memory for the program's objects.")
@click.option("--fuel", type=click.IntRange(min=0), help="Units of work, about one an instruction; none by default.")
@click.option("--timeout", type=DurationType(), help="Wall time, such as 5s or 250ms; none by default.")
@click.option("--env", "variables", multiple=True, metavar="NAME=VALUE", help="Set an environment variable.")
@click.option(
    "--tier",
    type=click.Choice(["auto", "reference", "interpreter", "jit"]),
    default="auto",
    help="Engine; auto takes the fastest.",
)
@click.option("--seed", type=int, help="Make random numbers repeat; with --clock virtual the whole run does.")
@click.option(
    "--clock",
    type=click.Choice(["host", "virtual"]),
    default="host",
    help="virtual starts at 2000-01-01 and moves only with the program.",
)
@click.option("--stats", is_flag=True, help="Print what the run used, on standard error.")
@click.option("--trace", is_flag=True, help="Print each call to the kernel, on standard error.")
def command(  # noqa: PLR0913, PLR0917 - a parameter for each option
    file: str,
    args: tuple[str, ...],
    mounts: tuple[str, ...],
    memory: str,
    fuel: int | None,
    timeout: str | None,
    variables: tuple[str, ...],
    tier: str,
    seed: int | None,
    clock: str,
    stats: bool,
    trace: bool,
) -> int:
    """Run FILE with ARGS: a module (.pbc), or Pebble source (.peb), which is compiled first.

    FILE is told by its content; - reads it from standard input. The program sees its arguments, the
    standard streams, an empty file system in memory, and what the options grant. Nothing else.
    """
    program = read_program(file)
    module = load_module(program)
    kernel = ConsoleKernel(
        dict(parse_mount(text) for text in mounts),
        env=dict(parse_env(text) for text in variables),
        stdin=None if program.is_stdin else INHERIT,
        stdout=INHERIT,
        stderr=INHERIT,
        clock=cast("Literal['host', 'virtual']", clock),
        seed=seed,
        trace=(lambda line: click.echo(f"pvm: {line}", err=True)) if trace else None,
    )
    limits = Limits(memory=memory, fuel=fuel, timeout=timeout)
    with kernel, Instance(module, limits=limits, kernel=kernel, tier=cast("Tier", tier)) as instance:
        started = time.perf_counter()
        try:
            return run_instance(instance, [program.name, *args])
        finally:
            if stats:
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
        detail = f": {error.message}" if error.message else ""
        click.echo(f"uncaught {error.exception}{detail}", err=True)
    elif isinstance(error, Trap):
        click.echo(f"pvm: the program was ended: {error.message}", err=True)
    else:
        hint = {"fuel": "--fuel", "time": "--timeout", "memory": "--memory"}.get(error.kind, "")
        click.echo(f"pvm: the program was ended: {error.message} ({hint} sets this limit)", err=True)
    for line in trace_lines(error.frames):
        click.echo(line, err=True)


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


def print_statistics(instance: Instance, seconds: float) -> None:
    """A small table on standard error."""
    from tabulate import tabulate

    used = instance.statistics
    kernel = instance.kernel.usage()
    rows = [
        ("time", f"{seconds:.3f} s"),
        ("fuel used", f"{used.fuel_used:,}"),
        ("fuel left", "unlimited" if used.fuel_remaining is None else f"{used.fuel_remaining:,}"),
        ("memory, live", f"{used.memory:,} bytes"),
        ("memory, allocated", f"{used.allocated:,} bytes"),
        ("functions translated", f"{used.translated:,}"),
        ("files in memory", f"{kernel.files:,} of {kernel.bytes:,} bytes"),
        ("written to streams", f"{kernel.output_bytes:,} bytes"),
    ]
    click.echo(tabulate(rows, tablefmt="plain", colalign=("left", "right")), err=True)
