/* The simulator's loop. A map leads from the namespace and name of a pod back to its place in the input. */
#include "sim/simulate.h"

#include "base/hash.h"
#include "base/map.h"
#include "sim/claims.h"

#include <stdlib.h>

struct run {
    struct core *core;
    const struct cluster *cluster;
    const struct simulate_watcher *watcher;
    struct simulation *result;
    struct map index_of_pod;   /* pod_key() -> index of the cluster's pods */
    uint32_t pending;          /* pods of the input without a node */
    struct map reason_by_text; /* hash of outcome and text -> index of a reason */
    int64_t now_ns;
    struct err *err;
};

static int put(struct core *core, enum object_kind kind, const void *any, int64_t *now_ns, struct err *err)
{
    struct object object = {.kind = kind, .any = any};
    return core_put(core, &object, ++*now_ns) < 0 ? err_nomem(err) : 0;
}

int simulate_setting(struct core *core, const struct cluster *cluster, bool doubt_pending, int64_t *now_ns,
                     struct err *err)
{
    for (size_t i = 0; i < cluster->objects.len; i++) {
        const struct object *object = &cluster->objects.at[i];
        if (put(core, object->kind, object->any, now_ns, err) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < cluster->pods.len; i++) {
        const struct berth_pod *pod = cluster->pods.at[i].pod;
        bool bound = pod->node_name && !(doubt_pending && cluster->pods.at[i].pending);
        if (bound && put(core, OBJECT_POD, pod, now_ns, err) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Namespace and name as a key. Pods with equal 64-bit hashes would be taken for one: not worth a list. */
static uint64_t pod_key(const struct berth_pod *pod)
{
    berth_str name = berth_pod_name(pod);
    return hash_mix(berth_pod_namespace(pod)->hash, hash_bytes(name.ptr, name.len)) | 1;
}

static uint32_t index_of(const struct run *r, const struct berth_pod *pod)
{
    return (uint32_t)*map_get(&r->index_of_pod, pod_key(pod));
}

static int put_pending(struct run *r)
{
    for (size_t i = 0; i < r->cluster->pods.len; i++) {
        const struct berth_pod *pod = r->cluster->pods.at[i].pod;
        struct placement *placement = &r->result->placements[i];
        placement->reason = -1;
        placement->node = pod->node_name;
        placement->outcome = pod->node_name ? OUTCOME_BOUND : OUTCOME_OTHERS;
        if (map_put(&r->index_of_pod, pod_key(pod), i) < 0)
            return err_nomem(r->err);
        if (pod->node_name)
            continue;
        r->pending++;
        int code = put(r->core, OBJECT_POD, pod, &r->now_ns, r->err);
        if (code < 0)
            return code;
    }
    return 0;
}

static uint64_t reason_key(enum outcome outcome, berth_str text)
{
    return hash_mix(hash_bytes(text.ptr, text.len), outcome) | 1; /* a map's keys are not 0 */
}

/* The index of the reason. Different texts with equal 64-bit hashes would share a row: not worth a list. */
static int32_t reason_of(struct run *r, enum outcome outcome, berth_str text, uint32_t pod)
{
    struct simulation *s = r->result;
    uint64_t key = reason_key(outcome, text);
    uint64_t *known = map_get(&r->reason_by_text, key);
    if (known) {
        s->reasons.at[*known].pods++;
        return (int32_t)*known;
    }
    char *copy = arena_copy(&s->arena, text.ptr, text.len);
    struct reason reason = {outcome, {copy, text.len}, 1, pod};
    if (!copy || vec_push(&s->reasons, reason) < 0
        || map_put(&r->reason_by_text, key, s->reasons.len - 1) < 0)
        return err_nomem(r->err);
    return (int32_t)s->reasons.len - 1;
}

static int fail(struct run *r, uint32_t index, enum outcome outcome, berth_str text)
{
    struct placement *placement = &r->result->placements[index];
    placement->outcome = outcome;
    placement->reason = reason_of(r, outcome, text, index);
    return placement->reason < 0 ? placement->reason : 0;
}

static void show_failure(struct run *r, uint32_t index)
{
    int32_t reason = r->result->placements[index].reason;
    if (!r->watcher || !r->watcher->failed || r->result->reasons.at[reason].pods > 1)
        return;
    struct explanation explanation;
    core_explain(r->core, r->cluster->pods.at[index].pod, &explanation);
    r->watcher->failed(r->watcher->context, reason, &explanation);
}

/* An earlier decision about the pod no longer counts. */
static void unsettle(struct run *r, struct placement *placement)
{
    if (placement->reason >= 0)
        r->result->reasons.at[placement->reason].pods--;
    placement->reason = -1;
}

static int settle(struct run *r, uint32_t index, const struct decision *decision)
{
    unsettle(r, &r->result->placements[index]);
    if (decision->node) {
        r->result->placements[index].outcome = OUTCOME_PLACED;
        r->result->placements[index].node = decision->node;
        return 0;
    }
    int code = fail(r, index, OUTCOME_PENDING, decision->message);
    if (code == 0)
        show_failure(r, index);
    return code;
}

/* The pod as its controller would create it again: without a node. */
static int create_again(struct run *r, const struct berth_pod *pod)
{
    const struct berth_pod *fresh = pod_on_node(pod, NULL);
    if (!fresh)
        return err_nomem(r->err);
    int code = put(r->core, OBJECT_POD, fresh, &r->now_ns, r->err);
    pod_unref(r->cluster->catalog, fresh);
    return code;
}

static int preempt(struct run *r, const struct berth_pod *victim, berth_str by)
{
    uint32_t index = index_of(r, victim);
    struct placement *placement = &r->result->placements[index];
    struct object object = {.kind = OBJECT_POD, .pod = victim};
    core_remove(r->core, &object, ++r->now_ns);
    unsettle(r, placement);
    r->result->preemptions++;
    placement->node = NULL;
    placement->outcome = OUTCOME_PENDING;
    return victim->class->owner_name ? create_again(r, victim) : fail(r, index, OUTCOME_PREEMPTED, by);
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

/* The victims leave; releases them. */
static int make_room(struct run *r, const struct berth_pod *pod, struct victims *victims)
{
    struct buf by = {0};
    int code = 0;
    buf_printf(&by, "preempted by %s/%.*s", berth_pod_namespace(pod)->text, BERTH_FMT(berth_pod_name(pod)));
    for (uint32_t i = 0; i < victims->len; i++) {
        code = code < 0 ? code : preempt(r, victims->at[i], buf_view(&by));
        pod_unref(r->cluster->catalog, victims->at[i]);
    }
    free(victims->at);
    buf_fini(&by);
    return code;
}

static int drain(struct run *r)
{
    uint32_t total = r->pending, done = 0;
    struct decision decision;
    int code = 0;
    while (code == 0 && core_schedule_one(r->core, ++r->now_ns, &decision)) {
        uint32_t index = index_of(r, decision.pod);
        done += r->result->placements[index].outcome == OUTCOME_OTHERS; /* else it is tried again */
        struct victims victims;
        code = take_victims(r, &decision, &victims);
        if (code == 0)
            code = settle(r, index, &decision);
        int made = make_room(r, decision.pod, &victims);
        code = code < 0 ? code : made;
        if (r->watcher && r->watcher->progress)
            r->watcher->progress(r->watcher->context, done, total);
    }
    return code;
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

/* Pods that never came out of the queue: gated ones, and those of other schedulers. */
static int settle_rest(struct run *r)
{
    int code = 0;
    for (size_t i = 0; i < r->cluster->pods.len && code == 0; i++) {
        const struct berth_pod *pod = r->cluster->pods.at[i].pod;
        if (r->result->placements[i].outcome != OUTCOME_OTHERS)
            continue;
        struct explanation explanation;
        core_explain(r->core, pod, &explanation);
        if (!explanation.responsible)
            code = leave_to_others(r, (uint32_t)i, pod->class->scheduler_name);
        else if (explanation.pre_enqueue && explanation.pre_enqueue->len)
            code = fail(r, (uint32_t)i, OUTCOME_GATED, explanation.pre_enqueue->reasons[0]);
        else
            code = fail(r, (uint32_t)i, OUTCOME_PENDING, explanation.message);
    }
    return code;
}

static void count_outcomes(struct simulation *s, size_t pods)
{
    for (size_t i = 0; i < pods; i++)
        s->counts[s->placements[i].outcome]++;
}

int simulate(struct core *core, const struct cluster *cluster, const struct simulate_watcher *watcher,
             struct simulation *s, struct err *err)
{
    struct run r = {.core = core, .cluster = cluster, .watcher = watcher, .result = s, .err = err};
    s->placements = arena_alloc(&s->arena, (cluster->pods.len + 1) * sizeof *s->placements);
    if (!s->placements)
        return err_nomem(err);
    int code = simulate_setting(core, cluster, false, &r.now_ns, err);
    if (code == 0)
        code = claims_settle(core, cluster, &r.now_ns, err);
    if (code == 0)
        code = put_pending(&r);
    if (code == 0)
        code = drain(&r);
    if (code == 0)
        code = settle_rest(&r);
    if (code == 0)
        count_outcomes(s, cluster->pods.len);
    map_fini(&r.index_of_pod);
    map_fini(&r.reason_by_text);
    return code;
}

void simulation_fini(struct simulation *s)
{
    vec_fini(&s->reasons);
    arena_fini(&s->arena);
}
