/*
 * NodeVolumeLimits: a node takes no more volumes of a CSI driver than the driver allows there.
 * https://kubernetes.io/docs/concepts/storage/storage-limits/
 *
 * What counts is the set of a driver's volumes on the node: of its pods, each volume once, and of its VolumeAttachments.
 * A claim that has no volume yet counts as one of its class's driver.
 */
#include "plugins/claims.h"

#include <stdlib.h>

/* The volumes of these kinds may be attached by a CSI driver; disks by their old names are handed over to one. */
enum {
    CLAIMS = 1u << BERTH_VOLUME_CLAIM,
    EPHEMERAL = 1u << BERTH_VOLUME_EPHEMERAL,
    DISKS = 1u << BERTH_VOLUME_GCE_DISK | 1u << BERTH_VOLUME_AWS_DISK | 1u << BERTH_VOLUME_AZURE_DISK
            | 1u << BERTH_VOLUME_OTHER,
};

struct limits {
    bool scaling; /* VolumeLimitScaling: nodes without a driver that says so are left out */
};

/* A volume as its driver counts it. */
struct attached {
    berth_atom driver;     /* NULL: nobody counts it */
    const void *handle;    /* the driver's name of it, an atom; or the claim that it will be made for */
    bool handed_over;      /* an in-tree disk: counts only on nodes that have a CSINode */
};

/* The volumes of the cycle's pod. */
struct limits_state {
    berth_verdict failed; /* what Filter answers for every node; PASS: nothing failed */
    const struct berth_csi_node *const *csi_nodes; /* by slot */
    const int64_t **limits; /* of its drivers that have any, by slot; -1: none there */
    uint32_t limits_len;
    bool attachments; /* there are VolumeAttachments */
    uint32_t len;
    struct attached volumes[]; /* each once */
};

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    struct limits *limits = malloc(sizeof(*limits));
    (void)args;
    if (!limits)
        return berth_create_fails(h, "out of memory");
    limits->scaling = berth_feature(h, "VolumeLimitScaling");
    *ret_self = limits;
    return 0;
}

static bool uses(const struct berth_class *class, uint32_t kinds)
{
    berth_each(struct berth_volume, volume, class, class->volumes)
        if (kinds >> volume->kind & 1)
            return true;
    return false;
}

/* ---- what a volume counts as ---- */

static struct attached of_class(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim)
{
    const struct berth_storage_class *class = berth_storage_class_get(c, claim->storage_class);
    if (!class || !class->csi_driver)
        return (struct attached){0};
    return (struct attached){class->csi_driver, claim, class->csi_driver != class->provisioner};
}

static struct attached of_claim(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim)
{
    const struct berth_persistent_volume *volume = berth_volume_get(c, claim->volume_name);
    if (!volume)
        return of_class(c, claim);
    if (!volume->csi_driver || !volume->csi_handle)
        return (struct attached){0};
    return (struct attached){volume->csi_driver, volume->csi_handle, volume->plugin != NULL};
}

static bool is_among(const struct attached *all, uint32_t len, const struct attached *one)
{
    for (uint32_t i = 0; i < len; i++)
        if (all[i].driver == one->driver && all[i].handle == one->handle)
            return true;
    return false;
}

/*
 * What one of the pod's volumes counts as. Fails for a claim that was made for another pod and, when the pod is the
 * one to be placed, for one that does not exist.
 */
static berth_verdict attached_by(const struct berth_cycle *c, const struct berth_pod *pod,
                                 const struct berth_volume *volume, struct attached *ret)
{
    *ret = (struct attached){volume->csi_driver, volume->csi_handle, true};
    if (!volume_has_claim(volume))
        return BERTH_PASS;
    ret->driver = NULL;
    if (!volume->source)
        return berth_reject(c, BERTH_ERROR, "PersistentVolumeClaim had no name");
    const struct berth_persistent_volume_claim *claim = claim_of(c, pod, volume);
    if (!claim && pod == c->pod)
        return berth_rejectf(c, BERTH_UNRESOLVABLE, "looking up PVC %s/%s: persistentvolumeclaim \"%s\" not found",
                             pod->class->namespace->text, volume->source->text, volume->source->text);
    if (!claim)
        return BERTH_PASS;
    if (volume->kind == BERTH_VOLUME_EPHEMERAL && !claim_is_for_pod(claim, pod))
        return claim_of_another(c, BERTH_ERROR, claim, pod);
    *ret = of_claim(c, claim);
    return BERTH_PASS;
}

/* Adds the pod's volumes that are not among the first `len` of `all` yet. */
static berth_verdict add_pod(const struct berth_cycle *c, const struct berth_pod *pod, bool has_csi_node,
                             struct attached *all, uint32_t *len)
{
    berth_each(struct berth_volume, volume, pod->class, pod->class->volumes) {
        struct attached one;
        berth_verdict v = attached_by(c, pod, volume, &one);
        if (v != BERTH_PASS)
            return v;
        if (one.driver && (has_csi_node || !one.handed_over) && !is_among(all, *len, &one))
            all[(*len)++] = one;
    }
    return BERTH_PASS;
}

/* ---- PreFilter ---- */

static bool is_column(const struct limits_state *state, const int64_t *limit)
{
    for (uint32_t i = 0; i < state->limits_len; i++)
        if (state->limits[i] == limit)
            return true;
    return false;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    const struct limits *limits = c->self;
    if (!uses(c->class, CLAIMS | EPHEMERAL | DISKS))
        return BERTH_SKIPPED;
    struct limits_state *state =
        berth_alloc(c, sizeof(*state) + c->class->volumes.len * sizeof(state->volumes[0]));
    state->csi_nodes = berth_csi_nodes(c);
    state->failed = add_pod(c, c->pod, true, state->volumes, &state->len);
    state->attachments = berth_attachments(c, NULL, &(const struct berth_volume_attachment *const *){NULL}) > 0;
    state->limits = berth_alloc(c, (state->len + 1u) * sizeof(*state->limits));
    for (uint32_t i = 0; i < state->len; i++) {
        const int64_t *limit = berth_volume_limits(c, state->volumes[i].driver);
        if (limit && !is_column(state, limit))
            state->limits[state->limits_len++] = limit;
    }
    berth_keep(c, state);
    bool matters = limits->scaling || state->failed != BERTH_PASS || state->limits_len > 0;
    return matters ? BERTH_PASS : BERTH_SKIPPED;
}

/* ---- Filter ---- */

static const struct berth_csi_node_driver *driver_on(const struct berth_csi_node *node, berth_atom name)
{
    berth_each(struct berth_csi_node_driver, driver, node, node->drivers)
        if (driver->name == name)
            return driver;
    return NULL;
}

/* The first of the pod's drivers that must be on the node and is not; NULL: none. */
static berth_atom missing_driver(const struct berth_cycle *c, const struct limits_state *state,
                                 const struct berth_csi_node *node)
{
    for (uint32_t i = 0; i < state->len; i++) {
        const struct berth_csi_driver *driver = berth_csi_driver_get(c, state->volumes[i].driver);
        bool counts = node || !state->volumes[i].handed_over;
        if (counts && driver && driver->requires_csi_node && !(node && driver_on(node, driver->name)))
            return driver->name;
    }
    return NULL;
}

/* The lowest limit that a driver of the pod has on the node; -1: there is none. */
static int64_t lowest_limit(const struct limits_state *state, uint32_t slot)
{
    int64_t lowest = -1;
    for (uint32_t i = 0; i < state->limits_len; i++) {
        int64_t limit = state->limits[i][slot];
        lowest = limit >= 0 && (lowest < 0 || limit < lowest) ? limit : lowest;
    }
    return lowest;
}

/* Whether there is room enough on the node, whatever its pods' volumes are. Those made for pods may make Filter fail. */
static bool has_plenty(const struct berth_cycle *c, const struct limits_state *state, uint32_t slot, int64_t limit)
{
    return limit < 0
           || (!state->attachments && c->nodes->ephemeral[slot] == 0
               && c->nodes->volumes[slot] + (int64_t)state->len <= limit);
}

/* The volumes that VolumeAttachments name and that no pod of the node uses. */
static uint32_t add_attachments(const struct berth_cycle *c, berth_atom node, struct attached *all, uint32_t len)
{
    const struct berth_volume_attachment *const *attachments;
    uint32_t n = berth_attachments(c, node, &attachments);
    for (uint32_t i = 0; i < n; i++) {
        const struct berth_persistent_volume *volume = berth_volume_get(c, attachments[i]->volume_name);
        if (!attachments[i]->attacher || !volume || volume->source != BERTH_SOURCE_CSI)
            continue;
        struct attached one = {attachments[i]->attacher, volume->csi_handle, false};
        if (!is_among(all, len, &one))
            all[len++] = one;
    }
    return len;
}

/* How many of the volumes are the driver's, and not among the first `known` of `others`. */
static int64_t count(const struct attached *all, uint32_t len, berth_atom driver, const struct attached *others,
                     uint32_t known)
{
    int64_t n = 0;
    for (uint32_t i = 0; i < len; i++)
        n += all[i].driver == driver && !is_among(others, known, &all[i]);
    return n;
}

static berth_verdict check_limits(const struct berth_cycle *c, uint32_t slot, const struct berth_csi_node *node,
                                  struct attached *all)
{
    const struct limits_state *state = c->state;
    const struct berth_node_pods *pods = &c->nodes->pods[slot];
    uint32_t of_pods = 0;
    for (uint32_t i = 0; i < pods->len; i++) {
        berth_verdict v = add_pod(c, pods->at[i], true, all, &of_pods);
        if (v != BERTH_PASS)
            return v;
    }
    uint32_t len = add_attachments(c, node->name, all, of_pods);
    for (uint32_t i = 0; i < state->len; i++) {
        const struct berth_csi_node_driver *driver = driver_on(node, state->volumes[i].driver);
        if (!driver || driver->volumes < 0)
            continue;
        int64_t more = count(state->volumes, state->len, driver->name, all, of_pods);
        if (more > 0 && count(all, len, driver->name, NULL, 0) + more > driver->volumes)
            return berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) exceed max volume count");
    }
    return BERTH_PASS;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    enum { FEW = 64 };
    const struct limits *limits = c->self;
    const struct limits_state *state = c->state;
    if (!state || !c->nodes->node[slot])
        return BERTH_PASS;
    if (state->failed != BERTH_PASS)
        return state->failed;
    const struct berth_csi_node *node = state->csi_nodes[slot];
    berth_atom missing = limits->scaling ? missing_driver(c, state, node) : NULL;
    if (missing)
        return berth_rejectf(c, BERTH_UNSCHEDULABLE, "%s CSI driver is not installed on the node", missing->text);
    if (has_plenty(c, state, slot, lowest_limit(state, slot)))
        return BERTH_PASS;
    const struct berth_volume_attachment *const *attachments;
    uint32_t most = c->nodes->volumes[slot] + berth_attachments(c, node->name, &attachments);
    struct attached few[FEW], *all = most <= FEW ? few : malloc(most * sizeof(*all));
    if (!all)
        return berth_reject(c, BERTH_ERROR, "out of memory");
    berth_verdict v = check_limits(c, slot, node, all);
    if (all != few)
        free(all);
    return v;
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    const struct limits *limits = c->self;
    const struct limits_state *state = c->state;
    bool quick = state && state->failed == BERTH_PASS && !limits->scaling;
    for (uint32_t slot = range.from; slot < range.to; slot++)
        if (verdicts[slot] == BERTH_PASS && !(quick && has_plenty(c, state, slot, lowest_limit(state, slot))))
            verdicts[slot] = filter(c, slot);
}

/* ---- queueing hints ---- */

static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *gone = change->old_object;
    (void)c;
    return berth_hint_if(berth_pod_takes_node(gone) && uses(gone->class, CLAIMS | EPHEMERAL | DISKS));
}

/* A driver without a limit counts as one with limit 0 here: upstream's rule. */
static int64_t limit_of(const struct berth_csi_node_driver *driver)
{
    return driver && driver->volumes > 0 ? driver->volumes : 0;
}

static enum berth_hint after_node_update(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_csi_node *old = change->old_object, *new = change->new_object;
    (void)c;
    berth_each(struct berth_csi_node_driver, driver, new, new->drivers)
        if (limit_of(driver) > limit_of(driver_on(old, driver->name)))
            return BERTH_HINT_QUEUE;
    return BERTH_HINT_SKIP;
}

static enum berth_hint after_claim_added(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(pod_names_claim(c->class, change->new_object, true));
}

/* Any claim may be the driver's; an inline disk is known by its driver. */
static enum berth_hint after_detached(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_volume_attachment *gone = change->old_object;
    berth_each(struct berth_volume, volume, c->class, c->class->volumes)
        if (volume->kind == BERTH_VOLUME_CLAIM || (volume->csi_driver && volume->csi_driver == gone->attacher))
            return BERTH_HINT_QUEUE;
    return BERTH_HINT_SKIP;
}

static const struct berth_registration events[] = {
    {{BERTH_ON_CSI_NODE, BERTH_ADD}, NULL},
    {{BERTH_ON_CSI_NODE, BERTH_UPDATE}, after_node_update},
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD}, after_claim_added},
    {{BERTH_ON_VOLUME_ATTACHMENT, BERTH_DELETE}, after_detached},
};

const struct berth_plugin node_volume_limits_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeVolumeLimits",
    .filter_scope = BERTH_SCOPE_CLUSTER,
    .create = create,
    .destroy = free,
    .pre_filter = pre_filter,
    .filter = filter,
    .filter_range = filter_range,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
