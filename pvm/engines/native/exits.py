"""Why the interpreter left: numbers that machine code stores in the control word ``exit``."""

from __future__ import annotations

from enum import IntEnum

HYPERCALL_SIZE = 8
"""Bytes of the instruction that leaves for a hypercall; the slots of its arguments and its result follow."""
HYPERCALL_COUNT = 2
"""Where in it the number of its arguments is."""
RESUME_MARKS = 32
"""Functions without machine code that are made to look for their callers', after compiled code was left."""


NOT_BEGUN = 0
"""What ``invoke`` gives where the frame does not fit into the stack."""
INVOKED_TASK = 7
"""The word of INVOKED with the number of the task."""


class Exit(IntEnum):
    """Reasons; what ``exit_value`` holds is in brackets."""

    HALT = 1
    """The outermost frame of an activation returned [its result]."""
    TRAP = 2
    """An instruction trapped [kind]; it has had no effect."""
    THROW = 3
    """An exception was thrown [the exception]."""
    TRANSLATE = 4
    """A function without code was entered."""
    HYPERCALL = 5
    """A call of the kernel or the host [import]."""
    POLL = 6
    """The fuel counter went below zero: fuel is used up, or the clock is to be looked at [action, and Poll << 8]."""
    SCHEDULE = 7
    """The running task gave way, or ended, and no other can run."""
    INTERRUPTED = 8
    """A long operation stopped."""


class Poll(IntEnum):
    """Where the clock is looked at: where the counter went below zero, as a rule."""

    BLOCK = 0
    """At the entry of a block where tasks are not preempted."""
    POINT = 1
    """At the entry of a block where they are."""
    AFTER = 2
    """Behind an instruction that cost more than its block: it is the one before where to go on."""
    COLLECT = 3
    """At an instruction that waits for the collector, which has done a slice."""


QUIET, UNWATCHED, STOP = 0, 1, 2
"""Values of the word ``interrupt``: at all but ``QUIET`` long operations stop; ``UNWATCHED`` is before a run."""
