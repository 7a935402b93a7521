/* Runs under two configurations: what moved, and which plugin it is put down to. */
#include "config_text.h"
#include "session_text.h"
#include "sim/compare.h"

#define NODE(name, cpu, rest)                                                                                \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {kubernetes.io/hostname: " name    \
    "}}, " rest "status: {allocatable: {cpu: '" cpu "', memory: 64Gi, pods: '10'}}}\n"
#define POD(name, metadata, spec, cpu)                                                                       \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name metadata "}, spec: {" spec                     \
    "containers: [{name: c, image: i, resources: {requests: {cpu: '" cpu "', memory: 1Gi}}}]}}\n"
#define TIMES(arrival, departure)                                                                            \
    ", annotations: {berth.dev/arrival-seconds: '" arrival "', berth.dev/departure-seconds: '" departure "'" \
                                                                                                         "}"

#define CONFIG(profile) CONFIG_V1 "profiles: [{" profile "}]\n"
#define PACKED                                                                                               \
    CONFIG("pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated, "          \
           "resources: [{name: cpu, weight: 1}, {name: memory, weight: 1}]}}}]")
#define WITHOUT_TAINTS CONFIG("plugins: {multiPoint: {disabled: [{name: TaintToleration}]}}")
#define OTHER_NAME CONFIG("schedulerName: mine")
#define TAINTED "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}, "

struct compared {
    struct session session;
    struct config *config; /* of the second run; the first has the defaults */
    struct contender contenders[2];
    struct contest contest;
    struct moves moves;
};

static struct compared *compare(const char *name, const char *manifests, const char *config, bool timed,
                                uint32_t most)
{
    struct compared *c = calloc(1, sizeof(*c));
    struct err err = {0};
    struct buf warnings = {0};
    int code = session_of(&c->session, manifests, (struct session_options){.timed = timed}, &err);
    code = code < 0 ? code : config_of(config, &c->config, &warnings, &err);
    c->contest = (struct contest){.cluster = &c->session.cluster,
                                  .registry = &c->session.registry,
                                  .options.seed = 1,
                                  .timed = timed};
    c->contenders[0].config = c->session.config;
    c->contenders[1].config = c->config;
    for (int i = 0; i < 2 && code == 0; i++)
        code = contender_run(&c->contenders[i], &c->contest, NULL, &err);
    code = code < 0 ? code
                    : compare_moves(&c->contenders[0], &c->contenders[1], &c->contest, most, &c->moves, &err);
    if (code < 0)
        fail_msg("%s: %s", name, err_text(&err));
    buf_fini(&warnings);
    return c;
}

static void end(struct compared *c)
{
    moves_fini(&c->moves);
    contender_fini(&c->contenders[0]);
    contender_fini(&c->contenders[1]);
    config_free(c->config);
    session_close(&c->session);
    free(c);
}

static const char *text_or_none(const char *text)
{
    return text ? text : "none";
}

static void causes(void **state)
{
    static const struct {
        const char *name, *manifests, *config;
        bool timed;
        uint32_t moves;
        enum move_cause cause; /* of the first move, as is what follows */
        const char *plugin, *reason;
        bool had_node, has_node, in_second;
    } cases[] = {
        {"equal configurations move nothing", NODE("a", "4", "") NODE("b", "4", "") POD("p", "", "", "1"),
         CONFIG("schedulerName: default-scheduler"), .moves = 0},
        {"a score that prefers full nodes",
         NODE("a", "8", "") NODE("b", "8", "") POD("x", "", "nodeName: a, ", "2") POD("p", "", "", "1"),
         PACKED, .moves = 1, .cause = MOVE_SCORE, .plugin = "NodeResourcesFit", .had_node = true,
         .has_node = true},
        {"a node that was closed before, so that the pod was pending",
         NODE("a", "4", TAINTED) POD("p", "", "", "1"), WITHOUT_TAINTS, .moves = 1, .cause = MOVE_CLOSED,
         .plugin = "TaintToleration", .reason = "node(s) had untolerated taint(s)", .has_node = true},
        {"a node that was closed before, and is the better one",
         NODE("a", "4", "") NODE("b", "64", TAINTED) POD("p", "", "", "1"), WITHOUT_TAINTS, .moves = 1,
         .cause = MOVE_CLOSED, .plugin = "TaintToleration", .reason = "node(s) had untolerated taint(s)",
         .had_node = true, .has_node = true},
        {"the old node is taken by now",
         NODE("a", "4", "") NODE("b", "64", TAINTED) POD("p", "", "", "1")
             POD("q", "", "nodeSelector: {kubernetes.io/hostname: a}, ", "4"),
         WITHOUT_TAINTS, .moves = 2, .cause = MOVE_CLOSED, .plugin = "TaintToleration",
         .reason = "node(s) had untolerated taint(s)", .had_node = true, .has_node = true},
        {"nobody is responsible in the second run", NODE("a", "4", "") POD("p", "", "", "1"), OTHER_NAME,
         .moves = 1, .cause = MOVE_LOST, .reason = "no profile has the scheduler name \"default-scheduler\"",
         .had_node = true, .in_second = true},
        {"with time, the state counts that the pod met",
         NODE("a", "8", "") NODE("b", "8", "") POD("x", TIMES("0", "100"), "nodeName: a, ", "2")
             POD("p", TIMES("50", "90"), "", "1") POD("q", TIMES("200", "300"), "", "1"),
         PACKED, .timed = true, .moves = 1, .cause = MOVE_SCORE, .plugin = "NodeResourcesFit",
         .had_node = true, .has_node = true},
        {"what leaves in the moment in which the pod comes is gone",
         NODE("a", "8", "") NODE("b", "8", "") POD("x", TIMES("0", "200"), "nodeName: a, ", "2")
             POD("z", TIMES("0", "900"), "nodeName: b, ", "1") POD("p", TIMES("200", "300"), "", "1"),
         PACKED,
         .timed = true,
         .moves = 1,
         .cause = MOVE_SCORE,
         .plugin = "NodeResourcesFit",
         .had_node = true,
         .has_node = true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct compared *c = compare(cases[i].name, cases[i].manifests, cases[i].config, cases[i].timed, 100);
        CHECK_INT(c->moves.list.len, cases[i].moves, cases[i].name);
        if (cases[i].moves) {
            const struct move *m = &c->moves.list.at[0];
            CHECK_INT(m->cause, cases[i].cause, cases[i].name);
            CHECK(strcmp(text_or_none(m->plugin), text_or_none(cases[i].plugin)) == 0, cases[i].name);
            CHECK(berth_str_eq(m->reason, berth_str_of(cases[i].reason ? cases[i].reason : "")),
                  cases[i].name);
            CHECK_INT(m->had_node, cases[i].had_node, cases[i].name);
            CHECK_INT(m->has_node, cases[i].has_node, cases[i].name);
            CHECK_INT(m->in_second, cases[i].in_second, cases[i].name);
            CHECK(m->cause != MOVE_SCORE || m->points > 0, cases[i].name);
        }
        end(c);
    }
}

/* Evenly chosen, and the others say so. */
static void only_some_are_asked(void **state)
{
    static const char manifests[] = NODE("a", "8", "") NODE("b", "8", "") POD("x", "", "nodeName: a, ", "2")
        POD("p", "", "", "1") POD("q", "", "", "1") POD("r", "", "", "1") POD("s", "", "", "1");
    (void)state;
    struct compared *c = compare("some", manifests, PACKED, false, 1);
    uint32_t unknown = 0;
    for (size_t i = 0; i < c->moves.list.len; i++)
        unknown += c->moves.list.at[i].cause == MOVE_NOT_LOOKED_INTO;
    assert_true(c->moves.list.len > 1);
    assert_int_equal(c->moves.looked_into, 1);
    assert_int_equal(unknown, c->moves.list.len - 1);
    end(c);
}

/* A watcher asks at each attempt, and the answer is what is then decided: asking changes nothing. */
struct question {
    struct simulation *expected;
    uint32_t *pod_of_attempt, attempts, asked, right;
};

static void note(void *context, uint64_t attempt, uint32_t pod)
{
    struct question *q = context;
    assert_int_equal(attempt, q->attempts);
    q->pod_of_attempt[q->attempts++] = pod;
}

static ssize_t ask(void *context, uint64_t attempt)
{
    struct question *q = context;
    if (attempt == q->attempts)
        return -1; /* no pod is left */
    q->asked = q->pod_of_attempt[attempt];
    return q->asked;
}

static void answered(void *context, const struct explanation *e)
{
    struct question *q = context;
    berth_atom node = q->expected->placements[q->asked].node;
    for (uint32_t i = 0; i < e->best_len; i++)
        q->right += e->nodes->node[e->best[i]]->name == node;
    q->right += !node && e->feasible_len == 0;
}

static void asking_changes_nothing(void **state)
{
    /*
     * The one that does not fit makes preemption draw where to look first;
     * the others draw one of equal nodes.
     */
#define USED_NODE(name) NODE(name, "8", "") POD("on-" name, "", "nodeName: " name ", ", "1")
    static const char manifests[] = USED_NODE("a") USED_NODE("b") USED_NODE("c") USED_NODE("d") USED_NODE("e")
        POD("t", "", "", "8") POD("p", "", "", "1") POD("q", "", "", "1")
        POD("r", "", "", "1") POD("s", "", "", "1");
    (void)state;
    struct compared *c = compare("asking", manifests, PACKED, false, 100);
    struct question q = {.expected = &c->contenders[0].simulation,
                         .pod_of_attempt = calloc(100, sizeof(uint32_t))};
    for (int round = 0; round < 2; round++) {
        struct simulate_watcher watcher = {.context = &q};
        watcher.decided = round ? NULL : note;
        watcher.asked = round ? ask : NULL;
        watcher.answered = answered;
        struct simulation again = {0};
        struct core *core;
        assert_int_equal(core_new(c->session.config, &c->session.registry, c->session.catalog,
                                  &c->contest.options, &core, NULL),
                         0);
        assert_int_equal(simulate(core, &c->session.cluster, &watcher, &again, NULL), 0);
        for (size_t i = 0; i < c->session.cluster.pods.len; i++)
            assert_ptr_equal(again.placements[i].node, q.expected->placements[i].node);
        simulation_fini(&again);
        core_free(core);
    }
    assert_int_equal(q.attempts, 5);
    assert_int_equal(q.right, q.attempts);
    free(q.pod_of_attempt);
    end(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(causes),
        cmocka_unit_test(only_some_are_asked),
        cmocka_unit_test(asking_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
