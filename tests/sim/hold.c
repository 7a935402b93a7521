/* A plugin that makes pods wait, gives PreBind work to do, and fails at every point. */
#include "sim.h"

/* The history that is being played: plugins are handed nothing of it. */
static struct sim *playing;

static bool fails_now(uint32_t among)
{
    return !playing->calm && sim_chance(playing, 1, among);
}

static berth_verdict reserve(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    playing->reserved++;
    return fails_now(24) ? berth_reject(c, BERTH_UNSCHEDULABLE, "reserved by others") : BERTH_PASS;
}

static void unreserve(const struct berth_cycle *c, uint32_t node)
{
    (void)c, (void)node;
    playing->reserved--;
}

static berth_verdict permit(const struct berth_cycle *c, uint32_t node, int64_t *ret_timeout_ns)
{
    (void)node;
    uint32_t slot = api_pod_slot(playing, c->pod), answer = playing->calm ? 9 : sim_below(playing, 16);
    *ret_timeout_ns = (1 + (int64_t)sim_below(playing, 1200)) * SECOND_NS;
    if (answer < 5) {
        int64_t most_ns = 15 * 60 * (int64_t)SECOND_NS;
        playing->waits_until_ns[slot] =
            playing->now_ns + (*ret_timeout_ns < most_ns ? *ret_timeout_ns : most_ns);
        return berth_reject(c, BERTH_WAIT, "wait");
    }
    return answer == 5 ? berth_reject(c, BERTH_UNSCHEDULABLE, "not permitted") : BERTH_PASS;
}

static berth_verdict pre_bind_pre_flight(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    if (fails_now(48))
        return berth_reject(c, BERTH_ERROR, "nobody knows");
    return sim_chance(playing, 1, 3) ? BERTH_PASS : BERTH_SKIPPED;
}

static berth_verdict pre_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    return fails_now(12) ? berth_reject(c, BERTH_ERROR, "pre-bind failed") : BERTH_PASS;
}

static void post_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)c, (void)node;
    playing->reserved--;
}

/* A pod that leaves its node because it was rejected must not be woken by that: this would. */
static enum berth_hint after_pod_deleted(const struct berth_cycle *c, const struct berth_change *change)
{
    const struct berth_pod *gone = change->old_object;
    return berth_hint_if(gone->node_name && berth_same_pod(c->pod, gone));
}

/* The first means nothing to other plugins. */
static const struct berth_registration events[] = {
    {{BERTH_ON_RESOURCE_SLICE, BERTH_DELETE}, NULL},
    {{BERTH_ON_POD, BERTH_DELETE}, after_pod_deleted},
};

const struct berth_plugin hold_plugin = {
    .abi = BERTH_ABI,
    .size = sizeof(struct berth_plugin),
    .name = "Hold",
    .reserve = reserve,
    .unreserve = unreserve,
    .permit = permit,
    .pre_bind_pre_flight = pre_bind_pre_flight,
    .pre_bind = pre_bind,
    .post_bind = post_bind,
    .events = events,
    .events_len = ARRAY_LEN(events),
};

void hold_plays(struct sim *s)
{
    playing = s;
}

void hold_release(struct sim *s)
{
    struct berth_change change = {events[0].event, NULL, NULL};
    queue_event(&s->core->queue, &change, INT32_MAX, s->now_ns);
}

bool hold_rejected(const struct sim *s, const struct queued_pod *p)
{
    const struct profile *profile = s->core->profiles[p->profile];
    for (uint32_t i = 0; i < profile->instances_len; i++)
        if (profile->instances[i].plugin == &hold_plugin)
            return queued_pod_rejectors(p) >> i & 1;
    return false;
}
