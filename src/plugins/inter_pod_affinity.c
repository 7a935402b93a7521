/*
 * InterPodAffinity: places pods near to, or away from, pods that a selector selects; "near" is having the
 * same value of a node label.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
 *
 * Everything comes down to counts by (label, value): struct counts, arrays by the numbers of
 * struct berth_topology. Entry 0 stands for nodes without the label and always holds 0, so
 * looking up needs no branch.
 */
#include <berth/plugin.h>

#include <stdio.h>
#include <stdlib.h>

struct instance {
    int32_t hard_weight; /* of a placed pod's required affinity in scoring; 0: none */
    bool ignores_placed; /* pods without preferences of their own are not scored */
};

/* ---- counts by topology ---- */

struct counts {
    berth_atom key;
    const uint32_t *value; /* [slot] */
    uint32_t values;
    int64_t *of; /* [topology value]; of[0] is 0 */
};

struct counts_set {
    struct counts *at; /* one a key */
    uint32_t len, cap;
};

static struct counts *counts_for(const struct berth_cycle *c, struct counts_set *set, berth_atom key)
{
    for (uint32_t i = 0; i < set->len; i++)
        if (set->at[i].key == key)
            return &set->at[i];
    if (set->len == set->cap) {
        uint32_t cap = set->cap ? set->cap * 2 : 4;
        struct counts *grown = berth_alloc(c, cap * sizeof(*grown));
        if (set->len)
            memcpy(grown, set->at, set->len * sizeof(*grown));
        set->at = grown;
        set->cap = cap;
    }
    struct berth_topology by = berth_topology_of(c, key);
    struct counts *counts = &set->at[set->len++];
    *counts = (struct counts){key, by.value, by.values, berth_alloc(c, (by.values + 1) * sizeof(int64_t))};
    return counts;
}

/* Adds `weight` for each pod of the column. Whether any was on a node with the label. */
static bool add_column(struct counts *counts, const int32_t *column, uint32_t len, int64_t weight)
{
    uint32_t any = 0;
    for (uint32_t s = 0; s < len; s++) {
        if (column[s] == 0)
            continue;
        counts->of[counts->value[s]] += column[s] * weight;
        any |= counts->value[s];
    }
    counts->of[0] = 0;
    return any != 0;
}

/* The same for the pods that carry a term. */
static bool add_placed(struct counts *counts, const struct berth_carried_term *carried, int64_t weight)
{
    uint32_t any = 0;
    for (uint32_t i = 0; i < carried->len; i++) {
        uint32_t v = counts->value[carried->placed[i].node];
        counts->of[v] += carried->placed[i].count * weight;
        any |= v;
    }
    counts->of[0] = 0;
    return any != 0;
}

static bool all_zero(const struct counts *counts)
{
    for (uint32_t v = 1; v <= counts->values; v++)
        if (counts->of[v] != 0)
            return false;
    return true;
}

/* ---- the pod's own terms ---- */

static const struct berth_selector everything = {.selects = BERTH_SELECTS_EVERYTHING};

/*
 * Which pods a term of this pod selects. Upstream replaces the namespaceSelector by the names of the
 * Namespaces it matches, but the selector itself stays in force and is then asked about no labels at all: one
 * that matches these (by "NotIn", say) selects pods of every namespace.
 */
static struct berth_query_part pods_of(const struct berth_class *class, const struct berth_pod_term *term)
{
    const struct berth_selector *selector = &term->namespace_selector;
    bool matches_unlabelled = berth_selector_matches(class, selector, class, (berth_list){0});
    return (struct berth_query_part){
        .block = class,
        .selector = &term->selector,
        .namespaces = term->namespaces,
        .namespace_selector = matches_unlabelled ? &everything : selector,
        .known_namespaces_only = !matches_unlabelled,
    };
}

struct own_term {
    const struct berth_pod_term *term;
    struct berth_query_part pods;
};

struct own_terms {
    const struct own_term *at;
    uint32_t len;
};

static struct own_terms own_terms(const struct berth_cycle *c, enum berth_term_kind kind)
{
    berth_list list = berth_class_terms(c->class, kind);
    struct own_term *terms = berth_alloc(c, list.len * sizeof(*terms));
    uint32_t len = 0;
    berth_each (struct berth_pod_term, term, c->class, list)
        terms[len++] = (struct own_term){term, pods_of(c->class, term)};
    return (struct own_terms){terms, len};
}

static const int32_t *count_selected(const struct berth_cycle *c, const struct own_term *term)
{
    struct berth_query query = {.parts = &term->pods, .len = 1};
    return berth_count_pods(c, &query);
}

static bool selects(const struct berth_cycle *c, const struct own_term *term, const struct berth_class *class)
{
    struct berth_query query = {.parts = &term->pods, .len = 1};
    return berth_query_matches(c, &query, class);
}

/* The error of the first term with a selector that could not be parsed; of length 0 when there is none. */
static berth_str parse_error(const struct berth_class *class, enum berth_term_kind kind)
{
    berth_list terms = berth_class_terms(class, kind);
    berth_each (struct berth_pod_term, term, class, terms) {
        const struct berth_selector *selectors[] = {&term->selector, &term->namespace_selector};
        for (int i = 0; i < 2; i++)
            if (selectors[i]->selects == BERTH_SELECTS_INVALID)
                return (berth_str){berth_list_at(class, selectors[i]->error), selectors[i]->error.len};
    }
    return (berth_str){0};
}

/* What is wrong with the pod's terms, in brackets when it is more than one thing; NULL: nothing. */
static const char *parse_errors(const struct berth_cycle *c)
{
    static const struct {
        enum berth_term_kind kind;
        const char *name;
    } kinds[] = {
        {BERTH_REQUIRED_AFFINITY, "requiredAffinityTerms"},
        {BERTH_REQUIRED_ANTI_AFFINITY, "requiredAntiAffinityTerms"},
        {BERTH_PREFERRED_AFFINITY, "preferredAffinityTerms"},
        {BERTH_PREFERRED_ANTI_AFFINITY, "preferredAntiAffinityTerms"},
    };
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
    berth_str errors[KINDS];
    uint32_t found = 0, size = 8;
    for (uint32_t i = 0; i < KINDS; i++) {
        errors[i] = parse_error(c->class, kinds[i].kind);
        found += errors[i].len > 0;
        size += errors[i].len + 40;
    }
    if (found == 0)
        return NULL;
    char *text = berth_alloc(c, size), *end = text;
    end += sprintf(end, "%s", found > 1 ? "[" : "");
    for (uint32_t i = 0, done = 0; i < KINDS; i++)
        if (errors[i].len)
            end += sprintf(end, "%s%s: %.*s", done++ ? ", " : "", kinds[i].name, BERTH_FMT(errors[i]));
    sprintf(end, "%s", found > 1 ? "]" : "");
    return text;
}

/* ---- PreFilter and Filter ---- */

struct filter_state {
    struct counts_set affinity; /* pods that all of the pod's required affinity terms select */
    uint64_t pairs;             /* entries of `affinity` that are not 0 */
    bool selects_itself;        /* the pod's own affinity terms select it */
    struct counts_set anti;     /* pods its required anti-affinity terms select */
    struct counts_set placed;   /* required anti-affinity terms of placed pods that select the pod */
    struct berth_query affinity_query;
    struct own_terms anti_terms;
    berth_verdict no_affinity, repels, repelled;
};

static void count_affinity(const struct berth_cycle *c, struct filter_state *state)
{
    struct own_terms terms = own_terms(c, BERTH_REQUIRED_AFFINITY);
    if (terms.len == 0)
        return;
    struct berth_query_part *parts = berth_alloc(c, terms.len * sizeof(*parts));
    for (uint32_t i = 0; i < terms.len; i++) {
        parts[i] = terms.at[i].pods;
        counts_for(c, &state->affinity, terms.at[i].term->topology_key);
    }
    state->affinity_query = (struct berth_query){.parts = parts, .len = terms.len};
    const int32_t *column = berth_count_pods(c, &state->affinity_query);
    for (uint32_t i = 0; i < state->affinity.len; i++) {
        struct counts *counts = &state->affinity.at[i];
        add_column(counts, column, c->nodes->len, 1);
        for (uint32_t v = 1; v <= counts->values; v++)
            state->pairs += counts->of[v] != 0;
    }
    state->selects_itself = berth_query_matches(c, &state->affinity_query, c->class);
}

static void count_anti(const struct berth_cycle *c, struct filter_state *state)
{
    state->anti_terms = own_terms(c, BERTH_REQUIRED_ANTI_AFFINITY);
    for (uint32_t i = 0; i < state->anti_terms.len; i++) {
        const struct own_term *term = &state->anti_terms.at[i];
        struct counts *counts = counts_for(c, &state->anti, term->term->topology_key);
        add_column(counts, count_selected(c, term), c->nodes->len, 1);
    }
}

static void count_placed(const struct berth_cycle *c, struct filter_state *state)
{
    const struct berth_carried_term *carried;
    uint32_t len = berth_terms_selecting(c, BERTH_REQUIRED_ANTI_AFFINITY, &carried);
    for (uint32_t i = 0; i < len; i++)
        add_placed(counts_for(c, &state->placed, carried[i].term->topology_key), &carried[i], 1);
}

static bool nothing_to_filter(const struct filter_state *state)
{
    for (uint32_t i = 0; i < state->placed.len; i++)
        if (!all_zero(&state->placed.at[i]))
            return false;
    return state->affinity.len == 0 && state->anti_terms.len == 0;
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    const char *errors = parse_errors(c);
    if (errors)
        return berth_rejectf(c, BERTH_UNRESOLVABLE, "parsing pod: %s", errors);
    struct filter_state *state = berth_alloc(c, sizeof(*state));
    count_affinity(c, state);
    count_anti(c, state);
    count_placed(c, state);
    if (nothing_to_filter(state))
        return BERTH_SKIPPED;
    state->no_affinity = berth_reject(c, BERTH_UNRESOLVABLE, "node(s) didn't match pod affinity rules");
    state->repels = berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) didn't match pod anti-affinity rules");
    state->repelled =
        berth_reject(c, BERTH_UNSCHEDULABLE, "node(s) didn't satisfy existing pods anti-affinity rules");
    berth_keep(c, state);
    return BERTH_PASS;
}

static berth_verdict without_pre_filter(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_ERROR,
                        "error reading \"PreFilterInterPodAffinity\" from cycleState: not found");
}

static void move(struct counts *counts, uint32_t node, int32_t count)
{
    uint32_t v = counts->value[node];
    counts->of[v] += v ? count : 0;
}

static void move_affinity(struct filter_state *state, uint32_t node, int32_t count)
{
    for (uint32_t i = 0; i < state->affinity.len; i++) {
        struct counts *counts = &state->affinity.at[i];
        const int64_t *pair = &counts->of[counts->value[node]];
        state->pairs -= *pair != 0;
        move(counts, node, count);
        state->pairs += *pair != 0;
    }
}

static berth_verdict pod_moved(const struct berth_cycle *c, const struct berth_pod *pod, uint32_t node,
                               int32_t count)
{
    struct filter_state *state = c->state;
    const struct berth_class *class = pod->class;
    if (!state)
        return without_pre_filter(c);
    berth_list carried = berth_class_terms(class, BERTH_REQUIRED_ANTI_AFFINITY);
    berth_each (struct berth_pod_term, term, class, carried)
        if (berth_term_selects(c, class, term, c->class))
            move(counts_for(c, &state->placed, term->topology_key), node, count);
    if (state->affinity.len && berth_query_matches(c, &state->affinity_query, class))
        move_affinity(state, node, count);
    for (uint32_t i = 0; i < state->anti_terms.len; i++)
        if (selects(c, &state->anti_terms.at[i], class))
            move(counts_for(c, &state->anti, state->anti_terms.at[i].term->topology_key), node, count);
    return BERTH_PASS;
}

/*
 * The first pod of a series that wants to be together has nobody to join: if no pod at all is selected and it
 * selects itself, nodes need only have the labels.
 */
static bool is_first(const struct filter_state *state)
{
    return state->pairs == 0 && state->selects_itself;
}

static bool lacks_affinity(const struct counts *counts, bool first, uint32_t node)
{
    uint32_t v = counts->value[node];
    return first ? v == 0 : counts->of[v] <= 0;
}

static bool any_pod(const struct counts_set *set, uint32_t node)
{
    for (uint32_t i = 0; i < set->len; i++)
        if (set->at[i].of[set->at[i].value[node]] > 0)
            return true;
    return false;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    const struct filter_state *state = c->state;
    if (!state)
        return without_pre_filter(c);
    bool first = is_first(state);
    for (uint32_t i = 0; i < state->affinity.len; i++)
        if (lacks_affinity(&state->affinity.at[i], first, node))
            return state->no_affinity;
    return any_pod(&state->anti, node)     ? state->repels
           : any_pod(&state->placed, node) ? state->repelled
                                           : BERTH_PASS;
}

static void reject_where_any(const struct counts_set *set, struct berth_range range, berth_verdict verdict,
                             berth_verdict *verdicts)
{
    for (uint32_t i = 0; i < set->len; i++) {
        const struct counts *counts = &set->at[i];
        for (uint32_t s = range.from; s < range.to; s++)
            if (verdicts[s] == BERTH_PASS && counts->of[counts->value[s]] > 0)
                verdicts[s] = verdict;
    }
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    const struct filter_state *state = c->state;
    if (!state) {
        berth_verdict verdict = without_pre_filter(c);
        for (uint32_t s = range.from; s < range.to; s++)
            verdicts[s] = verdicts[s] ? verdicts[s] : verdict;
        return;
    }
    bool first = is_first(state);
    for (uint32_t i = 0; i < state->affinity.len; i++)
        for (uint32_t s = range.from; s < range.to; s++)
            if (verdicts[s] == BERTH_PASS && lacks_affinity(&state->affinity.at[i], first, s))
                verdicts[s] = state->no_affinity;
    reject_where_any(&state->anti, range, state->repels, verdicts);
    reject_where_any(&state->placed, range, state->repelled, verdicts);
}

/* ---- PreScore and Score ---- */

struct score_state {
    struct counts_set weights; /* sums of weights */
};

/* Adds what the pod prefers. Whether it met any pod. */
static bool add_own(const struct berth_cycle *c, struct score_state *state, enum berth_term_kind kind,
                    int32_t sign)
{
    bool any = false;
    struct own_terms terms = own_terms(c, kind);
    for (uint32_t i = 0; i < terms.len; i++) {
        struct counts *weights = counts_for(c, &state->weights, terms.at[i].term->topology_key);
        int64_t weight = (int64_t)terms.at[i].term->weight * sign;
        any |= add_column(weights, count_selected(c, &terms.at[i]), c->nodes->len, weight);
    }
    return any;
}

/* Adds what placed pods prefer; `weight` instead of the terms' own unless 0. Whether there was any. */
static bool add_carried(const struct berth_cycle *c, struct score_state *state, enum berth_term_kind kind,
                        int32_t sign, int32_t weight)
{
    bool any = false;
    const struct berth_carried_term *carried;
    uint32_t len = berth_terms_selecting(c, kind, &carried);
    for (uint32_t i = 0; i < len; i++) {
        struct counts *weights = counts_for(c, &state->weights, carried[i].term->topology_key);
        any |= add_placed(weights, &carried[i], (int64_t)(weight ? weight : carried[i].term->weight) * sign);
    }
    return any;
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    const struct instance *self = c->self;
    bool prefers = c->class->preferred_affinity.len || c->class->preferred_anti_affinity.len;
    if (self->ignores_placed && !prefers)
        return BERTH_SKIPPED;
    const char *errors = parse_errors(c);
    if (errors)
        return berth_rejectf(c, BERTH_ERROR, "failed to parse pod: %s", errors);
    struct score_state *state = berth_alloc(c, sizeof(*state));
    bool any = add_own(c, state, BERTH_PREFERRED_AFFINITY, 1);
    any |= add_own(c, state, BERTH_PREFERRED_ANTI_AFFINITY, -1);
    if (self->hard_weight > 0)
        any |= add_carried(c, state, BERTH_REQUIRED_AFFINITY, 1, self->hard_weight);
    any |= add_carried(c, state, BERTH_PREFERRED_AFFINITY, 1, 0);
    any |= add_carried(c, state, BERTH_PREFERRED_ANTI_AFFINITY, -1, 0);
    if (!any)
        return BERTH_SKIPPED;
    berth_keep(c, state);
    return BERTH_PASS;
}

static berth_verdict without_pre_score(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_ERROR,
                        "failed to read \"PreScoreInterPodAffinity\" from cycleState: not found");
}

static berth_verdict score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    const struct score_state *state = c->score_state;
    if (!state)
        return without_pre_score(c);
    int64_t sum = 0;
    for (uint32_t i = 0; i < state->weights.len; i++)
        sum += state->weights.at[i].of[state->weights.at[i].value[node]];
    *ret_score = sum;
    return BERTH_PASS;
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    const struct score_state *state = c->score_state;
    if (!state)
        return without_pre_score(c);
    memset(scores + range.from, 0, (range.to - range.from) * sizeof(*scores));
    for (uint32_t i = 0; i < state->weights.len; i++) {
        const struct counts *weights = &state->weights.at[i];
        for (uint32_t s = range.from; s < range.to; s++)
            scores[s] += weights->of[weights->value[s]];
    }
    return BERTH_PASS;
}

/* The lowest sum becomes 0, the highest 100, the others in proportion; all alike: 0. */
static berth_verdict normalize(const struct berth_cycle *c, int64_t *scores)
{
    if (!c->score_state)
        return without_pre_score(c);
    int64_t min = INT64_MAX, max = INT64_MIN;
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        int64_t score = scores[c->feasible[i]];
        min = score < min ? score : min;
        max = score > max ? score : max;
    }
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        int64_t *score = &scores[c->feasible[i]];
        *score = max > min ? (int64_t)(100.0 * ((double)(*score - min) / (double)(max - min))) : 0;
    }
    return BERTH_PASS;
}

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    struct instance *self = calloc(1, sizeof(*self));
    if (!self)
        return berth_create_fails(h, "out of memory");
    self->hard_weight = (int32_t)berth_value_int(berth_value_get(args, "hardPodAffinityWeight"), 1);
    self->ignores_placed =
        berth_value_bool(berth_value_get(args, "ignorePreferredTermsOfExistingPods"), false);
    *ret_self = self;
    return 0;
}

/* ---- queueing hints ---- */

/*
 * Whether all the terms select pods of the class; no terms select nothing. As in pods_of(), a
 * namespaceSelector is asked about no labels, and here about nothing else.
 */
static bool all_select(const struct berth_class *carrier, enum berth_term_kind kind,
                       const struct berth_class *class)
{
    berth_list terms = berth_class_terms(carrier, kind);
    berth_each(struct berth_pod_term, term, carrier, terms) {
        bool here = berth_selector_matches(carrier, &term->namespace_selector, class, (berth_list){0});
        berth_each(berth_atom, namespace, carrier, term->namespaces)
            here |= *namespace == class->namespace;
        if (!here || !berth_selector_matches(carrier, &term->selector, class, class->labels))
            return false;
    }
    return terms.len > 0;
}

static bool has_fault(const struct berth_class *class, enum berth_term_kind kind)
{
    return parse_error(class, kind).len > 0;
}

/* A placed pod appeared or got other labels: affinity may select it now, or anti-affinity no more. */
static enum berth_hint after_pod_came(const struct berth_class *class, const struct berth_pod *before,
                                      const struct berth_pod *after)
{
    bool attracts = all_select(class, BERTH_REQUIRED_AFFINITY, after->class)
                    && !(before && all_select(class, BERTH_REQUIRED_AFFINITY, before->class));
    bool repelled = before && all_select(class, BERTH_REQUIRED_ANTI_AFFINITY, before->class)
                    && !all_select(class, BERTH_REQUIRED_ANTI_AFFINITY, after->class);
    return berth_hint_if(attracts || repelled);
}

static enum berth_hint after_pod_gone(const struct berth_class *class, const struct berth_class *gone)
{
    if (all_select(class, BERTH_REQUIRED_ANTI_AFFINITY, gone))
        return BERTH_HINT_QUEUE;
    if (has_fault(gone, BERTH_REQUIRED_ANTI_AFFINITY))
        return BERTH_HINT_ERROR;
    return berth_hint_if(all_select(gone, BERTH_REQUIRED_ANTI_AFFINITY, class));
}

static enum berth_hint after_pod_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *before = change->old_object, *after = change->new_object;
    if (before && after && berth_same_pod(c->pod, after))
        return BERTH_HINT_QUEUE;
    if ((before && !berth_pod_takes_node(before)) || (after && !berth_pod_takes_node(after)))
        return BERTH_HINT_SKIP;
    if (has_fault(c->class, BERTH_REQUIRED_AFFINITY) || has_fault(c->class, BERTH_REQUIRED_ANTI_AFFINITY))
        return BERTH_HINT_ERROR;
    return after ? after_pod_came(c->class, before, after) : after_pod_gone(c->class, before->class);
}

/* A node may only help affinity by where it is now, and anti-affinity by where it is no more. */
static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object, *after = change->new_object;
    const struct berth_class *class = c->class;
    if (has_fault(class, BERTH_REQUIRED_AFFINITY))
        return BERTH_HINT_ERROR;
    berth_each(struct berth_pod_term, term, class, class->required_affinity) {
        berth_atom now = berth_label_get(after, after->labels, term->topology_key);
        if (now && (!before || berth_label_get(before, before->labels, term->topology_key) != now))
            return BERTH_HINT_QUEUE;
    }
    if (has_fault(class, BERTH_REQUIRED_ANTI_AFFINITY))
        return BERTH_HINT_ERROR;
    berth_each(struct berth_pod_term, term, class, class->required_anti_affinity) {
        berth_atom was = before ? berth_label_get(before, before->labels, term->topology_key) : NULL;
        if (!before || (was && berth_label_get(after, after->labels, term->topology_key) != was))
            return BERTH_HINT_QUEUE;
    }
    return BERTH_HINT_SKIP;
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_ADD | BERTH_DELETE | BERTH_POD_LABEL}, after_pod_change},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_LABEL}, after_node_change},
};

const struct berth_plugin inter_pod_affinity_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "InterPodAffinity",
    .filter_scope = BERTH_SCOPE_CLUSTER,
    .score_scope = BERTH_SCOPE_CLUSTER,
    .create = create,
    .destroy = free,
    .pre_filter = pre_filter,
    .pod_moved = pod_moved,
    .filter = filter,
    .filter_range = filter_range,
    .pre_score = pre_score,
    .score = score,
    .score_range = score_range,
    .normalize = normalize,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
