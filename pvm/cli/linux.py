"""What ``pvm run`` does with a Linux program: grants, limits, and how the end is reported."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Sequence

from pvm.cli.dispatch import LinuxOptions, RunOptions, end_start_up
from pvm.cli.status import Refusal, Status, print_error
from pvm.embed.spawn import Completed, Guest, GuestLimits, start
from pvm.embed.system import FOLDERS, system_mounts
from pvm.errors import ContainmentError, GuestError, UsageError
from pvm.kernel import INHERIT, HostDir, Kernel, TarDir
from pvm.kernel.grants import Grant
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pvm.kernel.network import Network

KEYBOARD, SCREEN = 0, 1

PROGRAM_FOLDER = "/program"
"""Where a program of this machine appears to itself, unless it comes with a root."""

LIMIT_TEXTS = {
    "time": "its time is used up (--timeout sets this limit)",
    "cpu": "its processor time is used up (--cpu sets this limit)",
    "memory": "its memory is used up (--memory sets this limit)",
    "output": "it wrote more to its streams than it may",
    "storage": "it wrote more to files than it may",
}


def run_linux_program(name: str, arguments: Sequence[str], options: RunOptions) -> int:
    """Run a Linux program and give the exit status."""
    linux = options.linux or LinuxOptions()
    mounts: dict[str, Grant] = dict(options.mounts or {})
    path = name
    if linux.root is not None:
        mounts = {"/": root_grant(linux.root), **mounts}
    else:
        path = os.path.abspath(name)  # noqa: PTH100 - pathlib costs start-up
        if not linux.system or not path.startswith(tuple(f"{folder}/" for folder in FOLDERS)):
            folder, _, base = os.path.realpath(name).rpartition("/")
            path = f"{PROGRAM_FOLDER}/{base}"
            mounts = {PROGRAM_FOLDER: HostDir(folder or "/", only=base), **mounts}
    if linux.system:
        mounts = system_mounts() | mounts
    kernel = Kernel(
        mounts,
        env=options.env,
        stdin=INHERIT,
        stdout=INHERIT,
        stderr=INHERIT,
        clock=options.clock,
        seed=options.seed,
        network=network_of(linux),
        trace=options.trace,
    )
    limits = GuestLimits(memory=linux.memory or "1G", timeout=linux.timeout, cpu=linux.cpu, processes=linux.processes)
    with kernel:
        end_start_up()
        argv = [name, *arguments]
        if is_at_terminal():
            done = run_at_terminal(kernel, path, argv, limits, linux)
        else:
            with begin(kernel, path, argv, limits, linux) as guest:
                done = wait_for(guest)
    report(done, stats=options.stats)
    if options.stats:
        report_network(kernel)
    return done.status


def network_of(linux: LinuxOptions) -> Network | None:
    """The network that the options grant."""
    if linux.network is None:
        return None
    from pvm.kernel.network import Network

    return Network(*linux.network)


def is_at_terminal() -> bool:
    """Whether a person sits at both ends of the standard streams."""
    return os.isatty(KEYBOARD) and os.isatty(SCREEN)


def root_grant(root: str) -> Grant:
    """The grant for ``--root``: a directory, or an archive."""
    if os.path.isdir(root):  # noqa: PTH112 - pathlib costs start-up
        return HostDir(root, mode="overlay")
    if os.path.isfile(root):  # noqa: PTH113 - the same
        return TarDir(root)
    raise UsageError(f"--root {root!r} is no directory or archive of this machine")


def begin(
    kernel: Kernel, path: str, argv: list[str], limits: GuestLimits, linux: LinuxOptions, terminal: int | None = None
) -> Guest:
    """Start the program, or say why it cannot be; its streams are those of ``terminal`` or of the kernel."""
    stream = INHERIT if terminal is None else terminal
    try:
        return start(
            path,
            argv,
            kernel=kernel,
            limits=limits,
            lower=linux.lower,
            stdin=stream,
            stdout=stream,
            stderr=stream,
            listed=True,
        )
    except ContainmentError as error:
        hint = "".join(f"; --lower {wall} runs it without this wall" for wall in error.lowerable)
        raise Refusal(Status.NOT_EXECUTABLE, f"{argv[0]}: cannot be contained here: {error}{hint}") from None
    except GuestError as error:
        status = Status.NOT_FOUND if error.errno == errno.ENOENT and not error.detail.startswith("the ") else None
        hint = ""
        if error.detail.startswith("the dynamic linker"):
            hint = " (--system grants this machine's libraries, --root a whole tree)"
        raise Refusal(status or Status.NOT_EXECUTABLE, f"{argv[0]}: {error}{hint}") from None


def wait_for(guest: Guest) -> Completed:
    """Wait for the end; Ctrl-C is passed on, as a terminal would pass it on."""
    while True:
        try:
            return guest.wait()
        except KeyboardInterrupt:
            guest.send_signal(signal.SIGINT, group=True)


def run_at_terminal(kernel: Kernel, path: str, argv: list[str], limits: GuestLimits, linux: LinuxOptions) -> Completed:
    """Run the program with a terminal of its own, which is connected to the user's."""
    from pvm.cli.terminal import Terminal

    with Terminal() as terminal:
        streams = terminal.guest_end
        with begin(kernel, path, argv, limits, linux, streams) as guest:
            terminal.release()
            return wait_for(guest)


def report_network(kernel: Kernel) -> None:
    """Say what was refused."""
    if kernel.network is not None:
        for refused, times in kernel.network.refused.items():
            print_error(f"refused         {times:,} x {refused} (--allow-net {refused} allows it)")


def report(done: Completed, *, stats: bool) -> None:
    """Say which limit ended the program, and what it used if that was asked for."""
    if done.limit:
        print_error(f"pvm: the program was ended: {LIMIT_TEXTS[done.limit]}")
    if stats:
        print_error(f"time            {done.wall_seconds:.3f} s\nprocessor time  {done.cpu_seconds:.3f} s")
