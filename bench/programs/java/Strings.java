/** Strings: a text is built piece by piece, split, taken apart, replaced and searched. */
final class Strings extends Benchmark {
    private final int size;

    Strings(int size) {
        this.size = size;
    }

    @Override
    long benchmark() {
        String text = build();
        long sum = 0;
        StringBuilder out = new StringBuilder();
        for (String part : text.split(",")) {
            int colon = part.indexOf(":");
            sum += Integer.parseInt(part.substring(colon + 1));
            out.append(part.substring(0, colon).toUpperCase());
            out.append(";");
        }
        String replaced = out.toString().replace(";", ", ");
        return sum * 1000 + count(replaced, "ITEM1") % 1000 + replaced.length();
    }

    private String build() {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < size; i++) {
            if (i > 0) {
                out.append(",");
            }
            out.append("item" + i % 100 + ":");
            out.append(i);
        }
        return out.toString();
    }

    private static long count(String text, String part) {
        long found = 0;
        int at = text.indexOf(part);
        while (at >= 0) {
            found++;
            at = text.indexOf(part, at + part.length());
        }
        return found;
    }

    @Override
    boolean verifyResult(long result) {
        long ones = 0;
        long length = 0;
        for (int i = 0; i < size; i++) {
            int n = i % 100;
            if (n == 1 || (n >= 10 && n < 20)) {
                ones++;
            }
            length += n < 10 ? 7 : 8;
        }
        return result == (long) size * (size - 1) / 2 * 1000 + ones % 1000 + length;
    }

    public static void main(String[] args) {
        measure("strings", args, Strings::new);
    }
}
