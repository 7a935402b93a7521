/*
 * What must hold. `believed` is what a scheduler must believe: what it has seen, and its own decisions until
 * the watch or their failure supersedes them.
 */
#include "sim.h"

/* ---- decisions ---- */

static void believe_seen(struct sim *s, uint32_t slot)
{
    s->believed.pods[slot] = s->seen.pods[slot];
    s->believed.pods[slot].nominated = -1; /* promises bind nobody here */
    s->assumed[slot] = 0;
    s->waits[slot] = false;
}

void judge_seen_pod(struct sim *s, uint32_t slot)
{
    const struct pod *pod = &s->seen.pods[slot];
    bool same = pod->place != GONE && s->assumed[slot] == pod->uid;
    bool leaves = pod->terminating && !s->believed.pods[slot].terminating;
    if (same && pod->place == QUEUED && !leaves)
        return; /* it stays assumed as it was */
    believe_seen(s, slot);
}

static void judge_placement(struct sim *s, const struct decision *d, uint32_t slot)
{
    struct pod *pod = &s->believed.pods[slot];
    int32_t node = api_node_slot(s, d->node);
    uint32_t uid = api_uid(d->pod);
    if (s->told_bound[slot] == uid)
        sim_fails(s, "pod p%u is bound twice", slot);
    if (s->waits[slot] && s->assumed[slot] == uid) {
        s->waits[slot] = d->waiting;
        return; /* it waited on its node until now */
    }
    if (s->assumed[slot] == uid)
        sim_fails(s, "pod p%u is placed while it is assumed", slot);
    if (pod->place == GONE || pod->uid != uid) {
        if (d->waiting)
            sim_fails(s, "pod p%u waits, but is gone", slot);
        return;
    }
    if (pod->place == PLACED)
        return; /* others were faster while it waited: the API server will refuse */
    const char *why = check(&s->believed, pod, (uint32_t)node);
    if (why)
        sim_fails(s, "pod p%u was placed on %s: %s", slot, d->node->text, why);
    pod->place = PLACED;
    pod->node = node;
    s->assumed[slot] = uid;
    s->waits[slot] = d->waiting;
}

void judge_attempt(struct sim *s, const struct decision *d)
{
    uint32_t slot = api_pod_slot(s, d->pod);
    if (s->errors_of[slot] == api_uid(d->pod) && s->now_ns < s->rests_until_ns[slot])
        sim_fails(s, "pod p%u is tried again %lld ms too early", slot,
                  (long long)(s->rests_until_ns[slot] - s->now_ns) / 1000000);
}

/* After an error a pod rests: one second, then two, then four ..., but not more than ten; ends are whole
 * seconds. */
static void judge_error(struct sim *s, const struct decision *d, uint32_t slot)
{
    enum { MOST_SECONDS = 10 };
    const int64_t second = 1000000000;
    if (s->errors_of[slot] != api_uid(d->pod))
        s->errors[slot] = 0;
    s->errors_of[slot] = api_uid(d->pod);
    s->errors[slot] = d->error ? s->errors[slot] + 1 : 0;
    uint32_t doublings = s->errors[slot] > 5 ? 4 : s->errors[slot] - 1;
    int64_t seconds = !d->error ? 0 : 1 << doublings > MOST_SECONDS ? MOST_SECONDS : 1 << doublings;
    s->rests_until_ns[slot] = d->error ? (s->now_ns + seconds * second) / second * second : 0;
}

void judge_decision(struct sim *s, const struct decision *d)
{
    uint32_t slot = api_pod_slot(s, d->pod), uid = api_uid(d->pod);
    if (d->node)
        judge_placement(s, d, slot);
    else if (s->assumed[slot] == uid)
        believe_seen(s, slot);
    if (!d->node && d->message.len == 0)
        sim_fails(s, "pod p%u failed without a message", slot);
    if (!d->node && !d->skipped)
        judge_error(s, d, slot);
    if (d->skipped)
        s->skipped[slot] = uid;
}

/* ---- any time ---- */

static void judge_sums(struct sim *s)
{
    const struct berth_nodes *nodes = core_nodes(s->core);
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!nodes->node[slot])
            continue;
        int32_t node = api_node_slot(s, nodes->node[slot]->name);
        int64_t cpu = 0, memory = 0, pods = 0;
        for (const struct pod *pod = s->believed.pods; pod < s->believed.pods + MOST_PODS; pod++)
            if (pod->place == PLACED && pod->node == node) {
                cpu += pod->wants.milli_cpu;
                memory += pod->wants.mebibytes << 20;
                pods++;
            }
        if (cpu != nodes->used[BERTH_CPU][slot] || memory != nodes->used[BERTH_MEMORY][slot]
            || pods != nodes->used[BERTH_PODS][slot]) {
            for (uint32_t i = 0; i < nodes->pods[slot].len; i++)
                sim_tell(s, "  there: %.*s uid-%u\n", BERTH_FMT(berth_pod_name(nodes->pods[slot].at[i])),
                         api_uid(nodes->pods[slot].at[i]));
            sim_fails(s, "node %s: the scheduler counts %lld pods, not %lld", nodes->node[slot]->name->text,
                      (long long)nodes->used[BERTH_PODS][slot], (long long)pods);
        }
    }
}

/* The entry of a pod; NULL: the scheduler does not know it. */
static const struct pod_entry *entry_of(const struct sim *s, const struct pod *pod)
{
    berth_atom namespace = atoms_intern(catalog_atoms(s->catalog), berth_str_of(pod->namespace));
    return pod_index_find(&s->core->cache.pods, namespace, berth_str_of(pod->name));
}

/* A pod is in exactly one place: nowhere, on a node, in a queue, or on its way to a node. */
static void judge_place(struct sim *s, uint32_t slot)
{
    const struct pod *seen = &s->seen.pods[slot];
    const struct pod_entry *entry = seen->uid ? entry_of(s, seen) : NULL;
    if ((entry != NULL) != (seen->place != GONE))
        sim_fails(s, "pod p%u is %s", slot, entry ? "known, but gone" : "not known");
    if (!entry)
        return;
    if (api_uid(entry->pod) != seen->uid)
        sim_fails(s, "pod p%u is an older one", slot);
    const struct queued_pod *queued =
        queue_find(&s->core->queue, berth_pod_namespace(entry->pod), berth_pod_name(entry->pod));
    const struct binding *binding = binding_find(s->core, entry->pod);
    bool on_the_way = binding && (binding->held || binding->queued);
    if (seen->place == PLACED ? queued != NULL
                              : (s->assumed[slot] == seen->uid) != (binding && binding->held))
        sim_fails(s, "pod p%u is %s", slot, queued ? "assigned and queued" : "not assumed as it should be");
    bool dropped = seen->terminating && s->skipped[slot] == seen->uid;
    if (seen->place == QUEUED && !dropped && (queued != NULL) + on_the_way != 1)
        sim_fails(s, "pod p%u is in %d places", slot, (queued != NULL) + on_the_way);
}

void judge_step(struct sim *s)
{
    if (!core_ok(s->core))
        sim_fails(s, "core_ok() says no");
    for (uint32_t slot = 0; slot < MOST_PODS; slot++)
        judge_place(s, slot);
    judge_sums(s);
}

/* ---- the end ---- */

/*
 * kube-scheduler's hints do not see that a pod becomes the first of its group when the last of the others goes:
 * when a pod is deleted InterPodAffinity asks about anti-affinity alone.
 */
static bool may_be_overlooked(const struct sim *s, const struct pod *pod)
{
    return s->exact && wants_its_like(&s->truth, pod);
}

void judge_end(struct sim *s)
{
    judge_step(s);
    if (s->core->bindings.len > 0 || s->reserved != 0)
        sim_fails(s, "%zu bindings and %lld reservations are left", s->core->bindings.len,
                  (long long)s->reserved);
    for (uint32_t slot = 0; slot < MOST_PODS; slot++) {
        const struct pod *pod = &s->truth.pods[slot];
        if (pod->place != QUEUED || pod->terminating || may_be_overlooked(s, pod))
            continue;
        for (uint32_t node = 0; node < s->truth.nodes_len; node++)
            if (!check(&s->truth, pod, node))
                sim_fails(s, "pod p%u starves: it fits on %s", slot, s->truth.nodes[node].name);
    }
}
