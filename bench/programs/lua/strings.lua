-- Strings: a text is built piece by piece, split, taken apart, replaced and searched.

local harness = require("harness")

local Strings = harness.class()

function Strings:init(size)
    self.size = size
end

local function split(text, separator)
    local parts = {}
    local start = 1
    while true do
        local at = text:find(separator, start, true)
        if at == nil then
            parts[#parts + 1] = text:sub(start)
            return parts
        end
        parts[#parts + 1] = text:sub(start, at - 1)
        start = at + #separator
    end
end

function Strings:benchmark()
    local text = self:build()
    local sum = 0
    local out = {}
    local parts = split(text, ",")
    for i = 1, #parts do
        local part = parts[i]
        local colon = part:find(":", 1, true)
        sum = sum + tonumber(part:sub(colon + 1))
        out[#out + 1] = part:sub(1, colon - 1):upper()
        out[#out + 1] = ";"
    end
    local replaced = table.concat(out):gsub(";", ", ")
    return sum * 1000 + self:count(replaced, "ITEM1") % 1000 + #replaced
end

function Strings:build()
    local out = {}
    for i = 0, self.size - 1 do
        if i > 0 then
            out[#out + 1] = ","
        end
        out[#out + 1] = "item" .. i % 100 .. ":"
        out[#out + 1] = tostring(i)
    end
    return table.concat(out)
end

function Strings:count(text, part)
    local found = 0
    local at = text:find(part, 1, true)
    while at ~= nil do
        found = found + 1
        at = text:find(part, at + #part, true)
    end
    return found
end

function Strings:verifyResult(result)
    local ones, length = 0, 0
    for i = 0, self.size - 1 do
        local n = i % 100
        if n == 1 or (n >= 10 and n < 20) then
            ones = ones + 1
        end
        length = length + (n < 10 and 7 or 8)
    end
    return result == self.size * (self.size - 1) / 2 * 1000 + ones % 1000 + length
end

harness.measure("strings", Strings)
