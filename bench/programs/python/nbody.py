"""N-body: the orbits of the giant planets, after The Computer Language Benchmarks Game."""

from __future__ import annotations

import math

from harness import Benchmark, measure

SOLAR_MASS = 4.0 * math.pi * math.pi
DAYS = 365.24


class Body:
    def __init__(self, x: float, y: float, z: float, vx: float, vy: float, vz: float, mass: float) -> None:
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx
        self.vy = vy
        self.vz = vz
        self.mass = mass

    @staticmethod
    def planet(x: float, y: float, z: float, vx: float, vy: float, vz: float, mass: float) -> Body:
        return Body(x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS)


class System:
    def __init__(self) -> None:
        self.bodies = [
            Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS),
            Body.planet(
                4.84143144246472090,
                -1.16032004402742839,
                -0.103622044471123109,
                0.00166007664274403694,
                0.00769901118419740425,
                -0.0000690460016972063023,
                0.000954791938424326609,
            ),
            Body.planet(
                8.34336671824457987,
                4.12479856412430479,
                -0.403523417114321381,
                -0.00276742510726411042,
                0.00499852801234917238,
                0.0000230417297573763929,
                0.000285885980666130812,
            ),
            Body.planet(
                12.8943695621391310,
                -15.1111514016986312,
                -0.223307578892655734,
                0.00296460137564761618,
                0.00237847173959480950,
                -0.0000296589568540237556,
                0.0000436624404335156298,
            ),
            Body.planet(
                15.3796971148509165,
                -25.9193146099879641,
                0.179258772950371181,
                0.00268067772490389322,
                0.00162824170038242295,
                -0.0000951592254519715870,
                0.0000515138902046611451,
            ),
        ]
        px = py = pz = 0.0
        for body in self.bodies:
            px += body.vx * body.mass
            py += body.vy * body.mass
            pz += body.vz * body.mass
        sun = self.bodies[0]
        sun.vx = -px / SOLAR_MASS
        sun.vy = -py / SOLAR_MASS
        sun.vz = -pz / SOLAR_MASS

    def advance(self, dt: float) -> None:
        bodies = self.bodies
        for i in range(len(bodies)):
            a = bodies[i]
            for j in range(i + 1, len(bodies)):
                b = bodies[j]
                dx = a.x - b.x
                dy = a.y - b.y
                dz = a.z - b.z
                square = dx * dx + dy * dy + dz * dz
                magnitude = dt / (square * math.sqrt(square))
                a.vx -= dx * b.mass * magnitude
                a.vy -= dy * b.mass * magnitude
                a.vz -= dz * b.mass * magnitude
                b.vx += dx * a.mass * magnitude
                b.vy += dy * a.mass * magnitude
                b.vz += dz * a.mass * magnitude
        for body in bodies:
            body.x += dt * body.vx
            body.y += dt * body.vy
            body.z += dt * body.vz

    def energy(self) -> float:
        bodies = self.bodies
        total = 0.0
        for i in range(len(bodies)):
            a = bodies[i]
            total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
            for j in range(i + 1, len(bodies)):
                b = bodies[j]
                dx = a.x - b.x
                dy = a.y - b.y
                dz = a.z - b.z
                total -= a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
        return total


class NBody(Benchmark):
    def __init__(self, steps: int) -> None:
        self.steps = steps

    def benchmark(self) -> int:
        system = System()
        for _ in range(self.steps):
            system.advance(0.01)
        return int(system.energy() * -1.0e12)

    def verify_result(self, result: int) -> bool:
        return abs(result - 169_075_163_828) < 100_000_000


measure("nbody", NBody)
