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

const struct berth_plugin node_declared_features_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeDeclaredFeatures",
    .filter_scope = BERTH_SCOPE_ROW,
    .create = create,
    .pre_filter = pre_filter,
    .filter = filter,
};
