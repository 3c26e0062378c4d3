-- Richards: the kernel of an operating system with six tasks, after Martin Richards.

local bit = require("bit")
local harness = require("harness")

local band, bor, bxor, bnot, rshift = bit.band, bit.bor, bit.bxor, bit.bnot, bit.rshift
local class = harness.class

local ID_IDLE = 0
local ID_WORKER = 1
local ID_HANDLER_A = 2
local ID_HANDLER_B = 3
local ID_DEVICE_A = 4
local ID_DEVICE_B = 5

local KIND_DEVICE = 0
local KIND_WORK = 1

local STATE_RUNNING = 0
local STATE_RUNNABLE = 1
local STATE_SUSPENDED = 2
local STATE_HELD = 4
local STATE_SUSPENDED_RUNNABLE = 3

local DATA_SIZE = 4

local Packet = class()

function Packet:init(link, id, kind)
    self.link = link
    self.id = id
    self.kind = kind
    self.datum = 0
    self.data = { 0, 0, 0, 0 }
end

function Packet:addTo(queue)
    self.link = nil
    if queue == nil then
        return self
    end
    local last = queue
    while last.link ~= nil do
        last = last.link
    end
    last.link = self
    return queue
end

local TaskControlBlock = class()

function TaskControlBlock:init(link, id, priority, queue, task)
    self.link = link
    self.id = id
    self.priority = priority
    self.queue = queue
    self.task = task
    self.state = queue == nil and STATE_SUSPENDED or STATE_SUSPENDED_RUNNABLE
end

function TaskControlBlock:setRunning()
    self.state = STATE_RUNNING
end

function TaskControlBlock:markAsNotHeld()
    self.state = band(self.state, bnot(STATE_HELD))
end

function TaskControlBlock:markAsHeld()
    self.state = bor(self.state, STATE_HELD)
end

function TaskControlBlock:markAsSuspended()
    self.state = bor(self.state, STATE_SUSPENDED)
end

function TaskControlBlock:markAsRunnable()
    self.state = bor(self.state, STATE_RUNNABLE)
end

function TaskControlBlock:isHeldOrSuspended()
    return band(self.state, STATE_HELD) ~= 0 or self.state == STATE_SUSPENDED
end

function TaskControlBlock:run()
    local packet = nil
    if self.state == STATE_SUSPENDED_RUNNABLE then
        packet = self.queue
        self.queue = packet.link
        self.state = self.queue == nil and STATE_RUNNING or STATE_RUNNABLE
    end
    return self.task:run(packet)
end

function TaskControlBlock:checkPriorityAdd(running, packet)
    if self.queue == nil then
        self.queue = packet
        self:markAsRunnable()
        if self.priority > running.priority then
            return self
        end
    else
        self.queue = packet:addTo(self.queue)
    end
    return running
end

local Scheduler = class()

function Scheduler:init()
    self.queueCount = 0
    self.holdCount = 0
    self.blocks = {}
    self.list = nil
    self.current = nil
    self.currentId = 0
end

function Scheduler:addRunningTask(id, priority, queue, task)
    self:addTask(id, priority, queue, task)
    self.current:setRunning()
end

function Scheduler:addTask(id, priority, queue, task)
    self.current = TaskControlBlock(self.list, id, priority, queue, task)
    self.list = self.current
    self.blocks[id + 1] = self.current
end

function Scheduler:schedule()
    self.current = self.list
    while self.current ~= nil do
        if self.current:isHeldOrSuspended() then
            self.current = self.current.link
        else
            self.currentId = self.current.id
            self.current = self.current:run()
        end
    end
end

function Scheduler:release(id)
    local block = self.blocks[id + 1]
    if block == nil then
        return nil
    end
    block:markAsNotHeld()
    return block.priority > self.current.priority and block or self.current
end

function Scheduler:holdCurrent()
    self.holdCount = self.holdCount + 1
    self.current:markAsHeld()
    return self.current.link
end

function Scheduler:suspendCurrent()
    self.current:markAsSuspended()
    return self.current
end

function Scheduler:queue(packet)
    local block = self.blocks[packet.id + 1]
    if block == nil then
        return nil
    end
    self.queueCount = self.queueCount + 1
    packet.link = nil
    packet.id = self.currentId
    return block:checkPriorityAdd(self.current, packet)
end

local Task = class()

function Task:init(scheduler)
    self.scheduler = scheduler
end

local IdleTask = class(Task)

function IdleTask:init(scheduler, seed, count)
    Task.init(self, scheduler)
    self.seed = seed
    self.count = count
end

function IdleTask:run(_)
    self.count = self.count - 1
    if self.count == 0 then
        return self.scheduler:holdCurrent()
    end
    if band(self.seed, 1) == 0 then
        self.seed = rshift(self.seed, 1)
        return self.scheduler:release(ID_DEVICE_A)
    end
    self.seed = bxor(rshift(self.seed, 1), 0xD008)
    return self.scheduler:release(ID_DEVICE_B)
end

local DeviceTask = class(Task)

function DeviceTask:init(scheduler)
    Task.init(self, scheduler)
    self.pending = nil
end

function DeviceTask:run(packet)
    if packet == nil then
        local waiting = self.pending
        if waiting == nil then
            return self.scheduler:suspendCurrent()
        end
        self.pending = nil
        return self.scheduler:queue(waiting)
    end
    self.pending = packet
    return self.scheduler:holdCurrent()
end

local WorkerTask = class(Task)

function WorkerTask:init(scheduler, handler, letter)
    Task.init(self, scheduler)
    self.handler = handler
    self.letter = letter
end

function WorkerTask:run(packet)
    if packet == nil then
        return self.scheduler:suspendCurrent()
    end
    self.handler = self.handler == ID_HANDLER_A and ID_HANDLER_B or ID_HANDLER_A
    packet.id = self.handler
    packet.datum = 0
    for i = 1, DATA_SIZE do
        self.letter = self.letter + 1
        if self.letter > 26 then
            self.letter = 1
        end
        packet.data[i] = self.letter
    end
    return self.scheduler:queue(packet)
end

local HandlerTask = class(Task)

function HandlerTask:init(scheduler)
    Task.init(self, scheduler)
    self.workQueue = nil
    self.deviceQueue = nil
end

function HandlerTask:run(packet)
    if packet ~= nil then
        if packet.kind == KIND_WORK then
            self.workQueue = packet:addTo(self.workQueue)
        else
            self.deviceQueue = packet:addTo(self.deviceQueue)
        end
    end
    local work = self.workQueue
    if work ~= nil then
        local count = work.datum
        if count >= DATA_SIZE then
            self.workQueue = work.link
            return self.scheduler:queue(work)
        end
        local device = self.deviceQueue
        if device ~= nil then
            self.deviceQueue = device.link
            device.datum = work.data[count + 1]
            work.datum = count + 1
            return self.scheduler:queue(device)
        end
    end
    return self.scheduler:suspendCurrent()
end

local RESULTS = { [100] = 239000095, [1000] = 2322000928, [10000] = 23246009297, [100000] = 232625093050 }

local function devicePackets(id)
    local queue = Packet(nil, id, KIND_DEVICE)
    queue = Packet(queue, id, KIND_DEVICE)
    return Packet(queue, id, KIND_DEVICE)
end

local Richards = class()

function Richards:init(count)
    self.count = count
end

function Richards:benchmark()
    local scheduler = Scheduler()
    scheduler:addRunningTask(ID_IDLE, 0, nil, IdleTask(scheduler, 1, self.count))
    local queue = Packet(nil, ID_WORKER, KIND_WORK)
    queue = Packet(queue, ID_WORKER, KIND_WORK)
    scheduler:addTask(ID_WORKER, 1000, queue, WorkerTask(scheduler, ID_HANDLER_A, 0))
    queue = devicePackets(ID_DEVICE_A)
    scheduler:addTask(ID_HANDLER_A, 2000, queue, HandlerTask(scheduler))
    queue = devicePackets(ID_DEVICE_B)
    scheduler:addTask(ID_HANDLER_B, 3000, queue, HandlerTask(scheduler))
    scheduler:addTask(ID_DEVICE_A, 4000, nil, DeviceTask(scheduler))
    scheduler:addTask(ID_DEVICE_B, 5000, nil, DeviceTask(scheduler))
    scheduler:schedule()
    return scheduler.queueCount * 1000000 + scheduler.holdCount
end

function Richards:verifyResult(result)
    return RESULTS[self.count] == result
end

harness.measure("richards", Richards)
