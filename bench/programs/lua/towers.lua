-- Towers: the towers of Hanoi, with disks that are linked objects.

local harness = require("harness")

local Disk = harness.class()

function Disk:init(size)
    self.size = size
    self.next = nil
end

local Towers = harness.class()

function Towers:init(disks)
    self.disks = disks
    self.piles = {}
    self.moves = 0
end

function Towers:benchmark()
    for i = 1, 3 do
        self.piles[i] = nil
    end
    for size = self.disks, 1, -1 do
        self:push(Disk(size), 1)
    end
    self.moves = 0
    self:move(self.disks, 1, 2)
    return self.moves
end

function Towers:push(disk, pile)
    local top = self.piles[pile]
    if top ~= nil and disk.size >= top.size then
        error("a large disk on a small one")
    end
    disk.next = top
    self.piles[pile] = disk
end

function Towers:pop(pile)
    local top = self.piles[pile]
    if top == nil then
        error("no disk on pile " .. pile)
    end
    self.piles[pile] = top.next
    top.next = nil
    return top
end

function Towers:moveTop(from, to)
    self:push(self:pop(from), to)
    self.moves = self.moves + 1
end

function Towers:move(count, from, to)
    if count == 1 then
        self:moveTop(from, to)
        return
    end
    local other = 6 - from - to
    self:move(count - 1, from, other)
    self:moveTop(from, to)
    self:move(count - 1, other, to)
end

function Towers:verifyResult(result)
    local piles = self.piles
    return result == 2 ^ self.disks - 1 and piles[1] == nil and piles[3] == nil and piles[2].size == 1
end

harness.measure("towers", Towers)
