import java.util.function.IntFunction;

/** A benchmark: the work that is measured, and whether its result is right. */
abstract class Benchmark {
    abstract long benchmark();

    abstract boolean verifyResult(long result);

    /** Run the benchmark that {@code make} gives for a size some times and print how long each iteration took. */
    static void measure(String name, String[] args, IntFunction<Benchmark> make) {
        if (args.length != 2) {
            System.err.println("usage: " + name + " ITERATIONS SIZE");
            System.exit(2);
        }
        Benchmark benchmark = make.apply(Integer.parseInt(args[1]));
        int iterations = Integer.parseInt(args[0]);
        long result = 0;
        for (int i = 0; i < iterations; i++) {
            long started = System.nanoTime();
            result = benchmark.benchmark();
            long elapsed = System.nanoTime() - started;
            if (!benchmark.verifyResult(result)) {
                System.err.println(name + ": wrong result " + result + " for size " + args[1]);
                System.exit(1);
            }
            System.out.println(name + ": iterations=1 runtime: " + elapsed / 1000 + "us");
        }
        System.out.println(name + ": result=" + result);
    }
}
