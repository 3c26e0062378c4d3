"""A running program: a module, its memory, the process it is in the kernel, and its limits.

An instance is used by one thread at a time; a host function that it calls may call back into it.
"""

from __future__ import annotations

import os
import time
from _thread import RLock
from itertools import islice

from pvm.embed.limits import Limits
from pvm.embed.module import Module
from pvm.engines.api import Bindings, Engine, EngineLimits, Statistics
from pvm.errors import GuestExit, LinkError, UsageError
from pvm.kernel import Kernel, Process, ProcessExit
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Any, Literal, Self

    Tier = Literal["auto", "reference", "interpreter", "jit"]

MAIN = "main"
AUTO = "interpreter"
"""The tier that ``auto`` stands for, unless the environment names another one."""
AUTO_VARIABLE = "PVM_TIER"
MAX_LISTED = 20
"""Names that a message lists."""
TIERS = ("auto", "reference", "interpreter", "jit")
_EXPECTED = f"{', '.join(TIERS[:-1])} or {TIERS[-1]}"


class GuestProcess:
    """The kernel's view of an instance: whose process its calls are made for."""

    __slots__ = ("process",)

    def __init__(self, process: Process) -> None:
        self.process = process


class Instance:
    """A program that can be run and called.

    Args:
        module: what to run.
        limits: memory, fuel, time and stack; the defaults allow 256 MiB and unlimited time.
        kernel: files, streams, clock and so on; by default nothing but output to the host's streams.
        imports: a Python callable for each host import of the module, by name.
        tier: which engine.  ``jit`` is the interpreter with a compiler beside it, in a process that ends with yours,
            for what runs for long (docs/embedding.md): for code that you trust (docs/decisions/0011-jit-in-use.md).
            ``auto`` takes what the variable ``PVM_TIER`` of the environment says, else the fastest that is known to be
            safe, the ``interpreter``; and the ``reference`` engine where that cannot be.

    Raises:
        LinkError: a host import is missing or is not callable, or a kernel import is unknown.
    """

    def __init__(
        self,
        module: Module,
        *,
        limits: Limits | None = None,
        kernel: Kernel | None = None,
        imports: Mapping[str, Callable[..., Any]] | None = None,
        tier: Tier = "auto",
    ) -> None:
        self.module = module
        self.limits = limits or Limits()
        self._owns_kernel = kernel is None
        self.kernel = kernel or Kernel()
        self._task = GuestProcess(self.kernel.new_process([module.name]))
        self._lock = RLock()
        self._depth = 0
        self._start_state: Literal["new", "running", "done"] = "new"
        self._closed = False
        self._is_timed = False
        """Whether the engine has a deadline."""
        self._exports: set[str] = set()
        """Names of exports that were called."""
        bindings = Bindings(self.kernel, self._task, checked_imports(module, imports or {}))
        self._engine = make_engine(tier, module, bindings, self.limits)

    def run(self, args: Sequence[str] = ()) -> int:
        """Run ``main`` with the program's arguments, its name first, and give the exit status, 0 to 255.

        Raises:
            Trap: an exception that nobody caught, or a trap; ``frames`` is the stack trace.
            Exhaustion: fuel, time or memory was used up.
            UsageError: the module has no main, or the instance is closed or in use.
        """
        exports = self.module.checked.interface.exports
        if MAIN not in exports:
            raise UsageError(f"module {self.module.name!r} has no main: it exports {', '.join(exports) or 'nothing'}")
        self._enter()
        try:
            if self._depth == 1:
                self._task.process.close()
                self._task.process = self.kernel.new_process(list(args) or [self.module.name])
            self._start()
            result = self._engine.call_export(MAIN, ())
        except ProcessExit as ended:
            return ended.status
        finally:
            self._leave()
        return result & 0xFF if isinstance(result, int) else 0

    def call(self, name: str, *args: object) -> Any:
        """Call an exported function with Python values and give its result as one.

        Raises:
            UsageError: there is no such export, or the arguments do not fit its types.
            Trap, Exhaustion: as ``run``.
            GuestExit: the guest ended its process, with its status.
            Exception: what a host function raised, unchanged.
        """
        if name not in self._exports:
            self._look_up(name)
        if not self._lock.acquire(blocking=False):
            raise UsageError("the instance is in use by another thread")
        self._depth += 1
        try:
            if self._closed:
                raise UsageError("the instance is closed")
            if self._depth == 1 and (self._is_timed or self.limits.timeout is not None):
                self._start_clock()
            if self._start_state != "done":
                self._start()
            return self._engine.call_export(name, args)
        except ProcessExit as ended:
            raise GuestExit(ended.status) from None
        finally:
            self._leave()

    def _look_up(self, name: str) -> None:
        exports = self.module.checked.interface.exports
        if name not in exports:
            raise UsageError(unknown("export", name, exports))
        self._exports.add(name)

    def add_fuel(self, units: int) -> None:
        """Allow more work."""
        self._engine.add_fuel(units)

    @property
    def statistics(self) -> Statistics:
        """What was used so far."""
        return self._engine.statistics()

    def close(self) -> None:
        """Give everything back; a closed instance cannot be used.  Closing twice is fine."""
        if self._closed:
            return
        with self._lock:
            if self._depth:
                raise UsageError("the instance is running: it cannot be closed from a host function")
            self._closed = True
            self._engine.close()
            self._task.process.close()
            if self._owns_kernel:
                self.kernel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        if self._start_state == "done":
            return
        if self._start_state == "running":
            raise UsageError("the module's initialisation has not finished: it failed, or is calling back")
        self._start_state = "running"
        self._engine.run_start()
        self._start_state = "done"

    def _enter(self) -> None:
        """Begin a call: the outermost one starts the clock.  ``_leave`` must follow."""
        if not self._lock.acquire(blocking=False):
            raise UsageError("the instance is in use by another thread")
        if self._closed:
            self._lock.release()
            raise UsageError("the instance is closed")
        self._depth += 1
        if self._depth == 1:
            self._start_clock()

    def _start_clock(self) -> None:
        timeout = self.limits.timeout_seconds
        self._is_timed = timeout is not None
        self._engine.deadline = None if timeout is None else time.monotonic() + timeout

    def _leave(self) -> None:
        self._depth -= 1
        self._lock.release()


def chosen_tier(tier: str) -> str:
    """The tier that somebody asks for, where ``auto`` is what the environment says.

    Raises:
        UsageError: there is no such tier.
    """
    if tier not in TIERS:
        raise UsageError(f"tier {tier!r} is unknown, expected {_EXPECTED}")
    if tier != "auto":
        return tier
    named = os.environ.get(AUTO_VARIABLE) or "auto"
    if named not in TIERS:
        raise UsageError(f"{AUTO_VARIABLE} is {named!r}, expected {_EXPECTED}")
    return AUTO if named == "auto" else named


def make_engine(tier: str, module: Module, bindings: Bindings, limits: Limits) -> Engine:
    """The engine of a tier; what the native engine cannot run is left to the reference engine by ``auto``."""
    chosen = chosen_tier(tier)
    assert isinstance(bindings.kernel, Kernel)
    settings = EngineLimits(fuel=limits.fuel, memory=limits.memory_bytes, stack=limits.stack_bytes)
    seed = int.from_bytes(bindings.kernel.random.read(8), "little")
    if chosen != "reference":
        from pvm.engines.native.engine import NativeEngine
        from pvm.engines.native.unsupported import Unsupported

        try:
            return NativeEngine(module.checked, bindings, settings, seed=seed, jit=chosen == "jit")
        except Unsupported as reason:
            if tier != "auto":
                raise UsageError(f"the native engine cannot run this: {reason}; use tier auto or reference") from None
    from pvm.engines.reference.engine import ReferenceEngine

    return ReferenceEngine(module.verified, bindings, settings, seed=seed)


def checked_imports(module: Module, imports: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The callables that the module needs, by name."""
    needed = module.checked.interface.host_imports
    for name in needed:
        if name not in imports:
            found = unknown("host function", name, imports)
            from pvm.pbc.literals import shown

            raise LinkError(f"{found}; the module needs {shown(name)}{module.host_imports[name]}")
        if not callable(imports[name]):
            raise LinkError(f"host function {name!r} is {type(imports[name]).__name__}, expected a callable")
    return {name: imports[name] for name in needed}


def unknown(what: str, name: str, known: Mapping[str, object]) -> str:
    """Say that a name is unknown, with the nearest known one: ``no export 'fbi'; did you mean 'fib'?``."""
    from difflib import get_close_matches

    from pvm.pbc.literals import shown

    close = get_close_matches(name, known, n=1)
    if close:
        return f"no {what} {name!r}; did you mean {close[0]!r}?"
    listed = ", ".join(map(shown, islice(known, MAX_LISTED))) or "none"
    more = len(known) - MAX_LISTED
    return f"no {what} {name!r}; there are: {listed}{f' and {more:,} more' if more > 0 else ''}"
