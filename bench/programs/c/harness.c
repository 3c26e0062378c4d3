#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNK = 1 << 20 };

typedef struct Chunk {
    struct Chunk *next;
    size_t used, size;
    _Alignas(16) char bytes[];
} Chunk;

static Chunk *chunks = NULL;

static Chunk *new_chunk(size_t size, Chunk *next) {
    Chunk *chunk = malloc(sizeof(Chunk) + size);
    if (chunk == NULL) fail("no memory");
    chunk->next = next;
    chunk->used = 0;
    chunk->size = size;
    return chunk;
}

void *allocate(size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (chunks == NULL || chunks->used + size > chunks->size) chunks = new_chunk(size > CHUNK ? size : CHUNK, chunks);
    void *found = chunks->bytes + chunks->used;
    chunks->used += size;
    return memset(found, 0, size);
}

/* Give back what was allocated after `kept`. */
static void release_to(Chunk *kept) {
    while (chunks != kept) {
        Chunk *next = chunks->next;
        free(chunks);
        chunks = next;
    }
}

int next_random(int bound) {
    static int64_t seed = 42;
    seed = seed * 16807 % 2147483647;
    return (int)(seed % bound);
}

void fail(const char *message) {
    fprintf(stderr, "%s: %s\n", benchmark_name, message);
    exit(1);
}

void text_add(Text *text, const char *bytes, size_t size) {
    if (text->size + size + 1 > text->capacity) {
        text->capacity = 2 * (text->size + size + 1);
        text->bytes = realloc(text->bytes, text->capacity);
        if (text->bytes == NULL) fail("no memory");
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = 0;
}

void text_add_string(Text *text, const char *string) { text_add(text, string, strlen(string)); }

void text_add_char(Text *text, char c) { text_add(text, &c, 1); }

void text_add_int(Text *text, int64_t value) {
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) *--at = '-';
    text_add(text, at, (size_t)(digits + sizeof digits - at));
}

void text_clear(Text *text) {
    free(text->bytes);
    *text = (Text){0};
}

void list_add(List *list, void *item) {
    if (list->size == list->capacity) {
        int capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
        void **items = allocate((size_t)capacity * sizeof(void *));
        if (list->size > 0) memcpy(items, list->items, (size_t)list->size * sizeof(void *));
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->size++] = item;
}

void *list_remove_last(List *list) { return list->items[--list->size]; }

void list_remove(List *list, const void *item) {
    for (int i = 0; i < list->size; i++) {
        if (list->items[i] == item) {
            memmove(list->items + i, list->items + i + 1, (size_t)(list->size - i - 1) * sizeof(void *));
            list->size--;
            return;
        }
    }
}

/* FNV-1a. */
static uint32_t hash_of(const char *key, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)key[i]) * 16777619u;
    return hash;
}

static TextSlot *slot_for(TextMap *map, const char *key, size_t length, uint32_t hash) {
    size_t at = hash & (map->capacity - 1);
    while (true) {
        TextSlot *slot = &map->slots[at];
        if (slot->key == NULL) return slot;
        if (slot->hash == hash && slot->length == length && memcmp(slot->key, key, length) == 0) return slot;
        at = (at + 1) & (map->capacity - 1);
    }
}

static void grow(TextMap *map) {
    TextMap larger = {NULL, map->size, map->capacity == 0 ? 16 : 2 * map->capacity};
    larger.slots = calloc(larger.capacity, sizeof(TextSlot));
    if (larger.slots == NULL) fail("no memory");
    for (size_t i = 0; i < map->capacity; i++) {
        TextSlot *slot = &map->slots[i];
        if (slot->key != NULL) *slot_for(&larger, slot->key, slot->length, slot->hash) = *slot;
    }
    free(map->slots);
    *map = larger;
}

int64_t *text_map_at(TextMap *map, const char *key, size_t length, bool *is_new) {
    if (4 * (map->size + 1) > 3 * map->capacity) grow(map);
    uint32_t hash = hash_of(key, length);
    TextSlot *slot = slot_for(map, key, length, hash);
    *is_new = slot->key == NULL;
    if (*is_new) {
        *slot = (TextSlot){key, (uint32_t)length, hash, 0};
        map->size++;
    }
    return &slot->value;
}

void text_map_free(TextMap *map) {
    free(map->slots);
    *map = (TextMap){0};
}

static int64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: %s ITERATIONS SIZE\n", benchmark_name);
        return 2;
    }
    int iterations = atoi(arguments[1]);
    prepare(atoi(arguments[2]));
    int64_t result = 0;
    /* So that an iteration never writes into a chunk of the preparation. */
    Chunk *prepared = chunks = new_chunk(0, chunks);
    for (int i = 0; i < iterations; i++) {
        release_to(prepared);
        int64_t started = microseconds();
        result = benchmark();
        int64_t elapsed = microseconds() - started;
        if (!verify_result(result)) fail("wrong result");
        printf("%s: iterations=1 runtime: %lldus\n", benchmark_name, (long long)elapsed);
        fflush(stdout);
    }
    printf("%s: result=%lld\n", benchmark_name, (long long)result);
    return 0;
}
