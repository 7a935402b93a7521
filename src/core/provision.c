/* Copies with a few members changed, and new volumes with the node affinity that their driver would give them. */
#include "core/provision.h"

#include "api/block.h"
#include "base/buf.h"

#include <stdlib.h>

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

struct berth_persistent_volume *claimed_volume(const struct berth_persistent_volume *volume,
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

struct berth_persistent_volume *bound_volume(const struct berth_persistent_volume *volume,
                                             const struct berth_persistent_volume_claim *claim)
{
    struct berth_persistent_volume *bound = claimed_volume(volume, claim);
    if (bound)
        bound->phase = BERTH_VOLUME_BOUND;
    return bound;
}

struct berth_persistent_volume_claim *claim_of_class(const struct berth_persistent_volume_claim *claim, berth_atom class)
{
    struct berth_persistent_volume_claim *fresh = copy(claim, claim->size);
    if (fresh)
        fresh->storage_class = class;
    return fresh;
}

struct berth_persistent_volume_claim *claim_on_node(const struct berth_persistent_volume_claim *claim, berth_atom node)
{
    struct berth_persistent_volume_claim *fresh = copy(claim, claim->size);
    if (fresh)
        fresh->selected_node = node;
    return fresh;
}

struct berth_persistent_volume_claim *bound_claim(const struct berth_persistent_volume_claim *claim, berth_atom volume)
{
    struct berth_persistent_volume_claim *fresh = copy(claim, claim->size);
    if (fresh) {
        fresh->volume_name = volume;
        fresh->bind_completed = 1;
        fresh->phase = BERTH_CLAIM_BOUND;
    }
    return fresh;
}

/* ---- new volumes ---- */

const struct berth_csi_node_driver *csi_driver_on(const struct berth_csi_node *node, berth_atom name)
{
    const struct berth_csi_node_driver *drivers = node ? berth_list_at(node, node->drivers) : NULL;
    for (uint32_t i = 0; node && i < node->drivers.len; i++)
        if (drivers[i].name == name)
            return &drivers[i];
    return NULL;
}

/* "The label `key` has the node's value", when the node has the label. */
static uint32_t require_label(struct block *b, const struct berth_node *node, berth_atom key,
                              struct berth_requirement *ret)
{
    berth_atom value = berth_label_get(node, node->labels, key);
    if (!value)
        return 0;
    *ret = (struct berth_requirement){.key = key, .op = BERTH_IN, .values = block_add(b, &value, sizeof(value), 1)};
    return 1;
}

/* What the nodes that reach the volume have in common; `all` has room for everything. */
static uint32_t requirements_of(struct block *b, const struct berth_storage_class *class, const struct berth_node *node,
                                const struct berth_csi_node *csi_node, struct berth_requirement *all)
{
    const struct berth_csi_node_driver *driver = csi_driver_on(csi_node, class->csi_driver);
    const berth_atom *keys = driver ? berth_list_at(csi_node, driver->topology_keys) : NULL;
    const struct berth_storage_topology *allowed = berth_list_at(class, class->topologies);
    uint32_t len = 0;
    for (uint32_t i = 0; driver && i < driver->topology_keys.len; i++)
        len += require_label(b, node, keys[i], &all[len]);
    for (uint32_t i = 0; len == 0 && class->topologies.len && i < allowed->requirements.len; i++) {
        const struct berth_requirement *r = berth_list_at(class, allowed->requirements);
        len += require_label(b, node, r[i].key, &all[len]);
    }
    return len;
}

/* The node affinity of a new volume, in its block. */
static berth_list reach(struct block *b, const struct berth_storage_class *class, const struct berth_node *node,
                        const struct berth_csi_node *csi_node)
{
    const struct berth_csi_node_driver *driver = csi_driver_on(csi_node, class->csi_driver);
    const struct berth_storage_topology *allowed = berth_list_at(class, class->topologies);
    uint32_t most = (driver ? driver->topology_keys.len : 0) + (class->topologies.len ? allowed->requirements.len : 0);
    struct berth_requirement *all = node ? calloc(most + 1, sizeof(*all)) : NULL;
    berth_list terms = {0};
    b->failed |= node && !all;
    uint32_t len = all ? requirements_of(b, class, node, csi_node, all) : 0;
    if (len > 0) {
        struct berth_node_term term = {.expressions = block_add(b, all, sizeof(*all), len)};
        terms = block_add(b, &term, sizeof(term), 1);
    }
    free(all);
    return terms;
}

static berth_atom provisioned_name(struct catalog *catalog, const struct berth_persistent_volume_claim *claim)
{
    struct buf b = {0};
    if (claim->uid)
        buf_printf(&b, "pvc-%s", claim->uid->text);
    else
        buf_printf(&b, "pvc-%s-%s", claim->namespace->text, claim->name->text);
    berth_atom name = atoms_intern(catalog_atoms(catalog), buf_view(&b));
    buf_fini(&b);
    return name;
}

struct berth_persistent_volume *provisioned_volume(struct catalog *catalog,
                                                   const struct berth_persistent_volume_claim *claim,
                                                   const struct berth_storage_class *class,
                                                   const struct berth_node *node,
                                                   const struct berth_csi_node *csi_node)
{
    struct block b = {0};
    uint32_t size;
    berth_atom name = provisioned_name(catalog, claim);
    block_start(&b, sizeof(struct berth_persistent_volume));
    berth_list affinity = reach(&b, class, node, csi_node);
    struct berth_persistent_volume *volume = b.failed || !name ? NULL : block_finish(&b, &size);
    block_fini(&b);
    if (!volume)
        return NULL;
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
        .source = class->source,
        .has_node_affinity = affinity.len > 0,
        .driver = class->source == BERTH_SOURCE_CSI ? class->csi_driver : NULL,
        .plugin = class->source == BERTH_SOURCE_CSI || !class->csi_driver ? NULL : class->provisioner,
        .handle = name,
        .csi_driver = class->csi_driver,
        .csi_handle = name,
        .attributes_class = claim->attributes_class,
        .node_affinity = affinity,
        .csi_affinity = affinity,
    };
    return volume;
}
