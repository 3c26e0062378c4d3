-- Ping-pong: two coroutines that hand a number to each other over channels without room, with a scheduler.

local harness = require("harness")

local Scheduler = harness.class()

function Scheduler:init()
    self.ready = {}
    self.first = 1
    self.last = 0
end

function Scheduler:wake(thread)
    self.last = self.last + 1
    self.ready[self.last] = thread
end

function Scheduler:run()
    while self.first <= self.last do
        local thread = self.ready[self.first]
        self.ready[self.first] = nil
        self.first = self.first + 1
        assert(coroutine.resume(thread))
    end
end

local Channel = harness.class()

function Channel:init(scheduler)
    self.scheduler = scheduler
    self.sender = nil
    self.receiver = nil
    self.value = nil
end

function Channel:send(value)
    self.value = value
    local receiver = self.receiver
    if receiver ~= nil then
        self.receiver = nil
        self.scheduler:wake(receiver)
    else
        self.sender = coroutine.running()
        coroutine.yield()
    end
end

function Channel:receive()
    local sender = self.sender
    if sender ~= nil then
        self.sender = nil
        self.scheduler:wake(sender)
    else
        self.receiver = coroutine.running()
        coroutine.yield()
    end
    return self.value
end

local PingPong = harness.class()

function PingPong:init(rounds)
    self.rounds = rounds
end

function PingPong:benchmark()
    local scheduler = Scheduler()
    local ping = Channel(scheduler)
    local pong = Channel(scheduler)
    local value = 0
    scheduler:wake(coroutine.create(function()
        for _ = 1, self.rounds do
            pong:send(ping:receive() + 1)
        end
    end))
    scheduler:wake(coroutine.create(function()
        for _ = 1, self.rounds do
            ping:send(value)
            value = pong:receive()
        end
    end))
    scheduler:run()
    return value
end

function PingPong:verifyResult(result)
    return result == self.rounds
end

harness.measure("pingpong", PingPong)
