/* See parked.h. */
#include "core/parked.h"

#include "base/hash.h"

#include <stdlib.h>

static uint64_t key_of(const struct queued_pod *p)
{
    uint64_t kind = (uint64_t)p->profile << 8 | p->gate;
    return hash_mix(hash_mix(p->unschedulable, p->pending), kind) | 1; /* keys of a map are not 0 */
}

static bool belongs(const struct park_group *g, const struct queued_pod *p)
{
    return g->unschedulable == p->unschedulable && g->pending == p->pending && g->profile == p->profile
           && g->gate == p->gate;
}

static struct park_group *first_of(const struct parked *k, uint64_t key)
{
    uint64_t *chain = map_get(&k->by_key, key);
    return chain ? (struct park_group *)(uintptr_t)*chain : NULL;
}

/* A group that is not in use; NULL when memory ran out. */
static struct park_group *spare_group(struct parked *k)
{
    struct park_group *g = k->free;
    if (g) {
        k->free = g->next;
        return g;
    }
    g = calloc(1, sizeof(*g));
    if (g && vec_push(&k->groups, g) < 0) {
        free(g);
        return NULL;
    }
    return g;
}

static struct park_group *make_group(struct parked *k, uint64_t key, const struct queued_pod *p)
{
    struct park_group *chain = first_of(k, key);
    struct park_group *g = map_reserve(&k->by_key, 1) < 0 ? NULL : spare_group(k);
    if (!g)
        return NULL;
    *g = (struct park_group){
        .unschedulable = p->unschedulable,
        .pending = p->pending,
        .profile = p->profile,
        .gate = p->gate,
        .next = chain,
    };
    (void)map_put(&k->by_key, key, map_ptr(g));
    return g;
}

/* The group was left by its last pod. */
static void free_group(struct parked *k, struct park_group *g, uint64_t key)
{
    struct park_group *first = first_of(k, key), **link = &first;
    while (*link != g)
        link = &(*link)->next;
    *link = g->next;
    if (first)
        *map_get(&k->by_key, key) = map_ptr(first);
    else
        map_delete(&k->by_key, key);
    g->next = k->free;
    k->free = g;
}

void parked_add(struct parked *k, struct queued_pod *p)
{
    uint64_t key = key_of(p);
    struct park_group *g = first_of(k, key);
    while (g && !belongs(g, p))
        g = g->next;
    if (!g && !(g = make_group(k, key, p))) {
        g = &k->mixed;
        g->mixed = true;
    }
    if (g->len++ == 0 || p->since_ns < g->oldest_ns)
        g->oldest_ns = p->since_ns;
    p->previous = g->last;
    p->next = NULL;
    *(g->last ? &g->last->next : &g->first) = p;
    g->last = p;
    p->group = g;
    p->place = QUEUE_PARKED;
    k->len++;
    k->gated += p->gate != 0;
}

void parked_remove(struct parked *k, struct queued_pod *p)
{
    struct park_group *g = p->group;
    *(p->previous ? &p->previous->next : &g->first) = p->next;
    *(p->next ? &p->next->previous : &g->last) = p->previous;
    p->previous = p->next = NULL;
    p->group = NULL;
    p->place = QUEUE_NOWHERE;
    k->len--;
    k->gated -= p->gate != 0;
    if (--g->len == 0 && !g->mixed)
        free_group(k, g, key_of(p));
}

void parked_find_oldest(struct park_group *group)
{
    group->oldest_ns = INT64_MAX;
    for (const struct queued_pod *p = group->first; p; p = p->next)
        if (p->since_ns < group->oldest_ns)
            group->oldest_ns = p->since_ns;
}

bool parked_ok(const struct parked *k)
{
    uint32_t pods = 0, gated = 0;
    for (size_t i = 0; i <= k->groups.len; i++) {
        const struct park_group *g = i < k->groups.len ? k->groups.at[i] : &k->mixed;
        uint32_t len = 0;
        for (const struct queued_pod *p = g->first; p; p = p->next, len++) {
            if (p->group != g || p->place != QUEUE_PARKED || p->since_ns < g->oldest_ns)
                return false;
            if (!g->mixed && !belongs(g, p))
                return false;
            gated += p->gate != 0;
        }
        if (len != g->len)
            return false;
        pods += len;
    }
    return pods == k->len && gated == k->gated;
}

void parked_fini(struct parked *k)
{
    for (size_t i = 0; i < k->groups.len; i++)
        free(k->groups.at[i]);
    vec_fini(&k->groups);
    map_fini(&k->by_key);
    *k = (struct parked){0};
}
