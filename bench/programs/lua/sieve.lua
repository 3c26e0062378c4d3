-- Sieve: how many primes there are up to n, after Eratosthenes.

local harness = require("harness")

local RESULTS = { [1000] = 168, [10000] = 1229, [100000] = 9592, [1000000] = 78498, [10000000] = 664579 }

local Sieve = harness.class()

function Sieve:init(size)
    self.size = size
end

function Sieve:benchmark()
    local size = self.size
    local composite = {}
    for i = 1, size do
        composite[i] = false
    end
    local count = 0
    for i = 2, size do
        if not composite[i] then
            count = count + 1
            local multiple = i + i
            while multiple <= size do
                composite[multiple] = true
                multiple = multiple + i
            end
        end
    end
    return count
end

function Sieve:verifyResult(result)
    return RESULTS[self.size] == result
end

harness.measure("sieve", Sieve)
