/*
 * Of several volumes that would do, the one with the fewest access modes is taken, then the smallest, then
 * the first. Where a new volume is made that not all nodes reach, a node is drawn by the claim's name, so
 * that the claims of a workload spread over the zones as external provisioners spread them.
 */
#include "sim/claims.h"

#include "base/hash.h"
#include "core/claim_fit.h"
#include "core/provision.h"
#include "core/storage_index.h"

#include <stdlib.h>

struct settling {
    struct core *core;
    const struct storage_index *storage;
    struct catalog *catalog;
    int64_t step_ns, *now_ns;
    struct err *err;
};

static const void *find(const struct settling *s, enum storage_table table, berth_atom namespace,
                        berth_atom name)
{
    return name ? storage_get(s->storage, table, storage_key(namespace, name)) : NULL;
}

/* Puts an object, whose reference is taken over; NULL: it could not be made. */
static int put(struct settling *s, enum object_kind kind, const void *any)
{
    struct object object = {.kind = kind, .any = any};
    if (!any)
        return err_nomem(s->err);
    int r = core_put(s->core, &object, *s->now_ns += s->step_ns);
    object_unref(s->catalog, &object);
    return r < 0 ? err_nomem(s->err) : 0;
}

/* ---- the default class ---- */

static bool goes_before(const struct berth_storage_class *a, const struct berth_storage_class *b)
{
    if (a->created_ns != b->created_ns)
        return a->created_ns > b->created_ns;
    return berth_str_cmp(berth_atom_str(a->name), berth_atom_str(b->name)) < 0;
}

/* The newest class that is marked as the default; NULL: there is none. */
static const struct berth_storage_class *default_class(const struct settling *s)
{
    const struct map *classes = &s->storage->written[STORAGE_CLASSES];
    const struct berth_storage_class *best = NULL;
    for (size_t i = 0; i < classes->cap; i++) {
        const struct berth_storage_class *class = (const void *)(uintptr_t)classes->slots[i].value;
        if (classes->slots[i].key && class->is_default && (!best || goes_before(class, best)))
            best = class;
    }
    return best;
}

/* ---- volumes that are there ---- */

static bool is_better(const struct berth_persistent_volume *a, const struct berth_persistent_volume *b)
{
    int a_modes = __builtin_popcount(a->access_modes), b_modes = __builtin_popcount(b->access_modes);
    return a_modes != b_modes ? a_modes < b_modes : a->capacity < b->capacity;
}

/*
 * A volume that is kept for the claim or, unless only those count,
 * the best that is free; NULL: there is none.
 */
static const struct berth_persistent_volume *find_volume(const struct settling *s,
                                                         const struct berth_persistent_volume_claim *claim,
                                                         bool reserved_only)
{
    const void *const *all;
    uint32_t len = storage_list(s->storage, STORAGE_VOLUMES, claim->storage_class, &all);
    const struct berth_persistent_volume *best = NULL;
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_persistent_volume *v = all[i];
        if (!volume_suits(v, claim, true))
            continue;
        if (volume_is_reserved(v, claim))
            return v;
        if (!reserved_only && volume_is_free(v, claim) && (!best || is_better(v, best)))
            best = v;
    }
    return best;
}

/* The volume that the claim itself names, if it may have it. */
static const struct berth_persistent_volume *named_volume(const struct settling *s,
                                                          const struct berth_persistent_volume_claim *claim)
{
    const struct berth_persistent_volume *v = find(s, STORAGE_VOLUMES, NULL, claim->volume_name);
    berth_atom class = claim->storage_class && claim->storage_class->len ? claim->storage_class : NULL;
    bool may = v && (!v->claim_name || volume_is_reserved(v, claim)) && v->storage_class == class;
    return may && volume_suits(v, claim, true) && (claim->access_modes & ~v->access_modes) == 0 ? v : NULL;
}

/* ---- new volumes ---- */

bool claims_provisions(const struct berth_storage_class *class)
{
    berth_str provisioner = class ? berth_atom_str(class->provisioner) : (berth_str){0};
    return provisioner.len > 0 && !berth_str_eq(provisioner, BERTH_STR("kubernetes.io/no-provisioner"));
}

static bool is_allowed(const struct berth_storage_class *class, const struct berth_node *node)
{
    berth_each (struct berth_storage_topology, topology, class, class->topologies)
        if (topology->requirements.len > 0
            && berth_requirements_match(class, topology->requirements, node, node->labels))
            return true;
    return class->topologies.len == 0;
}

static const struct berth_csi_node *csi_node_of(const struct settling *s, const struct berth_node *node)
{
    return find(s, STORAGE_CSI_NODES, NULL, node->name);
}

/* Nodes by how well they suit: allowed, and with the driver where any node has it. In order of slots. */
static uint32_t eligible_nodes(const struct settling *s, const struct berth_storage_class *class,
                               const struct berth_node **ret_nodes)
{
    const struct berth_nodes *nodes = core_nodes(s->core);
    uint32_t len = 0, with_driver = 0;
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        const struct berth_node *node = nodes->node[slot];
        if (!node || !is_allowed(class, node))
            continue;
        bool has = csi_driver_on(csi_node_of(s, node), class->csi_driver) != NULL;
        if (has && with_driver == 0)
            len = 0;
        with_driver += has;
        if (has || with_driver == 0)
            ret_nodes[len++] = node;
    }
    return len;
}

/*
 * Makes a volume for the claim where its node was decided, else where chance takes it. NULL in *ret: nowhere.
 */
static int make_volume(struct settling *s, const struct berth_persistent_volume_claim *claim,
                       const struct berth_storage_class *class, const struct berth_persistent_volume **ret)
{
    const struct berth_nodes *nodes = core_nodes(s->core);
    const struct berth_node **eligible = calloc(nodes->len + 1u, sizeof(*eligible));
    if (!eligible)
        return err_nomem(s->err);
    uint32_t len = eligible_nodes(s, class, eligible), at = 0;
    if (claim->selected_node)
        while (at < len && eligible[at]->name != claim->selected_node)
            at++;
    else if (len > 0)
        at = (uint32_t)(hash_mix(claim->name->hash, claim->namespace->hash) % len);
    const struct berth_node *node = at < len ? eligible[at] : NULL;
    free(eligible);
    *ret = node ? provisioned_volume(s->catalog, claim, class, node, csi_node_of(s, node)) : NULL;
    return node && !*ret ? err_nomem(s->err) : 0;
}

/* ---- one claim ---- */

/* Both sides; the references of the volume and the claim are taken over. */
static int write_both(struct settling *s, const struct berth_persistent_volume *volume,
                      const struct berth_persistent_volume_claim *claim)
{
    int r = put(s, OBJECT_PERSISTENT_VOLUME, volume);
    int q = put(s, OBJECT_PERSISTENT_VOLUME_CLAIM, claim);
    return r < 0 ? r : q;
}

static int bind(struct settling *s, const struct berth_persistent_volume_claim *claim,
                const struct berth_storage_class *class)
{
    bool waits = class && class->waits_for_pod;
    const struct berth_persistent_volume *volume =
        claim->volume_name ? named_volume(s, claim) : find_volume(s, claim, waits), *fresh = NULL;
    if (volume)
        return write_both(s, bound_volume(volume, claim), bound_claim(claim, volume->name));
    if (claim->volume_name || (waits && !claim->selected_node) || !claims_provisions(class))
        return 0; /* it stays pending */
    int r = make_volume(s, claim, class, &fresh);
    return r < 0 || !fresh ? r : write_both(s, fresh, bound_claim(claim, fresh->name));
}

int claims_settle_one(struct core *core, struct catalog *catalog,
                      const struct berth_persistent_volume_claim *claim, int64_t step_ns, int64_t *now_ns,
                      struct err *err)
{
    struct settling s = {core, core_storage(core), catalog, step_ns, now_ns, err};
    berth_atom namespace = claim->namespace, name = claim->name;
    claim = find(&s, STORAGE_CLAIMS, namespace, name);
    if (!claim || claim->phase == BERTH_CLAIM_LOST || claim->terminating
        || (claim->volume_name && claim->bind_completed))
        return 0;
    const struct berth_storage_class *by_default = claim->storage_class ? NULL : default_class(&s);
    if (by_default) {
        int r = put(&s, OBJECT_PERSISTENT_VOLUME_CLAIM, claim_of_class(claim, by_default->name));
        if (r < 0)
            return r;
        claim = find(&s, STORAGE_CLAIMS, namespace, name);
    }
    return bind(&s, claim, find(&s, STORAGE_CLASSES, NULL, claim->storage_class));
}

int claims_settle(struct core *core, const struct cluster *cluster, int64_t step_ns, int64_t *now_ns,
                  struct err *err)
{
    int r = 0;
    for (size_t i = 0; i < cluster->objects.len && r == 0; i++)
        if (cluster->objects.at[i].kind == OBJECT_PERSISTENT_VOLUME_CLAIM)
            r = claims_settle_one(core, cluster->catalog, cluster->objects.at[i].claim, step_ns, now_ns, err);
    return r;
}

int claims_provide(struct core *core, const struct cluster *cluster, int64_t step_ns, int64_t *now_ns,
                   struct err *err)
{
    int r = 0;
    for (size_t i = 0; i < cluster->to_make.len && r == 0; i++) {
        const struct object *claim = &cluster->objects.at[cluster->to_make.at[i]];
        r = core_put(core, claim, *now_ns += step_ns) < 0 ? err_nomem(err) : 0;
    }
    return r < 0 ? r : claims_settle(core, cluster, step_ns, now_ns, err);
}
