/*
 * Counters of selected pods: whatever happened since they were last asked, they say what a
 * walk over all pods would.
 */
#include "core/pod_counts.h"
#include "base/rng.h"
#include "world.h"

enum { NODES = 6, KINDS = 4 };

static struct world world;
static struct node_table table;
static struct change_log change_log;
static struct namespaces namespaces;
static struct pod_counts counts;
static struct arena scratch;
static const struct berth_pod *kinds[KINDS]; /* pods of four classes that come and go */

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    table = (struct node_table){0};
    namespaces = (struct namespaces){0};
    counts = (struct pod_counts){0};
    scratch = (struct arena){0};
    static const char *const metadata[KINDS] = {
        "namespace: default, labels: {app: web}",
        "namespace: default, labels: {app: web, tier: a}",
        "namespace: default, labels: {app: db}",
        "namespace: other, labels: {app: web}",
    };
    for (int i = 0; i < KINDS; i++)
        kinds[i] = world_pod(&world, "metadata: {name: p%d, %s}", i, metadata[i]);
    return change_log_init(&change_log, world.catalog) < 0 || node_table_init(&table) < 0 ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    pod_counts_fini(&counts);
    change_log_fini(&change_log);
    namespaces_fini(&namespaces);
    node_table_fini(&table);
    arena_fini(&scratch);
    world_fini(&world);
    return 0;
}

static void put_nodes(void)
{
    for (int i = 0; i < NODES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        int32_t slot = node_table_put(&table, world_plain_node(&world, name, ""));
        change_log_add(&change_log, NULL, (uint32_t)slot, 0);
    }
}

static void come(uint32_t slot, int kind)
{
    assert_int_equal(node_table_add_pod(&table, slot, kinds[kind]), 0);
    change_log_add(&change_log, kinds[kind]->class, slot, 1);
}

static void go(uint32_t slot, int kind)
{
    node_table_remove_pod(&table, slot, kinds[kind]);
    change_log_add(&change_log, kinds[kind]->class, slot, -1);
}

/* The query of an anti-affinity term's selector. */
struct question {
    struct berth_query_part part;
    struct berth_query query;
};

static void ask(struct question *q, const char *selector)
{
    const struct berth_class *class =
        world_pod(
            &world,
            "metadata: {name: asker, namespace: default}, spec: {affinity: {podAntiAffinity: "
            "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {%s}}]}}}",
            selector)
            ->class;
    const struct berth_pod_term *term = berth_list_at(class, class->required_anti_affinity);
    q->part = (struct berth_query_part){class, &term->selector, term->namespaces, NULL, 0};
    q->query = (struct berth_query){&q->part, 1, 0};
}

static const int32_t *count(const struct question *q)
{
    const int32_t *column = pod_counts_get(&counts, &table, &change_log, &namespaces, &scratch, &q->query);
    assert_non_null(column);
    return column;
}

static void counts_follow_pods_that_come_and_go(void **state)
{
    (void)state;
    put_nodes();
    struct question web;
    ask(&web, "matchLabels: {app: web}");
    come(0, 0);
    come(0, 1);
    come(1, 2);
    come(2, 3);
    const int32_t *column = count(&web);
    assert_int_equal(column[0], 2);
    assert_int_equal(column[1], 0);
    assert_int_equal(column[2], 0); /* another namespace */
    come(1, 0);
    go(0, 1);
    column = count(&web);
    assert_int_equal(column[0], 1);
    assert_int_equal(column[1], 1);
}

static void equal_queries_share_a_counter(void **state)
{
    (void)state;
    put_nodes();
    struct question a, b, c;
    ask(&a, "matchLabels: {app: web}");
    ask(&b, "matchExpressions: [{key: app, operator: In, values: [web]}]");
    ask(&c, "matchLabels: {app: db}");
    assert_ptr_equal(count(&a), count(&b));
    assert_ptr_not_equal(count(&a), count(&c));
    assert_int_equal(counts.counters.len, 2);
}

static void a_reader_far_behind_counts_anew(void **state)
{
    (void)state;
    put_nodes();
    struct question web;
    ask(&web, "matchLabels: {app: web}");
    assert_int_equal(count(&web)[3], 0);
    come(3, 0);
    for (uint64_t i = 0; i < change_log.cap; i++) {
        come(4, 1);
        go(4, 1);
    }
    assert_int_equal(count(&web)[3], 1);
    assert_int_equal(count(&web)[4], 0);
}

static void columns_grow_with_the_nodes(void **state)
{
    (void)state;
    put_nodes();
    struct question web;
    ask(&web, "matchLabels: {app: web}");
    (void)count(&web);
    for (int i = 0; i < 500; i++) {
        char name[16];
        snprintf(name, sizeof(name), "late%d", i);
        uint32_t slot = (uint32_t)node_table_put(&table, world_plain_node(&world, name, ""));
        change_log_add(&change_log, NULL, slot, 0);
        come(slot, i % 2 ? 0 : 2);
    }
    const int32_t *column = count(&web);
    for (uint32_t i = 0; i < 500; i++)
        assert_int_equal(column[NODES + i], i % 2);
}

static void counters_in_use_in_a_cycle_stay(void **state)
{
    (void)state;
    enum { MANY = 600 };
    put_nodes();
    come(2, 0);
    static struct question questions[MANY];
    static const int32_t *columns[MANY];
    for (int i = 0; i < MANY; i++) {
        char selector[64];
        snprintf(selector, sizeof(selector), "matchExpressions: [{key: k%d, operator: DoesNotExist}]", i);
        ask(&questions[i], selector);
    }
    pod_counts_new_cycle(&counts);
    for (int i = 0; i < MANY; i++)
        columns[i] = count(&questions[i]);
    for (int i = 0; i < MANY; i++) /* ASan would see a column that was thrown out */
        assert_int_equal(columns[i][2], 1);
    for (int round = 0; round < 3; round++) {
        pod_counts_new_cycle(&counts);
        come(1, 0);
        for (int i = 0; i < MANY; i++)
            assert_int_equal(count(&questions[i])[1], round + 1);
    }
}

static void counters_agree_with_a_walk_over_all_pods(void **state)
{
    (void)state;
    put_nodes();
    static const struct {
        const char *selector;
        bool selects[KINDS];
    } asked[] = {
        {"matchLabels: {app: web}", {true, true, false, false}},
        {"matchExpressions: [{key: tier, operator: Exists}]", {false, true, false, false}},
        {"matchExpressions: [{key: tier, operator: DoesNotExist}]", {true, false, true, false}},
        {"", {true, true, true, false}},
    };
    struct question questions[ARRAY_LEN(asked)];
    for (size_t i = 0; i < ARRAY_LEN(asked); i++)
        ask(&questions[i], asked[i].selector);
    int32_t there[NODES][KINDS] = {0};
    struct rng rng = {1};
    for (int step = 0; step < 3000; step++) {
        uint32_t slot = rng_below(&rng, NODES), kind = rng_below(&rng, KINDS),
                 i = rng_below(&rng, ARRAY_LEN(asked));
        if (there[slot][kind] > 0 && rng_below(&rng, 2)) {
            go(slot, (int)kind);
            there[slot][kind]--;
        } else {
            come(slot, (int)kind);
            there[slot][kind]++;
        }
        const int32_t *column = count(&questions[i]);
        for (uint32_t s = 0; s < NODES; s++) {
            int32_t sum = 0;
            for (int k = 0; k < KINDS; k++)
                sum += asked[i].selects[k] ? there[s][k] : 0;
            EXPECT(column[s] == sum, "step %d: {%s} selects %d pods on node %u, not %d", step,
                   asked[i].selector, sum, s, column[s]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_follow_pods_that_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(equal_queries_share_a_counter, begin, end),
        cmocka_unit_test_setup_teardown(a_reader_far_behind_counts_anew, begin, end),
        cmocka_unit_test_setup_teardown(columns_grow_with_the_nodes, begin, end),
        cmocka_unit_test_setup_teardown(counters_in_use_in_a_cycle_stay, begin, end),
        cmocka_unit_test_setup_teardown(counters_agree_with_a_walk_over_all_pods, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
