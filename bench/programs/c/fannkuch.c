/* Fannkuch: flips of pancakes over all permutations, after The Computer Language Benchmarks Game. */

#include "harness.h"

const char *const benchmark_name = "fannkuch";

static int size;
static int *first, *flipped, *counts;

void prepare(int given) {
    size = given;
    first = allocate((size_t)size * sizeof(int));
    flipped = allocate((size_t)size * sizeof(int));
    counts = allocate((size_t)size * sizeof(int));
}

static int count_flips(void) {
    int flips = 0;
    for (int i = 0; i < size; i++) flipped[i] = first[i];
    int top = flipped[0];
    while (top != 0) {
        int low = 0;
        int high = top;
        while (low < high) {
            int kept = flipped[low];
            flipped[low] = flipped[high];
            flipped[high] = kept;
            low++;
            high--;
        }
        flips++;
        top = flipped[0];
    }
    return flips;
}

static int next_permutation(void) {
    int left = 1;
    while (left < size) {
        int kept = first[0];
        for (int i = 0; i < left; i++) first[i] = first[i + 1];
        first[left] = kept;
        counts[left]--;
        if (counts[left] > 0) return left;
        left++;
    }
    return left;
}

int64_t benchmark(void) {
    for (int i = 0; i < size; i++) first[i] = i;
    int left = size;
    int64_t checksum = 0;
    int max_flips = 0;
    bool is_even = true;
    while (true) {
        while (left > 1) {
            counts[left - 1] = left;
            left--;
        }
        int flips = count_flips();
        if (flips > max_flips) max_flips = flips;
        checksum += is_even ? flips : -flips;
        is_even = !is_even;
        left = next_permutation();
        if (left == size) return checksum * 1000 + max_flips;
    }
}

bool verify_result(int64_t result) {
    switch (size) {
        case 6: return result == 49010;
        case 7: return result == 228016;
        case 8: return result == 1616022;
        case 9: return result == 8629030;
        case 10: return result == 73196038;
        default: return false;
    }
}
