/*
 * Whether the cache is in step: everything that is derived from the objects is made
 * anew and compared. For tests.
 */
#include "core/cache.h"

/* How many entries wait for nodes; -1 when one is in a list where it does not belong. */
static int64_t waiting_entries(const struct map *lists)
{
    int64_t len = 0;
    for (size_t i = 0; i < lists->cap; i++) {
        if (!lists->slots[i].key)
            continue;
        for (const struct pod_entry *e = (const void *)(uintptr_t)lists->slots[i].value; e;
             e = e->next, len++)
            if (map_ptr(e->pod->node_name) != lists->slots[i].key || e->slot >= 0)
                return -1;
    }
    return len;
}

/* Whether every pod is exactly where its entry says: on a node, waiting for one, or nowhere. */
static bool entries_ok(const struct cache *c)
{
    int64_t placed = 0, waiting = 0, on_nodes = 0;
    for (uint32_t i = 0; i < c->pods.cap; i++)
        for (const struct pod_entry *e = c->pods.buckets[i]; e; e = e->next_hash) {
            int32_t slot = node_table_find(&c->nodes, e->pod->node_name);
            if (slot != e->slot)
                return false;
            placed += slot >= 0;
            waiting += slot < 0 && e->pod->node_name;
        }
    for (uint32_t slot = 0; slot < c->nodes.view.len; slot++)
        on_nodes += c->nodes.pods[slot].len;
    return placed == on_nodes && waiting == waiting_entries(&c->waiting);
}

/* Whether counting images anew gives the same numbers. */
static bool images_ok(const struct cache *c)
{
    struct images fresh = {0};
    bool ok = true;
    for (uint32_t slot = 0; slot < c->nodes.view.len && ok; slot++)
        if (c->nodes.node[slot] && (ok = images_reserve(&fresh, c->nodes.node[slot]) == 0))
            images_add(&fresh, c->nodes.node[slot]);
    ok = ok && fresh.nodes.len == c->images.nodes.len && fresh.nodes.len == c->images.sizes.len;
    for (size_t i = 0; ok && i < fresh.nodes.cap; i++)
        if (fresh.nodes.slots[i].key) {
            uint64_t *count = map_get(&c->images.nodes, fresh.nodes.slots[i].key);
            ok = count && *count == fresh.nodes.slots[i].value;
        }
    images_fini(&fresh);
    return ok;
}

/* Whether the nodes that share a label value, and only they, share a number. */
static bool topology_ok(const struct cache *c)
{
    for (size_t i = 0; i < c->topology.columns.len; i++) {
        const struct topology_column *column = &c->topology.columns.at[i];
        for (uint32_t slot = 0; slot < c->nodes.view.len; slot++) {
            const struct berth_node *node = c->nodes.node[slot];
            berth_atom value = node ? berth_label_get(node, node->labels, column->key) : NULL;
            uint64_t *number = value ? map_get(&column->by_value, map_ptr(value)) : NULL;
            if (column->value[slot] != (number ? *number : 0) || (value && !number))
                return false;
        }
    }
    return true;
}

bool cache_ok(struct cache *c)
{
    return node_table_ok(&c->nodes) && entries_ok(c) && images_ok(c) && topology_ok(c)
           && terms_ok(&c->terms, &c->nodes.view) && storage_ok(&c->storage, &c->nodes.view)
           && pod_counts_ok(&c->counts, &c->nodes, &c->log, &c->namespaces);
}
