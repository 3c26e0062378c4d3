-- Mandelbrot: how many points of a square grid belong to the set.

local harness = require("harness")

local LIMIT = 50

local Mandelbrot = harness.class()

function Mandelbrot:init(size)
    self.size = size
end

function Mandelbrot:benchmark()
    local size = self.size
    local inside = 0
    for row = 0, size - 1 do
        local ci = 3.0 * row / size - 1.5
        for column = 0, size - 1 do
            local cr = 3.0 * column / size - 2.0
            if self:stays(cr, ci) then
                inside = inside + 1
            end
        end
    end
    return inside
end

function Mandelbrot:stays(cr, ci)
    local zr, zi, rr, ii = 0.0, 0.0, 0.0, 0.0
    local count = 0
    while count < LIMIT do
        zi = 2.0 * zr * zi + ci
        zr = rr - ii + cr
        rr = zr * zr
        ii = zi * zi
        if rr + ii > 4.0 then
            return false
        end
        count = count + 1
    end
    return true
end

function Mandelbrot:verifyResult(result)
    local area = 9.0 * result / (self.size * self.size)
    return area > 1.5 and area < 1.65
end

harness.measure("mandelbrot", Mandelbrot)
