/* Word count: how often each word occurs in a large text, and the words that do most often. */

#include "harness.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *const benchmark_name = "wordcount";

enum { VOCABULARY = 2000, TOP = 10 };

typedef struct {
    const char *word;
    uint32_t length;
    int64_t count;
} Entry;

static Text vocabulary[VOCABULARY];
static int64_t expected[VOCABULARY];
static Text text;
static TextMap found;
static Entry top[TOP];
static int top_size;

static void new_word(int number, Text *word) {
    int letters = next_random(6);
    for (int i = 0; i < letters; i++) text_add_char(word, (char)(97 + next_random(16)));
    int rest = number;
    do {
        text_add_char(word, (char)(113 + rest % 10));
        rest /= 10;
    } while (rest > 0);
}

void prepare(int size) {
    for (int i = 0; i < VOCABULARY; i++) new_word(i, &vocabulary[i]);
    for (int i = 0; i < size; i++) {
        int place = next_random(VOCABULARY);
        place = place * next_random(1000) / 1000;
        place = place * next_random(1000) / 1000;
        expected[place]++;
        size_t start = text.size;
        text_add(&text, vocabulary[place].bytes, vocabulary[place].size);
        if (i % 12 == 0) text.bytes[start] = (char)toupper((unsigned char)text.bytes[start]);
        text_add_string(&text, i % 12 == 11 ? ".\n" : i % 5 == 4 ? ", " : " ");
    }
}

static void count_words(void) {
    char *lowered = allocate(text.size);
    for (size_t i = 0; i < text.size; i++) lowered[i] = (char)tolower((unsigned char)text.bytes[i]);
    size_t start = SIZE_MAX;
    for (size_t i = 0; i < text.size; i++) {
        char c = lowered[i];
        if (c >= 'a' && c <= 'z') {
            if (start == SIZE_MAX) start = i;
        } else if (start != SIZE_MAX) {
            bool is_new;
            *text_map_at(&found, lowered + start, i - start, &is_new) += 1;
            start = SIZE_MAX;
        }
    }
}

static int compare(const void *left, const void *right) {
    const Entry *a = left;
    const Entry *b = right;
    if (a->count != b->count) return a->count > b->count ? -1 : 1;
    int order = memcmp(a->word, b->word, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

int64_t benchmark(void) {
    text_map_free(&found);
    count_words();
    Entry *entries = allocate(found.size * sizeof(Entry));
    size_t at = 0;
    for (size_t i = 0; i < found.capacity; i++) {
        const TextSlot *slot = &found.slots[i];
        if (slot->key != NULL) entries[at++] = (Entry){slot->key, slot->length, slot->value};
    }
    qsort(entries, found.size, sizeof(Entry), compare);
    top_size = found.size < TOP ? (int)found.size : TOP;
    int64_t total = 0;
    for (int i = 0; i < top_size; i++) {
        top[i] = entries[i];
        total += (i + 1) * top[i].count;
    }
    return total * 10000 + (int64_t)found.size;
}

bool verify_result(int64_t result) {
    int64_t different = (int64_t)found.size;
    int64_t present = 0;
    for (int i = 0; i < VOCABULARY; i++) {
        bool is_new;
        if (expected[i] == 0) continue;
        present++;
        if (*text_map_at(&found, vocabulary[i].bytes, vocabulary[i].size, &is_new) != expected[i]) return false;
    }
    for (int i = 1; i < top_size; i++) {
        if (top[i - 1].count < top[i].count) return false;
    }
    return different == present && result % 10000 == different;
}
