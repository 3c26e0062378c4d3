"""Runs tasks: the trampoline over generators, and round-robin turns.

A task's stack is a list of generators, its innermost frame on top and None at the bottom; guest
calls never use Python's stack.  Everything here is decided by fuel and by the order of events,
never by time, so that runs repeat.  Host functions may call back in: each such call is an
activation of its own with a main task of its own, and other tasks may run in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import Any, Protocol, TypeAlias

from pvm.engines.reference.budget import Budget
from pvm.engines.reference.heap import Closure, TaskObject
from pvm.engines.reference.unwinding import GuestThrow, TailCall, TaskSwitch
from pvm.engines.turns import TURN_FOREVER
from pvm.isa.traps import TrapKind
from pvm.kernel.task import KernelInterface, WouldBlock

Frame: TypeAlias = "GeneratorType[Any, Any, Any]"
BLOCKED_RETRY = 16
"""Turns after which waiting hypercalls are tried again although other tasks can run."""

READY, RUNNING, PARKED, BLOCKED, DONE = "ready", "running", "parked", "blocked", "done"


class TaskRecord(TaskObject):
    """A green task."""

    __slots__ = ("error", "has_permit", "locks", "stack", "state", "wait")

    def __init__(self, frame: Frame) -> None:
        self.stack: list[Frame | None] = [None, frame]
        self.state = READY
        self.locks = 0
        self.has_permit = False
        self.wait: WouldBlock | None = None
        self.error: BaseException | None = None


class Owner(Protocol):
    """What the scheduler needs of the machine."""

    namespace: dict[str, Any]
    budget: Budget
    kernel: KernelInterface | None
    stack_limit: int

    def trap(self, kind: int) -> BaseException: ...
    def deadlock(self, waiting: list[TaskRecord]) -> BaseException: ...
    def uncaught(self, thrown: GuestThrow) -> BaseException: ...
    def time_over(self) -> BaseException: ...


class Scheduler:
    """The tasks of one instance."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.ready: deque[TaskRecord] = deque()
        self.blocked: list[TaskRecord] = []
        self.tasks: dict[int, TaskRecord] = {}
        self.current: TaskRecord | None = None
        self.turns = 0

    # Operations of guest code

    def spawn(self, closure: Closure) -> TaskRecord:
        """Make a runnable task."""
        record = self._record(call_closure(self.owner, closure))
        self._make_ready(record)
        return record

    def yield_turn(self) -> None:
        """Queue the running task behind the others; it gives way next."""
        self._requeue(self._running())

    def park(self) -> bool:
        """Whether the running task has to give way, since nobody unparked it before."""
        task = self._running()
        if task.has_permit:
            task.has_permit = False
            return False
        task.state = PARKED
        return True

    def unpark(self, task: TaskRecord) -> None:
        """Make a parked task runnable, or let its next park fall through."""
        if task.state is PARKED:
            self._make_ready(task)
        elif task.state is not DONE:
            task.has_permit = True

    def lock(self) -> None:
        """Do not preempt the running task."""
        self._running().locks += 1

    def unlock(self) -> None:
        """Undo one lock; while there are locks, turns are prolonged."""
        task = self._running()
        if not task.locks:
            raise self.owner.trap(TrapKind.INVALID_ARGUMENT)
        task.locks -= 1

    def block(self, wait: WouldBlock) -> None:
        """Let the running task wait for the hypercall that it will issue again."""
        task = self._running()
        task.wait = wait
        task.state = BLOCKED
        self.blocked.append(task)

    def poll(self, left: int) -> int:
        """At a poll: what is left of the budget, or below 0 after queueing the task because its turn is over."""
        budget = self.owner.budget
        left = budget.poll(left)
        used = budget.base + budget.slice - left
        if used <= budget.turn_end:
            return left
        task = self._running()
        if task.locks:
            # From here, not from where the turn ended: a bulk operation may have used more than a whole turn since.
            budget.turn_end = used + budget.quantum
            return budget.restart(used)
        self._requeue(task)
        budget.base, budget.slice = used, -1
        return -1

    def _running(self) -> TaskRecord:
        assert self.current is not None, "a task operation outside of a task"
        return self.current

    def _make_ready(self, task: TaskRecord) -> None:
        """Queue another task; whoever ran alone until now has a turn that ends, from here."""
        self._requeue(task)
        if self.owner.budget.turn_end == TURN_FOREVER:
            self._start_turn()

    def _start_turn(self) -> None:
        self.owner.budget.start_turn(alone=not (self.ready or self.blocked))

    def _requeue(self, task: TaskRecord) -> None:
        task.state = READY
        self.ready.append(task)

    def _record(self, frame: Frame) -> TaskRecord:
        record = TaskRecord(frame)
        self.tasks[id(record)] = record
        return record

    # Running

    def run(self, frame: Frame) -> None:
        """Run a frame as the main task of an activation, others in turn, until it is done."""
        outer, main = self.current, self._record(frame)
        task = main
        try:
            while True:
                self._resume(task)
                if main.state is DONE:
                    return
                task = self._next(main)
        except BaseException:
            self._abandon(main)
            raise
        finally:
            self.current = outer

    def _abandon(self, main: TaskRecord) -> None:
        """Forget the tasks that cannot go on after an activation has failed."""
        for task in (main, self.current):
            if task is not None and task.state is not DONE:
                self._finish(task)
        self.ready = deque(task for task in self.ready if task.state is not DONE)
        self.blocked = [task for task in self.blocked if task.state is not DONE]

    def _finish(self, task: TaskRecord) -> None:
        task.state = DONE
        task.stack.clear()
        self.tasks.pop(id(task), None)

    def _next(self, main: TaskRecord) -> TaskRecord:
        self.turns += 1
        if self.blocked and (not self.ready or self.turns % BLOCKED_RETRY == 0):
            if not self.ready and not self._wait():
                self._deadlock(main)
            for task in self.blocked:
                self._requeue(task)
            self.blocked.clear()
        if not self.ready:
            self._deadlock(main)
        return self.ready.popleft()

    def _wait(self) -> bool:
        """Sleep until a hypercall may succeed; False if none ever can."""
        kernel, budget = self.owner.kernel, self.owner.budget
        assert kernel is not None
        waits = [task.wait for task in self.blocked if task.wait is not None]
        if kernel.wait(waits, budget.is_late):
            return True
        if budget.is_late():
            raise self.owner.time_over()
        return False

    def _deadlock(self, main: TaskRecord) -> None:
        """Trap in the main task, where it waits."""
        if main in self.blocked:
            self.blocked.remove(main)
        self.current = main
        waiting = [task for task in self.tasks.values() if task.state in {PARKED, BLOCKED}]
        main.error = self.owner.deadlock(waiting)
        self.ready.appendleft(main)

    def _resume(self, task: TaskRecord) -> None:
        """Run a task until it is done or gives way."""
        self.current = task
        task.state = RUNNING
        task.wait = None
        self._start_turn()
        stack = task.stack
        error, task.error = task.error, None
        frame = stack.pop()
        replacement: TailCall | None = None
        while True:
            try:
                if replacement is not None:
                    request, replacement = replacement, None
                    frame = self._replace(request, stack)
                if error is not None:
                    assert frame is not None
                    thrown, error = error, None
                    following = frame.throw(thrown)
                    stack.append(frame)
                    frame = following
                self._trampoline(frame, stack)
                self._finish(task)
                return
            except TaskSwitch:
                return
            except StopIteration:
                frame = stack.pop()
            except TailCall as wanted:
                wanted.__traceback__ = None
                replacement = wanted
            except GuestThrow as thrown_:
                thrown_.__traceback__ = None
                frame = stack.pop()
                if frame is None:
                    raise self.owner.uncaught(thrown_) from None
                error = thrown_

    def _replace(self, request: TailCall, stack: list[Frame | None]) -> Frame | None:
        made = request.code(*request.arguments)
        if type(made) is GeneratorType:
            return made
        self.owner.namespace["R"] = made
        return stack.pop()

    @staticmethod
    def _trampoline(frame: Frame | None, stack: list[Frame | None]) -> None:
        """Run frames until the stack is empty.

        A ``for`` statement that breaks is the cheapest way to resume a generator: no call, and no
        exception when it returns.
        """
        push, pop = stack.append, stack.pop
        while frame is not None:
            for callee in frame:
                push(frame)
                frame = callee
                break
            else:
                frame = pop()


def call_closure(owner: Owner, closure: Closure) -> Frame:
    """The first frame of a task."""
    arguments = (closure.environment,) if closure.captures else ()
    return entry(owner.namespace, closure.code, (*arguments, owner.stack_limit))


def entry(namespace: dict[str, Any], code: Callable[..., Any], arguments: tuple[Any, ...]) -> Frame:
    """A frame below the first one of the guest, which calls it whether it is a generator or not."""
    frame = _enter(namespace, code, arguments)
    assert isinstance(frame, GeneratorType)
    return frame


def _enter(namespace: dict[str, Any], code: Callable[..., Any], arguments: tuple[Any, ...]) -> Iterator[Any]:
    made = code(*arguments)
    if type(made) is GeneratorType:
        yield made
    else:
        namespace["R"] = made
