/*
 * The storage functions of include/berth/plugin.h: looking up, assuming, and what volume controllers would do
 * about claims where there is no cluster.
 */
#include "core/claim_fit.h"
#include "core/cycle.h"
#include "core/provision.h"

#include <stdlib.h>

static struct storage_index *storage_of(const struct berth_cycle *c)
{
    return &c->internal->cache->storage;
}

static const void *get(const struct berth_cycle *c, enum storage_table table, berth_atom namespace,
                       berth_atom name)
{
    return name ? storage_get(storage_of(c), table, storage_key(namespace, name)) : NULL;
}

const struct berth_persistent_volume_claim *berth_claim_get(const struct berth_cycle *c, berth_atom namespace,
                                                            berth_atom name)
{
    return get(c, STORAGE_CLAIMS, namespace, name);
}

const struct berth_persistent_volume *berth_volume_get(const struct berth_cycle *c, berth_atom name)
{
    return get(c, STORAGE_VOLUMES, NULL, name);
}

const struct berth_storage_class *berth_storage_class_get(const struct berth_cycle *c, berth_atom name)
{
    return get(c, STORAGE_CLASSES, NULL, name);
}

const struct berth_csi_node *berth_csi_node_get(const struct berth_cycle *c, berth_atom node_name)
{
    return get(c, STORAGE_CSI_NODES, NULL, node_name);
}

const struct berth_csi_driver *berth_csi_driver_get(const struct berth_cycle *c, berth_atom name)
{
    return get(c, STORAGE_CSI_DRIVERS, NULL, name);
}

const struct berth_csi_node *const *berth_csi_nodes(const struct berth_cycle *c)
{
    const struct cache *cache = c->internal->cache;
    uint32_t len = c->nodes->len;
    const struct berth_csi_node *const *all =
        storage_csi_nodes(storage_of(c), c->nodes->node, len, cache->nodes_generation);
    if (all)
        return all;
    const struct berth_csi_node **own = berth_alloc(c, (len + 1u) * sizeof(*own));
    storage_fill_csi_nodes(storage_of(c), c->nodes->node, len, own);
    return own;
}

const int64_t *berth_volume_limits(const struct berth_cycle *c, berth_atom driver)
{
    const struct cache *cache = c->internal->cache;
    uint32_t len = c->nodes->len;
    const int64_t *all;
    if (storage_csi_limits(storage_of(c), c->nodes->node, len, cache->nodes_generation, driver, &all) == 0)
        return all;
    int64_t *own = berth_alloc(c, (len + 1u) * sizeof(*own));
    (void)storage_fill_limits(storage_of(c), c->nodes->node, len, driver, own);
    return own;
}

const struct berth_volume_matches *berth_match_volumes(const struct berth_cycle *c,
                                                       const struct berth_persistent_volume_claim *claim,
                                                       bool attributes_class)
{
    struct cache *cache = c->internal->cache;
    const struct berth_volume_matches *matches =
        volume_matches_get(&cache->volume_matches, &cache->storage, &cache->nodes, cache->nodes_generation,
                           claim, attributes_class);
    if (!matches)
        abort(); /* as an arena does: there is no answer without memory */
    return matches;
}

const struct berth_persistent_volume *berth_reserved_volume(const struct berth_cycle *c,
                                                            const struct berth_persistent_volume_claim *claim,
                                                            bool attributes_class)
{
    const void *const *all;
    uint32_t len = storage_reserved(storage_of(c), storage_key(claim->namespace, claim->name), &all);
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_persistent_volume *v = all[i];
        if (v->storage_class == claim->storage_class && volume_is_reserved(v, claim)
            && volume_suits(v, claim, attributes_class))
            return v;
    }
    return NULL;
}

uint32_t berth_csi_capacities(const struct berth_cycle *c, berth_atom storage_class,
                              const struct berth_csi_storage_capacity *const **ret_capacities)
{
    const void *const *objects;
    uint32_t len = storage_list(storage_of(c), STORAGE_CAPACITIES, storage_class, &objects);
    *ret_capacities = (const struct berth_csi_storage_capacity *const *)objects;
    return len;
}

uint32_t berth_attachments(const struct berth_cycle *c, berth_atom node_name,
                           const struct berth_volume_attachment *const **ret_attachments)
{
    const void *const *objects = NULL;
    uint32_t len = node_name ? storage_list(storage_of(c), STORAGE_ATTACHMENTS, node_name, &objects)
                             : (uint32_t)storage_of(c)->written[STORAGE_ATTACHMENTS].len;
    *ret_attachments = (const struct berth_volume_attachment *const *)objects;
    return len;
}

uint32_t berth_claim_users(const struct berth_cycle *c, berth_atom namespace, berth_atom name)
{
    return name ? storage_users(storage_of(c), storage_key(namespace, name)) : 0;
}

/* ---- assuming ---- */

int berth_assume_bound(const struct berth_cycle *c, const struct berth_persistent_volume *volume,
                       const struct berth_persistent_volume_claim *claim)
{
    struct berth_persistent_volume *fresh = claimed_volume(volume, claim);
    return fresh && storage_assume(storage_of(c), STORAGE_VOLUMES, storage_key(NULL, fresh->name), fresh) == 0
               ? 0
               : -1;
}

int berth_assume_provisioned(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                             uint32_t node)
{
    struct berth_persistent_volume_claim *fresh = claim_on_node(claim, c->nodes->node[node]->name);
    if (!fresh)
        return -1;
    uint64_t key = storage_key(fresh->namespace, fresh->name);
    return storage_assume(storage_of(c), STORAGE_CLAIMS, key, fresh) == 0 ? 0 : -1;
}

void berth_forget_volume(const struct berth_cycle *c, berth_atom name)
{
    storage_forget(storage_of(c), STORAGE_VOLUMES, storage_key(NULL, name));
}

void berth_forget_claim(const struct berth_cycle *c, berth_atom namespace, berth_atom name)
{
    storage_forget(storage_of(c), STORAGE_CLAIMS, storage_key(namespace, name));
}

/* ---- in the place of volume controllers ---- */

static void release(const struct berth_cycle *c, enum object_kind kind, const void *any)
{
    struct object object = {.kind = kind, .any = any};
    if (any)
        object_unref(storage_of(c)->catalog, &object);
}

static int write_object(const struct berth_cycle *c, enum object_kind kind, const void *any)
{
    struct object object = {.kind = kind, .any = any};
    const void *old;
    int r = storage_put(storage_of(c), &object, &old);
    release(c, kind, old);
    return r < 0 ? -1 : 0;
}

/* Both or, when memory runs out, none of them. */
static int write_bound(const struct berth_cycle *c, const struct berth_persistent_volume *volume,
                       const struct berth_persistent_volume_claim *claim)
{
    if (!volume || !claim || write_object(c, OBJECT_PERSISTENT_VOLUME, volume) < 0)
        return -1;
    return write_object(c, OBJECT_PERSISTENT_VOLUME_CLAIM, claim); /* it is there, which takes no memory */
}

static const struct berth_persistent_volume *provision(const struct berth_cycle *c,
                                                       const struct berth_persistent_volume_claim *claim,
                                                       uint32_t slot)
{
    const struct berth_node *node = c->nodes->node[slot];
    const struct berth_storage_class *class = berth_storage_class_get(c, claim->storage_class);
    return class ? provisioned_volume(storage_of(c)->catalog, claim, class, node,
                                      berth_csi_node_get(c, node->name))
                 : NULL;
}

/* Asks the driver of the core. */
static int ask_to_write(struct cycle *cy, struct volume_write write)
{
    struct volume_write *writes = arena_need(cy->arena, (cy->writes_len + 1u) * sizeof(*writes));
    if (cy->writes_len)
        memcpy(writes, cy->writes, cy->writes_len * sizeof(*writes));
    writes[cy->writes_len++] = write;
    cy->writes = writes;
    return 1;
}

bool berth_claim_is_assumed(const struct berth_cycle *c, berth_atom namespace, berth_atom name)
{
    return map_get(&storage_of(c)->assumed[STORAGE_CLAIMS], storage_key(namespace, name)) != NULL;
}

void berth_wait_at_most(const struct berth_cycle *c, int64_t ns)
{
    c->internal->prepare_ns = ns;
}

int berth_bind_claim(const struct berth_cycle *c, berth_atom namespace, berth_atom name, berth_atom volume,
                     uint32_t node)
{
    const struct berth_persistent_volume_claim *claim = berth_claim_get(c, namespace, name);
    const struct berth_persistent_volume *chosen = berth_volume_get(c, volume);
    if (!claim || (volume && !chosen))
        return -1;
    if (c->internal->options->external_binding)
        return ask_to_write(c->internal,
                            (struct volume_write){namespace, name, volume, c->nodes->node[node]->name});
    const struct berth_persistent_volume *bound =
        chosen ? bound_volume(chosen, claim) : provision(c, claim, node);
    const struct berth_persistent_volume_claim *fresh = bound ? bound_claim(claim, bound->name) : NULL;
    int r = write_bound(c, bound, fresh);
    release(c, OBJECT_PERSISTENT_VOLUME, bound);
    release(c, OBJECT_PERSISTENT_VOLUME_CLAIM, fresh);
    return r;
}
