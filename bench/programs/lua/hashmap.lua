-- Hash maps: insertions, look-ups and removals, with integers and with strings as keys.
--
-- Integer keys lie in the array part of a table, so this is what Lua does, not what a hash table costs.

local harness = require("harness")

local HashMix = harness.class()

function HashMix:init(size)
    local random = harness.Random()
    self.keys = {}
    for i = 1, size do
        self.keys[i] = random:next(size)
    end
end

function HashMix:benchmark()
    return self:integers() * 1000000 + self:strings()
end

function HashMix:integers()
    local keys = self.keys
    local counts = {}
    for i = 1, #keys do
        counts[keys[i]] = (counts[keys[i]] or 0) + 1
    end
    for i = 1, #keys do
        if keys[i] % 3 == 0 then
            counts[keys[i]] = nil
        end
    end
    local hits = 0
    for key = 0, #keys - 1 do
        hits = hits + (counts[key] or 0)
    end
    return hits
end

function HashMix:strings()
    local keys = self.keys
    local places = {}
    local again = 0
    for i = 1, #keys do
        local name = "key " .. keys[i] % 1000
        if places[name] then
            again = again + 1
        else
            places[name] = i - 1
        end
    end
    local total = again
    for _, place in pairs(places) do
        total = total + place
    end
    return total % 1000000
end

function HashMix:verifyResult(result)
    local hits, total = 0, 0
    local isMet = {}
    for i = 1, #self.keys do
        if self.keys[i] % 3 ~= 0 then
            hits = hits + 1
        end
        local name = self.keys[i] % 1000
        total = total + (isMet[name] and 1 or i - 1)
        isMet[name] = true
    end
    return result == hits * 1000000 + total % 1000000
end

harness.measure("hashmap", HashMix)
