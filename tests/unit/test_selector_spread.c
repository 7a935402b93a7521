#include "fake_framework.h"

#include "plugins/selector_spread.c"

/* ---- a cluster with one Service and one ReplicaSet; pods are counted by the query's number of parts ---- */

static struct berth_workload service, replica_set;
static int32_t counts[4];
static uint32_t parts_asked;

uint32_t berth_workloads(const struct berth_cycle *c, enum berth_workload_kind kind, berth_atom namespace,
                         const struct berth_workload *const **ret_workloads)
{
    (void)c, (void)namespace;
    static const struct berth_workload *const services[] = {&service};
    static const struct berth_workload *const replica_sets[] = {&replica_set};
    *ret_workloads = kind == BERTH_SERVICE ? services : replica_sets;
    return kind == BERTH_SERVICE || kind == BERTH_REPLICA_SET;
}

bool berth_selector_matches(const void *block, const struct berth_selector *selector,
                            const void *labels_block, berth_list labels)
{
    (void)block, (void)labels_block, (void)labels;
    return selector->selects == BERTH_SELECTS_MATCHES || selector->selects == BERTH_SELECTS_EVERYTHING;
}

const int32_t *berth_count_pods(const struct berth_cycle *c, const struct berth_query *query)
{
    (void)c;
    parts_asked = query->len;
    assert_int_equal(query->skip_terminating, 1);
    for (uint32_t i = 0; i < query->len; i++) {
        const struct berth_query_part *part = &query->parts[i];
        const berth_atom *namespace = berth_list_at(part->block, part->namespaces);
        assert_int_equal(part->namespaces.len, 1);
        assert_ptr_equal(*namespace, fake_atom("default"));
    }
    return counts;
}

/* ---- which selectors count ---- */

static const struct {
    const char *name;
    enum berth_selects service, replica_set;
    const char *owner_kind, *owner_name;
    uint32_t parts;
} selections[] = {
    {"nothing selects the pod", BERTH_SELECTS_NOTHING, BERTH_SELECTS_MATCHES, NULL, NULL, 0},
    {"a service does", BERTH_SELECTS_MATCHES, BERTH_SELECTS_MATCHES, NULL, NULL, 1},
    {"its owner does", BERTH_SELECTS_NOTHING, BERTH_SELECTS_MATCHES, "ReplicaSet", "web", 1},
    {"both do", BERTH_SELECTS_MATCHES, BERTH_SELECTS_MATCHES, "ReplicaSet", "web", 2},
    {"the owner is gone", BERTH_SELECTS_MATCHES, BERTH_SELECTS_MATCHES, "ReplicaSet", "other", 1},
    {"owners of other kinds select nothing", BERTH_SELECTS_NOTHING, BERTH_SELECTS_MATCHES, "Job", "web", 0},
    {"an empty selector says nothing", BERTH_SELECTS_EVERYTHING, BERTH_SELECTS_EVERYTHING, "ReplicaSet",
     "web", 0},
    {"a bad selector says nothing", BERTH_SELECTS_NOTHING, BERTH_SELECTS_INVALID, "ReplicaSet", "web", 0},
};

static void selectors(void **state)
{
    (void)state;
    service.namespace = replica_set.namespace = fake_atom("default");
    replica_set.name = fake_atom("web");
    for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++) {
        service.selector.selects = selections[i].service;
        replica_set.selector.selects = selections[i].replica_set;
        struct berth_class class = {.namespace = fake_atom("default"),
                                    .owner_kind = fake_atom(selections[i].owner_kind),
                                    .owner_name = fake_atom(selections[i].owner_name)};
        struct berth_cycle cycle = {.class = &class};
        parts_asked = 0;
        assert_int_equal(selector_spread_plugin.pre_score(&cycle), BERTH_PASS);
        if (parts_asked != selections[i].parts)
            fail_msg("%s: %u parts", selections[i].name, parts_asked);
    }
}

/* ---- scores ---- */

static const struct {
    const char *name;
    uint32_t own_constraints; /* the pod has topologySpreadConstraints */
    int32_t counts[4];
    const char *zones[4];
    int64_t scores[4];
} cases[] = {
    {"no pods, no zones", 0, {0, 0, 0, 0}, {NULL}, {100, 100, 100, 100}},
    {"no pods", 0, {0, 0, 0, 0}, {"a", "a", "b", NULL}, {100, 100, 100, 100}},
    {"nodes alone", 0, {0, 1, 2, 3}, {NULL}, {100, 66, 33, 0}},
    {"zones count twice as much", 0, {2, 1, 0, 0}, {"a", "a", "b", "b"}, {0, 16, 100, 100}},
    {"nodes without a zone are judged as nodes", 0, {2, 1, 0, 1}, {"a", "a", "b", NULL}, {0, 16, 100, 50}},
    {"many in another zone", 0, {3, 3, 1, 0}, {"a", "a", "b", "b"}, {0, 0, 77, 88}},
    {"a pod with constraints of its own", 1, {3, 3, 1, 0}, {"a", "a", "b", "b"}, {0, 0, 0, 0}},
};

static void scores(void **state)
{
    (void)state;
    const uint32_t feasible[4] = {0, 1, 2, 3};
    service.namespace = fake_atom("default");
    service.selector.selects = BERTH_SELECTS_MATCHES;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct berth_node node[4] = {0};
        const struct berth_node *column[4] = {&node[0], &node[1], &node[2], &node[3]};
        for (size_t k = 0; k < 4; k++)
            node[k].zone = fake_atom(cases[i].zones[k]);
        memcpy(counts, cases[i].counts, sizeof(counts));
        struct berth_class class = {.namespace = fake_atom("default"),
                                    .spread.len = cases[i].own_constraints};
        struct berth_nodes nodes = {.len = 4, .live = 4, .node = column};
        struct berth_cycle cycle = {
            .class = &class, .nodes = &nodes, .feasible = feasible, .feasible_len = 4};
        int64_t got[4];
        fake.kept = NULL;
        assert_int_equal(selector_spread_plugin.pre_score(&cycle), BERTH_PASS);
        cycle.score_state = fake.kept;
        assert_int_equal(selector_spread_plugin.score_range(&cycle, (struct berth_range){0, 4}, got),
                         BERTH_PASS);
        assert_int_equal(selector_spread_plugin.normalize(&cycle, got), BERTH_PASS);
        for (size_t k = 0; k < 4; k++)
            if (got[k] != cases[i].scores[k])
                fail_msg("%s: node %zu scores %d", cases[i].name, k, (int)got[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(selectors, fake_end),
        cmocka_unit_test_teardown(scores, fake_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
