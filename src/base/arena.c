#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    alignas(16) char bytes[];
};

enum { FIRST_CHUNK = 16 << 10, LARGEST_CHUNK = 4 << 20 };

static size_t next_size(const struct arena *a, size_t bytes)
{
    size_t size = a->current ? a->current->size * 2 : FIRST_CHUNK;
    if (size > LARGEST_CHUNK)
        size = LARGEST_CHUNK;
    return size < bytes ? bytes : size;
}

/* Makes `current` a chunk with room for `bytes`: one kept from before, or a new one. */
static int advance(struct arena *a, size_t bytes)
{
    struct arena_chunk **link = a->current ? &a->current->next : &a->first;
    struct arena_chunk *next = *link;
    if (!next || next->size < bytes) {
        size_t size = next_size(a, bytes);
        struct arena_chunk *fresh = malloc(sizeof(*fresh) + size);
        if (!fresh)
            return -1;
        *fresh = (struct arena_chunk){.next = next, .size = size};
        *link = next = fresh;
    }
    a->current = next;
    a->used = 0;
    return 0;
}

/* Bytes with whatever is in them. */
static void *take(struct arena *a, size_t bytes)
{
    if (bytes > (size_t)1 << 48)
        return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if ((!a->current || a->current->size - a->used < bytes) && advance(a, bytes) < 0)
        return NULL;
    void *at = a->current->bytes + a->used;
    a->used += bytes;
    return at;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    void *at = take(a, bytes);
    return at ? memset(at, 0, bytes) : NULL;
}

void *arena_need(struct arena *a, size_t bytes)
{
    void *at = arena_alloc(a, bytes);
    if (!at) {
        fprintf(stderr, "berth: out of memory (%zu bytes of scratch)\n", bytes);
        abort();
    }
    return at;
}

void *arena_copy(struct arena *a, const void *bytes, size_t len)
{
    void *at = take(a, len);
    return at && len ? memcpy(at, bytes, len) : at;
}

void arena_reset(struct arena *a)
{
    a->current = a->first;
    a->used = 0;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->current, a->used};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    a->current = mark.current ? mark.current : a->first;
    a->used = mark.current ? mark.used : 0;
}

size_t arena_footprint(const struct arena *a)
{
    size_t total = 0;
    for (const struct arena_chunk *c = a->first; c; c = c->next)
        total += sizeof(*c) + c->size;
    return total;
}

void arena_fini(struct arena *a)
{
    for (struct arena_chunk *c = a->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}
