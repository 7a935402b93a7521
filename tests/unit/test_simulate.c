/* The simulated run: outcomes, reasons, usage and fragmentation of small clusters. */
#include "session_text.h"
#include "sim/simulate.h"
#include "sim/usage.h"

#define NODE(name, cpu, memory)                                                                              \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name "}, status: {allocatable: {cpu: '" cpu        \
    "', memory: " memory ", pods: '10'}}}\n"
#define POD(name, rest, cpu, memory)                                                                         \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {" rest                              \
    "containers: [{name: c, image: i, resources: {requests: {cpu: '" cpu "', memory: " memory "}}}]}}\n"

struct simulated {
    struct session session;
    struct simulation simulation;
};

/* Runs the manifests; ends the test when that fails. */
static struct simulated simulate_text(const char *name, const char *manifests)
{
    struct simulated s = {0};
    struct err err = {0};
    int code = session_of(&s.session, manifests, (struct session_options){0}, &err);
    if (code == 0)
        code = simulate(s.session.core, &s.session.cluster, NULL, &s.simulation, &err);
    if (code < 0)
        fail_msg("%s: %s", name, err_text(&err));
    return s;
}

static void end(struct simulated *s)
{
    simulation_fini(&s->simulation);
    session_close(&s->session);
}

static void outcomes(void **state)
{
    static const struct {
        const char *name, *manifests;
        uint32_t counts[OUTCOME_COUNT]; /* bound, placed, pending, gated, others */
        const char *first_reason;
    } cases[] = {
        {"no pods, no outcomes", NODE("a", "1", "1Gi"), {0}, NULL},
        {"a pod that fits is placed", NODE("a", "1", "1Gi") POD("p", "", "1", "1Gi"), {0, 1}, NULL},
        {"a bound pod counts from the start",
         NODE("a", "1", "1Gi") POD("p", "", "1", "1Mi") POD("q", "nodeName: a, ", "1", "1Mi"),
         {1, 0, 1},
         "0/1 nodes are available: 1 Insufficient cpu."},
        {"the first comes first",
         NODE("a", "1", "1Gi") POD("p", "", "1", "1Mi") POD("q", "", "1", "1Mi"),
         {0, 1, 1},
         "0/1 nodes are available: 1 Insufficient cpu."},
        {"a gated pod does not enter the queue",
         NODE("a", "1", "1Gi") POD("p", "schedulingGates: [{name: g}], ", "1", "1Mi"),
         {0, 0, 0, 1},
         "waiting for scheduling gates: [g]"},
        {"a pod of another scheduler is left alone",
         NODE("a", "1", "1Gi") POD("p", "schedulerName: mine, ", "1", "1Mi"),
         {0, 0, 0, 0, 1},
         "no profile has the scheduler name \"mine\""},
        {"without nodes nothing fits",
         POD("p", "", "1", "1Mi"),
         {0, 0, 1},
         "no nodes available to schedule pods"},
        {"a pod on a node that is not there is bound all the same",
         NODE("a", "1", "1Gi") POD("p", "nodeName: gone, ", "1", "1Mi"),
         {1},
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct simulated s = simulate_text(cases[i].name, cases[i].manifests);
        for (size_t o = 0; o < OUTCOME_COUNT; o++)
            CHECK_INT(s.simulation.counts[o], cases[i].counts[o], cases[i].name);
        CHECK_INT(s.simulation.reasons.len, cases[i].first_reason ? 1 : 0, cases[i].name);
        if (cases[i].first_reason) {
            berth_str text = s.simulation.reasons.at[0].text;
            uint32_t len = (uint32_t)strlen(cases[i].first_reason);
            CHECK(text.len >= len && memcmp(text.ptr, cases[i].first_reason, len) == 0, cases[i].name);
        }
        end(&s);
    }
}

static void equal_reasons_are_one(void **state)
{
    struct simulated s = simulate_text("", NODE("a", "1", "1Gi") POD("p", "", "2", "1Mi")
                                               POD("q", "", "1", "2Gi") POD("r", "", "3", "1Mi"));
    (void)state;
    assert_int_equal(s.simulation.reasons.len, 2);
    assert_int_equal(s.simulation.reasons.at[0].pods, 2);
    assert_int_equal(s.simulation.reasons.at[0].first, 0);
    assert_int_equal(s.simulation.placements[2].reason, 0);
    assert_int_equal(s.simulation.placements[1].reason, 1);
    end(&s);
}

/* In percent of the free amount, -1 when there is nothing to measure. */
static void fragmentation(void **state)
{
    static const struct {
        const char *name, *manifests;
        int cpu, memory;
    } cases[] = {
        {"whatever is free can be used", NODE("a", "4", "4Gi") POD("p", "", "1", "1Gi"), 0, 0},
        {"nothing is free", NODE("a", "1", "1Gi") POD("p", "", "1", "1Gi"), -1, -1},
        {"free memory behind a full CPU is of no use", NODE("a", "1", "4Gi") POD("p", "", "1", "1Gi"), -1,
         100},
        {"pieces that are too small",
         NODE("a", "3", "4Gi") NODE("b", "5", "8Gi") POD("p", "", "2", "2Gi") POD("q", "", "2", "2Gi"), 25,
         25},
        {"half of the pods could use it",
         NODE("a", "4", "8Gi") POD("p", "nodeName: a, ", "1", "1Gi") POD("q", "", "2", "1Gi"), 50, 50},
        {"who does not ask for it is not asked",
         NODE("a", "2", "4Gi") POD("p", "", "1", "0") POD("q", "", "0", "1Gi"), 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct simulated s = simulate_text(cases[i].name, cases[i].manifests);
        struct arena arena = {0};
        const struct usage *usages;
        assert_true(usage_of(s.session.core, &s.session.cluster, &arena, &usages) >= 2);
        int cpu = (int)(usages[0].fragmentation * 100), memory = (int)(usages[1].fragmentation * 100);
        CHECK_INT(usages[0].fragmentation < 0 ? -1 : cpu, cases[i].cpu, cases[i].name);
        CHECK_INT(usages[1].fragmentation < 0 ? -1 : memory, cases[i].memory, cases[i].name);
        arena_fini(&arena);
        end(&s);
    }
}

static void sums(void **state)
{
    struct simulated s = simulate_text("", NODE("a", "3", "4Gi") NODE("b", "5", "8Gi")
                                               POD("p", "", "2", "2Gi") POD("q", "", "1500m", "2Gi"));
    struct arena arena = {0};
    const struct usage *usages;
    (void)state;
    assert_true(usage_of(s.session.core, &s.session.cluster, &arena, &usages) >= 2);
    assert_int_equal(usages[0].alloc, 8000);
    assert_int_equal(usages[0].used, 3500);
    assert_int_equal(usages[1].alloc, 12ll << 30);
    assert_int_equal(usages[1].used, 4ll << 30);
    arena_fini(&arena);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes),
        cmocka_unit_test(equal_reasons_are_one),
        cmocka_unit_test(fragmentation),
        cmocka_unit_test(sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
