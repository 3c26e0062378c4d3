import java.util.HashMap;
import java.util.Map;

/** Hash maps: insertions, look-ups and removals, with integers and with strings as keys. */
final class HashMix extends Benchmark {
    private final int[] keys;

    HashMix(int size) {
        keys = new int[size];
        Random random = new Random();
        for (int i = 0; i < size; i++) {
            keys[i] = random.next(size);
        }
    }

    @Override
    long benchmark() {
        return integers() * 1_000_000L + strings();
    }

    private long integers() {
        Map<Integer, Integer> counts = new HashMap<>();
        for (int key : keys) {
            counts.put(key, counts.getOrDefault(key, 0) + 1);
        }
        for (int key : keys) {
            if (key % 3 == 0) {
                counts.remove(key);
            }
        }
        long hits = 0;
        for (int key = 0; key < keys.length; key++) {
            hits += counts.getOrDefault(key, 0);
        }
        return hits;
    }

    private long strings() {
        Map<String, Integer> places = new HashMap<>();
        long again = 0;
        for (int i = 0; i < keys.length; i++) {
            String name = "key " + keys[i] % 1000;
            if (places.containsKey(name)) {
                again++;
            } else {
                places.put(name, i);
            }
        }
        long total = again;
        for (int place : places.values()) {
            total += place;
        }
        return total % 1_000_000;
    }

    @Override
    boolean verifyResult(long result) {
        long hits = 0;
        long total = 0;
        boolean[] isMet = new boolean[1000];
        for (int i = 0; i < keys.length; i++) {
            if (keys[i] % 3 != 0) {
                hits++;
            }
            int name = keys[i] % 1000;
            total += isMet[name] ? 1 : i;
            isMet[name] = true;
        }
        return result == hits * 1_000_000 + total % 1_000_000;
    }

    public static void main(String[] args) {
        measure("hashmap", args, HashMix::new);
    }
}
