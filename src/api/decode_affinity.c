/* What a pod wants of nodes and of the pods around it: node affinity, pod affinity, topology spread. */
#include "api/internal.h"
#include "api/selector.h"

#include <stdio.h>

#define AFFINITY(X) X(nodeAffinity) X(podAffinity) X(podAntiAffinity)
FIELDS(affinity_fields, AFFINITY)

/* Of all three. */
#define RULES(X)                                                                                             \
    X(requiredDuringSchedulingIgnoredDuringExecution)                                                        \
    X(preferredDuringSchedulingIgnoredDuringExecution)
FIELDS(rule_fields, RULES)

static const struct place affinity_place = {&spec_place, {"affinity", 8}, -1};

/* ---- nodes ---- */

#define NODE_SELECTOR(X) X(nodeSelectorTerms)
FIELDS(node_selector_fields, NODE_SELECTOR)

#define PREFERENCE(X) X(preference) X(weight)
FIELDS(preference_fields, PREFERENCE)

/* `path` is where upstream says the term is, should the term be one it refuses. */
static void read_node_term(struct decoder *d, const struct place *at, const char *path,
                           const struct berth_value *v, struct berth_node_term *ret_term)
{
    if (d->failed)
        return;
    int r = node_term_compile(v, path, d->block, d->atoms, d->scratch, ret_term, d->err);
    if (r < 0)
        complain_after(d, at, NULL, v, r);
}

berth_list get_node_terms(struct decoder *d, const struct place *at, const char *name,
                          const struct berth_value *v)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, at, name, v, &len);
    struct berth_node_term *terms = scratch_array(d, len, sizeof(*terms));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place item = {at, berth_str_of(name), (int32_t)i};
        char path[40];
        snprintf(path, sizeof(path), "nodeSelectorTerms[%u]", i);
        read_node_term(d, &item, path, &items[i], &terms[i]);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, terms, sizeof(*terms), len);
}

static berth_list get_preferred_nodes(struct decoder *d, const struct place *at, const char *name,
                                      const struct berth_value *v)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, at, name, v, &len);
    struct berth_node_term *terms = scratch_array(d, len, sizeof(*terms));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place item = {at, berth_str_of(name), (int32_t)i};
        struct place preference = {&item, BERTH_STR("preference"), -1};
        struct preference_fields f;
        char path[16];
        snprintf(path, sizeof(path), "[%u]", i);
        read_fields(d, &item, &items[i], FIELD_NAMES(preference_fields), &f);
        read_node_term(d, &preference, path, f.preference, &terms[i]);
        terms[i].weight = (int32_t)get_int(d, &item, FIELD(f, weight), INT32_MIN, INT32_MAX, 0);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, terms, sizeof(*terms), len);
}

static void decode_node_affinity(struct decoder *d, const struct place *at,
                                 const struct berth_value *affinity, struct berth_class *class)
{
    struct rule_fields f;
    struct node_selector_fields required;
    struct place required_at = {at, BERTH_STR("requiredDuringSchedulingIgnoredDuringExecution"), -1};
    read_fields(d, at, affinity, FIELD_NAMES(rule_fields), &f);
    read_fields(d, &required_at, f.requiredDuringSchedulingIgnoredDuringExecution,
                FIELD_NAMES(node_selector_fields), &required);
    if (f.requiredDuringSchedulingIgnoredDuringExecution)
        class->flags |= BERTH_POD_HAS_REQUIRED_NODES;
    class->required_nodes = get_node_terms(d, &required_at, FIELD(required, nodeSelectorTerms));
    class->preferred_nodes =
        get_preferred_nodes(d, at, FIELD(f, preferredDuringSchedulingIgnoredDuringExecution));
}

/* ---- selectors of pods ---- */

struct berth_selector get_selector(struct decoder *d, const struct place *at, const char *name,
                                   const struct berth_value *v)
{
    struct berth_selector selector = {.selects = BERTH_SELECTS_NOTHING};
    if (d->failed || !v)
        return selector;
    int r = selector_compile(v, d->block, d->atoms, d->scratch, &selector, d->err);
    if (r < 0)
        complain_after(d, at, name, v, r);
    return selector;
}

/* The labels of the pod itself. */
struct own_labels {
    const struct berth_label *at;
    uint32_t len;
};

static const struct berth_label *find_label(const struct own_labels *labels, berth_str key)
{
    for (uint32_t i = 0; i < labels->len; i++)
        if (berth_str_eq(berth_atom_str(labels->at[i].key), key))
            return &labels->at[i];
    return NULL;
}

/* Inserts a requirement where its key belongs; there must be room for it. */
static void insert_requirement(struct selector *s, const struct selector_requirement *requirement)
{
    uint32_t i = s->len++;
    for (; i > 0 && berth_str_cmp(s->requirements[i - 1].key, requirement->key) > 0; i--)
        s->requirements[i] = s->requirements[i - 1];
    s->requirements[i] = *requirement;
}

/*
 * For each key that the pod has a label of: the selected pods must have (SELECTOR_IN) or must not have
 * (SELECTOR_NOT_IN) the pod's own value.
 */
static void merge_keys(struct decoder *d, const struct place *at, const char *name,
                       const struct berth_value *keys, enum selector_op op, const struct own_labels *labels,
                       struct selector *s)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, at, name, keys, &len);
    if (len == 0 || (s->selects != BERTH_SELECTS_MATCHES && s->selects != BERTH_SELECTS_EVERYTHING))
        return;
    struct selector_requirement *room = scratch_array(d, (size_t)s->len + len, sizeof(*room));
    berth_str *values = scratch_array(d, len, sizeof(*values));
    if (d->failed)
        return;
    if (s->len)
        memcpy(room, s->requirements, s->len * sizeof(*room));
    s->requirements = room;
    for (uint32_t i = 0; i < len; i++) {
        struct place item = {at, berth_str_of(name), (int32_t)i};
        const struct berth_label *label = find_label(labels, get_str(d, &item, NULL, &items[i]));
        if (!label)
            continue;
        values[i] = berth_atom_str(label->value);
        insert_requirement(
            s, &(struct selector_requirement){
                   .key = berth_atom_str(label->key), .op = op, .values_len = 1, .values = &values[i]});
        s->selects = BERTH_SELECTS_MATCHES;
    }
}

static void read_selector(struct decoder *d, const struct place *at, const char *name,
                          const struct berth_value *v, struct selector *ret_selector)
{
    int r = d->failed ? 0 : selector_read(v, d->scratch, ret_selector, d->err);
    if (r < 0)
        complain_after(d, at, name, v, r);
}

static void build_selector(struct decoder *d, const struct selector *s, struct berth_selector *ret_selector)
{
    if (!d->failed && selector_build(s, d->block, d->atoms, ret_selector) < 0)
        complain_nomem(d);
}

/* ---- pod affinity ---- */

#define POD_TERM(X)                                                                                          \
    X(labelSelector) X(matchLabelKeys) X(mismatchLabelKeys) X(namespaceSelector) X(namespaces)               \
    X(topologyKey)
FIELDS(pod_term_fields, POD_TERM)

#define WEIGHTED(X) X(podAffinityTerm) X(weight)
FIELDS(weighted_fields, WEIGHTED)

/* What the terms of a pod depend on besides themselves. */
struct term_owner {
    berth_atom namespace;
    struct own_labels labels;
    bool created; /* the API server has not merged label keys into selectors yet */
};

static void read_pod_term(struct decoder *d, const struct place *at, const struct berth_value *v,
                          const struct term_owner *owner, struct berth_pod_term *ret_term)
{
    struct pod_term_fields f;
    struct selector selector = {0};
    read_fields(d, at, v, FIELD_NAMES(pod_term_fields), &f);
    read_selector(d, at, FIELD(f, labelSelector), &selector);
    if (owner->created) {
        merge_keys(d, at, FIELD(f, matchLabelKeys), SELECTOR_IN, &owner->labels, &selector);
        merge_keys(d, at, FIELD(f, mismatchLabelKeys), SELECTOR_NOT_IN, &owner->labels, &selector);
    }
    build_selector(d, &selector, &ret_term->selector);
    ret_term->topology_key = intern(d, get_str(d, at, FIELD(f, topologyKey)));
    ret_term->namespaces = get_atoms(d, at, FIELD(f, namespaces), true);
    ret_term->namespace_selector = get_selector(d, at, FIELD(f, namespaceSelector));
    if (ret_term->namespaces.len == 0 && !f.namespaceSelector)
        ret_term->namespaces = block_add(d->block, &owner->namespace, sizeof(owner->namespace), 1);
}

static berth_list get_pod_terms(struct decoder *d, const struct place *at, const char *name,
                                const struct berth_value *v, const struct term_owner *owner, bool weighted)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, at, name, v, &len);
    struct berth_pod_term *terms = scratch_array(d, len, sizeof(*terms));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place item = {at, berth_str_of(name), (int32_t)i};
        if (!weighted) {
            read_pod_term(d, &item, &items[i], owner, &terms[i]);
            continue;
        }
        struct place term = {&item, BERTH_STR("podAffinityTerm"), -1};
        struct weighted_fields f;
        read_fields(d, &item, &items[i], FIELD_NAMES(weighted_fields), &f);
        read_pod_term(d, &term, f.podAffinityTerm, owner, &terms[i]);
        terms[i].weight = (int32_t)get_int(d, &item, FIELD(f, weight), INT32_MIN, INT32_MAX, 0);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, terms, sizeof(*terms), len);
}

static void read_pod_affinity(struct decoder *d, const char *name, const struct berth_value *v,
                              const struct term_owner *owner, berth_list *ret_required,
                              berth_list *ret_preferred)
{
    struct place at = {&affinity_place, berth_str_of(name), -1};
    struct rule_fields f;
    read_fields(d, &at, v, FIELD_NAMES(rule_fields), &f);
    *ret_required =
        get_pod_terms(d, &at, FIELD(f, requiredDuringSchedulingIgnoredDuringExecution), owner, false);
    *ret_preferred =
        get_pod_terms(d, &at, FIELD(f, preferredDuringSchedulingIgnoredDuringExecution), owner, true);
}

void decode_affinity(struct decoder *d, const struct berth_value *affinity, const struct berth_label *labels,
                     uint32_t labels_len, bool created, struct berth_class *class)
{
    static const struct place node_place = {&affinity_place, {"nodeAffinity", 12}, -1};
    struct affinity_fields f;
    struct term_owner owner = {class->namespace, {labels, labels_len}, created};
    read_fields(d, &affinity_place, affinity, FIELD_NAMES(affinity_fields), &f);
    if (f.nodeAffinity)
        decode_node_affinity(d, &node_place, f.nodeAffinity, class);
    if (f.podAffinity)
        read_pod_affinity(d, FIELD(f, podAffinity), &owner, &class->required_affinity,
                          &class->preferred_affinity);
    if (f.podAntiAffinity)
        read_pod_affinity(d, FIELD(f, podAntiAffinity), &owner, &class->required_anti_affinity,
                          &class->preferred_anti_affinity);
}

/* ---- topology spread ---- */

#define SPREAD(X)                                                                                            \
    X(labelSelector) X(matchLabelKeys) X(maxSkew) X(minDomains) X(nodeAffinityPolicy)                        \
    X(nodeTaintsPolicy) X(topologyKey) X(whenUnsatisfiable)
FIELDS(spread_fields, SPREAD)

static void read_spread(struct decoder *d, const struct place *at, const struct berth_value *v,
                        const struct own_labels *labels, struct berth_spread *ret_spread)
{
    static const char *const actions[] = {"DoNotSchedule", "ScheduleAnyway"};
    static const char *const policies[] = {"Ignore", "Honor"};
    struct spread_fields f;
    struct selector selector = {0};
    read_fields(d, at, v, FIELD_NAMES(spread_fields), &f);
    if (!f.whenUnsatisfiable)
        complain(d, at, "whenUnsatisfiable", v, "DoNotSchedule or ScheduleAnyway is required");
    ret_spread->max_skew = (int32_t)get_int(d, at, FIELD(f, maxSkew), INT32_MIN, INT32_MAX, 0);
    ret_spread->min_domains = (int32_t)get_int(d, at, FIELD(f, minDomains), INT32_MIN, INT32_MAX, 1);
    ret_spread->topology_key = intern(d, get_str(d, at, FIELD(f, topologyKey)));
    ret_spread->when =
        (uint32_t)get_choice(d, at, FIELD(f, whenUnsatisfiable), actions, 2, BERTH_DO_NOT_SCHEDULE);
    ret_spread->ignores_affinity = get_choice(d, at, FIELD(f, nodeAffinityPolicy), policies, 2, 1) == 0;
    ret_spread->honors_taints = get_choice(d, at, FIELD(f, nodeTaintsPolicy), policies, 2, 0) == 1;
    read_selector(d, at, FIELD(f, labelSelector), &selector);
    merge_keys(d, at, FIELD(f, matchLabelKeys), SELECTOR_IN, labels, &selector);
    build_selector(d, &selector, &ret_spread->selector);
}

berth_list get_spread(struct decoder *d, const struct berth_value *constraints,
                      const struct berth_label *labels, uint32_t labels_len)
{
    uint32_t len;
    struct own_labels own = {labels, labels_len};
    const struct berth_value *items =
        get_items(d, &spec_place, "topologySpreadConstraints", constraints, &len);
    struct berth_spread *list = scratch_array(d, len, sizeof(*list));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place at = {&spec_place, BERTH_STR("topologySpreadConstraints"), (int32_t)i};
        read_spread(d, &at, &items[i], &own, &list[i]);
    }
    return d->failed ? (berth_list){0} : block_add(d->block, list, sizeof(*list), len);
}
