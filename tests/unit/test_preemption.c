/*
 * Where a pod would make room, while pods, nodes, nominations and PodDisruptionBudgets change: what
 * preempting costs is remembered of each node, and must not outlive what it was computed from. Every question
 * is asked often enough for that, and in a core that remembers nothing, too.
 */
#include "core/core.h"
#include "plugins/all.h"
#include "world.h"

#define CORDONED "unschedulable: true"
#define PREEMPTED "conditions: [{type: DisruptionTarget, status: 'True', reason: PreemptionByScheduler}]"

static struct world world;
static struct config *config;
static struct core *cores[2]; /* the second computes everything anew */

static void begin(void)
{
    const struct registry registry = {all_plugins, all_plugins_len};
    struct err err = {0};
    world_init(&world);
    config = config_default();
    for (int i = 0; i < 2; i++) {
        const struct core_options options = {.seed = 1, .no_cache = i == 1};
        assert_int_equal(core_new(config, &registry, world.catalog, &options, &cores[i], &err), 0);
    }
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        assert_true(core_ok(cores[i]));
        cores[i] = core_free(cores[i]);
    }
    config = config_free(config);
    world_fini(&world);
}

/* ---- what happens ---- */

static void put(enum object_kind kind, const void *any)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(core_put(cores[i], &(struct object){.kind = kind, .any = any}, 0), 0);
}

static void take(enum object_kind kind, const void *any)
{
    for (int i = 0; i < 2; i++)
        core_remove(cores[i], &(struct object){.kind = kind, .any = any}, 0);
}

/* A pod that takes one CPU, on the node. */
static void put_pod(const char *name, const char *node, int priority, int start)
{
    put(OBJECT_POD,
        world_pod(&world,
                  "metadata: {name: %s, namespace: default, uid: u-%s, labels: {app: %s}}, spec: "
                  "{nodeName: %s, priority: %d, containers: [{name: c, resources: {requests: {cpu: "
                  "1}}}]}, status: {startTime: '2026-01-01T00:00:%02dZ'}",
                  name, name, name, node, priority, start));
}

/* A pod that takes both CPUs of a node and waits for the one it is nominated to. */
static const void *nominated_pod(const char *name, const char *node, int priority)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, uid: u-%s}, spec: {priority: %d, containers: "
                     "[{name: c, resources: {requests: {cpu: 2}}}]}, status: {nominatedNodeName: %s}",
                     name, name, priority, node);
}

/* Protects the pod of that name. */
static const void *budget(const char *name, int allows)
{
    return world_object(
        &world, OBJECT_POD_DISRUPTION_BUDGET,
        "metadata: {name: %s, namespace: default}, spec: {selector: {matchLabels: {app: %s}}}, "
        "status: {disruptionsAllowed: %d}",
        name, name, allows);
}

/* The same, but the pod's disruption has begun and is counted already. */
static const void *budget_that_counted(const char *name)
{
    return world_object(
        &world, OBJECT_POD_DISRUPTION_BUDGET,
        "metadata: {name: %s, namespace: default}, spec: {selector: {matchLabels: {app: %s}}}, "
        "status: {disruptionsAllowed: 0, disruptedPods: {%s: '2026-01-01T00:00:00Z'}}",
        name, name, name);
}

static void put_node(const char *name, int cpu)
{
    put(OBJECT_NODE,
        world_node(&world, "metadata: {name: %s}, status: {allocatable: {cpu: %d, pods: 10}}", name, cpu));
}

/* ---- questions ---- */

/* The node and the victims there of a pod of priority 10 that wants two CPUs: "n1 a b". */
static void ask_core(struct core *core, struct buf *ret)
{
    const struct berth_pod *pod = world_pod(
        &world, "metadata: {name: h, namespace: default, uid: u-h}, spec: {priority: 10, schedulerName: "
                "default-scheduler, containers: [{name: c, resources: {requests: {cpu: 2}}}]}");
    struct explanation x;
    core_explain(core, pod, &x);
    buf_clear(ret);
    buf_puts(ret, x.nominated >= 0 ? x.nodes->node[x.nominated]->name->text : "-");
    for (uint32_t i = 0; i < x.victims_len; i++)
        buf_printf(ret, " %s", world_name(x.victims[i]));
}

static void ask(const char *name, struct buf *trace)
{
    enum {
        OFTEN = 3
    }; /* the first time nothing is remembered, the second time all is, the third it is used */
    struct buf first = {0}, again = {0};
    ask_core(cores[1], &first);
    for (int i = 0; i < OFTEN; i++) {
        ask_core(cores[0], &again);
        EXPECT(berth_str_eq(buf_view(&first), buf_view(&again)), "%s: %.*s, remembered: %.*s", name,
               BERTH_FMT(buf_view(&first)), BERTH_FMT(buf_view(&again)));
    }
    buf_printf(trace, "%.*s; ", BERTH_FMT(buf_view(&first)));
    buf_fini(&first);
    buf_fini(&again);
}

/* ---- cases ---- */

/* Both nodes have two CPUs, and the pods of the case are on them before the first question is asked. */
static const struct {
    const char *name, *steps, *trace;
} cases[] = {
    {"a budget comes, allows more, and goes",
     "put a n1 0 1,put b n2 1 1,ask,budget a 0,ask,budget a 1,ask,budget a 0,ask,unbudget a,ask",
     "n1 a; n2 b; n1 a; n2 b; n1 a; "},
    {"there are budgets for all",
     "put a n1 0 1,put b n2 1 1,budget a 0,budget b 0,ask,unbudget b,ask,unbudget a,ask",
     "n1 a; n2 b; n1 a; "},
    {"a budget that is violated costs more than a pod that is more important",
     "put a n1 0 1,put b n2 9 1,ask,budget a 0,ask", "n1 a; n2 b; "},
    {"a pod becomes more important", "put a n1 0 1,put b n2 1 1,ask,put a n1 2 1,ask", "n1 a; n2 b; "},
    {"a pod starts later than another: least is lost with it",
     "put a n1 0 1,put b n2 0 5,ask,put a n1 0 9,ask", "n2 b; n1 a; "},
    {"of several victims the most important one's start counts",
     "put a n1 5 9,put c n1 0 1,put b n2 5 5,put d n2 0 8,ask", "n1 a c; "},
    {"a pod whose disruption is counted already violates no budget",
     "put a n1 0 1,put b n2 1 1,budget a 0,ask,counted a,ask", "n2 b; n1 a; "},
    {"a second pod comes", "put a n1 0 1,put b n2 0 1,put c n2 0 1,ask,put d n1 0 1,put e n1 0 1,ask",
     "n1 a; n2 b c; "},
    {"and goes", "put a n1 0 1,put b n2 0 1,put c n2 0 1,put d n1 0 1,put e n1 0 1,ask,gone c,ask",
     "n2 b c; n2 b; "},
    {"others are nominated to the node, and no longer",
     "put a n1 0 1,put b n2 1 1,ask,nominate x n1 20,ask,gone x,ask", "n1 a; n2 b; n1 a; "},
    {"those of lower priority do not count", "put a n1 0 1,put b n2 1 1,ask,nominate x n1 9,ask",
     "n1 a; n1 a; "},
    {"a node gets too small", "put a n1 0 1,put b n2 1 1,ask,node n1 1,ask,node n1 2,ask",
     "n1 a; n2 b; n1 a; "},
    {"a node that was too small", "node n1 1,put a n1 0 1,put b n2 1 1,ask,node n1 2,ask", "n2 b; n1 a; "},
    {"nobody is less important", "put a n1 10 1,put b n2 10 1,ask,put b n2 9 1,ask", "-; n2 b; "},
};

static void do_step(const char *name, const char *step, struct buf *trace)
{
    char word[16] = "", what[8] = "", node[8] = "";
    int number = 0, start = 0;
    if (strcmp(step, "ask") == 0)
        ask(name, trace);
    else if (sscanf(step, "put %7s %7s %d %d", what, node, &number, &start) == 4)
        put_pod(what, node, number, start);
    else if (sscanf(step, "nominate %7s %7s %d", what, node, &number) == 3)
        put(OBJECT_POD, nominated_pod(what, node, number));
    else if (sscanf(step, "budget %7s %d", what, &number) == 2)
        put(OBJECT_POD_DISRUPTION_BUDGET, budget(what, number));
    else if (sscanf(step, "%15s %7s", word, what) == 2 && strcmp(word, "counted") == 0)
        put(OBJECT_POD_DISRUPTION_BUDGET, budget_that_counted(what));
    else if (sscanf(step, "node %7s %d", what, &number) == 2)
        put_node(what, number);
    else if (sscanf(step, "%15s %7s", word, what) == 2 && strcmp(word, "unbudget") == 0)
        take(OBJECT_POD_DISRUPTION_BUDGET, budget(what, 0));
    else if (sscanf(step, "%15s %7s", word, what) == 2 && strcmp(word, "gone") == 0)
        take(OBJECT_POD, nominated_pod(what, "n1", 0));
    else
        fail_msg("%s: what is \"%s\"", name, step);
}

static void what_is_remembered_follows_what_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf trace = {0};
        char steps[256];
        begin();
        put_node("n1", 2);
        put_node("n2", 2);
        snprintf(steps, sizeof(steps), "%s", cases[i].steps);
        for (char *rest = steps, *step; (step = strsep(&rest, ",")) != NULL;)
            do_step(cases[i].name, step, &trace);
        EXPECT(berth_str_eq(buf_view(&trace), berth_str_of(cases[i].trace)), "%s: %.*s\nnot %s",
               cases[i].name, BERTH_FMT(buf_view(&trace)), cases[i].trace);
        buf_fini(&trace);
        end();
    }
}

/* ---- who has preempted before ---- */

/* Both nodes are full, by pod a on n1 and pod b on n2, and the pod is nominated to n1. */
static const struct {
    const char *name;
    const char *spec;   /* of node n1 */
    const char *status; /* of pod a, and whether it is leaving */
    bool leaving;
    const char *answer; /* and the node */
} nominated_cases[] = {
    {"its victim is still leaving", "", PREEMPTED, true, "not eligible -"},
    {"its victim is there", "", PREEMPTED, false, "n1"},
    {"somebody else's victim is leaving", "", "", true, "n1"},
    {"its victim is leaving a node that it can no longer have", CORDONED, PREEMPTED, true, "n2"},
};

static void ask_nominated(struct core *core, struct buf *ret)
{
    const struct berth_pod *pod = world_pod(
        &world, "metadata: {name: h, namespace: default, uid: u-h}, spec: {priority: 10, schedulerName: "
                "default-scheduler, containers: [{name: c, resources: {requests: {cpu: 2}}}]}, status: "
                "{nominatedNodeName: n1}");
    static const char refusal[] = "not eligible due to a terminating pod on the nominated node";
    struct explanation x;
    core_explain(core, pod, &x);
    buf_clear(ret);
    if (memmem(x.message.ptr, x.message.len, refusal, strlen(refusal)))
        buf_puts(ret, "not eligible ");
    buf_puts(ret, x.nominated >= 0 ? x.nodes->node[x.nominated]->name->text : "-");
}

static void who_has_preempted_waits_while_that_helps(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nominated_cases); i++) {
        struct buf answer = {0};
        begin();
        put(OBJECT_NODE, world_node(&world,
                                    "metadata: {name: n1}, spec: {%s}, status: {allocatable: {cpu: 2, pods: "
                                    "10}}",
                                    nominated_cases[i].spec));
        put_node("n2", 2);
        put(OBJECT_POD,
            world_pod(
                &world,
                "metadata: {name: a, namespace: default, uid: u-a%s}, spec: {nodeName: n1, priority: 0, "
                "containers: [{name: c, resources: {requests: {cpu: 1}}}]}, status: {%s}",
                nominated_cases[i].leaving ? ", deletionTimestamp: '2026-01-01T00:00:00Z'" : "",
                nominated_cases[i].status));
        put_pod("b", "n2", 5, 1);
        ask_nominated(cores[0], &answer);
        EXPECT(berth_str_eq(buf_view(&answer), berth_str_of(nominated_cases[i].answer)), "%s: %.*s",
               nominated_cases[i].name, BERTH_FMT(buf_view(&answer)));
        buf_fini(&answer);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_remembered_follows_what_changes),
        cmocka_unit_test(who_has_preempted_waits_while_that_helps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
