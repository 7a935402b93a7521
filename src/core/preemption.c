#include "core/preemption.h"

#include "core/framework.h"

#include <stdlib.h>

/* The budgets' state in one dry run: how many disruptions each still allows. */
struct budgets {
    const struct disruption_budget *const *at;
    uint32_t len;
    int32_t *allowed;
};

static int64_t started(const struct berth_pod *pod)
{
    return pod->start_ns ? pod->start_ns : INT64_MAX; /* not started yet: as if now */
}

static bool more_important(const struct berth_pod *a, const struct berth_pod *b)
{
    int32_t pa = a->class->priority, pb = b->class->priority;
    return pa != pb ? pa > pb : started(a) < started(b);
}

/* Insertion sort, most important first: stable, and nodes have few pods. */
static void sort_by_importance(const struct berth_pod **pods, uint32_t len)
{
    for (uint32_t i = 1; i < len; i++) {
        const struct berth_pod *pod = pods[i];
        uint32_t j = i;
        for (; j > 0 && more_important(pod, pods[j - 1]); j--)
            pods[j] = pods[j - 1];
        pods[j] = pod;
    }
}

/* ---- PodDisruptionBudgets ---- */

static bool is_disrupted(const struct disruption_budget *budget, const struct berth_pod *pod)
{
    berth_each(berth_atom, name, budget, budget->disrupted)
        if (berth_str_eq(berth_atom_str(*name), berth_pod_name(pod)))
            return true;
    return false;
}

static bool covers(const struct disruption_budget *budget, const struct berth_pod *pod)
{
    return budget->namespace == berth_pod_namespace(pod) && budget->selector.selects == BERTH_SELECTS_MATCHES
           && berth_selector_matches(budget, &budget->selector, pod->class, pod->class->labels)
           && !is_disrupted(budget, pod);
}

/* Takes the pod out of all budgets that cover it; whether one of them allowed it no more. */
static bool violates(const struct budgets *budgets, const struct berth_pod *pod)
{
    bool violated = false;
    for (uint32_t i = 0; pod->class->labels.len > 0 && i < budgets->len; i++)
        if (covers(budgets->at[i], pod))
            violated |= --budgets->allowed[i] < 0;
    return violated;
}

/* Moves the pods that violate a budget to the front, order kept within both groups; returns how many. */
static uint32_t violating_first(struct cycle *cy, const struct budgets *budgets, const struct berth_pod **pods,
                                uint32_t len)
{
    const struct berth_pod **rest = arena_need(cy->arena, (len + 1) * sizeof(*rest));
    uint32_t front = 0, back = 0;
    for (uint32_t i = 0; i < budgets->len; i++)
        budgets->allowed[i] = budgets->at[i]->disruptions_allowed;
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_pod *pod = pods[i];
        if (violates(budgets, pod))
            pods[front++] = pod;
        else
            rest[back++] = pod;
    }
    if (back > 0)
        memcpy(pods + front, rest, back * sizeof(*pods));
    return front;
}

/* ---- one node ---- */

/* The node's pods of lower priority than the cycle's. */
static const struct berth_pod **lower_pods(struct cycle *cy, uint32_t slot, uint32_t *ret_len)
{
    const struct berth_node_pods *pods = &cy->cache->nodes.pods[slot];
    const struct berth_pod **lower = arena_need(cy->arena, (pods->len + 1) * sizeof(*lower));
    uint32_t len = 0;
    for (uint32_t i = 0; i < pods->len; i++)
        if (pods->at[i]->class->priority < cy->pod->class->priority)
            lower[len++] = pods->at[i];
    *ret_len = len;
    return lower;
}

/*
 * With all of `pods` off the node: puts back those that the pod can live with, in order, the `violating` first
 * ones being the most worth it. The others stay off and are the victims.
 */
static void reprieve(struct cycle *cy, uint32_t slot, const struct berth_pod **pods, uint32_t len, uint32_t violating,
                     struct preemption_candidate *candidate)
{
    const struct berth_pod **victims = arena_need(cy->arena, (len + 1) * sizeof(*victims));
    candidate->victims = victims;
    for (uint32_t i = 0; i < len; i++) {
        framework_what_if(cy, pods[i], slot, 1);
        if (framework_filter_node(cy, slot) == BERTH_PASS)
            continue;
        framework_what_if(cy, pods[i], slot, -1);
        victims[candidate->len++] = pods[i];
        candidate->violations += i < violating;
    }
    if (violating > 0 && violating < len)
        sort_by_importance(victims, candidate->len);
}

static berth_verdict rejection(struct cycle *cy, enum berth_code code, const char *reason)
{
    return framework_verdict(cy, code, berth_str_of(reason));
}

/* All pods onto the node (count 1) or off it (-1). */
static void move_all(struct cycle *cy, uint32_t slot, const struct berth_pod *const *pods, uint32_t len, int32_t count)
{
    for (uint32_t i = 0; i < len; i++)
        framework_what_if(cy, pods[i], slot, count);
}

/* Takes the lower pods off, finds those that must stay off, and puts all back: PASS, or why the node does not help. */
static berth_verdict find_victims(struct cycle *cy, const struct budgets *budgets, uint32_t slot,
                                  const struct berth_pod **lower, uint32_t len,
                                  struct preemption_candidate *candidate)
{
    move_all(cy, slot, lower, len, -1);
    berth_verdict v = framework_filter_node(cy, slot);
    if (v != BERTH_PASS) {
        move_all(cy, slot, lower, len, 1);
        return v;
    }
    sort_by_importance(lower, len);
    reprieve(cy, slot, lower, len, violating_first(cy, budgets, lower, len), candidate);
    move_all(cy, slot, candidate->victims, candidate->len, 1);
    return candidate->len > 0 ? BERTH_PASS : rejection(cy, BERTH_ERROR, "expected at least one victim pod");
}

/* Tries one node and leaves it as it was, the order of its pods included. */
static berth_verdict dry_run(struct cycle *cy, const struct budgets *budgets, uint32_t slot,
                             struct preemption_candidate *ret_candidate)
{
    struct berth_node_pods *pods = &cy->cache->nodes.pods[slot];
    size_t bytes = pods->len * sizeof(*pods->at);
    void *order = arena_copy(cy->arena, pods->at, bytes);
    uint32_t len;
    const struct berth_pod **lower = lower_pods(cy, slot, &len);
    *ret_candidate = (struct preemption_candidate){.slot = slot};
    if (len == 0)
        return rejection(cy, BERTH_UNRESOLVABLE, "No preemption victims found for incoming pod");
    berth_verdict v = find_victims(cy, budgets, slot, lower, len, ret_candidate);
    memcpy((void *)pods->at, order, bytes);
    return v;
}

/* ---- all nodes ---- */

/* The slots that preemption may help, in order. */
static uint32_t *tried_slots(struct cycle *cy, const berth_verdict *verdicts, uint32_t *ret_len)
{
    uint32_t *slots = arena_need(cy->arena, (cy->cache->nodes.view.len + 1) * sizeof(*slots)), len = 0;
    for (uint32_t slot = 0; slot < cy->cache->nodes.view.len; slot++)
        if (verdicts_get(cy->verdicts, verdicts[slot])->code == BERTH_UNSCHEDULABLE)
            slots[len++] = slot;
    *ret_len = len;
    return slots;
}

static uint32_t enough(const struct preemption_options *options, uint32_t nodes)
{
    uint64_t n = (uint64_t)nodes * (uint32_t)options->min_percentage / 100;
    n = n < (uint32_t)options->min_absolute ? (uint32_t)options->min_absolute : n;
    return n < nodes ? (uint32_t)n : nodes;
}

static struct budgets budgets_of(struct cycle *cy)
{
    const struct cache *cache = cy->cache;
    return (struct budgets){
        .at = cache->budgets.at,
        .len = (uint32_t)cache->budgets.len,
        .allowed = arena_need(cy->arena, (cache->budgets.len + 1) * sizeof(int32_t)),
    };
}

void preemption_search(struct cycle *cy, const berth_verdict *verdicts, const struct preemption_options *options,
                       struct preemption_result *ret_result)
{
    uint32_t slots = cy->cache->nodes.view.len, len = 0, found = 0, kind[2] = {0};
    uint32_t *tried = tried_slots(cy, verdicts, &len);
    berth_verdict *why = arena_need(cy->arena, (slots + 1) * sizeof(*why));
    struct preemption_candidate *candidates = arena_need(cy->arena, (len + 1) * sizeof(*candidates));
    struct budgets budgets = budgets_of(cy);
    berth_verdict absent = rejection(cy, BERTH_UNRESOLVABLE, "Preemption is not helpful for scheduling");
    uint32_t offset = len > 0 ? rng_below(cy->rng, len) : 0, wanted = enough(options, len);
    for (uint32_t slot = 0; slot < slots; slot++)
        why[slot] = cy->cache->nodes.node[slot] ? absent : VERDICT_NO_NODE;
    /* Candidates that violate no budget are looked for until there is one. */
    for (uint32_t i = 0; i < len && !(kind[0] > 0 && found >= wanted); i++) {
        uint32_t slot = tried[(offset + i) % len];
        berth_verdict v = dry_run(cy, &budgets, slot, &candidates[found]);
        if (v == BERTH_PASS)
            kind[candidates[found++].violations > 0]++;
        else
            why[slot] = v;
    }
    *ret_result = (struct preemption_result){candidates, found, why, absent};
}

/* ---- choosing ---- */

/* What a candidate costs, the most telling number first; less is better. */
struct cost {
    int64_t number[5];
};

static struct cost cost_of(const struct preemption_candidate *c)
{
    int64_t sum = 0, earliest = INT64_MAX;
    int32_t highest = c->victims[0]->class->priority;
    for (uint32_t i = 0; i < c->len; i++) {
        /* Shifted to be positive, so that more victims of negative priority never cost less. */
        sum += c->victims[i]->class->priority + ((int64_t)INT32_MAX + 1);
        if (c->victims[i]->class->priority == highest && started(c->victims[i]) < earliest)
            earliest = started(c->victims[i]);
    }
    return (struct cost){{c->violations, highest, sum, c->len, -earliest}};
}

static bool cheaper(const struct cost *a, const struct cost *b)
{
    for (int i = 0; i < 5; i++)
        if (a->number[i] != b->number[i])
            return a->number[i] < b->number[i];
    return false;
}

uint32_t preemption_pick(const struct preemption_result *result)
{
    uint32_t best = 0;
    struct cost lowest = cost_of(&result->candidates[0]);
    for (uint32_t i = 1; i < result->len; i++) {
        struct cost cost = cost_of(&result->candidates[i]);
        if (!cheaper(&cost, &lowest))
            continue;
        lowest = cost;
        best = i;
    }
    return best;
}
