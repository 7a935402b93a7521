/*
 * The queue by the book: for each pod how often it failed and how, and from that alone when it may be tried,
 * before whom, and how long it may be left waiting.
 */
#include "sim.h"

#include <string.h>

enum { MOST_BACKOFF_SECONDS = 10, PARKED_SECONDS = 300, LEFTOVER_SECONDS = 30 };

static bool says(const struct decision *d, const char *text)
{
    return memmem(d->message.ptr, d->message.len, text, strlen(text)) != NULL;
}

/* ---- what happened to a pod ---- */

/*
 * Two more things that kube-scheduler tells nobody of: a nominated pod that asks for less, or has other
 * labels, and a pod that no longer counts for spreading because it is leaving.
 */
static void overlook(struct sim *s, uint32_t slot, int32_t was_nominated)
{
    const struct pod *pod = &s->seen.pods[slot];
    bool yields = pod->place == QUEUED && was_nominated >= 0;
    bool leaves = pod->place == PLACED && pod->terminating && !s->believed.pods[slot].terminating;
    for (uint32_t i = 0; i < MOST_PODS; i++)
        s->history[i].overlooked |= yields || (leaves && s->seen.pods[i].spread_len > 0);
}

void judge_queue_seen(struct sim *s, uint32_t slot, const struct berth_pod *object, int32_t was_nominated)
{
    const struct pod *pod = &s->seen.pods[slot];
    bool comes = s->history[slot].uid != pod->uid;
    overlook(s, slot, was_nominated);
    if (pod->place != QUEUED)
        return;
    if (comes)
        s->history[slot] = (struct pod_history){.uid = pod->uid, .since_ns = s->now_ns};
    bool waits =
        queue_find(&s->core->queue, berth_pod_namespace(object), berth_pod_name(object)) && !pod->gated;
    /* Otherwise the scheduler knows better: it has nominated the pod, or given up its node. */
    bool tells = (comes || pod->nominated >= 0 || was_nominated >= 0) && s->assumed[slot] != pod->uid;
    int32_t node = api_node_slot(s, nominator_node(&s->core->queue.nominator, object));
    if (waits && tells && node != pod->nominated)
        sim_fails(s, "pod p%u is nominated to number %d, not %d as it says", slot, node, pod->nominated);
}

void judge_queue_failed(struct sim *s, const struct decision *d, uint32_t slot)
{
    struct pod_history *h = &s->history[slot];
    if (h->uid != api_uid(d->pod))
        return; /* of a pod that has been replaced */
    bool error = d->error || says(d, "no nodes available") || says(d, "1 removed.");
    h->errors = error ? h->errors + 1 : 0;
    h->rejections += !error;
    h->since_ns = s->now_ns;
    h->activated = false;
    h->repelled = says(d, "existing pods anti-affinity");
    const struct queued_pod *p =
        queue_find(&s->core->queue, berth_pod_namespace(d->pod), berth_pod_name(d->pod));
    if (s->exact && !s->calm && p && hold_rejected(s, p) && p->place != QUEUE_PARKED)
        sim_fails(s, "pod p%u is rejected, but not parked", slot);
    if (says(d, "rejected due to timeout") && s->now_ns < s->waits_until_ns[slot])
        sim_fails(s, "pod p%u has waited %lld ms too short", slot,
                  (long long)(s->waits_until_ns[slot] - s->now_ns) / 1000000);
}

/*
 * The second in which the pod's backoff ends: one second after the first failure, then two, four ..., at most
 * ten; errors in a row count while they last, else all rejections. -1: there is none.
 */
static int64_t rest_end(const struct pod_history *h)
{
    uint32_t failures = h->errors > 0 ? h->errors : h->rejections;
    int64_t seconds = 1;
    for (uint32_t i = 1; i < failures && seconds < MOST_BACKOFF_SECONDS; i++)
        seconds *= 2;
    if (seconds > MOST_BACKOFF_SECONDS)
        seconds = MOST_BACKOFF_SECONDS;
    return failures ? (h->since_ns / SECOND_NS + seconds) * SECOND_NS : -1;
}

static bool rests(const struct sim *s, const struct pod_history *h)
{
    return rest_end(h) >= 0 && s->told_ns < rest_end(h) + SECOND_NS;
}

/* ---- whose turn it is ---- */

struct rank {
    int64_t end_ns; /* of its backoff; 0 for those that are ready */
    int32_t priority;
    int64_t since_ns;
};

static bool before(const struct rank *a, const struct rank *b)
{
    if (a->end_ns != b->end_ns)
        return a->end_ns < b->end_ns;
    return a->priority != b->priority ? a->priority > b->priority : a->since_ns < b->since_ns;
}

static struct rank rank_of(const struct sim *s, uint32_t slot, bool early)
{
    const struct pod_history *h = &s->history[slot];
    return (struct rank){early ? rest_end(h) : 0, s->seen.pods[slot].priority, h->since_ns};
}

/* The pods of a place none of which any other precedes, as bits. */
static uint64_t firsts(struct sim *s, enum queue_place place)
{
    struct queued_pod *pods[MOST_PODS];
    size_t len = queue_len(&s->core->queue, place);
    if (len > MOST_PODS)
        sim_fails(s, "%zu pods are in one place", len);
    queue_list(&s->core->queue, place, pods);
    uint64_t best = 0;
    struct rank best_rank = {0};
    for (size_t i = 0; i < len; i++) {
        uint32_t slot = api_pod_slot(s, pods[i]->pod);
        struct rank rank = rank_of(s, slot, place == QUEUE_BACKOFF);
        if (best == 0 || before(&rank, &best_rank)) {
            best = 0;
            best_rank = rank;
        }
        if (!before(&best_rank, &rank))
            best |= (uint64_t)1 << slot;
    }
    return best;
}

uint64_t judge_queue_turn(struct sim *s)
{
    uint64_t ready = firsts(s, QUEUE_ACTIVE);
    return ready ? ready : firsts(s, QUEUE_BACKOFF);
}

void judge_queue_preempts(struct sim *s, const struct decision *d, uint32_t slot)
{
    for (uint32_t i = 0; i < d->victims_len; i++)
        s->history[slot].victims[api_pod_slot(s, d->victims[i])] = api_uid(d->victims[i]);
}

void judge_queue_activated(struct sim *s, uint32_t slot)
{
    s->history[slot].activated = true;
    memset(s->history[slot].victims, 0, sizeof(s->history[slot].victims));
}

/* Until they are gone, or on their way, it must not choose others. */
static void judge_victims(struct sim *s, uint32_t slot)
{
    const uint32_t *victims = s->history[slot].victims;
    for (uint32_t i = 0; i < MOST_PODS; i++) {
        const struct pod *pod = &s->seen.pods[i];
        if (victims[i] && pod->uid == victims[i] && pod->place != GONE && !pod->terminating)
            sim_fails(s, "pod p%u is tried while its victim p%u is still there", slot, i);
    }
}

void judge_queue_tried(struct sim *s, uint32_t slot)
{
    judge_victims(s, slot);
    memset(s->history[slot].victims, 0, sizeof(s->history[slot].victims));
    s->history[slot].attempts++;
    s->history[slot].activated = s->history[slot].overlooked = false;
}

static bool same_labels(const struct labels *a, const struct labels *b)
{
    bool same = a->len == b->len;
    for (uint32_t i = 0; same && i < a->len; i++)
        same = strcmp(a->at[i].key, b->at[i].key) == 0 && strcmp(a->at[i].value, b->at[i].value) == 0;
    return same;
}

/*
 * InterPodAffinity's hint about nodes asks for the terms of the pod that waits alone: that a new domain is
 * free of pods that repel it is not seen, nor that such pods leave a domain with their node.
 */
void judge_queue_node(struct sim *s, const struct event *e)
{
    const struct node *seen = &s->seen.nodes[e->slot];
    bool moves = e->gone || !seen->there || !same_labels(&seen->labels, &e->node.labels), taken = false;
    for (uint32_t i = 0; i < MOST_PODS; i++)
        taken |= s->believed.pods[i].place == PLACED && s->believed.pods[i].node == (int32_t)e->slot;
    for (uint32_t i = 0; i < MOST_PODS; i++)
        s->history[i].overlooked |= moves && (taken || s->history[i].repelled);
}

/* ---- any time ---- */

static void judge_backoff(struct sim *s, uint32_t slot, const struct queued_pod *p)
{
    const struct pod_history *h = &s->history[slot];
    bool after_error = p->place == QUEUE_ERROR_BACKOFF;
    if (p->backoff_until_ns != rest_end(h))
        sim_fails(s, "pod p%u backs off until %lld s, not %lld s", slot,
                  (long long)p->backoff_until_ns / SECOND_NS, (long long)rest_end(h) / SECOND_NS);
    if (!rests(s, h))
        sim_fails(s, "pod p%u backs off too long", slot);
    if (after_error != (h->errors > 0))
        sim_fails(s, "pod p%u backs off after %s", slot, after_error ? "an error" : "a rejection");
}

/* Whether the pod may be kept out of the queue. */
static bool is_gated(const struct sim *s, uint32_t slot, const struct queued_pod *p)
{
    return s->seen.pods[slot].gated || preempting_holds(&s->core->preempting, p->pod);
}

static bool is_nominated(const struct pod *pod, uint32_t node)
{
    return pod->place == QUEUED && pod->nominated == (int32_t)node;
}

/*
 * Whether a nomination to the node has ended, but the watch has not told so yet; or the watch has told of an
 * older one, and has yet to tell of this one. Others will be woken then, if it comes to that.
 */
static bool is_in_doubt(const struct sim *s, uint32_t node)
{
    for (uint32_t i = 0; i < MOST_PODS; i++)
        if ((is_nominated(&s->seen.pods[i], node) || is_nominated(&s->truth.pods[i], node))
            && s->believed.pods[i].nominated != (int32_t)node)
            return true;
    return false;
}

/* Whether the pod may go to the node without this pod (-1: without all) of those that are only assumed. */
static bool fits_without(const struct sim *s, uint32_t slot, uint32_t node, int32_t assumed, bool none_leaves)
{
    static struct model m;
    m = s->believed;
    for (uint32_t i = 0; i < MOST_PODS; i++) {
        if (s->assumed[i] && (assumed < 0 || assumed == (int32_t)i))
            m.pods[i].place = GONE;
        m.pods[i].terminating &= !none_leaves;
    }
    return !check(&m, &m.pods[slot], node);
}

/*
 * Whether the pod may go to the node without the help of pods that are only assumed, or leaving, which no
 * longer count for spreading: others hear of those when they are confirmed, or gone. It may be help that
 * there is one more, so that each is left out alone, too.
 */
static bool fits_for_sure(const struct sim *s, uint32_t slot, uint32_t node)
{
    for (int32_t i = -1; i < MOST_PODS; i++)
        if ((i < 0 || s->assumed[i]) && !fits_without(s, slot, node, i, false))
            return false;
    return fits_without(s, slot, node, -1, true);
}

/* A node that the pod may go to, as far as the scheduler knows; NULL: none. */
static const char *room_for(struct sim *s, uint32_t slot)
{
    const struct model *m = &s->believed;
    for (uint32_t node = 0; node < m->nodes_len; node++)
        if (!check(m, &m->pods[slot], node) && !is_in_doubt(s, node) && fits_for_sure(s, slot, node))
            return m->nodes[node].name;
    return NULL;
}

static void judge_parked(struct sim *s, uint32_t slot, const struct queued_pod *p)
{
    int64_t since_ns = s->told_ns - s->history[slot].since_ns;
    if (p->gate) {
        if (!is_gated(s, slot, p))
            sim_fails(s, "pod p%u is gated", slot);
        return;
    }
    if (!s->exact && since_ns > (PARKED_SECONDS + LEFTOVER_SECONDS) * (int64_t)SECOND_NS)
        sim_fails(s, "pod p%u is parked for %lld s", slot, (long long)since_ns / SECOND_NS);
    if (!s->exact || s->seen.pods[slot].terminating || hold_rejected(s, p) || s->history[slot].overlooked
        || wants_its_like(&s->believed, &s->believed.pods[slot])
        || judge_volumes_overlooks(&s->believed, &s->believed.pods[slot]))
        return;
    const char *node = room_for(s, slot);
    if (node)
        sim_fails(s, "pod p%u is left parked, but fits on %s", slot, node);
}

static void judge_queued(struct sim *s, uint32_t slot, const struct queued_pod *p)
{
    const struct pod_history *h = &s->history[slot];
    if (p->since_ns != h->since_ns || p->attempts != h->attempts)
        sim_fails(s, "pod p%u: %u attempts, the last %lld ms ago, not %u and %lld ms", slot, p->attempts,
                  (long long)(s->told_ns - p->since_ns) / 1000000, h->attempts,
                  (long long)(s->told_ns - h->since_ns) / 1000000);
    if (p->place != QUEUE_PARKED && is_gated(s, slot, p))
        sim_fails(s, "pod p%u is not gated", slot);
    if (p->place == QUEUE_ACTIVE && rests(s, h) && !h->activated)
        sim_fails(s, "pod p%u is ready %lld ms too early", slot,
                  (long long)(rest_end(h) + SECOND_NS - s->told_ns) / 1000000);
    if (p->place == QUEUE_BACKOFF || p->place == QUEUE_ERROR_BACKOFF)
        judge_backoff(s, slot, p);
    if (p->place == QUEUE_PARKED)
        judge_parked(s, slot, p);
}

/* When something is due for the pod at the latest. */
static int64_t due(const struct sim *s, uint32_t slot, const struct queued_pod *p)
{
    const struct pod_history *h = &s->history[slot];
    bool backs_off = p && (p->place == QUEUE_BACKOFF || p->place == QUEUE_ERROR_BACKOFF);
    if (!p && s->stage[slot] == STAGE_WAITS)
        return s->waits_until_ns[slot];
    if (!p && s->stage[slot] == STAGE_PREPARES)
        return judge_volumes_due(s, slot);
    if (backs_off)
        return rest_end(h) + SECOND_NS;
    if (p && p->place == QUEUE_PARKED && !p->gate && !s->exact)
        return h->since_ns + (PARKED_SECONDS + LEFTOVER_SECONDS) * (int64_t)SECOND_NS;
    return INT64_MAX;
}

void judge_queue_step(struct sim *s)
{
    int64_t next_ns = core_next_ns(s->core);
    if (next_ns <= s->told_ns)
        sim_fails(s, "something was due %lld ms ago", (long long)(s->told_ns - next_ns) / 1000000);
    for (uint32_t slot = 0; slot < MOST_PODS; slot++) {
        const struct pod_entry *entry = s->entries[slot];
        if (!entry)
            continue;
        const struct queued_pod *p =
            queue_find(&s->core->queue, berth_pod_namespace(entry->pod), berth_pod_name(entry->pod));
        if (p)
            judge_queued(s, slot, p);
        if (s->stage[slot] == STAGE_WAITS && s->told_ns >= s->waits_until_ns[slot])
            sim_fails(s, "pod p%u waits too long", slot);
        if (s->told_ns >= judge_volumes_due(s, slot))
            sim_fails(s, "pod p%u waits too long for its volume", slot);
        if (due(s, slot, p) < next_ns)
            sim_fails(s, "nothing is due before %lld ms, but p%u is", (long long)next_ns / 1000000, slot);
    }
}
