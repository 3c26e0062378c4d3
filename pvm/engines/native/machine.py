"""One instance of the native engine while it runs: enters the interpreter, and does what it leaves for.

All guest state is in the cage; what is here are the activations (calls by the host, which nest where a host function
calls back) and the tasks that wait for a hypercall.
"""

from __future__ import annotations

import struct
import time

from pvm.engines.api import Bindings, Compilation, EngineLimits
from pvm.engines.native import layout
from pvm.engines.native.debug import NO_DEBUG, Debug, Inspector
from pvm.engines.native.exits import (
    HYPERCALL_COUNT,
    HYPERCALL_SIZE,
    INVOKED_TASK,
    NOT_BEGUN,
    RESUME_MARKS,
    UNWATCHED,
    Exit,
    Poll,
)
from pvm.engines.native.heap import GuestHeap, HeapFull
from pvm.engines.native.imports import Linker
from pvm.engines.native.interpreter.host import HostFunctions
from pvm.engines.native.machine_code.loader import LoadedCode
from pvm.engines.native.program import Program
from pvm.engines.native.slots import argument_order, arguments_format
from pvm.errors import Exhaustion, Trap, UsageError
from pvm.kernel.task import WouldBlock
from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pvm.engines.native.exceptions import Exceptions
    from pvm.engines.native.frames import Frame
    from pvm.engines.native.imports import Bound
    from pvm.engines.native.watch import Watch

MAX_ACTIVATIONS = 24
"""Calls of a guest from host functions that it called, nested; they use the host's own stack."""
MIN_CLOCK_UNITS, MAX_CLOCK_UNITS = 1 << 16, 1 << 22
"""Units of fuel between two looks at the clock; they are adapted to what runs."""
LOOK, LOOK_SELDOM = 1_000_000, 2_500_000
"""Nanoseconds between two looks of the host at the clock: while hot functions are found, and otherwise."""
POLLS = 4
"""How often native code reads the clock between two looks of the host."""
WATCHED = 6
"""Frames whose functions are counted at a look, innermost first."""
MAX_STOPS = 4
"""Times that an operation is begun again because of signals; then they wait until it is done."""
NURSERY = 4 << 20
MAX_HEAP = layout.HEAP_END - layout.HEAP
_NO_LIMIT = (1 << 62) - 1
_COST = (1 << 31) - 1
"""The bits of FUNCTION_COST that are a number."""


_NOT_KNOWN = -1
"""The number of no task."""
_KEPT_BLOCKS = 64
_INVOCATION = f"7q{layout.INVOKED_ARGUMENTS - layout.INVOKED - 56}x"
_INVOKED, _TASK_INVOKED = layout.INVOKED, layout.INVOKED + 8 * INVOKED_TASK
_HALT = int(Exit.HALT)
_U64, _PLACE = struct.Struct("<Q"), struct.Struct("<qq")
_FIRST_SLOT = layout.TASK_SIZE + layout.FRAME_HEADER
_PC, _BASE, _EXIT_VALUE, _SEED = (layout.control_word(name) for name in ("pc", "base", "exit_value", "seed"))
assert _BASE == _PC + 8


class OutOfRange(Exception):
    """An argument of a call is no machine value of its type; nothing was called."""


class Target(NamedTuple):
    """A function that the host calls: its number and what its first block costs, as its descriptor says it.

    Then addresses of the descriptor, of the code to enter, and of the code to return to, how arguments are packed, into
    the frame and for ``invoke``, and their order in the frame if it is another than the parameters'.
    """

    function: int
    cost: int
    descriptor: int
    code: int
    halt: int
    arguments: struct.Struct
    invocation: struct.Struct
    order: list[int] | None


class Site(NamedTuple):
    """A hypercall instruction: what it calls, places of arguments and result in the frame, where to go on."""

    function: Bound
    arguments: tuple[int, ...]
    result: int
    following: int


def _control_block(program: Program, limits: EngineLimits) -> bytes:
    """The control words that instances of a program with the same limits begin with, but for the seed."""
    words = {
        **program.linked.words,
        "memory_limit": min(limits.memory, MAX_HEAP),
        "nursery_size": NURSERY,
        "fuel_limit": _NO_LIMIT if limits.fuel is None else min(limits.fuel, _NO_LIMIT),
        "quantum": limits.quantum,
        "turn_end": layout.TURN_FOREVER,
        "clock_units": MIN_CLOCK_UNITS,
        "next_clock": MIN_CLOCK_UNITS,
        "max_stack": limits.stack,
        "interrupt": UNWATCHED,
    }
    return struct.pack(f"<{len(layout.CONTROL_WORDS)}q", *(words.get(name, 0) for name in layout.CONTROL_WORDS))


class Machine:
    """The state of one instance that is not in its cage."""

    _native_floor: Callable[[], int] | None = None
    """What tells the end of a thread's stack, once compiled code has asked for it."""

    def __init__(
        self,
        program: Program,
        code: LoadedCode,
        bindings: Bindings,
        limits: EngineLimits,
        seed: int,
        debug: Debug = NO_DEBUG,
        *,
        jit: bool = False,
    ) -> None:
        self.program = program
        self._code = code
        self._is_jit = jit
        self._debug = debug
        self._is_eager = jit and debug.eager
        if jit:
            self._prepare_jit()
        self._looked = time.monotonic_ns()
        self._used = 0
        """Fuel that was used then."""
        self._floor = 0
        self._looks = self._looks_compiled = 0
        self.limits = limits
        self.kernel = bindings.kernel
        self.deadline = limits.deadline
        self.cage = program.cages.take()
        self.native = HostFunctions(code, self.cage.address)
        self.heap = GuestHeap(program, self.cage, self.native, self.check_clock)
        self._exceptions: Exceptions | None = None
        self._watch: Watch | None = None
        self._stopped_at = (0, 0)
        self._stops = 0
        self.activations = 0
        self._mains: list[int] = []
        """Numbers of the main tasks of the activations, the innermost last."""
        self._waits: dict[int, WouldBlock] = {}
        """By record of a blocked task."""
        self.entered = self.hosting = 0
        """Calls by the host, and host functions that run: as many while one of those may call back."""
        self._targets: dict[int, Target] = {}
        self._sites: dict[int, Site] = {}
        self._prepare(seed)
        self.imports: list[Bound | None] = Linker(self, bindings).functions
        self._exits: dict[int, Callable[[], bool]] = {
            Exit.HALT: lambda: True,
            Exit.TRAP: self._trap,
            Exit.THROW: self._throw,
            Exit.TRANSLATE: self._translate,
            Exit.HYPERCALL: self._hypercall,
            Exit.POLL: self._poll,
            Exit.SCHEDULE: self._schedule,
            Exit.INTERRUPTED: self._interrupted,
        }
        if debug is not NO_DEBUG:
            self._exits[Exit.POLL] = Inspector(self, debug).around(self._poll)

    def _prepare(self, seed: int) -> None:
        """Fill the control block and the globals, and make an empty heap."""
        cage, program, limits = self.cage, self.program, self.limits
        key = (limits.memory, limits.fuel, limits.quantum, limits.stack)
        block = program.control_blocks.get(key)
        if block is None:
            if len(program.control_blocks) >= _KEPT_BLOCKS:
                program.control_blocks.clear()
            block = program.control_blocks[key] = _control_block(program, limits)
        cage.view(layout.CONTROL, len(block))[:] = block
        cage.set_u64(_SEED, seed)
        for address, data in program.linked.globals:
            cage.view(address, len(data))[:] = data
        self.native.heap_initialize()

    @property
    def exceptions(self) -> Exceptions:
        """Traps and exceptions; a run without any does not load what they need."""
        if self._exceptions is None:
            from pvm.engines.native.exceptions import Exceptions

            self._exceptions = Exceptions(self)
        return self._exceptions

    def close(self) -> None:
        """Give the cage back."""
        self.heap.close()
        self.program.cages.give_back(self.cage)

    def fuel_used(self) -> int:
        """Units that the program has used."""
        cage = self.cage
        return cage.word("fuel_base") + cage.word("fuel_slice") - cage.word("fuel_left")

    def compilation(self) -> Compilation | None:
        """What the JIT did, if there is one."""
        if not self._is_jit:
            return None
        promotion = self.program.promotion
        if promotion is None:
            return Compilation(0, 0, 0, {}, 0, 0.0, self._looks, 0, self.program.trouble)
        return promotion.summary(self._looks, self._looks_compiled)

    def _prepare_jit(self) -> None:
        program, code, debug = self.program, self._code, self._debug
        if not debug.eager:
            program.warm_up(code)
        if debug.loops:
            program.promoted(code).enter_loops_only()
        if debug.fuel:
            program.promoted(code).compile_for(debug.fuel)
        if debug.eager:
            # What an earlier process translated is not translated again, so nothing would ask for it.
            self._compile_now(*(range(len(program.linked.functions)) if debug.whole else program.entered))

    # Calls by the host

    def refuse_to_nest(self) -> None:
        """Say that nobody else may call now.

        Finalizers and handlers of signals run in the middle of anything, where addresses of objects are at hand.
        """
        raise UsageError("the instance is running: nobody but a host function that it called may call it")

    def target(self, function: int) -> Target:
        """What the host needs for calling a function."""
        found = self._targets.get(function)
        if found is None:
            program = self.program
            if self._is_eager:
                self._compile_now(function)
            placed = program.translate(function)
            types = program.linked.signatures[program.linked.functions[function].signature].params
            order = argument_order(types)
            found = self._targets[function] = Target(
                function,
                placed.translation.cost,
                program.descriptor(function),
                placed.address + placed.translation.first,
                program.linked.halt,
                arguments_format(types[number] for number in order),
                arguments_format((types[number] for number in order), _INVOCATION),
                order if order != sorted(order) else None,
            )
        return found

    def call(self, target: Target, arguments: Sequence[int | float]) -> int:
        """Run a function to its end as the main task of an activation; the bits of its result.

        Arguments are machine values, references addresses.

        Raises:
            OutOfRange: one of them is none; that is noticed only where ``is_direct``.
        """
        cage, native = self.cage, self.native
        if self.activations:
            return self._call_back(target, arguments)
        if self._is_jit:
            self._see_to_stack()
        heap = self.heap
        if heap.is_torn or heap.releasing or heap.is_moving:
            self._mend()
        if target.order is not None:
            arguments = [arguments[number] for number in target.order]
        memory, stack, count = cage.memory, self.limits.stack, len(arguments)
        machine = self._machine_code(target.function) if self._is_jit else 0
        cost = target.cost & _COST if machine else 0
        try:
            target.invocation.pack_into(
                memory, _INVOKED, target.descriptor, target.code, target.halt, stack, count, cost, machine, *arguments
            )
        except struct.error:
            raise OutOfRange from None
        try:
            reason = native.invoke()
            if reason != _HALT:
                return self._go_on(reason)
        except BaseException:
            self._abandon(cage.i64(_TASK_INVOKED))
            raise
        found: int = _U64.unpack_from(memory, _EXIT_VALUE)[0]
        return found

    def _see_to_stack(self) -> None:
        """Tell compiled code how much of the stack of this thread it may use."""
        if self._native_floor is None:
            from pvm.engines.native.machine_code.native_stack import native_floor

            self._native_floor = native_floor
        floor = self._native_floor()
        if floor != self._floor:
            self.cage.set_word("native_floor", floor)
            self._floor = floor

    def is_direct(self) -> bool:
        """Whether a call now is of nobody whom the guest has called."""
        return not self.activations

    def _mend(self) -> None:
        """Finish what was interrupted while memory was given back, or while objects moved."""
        if self.heap.is_torn:
            raise UsageError("the instance was interrupted while it gave memory back; make another one")
        self.heap.give_back()
        self.heap.finish_moving()

    def _go_on(self, reason: int) -> int:
        """Finish a call by ``invoke`` that has left for a reason."""
        if reason == NOT_BEGUN:
            from pvm.isa.traps import TrapKind

            self.exceptions.end_by(TrapKind.STACK_OVERFLOW)
        self.activations += 1
        try:
            self._run(self.cage.i64(_TASK_INVOKED), reason)
            result = self.cage.u64(_EXIT_VALUE)
            self.native.call_end(0)
        finally:
            self.activations -= 1
            if self._watch is not None:
                self._watch.end()
            self._stops = 0
        return result

    def _call_back(self, target: Target, arguments: Sequence[int | float]) -> int:
        """As ``call``, by a host function that the guest has called."""
        cage, native = self.cage, self.native
        if self.heap.is_torn or self.heap.releasing or self.heap.is_moving:
            self._mend()
        outer, stack = self._suspended()
        number = _NOT_KNOWN
        self.activations += 1
        try:
            record = native.call_begin(target.descriptor, target.code, target.halt, stack)
            if not record:
                from pvm.isa.traps import TrapKind

                self.exceptions.end_by(TrapKind.STACK_OVERFLOW)
            if target.order is not None:
                arguments = [arguments[each] for each in target.order]
            cage.store(target.arguments, record + _FIRST_SLOT, *arguments)
            number = cage.i64(record + layout.TASK_NUMBER)
            if self._is_jit:
                self._enter_compiled(target.function, target.cost)
            self._run(number)
            result = cage.u64(_EXIT_VALUE)
            native.call_end(outer)
        except BaseException:
            if cage.word("current") != outer:  # it was begun, and a signal may have ended that anywhere
                self._abandon(number)
                native.scheduler_enter(outer)
            raise
        finally:
            self.activations -= 1
        return result

    def _suspended(self) -> tuple[int, int]:
        """The task that called the host, which now calls back, and the bytes of stack that it has left."""
        if self.activations >= MAX_ACTIVATIONS:
            from pvm.isa.traps import TrapKind

            kind = TrapKind.STACK_OVERFLOW
            raise Trap(kind.mnemonic, "calls between host and guest are nested too deep", self.exceptions.here())
        cage = self.cage
        record, base = cage.word("current"), cage.word("base")
        function = self.program.function_at(cage.u32(base + layout.FRAME_FUNCTION))
        end = base + 8 * self.program.linked.functions[function].slots
        return record, cage.u32(record + layout.TASK_MAX_STACK) - (end - record - layout.TASK_SIZE)

    def _number(self, record: int) -> int:
        return self.cage.i64(record + layout.TASK_NUMBER)

    def _records(self) -> Iterator[int]:
        """All tasks, the youngest first."""
        record = self.cage.word("tasks_first")
        while record:
            yield record
            record = self.cage.u32(record + layout.TASK_ALL_NEXT)

    def _find(self, number: int) -> int:
        """The record of the task of this number; it moves when its stack grows."""
        return next((record for record in self._records() if self._number(record) == number), 0)

    def _abandon(self, number: int) -> None:
        """Forget the tasks that cannot go on after an activation has failed."""
        current = self.cage.word("current")
        for word in ("interrupted", "progress", "machine_pc", "need"):
            self.cage.set_word(word, 0)
        self.heap.note_moving()
        for record in dict.fromkeys((self._find(number), current)):
            if record:
                self._waits.pop(record, None)
                self.native.task_abandon(record)

    def _run(self, main: int, reason: int = 0) -> None:
        """Run tasks until the main one, of this number, has returned; ``reason`` is why machine code has left."""
        native, exits, heap = self.native, self._exits, self.heap
        self._mains.append(main)
        try:
            while True:
                if not reason:
                    if heap.releasing:
                        heap.give_back()
                    reason = native.enter()
                try:
                    if exits[reason]():
                        return
                except HeapFull:
                    self._heap_full()
                reason = 0
        finally:
            self._mains.pop()

    # Exits

    def _heap_full(self) -> None:
        from pvm.isa.traps import TrapKind

        self.exceptions.trap(TrapKind.OUT_OF_MEMORY)

    def _trap(self) -> bool:
        from pvm.isa.traps import TrapKind

        self.exceptions.trap(TrapKind(self.cage.word("exit_value")))
        return False

    def _throw(self) -> bool:
        self.exceptions.throw(self.cage.word("exit_value"))
        return False

    def _translate(self) -> bool:
        """Translate the function of the innermost frame and enter it, paying for its first block."""
        cage, program = self.cage, self.program
        function = program.function_at(cage.u32(cage.word("base") + layout.FRAME_FUNCTION))
        is_paid = function in program.placed
        if self._is_eager:
            self._compile_now(function)
        placed = program.translate(function)
        translation = placed.translation
        cage.set_word("pc", placed.address + (translation.entry if is_paid else translation.first))
        if self._is_eager:
            self._enter_compiled(function, 0 if is_paid else translation.cost)
        return False

    def _compile_now(self, *functions: int) -> None:
        self.program.promoted(self._code).compile_now(functions, self._debug.speed, keep=self._debug.keep)

    def _enter_compiled(self, function: int, cost: int) -> None:
        """Enter the machine code of a function, if there is some, instead of its internal code; its frame is there.

        ``cost`` is what has still to be paid for its first block, as a descriptor says it.
        """
        distance = self._machine_code(function)
        if distance:
            cage = self.cage
            cage.set_word("fuel_left", cage.word("fuel_left") - (cost & _COST))
            cage.set_word("machine_pc", distance)

    def _machine_code(self, function: int) -> int:
        """Where the machine code of a function is entered, as in ``machine_pc``; 0 if there is none."""
        promotion = self.program.promotion
        return 0 if promotion is None else promotion.natives.get(function, 0)

    def _hypercall(self) -> bool:
        cage = self.cage
        memory = cage.memory
        pc, base = _PLACE.unpack_from(memory, _PC)
        site = self._sites.get(pc) or self._find_site(pc)
        if self._waits:
            self._waits.pop(cage.word("current"), None)
        read = _U64.unpack_from
        try:
            result = site.function([read(memory, base + offset)[0] for offset in site.arguments])
        except WouldBlock as wait:
            self._waits[cage.word("current")] = wait
            self.native.task_block()
            return self._switch()
        memory = cage.memory  # in a call back it may have moved
        _U64.pack_into(memory, base + site.result, result)
        _U64.pack_into(memory, _PC, site.following)
        return False

    def _find_site(self, pc: int) -> Site:
        """What a hypercall instruction says."""
        read = self.program.shared.read
        count = int.from_bytes(read(pc + HYPERCALL_COUNT, 2), "little")
        size = (count + 4) // 4 * 8
        slots = memoryview(read(pc + HYPERCALL_SIZE, size)).cast("H")
        function = self.imports[self.cage.word("exit_value")]
        assert function is not None
        following = pc + HYPERCALL_SIZE + size
        arguments = tuple(8 * slot for slot in slots[:count])
        found = self._sites[pc] = Site(function, arguments, 8 * slots[-1], following)
        return found

    def _poll(self) -> bool:
        value = self.cage.word("exit_value")
        action, kind = value & 0xFF, Poll(value >> 8)
        while action in {layout.POLL_EXHAUSTED, layout.POLL_CLOCK}:
            if action == layout.POLL_EXHAUSTED:
                raise Exhaustion("fuel", "fuel used up", self.exceptions.here(kind))
            self.check_clock(kind)
            self.heap.give_back()
            self._adapt_clock()
            self._count_look()
            if self._is_jit and self.program.is_time_to_compile(self._code):
                promotion = self.program.promoted(self._code)
                promotion.sample(self._functions_on_stack())
                promotion.note_calls(self._calls_on_stack())
                self.cage.set_word("resume_marks", RESUME_MARKS)
            if kind is Poll.COLLECT:
                return False
            if self._watch is not None:
                self._watch.heeds_signals = True
            action = self.native.fuel_poll(self.cage.word("fuel_left"), int(kind is Poll.POINT))
        if action == layout.POLL_SWITCH:
            return self._switch()
        if kind is Poll.POINT and self.program.promotion is not None:
            self.cage.set_word("machine_pc", self.program.promotion.entries.get(self.cage.word("pc"), 0))
        return False

    def _count_look(self) -> None:
        """Note for the statistics whether compiled code runs, so far as the function says it."""
        self._looks += 1
        promotion = self.program.promotion
        if promotion is not None and promotion.compiled:
            function = self.program.function_at(self.cage.u32(self.cage.word("base") + layout.FRAME_FUNCTION))
            self._looks_compiled += function in promotion.compiled

    def _adapt_clock(self) -> None:
        """See to it that the next look at the clock is neither too near nor too far."""
        cage = self.cage
        units = cage.word("clock_units")
        if units < MIN_CLOCK_UNITS:
            return  # this is how somebody wants it who looks for mistakes
        now, used = time.monotonic_ns(), self.fuel_used()
        interval = LOOK if self._is_jit and self.program.is_finding else LOOK_SELDOM
        wanted = (used - self._used) * interval // (POLLS * max(now - self._looked, 1))
        cage.set_word("clock_units", max(MIN_CLOCK_UNITS, min(wanted, 2 * units, MAX_CLOCK_UNITS)))
        cage.set_word("look_at", now + interval)
        self._looked, self._used = now, used

    def _functions_on_stack(self) -> Iterator[int]:
        """The functions of the innermost frames."""
        base = self.cage.word("base")
        for _ in range(WATCHED):
            if not base:
                return
            yield self.program.function_at(self.cage.u32(base + layout.FRAME_FUNCTION))
            distance = self.cage.u32(base + layout.FRAME_DELTA)
            base = base - distance if distance else 0

    def _calls_on_stack(self) -> Iterator[tuple[int, int, int]]:
        """The calls that the innermost frames wait for: the caller, the address where it goes on, what it called."""
        cage, function_at = self.cage, self.program.function_at
        base = cage.word("base")
        for _ in range(WATCHED):
            distance = cage.u32(base + layout.FRAME_DELTA) if base else 0
            if not distance:
                return
            caller = base - distance
            functions = (function_at(cage.u32(each + layout.FRAME_FUNCTION)) for each in (caller, base))
            yield next(functions), cage.u32(base), next(functions)
            base = caller

    def _interrupted(self) -> bool:
        """A long operation has stopped; it is executed again unless the deadline has passed.

        If it was for a signal, Python has run the handler by now, and that has not raised.
        """
        cage = self.cage
        cage.set_word("interrupted", 0)
        self.check_clock()
        here = (cage.word("pc"), self.fuel_used())
        self._stops = self._stops + 1 if here == self._stopped_at else 1
        self._stopped_at = here
        if self._watch is None:
            from pvm.engines.native.watch import Watch

            self._watch = Watch(cage)
        self._watch.begin(self.deadline, heeds_signals=self._stops <= MAX_STOPS)
        return False

    def check_clock(self, kind: Poll | None = None) -> None:
        """End the program if its deadline has passed."""
        if self.is_late():
            raise Exhaustion("time", "time limit reached", self.exceptions.here(kind))

    def is_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    # Tasks

    def _switch(self) -> bool:
        """Let the next task run, after the current one gave way."""
        return False if self.native.scheduler_next() else self._schedule()

    def _schedule(self) -> bool:
        """Nothing can run: wait for a hypercall that may succeed, or say that all tasks wait for each other."""
        if self.cage.word("blocked_first"):
            assert self.kernel is not None
            if self.kernel.wait(list(self._waits.values()), self.is_late):
                self.native.scheduler_retry()
                return False
            self.check_clock()
        self._deadlock()
        return False

    def _deadlock(self) -> None:
        from pvm.engines.waiting import MAX_NAMED, deadlock_message
        from pvm.isa.traps import TrapKind

        waiting = [
            record
            for record in reversed(list(self._records()))
            if self.cage.u32(record + layout.TASK_STATE) in {layout.TASK_PARKED, layout.TASK_BLOCKED}
        ]
        self._save_current()
        traces = [self.exceptions.trace(self._waiting_frames(record)) for record in waiting[:MAX_NAMED]]
        message = deadlock_message(self.program.module, traces, len(waiting))
        main = self._find(self._mains[-1])
        is_parked = self.cage.u32(main + layout.TASK_STATE) == layout.TASK_PARKED
        self._waits.pop(main, None)
        self.native.scheduler_wake(main)
        self.exceptions.trap(TrapKind.DEADLOCK, message, after=is_parked)

    def _save_current(self) -> None:
        """Store where the task that gave way goes on in its record, as the scheduler does when another one runs."""
        record = self.cage.word("current")
        if record:
            self.cage.set_u32(record + layout.TASK_PC, self.cage.word("pc"))
            self.cage.set_u32(record + layout.TASK_BASE, self.cage.word("base"))

    def _waiting_frames(self, record: int) -> Iterator[Frame]:
        """Where a waiting task is: behind a park, or at a hypercall."""
        from pvm.engines.native.frames import frames_of

        pc = self.cage.u32(record + layout.TASK_PC)
        if self.cage.u32(record + layout.TASK_STATE) == layout.TASK_PARKED:
            pc -= 1
        return frames_of(self.program, self.cage, pc, self.cage.u32(record + layout.TASK_BASE))
