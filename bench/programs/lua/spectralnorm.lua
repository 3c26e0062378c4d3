-- Spectral norm: the largest singular value of an infinite matrix, by the power method.

local harness = require("harness")

local function element(i, j)
    return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1)
end

local function multiply(v, into)
    for i = 1, #v do
        local sum = 0.0
        for j = 1, #v do
            sum = sum + element(i - 1, j - 1) * v[j]
        end
        into[i] = sum
    end
end

local function multiplyTransposed(v, into)
    for i = 1, #v do
        local sum = 0.0
        for j = 1, #v do
            sum = sum + element(j - 1, i - 1) * v[j]
        end
        into[i] = sum
    end
end

local SpectralNorm = harness.class()

function SpectralNorm:init(size)
    self.size = size
end

function SpectralNorm:benchmark()
    local u, v, between = {}, {}, {}
    for i = 1, self.size do
        u[i] = 1.0
        v[i] = 0.0
        between[i] = 0.0
    end
    for _ = 1, 10 do
        multiply(u, between)
        multiplyTransposed(between, v)
        multiply(v, between)
        multiplyTransposed(between, u)
    end
    local uv, vv = 0.0, 0.0
    for i = 1, self.size do
        uv = uv + u[i] * v[i]
        vv = vv + v[i] * v[i]
    end
    return math.floor(math.sqrt(uv / vv) * 1.0e9)
end

function SpectralNorm:verifyResult(result)
    return math.abs(result - 1274224153) < 4000000
end

harness.measure("spectralnorm", SpectralNorm)
