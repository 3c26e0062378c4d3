/* Richards: the kernel of an operating system with six tasks, after Martin Richards. */

#include "harness.h"

const char *const benchmark_name = "richards";

enum { ID_IDLE, ID_WORKER, ID_HANDLER_A, ID_HANDLER_B, ID_DEVICE_A, ID_DEVICE_B, NUMBER_OF_IDS };
enum { KIND_DEVICE, KIND_WORK };
enum { STATE_RUNNING = 0, STATE_RUNNABLE = 1, STATE_SUSPENDED = 2, STATE_HELD = 4, STATE_SUSPENDED_RUNNABLE = 3 };
enum { DATA_SIZE = 4 };

typedef struct Packet {
    struct Packet *link;
    int id, kind, datum;
    int data[DATA_SIZE];
} Packet;

typedef struct Task Task;

typedef struct TaskControlBlock {
    struct TaskControlBlock *link;
    int id, priority;
    Packet *queue;
    Task *task;
    int state;
} TaskControlBlock;

typedef struct {
    int64_t queue_count, hold_count;
    TaskControlBlock *blocks[NUMBER_OF_IDS];
    TaskControlBlock *list, *current;
    int current_id;
} Scheduler;

struct Task {
    TaskControlBlock *(*run)(Task *self, Packet *packet);
    Scheduler *scheduler;
};

static Packet *new_packet(Packet *link, int id, int kind) {
    Packet *packet = allocate(sizeof(Packet));
    packet->link = link;
    packet->id = id;
    packet->kind = kind;
    return packet;
}

static Packet *packet_add_to(Packet *self, Packet *queue) {
    self->link = NULL;
    if (queue == NULL) return self;
    Packet *last = queue;
    while (last->link != NULL) last = last->link;
    last->link = self;
    return queue;
}

static bool is_held_or_suspended(const TaskControlBlock *self) {
    return (self->state & STATE_HELD) != 0 || self->state == STATE_SUSPENDED;
}

static TaskControlBlock *block_run(TaskControlBlock *self) {
    Packet *packet = NULL;
    if (self->state == STATE_SUSPENDED_RUNNABLE) {
        packet = self->queue;
        self->queue = packet->link;
        self->state = self->queue == NULL ? STATE_RUNNING : STATE_RUNNABLE;
    }
    return self->task->run(self->task, packet);
}

static TaskControlBlock *check_priority_add(TaskControlBlock *self, TaskControlBlock *running, Packet *packet) {
    if (self->queue == NULL) {
        self->queue = packet;
        self->state |= STATE_RUNNABLE;
        if (self->priority > running->priority) return self;
    } else {
        self->queue = packet_add_to(packet, self->queue);
    }
    return running;
}

static void add_task(Scheduler *self, int id, int priority, Packet *queue, Task *task) {
    TaskControlBlock *block = allocate(sizeof(TaskControlBlock));
    *block = (TaskControlBlock){
        self->list, id, priority, queue, task, queue == NULL ? STATE_SUSPENDED : STATE_SUSPENDED_RUNNABLE};
    self->current = self->list = self->blocks[id] = block;
}

static void add_running_task(Scheduler *self, int id, int priority, Packet *queue, Task *task) {
    add_task(self, id, priority, queue, task);
    self->current->state = STATE_RUNNING;
}

static void schedule(Scheduler *self) {
    self->current = self->list;
    while (self->current != NULL) {
        if (is_held_or_suspended(self->current)) {
            self->current = self->current->link;
        } else {
            self->current_id = self->current->id;
            self->current = block_run(self->current);
        }
    }
}

static TaskControlBlock *release(Scheduler *self, int id) {
    TaskControlBlock *block = self->blocks[id];
    if (block == NULL) return NULL;
    block->state &= ~STATE_HELD;
    return block->priority > self->current->priority ? block : self->current;
}

static TaskControlBlock *hold_current(Scheduler *self) {
    self->hold_count++;
    self->current->state |= STATE_HELD;
    return self->current->link;
}

static TaskControlBlock *suspend_current(Scheduler *self) {
    self->current->state |= STATE_SUSPENDED;
    return self->current;
}

static TaskControlBlock *queue_packet(Scheduler *self, Packet *packet) {
    TaskControlBlock *block = self->blocks[packet->id];
    if (block == NULL) return NULL;
    self->queue_count++;
    packet->link = NULL;
    packet->id = self->current_id;
    return check_priority_add(block, self->current, packet);
}

typedef struct {
    Task base;
    int seed, count;
} IdleTask;

static TaskControlBlock *idle_run(Task *base, Packet *packet) {
    IdleTask *self = (IdleTask *)base;
    (void)packet;
    self->count--;
    if (self->count == 0) return hold_current(base->scheduler);
    if ((self->seed & 1) == 0) {
        self->seed = self->seed >> 1;
        return release(base->scheduler, ID_DEVICE_A);
    }
    self->seed = (self->seed >> 1) ^ 0xD008;
    return release(base->scheduler, ID_DEVICE_B);
}

typedef struct {
    Task base;
    Packet *pending;
} DeviceTask;

static TaskControlBlock *device_run(Task *base, Packet *packet) {
    DeviceTask *self = (DeviceTask *)base;
    if (packet == NULL) {
        Packet *waiting = self->pending;
        if (waiting == NULL) return suspend_current(base->scheduler);
        self->pending = NULL;
        return queue_packet(base->scheduler, waiting);
    }
    self->pending = packet;
    return hold_current(base->scheduler);
}

typedef struct {
    Task base;
    int handler, letter;
} WorkerTask;

static TaskControlBlock *worker_run(Task *base, Packet *packet) {
    WorkerTask *self = (WorkerTask *)base;
    if (packet == NULL) return suspend_current(base->scheduler);
    self->handler = self->handler == ID_HANDLER_A ? ID_HANDLER_B : ID_HANDLER_A;
    packet->id = self->handler;
    packet->datum = 0;
    for (int i = 0; i < DATA_SIZE; i++) {
        self->letter++;
        if (self->letter > 26) self->letter = 1;
        packet->data[i] = self->letter;
    }
    return queue_packet(base->scheduler, packet);
}

typedef struct {
    Task base;
    Packet *work_queue, *device_queue;
} HandlerTask;

static TaskControlBlock *handler_run(Task *base, Packet *packet) {
    HandlerTask *self = (HandlerTask *)base;
    if (packet != NULL) {
        if (packet->kind == KIND_WORK) {
            self->work_queue = packet_add_to(packet, self->work_queue);
        } else {
            self->device_queue = packet_add_to(packet, self->device_queue);
        }
    }
    Packet *work = self->work_queue;
    if (work != NULL) {
        int count = work->datum;
        if (count >= DATA_SIZE) {
            self->work_queue = work->link;
            return queue_packet(base->scheduler, work);
        }
        Packet *device = self->device_queue;
        if (device != NULL) {
            self->device_queue = device->link;
            device->datum = work->data[count];
            work->datum = count + 1;
            return queue_packet(base->scheduler, device);
        }
    }
    return suspend_current(base->scheduler);
}

static Task *new_task(size_t size, Scheduler *scheduler, TaskControlBlock *(*run)(Task *, Packet *)) {
    Task *task = allocate(size);
    task->run = run;
    task->scheduler = scheduler;
    return task;
}

static Packet *device_packets(int id) {
    Packet *queue = new_packet(NULL, id, KIND_DEVICE);
    queue = new_packet(queue, id, KIND_DEVICE);
    return new_packet(queue, id, KIND_DEVICE);
}

static int count;

void prepare(int size) { count = size; }

int64_t benchmark(void) {
    Scheduler *scheduler = allocate(sizeof(Scheduler));
    IdleTask *idle = (IdleTask *)new_task(sizeof(IdleTask), scheduler, idle_run);
    idle->seed = 1;
    idle->count = count;
    add_running_task(scheduler, ID_IDLE, 0, NULL, &idle->base);
    Packet *queue = new_packet(NULL, ID_WORKER, KIND_WORK);
    queue = new_packet(queue, ID_WORKER, KIND_WORK);
    WorkerTask *worker = (WorkerTask *)new_task(sizeof(WorkerTask), scheduler, worker_run);
    worker->handler = ID_HANDLER_A;
    add_task(scheduler, ID_WORKER, 1000, queue, &worker->base);
    queue = device_packets(ID_DEVICE_A);
    add_task(scheduler, ID_HANDLER_A, 2000, queue, new_task(sizeof(HandlerTask), scheduler, handler_run));
    queue = device_packets(ID_DEVICE_B);
    add_task(scheduler, ID_HANDLER_B, 3000, queue, new_task(sizeof(HandlerTask), scheduler, handler_run));
    add_task(scheduler, ID_DEVICE_A, 4000, NULL, new_task(sizeof(DeviceTask), scheduler, device_run));
    add_task(scheduler, ID_DEVICE_B, 5000, NULL, new_task(sizeof(DeviceTask), scheduler, device_run));
    schedule(scheduler);
    return scheduler->queue_count * 1000000 + scheduler->hold_count;
}

bool verify_result(int64_t result) {
    switch (count) {
        case 100: return result == 239000095;
        case 1000: return result == 2322000928;
        case 10000: return result == 23246009297;
        case 100000: return result == 232625093050;
        default: return false;
    }
}
