"""Exit statuses of ``pvm``, and how errors become one."""

from __future__ import annotations

import signal
from enum import IntEnum

from pvm.errors import Exhaustion, Trap


class Status(IntEnum):
    """Statuses that are PVM's own; 0 to 123 are the guest's."""

    UNCAUGHT = 1
    BUG = 70
    LIMIT = 124
    USAGE = 125
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
    INTERRUPTED = 128 + signal.SIGINT
    KILLED = 128 + signal.SIGKILL
    BROKEN_PIPE = 128 + signal.SIGPIPE


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
