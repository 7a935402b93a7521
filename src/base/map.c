#include "base/map.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t home(const struct map *m, uint64_t key)
{
    return hash_mix(0, key) & (m->cap - 1);
}

/* The slot that holds `key`, or the free one where it would go. Needs cap > 0. */
static struct map_slot *probe(const struct map *m, uint64_t key)
{
    size_t i = home(m, key);
    while (m->slots[i].key && m->slots[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

uint64_t *map_get(const struct map *m, uint64_t key)
{
    if (m->cap == 0)
        return NULL;
    struct map_slot *slot = probe(m, key);
    return slot->key ? &slot->value : NULL;
}

static int grow(struct map *m)
{
    struct map bigger = {.cap = m->cap ? m->cap * 2 : 16, .len = m->len};
    bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -1;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key)
            *probe(&bigger, m->slots[i].key) = m->slots[i];
    free(m->slots);
    *m = bigger;
    return 0;
}

int map_reserve(struct map *m, size_t more)
{
    while ((m->len + more) * 4 > m->cap * 3)
        if (grow(m) < 0)
            return -1;
    return 0;
}

int map_put(struct map *m, uint64_t key, uint64_t value)
{
    assert(key != 0);
    if (map_reserve(m, 1) < 0)
        return -1;
    struct map_slot *slot = probe(m, key);
    m->len += slot->key == 0;
    *slot = (struct map_slot){key, value};
    return 0;
}

bool map_delete(struct map *m, uint64_t key)
{
    if (m->cap == 0 || !probe(m, key)->key)
        return false;
    size_t hole = (size_t)(probe(m, key) - m->slots);
    /* Move later members of the run back into the hole unless that would put them before their home. */
    for (size_t i = (hole + 1) & (m->cap - 1); m->slots[i].key; i = (i + 1) & (m->cap - 1)) {
        size_t distance = (i - home(m, m->slots[i].key)) & (m->cap - 1);
        if (distance >= ((i - hole) & (m->cap - 1))) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].key = 0;
    m->len--;
    return true;
}

void map_fini(struct map *m)
{
    free(m->slots);
    *m = (struct map){0};
}
