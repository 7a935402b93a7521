/*
 * The run with time. The clock jumps to whatever comes first: a departure, an arrival, a change, or something
 * that the core does by the clock.
 *
 * The core's part never ends while a pod waits, as it tries all waiting pods again every few minutes. A retry
 * is determined by the state it meets, so once all of them were tried since something last changed, it is not
 * waited for any more: the clock jumps to the next event, or the run is over.
 */
#include "sim/run.h"

#include "base/duration.h"
#include "sim/claims.h"
#include "sim/departures.h"
#include "sim/drain.h"
#include "sim/series.h"

#include <stdlib.h>

/*
 * After this time without any effect every waiting pod was tried again: it waits 300 s at
 * most, and 30 s for its turn.
 */
static const int64_t quiet_ns = 330 * DURATION_SECOND;

struct clock {
    struct run run;
    struct departures departures;
    uint32_t *arrivals; /* indices of pods by time of arrival, malloc'ed */
    size_t arrivals_len, next_arrival, next_change;
    int64_t end_ns; /* as far as known */
};

/* ---- what is to come ---- */

static int by_arrival(const void *a, const void *b, void *context)
{
    const struct cluster_pod *pods = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (pods[i].arrival_ns != pods[j].arrival_ns)
        return pods[i].arrival_ns < pods[j].arrival_ns ? -1 : 1;
    bool i_bound = pods[i].pod->node_name, j_bound = pods[j].pod->node_name;
    if (i_bound != j_bound)
        return i_bound ? -1 : 1;
    return (i > j) - (i < j);
}

static void later(int64_t *end_ns, int64_t from_ns, int64_t duration_ns)
{
    int64_t end = duration_ns == FOR_EVER ? from_ns : from_ns + duration_ns;
    *end_ns = end > *end_ns ? end : *end_ns;
}

static int plan(struct clock *k)
{
    const struct cluster *cluster = k->run.cluster;
    k->arrivals = calloc(cluster->pods.len + 1, sizeof(*k->arrivals));
    if (!k->arrivals)
        return err_nomem(k->run.err);
    for (uint32_t i = 0; i < cluster->pods.len; i++) {
        const struct cluster_pod *pod = &cluster->pods.at[i];
        if (pod->spare_of)
            continue;
        k->arrivals[k->arrivals_len++] = i;
        later(&k->end_ns, pod->arrival_ns, pod->duration_ns);
    }
    qsort_r(k->arrivals, k->arrivals_len, sizeof(*k->arrivals), by_arrival, cluster->pods.at);
    if (cluster->changes.len)
        later(&k->end_ns, cluster->changes.at[cluster->changes.len - 1].at_ns, 0);
    return 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_arrival(const struct clock *k)
{
    return k->next_arrival < k->arrivals_len
               ? k->run.cluster->pods.at[k->arrivals[k->next_arrival]].arrival_ns
               : INT64_MAX;
}

static int64_t next_change(const struct clock *k)
{
    const struct cluster *cluster = k->run.cluster;
    return k->next_change < cluster->changes.len ? cluster->changes.at[k->next_change].at_ns : INT64_MAX;
}

/* When the next thing happens; INT64_MAX: nothing more will. */
static int64_t next_moment(struct clock *k)
{
    int64_t event = least(departures_next(&k->departures), least(next_arrival(k), next_change(k)));
    event = least(event, drains_next_ns(&k->run));
    int64_t retry = core_next_ns(k->run.core);
    bool quiet = retry > k->run.effect_ns + quiet_ns;
    return quiet ? event : least(event, retry);
}

/* ---- one moment ---- */

static int on_placed(void *context, uint32_t index)
{
    struct clock *k = context;
    const struct cluster_pod *pod = &k->run.cluster->pods.at[index];
    if (pod->duration_ns == FOR_EVER)
        return 0;
    int64_t ends_ns = k->run.now_ns + pod->duration_ns;
    later(&k->end_ns, ends_ns, 0);
    return departures_add(&k->departures, ends_ns, index, k->run.pods[index].stays) < 0
               ? err_nomem(k->run.err)
               : 0;
}

static void depart(struct clock *k)
{
    struct departure d;
    while (departures_take(&k->departures, k->run.now_ns, &d)) {
        const struct run_pod *pod = &k->run.pods[d.pod];
        if (pod->where == POD_ON_NODE && pod->stays == d.stay)
            run_leave(&k->run, d.pod, OUTCOME_DEPARTED);
    }
}

static int live_through(struct clock *k, int64_t now_ns)
{
    struct run *r = &k->run;
    int code = 0;
    r->now_ns = now_ns;
    core_tick(r->core, now_ns);
    depart(k);
    while (code == 0 && next_arrival(k) <= now_ns)
        code = run_arrive(r, k->arrivals[k->next_arrival++]);
    while (code == 0 && next_change(k) <= now_ns)
        code = run_change(r, &r->cluster->changes.at[k->next_change++]);
    if (code == 0 && drains_next_ns(r) <= now_ns)
        code = drains_retry(r);
    if (code >= 0)
        code = run_schedule(r);
    if (code == 0 && series_sample(r->series, r->core, now_ns, r->waiting, r->on_node) < 0)
        code = err_nomem(r->err);
    if (r->watcher && r->watcher->passed)
        r->watcher->passed(r->watcher->context, now_ns, k->end_ns);
    return code;
}

/* ---- from the beginning to the end ---- */

/* The date of time 0: every pod that has started so far did so before it. */
static int64_t epoch(const struct cluster *cluster)
{
    int64_t latest_ns = 0;
    for (size_t i = 0; i < cluster->pods.len; i++)
        if (cluster->pods.at[i].pod->start_ns > latest_ns)
            latest_ns = cluster->pods.at[i].pod->start_ns;
    int64_t left_ns = INT64_MAX - latest_ns;
    return latest_ns - latest_ns % DURATION_SECOND + (left_ns < DURATION_SECOND ? 0 : DURATION_SECOND);
}

static int run_clock(struct clock *k)
{
    struct run *r = &k->run;
    int code = plan(k);
    if (code < 0)
        return code;
    r->series = r->result->series = series_new(r->cluster->pods.len, k->end_ns);
    if (!r->series)
        return err_nomem(r->err);
    code = simulate_objects(r->core, r->cluster, r->step_ns, &r->now_ns, r->err);
    code = code < 0 ? code : claims_settle(r->core, r->cluster, r->step_ns, &r->now_ns, r->err);
    series_nodes_changed(r->series);
    for (int64_t now = 0; code == 0 && now < INT64_MAX; now = next_moment(k))
        code = live_through(k, now);
    r->now_ns = r->effect_ns;
    if (code == 0)
        code = run_finish(r);
    if (code == 0 && series_end(r->series, r->now_ns) < 0)
        code = err_nomem(r->err);
    return code;
}

int simulate_timeline(struct core *core, const struct cluster *cluster,
                      const struct simulate_watcher *watcher, struct simulation *s, struct err *err)
{
    struct clock k = {0};
    struct simulate_watcher quiet = watcher ? *watcher : (struct simulate_watcher){0};
    quiet.progress = NULL; /* of many moments, each would begin anew */
    int code = run_init(&k.run, core, cluster, &quiet, s, err);
    k.run.epoch_ns = epoch(cluster);
    k.run.placed = on_placed;
    k.run.context = &k;
    code = code < 0 ? code : run_clock(&k);
    run_fini(&k.run);
    departures_fini(&k.departures);
    free(k.arrivals);
    return code;
}
