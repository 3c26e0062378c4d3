"""The options of ``pvm run``, and which part of PVM runs what kind of program.

Each part is imported for its own kind only: a Linux program needs no verifier, a module no jail.
"""

from __future__ import annotations

import gc

from pvm.cli.files import Kind, ProgramFile
from pvm.errors import UsageError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Literal

    from pvm.embed.instance import Tier
    from pvm.embed.limits import Limits
    from pvm.kernel import HostDir


class NetworkOptions(NamedTuple):
    """What the command line grants of the network."""

    allow: Sequence[str]
    publish: Sequence[str]
    hosts: Mapping[str, str]


class LinuxOptions(NamedTuple):
    """What the command line says about Linux programs only; ``memory`` is None unless it was given."""

    root: str | None = None
    system: bool = False
    memory: str | None = None
    timeout: str | None = None
    cpu: str | None = None
    processes: int = 256
    lower: Sequence[str] = ()
    network: NetworkOptions | None = None


class RunOptions(NamedTuple):
    """What the command line grants and asks for."""

    mounts: Mapping[str, HostDir] | None = None
    env: Mapping[str, str] | None = None
    limits: Limits | None = None
    tier: Tier = "auto"
    seed: int | None = None
    clock: Literal["host", "virtual"] = "host"
    stats: bool = False
    trace: Callable[[str], None] | None = None
    linux: LinuxOptions | None = None


def run_file(program: ProgramFile, arguments: Sequence[str], options: RunOptions) -> int:
    """Run a program and give the exit status."""
    if program.kind is Kind.ELF:
        from pvm.cli.linux import run_linux_program

        return run_linux_program(program.name, arguments, options)
    if options.linux is not None and options.linux.network is not None:
        raise UsageError(
            "--allow-net, --publish and --add-host are for Linux programs: Pebble programs have no sockets"
        )
    from pvm.cli.running import run_program

    return run_program(program, arguments, options)


def end_start_up() -> None:
    """Let collections begin, and exempt what was loaded: it lives until the process ends."""
    gc.freeze()
    gc.enable()
