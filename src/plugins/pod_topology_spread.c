/*
 * PodTopologySpread: keeps the pods that a selector selects evenly spread over the values of a node label.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 *
 * Values of a label are the numbers of struct berth_topology, 0 meaning "no such label", so counts are arrays
 * by number. `domain` is that number per slot, with 0 also for nodes that do not take part; counting is one
 * pass over it and the core's column of selected pods, and whatever falls on 0 is dropped.
 */
#include "plugins/default_selector.h"
#include "plugins/node_inclusion.h"
#include <berth/plugin.h>

#include <math.h>
#include <stdlib.h>

#define MISMATCH "node(s) didn't match pod topology spread constraints"

struct instance {
    bool system_defaults; /* the constraints of pods without any are the built-in ones */
    berth_atom hostname;
    berth_atom empty;
    uint32_t defaults_len;
    struct berth_spread defaults[]; /* selectors unset: they are deduced for each pod */
};

struct constraint {
    const struct berth_spread *spread;
    struct berth_query_part pods; /* which pods count */
    struct berth_topology topology;
    const int32_t *placed;  /* [slot]: such pods there */
    const uint32_t *domain; /* [slot]: the topology value; 0: the node does not take part */
};

struct constraints {
    struct constraint *at;
    uint32_t len;
    bool default_ones; /* from the configuration, not from the pod */
};

/* Per slot, which nodes take part. NULL: all. */
struct masks {
    const uint8_t *complete; /* have the labels of all constraints */
    const uint8_t *selected; /* match the pod's node selector and affinity */
};

/* ---- what Filter and Score have in common ---- */

static bool selector_is_invalid(const struct berth_spread *spread)
{
    return spread->selector.selects == BERTH_SELECTS_INVALID;
}

static berth_verdict invalid(const struct berth_cycle *c, const char *doing,
                             const struct berth_spread *spread)
{
    berth_list error = spread->selector.error;
    const char *text = berth_list_at(c->class, error);
    return berth_rejectf(c, BERTH_ERROR, "%s topology spread constraints: %.*s", doing, (int)error.len, text);
}

/* The pod's constraints of one kind, or the default ones if it has none. `doing` begins an error text. */
static berth_verdict gather(const struct berth_cycle *c, uint32_t when, const char *doing,
                            struct constraints *ret)
{
    const struct instance *self = c->self;
    const struct berth_class *class = c->class;
    bool own = class->spread.len > 0;
    const struct berth_spread *all = own ? berth_list_at(class, class->spread) : self->defaults;
    uint32_t len = own ? class->spread.len : self->defaults_len;
    struct berth_query_part deduced;
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < len; i++)
        wanted += all[i].when == when;
    *ret = (struct constraints){.default_ones = !own};
    if (wanted == 0 || (!own && !default_selector(c, &deduced)))
        return BERTH_PASS;
    ret->at = berth_alloc(c, wanted * sizeof(*ret->at));
    for (uint32_t i = 0; i < len; i++) {
        if (all[i].when != when)
            continue;
        if (own && selector_is_invalid(&all[i]))
            return invalid(c, doing, &all[i]);
        struct berth_query_part declared = {
            .block = class,
            .selector = &all[i].selector,
            .namespaces = {offsetof(struct berth_class, namespace), 1},
        };
        ret->at[ret->len++] = (struct constraint){.spread = &all[i], .pods = own ? declared : deduced};
    }
    return BERTH_PASS;
}

static void look_up(const struct berth_cycle *c, struct constraints *k)
{
    for (uint32_t i = 0; i < k->len; i++) {
        struct constraint *constraint = &k->at[i];
        constraint->topology = berth_topology_of(c, constraint->spread->topology_key);
        /* An empty selector counts no placed pod, though it matches: upstream's rule. */
        if (constraint->pods.selector->selects == BERTH_SELECTS_EVERYTHING) {
            constraint->placed = berth_alloc(c, c->nodes->len * sizeof(int32_t));
            continue;
        }
        struct berth_query query = {.parts = &constraint->pods, .len = 1, .skip_terminating = 1};
        constraint->placed = berth_count_pods(c, &query);
    }
}

/* Per slot, 1 where the node carries the labels of all constraints. */
static const uint8_t *complete_nodes(const struct berth_cycle *c, const struct constraints *k)
{
    uint32_t len = c->nodes->len;
    uint8_t *complete = berth_alloc(c, len);
    memset(complete, 1, len);
    for (uint32_t i = 0; i < k->len; i++) {
        const uint32_t *value = k->at[i].topology.value;
        for (uint32_t s = 0; s < len; s++)
            complete[s] &= value[s] != 0;
    }
    return complete;
}

static void drop_unless(uint32_t *domain, const uint8_t *mask, uint32_t len)
{
    for (uint32_t s = 0; mask && s < len; s++)
        domain[s] = mask[s] ? domain[s] : 0;
}

/* Sets `domain` of one constraint. Nodes without its label are in the domain `blank`, 0 for none. */
static void set_domain(const struct berth_cycle *c, struct constraint *k, const struct masks *masks,
                       uint32_t blank)
{
    uint32_t len = c->nodes->len;
    const uint32_t *value = k->topology.value;
    uint32_t *domain = berth_alloc(c, len * sizeof(*domain));
    for (uint32_t s = 0; s < len; s++)
        domain[s] = value[s] ? value[s] : blank;
    drop_unless(domain, masks->complete, len);
    if (!k->spread->ignores_affinity)
        drop_unless(domain, masks->selected, len);
    if (k->spread->honors_taints)
        drop_unless(domain, nodes_tolerated(c), len);
    k->domain = domain;
}

/* ---- PreFilter and Filter: the constraints that must hold ---- */

struct hard {
    struct constraint of;
    int32_t *count;    /* [topology value]: pods there */
    uint8_t *eligible; /* [topology value]: 1 for domains with a node that takes part */
    uint32_t domains;  /* how many are eligible */
    int32_t least;     /* pods in the emptiest eligible domain; INT32_MAX when there is none */
    bool self;         /* the pod counts itself */
    int32_t most;      /* the pod fits where there are at most so many */
};

struct filter_state {
    berth_verdict unlabelled, uneven;
    uint32_t len;
    struct hard hard[];
};

static int32_t least_of(const struct hard *h)
{
    int32_t least = INT32_MAX;
    for (uint32_t v = 1; v <= h->of.topology.values; v++)
        if (h->eligible[v] && h->count[v] < least)
            least = h->count[v];
    return least;
}

static void set_most(struct hard *h)
{
    const struct berth_spread *spread = h->of.spread;
    bool too_few = (int64_t)h->domains < spread->min_domains;
    int64_t most = (int64_t)spread->max_skew - h->self + (too_few ? 0 : h->least);
    h->most = most > INT32_MAX ? INT32_MAX : most < INT32_MIN ? INT32_MIN : (int32_t)most;
}

static void count_domains(const struct berth_cycle *c, struct hard *h)
{
    uint32_t values = h->of.topology.values;
    h->count = berth_alloc(c, (values + 1) * sizeof(*h->count));
    h->eligible = berth_alloc(c, values + 1);
    for (uint32_t s = 0; s < c->nodes->len; s++) {
        uint32_t v = h->of.domain[s];
        h->count[v] += h->of.placed[s];
        h->eligible[v] = 1;
    }
    for (uint32_t v = 1; v <= values; v++)
        h->domains += h->eligible[v];
    h->least = least_of(h);
    h->self = berth_selector_matches(h->of.pods.block, h->of.pods.selector, c->class, c->class->labels);
    set_most(h);
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    struct constraints k;
    berth_verdict verdict =
        gather(c, BERTH_DO_NOT_SCHEDULE, "get constraints from pod: obtaining pod's hard", &k);
    if (verdict != BERTH_PASS)
        return verdict;
    if (k.len == 0)
        return BERTH_SKIPPED;
    look_up(c, &k);
    struct masks masks = {complete_nodes(c, &k), nodes_selected(c)};
    struct filter_state *state = berth_alloc(c, sizeof(*state) + k.len * sizeof(state->hard[0]));
    state->unlabelled = berth_reject(c, BERTH_UNRESOLVABLE, MISMATCH " (missing required label)");
    state->uneven = berth_reject(c, BERTH_UNSCHEDULABLE, MISMATCH);
    state->len = k.len;
    for (uint32_t i = 0; i < k.len; i++) {
        set_domain(c, &k.at[i], &masks, 0);
        state->hard[i].of = k.at[i];
        count_domains(c, &state->hard[i]);
    }
    berth_keep(c, state);
    return BERTH_PASS;
}

/*
 * Upstream keeps the two smallest counts only, which is the true minimum as long as all the pods moved are on
 * one node; it moves pods of other nodes in another copy of the state. We keep the true minimum, so that a
 * pod moved away and back again leaves no trace and no copy is needed.
 */
static void move(struct hard *h, uint32_t domain, int32_t count)
{
    int32_t before = h->count[domain];
    h->count[domain] += count;
    if (h->count[domain] < h->least)
        h->least = h->count[domain];
    else if (before == h->least)
        h->least = least_of(h);
    set_most(h);
}

static berth_verdict without_pre_filter(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_ERROR, "reading \"PreFilterPodTopologySpread\" from cycleState: not found");
}

static berth_verdict pod_moved(const struct berth_cycle *c, const struct berth_pod *pod, uint32_t node,
                               int32_t count)
{
    struct filter_state *state = c->state;
    if (!state)
        return without_pre_filter(c);
    for (uint32_t i = 0; i < state->len; i++) {
        struct hard *h = &state->hard[i];
        bool counts = h->of.domain[node] && pod->class->namespace == c->class->namespace;
        if (counts
            && berth_selector_matches(h->of.pods.block, h->of.pods.selector, pod->class, pod->class->labels))
            move(h, h->of.domain[node], count);
    }
    return BERTH_PASS;
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    const struct filter_state *state = c->state;
    if (!state)
        return without_pre_filter(c);
    for (uint32_t i = 0; i < state->len; i++) {
        const struct hard *h = &state->hard[i];
        uint32_t v = h->of.topology.value[node];
        if (v == 0)
            return state->unlabelled;
        if (h->count[v] > h->most)
            return state->uneven;
    }
    return BERTH_PASS;
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
    for (uint32_t i = 0; i < state->len; i++) {
        const struct hard *h = &state->hard[i];
        const uint32_t *value = h->of.topology.value;
        for (uint32_t s = range.from; s < range.to; s++) {
            if (verdicts[s] != BERTH_PASS)
                continue;
            if (value[s] == 0)
                verdicts[s] = state->unlabelled;
            else if (h->count[value[s]] > h->most)
                verdicts[s] = state->uneven;
        }
    }
}

/* ---- PreScore and Score: the constraints that had better hold ---- */

struct soft {
    struct constraint of;
    double weight;    /* of one pod: the more domains, the more */
    double base;      /* maxSkew - 1 */
    double *by_value; /* [topology value]: the score; NULL: pods are counted per node */
};

struct score_state {
    const uint8_t *complete; /* [slot]; nodes without all the labels get 0. NULL: there are no such nodes */
    uint32_t len;
    struct soft soft[];
};

static bool any_unlabelled(const struct berth_cycle *c, const uint32_t *value)
{
    for (uint32_t s = 0; s < c->nodes->len; s++)
        if (value[s] == 0 && c->nodes->node[s])
            return true;
    return false;
}

/*
 * The domain of nodes without the label, which are taken as having the empty value: the number of that value,
 * a new number when no node has it; 0 when every node has the label.
 */
static uint32_t blank_of(const struct berth_cycle *c, const struct constraint *k)
{
    const struct instance *self = c->self;
    struct berth_topology by = k->topology;
    if (!any_unlabelled(c, by.value))
        return 0;
    uint8_t *seen = berth_alloc(c, by.values + 1);
    seen[0] = 1;
    for (uint32_t s = 0; s < c->nodes->len; s++) {
        const struct berth_node *node = c->nodes->node[s];
        uint32_t v = by.value[s];
        if (!seen[v] && berth_label_get(node, node->labels, k->spread->topology_key) == self->empty)
            return v;
        seen[v] = 1;
    }
    return by.values + 1;
}

/* In how many domains there are feasible nodes. */
static uint32_t feasible_domains(const struct berth_cycle *c, const struct constraint *k,
                                 const uint8_t *complete, uint32_t blank)
{
    uint32_t most = blank > k->topology.values ? blank : k->topology.values;
    uint8_t *seen = berth_alloc(c, most + 1);
    uint32_t size = 0;
    for (uint32_t i = 0; i < c->feasible_len && size < most; i++) {
        uint32_t s = c->feasible[i], v = k->topology.value[s];
        if (complete && !complete[s])
            continue;
        v = v ? v : blank;
        size += !seen[v];
        seen[v] = 1;
    }
    return size;
}

static uint32_t scored_nodes(const struct berth_cycle *c, const uint8_t *complete)
{
    if (!complete)
        return c->feasible_len;
    uint32_t len = 0;
    for (uint32_t i = 0; i < c->feasible_len; i++)
        len += complete[c->feasible[i]];
    return len;
}

/* Scores by domain: sets by_value from the pods that nodes taking part hold. */
static void score_domains(const struct berth_cycle *c, struct soft *soft, const struct masks *masks,
                          uint32_t blank)
{
    set_domain(c, &soft->of, masks, blank);
    uint32_t values = soft->of.topology.values;
    uint32_t len = (blank > values ? blank : values) + 1;
    int64_t *count = berth_alloc(c, len * sizeof(*count));
    for (uint32_t s = 0; s < c->nodes->len; s++)
        count[soft->of.domain[s]] += soft->of.placed[s];
    soft->by_value = berth_alloc(c, len * sizeof(*soft->by_value));
    for (uint32_t v = 1; v <= values; v++)
        soft->by_value[v] = (double)count[v] * soft->weight + soft->base;
}

static void prepare_score(const struct berth_cycle *c, struct soft *soft, const struct masks *masks,
                          bool lenient)
{
    const struct instance *self = c->self;
    const struct berth_spread *spread = soft->of.spread;
    bool per_node = spread->topology_key == self->hostname;
    uint32_t blank = lenient && !per_node ? blank_of(c, &soft->of) : 0;
    uint32_t size =
        per_node ? scored_nodes(c, masks->complete) : feasible_domains(c, &soft->of, masks->complete, blank);
    soft->weight = log((double)size + 2);
    soft->base = (double)spread->max_skew - 1;
    if (!per_node)
        score_domains(c, soft, masks, blank);
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    const struct instance *self = c->self;
    struct constraints k;
    berth_verdict verdict =
        gather(c, BERTH_SCHEDULE_ANYWAY, "calculating preScoreState: obtaining pod's soft", &k);
    if (verdict != BERTH_PASS)
        return verdict;
    if (k.len == 0)
        return BERTH_SKIPPED;
    look_up(c, &k);
    /* The built-in constraints spread over hosts also where nodes have no zone. */
    bool lenient = k.default_ones && self->system_defaults;
    struct score_state *state = berth_alloc(c, sizeof(*state) + k.len * sizeof(state->soft[0]));
    struct masks masks = {lenient ? NULL : complete_nodes(c, &k), nodes_selected(c)};
    state->complete = masks.complete;
    state->len = k.len;
    for (uint32_t i = 0; i < k.len; i++) {
        state->soft[i].of = k.at[i];
        prepare_score(c, &state->soft[i], &masks, lenient);
    }
    berth_keep(c, state);
    return BERTH_PASS;
}

static double score_of(const struct soft *soft, uint32_t slot)
{
    uint32_t v = soft->of.topology.value[slot];
    if (v == 0)
        return 0;
    return soft->by_value ? soft->by_value[v] : (double)soft->of.placed[slot] * soft->weight + soft->base;
}

/* To the nearest integer, halves away from zero. */
static int64_t round_score(double x)
{
    int64_t whole = (int64_t)x;
    double rest = x - (double)whole;
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

static berth_verdict without_pre_score(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_ERROR,
                        "error reading \"PreScorePodTopologySpread\" from cycleState: not found");
}

static berth_verdict score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    const struct score_state *state = c->score_state;
    if (!state)
        return without_pre_score(c);
    double sum = 0;
    for (uint32_t i = 0; i < state->len; i++)
        sum += score_of(&state->soft[i], node);
    *ret_score = state->complete && !state->complete[node] ? 0 : round_score(sum);
    return BERTH_PASS;
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    enum { STEP = 256 };
    const struct score_state *state = c->score_state;
    if (!state)
        return without_pre_score(c);
    for (uint32_t from = range.from; from < range.to; from += STEP) {
        uint32_t len = range.to - from < STEP ? range.to - from : STEP;
        double sum[STEP] = {0};
        for (uint32_t i = 0; i < state->len; i++)
            for (uint32_t j = 0; j < len; j++)
                sum[j] += score_of(&state->soft[i], from + j);
        for (uint32_t j = 0; j < len; j++)
            scores[from + j] = state->complete && !state->complete[from + j] ? 0 : round_score(sum[j]);
    }
    return BERTH_PASS;
}

/*
 * The fewer pods the better: the lowest sum becomes 100, nodes that are not scored 0. Upstream
 * divides integers; in floating point, twice as fast, the quotient of integers below 2^53 is cut
 * down to the same integer.
 */
static berth_verdict normalize(const struct berth_cycle *c, int64_t *scores)
{
    const struct score_state *state = c->score_state;
    if (!state)
        return without_pre_score(c);
    int64_t min = INT64_MAX, max = 0;
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        uint32_t s = c->feasible[i];
        if (state->complete && !state->complete[s])
            continue;
        min = scores[s] < min ? scores[s] : min;
        max = scores[s] > max ? scores[s] : max;
    }
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        uint32_t s = c->feasible[i];
        if (state->complete && !state->complete[s])
            scores[s] = 0;
        else
            scores[s] = max == 0 ? 100 : (int64_t)((double)(100 * (max + min - scores[s])) / (double)max);
    }
    return BERTH_PASS;
}

/* ---- arguments ---- */

static bool text_is(const struct berth_value *v, const char *text)
{
    return berth_str_eq(berth_value_text(v), berth_str_of(text));
}

static void read_default(struct berth_handle *h, const struct berth_value *v, struct berth_spread *ret)
{
    *ret = (struct berth_spread){
        .max_skew = (int32_t)berth_value_int(berth_value_get(v, "maxSkew"), 0),
        .min_domains = (int32_t)berth_value_int(berth_value_get(v, "minDomains"), 1),
        .topology_key = berth_atom_of(h, berth_value_text(berth_value_get(v, "topologyKey"))),
        .when = text_is(berth_value_get(v, "whenUnsatisfiable"), "ScheduleAnyway") ? BERTH_SCHEDULE_ANYWAY
                                                                                   : BERTH_DO_NOT_SCHEDULE,
        .ignores_affinity = text_is(berth_value_get(v, "nodeAffinityPolicy"), "Ignore"),
        .honors_taints = text_is(berth_value_get(v, "nodeTaintsPolicy"), "Honor"),
    };
}

static void set_system_defaults(struct berth_handle *h, struct berth_spread *ret)
{
    static const struct {
        berth_str key;
        int32_t max_skew;
    } defaults[] = {
        {BERTH_STR("kubernetes.io/hostname"), 3},
        {BERTH_STR("topology.kubernetes.io/zone"), 5},
    };
    for (uint32_t i = 0; i < 2; i++)
        ret[i] = (struct berth_spread){
            .max_skew = defaults[i].max_skew,
            .min_domains = 1,
            .topology_key = berth_atom_of(h, defaults[i].key),
            .when = BERTH_SCHEDULE_ANYWAY,
        };
}

static int create(struct berth_handle *h, const struct berth_value *args, void **ret_self)
{
    const struct berth_value *list = berth_value_get(args, "defaultConstraints");
    bool system = !text_is(berth_value_get(args, "defaultingType"), "List");
    uint32_t len = system ? 2 : list && list->type == BERTH_ARRAY ? list->len : 0;
    struct instance *self = calloc(1, sizeof(*self) + len * sizeof(self->defaults[0]));
    if (!self)
        return berth_create_fails(h, "out of memory");
    self->system_defaults = system;
    self->hostname = berth_atom_of(h, BERTH_STR("kubernetes.io/hostname"));
    self->empty = berth_atom_of(h, BERTH_STR(""));
    self->defaults_len = len;
    if (system)
        set_system_defaults(h, self->defaults);
    for (uint32_t i = 0; !system && i < len; i++)
        read_default(h, &list->items[i], &self->defaults[i]);
    *ret_self = self;
    return 0;
}

/* ---- queueing hints ---- */

static bool gather_hard(const struct berth_cycle *c, struct constraints *ret)
{
    return gather(c, BERTH_DO_NOT_SCHEDULE, "obtaining pod's hard", ret) == BERTH_PASS;
}

static bool counted(const struct constraint *k, const struct berth_class *class)
{
    return berth_selector_matches(k->pods.block, k->pods.selector, class, class->labels);
}

/* Whether any constraint counts the one but not the other; `other` may be NULL. */
static bool any_counts(const struct constraints *k, const struct berth_class *class,
                       const struct berth_class *other)
{
    for (uint32_t i = 0; i < k->len; i++)
        if (counted(&k->at[i], class) != (other && counted(&k->at[i], other)))
            return true;
    return false;
}

static bool any_honors_taints(const struct constraints *k)
{
    for (uint32_t i = 0; i < k->len; i++)
        if (k->at[i].spread->honors_taints)
            return true;
    return false;
}

static bool takes_part(const struct berth_cycle *c, const struct berth_pod *pod)
{
    return berth_same_pod(c->pod, pod)
           || (berth_pod_takes_node(pod) && pod->class->namespace == c->class->namespace);
}

static bool pod_change_helps(const struct berth_cycle *c, const struct constraints *k,
                             const struct berth_pod *before, const struct berth_pod *after)
{
    const struct berth_class *old = before->class, *new = after->class;
    bool tolerates_as_before =
        berth_list_same(old, old->tolerations, new, new->tolerations, sizeof(struct berth_toleration));
    if (berth_same_pod(c->pod, after) && !tolerates_as_before && any_honors_taints(k))
        return true;
    return any_counts(k, new, old);
}

static enum berth_hint after_pod_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *before = change->old_object, *after = change->new_object;
    struct constraints k;
    if ((after && !takes_part(c, after)) || (before && !takes_part(c, before)))
        return BERTH_HINT_SKIP;
    if (!gather_hard(c, &k))
        return BERTH_HINT_ERROR;
    if (before && after)
        return berth_hint_if(pod_change_helps(c, &k, before, after));
    return berth_hint_if(any_counts(&k, after ? after->class : before->class, NULL));
}

/* Whether the node has the labels of all constraints. */
static bool is_complete(const struct constraints *k, const struct berth_node *node)
{
    for (uint32_t i = 0; i < k->len; i++)
        if (!berth_label_get(node, node->labels, k->at[i].spread->topology_key))
            return false;
    return true;
}

static bool moved_domain(const struct constraints *k, const struct berth_node *before,
                         const struct berth_node *after)
{
    for (uint32_t i = 0; i < k->len; i++) {
        berth_atom key = k->at[i].spread->topology_key;
        if (berth_label_get(before, before->labels, key) != berth_label_get(after, after->labels, key))
            return true;
    }
    return false;
}

static bool node_change_helps(const struct constraints *k, const struct berth_node *before,
                              const struct berth_node *after)
{
    bool complete = is_complete(k, after);
    if (complete != is_complete(k, before))
        return true;
    return complete && (moved_domain(k, before, after) || !berth_same_taints(before, after));
}

static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object, *after = change->new_object;
    struct constraints k;
    if (!gather_hard(c, &k))
        return BERTH_HINT_ERROR;
    if (before && after)
        return berth_hint_if(node_change_helps(&k, before, after));
    return berth_hint_if(is_complete(&k, after ? after : before));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_POD, BERTH_ADD | BERTH_DELETE | BERTH_POD_LABEL | BERTH_POD_TOLERATION}, after_pod_change},
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_DELETE | BERTH_NODE_LABEL | BERTH_NODE_TAINT}, after_node_change},
};

const struct berth_plugin pod_topology_spread_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "PodTopologySpread",
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
