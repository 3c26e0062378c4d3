/* Sort: quicksort of integers in place, and merge sort of objects by a function that compares them. */

#include "harness.h"

#include <string.h>

const char *const benchmark_name = "sort";

static void quicksort(int *items, int from, int to) {
    int low = from;
    int high = to;
    int pivot = items[(from + to) / 2];
    while (low <= high) {
        while (items[low] < pivot) low++;
        while (items[high] > pivot) high--;
        if (low <= high) {
            int kept = items[low];
            items[low] = items[high];
            items[high] = kept;
            low++;
            high--;
        }
    }
    if (from < high) quicksort(items, from, high);
    if (low < to) quicksort(items, low, to);
}

typedef struct {
    int key, index;
} Record;

typedef bool (*Before)(const Record *a, const Record *b);

static bool before_by_key(const Record *a, const Record *b) { return a->key < b->key; }

static void mergesort(Record **items, Record **space, int from, int to, Before before) {
    if (to - from < 2) return;
    int middle = (from + to) / 2;
    mergesort(items, space, from, middle, before);
    mergesort(items, space, middle, to, before);
    int left = from;
    int right = middle;
    for (int at = from; at < to; at++) {
        if (left < middle && (right >= to || !before(items[right], items[left]))) {
            space[at] = items[left];
            left++;
        } else {
            space[at] = items[right];
            right++;
        }
    }
    for (int at = from; at < to; at++) items[at] = space[at];
}

static int size;
static int *numbers, *sorted;
static Record **records;

void prepare(int given) {
    size = given;
    numbers = allocate((size_t)size * sizeof(int));
    for (int i = 0; i < size; i++) numbers[i] = next_random(1000000);
}

int64_t benchmark(void) {
    sorted = allocate((size_t)size * sizeof(int));
    memcpy(sorted, numbers, (size_t)size * sizeof(int));
    quicksort(sorted, 0, size - 1);
    records = allocate((size_t)size * sizeof(Record *));
    Record **space = allocate((size_t)size * sizeof(Record *));
    for (int i = 0; i < size; i++) {
        records[i] = allocate(sizeof(Record));
        *records[i] = (Record){numbers[i] % 1000, i};
    }
    mergesort(records, space, 0, size, before_by_key);
    int64_t total = 0;
    for (int i = 0; i < size; i++) {
        total += (int64_t)(i % 7 + 1) * sorted[i] + (int64_t)(i % 5 + 1) * records[i]->key;
    }
    return total;
}

bool verify_result(int64_t result) {
    int64_t expected = 0, actual = 0;
    for (int i = 0; i < size; i++) {
        expected += numbers[i];
        actual += sorted[i];
        if (i > 0) {
            if (sorted[i - 1] > sorted[i]) return false;
            const Record *a = records[i - 1];
            const Record *b = records[i];
            if (a->key > b->key || (a->key == b->key && a->index >= b->index)) return false;
        }
    }
    return actual == expected && result > 0;
}
