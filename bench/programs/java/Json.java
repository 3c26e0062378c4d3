import java.util.ArrayList;
import java.util.List;

/** JSON: a generated text is parsed to a tree, summed up and written again. */
final class Json extends Benchmark {
    private abstract static class JsonValue {
        abstract void write(StringBuilder out);

        long total() {
            return 0;
        }
    }

    private static final class JsonLiteral extends JsonValue {
        private final String text;

        JsonLiteral(String text) {
            this.text = text;
        }

        @Override
        void write(StringBuilder out) {
            out.append(text);
        }
    }

    private static final class JsonInteger extends JsonValue {
        private final long value;

        JsonInteger(long value) {
            this.value = value;
        }

        @Override
        void write(StringBuilder out) {
            out.append(value);
        }

        @Override
        long total() {
            return value;
        }
    }

    private static final class JsonDecimal extends JsonValue {
        private final double value;

        JsonDecimal(double value) {
            this.value = value;
        }

        @Override
        void write(StringBuilder out) {
            long hundredths = total();
            long rest = hundredths % 100;
            out.append(hundredths / 100);
            out.append(rest < 10 ? ".0" : ".");
            out.append(rest);
        }

        @Override
        long total() {
            return (long) (value * 100.0 + 0.5);
        }
    }

    private static final class JsonString extends JsonValue {
        private final String text;

        JsonString(String text) {
            this.text = text;
        }

        @Override
        void write(StringBuilder out) {
            writeString(text, out);
        }
    }

    private static final class JsonArray extends JsonValue {
        final List<JsonValue> items = new ArrayList<>();

        @Override
        void write(StringBuilder out) {
            out.append('[');
            boolean first = true;
            for (JsonValue item : items) {
                if (!first) {
                    out.append(',');
                }
                first = false;
                item.write(out);
            }
            out.append(']');
        }

        @Override
        long total() {
            long sum = 0;
            for (JsonValue item : items) {
                sum += item.total();
            }
            return sum;
        }
    }

    private static final class JsonObject extends JsonValue {
        private final List<String> names = new ArrayList<>();
        private final List<JsonValue> values = new ArrayList<>();

        void add(String name, JsonValue value) {
            names.add(name);
            values.add(value);
        }

        @Override
        void write(StringBuilder out) {
            out.append('{');
            for (int i = 0; i < names.size(); i++) {
                if (i > 0) {
                    out.append(',');
                }
                writeString(names.get(i), out);
                out.append(':');
                values.get(i).write(out);
            }
            out.append('}');
        }

        @Override
        long total() {
            long sum = 0;
            for (JsonValue value : values) {
                sum += value.total();
            }
            return sum;
        }
    }

    private static void writeString(String text, StringBuilder out) {
        out.append('"');
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || c == '\n') {
                out.append(text, start, i);
                out.append('\\');
                out.append(c == '\n' ? 'n' : c);
                start = i + 1;
            }
        }
        out.append(text, start, text.length());
        out.append('"');
    }

    private static final class Parser {
        private final String text;
        private int at = 0;

        Parser(String text) {
            this.text = text;
        }

        JsonValue parse() {
            JsonValue value = value();
            skipBlanks();
            if (at != text.length()) {
                throw failure("the end");
            }
            return value;
        }

        private IllegalStateException failure(String expected) {
            return new IllegalStateException("expected " + expected + " at " + at);
        }

        private char peek() {
            if (at >= text.length()) {
                throw failure("more");
            }
            return text.charAt(at);
        }

        private void skipBlanks() {
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
                at++;
            }
        }

        private boolean accept(char c) {
            skipBlanks();
            if (peek() != c) {
                return false;
            }
            at++;
            return true;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw failure(String.valueOf(c));
            }
        }

        private JsonValue value() {
            skipBlanks();
            char c = peek();
            if (c == '{') {
                return members();
            } else if (c == '[') {
                return elements();
            } else if (c == '"') {
                return new JsonString(string());
            } else if (c == 'n') {
                return literal("null");
            } else if (c == 't') {
                return literal("true");
            } else if (c == 'f') {
                return literal("false");
            }
            return number();
        }

        private JsonValue literal(String word) {
            for (int i = 0; i < word.length(); i++) {
                if (peek() != word.charAt(i)) {
                    throw failure(word);
                }
                at++;
            }
            return new JsonLiteral(word);
        }

        private boolean isDigit() {
            return at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9';
        }

        private JsonValue number() {
            boolean isNegative = peek() == '-';
            if (isNegative) {
                at++;
            }
            if (!isDigit()) {
                throw failure("a value");
            }
            long whole = 0;
            while (isDigit()) {
                whole = whole * 10 + (text.charAt(at) - '0');
                at++;
            }
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
                double fraction = 0.0;
                double place = 0.1;
                while (isDigit()) {
                    fraction += (text.charAt(at) - '0') * place;
                    place /= 10.0;
                    at++;
                }
                double value = whole + fraction;
                return new JsonDecimal(isNegative ? -value : value);
            }
            return new JsonInteger(isNegative ? -whole : whole);
        }

        private String string() {
            expect('"');
            int start = at;
            while (peek() != '"') {
                if (text.charAt(at) == '\\') {
                    return escapedString(start);
                }
                at++;
            }
            at++;
            return text.substring(start, at - 1);
        }

        private String escapedString(int start) {
            StringBuilder out = new StringBuilder();
            out.append(text, start, at);
            while (peek() != '"') {
                if (text.charAt(at) == '\\') {
                    at++;
                    char c = peek();
                    out.append(c == 'n' ? '\n' : c);
                    at++;
                } else {
                    int from = at;
                    while (peek() != '"' && text.charAt(at) != '\\') {
                        at++;
                    }
                    out.append(text, from, at);
                }
            }
            at++;
            return out.toString();
        }

        private JsonValue elements() {
            expect('[');
            JsonArray array = new JsonArray();
            if (accept(']')) {
                return array;
            }
            array.items.add(value());
            while (accept(',')) {
                array.items.add(value());
            }
            expect(']');
            return array;
        }

        private JsonValue members() {
            expect('{');
            JsonObject object = new JsonObject();
            if (accept('}')) {
                return object;
            }
            member(object);
            while (accept(',')) {
                member(object);
            }
            expect('}');
            return object;
        }

        private void member(JsonObject object) {
            skipBlanks();
            String name = string();
            expect(':');
            object.add(name, value());
        }
    }

    private final String text;
    private long total = 0;
    private String written = "";

    Json(int size) {
        Random random = new Random();
        StringBuilder out = new StringBuilder();
        out.append('[');
        for (int i = 0; i < size; i++) {
            if (i > 0) {
                out.append(',');
            }
            addRecord(i, random, out);
        }
        out.append(']');
        text = out.toString();
    }

    private void addRecord(int id, Random random, StringBuilder out) {
        int whole = random.next(1000);
        int quarter = random.next(4) * 25;
        int balance = random.next(200_000) - 100_000;
        String point = quarter == 0 ? ".0" : ".";
        out.append("{\"id\":" + id + ",\"name\":\"user " + random.next(10_000) + "\",\"score\":" + whole + point);
        out.append(quarter + ",\"balance\":" + balance + ",\"active\":" + (random.next(2) == 0));
        out.append(",\"parent\":null,\"tags\":[");
        int tags = random.next(5);
        for (int i = 0; i < tags; i++) {
            if (i > 0) {
                out.append(',');
            }
            out.append("\"tag" + random.next(100) + "\"");
        }
        out.append("],\"note\":\"said \\\"" + random.next(50) + "\\\"\\nand left\"}");
        total += id + whole * 100 + quarter + balance;
    }

    @Override
    long benchmark() {
        JsonValue value = new Parser(text).parse();
        StringBuilder out = new StringBuilder();
        value.write(out);
        written = out.toString();
        return value.total();
    }

    @Override
    boolean verifyResult(long result) {
        return result == total && written.equals(text);
    }

    public static void main(String[] args) {
        measure("json", args, Json::new);
    }
}
