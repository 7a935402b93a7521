/* The pods' side of the engine: they come, wait, get nodes, make room and leave. */
#include "sim/run.h"

#include "base/duration.h"
#include "base/hash.h"
#include "sim/drain.h"
#include "sim/series.h"

#include <stdlib.h>

/* ---- pods by name ---- */

/* Namespace and name as a key. Pods with equal 64-bit hashes would be taken for one: not worth a list. */
static uint64_t pod_key(const struct berth_pod *pod)
{
    berth_str name = berth_pod_name(pod);
    return hash_mix(berth_pod_namespace(pod)->hash, hash_bytes(name.ptr, name.len)) | 1;
}

ssize_t run_find(const struct run *r, const struct berth_pod *pod)
{
    const uint64_t *index = map_get(&r->index_of_pod, pod_key(pod));
    return index ? (ssize_t)*index : -1;
}

/* ---- reasons ---- */

static uint64_t reason_key(enum outcome outcome, berth_str text)
{
    return hash_mix(hash_bytes(text.ptr, text.len), outcome) | 1; /* a map's keys are not 0 */
}

/* The index of the reason. Different texts with equal 64-bit hashes would share a row: not worth a list. */
static int32_t reason_of(struct run *r, enum outcome outcome, berth_str text, uint32_t pod)
{
    struct simulation *s = r->result;
    uint64_t key = reason_key(outcome, text);
    const uint64_t *known = map_get(&r->reason_by_text, key);
    if (known)
        return (int32_t)*known;
    char *copy = arena_copy(&s->arena, text.ptr, text.len);
    struct reason reason = {
        .outcome = outcome, .text = {copy, text.len}, .first = pod, .first_ns = r->now_ns};
    if (!copy || vec_push(&s->reasons, reason) < 0
        || map_put(&r->reason_by_text, key, s->reasons.len - 1) < 0)
        return err_nomem(r->err);
    return (int32_t)s->reasons.len - 1;
}

/* What was said of the pod no longer counts. */
static void unsettle(struct run *r, uint32_t index)
{
    struct placement *placement = &r->result->placements[index];
    if (placement->reason < 0)
        return;
    struct reason *reason = &r->result->reasons.at[placement->reason];
    reason->pods--;
    reason->held_ns += r->now_ns - r->pods[index].held_since_ns;
    reason->last_ns = r->now_ns;
    placement->reason = -1;
}

static int fail(struct run *r, uint32_t index, enum outcome outcome, berth_str text)
{
    struct placement *placement = &r->result->placements[index];
    int32_t found = reason_of(r, outcome, text, index);
    if (found < 0)
        return found;
    placement->outcome = outcome;
    if (placement->reason == found)
        return 0;
    unsettle(r, index);
    struct reason *reason = &r->result->reasons.at[found];
    reason->pods++;
    reason->held++;
    placement->reason = found;
    r->pods[index].held_since_ns = r->now_ns;
    if (r->series)
        series_held(r->series, index, found);
    return 0;
}

static int fail_pending(struct run *r, uint32_t index, berth_str message)
{
    size_t known = r->result->reasons.len;
    int code = fail(r, index, OUTCOME_PENDING, message);
    if (code < 0 || !r->watcher || !r->watcher->failed || known == r->result->reasons.len)
        return code;
    struct explanation explanation;
    core_explain(r->core, r->pods[index].pod, &explanation);
    r->watcher->failed(r->watcher->context, r->result->placements[index].reason, &explanation);
    return 0;
}

/* ---- from one place to another ---- */

/* Moves the pod, and counts. */
static void move(struct run *r, uint32_t index, enum whereabouts where, bool tried)
{
    struct run_pod *pod = &r->pods[index];
    r->waiting -= pod->where == POD_WAITING && pod->tried;
    r->on_node -= pod->where == POD_ON_NODE;
    pod->where = where;
    pod->tried = tried;
    r->waiting += where == POD_WAITING && tried;
    r->on_node += where == POD_ON_NODE;
    run_effect(r);
}

static int put(struct run *r, const struct berth_pod *pod)
{
    struct object object = {.kind = OBJECT_POD, .pod = pod};
    return core_put(r->core, &object, r->now_ns += r->step_ns) < 0 ? err_nomem(r->err) : 0;
}

/* The pod is as running on the node since `start_ns` from now on; NULL and 0: it is as new. */
static int set_start(struct run *r, uint32_t index, berth_atom node, int64_t start_ns)
{
    const struct berth_pod *version = pod_started(r->pods[index].pod, node, start_ns);
    if (!version)
        return err_nomem(r->err);
    pod_unref(r->cluster->catalog, r->pods[index].pod);
    r->pods[index].pod = version;
    return 0;
}

/* The kubelet of its node starts the pod, and says so to the second, as a date in its status can. */
static int start(struct run *r, uint32_t index, berth_atom node)
{
    int64_t date_ns = r->now_ns > INT64_MAX - r->epoch_ns ? INT64_MAX : r->epoch_ns + r->now_ns;
    return set_start(r, index, node, date_ns - date_ns % DURATION_SECOND);
}

static int put_on_node(struct run *r, uint32_t index, enum outcome outcome, berth_atom node)
{
    struct placement *placement = &r->result->placements[index];
    unsettle(r, index);
    placement->outcome = outcome;
    placement->node = node;
    move(r, index, POD_ON_NODE, true);
    r->pods[index].stays++;
    if (r->series)
        series_placed(r->series, index, node, r->now_ns);
    return r->placed ? r->placed(r->context, index) : 0;
}

/* The pod is no longer on a node or in the queue. */
static void take_away(struct run *r, uint32_t index, enum whereabouts where)
{
    struct placement *placement = &r->result->placements[index];
    struct object object = {.kind = OBJECT_POD, .pod = r->pods[index].pod};
    core_remove(r->core, &object, r->now_ns += r->step_ns);
    if (r->series && r->pods[index].where == POD_ON_NODE)
        series_node(r->series, placement->node);
    unsettle(r, index);
    move(r, index, where, false);
}

/* What comes with a node runs, since when it says or from now on; what comes without one does not. */
static int set_arrival(struct run *r, uint32_t index)
{
    const struct berth_pod *pod = r->pods[index].pod;
    if (!pod->node_name && pod->start_ns)
        return set_start(r, index, NULL, 0);
    return pod->node_name && !pod->start_ns && r->epoch_ns ? start(r, index, pod->node_name) : 0;
}

int run_arrive(struct run *r, uint32_t index)
{
    ssize_t namesake = run_find(r, r->pods[index].pod);
    if (namesake >= 0 && run_has(r, (uint32_t)namesake))
        return 0;
    if (map_put(&r->index_of_pod, pod_key(r->pods[index].pod), index) < 0)
        return err_nomem(r->err);
    int code = set_arrival(r, index);
    const struct berth_pod *pod = r->pods[index].pod;
    code = code < 0 ? code : put(r, pod);
    if (code < 0)
        return code;
    if (r->series)
        series_arrived(r->series, index, r->now_ns);
    if (pod->node_name)
        return put_on_node(r, index, OUTCOME_BOUND, pod->node_name);
    r->to_place++;
    r->pods[index].came_ns = r->now_ns;
    r->result->placements[index].outcome = OUTCOME_PENDING;
    move(r, index, POD_WAITING, false);
    return 0;
}

void run_leave(struct run *r, uint32_t index, enum outcome outcome)
{
    if (!run_has(r, index))
        return;
    take_away(r, index, POD_GONE);
    struct placement *placement = &r->result->placements[index];
    placement->outcome = outcome;
    placement->node = outcome == OUTCOME_DEPARTED ? placement->node : NULL;
    if (r->series)
        series_gone(r->series, index, r->now_ns);
}

/* The version of the pod that its controller would create: without a node. */
static int create_again(struct run *r, uint32_t index)
{
    int code = set_start(r, index, NULL, 0);
    if (code < 0)
        return code;
    r->pods[index].came_ns = r->now_ns;
    r->result->placements[index].outcome = OUTCOME_PENDING;
    if (r->series)
        series_again(r->series, index, r->now_ns);
    return put(r, r->pods[index].pod);
}

int run_evict(struct run *r, uint32_t index, enum outcome otherwise, berth_str reason)
{
    bool again = r->pods[index].pod->class->owner_name;
    take_away(r, index, again ? POD_WAITING : POD_GONE);
    r->result->placements[index].node = NULL;
    if (again)
        return create_again(r, index);
    if (r->series)
        series_gone(r->series, index, r->now_ns);
    return fail(r, index, otherwise, reason);
}

int run_update(struct run *r, uint32_t index, const struct berth_pod *pod, berth_str json)
{
    struct run_pod *state = &r->pods[index];
    berth_atom node = state->where == POD_ON_NODE ? r->result->placements[index].node : NULL;
    int64_t start_ns = !node ? 0 : pod->start_ns ? pod->start_ns : state->pod->start_ns;
    const struct berth_pod *version = pod_started(pod, node, start_ns);
    if (!version)
        return err_nomem(r->err);
    pod_unref(r->cluster->catalog, state->pod);
    state->pod = version;
    r->result->placements[index].json = json;
    r->updates++;
    run_effect(r);
    if (r->series && node)
        series_node(r->series, node);
    if (r->series && state->where == POD_WAITING && !state->tried)
        series_again(r->series, index, r->now_ns); /* a gate may have held it back: that is no waiting */
    return put(r, version);
}

/* ---- decisions ---- */

/* The core has put the pod on the node; where time passes its start makes another version of it. */
static int place(struct run *r, uint32_t index, berth_atom node)
{
    int code = r->epoch_ns ? start(r, index, node) : 0;
    if (code == 0 && r->epoch_ns)
        code = put(r, r->pods[index].pod);
    return code < 0 ? code : put_on_node(r, index, OUTCOME_PLACED, node);
}

static int settle(struct run *r, uint32_t index, const struct decision *decision)
{
    struct run_pod *pod = &r->pods[index];
    r->result->requeues += pod->tried;
    if (r->series)
        series_tried(r->series, index);
    if (decision->node)
        return place(r, index, decision->node);
    if (!pod->tried)
        move(r, index, POD_WAITING, true);
    return fail_pending(r, index, decision->message);
}

/* Pods that must make room for another one. */
struct victims {
    const struct berth_pod **at; /* malloc'ed, a reference each */
    uint32_t len;
};

/* Takes hold of the victims of a decision, which are the core's until it is called again. */
static int take_victims(struct run *r, const struct decision *decision, struct victims *ret)
{
    ret->len = decision->victims_len;
    ret->at = ret->len ? calloc(ret->len, sizeof(*ret->at)) : NULL;
    if (ret->len && !ret->at)
        return err_nomem(r->err);
    for (uint32_t i = 0; i < ret->len; i++)
        ret->at[i] = pod_ref(decision->victims[i]);
    return 0;
}

static int preempt(struct run *r, const struct berth_pod *victim, berth_str by)
{
    uint32_t index = (uint32_t)run_find(r, victim);
    r->result->preemptions++;
    if (r->series)
        series_preempted(r->series, index);
    return run_evict(r, index, OUTCOME_PREEMPTED, by);
}

/*
 * The victims leave; releases them. The pod is tried before those that come back: with its place already
 * taken by one of them it would preempt again, and so on for ever.
 */
static int make_room(struct run *r, const struct berth_pod *pod, struct victims *victims)
{
    struct buf by = {0};
    int code = 0;
    buf_printf(&by, "preempted by %s/%.*s", berth_pod_namespace(pod)->text, BERTH_FMT(berth_pod_name(pod)));
    for (uint32_t i = 0; i < victims->len; i++) {
        code = code < 0 ? code : preempt(r, victims->at[i], buf_view(&by));
        pod_unref(r->cluster->catalog, victims->at[i]);
    }
    if (victims->len && code == 0)
        core_activate(r->core, pod, r->now_ns);
    free(victims->at);
    buf_fini(&by);
    return code;
}

/* Lets the watcher look before the next attempt. */
static void answer(struct run *r)
{
    ssize_t index =
        r->watcher && r->watcher->asked ? r->watcher->asked(r->watcher->context, r->attempts) : -1;
    if (index < 0)
        return;
    struct explanation explanation;
    core_explain(r->core, r->pods[index].pod, &explanation);
    r->watcher->answered(r->watcher->context, &explanation);
}

static bool decide(struct run *r, struct decision *decision)
{
    answer(r);
    return core_schedule_one(r->core, r->now_ns += r->step_ns, decision);
}

int run_schedule(struct run *r)
{
    struct decision decision;
    int code = 0;
    while (code == 0 && decide(r, &decision)) {
        uint32_t index = (uint32_t)run_find(r, decision.pod);
        if (r->watcher && r->watcher->decided)
            r->watcher->decided(r->watcher->context, r->attempts, index);
        r->attempts++;
        r->done += !r->pods[index].tried;
        struct victims victims;
        code = take_victims(r, &decision, &victims);
        if (code == 0)
            code = settle(r, index, &decision);
        int made = make_room(r, r->pods[index].pod, &victims);
        code = code < 0 ? code : made;
        if (r->watcher && r->watcher->progress)
            r->watcher->progress(r->watcher->context, r->done, r->to_place);
    }
    return code;
}

/* ---- beginning and end ---- */

int run_init(struct run *r, struct core *core, const struct cluster *cluster,
             const struct simulate_watcher *watcher, struct simulation *result, struct err *err)
{
    size_t len = cluster->pods.len;
    *r = (struct run){.core = core, .cluster = cluster, .watcher = watcher, .result = result, .err = err};
    r->pods = calloc(len + 1, sizeof(*r->pods));
    result->placements = arena_alloc(&result->arena, (len + 1) * sizeof(*result->placements));
    if (!r->pods || !result->placements)
        return err_nomem(err);
    for (size_t i = 0; i < len; i++) {
        r->pods[i].pod = pod_ref(cluster->pods.at[i].pod);
        result->placements[i] =
            (struct placement){.outcome = OUTCOME_ABSENT, .reason = -1, .json = cluster->pods.at[i].json};
    }
    return 0;
}

void run_fini(struct run *r)
{
    for (size_t i = 0; r->pods && i < r->cluster->pods.len; i++)
        pod_unref(r->cluster->catalog, r->pods[i].pod);
    free(r->pods);
    r->drains = drains_free(r->drains);
    map_fini(&r->index_of_pod);
    map_fini(&r->reason_by_text);
}

static int leave_to_others(struct run *r, uint32_t index, berth_atom scheduler_name)
{
    struct buf text = {0};
    buf_puts(&text, "no profile has the scheduler name ");
    buf_quote(&text, berth_atom_str(scheduler_name));
    int code = fail(r, index, OUTCOME_OTHERS, buf_view(&text));
    buf_fini(&text);
    return code;
}

/* A pod that never came out of the queue: a gated one, or one of another scheduler. */
static int settle_untried(struct run *r, uint32_t index)
{
    struct explanation explanation;
    const struct berth_pod *pod = r->pods[index].pod;
    core_explain(r->core, pod, &explanation);
    if (!explanation.responsible)
        return leave_to_others(r, index, pod->class->scheduler_name);
    if (explanation.pre_enqueue && explanation.pre_enqueue->len)
        return fail(r, index, OUTCOME_GATED, explanation.pre_enqueue->reasons[0]);
    return fail(r, index, OUTCOME_PENDING, explanation.message);
}

/* The pod's reason has held it back until the end, or, if it never came out of the queue, all the time. */
static void close_reason(struct run *r, uint32_t index)
{
    struct reason *reason = &r->result->reasons.at[r->result->placements[index].reason];
    const struct run_pod *pod = &r->pods[index];
    int64_t since = pod->tried ? pod->held_since_ns : pod->came_ns;
    reason->first_ns = since < reason->first_ns ? since : reason->first_ns;
    reason->last_ns = r->now_ns;
    reason->held_ns += r->now_ns > since ? r->now_ns - since : 0;
}

int run_finish(struct run *r)
{
    int code = drains_finish(r);
    for (uint32_t i = 0; i < r->cluster->pods.len && code == 0; i++) {
        if (r->pods[i].where == POD_WAITING && !r->pods[i].tried)
            code = settle_untried(r, i);
        if (code == 0 && r->pods[i].where == POD_WAITING)
            close_reason(r, i);
        r->result->counts[r->result->placements[i].outcome]++;
    }
    return code;
}
