-- Runs a benchmark some times and prints how long each iteration took; for LuaJIT.

local ffi = require("ffi")

ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } bench_time;
int clock_gettime(int clock, bench_time *time);
]]

local CLOCK_MONOTONIC = 1
local now = ffi.new("bench_time")

local function microseconds()
    ffi.C.clock_gettime(CLOCK_MONOTONIC, now)
    return tonumber(now.seconds) * 1e6 + tonumber(now.nanoseconds) / 1e3
end

local harness = {}

-- A class, with single inheritance; its objects are made by calling it, which calls `init`.
function harness.class(parent)
    local class = {}
    class.__index = class
    setmetatable(class, {
        __index = parent,
        __call = function(_, ...)
            local object = setmetatable({}, class)
            object:init(...)
            return object
        end,
    })
    return class
end

-- Numbers that look random and are the same in every language (Park and Miller's generator).
local Random = harness.class()
harness.Random = Random

function Random:init()
    self.seed = 42
end

function Random:next(bound)
    self.seed = self.seed * 16807 % 2147483647
    return self.seed % bound
end

function harness.measure(name, make)
    if #arg ~= 2 then
        io.stderr:write("usage: ", name, " ITERATIONS SIZE\n")
        os.exit(2)
    end
    local benchmark = make(tonumber(arg[2]))
    local result = 0
    for _ = 1, tonumber(arg[1]) do
        local started = microseconds()
        result = benchmark:benchmark()
        local elapsed = microseconds() - started
        if not benchmark:verifyResult(result) then
            io.stderr:write(string.format("%s: wrong result %.0f for size %s\n", name, result, arg[2]))
            os.exit(1)
        end
        io.write(string.format("%s: iterations=1 runtime: %.0fus\n", name, elapsed))
        io.flush()
    end
    io.write(string.format("%s: result=%.0f\n", name, result))
end

return harness
