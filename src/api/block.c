/* One-block objects in a growing buffer. A failure is sticky, so that builders check once, at the end. */
#include "api/block.h"

#include <stdlib.h>

/* Makes room for `more` zeroed bytes at a multiple of 8 and returns their offset; 0 after a failure. */
static size_t extend(struct block *b, size_t more)
{
    size_t at = (b->len + 7) & ~(size_t)7;
    if (more > UINT32_MAX || at + more > UINT32_MAX)
        b->failed = 1;
    if (b->failed)
        return 0;
    if (at + more > b->cap) {
        size_t cap = b->cap * 2 > at + more ? b->cap * 2 : at + more < 1024 ? 1024 : at + more;
        char *grown = realloc(b->bytes, cap);
        if (!grown) {
            b->failed = 1;
            return 0;
        }
        b->bytes = grown;
        b->cap = cap;
    }
    memset(b->bytes + b->len, 0, at + more - b->len);
    b->len = at + more;
    return at;
}

void block_start(struct block *b, size_t size)
{
    b->len = 0;
    b->failed = 0;
    extend(b, size);
}

berth_list block_add(struct block *b, const void *items, size_t size, size_t len)
{
    size_t bytes;
    if (len == 0)
        return (berth_list){0};
    if (__builtin_mul_overflow(size, len, &bytes)) {
        b->failed = 1;
        return (berth_list){0};
    }
    size_t at = extend(b, bytes);
    if (b->failed)
        return (berth_list){0};
    memcpy(b->bytes + at, items, bytes);
    return (berth_list){(uint32_t)at, (uint32_t)len};
}

berth_list block_add_str(struct block *b, berth_str text)
{
    return block_add(b, text.ptr, 1, text.len);
}

void *block_at(struct block *b)
{
    return b->bytes;
}

void *block_finish(struct block *b, uint32_t *ret_size)
{
    if (b->failed)
        return NULL;
    void *copy = malloc(b->len);
    if (!copy)
        return NULL;
    memcpy(copy, b->bytes, b->len);
    *ret_size = (uint32_t)b->len;
    return copy;
}

void block_fini(struct block *b)
{
    free(b->bytes);
    *b = (struct block){0};
}
