"""Tasks, turns and fuel: in step with the reference engine's scheduler and budget, and stacks by themselves."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from pvm.engines.api import EngineLimits
from pvm.engines.native import layout
from pvm.engines.reference.budget import CLOCK_UNITS, Budget
from pvm.engines.reference.heap import Closure
from pvm.engines.reference.scheduler import BLOCKED, DONE, PARKED, READY, RUNNING, Scheduler, TaskRecord
from pvm.errors import Exhaustion
from pvm.isa.traps import TrapKind
from pvm.kernel.task import WouldBlock
from tests.engines.native.runtime.cage import Cage, NeedsMemory, Outcome

STATES = {
    READY: layout.TASK_READY,
    RUNNING: layout.TASK_RUNNING,
    PARKED: layout.TASK_PARKED,
    BLOCKED: layout.TASK_BLOCKED,
    DONE: layout.TASK_DONE,
}
NO_LIMIT = (1 << 63) - 1
MAX_STACK = 1 << 20
MEMORY = 1 << 26


class Model:
    """The reference engine's scheduler without an engine; it is told what tasks do."""

    def __init__(self, limits: EngineLimits) -> None:
        self.namespace: dict[str, Any] = {}
        self.budget = Budget(self.namespace, limits, Exhaustion)
        self.kernel = None
        self.stack_limit = MAX_STACK
        self.scheduler = Scheduler(self)  # type: ignore[arg-type]
        self.numbers: dict[int, int] = {}
        self.records: list[TaskRecord] = []

    def trap(self, kind: int) -> BaseException:
        """A trap."""
        return RuntimeError(TrapKind(kind).mnemonic)

    def spawn(self) -> TaskRecord:
        """A task that does nothing by itself."""
        made = self.scheduler.spawn(Closure(lambda depth: depth, 0, 0))
        self.numbers[id(made)] = len(self.records)
        self.records.append(made)
        return made

    def resume(self, task: TaskRecord) -> None:
        """What running a task begins with."""
        self.scheduler.current = task
        task.state = RUNNING
        task.wait = None
        self.budget.start_turn(alone=not (self.scheduler.ready or self.scheduler.blocked))

    @property
    def left(self) -> int:
        """The counter."""
        return int(self.namespace["F"])


class Pair:
    """A model and a cage in step."""

    def __init__(self, limits: EngineLimits) -> None:
        self.model = Model(limits)
        self.cage = Cage()
        for word, value in (
            ("fuel_limit", NO_LIMIT if limits.fuel is None else limits.fuel),
            ("turn_end", layout.TURN_FOREVER),
            ("next_clock", CLOCK_UNITS),
            ("clock_units", CLOCK_UNITS),
            ("quantum", limits.quantum),
            ("max_stack", MAX_STACK),
            ("memory_limit", MEMORY),
        ):
            self.cage.set_word(word, value)
        self.objects: list[int] = []
        self.spawn()
        self.main = self.model.scheduler.ready.popleft()
        record = self.record(self.objects[0])
        self.cage.raw("scheduler.next")
        assert self.cage.word("current") == record
        self.cage.set_word("turns", 0)
        self.model.resume(self.main)

    def record(self, task: int) -> int:
        """The record of a task object."""
        return self.cage.load(task + layout.TASK_RECORD)

    def number(self, record: int) -> int:
        """The order of creation."""
        return self.cage.load(record + layout.TASK_NUMBER, "<q")

    def spawn(self) -> None:
        """Spawn on both sides."""
        self.model.spawn()
        self.objects.append(self.cage.call("task.spawn", 0).value)

    def queue(self, name: str) -> list[int]:
        """Numbers of the tasks in a queue, whose last word has to be right."""
        found, record, last = [], self.cage.word(f"{name}_first"), 0
        while record:
            found.append(self.number(record))
            last, record = record, self.cage.load(record + layout.TASK_NEXT)
        if found:
            assert self.cage.word(f"{name}_last") == last
        return found

    def all_tasks(self) -> set[int]:
        """Numbers of all tasks, by the list that links both ways."""
        found, record, previous = set(), self.cage.word("tasks_first"), 0
        while record:
            assert self.cage.load(record + layout.TASK_ALL_PREVIOUS) == previous
            found.add(self.number(record))
            previous, record = record, self.cage.load(record + layout.TASK_ALL_NEXT)
        return found

    def check(self) -> None:
        """Both sides are in the same state."""
        model, scheduler = self.model, self.model.scheduler
        numbers = [self.model.numbers[id(each)] for each in scheduler.ready]
        assert self.queue("ready") == numbers
        assert self.queue("blocked") == [model.numbers[id(each)] for each in scheduler.blocked]
        assert self.all_tasks() == {model.numbers[id(each)] for each in scheduler.tasks.values()}
        for task, known in zip(self.objects, model.records, strict=True):
            record = self.record(task)
            assert self.cage.call("task.finished", task).value == (known.state is DONE)
            if known.state is DONE:
                assert record == 0
            else:
                assert self.cage.load(record + layout.TASK_STATE) == STATES[known.state]
                assert self.cage.load(record + layout.TASK_LOCKS) == known.locks
                assert self.cage.load(record + layout.TASK_PERMIT) == known.has_permit
        for word, value in (
            ("fuel_left", model.left),
            ("fuel_base", model.budget.base),
            ("fuel_slice", model.budget.slice),
            ("turn_end", model.budget.turn_end),
            ("next_clock", model.budget.next_clock),
            ("turns", scheduler.turns),
        ):
            assert self.cage.word(word) == value, word

    def give_way(self) -> None:
        """The next turn; a deadlock wakes the main task, and blocked tasks never wait long."""
        model, scheduler = self.model, self.model.scheduler
        record = self.cage.raw("scheduler.next")
        deadlocked: list[TaskRecord] = []

        def wake(main: TaskRecord) -> None:
            deadlocked.append(main)
            scheduler.ready.append(main)

        scheduler._wait = lambda: True  # type: ignore[method-assign]
        scheduler._deadlock = wake  # type: ignore[method-assign]
        task = scheduler._next(self.main)
        if not record and self.cage.word("blocked_first"):
            record = self.cage.raw("scheduler.retry")
        assert bool(record) != bool(deadlocked)
        model.resume(task)
        if deadlocked:
            record = self.cage.raw("scheduler.wake", self.record(self.objects[0]))
        assert self.number(record) == model.numbers[id(task)]
        assert self.cage.word("current") == record

    def poll(self, units: int, *, is_poll_point: bool) -> bool:
        """Use fuel, and poll if it is time; False when it is used up."""
        left = self.cage.word("fuel_left") - units
        self.cage.set_word("fuel_left", left)
        self.model.namespace["F"] = left
        if left >= 0:
            return True
        try:
            self.model.namespace["F"] = (self.model.scheduler if is_poll_point else self.model.budget).poll(left)
            exhausted = False
        except Exhaustion:
            exhausted = True
        action = self.cage.raw("fuel.poll", left, int(is_poll_point))
        while action == layout.POLL_CLOCK:
            action = self.cage.raw("fuel.poll", self.cage.word("fuel_left"), int(is_poll_point))
        assert (action == layout.POLL_EXHAUSTED) == exhausted
        if not is_poll_point and not exhausted:
            # The native counter stays empty until the next poll point, where compiled code may be entered.
            budget = self.model.budget
            budget.base, budget.slice, self.model.namespace["F"] = budget.used(), 0, 0
        if action == layout.POLL_SWITCH:
            assert self.model.left == self.model.budget.slice == -1
            self.model.budget.slice = self.model.namespace["F"] = 0
            self.give_way()
        return not exhausted

    def finish(self) -> None:
        """The running task is done, unless it is the main task."""
        scheduler = self.model.scheduler
        if scheduler.current is not self.main and scheduler.current is not None:
            scheduler._finish(scheduler.current)
            self.cage.raw("task.finish", self.cage.word("current"))
            self.give_way()

    def step(self, rng: random.Random) -> bool:
        """Something at random, on both sides; False at the end."""
        scheduler = self.model.scheduler
        match rng.randrange(14):
            case 0 | 1 if len(scheduler.tasks) < 12:
                self.spawn()
            case 2 | 3:
                scheduler.yield_turn()
                self.cage.raw("task.yield")
                self.give_way()
            case 4 | 5:
                has_to = scheduler.park()
                assert self.cage.raw("task.park") == has_to
                if has_to:
                    self.give_way()
            case 6 | 7:
                number = rng.randrange(len(self.objects))
                scheduler.unpark(self.model.records[number])
                self.cage.raw("task.unpark", self.objects[number])
            case 8 if rng.random() < 0.4:
                scheduler.lock()
                self.cage.raw("task.lock")
            case 9:
                self.unlock()
            case 10:
                scheduler.block(WouldBlock())
                self.cage.raw("task.block")
                self.give_way()
            case 11 if rng.random() < 0.5:
                self.finish()
            case _:
                return self.poll(self.units(rng), is_poll_point=rng.random() < 0.7)
        return True

    def units(self, rng: random.Random) -> int:
        """Fuel to use: often exactly as much as there is until some event."""
        budget = self.model.budget
        events = [budget.turn_end, budget.next_clock, *([] if budget.fuel_limit is None else [budget.fuel_limit])]
        until = rng.choice(events) - budget.used() + rng.choice((0, 0, 1))
        return until if rng.random() < 0.4 and 0 < until < 100_000 else rng.choice((1, 300, 999, 1000, 5000, 70_000))

    def unlock(self) -> None:
        """Undo a lock that there may not be."""
        try:
            self.model.scheduler.unlock()
            trap = None
        except RuntimeError:
            trap = TrapKind.INVALID_ARGUMENT
        assert self.cage.call("task.unlock").trap is trap


@pytest.mark.parametrize("seed", range(12))
def test_in_step_with_the_reference_engine(seed: int) -> None:
    rng = random.Random(seed)
    fuel = 300_000 if seed % 3 == 0 else None
    pair = Pair(EngineLimits(fuel=fuel, quantum=rng.choice((500, 1000, 10_000, 30_000))))
    pair.check()
    for _ in range(600):
        is_going_on = pair.step(rng)
        pair.check()
        if not is_going_on:
            break


def test_more_fuel_goes_on() -> None:
    pair = Pair(EngineLimits(fuel=1000))
    assert pair.poll(1000, is_poll_point=True)
    assert not pair.poll(5, is_poll_point=True)
    pair.check()
    pair.model.budget.fuel_limit = 3000
    pair.model.budget.refresh()
    pair.cage.set_word("fuel_limit", 3000)
    pair.cage.raw("fuel.refresh")
    pair.check()
    assert pair.poll(2000, is_poll_point=True)
    pair.check()


@pytest.fixture
def cage() -> Cage:
    """A cage with room for stacks."""
    made = Cage()
    made.set_word("max_stack", MAX_STACK)
    made.set_word("memory_limit", MEMORY)
    made.set_word("quantum", 1000)
    return made


def test_a_spawned_task_has_a_record_with_its_entry(cage: Cage) -> None:
    cage.set_word("max_stack", 100)
    task = cage.call("task.spawn", 0x1234).value
    record = cage.load(task + layout.TASK_RECORD)
    assert cage.load(task, "<q") == layout.CLASS_TASK
    assert record == layout.STACKS
    fields = {
        layout.TASK_OBJECT: task,
        layout.TASK_ENTRY: 0x1234,
        layout.TASK_STACK_SIZE: layout.STACK_SMALLEST,
        layout.TASK_MAX_STACK: 100,
        layout.TASK_LIMIT: record + layout.TASK_SIZE + 100,
        layout.TASK_BASE: 0,
        layout.TASK_ERROR: 0,
    }
    assert {offset: cage.load(record + offset) for offset in fields} == fields


def test_spawning_asks_for_memory_without_an_effect(cage: Cage) -> None:
    cage.set_word("nursery_limit", cage.word("nursery_top") + 15)
    with pytest.raises(NeedsMemory, match="16"):
        cage.call("task.spawn", 0)
    assert (cage.word("tasks_first"), cage.word("stack_bytes"), cage.word("task_counter")) == (0, 0, 0)


def test_spawned_tasks_have_as_much_memory_as_objects_have(cage: Cage) -> None:
    cage.set_word("max_stack", 2 * layout.STACK_SMALLEST)
    cage.set_word("memory_limit", 3 * layout.STACK_SMALLEST)
    assert all(cage.call("task.spawn", 0).value for _ in range(5))
    assert cage.call("task.spawn", 0).trap is TrapKind.OUT_OF_MEMORY
    assert cage.raw("task.create", 0), "the host may"


def test_a_task_of_the_host_gets_its_object_when_it_is_asked_for(cage: Cage) -> None:
    record = cage.raw("task.create", 0)
    assert cage.raw("scheduler.resume", record) == record
    assert cage.load(record + layout.TASK_OBJECT) == 0
    task = cage.call("task.current").value
    assert cage.call("task.current").value == task
    assert cage.load(task + layout.TASK_RECORD) == record
    cage.raw("task.finish", record)
    assert cage.call("task.finished", task) == Outcome(1)
    assert (cage.word("current"), cage.word("tasks_first"), cage.word("stack_bytes")) == (0, 0, 0)


def test_entering_saves_and_restores_what_the_interpreter_has_in_words(cage: Cage) -> None:
    outer, inner = cage.raw("task.create", 0), cage.raw("task.create", 0)
    cage.raw("scheduler.resume", outer)
    cage.set_word("pc", 0x1111)
    cage.set_word("base", outer + 128)
    cage.raw("scheduler.resume", inner)
    assert (cage.word("pc"), cage.word("base")) == (0, 0)
    assert cage.word("stack_limit") == inner + layout.STACK_SMALLEST - layout.STACK_SLACK
    cage.raw("task.finish", inner)
    cage.raw("scheduler.enter", outer)
    assert (cage.word("pc"), cage.word("base"), cage.word("current")) == (0x1111, outer + 128, outer)
    assert cage.word("stack_limit") == outer + layout.STACK_SMALLEST - layout.STACK_SLACK


def test_a_stack_grows_with_what_is_on_it(cage: Cage) -> None:
    tasks = [cage.call("task.spawn", 0).value for _ in range(3)]
    first, record, last = (cage.load(task + layout.TASK_RECORD) for task in tasks)
    for _ in range(2):
        cage.raw("scheduler.next")
    assert cage.word("current") == record
    cage.set_word("base", record + 128)
    frames = random.Random(1).randbytes(3968)
    cage.memory[record + 128 : record + 4096] = frames
    assert cage.call("stack.grow", record, 4096).value == record
    moved = cage.call("stack.grow", record, 20_000).value
    assert moved != record
    assert bytes(cage.memory[moved + 128 : moved + 4096]) == frames
    assert cage.load(tasks[1] + layout.TASK_RECORD) == cage.word("current") == moved
    assert cage.word("base") == moved + 128
    assert cage.word("stack_limit") == moved + 32768 - layout.STACK_SLACK
    assert cage.word("stack_bytes") == 2 * layout.STACK_SMALLEST + 32768
    assert cage.load(last + layout.TASK_ALL_NEXT) == cage.load(first + layout.TASK_ALL_PREVIOUS) == moved
    assert cage.call("task.spawn", 0).value
    assert cage.word("tasks_first") == record, "the old stack is used again"


def test_a_stack_grows_to_the_limit_of_the_task_and_not_beyond(cage: Cage) -> None:
    cage.set_word("max_stack", 100_000)
    cage.call("task.spawn", 0)
    record = cage.raw("scheduler.next")
    overflow = cage.call("stack.grow", record, layout.TASK_SIZE + 100_001)
    assert overflow == Outcome(None, TrapKind.STACK_OVERFLOW, 0)
    moved = cage.call("stack.grow", record, layout.TASK_SIZE + 100_000).value
    assert cage.word("stack_limit") == moved + layout.TASK_SIZE + 100_000


def grown(cage: Cage, size: int) -> int:
    """A record with a stack of a size."""
    return int(cage.call("stack.grow", cage.raw("task.create", 0), size - layout.STACK_SLACK).value)


def test_stacks_run_out_and_are_used_again(cage: Cage) -> None:
    """Large free stacks are cut into small ones when nothing else is left."""
    cage.set_word("max_stack", 1 << 30)
    region = layout.STACKS_END - layout.STACKS
    big = grown(cage, region // 2)
    other = cage.raw("task.create", 0)
    assert cage.call("stack.grow", other, region // 2 - layout.STACK_SLACK).trap is TrapKind.OUT_OF_MEMORY
    assert cage.word("stack_bytes") == region // 2 + layout.STACK_SMALLEST
    size = region // 4
    while size > layout.STACK_SMALLEST:
        grown(cage, size)
        size //= 2
    while cage.raw("task.create", 0):
        assert cage.word("stack_bytes") <= region
    assert cage.word("stack_bytes") == region
    cage.raw("task.finish", big)
    used = sorted(cage.raw("task.create", 0) for _ in range(1000))
    assert used[0] == big
    assert used[-1] < big + region // 2
    assert all(after - before >= layout.STACK_SMALLEST for before, after in pairwise(used))
    assert grown(cage, region // 4) >= used[-1] + layout.STACK_SMALLEST
    while cage.word("tasks_first"):
        cage.raw("task.finish", cage.word("tasks_first"))
    assert cage.word("stack_bytes") == 0


def test_a_queue_whose_last_task_is_abandoned_goes_on(cage: Cage) -> None:
    tasks = [cage.call("task.spawn", 0).value for _ in range(2)]
    first, last = (cage.load(task + layout.TASK_RECORD) for task in tasks)
    cage.raw("task.abandon", last)
    third = cage.load(cage.call("task.spawn", 0).value + layout.TASK_RECORD)
    assert [cage.raw("scheduler.next") for _ in range(3)] == [first, third, 0]


def test_abandoned_tasks_leave_their_queues(cage: Cage) -> None:
    tasks = [cage.call("task.spawn", 0).value for _ in range(4)]
    records = [cage.load(task + layout.TASK_RECORD) for task in tasks]
    assert cage.raw("scheduler.next") == records[0]
    cage.raw("task.block")
    cage.raw("scheduler.next")
    for record in (records[3], records[0], records[2], records[1]):
        cage.raw("task.abandon", record)
    assert (cage.word("ready_first"), cage.word("blocked_first"), cage.word("current")) == (0, 0, 0)
    assert all(cage.call("task.finished", task) == Outcome(1) for task in tasks)
