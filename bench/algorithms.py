"""The benchmark programs in Python, statement for statement what ``bench/programs`` has in Pebble."""

from __future__ import annotations

import math


def fib(n: int) -> int:
    """Calls: the Fibonacci number, by definition."""
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def loop(n: int) -> int:
    """Arithmetic: a sum of squares modulo a prime."""
    total = 0
    for i in range(n):
        total = (total + i * i) % 1_000_003
    return total


def sieve(n: int) -> int:
    """Arrays: how many primes there are up to ``n``."""
    composite = [False] * (n + 1)
    count = 0
    for i in range(2, n + 1):
        if not composite[i]:
            count += 1
            j = i * i
            while j <= n:
                composite[j] = True
                j += i
    return count


class Body:
    """A planet."""

    __slots__ = ("mass", "vx", "vy", "vz", "x", "y", "z")

    def __init__(self, x: float, y: float, z: float, vx: float, vy: float, vz: float, mass: float) -> None:
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx, vy, vz
        self.mass = mass


SOLAR_MASS = 4.0 * math.pi * math.pi
DAYS = 365.24


def nbody(steps: int) -> float:
    """Objects and floats: the energy of sun, Jupiter and Saturn after some steps."""
    bodies = planets()
    for _ in range(steps):
        advance(bodies, 0.01)
    return energy(bodies)


def planets() -> list[Body]:
    """Sun, Jupiter and Saturn."""
    return [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS),
        Body(
            4.84143144246472090,
            -1.16032004402742839,
            -0.103622044471123109,
            0.00166007664274403694 * DAYS,
            0.00769901118419740425 * DAYS,
            -0.0000690460016972063023 * DAYS,
            0.000954791938424326609 * SOLAR_MASS,
        ),
        Body(
            8.34336671824457987,
            4.12479856412430479,
            -0.403523417114321381,
            -0.00276742510726411042 * DAYS,
            0.00499852801234917238 * DAYS,
            0.0000230417297573763929 * DAYS,
            0.000285885980666130812 * SOLAR_MASS,
        ),
    ]


def energy(bodies: list[Body]) -> float:
    """Kinetic and potential energy."""
    total = 0.0
    for i in range(len(bodies)):
        a = bodies[i]
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j in range(i + 1, len(bodies)):
            b = bodies[j]
            dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            total -= a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
    return total


def advance(bodies: list[Body], dt: float) -> None:
    """Move all by one step."""
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


TEXT = "the quick brown fox jumps over the lazy dog while the other dog sleeps"


def wordcount(lines: int) -> int:
    """Strings and maps: words of a text, counted; the sum of the squares of the counts."""
    counts: dict[str, int] = {}
    for _ in range(lines):
        for word in TEXT.split(" "):
            counts[word] = counts.get(word, 0) + 1
    total = 0
    for count in counts.values():
        total += count * count
    return total
