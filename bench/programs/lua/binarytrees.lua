-- Binary trees: many short-lived trees and one that lives long, after The Computer Language Benchmarks Game.

local harness = require("harness")

local MIN_DEPTH = 4

local Tree = harness.class()

function Tree:init(left, right)
    self.left = left
    self.right = right
end

function Tree:count()
    if self.left == nil or self.right == nil then
        return 1
    end
    return 1 + self.left:count() + self.right:count()
end

function Tree.ofDepth(depth)
    if depth == 0 then
        return Tree(nil, nil)
    end
    return Tree(Tree.ofDepth(depth - 1), Tree.ofDepth(depth - 1))
end

local function nodes(depth)
    return 2 ^ (depth + 1) - 1
end

local BinaryTrees = harness.class()

function BinaryTrees:init(depth)
    self.depth = depth
end

function BinaryTrees:benchmark()
    local total = Tree.ofDepth(self.depth + 1):count()
    local longLived = Tree.ofDepth(self.depth)
    for each = MIN_DEPTH, self.depth, 2 do
        for _ = 1, 2 ^ (self.depth - each + MIN_DEPTH) do
            total = total + Tree.ofDepth(each):count()
        end
    end
    return total + longLived:count()
end

function BinaryTrees:verifyResult(result)
    local expected = nodes(self.depth + 1) + nodes(self.depth)
    for each = MIN_DEPTH, self.depth, 2 do
        expected = expected + nodes(each) * 2 ^ (self.depth - each + MIN_DEPTH)
    end
    return result == expected
end

harness.measure("binarytrees", BinaryTrees)
