/*
 * Builds one-block objects: a struct followed by everything its berth_lists refer to. Items are added after
 * the struct; offsets stay valid while the block grows. Padding is zero, so equal content is equal bytes.
 */
#ifndef API_BLOCK_H
#define API_BLOCK_H

#include <berth/objects.h>
#include <stddef.h>

/* Zero-initialise, then block_start(); reusable; release with block_fini(). */
struct block {
    char *bytes;
    size_t len, cap;
    int failed; /* sticky: memory ran out, or the block passed 4 GiB; checked once at the end */
};

/* Begins a new object whose struct has `size` bytes, all zero. */
void block_start(struct block *b, size_t size);

/* Adds `len` items of `size` bytes, aligned to 8, and returns where they are. Empty lists are {0, 0}. */
berth_list block_add(struct block *b, const void *items, size_t size, size_t len);

/* Adds text as a list of char. */
berth_list block_add_str(struct block *b, berth_str text);

/* The struct at the block's start; the pointer is valid until the next block_add(). */
void *block_at(struct block *b);

/* A copy of the finished object from malloc, its size in *ret_size; NULL when memory ran out. */
void *block_finish(struct block *b, uint32_t *ret_size);

void block_fini(struct block *b);

#endif
