/*
 * EBSLimits, GCEPDLimits, AzureDiskLimits and CinderLimits of releases before 1.29: a node takes no more disks of a kind
 * than its cloud attaches. On nodes where a CSI driver has taken the kind over, NodeVolumeLimits counts instead.
 * https://kubernetes.io/docs/concepts/storage/storage-limits/
 *
 * Off by default, in old configurations, too, and unknown to v1: in the registry for old files that name them.
 */
#include "plugins/claims.h"

#include <stdlib.h>

/* A kind of disk. */
struct disk_kind {
    const char *migrated; /* its name among the migrated plugins of a CSINode, and its provisioner's */
    const char *resource; /* the allocatable resource that says how many a node takes */
    uint32_t inline_kind; /* enum berth_volume_kind of volumes in pods */
    const char *field;    /* inline_kind is OTHER: the field of the pod's volume */
    uint32_t source;      /* enum berth_volume_source */
    int64_t limit;        /* of nodes that do not say */
};

static const struct disk_kind ebs = {"kubernetes.io/aws-ebs", "attachable-volumes-aws-ebs", BERTH_VOLUME_AWS_DISK, "",
                                     BERTH_SOURCE_AWS_DISK,   39};
static const struct disk_kind gce_pd = {"kubernetes.io/gce-pd", "attachable-volumes-gce-pd", BERTH_VOLUME_GCE_DISK, "",
                                        BERTH_SOURCE_GCE_DISK,  16};
static const struct disk_kind azure = {"kubernetes.io/azure-disk", "attachable-volumes-azure-disk", BERTH_VOLUME_AZURE_DISK,
                                       "", BERTH_SOURCE_AZURE_DISK, 16};
static const struct disk_kind cinder = {"kubernetes.io/cinder", "attachable-volumes-cinder", BERTH_VOLUME_OTHER, "cinder",
                                        BERTH_SOURCE_CINDER,    256};

/* EBS: instances of these families take fewer, as their network cards are volumes, too. */
enum { NITRO_LIMIT = 25 };
static const char *const nitro_families[] = {"c5", "m5", "r5", "t3", "z1d"};

struct limits {
    const struct disk_kind *kind;
    berth_atom migrated, resource, field;
    berth_atom instance_type[2]; /* label keys, the newer first */
};

struct limits_state {
    berth_verdict failed;
    const struct berth_csi_node *const *csi_nodes; /* by slot */
    uint32_t len;
    const void *disks[]; /* of the pod, each once: the atom of an id, or the claim that it will be made for */
};

static int create(struct berth_handle *h, const struct disk_kind *kind, void **ret_self)
{
    struct limits *limits = malloc(sizeof(*limits));
    if (!limits)
        return berth_create_fails(h, "out of memory");
    *limits = (struct limits){
        .kind = kind,
        .migrated = berth_atom_of(h, berth_str_of(kind->migrated)),
        .resource = berth_atom_of(h, berth_str_of(kind->resource)),
        .field = berth_atom_of(h, berth_str_of(kind->field)),
        .instance_type = {berth_atom_of(h, BERTH_STR("node.kubernetes.io/instance-type")),
                          berth_atom_of(h, BERTH_STR("beta.kubernetes.io/instance-type"))},
    };
    *ret_self = limits;
    return 0;
}

/* ---- the disks of a pod ---- */

static bool is_inline(const struct limits *limits, const struct berth_volume *volume)
{
    return volume->kind == limits->kind->inline_kind
           && (limits->kind->inline_kind != BERTH_VOLUME_OTHER || volume->extra == limits->field);
}

/* Whether the claim's class makes such disks: what it will be bound to is one. */
static bool is_provisioned(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim)
{
    const struct limits *limits = c->self;
    const struct berth_storage_class *class = berth_storage_class_get(c, claim->storage_class);
    return class && class->provisioner == limits->migrated;
}

/* The disk behind a claim; NULL: it is of another kind. */
static const void *disk_of_claim(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim)
{
    const struct limits *limits = c->self;
    const struct berth_persistent_volume *volume = berth_volume_get(c, claim->volume_name);
    if (!volume)
        return is_provisioned(c, claim) ? claim : NULL;
    return volume->source == limits->kind->source ? volume->handle : NULL;
}

static berth_verdict disk_of(const struct berth_cycle *c, const struct berth_pod *pod, const struct berth_volume *volume,
                             const void **ret_disk)
{
    *ret_disk = is_inline(c->self, volume) ? volume->source : NULL;
    if (!volume_has_claim(volume))
        return BERTH_PASS;
    const struct berth_persistent_volume_claim *claim = claim_of(c, pod, volume);
    if (!claim && pod == c->pod)
        return berth_rejectf(c, BERTH_UNRESOLVABLE, "looking up PVC %s/%s: persistentvolumeclaim \"%s\" not found",
                             pod->class->namespace->text, volume->source ? volume->source->text : "",
                             volume->source ? volume->source->text : "");
    if (!claim)
        return BERTH_PASS;
    if (volume->kind == BERTH_VOLUME_EPHEMERAL && !claim_is_for_pod(claim, pod))
        return claim_of_another(c, BERTH_ERROR, claim, pod);
    *ret_disk = disk_of_claim(c, claim);
    return BERTH_PASS;
}

static bool is_among(const void *const *disks, uint32_t len, const void *disk)
{
    for (uint32_t i = 0; i < len; i++)
        if (disks[i] == disk)
            return true;
    return false;
}

/* Adds the pod's disks that are not among the first *len yet. */
static berth_verdict add_pod(const struct berth_cycle *c, const struct berth_pod *pod, const void **disks, uint32_t *len)
{
    berth_each(struct berth_volume, volume, pod->class, pod->class->volumes) {
        const void *disk;
        berth_verdict v = disk_of(c, pod, volume, &disk);
        if (v != BERTH_PASS)
            return v;
        if (disk && !is_among(disks, *len, disk))
            disks[(*len)++] = disk;
    }
    return BERTH_PASS;
}

/* ---- PreFilter and Filter ---- */

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    if (c->class->volumes.len == 0)
        return BERTH_SKIPPED;
    struct limits_state *state = berth_alloc(c, sizeof(*state) + c->class->volumes.len * sizeof(state->disks[0]));
    state->failed = add_pod(c, c->pod, state->disks, &state->len);
    state->csi_nodes = berth_csi_nodes(c);
    berth_keep(c, state);
    return state->failed == BERTH_PASS && state->len == 0 ? BERTH_SKIPPED : BERTH_PASS;
}

static bool is_migrated(const struct limits *limits, const struct berth_csi_node *csi_node)
{
    for (uint32_t i = 0; csi_node && i < csi_node->migrated.len; i++)
        if (((const berth_atom *)berth_list_at(csi_node, csi_node->migrated))[i] == limits->migrated)
            return true;
    return false;
}

static bool is_nitro(const struct limits *limits, const struct berth_node *node)
{
    berth_atom type = berth_label_get(node, node->labels, limits->instance_type[0]);
    type = type ? type : berth_label_get(node, node->labels, limits->instance_type[1]);
    for (size_t i = 0; type && i < sizeof(nitro_families) / sizeof(nitro_families[0]); i++)
        if (strncmp(type->text, nitro_families[i], strlen(nitro_families[i])) == 0)
            return true;
    return false;
}

static int64_t limit_of(const struct limits *limits, const struct berth_node *node)
{
    berth_each(struct berth_amount, amount, node, node->scalars)
        if (amount->resource == limits->resource)
            return amount->value;
    return limits->kind == &ebs && is_nitro(limits, node) ? NITRO_LIMIT : limits->kind->limit;
}

/* How many disks there can be at most. */
static uint32_t most_disks(const struct berth_node_pods *pods)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < pods->len; i++)
        most += pods->at[i]->class->volumes.len;
    return most;
}

static berth_verdict check_limit(const struct berth_cycle *c, uint32_t slot, const void **disks)
{
    const struct limits_state *state = c->state;
    const struct berth_node_pods *pods = &c->nodes->pods[slot];
    uint32_t there = 0, more = 0;
    for (uint32_t i = 0; i < pods->len; i++) {
        berth_verdict v = add_pod(c, pods->at[i], disks, &there);
        if (v != BERTH_PASS)
            return v;
    }
    for (uint32_t i = 0; i < state->len; i++)
        more += !is_among(disks, there, state->disks[i]);
    bool fits = there + more <= limit_of(c->self, c->nodes->node[slot]);
    return fits ? BERTH_PASS : berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) exceed max volume count");
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    const struct limits_state *state = c->state;
    if (!state || !c->nodes->node[slot])
        return BERTH_PASS;
    if (state->failed != BERTH_PASS || is_migrated(c->self, state->csi_nodes[slot]))
        return state->failed;
    const void **disks = calloc(most_disks(&c->nodes->pods[slot]) + 1u, sizeof(*disks));
    if (!disks)
        return berth_reject(c, BERTH_ERROR, "out of memory");
    berth_verdict v = check_limit(c, slot, disks);
    free(disks);
    return v;
}

/* ---- queueing hints ---- */

static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *gone = change->old_object;
    (void)c;
    return berth_hint_if(berth_pod_takes_node(gone) && gone->class->volumes.len > 0);
}

static enum berth_hint after_claim_added(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(pod_names_claim(c->class, change->new_object, true));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_ALLOCATABLE}, NULL},
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD}, after_claim_added},
};

#define LIMITS(prefix, text, disk)                                                                               \
    static int create_##prefix(struct berth_handle *h, const struct berth_value *args, void **ret_self)          \
    {                                                                                                            \
        (void)args;                                                                                              \
        return create(h, &(disk), ret_self);                                                                     \
    }                                                                                                            \
    const struct berth_plugin prefix##_plugin = {                                                                \
        .abi = BERTH_ABI,                                                                                        \
        .size = sizeof(struct berth_plugin),                                                                     \
        .name = (text),                                                                                          \
        .filter_scope = BERTH_SCOPE_CLUSTER,                                                                     \
        .create = create_##prefix,                                                                               \
        .destroy = free,                                                                                         \
        .pre_filter = pre_filter,                                                                                \
        .filter = filter,                                                                                        \
        .events = events,                                                                                        \
        .events_len = sizeof(events) / sizeof(events[0]),                                                        \
    }

LIMITS(ebs_limits, "EBSLimits", ebs);
LIMITS(gce_pd_limits, "GCEPDLimits", gce_pd);
LIMITS(azure_disk_limits, "AzureDiskLimits", azure);
LIMITS(cinder_limits, "CinderLimits", cinder);
