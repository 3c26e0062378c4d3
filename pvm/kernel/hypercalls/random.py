"""Hypercalls on randomness."""

from __future__ import annotations

from pvm.kernel.abi import hypercall
from pvm.kernel.task import Span, Task

RANDOM_MAX = 1 << 20
"""Most random bytes of one call, which bounds its time."""


@hypercall(0x0601, "random_fill(buf: out_bytes) -> size")
def random_fill(task: Task, buf: Span) -> int:
    """Fill the buffer with random bytes; how many were filled, at most 1 MiB."""
    return buf.write(task.process.kernel.random.read(min(len(buf), RANDOM_MAX)))
