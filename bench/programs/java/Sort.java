import java.util.function.BiPredicate;

/** Sort: quicksort of integers in place, and merge sort of objects by a function that compares them. */
final class Sort extends Benchmark {
    private static void quicksort(int[] items, int from, int to) {
        int low = from;
        int high = to;
        int pivot = items[(from + to) / 2];
        while (low <= high) {
            while (items[low] < pivot) {
                low++;
            }
            while (items[high] > pivot) {
                high--;
            }
            if (low <= high) {
                int kept = items[low];
                items[low] = items[high];
                items[high] = kept;
                low++;
                high--;
            }
        }
        if (from < high) {
            quicksort(items, from, high);
        }
        if (low < to) {
            quicksort(items, low, to);
        }
    }

    private static final class Record {
        final int key;
        final int index;

        Record(int key, int index) {
            this.key = key;
            this.index = index;
        }
    }

    private static void mergesort(
            Record[] items, Record[] space, int from, int to, BiPredicate<Record, Record> before) {
        if (to - from < 2) {
            return;
        }
        int middle = (from + to) / 2;
        mergesort(items, space, from, middle, before);
        mergesort(items, space, middle, to, before);
        int left = from;
        int right = middle;
        for (int at = from; at < to; at++) {
            if (left < middle && (right >= to || !before.test(items[right], items[left]))) {
                space[at] = items[left];
                left++;
            } else {
                space[at] = items[right];
                right++;
            }
        }
        for (int at = from; at < to; at++) {
            items[at] = space[at];
        }
    }

    private final int[] numbers;
    private int[] sorted;
    private Record[] records;

    Sort(int size) {
        numbers = new int[size];
        Random random = new Random();
        for (int i = 0; i < size; i++) {
            numbers[i] = random.next(1_000_000);
        }
    }

    @Override
    long benchmark() {
        int size = numbers.length;
        sorted = numbers.clone();
        quicksort(sorted, 0, size - 1);
        records = new Record[size];
        for (int i = 0; i < size; i++) {
            records[i] = new Record(numbers[i] % 1000, i);
        }
        mergesort(records, records.clone(), 0, size, (a, b) -> a.key < b.key);
        long total = 0;
        for (int i = 0; i < size; i++) {
            total += (long) (i % 7 + 1) * sorted[i] + (long) (i % 5 + 1) * records[i].key;
        }
        return total;
    }

    @Override
    boolean verifyResult(long result) {
        long expected = 0;
        long actual = 0;
        for (int i = 0; i < numbers.length; i++) {
            expected += numbers[i];
            actual += sorted[i];
            if (i > 0) {
                if (sorted[i - 1] > sorted[i]) {
                    return false;
                }
                Record a = records[i - 1];
                Record b = records[i];
                if (a.key > b.key || (a.key == b.key && a.index >= b.index)) {
                    return false;
                }
            }
        }
        return actual == expected && result > 0;
    }

    public static void main(String[] args) {
        measure("sort", args, Sort::new);
    }
}
