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

/* The pods that would have to leave a node. */
struct victims {
    const struct berth_pod **at; /* most important first */
    uint32_t len;
    uint32_t violations; /* of them: whose budget allows no more disruptions */
};

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
static uint32_t violating_first(struct cycle *cy, const struct budgets *budgets,
                                const struct berth_pod **pods, uint32_t len)
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
 * With all of `pods` off the node: puts back those that the pod can live with, in order, the `violating`
 * first ones being the most worth it. The others stay off and are the victims.
 */
static void reprieve(struct cycle *cy, uint32_t slot, const struct berth_pod **pods, uint32_t len,
                     uint32_t violating, struct victims *victims)
{
    victims->at = arena_need(cy->arena, (len + 1) * sizeof(*victims->at));
    for (uint32_t i = 0; i < len; i++) {
        framework_what_if(cy, pods[i], slot, 1);
        if (framework_filter_node(cy, slot) == BERTH_PASS)
            continue;
        framework_what_if(cy, pods[i], slot, -1);
        victims->at[victims->len++] = pods[i];
        victims->violations += i < violating;
    }
    if (violating > 0 && violating < len)
        sort_by_importance(victims->at, victims->len);
}

static berth_verdict rejection(struct cycle *cy, enum berth_code code, const char *reason)
{
    return framework_verdict(cy, code, berth_str_of(reason));
}

/* All pods onto the node (count 1) or off it (-1). */
static void move_all(struct cycle *cy, uint32_t slot, const struct berth_pod *const *pods, uint32_t len,
                     int32_t count)
{
    for (uint32_t i = 0; i < len; i++)
        framework_what_if(cy, pods[i], slot, count);
}

/*
 * Takes the lower pods off, finds those that must stay off, and puts all back:
 * PASS, or why the node does not help.
 */
static berth_verdict find_victims(struct cycle *cy, const struct budgets *budgets, uint32_t slot,
                                  const struct berth_pod **lower, uint32_t len, struct victims *victims)
{
    move_all(cy, slot, lower, len, -1);
    berth_verdict v = framework_filter_node(cy, slot);
    if (v != BERTH_PASS) {
        move_all(cy, slot, lower, len, 1);
        return v;
    }
    sort_by_importance(lower, len);
    reprieve(cy, slot, lower, len, violating_first(cy, budgets, lower, len), victims);
    move_all(cy, slot, victims->at, victims->len, 1);
    return victims->len > 0 ? BERTH_PASS : rejection(cy, BERTH_ERROR, "expected at least one victim pod");
}

/* Tries one node and leaves it as it was, the order of its pods included. */
static berth_verdict dry_run(struct cycle *cy, const struct budgets *budgets, uint32_t slot,
                             struct victims *ret_victims)
{
    struct berth_node_pods *pods = &cy->cache->nodes.pods[slot];
    size_t bytes = pods->len * sizeof(*pods->at);
    void *order = arena_copy(cy->arena, pods->at, bytes);
    uint32_t len;
    const struct berth_pod **lower = lower_pods(cy, slot, &len);
    *ret_victims = (struct victims){0};
    if (len == 0)
        return rejection(cy, BERTH_UNRESOLVABLE, "No preemption victims found for incoming pod");
    berth_verdict v = find_victims(cy, budgets, slot, lower, len, ret_victims);
    memcpy((void *)pods->at, order, bytes);
    return v;
}

/* ---- what it would cost ---- */

static struct preemption_cost cost_of(const struct victims *v)
{
    int64_t sum = 0, earliest = INT64_MAX;
    int32_t highest = v->at[0]->class->priority;
    for (uint32_t i = 0; i < v->len; i++) {
        /* Shifted to be positive, so that more victims of negative priority never cost less. */
        sum += v->at[i]->class->priority + ((int64_t)INT32_MAX + 1);
        if (v->at[i]->class->priority == highest && started(v->at[i]) < earliest)
            earliest = started(v->at[i]);
    }
    return (struct preemption_cost){{v->violations, highest, sum, v->len, -earliest}};
}

static bool cheaper(const struct preemption_cost *a, const struct preemption_cost *b)
{
    for (int i = 0; i < 5; i++)
        if (a->number[i] != b->number[i])
            return a->number[i] < b->number[i];
    return false;
}

/* PASS and the cost, or why the node does not help; computed. */
static struct row_preview look_ahead(struct cycle *cy, const struct budgets *budgets, uint32_t slot)
{
    struct victims victims;
    struct arena_mark mark = arena_mark(cy->arena);
    struct row_preview preview = {.known = true, .verdict = dry_run(cy, budgets, slot, &victims)};
    if (preview.verdict == BERTH_PASS) {
        struct preemption_cost cost = cost_of(&victims);
        memcpy(preview.cost, cost.number, sizeof(preview.cost));
    }
    arena_rewind(cy->arena, mark);
    return preview;
}

/*
 * The remembered previews of the pod's class with those forgotten whose row has changed; NULL when
 * none may be kept: some plugin looks further than rows, or the pod has a nomination of its own,
 * which counts for it alone.
 */
static struct row_preview *recall(struct cycle *cy)
{
    const struct change_log *log = &cy->cache->log;
    if (!cy->results || !cy->only_rows || nominator_node(cy->nominator, cy->pod))
        return NULL;
    struct row_preview *previews = row_cache_previews(cy->rows, cy->results);
    struct row_progress *done = &cy->results->previewed;
    uint64_t mask = cy->results->filtered.mask;
    bool keep = done->position > 0 && done->mask == mask && done->generation == cy->cache->nodes_generation
                && change_log_has(log, done->position)
                && cy->results->budgets_generation == cy->cache->budgets_generation;
    if (previews && !keep)
        memset(previews, 0, cy->results->cap * sizeof(*previews));
    for (uint64_t p = done->position; previews && keep && p < log->end; p++)
        previews[change_log_at(log, p)->slot].known = false;
    *done = (struct row_progress){mask, log->end, cy->cache->nodes_generation};
    cy->results->budgets_generation = cy->cache->budgets_generation;
    return previews;
}

/* ---- all nodes ---- */

/* The slots that preemption may help, in order. */
static uint32_t *tried_slots(struct cycle *cy, const berth_verdict *verdicts, uint32_t *ret_len)
{
    uint32_t *slots = arena_need(cy->arena, (cy->cache->nodes.view.len + 1) * sizeof(*slots)), len = 0;
    berth_verdict last = BERTH_PASS; /* neighbours often have the same verdict */
    bool helps = false;
    for (uint32_t slot = 0; slot < cy->cache->nodes.view.len; slot++) {
        if (verdicts[slot] != last)
            helps = verdicts_get(cy->verdicts, verdicts[slot])->code == BERTH_UNSCHEDULABLE;
        last = verdicts[slot];
        slots[len] = slot;
        len += helps;
    }
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

/* The framework's verdict of nodes that are not tried. */
static berth_verdict *not_helpful(struct cycle *cy)
{
    uint32_t slots = cy->cache->nodes.view.len;
    berth_verdict *why = arena_need(cy->arena, (slots + 1) * sizeof(*why));
    berth_verdict absent = rejection(cy, BERTH_UNRESOLVABLE, "Preemption is not helpful for scheduling");
    for (uint32_t slot = 0; slot < slots; slot++)
        why[slot] = cy->cache->nodes.node[slot] ? absent : VERDICT_NO_NODE;
    return why;
}

void preemption_search(struct cycle *cy, const berth_verdict *verdicts,
                       const struct preemption_options *options, struct preemption_result *ret_result)
{
    uint32_t len = 0, found = 0, harmless = 0;
    uint32_t *tried = tried_slots(cy, verdicts, &len);
    berth_verdict *why = not_helpful(cy);
    struct preemption_candidate *candidates = arena_need(cy->arena, (len + 1) * sizeof(*candidates));
    struct budgets budgets = budgets_of(cy);
    struct row_preview *known = recall(cy);
    uint32_t offset = len > 0 ? rng_below(cy->rng, len) : 0, wanted = enough(options, len);
    /* It goes on until there is a candidate that violates no budget. */
    for (uint32_t i = 0; i < len && !(harmless > 0 && found >= wanted); i++) {
        uint32_t slot = tried[(offset + i) % len];
        struct row_preview preview =
            known && known[slot].known ? known[slot] : look_ahead(cy, &budgets, slot);
        if (known)
            known[slot] = preview;
        if (preview.verdict != BERTH_PASS) {
            why[slot] = preview.verdict;
            continue;
        }
        candidates[found].slot = slot;
        memcpy(candidates[found].cost.number, preview.cost, sizeof(preview.cost));
        harmless += candidates[found++].cost.number[0] == 0;
    }
    *ret_result = (struct preemption_result){candidates, found, why};
}

uint32_t preemption_pick(const struct preemption_result *result)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < result->len; i++)
        if (cheaper(&result->candidates[i].cost, &result->candidates[best].cost))
            best = i;
    return best;
}

uint32_t preemption_victims(struct cycle *cy, uint32_t slot, const struct berth_pod *const **ret_victims)
{
    struct budgets budgets = budgets_of(cy);
    struct victims victims;
    (void)dry_run(cy, &budgets, slot, &victims);
    *ret_victims = victims.at;
    return victims.len;
}
