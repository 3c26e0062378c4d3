/** Allocation: short-lived objects and arrays at full speed, with few of them alive. */
final class Allocation extends Benchmark {
    private static final int ALIVE = 1024;

    private static final class Point {
        final long x;
        final long y;

        Point(long x, long y) {
            this.x = x;
            this.y = y;
        }
    }

    private final int size;

    Allocation(int size) {
        this.size = size;
    }

    @Override
    long benchmark() {
        Point[] points = new Point[ALIVE];
        long[][] arrays = new long[ALIVE][];
        for (int i = 0; i < ALIVE; i++) {
            points[i] = new Point(i, i);
            arrays[i] = new long[8];
        }
        for (int i = 0; i < size; i++) {
            if (i % 8 == 0) {
                long[] array = new long[8];
                array[0] = i;
                arrays[i % ALIVE] = array;
            } else {
                points[i % ALIVE] = new Point(i, i + 1);
            }
        }
        long total = 0;
        for (int i = 0; i < ALIVE; i++) {
            total += points[i].y - points[i].x + arrays[i][0] % 2;
        }
        return total;
    }

    @Override
    boolean verifyResult(long result) {
        return size % ALIVE == 0 && result == ALIVE - ALIVE / 8;
    }

    public static void main(String[] args) {
        measure("allocation", args, Allocation::new);
    }
}
