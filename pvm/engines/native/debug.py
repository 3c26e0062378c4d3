"""Ways to run that find mistakes of the engine: collect often, check the heap, go on at another address.

They change nothing that a program can see.  Tests ask for them, by an argument of the engine or for all engines that
are made inside ``debugging``.
"""

from __future__ import annotations

from contextvars import ContextVar
from itertools import cycle

from pvm.engines.native import layout
from pvm.errors import PvmError
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from pvm.engines.native.machine import Machine


class Debug(NamedTuple):
    """What to do, 0 for nothing."""

    stress: int = 0
    """Collect after about so many allocations."""
    marks: int = 0
    """Mark the old space again and again, by so much work at a time: begin wherever the interpreter polls.  So many
    bytes leave the nursery at a time, too."""
    check_every: int = 0
    """Check the heap where the interpreter polls, after so many units of fuel, if there was a collection since."""
    suspend_every: int = 0
    """Move the cage to another address where the interpreter polls, after so many units of fuel."""
    eager: bool = False
    """Compile each function before it is first entered, if there is a JIT."""
    whole: bool = False
    """Compile all functions before the first one is entered, so that compiled code need not leave to call another."""
    speed: int = 2
    """How much is done for fast code then, 0 to 3."""
    fuel: str = ""
    """What compiled code does about fuel if that is not to count it (``jit/installed.py``): it may then never stop."""
    keep: bool = True
    """Keep what was compiled then for other processes."""
    loops: tuple[int, ...] = ()
    """Enter compiled code in loops only: at the second arrival at the head of each, and at every seventh from there.
    It is left again after so many units of fuel, in turns, less what all blocks of the code need."""
    looks: tuple[int, ...] = ()
    """Units of fuel from one look at the clock to the next, in turns.  Loops enter compiled code where the interpreter
    looks, and leave it when there are fewer units left than all blocks of it need."""


MAX_ARRIVALS, SELDOM = 2_000, 10_000
"""Arrivals at one loop after which the interpreter looks after so much fuel only: the program is a long one."""


class HeapBroken(PvmError):
    """The heap contradicts itself."""


NO_DEBUG = Debug()
_CURRENT: ContextVar[Debug] = ContextVar("debug", default=NO_DEBUG)
current = _CURRENT.get


class debugging:  # noqa: N801 - used as a function
    """Run engines that are made inside of ``with`` in these ways."""

    def __init__(self, debug: Debug) -> None:
        self._debug = debug

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._debug)

    def __exit__(self, *exception: object) -> None:
        _CURRENT.reset(self._token)


class Inspector:
    """Looks after one instance where it polls: each look at the clock is a point where it can be suspended."""

    def __init__(self, machine: Machine, debug: Debug) -> None:
        self._machine = machine
        self._debug = debug
        self._checked = self._moved = self._collections = 0
        every = min((each for each in (debug.check_every, debug.suspend_every) if each), default=0)
        looks = debug.looks or ((1,) if debug.loops else (every,) if every else ())
        self._looks = cycle(looks)
        self._stays = cycle(debug.loops)
        self._arrivals: dict[int, int] = {}
        machine.cage.set_word("stress", debug.stress)
        self._look_again("next_clock")
        self._look_again("clock_units")  # native code says when the look behind this one is before anybody is asked

    def around(self, poll: Callable[[], bool]) -> Callable[[], bool]:
        """What to do at an exit, and then what is wanted here."""

        def inspected() -> bool:
            self._look_again("clock_units")
            is_done = poll()
            if self._debug.loops:
                self._enter_loop()
            self.inspect()
            return is_done

        return inspected

    def _look_again(self, word: str) -> None:
        """Say after how much fuel the next look at the clock is."""
        units = next(self._looks, 0)
        if units:
            self._machine.cage.set_word(word, units)

    def _enter_loop(self) -> None:
        """Let the task stay in the interpreter, or run in compiled code for a while if it is this loop's turn."""
        cage = self._machine.cage
        if not cage.word("machine_pc"):
            return
        pc = cage.word("pc")
        arrived = self._arrivals[pc] = self._arrivals.get(pc, 0) + 1
        if arrived % 7 == 2:
            used = self._machine.fuel_used()
            cage.set_word("next_clock", used + next(self._stays))
            self._machine.native.fuel_refresh()
        else:
            cage.set_word("machine_pc", 0)
        if arrived > MAX_ARRIVALS:
            self._looks = cycle((SELDOM,))

    def inspect(self) -> None:
        """Do what is due."""
        cage, debug = self._machine.cage, self._debug
        used = self._machine.fuel_used()
        if debug.marks:
            cage.set_i64(layout.collector_word("trigger"), 0)
            for name in ("work_least", "work_most", "move_slice"):
                cage.set_i64(layout.collector_word(name), debug.marks)
        if debug.check_every and used - self._checked >= debug.check_every:
            self._checked = used
            self.check()
        if debug.suspend_every and used - self._moved >= debug.suspend_every:
            self._moved = used
            cage.move()
            self._machine.native.bind(cage.address)

    def check(self) -> None:
        """Check the heap, if it was collected since the last time.

        Raises:
            HeapBroken: it is not as it should be.
        """
        cage = self._machine.cage
        collections = cage.word("minor_collections") + cage.word("collector_slices")
        if collections == self._collections:
            return
        self._collections = collections
        record = cage.word("current")
        if record:
            cage.set_u32(record + layout.TASK_BASE, cage.word("base"))
        found = self._machine.native.gc_check()
        if found:
            raise HeapBroken(f"the heap is broken: check {found} at {cage.word('check_address'):#x}")
