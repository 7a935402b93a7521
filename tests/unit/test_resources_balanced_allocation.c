/* Balance before and after, which pods are skipped, and that both forms of Score agree. */
#include "fake_framework.h"

#include "fake_cluster.h"
#include "plugins/node_resources_balanced_allocation.c"
#include "plugins/resources.c"

#define CPU "{\"name\":\"cpu\",\"weight\":1}"
#define MEMORY "{\"name\":\"memory\",\"weight\":1}"
#define SCALAR(n) "{\"name\":\"example.com/" #n "\",\"weight\":1}"

static const char *const resources[] = {
    "{\"resources\":[" CPU "," MEMORY "]}",
    "{\"resources\":[" CPU "," MEMORY "," SCALAR(0) "," SCALAR(1) "]}",
    "{\"resources\":[" CPU "]}",
};
enum { TWO, FOUR, ONE };

static const struct {
    const char *name;
    int64_t alloc[4], used[4], request[4]; /* cpu, memory, two scalars */
    int resources;
    int64_t score;
} cases[] = {
    {"an empty node stays balanced", {100, 100}, {0}, {10, 10}, TWO, 75},
    {"the pod evens the node out", {100, 100}, {50, 0}, {0, 50}, TWO, 87},
    {"the pod tips the balance", {100, 100}, {0, 0}, {50, 0}, TWO, 62},
    {"as far as it can", {100, 100}, {0, 0}, {100, 0}, TWO, 50},
    {"as much better as it can", {100, 100}, {100, 0}, {0, 100}, TWO, 100},
    {"more than all counts as all", {100, 100}, {300, 100}, {1, 0}, TWO, 75},
    {"one resource is always balanced", {100, 0}, {0}, {50, 1}, TWO, 75},
    {"only one is looked at", {100, 100}, {0}, {50, 1}, ONE, 75},
    {"three: standard deviation", {100, 100, 10}, {0}, {50, 50, 10}, FOUR, 63},
    {"four: standard deviation", {100, 100, 10, 10}, {0}, {50, 0, 10, 10}, FOUR, 54},
    {"a scalar that is not requested does not count", {100, 100, 10}, {0, 0, 10}, {50, 50}, FOUR, 75},
    {"two of three are there", {100, 0, 10}, {0}, {50, 1, 10}, FOUR, 62},
};

static void score_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const int columns[] = {BERTH_CPU, BERTH_MEMORY, BERTH_SCALAR, BERTH_SCALAR + 1};
        cluster_begin(1);
        for (uint32_t k = 0; k < 4; k++) {
            cluster.alloc[columns[k]][0] = cases[i].alloc[k];
            cluster.used[columns[k]][0] = cases[i].used[k];
        }
        struct fake_class f = {.class = {.cpu = cases[i].request[0], .memory = cases[i].request[1]}};
        class_scalars(&f, 2);
        f.scalars[0].value = cases[i].request[2];
        f.scalars[1].value = cases[i].request[3];
        void *self =
            cluster_instance(&node_resources_balanced_allocation_plugin, resources[cases[i].resources]);
        struct berth_cycle c = {.class = &f.class, .nodes = &cluster.nodes, .self = self};
        int64_t score;
        assert_int_equal(node_resources_balanced_allocation_plugin.pre_score(&c), BERTH_PASS);
        assert_int_equal(node_resources_balanced_allocation_plugin.score(&c, 0, &score), BERTH_PASS);
        if (score != cases[i].score)
            fail_msg("%s: %lld", cases[i].name, (long long)score);
        node_resources_balanced_allocation_plugin.destroy(self);
    }
}

static void pods_that_request_nothing_are_skipped(void **state)
{
    (void)state;
    cluster_begin(1);
    struct fake_class f = {.class = {.nonzero_cpu = 100, .memory = 1}};
    class_scalars(&f, 1);
    void *two = cluster_instance(&node_resources_balanced_allocation_plugin, resources[TWO]);
    void *one = cluster_instance(&node_resources_balanced_allocation_plugin, resources[ONE]);
    struct berth_cycle c = {.class = &f.class, .nodes = &cluster.nodes, .self = two};
    assert_int_equal(node_resources_balanced_allocation_plugin.pre_score(&c), BERTH_PASS);
    c.self = one;
    assert_int_equal(node_resources_balanced_allocation_plugin.pre_score(&c), BERTH_SKIPPED);
    int64_t score = -1;
    assert_int_equal(node_resources_balanced_allocation_plugin.score(&c, 0, &score), BERTH_PASS);
    assert_int_equal(score, 0);
    node_resources_balanced_allocation_plugin.destroy(one);
    node_resources_balanced_allocation_plugin.destroy(two);
}

static void random_cluster(struct rng *rng)
{
    cluster_begin(1 + rng_below(rng, FAKE_NODES));
    bool ordinary = rng_below(rng, 4) > 0;
    for (uint32_t i = 0; i < cluster.nodes.len; i++) {
        for (uint32_t column = 0; column < BERTH_SCALAR + 2; column++) {
            cluster.alloc[column][i] = ordinary ? rng_below(rng, 1000) : cluster_number(rng);
            cluster.used[column][i] = ordinary ? rng_below(rng, 1000) : cluster_number(rng);
        }
    }
}

static void both_forms_agree(void **state)
{
    (void)state;
    struct rng rng = {1};
    for (uint32_t round = 0; round < 300; round++) {
        random_cluster(&rng);
        struct fake_class f = {
            .class = {.cpu = rng_below(&rng, 2) ? 0 : cluster_number(&rng), .memory = rng_below(&rng, 300)}};
        class_scalars(&f, 2);
        f.scalars[0].value = rng_below(&rng, 2);
        f.scalars[1].value = rng_below(&rng, 2);
        void *self = cluster_instance(&node_resources_balanced_allocation_plugin, resources[round % 3]);
        struct berth_cycle c = {.class = &f.class, .nodes = &cluster.nodes, .self = self};
        int64_t all[FAKE_NODES], score;
        struct berth_range range = {rng_below(&rng, cluster.nodes.len), cluster.nodes.len};
        assert_int_equal(node_resources_balanced_allocation_plugin.score_range(&c, range, all), BERTH_PASS);
        for (uint32_t i = range.from; i < range.to; i++) {
            assert_int_equal(node_resources_balanced_allocation_plugin.score(&c, i, &score), BERTH_PASS);
            if (score != all[i])
                fail_msg("node %u: %lld and %lld", i, (long long)score, (long long)all[i]);
        }
        node_resources_balanced_allocation_plugin.destroy(self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(score_cases),
        cmocka_unit_test(pods_that_request_nothing_are_skipped),
        cmocka_unit_test(both_forms_agree),
    };
    return cmocka_run_group_tests(tests, NULL, fake_end);
}
