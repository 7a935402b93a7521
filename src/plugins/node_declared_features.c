/*
 * NodeDeclaredFeatures: a pod whose spec needs features of the kubelet fits only on nodes that declare them
 * (KEP-5328). `self` is NULL when the feature gate is off; the plugin then does nothing.
 */
#include <berth/plugin.h>

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    static char on;
    (void)args;
    *ret_self = berth_feature(h, "NodeDeclaredFeatures") ? &on : NULL;
    return 0;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    if (!c->self || c->class->features.len == 0)
        return BERTH_SKIPPED;
    berth_keep(c, (void *)berth_list_at(c->class, c->class->features));
    return BERTH_PASS;
}

static bool declares(const struct berth_node *node, berth_atom wanted)
{
    berth_each(berth_atom, feature, node, node->features)
        if (*feature == wanted)
            return true;
    return false;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    if (!c->self)
        return BERTH_PASS;
    if (!c->state) /* PreFilter is disabled in the configuration */
        return berth_reject(c, BERTH_ERROR,
                            "error reading \"PreFilterNodeDeclaredFeatures\" from cycle-state: not found");
    berth_each(berth_atom, wanted, c->class, c->class->features)
        if (!declares(c->nodes->node[slot], *wanted))
            return berth_reject(c, BERTH_UNRESOLVABLE, "node(s) didn't match Pod's required features");
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object, *after = change->new_object;
    (void)c;
    bool same =
        before && berth_list_same(before, before->features, after, after->features, sizeof(berth_atom));
    return berth_hint_if(!same);
}

static enum berth_hint after_pod_update(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *before = change->old_object, *after = change->new_object;
    if (!berth_same_pod(c->pod, after))
        return BERTH_HINT_SKIP;
    bool same = berth_list_same(before->class, before->class->features, after->class, after->class->features,
                                sizeof(berth_atom));
    return berth_hint_if(!same);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_DECLARED_FEATURE}, after_node_change},
    {{BERTH_ON_POD, BERTH_UPDATE}, after_pod_update},
};

const struct berth_plugin node_declared_features_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeDeclaredFeatures",
    .filter_scope = BERTH_SCOPE_ROW,
    .create = create,
    .pre_filter = pre_filter,
    .filter = filter,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
