-- N-body: the orbits of the giant planets, after The Computer Language Benchmarks Game.

local harness = require("harness")

local class = harness.class
local sqrt = math.sqrt

local SOLAR_MASS = 4.0 * math.pi * math.pi
local DAYS = 365.24

local Body = class()

function Body:init(x, y, z, vx, vy, vz, mass)
    self.x = x
    self.y = y
    self.z = z
    self.vx = vx
    self.vy = vy
    self.vz = vz
    self.mass = mass
end

local function planet(x, y, z, vx, vy, vz, mass)
    return Body(x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS)
end

local System = class()

function System:init()
    self.bodies = {
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS),
        planet(
            4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
            0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
            0.000954791938424326609
        ),
        planet(
            8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
            -0.00276742510726411042, 0.00499852801234917238, 0.0000230417297573763929,
            0.000285885980666130812
        ),
        planet(
            12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
            0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
            0.0000436624404335156298
        ),
        planet(
            15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
            0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
            0.0000515138902046611451
        ),
    }
    local px, py, pz = 0.0, 0.0, 0.0
    for i = 1, #self.bodies do
        local body = self.bodies[i]
        px = px + body.vx * body.mass
        py = py + body.vy * body.mass
        pz = pz + body.vz * body.mass
    end
    local sun = self.bodies[1]
    sun.vx = -px / SOLAR_MASS
    sun.vy = -py / SOLAR_MASS
    sun.vz = -pz / SOLAR_MASS
end

function System:advance(dt)
    local bodies = self.bodies
    for i = 1, #bodies do
        local a = bodies[i]
        for j = i + 1, #bodies do
            local b = bodies[j]
            local dx = a.x - b.x
            local dy = a.y - b.y
            local dz = a.z - b.z
            local square = dx * dx + dy * dy + dz * dz
            local magnitude = dt / (square * sqrt(square))
            a.vx = a.vx - dx * b.mass * magnitude
            a.vy = a.vy - dy * b.mass * magnitude
            a.vz = a.vz - dz * b.mass * magnitude
            b.vx = b.vx + dx * a.mass * magnitude
            b.vy = b.vy + dy * a.mass * magnitude
            b.vz = b.vz + dz * a.mass * magnitude
        end
    end
    for i = 1, #bodies do
        local body = bodies[i]
        body.x = body.x + dt * body.vx
        body.y = body.y + dt * body.vy
        body.z = body.z + dt * body.vz
    end
end

function System:energy()
    local bodies = self.bodies
    local total = 0.0
    for i = 1, #bodies do
        local a = bodies[i]
        total = total + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j = i + 1, #bodies do
            local b = bodies[j]
            local dx = a.x - b.x
            local dy = a.y - b.y
            local dz = a.z - b.z
            total = total - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return total
end

local NBody = class()

function NBody:init(steps)
    self.steps = steps
end

function NBody:benchmark()
    local system = System()
    for _ = 1, self.steps do
        system:advance(0.01)
    end
    return math.floor(system:energy() * -1.0e12)
end

function NBody:verifyResult(result)
    return math.abs(result - 169075163828) < 100000000
end

harness.measure("nbody", NBody)
