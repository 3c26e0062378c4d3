"""``pvm run``: a program under limits, with what was granted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from pvm.cli.dispatch import LinuxOptions, NetworkOptions, RunOptions, run_file
from pvm.cli.dumping import KINDS
from pvm.cli.files import load_module, read_program
from pvm.cli.status import STATUS_HELP, print_error
from pvm.embed.instance import AUTO, TIERS
from pvm.embed.limits import Limits, parse_duration, parse_size
from pvm.errors import UsageError
from pvm.kernel import HostDir

if TYPE_CHECKING:
    from pvm.embed.instance import Tier

DEFAULT_MEMORY = "256M"


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


def parse_host(text: str) -> tuple[str, str]:
    """Read ``NAME:ADDRESS``."""
    name, colon, address = text.partition(":")
    if not colon or not name or not address:
        raise UsageError(f"--add-host {text!r} is not understood, expected NAME:ADDR, such as db.test:127.0.0.1")
    return name, address.strip("[]")


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
  pvm run --stats --tier jit long.peb                  what was compiled, and where the time went
  PVM_TIER=jit pvm run long.peb                        the environment says what tier auto is
  pvm run --dump asm Parser.next parser.peb            the machine code of a method
  perf record -k mono pvm run --perf map long.peb      then: perf report
  pvm run --system /usr/bin/python3 script.py          a Linux program, contained
  pvm run --root debian /bin/bash                      a directory tree runs as itself
  pvm run --system --allow-net example.org:443 /usr/bin/curl https://example.org/

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
@click.option("--memory", type=SizeType(), help="Memory for the program; 256M by default, 1G for Linux programs.")
@click.option("--fuel", type=click.IntRange(min=0), help="Units of work, about one an instruction; none by default.")
@click.option("--timeout", type=DurationType(), help="Wall time, such as 5s or 250ms; none by default.")
@click.option("--env", "variables", multiple=True, metavar="NAME=VALUE", help="Set an environment variable.")
@click.option(
    "--tier",
    type=click.Choice(TIERS),
    default="auto",
    help=f"Engine; auto is what PVM_TIER says, else the {AUTO}. jit is the interpreter with a compiler beside it, "
    "in a process of its own, for what runs for long: for programs that you trust.",
)
@click.option("--seed", type=int, help="Make random numbers repeat; with --clock virtual the whole run does.")
@click.option(
    "--clock",
    type=click.Choice(["host", "virtual"]),
    default="host",
    help="virtual starts at 2000-01-01 and moves only with the program.",
)
@click.option("--stats", is_flag=True, help="Print what the run used, on standard error.")
@click.option(
    "--dump",
    type=(click.Choice(KINDS), str),
    metavar="KIND METHOD",
    help="Do not run; print what the JIT makes of a method. KIND is ir, optimised (by LLVM) or asm.",
)
@click.option(
    "--perf",
    type=click.Choice(["map", "jitdump"]),
    help="Tell Linux perf the names of functions: in /tmp/perf-PID.map, or with their code in jit-PID.dump.",
)
@click.option("--trace", is_flag=True, help="Print each call to the kernel, on standard error.")
@click.option("--root", metavar="DIR|TAR", help="For a Linux program: its root, changed in memory only; FILE is in it.")
@click.option("--system", is_flag=True, help="For a Linux program: this machine's programs and libraries, read-only.")
@click.option("--cpu", type=DurationType(), help="For a Linux program: processor time; none by default.")
@click.option(
    "--processes",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="For a Linux program: processes at a time.",
)
@click.option(
    "--allow-net",
    "destinations",
    multiple=True,
    metavar="HOST[:PORT][/udp]",
    help="For a Linux program: let it connect there. HOST is a name, *.NAME, an address, a network such as "
    "10.0.0.0/8, or * for every public address; PORT may be a range. By default there is no network but its own.",
)
@click.option(
    "--publish",
    multiple=True,
    metavar="[ADDR:]PORT[:GUESTPORT][/udp]",
    help="For a Linux program: let PORT of this machine, of its loopback or ADDR, lead to a port that it listens on.",
)
@click.option(
    "--add-host",
    "hosts",
    multiple=True,
    metavar="NAME:ADDR",
    help="For a Linux program: a name that it can look up besides those of --allow-net.",
)
@click.option(
    "--lower", "lowered", multiple=True, metavar="WALL", help="For a Linux program: run even if this wall is missing."
)
def command(  # noqa: PLR0913, PLR0917 - a parameter for each option
    file: str,
    args: tuple[str, ...],
    mounts: tuple[str, ...],
    memory: str | None,
    fuel: int | None,
    timeout: str | None,
    variables: tuple[str, ...],
    tier: str,
    seed: int | None,
    clock: str,
    stats: bool,
    dump: tuple[str, str] | None,
    perf: str | None,
    trace: bool,
    root: str | None,
    system: bool,
    cpu: str | None,
    processes: int,
    destinations: tuple[str, ...],
    publish: tuple[str, ...],
    hosts: tuple[str, ...],
    lowered: tuple[str, ...],
) -> int:
    """Run FILE with ARGS: a module (.pbc), Pebble source (.peb), which is compiled first, or a Linux program.

    FILE is told by its content; - reads it from standard input. The program sees its arguments, the
    standard streams, an empty file system in memory, and what the options grant. Nothing else.
    """
    program = None if root is not None else read_program(file)
    network = NetworkOptions(destinations, publish, dict(parse_host(text) for text in hosts))
    linux = LinuxOptions(root, system, memory, timeout, cpu, processes, lowered, network if any(network) else None)
    options = RunOptions(
        mounts=dict(parse_mount(text) for text in mounts),
        env=dict(parse_env(text) for text in variables),
        limits=Limits(memory=memory or DEFAULT_MEMORY, fuel=fuel, timeout=timeout),
        tier=cast("Tier", tier),
        seed=seed,
        clock=cast("Literal['host', 'virtual']", clock),
        stats=stats,
        trace=(lambda line: print_error(f"pvm: {line}")) if trace else None,
        linux=linux,
    )
    if dump is not None and program is not None:
        from pvm.cli.dumping import dump as code_of

        click.echo(code_of(load_module(program), *dump))
        return 0
    if perf is not None:
        from pvm.engines.native.profiling import profile

        profile(perf)
    if program is None:
        from pvm.cli.linux import run_linux_program

        return run_linux_program(file, args, options)
    return run_file(program, args, options)
