/* Drains: which pods leave their node, and which budget keeps the others there. */
#include "doc_text.h"
#include "session_text.h"
#include "sim/series.h"
#include "sim/simulate.h"

#define ITEM(text) "---\n{" text "}\n"
#define NODE(name, cpu)                                                                                      \
    ITEM("apiVersion: v1, kind: Node, metadata: {name: " name "}, "                                          \
         "status: {allocatable: {cpu: '" cpu "', memory: 8Gi, pods: '20'}}")
#define OWNER(version, kind)                                                                                 \
    ", ownerReferences: [{apiVersion: " version ", kind: " kind ", name: r, uid: u, controller: true}]"
#define OF_SET OWNER("apps/v1", "ReplicaSet")
/* A pod with the label app=x, of 1 CPU. `metadata` begins with a comma, or is empty. */
#define POD(name, metadata, spec, status)                                                                    \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name ", uid: u-" name ", labels: {app: x}" metadata  \
         "}, spec: {" spec "containers: [{name: c, image: i, resources: {requests: {cpu: '1'}}}]}"           \
         ", status: {" status "}")
#define ON(name, node) POD(name, OF_SET, "nodeName: " node ", ", "phase: Running")
#define UNREADY(name, node)                                                                                  \
    POD(name, OF_SET, "nodeName: " node ", ", "phase: Running, conditions: [{type: Ready, status: 'False'}]")
#define BUDGET(name, spec)                                                                                   \
    ITEM("apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: " name "}, spec: {" spec "}")
#define X "selector: {matchLabels: {app: x}}, "
#define REFUSES(reason) ": PodDisruptionBudget default/b refuses the eviction: " reason "\n"
#define NEEDS_SCALE "it needs the scale of its pods' controllers, and "

/* Three pods on a, and room for one more on b. */
#define THREE NODE("a", "9") NODE("b", "1") ON("p", "a") ON("q", "a") ON("r", "a")
#define THREE_AND_ROOM NODE("a", "9") NODE("b", "9") ON("p", "a") ON("q", "a") ON("r", "a")
#define ALL_LEFT "p placed on b\nq placed on b\nr placed on b\n"

struct row {
    const char *name, *manifests, *nodes[3], *pods;
};

/* "NAME OUTCOME on NODE: REFUSED", a line a pod. */
static void show(struct buf *b, const struct session *session, const struct simulation *s)
{
    static const char *const outcomes[OUTCOME_COUNT] = {
        [OUTCOME_BOUND] = "bound",         [OUTCOME_PLACED] = "placed",   [OUTCOME_PENDING] = "pending",
        [OUTCOME_PREEMPTED] = "preempted", [OUTCOME_EVICTED] = "evicted", [OUTCOME_DELETED] = "deleted"};
    for (size_t i = 0; i < session->cluster.pods.len; i++) {
        const struct placement *p = &s->placements[i];
        buf_printf(b, "%.*s %s", BERTH_FMT(berth_pod_name(session->cluster.pods.at[i].pod)),
                   outcomes[p->outcome]);
        if (p->node)
            buf_printf(b, " on %s", p->node->text);
        if (p->refused.len)
            buf_printf(b, ": %.*s", BERTH_FMT(p->refused));
        buf_char(b, '\n');
    }
}

static uint32_t count_refused(const struct session *session, const struct simulation *s)
{
    uint32_t refused = 0;
    for (size_t i = 0; i < session->cluster.pods.len; i++)
        refused += s->placements[i].refused.len > 0;
    return refused;
}

/* Runs the cluster with the wishes and compares; with time the last line says when the run ended. */
static void check(const char *name, const char *manifests, const struct wishes *wishes, bool timed,
                  const char *pods)
{
    struct session session = {0};
    struct simulation s = {0};
    struct err err = {0};
    struct buf got = {0};
    struct session_options options = {.wishes = wishes, .timed = timed};
    if (session_of(&session, manifests, options, &err) < 0
        || (timed ? simulate_timeline : simulate)(session.core, &session.cluster, NULL, &s, &err) < 0)
        fail_msg("%s: %s", name, err_text(&err));
    show(&got, &session, &s);
    if (timed)
        buf_printf(&got, "end %g\n", (double)s.series->end_ns / 1e9);
    CHECK_STR(buf_view(&got), pods, name);
    CHECK_INT(s.refused, count_refused(&session, &s), name);
    CHECK_INT(simulation_succeeded(&s), s.refused == 0 && simulation_unplaced(&s) == 0, name);
    CHECK(core_ok(session.core), name);
    buf_fini(&got);
    simulation_fini(&s);
    session_close(&session);
}

static void check_rows(const struct row *rows, size_t len, bool disable_eviction)
{
    for (size_t i = 0; i < len; i++) {
        struct wishes wishes = {.disable_eviction = disable_eviction};
        for (size_t n = 0; n < 3 && rows[i].nodes[n]; n++)
            assert_int_equal(wishes_drain(&wishes, rows[i].nodes[n], NULL), 0);
        check(rows[i].name, rows[i].manifests, &wishes, false, rows[i].pods);
        wishes_fini(&wishes);
    }
}

static void budgets_count_healthy_pods(void **state)
{
    static const struct row rows[] = {
        {"without a budget all leave", THREE_AND_ROOM, {"a"}, ALL_LEFT},
        {"one goes at a time when it finds a place: in the end all have left",
         THREE_AND_ROOM BUDGET("b", X "minAvailable: 2"),
         {"a"},
         ALL_LEFT},
        {"who finds no place is not healthy, and the others stay",
         THREE BUDGET("b", X "minAvailable: 2"),
         {"a"},
         "p placed on b\nq pending\nr bound on a" REFUSES("it needs 2 healthy pods and has 2")},
        {"one that needs all lets nobody go",
         THREE_AND_ROOM BUDGET("b", X "minAvailable: 3"),
         {"a"},
         "p bound on a" REFUSES("it needs 3 healthy pods and has 3") "q bound on a" REFUSES(
             "it needs 3 healthy pods and has 3") "r bound on a" REFUSES("it needs 3 healthy pods and has "
                                                                         "3")},
        {"maxUnavailable is what the controllers' pods may lack",
         THREE BUDGET("b", X "maxUnavailable: 1"),
         {"a"},
         "p placed on b\nq pending\nr bound on a" REFUSES("it needs 2 healthy pods and has 2")},
        {"more than all may be unavailable",
         THREE BUDGET("b", X "maxUnavailable: 9"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"a share that is to be available is rounded up",
         THREE BUDGET("b", X "minAvailable: 34%"),
         {"a"},
         "p placed on b\nq pending\nr bound on a" REFUSES("it needs 2 healthy pods and has 2")},
        {"a share that may be unavailable, too",
         THREE BUDGET("b", X "maxUnavailable: 34%"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"what nobody needs may go",
         THREE BUDGET("b", X "minAvailable: 0"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"pods elsewhere count",
         THREE ON("s", "b") BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p pending\nq pending\nr pending\ns bound on b\n"},
        {"pods without a controller do not come back",
         NODE("a", "9") NODE("b", "9") POD("p", "", "nodeName: a, ", "") POD("q", "", "nodeName: a, ", "")
             BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p evicted\nq bound on a" REFUSES("it needs 1 healthy pod and has 1")},
        {"pods that wait to be placed are not healthy until they are",
         NODE("a", "9") NODE("b", "9") ON("p", "a") POD("q", OF_SET, "", "") BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p placed on b\nq placed on b\n"},
        {"nodes that are drained together share the budget",
         NODE("a", "9") NODE("b", "9") ON("p", "a") ON("q", "b") BUDGET("b", X "minAvailable: 1"),
         {"a", "b"},
         "p pending\nq bound on b" REFUSES("it needs 1 healthy pod and has 1")},
        {"the second one may go on when the first one's pods are placed",
         NODE("a", "9") NODE("b", "9") NODE("c", "1") ON("p", "a") ON("q", "b")
             BUDGET("b", X "minAvailable: 1"),
         {"a", "b"},
         "p placed on c\nq pending\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), false);
}

static void which_budget_covers_a_pod(void **state)
{
    static const struct row rows[] = {
        {"one of another namespace does not",
         THREE ITEM(
             "apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b, namespace: other}, "
             "spec: {" X "minAvailable: 9}"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"one of other labels does not",
         THREE BUDGET("b", "selector: {matchLabels: {app: z}}, minAvailable: 9"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"one without a selector does not",
         THREE BUDGET("b", "minAvailable: 9"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"one with an empty selector covers all",
         NODE("a", "9") ON("p", "a") BUDGET("b", "selector: {}, minAvailable: 1"),
         {"a"},
         "p bound on a" REFUSES("it needs 1 healthy pod and has 1")},
        {"two are one too many, whatever they allow",
         NODE("a", "9") ON("p", "a") BUDGET("b", X "minAvailable: 0") BUDGET("c", X "minAvailable: 0"),
         {"a"},
         "p bound on a: the eviction is refused: more than one PodDisruptionBudget covers the pod: "
         "default/b, default/c\n"},
        {"one without a limit allows nothing",
         NODE("a", "9") ON("p", "a") BUDGET("b", X),
         {"a"},
         "p bound on a" REFUSES("it sets neither minAvailable nor maxUnavailable")},
        {"one that needs a scale allows nothing of Jobs",
         NODE("a", "9") POD("p", OWNER("batch/v1", "Job"), "nodeName: a, ", "")
             BUDGET("b", X "maxUnavailable: 1"),
         {"a"},
         "p bound on a" REFUSES(NEEDS_SCALE "Jobs and DaemonSets have none")},
        {"but it does when it needs none",
         NODE("a", "9") POD("p", OWNER("batch/v1", "Job"), "nodeName: a, ", "")
             BUDGET("b", X "minAvailable: 0"),
         {"a"},
         "p pending\n"},
        {"nor of pods without a controller",
         NODE("a", "9") POD("p", "", "nodeName: a, ", "") BUDGET("b", X "minAvailable: 50%"),
         {"a"},
         "p bound on a" REFUSES(NEEDS_SCALE "these have none")},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), false);
}

static void the_state_of_the_pods(void **state)
{
    static const struct row rows[] = {
        {"who is not ready goes while enough others are",
         NODE("a", "9") UNREADY("p", "a") ON("q", "a") BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p pending\nq bound on a" REFUSES("it needs 1 healthy pod and has 1")},
        {"but not otherwise",
         NODE("a", "9") UNREADY("p", "a") BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p bound on a" REFUSES("it needs 1 healthy pod and has 0")},
        {"nor where none is needed, as none is healthy",
         NODE("a", "9") UNREADY("p", "a") BUDGET("b", X "minAvailable: 0"),
         {"a"},
         "p bound on a" REFUSES("it needs 0 healthy pods and has 0")},
        {"who is being deleted goes without asking",
         NODE("a", "9") POD("p", ", deletionTimestamp: '2026-01-01T00:00:00Z'", "nodeName: a, ", "")
             BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p evicted\n"},
        {"unless it always may",
         NODE("a", "9") UNREADY("p", "a")
             BUDGET("b", X "minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow"),
         {"a"},
         "p pending\n"},
        {"which says nothing of those that are ready",
         NODE("a", "9") ON("p", "a")
             BUDGET("b", X "minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow"),
         {"a"},
         "p bound on a" REFUSES("it needs 1 healthy pod and has 1")},
        {"who was not ready is when it has found another place",
         NODE("a", "9") NODE("b", "9") UNREADY("p", "a") ON("q", "a") BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p placed on b\nq placed on b\n"},
        {"who has not started yet goes without asking",
         NODE("a", "9") POD("p", OF_SET, "nodeName: a, ", "phase: Pending, startTime: '2026-01-01T00:00:00Z'")
             BUDGET("b", X "minAvailable: 1"),
         {"a"},
         "p pending\n"},
        {"who is said to be disrupted is not healthy",
         NODE("a", "9") ON("p", "a") ON("q", "a")
             ITEM("apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {" X
                  "minAvailable: 1}, status: {disruptedPods: {q: '2026-01-01T00:00:00Z'}}"),
         {"a"},
         "p bound on a" REFUSES("it needs 1 healthy pod and has 1") "q bound on a" REFUSES(
             "it needs 1 healthy pod and has 1")},
        {"the status of the budget is from before",
         NODE("a", "9") ON("p", "a")
             ITEM("apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: b}, spec: {" X
                  "minAvailable: 1}, status: {disruptionsAllowed: 3, currentHealthy: 4}"),
         {"a"},
         "p bound on a" REFUSES("it needs 1 healthy pod and has 1")},
        {"pods of DaemonSets and mirror pods stay where they are, and nobody minds",
         NODE("a", "9") POD("p", OWNER("apps/v1", "DaemonSet"), "nodeName: a, ", "")
             POD("q", OWNER("v1", "Node"), "nodeName: a, ", "")
                 POD("r", ", annotations: {kubernetes.io/config.mirror: x}", "nodeName: a, ", ""),
         {"a"},
         "p bound on a\nq bound on a\nr bound on a\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), false);
}

static void deletion_asks_nobody(void **state)
{
    static const struct row rows[] = {
        {"whatever budgets say",
         THREE BUDGET("b", X "minAvailable: 3"),
         {"a"},
         "p placed on b\nq pending\nr pending\n"},
        {"also when there are two",
         NODE("a", "9") ON("p", "a") BUDGET("b", X "minAvailable: 0") BUDGET("c", X "minAvailable: 0"),
         {"a"},
         "p pending\n"},
        {"pods of DaemonSets stay all the same",
         NODE("a", "9") POD("p", OWNER("apps/v1", "DaemonSet"), "nodeName: a, ", ""),
         {"a"},
         "p bound on a\n"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), true);
}

static void evictions_are_tried_again_every_5_seconds(void **state)
{
    static const struct {
        const char *name, *manifests, *timeline, *pods;
    } rows[] =
        {
            {"counted from the beginning of the drain, and only when something has happened",
             THREE BUDGET("b", X "minAvailable: 2"),
             "[{at: 7, drain: a}, {at: 63, add: {apiVersion: v1, kind: "
             "Node, metadata: {name: c}, status: {allocatable: {cpu: '9', memory: 8Gi, pods: '9'}}}}]",
             "p placed on b\nq placed on c\nr placed on c\nend 67\n"},
            {"what can end no other way is not waited for", THREE BUDGET("b", X "minAvailable: 3"),
             "[{at: 7, drain: a}]",
             "p bound on a" REFUSES("it needs 3 healthy pods and has 3") "q bound on a" REFUSES(
                 "it needs 3 healthy pods and has 3") "r bound on a" REFUSES("it needs 3 healthy pods and "
                                                                             "has 3") "end 7\n"},
            {"one at a time takes its time", THREE_AND_ROOM BUDGET("b", X "minAvailable: 2"),
             "[{at: 1, drain: a}]", ALL_LEFT "end 11\n"},
            {"a budget may be taken away", THREE_AND_ROOM BUDGET("b", X "minAvailable: 3"),
             "[{at: 10, drain: a}, {at: 12, delete: pdb/b}]", ALL_LEFT "end 15\n"},
            {"or ask for less", THREE_AND_ROOM BUDGET("b", X "minAvailable: 3"),
             "[{at: 10, drain: a}, {at: 20, update: {apiVersion: policy/v1, kind: PodDisruptionBudget, "
             "metadata: {name: b}, spec: {" X "minAvailable: 0}}}]",
             ALL_LEFT "end 20\n"},
            {"a pod that gets other labels is no longer covered",
             NODE("a", "9") NODE("b", "9") ON("p", "a") BUDGET("b", X "minAvailable: 1"),
             "[{at: 10, drain: a}, {at: 11, update: {apiVersion: v1, kind: Pod, metadata: {name: p, uid: "
             "u-p" OF_SET "}, spec: {containers: [{name: c, image: i}]}}}]",
             "p placed on b\nend 15\n"},
            {"whose node is gone is no longer drained", THREE BUDGET("b", X "minAvailable: 3"),
             "[{at: 10, drain: a}, {at: 11, fail: a}]", "p placed on b\nq pending\nr pending\nend 11\n"},
        };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wishes wishes = {0};
        struct doc timeline = doc_of(berth_str_of(rows[i].timeline), DOC_YAML);
        struct err err = {0};
        if (wishes_of_yaml(&wishes, &timeline, &err) < 0)
            fail_msg("%s: %s", rows[i].name, err_text(&err));
        check(rows[i].name, rows[i].manifests, &wishes, true, rows[i].pods);
        wishes_fini(&wishes);
        doc_end(&timeline);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budgets_count_healthy_pods),
        cmocka_unit_test(which_budget_covers_a_pod),
        cmocka_unit_test(the_state_of_the_pods),
        cmocka_unit_test(deletion_asks_nobody),
        cmocka_unit_test(evictions_are_tried_again_every_5_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
