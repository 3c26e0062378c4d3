/** Fannkuch: flips of pancakes over all permutations, after The Computer Language Benchmarks Game. */
final class Fannkuch extends Benchmark {
    private final int size;
    private final int[] first;
    private final int[] flipped;
    private final int[] counts;

    Fannkuch(int size) {
        this.size = size;
        first = new int[size];
        flipped = new int[size];
        counts = new int[size];
    }

    @Override
    long benchmark() {
        for (int i = 0; i < size; i++) {
            first[i] = i;
        }
        int left = size;
        int checksum = 0;
        int maxFlips = 0;
        boolean isEven = true;
        while (true) {
            while (left > 1) {
                counts[left - 1] = left;
                left--;
            }
            int flips = countFlips();
            if (flips > maxFlips) {
                maxFlips = flips;
            }
            checksum += isEven ? flips : -flips;
            isEven = !isEven;
            left = nextPermutation();
            if (left == size) {
                return checksum * 1000L + maxFlips;
            }
        }
    }

    private int countFlips() {
        int flips = 0;
        for (int i = 0; i < size; i++) {
            flipped[i] = first[i];
        }
        int top = flipped[0];
        while (top != 0) {
            int low = 0;
            int high = top;
            while (low < high) {
                int kept = flipped[low];
                flipped[low] = flipped[high];
                flipped[high] = kept;
                low++;
                high--;
            }
            flips++;
            top = flipped[0];
        }
        return flips;
    }

    private int nextPermutation() {
        int left = 1;
        while (left < size) {
            int kept = first[0];
            for (int i = 0; i < left; i++) {
                first[i] = first[i + 1];
            }
            first[left] = kept;
            counts[left]--;
            if (counts[left] > 0) {
                return left;
            }
            left++;
        }
        return left;
    }

    @Override
    boolean verifyResult(long result) {
        return switch (size) {
            case 6 -> result == 49_010;
            case 7 -> result == 228_016;
            case 8 -> result == 1_616_022;
            case 9 -> result == 8_629_030;
            case 10 -> result == 73_196_038;
            default -> false;
        };
    }

    public static void main(String[] args) {
        measure("fannkuch", args, Fannkuch::new);
    }
}
