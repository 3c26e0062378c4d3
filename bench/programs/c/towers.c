/* Towers: the towers of Hanoi, with disks that are linked objects. */

#include "harness.h"

const char *const benchmark_name = "towers";

typedef struct Disk {
    int size;
    struct Disk *next;
} Disk;

static int disks;
static Disk *piles[3];
static int moves;

void prepare(int size) { disks = size; }

static void push(Disk *disk, int pile) {
    Disk *top = piles[pile];
    if (top != NULL && disk->size >= top->size) fail("a large disk on a small one");
    disk->next = top;
    piles[pile] = disk;
}

static Disk *pop(int pile) {
    Disk *top = piles[pile];
    if (top == NULL) fail("no disk on a pile");
    piles[pile] = top->next;
    top->next = NULL;
    return top;
}

static void move_top(int from, int to) {
    push(pop(from), to);
    moves++;
}

static void move(int count, int from, int to) {
    if (count == 1) {
        move_top(from, to);
        return;
    }
    int other = 3 - from - to;
    move(count - 1, from, other);
    move_top(from, to);
    move(count - 1, other, to);
}

int64_t benchmark(void) {
    for (int i = 0; i < 3; i++) piles[i] = NULL;
    for (int size = disks; size >= 1; size--) {
        Disk *disk = allocate(sizeof(Disk));
        disk->size = size;
        push(disk, 0);
    }
    moves = 0;
    move(disks, 0, 1);
    return moves;
}

bool verify_result(int64_t result) {
    return result == (INT64_C(1) << disks) - 1 && piles[0] == NULL && piles[2] == NULL && piles[1]->size == 1;
}
