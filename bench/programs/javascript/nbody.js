"use strict";

// N-body: the orbits of the giant planets, after The Computer Language Benchmarks Game.

const { Benchmark, measure } = require("./harness.js");

const SOLAR_MASS = 4.0 * Math.PI * Math.PI;
const DAYS = 365.24;

class Body {
    constructor(x, y, z, vx, vy, vz, mass) {
        this.x = x;
        this.y = y;
        this.z = z;
        this.vx = vx;
        this.vy = vy;
        this.vz = vz;
        this.mass = mass;
    }

    static planet(x, y, z, vx, vy, vz, mass) {
        return new Body(x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS);
    }
}

class System {
    constructor() {
        this.bodies = [
            new Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS),
            Body.planet(
                4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
                0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023,
                0.000954791938424326609),
            Body.planet(
                8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
                -0.00276742510726411042, 0.00499852801234917238, 0.0000230417297573763929,
                0.000285885980666130812),
            Body.planet(
                12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
                0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556,
                0.0000436624404335156298),
            Body.planet(
                15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
                0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870,
                0.0000515138902046611451),
        ];
        let px = 0.0;
        let py = 0.0;
        let pz = 0.0;
        for (const body of this.bodies) {
            px += body.vx * body.mass;
            py += body.vy * body.mass;
            pz += body.vz * body.mass;
        }
        const sun = this.bodies[0];
        sun.vx = -px / SOLAR_MASS;
        sun.vy = -py / SOLAR_MASS;
        sun.vz = -pz / SOLAR_MASS;
    }

    advance(dt) {
        const bodies = this.bodies;
        for (let i = 0; i < bodies.length; i++) {
            const a = bodies[i];
            for (let j = i + 1; j < bodies.length; j++) {
                const b = bodies[j];
                const dx = a.x - b.x;
                const dy = a.y - b.y;
                const dz = a.z - b.z;
                const square = dx * dx + dy * dy + dz * dz;
                const magnitude = dt / (square * Math.sqrt(square));
                a.vx -= dx * b.mass * magnitude;
                a.vy -= dy * b.mass * magnitude;
                a.vz -= dz * b.mass * magnitude;
                b.vx += dx * a.mass * magnitude;
                b.vy += dy * a.mass * magnitude;
                b.vz += dz * a.mass * magnitude;
            }
        }
        for (const body of bodies) {
            body.x += dt * body.vx;
            body.y += dt * body.vy;
            body.z += dt * body.vz;
        }
    }

    energy() {
        const bodies = this.bodies;
        let total = 0.0;
        for (let i = 0; i < bodies.length; i++) {
            const a = bodies[i];
            total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
            for (let j = i + 1; j < bodies.length; j++) {
                const b = bodies[j];
                const dx = a.x - b.x;
                const dy = a.y - b.y;
                const dz = a.z - b.z;
                total -= a.mass * b.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
            }
        }
        return total;
    }
}

class NBody extends Benchmark {
    constructor(steps) {
        super();
        this.steps = steps;
    }

    benchmark() {
        const system = new System();
        for (let i = 0; i < this.steps; i++) system.advance(0.01);
        return Math.trunc(system.energy() * -1.0e12);
    }

    verifyResult(result) { return Math.abs(result - 169075163828) < 100000000; }
}

measure("nbody", (size) => new NBody(size));
