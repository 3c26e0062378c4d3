/** Sieve: how many primes there are up to n, after Eratosthenes. */
final class Sieve extends Benchmark {
    private final int size;

    Sieve(int size) {
        this.size = size;
    }

    @Override
    long benchmark() {
        boolean[] composite = new boolean[size + 1];
        long count = 0;
        for (int i = 2; i <= size; i++) {
            if (!composite[i]) {
                count++;
                int multiple = i + i;
                while (multiple <= size) {
                    composite[multiple] = true;
                    multiple += i;
                }
            }
        }
        return count;
    }

    @Override
    boolean verifyResult(long result) {
        return switch (size) {
            case 1_000 -> result == 168;
            case 10_000 -> result == 1_229;
            case 100_000 -> result == 9_592;
            case 1_000_000 -> result == 78_498;
            case 10_000_000 -> result == 664_579;
            default -> false;
        };
    }

    public static void main(String[] args) {
        measure("sieve", args, Sieve::new);
    }
}
