"""The thread that waits for the worker: one for the process, for all programs that run in it.

It is a plain thread of ``_thread``, since loading ``threading`` would be a tenth of a short run.  When there has been
nothing to compile for a while, it ends, and the worker with it, which has some 100 MB: there may be many processes.
"""

from __future__ import annotations

import atexit
import os
import time
from _queue import Empty, SimpleQueue
from _thread import allocate_lock, start_new_thread
from _weakref import ref
from contextlib import suppress

from pvm.engines.native.cores import has_cores, is_rationed
from pvm.engines.native.machine_code.compiling import Compiler
from pvm.engines.native.machine_code.request import Limits
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from _thread import LockType
    from collections.abc import Callable
    from typing import TypeAlias

    from pvm.engines.native.jit.promotion import Promotion

    Item: TypeAlias = Promotion | LockType | Callable[[Compiler], None]

LIMITS = Limits(memory=1 << 30, seconds=30.0)
LIMITS_AFTERWARDS = LIMITS._replace(seconds=10.0)
"""Of a worker that compiles on when the program has ended."""
LEAST_AFTERWARDS, SHARE_AFTERWARDS = 0.5, 10
"""Its seconds of the processor at least, and how many it may have for each that the program had."""
NICENESS = 11
"""The worker's: on a core that it shares with the program it gets a twelfth of the time, an idle one is all its own."""
REST = 9
"""How long nothing is compiled after a function, as a multiple of its time, where the program has less for it."""
NICENESS_ON_ONE_CORE = 12
"""Where there is no other core: a sixteenth."""
IDLE_SECONDS = 10.0
"""How long thread and worker wait for more."""
ATTEND_SECONDS, ATTEND_EVERY = 0.5, 0.02
"""How long a worker that an earlier run has left is waited for before one is started, and how often it is looked at."""
MAX_FAILURES = 8
"""Compilations in a row that fail before no more are tried in this process."""


class Background:
    """Compiles what is asked for, one function after the other."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.compiler = Compiler(LIMITS, niceness=NICENESS if has_cores() else NICENESS_ON_ONE_CORE)
        self.failures = 0
        """Compilations that failed since the last one that did not."""
        self._wanted: SimpleQueue[Item] = SimpleQueue()
        self._starting = allocate_lock()
        self._programs: set[ref[Promotion]] = set()
        self._runs = self._is_registered = self._is_closed = False

    def ask(self, promotion: Promotion) -> None:
        """Have one more function compiled, soon."""
        self._programs.add(ref(promotion))
        self._put(promotion)

    def prepare(self, promotion: Promotion) -> None:
        """Have a worker that knows the program, soon."""
        self._programs.add(ref(promotion))
        self._put(lambda compiler: self._prepare(promotion, compiler))

    def _put(self, item: Item) -> None:
        with self._starting:
            if not self._runs:
                if not self._is_registered:
                    atexit.register(self.close)
                    self._is_registered = True
                start_new_thread(self._run, ())
                self._runs = True
            self._wanted.put(item)

    def wait(self) -> None:
        """Wait until nothing is compiled or kept any more: for tests and measurements."""
        if self._runs:
            done = allocate_lock()
            done.acquire()
            self._put(done)
            done.acquire()

    def leave(self) -> None:
        """Let the worker compile what is left when this process has ended, which is about to."""
        promotions = [promotion for each in self._programs if (promotion := each()) is not None]
        seconds = max(LEAST_AFTERWARDS, SHARE_AFTERWARDS * time.process_time())
        requests = [request for promotion in promotions if (request := promotion.rest(seconds)) is not None]
        if requests:
            self._is_closed = True
            self.compiler.leave(requests, LIMITS_AFTERWARDS)

    def close(self) -> None:
        """End the worker, whatever it is doing, unless it was left to itself: nobody waits for it any more."""
        self._is_closed = True
        self.compiler.kill()

    def _run(self) -> None:
        while True:
            try:
                item = self._wanted.get(timeout=IDLE_SECONDS)
            except Empty:
                if self._has_ended():
                    return
                continue
            if hasattr(item, "release"):
                item.release()
            elif self._is_closed:
                pass
            elif callable(item):
                with suppress(Exception):  # who asks for code hears of it
                    item(self.compiler)
            elif self.failures < MAX_FAILURES:
                self._compile(item)
            del item  # a program that nobody uses any more is given up although this thread waits

    def _has_ended(self) -> bool:
        """End the worker, and say that the thread ends too, unless something is wanted after all."""
        with self._starting:
            if not self._wanted.empty():
                return False
            if not self._is_closed:
                self.compiler.close()
            self._runs = False
            return True

    def _prepare(self, promotion: Promotion, compiler: Compiler) -> None:
        self._attend(promotion)
        promotion.prepare(compiler)

    def _attend(self, promotion: Promotion) -> None:
        """Take what a worker that an earlier run has left compiles: that has LLVM and the program at hand already."""
        until = time.monotonic() + ATTEND_SECONDS
        while promotion.is_attended and not self._is_closed and time.monotonic() < until:
            with suppress(Exception):  # what others have compiled is not needed
                promotion.fetch()
            time.sleep(ATTEND_EVERY)

    def _compile(self, promotion: Promotion) -> None:
        if not self.compiler.has_worker:
            self._attend(promotion)
        with suppress(Exception):  # what others have compiled is not needed
            promotion.fetch()
        function = promotion.hottest()
        if function is None:
            return
        begun = time.monotonic()
        try:
            promotion.compile(self.compiler, function)
        except Exception as error:  # noqa: BLE001 - the program goes on without this code, and statistics say so
            promotion.failures[function] = f"{type(error).__name__}: {error}"
        self.failures = self.failures + 1 if function in promotion.failures else 0
        promotion.keep_soon()
        if is_rationed():
            time.sleep(REST * (time.monotonic() - begun))


_patient: list[tuple[int, Compiler]] = []


def patient_compiler() -> Compiler:
    """One for those who cannot do without the code, however busy the machine is: tests."""
    if not _patient or _patient[0][0] != os.getpid():
        _patient[:] = [(os.getpid(), Compiler(LIMITS._replace(seconds=600.0)))]
    return _patient[0][1]


_background: list[Background] = []


def background() -> Background:
    """The one of this process, which has to be another one after a fork."""
    if not _background or _background[0].owner != os.getpid():
        _background[:] = [Background()]
    return _background[0]
