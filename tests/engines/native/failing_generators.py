"""What goes wrong in the JIT's worker, for ``test_jit_failures``: generators that give no IR."""

from __future__ import annotations

import os
import signal


def killed(_: object, __: bytes) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return ""


def hung(_: object, __: bytes) -> str:
    signal.pause()
    return ""


def devoured(_: object, __: bytes) -> str:
    return "x" * (4 << 30)


def refused(_: object, __: bytes) -> str:
    message = "no code for this one"
    raise ValueError(message)
