/* JSON: a generated text is parsed to a tree, summed up and written again. */

#include "harness.h"

#include <string.h>

const char *const benchmark_name = "json";

typedef struct JsonValue JsonValue;

typedef struct {
    void (*write)(const JsonValue *self, Text *out);
    int64_t (*total)(const JsonValue *self);
} Methods;

struct JsonValue {
    const Methods *methods;
};

typedef struct {
    const char *bytes;
    size_t size;
} Slice;

static void write_string(Slice text, Text *out) {
    text_add_char(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.bytes[i];
        if (c == '"' || c == '\\' || c == '\n') {
            text_add(out, text.bytes + start, i - start);
            text_add_char(out, '\\');
            text_add_char(out, c == '\n' ? 'n' : c);
            start = i + 1;
        }
    }
    text_add(out, text.bytes + start, text.size - start);
    text_add_char(out, '"');
}

static int64_t no_total(const JsonValue *self) { return (void)self, 0; }

typedef struct {
    JsonValue base;
    Slice text;
} JsonText;

static void literal_write(const JsonValue *self, Text *out) {
    const JsonText *literal = (const JsonText *)self;
    text_add(out, literal->text.bytes, literal->text.size);
}
static void string_write(const JsonValue *self, Text *out) { write_string(((const JsonText *)self)->text, out); }
static const Methods literal_methods = {literal_write, no_total};
static const Methods string_methods = {string_write, no_total};

static JsonValue *new_text(const Methods *methods, Slice text) {
    JsonText *made = allocate(sizeof(JsonText));
    *made = (JsonText){{methods}, text};
    return &made->base;
}

typedef struct {
    JsonValue base;
    int64_t value;
} JsonInteger;

static void integer_write(const JsonValue *self, Text *out) { text_add_int(out, ((const JsonInteger *)self)->value); }
static int64_t integer_total(const JsonValue *self) { return ((const JsonInteger *)self)->value; }
static const Methods integer_methods = {integer_write, integer_total};

typedef struct {
    JsonValue base;
    double value;
} JsonDecimal;

static int64_t decimal_total(const JsonValue *self) {
    return (int64_t)(((const JsonDecimal *)self)->value * 100.0 + 0.5);
}
static void decimal_write(const JsonValue *self, Text *out) {
    int64_t hundredths = decimal_total(self);
    int64_t rest = hundredths % 100;
    text_add_int(out, hundredths / 100);
    text_add_string(out, rest < 10 ? ".0" : ".");
    text_add_int(out, rest);
}
static const Methods decimal_methods = {decimal_write, decimal_total};

typedef struct {
    JsonValue base;
    List items;
} JsonArray;

static void array_write(const JsonValue *self, Text *out) {
    const List *items = &((const JsonArray *)self)->items;
    text_add_char(out, '[');
    for (int i = 0; i < items->size; i++) {
        if (i > 0) text_add_char(out, ',');
        const JsonValue *item = items->items[i];
        item->methods->write(item, out);
    }
    text_add_char(out, ']');
}
static int64_t list_total(const List *items) {
    int64_t sum = 0;
    for (int i = 0; i < items->size; i++) {
        const JsonValue *item = items->items[i];
        sum += item->methods->total(item);
    }
    return sum;
}
static int64_t array_total(const JsonValue *self) { return list_total(&((const JsonArray *)self)->items); }
static const Methods array_methods = {array_write, array_total};

typedef struct {
    JsonValue base;
    List names, values;
} JsonObject;

static void object_write(const JsonValue *self, Text *out) {
    const JsonObject *object = (const JsonObject *)self;
    text_add_char(out, '{');
    for (int i = 0; i < object->names.size; i++) {
        if (i > 0) text_add_char(out, ',');
        write_string(*(Slice *)object->names.items[i], out);
        text_add_char(out, ':');
        const JsonValue *value = object->values.items[i];
        value->methods->write(value, out);
    }
    text_add_char(out, '}');
}
static int64_t object_total(const JsonValue *self) { return list_total(&((const JsonObject *)self)->values); }
static const Methods object_methods = {object_write, object_total};

typedef struct {
    const char *text;
    size_t size, at;
} Parser;

static JsonValue *parse_value(Parser *self);

static char peek(Parser *self) {
    if (self->at >= self->size) fail("expected more");
    return self->text[self->at];
}

static void skip_blanks(Parser *self) {
    while (self->at < self->size && (self->text[self->at] == ' ' || self->text[self->at] == '\n')) self->at++;
}

static bool accept(Parser *self, char c) {
    skip_blanks(self);
    if (peek(self) != c) return false;
    self->at++;
    return true;
}

static void expect(Parser *self, char c) {
    if (!accept(self, c)) fail("expected another character");
}

static JsonValue *parse_literal(Parser *self, const char *word) {
    size_t length = strlen(word);
    for (size_t i = 0; i < length; i++) {
        if (peek(self) != word[i]) fail("expected a word");
        self->at++;
    }
    return new_text(&literal_methods, (Slice){word, length});
}

static bool is_digit(const Parser *self) {
    return self->at < self->size && self->text[self->at] >= '0' && self->text[self->at] <= '9';
}

static JsonValue *parse_number(Parser *self) {
    bool is_negative = peek(self) == '-';
    if (is_negative) self->at++;
    if (!is_digit(self)) fail("expected a value");
    int64_t whole = 0;
    while (is_digit(self)) whole = whole * 10 + (self->text[self->at++] - '0');
    if (self->at < self->size && self->text[self->at] == '.') {
        self->at++;
        double fraction = 0.0;
        double place = 0.1;
        while (is_digit(self)) {
            fraction += (self->text[self->at++] - '0') * place;
            place /= 10.0;
        }
        double value = (double)whole + fraction;
        JsonDecimal *decimal = allocate(sizeof(JsonDecimal));
        *decimal = (JsonDecimal){{&decimal_methods}, is_negative ? -value : value};
        return &decimal->base;
    }
    JsonInteger *integer = allocate(sizeof(JsonInteger));
    *integer = (JsonInteger){{&integer_methods}, is_negative ? -whole : whole};
    return &integer->base;
}

static Slice copy_of(const char *bytes, size_t size) {
    char *copy = allocate(size + 1);
    memcpy(copy, bytes, size);
    return (Slice){copy, size};
}

static Slice parse_string(Parser *self) {
    expect(self, '"');
    size_t start = self->at;
    while (peek(self) != '"' && self->text[self->at] != '\\') self->at++;
    if (self->text[self->at] == '"') {
        self->at++;
        return copy_of(self->text + start, self->at - 1 - start);
    }
    Text out = {0};
    text_add(&out, self->text + start, self->at - start);
    while (peek(self) != '"') {
        if (self->text[self->at] == '\\') {
            self->at++;
            char c = peek(self);
            text_add_char(&out, c == 'n' ? '\n' : c);
            self->at++;
        } else {
            size_t from = self->at;
            while (peek(self) != '"' && self->text[self->at] != '\\') self->at++;
            text_add(&out, self->text + from, self->at - from);
        }
    }
    self->at++;
    Slice slice = copy_of(out.bytes, out.size);
    text_clear(&out);
    return slice;
}

static JsonValue *parse_array(Parser *self) {
    expect(self, '[');
    JsonArray *array = allocate(sizeof(JsonArray));
    array->base.methods = &array_methods;
    if (accept(self, ']')) return &array->base;
    list_add(&array->items, parse_value(self));
    while (accept(self, ',')) list_add(&array->items, parse_value(self));
    expect(self, ']');
    return &array->base;
}

static void parse_member(Parser *self, JsonObject *object) {
    skip_blanks(self);
    Slice *name = allocate(sizeof(Slice));
    *name = parse_string(self);
    expect(self, ':');
    list_add(&object->names, name);
    list_add(&object->values, parse_value(self));
}

static JsonValue *parse_object(Parser *self) {
    expect(self, '{');
    JsonObject *object = allocate(sizeof(JsonObject));
    object->base.methods = &object_methods;
    if (accept(self, '}')) return &object->base;
    parse_member(self, object);
    while (accept(self, ',')) parse_member(self, object);
    expect(self, '}');
    return &object->base;
}

static JsonValue *parse_value(Parser *self) {
    skip_blanks(self);
    switch (peek(self)) {
        case '{': return parse_object(self);
        case '[': return parse_array(self);
        case '"': return new_text(&string_methods, parse_string(self));
        case 'n': return parse_literal(self, "null");
        case 't': return parse_literal(self, "true");
        case 'f': return parse_literal(self, "false");
        default: return parse_number(self);
    }
}

static Text text, written;
static int64_t expected = 0;

static void add_record(int id) {
    int whole = next_random(1000);
    int quarter = next_random(4) * 25;
    int balance = next_random(200000) - 100000;
    text_add_string(&text, "{\"id\":");
    text_add_int(&text, id);
    text_add_string(&text, ",\"name\":\"user ");
    text_add_int(&text, next_random(10000));
    text_add_string(&text, "\",\"score\":");
    text_add_int(&text, whole);
    text_add_string(&text, quarter == 0 ? ".0" : ".");
    text_add_int(&text, quarter);
    text_add_string(&text, ",\"balance\":");
    text_add_int(&text, balance);
    text_add_string(&text, ",\"active\":");
    text_add_string(&text, next_random(2) == 0 ? "true" : "false");
    text_add_string(&text, ",\"parent\":null,\"tags\":[");
    int tags = next_random(5);
    for (int i = 0; i < tags; i++) {
        text_add_string(&text, i > 0 ? ",\"tag" : "\"tag");
        text_add_int(&text, next_random(100));
        text_add_char(&text, '"');
    }
    text_add_string(&text, "],\"note\":\"said \\\"");
    text_add_int(&text, next_random(50));
    text_add_string(&text, "\\\"\\nand left\"}");
    expected += id + whole * 100 + quarter + balance;
}

void prepare(int size) {
    text_add_char(&text, '[');
    for (int i = 0; i < size; i++) {
        if (i > 0) text_add_char(&text, ',');
        add_record(i);
    }
    text_add_char(&text, ']');
}

int64_t benchmark(void) {
    Parser parser = {text.bytes, text.size, 0};
    JsonValue *value = parse_value(&parser);
    skip_blanks(&parser);
    if (parser.at != parser.size) fail("expected the end");
    text_clear(&written);
    value->methods->write(value, &written);
    return value->methods->total(value);
}

bool verify_result(int64_t result) {
    return result == expected && written.size == text.size && memcmp(written.bytes, text.bytes, text.size) == 0;
}
