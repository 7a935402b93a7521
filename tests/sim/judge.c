/*
 * What must hold. `believed` is what a scheduler must believe: what it has seen, and its own decisions until
 * the watch or their failure supersedes them.
 */
#include "sim.h"

#include <string.h>

/* Looks up all pods. */
static void find_entries(struct sim *s)
{
    for (uint32_t slot = 0; slot < MOST_PODS; slot++) {
        const struct pod *pod = &s->seen.pods[slot];
        berth_atom namespace =
            pod->uid ? atoms_find(catalog_atoms(s->catalog), berth_str_of(pod->namespace)) : NULL;
        s->entries[slot] =
            namespace ? pod_index_find(&s->core->cache.pods, namespace, berth_str_of(pod->name)) : NULL;
    }
}

/* ---- decisions ---- */

/* Nominations are the scheduler's own: what is believed of them is what it believes. */
static void believe_nominations(struct sim *s)
{
    for (uint32_t slot = 0; slot < MOST_PODS; slot++) {
        struct pod *pod = &s->believed.pods[slot];
        const struct pod_entry *entry = s->entries[slot];
        bool pending = entry && pod->place == QUEUED;
        berth_atom node = pending ? nominator_node(&s->core->queue.nominator, entry->pod) : NULL;
        pod->nominated = api_node_slot(s, node);
    }
    judge_volumes_believe(s);
}

static void believe_seen(struct sim *s, uint32_t slot)
{
    s->believed.pods[slot] = s->seen.pods[slot];
    s->assumed[slot] = 0;
    s->stage[slot] = STAGE_NONE;
    s->gifts[slot] = (struct gift){0};
}

void judge_seen_pod(struct sim *s, uint32_t slot, const struct berth_pod *object, int32_t was_nominated)
{
    const struct pod *pod = &s->seen.pods[slot];
    judge_queue_seen(s, slot, object, was_nominated);
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
    enum stage stage = d->waiting ? STAGE_WAITS : d->preparing ? STAGE_PREPARES : STAGE_BINDS;
    if (s->assumed[slot] == uid) {
        if (stage <= s->stage[slot] || pod->node != node)
            sim_fails(s, "pod p%u is placed while it is assumed", slot);
        if (stage == STAGE_BINDS)
            judge_volumes_bound(s, slot);
        s->stage[slot] = stage;
        return; /* it was on its way to that node */
    }
    if (pod->place == GONE || pod->uid != uid) {
        if (d->waiting)
            sim_fails(s, "pod p%u waits, but is gone", slot);
        return;
    }
    if (s->attempting && (d->nominated_node != NULL) != (stage < STAGE_BINDS))
        sim_fails(s, "pod p%u is %sannounced", slot, d->nominated_node ? "" : "not ");
    if (!s->attempting)
        return; /* it has lost its node meanwhile: the API server will refuse */
    const char *why = check(&s->before, &s->before.pods[slot], (uint32_t)node);
    if (why)
        sim_fails(s, "pod p%u was placed on %s: %s", slot, d->node->text, why);
    pod->place = PLACED;
    pod->node = node;
    s->assumed[slot] = uid;
    s->stage[slot] = stage;
}

static bool says(const struct decision *d, const char *text)
{
    return memmem(d->message.ptr, d->message.len, text, strlen(text)) != NULL;
}

/* What the scheduler believes of the pod's nomination after an attempt. */
static void judge_nomination(struct sim *s, const struct decision *d, uint32_t slot)
{
    /* The second is an error of PostFilter where no node was looked at: it decides nothing. */
    bool kept = !d->node && (says(d, "not eligible") || says(d, "\" not found. not found"));
    int32_t want = kept ? s->seen.pods[slot].nominated : d->node ? -1 : api_node_slot(s, d->nominated_node);
    if (s->believed.pods[slot].nominated != want)
        sim_fails(s, "pod p%u is nominated to number %d, not %d", slot, s->believed.pods[slot].nominated,
                  want);
}

void judge_begin(struct sim *s)
{
    find_entries(s);
    believe_nominations(s);
    s->before = s->believed;
    s->attempting = true;
}

void judge_attempt(struct sim *s, const struct decision *d)
{
    uint32_t slot = api_pod_slot(s, d->pod);
    const struct pod *pod = &s->believed.pods[slot];
    if (pod->place != QUEUED || pod->uid != api_uid(d->pod) || pod->gated)
        sim_fails(s, "pod p%u is tried, but %s", slot, pod->gated ? "gated" : "not pending");
    if (pod->terminating != d->skipped)
        sim_fails(s, "pod p%u is %s", slot, d->skipped ? "skipped" : "tried, but leaving");
    judge_queue_tried(s, slot);
    judge_volumes_tried(s, slot);
    if (d->skipped)
        return;
    find_entries(s);
    believe_nominations(s);
    judge_nomination(s, d, slot);
    judge_queue_preempts(s, d, slot);
    judge_preemption(s, d, slot);
}

void judge_attempted(struct sim *s)
{
    for (uint32_t slot = 0; slot < MOST_PODS; slot++)
        if ((s->stopped >> slot & 1) && s->assumed[slot])
            sim_fails(s, "pod p%u was to be stopped, but keeps its node", slot);
    s->stopped = 0;
}

void judge_decision(struct sim *s, const struct decision *d)
{
    uint32_t slot = api_pod_slot(s, d->pod), uid = api_uid(d->pod);
    judge_volumes_failed(s, d, slot);
    if (d->node)
        judge_placement(s, d, slot);
    else if (s->assumed[slot] == uid && s->seen.pods[slot].nominated >= 0 && !d->clears_nomination)
        sim_fails(s, "pod p%u goes on naming its node", slot);
    else if (s->assumed[slot] == uid)
        believe_seen(s, slot);
    if (!d->node && d->message.len == 0)
        sim_fails(s, "pod p%u failed without a message", slot);
    if (!d->node && !d->skipped)
        judge_queue_failed(s, d, slot);
    if (d->skipped) {
        s->skipped[slot] = uid;
        s->history[slot].uid = 0; /* forgotten, until it is shown again */
    }
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

/* A pod is in exactly one place: nowhere, on a node, in a queue, or on its way to a node. */
static void judge_place(struct sim *s, uint32_t slot)
{
    const struct pod *seen = &s->seen.pods[slot];
    const struct pod_entry *entry = s->entries[slot];
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
    find_entries(s);
    for (uint32_t slot = 0; slot < MOST_PODS; slot++)
        judge_place(s, slot);
    judge_sums(s);
    believe_nominations(s);
    judge_volumes_step(s);
    judge_queue_step(s);
}

/* ---- the end ---- */

/*
 * kube-scheduler's hints do not see that a pod becomes the first of its group when the last of the others
 * goes: when a pod is deleted InterPodAffinity asks about anti-affinity alone.
 */
static bool may_be_overlooked(const struct sim *s, const struct pod *pod)
{
    return s->exact
           && (wants_its_like(&s->truth, pod) || judge_volumes_overlooks(&s->truth, pod)
               || s->history[pod - s->truth.pods].overlooked);
}

void judge_end(struct sim *s)
{
    judge_step(s);
    if (s->core->bindings.len > 0 || s->reserved != 0)
        sim_fails(s, "%zu bindings and %lld reservations are left", s->core->bindings.len,
                  (long long)s->reserved);
    for (uint32_t slot = 0; slot < MOST_PODS; slot++) {
        const struct pod *pod = &s->truth.pods[slot];
        if (pod->place != QUEUED || pod->terminating)
            continue;
        if (pod->nominated != s->believed.pods[slot].nominated)
            sim_fails(s, "pod p%u is nominated to number %d, the scheduler thinks %d", slot, pod->nominated,
                      s->believed.pods[slot].nominated);
        if (pod->gated || may_be_overlooked(s, pod))
            continue;
        for (uint32_t node = 0; node < s->truth.nodes_len; node++)
            if (!check(&s->truth, pod, node))
                sim_fails(s, "pod p%u starves: it fits on %s", slot, s->truth.nodes[node].name);
    }
}
