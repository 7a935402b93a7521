/*
 * NodeUnschedulable: cordoned nodes take only pods that tolerate the taint which a cordon stands for, whether
 * or not the node carries that taint. `self` is the taint.
 * https://kubernetes.io/docs/concepts/nodes/node/#manual-node-administration
 */
#include <berth/plugin.h>

#include <stdlib.h>

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    (void)args;
    struct berth_taint *cordon = calloc(1, sizeof(*cordon));
    if (!cordon)
        return berth_create_fails(h, "out of memory");
    cordon->key = berth_atom_of(h, BERTH_STR("node.kubernetes.io/unschedulable"));
    cordon->value = berth_atom_of(h, BERTH_STR(""));
    cordon->effect = BERTH_NO_SCHEDULE;
    *ret_self = cordon;
    return 0;
}

static berth_verdict cordoned(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_UNRESOLVABLE, "node(s) were unschedulable");
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    if (!c->nodes->node[slot]->unschedulable || berth_tolerates(c->class, c->self))
        return BERTH_PASS;
    return cordoned(c);
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    if (berth_tolerates(c->class, c->self))
        return;
    berth_verdict no = BERTH_PASS; /* until the first node needs it */
    for (uint32_t slot = range.from; slot < range.to; slot++) {
        if (verdicts[slot] != BERTH_PASS || !c->nodes->node[slot]->unschedulable)
            continue;
        if (no == BERTH_PASS)
            no = cordoned(c);
        verdicts[slot] = no;
    }
}

/* ---- queueing hints ---- */

/* Asks about the cordon alone: a pod that tolerates it was not rejected by this plugin. */
static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object, *after = change->new_object;
    (void)c;
    bool opened = (!before || before->unschedulable) && !after->unschedulable;
    return berth_hint_if(opened);
}

static enum berth_hint after_toleration_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *after = change->new_object;
    bool tolerates = berth_same_pod(c->pod, after) && berth_tolerates(after->class, c->self);
    return berth_hint_if(tolerates);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_TAINT}, after_node_change},
    {{BERTH_ON_POD, BERTH_POD_TOLERATION}, after_toleration_change},
};

const struct berth_plugin node_unschedulable_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeUnschedulable",
    .filter_scope = BERTH_SCOPE_ROW,
    .create = create,
    .destroy = free,
    .filter = filter,
    .filter_range = filter_range,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
