-- Matrix multiplication of floats, row by row.

local harness = require("harness")

local function matrix(size, element)
    local m = {}
    for i = 1, size do
        m[i] = {}
        for j = 1, size do
            m[i][j] = element(i - 1, j - 1)
        end
    end
    return m
end

local function multiply(a, b)
    local size = #a
    local c = matrix(size, function() return 0.0 end)
    for i = 1, size do
        local aRow = a[i]
        local cRow = c[i]
        for k = 1, size do
            local factor = aRow[k]
            local bRow = b[k]
            for j = 1, size do
                cRow[j] = cRow[j] + factor * bRow[j]
            end
        end
    end
    return c
end

local function apply(m, v)
    local result = {}
    for i = 1, #v do
        local sum = 0.0
        for j = 1, #v do
            sum = sum + m[i][j] * v[j]
        end
        result[i] = sum
    end
    return result
end

local function total(v)
    local sum = 0.0
    for i = 1, #v do
        sum = sum + ((i - 1) % 5 + 1) * v[i]
    end
    return sum
end

local MatMul = harness.class()

function MatMul:init(size)
    self.a = matrix(size, function(i, j) return (i * 3 + j * 7) % 10 end)
    self.b = matrix(size, function(i, j) return (i * 5 + j * 2) % 11 end)
    self.probe = {}
    for i = 1, size do
        self.probe[i] = (i - 1) % 3 + 1
    end
end

function MatMul:benchmark()
    return total(apply(multiply(self.a, self.b), self.probe))
end

function MatMul:verifyResult(result)
    return result == total(apply(self.a, apply(self.b, self.probe)))
end

harness.measure("matmul", MatMul)
