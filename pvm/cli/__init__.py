"""The ``pvm`` command.

``main`` turns every outcome into the exit status of the table in ``pvm/cli/status.py`` and every
message of PVM into a line on standard error that begins with ``pvm: ``.
"""

from __future__ import annotations

import gc
import os
import sys

from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from pvm.embed.instance import Tier


BACKGROUND = "pvm.engines.native.jit.background"
"""The module of the JIT that compiles, if something was compiled."""


def process() -> NoReturn:
    """What the script ``pvm`` does: ``main``, and then the end of the process.

    Python takes apart all that was loaded before it ends, which is a tenth of a short run; what matters of that is
    done here.  A process with threads is left to Python, which waits for them, unless somebody wants it to end: where
    Ctrl-C came while a string was executed, as named tuples are made, Python would end by that signal after all.
    """
    open_missing_streams()
    try:
        main()
    except SystemExit as end:
        if BACKGROUND in sys.modules:
            sys.modules[BACKGROUND].background().leave()
        from pvm.cli.status import Status

        is_interrupted = end.code == Status.INTERRUPTED
        if ("threading" in sys.modules and not is_interrupted) or not isinstance(end.code, int):
            raise
        if "atexit" in sys.modules:
            sys.modules["atexit"]._run_exitfuncs()  # noqa: SLF001 - what multiprocessing ends its processes by
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code)


def open_missing_streams() -> None:
    """Connect standard streams that the process was started without to nothing, as a shell's ``>&-`` leaves them.

    Otherwise the next file that is opened would be standard output.
    """
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != fd:
                os.dup2(opened, fd)
                os.close(opened)
            setattr(sys, name, open(fd, "w" if fd else "r", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end


def plain_run(words: Sequence[str]) -> tuple[Tier, Sequence[str]]:
    """Tier, and file with arguments, of ``run FILE`` without options but ``--tier``; no file if it is anything else."""
    if len(words) < 2 or words[0] != "run":
        return "auto", ()
    tier: Tier = "auto"
    rest = words[1:]
    if rest[0] == "--tier" and len(rest) > 1 and rest[1] in {"interpreter", "jit"}:
        tier, rest = ("jit" if rest[1] == "jit" else "interpreter"), rest[2:]
    return (tier, rest) if rest and not rest[0].startswith("-") else ("auto", ())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit; arguments default to those of the process."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    tier, rest = plain_run(words)
    if rest:
        # Without options to read it starts without click, and without collections until run_program ends the start-up:
        # together half of what it cost (docs/decisions/0002).
        gc.disable()
        from pvm.cli.dispatch import RunOptions, run_file
        from pvm.cli.files import read_program
        from pvm.cli.status import status_from

        sys.exit(status_from(lambda: run_file(read_program(rest[0]), rest[1:], RunOptions(tier=tier))))
    if len(words) > 1 and words[0] == "compile":
        from pvm.cli.compiling import compile_file, plain_arguments
        from pvm.cli.status import status_from

        plain = plain_arguments(words[1:])
        if plain is not None:
            gc.disable()  # hardly anything that a compilation makes is garbage before its end
            sys.exit(status_from(lambda: compile_file(*plain)))
    from pvm.cli.application import run_command

    sys.exit(run_command(words))
