"""Turns of tasks, the same in every engine."""

from __future__ import annotations

DEFAULT_QUANTUM = 10_000
"""Units of fuel that a task runs before the others get their turn."""
TURN_FOREVER = 1 << 61
"""Where the turn of a task ends that has nobody to give way to."""
