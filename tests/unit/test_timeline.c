/* Time in simulations: when pods are placed, wait, leave and come back, to the nanosecond. */
#include "cmd/report.h"
#include "doc_text.h"
#include "session_text.h"
#include "sim/series.h"
#include "sim/simulate.h"

#define NODE(name, cpu)                                                                                      \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {kubernetes.io/hostname: " name    \
    "}}, status: {allocatable: {cpu: '" cpu "', memory: 64Gi, pods: '10'}}}\n"
#define TIMES(arrival, departure)                                                                            \
    "annotations: {berth.dev/arrival-seconds: '" arrival "', berth.dev/departure-seconds: '" departure "'}"
#define CONTAINER(cpu) "containers: [{name: c, image: i, resources: {requests: {cpu: '" cpu "'}}}]"
#define POD(name, metadata, spec, cpu)                                                                       \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", " metadata "}, spec: {" spec CONTAINER(     \
        cpu) "}}\n"
#define OWNED "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, controller: true}]"
#define REPELLED_BY_LOW                                                                                      \
    "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "           \
    "kubernetes.io/hostname, labelSelector: {matchLabels: {app: low}}}]}}, "
#define WORKLOAD(kind, name, replicas, cpu)                                                                  \
    "---\n{apiVersion: apps/v1, kind: " kind ", metadata: {name: " name "}, spec: {replicas: " replicas      \
    ", selector: {matchLabels: {app: " name "}}, template: {metadata: {labels: {app: " name                  \
    "}}, spec: {" CONTAINER(cpu) "}}}}\n"
#define DAEMON(name, cpu)                                                                                    \
    "---\n{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: " name "}, spec: {"                        \
    "selector: {matchLabels: {app: " name "}}, template: {metadata: {labels: {app: " name                    \
    "}}, spec: {" CONTAINER(cpu) "}}}}\n"

struct simulated {
    struct session session;
    struct wishes wishes;
    struct simulation simulation;
    struct doc timeline;
};

/* Runs the manifests and the timeline (YAML); ends the test when that fails. */
static struct simulated *run(const char *name, const char *manifests, const char *timeline, bool timed)
{
    struct simulated *s = calloc(1, sizeof(*s));
    struct err err = {0};
    s->timeline = doc_of(berth_str_of(timeline), DOC_YAML);
    int code = wishes_of_yaml(&s->wishes, &s->timeline, &err);
    if (code == 0)
        code = session_of(&s->session, manifests,
                          (struct session_options){.timed = timed, .wishes = &s->wishes}, &err);
    if (code == 0 && timed)
        code = simulate_timeline(s->session.core, &s->session.cluster, NULL, &s->simulation, &err);
    else if (code == 0)
        code = simulate(s->session.core, &s->session.cluster, NULL, &s->simulation, &err);
    if (code < 0)
        fail_msg("%s: %s", name, err_text(&err));
    return s;
}

static void end(struct simulated *s)
{
    simulation_fini(&s->simulation);
    session_close(&s->session);
    wishes_fini(&s->wishes);
    doc_end(&s->timeline);
    free(s);
}

static const char *const outcomes[OUTCOME_COUNT] = {
    [OUTCOME_BOUND] = "bound",     [OUTCOME_PLACED] = "placed",     [OUTCOME_PENDING] = "pending",
    [OUTCOME_GATED] = "gated",     [OUTCOME_OTHERS] = "others",     [OUTCOME_PREEMPTED] = "preempted",
    [OUTCOME_EVICTED] = "evicted", [OUTCOME_DEPARTED] = "departed", [OUTCOME_DELETED] = "deleted",
    [OUTCOME_ABSENT] = "absent",
};

static void add_time(struct buf *b, const char *what, int64_t ns)
{
    if (ns >= 0)
        buf_printf(b, " %s %g", what, (double)ns / 1e9);
}

/* "NAME OUTCOME on NODE at ARRIVAL waited SECONDS left TIME tries N", a line a pod. */
static void show(struct buf *b, const struct simulated *s)
{
    for (size_t i = 0; i < s->session.cluster.pods.len; i++) {
        const struct placement *p = &s->simulation.placements[i];
        buf_printf(b, "%.*s %s", BERTH_FMT(berth_pod_name(s->session.cluster.pods.at[i].pod)),
                   outcomes[p->outcome]);
        if (p->node)
            buf_printf(b, " on %s", p->node->text);
        if (s->simulation.series && p->outcome != OUTCOME_ABSENT) {
            const struct pod_history *h = &s->simulation.series->pods[i];
            add_time(b, "at", h->arrival_ns);
            add_time(b, "waited", h->placed_ns < 0 ? -1 : h->placed_ns - h->arrival_ns);
            add_time(b, "left", h->gone_ns);
            buf_printf(b, " tries %u", h->attempts);
        }
        buf_char(b, '\n');
    }
}

struct row {
    const char *name, *manifests, *timeline, *pods;
};

static void check_rows(const struct row *rows, size_t len, bool timed)
{
    for (size_t i = 0; i < len; i++) {
        struct simulated *s = run(rows[i].name, rows[i].manifests, rows[i].timeline, timed);
        struct buf pods = {0};
        show(&pods, s);
        CHECK_STR(buf_view(&pods), rows[i].pods, rows[i].name);
        CHECK(core_ok(s->session.core), rows[i].name);
        buf_fini(&pods);
        end(s);
    }
}

static void pods_come_and_go(void **state)
{
    static const struct row rows[] = {
        {"a pod comes when it arrives and leaves when it departs",
         NODE("a", "1") POD("p", TIMES("10", "70.5"), "", "1"), "",
         "p departed on a at 10 waited 0 left 70.5 tries 1\n"},
        {"one that does not fit waits until another one leaves, and then runs its whole time",
         NODE("a", "1") POD("p", TIMES("0", "10"), "", "1") POD("q", TIMES("4", "5"), "", "1"), "",
         "p departed on a at 0 waited 0 left 10 tries 1\n"
         "q departed on a at 4 waited 6 left 11 tries 2\n"},
        {"what departs makes room for what arrives at that moment",
         NODE("a", "1") POD("p", TIMES("0", "10"), "", "1") POD("q", TIMES("10", "20"), "", "1"), "",
         "p departed on a at 0 waited 0 left 10 tries 1\n"
         "q departed on a at 10 waited 0 left 20 tries 1\n"},
        {"a pod that runs no time at all was there all the same",
         NODE("a", "1") POD("p", TIMES("3", "3"), "", "1"), "",
         "p departed on a at 3 waited 0 left 3 tries 1\n"},
        {"a bound pod arrives on its node, and leaves it",
         NODE("a", "1") POD("p", TIMES("5", "9"), "nodeName: a, ", "1") POD("q", TIMES("6", "7"), "", "1"),
         "",
         "p departed on a at 5 waited 0 left 9 tries 0\n"
         "q departed on a at 6 waited 3 left 10 tries 2\n"},
        {"of two pods the one that came first is placed first",
         NODE("a", "1") POD("p", TIMES("2", "3"), "", "1") POD("q", TIMES("1", "4"), "", "1"), "",
         "p departed on a at 2 waited 2 left 5 tries 2\n"
         "q departed on a at 1 waited 0 left 4 tries 1\n"},
        {"a pod that fits nowhere is tried once more, and ends the run",
         NODE("a", "1") POD("p", TIMES("7", "9"), "", "2"), "", "p pending at 7 tries 2\n"},
        {"without an arrival a pod is there from the start, without a departure it stays",
         NODE("a", "2") POD("p", "", "", "1"), "[{at: 100, delete: po/p}]",
         "p deleted at 0 waited 0 left 100 tries 1\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
}

static void the_core_has_its_time(void **state)
{
    static const struct row rows[] = {
        {"leftovers are tried again after five minutes, at the next half minute",
         NODE("a", "1") POD("p", TIMES("10", "20"), "", "2") POD("q", TIMES("1000", "1001"), "", "1"), "",
         "p pending at 10 tries 5\n" /* at 10, 330 and 1000; when q leaves at 1001, and once more at 1320 */
         "q departed on a at 1000 waited 0 left 1001 tries 1\n"},
        {"a pod whose attempt ended in an error backs off until the second after 1 s, then 2 s, is over",
         NODE("a", "1") NODE(
             "b",
             "1") "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {affinity: {"
                  "nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {"
                  "matchExpressions: [{key: app, operator: Gt, values: [x]}]}}]}}, " CONTAINER("1") "}}\n",
         "[{at: 4.5, update: {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeName: c, " CONTAINER(
             "1") "}}}]",
         "p placed on b at 0 waited 5 tries 3\n" /* at 0, 2 and 5 */},
        {"an update that no plugin asked for is noticed with the leftovers",
         NODE("a", "1") "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {nodeSelector: {x: "
                        "z}, " CONTAINER("1") "}}\n",
         "[{at: 4.5, update: {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {" CONTAINER("1") "}}}]",
         "p placed on a at 0 waited 330 tries 2\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
}

static void nodes_come_and_go(void **state)
{
    static const struct row rows[] = {
        {"a node that is added wakes who waits", NODE("a", "1") POD("p", TIMES("1", "50"), "", "2"),
         "[{at: 10, add: {apiVersion: v1, kind: Node, "
         "metadata: {name: b}, status: {allocatable: {cpu: '2', memory: 1Gi, pods: '9'}}}}]",
         "p departed on b at 1 waited 9 left 59 tries 2\n"},
        {"who is drained and has a controller comes back, and runs its whole time anew; others are gone for "
         "good",
         NODE("a", "2") POD("p", OWNED ", " TIMES("0", "30"), "", "1") POD("q", "", "nodeName: a, ", "1"),
         "[{at: 10, drain: a}, {at: 20, add: {apiVersion: v1, kind: Node, metadata: {name: b}, "
         "status: {allocatable: {cpu: '2', memory: 1Gi, pods: '9'}}}}]",
         "p departed on b at 0 waited 0 left 50 tries 3\n"
         "q evicted at 0 waited 0 left 10 tries 0\n"},
        {"pods of DaemonSets stay on a node that is drained, and go with one that fails",
         NODE("a", "2") NODE("b", "2") DAEMON("d", "1"), "[{at: 10, drain: a}, {at: 20, fail: b}]",
         "d-a placed on a at 0 waited 0 tries 1\n"
         "d-b deleted at 0 waited 0 left 20 tries 1\n"},
        {"a node that is added gets its pod of each DaemonSet", NODE("a", "2") DAEMON("d", "1"),
         "[{at: 10, add: {apiVersion: v1, kind: Node, metadata: {name: b}, "
         "status: {allocatable: {cpu: '2', memory: 1Gi, pods: '9'}}}}]",
         "d-a placed on a at 0 waited 0 tries 1\n"
         "d-b placed on b at 10 waited 0 tries 1\n"},
        {"a node that comes back gets another one", NODE("a", "2") DAEMON("d", "1"),
         "[{at: 10, delete: no/a}, {at: 20, add: {apiVersion: v1, kind: Node, "
         "metadata: {name: a}, status: {allocatable: {cpu: '2', memory: 1Gi, pods: '9'}}}}]",
         "d-a deleted at 0 waited 0 left 10 tries 1\n"
         "d-a placed on a at 20 waited 0 tries 1\n"},
        {"a node that grows wakes who waits", NODE("a", "1") POD("p", TIMES("1", "50"), "", "2"),
         "[{at: 3.25, update: {apiVersion: v1, kind: Node, "
         "metadata: {name: a}, status: {allocatable: {cpu: '2', memory: 1Gi, pods: '9'}}}}]",
         "p departed on a at 1 waited 2.25 left 52.25 tries 2\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
}

static void workloads_grow_and_shrink(void **state)
{
    static const struct row rows[] = {
        {"scaled up, new pods come; scaled down, those without a node leave first, then the last ones",
         NODE("a", "3") WORKLOAD("ReplicaSet", "w", "2", "1"),
         "[{at: 10, scale: rs/w=4}, {at: 20, scale: rs/w=3}, {at: 30, scale: rs/w=1}]",
         "w-0 placed on a at 0 waited 0 tries 1\n"
         "w-1 deleted at 0 waited 0 left 30 tries 1\n"
         "w-2 deleted at 10 waited 0 left 30 tries 1\n"
         "w-3 deleted at 10 left 20 tries 1\n"},
        {"pods of a StatefulSet leave from the last on, and come back under their names",
         NODE("a", "9") WORKLOAD("StatefulSet", "w", "3", "1"),
         "[{at: 10, scale: sts/w=1}, {at: 20, scale: sts/w=2}]",
         "w-0 placed on a at 0 waited 0 tries 1\n"
         "w-1 deleted at 0 waited 0 left 10 tries 1\n"
         "w-2 deleted at 0 waited 0 left 10 tries 1\n"
         "w-1 placed on a at 20 waited 0 tries 1\n"},
        {"a Deployment without pods can be scaled up, and is deleted with its pods",
         NODE("a", "9") WORKLOAD("Deployment", "w", "0", "1"),
         "[{at: 10, scale: deployment/w=1}, {at: 20, delete: deploy/w}]",
         "w-9hnqfb-0 deleted at 10 waited 0 left 20 tries 1\n"},
        {"a pod that is deleted but has a controller comes back", NODE("a", "1") POD("p", OWNED, "", "1"),
         "[{at: 10, delete: pod/p}]", "p placed on a at 0 waited 0 tries 2\n"},
        {"a workload that is added brings its pods", NODE("a", "1"),
         "[{at: 5, add: {apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: "
         "{" CONTAINER("1") "}}}}}]",
         "j-0 placed on a at 5 waited 0 tries 1\n"},
        {"a pod that was deleted can be added again", NODE("a", "1") POD("p", "", "", "1"),
         "[{at: 10, delete: po/p}, {at: 20, add: {apiVersion: v1, kind: Pod, "
         "metadata: {name: p}, spec: {" CONTAINER("1") "}}}]",
         "p deleted at 0 waited 0 left 10 tries 1\n"
         "p placed on a at 20 waited 0 tries 1\n"},
        {"a pod does not come when one of its name is there", NODE("a", "1") POD("p", OWNED, "", "1"),
         "[{at: 10, delete: po/p}, {at: 20, add: {apiVersion: v1, kind: Pod, "
         "metadata: {name: p}, spec: {" CONTAINER("1") "}}}]",
         "p placed on a at 0 waited 0 tries 2\np absent\n"},
        {"the ReplicaSet of a cluster's Deployment is scaled",
         NODE("a", "9") "---\n{apiVersion: apps/v1, kind: Deployment, metadata: {name: w, uid: d}, spec: "
                        "{template: {}}}\n"
                        "---\n{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: w-1, uid: r, "
                        "ownerReferences: "
                        "[{kind: Deployment, name: w, controller: true}]}, spec: {replicas: 1, selector: "
                        "{matchLabels: {app: w}}, "
                        "template: {metadata: {labels: {app: w}}, spec: {" CONTAINER(
                            "1") "}}}}\n"
                                 "---\n{apiVersion: v1, kind: Pod, metadata: {name: w-1-xyz, uid: p, "
                                 "ownerReferences: [{apiVersion: apps/v1, "
                                 "kind: ReplicaSet, name: w-1, uid: r, controller: true}]}, spec: {nodeName: "
                                 "a, " CONTAINER("1") "}}\n",
         "[{at: 10, scale: deploy/w=2}, {at: 20, scale: deploy/w=1}]",
         "w-1-xyz bound on a at 0 waited 0 tries 0\n"
         "w-1-0 deleted at 10 waited 0 left 20 tries 1\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
}

static void what_if(void **state)
{
    static const struct row rows[] = {
        {"changes at the beginning come before the first decision",
         NODE("a", "1") NODE("b", "2") WORKLOAD("ReplicaSet", "w", "1", "1"),
         "[{at: 0, fail: b}, {at: 0, scale: rs/w=2}]", "w-0 placed on a\nw-1 pending\n"},
        {"of a workload that grew and shrank at once, nobody notices",
         NODE("a", "1") WORKLOAD("ReplicaSet", "w", "1", "1"),
         "[{at: 0, scale: rs/w=3}, {at: 0, scale: rs/w=1}]", "w-0 placed on a\nw-1 deleted\nw-2 deleted\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), false);
}

/* ---- who has to go: of equal priority the pod that started last ---- */

#define ARRIVES(arrival) "annotations: {berth.dev/arrival-seconds: '" arrival "'}"
#define ON(node) "nodeSelector: {kubernetes.io/hostname: " node "}, "
#define BOUND_TO(node) "nodeName: " node ", "
#define STARTED(name, metadata, spec, cpu, date)                                                             \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", " metadata "}, spec: {" spec CONTAINER(     \
        cpu) "}, status: {startTime: '" date "'}}\n"
#define TWO_NODES NODE("a", "1") NODE("b", "1")
#define HIGH POD("high", ARRIVES("10"), "priority: 9, ", "1")
#define BESIDE_ANCHOR                                                                                        \
    "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "               \
    "kubernetes.io/hostname, labelSelector: {matchLabels: {app: anchor}}}]}}, "

static void of_equal_pods_the_youngest_goes(void **state)
{
    static const struct row rows[] = {
        {"of two that were placed the later one",
         TWO_NODES POD("p", ARRIVES("0"), ON("a"), "1") POD("q", ARRIVES("5"), ON("b"), "1") HIGH, "",
         "p placed on a at 0 waited 0 tries 1\n"
         "q preempted at 5 waited 0 left 10 tries 1\n"
         "high placed on b at 10 waited 0 tries 2\n"},
        {"wherever it is",
         TWO_NODES POD("p", ARRIVES("5"), ON("a"), "1") POD("q", ARRIVES("0"), ON("b"), "1") HIGH, "",
         "p preempted at 5 waited 0 left 10 tries 1\n"
         "q placed on b at 0 waited 0 tries 1\n"
         "high placed on a at 10 waited 0 tries 2\n"},
        {"it counts when a pod was placed, not when it came",
         TWO_NODES POD("first", TIMES("0", "4"), ON("a"), "1") POD("p", ARRIVES("1"), ON("a"), "1")
             POD("q", ARRIVES("2"), ON("b"), "1") HIGH,
         "",
         "first departed on a at 0 waited 0 left 4 tries 1\n"
         "p preempted at 1 waited 3 left 10 tries 2\n"
         "q placed on b at 2 waited 0 tries 1\n"
         "high placed on a at 10 waited 0 tries 2\n"},
        {"one that comes with its node starts then",
         TWO_NODES POD("p", ARRIVES("5"), BOUND_TO("a"), "1") POD("q", ARRIVES("0"), ON("b"), "1") HIGH, "",
         "p preempted at 5 waited 0 left 10 tries 0\n"
         "q placed on b at 0 waited 0 tries 1\n"
         "high placed on a at 10 waited 0 tries 2\n"},
        {"or did before, if it says so",
         TWO_NODES STARTED("p", ARRIVES("5"), BOUND_TO("a"), "1", "2026-01-01T00:00:00Z")
             POD("q", ARRIVES("0"), ON("b"), "1") HIGH,
         "",
         "p bound on a at 5 waited 0 tries 0\n"
         "q preempted at 0 waited 0 left 10 tries 1\n"
         "high placed on b at 10 waited 0 tries 2\n"},
        {"one that comes back is young again",
         TWO_NODES POD("p", OWNED ", " ARRIVES("0"), ON("a"), "1") POD("q", ARRIVES("2"), ON("b"), "1") HIGH,
         "- {at: 5, delete: {kind: Pod, name: p}}",
         "p pending at 0 waited 0 tries 4\n"
         "q placed on b at 2 waited 0 tries 1\n"
         "high placed on a at 10 waited 0 tries 2\n"},
        {"one that is updated stays as old as it is",
         TWO_NODES POD("p", ARRIVES("0"), ON("a"), "1") POD("q", ARRIVES("5"), ON("b"), "1") HIGH,
         "- {at: 7, update: {apiVersion: v1, kind: Pod, metadata: {name: p, labels: {app: new}}, spec: {" ON(
             "a") CONTAINER("1") "}}}",
         "p placed on a at 0 waited 0 tries 1\n"
         "q preempted at 5 waited 0 left 10 tries 1\n"
         "high placed on b at 10 waited 0 tries 2\n"},
        {"a date beyond the end of time is the last one",
         TWO_NODES STARTED("p", ARRIVES("0"), BOUND_TO("a"), "1", "9999-12-31T23:59:59Z")
             POD("q", ARRIVES("5"), ON("b"), "1") POD("high", ARRIVES("10"), "priority: 9, " ON("b"), "1"),
         "",
         "p bound on a at 0 waited 0 tries 0\n"
         "q preempted at 5 waited 0 left 10 tries 1\n"
         "high placed on b at 10 waited 0 tries 2\n"},
    };
    /* The pods of a run without time start at one moment, after all others. */
    static const struct row at_once[] = {
        {"a pod that was placed goes before one that was there, whatever its status says",
         NODE("a", "3") STARTED("p", "", "", "1", "2020-01-01T00:00:00Z")
             STARTED("q", "", BOUND_TO("a"), "1", "2021-01-01T00:00:00Z")
                 POD("high", "", "priority: 9, " BESIDE_ANCHOR, "1")
                     POD("anchor", "labels: {app: anchor}", "priority: 9, ", "1"),
         "",
         "p preempted\n"
         "q bound on a\n"
         "high placed on a\n"
         "anchor placed on a\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
    check_rows(at_once, ARRAY_LEN(at_once), false);
}

static void preempted_pods_come_back(void **state)
{
    static const struct row rows[] = {
        {"a pod that made room waits until it finds room, and then runs anew",
         NODE("a", "1") POD("low", OWNED ", " TIMES("0", "30"), "priority: 1, ", "1")
             POD("high", TIMES("10", "15"), "priority: 9, ", "1"),
         "",
         "low departed on a at 0 waited 0 left 45 tries 3\n"
         "high departed on a at 10 waited 0 left 15 tries 2\n"},
        {"one that does not mind who is nominated for its node still comes after the pod it made room for",
         NODE("a", "2") POD("low", OWNED ", labels: {app: low}, " TIMES("0", "30"), "priority: 1, ", "1")
             POD("high", TIMES("10", "15"), "priority: 9, " REPELLED_BY_LOW, "1"),
         "",
         "low departed on a at 0 waited 0 left 45 tries 3\n"
         "high departed on a at 10 waited 0 left 15 tries 2\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
    struct simulated *s = run(rows[0].name, rows[0].manifests, "", true);
    const struct series *series = s->simulation.series;
    assert_int_equal(s->simulation.preemptions, 1);
    assert_int_equal(series->pods[0].preempted, 1);
    assert_int_equal(series->waits.len, 3); /* 0 and 5 s of the one, 0 of the other */
    assert_int_equal(series_wait(series, 1), 5000000000);
    end(s);
}

static void reasons_know_when(void **state)
{
    struct simulated *s = run("",
                              NODE("a", "1") POD("p", TIMES("0", "10"), "", "1")
                                  POD("q", TIMES("4", "5"), "", "1") POD("r", TIMES("6", "8"), "", "1")
                                      POD("g", TIMES("2", "3"), "schedulingGates: [{name: g}], ", "1"),
                              "", true);
    const struct simulation *sim = &s->simulation;
    (void)state;
    assert_int_equal(sim->reasons.len, 2);
    const struct reason *full = &sim->reasons.at[0], *gate = &sim->reasons.at[1];
    assert_int_equal(full->held, 2);
    assert_int_equal(full->pods, 0);
    assert_int_equal(full->first_ns, 4000000000);
    assert_int_equal(full->last_ns, 11000000000);
    assert_int_equal(full->held_ns, 6000000000 + 5000000000);
    assert_int_equal(gate->first_ns, 2000000000);
    assert_int_equal(gate->last_ns, 13000000000); /* the end: r leaves */
    assert_int_equal(gate->held_ns, 11000000000);
    assert_int_equal(sim->series->pods[2].reason, 0);
    end(s);
}

/* ---- what is kept of it ---- */

/* Pods that come one a second, and run for half a second each. */
static void add_many(struct buf *b, uint32_t pods)
{
    buf_puts(b, NODE("a", "2"));
    for (uint32_t i = 0; i < pods; i++)
        buf_printf(b,
                   "---\n{apiVersion: v1, kind: Pod, metadata: {name: p-%u, annotations: "
                   "{berth.dev/arrival-seconds: "
                   "'%u', berth.dev/departure-seconds: '%u.5'}}, spec: {" CONTAINER("1") "}}\n",
                   i, i, i);
}

static void many_points_are_few(void **state)
{
    enum { PODS = 3000 };
    struct buf manifests = {0};
    double running = 0, cpu = 0, seconds = 0;
    add_many(&manifests, PODS);
    struct simulated *s = run("", manifests.ptr, "", true);
    const struct series *series = s->simulation.series;
    (void)state;
    assert_in_range(series->points.len, SERIES_POINTS / 4, SERIES_POINTS);
    for (size_t i = 0; i < series->points.len; i++) {
        const struct series_point *p = &series->points.at[i];
        assert_true(i == 0 || p->at_ns == series->points.at[i - 1].at_ns + series->points.at[i - 1].len_ns);
        assert_true(p->cells[SERIES_RUNNING].max <= 1);
        running += p->cells[SERIES_RUNNING].area / 1e9;
        cpu += p->cells[SERIES_USED(BERTH_CPU)].area / 1e9;
        seconds += (double)p->len_ns / 1e9;
    }
    assert_true(seconds == PODS - 0.5);
    assert_true(running == PODS * 0.5);
    assert_true(cpu == PODS * 500.0);
    int64_t when_ns;
    assert_true(series_peak(series, SERIES_SHARE(BERTH_CPU), &when_ns) == 0.5); /* though no mean shows it */
    double shares[4];
    series_heat(series, &series->nodes.at[0], BERTH_CPU, 4, shares);
    for (size_t i = 0; i < 4; i++)
        assert_in_range((int)(shares[i] * 1000 + 0.5), 249, 251);
    buf_fini(&manifests);
    end(s);
}

static void nodes_have_a_past(void **state)
{
    struct simulated *s =
        run("", NODE("a", "2") POD("p", TIMES("0", "50"), "", "1") POD("q", TIMES("0", "100"), "", "0"),
            "[{at: 50, add: {apiVersion: v1, kind: Node, metadata: {name: b, labels: {"
            "topology.kubernetes.io/zone: z}}, status: {allocatable: {cpu: '6', example.com/gpu: 2}}}}, "
            "{at: 75, fail: b}]",
            true);
    static const double a[] = {0.5, 0.5, 0, 0}, b[] = {-1, -1, 0, -1};
    const struct series *series = s->simulation.series;
    double shares[4];
    (void)state;
    assert_int_equal(series->nodes.len, 2);
    series_heat(series, &series->nodes.at[0], BERTH_CPU, 4, shares);
    for (size_t i = 0; i < 4; i++)
        assert_in_range((int)(shares[i] * 1000 + 0.5), a[i] * 1000, a[i] * 1000);
    series_heat(series, &series->nodes.at[1], BERTH_CPU, 4, shares);
    for (size_t i = 0; i < 4; i++)
        assert_true(shares[i] == b[i]);
    assert_int_equal(series->nodes.at[1].to_ns, 75000000000);
    const struct series_point *without = &series->points.at[series->points.len - 2], *with = without - 1;
    assert_int_equal(without->at_ns, 75000000000);
    assert_true(with->cells[SERIES_ALLOC(BERTH_CPU)].last == 8000
                && with->cells[SERIES_ALLOC(BERTH_SCALAR)].last == 2);
    assert_true(without->cells[SERIES_ALLOC(BERTH_CPU)].last == 2000);
    assert_true(without->cells[SERIES_ALLOC(BERTH_SCALAR)].last == 0);
    end(s);
}

static void as_json(void **state)
{
    static const char want[] =
        "{\"seconds\":11,\"pods\":{\"total\":3,\"placed\":0,\"pending\":1,\"gated\":0,\"preempted\":0,"
        "\"others\":0,"
        "\"bound\":0,\"departed\":2,\"evicted\":0,\"deleted\":0},\"preemptions\":0,\"requeues\":4,"
        "\"refusedEvictions\":[],"
        "\"waitingSeconds\":{\"p50\":0,\"p90\":6,\"p99\":6,\"max\":6,\"mean\":3,"
        "\"bounds\":[0,1,10,60,300,900,3600,10800,43200,86400,259200,604800],"
        "\"counts\":[1,0,1,0,0,0,0,0,0,0,0,0,0]},\"resources\":[\"cpu\",\"memory\",\"pods\"],"
        "\"peaks\":{\"running\":{\"value\":1,\"seconds\":0},\"cpu\":{\"value\":1,\"seconds\":0},"
        "\"memory\":{\"value\":0,\"seconds\":0},\"pods\":{\"value\":0.1,\"seconds\":0}},"
        "\"series\":{\"seconds\":[0,4,9.5,10,11],\"pending\":[0,1,2,1,1],\"running\":[1,1,1,1,0],"
        "\"nodes\":[1,1,1,1,1],"
        "\"used\":{\"cpu\":[1,1,1,1,0],\"memory\":[0,0,0,0,0],\"pods\":[1,1,1,1,0]},"
        "\"allocatable\":{\"cpu\":[1,1,1,1,1],\"memory\":[68719476736,68719476736,68719476736,"
        "68719476736,68719476736],\"pods\":[10,10,10,10,10]}},"
        "\"nodes\":[\n{\"name\":\"a\",\"zone\":\"-\",\"pods\":0,\"used\":{\"cpu\":0,\"memory\":0,\"pods\":0},"
        "\"allocatable\":{\"cpu\":1,\"memory\":68719476736,\"pods\":10},\"heat\":{\"cpu\":[100,100]}}],"
        "\"reasons\":[\n";
    struct simulated *s = run("",
                              NODE("a", "1") POD("p", TIMES("0", "10"), "", "1")
                                  POD("q", TIMES("4", "5"), "", "1") POD("r", TIMES("9.5", "11"), "", "3"),
                              "", true);
    struct report report = {
        .core = s->session.core, .cluster = &s->session.cluster, .simulation = &s->simulation};
    struct buf json = {0};
    (void)state;
    simulation_json(&json, &report, 2);
    assert_true(json.len > strlen(want));
    CHECK_STR(((berth_str){json.ptr, sizeof(want) - 1}), want, "all but reasons and history");
    static const char history[] = "\"history\":[\n[\"default/p\",\"departed\",\"a\",0,0,10,1,-1],\n"
                                  "[\"default/q\",\"departed\",\"a\",4,6,11,2,0],\n"
                                  "[\"default/r\",\"pending\",null,9.5,null,null,";
    assert_non_null(strstr(json.ptr, history));
    buf_fini(&json);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_come_and_go),
        cmocka_unit_test(the_core_has_its_time),
        cmocka_unit_test(nodes_come_and_go),
        cmocka_unit_test(workloads_grow_and_shrink),
        cmocka_unit_test(what_if),
        cmocka_unit_test(preempted_pods_come_back),
        cmocka_unit_test(of_equal_pods_the_youngest_goes),
        cmocka_unit_test(reasons_know_when),
        cmocka_unit_test(many_points_are_few),
        cmocka_unit_test(nodes_have_a_past),
        cmocka_unit_test(as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
