/* N-body: the orbits of the giant planets, after The Computer Language Benchmarks Game. */

#include "harness.h"

#include <math.h>
#include <stdlib.h>

const char *const benchmark_name = "nbody";

#define PI 3.14159265358979323846
#define SOLAR_MASS (4.0 * PI * PI)
#define DAYS 365.24

enum { BODIES = 5 };

typedef struct {
    double x, y, z, vx, vy, vz, mass;
} Body;

static Body *new_body(double x, double y, double z, double vx, double vy, double vz, double mass) {
    Body *body = allocate(sizeof(Body));
    *body = (Body){x, y, z, vx, vy, vz, mass};
    return body;
}

static Body *planet(double x, double y, double z, double vx, double vy, double vz, double mass) {
    return new_body(x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS);
}

static void make_system(Body **bodies) {
    bodies[0] = new_body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR_MASS);
    bodies[1] = planet(
        4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694,
        0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609);
    bodies[2] = planet(
        8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411042,
        0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812);
    bodies[3] = planet(
        12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618,
        0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298);
    bodies[4] = planet(
        15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322,
        0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451);
    double px = 0.0, py = 0.0, pz = 0.0;
    for (int i = 0; i < BODIES; i++) {
        px += bodies[i]->vx * bodies[i]->mass;
        py += bodies[i]->vy * bodies[i]->mass;
        pz += bodies[i]->vz * bodies[i]->mass;
    }
    bodies[0]->vx = -px / SOLAR_MASS;
    bodies[0]->vy = -py / SOLAR_MASS;
    bodies[0]->vz = -pz / SOLAR_MASS;
}

static void advance(Body **bodies, double dt) {
    for (int i = 0; i < BODIES; i++) {
        Body *a = bodies[i];
        for (int j = i + 1; j < BODIES; j++) {
            Body *b = bodies[j];
            double dx = a->x - b->x;
            double dy = a->y - b->y;
            double dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz;
            double magnitude = dt / (square * sqrt(square));
            a->vx -= dx * b->mass * magnitude;
            a->vy -= dy * b->mass * magnitude;
            a->vz -= dz * b->mass * magnitude;
            b->vx += dx * a->mass * magnitude;
            b->vy += dy * a->mass * magnitude;
            b->vz += dz * a->mass * magnitude;
        }
    }
    for (int i = 0; i < BODIES; i++) {
        Body *body = bodies[i];
        body->x += dt * body->vx;
        body->y += dt * body->vy;
        body->z += dt * body->vz;
    }
}

static double energy(Body **bodies) {
    double total = 0.0;
    for (int i = 0; i < BODIES; i++) {
        const Body *a = bodies[i];
        total += 0.5 * a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz);
        for (int j = i + 1; j < BODIES; j++) {
            const Body *b = bodies[j];
            double dx = a->x - b->x;
            double dy = a->y - b->y;
            double dz = a->z - b->z;
            total -= a->mass * b->mass / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return total;
}

static int steps;

void prepare(int size) { steps = size; }

int64_t benchmark(void) {
    Body *bodies[BODIES];
    make_system(bodies);
    for (int i = 0; i < steps; i++) advance(bodies, 0.01);
    return (int64_t)(energy(bodies) * -1.0e12);
}

bool verify_result(int64_t result) { return llabs(result - 169075163828) < 100000000; }
