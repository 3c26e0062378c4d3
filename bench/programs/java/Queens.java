import java.util.Arrays;

/** Queens: all ways to put n queens on a board of n by n so that none attacks another. */
final class Queens extends Benchmark {
    private static final class Board {
        private final int size;
        private final boolean[] freeRows;
        private final boolean[] freeRising;
        private final boolean[] freeFalling;

        Board(int size) {
            this.size = size;
            freeRows = allFree(size);
            freeRising = allFree(2 * size);
            freeFalling = allFree(2 * size);
        }

        private static boolean[] allFree(int size) {
            boolean[] free = new boolean[size];
            Arrays.fill(free, true);
            return free;
        }

        int solutions(int column) {
            if (column == size) {
                return 1;
            }
            int found = 0;
            for (int row = 0; row < size; row++) {
                if (isFree(row, column)) {
                    mark(row, column, false);
                    found += solutions(column + 1);
                    mark(row, column, true);
                }
            }
            return found;
        }

        private boolean isFree(int row, int column) {
            return freeRows[row] && freeRising[row + column] && freeFalling[row - column + size];
        }

        private void mark(int row, int column, boolean free) {
            freeRows[row] = free;
            freeRising[row + column] = free;
            freeFalling[row - column + size] = free;
        }
    }

    private final int size;

    Queens(int size) {
        this.size = size;
    }

    @Override
    long benchmark() {
        return new Board(size).solutions(0);
    }

    @Override
    boolean verifyResult(long result) {
        return switch (size) {
            case 4 -> result == 2;
            case 5 -> result == 10;
            case 6 -> result == 4;
            case 7 -> result == 40;
            case 8 -> result == 92;
            case 9 -> result == 352;
            case 10 -> result == 724;
            case 11 -> result == 2_680;
            case 12 -> result == 14_200;
            default -> false;
        };
    }

    public static void main(String[] args) {
        measure("queens", args, Queens::new);
    }
}
