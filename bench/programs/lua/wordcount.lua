-- Word count: how often each word occurs in a large text, and the words that do most often.

local harness = require("harness")

local byte, sub, char, floor = string.byte, string.sub, string.char, math.floor

local VOCABULARY = 2000
local TOP = 10

local Entry = harness.class()

function Entry:init(word, count)
    self.word = word
    self.count = count
end

local function newWord(number, random)
    local out = {}
    for _ = 1, random:next(6) do
        out[#out + 1] = char(97 + random:next(16))
    end
    local rest = number
    repeat
        out[#out + 1] = char(113 + rest % 10)
        rest = floor(rest / 10)
    until rest == 0
    return table.concat(out)
end

local WordCount = harness.class()

function WordCount:init(size)
    self.vocabulary = {}
    self.expected = {}
    self.found = {}
    self.top = {}
    local random = harness.Random()
    for i = 0, VOCABULARY - 1 do
        self.vocabulary[i] = newWord(i, random)
        self.expected[i] = 0
    end
    local out = {}
    for i = 0, size - 1 do
        local place = floor(random:next(VOCABULARY) * random:next(1000) / 1000)
        place = floor(place * random:next(1000) / 1000)
        self.expected[place] = self.expected[place] + 1
        local word = self.vocabulary[place]
        if i % 12 == 0 then
            out[#out + 1] = sub(word, 1, 1):upper()
            out[#out + 1] = sub(word, 2)
        else
            out[#out + 1] = word
        end
        out[#out + 1] = i % 12 == 11 and ".\n" or i % 5 == 4 and ", " or " "
    end
    self.text = table.concat(out)
end

function WordCount:benchmark()
    self.found = self:counts()
    local entries = {}
    for word, count in pairs(self.found) do
        entries[#entries + 1] = Entry(word, count)
    end
    table.sort(entries, function(a, b)
        return a.count > b.count or (a.count == b.count and a.word < b.word)
    end)
    self.top = {}
    local total = 0
    for i = 1, math.min(TOP, #entries) do
        self.top[i] = entries[i]
        total = total + i * entries[i].count
    end
    return total * 10000 + #entries
end

function WordCount:counts()
    local lowered = self.text:lower()
    local counts = {}
    local start = 0
    for i = 1, #lowered do
        local c = byte(lowered, i)
        if c >= 97 and c <= 122 then
            if start == 0 then
                start = i
            end
        elseif start > 0 then
            local word = sub(lowered, start, i - 1)
            counts[word] = (counts[word] or 0) + 1
            start = 0
        end
    end
    return counts
end

function WordCount:verifyResult(result)
    local different = 0
    for i = 0, VOCABULARY - 1 do
        if (self.found[self.vocabulary[i]] or 0) ~= self.expected[i] then
            return false
        end
        if self.expected[i] > 0 then
            different = different + 1
        end
    end
    for i = 2, #self.top do
        if self.top[i - 1].count < self.top[i].count then
            return false
        end
    end
    return result % 10000 == different
end

harness.measure("wordcount", WordCount)
