/** Richards: the kernel of an operating system with six tasks, after Martin Richards. */
final class Richards extends Benchmark {
    private static final int ID_IDLE = 0;
    private static final int ID_WORKER = 1;
    private static final int ID_HANDLER_A = 2;
    private static final int ID_HANDLER_B = 3;
    private static final int ID_DEVICE_A = 4;
    private static final int ID_DEVICE_B = 5;
    private static final int NUMBER_OF_IDS = 6;
    private static final int KIND_DEVICE = 0;
    private static final int KIND_WORK = 1;
    private static final int STATE_RUNNING = 0;
    private static final int STATE_RUNNABLE = 1;
    private static final int STATE_SUSPENDED = 2;
    private static final int STATE_HELD = 4;
    private static final int STATE_SUSPENDED_RUNNABLE = 3;
    private static final int DATA_SIZE = 4;

    private static final class Packet {
        Packet link;
        int id;
        final int kind;
        int datum = 0;
        final int[] data = new int[DATA_SIZE];

        Packet(Packet link, int id, int kind) {
            this.link = link;
            this.id = id;
            this.kind = kind;
        }

        Packet addTo(Packet queue) {
            link = null;
            if (queue == null) {
                return this;
            }
            Packet last = queue;
            while (last.link != null) {
                last = last.link;
            }
            last.link = this;
            return queue;
        }
    }

    private static final class Scheduler {
        int queueCount = 0;
        int holdCount = 0;
        private final TaskControlBlock[] blocks = new TaskControlBlock[NUMBER_OF_IDS];
        private TaskControlBlock list = null;
        private TaskControlBlock current = null;
        private int currentId = 0;

        void addRunningTask(int id, int priority, Packet queue, Task task) {
            addTask(id, priority, queue, task);
            current.setRunning();
        }

        void addTask(int id, int priority, Packet queue, Task task) {
            current = new TaskControlBlock(list, id, priority, queue, task);
            list = current;
            blocks[id] = current;
        }

        void schedule() {
            current = list;
            while (current != null) {
                if (current.isHeldOrSuspended()) {
                    current = current.link;
                } else {
                    currentId = current.id;
                    current = current.run();
                }
            }
        }

        TaskControlBlock release(int id) {
            TaskControlBlock block = blocks[id];
            if (block == null) {
                return null;
            }
            block.markAsNotHeld();
            return block.priority > current.priority ? block : current;
        }

        TaskControlBlock holdCurrent() {
            holdCount++;
            current.markAsHeld();
            return current.link;
        }

        TaskControlBlock suspendCurrent() {
            current.markAsSuspended();
            return current;
        }

        TaskControlBlock queue(Packet packet) {
            TaskControlBlock block = blocks[packet.id];
            if (block == null) {
                return null;
            }
            queueCount++;
            packet.link = null;
            packet.id = currentId;
            return block.checkPriorityAdd(current, packet);
        }
    }

    private static final class TaskControlBlock {
        final TaskControlBlock link;
        final int id;
        final int priority;
        private Packet queue;
        private final Task task;
        private int state;

        TaskControlBlock(TaskControlBlock link, int id, int priority, Packet queue, Task task) {
            this.link = link;
            this.id = id;
            this.priority = priority;
            this.queue = queue;
            this.task = task;
            state = queue == null ? STATE_SUSPENDED : STATE_SUSPENDED_RUNNABLE;
        }

        void setRunning() {
            state = STATE_RUNNING;
        }

        void markAsNotHeld() {
            state &= ~STATE_HELD;
        }

        void markAsHeld() {
            state |= STATE_HELD;
        }

        void markAsSuspended() {
            state |= STATE_SUSPENDED;
        }

        void markAsRunnable() {
            state |= STATE_RUNNABLE;
        }

        boolean isHeldOrSuspended() {
            return (state & STATE_HELD) != 0 || state == STATE_SUSPENDED;
        }

        TaskControlBlock run() {
            Packet packet = null;
            if (state == STATE_SUSPENDED_RUNNABLE) {
                packet = queue;
                queue = packet.link;
                state = queue == null ? STATE_RUNNING : STATE_RUNNABLE;
            }
            return task.run(packet);
        }

        TaskControlBlock checkPriorityAdd(TaskControlBlock running, Packet packet) {
            if (queue == null) {
                queue = packet;
                markAsRunnable();
                if (priority > running.priority) {
                    return this;
                }
            } else {
                queue = packet.addTo(queue);
            }
            return running;
        }
    }

    private abstract static class Task {
        final Scheduler scheduler;

        Task(Scheduler scheduler) {
            this.scheduler = scheduler;
        }

        abstract TaskControlBlock run(Packet packet);
    }

    private static final class IdleTask extends Task {
        private int seed;
        private int count;

        IdleTask(Scheduler scheduler, int seed, int count) {
            super(scheduler);
            this.seed = seed;
            this.count = count;
        }

        @Override
        TaskControlBlock run(Packet packet) {
            count--;
            if (count == 0) {
                return scheduler.holdCurrent();
            }
            if ((seed & 1) == 0) {
                seed = seed >> 1;
                return scheduler.release(ID_DEVICE_A);
            }
            seed = (seed >> 1) ^ 0xD008;
            return scheduler.release(ID_DEVICE_B);
        }
    }

    private static final class DeviceTask extends Task {
        private Packet pending = null;

        DeviceTask(Scheduler scheduler) {
            super(scheduler);
        }

        @Override
        TaskControlBlock run(Packet packet) {
            if (packet == null) {
                Packet waiting = pending;
                if (waiting == null) {
                    return scheduler.suspendCurrent();
                }
                pending = null;
                return scheduler.queue(waiting);
            }
            pending = packet;
            return scheduler.holdCurrent();
        }
    }

    private static final class WorkerTask extends Task {
        private int handler;
        private int letter;

        WorkerTask(Scheduler scheduler, int handler, int letter) {
            super(scheduler);
            this.handler = handler;
            this.letter = letter;
        }

        @Override
        TaskControlBlock run(Packet packet) {
            if (packet == null) {
                return scheduler.suspendCurrent();
            }
            handler = handler == ID_HANDLER_A ? ID_HANDLER_B : ID_HANDLER_A;
            packet.id = handler;
            packet.datum = 0;
            for (int i = 0; i < DATA_SIZE; i++) {
                letter++;
                if (letter > 26) {
                    letter = 1;
                }
                packet.data[i] = letter;
            }
            return scheduler.queue(packet);
        }
    }

    private static final class HandlerTask extends Task {
        private Packet workQueue = null;
        private Packet deviceQueue = null;

        HandlerTask(Scheduler scheduler) {
            super(scheduler);
        }

        @Override
        TaskControlBlock run(Packet packet) {
            if (packet != null) {
                if (packet.kind == KIND_WORK) {
                    workQueue = packet.addTo(workQueue);
                } else {
                    deviceQueue = packet.addTo(deviceQueue);
                }
            }
            Packet work = workQueue;
            if (work != null) {
                int count = work.datum;
                if (count >= DATA_SIZE) {
                    workQueue = work.link;
                    return scheduler.queue(work);
                }
                Packet device = deviceQueue;
                if (device != null) {
                    deviceQueue = device.link;
                    device.datum = work.data[count];
                    work.datum = count + 1;
                    return scheduler.queue(device);
                }
            }
            return scheduler.suspendCurrent();
        }
    }

    private final int count;

    Richards(int count) {
        this.count = count;
    }

    @Override
    long benchmark() {
        Scheduler scheduler = new Scheduler();
        scheduler.addRunningTask(ID_IDLE, 0, null, new IdleTask(scheduler, 1, count));
        Packet queue = new Packet(null, ID_WORKER, KIND_WORK);
        queue = new Packet(queue, ID_WORKER, KIND_WORK);
        scheduler.addTask(ID_WORKER, 1000, queue, new WorkerTask(scheduler, ID_HANDLER_A, 0));
        queue = devicePackets(ID_DEVICE_A);
        scheduler.addTask(ID_HANDLER_A, 2000, queue, new HandlerTask(scheduler));
        queue = devicePackets(ID_DEVICE_B);
        scheduler.addTask(ID_HANDLER_B, 3000, queue, new HandlerTask(scheduler));
        scheduler.addTask(ID_DEVICE_A, 4000, null, new DeviceTask(scheduler));
        scheduler.addTask(ID_DEVICE_B, 5000, null, new DeviceTask(scheduler));
        scheduler.schedule();
        return scheduler.queueCount * 1_000_000L + scheduler.holdCount;
    }

    private static Packet devicePackets(int id) {
        Packet queue = new Packet(null, id, KIND_DEVICE);
        queue = new Packet(queue, id, KIND_DEVICE);
        return new Packet(queue, id, KIND_DEVICE);
    }

    @Override
    boolean verifyResult(long result) {
        return switch (count) {
            case 100 -> result == 239_000_095L;
            case 1_000 -> result == 2322_000_928L;
            case 10_000 -> result == 23246_009_297L;
            case 100_000 -> result == 232_625_093_050L;
            default -> false;
        };
    }

    public static void main(String[] args) {
        measure("richards", args, Richards::new);
    }
}
