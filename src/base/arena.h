/*
 * Bump allocation with one lifetime. An arena is a chain of chunks; everything in it dies together.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Zero-initialise; release with arena_fini(). Not shared between threads. */
struct arena {
    struct arena_chunk *current; /* chunks before it are full or skipped */
    struct arena_chunk *first;
    size_t used; /* bytes of `current` given out */
};

/* Zeroed bytes aligned to 16, NULL when memory ran out. bytes 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t bytes);

/*
 * The same, but ends the process with a message when memory ran out: for scratch whose size is bounded by
 * what is already in memory, where no caller could do better.
 */
void *arena_need(struct arena *a, size_t bytes);

/* A copy of the bytes, NULL when memory ran out. */
void *arena_copy(struct arena *a, const void *bytes, size_t len);

/* Forgets everything and keeps the chunks, so that a warm arena needs no malloc. */
void arena_reset(struct arena *a);

/* A point to come back to: everything allocated after it is forgotten by arena_rewind(). */
struct arena_mark {
    struct arena_chunk *current;
    size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Bytes of all chunks. */
size_t arena_footprint(const struct arena *a);

void arena_fini(struct arena *a);

#endif
