-- Fannkuch: flips of pancakes over all permutations, after The Computer Language Benchmarks Game.

local harness = require("harness")

local RESULTS = { [6] = 49010, [7] = 228016, [8] = 1616022, [9] = 8629030, [10] = 73196038 }

local Fannkuch = harness.class()

-- The tables are indexed from 0, as the numbers in them are.
function Fannkuch:init(size)
    self.size = size
    self.first = {}
    self.flipped = {}
    self.counts = {}
    for i = 0, size - 1 do
        self.first[i] = 0
        self.flipped[i] = 0
        self.counts[i] = 0
    end
end

function Fannkuch:benchmark()
    local size = self.size
    for i = 0, size - 1 do
        self.first[i] = i
    end
    local left = size
    local checksum = 0
    local maxFlips = 0
    local isEven = true
    while true do
        while left > 1 do
            self.counts[left - 1] = left
            left = left - 1
        end
        local flips = self:countFlips()
        if flips > maxFlips then
            maxFlips = flips
        end
        checksum = checksum + (isEven and flips or -flips)
        isEven = not isEven
        left = self:nextPermutation()
        if left == size then
            return checksum * 1000 + maxFlips
        end
    end
end

function Fannkuch:countFlips()
    local first, flipped = self.first, self.flipped
    local flips = 0
    for i = 0, self.size - 1 do
        flipped[i] = first[i]
    end
    local top = flipped[0]
    while top ~= 0 do
        local low = 0
        local high = top
        while low < high do
            local kept = flipped[low]
            flipped[low] = flipped[high]
            flipped[high] = kept
            low = low + 1
            high = high - 1
        end
        flips = flips + 1
        top = flipped[0]
    end
    return flips
end

function Fannkuch:nextPermutation()
    local first, counts = self.first, self.counts
    local left = 1
    while left < self.size do
        local kept = first[0]
        for i = 0, left - 1 do
            first[i] = first[i + 1]
        end
        first[left] = kept
        counts[left] = counts[left] - 1
        if counts[left] > 0 then
            return left
        end
        left = left + 1
    end
    return left
end

function Fannkuch:verifyResult(result)
    return RESULTS[self.size] == result
end

harness.measure("fannkuch", Fannkuch)
