#include "fake_framework.h"

#include "plugins/priority_sort.c"

struct waiting {
    int32_t priority;
    int64_t since_ns;
    uint64_t sequence;
};

static const struct {
    const char *name;
    struct waiting a, b;
    bool a_first, b_first;
} cases[] = {
    {"the higher priority goes first, however late it came", {10, 9, 9}, {5, 1, 1}, true, false},
    {"negative priorities come after 0", {-1, 1, 1}, {0, 9, 9}, false, true},
    {"extreme priorities do not wrap around", {INT32_MAX, 1, 1}, {INT32_MIN, 1, 2}, true, false},
    {"among equals the one that waits longer", {0, 100, 7}, {0, 200, 3}, true, false},
    {"at the same time the one that arrived earlier", {0, 100, 7}, {0, 100, 3}, false, true},
    {"no pod goes before itself", {0, 100, 7}, {0, 100, 7}, false, false},
};

static bool goes_first(const struct waiting *a, const struct waiting *b)
{
    struct berth_class classes[2] = {{.priority = a->priority}, {.priority = b->priority}};
    struct berth_pod pods[2] = {{.class = &classes[0]}, {.class = &classes[1]}};
    struct berth_queued first = {&pods[0], a->since_ns, a->sequence};
    struct berth_queued second = {&pods[1], b->since_ns, b->sequence};
    return priority_sort_plugin.less(NULL, &first, &second);
}

static void order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (goes_first(&cases[i].a, &cases[i].b) != cases[i].a_first
            || goes_first(&cases[i].b, &cases[i].a) != cases[i].b_first)
            fail_msg("%s", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
