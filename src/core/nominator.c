/* See nominator.h. */
#include "core/nominator.h"

#include "core/queued_index.h"

#include <errno.h>
#include <stdlib.h>

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

static struct nomination *find(const struct nominator *n, const struct berth_pod *pod)
{
    struct nomination *x = chain_at(&n->by_pod, queued_key_of_pod(pod));
    while (x && !berth_same_pod(x->pod, pod))
        x = x->next_hash;
    return x;
}

static void touch(struct nominator *n, berth_atom node)
{
    if (n->touched.len > 0 && n->touched.at[n->touched.len - 1] == node)
        return;
    n->lost_count |= vec_push(&n->touched, node) < 0;
}

static void append(struct nominator *n, struct nomination *x)
{
    touch(n, x->node);
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
    nominator_delete(n, pod);
    if (!node)
        node = pod->nominated_node_name;
    if (!node)
        return 0;
    struct nomination *x = malloc(sizeof(*x));
    if (!x || map_reserve(&n->by_pod, 1) < 0 || map_reserve(&n->by_node, 1) < 0) {
        free(x);
        return -ENOMEM;
    }
    uint64_t key = queued_key_of_pod(pod);
    *x = (struct nomination){.pod = pod_ref(pod), .node = node, .next_hash = chain_at(&n->by_pod, key)};
    chain_set(&n->by_pod, key, x);
    append(n, x);
    return 0;
}

int nominator_update(struct nominator *n, const struct berth_pod *old, const struct berth_pod *pod)
{
    bool unheard_of = !old->nominated_node_name && !pod->nominated_node_name;
    berth_atom kept = unheard_of ? nominator_node(n, old) : NULL;
    nominator_delete(n, old);
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

static struct nomination *without_by_pod(struct nomination *first, const struct nomination *x)
{
    struct nomination **link = &first;
    while (*link != x)
        link = &(*link)->next_hash;
    *link = x->next_hash;
    return first;
}

void nominator_delete(struct nominator *n, const struct berth_pod *pod)
{
    struct nomination *x = find(n, pod);
    if (!x)
        return;
    touch(n, x->node);
    uint64_t node = map_ptr(x->node), key = queued_key_of_pod(x->pod);
    chain_set(&n->by_node, node, without_on_node(chain_at(&n->by_node, node), x));
    chain_set(&n->by_pod, key, without_by_pod(chain_at(&n->by_pod, key), x));
    pod_unref(n->catalog, x->pod);
    free(x);
}

const struct nomination *nominator_first(const struct nominator *n, berth_atom node)
{
    return node ? chain_at(&n->by_node, map_ptr(node)) : NULL;
}

berth_atom nominator_node(const struct nominator *n, const struct berth_pod *pod)
{
    const struct nomination *x = find(n, pod);
    return x ? x->node : NULL;
}

/* The chain in a slot of a map. */
static struct nomination *chain_in(const struct map_slot *slot)
{
    return slot->key ? (struct nomination *)(uintptr_t)slot->value : NULL;
}

bool nominator_ok(const struct nominator *n)
{
    size_t on_nodes = 0, known = 0;
    for (size_t i = 0; i < n->by_node.cap; i++)
        for (const struct nomination *x = chain_in(&n->by_node.slots[i]); x; x = x->next, on_nodes++)
            if (map_ptr(x->node) != n->by_node.slots[i].key || find(n, x->pod) != x)
                return false;
    for (size_t i = 0; i < n->by_pod.cap; i++)
        for (const struct nomination *x = chain_in(&n->by_pod.slots[i]); x; x = x->next_hash)
            known++;
    return on_nodes == known;
}

void nominator_fini(struct nominator *n)
{
    for (size_t i = 0; i < n->by_pod.cap; i++)
        for (struct nomination *next, *x = chain_in(&n->by_pod.slots[i]); x; x = next) {
            next = x->next_hash;
            pod_unref(n->catalog, x->pod);
            free(x);
        }
    vec_fini(&n->touched);
    map_fini(&n->by_node);
    map_fini(&n->by_pod);
}
