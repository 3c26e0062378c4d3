"""The state of one instance: the namespace of its translated code, its heap, its traps.

The namespace is the global dictionary of every translation of the instance.  Besides guest globals
(``g0``…), functions (``f0``…), imports (``i0``…) and what translations ask for by name, ``F`` is the
fuel budget, ``H`` the bytes that may be allocated before live ones are counted, ``R`` the result of
the call that returned last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType, GeneratorType
from typing import Any

from pvm.engines.accounting import array_size, string_size
from pvm.engines.api import Bindings, EngineLimits
from pvm.engines.reference import primitives
from pvm.engines.reference.budget import Budget
from pvm.engines.reference.heap import (
    ARRAY_CLASSES,
    Array,
    ClassFactory,
    Closure,
    GuestObject,
    Identities,
    array_of,
    bind,
    copy_elements,
    fill_elements,
    new_data,
    zero_of,
)
from pvm.engines.reference.program import Program
from pvm.engines.reference.raw_memory import RawMemory
from pvm.engines.reference.runtime import RuntimeImage
from pvm.engines.reference.scheduler import DONE, RUNNING, Scheduler, TaskRecord
from pvm.engines.reference.tracing import CodeMap, live_bytes
from pvm.engines.reference.translator import translate
from pvm.engines.reference.unwinding import BLOCKED, SWITCH, GuestThrow, TailCall
from pvm.engines.traces import MAX_CAUSES, trace_frames, trace_pairs
from pvm.engines.waiting import MAX_NAMED, deadlock_message
from pvm.errors import Exhaustion, TraceFrame, Trap
from pvm.isa.traps import TrapKind
from pvm.isa.types import MAX_ARRAY_LENGTH, ArrayKind, Prim, RefType
from pvm.pbc.model import Global

_RESUME = Scheduler._resume.__code__  # noqa: SLF001 - where the Python stack of an activation starts
_MIN_HEADROOM = 4096
_SHARED_NAMES: dict[str, Any] = {
    "__builtins__": __builtins__,
    **{f"P_{name}": value for name, value in vars(primitives).items() if callable(value)},
    **{f"A{int(kind)}": made for kind, made in ARRAY_CLASSES.items()},
    "BIND": bind,
    "BLOCKED": BLOCKED,
    "CLOSURE": Closure,
    "COPY": copy_elements,
    "FILL": fill_elements,
    "GENERATOR": GeneratorType,
    "INF": float("inf"),
    "NAN": primitives.CANONICAL_NAN,
    "NEG_INF": float("-inf"),
    "NEW": object.__new__,
    "SWITCH": SWITCH,
    "TASK": TaskRecord,
    "THROWN": GuestThrow,
}
"""What every instance has in its namespace."""


def _stub(*arguments: Any) -> Any:
    return TRANSLATE(0)(*arguments)  # type: ignore[name-defined] # noqa: F821 - in the namespace


def _initial(declared: Global) -> int | float | None:
    if isinstance(declared.type, RefType):
        return None
    return float(declared.initial) if declared.type in {Prim.F32, Prim.F64} else declared.initial


class Machine:
    """Everything that translated code reaches."""

    def __init__(self, program: Program, bindings: Bindings, limits: EngineLimits, seed: int, *, strict: bool) -> None:
        self.program = program
        self.module = program.module
        self.limits = limits
        self.strict = strict
        self.seed = primitives.wrap64(seed)
        self.kernel = bindings.kernel
        self.stack_limit = limits.stack
        self.host_depth = limits.stack
        self.namespace: dict[str, Any] = {}
        self.budget = Budget(self.namespace, limits, self.exhausted)
        self.codes = CodeMap()
        self.identities = Identities()
        self.scheduler = Scheduler(self)
        self.memory = RawMemory(limits.memory, self.namespace)
        self.runtime = RuntimeImage(self)
        self.functions: dict[int, FunctionType] = {}
        self.translated = 0
        self.live = 0
        self.headroom = min(limits.memory, MAX_ARRAY_LENGTH)
        self.allocated = 0
        self.trap_classes = dict(program.module.trap_classes)
        self.classes = ClassFactory(
            program.layouts, program.verified.hierarchy, self.function, program.method_attribute
        )
        self.imports: Callable[[int], Callable[..., Any]]
        self._fill_namespace()

    def _fill_namespace(self) -> None:
        scheduler = self.scheduler
        self.namespace |= {
            **_SHARED_NAMES,
            **self.memory.names(),
            "ARRAY": self.make_array,
            "BIG_ARRAY": self.make_big_array,
            "CATCH": self.catch,
            "COLLECT": self.collect,
            "CURRENT": lambda: scheduler.current,
            "FINISHED": lambda task: 1 if task.state is DONE else 0,
            "H": self.headroom,
            "IDENTITY": self.identities.hash_of,
            "LOCK": scheduler.lock,
            "MAKE": self.make_object,
            "OVERFLOW": lambda: self.trap(TrapKind.STACK_OVERFLOW),
            "PARK": scheduler.park,
            "POLL": self.budget.poll,
            "POLL_TASK": scheduler.poll,
            "POLL_TIME": self.poll_time,
            "R": None,
            "SPAWN": scheduler.spawn,
            "TAIL": self.tail,
            "TAIL_REF": self.tail_ref,
            "THROW": self.throw,
            "TRANSLATE": self.translate,
            "TRAP": self.trap,
            "UNLOCK": scheduler.unlock,
            "UNPARK": scheduler.unpark,
            "YIELD": scheduler.yield_turn,
        }
        for index, declared in enumerate(self.module.globals):
            self.namespace[f"g{index}"] = _initial(declared)

    # Functions

    def function(self, index: int) -> FunctionType:
        """The Python function of a guest function; its code is translated when it is first called."""
        made = self.functions.get(index)
        if made is None:
            code = _stub.__code__.replace(
                co_consts=tuple(index if each == 0 else each for each in _stub.__code__.co_consts)
            )
            made = self.functions[index] = FunctionType(code, self.namespace, f"f{index}")
            made.frame_size = self.program.functions[index].frame_size  # type: ignore[attr-defined]
        return made

    def translate(self, index: int) -> FunctionType:
        """Give a function its code."""
        function = self.function(index)
        translation = translate(
            self.program, index, self.poll_time, exact=self.budget.fuel_limit is not None, strict=self.strict
        )
        for name, (what, key) in translation.needs.items():
            if name not in self.namespace:
                self.namespace[name] = self._provide(what, key)
        function.__code__ = translation.code
        self.codes.add(translation.code, index, translation.lines)
        self.translated += 1
        return function

    def _provide(self, what: str, key: Any) -> Any:
        match what:
            case "function":
                return self.function(key)
            case "class":
                return self.classes.python_class(key)
            case "below":
                return self.classes.below(key)
            case "string":
                return self.module.strings[key].encode("utf-8")
            case _:
                assert what == "import", what
                return self.imports(key)

    def tail(self, code: Any, depth: int, arguments: tuple[Any, ...]) -> BaseException:
        """What to raise to replace a frame, whose stack budget was ``depth`` before it was pushed."""
        if code.frame_size > depth:
            return self.trap(TrapKind.STACK_OVERFLOW)
        return TailCall(code, (*arguments, depth))

    def tail_ref(self, closure: Closure, depth: int, arguments: tuple[Any, ...]) -> BaseException:
        """As ``tail`` for a function value."""
        captured = (closure.environment,) if closure.captures else ()
        return self.tail(closure.code, depth, (*captured, *arguments))

    # Traps and exceptions

    def capture(self) -> list[tuple[int, int]]:
        """Where the current task is: (function, offset) pairs, innermost first."""
        task = self.scheduler.current
        if task is None:
            return []
        return self.codes.capture(_RESUME, task.stack, is_running=task.state is RUNNING)

    def frames(self) -> list[TraceFrame]:
        """Where the current task is, for people."""
        return trace_frames(self.module, self.capture())

    def exhausted(self, kind: str, message: str) -> Exhaustion:
        """The end of the program at a limit."""
        return Exhaustion(kind, message, self.frames())

    def time_over(self) -> Exhaustion:
        """The end of the program at its deadline."""
        return self.exhausted("time", "time limit reached")

    def trap(self, kind: int, message: str = "") -> BaseException:
        """What to raise for a trap: a guest exception if its kind is mapped, else the end."""
        known = TrapKind(kind)
        message = message or known.message
        class_index = self.trap_classes.get(known)
        if class_index is None:
            if known is TrapKind.OUT_OF_MEMORY:
                return self.exhausted("memory", message)
            return Trap(known.mnemonic, message, self.frames())
        made_class = self.classes.python_class(class_index)
        value: Any = self.make_object(made_class, zero_of(self.program.layouts[class_index]))
        value.f0 = message.encode()
        self.namespace["H"] -= made_class.size + string_size(len(value.f0))
        return self.throw(value)

    def deadlock(self, waiting: list[TaskRecord]) -> BaseException:
        """The trap of the main task when every task waits."""
        traces = [
            trace_frames(self.module, self.codes.capture(_RESUME, task.stack, is_running=False))
            for task in waiting[:MAX_NAMED]
        ]
        return self.trap(TrapKind.DEADLOCK, deadlock_message(self.module, traces, len(waiting)))

    def throw(self, value: Any) -> GuestThrow:
        """A guest exception on its way; its trace is filled at the first throw.

        It takes longer than an instruction, so fuel alone would look at the clock too seldom.
        """
        self.budget.check_clock()
        if value.f1 is None:
            pairs = self.capture()
            value.f1 = array_of(ArrayKind.I32, [number for pair in pairs for number in pair])
            self.namespace["H"] -= value.f1.size
        return GuestThrow(value)

    def catch(self, index: int, thrown: GuestThrow) -> int:
        """The block of the innermost handler for where the exception passes, or -1."""
        self.budget.check_clock()
        traceback = thrown.__traceback__
        assert traceback is not None
        place = self.codes.place(traceback.tb_frame, traceback.tb_lineno)
        if place is None:
            return -1
        translation = self.program.translations[index, self.budget.fuel_limit is not None, self.strict]
        made_class = type(thrown.value)
        for start, end, block, caught in translation.catches:
            if start <= place[1] < end and (caught is None or made_class in self.classes.below(caught)):
                thrown.__traceback__ = None
                return block
        return -1

    def uncaught(self, thrown: GuestThrow) -> BaseException:
        """The end of the program by an exception that nobody caught."""
        value = thrown.value
        if value.class_index == self.trap_classes.get(TrapKind.OUT_OF_MEMORY):
            shown = self.as_trap(value, None)
            return Exhaustion("memory", shown.message, shown.frames)
        chain = list(self.causes(value))
        trap = self.as_trap(chain.pop(), None)
        while chain:
            trap = self.as_trap(chain.pop(), trap)
        return trap

    def as_trap(self, value: Any, cause: Trap | None) -> Trap:
        """An exception object as embedders see it."""
        frames = trace_frames(self.module, [] if value.f1 is None else trace_pairs(value.f1.data))
        message = "" if value.f0 is None else value.f0.decode("utf-8")
        return Trap("uncaught", message, frames, self.module.classes[value.class_index].name, cause)

    def causes(self, value: Any) -> Iterator[Any]:
        """An exception and what led to it: its field ``cause``, if it has one that is an exception."""
        seen: list[Any] = []
        while value is not None and value not in seen and len(seen) < MAX_CAUSES:
            seen.append(value)
            yield value
            layout = self.program.layouts[value.class_index]
            number = next((at for at, field in enumerate(layout.fields) if field.name == "cause"), None)
            value = None if number is None else getattr(value, f"f{number}")
            if self.module.throwable is None or type(value) not in self.classes.below(self.module.throwable):
                return

    def trace_text(self, trace: Array) -> str:
        """A stack trace as text, a line a frame; names may be long, so its size is known before it is made."""
        frames = trace_frames(self.module, trace_pairs(trace.data))
        if sum(len(frame.function) + len(frame.file) for frame in frames) > self.limits.memory:
            raise self.trap(TrapKind.OUT_OF_MEMORY)
        return "\n".join(map(str, frames))

    # Allocation

    def make_object(self, made_class: type[GuestObject], values: tuple[Any, ...]) -> GuestObject:
        """An object with these field values; not accounted."""
        made = object.__new__(made_class)
        for name, value in zip(made_class.fields, values, strict=True):
            setattr(made, name, value)
        return made

    @staticmethod
    def make_array(made_class: type[Array], length: int) -> Array:
        """An array of zeros or nulls; not accounted."""
        made = made_class()
        made.data = new_data(made_class.kind, length)
        return made

    def make_big_array(self, made_class: type[Array], length: int) -> Array:
        """An array of zeros or nulls, accounted."""
        self.account(array_size(made_class.kind, length))
        return self.make_array(made_class, length)

    def account_string(self, length: int) -> None:
        """Account a string that is about to be made."""
        self.account(string_size(length))

    def account(self, size: int) -> None:
        """Account bytes that are about to be allocated; traps if they would not fit."""
        self.namespace["H"] -= size
        if self.namespace["H"] < 0:
            self.collect(size)

    def collect(self, size: int = 0) -> None:
        """Count live bytes, and trap if they and ``size`` more pass the limit.

        Some headroom is given even when little is left, or a program near its limit would only count.
        """
        self._close_interval()
        self.live, seen = live_bytes(self._roots())
        self.identities.sweep(seen)
        left = self.limits.memory - self.live - size if size <= MAX_ARRAY_LENGTH else -1
        self.headroom = min(max(left, self.limits.memory >> 4, _MIN_HEADROOM), MAX_ARRAY_LENGTH)
        self.namespace["H"] = self.headroom
        if left < 0:
            raise self.trap(TrapKind.OUT_OF_MEMORY)

    def _close_interval(self) -> None:
        self.allocated += self.headroom - self.namespace["H"]
        self.headroom = self.namespace["H"]

    def total_allocated(self) -> int:
        """Bytes allocated so far."""
        self._close_interval()
        return self.allocated

    def _roots(self) -> list[Any]:
        roots: list[Any] = [self.namespace[f"g{index}"] for index in range(len(self.module.globals))]
        roots.append(self.namespace["R"])
        for frame in self.codes.running(None):
            roots += self.codes.references(frame)
        for task in self.scheduler.tasks.values():
            roots.append(task)
            for generator in task.stack:
                if generator is not None and generator.gi_frame is not None and self.codes.is_guest(generator.gi_frame):
                    roots += self.codes.references(generator.gi_frame)
        return roots

    # Services of the runtime functions

    def charge(self, units: int) -> None:
        """Charge fuel from outside of translated code."""
        self.budget.charge(units)

    def poll_time(self) -> None:
        """Look at the clock, inside a long operation."""
        self.budget.check_clock()
