import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Word count: how often each word occurs in a large text, and the words that do most often. */
final class WordCount extends Benchmark {
    private static final int VOCABULARY = 2000;
    private static final int TOP = 10;

    private static final class Entry {
        final String word;
        final int count;

        Entry(String word, int count) {
            this.word = word;
            this.count = count;
        }
    }

    private final List<String> vocabulary = new ArrayList<>();
    private final int[] expected = new int[VOCABULARY];
    private final String text;
    private Map<String, Integer> found = new HashMap<>();
    private List<Entry> top = new ArrayList<>();

    WordCount(int size) {
        Random random = new Random();
        for (int i = 0; i < VOCABULARY; i++) {
            vocabulary.add(newWord(i, random));
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < size; i++) {
            int place = random.next(VOCABULARY) * random.next(1000) / 1000 * random.next(1000) / 1000;
            expected[place]++;
            String word = vocabulary.get(place);
            if (i % 12 == 0) {
                out.append(word.substring(0, 1).toUpperCase());
                out.append(word.substring(1));
            } else {
                out.append(word);
            }
            out.append(i % 12 == 11 ? ".\n" : i % 5 == 4 ? ", " : " ");
        }
        text = out.toString();
    }

    private static String newWord(int number, Random random) {
        StringBuilder out = new StringBuilder();
        int letters = random.next(6);
        for (int i = 0; i < letters; i++) {
            out.append((char) (97 + random.next(16)));
        }
        int rest = number;
        do {
            out.append((char) (113 + rest % 10));
            rest /= 10;
        } while (rest > 0);
        return out.toString();
    }

    @Override
    long benchmark() {
        found = counts();
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, Integer> entry : found.entrySet()) {
            entries.add(new Entry(entry.getKey(), entry.getValue()));
        }
        entries.sort((a, b) -> a.count != b.count ? b.count - a.count : a.word.compareTo(b.word));
        top = entries.subList(0, Math.min(TOP, entries.size()));
        long total = 0;
        for (int i = 0; i < top.size(); i++) {
            total += (i + 1L) * top.get(i).count;
        }
        return total * 10_000 + found.size();
    }

    private Map<String, Integer> counts() {
        String lowered = text.toLowerCase();
        Map<String, Integer> counts = new HashMap<>();
        int start = -1;
        for (int i = 0; i < lowered.length(); i++) {
            char c = lowered.charAt(i);
            if (c >= 'a' && c <= 'z') {
                if (start < 0) {
                    start = i;
                }
            } else if (start >= 0) {
                String word = lowered.substring(start, i);
                counts.put(word, counts.getOrDefault(word, 0) + 1);
                start = -1;
            }
        }
        return counts;
    }

    @Override
    boolean verifyResult(long result) {
        int different = 0;
        for (int i = 0; i < VOCABULARY; i++) {
            if (found.getOrDefault(vocabulary.get(i), 0) != expected[i]) {
                return false;
            }
            if (expected[i] > 0) {
                different++;
            }
        }
        for (int i = 1; i < top.size(); i++) {
            if (top.get(i - 1).count < top.get(i).count) {
                return false;
            }
        }
        return found.size() == different && result % 10_000 == different;
    }

    public static void main(String[] args) {
        measure("wordcount", args, WordCount::new);
    }
}
