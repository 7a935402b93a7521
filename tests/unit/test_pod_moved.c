/*
 * The plugins that count pods: what they remember of a cycle follows pods that come and go, and their range
 * forms agree with their per-node forms. Random small clusters, by seed.
 */
#include "fake_world.h"

extern const struct berth_plugin pod_topology_spread_plugin, inter_pod_affinity_plugin;

enum { SEEDS = 2000, MOVES = 6 };

static const uint32_t all_slots[NODES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

struct run {
    const struct berth_plugin *plugin;
    struct fake_pod incoming;
    struct berth_cycle cycle;
};

static void begin(struct run *r, const struct berth_plugin *plugin, struct rng *rng)
{
    void *self = NULL;
    world_init(rng);
    pod_init(&r->incoming, rng);
    assert_int_equal(plugin->create(NULL, NULL, &self), 0);
    r->plugin = plugin;
    r->cycle = (struct berth_cycle){
        .pod = &r->incoming.pod,
        .class = &r->incoming.of.class,
        .nodes = &world.table,
        .feasible = all_slots,
        .feasible_len = NODES,
        .self = self,
    };
}

static void end(struct run *r)
{
    r->plugin->destroy(r->cycle.self);
    fake_end(NULL);
}

/* Runs PreFilter; false when the plugin has nothing to say about the pod. */
static bool pre_filter(struct run *r)
{
    fake.kept = NULL;
    berth_verdict v = r->plugin->pre_filter(&r->cycle);
    r->cycle.state = fake.kept;
    assert_true(v == BERTH_PASS || v == BERTH_SKIPPED);
    return v == BERTH_PASS;
}

static void filter(struct run *r, berth_verdict *verdicts)
{
    memset(verdicts, 0, NODES * sizeof(*verdicts));
    r->plugin->filter_range(&r->cycle, (struct berth_range){0, NODES}, verdicts);
    for (uint32_t s = 0; s < NODES; s++)
        assert_int_equal(verdicts[s], r->plugin->filter(&r->cycle, s));
}

static void moved(struct run *r, const struct fake_pod *p, int32_t count)
{
    assert_int_equal(r->plugin->pod_moved(&r->cycle, &p->pod, p->node, count), BERTH_PASS);
}

static void take_away(struct run *r, uint32_t i)
{
    moved(r, &world.pods[i], -1);
    world.pods[i] = world.pods[--world.len];
    world.pods[i].pod.class = &world.pods[i].of.class;
}

static void add(struct run *r, struct rng *rng)
{
    pod_init(&world.pods[world.len], rng);
    moved(r, &world.pods[world.len++], 1);
}

static void check_moves(const struct berth_plugin *plugin, uint64_t seed)
{
    struct rng rng = {seed};
    struct run r;
    berth_verdict told[NODES], counted[NODES] = {0};
    begin(&r, plugin, &rng);
    if (pre_filter(&r)) {
        for (int i = 0; i < MOVES; i++) {
            if (world.len > 0 && rng_below(&rng, 2))
                take_away(&r, rng_below(&rng, world.len));
            else
                add(&r, &rng);
        }
        filter(&r, told);
        if (pre_filter(&r))
            filter(&r, counted);
        assert_memory_equal(told, counted, sizeof(told));
    }
    end(&r);
}

static void check_return(const struct berth_plugin *plugin, uint64_t seed)
{
    struct rng rng = {seed};
    struct run r;
    berth_verdict before[NODES], after[NODES];
    begin(&r, plugin, &rng);
    if (pre_filter(&r)) {
        filter(&r, before);
        for (uint32_t i = 0; i < world.len; i++)
            moved(&r, &world.pods[i], -1);
        for (uint32_t i = 0; i < world.len; i++)
            moved(&r, &world.pods[i], 1);
        filter(&r, after);
        assert_memory_equal(before, after, sizeof(before));
    }
    end(&r);
}

static void check_scores(const struct berth_plugin *plugin, uint64_t seed)
{
    struct rng rng = {seed};
    struct run r;
    begin(&r, plugin, &rng);
    fake.kept = NULL;
    if (plugin->pre_score(&r.cycle) == BERTH_PASS) {
        r.cycle.score_state = fake.kept;
        int64_t scores[NODES], score;
        assert_int_equal(plugin->score_range(&r.cycle, (struct berth_range){0, NODES}, scores), BERTH_PASS);
        for (uint32_t s = 0; s < NODES; s++) {
            assert_int_equal(plugin->score(&r.cycle, s, &score), BERTH_PASS);
            assert_int_equal(scores[s], score);
        }
        assert_int_equal(plugin->normalize(&r.cycle, scores), BERTH_PASS);
        for (uint32_t s = 0; s < NODES; s++)
            assert_in_range(scores[s], 0, 100);
    }
    end(&r);
}

static const struct {
    const char *name;
    void (*check)(const struct berth_plugin *plugin, uint64_t seed);
    const struct berth_plugin *plugin;
} cases[] = {
    {"spread verdicts after moves are those of a fresh count", check_moves, &pod_topology_spread_plugin},
    {"affinity verdicts after moves are those of a fresh count", check_moves, &inter_pod_affinity_plugin},
    {"pods that leave and return do not change spread verdicts", check_return, &pod_topology_spread_plugin},
    {"pods that leave and return do not change affinity verdicts", check_return, &inter_pod_affinity_plugin},
    {"spread scores by range are those by node, within 0 and 100", check_scores, &pod_topology_spread_plugin},
    {"affinity scores by range are those by node, within 0 and 100", check_scores,
     &inter_pod_affinity_plugin},
};

static void run_case(void **state)
{
    size_t i = (size_t)(uintptr_t)*state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        cases[i].check(cases[i].plugin, seed);
}

int main(void)
{
    enum { CASES = sizeof(cases) / sizeof(cases[0]) };
    struct CMUnitTest tests[CASES];
    for (size_t i = 0; i < CASES; i++)
        tests[i] = (struct CMUnitTest){cases[i].name, run_case, NULL, NULL, (void *)(uintptr_t)i};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
