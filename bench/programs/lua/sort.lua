-- Sort: quicksort of integers in place, and merge sort of objects by a function that compares them.

local harness = require("harness")

local floor = math.floor

local function quicksort(items, from, to)
    local low = from
    local high = to
    local pivot = items[floor((from + to) / 2)]
    while low <= high do
        while items[low] < pivot do
            low = low + 1
        end
        while items[high] > pivot do
            high = high - 1
        end
        if low <= high then
            local kept = items[low]
            items[low] = items[high]
            items[high] = kept
            low = low + 1
            high = high - 1
        end
    end
    if from < high then
        quicksort(items, from, high)
    end
    if low < to then
        quicksort(items, low, to)
    end
end

local Record = harness.class()

function Record:init(key, index)
    self.key = key
    self.index = index
end

-- Sorts from `from` to `to` without it.
local function mergesort(items, space, from, to, before)
    if to - from < 2 then
        return
    end
    local middle = floor((from + to) / 2)
    mergesort(items, space, from, middle, before)
    mergesort(items, space, middle, to, before)
    local left = from
    local right = middle
    for at = from, to - 1 do
        if left < middle and (right >= to or not before(items[right], items[left])) then
            space[at] = items[left]
            left = left + 1
        else
            space[at] = items[right]
            right = right + 1
        end
    end
    for at = from, to - 1 do
        items[at] = space[at]
    end
end

local Sort = harness.class()

function Sort:init(size)
    local random = harness.Random()
    self.numbers = {}
    for i = 1, size do
        self.numbers[i] = random:next(1000000)
    end
end

function Sort:benchmark()
    local numbers = self.numbers
    local size = #numbers
    local sorted, records, space = {}, {}, {}
    for i = 1, size do
        sorted[i] = numbers[i]
    end
    quicksort(sorted, 1, size)
    for i = 1, size do
        records[i] = Record(numbers[i] % 1000, i - 1)
        space[i] = records[i]
    end
    mergesort(records, space, 1, size + 1, function(a, b) return a.key < b.key end)
    local total = 0
    for i = 1, size do
        total = total + ((i - 1) % 7 + 1) * sorted[i] + ((i - 1) % 5 + 1) * records[i].key
    end
    self.sorted = sorted
    self.records = records
    return total
end

function Sort:verifyResult(result)
    local expected, actual = 0, 0
    for i = 1, #self.numbers do
        expected = expected + self.numbers[i]
        actual = actual + self.sorted[i]
        if i > 1 then
            if self.sorted[i - 1] > self.sorted[i] then
                return false
            end
            local a = self.records[i - 1]
            local b = self.records[i]
            if a.key > b.key or (a.key == b.key and a.index >= b.index) then
                return false
            end
        end
    end
    return actual == expected and result > 0
end

harness.measure("sort", Sort)
