/* Queens: all ways to put n queens on a board of n by n so that none attacks another. */

#include "harness.h"

const char *const benchmark_name = "queens";

typedef struct {
    int size;
    bool *free_rows, *free_rising, *free_falling;
} Board;

static bool *all_free(int size) {
    bool *made = allocate((size_t)size * sizeof(bool));
    for (int i = 0; i < size; i++) made[i] = true;
    return made;
}

static bool is_free(const Board *self, int row, int column) {
    return self->free_rows[row] && self->free_rising[row + column] && self->free_falling[row - column + self->size];
}

static void mark(Board *self, int row, int column, bool free) {
    self->free_rows[row] = free;
    self->free_rising[row + column] = free;
    self->free_falling[row - column + self->size] = free;
}

static int solutions(Board *self, int column) {
    if (column == self->size) return 1;
    int found = 0;
    for (int row = 0; row < self->size; row++) {
        if (is_free(self, row, column)) {
            mark(self, row, column, false);
            found += solutions(self, column + 1);
            mark(self, row, column, true);
        }
    }
    return found;
}

static int size;

void prepare(int given) { size = given; }

int64_t benchmark(void) {
    Board board = {size, all_free(size), all_free(2 * size), all_free(2 * size)};
    return solutions(&board, 0);
}

bool verify_result(int64_t result) {
    switch (size) {
        case 4: return result == 2;
        case 5: return result == 10;
        case 6: return result == 4;
        case 7: return result == 40;
        case 8: return result == 92;
        case 9: return result == 352;
        case 10: return result == 724;
        case 11: return result == 2680;
        case 12: return result == 14200;
        default: return false;
    }
}
