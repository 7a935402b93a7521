#include "fake_framework.h"

#include "plugins/scheduling_gates.c"

struct gated {
    struct berth_class class;
    berth_atom gates[3];
};

static const struct {
    const char *name;
    const char *gates[3];
    const char *reason; /* NULL: the pod may enter the queue */
} cases[] = {
    {"a pod without gates enters the queue", {NULL}, NULL},
    {"one gate is named", {"example.com/a"}, "waiting for scheduling gates: [example.com/a]"},
    {"gates are named in the pod's order", {"z", "a", "m"}, "waiting for scheduling gates: [z a m]"},
};

static void gates_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gated gated = {.class.gates.offset = offsetof(struct gated, gates)};
        for (size_t k = 0; k < 3 && cases[i].gates[k]; k++)
            gated.gates[gated.class.gates.len++] = fake_atom(cases[i].gates[k]);
        struct berth_cycle cycle = {.class = &gated.class};
        berth_verdict verdict = scheduling_gates_plugin.pre_enqueue(&cycle);
        if (verdict != (cases[i].reason ? FAKE_VERDICT + BERTH_UNRESOLVABLE : BERTH_PASS))
            fail_msg("%s: verdict %u", cases[i].name, verdict);
        if (cases[i].reason && strcmp(fake.reason, cases[i].reason) != 0)
            fail_msg("%s: %s", cases[i].name, fake.reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(gates_are_named, fake_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
