/* Which plugins a pod waits for after an attempt: by what they said of it, and of which nodes. */
#include "core/rejection.h"
#include "stage.h"

static struct stage stage;

static int begin(void **state)
{
    (void)state;
    stage_init(&stage);
    stage_node(&stage, "a", "");
    stage_node(&stage, "b", "");
    stage_node(&stage, "c", "");
    return 0;
}

static int end(void **state)
{
    (void)state;
    stage_fini(&stage);
    return 0;
}

/* Plugins by their place: the first one is bit 0. */
static const struct {
    const char *name;
    struct actor actors[4];
    uint64_t unschedulable, pending;
} cases[] = {
    {"one objects everywhere",
     {{.name = "A", .filter = "a: unschedulable x; b: unresolvable x; c: unschedulable x"}},
     1,
     0},
    {"each objects somewhere",
     {{.name = "A", .filter = "a: unschedulable x"},
      {.name = "B", .filter = "b: unresolvable x"},
      {.name = "C", .filter = "c: unschedulable x"},
      {.name = "D", .filter = "d: unschedulable x"}},
     1 | 2 | 4,
     0},
    {"only the first objection to a node counts",
     {{.name = "A", .filter = "a: unschedulable x; b: unschedulable x; c: unschedulable x"},
      {.name = "B", .filter = "a: unschedulable x; b: unschedulable x"}},
     1,
     0},
    {"one says that it has to wait",
     {{.name = "A", .filter = "a: unschedulable x; b: unschedulable x"},
      {.name = "B", .filter = "c: pending x"}},
     1,
     2},
    {"PreFilter objects",
     {{.name = "A", .pre_filter = "pass"}, {.name = "B", .pre_filter = "unresolvable x"}},
     2,
     0},
    {"PreFilter may not say that it has to wait: that is an error",
     {{.name = "A", .pre_filter = "pending x"}},
     0,
     0},
    {"PreFilter left some nodes out",
     {{.name = "A", .pre_filter = "only a,b"},
      {.name = "B", .filter = "a: unschedulable x; b: unschedulable x"}},
     1 | 2,
     0},
};

static void plugins_that_reject_are_known_by_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        stage_clear(&stage);
        for (size_t n = 0; n < ARRAY_LEN(cases[i].actors) && cases[i].actors[n].name; n++)
            stage_add(&stage, &cases[i].actors[n]);
        struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 100));
        struct cycle_outcome out = {.pre_filter = framework_pre_filter(cy)};
        if (out.pre_filter == BERTH_PASS)
            out.verdicts = framework_filter(cy);
        struct rejection r = rejection_of(cy, &out);
        EXPECT(r.unschedulable == cases[i].unschedulable && r.pending == cases[i].pending,
               "%s: unschedulable %llx, pending %llx", cases[i].name, (unsigned long long)r.unschedulable,
               (unsigned long long)r.pending);
    }
}

static void after_an_error_nobody_has_rejected_the_pod(void **state)
{
    (void)state;
    static const struct actor actor = {.name = "A", .filter = "a: unschedulable x"};
    stage_clear(&stage);
    stage_add(&stage, &actor);
    struct cycle *cy = stage_begin(&stage, world_plain_pod(&stage.world, "p", "", 100));
    struct cycle_outcome out = {.error = BERTH_STR("broken"), .pre_filter = framework_pre_filter(cy)};
    out.verdicts = framework_filter(cy);
    struct rejection r = rejection_of(cy, &out);
    assert_true(r.unschedulable == 0 && r.pending == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plugins_that_reject_are_known_by_what_they_say, begin, end),
        cmocka_unit_test_setup_teardown(after_an_error_nobody_has_rejected_the_pod, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
