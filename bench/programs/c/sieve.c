/* Sieve: how many primes there are up to n, after Eratosthenes. */

#include "harness.h"

const char *const benchmark_name = "sieve";

static int size;

void prepare(int given) { size = given; }

int64_t benchmark(void) {
    bool *composite = allocate((size_t)size + 1);
    int64_t count = 0;
    for (int i = 2; i <= size; i++) {
        if (!composite[i]) {
            count++;
            int multiple = i + i;
            while (multiple <= size) {
                composite[multiple] = true;
                multiple += i;
            }
        }
    }
    return count;
}

bool verify_result(int64_t result) {
    switch (size) {
        case 1000: return result == 168;
        case 10000: return result == 1229;
        case 100000: return result == 9592;
        case 1000000: return result == 78498;
        case 10000000: return result == 664579;
        default: return false;
    }
}
