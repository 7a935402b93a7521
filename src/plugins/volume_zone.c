/*
 * VolumeZone: a pod fits only in the zones and regions that its bound volumes are labelled with.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone
 *
 * PreFilter collects the labels; Filter compares each with the node's. A volume in several zones joins their
 * names with "__". Claims of ephemeral volumes do not count: upstream's rule.
 */
#include "plugins/claims.h"

#include <stdlib.h>

enum { TOPOLOGIES = 4 };

/* Zone and region labels: the old ones, then those that replaced them in the same order. */
struct zone_keys {
    berth_atom key[TOPOLOGIES];
};

/* A label that the node must agree with. */
struct zone_label {
    uint32_t key; /* index in struct zone_keys */
    berth_atom values;
};

struct zone_state {
    uint32_t len;
    struct zone_label labels[];
};

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    (void)args;
    struct zone_keys *keys = malloc(sizeof(*keys));
    if (!keys)
        return berth_create_fails(h, "out of memory");
    keys->key[0] = berth_atom_of(h, BERTH_STR("failure-domain.beta.kubernetes.io/zone"));
    keys->key[1] = berth_atom_of(h, BERTH_STR("failure-domain.beta.kubernetes.io/region"));
    keys->key[2] = berth_atom_of(h, BERTH_STR("topology.kubernetes.io/zone"));
    keys->key[3] = berth_atom_of(h, BERTH_STR("topology.kubernetes.io/region"));
    *ret_self = keys;
    return 0;
}

/* ---- "a__b" ---- */

static berth_str take_zone(berth_str *list)
{
    const char *joint = list->len ? memmem(list->ptr, list->len, "__", 2) : NULL;
    berth_str zone = {list->ptr, joint ? (uint32_t)(joint - list->ptr) : list->len};
    uint32_t done = zone.len + (joint ? 2 : 0);
    *list = joint ? (berth_str){list->ptr + done, list->len - done} : (berth_str){0};
    return zone;
}

/* A label with an empty name among its zones says nothing. */
static bool is_valid(berth_atom values)
{
    if (!values)
        return false;
    for (berth_str rest = berth_atom_str(values); rest.ptr;)
        if (take_zone(&rest).len == 0)
            return false;
    return true;
}

static bool has_zone(berth_atom values, berth_str zone)
{
    for (berth_str rest = berth_atom_str(values); rest.ptr;)
        if (berth_str_eq(take_zone(&rest), zone))
            return true;
    return false;
}

/* Whether every zone of a is one of b. */
static bool within(berth_atom a, berth_atom b)
{
    for (berth_str rest = berth_atom_str(a); rest.ptr;)
        if (!has_zone(b, take_zone(&rest)))
            return false;
    return true;
}

static berth_atom label_of(const struct zone_keys *keys, const struct berth_persistent_volume *volume,
                           int key)
{
    berth_atom values = berth_label_get(volume, volume->labels, keys->key[key]);
    return is_valid(values) ? values : NULL;
}

/* ---- PreFilter ---- */

static void add_labels(const struct zone_keys *keys, const struct berth_persistent_volume *volume,
                       struct zone_state *state)
{
    for (int key = 0; key < TOPOLOGIES; key++) {
        berth_atom values = label_of(keys, volume, key);
        if (values)
            state->labels[state->len++] = (struct zone_label){(uint32_t)key, values};
    }
}

/* A claim without a volume: PASS when it waits for the pod's node. */
static berth_verdict check_unbound(const struct berth_cycle *c,
                                   const struct berth_persistent_volume_claim *claim)
{
    if (!claim->storage_class || claim->storage_class->len == 0)
        return berth_reject(c, BERTH_UNRESOLVABLE,
                            "PersistentVolumeClaim had no pv name and storageClass name");
    const struct berth_storage_class *class = berth_storage_class_get(c, claim->storage_class);
    if (!class)
        return berth_rejectf(c, BERTH_UNRESOLVABLE, "storageclass.storage.k8s.io \"%s\" not found",
                             claim->storage_class->text);
    return class->waits_for_pod ? BERTH_PASS
                                : berth_reject(c, BERTH_UNRESOLVABLE, "PersistentVolume had no name");
}

static berth_verdict add_volume(const struct berth_cycle *c, const struct berth_volume *volume,
                                struct zone_state *state)
{
    if (!volume->source)
        return berth_reject(c, BERTH_UNRESOLVABLE, "PersistentVolumeClaim had no name");
    const struct berth_persistent_volume_claim *claim = claim_of(c, c->pod, volume);
    if (!claim)
        return claim_not_found(c, volume);
    if (!claim->volume_name)
        return check_unbound(c, claim);
    const struct berth_persistent_volume *bound = berth_volume_get(c, claim->volume_name);
    if (!bound)
        return berth_rejectf(c, BERTH_UNRESOLVABLE, "persistentvolume \"%s\" not found",
                             claim->volume_name->text);
    add_labels(c->self, bound, state);
    return BERTH_PASS;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    uint32_t most = c->class->volumes.len * TOPOLOGIES;
    if (most == 0)
        return BERTH_SKIPPED;
    struct zone_state *state = berth_alloc(c, sizeof(*state) + most * sizeof(state->labels[0]));
    berth_each(struct berth_volume, volume, c->class, c->class->volumes) {
        berth_verdict v = volume->kind == BERTH_VOLUME_CLAIM ? add_volume(c, volume, state) : BERTH_PASS;
        if (v != BERTH_PASS)
            return v;
    }
    berth_keep(c, state);
    return state->len ? BERTH_PASS : BERTH_SKIPPED;
}

/* ---- Filter ---- */

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    const struct zone_keys *keys = c->self;
    const struct zone_state *state = c->state;
    const struct berth_node *node = c->nodes->node[slot];
    berth_atom values[TOPOLOGIES];
    bool any = false;
    for (int key = 0; node && key < TOPOLOGIES; key++)
        any |= (values[key] = berth_label_get(node, node->labels, keys->key[key])) != NULL;
    if (!any || !state)
        return BERTH_PASS; /* a node without such labels is in every zone */
    for (uint32_t i = 0; i < state->len; i++) {
        const struct zone_label *label = &state->labels[i];
        berth_atom value = values[label->key] ? values[label->key] : values[label->key % 2 + 2];
        if (!value || !has_zone(label->values, berth_atom_str(value)))
            return berth_reject(c, BERTH_UNRESOLVABLE, "node(s) had no available volume zone");
    }
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

static enum berth_hint after_class_added(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_storage_class *class = change->new_object;
    (void)c;
    return berth_hint_if(class->waits_for_pod);
}

static enum berth_hint after_claim_change(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(pod_names_claim(c->class, change->new_object, false));
}

static enum berth_hint after_volume_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_persistent_volume *old = change->old_object, *new = change->new_object;
    for (int key = 0; old && key < TOPOLOGIES; key++) {
        berth_atom before = label_of(c->self, old, key), after = label_of(c->self, new, key);
        if (!before != !after || !within(before, after) || !within(after, before))
            return BERTH_HINT_QUEUE;
    }
    return berth_hint_if(!old);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_STORAGE_CLASS, BERTH_ADD}, after_class_added},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_LABEL}, NULL},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD | BERTH_UPDATE}, after_claim_change},
    {{BERTH_ON_PERSISTENT_VOLUME, BERTH_ADD | BERTH_UPDATE}, after_volume_change},
};

const struct berth_plugin volume_zone_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeZone",
    .filter_scope = BERTH_SCOPE_CLUSTER,
    .create = create,
    .destroy = free,
    .pre_filter = pre_filter,
    .filter = filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
