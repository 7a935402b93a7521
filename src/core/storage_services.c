/*
 * The storage functions of include/berth/plugin.h: looking up, assuming, and what volume controllers would do about
 * claims where there is no cluster.
 */
#include "api/block.h"
#include "base/buf.h"
#include "core/cycle.h"

#include <stdlib.h>

static struct storage_index *storage_of(const struct berth_cycle *c)
{
    return &c->internal->cache->storage;
}

static const void *get(const struct berth_cycle *c, enum storage_table table, berth_atom namespace, berth_atom name)
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
    return all ? all : berth_alloc(c, (len + 1u) * sizeof(*all));
}

uint32_t berth_volumes_of_class(const struct berth_cycle *c, berth_atom storage_class,
                                const struct berth_persistent_volume *const **ret_volumes)
{
    const void *const *objects;
    uint32_t len = storage_list(storage_of(c), STORAGE_VOLUMES, storage_class, &objects);
    *ret_volumes = (const struct berth_persistent_volume *const *)objects;
    return len;
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
    const void *const *objects;
    uint32_t len = storage_list(storage_of(c), STORAGE_ATTACHMENTS, node_name, &objects);
    *ret_attachments = (const struct berth_volume_attachment *const *)objects;
    return len;
}

uint32_t berth_claim_users(const struct berth_cycle *c, berth_atom namespace, berth_atom name)
{
    return name ? storage_users(storage_of(c), storage_key(namespace, name)) : 0;
}

/* ---- assuming ---- */

/* A copy of an object with one reference. */
static void *copy(const void *object, uint32_t size)
{
    struct header {
        uint32_t refs;
    } *fresh = malloc(size);
    if (!fresh)
        return NULL;
    memcpy(fresh, object, size);
    fresh->refs = 1;
    return fresh;
}

static struct berth_persistent_volume *volume_for(const struct berth_persistent_volume *volume,
                                                  const struct berth_persistent_volume_claim *claim)
{
    struct berth_persistent_volume *fresh = copy(volume, volume->size);
    if (fresh) {
        fresh->claim_namespace = claim->namespace;
        fresh->claim_name = claim->name;
        fresh->claim_uid = claim->uid;
    }
    return fresh;
}

int berth_assume_bound(const struct berth_cycle *c, const struct berth_persistent_volume *volume,
                       const struct berth_persistent_volume_claim *claim)
{
    struct berth_persistent_volume *fresh = volume_for(volume, claim);
    return fresh && storage_assume(storage_of(c), STORAGE_VOLUMES, storage_key(NULL, fresh->name), fresh) == 0 ? 0 : -1;
}

int berth_assume_provisioned(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                             uint32_t node)
{
    struct berth_persistent_volume_claim *fresh = copy(claim, claim->size);
    if (!fresh)
        return -1;
    fresh->selected_node = c->nodes->node[node]->name;
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

/* Writes an object, whose reference is taken over. */
static int write_object(const struct berth_cycle *c, enum object_kind kind, const void *any)
{
    struct storage_index *s = storage_of(c);
    struct object object = {.kind = kind, .any = any}, old = {.kind = kind};
    if (!any)
        return -1;
    int r = storage_put(s, &object, &old.any);
    if (old.any)
        object_unref(s->catalog, &old);
    object_unref(s->catalog, &object);
    return r < 0 ? -1 : 0;
}

static int write_volume(const struct berth_cycle *c, const struct berth_persistent_volume *volume,
                        const struct berth_persistent_volume_claim *claim)
{
    struct berth_persistent_volume *bound = volume_for(volume, claim);
    if (bound)
        bound->phase = BERTH_VOLUME_BOUND;
    return write_object(c, OBJECT_PERSISTENT_VOLUME, bound);
}

/* Adds "the label `key` has the node's value" to the list of requirements, when the node has the label. */
static uint32_t require_label(struct block *b, const struct berth_node *node, berth_atom key,
                              struct berth_requirement *ret)
{
    berth_atom value = berth_label_get(node, node->labels, key);
    if (!value)
        return 0;
    *ret = (struct berth_requirement){.key = key, .op = BERTH_IN, .values = block_add(b, &value, sizeof(value), 1)};
    return 1;
}

static const struct berth_csi_node_driver *driver_on(const struct berth_csi_node *node, berth_atom name)
{
    for (uint32_t i = 0; node && i < node->drivers.len; i++) {
        const struct berth_csi_node_driver *drivers = berth_list_at(node, node->drivers);
        if (drivers[i].name == name)
            return &drivers[i];
    }
    return NULL;
}

/*
 * The nodes that can reach what is provisioned for `node`: those with its values of the driver's topology keys. Of a
 * driver that says nothing, the keys that the class allows topologies by.
 */
static berth_list reach(const struct berth_cycle *c, struct block *b, const struct berth_storage_class *class,
                        const struct berth_node *node)
{
    const struct berth_csi_node *csi_node = berth_csi_node_get(c, node->name);
    const struct berth_csi_node_driver *driver = driver_on(csi_node, class->csi_driver);
    const struct berth_storage_topology *allowed = berth_list_at(class, class->topologies);
    uint32_t most = (driver ? driver->topology_keys.len : 0) + (class->topologies.len ? allowed->requirements.len : 0);
    struct berth_requirement *all = berth_alloc(c, (most + 1) * sizeof(*all));
    uint32_t len = 0;
    for (uint32_t i = 0; driver && i < driver->topology_keys.len; i++)
        len += require_label(b, node, ((const berth_atom *)berth_list_at(csi_node, driver->topology_keys))[i],
                             &all[len]);
    for (uint32_t i = 0; len == 0 && class->topologies.len && i < allowed->requirements.len; i++) {
        const struct berth_requirement *r = berth_list_at(class, allowed->requirements);
        len += require_label(b, node, r[i].key, &all[len]);
    }
    if (len == 0)
        return (berth_list){0};
    struct berth_node_term term = {.expressions = block_add(b, all, sizeof(*all), len)};
    return block_add(b, &term, sizeof(term), 1);
}

static berth_atom provisioned_name(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim)
{
    struct buf b = {0};
    if (claim->uid)
        buf_printf(&b, "pvc-%s", claim->uid->text);
    else
        buf_printf(&b, "pvc-%s-%s", claim->namespace->text, claim->name->text);
    berth_atom name = berth_cycle_atom(c, buf_view(&b));
    buf_fini(&b);
    return name;
}

/* A new volume for the claim; its name, NULL when memory ran out. */
static berth_atom provision(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                            uint32_t node)
{
    const struct berth_storage_class *class = berth_storage_class_get(c, claim->storage_class);
    struct block b = {0};
    uint32_t size;
    if (!class)
        return NULL;
    block_start(&b, sizeof(struct berth_persistent_volume));
    berth_list affinity = reach(c, &b, class, c->nodes->node[node]);
    struct berth_persistent_volume *volume = b.failed ? NULL : block_finish(&b, &size);
    block_fini(&b);
    if (!volume)
        return NULL;
    berth_atom name = provisioned_name(c, claim);
    *volume = (struct berth_persistent_volume){
        .refs = 1,
        .size = size,
        .name = name,
        .storage_class = claim->storage_class,
        .capacity = claim->request,
        .access_modes = claim->access_modes,
        .mode = claim->mode,
        .phase = BERTH_VOLUME_BOUND,
        .claim_namespace = claim->namespace,
        .claim_name = claim->name,
        .claim_uid = claim->uid,
        .source = class->csi_driver ? BERTH_SOURCE_CSI : BERTH_SOURCE_OTHER,
        .has_node_affinity = affinity.len > 0,
        .driver = class->csi_driver,
        .handle = name,
        .csi_driver = class->csi_driver,
        .csi_handle = name,
        .attributes_class = claim->attributes_class,
        .node_affinity = affinity,
        .csi_affinity = affinity,
    };
    return write_object(c, OBJECT_PERSISTENT_VOLUME, volume) < 0 ? NULL : name;
}

int berth_bind_claim(const struct berth_cycle *c, berth_atom namespace, berth_atom name, berth_atom volume,
                     uint32_t node)
{
    const struct berth_persistent_volume_claim *claim = berth_claim_get(c, namespace, name);
    const struct berth_persistent_volume *chosen = berth_volume_get(c, volume);
    if (!claim || (volume && !chosen) || (chosen && write_volume(c, chosen, claim) < 0))
        return -1;
    berth_atom bound = volume ? volume : provision(c, claim, node);
    struct berth_persistent_volume_claim *fresh = bound ? copy(claim, claim->size) : NULL;
    if (!fresh)
        return -1;
    fresh->volume_name = bound;
    fresh->bind_completed = 1;
    fresh->phase = BERTH_CLAIM_BOUND;
    return write_object(c, OBJECT_PERSISTENT_VOLUME_CLAIM, fresh);
}
