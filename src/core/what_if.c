/*
 * What would be if: a cycle up to Filter against a cluster that is changed before it and put back after it,
 * so that every answer comes from the plugins themselves.
 *
 * Nodes stand in directly in the node table and the topology columns, pods are lifted off theirs. Nobody is
 * told of it: no event is made, and nothing is remembered of the cycle (its answers are not those of the
 * cluster), so that neither the queue nor the row cache can notice. Only the empty slot that a new node
 * leaves behind is a change, and logged. Images are left alone as only scores depend on them.
 *
 * Rejected: to take pods off between PreFilter and Filter, as preemption does. What plugins then say follows
 * kube-scheduler's shortcuts, and is not always what they would say if the pods were gone.
 */
#include "core/core_internal.h"
#include "core/framework.h"

/* ---- nodes that stand in ---- */

static void node_changed(struct cache *c, uint32_t slot)
{
    (void)topology_update(&c->topology, &c->nodes, slot); /* without memory a label is missed while we ask */
}

/* Puts the nodes in; old[i] is whom node i stands in for, NULL for a new node. */
static void put_nodes(struct cache *c, const struct core_what_if *what_if, const struct berth_node **old)
{
    for (uint32_t i = 0; i < what_if->nodes_len; i++) {
        int32_t slot = node_table_find(&c->nodes, what_if->nodes[i]->name);
        old[i] = slot < 0 ? NULL : c->nodes.node[slot];
        slot = node_table_put(&c->nodes, what_if->nodes[i]);
        if (slot >= 0)
            node_changed(c, (uint32_t)slot);
    }
    c->nodes_generation += what_if->nodes_len > 0;
}

/* The slot stays, empty. Where columns are remembered it has to be learnt of: they may be shorter. */
static void forget_new(struct cache *c, uint32_t slot)
{
    node_table_remove(&c->nodes, slot);
    change_log_add(&c->log, NULL, slot, 0);
}

static void put_back(struct cache *c, const struct core_what_if *what_if, const struct berth_node *const *old)
{
    for (uint32_t i = what_if->nodes_len; i-- > 0;) {
        int32_t slot = node_table_find(&c->nodes, what_if->nodes[i]->name);
        if (slot < 0 || c->nodes.node[slot] != what_if->nodes[i])
            continue; /* there was no memory for it */
        if (old[i])
            (void)node_table_put(&c->nodes, old[i]); /* all it needs is there already */
        else
            forget_new(c, (uint32_t)slot);
        node_changed(c, (uint32_t)slot);
    }
    c->nodes_generation += what_if->nodes_len > 0;
}

/* ---- room that is free ---- */

/* Takes the amounts off the columns of what is used; saved[i] is column i of `freed` as it was. */
static void free_room(struct cycle *cy, const struct core_what_if *what_if, int64_t **saved)
{
    struct node_table *nodes = &cy->cache->nodes;
    for (uint32_t i = 0; i < what_if->freed_len; i++) {
        int64_t *used = nodes->used[what_if->freed[i].column], amount = what_if->freed[i].amount;
        saved[i] = arena_need(cy->arena, (nodes->view.len + 1) * sizeof(*used));
        memcpy(saved[i], used, nodes->view.len * sizeof(*used));
        for (uint32_t slot = 0; slot < nodes->view.len; slot++)
            used[slot] -= amount < used[slot] ? amount : used[slot];
    }
}

static void use_room(struct cycle *cy, const struct core_what_if *what_if, int64_t *const *saved)
{
    struct node_table *nodes = &cy->cache->nodes;
    for (uint32_t i = what_if->freed_len; i-- > 0;)
        memcpy(nodes->used[what_if->freed[i].column], saved[i], nodes->view.len * sizeof(*saved[i]));
}

/* ---- pods that are gone ---- */

static struct pod_entry *entry_of(struct cache *c, const struct berth_pod *pod)
{
    return pod_index_find(&c->pods, berth_pod_namespace(pod), berth_pod_name(pod));
}

/* Lifts the pods; lifted[i] is the entry of pod i, NULL when it is not on a node. */
static void lift_pods(struct cache *c, const struct core_what_if *what_if, struct pod_entry **lifted)
{
    for (uint32_t i = 0; i < what_if->gone_len; i++) {
        struct pod_entry *entry = entry_of(c, what_if->gone[i]);
        lifted[i] = entry && entry->slot >= 0 ? entry : NULL;
        if (lifted[i])
            cache_lift_pod(c, entry);
    }
}

static void lower_pods(struct cache *c, const struct core_what_if *what_if, struct pod_entry *const *lifted)
{
    for (uint32_t i = what_if->gone_len; i-- > 0;)
        if (lifted[i])
            cache_lower_pod(c, lifted[i]);
}

/* ---- the question ---- */

/* The bits of the plugin that said this; all bits when no single one did. */
static uint64_t plugin_bit(const struct cycle *cy, berth_verdict v)
{
    const char *plugin = verdicts_get(cy->verdicts, v)->plugin;
    for (uint32_t i = 0; plugin && i < cy->profile->instances_len; i++)
        if (cy->profile->instances[i].plugin->name == plugin)
            return (uint64_t)1 << i;
    return cy->narrowing ? cy->narrowing : ~(uint64_t)0;
}

/* The same objection on every node. */
static void object_everywhere(const struct cycle *cy, uint64_t bits, uint64_t *objections)
{
    const struct berth_nodes *nodes = &cy->cache->nodes.view;
    for (uint32_t slot = 0; objections && slot < nodes->len; slot++)
        objections[slot] = nodes->node[slot] ? bits : 0;
}

/* With nominated pods on it, a node may not fit though no plugin objects to what is there. */
static void respect_verdicts(const struct cycle *cy, const berth_verdict *verdicts, uint64_t *objections)
{
    const struct berth_nodes *nodes = &cy->cache->nodes.view;
    for (uint32_t slot = 0; objections && slot < nodes->len; slot++)
        if (nodes->node[slot] && verdicts[slot] != BERTH_PASS && objections[slot] == 0)
            objections[slot] = plugin_bit(cy, verdicts[slot]);
}

static void collect(struct cycle *cy, const berth_verdict *verdicts, struct core_fit *fit)
{
    const struct berth_nodes *nodes = &cy->cache->nodes.view;
    uint32_t *slots = arena_need(cy->arena, (nodes->len + 1) * sizeof(*slots));
    berth_atom *names = arena_need(cy->arena, (nodes->len + 1) * sizeof(*names));
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (verdicts[slot] != BERTH_PASS)
            continue;
        slots[fit->len] = slot;
        names[fit->len++] = nodes->node[slot]->name;
    }
    fit->slots = slots;
    fit->names = names;
}

static void evaluate(struct cycle *cy, uint64_t *objections, struct core_fit *fit)
{
    berth_verdict v = framework_pre_enqueue(cy);
    if (v == BERTH_PASS)
        v = framework_pre_filter(cy);
    if (v != BERTH_PASS) {
        if (verdicts_get(cy->verdicts, v)->code != BERTH_ERROR)
            object_everywhere(cy, plugin_bit(cy, v), objections);
        return;
    }
    const berth_verdict *verdicts = framework_filter(cy);
    if (cycle_find_error(cy, verdicts) == BERTH_PASS) {
        if (objections)
            framework_objections(cy, objections);
        respect_verdicts(cy, verdicts, objections);
        collect(cy, verdicts, fit);
    }
}

static const char *const *plugin_names(struct cycle *cy)
{
    const char **names = arena_need(cy->arena, (cy->profile->instances_len + 1) * sizeof(*names));
    for (uint32_t i = 0; i < cy->profile->instances_len; i++)
        names[i] = cy->profile->instances[i].plugin->name;
    return names;
}

void core_fits(struct core *core, const struct berth_pod *pod, const struct core_what_if *what_if,
               bool objections, struct core_fit *ret_fit)
{
    static const struct core_what_if as_it_is = {0};
    const struct core_what_if *w = what_if ? what_if : &as_it_is;
    int32_t profile = core_profile_for(core, pod);
    *ret_fit = (struct core_fit){0};
    if (profile < 0)
        return;
    struct cycle cy = core_begin(core, &core->aside, pod, (uint32_t)profile);
    struct core_options options = core->options;
    options.no_cache = true;
    cy.options = &options;
    const struct berth_node **old = arena_need(cy.arena, (w->nodes_len + 1) * sizeof(*old));
    struct pod_entry **lifted = arena_need(cy.arena, (w->gone_len + 1) * sizeof(*lifted));
    int64_t **saved = arena_need(cy.arena, (w->freed_len + 1) * sizeof(*saved));
    put_nodes(&core->cache, w, old);
    lift_pods(&core->cache, w, lifted);
    free_room(&cy, w, saved);
    uint64_t *bits =
        objections ? arena_need(cy.arena, (core->cache.nodes.view.len + 1) * sizeof(*bits)) : NULL;
    evaluate(&cy, bits, ret_fit);
    use_room(&cy, w, saved);
    lower_pods(&core->cache, w, lifted);
    put_back(&core->cache, w, old);
    ret_fit->objections = bits;
    ret_fit->plugins = plugin_names(&cy);
    ret_fit->plugins_len = cy.profile->instances_len;
}

bool core_term_selects(const struct core *core, const struct berth_class *carrier,
                       const struct berth_pod_term *term, const struct berth_class *class)
{
    return namespaces_select(&core->cache.namespaces, carrier, term->namespaces, &term->namespace_selector,
                             false, class->namespace)
           && berth_selector_matches(carrier, &term->selector, class, class->labels);
}
