/*
 * How many more of a pod fit: against counts made by hand, and against a simulated run of as many replicas.
 */
#include "check.h"
#include "cmd/session.h"
#include "sim/capacity.h"
#include "sim/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ITEM(text) "---\n{" text "}\n"
#define NODE(name, cpu)                                                                                      \
    ITEM("apiVersion: v1, kind: Node, "                                                                      \
         "metadata: {name: " name ", labels: {host: " name ", zone: z" name "}}, "                           \
         "status: {allocatable: {cpu: '" cpu "', memory: 8Gi, pods: '10'}}")
#define BOUND(name, node, cpu)                                                                               \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, "                                           \
         "spec: {nodeName: " node ", " CONTAINER(cpu) "}")
#define CONTAINER(cpu) "containers: [{name: c, image: i, resources: {requests: {cpu: '" cpu "'}}}]"
#define POD(name, more)                                                                                      \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: x}}, spec: {" more "}")
#define WORKLOAD(version, kind, more)                                                                        \
    ITEM("apiVersion: " version ", kind: " kind ", metadata: {name: web}, "                                  \
         "spec: {selector: {matchLabels: {app: x}}, "                                                        \
         "template: {metadata: {labels: {app: x}}, spec: {" CONTAINER("1") "}}" more "}")
#define APART                                                                                                \
    "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ["                         \
    "{topologyKey: host, labelSelector: {matchLabels: {app: x}}}]}}"
#define EVENLY                                                                                               \
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: host, whenUnsatisfiable: DoNotSchedule, "         \
    "labelSelector: {matchLabels: {app: x}}}]"
#define CLASS                                                                                                \
    ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: d, "       \
         "volumeBindingMode: WaitForFirstConsumer")
#define CSI_NODE(name, count)                                                                                \
    ITEM("apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: " name "}, "                        \
         "spec: {drivers: [{name: d, nodeID: x, allocatable: {count: " count "}}]}")
#define CLAIM_SPEC                                                                                           \
    "accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}"
#define TWO NODE("a", "2") NODE("b", "5")

static const struct {
    const char *name, *cluster, *pod;
    bool after_pending;
    uint64_t most, count;
    const char *stop; /* part of what stops the next one */
} cases[] = {
    {"free room decides", TWO BOUND("q", "b", "1"), POD("p", CONTAINER("1")), false, 100, 6,
     "2 Insufficient cpu"},
    {"the pod need not be new: where it ran and who it was does not count", TWO,
     ITEM("apiVersion: v1, kind: Pod, metadata: {name: p, uid: u}, spec: {nodeName: a, " CONTAINER(
         "1") "}, status: {phase: Running, startTime: '2026-01-01T00:00:00Z'}"),
     false, 100, 7, "2 Insufficient cpu"},
    {"the count ends at its bound", TWO, POD("p", CONTAINER("1")), false, 3, 3, NULL},
    {"pending pods are left out", TWO POD("q", CONTAINER("4")), POD("p", CONTAINER("1")), false, 100, 7,
     "Insufficient"},
    {"or placed first", TWO POD("q", CONTAINER("4")), POD("p", CONTAINER("1")), true, 100, 3, "Insufficient"},
    {"those that fit nowhere are left out then, too", TWO POD("q", CONTAINER("99")), POD("p", CONTAINER("1")),
     true, 100, 7, "Insufficient"},
    {"copies keep apart from each other", TWO, POD("p", CONTAINER("1") ", " APART), false, 100, 2,
     "anti-affinity"},
    {"copies spread", TWO, POD("p", CONTAINER("1") ", " EVENLY), false, 100, 5, "topology spread"},
    {"names that are taken are left out", TWO BOUND("p-0", "b", "1") BOUND("p-1", "b", "1"),
     POD("p", CONTAINER("1")), false, 100, 5, "Insufficient"},
    {"a pod without room", TWO, POD("p", CONTAINER("9")), false, 100, 0, "2 Insufficient cpu"},
    {"nobody is preempted for a copy", TWO BOUND("q", "b", "5"), POD("p", "priority: 9, " CONTAINER("1")),
     false, 100, 2, "2 Insufficient cpu"},
    {"a gated pod is not placed", TWO, POD("p", "schedulingGates: [{name: g}], " CONTAINER("1")), false, 100,
     0, ""},
    {"a Deployment's template counts, whatever its replicas", TWO,
     WORKLOAD("apps/v1", "Deployment", ", replicas: 0"), false, 100, 7, "Insufficient"},
    {"a suspended Job's, too", TWO, WORKLOAD("batch/v1", "Job", ", suspend: true, parallelism: 3"), false,
     100, 7, "Insufficient"},
    {"a DaemonSet's, too", TWO, WORKLOAD("apps/v1", "DaemonSet", ""), false, 100, 7, "Insufficient"},
    {"a StatefulSet's pods have claims of their own", TWO CLASS CSI_NODE("a", "1") CSI_NODE("b", "2"),
     WORKLOAD("apps/v1", "StatefulSet",
              ", volumeClaimTemplates: [{metadata: {name: data}, spec: {" CLAIM_SPEC "}}]"),
     false, 100, 3, "2 node(s) exceed max volume count"},
    {"and so have pods with ephemeral volumes", TWO CLASS CSI_NODE("a", "1") CSI_NODE("b", "2"),
     POD("p",
         CONTAINER("1") ", volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {" CLAIM_SPEC "}}}}]"),
     false, 100, 3, "2 node(s) exceed max volume count"},
};

static const char *write_file(char *path, const char *text)
{
    strcpy(path, "/tmp/berth-test-XXXXXX");
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(text, file);
    fclose(file);
    return path;
}

static void open_cluster(struct session *session, const char *name, const char *manifests, bool make_claims)
{
    char path[32];
    const char *const files[] = {write_file(path, manifests)};
    struct session_options options = {
        .files = files, .files_len = 1, .make_claims = make_claims, .core.seed = 1};
    struct err err = {0};
    if (session_open(session, &options, &err) < 0)
        fail_msg("%s: %s", name, err_text(&err));
    unlink(path);
}

static void counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *name = cases[i].name;
        struct session session = {0};
        char path[32];
        struct err err = {0};
        open_cluster(&session, name, cases[i].cluster, false);
        struct capacity_pods pods = {.catalog = session.catalog};
        struct capacity_options options = {.most = cases[i].most, .after_pending = cases[i].after_pending};
        struct capacity capacity;
        struct explanation next = {0};
        if (capacity_read(&pods, write_file(path, cases[i].pod), &session.cluster, &err) < 0
            || capacity_count(session.core, &session.cluster, &pods.list.at[0], &options, &capacity, &err)
                   < 0)
            fail_msg("%s: %s", name, err_text(&err));
        unlink(path);
        CHECK_INT(capacity.count, cases[i].count, name);
        CHECK_INT(capacity.reached_most, cases[i].stop == NULL, name);
        CHECK_INT(capacity.next != NULL, cases[i].stop != NULL, name);
        if (capacity.next) {
            core_explain(session.core, capacity.next, &next);
            CHECK(next.pre_enqueue
                      || memmem(next.message.ptr, next.message.len, cases[i].stop, strlen(cases[i].stop)),
                  name);
        }
        CHECK(core_ok(session.core), name);
        capacity_fini(&capacity, session.catalog);
        capacity_pods_fini(&pods);
        session_close(&session);
    }
}

/* Bound pods of a priority; those with a controller are `owned` pods of the ReplicaSet r. */
#define LOW(name, metadata, node, priority, cpu)                                                             \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name ", labels: {app: " name "}" metadata            \
         "}, spec: {nodeName: " node ", priority: " priority ", " CONTAINER(cpu) "}")
#define OWNED                                                                                                \
    ", ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, controller: true}]"
#define HIGH(priority, cpu) POD("p", "priority: " priority ", " CONTAINER(cpu))

static const struct {
    const char *name, *cluster, *pod;
    uint64_t most;
    const char *result; /* see show_victims() */
} preempting[] = {
    {"pods of lower priority give way, one by one",
     NODE("a", "3") LOW("x", "", "a", "1", "1") LOW("w", "", "a", "2", "1"), HIGH("9", "1"), 100,
     "3, 2 preempting: x for 2 gone, w for 3 gone"},
    {"those of the same priority do not", NODE("a", "2") LOW("x", "", "a", "9", "1"), HIGH("9", "1"), 100,
     "1, 0 preempting"},
    {"a pod that never preempts takes free room alone", NODE("a", "2") LOW("x", "", "a", "1", "1"),
     POD("p", "priority: 9, preemptionPolicy: Never, " CONTAINER("1")), 100, "1, 0 preempting"},
    {"a large victim makes room for several", NODE("a", "4") LOW("x", "", "a", "1", "3"), HIGH("9", "1"), 100,
     "4, 1 preempting: x for 2 gone"},
    {"a large copy costs several victims",
     NODE("a", "2") LOW("x", "", "a", "1", "1") LOW("w", "", "a", "2", "1"), HIGH("9", "2"), 100,
     "1, 1 preempting: w for 1 gone, x for 1 gone"},
    {"who has a controller comes back, and finds another place",
     NODE("a", "2") NODE("b", "1") LOW("x", OWNED, "a", "1", "1"), HIGH("9", "2"), 100,
     "1, 1 preempting: x for 1 placed on b"},
    {"or none", NODE("a", "2") LOW("x", OWNED, "a", "1", "1"), HIGH("9", "2"), 100,
     "1, 1 preempting: x for 1 pending"},
    {"who comes back may preempt, too",
     NODE("a", "2") NODE("b", "1") LOW("x", OWNED, "a", "5", "1") LOW("z", OWNED, "b", "1", "1"),
     HIGH("9", "2"), 100, "1, 1 preempting: x for 1 placed on b, z for 0 pending"},
    {"the last room is not the victims' while copies come",
     NODE("a", "2") NODE("b", "2") LOW("x", OWNED, "a", "1", "1") LOW("w", OWNED, "b", "2", "1"),
     HIGH("9", "2"), 100, "2, 2 preempting: x for 1 pending, w for 2 pending"},
    {"the count may end before", NODE("a", "9") LOW("x", "", "a", "1", "8"), HIGH("9", "1"), 1,
     "1, 0 preempting"},
    {"budgets are spared where that is possible",
     NODE("a", "1") NODE("b", "1") LOW("x", "", "a", "1", "1") LOW("w", "", "b", "2", "1") ITEM(
         "apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: g}, spec: {minAvailable: 1, "
         "selector: {matchLabels: {app: x}}}"),
     HIGH("9", "1"), 1, "1, 1 preempting: w for 1 gone"},
};

/* "COUNT, N preempting: NAME for COPY FATE, ...". */
static void show_victims(struct buf *b, const struct capacity *c)
{
    static const char *const fates[] = {"gone", "pending", "placed on "};
    buf_printf(b, "%llu, %llu preempting", (unsigned long long)c->count, (unsigned long long)c->preempting);
    for (size_t i = 0; i < c->victims.list.len; i++) {
        const struct victim *v = &c->victims.list.at[i];
        buf_printf(b, "%s%.*s for %llu %s%s", i ? ", " : ": ", BERTH_FMT(berth_pod_name(v->pod)),
                   (unsigned long long)v->copy, fates[v->fate], v->node ? v->node->text : "");
    }
}

static void preemption_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(preempting); i++) {
        const char *name = preempting[i].name;
        struct session session = {0};
        struct capacity capacity;
        struct buf got = {0};
        char path[32];
        open_cluster(&session, name, preempting[i].cluster, false);
        struct capacity_pods pods = {.catalog = session.catalog};
        struct capacity_options options = {.most = preempting[i].most, .preempt = true};
        assert_int_equal(capacity_read(&pods, write_file(path, preempting[i].pod), &session.cluster, NULL),
                         0);
        unlink(path);
        assert_int_equal(
            capacity_count(session.core, &session.cluster, &pods.list.at[0], &options, &capacity, NULL), 0);
        show_victims(&got, &capacity);
        CHECK_STR(buf_view(&got), preempting[i].result, name);
        CHECK(core_ok(session.core), name);
        buf_fini(&got);
        capacity_fini(&capacity, session.catalog);
        capacity_pods_fini(&pods);
        session_close(&session);
    }
}

/* Preemption that turns out to be in vain leaves no trace. */
static void victims_of_nothing_are_back(void **state)
{
    (void)state;
    struct session session = {0};
    struct victims victims = {0};
    int64_t now_ns = 0;
    open_cluster(&session, "undo", NODE("a", "3") BOUND("x", "a", "1") BOUND("w", "a", "1"), false);
    assert_int_equal(simulate_setting(session.core, &session.cluster, false, &now_ns, NULL), 0);
    const struct berth_nodes *nodes = core_nodes(session.core);
    const struct berth_pod *both[] = {session.cluster.pods.at[0].pod, session.cluster.pods.at[1].pod};
    struct decision decision = {.victims = both, .victims_len = 1};
    assert_int_equal(victims_take(&victims, session.core, &decision, 1, &now_ns), 0);
    decision.victims = &both[1];
    assert_int_equal(victims_take(&victims, session.core, &decision, 2, &now_ns), 0);
    assert_int_equal(nodes->used[BERTH_CPU][0], 0);
    assert_int_equal(victims_undo(&victims, session.core, 1, session.catalog, &now_ns), 0);
    assert_int_equal(nodes->used[BERTH_CPU][0], 1000);
    assert_int_equal(victims.list.len, 1);
    assert_true(core_ok(session.core));
    victims_fini(&victims, session.catalog);
    session_close(&session);
}

/* A count in `cluster`, against how many of 50 replicas the simulation places there. */
static void compare_with_simulation(const char *cluster, const char *set, bool preempt, uint32_t expected)
{
    struct session session = {0};
    struct simulation simulation = {0};
    struct capacity capacity;
    struct buf both = {0};
    char path[32];
    buf_printf(&both, "%s%s", set, cluster);
    open_cluster(&session, "both", both.ptr, false);
    assert_int_equal(simulate(session.core, &session.cluster, NULL, &simulation, NULL), 0);
    uint32_t placed = 0, replicas = 50, preemptions = simulation.preemptions;
    for (uint32_t i = 0; i < replicas; i++)
        placed += simulation.placements[i].outcome == OUTCOME_PLACED;
    simulation_fini(&simulation);
    session_close(&session);
    buf_fini(&both);
    session = (struct session){0};
    open_cluster(&session, "cluster", cluster, false);
    struct capacity_pods pods = {.catalog = session.catalog};
    struct capacity_options options = {.most = 1000, .preempt = preempt};
    assert_int_equal(capacity_read(&pods, write_file(path, set), &session.cluster, NULL), 0);
    unlink(path);
    assert_int_equal(
        capacity_count(session.core, &session.cluster, &pods.list.at[0], &options, &capacity, NULL), 0);
    assert_int_equal(capacity.count, placed);
    assert_int_equal(placed, expected);
    assert_int_equal(capacity.victims.list.len, preemptions);
    capacity_fini(&capacity, session.catalog);
    capacity_pods_fini(&pods);
    session_close(&session);
}

static void as_many_as_a_workload_of_many_replicas_would_place(void **state)
{
    (void)state;
    compare_with_simulation(TWO NODE("c", "7") BOUND("q", "c", "2"),
                            WORKLOAD("apps/v1", "ReplicaSet", ", replicas: 50"), false, 12);
    compare_with_simulation(TWO NODE("c", "7") LOW("q", OWNED, "c", "-2", "2") LOW("s", OWNED, "c", "-1", "1")
                                LOW("t", OWNED, "b", "-1", "4") LOW("u", "", "a", "-5", "1"),
                            WORKLOAD("apps/v1", "ReplicaSet", ", replicas: 50"), true, 14);
}

static const struct {
    const char *name, *text, *error;
} wrong[] = {
    {"nothing to count", ITEM("apiVersion: v1, kind: Service, metadata: {name: s}"),
     ": there is no pod and no workload in it"},
    {"a pod that is no pod", ITEM("apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: 5}"),
     ":2: Pod default/p: spec.containers: expected an array"},
    {"a workload without a template",
     ITEM("apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {}"),
     ":2: Deployment default/w: spec.template: a pod template is required"},
};

static void what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct session session = {0};
        struct err err = {0};
        char path[32];
        open_cluster(&session, wrong[i].name, TWO, false);
        struct capacity_pods pods = {.catalog = session.catalog};
        CHECK(capacity_read(&pods, write_file(path, wrong[i].text), &session.cluster, &err) < 0,
              wrong[i].name);
        if (!strstr(err_text(&err), wrong[i].error))
            fail_msg("%s: %s", wrong[i].name, err_text(&err));
        unlink(path);
        err_fini(&err);
        capacity_pods_fini(&pods);
        session_close(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(preemption_counts),
        cmocka_unit_test(victims_of_nothing_are_back),
        cmocka_unit_test(as_many_as_a_workload_of_many_replicas_would_place),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
