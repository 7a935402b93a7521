/* The scheduling cycle: filter, score, select. Reads like kube-scheduler's documentation; no plugin is named here. */
#include "core/cycle.h"

#include "core/framework.h"
#include "core/message.h"

#include <stdlib.h>

/* Nominations that came or went since the last cycle count as changes of the nodes' rows. */
static void note_nominations(struct cycle *cy)
{
    struct nominator *n = cy->nominator;
    if (n->lost_count)
        change_log_forget(&cy->cache->log);
    for (size_t i = 0; i < n->touched.len; i++) {
        int32_t slot = node_table_find(&cy->cache->nodes, n->touched.at[i]);
        if (slot >= 0)
            change_log_add(&cy->cache->log, NULL, (uint32_t)slot, 0);
    }
    n->touched.len = 0;
    n->lost_count = false;
}

void cycle_begin(struct cycle *cy, const struct berth_pod *pod)
{
    cy->pod = pod;
    cy->states = arena_need(cy->arena, (cy->profile->instances_len + 1u) * sizeof(*cy->states));
    cy->scoring = cy->narrowed = false;
    cy->names = NULL;
    cy->names_len = 0;
    cy->narrowing = 0;
    cy->absent = BERTH_PASS;
    cy->feasible = NULL;
    cy->feasible_len = 0;
    cy->results = NULL;
    cy->waits = NULL;
    cy->waits_len = 0;
    cy->pre_bind_next = 0;
    cy->prepare_ns = 0;
    cy->writes = NULL;
    cy->writes_len = 0;
    cy->nominated = BERTH_KEEP_NOMINATION;
    cy->victims = NULL;
    cy->victims_len = 0;
    cy->only_rows = false;
    note_nominations(cy);
    pod_counts_new_cycle(&cy->cache->counts);
    volume_matches_new_cycle(&cy->cache->volume_matches);
}

static bool is_error(const struct cycle *cy, berth_verdict v)
{
    return verdicts_get(cy->verdicts, v)->code == BERTH_ERROR;
}

/* Whether a Filter plugin may say this of a node; whatever else it says is an internal error. */
static bool is_answer(const struct cycle *cy, berth_verdict v)
{
    if (v == BERTH_PASS || v == VERDICT_NO_NODE)
        return true;
    enum berth_code code = verdicts_get(cy->verdicts, v)->code;
    return code == BERTH_UNSCHEDULABLE || code == BERTH_UNRESOLVABLE || code == BERTH_PENDING;
}

berth_verdict cycle_find_error(const struct cycle *cy, const berth_verdict *verdicts)
{
    for (uint32_t slot = 0; slot < cy->cache->nodes.view.len; slot++)
        if (!is_answer(cy, verdicts[slot]))
            return verdicts[slot];
    return BERTH_PASS;
}

static void collect_feasible(struct cycle *cy, const berth_verdict *verdicts)
{
    uint32_t slots = cy->cache->nodes.view.len, len = 0;
    uint32_t *feasible = arena_need(cy->arena, (slots + 1) * sizeof(*feasible));
    for (uint32_t slot = 0; slot < slots; slot++) {
        feasible[len] = slot;
        len += verdicts[slot] == BERTH_PASS;
    }
    cy->feasible = feasible;
    cy->feasible_len = len;
}

/* The feasible slots of the highest total, ascending. */
static uint32_t find_best(const struct cycle *cy, const int64_t *total, uint32_t *best)
{
    int64_t highest = INT64_MIN;
    uint32_t len = 0;
    for (uint32_t i = 0; i < cy->feasible_len; i++) {
        uint32_t slot = cy->feasible[i];
        if (total[slot] < highest)
            continue;
        len = total[slot] > highest ? 0 : len;
        highest = total[slot];
        best[len++] = slot;
    }
    return len;
}

/* ---- how many feasible nodes are wanted ---- */

/* kube-scheduler's rule for a percentage of 1..100; 0 means all nodes here. */
static uint32_t wanted(const struct cycle *cy, uint32_t nodes)
{
    enum { FEW = 100 };
    if (cy->profile->points[POINT_SCORE].len == 0)
        return 1;
    uint32_t percentage = (uint32_t)cy->profile->percentage_of_nodes_to_score;
    if (percentage == 0 || nodes < FEW)
        return nodes;
    uint32_t share = (uint32_t)((uint64_t)nodes * percentage / 100);
    return share < FEW ? FEW : share;
}

static int by_slot(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/*
 * Keeps the first feasible nodes in node order from *start on, as many as are wanted, and moves *start behind the
 * last node looked at. Nodes that PreFilter left out are not looked at. Returns how many were.
 */
static uint32_t sample(struct cycle *cy, const berth_verdict *verdicts, const struct node_order *order, uint32_t *start)
{
    uint32_t *candidates = arena_need(cy->arena, (order->len + 1) * sizeof(*candidates)), len = 0;
    for (uint32_t i = 0; i < order->len; i++)
        if (!cy->narrowed || verdicts[order->slots[i]] != cy->absent)
            candidates[len++] = order->slots[i];
    uint32_t want = wanted(cy, len), found = 0, seen = 0;
    uint32_t *kept = arena_need(cy->arena, (len + 1) * sizeof(*kept));
    for (; seen < len && found < want; seen++) {
        uint32_t slot = candidates[(*start + seen) % len];
        kept[found] = slot;
        found += verdicts[slot] == BERTH_PASS;
    }
    *start = order->len ? (*start + seen) % order->len : 0;
    if (found > 0)
        qsort(kept, found, sizeof(*kept), by_slot);
    cy->feasible = kept;
    cy->feasible_len = found;
    return seen;
}

/* ---- deciding ---- */

/* The text of an internal error, never empty. */
static berth_str error_text(struct cycle *cy, berth_verdict error)
{
    berth_str text = framework_reasons(cy, error);
    return text.len > 0 ? text : BERTH_STR("a plugin failed without saying why");
}

/* The pod's own nominated node is taken when it passes, whatever others would score. */
static bool take_nominated(struct cycle *cy, struct cycle_outcome *out)
{
    int32_t slot = node_table_find(&cy->cache->nodes, cy->pod->nominated_node_name);
    if (slot < 0 || framework_filter_node(cy, (uint32_t)slot) != BERTH_PASS)
        return false;
    out->slot = slot;
    out->evaluated = out->feasible = 1;
    return true;
}

/* The column when PreFilter rejected the pod: one verdict for all nodes. */
static const berth_verdict *same_for_all(struct cycle *cy, berth_verdict rejected)
{
    uint32_t slots = cy->cache->nodes.view.len;
    berth_verdict *verdicts = arena_need(cy->arena, (slots + 1) * sizeof(*verdicts));
    for (uint32_t slot = 0; slot < slots; slot++)
        verdicts[slot] = cy->cache->nodes.node[slot] ? rejected : VERDICT_NO_NODE;
    return verdicts;
}

/*
 * No node fits, or PreFilter rejected the pod (`verdicts` is NULL then): lets PostFilter try. PASS when it nominated
 * a node, or when there is no such plugin; then an old nomination is cleared.
 */
static berth_verdict post_filter(struct cycle *cy, const berth_verdict *verdicts, berth_verdict pre_filter)
{
    cy->nominated = BERTH_CLEAR_NOMINATION;
    if (cy->profile->points[POINT_POST_FILTER].len == 0)
        return BERTH_PASS;
    return framework_post_filter(cy, verdicts ? verdicts : same_for_all(cy, pre_filter), &cy->nominated);
}

static void select_node(struct cycle *cy, struct cycle_outcome *out)
{
    struct framework_scores scores;
    uint32_t *best = arena_need(cy->arena, cy->feasible_len * sizeof(*best));
    berth_verdict failed = framework_score(cy, false, &scores);
    if (failed != BERTH_PASS) {
        out->error = error_text(cy, failed);
        return;
    }
    uint32_t len = find_best(cy, scores.total, best);
    out->slot = (int32_t)best[len > 1 ? rng_below(cy->rng, len) : 0];
}

static bool wants_all(const struct cycle *cy)
{
    return cy->profile->percentage_of_nodes_to_score == 0 && cy->profile->points[POINT_SCORE].len > 0;
}

void cycle_run(struct cycle *cy, const struct node_order *order, uint32_t *start, struct cycle_outcome *ret_outcome)
{
    struct cycle_outcome *out = ret_outcome;
    *out = (struct cycle_outcome){.slot = -1};
    out->pre_filter = framework_pre_filter(cy);
    if (is_error(cy, out->pre_filter)) {
        out->error = error_text(cy, out->pre_filter);
        return;
    }
    if (out->pre_filter != BERTH_PASS) {
        out->post_filter = post_filter(cy, NULL, out->pre_filter);
        return;
    }
    if (cy->pod->nominated_node_name && take_nominated(cy, out))
        return;
    out->verdicts = framework_filter(cy);
    berth_verdict error = cycle_find_error(cy, out->verdicts);
    if (error != BERTH_PASS) {
        out->error = error_text(cy, error);
        return;
    }
    out->evaluated = cy->cache->nodes.view.live;
    if (wants_all(cy))
        collect_feasible(cy, out->verdicts);
    else
        out->evaluated = sample(cy, out->verdicts, order, start);
    out->feasible = cy->feasible_len;
    if (cy->feasible_len == 0)
        out->post_filter = post_filter(cy, out->verdicts, BERTH_PASS);
    else if (cy->feasible_len == 1)
        out->slot = (int32_t)cy->feasible[0];
    else
        select_node(cy, out);
}

/* ---- explaining ---- */

static void explain_scores(struct cycle *cy, struct explanation *x)
{
    struct framework_scores scores;
    berth_verdict failed = framework_score(cy, true, &scores);
    if (failed != BERTH_PASS) {
        x->score_error = error_text(cy, failed);
        if (cy->feasible_len > 1)
            x->error = x->score_error;
        return;
    }
    uint32_t *best = arena_need(cy->arena, cy->feasible_len * sizeof(*best));
    x->best_len = find_best(cy, scores.total, best);
    x->best = best;
    x->score_plugins = scores.plugins;
    x->score_plugins_len = scores.plugins_len;
    x->scores = scores.weighted;
    x->total = scores.total;
}

static void explain_failure(struct cycle *cy, struct explanation *x, berth_verdict pre_filter)
{
    berth_verdict v = post_filter(cy, x->verdicts, pre_filter);
    x->nominated = cy->nominated;
    x->victims = cy->victims;
    x->victims_len = cy->victims_len;
    x->message = message_unschedulable(cy, x->verdicts, pre_filter, framework_reasons(cy, v));
    if (cy->profile->points[POINT_POST_FILTER].len > 0)
        x->post_filter = verdicts_get(cy->verdicts, v);
}

static bool explain_filter(struct cycle *cy, struct explanation *x)
{
    x->pre_filter_nodes = cy->narrowed ? cy->names : NULL;
    x->pre_filter_nodes_len = cy->names_len;
    x->verdicts = framework_filter(cy);
    berth_verdict error = cycle_find_error(cy, x->verdicts);
    collect_feasible(cy, x->verdicts);
    x->feasible = cy->feasible;
    x->feasible_len = cy->feasible_len;
    if (error != BERTH_PASS)
        x->error = error_text(cy, error);
    return error == BERTH_PASS;
}

void cycle_explain(struct cycle *cy, struct explanation *ret_explanation)
{
    struct explanation *x = ret_explanation;
    berth_verdict gate = framework_pre_enqueue(cy);
    if (gate != BERTH_PASS) {
        x->pre_enqueue = verdicts_get(cy->verdicts, gate);
        return;
    }
    if (cy->cache->nodes.view.live == 0) {
        x->message = BERTH_STR("no nodes available to schedule pods");
        return;
    }
    berth_verdict rejected = framework_pre_filter(cy);
    if (is_error(cy, rejected)) {
        x->error = error_text(cy, rejected);
        return;
    }
    if (rejected != BERTH_PASS) {
        explain_failure(cy, x, rejected);
        x->pre_filter = verdicts_get(cy->verdicts, rejected); /* only now: new verdicts move the old ones */
        return;
    }
    if (!explain_filter(cy, x))
        return;
    int32_t nominated = node_table_find(&cy->cache->nodes, cy->pod->nominated_node_name);
    if (nominated >= 0 && x->verdicts[nominated] == BERTH_PASS)
        x->nominated_fit = cy->cache->nodes.node[nominated]->name;
    if (cy->feasible_len == 0)
        explain_failure(cy, x, BERTH_PASS);
    else
        explain_scores(cy, x);
}
