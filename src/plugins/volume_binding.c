/*
 * VolumeBinding: a pod fits where its claims are bound or can be bound.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/
 *
 * PreFilter divides the pod's claims into those that are bound and those that wait for the pod's node; all
 * others must be bound first. Filter asks of each node whether it reaches the bound volumes, and finds
 * volumes for the waiting claims or sees that they can be made. Reserve does the same once more for the
 * chosen node, and keeps what it found.
 */
#include "plugins/claims.h"
#include "plugins/volume_match.h"
#include "plugins/volume_score.h"

#include <stdlib.h>

struct binding {
    bool attributes_class; /* VolumeAttributesClass: volumes and claims must agree on it */
    int64_t timeout_ns;    /* how long PreBind may wait for volumes */
    bool scores;           /* StorageCapacityScoring */
    int64_t shape[SHAPE_LEN]; /* if it scores: by utilisation */
};

/* What Reserve decided about a waiting claim. */
struct decided {
    berth_atom claim;
    berth_atom uid;    /* of the claim: another one of its name is not meant */
    berth_atom volume; /* NULL: one is to be made */
    bool seen;         /* the claim was seen with its node written in it */
};

/* What a node lacks, in the order of upstream's reasons. */
enum {
    LACKS_REACH = 1u << 0,
    LACKS_VOLUMES = 1u << 1,
    LACKS_SPACE = 1u << 2,
    LACKS_BOUND_VOLUME = 1u << 3,
    LACKS = 1u << 4, /* combinations */
};

struct binding_state {
    const struct berth_persistent_volume **bound; /* by bound claim; NULL: it does not exist */
    uint32_t bound_len;
    const struct berth_csi_node *const *csi_nodes; /* by slot; NULL: no bound volume is of a kind that asks */
    berth_verdict rejections[LACKS]; /* by what a node lacks */
    /* The waiting claims: those already to be made somewhere, then the others, the smallest first. */
    struct claim_match *waiting;
    uint32_t waiting_len;
    struct decided *decided;
    uint32_t decided_len;
    bool asked; /* PreBind has asked for what was decided to be written */
};

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    struct binding *binding = malloc(sizeof(*binding));
    if (!binding)
        return berth_create_fails(h, "out of memory");
    binding->attributes_class = berth_feature(h, "VolumeAttributesClass");
    binding->timeout_ns =
        berth_value_int(berth_value_get(args, "bindTimeoutSeconds"), 600) * INT64_C(1000000000);
    binding->scores = berth_feature(h, "StorageCapacityScoring");
    if (binding->scores)
        shape_read(berth_value_get(args, "shape"), binding->shape);
    *ret_self = binding;
    return 0;
}

/* ---- PreFilter ---- */

/* Whether the claim can be used by the pod at all. */
static berth_verdict check_claim(const struct berth_cycle *c, const struct berth_volume *volume)
{
    const struct berth_persistent_volume_claim *claim = claim_of(c, c->pod, volume);
    if (!claim && volume->kind == BERTH_VOLUME_EPHEMERAL)
        return berth_rejectf(
            c, BERTH_UNRESOLVABLE,
            "waiting for ephemeral volume controller to create the persistentvolumeclaim \"%s\"",
            volume->source->text);
    if (!claim)
        return claim_not_found(c, volume);
    if (claim->phase == BERTH_CLAIM_LOST)
        return berth_rejectf(c, BERTH_UNRESOLVABLE,
                             "persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\"",
                             claim->name->text, claim->volume_name ? claim->volume_name->text : "");
    if (claim->terminating)
        return berth_rejectf(c, BERTH_UNRESOLVABLE, "persistentvolumeclaim \"%s\" is being deleted",
                             claim->name->text);
    if (volume->kind == BERTH_VOLUME_EPHEMERAL && !claim_is_for_pod(claim, c->pod))
        return claim_of_another(c, BERTH_UNRESOLVABLE, claim, c->pod);
    return BERTH_PASS;
}

/* The class of a claim that waits for its pod's node; NULL: it is to be bound before. */
static const struct berth_storage_class *waits_by(const struct berth_cycle *c,
                                                  const struct berth_persistent_volume_claim *claim)
{
    const struct berth_storage_class *class = berth_storage_class_get(c, claim->storage_class);
    return class && class->waits_for_pod && !claim->volume_name ? class : NULL;
}

static bool goes_before(const struct claim_match *a, const struct claim_match *b)
{
    bool a_decided = a->claim->selected_node, b_decided = b->claim->selected_node;
    if (a_decided || b_decided)
        return a_decided && !b_decided;
    return a->claim->request < b->claim->request;
}

/* Puts the claim among the waiting ones, behind its equals. */
static berth_verdict add_waiting(const struct berth_cycle *c,
                                 const struct berth_persistent_volume_claim *claim,
                                 const struct berth_storage_class *class, struct binding_state *state)
{
    const struct binding *binding = c->self;
    struct claim_match m;
    if (!binding->attributes_class && claim->attributes_class && !claim->selected_node)
        return berth_rejectf(
            c, BERTH_ERROR,
            "unsupported volumeAttributesClassName is set on claim %s/%s when the feature-gate "
            "VolumeAttributesClass is disabled",
            claim->namespace->text, claim->name->text);
    claim_match(c, claim, class, binding->attributes_class, &m);
    uint32_t i = state->waiting_len++;
    for (; i > 0 && goes_before(&m, &state->waiting[i - 1]); i--)
        state->waiting[i] = state->waiting[i - 1];
    state->waiting[i] = m;
    return BERTH_PASS;
}

static berth_verdict add_claim(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                               struct binding_state *state, bool *immediate)
{
    if (claim->volume_name && claim->bind_completed) {
        const struct berth_persistent_volume *volume = berth_volume_get(c, claim->volume_name);
        state->bound[state->bound_len++] = volume;
        if (volume && volume->plugin && !state->csi_nodes)
            state->csi_nodes = berth_csi_nodes(c);
        return BERTH_PASS;
    }
    const struct berth_storage_class *class = waits_by(c, claim);
    if (class)
        return add_waiting(c, claim, class, state);
    *immediate = true;
    return BERTH_PASS;
}

static berth_verdict check_claims(const struct berth_cycle *c, uint32_t *ret_len)
{
    berth_verdict v = BERTH_PASS;
    *ret_len = 0;
    berth_each(struct berth_volume, volume, c->class, c->class->volumes)
        if (volume_has_claim(volume)) {
            ++*ret_len;
            v = v != BERTH_PASS ? v : check_claim(c, volume);
        }
    return v;
}

/* Prepares what Filter says, so that it need not put it together for every node. */
static void make_rejections(const struct berth_cycle *c, berth_verdict *rejections)
{
    static const char *const texts[] = {
        "node(s) didn't match PersistentVolume's node affinity",
        "node(s) didn't find available persistent volumes to bind",
        "node(s) did not have enough free storage",
        "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
    };
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    for (uint32_t lacks = 1; lacks < LACKS; lacks++) {
        berth_str reasons[TEXTS];
        uint32_t len = 0;
        for (uint32_t i = 0; i < TEXTS; i++)
            if (lacks >> i & 1)
                reasons[len++] = berth_str_of(texts[i]);
        rejections[lacks] = berth_reject_all(c, BERTH_UNRESOLVABLE, reasons, len);
    }
}

/* Whether the bound volumes are there and let the pod run on any node. */
static bool reach_everywhere(const struct binding_state *state)
{
    for (uint32_t i = 0; i < state->bound_len; i++)
        if (!state->bound[i] || state->bound[i]->has_node_affinity || state->bound[i]->csi_zones.len)
            return false;
    return true;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    uint32_t len;
    bool immediate = false;
    berth_verdict v = check_claims(c, &len);
    if (v != BERTH_PASS || len == 0)
        return v != BERTH_PASS ? v : BERTH_SKIPPED;
    struct binding_state *state = berth_alloc(c, sizeof(*state));
    state->bound = berth_alloc(c, len * sizeof(*state->bound));
    state->waiting = berth_alloc(c, len * sizeof(*state->waiting));
    berth_each(struct berth_volume, volume, c->class, c->class->volumes) {
        v = volume_has_claim(volume) ? add_claim(c, claim_of(c, c->pod, volume), state, &immediate)
                                     : BERTH_PASS;
        if (v != BERTH_PASS)
            return v;
    }
    if (immediate)
        return berth_reject(c, BERTH_UNRESOLVABLE, "pod has unbound immediate PersistentVolumeClaims");
    berth_keep(c, state);
    if (state->waiting_len == 0 && reach_everywhere(state))
        return BERTH_SKIPPED;
    make_rejections(c, state->rejections);
    return BERTH_PASS;
}

/* ---- Filter ---- */

/* The first bound claim that objects counts. */
static uint32_t check_bound(const struct binding_state *state, const struct berth_node *node, uint32_t slot)
{
    for (uint32_t i = 0; i < state->bound_len; i++) {
        if (!state->bound[i])
            return LACKS_BOUND_VOLUME;
        if (!volume_reaches(state->bound[i], state->csi_nodes ? state->csi_nodes[slot] : NULL, node))
            return LACKS_REACH;
    }
    return 0;
}

/*
 * Finds a volume for each waiting claim, in `found`. What the first claim for which neither a volume is
 * there nor one can be made lacks; 0: all went well. Claims whose node is decided come first, so that
 * another node is told at once.
 */
static uint32_t find_volumes(const struct berth_cycle *c, const struct binding_state *state, uint32_t slot,
                             struct found *found)
{
    const struct berth_node *node = c->nodes->node[slot];
    for (uint32_t i = 0; i < state->waiting_len; i++) {
        berth_atom selected = state->waiting[i].claim->selected_node;
        if (selected && selected != node->name)
            return LACKS_VOLUMES;
        found[i].volume = selected ? NULL : claim_find_volume(&state->waiting[i], node, slot, found, i);
    }
    for (uint32_t i = 0; i < state->waiting_len; i++) {
        found[i].pool = NULL;
        if (found[i].volume)
            continue;
        enum provision provision = claim_can_provision(c, &state->waiting[i], node, &found[i].pool);
        if (provision != PROVISION_FITS)
            return provision == PROVISION_NO_SPACE ? LACKS_SPACE : LACKS_VOLUMES;
    }
    return 0;
}

static uint32_t check_waiting(const struct berth_cycle *c, const struct binding_state *state, uint32_t slot)
{
    enum { FEW = 16 };
    struct found few[FEW], *found = few;
    if (state->waiting_len > FEW && !(found = malloc(state->waiting_len * sizeof(*found))))
        return LACKS_VOLUMES;
    uint32_t lacks = find_volumes(c, state, slot, found);
    if (found != few)
        free(found);
    return lacks;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    const struct binding_state *state = c->state;
    const struct berth_node *node = c->nodes->node[slot];
    if (!state || !node)
        return BERTH_PASS;
    uint32_t lacks = check_bound(state, node, slot);
    if (state->waiting_len)
        lacks |= check_waiting(c, state, slot);
    return state->rejections[lacks];
}

/*
 * One waiting claim, and nothing else to look at:
 * what is known of every node is enough, unless a volume is to be made.
 */
static bool is_plain(const struct binding_state *state)
{
    return state->bound_len == 0 && state->waiting_len == 1 && state->waiting[0].matches;
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    const struct binding_state *state = c->state;
    const uint32_t *first = state && is_plain(state) ? state->waiting[0].matches->first : NULL;
    for (uint32_t slot = range.from; slot < range.to; slot++)
        if (verdicts[slot] == BERTH_PASS && !(first && first[slot]))
            verdicts[slot] =
                first && !state->waiting[0].provisions ? state->rejections[LACKS_VOLUMES] : filter(c, slot);
}

/* ---- scoring: only with the gate StorageCapacityScoring ---- */

static berth_verdict pre_score(const struct berth_cycle *c)
{
    const struct binding *binding = c->self;
    return binding->scores ? BERTH_PASS : BERTH_SKIPPED;
}

static berth_verdict score(const struct berth_cycle *c, uint32_t slot, int64_t *ret_score)
{
    const struct binding *binding = c->self;
    const struct binding_state *state = c->state;
    *ret_score = 0;
    if (!binding->scores || !state || state->waiting_len == 0)
        return BERTH_PASS;
    struct found *found = calloc(state->waiting_len, sizeof(*found));
    if (!found)
        return berth_reject(c, BERTH_ERROR, "out of memory");
    (void)find_volumes(c, state, slot, found);
    *ret_score = volume_score(binding->shape, state->waiting, found, state->waiting_len);
    free(found);
    return BERTH_PASS;
}

/* ---- after the node was chosen ---- */

/* A volume that has gone to another claim meanwhile is no longer ours to give back. */
static void forget_volume(const struct berth_cycle *c, const struct decided *decided)
{
    const struct berth_persistent_volume *volume = berth_volume_get(c, decided->volume);
    if (volume && volume->claim_name == decided->claim && volume->claim_namespace == c->class->namespace)
        berth_forget_volume(c, decided->volume);
}

static void unreserve(const struct berth_cycle *c, uint32_t slot)
{
    struct binding_state *state = c->state;
    (void)slot;
    for (uint32_t i = 0; state && i < state->decided_len; i++) {
        berth_forget_claim(c, c->class->namespace, state->decided[i].claim);
        if (state->decided[i].volume)
            forget_volume(c, &state->decided[i]);
    }
}

static int assume(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                  const struct berth_persistent_volume *volume, uint32_t slot)
{
    return volume ? berth_assume_bound(c, volume, claim) : berth_assume_provisioned(c, claim, slot);
}

static berth_verdict reserve(const struct berth_cycle *c, uint32_t slot)
{
    struct binding_state *state = c->state;
    if (!state || state->waiting_len == 0)
        return BERTH_PASS;
    struct found *found = berth_alloc(c, state->waiting_len * sizeof(*found));
    state->decided = berth_alloc(c, state->waiting_len * sizeof(*state->decided));
    (void)find_volumes(c, state, slot, found);
    for (uint32_t i = 0; i < state->waiting_len; i++) {
        const struct berth_persistent_volume_claim *claim = state->waiting[i].claim;
        const struct berth_persistent_volume *volume = found[i].volume;
        state->decided[state->decided_len++] =
            (struct decided){claim->name, claim->uid, volume ? volume->name : NULL, false};
        if (assume(c, claim, volume, slot) < 0) {
            unreserve(c, slot);
            return berth_reject(c, BERTH_ERROR, "out of memory");
        }
    }
    return BERTH_PASS;
}

/* The claim that was decided about; NULL: it is gone. */
static const struct berth_persistent_volume_claim *decided_claim(const struct berth_cycle *c,
                                                                 const struct decided *decided)
{
    const struct berth_persistent_volume_claim *claim =
        berth_claim_get(c, c->class->namespace, decided->claim);
    return claim && claim->uid == decided->uid ? claim : NULL;
}

static berth_verdict decided_not_found(const struct berth_cycle *c, const struct decided *decided)
{
    return berth_rejectf(c, BERTH_ERROR,
                         "binding volumes: failed to check binding: persistentvolumeclaim \"%s\" not found",
                         decided->claim->text);
}

/* What became of one claim since its writes were asked for: PASS when it is bound, WAIT while it is not. */
static berth_verdict check_binding(const struct berth_cycle *c, struct decided *decided,
                                   const struct berth_node *node)
{
    const struct berth_persistent_volume_claim *claim = decided_claim(c, decided);
    if (!claim)
        return decided_not_found(c, decided);
    const struct berth_persistent_volume *volume =
        berth_volume_get(c, decided->volume ? decided->volume : claim->volume_name);
    if (decided->volume && !volume)
        return berth_rejectf(c, BERTH_ERROR,
                             "binding volumes: failed to check binding: persistentvolume \"%s\" not found",
                             decided->volume->text);
    if (decided->volume && volume->claim_name
        && (volume->claim_name != claim->name || volume->claim_namespace != claim->namespace))
        return berth_rejectf(c, BERTH_ERROR, "binding volumes: ClaimRef got reset for pv \"%s\"",
                             volume->name->text);
    /*
     * A provisioner that fails takes the node away again.
     * What was written before our write may still come in.
     */
    decided->seen |=
        claim->selected_node == node->name && !berth_claim_is_assumed(c, claim->namespace, claim->name);
    if (!decided->volume && decided->seen && claim->selected_node != node->name)
        return berth_rejectf(c, BERTH_ERROR, "binding volumes: provisioning failed for PVC \"%s\"",
                             claim->name->text);
    if (volume && !volume_reaches(volume, berth_csi_node_get(c, node->name), node))
        return berth_rejectf(
            c, BERTH_ERROR,
            "binding volumes: pv \"%s\" node affinity doesn't match node \"%s\": no matching "
            "NodeSelectorTerms",
            volume->name->text, node->name->text);
    bool bound = volume && claim->volume_name && claim->bind_completed;
    return bound ? BERTH_PASS : berth_reject(c, BERTH_WAIT, "waiting for volumes to be bound");
}

/* The first claim that failed counts, else the first that is not bound yet. */
static berth_verdict check_bindings(const struct berth_cycle *c, struct binding_state *state, uint32_t slot)
{
    berth_verdict all = BERTH_PASS;
    const struct berth_node *node = c->nodes->node[slot];
    if (!node)
        return berth_reject(c, BERTH_ERROR, "binding volumes: the node is gone");
    for (uint32_t i = 0; i < state->decided_len; i++) {
        berth_verdict v = check_binding(c, &state->decided[i], node);
        if (v != BERTH_PASS && berth_code_of(c, v) == BERTH_ERROR)
            return v;
        all = all != BERTH_PASS ? all : v;
    }
    return all;
}

/* Claims that were bound before are no work. */
static berth_verdict pre_bind_pre_flight(const struct berth_cycle *c, uint32_t slot)
{
    const struct binding_state *state = c->state;
    (void)slot;
    return state && state->decided_len > 0 ? BERTH_PASS : BERTH_SKIPPED;
}

static berth_verdict pre_bind(const struct berth_cycle *c, uint32_t slot)
{
    const struct binding *binding = c->self;
    struct binding_state *state = c->state;
    int waits = 0;
    if (state->asked)
        return check_bindings(c, state, slot);
    state->asked = true;
    for (uint32_t i = 0; i < state->decided_len; i++) {
        struct decided *d = &state->decided[i];
        berth_verdict v = check_binding(c, d, c->nodes->node[slot]);
        if (v == BERTH_PASS) /* somebody else's pod has the claim, too, and was faster */
            continue;
        if (berth_code_of(c, v) == BERTH_ERROR)
            return v;
        int r = berth_bind_claim(c, c->class->namespace, d->claim, d->volume, slot);
        if (r < 0)
            return berth_reject(c, BERTH_ERROR, "binding volumes: out of memory");
        waits |= r;
    }
    if (!waits)
        return BERTH_PASS;
    berth_wait_at_most(c, binding->timeout_ns);
    return berth_reject(c, BERTH_WAIT, "waiting for volumes to be bound");
}

/* ---- queueing hints ---- */

static enum berth_hint after_claim_change(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(pod_names_claim(c->class, change->new_object, true));
}

static enum berth_hint after_class_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_storage_class *old = change->old_object, *new = change->new_object;
    (void)c;
    return berth_hint_if(!old || old->topologies_hash != new->topologies_hash);
}

/* No annotation and an empty one are the same here: upstream's rule. */
static enum berth_hint after_csi_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_csi_node *old = change->old_object, *new = change->new_object;
    (void)c;
    return berth_hint_if(
        !old || !berth_str_eq(berth_atom_str(old->migrated_text), berth_atom_str(new->migrated_text)));
}

static enum berth_hint after_driver_update(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_csi_driver *old = change->old_object, *new = change->new_object;
    berth_each(struct berth_volume, volume, c->class, c->class->volumes)
        if (volume->kind == BERTH_VOLUME_CSI && volume->source == new->name && old->storage_capacity
            && !new->storage_capacity)
            return BERTH_HINT_QUEUE;
    return BERTH_HINT_SKIP;
}

static int64_t largest(const struct berth_csi_storage_capacity *capacity)
{
    return capacity->largest_volume >= 0 ? capacity->largest_volume : capacity->capacity;
}

static enum berth_hint after_capacity_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_csi_storage_capacity *old = change->old_object, *new = change->new_object;
    (void)c;
    return berth_hint_if(!old || largest(new) > largest(old)); /* -1: not given */
}

static const struct berth_registration events[] = {
    {{BERTH_ON_STORAGE_CLASS, BERTH_ADD | BERTH_UPDATE}, after_class_change},
    {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD | BERTH_UPDATE}, after_claim_change},
    {{BERTH_ON_PERSISTENT_VOLUME, BERTH_ADD | BERTH_UPDATE}, NULL},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_LABEL}, NULL},
    {{BERTH_ON_CSI_NODE, BERTH_ADD | BERTH_UPDATE}, after_csi_node_change},
    {{BERTH_ON_CSI_DRIVER, BERTH_UPDATE}, after_driver_update},
    {{BERTH_ON_CSI_STORAGE_CAPACITY, BERTH_ADD | BERTH_UPDATE}, after_capacity_change},
};

const struct berth_plugin volume_binding_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "VolumeBinding",
    .filter_scope = BERTH_SCOPE_CLUSTER,
    .score_scope = BERTH_SCOPE_CLUSTER,
    .create = create,
    .destroy = free,
    .pre_filter = pre_filter,
    .filter = filter,
    .filter_range = filter_range,
    .pre_score = pre_score,
    .score = score,
    .reserve = reserve,
    .unreserve = unreserve,
    .pre_bind_pre_flight = pre_bind_pre_flight,
    .pre_bind = pre_bind,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
