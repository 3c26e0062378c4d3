-- Queens: all ways to put n queens on a board of n by n so that none attacks another.

local harness = require("harness")

local RESULTS = { [4] = 2, [5] = 10, [6] = 4, [7] = 40, [8] = 92, [9] = 352, [10] = 724, [11] = 2680, [12] = 14200 }

local Board = harness.class()

local function allFree(size)
    local free = {}
    for i = 1, size do
        free[i] = true
    end
    return free
end

function Board:init(size)
    self.size = size
    self.freeRows = allFree(size)
    self.freeRising = allFree(2 * size)
    self.freeFalling = allFree(2 * size)
end

function Board:solutions(column)
    if column > self.size then
        return 1
    end
    local found = 0
    for row = 1, self.size do
        if self:isFree(row, column) then
            self:mark(row, column, false)
            found = found + self:solutions(column + 1)
            self:mark(row, column, true)
        end
    end
    return found
end

function Board:isFree(row, column)
    return self.freeRows[row] and self.freeRising[row + column] and self.freeFalling[row - column + self.size]
end

function Board:mark(row, column, free)
    self.freeRows[row] = free
    self.freeRising[row + column] = free
    self.freeFalling[row - column + self.size] = free
end

local Queens = harness.class()

function Queens:init(size)
    self.size = size
end

function Queens:benchmark()
    return Board(self.size):solutions(1)
end

function Queens:verifyResult(result)
    return RESULTS[self.size] == result
end

harness.measure("queens", Queens)
