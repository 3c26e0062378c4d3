/* Hash maps: insertions, look-ups and removals, with integers and with strings as keys. */

#include "harness.h"

#include <stdlib.h>
#include <string.h>

const char *const benchmark_name = "hashmap";

/* From integers to integers, with open addressing; a removed slot keeps its key. */
typedef enum { EMPTY, FULL, REMOVED } State;

typedef struct {
    int key, value;
    State state;
} IntSlot;

typedef struct {
    IntSlot *slots;
    size_t used, capacity;
} IntMap;

static IntSlot *find(const IntMap *map, int key) {
    size_t at = ((uint32_t)key * 2654435769u >> 7) & (map->capacity - 1);
    while (map->slots[at].state != EMPTY && map->slots[at].key != key) at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

static void grow(IntMap *map) {
    IntMap larger = {NULL, 0, map->capacity == 0 ? 16 : 2 * map->capacity};
    larger.slots = calloc(larger.capacity, sizeof(IntSlot));
    if (larger.slots == NULL) fail("no memory");
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].state == FULL) {
            *find(&larger, map->slots[i].key) = map->slots[i];
            larger.used++;
        }
    }
    free(map->slots);
    *map = larger;
}

static int get_or_zero(const IntMap *map, int key) {
    const IntSlot *slot = find(map, key);
    return slot->state == FULL ? slot->value : 0;
}

static void put(IntMap *map, int key, int value) {
    if (4 * (map->used + 1) > 3 * map->capacity) grow(map);
    IntSlot *slot = find(map, key);
    if (slot->state == EMPTY) map->used++;
    *slot = (IntSlot){key, value, FULL};
}

static void remove_key(IntMap *map, int key) {
    IntSlot *slot = find(map, key);
    if (slot->state == FULL) slot->state = REMOVED;
}

static int size;
static int *keys;

void prepare(int given) {
    size = given;
    keys = allocate((size_t)size * sizeof(int));
    for (int i = 0; i < size; i++) keys[i] = next_random(size);
}

static int64_t integers(void) {
    IntMap counts = {0};
    grow(&counts);
    for (int i = 0; i < size; i++) put(&counts, keys[i], get_or_zero(&counts, keys[i]) + 1);
    for (int i = 0; i < size; i++) {
        if (keys[i] % 3 == 0) remove_key(&counts, keys[i]);
    }
    int64_t hits = 0;
    for (int key = 0; key < size; key++) hits += get_or_zero(&counts, key);
    free(counts.slots);
    return hits;
}

static int64_t strings(void) {
    TextMap places = {0};
    int64_t again = 0;
    Text name = {0};
    for (int i = 0; i < size; i++) {
        name.size = 0;
        text_add_string(&name, "key ");
        text_add_int(&name, keys[i] % 1000);
        char *copy = allocate(name.size);
        memcpy(copy, name.bytes, name.size);
        bool is_new;
        int64_t *place = text_map_at(&places, copy, name.size, &is_new);
        if (is_new) {
            *place = i;
        } else {
            again++;
        }
    }
    int64_t total = again;
    for (size_t i = 0; i < places.capacity; i++) {
        if (places.slots[i].key != NULL) total += places.slots[i].value;
    }
    text_clear(&name);
    text_map_free(&places);
    return total % 1000000;
}

int64_t benchmark(void) { return integers() * 1000000 + strings(); }

bool verify_result(int64_t result) {
    int64_t hits = 0, total = 0;
    bool is_met[1000] = {false};
    for (int i = 0; i < size; i++) {
        if (keys[i] % 3 != 0) hits++;
        int name = keys[i] % 1000;
        total += is_met[name] ? 1 : i;
        is_met[name] = true;
    }
    return result == hits * 1000000 + total % 1000000;
}
