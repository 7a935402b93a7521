/* See nominator.h. */
#include "core/nominator.h"

#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t key_of(berth_str uid)
{
    return hash_bytes(uid.ptr, uid.len) | 1; /* keys of a map are not 0 */
}

static struct nomination *chain_at(const struct map *m, uint64_t key)
{
    uint64_t *first = map_get(m, key);
    return first ? (struct nomination *)(uintptr_t)*first : NULL;
}

/* The chain at `key` begins with `first` now. */
static void chain_set(struct map *m, uint64_t key, struct nomination *first)
{
    if (first)
        (void)map_put(m, key, map_ptr(first)); /* the key is there, or room for it */
    else
        map_delete(m, key);
}

static struct nomination *find(const struct nominator *n, berth_str uid)
{
    struct nomination *x = chain_at(&n->by_uid, key_of(uid));
    while (x && !berth_str_eq(berth_pod_uid(x->pod), uid))
        x = x->next_hash;
    return x;
}

static void append(struct nominator *n, struct nomination *x)
{
    struct nomination *last = chain_at(&n->by_node, map_ptr(x->node));
    x->next = NULL;
    if (!last) {
        chain_set(&n->by_node, map_ptr(x->node), x);
        return;
    }
    while (last->next)
        last = last->next;
    last->next = x;
}

int nominator_add(struct nominator *n, const struct berth_pod *pod, berth_atom node)
{
    nominator_delete(n, berth_pod_uid(pod));
    if (!node)
        node = pod->nominated_node_name;
    if (!node)
        return 0;
    struct nomination *x = malloc(sizeof(*x));
    if (!x || map_reserve(&n->by_uid, 1) < 0 || map_reserve(&n->by_node, 1) < 0) {
        free(x);
        return -ENOMEM;
    }
    uint64_t key = key_of(berth_pod_uid(pod));
    *x = (struct nomination){.pod = pod_ref(pod), .node = node, .next_hash = chain_at(&n->by_uid, key)};
    chain_set(&n->by_uid, key, x);
    append(n, x);
    return 0;
}

int nominator_update(struct nominator *n, const struct berth_pod *old, const struct berth_pod *pod)
{
    bool unheard_of = !old->nominated_node_name && !pod->nominated_node_name;
    berth_atom kept = unheard_of ? nominator_node(n, berth_pod_uid(old)) : NULL;
    nominator_delete(n, berth_pod_uid(old));
    return nominator_add(n, pod, kept);
}

static struct nomination *without_on_node(struct nomination *first, const struct nomination *x)
{
    struct nomination **link = &first;
    while (*link != x)
        link = &(*link)->next;
    *link = x->next;
    return first;
}

static struct nomination *without_by_uid(struct nomination *first, const struct nomination *x)
{
    struct nomination **link = &first;
    while (*link != x)
        link = &(*link)->next_hash;
    *link = x->next_hash;
    return first;
}

void nominator_delete(struct nominator *n, berth_str uid)
{
    struct nomination *x = find(n, uid);
    if (!x)
        return;
    uint64_t node = map_ptr(x->node), key = key_of(uid);
    chain_set(&n->by_node, node, without_on_node(chain_at(&n->by_node, node), x));
    chain_set(&n->by_uid, key, without_by_uid(chain_at(&n->by_uid, key), x));
    pod_unref(n->catalog, x->pod);
    free(x);
}

const struct nomination *nominator_first(const struct nominator *n, berth_atom node)
{
    return node ? chain_at(&n->by_node, map_ptr(node)) : NULL;
}

berth_atom nominator_node(const struct nominator *n, berth_str uid)
{
    const struct nomination *x = find(n, uid);
    return x ? x->node : NULL;
}

/* The chain in a slot of a map. */
static struct nomination *chain_in(const struct map_slot *slot)
{
    return slot->key ? (struct nomination *)(uintptr_t)slot->value : NULL;
}

bool nominator_ok(const struct nominator *n)
{
    size_t on_nodes = 0, by_uid = 0;
    for (size_t i = 0; i < n->by_node.cap; i++)
        for (const struct nomination *x = chain_in(&n->by_node.slots[i]); x; x = x->next, on_nodes++)
            if (map_ptr(x->node) != n->by_node.slots[i].key || find(n, berth_pod_uid(x->pod)) != x)
                return false;
    for (size_t i = 0; i < n->by_uid.cap; i++)
        for (const struct nomination *x = chain_in(&n->by_uid.slots[i]); x; x = x->next_hash)
            by_uid++;
    return on_nodes == by_uid;
}

void nominator_fini(struct nominator *n)
{
    for (size_t i = 0; i < n->by_uid.cap; i++)
        for (struct nomination *next, *x = chain_in(&n->by_uid.slots[i]); x; x = next) {
            next = x->next_hash;
            pod_unref(n->catalog, x->pod);
            free(x);
        }
    map_fini(&n->by_node);
    map_fini(&n->by_uid);
}
