#include "fake_framework.h"

#include "plugins/node_declared_features.c"

static bool gate;

bool berth_feature(struct berth_handle *h, const char *name)
{
    (void)h;
    assert_string_equal(name, "NodeDeclaredFeatures");
    return gate;
}

static const struct {
    const char *name;
    bool gate;
    const char *wanted[3], *declared[3];
    berth_verdict pre_filter, filter;
} cases[] = {
    {"pods that need nothing are skipped", true, {NULL}, {"A"}, BERTH_SKIPPED, BERTH_PASS},
    {"the one feature is declared", true, {"A"}, {"A"}, BERTH_PASS, BERTH_PASS},
    {"among others", true, {"B"}, {"A", "B", "C"}, BERTH_PASS, BERTH_PASS},
    {"none is declared", true, {"A"}, {NULL}, BERTH_PASS, FAKE_VERDICT + BERTH_UNRESOLVABLE},
    {"one of two is missing", true, {"A", "B"}, {"B", "C"}, BERTH_PASS, FAKE_VERDICT + BERTH_UNRESOLVABLE},
    {"with the gate off nothing is asked", false, {"A"}, {NULL}, BERTH_SKIPPED, BERTH_PASS},
};

static berth_list put(const char *const *names, berth_atom *to, size_t offset)
{
    berth_list list = {(uint32_t)offset, 0};
    for (size_t i = 0; i < 3 && names[i]; i++)
        to[list.len++] = fake_atom(names[i]);
    return list;
}

static void features(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct {
            struct berth_class class;
            berth_atom names[3];
        } pod = {0};
        struct {
            struct berth_node node;
            berth_atom names[3];
        } host = {0};
        pod.class.features = put(cases[i].wanted, pod.names, offsetof(__typeof__(pod), names));
        host.node.features = put(cases[i].declared, host.names, offsetof(__typeof__(host), names));
        const struct berth_node *column[] = {&host.node};
        struct berth_nodes nodes = {.len = 1, .node = column};
        struct berth_cycle cycle = {.class = &pod.class, .nodes = &nodes};
        gate = cases[i].gate;
        fake.kept = NULL;
        assert_int_equal(node_declared_features_plugin.create(NULL, NULL, &cycle.self), 0);
        berth_verdict pre_filter = node_declared_features_plugin.pre_filter(&cycle);
        cycle.state = fake.kept;
        berth_verdict filter =
            pre_filter == BERTH_SKIPPED ? BERTH_PASS : node_declared_features_plugin.filter(&cycle, 0);
        if (pre_filter != cases[i].pre_filter || filter != cases[i].filter)
            fail_msg("%s: PreFilter %u, Filter %u", cases[i].name, pre_filter, filter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(features, fake_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
