/*
 * A hash table from a non-zero number to a number: pointers, atoms' ids, hashes. Open addressing, linear
 * probing, no tombstones. For keys that are bytes, key by hash and let the value lead to a list.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key; /* 0: free */
    uint64_t value;
};

/* Zero-initialise; release with map_fini(). */
struct map {
    struct map_slot *slots;
    size_t cap; /* 0 or a power of two */
    size_t len;
};

/* Pointer to the value of `key`, NULL when absent. Valid until the next map_put() or map_delete(). */
uint64_t *map_get(const struct map *m, uint64_t key);

/* Sets the value of `key`; -1 when memory ran out, then nothing changed. */
int map_put(struct map *m, uint64_t key, uint64_t value);

/* Makes sure that the next `more` new keys can be put without memory; -1 when there is none. */
int map_reserve(struct map *m, size_t more);

/* Removes the key; false when it was absent. */
bool map_delete(struct map *m, uint64_t key);

void map_fini(struct map *m);

/* Key of a pointer. */
static inline uint64_t map_ptr(const void *p)
{
    return (uint64_t)(uintptr_t)p;
}

#endif
