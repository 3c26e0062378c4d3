"""Exit statuses of ``pvm``, and how every outcome becomes one: the last line of defence.

Nothing leaves ``status_from`` as a Python traceback.
"""

from __future__ import annotations

import os
import sys
from enum import IntEnum

from pvm.errors import CompileError, Exhaustion, PvmError, Trap
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Status(IntEnum):
    """Statuses that are PVM's own; 0 to 123 are the guest's, 128 and more are ends by a POSIX signal."""

    UNCAUGHT = 1
    BUG = 70
    LIMIT = 124
    USAGE = 125
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
    INTERRUPTED = 128 + 2
    KILLED = 128 + 9
    BROKEN_PIPE = 128 + 13


STATUS_HELP = """\
Exit status:
  0-123  the program's own (1: an exception that nobody caught)
  124    the time limit or the fuel was used up
  125    pvm was used wrongly, or refused the input
  126    found, but cannot be run here
  127    not found
  128+n  ended by signal n; 137 is the memory limit
  70     a bug in pvm
"""


def status_of(error: Trap | Exhaustion) -> Status:
    """The status for a program that PVM had to end."""
    if isinstance(error, Trap):
        return Status.UNCAUGHT
    return Status.KILLED if error.kind == "memory" else Status.LIMIT


class Refusal(PvmError):
    """A program is not run, with a message and the status that says why."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status = status


def status_from(action: Callable[[], object]) -> int:
    """Do what a command line asks for and give its exit status; what it raises is reported."""
    try:
        result = action()
        sys.stdout.flush()
    except Refusal as error:
        return complain(str(error), error.status)
    except CompileError as error:
        print_error(error.rendered.rstrip("\n"))
        return Status.USAGE
    except PvmError as error:
        return complain(str(error))
    except KeyboardInterrupt:
        return Status.INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return Status.BROKEN_PIPE
    except OSError as error:
        return complain(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error))
    except Exception as error:  # noqa: BLE001 - the promise of this module
        return report_bug(error)
    return result if isinstance(result, int) else 0


def print_error(text: str) -> None:
    """Print a line on standard error, after what was printed on standard output."""
    sys.stdout.flush()
    print(text, file=sys.stderr, flush=True)


def complain(message: str, status: Status = Status.USAGE) -> int:
    """Print a message of PVM's own; gives the status, by default that of a wrong use."""
    print_error(f"pvm: {message}")
    return status


def report_bug(error: Exception) -> int:
    """Say that PVM is wrong; the traceback is shown on request only."""
    if os.environ.get("PVM_DEBUG"):
        import traceback

        traceback.print_exc()
    place = ""
    trace = error.__traceback__
    while trace is not None:
        place = f" at {os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"  # noqa: PTH119
        trace = trace.tb_next
    print_error(f"pvm: this is a bug in pvm: {type(error).__name__}{place}: {error}")
    print_error("pvm: please report it, with the program; PVM_DEBUG=1 shows the traceback")
    return Status.BUG


def silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
