/* Runs a benchmark some times and prints how long each iteration took. */

#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

/* What each program defines: set up for a size, do the work, judge the result. */
extern const char *const benchmark_name;
void prepare(int size);
int64_t benchmark(void);
bool verify_result(int64_t result);

/* Memory of the iteration, or of the preparation: it is given back as a whole. */
void *allocate(size_t size);

/* Numbers that look random and are the same in every language (Park and Miller's generator). */
int next_random(int bound);

/* Print a message and end the program. */
_Noreturn void fail(const char *message);

/* A growing text. */
typedef struct {
    char *bytes;
    size_t size, capacity;
} Text;

void text_add(Text *text, const char *bytes, size_t size);
void text_add_string(Text *text, const char *string);
void text_add_char(Text *text, char c);
void text_add_int(Text *text, int64_t value);
void text_clear(Text *text);

/* A growing list of pointers, in the memory of the iteration. */
typedef struct {
    void **items;
    int size, capacity;
} List;

void list_add(List *list, void *item);
void *list_remove_last(List *list);
void list_remove(List *list, const void *item);

/* A hash table from texts to integers, with open addressing; keys are not copied. */
typedef struct {
    const char *key;
    uint32_t length, hash;
    int64_t value;
} TextSlot;

typedef struct {
    TextSlot *slots;
    size_t size, capacity;
} TextMap;

/* The value of a key, which is 0 if the key is new. */
int64_t *text_map_at(TextMap *map, const char *key, size_t length, bool *is_new);
void text_map_free(TextMap *map);

#endif
