/* See queued_index.h. */
#include "core/queued_index.h"

#include <errno.h>

int queued_index_reserve(struct queued_index *x, size_t len)
{
    return len > x->chains.len && map_reserve(&x->chains, len - x->chains.len) < 0 ? -ENOMEM : 0;
}

void queued_index_add(struct queued_index *x, uint64_t key, struct queued_pod *p)
{
    p->next_hash = queued_index_first(x, key);
    (void)map_put(&x->chains, key, map_ptr(p));
    x->len++;
}

void queued_index_remove(struct queued_index *x, uint64_t key, struct queued_pod *p)
{
    struct queued_pod *first = queued_index_first(x, key), **link = &first;
    while (*link != p)
        link = &(*link)->next_hash;
    *link = p->next_hash;
    p->next_hash = NULL;
    if (first)
        *map_get(&x->chains, key) = map_ptr(first);
    else
        map_delete(&x->chains, key);
    x->len--;
}

struct queued_pod *queued_index_first(const struct queued_index *x, uint64_t key)
{
    uint64_t *chain = map_get(&x->chains, key);
    return chain ? (struct queued_pod *)(uintptr_t)*chain : NULL;
}

struct queued_pod *queued_index_in(const struct queued_index *x, size_t i)
{
    const struct map_slot *slot = &x->chains.slots[i];
    return slot->key ? (struct queued_pod *)(uintptr_t)slot->value : NULL;
}

void queued_index_fini(struct queued_index *x)
{
    map_fini(&x->chains);
    x->len = 0;
}
