"""Fuel, time and turns: one counter that translated code counts down.

``F`` in the namespace (``f`` inside a function) is what is left until something may have to happen:
fuel runs out, the clock is to be looked at, or the task's turn is over.  What was used in all is
``base + slice - F``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pvm.engines.api import EngineLimits
from pvm.engines.turns import TURN_FOREVER
from pvm.errors import Exhaustion

CLOCK_UNITS = 20_000
"""Units between two looks at the clock: one to two milliseconds."""


class Budget:
    """The counter of one instance."""

    def __init__(self, namespace: dict[str, Any], limits: EngineLimits, end: Callable[[str, str], Exhaustion]) -> None:
        self.namespace = namespace
        self.fuel_limit = limits.fuel
        self.deadline = limits.deadline
        self.quantum = limits.quantum
        self.base = 0
        self.slice = 0
        self.turn_end = TURN_FOREVER
        self.next_clock = CLOCK_UNITS
        self._end = end
        namespace["F"] = 0

    def used(self) -> int:
        """Fuel used so far; exact while no translated code runs."""
        return self.base + self.slice - int(self.namespace["F"])

    def restart(self, used: int) -> int:
        """Start a new slice: the units until the next event."""
        until = min(self.next_clock, self.turn_end)
        if self.fuel_limit is not None:
            until = min(until, self.fuel_limit)
        self.base = used
        self.slice = until - used
        return self.slice

    def refresh(self) -> None:
        """Take changed limits into account."""
        self.namespace["F"] = self.restart(self.used())

    def start_turn(self, *, alone: bool) -> None:
        """Give the task that runs next a whole turn, without end if it is alone."""
        used = self.used()
        self.turn_end = TURN_FOREVER if alone else used + self.quantum
        self.namespace["F"] = self.restart(used)

    def poll(self, left: int) -> int:
        """Between polls of the task: fuel and time only.  What is left then may still be negative."""
        used = self.base + self.slice - left
        if self.fuel_limit is not None and used > self.fuel_limit:
            self.base, self.slice, self.namespace["F"] = self.fuel_limit, 0, 0
            raise self._end("fuel", "fuel used up")
        if used >= self.next_clock:
            self.next_clock = used + CLOCK_UNITS
            self.check_clock()
        return self.restart(used)

    def check_clock(self) -> None:
        """End the program if the deadline has passed."""
        if self.is_late():
            raise self._end("time", "time limit reached")

    def is_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def charge(self, units: int) -> None:
        """Charge from outside of translated code."""
        left = self.namespace["F"] - units
        self.namespace["F"] = left
        if left < 0:
            self.namespace["F"] = self.poll(left)

    def is_turn_over(self) -> bool:
        """Whether the running task has used its turn."""
        return self.used() > self.turn_end
