/* The run without time: everything is there at once, and each thing that happens takes a nanosecond. */
#include "sim/simulate.h"

#include "sim/claims.h"
#include "sim/drain.h"
#include "sim/run.h"
#include "sim/series.h"

#include <stdlib.h>

static int put(struct core *core, enum object_kind kind, const void *any, int64_t now_ns, struct err *err)
{
    struct object object = {.kind = kind, .any = any};
    return core_put(core, &object, now_ns) < 0 ? err_nomem(err) : 0;
}

int simulate_objects(struct core *core, const struct cluster *cluster, int64_t step_ns, int64_t *now_ns,
                     struct err *err)
{
    int code = 0;
    for (size_t i = 0; i < cluster->objects.len && code == 0; i++) {
        const struct object *object = &cluster->objects.at[i];
        code = put(core, object->kind, object->any, *now_ns += step_ns, err);
    }
    return code;
}

/* The same without those that are yet to be made. */
static int put_present(struct core *core, const struct cluster *cluster, int64_t *now_ns, struct err *err)
{
    int code = 0;
    for (size_t i = 0, left_out = 0; i < cluster->objects.len && code == 0; i++) {
        const struct object *object = &cluster->objects.at[i];
        if (left_out < cluster->to_make.len && cluster->to_make.at[left_out] == i)
            left_out++;
        else
            code = put(core, object->kind, object->any, ++*now_ns, err);
    }
    return code;
}

int simulate_setting(struct core *core, const struct cluster *cluster, bool doubt_pending, int64_t *now_ns,
                     struct err *err)
{
    int code = put_present(core, cluster, now_ns, err);
    for (size_t i = 0; i < cluster->pods.len && code == 0; i++) {
        const struct berth_pod *pod = cluster->pods.at[i].pod;
        if (pod->node_name && !(doubt_pending && cluster->pods.at[i].pending))
            code = put(core, OBJECT_POD, pod, ++*now_ns, err);
    }
    return code;
}

/* The pods that are there, all bound or all not. */
static int arrive(struct run *r, bool bound)
{
    int code = 0;
    for (uint32_t i = 0; i < r->cluster->pods.len && code == 0; i++) {
        const struct cluster_pod *pod = &r->cluster->pods.at[i];
        if (!pod->spare_of && (pod->pod->node_name != NULL) == bound)
            code = run_arrive(r, i);
    }
    return code;
}

static int all_at_once(struct run *r, bool pending)
{
    int code = simulate_objects(r->core, r->cluster, r->step_ns, &r->now_ns, r->err);
    code = code < 0 ? code : arrive(r, true);
    code = code < 0 ? code : claims_settle(r->core, r->cluster, r->step_ns, &r->now_ns, r->err);
    code = code < 0 || !pending ? code : arrive(r, false);
    for (size_t i = 0; i < r->cluster->changes.len && code == 0; i++)
        code = run_change(r, &r->cluster->changes.at[i]);
    code = code < 0 ? code : run_schedule(r);
    while (code == 0 && (code = drains_retry(r)) > 0)
        code = run_schedule(r);
    return code < 0 ? code : run_finish(r);
}

static int run_at_once(struct core *core, const struct cluster *cluster, bool pending,
                       const struct simulate_watcher *watcher, struct simulation *s, struct err *err)
{
    struct run r;
    int code = run_init(&r, core, cluster, watcher, s, err);
    r.step_ns = 1;
    code = code < 0 ? code : all_at_once(&r, pending);
    run_fini(&r);
    return code;
}

int simulate(struct core *core, const struct cluster *cluster, const struct simulate_watcher *watcher,
             struct simulation *s, struct err *err)
{
    return run_at_once(core, cluster, true, watcher, s, err);
}

int simulate_bound(struct core *core, const struct cluster *cluster, struct simulation *s, struct err *err)
{
    return run_at_once(core, cluster, false, NULL, s, err);
}

uint32_t simulation_unplaced(const struct simulation *s)
{
    return s->counts[OUTCOME_PENDING] + s->counts[OUTCOME_GATED] + s->counts[OUTCOME_PREEMPTED]
           + s->counts[OUTCOME_EVICTED] + s->counts[OUTCOME_OTHERS];
}

bool simulation_succeeded(const struct simulation *s)
{
    return simulation_unplaced(s) == 0 && s->refused == 0;
}

uint32_t simulation_pods(const struct simulation *s)
{
    uint32_t pods = 0;
    for (uint32_t i = 0; i < OUTCOME_ABSENT; i++)
        pods += s->counts[i];
    return pods;
}

void simulation_fini(struct simulation *s)
{
    s->series = series_free(s->series);
    vec_fini(&s->reasons);
    arena_fini(&s->arena);
}
