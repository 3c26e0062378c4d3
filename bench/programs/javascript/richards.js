"use strict";

// Richards: the kernel of an operating system with six tasks, after Martin Richards.

const { Benchmark, measure } = require("./harness.js");

const ID_IDLE = 0;
const ID_WORKER = 1;
const ID_HANDLER_A = 2;
const ID_HANDLER_B = 3;
const ID_DEVICE_A = 4;
const ID_DEVICE_B = 5;
const NUMBER_OF_IDS = 6;

const KIND_DEVICE = 0;
const KIND_WORK = 1;

const STATE_RUNNING = 0;
const STATE_RUNNABLE = 1;
const STATE_SUSPENDED = 2;
const STATE_HELD = 4;
const STATE_SUSPENDED_RUNNABLE = 3;

const DATA_SIZE = 4;

class Packet {
    constructor(link, id, kind) {
        this.link = link;
        this.id = id;
        this.kind = kind;
        this.datum = 0;
        this.data = new Array(DATA_SIZE).fill(0);
    }

    addTo(queue) {
        this.link = null;
        if (queue === null) return this;
        let last = queue;
        while (last.link !== null) last = last.link;
        last.link = this;
        return queue;
    }
}

class Scheduler {
    constructor() {
        this.queueCount = 0;
        this.holdCount = 0;
        this.blocks = new Array(NUMBER_OF_IDS).fill(null);
        this.list = null;
        this.current = null;
        this.currentId = 0;
    }

    addRunningTask(id, priority, queue, task) {
        this.addTask(id, priority, queue, task);
        this.current.setRunning();
    }

    addTask(id, priority, queue, task) {
        this.current = new TaskControlBlock(this.list, id, priority, queue, task);
        this.list = this.current;
        this.blocks[id] = this.current;
    }

    schedule() {
        this.current = this.list;
        while (this.current !== null) {
            if (this.current.isHeldOrSuspended()) {
                this.current = this.current.link;
            } else {
                this.currentId = this.current.id;
                this.current = this.current.run();
            }
        }
    }

    release(id) {
        const block = this.blocks[id];
        if (block === null) return null;
        block.markAsNotHeld();
        return block.priority > this.current.priority ? block : this.current;
    }

    holdCurrent() {
        this.holdCount++;
        this.current.markAsHeld();
        return this.current.link;
    }

    suspendCurrent() {
        this.current.markAsSuspended();
        return this.current;
    }

    queue(packet) {
        const block = this.blocks[packet.id];
        if (block === null) return null;
        this.queueCount++;
        packet.link = null;
        packet.id = this.currentId;
        return block.checkPriorityAdd(this.current, packet);
    }
}

class TaskControlBlock {
    constructor(link, id, priority, queue, task) {
        this.link = link;
        this.id = id;
        this.priority = priority;
        this.queue = queue;
        this.task = task;
        this.state = queue === null ? STATE_SUSPENDED : STATE_SUSPENDED_RUNNABLE;
    }

    setRunning() { this.state = STATE_RUNNING; }
    markAsNotHeld() { this.state &= ~STATE_HELD; }
    markAsHeld() { this.state |= STATE_HELD; }
    markAsSuspended() { this.state |= STATE_SUSPENDED; }
    markAsRunnable() { this.state |= STATE_RUNNABLE; }
    isHeldOrSuspended() { return (this.state & STATE_HELD) !== 0 || this.state === STATE_SUSPENDED; }

    run() {
        let packet = null;
        if (this.state === STATE_SUSPENDED_RUNNABLE) {
            packet = this.queue;
            this.queue = packet.link;
            this.state = this.queue === null ? STATE_RUNNING : STATE_RUNNABLE;
        }
        return this.task.run(packet);
    }

    checkPriorityAdd(running, packet) {
        if (this.queue === null) {
            this.queue = packet;
            this.markAsRunnable();
            if (this.priority > running.priority) return this;
        } else {
            this.queue = packet.addTo(this.queue);
        }
        return running;
    }
}

class Task {
    constructor(scheduler) { this.scheduler = scheduler; }
}

class IdleTask extends Task {
    constructor(scheduler, seed, count) {
        super(scheduler);
        this.seed = seed;
        this.count = count;
    }

    run(packet) {
        this.count--;
        if (this.count === 0) return this.scheduler.holdCurrent();
        if ((this.seed & 1) === 0) {
            this.seed = this.seed >> 1;
            return this.scheduler.release(ID_DEVICE_A);
        }
        this.seed = (this.seed >> 1) ^ 0xD008;
        return this.scheduler.release(ID_DEVICE_B);
    }
}

class DeviceTask extends Task {
    constructor(scheduler) {
        super(scheduler);
        this.pending = null;
    }

    run(packet) {
        if (packet === null) {
            const waiting = this.pending;
            if (waiting === null) return this.scheduler.suspendCurrent();
            this.pending = null;
            return this.scheduler.queue(waiting);
        }
        this.pending = packet;
        return this.scheduler.holdCurrent();
    }
}

class WorkerTask extends Task {
    constructor(scheduler, handler, letter) {
        super(scheduler);
        this.handler = handler;
        this.letter = letter;
    }

    run(packet) {
        if (packet === null) return this.scheduler.suspendCurrent();
        this.handler = this.handler === ID_HANDLER_A ? ID_HANDLER_B : ID_HANDLER_A;
        packet.id = this.handler;
        packet.datum = 0;
        for (let i = 0; i < DATA_SIZE; i++) {
            this.letter++;
            if (this.letter > 26) this.letter = 1;
            packet.data[i] = this.letter;
        }
        return this.scheduler.queue(packet);
    }
}

class HandlerTask extends Task {
    constructor(scheduler) {
        super(scheduler);
        this.workQueue = null;
        this.deviceQueue = null;
    }

    run(packet) {
        if (packet !== null) {
            if (packet.kind === KIND_WORK) {
                this.workQueue = packet.addTo(this.workQueue);
            } else {
                this.deviceQueue = packet.addTo(this.deviceQueue);
            }
        }
        const work = this.workQueue;
        if (work !== null) {
            const count = work.datum;
            if (count >= DATA_SIZE) {
                this.workQueue = work.link;
                return this.scheduler.queue(work);
            }
            const device = this.deviceQueue;
            if (device !== null) {
                this.deviceQueue = device.link;
                device.datum = work.data[count];
                work.datum = count + 1;
                return this.scheduler.queue(device);
            }
        }
        return this.scheduler.suspendCurrent();
    }
}

const RESULTS = { 100: 239000095, 1000: 2322000928, 10000: 23246009297, 100000: 232625093050 };

function devicePackets(id) {
    let queue = new Packet(null, id, KIND_DEVICE);
    queue = new Packet(queue, id, KIND_DEVICE);
    return new Packet(queue, id, KIND_DEVICE);
}

class Richards extends Benchmark {
    constructor(count) {
        super();
        this.count = count;
    }

    benchmark() {
        const scheduler = new Scheduler();
        scheduler.addRunningTask(ID_IDLE, 0, null, new IdleTask(scheduler, 1, this.count));
        let queue = new Packet(null, ID_WORKER, KIND_WORK);
        queue = new Packet(queue, ID_WORKER, KIND_WORK);
        scheduler.addTask(ID_WORKER, 1000, queue, new WorkerTask(scheduler, ID_HANDLER_A, 0));
        queue = devicePackets(ID_DEVICE_A);
        scheduler.addTask(ID_HANDLER_A, 2000, queue, new HandlerTask(scheduler));
        queue = devicePackets(ID_DEVICE_B);
        scheduler.addTask(ID_HANDLER_B, 3000, queue, new HandlerTask(scheduler));
        scheduler.addTask(ID_DEVICE_A, 4000, null, new DeviceTask(scheduler));
        scheduler.addTask(ID_DEVICE_B, 5000, null, new DeviceTask(scheduler));
        scheduler.schedule();
        return scheduler.queueCount * 1000000 + scheduler.holdCount;
    }

    verifyResult(result) { return RESULTS[this.count] === result; }
}

measure("richards", (size) => new Richards(size));
