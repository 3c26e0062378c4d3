"""Why the interpreter left: numbers that machine code stores in the control word ``exit``."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Reasons; what ``exit_value`` holds is in brackets."""

    HALT = 1
    """The outermost frame of an activation returned [its result is in the frame]."""
    TASK_END = 2
    """The outermost frame of a spawned task returned."""
    TRAP = 3
    """An instruction trapped [kind]; it has had no effect."""
    THROW = 4
    """An exception was thrown [the exception]."""
    TRANSLATE = 5
    """A function without code was entered."""
    HYPERCALL = 6
    """A call of the kernel or the host [import]."""
    POLL = 7
    """The fuel counter went below zero, at the entry of a block [Poll]."""
    SCHEDULE = 8
    """The running task gave way."""
    INTERRUPTED = 9
    """A long operation stopped."""


class Poll(IntEnum):
    """Where the counter went below zero."""

    BLOCK = 0
    """At the entry of a block where tasks are not preempted."""
    POINT = 1
    """At the entry of a block where they are."""
    AFTER = 2
    """Behind an instruction that cost more than its block: it is the one before where to go on."""
