"""Calls that would block, and are tried again and again by a thread instead."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable

from pvm.engines.direct.calls.call import ANSWERED, Call
from pvm.engines.direct.signals import RESTART, interruption

TURN_SECONDS, TURN_MAX_SECONDS = 0.005, 0.02
BUSY = frozenset({errno.EAGAIN, errno.EACCES})


def keep_trying(call: Call, attempt: Callable[[], int], finish: Callable[[], None]) -> int:
    """Have ``attempt`` tried until it does not raise that something is busy, and answer; ``finish`` is called then."""
    threading.Thread(target=_try, args=(call, attempt, finish), name="pvm-retry", daemon=True).start()
    return ANSWERED


def _try(call: Call, attempt: Callable[[], int], finish: Callable[[], None]) -> None:
    pause = TURN_SECONDS
    try:
        while True:
            time.sleep(pause)
            pause = min(2 * pause, TURN_MAX_SECONDS)
            if not call.is_waiting():
                return
            try:
                result = attempt()
            except OSError as error:
                result = -(error.errno or errno.EIO)
                if error.errno in BUSY:
                    result = interruption(call.tid, RESTART)
                    if not result:
                        continue
            call.supervisor.answer(call.ticket, result)
            return
    finally:
        finish()
