/* Strings: a text is built piece by piece, split, taken apart, replaced and searched. */

#include "harness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *const benchmark_name = "strings";

static int size;

void prepare(int given) { size = given; }

static char *slice(const char *from, size_t length) {
    char *copy = allocate(length + 1);
    memcpy(copy, from, length);
    return copy;
}

static List split(const char *text, char separator) {
    List parts = {0};
    while (true) {
        const char *at = strchr(text, separator);
        if (at == NULL) {
            list_add(&parts, slice(text, strlen(text)));
            return parts;
        }
        list_add(&parts, slice(text, (size_t)(at - text)));
        text = at + 1;
    }
}

static void build(Text *out) {
    for (int i = 0; i < size; i++) {
        if (i > 0) text_add_char(out, ',');
        text_add_string(out, "item");
        text_add_int(out, i % 100);
        text_add_char(out, ':');
        text_add_int(out, i);
    }
}

static int64_t count(const char *text, const char *part) {
    int64_t found = 0;
    const char *at = strstr(text, part);
    while (at != NULL) {
        found++;
        at = strstr(at + strlen(part), part);
    }
    return found;
}

int64_t benchmark(void) {
    Text text = {0}, out = {0}, replaced = {0};
    build(&text);
    int64_t sum = 0;
    List parts = split(text.bytes, ',');
    for (int i = 0; i < parts.size; i++) {
        const char *part = parts.items[i];
        const char *colon = strchr(part, ':');
        sum += strtol(colon + 1, NULL, 10);
        char *name = slice(part, (size_t)(colon - part));
        for (char *c = name; *c != 0; c++) *c = (char)toupper((unsigned char)*c);
        text_add_string(&out, name);
        text_add_char(&out, ';');
    }
    const char *at = out.bytes;
    for (const char *found = strchr(at, ';'); found != NULL; found = strchr(at, ';')) {
        text_add(&replaced, at, (size_t)(found - at));
        text_add_string(&replaced, ", ");
        at = found + 1;
    }
    text_add_string(&replaced, at);
    int64_t result = sum * 1000 + count(replaced.bytes, "ITEM1") % 1000 + (int64_t)replaced.size;
    text_clear(&text);
    text_clear(&out);
    text_clear(&replaced);
    return result;
}

bool verify_result(int64_t result) {
    int64_t ones = 0, length = 0;
    for (int i = 0; i < size; i++) {
        int n = i % 100;
        if (n == 1 || (n >= 10 && n < 20)) ones++;
        length += n < 10 ? 7 : 8;
    }
    return result == (int64_t)size * (size - 1) / 2 * 1000 + ones % 1000 + length;
}
