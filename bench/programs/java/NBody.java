/** N-body: the orbits of the giant planets, after The Computer Language Benchmarks Game. */
final class NBody extends Benchmark {
    private static final double SOLAR_MASS = 4.0 * Math.PI * Math.PI;
    private static final double DAYS = 365.24;

    private static final class Body {
        double x;
        double y;
        double z;
        double vx;
        double vy;
        double vz;
        final double mass;

        Body(double x, double y, double z, double vx, double vy, double vz, double mass) {
            this.x = x;
            this.y = y;
            this.z = z;
            this.vx = vx;
            this.vy = vy;
            this.vz = vz;
            this.mass = mass;
        }

        static Body planet(double x, double y, double z, double vx, double vy, double vz, double mass) {
            return new Body(x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS);
        }
    }

    private static final class SolarSystem {
        private final Body[] bodies = {
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
        };

        SolarSystem() {
            double px = 0.0;
            double py = 0.0;
            double pz = 0.0;
            for (Body body : bodies) {
                px += body.vx * body.mass;
                py += body.vy * body.mass;
                pz += body.vz * body.mass;
            }
            Body sun = bodies[0];
            sun.vx = -px / SOLAR_MASS;
            sun.vy = -py / SOLAR_MASS;
            sun.vz = -pz / SOLAR_MASS;
        }

        void advance(double dt) {
            for (int i = 0; i < bodies.length; i++) {
                Body a = bodies[i];
                for (int j = i + 1; j < bodies.length; j++) {
                    Body b = bodies[j];
                    double dx = a.x - b.x;
                    double dy = a.y - b.y;
                    double dz = a.z - b.z;
                    double square = dx * dx + dy * dy + dz * dz;
                    double magnitude = dt / (square * Math.sqrt(square));
                    a.vx -= dx * b.mass * magnitude;
                    a.vy -= dy * b.mass * magnitude;
                    a.vz -= dz * b.mass * magnitude;
                    b.vx += dx * a.mass * magnitude;
                    b.vy += dy * a.mass * magnitude;
                    b.vz += dz * a.mass * magnitude;
                }
            }
            for (Body body : bodies) {
                body.x += dt * body.vx;
                body.y += dt * body.vy;
                body.z += dt * body.vz;
            }
        }

        double energy() {
            double total = 0.0;
            for (int i = 0; i < bodies.length; i++) {
                Body a = bodies[i];
                total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
                for (int j = i + 1; j < bodies.length; j++) {
                    Body b = bodies[j];
                    double dx = a.x - b.x;
                    double dy = a.y - b.y;
                    double dz = a.z - b.z;
                    total -= a.mass * b.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
                }
            }
            return total;
        }
    }

    private final int steps;

    NBody(int steps) {
        this.steps = steps;
    }

    @Override
    long benchmark() {
        SolarSystem system = new SolarSystem();
        for (int i = 0; i < steps; i++) {
            system.advance(0.01);
        }
        return (long) (system.energy() * -1.0e12);
    }

    @Override
    boolean verifyResult(long result) {
        return Math.abs(result - 169_075_163_828L) < 100_000_000;
    }

    public static void main(String[] args) {
        measure("nbody", args, NBody::new);
    }
}
