/* The FailedScheduling message: kube-scheduler's text, to the last full stop. */
#include "core/message.h"
#include "stage.h"

static struct stage stage;

static int begin(void **state)
{
    (void)state;
    stage_init(&stage);
    for (int i = 0; i < 12; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        stage_node(&stage, name, "");
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    stage_fini(&stage);
    return 0;
}

/* Verdicts as runs: `count` nodes with these reasons of the plugin. */
struct run {
    uint32_t count;
    const char *plugin;
    const char *reasons[3];
};

static const struct {
    const char *name;
    struct run runs[5];
    const char *post_filter;
    const char *message;
} cases[] = {
    {"one reason for all",
     {{12, "A", {"Insufficient cpu"}}},
     "",
     "0/12 nodes are available: 12 Insufficient cpu."},
    {"reasons are sorted as text, the count in front",
     {{2, "A", {"z"}}, {10, "B", {"a"}}},
     "",
     "0/12 nodes are available: 10 a, 2 z."},
    {"10 sorts before 2", {{2, "A", {"a"}}, {10, "A", {"z"}}}, "", "0/12 nodes are available: 10 z, 2 a."},
    {"a node with two reasons counts for both",
     {{9, "A", {"Insufficient cpu"}}, {3, "A", {"Insufficient cpu", "Too many pods"}}},
     "",
     "0/12 nodes are available: 12 Insufficient cpu, 3 Too many pods."},
    {"the same reason of two plugins is one",
     {{5, "A", {"no"}}, {7, "B", {"no"}}},
     "",
     "0/12 nodes are available: 12 no."},
    {"what PostFilter says comes last",
     {{12, "A", {"no"}}},
     "preemption: 0/12 nodes are available: 12 No preemption victims found for incoming pod.",
     "0/12 nodes are available: 12 no. preemption: 0/12 nodes are available: 12 No preemption victims found "
     "for "
     "incoming pod."},
    {"no reason at all leaves the colon", {{12, "A", {NULL}}}, "", "0/12 nodes are available:"},
};

static berth_verdict intern(const struct run *run)
{
    berth_str reasons[3];
    uint32_t len = 0;
    for (; len < 3 && run->reasons[len]; len++)
        reasons[len] = berth_str_of(run->reasons[len]);
    return verdicts_intern(&stage.verdicts, BERTH_UNSCHEDULABLE, run->plugin, reasons, len);
}

static void expect(const char *name, berth_str got, const char *wanted)
{
    EXPECT(berth_str_eq(got, berth_str_of(wanted)), "%s:\n  %.*s\nnot\n  %s", name, BERTH_FMT(got), wanted);
}

static void reasons_are_counted_over_nodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 1));
        berth_verdict verdicts[12];
        uint32_t slot = 0;
        for (const struct run *run = cases[i].runs; slot < 12; run++)
            for (uint32_t n = 0; n < run->count; n++)
                verdicts[slot++] = intern(run);
        berth_str got = message_unschedulable(cy, verdicts, BERTH_PASS, berth_str_of(cases[i].post_filter));
        expect(cases[i].name, got, cases[i].message);
    }
}

static void a_rejection_by_pre_filter_is_the_whole_reason(void **state)
{
    (void)state;
    struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 1));
    berth_verdict v = intern(&(struct run){1, "A", {"claim not found", "and more"}});
    expect("without PostFilter", message_unschedulable(cy, NULL, v, (berth_str){0}),
           "0/12 nodes are available: claim not found, and more.");
    expect("with PostFilter", message_unschedulable(cy, NULL, v, BERTH_STR("preemption: no.")),
           "0/12 nodes are available: claim not found, and more. preemption: no.");
}

static void dead_slots_do_not_count(void **state)
{
    (void)state;
    cache_remove_node(&stage.cache, world_atom(&stage.world, "n3"));
    struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 1));
    berth_verdict verdicts[12];
    for (int i = 0; i < 12; i++)
        verdicts[i] = i == 3 ? VERDICT_NO_NODE : intern(&(struct run){1, "A", {"no"}});
    expect("11 of 12", message_unschedulable(cy, verdicts, BERTH_PASS, (berth_str){0}),
           "0/11 nodes are available: 11 no.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reasons_are_counted_over_nodes, begin, end),
        cmocka_unit_test_setup_teardown(a_rejection_by_pre_filter_is_the_whole_reason, begin, end),
        cmocka_unit_test_setup_teardown(dead_slots_do_not_count, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
