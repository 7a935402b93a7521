#include "base/atoms.h"

#include "base/hash.h"

#include <stdlib.h>

static berth_atom *probe(const struct atoms *t, berth_str text, uint32_t hash)
{
    uint32_t i = hash & (t->cap - 1);
    for (; t->slots[i]; i = (i + 1) & (t->cap - 1))
        if (t->slots[i]->hash == hash && berth_str_eq(berth_atom_str(t->slots[i]), text))
            break;
    return &t->slots[i];
}

static int grow(struct atoms *t)
{
    struct atoms bigger = {.cap = t->cap ? t->cap * 2 : 1024};
    bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
    if (!bigger.slots)
        return -1;
    for (uint32_t i = 0; i < t->cap; i++)
        if (t->slots[i])
            *probe(&bigger, berth_atom_str(t->slots[i]), t->slots[i]->hash) = t->slots[i];
    free(t->slots);
    t->slots = bigger.slots;
    t->cap = bigger.cap;
    return 0;
}

berth_atom atoms_find(const struct atoms *t, berth_str text)
{
    return t->cap ? *probe(t, text, (uint32_t)hash_bytes(text.ptr, text.len)) : NULL;
}

berth_atom atoms_intern(struct atoms *t, berth_str text)
{
    uint32_t hash = (uint32_t)hash_bytes(text.ptr, text.len);
    if ((t->len + 1) * 4ull > t->cap * 3ull && grow(t) < 0)
        return NULL;
    berth_atom *slot = probe(t, text, hash);
    if (*slot)
        return *slot;
    struct berth_interned *atom = arena_alloc(&t->arena, sizeof(*atom) + text.len + 1);
    if (!atom)
        return NULL;
    *atom = (struct berth_interned){.id = ++t->len, .hash = hash, .len = text.len};
    if (text.len)
        memcpy(atom->text, text.ptr, text.len);
    return *slot = atom;
}

void atoms_fini(struct atoms *t)
{
    arena_fini(&t->arena);
    free(t->slots);
    *t = (struct atoms){0};
}
