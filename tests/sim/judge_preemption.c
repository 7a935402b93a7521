/*
 * Preemption by the book: what each node would cost, found with the slow checker, and what of that the
 * scheduler must choose.
 */
#include "sim.h"

#include <string.h>

struct plan {
    bool helps;
    /*
     * Pods of equal importance: which comes first is not said. Or somebody with anti-affinity is
     * nominated there: whether that holds others off depends on who ran anywhere before the victims
     * were taken away (check.c).
     */
    bool ambiguous;
    uint64_t victims; /* pods as bits */
    uint32_t violations, len;
    int32_t highest;  /* priority of a victim */
    int64_t sum;      /* of priorities, each shifted to be positive */
    int64_t earliest; /* start among the victims of the highest priority */
};

/* Pods start in the order of their uids; those that are only assumed have not started: as if now. */
static int64_t start_of(const struct sim *s, uint32_t slot)
{
    const struct pod *seen = &s->seen.pods[slot];
    return seen->place == PLACED && seen->uid == s->believed.pods[slot].uid ? seen->uid : INT64_MAX;
}

static bool more_important(const struct sim *s, uint32_t a, uint32_t b)
{
    int32_t x = s->believed.pods[a].priority, y = s->believed.pods[b].priority;
    return x != y ? x > y : start_of(s, a) < start_of(s, b);
}

/*
 * PodTopologySpread takes pods off that it did not count: those that are leaving, and all where the selector
 * has no requirements.
 */
static bool counts_amiss(const struct model *m, const struct pod *pod, uint32_t node)
{
    bool spreads = false, leaving = false, all = false;
    for (uint32_t i = 0; i < pod->spread_len; i++) {
        spreads |= pod->spread[i].hard;
        all |= pod->spread[i].hard && pod->spread[i].selector.len == 0;
    }
    for (uint32_t i = 0; i < MOST_PODS; i++)
        leaving |= m->pods[i].place == PLACED && m->pods[i].node == (int32_t)node && m->pods[i].terminating;
    return all || (spreads && leaving);
}

/* The pods of lower priority on the node, most important first. */
static uint32_t lower_pods(const struct sim *s, uint32_t slot, uint32_t node, uint32_t *lower,
                           struct plan *plan)
{
    uint32_t len = 0;
    for (uint32_t i = 0; i < MOST_PODS; i++) {
        const struct pod *pod = &s->before.pods[i];
        if (pod->place != PLACED || pod->node != (int32_t)node
            || pod->priority >= s->before.pods[slot].priority)
            continue;
        uint32_t at = len++;
        for (; at > 0 && more_important(s, i, lower[at - 1]); at--)
            lower[at] = lower[at - 1];
        lower[at] = i;
    }
    plan->ambiguous = counts_amiss(&s->before, &s->before.pods[slot], node);
    for (uint32_t i = 0; i + 1 < len; i++)
        plan->ambiguous |= !more_important(s, lower[i], lower[i + 1]);
    for (uint32_t i = 0; i < MOST_PODS; i++)
        plan->ambiguous |=
            s->before.pods[i].nominated == (int32_t)node && s->before.pods[i].anti_affinity_len > 0;
    return len;
}

/* PodDisruptionBudgets 0 and 2 of the extras (watch.c): one for the pods of app a, one for those of app b. */
static bool violates(const struct sim *s, uint32_t slot, int32_t allowed[EXTRAS])
{
    static const char *const apps[] = {"a", NULL, "b", NULL};
    const struct pod *pod = &s->believed.pods[slot];
    bool violated = false;
    for (uint32_t e = 0; e < EXTRAS; e += 2)
        for (uint32_t i = 0; s->extras_seen[e] && i < pod->labels.len; i++)
            if (strcmp(pod->namespace, "default") == 0 && strcmp(pod->labels.at[i].key, "app") == 0
                && strcmp(pod->labels.at[i].value, apps[e]) == 0)
                violated |= --allowed[e] < 0;
    return violated;
}

static void add_victim(const struct sim *s, struct plan *plan, uint32_t slot, bool violating)
{
    int32_t priority = s->believed.pods[slot].priority;
    int64_t start = start_of(s, slot);
    plan->victims |= (uint64_t)1 << slot;
    if (plan->len++ == 0 || priority > plan->highest) {
        plan->highest = priority;
        plan->earliest = start;
    } else if (priority == plan->highest && start < plan->earliest) {
        plan->earliest = start;
    }
    plan->sum += priority + ((int64_t)INT32_MAX + 1);
    plan->violations += violating;
}

/* What it takes to make room on the node: all lower pods away, then one after the other back as far as
 * possible. */
static struct plan plan_for(const struct sim *s, uint32_t slot, uint32_t node)
{
    static struct model m;
    struct plan plan = {0};
    uint32_t lower[MOST_PODS], len = lower_pods(s, slot, node, lower, &plan);
    if (len == 0)
        return plan;
    m = s->before;
    for (uint32_t i = 0; i < len; i++)
        m.pods[lower[i]].place = GONE;
    if (check(&m, &m.pods[slot], node))
        return plan;
    bool violating[MOST_PODS];
    int32_t allowed[EXTRAS];
    memcpy(allowed, s->allows_seen, sizeof(allowed));
    for (uint32_t i = 0; i < len; i++)
        violating[i] = violates(s, lower[i], allowed);
    for (int turn = 0; turn < 2; turn++)
        for (uint32_t i = 0; i < len; i++) {
            if (violating[i] != (turn == 0))
                continue;
            m.pods[lower[i]].place = PLACED;
            if (!check(&m, &m.pods[slot], node))
                continue;
            m.pods[lower[i]].place = GONE;
            add_victim(s, &plan, lower[i], violating[i]);
        }
    plan.helps = plan.len > 0;
    return plan;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Below 0: `a` is the better choice. */
static int cost(const struct plan *a, const struct plan *b)
{
    int by[] = {compare(a->violations, b->violations), compare(a->highest, b->highest),
                compare(a->sum, b->sum), compare(a->len, b->len), compare(b->earliest, a->earliest)};
    for (size_t i = 0; i < ARRAY_LEN(by); i++)
        if (by[i])
            return by[i];
    return 0;
}

static uint64_t victims_of(struct sim *s, const struct decision *d)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < d->victims_len; i++)
        all |= (uint64_t)1 << api_pod_slot(s, d->victims[i]);
    for (uint32_t i = 0; i < d->stopped_victims_len; i++)
        all |= (uint64_t)1 << api_pod_slot(s, d->stopped_victims[i]);
    return all;
}

static bool says(const struct decision *d, const char *text)
{
    return memmem(d->message.ptr, d->message.len, text, strlen(text)) != NULL;
}

/* What the pod was refused was room that others will leave. */
static void judge_refusal(struct sim *s, const struct decision *d, uint32_t slot)
{
    const struct pod *pod = &s->before.pods[slot];
    bool there = false;
    for (uint32_t i = 0; i < MOST_PODS; i++)
        there |= s->before.pods[i].place == PLACED && s->before.pods[i].terminating
                 && s->before.pods[i].priority < pod->priority;
    if (says(d, "not eligible") && !there)
        sim_fails(s, "pod p%u is not eligible to preempt", slot);
    if (says(d, "not eligible") || !says(d, " preemption: ") || pod->affinity_len > 0)
        return; /* required company can be found by removing pods, which kube-scheduler does not try */
    for (uint32_t node = 0; node < s->before.nodes_len; node++)
        if (s->before.nodes[node].there) {
            struct plan plan = plan_for(s, slot, node);
            if (plan.helps && !plan.ambiguous)
                sim_fails(s, "pod p%u could preempt on %s", slot, s->before.nodes[node].name);
        }
}

/* Who was nominated to the node and gives way, no longer is. */
static void judge_outranked(struct sim *s, uint32_t slot, int32_t node)
{
    for (uint32_t i = 0; i < MOST_PODS; i++)
        if (i != slot && s->before.pods[i].place == QUEUED && s->before.pods[i].nominated == node
            && s->before.pods[i].priority < s->before.pods[slot].priority
            && s->believed.pods[i].nominated == node)
            sim_fails(s, "pod p%u keeps its nomination", i);
}

/* Whether the pod's binding has not come so far that only deleting the pod helps. */
static bool is_stoppable(struct sim *s, const struct berth_pod *victim)
{
    uint32_t slot = api_pod_slot(s, victim);
    return s->assumed[slot] == api_uid(victim) && s->stage[slot] < STAGE_BINDS;
}

/* Who is only on the way to the node is stopped, others are deleted. */
static void judge_ways(struct sim *s, const struct decision *d)
{
    for (uint32_t i = 0; i < d->victims_len; i++)
        if (is_stoppable(s, d->victims[i]))
            sim_fails(s, "pod p%u is deleted, but could be stopped", api_pod_slot(s, d->victims[i]));
    for (uint32_t i = 0; i < d->stopped_victims_len; i++) {
        uint32_t slot = api_pod_slot(s, d->stopped_victims[i]);
        if (!is_stoppable(s, d->stopped_victims[i]))
            sim_fails(s, "pod p%u cannot be stopped", slot);
        s->stopped |= (uint64_t)1 << slot;
    }
}

void judge_preemption(struct sim *s, const struct decision *d, uint32_t slot)
{
    if (d->error || d->node)
        return;
    if (!d->nominated_node) {
        judge_refusal(s, d, slot);
        return;
    }
    int32_t node = api_node_slot(s, d->nominated_node);
    struct plan chosen = plan_for(s, slot, (uint32_t)node);
    judge_outranked(s, slot, node);
    judge_ways(s, d);
    if (chosen.ambiguous)
        return;
    if (!chosen.helps)
        sim_fails(s, "pod p%u preempts in vain on %s", slot, d->nominated_node->text);
    if (victims_of(s, d) != chosen.victims)
        sim_fails(s, "pod p%u preempts pods %llx on %s, not %llx", slot, (unsigned long long)victims_of(s, d),
                  d->nominated_node->text, (unsigned long long)chosen.victims);
    for (uint32_t other = 0; s->before.pods[slot].affinity_len == 0 && other < s->before.nodes_len; other++) {
        struct plan plan = {0};
        if (s->before.nodes[other].there)
            plan = plan_for(s, slot, other);
        if (plan.helps && !plan.ambiguous && cost(&plan, &chosen) < 0)
            sim_fails(s, "pod p%u preempts on %s, not on %s", slot, d->nominated_node->text,
                      s->before.nodes[other].name);
    }
}
