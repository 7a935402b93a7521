/*
 * TaintToleration: nodes with taints that the pod does not tolerate are out (NoSchedule, NoExecute) or less
 * liked (PreferNoSchedule). Many nodes share few lists of taints, so a walk over nodes judges each list once.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
 */
#include <berth/plugin.h>

/* Untolerated taints that keep the pod off the node: 1 if there is one, for one is enough. */
static uint32_t forbidding(const struct berth_class *class, const struct berth_node *node)
{
    berth_each(struct berth_taint, taint, node, node->taints) {
        bool forbids = taint->effect == BERTH_NO_SCHEDULE || taint->effect == BERTH_NO_EXECUTE;
        if (forbids && !berth_tolerates(class, taint))
            return 1;
    }
    return 0;
}

/* How many untolerated taints ask pods to stay away. */
static uint32_t discouraging(const struct berth_class *class, const struct berth_node *node)
{
    uint32_t count = 0;
    berth_each(struct berth_taint, taint, node, node->taints)
        count += taint->effect == BERTH_PREFER_NO_SCHEDULE && !berth_tolerates(class, taint);
    return count;
}

/* The answers for the taint lists met lately, by taints_id; zero-initialise. */
struct memo {
    struct {
        uint32_t taints_id;
        uint32_t answer;
    } at[32];
};

/* What `judge` says of the node in `slot`. Untainted nodes, and slots without a node, give 0. */
static uint32_t judged(struct memo *memo, const struct berth_cycle *c, uint32_t slot,
                       uint32_t (*judge)(const struct berth_class *, const struct berth_node *))
{
    uint32_t id = c->nodes->taints_id[slot];
    if (id == 0)
        return 0;
    uint32_t place = id % (sizeof(memo->at) / sizeof(memo->at[0]));
    if (memo->at[place].taints_id != id) {
        memo->at[place].taints_id = id;
        memo->at[place].answer = judge(c->class, c->nodes->node[slot]);
    }
    return memo->at[place].answer;
}

static berth_verdict untolerated(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_UNRESOLVABLE, "node(s) had untolerated taint(s)");
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t slot)
{
    return forbidding(c->class, c->nodes->node[slot]) ? untolerated(c) : BERTH_PASS;
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    struct memo memo = {0};
    berth_verdict no = BERTH_PASS; /* until the first node needs it */
    for (uint32_t slot = range.from; slot < range.to; slot++) {
        if (verdicts[slot] != BERTH_PASS || !judged(&memo, c, slot, forbidding))
            continue;
        if (no == BERTH_PASS)
            no = untolerated(c);
        verdicts[slot] = no;
    }
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    berth_keep(c, (void *)c->class);
    return BERTH_PASS;
}

/* Upstream cannot score when the configuration disables PreScore; neither may we. */
static berth_verdict unprepared(const struct berth_cycle *c)
{
    return berth_reject(c, BERTH_ERROR,
                        "failed to read \"PreScoreTaintToleration\" from cycleState: not found");
}

static berth_verdict score(const struct berth_cycle *c, uint32_t slot, int64_t *ret_score)
{
    if (!c->score_state)
        return unprepared(c);
    *ret_score = discouraging(c->class, c->nodes->node[slot]);
    return BERTH_PASS;
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    if (!c->score_state)
        return unprepared(c);
    struct memo memo = {0};
    for (uint32_t slot = range.from; slot < range.to; slot++)
        scores[slot] = judged(&memo, c, slot, discouraging);
    return BERTH_PASS;
}

static berth_verdict normalize(const struct berth_cycle *c, int64_t *scores)
{
    berth_normalize(c, true, scores);
    return BERTH_PASS;
}

/* ---- queueing hints ---- */

static enum berth_hint after_node_change(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_node *before = change->old_object;
    bool was_forbidden = !before || forbidding(c->class, before);
    return berth_hint_if(was_forbidden && !forbidding(c->class, change->new_object));
}

static enum berth_hint after_toleration_change(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(berth_same_pod(c->pod, change->new_object));
}

static const struct berth_registration events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_TAINT}, after_node_change},
    {{BERTH_ON_POD, BERTH_POD_TOLERATION}, after_toleration_change},
};

const struct berth_plugin taint_toleration_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "TaintToleration",
    .filter_scope = BERTH_SCOPE_ROW,
    .score_scope = BERTH_SCOPE_ROW,
    .filter = filter,
    .filter_range = filter_range,
    .pre_score = pre_score,
    .score = score,
    .score_range = score_range,
    .normalize = normalize,
    .events = events,
    .events_len = sizeof(events) / sizeof(events[0]),
};
