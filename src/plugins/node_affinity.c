/*
 * NodeAffinity: the pod's nodeSelector and node affinity, and the addedAffinity that the profile's arguments
 * enforce on every pod. `self` is the compiled addedAffinity, NULL when there is none. Nothing is kept
 * between the extension points: what they need is compiled into the class.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
 */
#include <berth/plugin.h>

/* ---- terms that could not be parsed ---- */

/* Terms that cannot count are never parsed, so their faults are no faults. */
static bool is_faulty(const struct berth_node_term *term, bool preferred)
{
    return term->error.len && !term->empty && !(preferred && term->weight == 0);
}

static const struct berth_node_term *first_fault(const struct berth_class *class, berth_list terms,
                                                 bool preferred)
{
    berth_each(struct berth_node_term, term, class, terms)
        if (is_faulty(term, preferred))
            return term;
    return NULL;
}

static berth_str fault_text(const struct berth_class *class, const struct berth_node_term *term)
{
    return (berth_str){berth_list_at(class, term->error), term->error.len};
}

/* ---- arguments ---- */

static int refuse_faults(struct berth_handle *h, const struct berth_class *added)
{
    const struct berth_node_term *fault = first_fault(added, added->required_nodes, false);
    const char *field = "requiredDuringSchedulingIgnoredDuringExecution";
    if (!fault) {
        fault = first_fault(added, added->preferred_nodes, true);
        field = "preferredDuringSchedulingIgnoredDuringExecution";
    }
    if (!fault)
        return 0;
    return berth_create_fails(h, "addedAffinity.%s: %.*s", field, BERTH_FMT(fault_text(added, fault)));
}

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    const struct berth_value *affinity = berth_value_get(args, "addedAffinity");
    *ret_self = NULL;
    if (berth_value_absent(affinity))
        return 0;
    const struct berth_class *added = berth_compile_node_affinity(h, affinity);
    if (!added)
        return -1;
    *ret_self = (void *)added;
    return refuse_faults(h, added);
}

/* ---- required ---- */

static bool requires_nodes(const struct berth_class *class)
{
    return class && class->flags & BERTH_POD_HAS_REQUIRED_NODES;
}

static bool holds(const berth_atom *names, uint32_t len, berth_atom name)
{
    for (uint32_t i = 0; i < len; i++)
        if (names[i] == name)
            return true;
    return false;
}

/*
 * Adds to the set `names` the node names that the term's fields leave: those in every field that lists some.
 * False when no field does, so that the term may match any node.
 */
static bool add_named(const struct berth_class *class, const struct berth_node_term *term, berth_atom *names,
                      uint32_t *len)
{
    bool any = false;
    berth_atom *found = &names[*len];
    uint32_t count = 0;
    berth_each(struct berth_requirement, field, class, term->fields) {
        if (field->op != BERTH_IN || !berth_str_eq(berth_atom_str(field->key), BERTH_STR("metadata.name")))
            continue;
        const berth_atom *values = berth_list_at(class, field->values);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < (any ? count : field->values.len); i++) {
            berth_atom name = any ? found[i] : values[i];
            if (holds(values, field->values.len, name))
                found[kept++] = name;
        }
        count = kept;
        any = true;
    }
    for (uint32_t i = 0; i < count; i++)
        if (!holds(names, *len, found[i]))
            names[(*len)++] = found[i];
    return any;
}

/* An upper limit for the names that all terms leave. */
static uint32_t field_values(const struct berth_class *class)
{
    uint32_t count = 0;
    berth_each(struct berth_node_term, term, class, class->required_nodes)
        berth_each(struct berth_requirement, field, class, term->fields)
            count += field->values.len;
    return count;
}

/* Narrows the search to the nodes that the terms name, if every term names some. */
static berth_verdict pre_filter(const struct berth_cycle *c)
{
    const struct berth_class *class = c->class;
    if (!requires_nodes(class) && !requires_nodes(c->self) && class->node_selector.len == 0)
        return BERTH_SKIPPED;
    if (class->required_nodes.len == 0)
        return BERTH_PASS;
    berth_atom *names = berth_alloc(c, field_values(class) * sizeof(*names));
    uint32_t len = 0;
    berth_each(struct berth_node_term, term, class, class->required_nodes)
        if (!add_named(class, term, names, &len))
            return BERTH_PASS;
    if (len == 0)
        return berth_reject(c, BERTH_UNRESOLVABLE, "pod affinity terms conflict");
    berth_only_nodes(c, names, len);
    return BERTH_PASS;
}

static bool meets_required(const struct berth_class *class, const struct berth_node *node)
{
    if (!requires_nodes(class))
        return true;
    berth_each(struct berth_node_term, term, class, class->required_nodes)
        if (berth_node_term_matches(class, term, node))
            return true;
    return false;
}

static bool meets_selector(const struct berth_class *class, const struct berth_node *node)
{
    berth_each(struct berth_label, wanted, class, class->node_selector)
        if (berth_label_get(node, node->labels, wanted->key) != wanted->value)
            return false;
    return true;
}

enum misfit { FITS, MISSES_ADDED, MISSES_POD, MISFITS };

static enum misfit misfit(const struct berth_cycle *c, const struct berth_node *node)
{
    if (!meets_required(c->self, node))
        return MISSES_ADDED;
    return meets_selector(c->class, node) && meets_required(c->class, node) ? FITS : MISSES_POD;
}

static berth_verdict refusal(const struct berth_cycle *c, enum misfit misfit)
{
    static const char *const reasons[MISFITS] = {
        [MISSES_ADDED] = "node(s) didn't match scheduler-enforced node affinity",
        [MISSES_POD] = "node(s) didn't match Pod's node affinity/selector",
    };
    return berth_reject(c, BERTH_UNRESOLVABLE, reasons[misfit]);
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    enum misfit found = misfit(c, c->nodes->node[slot]);
    return found == FITS ? BERTH_PASS : refusal(c, found);
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    berth_verdict no[MISFITS] = {BERTH_PASS}; /* until the first node needs them */
    for (uint32_t slot = range.from; slot < range.to; slot++) {
        enum misfit found = verdicts[slot] == BERTH_PASS ? misfit(c, c->nodes->node[slot]) : FITS;
        if (found == FITS)
            continue;
        if (no[found] == BERTH_PASS)
            no[found] = refusal(c, found);
        verdicts[slot] = no[found];
    }
}

/* ---- preferred ---- */

/* Required terms that cannot be parsed merely match nothing; preferred ones fail the attempt. */
static berth_verdict check_preferred(const struct berth_cycle *c)
{
    const struct berth_node_term *fault = first_fault(c->class, c->class->preferred_nodes, true);
    if (!fault)
        return BERTH_PASS;
    return berth_rejectf(c, BERTH_ERROR, "%.*s", BERTH_FMT(fault_text(c->class, fault)));
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    berth_verdict verdict = check_preferred(c);
    if (verdict != BERTH_PASS)
        return verdict;
    const struct berth_class *added = c->self;
    bool nothing = c->class->preferred_nodes.len == 0 && (!added || added->preferred_nodes.len == 0);
    return nothing ? BERTH_SKIPPED : BERTH_PASS;
}

/* The weights of the preferred terms that the node satisfies. */
static int64_t liking(const struct berth_class *class, const struct berth_node *node)
{
    int64_t sum = 0;
    berth_each(struct berth_node_term, term, class, class->preferred_nodes)
        if (berth_node_term_matches(class, term, node))
            sum += term->weight;
    return sum;
}

static int64_t score_of(const struct berth_cycle *c, const struct berth_node *node)
{
    return liking(c->class, node) + (c->self ? liking(c->self, node) : 0);
}

/* Checks the terms again: the configuration may have disabled PreScore. */
static berth_verdict score(const struct berth_cycle *c, uint32_t slot, int64_t *ret_score)
{
    *ret_score = score_of(c, c->nodes->node[slot]);
    return check_preferred(c);
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    for (uint32_t slot = range.from; slot < range.to; slot++)
        if (c->nodes->node[slot])
            scores[slot] = score_of(c, c->nodes->node[slot]);
    return check_preferred(c);
}

static berth_verdict normalize(const struct berth_cycle *c, int64_t *scores)
{
    berth_normalize(c, false, scores);
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

enum meets { MEETS_NOT, MEETS, MEETS_UNKNOWN };

/* Whether the pod itself asks for such a node. Unknown: no term matches it, but one could not be parsed. */
static enum meets meets_pod(const struct berth_class *class, const struct berth_node *node)
{
    if (!meets_selector(class, node))
        return MEETS_NOT;
    if (meets_required(class, node))
        return MEETS;
    return first_fault(class, class->required_nodes, false) ? MEETS_UNKNOWN : MEETS_NOT;
}

static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object, *after = change->new_object;
    if (!meets_required(c->self, after))
        return BERTH_HINT_SKIP;
    enum meets now = meets_pod(c->class, after);
    enum meets was = before && now == MEETS ? meets_pod(c->class, before) : MEETS_NOT;
    if (now == MEETS_UNKNOWN || was == MEETS_UNKNOWN)
        return BERTH_HINT_ERROR;
    return berth_hint_if(now == MEETS && was == MEETS_NOT);
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_LABEL}, after_node_change},
};

const struct berth_plugin node_affinity_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "NodeAffinity",
    .filter_scope = BERTH_SCOPE_ROW,
    .score_scope = BERTH_SCOPE_ROW,
    .create = create,
    .pre_filter = pre_filter,
    .filter = filter,
    .filter_range = filter_range,
    .pre_score = pre_score,
    .score = score,
    .score_range = score_range,
    .normalize = normalize,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
