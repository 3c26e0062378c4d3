"""Richards: the kernel of an operating system with six tasks, after Martin Richards."""

from __future__ import annotations

from abc import ABC, abstractmethod

from harness import Benchmark, measure

ID_IDLE = 0
ID_WORKER = 1
ID_HANDLER_A = 2
ID_HANDLER_B = 3
ID_DEVICE_A = 4
ID_DEVICE_B = 5
NUMBER_OF_IDS = 6

KIND_DEVICE = 0
KIND_WORK = 1

STATE_RUNNING = 0
STATE_RUNNABLE = 1
STATE_SUSPENDED = 2
STATE_HELD = 4
STATE_SUSPENDED_RUNNABLE = 3

DATA_SIZE = 4


class Packet:
    def __init__(self, link: Packet | None, ident: int, kind: int) -> None:
        self.link = link
        self.ident = ident
        self.kind = kind
        self.datum = 0
        self.data = [0] * DATA_SIZE

    def add_to(self, queue: Packet | None) -> Packet:
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Scheduler:
    def __init__(self) -> None:
        self.queue_count = 0
        self.hold_count = 0
        self.blocks: list[TaskControlBlock | None] = [None] * NUMBER_OF_IDS
        self.list: TaskControlBlock | None = None
        self.current: TaskControlBlock | None = None
        self.current_id = 0

    def add_running_task(self, ident: int, priority: int, queue: Packet | None, task: Task) -> None:
        self.add_task(ident, priority, queue, task)
        self.current.set_running()

    def add_task(self, ident: int, priority: int, queue: Packet | None, task: Task) -> None:
        self.current = TaskControlBlock(self.list, ident, priority, queue, task)
        self.list = self.current
        self.blocks[ident] = self.current

    def schedule(self) -> None:
        self.current = self.list
        while self.current is not None:
            if self.current.is_held_or_suspended():
                self.current = self.current.link
            else:
                self.current_id = self.current.ident
                self.current = self.current.run()

    def release(self, ident: int) -> TaskControlBlock | None:
        block = self.blocks[ident]
        if block is None:
            return None
        block.mark_as_not_held()
        return block if block.priority > self.current.priority else self.current

    def hold_current(self) -> TaskControlBlock | None:
        self.hold_count += 1
        self.current.mark_as_held()
        return self.current.link

    def suspend_current(self) -> TaskControlBlock | None:
        self.current.mark_as_suspended()
        return self.current

    def queue(self, packet: Packet) -> TaskControlBlock | None:
        block = self.blocks[packet.ident]
        if block is None:
            return None
        self.queue_count += 1
        packet.link = None
        packet.ident = self.current_id
        return block.check_priority_add(self.current, packet)


class TaskControlBlock:
    def __init__(
        self, link: TaskControlBlock | None, ident: int, priority: int, queue: Packet | None, task: Task
    ) -> None:
        self.link = link
        self.ident = ident
        self.priority = priority
        self.queue = queue
        self.task = task
        self.state = STATE_SUSPENDED if queue is None else STATE_SUSPENDED_RUNNABLE

    def set_running(self) -> None:
        self.state = STATE_RUNNING

    def mark_as_not_held(self) -> None:
        self.state &= ~STATE_HELD

    def mark_as_held(self) -> None:
        self.state |= STATE_HELD

    def mark_as_suspended(self) -> None:
        self.state |= STATE_SUSPENDED

    def mark_as_runnable(self) -> None:
        self.state |= STATE_RUNNABLE

    def is_held_or_suspended(self) -> bool:
        return self.state & STATE_HELD != 0 or self.state == STATE_SUSPENDED

    def run(self) -> TaskControlBlock | None:
        packet = None
        if self.state == STATE_SUSPENDED_RUNNABLE:
            packet = self.queue
            self.queue = packet.link
            self.state = STATE_RUNNING if self.queue is None else STATE_RUNNABLE
        return self.task.run(packet)

    def check_priority_add(self, running: TaskControlBlock, packet: Packet) -> TaskControlBlock:
        if self.queue is None:
            self.queue = packet
            self.mark_as_runnable()
            if self.priority > running.priority:
                return self
        else:
            self.queue = packet.add_to(self.queue)
        return running


class Task(ABC):
    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    @abstractmethod
    def run(self, packet: Packet | None) -> TaskControlBlock | None: ...


class IdleTask(Task):
    def __init__(self, scheduler: Scheduler, seed: int, count: int) -> None:
        super().__init__(scheduler)
        self.seed = seed
        self.count = count

    def run(self, packet: Packet | None) -> TaskControlBlock | None:
        self.count -= 1
        if self.count == 0:
            return self.scheduler.hold_current()
        if self.seed & 1 == 0:
            self.seed = self.seed >> 1
            return self.scheduler.release(ID_DEVICE_A)
        self.seed = (self.seed >> 1) ^ 0xD008
        return self.scheduler.release(ID_DEVICE_B)


class DeviceTask(Task):
    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self.pending: Packet | None = None

    def run(self, packet: Packet | None) -> TaskControlBlock | None:
        if packet is None:
            waiting = self.pending
            if waiting is None:
                return self.scheduler.suspend_current()
            self.pending = None
            return self.scheduler.queue(waiting)
        self.pending = packet
        return self.scheduler.hold_current()


class WorkerTask(Task):
    def __init__(self, scheduler: Scheduler, handler: int, letter: int) -> None:
        super().__init__(scheduler)
        self.handler = handler
        self.letter = letter

    def run(self, packet: Packet | None) -> TaskControlBlock | None:
        if packet is None:
            return self.scheduler.suspend_current()
        self.handler = ID_HANDLER_B if self.handler == ID_HANDLER_A else ID_HANDLER_A
        packet.ident = self.handler
        packet.datum = 0
        for i in range(DATA_SIZE):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = self.letter
        return self.scheduler.queue(packet)


class HandlerTask(Task):
    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self.work_queue: Packet | None = None
        self.device_queue: Packet | None = None

    def run(self, packet: Packet | None) -> TaskControlBlock | None:
        if packet is not None:
            if packet.kind == KIND_WORK:
                self.work_queue = packet.add_to(self.work_queue)
            else:
                self.device_queue = packet.add_to(self.device_queue)
        work = self.work_queue
        if work is not None:
            count = work.datum
            if count >= DATA_SIZE:
                self.work_queue = work.link
                return self.scheduler.queue(work)
            device = self.device_queue
            if device is not None:
                self.device_queue = device.link
                device.datum = work.data[count]
                work.datum = count + 1
                return self.scheduler.queue(device)
        return self.scheduler.suspend_current()


RESULTS = {
    100: 239_000_095,
    1_000: 2322_000_928,
    10_000: 23246_009_297,
    100_000: 232_625_093_050,
}


class Richards(Benchmark):
    def __init__(self, count: int) -> None:
        self.count = count

    def benchmark(self) -> int:
        scheduler = Scheduler()
        scheduler.add_running_task(ID_IDLE, 0, None, IdleTask(scheduler, 1, self.count))
        queue = Packet(None, ID_WORKER, KIND_WORK)
        queue = Packet(queue, ID_WORKER, KIND_WORK)
        scheduler.add_task(ID_WORKER, 1000, queue, WorkerTask(scheduler, ID_HANDLER_A, 0))
        queue = self.device_packets(ID_DEVICE_A)
        scheduler.add_task(ID_HANDLER_A, 2000, queue, HandlerTask(scheduler))
        queue = self.device_packets(ID_DEVICE_B)
        scheduler.add_task(ID_HANDLER_B, 3000, queue, HandlerTask(scheduler))
        scheduler.add_task(ID_DEVICE_A, 4000, None, DeviceTask(scheduler))
        scheduler.add_task(ID_DEVICE_B, 5000, None, DeviceTask(scheduler))
        scheduler.schedule()
        return scheduler.queue_count * 1_000_000 + scheduler.hold_count

    def device_packets(self, ident: int) -> Packet:
        queue = Packet(None, ident, KIND_DEVICE)
        queue = Packet(queue, ident, KIND_DEVICE)
        return Packet(queue, ident, KIND_DEVICE)

    def verify_result(self, result: int) -> bool:
        return RESULTS.get(self.count) == result


measure("richards", Richards)
