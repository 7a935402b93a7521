/* The model API server. */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pod *any_pod(struct sim *s)
{
    return &s->truth.pods[sim_below(s, MOST_PODS)];
}

static uint32_t slot_of(const struct sim *s, const struct pod *pod)
{
    return (uint32_t)(pod - s->truth.pods);
}

static void pod_changed(struct sim *s, const struct pod *pod)
{
    watch_send(s, OBJECT_POD, slot_of(s, pod), false);
}

static void remove_pod(struct sim *s, struct pod *pod)
{
    watch_send(s, OBJECT_POD, slot_of(s, pod), true);
    pod->place = GONE;
}

void api_new_pod(struct sim *s)
{
    struct pod *pod = any_pod(s);
    if (pod->place != GONE)
        return;
    *pod = sim_pod(s);
    snprintf(pod->name, sizeof(pod->name), "p%u", slot_of(s, pod));
    pod->namespace =
        s->truth.namespaces[slot_of(s, pod) % 5 % NAMESPACES].name; /* always the same for a name */
    pod->uid = ++s->next_uid;
    pod->place = QUEUED;
    pod->terminating = pod->preempted = false;
    pod->gated = sim_chance(s, 1, 12);
    pod->claim = sim_chance(s, s->claims, 8) ? slot_of(s, pod) % MOST_CLAIMS + 1 : 0;
    pod->nominated = -1;
    pod_changed(s, pod);
}

void api_relabel_pod(struct sim *s)
{
    struct pod *pod = any_pod(s);
    if (pod->place == GONE)
        return;
    pod->labels = s->templates[sim_below(s, s->density.templates)].labels;
    pod_changed(s, pod);
}

void api_open_gate(struct sim *s)
{
    struct pod *pod = any_pod(s);
    if (pod->place == GONE || !pod->gated)
        return;
    pod->gated = false;
    pod_changed(s, pod);
}

/* The pod tolerates every taint now. */
void api_tolerate(struct sim *s)
{
    struct pod *pod = any_pod(s);
    if (pod->place == GONE || pod->tolerations_len == ARRAY_LEN(pod->tolerations) || !sim_chance(s, 1, 4))
        return;
    pod->tolerations[pod->tolerations_len++] = (struct toleration){0};
    pod_changed(s, pod);
}

void api_scale_down(struct sim *s)
{
    struct pod *pod = any_pod(s);
    if (pod->place == GONE)
        return;
    pod->wants.milli_cpu /= 2;
    pod->wants.mebibytes /= 2;
    pod_changed(s, pod);
}

static void start_deletion(struct sim *s, struct pod *pod)
{
    if (pod->terminating)
        return;
    pod->terminating = true;
    pod_changed(s, pod);
}

void api_delete_pod(struct sim *s)
{
    struct pod *pod = any_pod(s);
    if (pod->place == GONE)
        return;
    if (sim_chance(s, 1, 2))
        start_deletion(s, pod);
    else
        remove_pod(s, pod);
}

void api_finish_deletion(struct sim *s)
{
    for (struct pod *pod = s->truth.pods; pod < s->truth.pods + MOST_PODS; pod++)
        if (pod->place != GONE && pod->terminating && (s->calm || sim_chance(s, 1, 3)))
            remove_pod(s, pod);
}

/*
 * Whether the node may go, or become another one. No hint sees that pods that repel others leave a domain
 * with their node, so only empty ones may when all depends on hints.
 */
static bool may_leave(const struct sim *s, uint32_t at)
{
    bool taken = false;
    for (uint32_t i = 0; s->exact && i < MOST_PODS; i++)
        taken |= (s->truth.pods[i].place == PLACED && s->truth.pods[i].node == (int32_t)at)
                 || (s->believed.pods[i].place == PLACED && s->believed.pods[i].node == (int32_t)at);
    return !taken;
}

void api_change_node(struct sim *s)
{
    uint32_t at = sim_below(s, s->truth.nodes_len);
    struct node *node = &s->truth.nodes[at], old = *node;
    random_node(&s->rng, &s->density, node, at);
    if (old.there && (sim_chance(s, 1, 2) || !may_leave(s, at))) { /* only what it offers */
        old.offers = node->offers;
        old.pods = node->pods;
        *node = old;
    }
    watch_send(s, OBJECT_NODE, at, false);
}

void api_remove_node(struct sim *s)
{
    uint32_t at = sim_below(s, s->truth.nodes_len);
    if (!s->truth.nodes[at].there || !may_leave(s, at))
        return;
    watch_send(s, OBJECT_NODE, at, true);
    s->truth.nodes[at].there = false;
}

void api_change_namespace(struct sim *s)
{
    uint32_t at = sim_below(s, NAMESPACES);
    if (s->exact)
        return; /* nobody hears of it */
    bool was = s->truth.namespaces[at].there;
    random_namespace(&s->rng, &s->truth.namespaces[at], at);
    if (was || s->truth.namespaces[at].there)
        watch_send(s, OBJECT_NAMESPACE, at, !s->truth.namespaces[at].there);
}

static void assign(struct sim *s, struct pod *pod, int32_t node)
{
    pod->place = PLACED;
    pod->node = node;
    pod->nominated = -1;
    pod_changed(s, pod);
}

void api_bind_by_others(struct sim *s)
{
    struct pod *pod = any_pod(s);
    uint32_t node = sim_below(s, s->truth.nodes_len);
    bool needs_volume = pod->claim && !s->truth.claims[pod->claim - 1].volume;
    if (pod->place == QUEUED && !pod->terminating && !pod->gated && !needs_volume
        && !check(&s->truth, pod, node))
        assign(s, pod, (int32_t)node);
}

/* ---- what the scheduler asks for ---- */

uint32_t api_uid(const struct berth_pod *pod)
{
    berth_str uid = berth_pod_uid(pod);
    char text[24] = {0};
    memcpy(text, uid.ptr, uid.len < sizeof(text) ? uid.len : sizeof(text) - 1);
    return (uint32_t)strtoul(text + strlen("uid-"), NULL, 10);
}

uint32_t api_pod_slot(struct sim *s, const struct berth_pod *pod)
{
    berth_str name = berth_pod_name(pod);
    uint32_t slot = 0;
    for (uint32_t i = 1; i < name.len; i++) /* p0 to p47 */
        slot = slot * 10 + (uint32_t)(name.ptr[i] - '0');
    if (slot >= MOST_PODS)
        sim_fails(s, "a decision about the unknown pod %.*s", BERTH_FMT(name));
    return slot;
}

int32_t api_node_slot(struct sim *s, berth_atom name)
{
    for (uint32_t i = 0; name && i < s->truth.nodes_len; i++)
        if (strcmp(s->truth.nodes[i].name, name->text) == 0)
            return (int32_t)i;
    if (name)
        sim_fails(s, "a decision for the unknown node %s", name->text);
    return -1;
}

/* The pod as it is now, NULL when this one is gone. */
static struct pod *current(struct sim *s, const struct berth_pod *pod)
{
    struct pod *now = &s->truth.pods[api_pod_slot(s, pod)];
    return now->place != GONE && now->uid == api_uid(pod) ? now : NULL;
}

static void nominate(struct sim *s, const struct berth_pod *pod, int32_t node)
{
    struct pod *now = current(s, pod);
    if (!now || now->place == PLACED || now->nominated == node)
        return;
    now->nominated = node;
    pod_changed(s, now);
}

static void delete_victim(struct sim *s, const struct berth_pod *victim)
{
    struct pod *now = current(s, victim);
    if (!now)
        return;
    s->preempted++;
    if (now->terminating)
        return;
    now->preempted = true;
    start_deletion(s, now);
}

void api_carry_out(struct sim *s, const struct decision *d)
{
    bool fails = d->victims_len > 0 && !s->calm && sim_chance(s, 1, 10);
    for (uint32_t i = 0; i < d->victims_len && !fails; i++)
        delete_victim(s, d->victims[i]);
    for (uint32_t i = 0; i < d->outranked_len; i++)
        nominate(s, d->outranked[i], -1);
    if (d->nominated_node)
        nominate(s, d->pod, api_node_slot(s, d->nominated_node));
    else if (d->clears_nomination)
        nominate(s, d->pod, -1);
    if (fails) {
        const struct berth_pod *pod = pod_ref(d->pod);
        judge_queue_activated(s, api_pod_slot(s, pod));
        core_activate(s->core, pod, sim_tell_time(s));
        pod_unref(s->catalog, pod);
    }
}

/* The API server's answer to a bind: NULL is yes. */
static const char *bind(struct sim *s, const struct bind *b)
{
    struct pod *now = current(s, b->pod);
    if (!s->calm && sim_chance(s, 1, 8))
        return "the server is busy";
    if (!now)
        return "pod not found";
    if (now->terminating)
        return "pod is being deleted, cannot be assigned to a host";
    if (now->place == PLACED)
        return "pod is already assigned to a node";
    assign(s, now, b->node);
    return !s->calm && sim_chance(s, 1, 16) ? "the connection was lost" : NULL;
}

/* What the driver says of a placement, at times twice: that counts once. */
static void answer(struct sim *s, const struct bind *b, const char *error)
{
    berth_str text = error ? berth_str_of(error) : (berth_str){0};
    for (int times = sim_chance(s, 1, 8) ? 2 : 1; times > 0; times--) {
        if (b->preparing)
            core_prepared(s->core, b->pod, b->placement, text, sim_tell_time(s));
        else
            core_bound(s->core, b->pod, b->placement, text, sim_tell_time(s));
    }
    sim_take_decisions(s);
}

static void end_preparing(struct sim *s, const struct bind *b)
{
    const char *error = !s->calm && sim_chance(s, 1, 8) ? "no volume" : NULL;
    if (!error && b->claim)
        error = api_write_claim(s, b);
    if (!error && !s->calm && sim_chance(s, 1, 16))
        error = "the connection was lost";
    sim_tell(s, "  prepare p%u uid-%u: %s\n", b->slot, b->uid, error ? error : "done");
    while (b->claim && sim_chance(s, 1, 2) && watch_deliver(s)) {
    }
    s->gifts[b->slot].prepared |= !error && s->assumed[b->slot] == b->uid;
    answer(s, b, error);
}

static void end_bind(struct sim *s, const struct bind *b)
{
    const char *error = bind(s, b);
    sim_tell(s, "  bind p%u uid-%u: %s\n", b->slot, b->uid, error ? error : "done");
    while (sim_chance(s, 1, 2) && watch_deliver(s)) {
    }
    if (!error && s->assumed[b->slot] == b->uid)
        s->told_bound[b->slot] = b->uid;
    s->bound += !error;
    s->failed_binds += error != NULL;
    answer(s, b, error);
}

/* The bind is answered, or never will be: unless that comes late. */
static void put_away(struct sim *s, const struct bind *b)
{
    if (vec_push(&s->answered, *b) < 0)
        sim_fails(s, "out of memory");
}

void api_answer_bind(struct sim *s, size_t at)
{
    struct bind b = s->binds.at[at];
    s->binds.at[at] = s->binds.at[--s->binds.len];
    put_away(s, &b);
    if (b.preparing)
        end_preparing(s, &b);
    else
        end_bind(s, &b);
}

void api_answer_late(struct sim *s)
{
    if (s->answered.len == 0)
        return;
    size_t at = sim_below(s, (uint32_t)s->answered.len);
    struct bind b = s->answered.at[at];
    s->answered.at[at] = s->answered.at[--s->answered.len];
    bool fails = sim_chance(s, 1, 2);
    sim_tell(s, "  late answer about p%u uid-%u: %s\n", b.slot, b.uid, fails ? "failed" : "done");
    answer(s, &b, fails ? "too late" : NULL);
    pod_unref(s->catalog, b.pod);
}

void api_stop_preparing(struct sim *s, const struct berth_pod *pod)
{
    for (size_t i = s->binds.len; i-- > 0;)
        if (s->binds.at[i].preparing && s->binds.at[i].uid == api_uid(pod)) {
            put_away(s, &s->binds.at[i]);
            s->binds.at[i] = s->binds.at[--s->binds.len];
        }
}

void api_drop_binds(struct sim *s)
{
    for (size_t i = 0; i < s->binds.len; i++)
        pod_unref(s->catalog, s->binds.at[i].pod);
    for (size_t i = 0; i < s->answered.len; i++)
        pod_unref(s->catalog, s->answered.at[i].pod);
    s->binds.len = s->answered.len = 0;
}
