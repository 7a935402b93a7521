/*
 * VolumeRestrictions: disks that only one node, or one pod, may use at a time.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
 *
 * Not here yet: the volumes. PreFilter skips, as upstream does for pods without claims.
 */
#include <berth/plugin.h>

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    (void)c;
    return BERTH_SKIPPED;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

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

/*
 * As long as the claim is not looked at, it may be any that the pod names. Claims of ephemeral volumes do not
 * count here: upstream's rule.
 */
static enum berth_hint after_claim_added(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)change;
    berth_each(struct berth_volume, volume, c->class, c->class->volumes)
        if (volume->kind == BERTH_VOLUME_CLAIM)
            return BERTH_HINT_QUEUE;
    return BERTH_HINT_SKIP;
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
    .filter_scope = BERTH_SCOPE_ROW,
    .pre_filter = pre_filter,
    .filter = filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
