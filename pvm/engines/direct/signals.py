"""Signals of a guest whose call is answered late: what waits must end when one comes."""

from __future__ import annotations

import errno
from typing import NamedTuple

RESTART, RESTART_UNLESS_HANDLED = 512, 514
"""ERESTARTSYS and ERESTARTNOHAND: the kernel's own, for calls that begin again after a signal."""

FIELDS = (b"Threads", b"SigPnd", b"ShdPnd", b"SigBlk", b"SigIgn", b"SigCgt")


class SignalState(NamedTuple):
    """What the host says of the signals of a thread, as sets of bits, and how many threads there are."""

    threads: int
    own: int
    shared: int
    blocked: int
    ignored: int
    caught: int

    @property
    def pending(self) -> int:
        """Those that have come and are not handled yet."""
        return self.own | self.shared


def signal_state(tid: int) -> SignalState | None:
    """The signals of a thread, or None if it has ended."""
    found: dict[bytes, int] = {}
    try:
        with open(f"/proc/{tid}/status", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            for line in file:
                name, _, value = line.partition(b":")
                if name in FIELDS:
                    found[name] = int(value) if name == b"Threads" else int(value, 16)
    except OSError:
        return None
    return SignalState(*(found[name] for name in FIELDS))


def interruption(tid: int, restart: int) -> int:
    """The answer for a caller who has a signal to handle, else 0.

    With one thread the signal is handled before the answer is seen, and the host's kernel then restarts the call where
    ``restart`` says so.  With several another one may have handled it, and the number would be seen.
    """
    state = signal_state(tid)
    if state is None:
        return -errno.EINTR
    if not state.pending & ~state.blocked & ~state.ignored:
        return 0
    return -restart if state.threads == 1 else -errno.EINTR
