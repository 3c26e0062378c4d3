"""Green tasks: spawning, waiting, and sections that are not preempted.

Channels, joins and timers are library code over ``park`` and ``unpark``; the scheduler knows only
runnable and parked tasks, and each task's own count of ``task.lock``.
"""

from __future__ import annotations

from pvm.isa.instruction import Family, Form
from pvm.isa.traps import TrapKind

FAMILY = Family("Tasks", page=0xE1)

FAMILY.driver(
    0x00,
    "task.spawn",
    "body:thunk -- task:task",
    "Make a runnable task that calls a function value; it runs after those that are runnable now.",
    form=Form.TASK,
    traps=(TrapKind.OUT_OF_MEMORY,),
)
FAMILY.driver(0x01, "task.current", "-- task:task", "The running task.", form=Form.TASK)
FAMILY.driver(0x02, "task.yield", "--", "Let the other runnable tasks go first.", form=Form.TASK)
FAMILY.driver(
    0x03,
    "task.park",
    "--",
    "Wait until another task unparks this one; an unpark that came before is used up at once.",
    form=Form.TASK,
    traps=(TrapKind.DEADLOCK,),
)
FAMILY.driver(
    0x04,
    "task.unpark",
    "task:task --",
    "Make a parked task runnable, or let its next park fall through; nothing for a finished one.",
    form=Form.TASK,
)
FAMILY.driver(0x05, "task.lock", "--", "Do not preempt this task until the matching unlock; nests.", form=Form.TASK)
FAMILY.driver(
    0x06,
    "task.unlock",
    "--",
    "Undo one lock; traps if there is none.",
    form=Form.TASK,
    traps=(TrapKind.INVALID_ARGUMENT,),
)
FAMILY.driver(0x07, "task.finished", "task:task -- truth:i32", "1 if the task's function has returned.", form=Form.TASK)
