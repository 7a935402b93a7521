/* See events.h. The order of the events is upstream's. */
#include "core/events.h"

#include "api/decode.h"

/* Appends an event when the condition holds. */
static uint32_t add_if(bool changed, enum berth_event_resource resource, uint32_t action,
                       struct berth_event *events, uint32_t len)
{
    if (!changed)
        return len;
    events[len] = (struct berth_event){resource, action};
    return len + 1;
}

/* ---- pods ---- */

static const struct berth_amount *find_amount(const struct berth_class *class, berth_atom resource)
{
    berth_each (struct berth_amount, amount, class, class->scalars)
        if (amount->resource == resource)
            return amount;
    return NULL;
}

/* Whether the pod requests less of something than before. */
static bool scaled_down(const struct berth_class *old, const struct berth_class *class)
{
    if (class->cpu < old->cpu || class->memory < old->memory
        || class->ephemeral_storage < old->ephemeral_storage)
        return true;
    berth_each (struct berth_amount, before, old, old->scalars) {
        const struct berth_amount *after = find_amount(class, before->resource);
        if (!after || after->value < before->value)
            return true;
    }
    return false;
}

static bool same_labels(const struct berth_class *a, const struct berth_class *b)
{
    return berth_list_same(a, a->labels, b, b->labels, sizeof(struct berth_label));
}

static bool same_claims(const struct berth_pod *a, const struct berth_pod *b)
{
    return a->extended_claim == b->extended_claim
           && berth_list_same(a, a->claim_statuses, b, b->claim_statuses, sizeof(struct berth_claim_status));
}

uint32_t events_of_pod_update(const struct berth_pod *old, const struct berth_pod *pod,
                              struct berth_event events[EVENTS_MAX])
{
    const struct berth_class *before = old->class, *after = pod->class;
    uint32_t on = pod->node_name ? BERTH_ON_ASSIGNED_POD : BERTH_ON_UNSCHEDULABLE_POD, len = 0;
    if (before != after) {
        len = add_if(!same_labels(before, after), on, BERTH_POD_LABEL, events, len);
        len = add_if(scaled_down(before, after), on, BERTH_POD_SCALE_DOWN, events, len);
        len = add_if(before->gates.len > 0 && after->gates.len == 0, on, BERTH_POD_GATES_GONE, events, len);
        len =
            add_if(before->tolerations.len != after->tolerations.len, on, BERTH_POD_TOLERATION, events, len);
    }
    len = add_if(!same_claims(old, pod), on, BERTH_POD_GENERATED_CLAIM, events, len);
    return add_if(len == 0, on, BERTH_UPDATE, events, len);
}

/* ---- nodes ---- */

static bool same_allocatable(const struct berth_node *a, const struct berth_node *b)
{
    return a->cpu == b->cpu && a->memory == b->memory && a->ephemeral_storage == b->ephemeral_storage
           && a->pods == b->pods
           && berth_list_same(a, a->scalars, b, b->scalars, sizeof(struct berth_amount));
}

static const struct berth_label *find_label(const void *block, berth_list labels, berth_atom key)
{
    const struct berth_label *found = NULL;
    berth_each (struct berth_label, label, block, labels)
        if (label->key == key)
            found = label;
    return found;
}

/* Whether every type of condition in `a` has the same status in `b`. */
static bool conditions_in(const struct berth_node *a, const struct berth_node *b)
{
    berth_each (struct berth_label, condition, a, a->conditions) {
        const struct berth_label *other = find_label(b, b->conditions, condition->key);
        if (!other || other->value != find_label(a, a->conditions, condition->key)->value)
            return false;
    }
    return true;
}

uint32_t events_of_node_update(const struct berth_node *old, const struct berth_node *node,
                               struct berth_event events[EVENTS_MAX])
{
    const uint32_t on = BERTH_ON_NODE;
    bool same_conditions = conditions_in(old, node) && conditions_in(node, old);
    uint32_t len = add_if(old->unschedulable && !node->unschedulable, on, BERTH_NODE_TAINT, events, 0);
    len = add_if(!same_allocatable(old, node), on, BERTH_NODE_ALLOCATABLE, events, len);
    len = add_if(!berth_list_same(old, old->labels, node, node->labels, sizeof(struct berth_label)), on,
                 BERTH_NODE_LABEL, events, len);
    len = add_if(!berth_same_taints(old, node), on, BERTH_NODE_TAINT, events, len);
    len = add_if(!same_conditions, on, BERTH_NODE_CONDITION, events, len);
    len = add_if(!berth_list_same(old, old->annotations, node, node->annotations, sizeof(struct berth_label)),
                 on, BERTH_NODE_ANNOTATION, events, len);
    return add_if(!berth_list_same(old, old->features, node, node->features, sizeof(berth_atom)), on,
                  BERTH_NODE_DECLARED_FEATURE, events, len);
}

/* ---- references ---- */

static bool is_pod(const struct berth_change *change)
{
    uint32_t resource = change->event.resource;
    return resource == BERTH_ON_POD || resource == BERTH_ON_ASSIGNED_POD
           || resource == BERTH_ON_UNSCHEDULABLE_POD || resource == BERTH_ON_WILDCARD;
}

void change_ref(const struct berth_change *change)
{
    /* Every object begins with its count of references. */
    if (change->old_object)
        ++*(uint32_t *)change->old_object;
    if (change->new_object)
        ++*(uint32_t *)change->new_object;
}

static void unref(struct catalog *catalog, const struct berth_change *change, const void *object)
{
    /* Of all kinds only pods own more than their block, so that any other kind stands for all others. */
    struct object o = {.kind = is_pod(change) ? OBJECT_POD : OBJECT_NODE, .any = object};
    if (object)
        object_unref(catalog, &o);
}

void change_unref(struct catalog *catalog, const struct berth_change *change)
{
    unref(catalog, change, change->old_object);
    unref(catalog, change, change->new_object);
}
