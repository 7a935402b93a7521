/*
 * VolumeRestrictions: disks that only one node, or one pod, may use at a time.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
 *
 * Disks named in the pod itself conflict with those of the pods on a node; a claim with access mode
 * ReadWriteOncePod conflicts with its use anywhere. How many such uses there are is found in PreFilter and
 * moves with pods that are added or removed on trial.
 */
#include "plugins/claims.h"

struct restrictions_state {
    int64_t users; /* uses of the pod's ReadWriteOncePod claims by placed pods */
    uint32_t len;
    berth_atom claims[]; /* these claims, each once */
};

/* ---- disks ---- */

/* Takes the first item off a list whose items are joined with ','. */
static berth_str take_item(berth_str *list)
{
    const char *comma = memchr(list->ptr, ',', list->len);
    berth_str item = {list->ptr, comma ? (uint32_t)(comma - list->ptr) : list->len};
    uint32_t done = item.len + (comma != NULL);
    *list = (berth_str){list->ptr + done, list->len - done};
    return item;
}

static bool share_item(berth_str a, berth_str b)
{
    while (a.len > 0) {
        berth_str item = take_item(&a);
        for (berth_str rest = b; rest.len > 0;)
            if (berth_str_eq(item, take_item(&rest)))
                return true;
    }
    return false;
}

/* Whether one disk can not be used by both. */
static bool conflict(const struct berth_volume *a, const struct berth_volume *b)
{
    bool read_only = a->read_only && b->read_only;
    if (a->kind != b->kind || a->source != b->source)
        return false;
    switch (a->kind) {
    case BERTH_VOLUME_AWS_DISK:
        return true;
    case BERTH_VOLUME_GCE_DISK:
    case BERTH_VOLUME_ISCSI:
        return !read_only;
    case BERTH_VOLUME_RBD:
        return !read_only && share_item(berth_atom_str(a->extra), berth_atom_str(b->extra));
    default:
        return false;
    }
}

static bool is_restricted(const struct berth_volume *volume)
{
    return volume->kind == BERTH_VOLUME_GCE_DISK || volume->kind == BERTH_VOLUME_AWS_DISK
           || volume->kind == BERTH_VOLUME_RBD || volume->kind == BERTH_VOLUME_ISCSI;
}

static bool disks_conflict(const struct berth_class *a, const struct berth_class *b)
{
    berth_each(struct berth_volume, mine, a, a->volumes)
        berth_each(struct berth_volume, theirs, b, b->volumes)
            if (is_restricted(mine) && conflict(mine, theirs))
                return true;
    return false;
}

/* ---- claims for one pod ---- */

static bool has_claim(const struct restrictions_state *state, berth_atom claim)
{
    for (uint32_t i = 0; i < state->len; i++)
        if (state->claims[i] == claim)
            return true;
    return false;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    bool restricted = false;
    if (c->class->volumes.len == 0)
        return BERTH_SKIPPED;
    struct restrictions_state *state =
        berth_alloc(c, sizeof(*state) + c->class->volumes.len * sizeof(state->claims[0]));
    berth_each(struct berth_volume, volume, c->class, c->class->volumes) {
        restricted |= is_restricted(volume);
        if (volume->kind != BERTH_VOLUME_CLAIM)
            continue;
        const struct berth_persistent_volume_claim *claim = claim_of(c, c->pod, volume);
        if (!claim)
            return claim_not_found(c, volume);
        if (!(claim->access_modes & BERTH_ACCESS_READ_WRITE_ONCE_POD) || has_claim(state, claim->name))
            continue;
        state->claims[state->len++] = claim->name;
        state->users += berth_claim_users(c, claim->namespace, claim->name) > 0;
    }
    berth_keep(c, state);
    return restricted || state->users > 0 ? BERTH_PASS : BERTH_SKIPPED;
}

/* Claims of another namespace with the same names count here: upstream's rule. */
static berth_verdict pod_moved(const struct berth_cycle *c, const struct berth_pod *pod, uint32_t node,
                               int32_t count)
{
    struct restrictions_state *state = c->state;
    (void)node;
    berth_each(struct berth_volume, volume, pod->class, pod->class->volumes)
        if (volume->kind == BERTH_VOLUME_CLAIM && has_claim(state, volume->source))
            state->users += count;
    return BERTH_PASS;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    const struct restrictions_state *state = c->state;
    const struct berth_node_pods *pods = &c->nodes->pods[slot];
    for (uint32_t i = 0; i < pods->len; i++)
        if (pods->at[i]->class->volumes.len && disks_conflict(c->class, pods->at[i]->class))
            return berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) had no available disk");
    if (state && state->users > 0)
        return berth_reject(
            c, BERTH_UNSCHEDULABLE,
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode "
            "already in-use by another pod");
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

/* Upstream asks neither where the deleted pod was nor whether a common claim is for one pod only. */
static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_class *gone = ((const struct berth_pod *)change->old_object)->class;
    if (gone->namespace != c->class->namespace)
        return BERTH_HINT_SKIP;
    berth_each(struct berth_volume, mine, c->class, c->class->volumes)
        berth_each(struct berth_volume, theirs, gone, gone->volumes) {
            bool same_claim = mine->kind == BERTH_VOLUME_CLAIM && theirs->kind == BERTH_VOLUME_CLAIM
                              && mine->source == theirs->source;
            if (same_claim || conflict(mine, theirs))
                return BERTH_HINT_QUEUE;
        }
    return BERTH_HINT_SKIP;
}

static enum berth_hint after_claim_added(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(pod_names_claim(c->class, change->new_object, false));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
    {{BERTH_ON_NODE, BERTH_ADD}, NULL},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD}, after_claim_added},
};

const struct berth_plugin volume_restrictions_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeRestrictions",
    .filter_scope = BERTH_SCOPE_CLUSTER,
    .pre_filter = pre_filter,
    .pod_moved = pod_moved,
    .filter = filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
