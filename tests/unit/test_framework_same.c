/*
 * Remembering, ranges and nominated pods change nothing but the time it takes: along random
 * histories of a cluster every verdict and every score is the same with and without them, and
 * nominated pods leave no trace behind.
 */
#include "base/rng.h"
#include "stage.h"

enum { NODES = 9, WAYS = 4, CLASSES = 6 };

static struct stage stage;
static struct row_cache rows[WAYS]; /* each way remembers for itself */

/* ---- plugins of every scope ---- */

/* Room looks at rows only. */
static berth_verdict room_filter(const struct berth_cycle *c, uint32_t node)
{
    bool fits = c->nodes->used[BERTH_CPU][node] + c->class->cpu <= c->nodes->alloc[BERTH_CPU][node];
    return fits ? BERTH_PASS : berth_reject(c, BERTH_UNSCHEDULABLE, "Insufficient cpu");
}

static void room_filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    for (uint32_t node = range.from; node < range.to; node++)
        if (verdicts[node] == BERTH_PASS)
            verdicts[node] = room_filter(c, node);
}

static berth_verdict room_score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    int64_t alloc = c->nodes->alloc[BERTH_CPU][node];
    int64_t left = alloc - c->nodes->used[BERTH_CPU][node] - c->class->cpu;
    *ret_score = left < 0 ? 0 : 100 * left / alloc;
    return BERTH_PASS;
}

static berth_verdict room_score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    for (uint32_t node = range.from; node < range.to; node++)
        if (c->nodes->node[node])
            (void)room_score(c, node, &scores[node]);
        else
            scores[node] = -12345;
    return BERTH_PASS;
}

static const struct berth_plugin room = {
    .abi = BERTH_ABI,
    .size = sizeof(room),
    .name = "Room",
    .filter_scope = BERTH_SCOPE_ROW,
    .score_scope = BERTH_SCOPE_ROW,
    .filter = room_filter,
    .filter_range = room_filter_range,
    .score = room_score,
    .score_range = room_score_range,
};

/* Company looks at the zones of all nodes: it dislikes lonely ones, and takes no zone of more than five. */
static int64_t neighbours(const struct berth_cycle *c, uint32_t node)
{
    struct berth_topology zones = berth_topology_of(c, berth_cycle_atom(c, BERTH_STR("zone")));
    int64_t same = 0;
    for (uint32_t other = 0; other < c->nodes->len; other++)
        same += c->nodes->node[other] && zones.value[other] == zones.value[node];
    return same;
}

static berth_verdict company_filter(const struct berth_cycle *c, uint32_t node)
{
    return neighbours(c, node) <= 5 ? BERTH_PASS : berth_reject(c, BERTH_UNRESOLVABLE, "crowded zone");
}

static berth_verdict company_score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    *ret_score = neighbours(c, node) * 7;
    return BERTH_PASS;
}

static berth_verdict company_normalize(const struct berth_cycle *c, int64_t *scores)
{
    berth_normalize(c, false, scores);
    return BERTH_PASS;
}

static const struct berth_plugin company = {
    .abi = BERTH_ABI,
    .size = sizeof(company),
    .name = "Company",
    .filter_scope = BERTH_SCOPE_NODES,
    .score_scope = BERTH_SCOPE_NODES,
    .filter = company_filter,
    .score = company_score,
    .normalize = company_normalize,
};

/*
 * Ledger counts pods in its own state, as plugins do that keep counts from PreFilter on: what it was told
 * must at any time be what the rows say. It skips pods of priority 3.
 */
static berth_verdict ledger_pre_filter(const struct berth_cycle *c)
{
    if (c->class->priority == 3)
        return BERTH_SKIPPED;
    uint32_t *pods = berth_alloc(c, (c->nodes->len + 1) * sizeof(*pods));
    for (uint32_t node = 0; node < c->nodes->len; node++)
        pods[node] = c->nodes->pods[node].len;
    berth_keep(c, pods);
    return BERTH_PASS;
}

static berth_verdict ledger_moved(const struct berth_cycle *c, const struct berth_pod *pod, uint32_t node,
                                  int32_t count)
{
    (void)pod;
    ((uint32_t *)c->state)[node] += (uint32_t)count;
    return BERTH_PASS;
}

static berth_verdict ledger_filter(const struct berth_cycle *c, uint32_t node)
{
    const uint32_t *pods = c->state;
    if (pods[node] != c->nodes->pods[node].len)
        return berth_reject(c, BERTH_ERROR, "the ledger is out of step");
    return pods[node] < 4 ? BERTH_PASS : berth_reject(c, BERTH_UNSCHEDULABLE, "Too many pods");
}

static berth_verdict ledger_pre_score(const struct berth_cycle *c)
{
    return c->nodes->live % 3 == 0 ? BERTH_SKIPPED : BERTH_PASS;
}

static berth_verdict ledger_score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    *ret_score = 25 * (int64_t)(c->nodes->pods[node].len % 5);
    return BERTH_PASS;
}

static const struct berth_plugin ledger = {
    .abi = BERTH_ABI,
    .size = sizeof(ledger),
    .name = "Ledger",
    .pre_filter = ledger_pre_filter,
    .pod_moved = ledger_moved,
    .filter = ledger_filter,
    .pre_score = ledger_pre_score,
    .score = ledger_score,
};

/* ---- a random history ---- */

static int begin(void **state)
{
    (void)state;
    stage_init(&stage);
    for (int way = 0; way < WAYS; way++)
        rows[way] = (struct row_cache){.catalog = stage.world.catalog};
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int way = 0; way < WAYS; way++)
        row_cache_fini(&rows[way]);
    stage_fini(&stage);
    return 0;
}

static void put_node(struct rng *rng)
{
    assert_int_equal(cache_put_node(&stage.cache, world_node(&stage.world,
                                                             "metadata: {name: n%u, labels: {zone: z%u}}, "
                                                             "status: {allocatable: {cpu: %u, pods: 10}}",
                                                             rng_below(rng, NODES), rng_below(rng, 3),
                                                             1 + rng_below(rng, 3))),
                     0);
}

/* One of few classes; `place` goes into the spec, `status` into the status. */
static const struct berth_pod *make_pod(struct rng *rng, uint32_t number, const char *place,
                                        const char *status)
{
    uint32_t class = rng_below(rng, CLASSES);
    return world_pod(&stage.world,
                     "metadata: {name: p%u, namespace: default, labels: {class: c%u}}, spec: {priority: %u, "
                     "containers: [{name: c, resources: {requests: {cpu: %um}}}]%s}, status: {%s}",
                     number, class, class % 4, 150 * (class + 1), place, status);
}

static void put_pod(struct rng *rng)
{
    char place[64] = "", status[64] = "";
    uint32_t node = rng_below(rng, NODES);
    if (rng_below(rng, 4))
        snprintf(place, sizeof(place), ", nodeName: n%u", node);
    else
        snprintf(status, sizeof(status), "nominatedNodeName: n%u", node);
    stage_put_pod(&stage, make_pod(rng, rng_below(rng, 30), place, status));
}

static void remove_pod(struct rng *rng)
{
    char name[16];
    snprintf(name, sizeof(name), "p%u", rng_below(rng, 30));
    struct pod_entry *entry =
        pod_index_find(&stage.cache.pods, world_atom(&stage.world, "default"), berth_str_of(name));
    if (entry)
        stage_remove_pod(&stage, entry);
}

static void step(struct rng *rng)
{
    char name[16];
    switch (rng_below(rng, 12)) {
    case 0:
        snprintf(name, sizeof(name), "n%u", rng_below(rng, NODES));
        cache_remove_node(&stage.cache, world_atom(&stage.world, name));
        break;
    case 1:
    case 2:
        put_node(rng);
        break;
    case 3:
    case 4:
    case 5:
        remove_pod(rng);
        break;
    default:
        put_pod(rng);
    }
}

/* ---- what each way says ---- */

struct answers {
    berth_verdict verdicts[64];
    int64_t total[64];
    berth_verdict failed;
    uint32_t plugins;
};

static void ask(const struct berth_pod *pod, int way, struct answers *ret)
{
    static uint32_t feasible[64];
    stage.options = (struct core_options){.no_cache = way & 1, .per_node = way & 2};
    stage.rows = rows[way];
    struct cycle *cy = stage_begin(&stage, pod);
    assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
    const berth_verdict *verdicts = framework_filter(cy);
    memset(ret, 0, sizeof(*ret));
    cy->feasible = feasible;
    for (uint32_t slot = 0; slot < stage.cache.nodes.view.len; slot++) {
        ret->verdicts[slot] = verdicts[slot];
        assert_int_not_equal(verdicts_get(&stage.verdicts, verdicts[slot])->code, BERTH_ERROR);
        if (verdicts[slot] == BERTH_PASS)
            feasible[cy->feasible_len++] = slot;
    }
    if (cy->feasible_len > 0) {
        struct framework_scores scores;
        ret->failed = framework_score(cy, true, &scores);
        ret->plugins = scores.plugins_len;
        for (uint32_t i = 0; i < cy->feasible_len; i++)
            ret->total[feasible[i]] = scores.total[feasible[i]];
    }
    rows[way] = stage.rows;
    stage.rows = (struct row_cache){.catalog = stage.world.catalog};
}

/* Filter by hand: the plugins in order, node by node, with and without the nominated pods. */
static berth_verdict by_hand(struct cycle *cy, uint32_t slot)
{
    for (uint32_t i = 0; i < cy->profile->points[POINT_FILTER].len; i++) {
        const struct plugin_instance *instance = cy->profile->points[POINT_FILTER].at[i].instance;
        if (cy->states[instance - cy->profile->instances].skip_filter)
            continue;
        struct call call = framework_call(cy, instance);
        berth_verdict v = instance->plugin->filter(&call.c, slot);
        if (v != BERTH_PASS)
            return v;
    }
    return BERTH_PASS;
}

static berth_verdict with_nominated_by_hand(const struct berth_pod *pod, uint32_t slot)
{
    struct node_table *nodes = &stage.cache.nodes;
    uint32_t before = nodes->pods[slot].len;
    for (const struct nomination *e = nominator_first(&stage.nominator, nodes->node[slot]->name); e;
         e = e->next)
        if (e->pod->class->priority >= pod->class->priority)
            assert_int_equal(node_table_add_pod(nodes, slot, e->pod), 0);
    struct cycle *cy = stage_begin(&stage, pod);
    assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
    berth_verdict with = by_hand(cy, slot);
    while (nodes->pods[slot].len > before)
        node_table_remove_pod(nodes, slot, nodes->pods[slot].at[nodes->pods[slot].len - 1]);
    cy = stage_begin(&stage, pod);
    assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
    return with != BERTH_PASS ? with : by_hand(cy, slot);
}

static void every_way_says_the_same(const struct berth_plugin *const *order)
{
    static const char *const names[WAYS] = {"remembered", "not remembered", "remembered, per node",
                                            "per node"};
    struct rng rng = {42};
    struct answers first, other;
    stage_clear(&stage);
    for (int i = 0; i < 3; i++)
        stage_add_plugin(&stage, order[i], NULL, 1 + i);
    for (int i = 0; i < 20; i++)
        put_node(&rng);
    for (int i = 0; i < 1500; i++) {
        for (uint32_t steps = 1 + rng_below(&rng, 3); steps > 0; steps--)
            step(&rng);
        const struct berth_pod *pod = make_pod(&rng, 1000, "", "");
        ask(pod, 0, &first);
        for (int way = 1; way < WAYS; way++) {
            ask(pod, way, &other);
            EXPECT(memcmp(&first, &other, sizeof(first)) == 0, "step %d: \"%s\" and \"%s\" differ", i,
                   names[0], names[way]);
        }
        for (uint32_t slot = 0; slot < stage.cache.nodes.view.len; slot++)
            if (stage.cache.nodes.node[slot])
                EXPECT(with_nominated_by_hand(pod, slot) == first.verdicts[slot], "step %d, node in slot %u",
                       i, slot);
        EXPECT(i % 50 || cache_ok(&stage.cache), "step %d", i);
    }
}

static void rows_first(void **state)
{
    (void)state;
    every_way_says_the_same((const struct berth_plugin *const[]){&room, &company, &ledger});
}

static void rows_last(void **state)
{
    (void)state;
    every_way_says_the_same((const struct berth_plugin *const[]){&ledger, &room, &company});
}

static void rows_around(void **state)
{
    (void)state;
    every_way_says_the_same((const struct berth_plugin *const[]){&company, &ledger, &room});
}

/* ---- nominated pods, one rule at a time ---- */

static const struct {
    const char *name;
    int nominated_priority, nominated_milli;
    int priority, milli;
    bool itself;
    const char *verdict;
} nominated_cases[] = {
    {"a nominated pod of higher priority takes its room", 5, 3000, 1, 2000, false,
     "Room unschedulable Insufficient cpu"},
    {"one of the same priority does, too", 1, 3000, 1, 2000, false, "Room unschedulable Insufficient cpu"},
    {"one of lower priority does not", 0, 3000, 1, 2000, false, "pass"},
    {"where both fit the node passes", 5, 1000, 1, 2000, false, "pass"},
    {"a pod does not stand in its own way", 1, 3000, 1, 3000, true, "pass"},
    {"without the nominated pod the node must do, too", 5, 1000, 1, 5000, false,
     "Room unschedulable Insufficient cpu"},
};

static const struct berth_pod *prioritised(const char *name, int priority, int milli, const char *nominated)
{
    return world_pod(&stage.world,
                     "metadata: {name: %s, namespace: default}, spec: {priority: %d, containers: [{name: c, "
                     "resources: {requests: {cpu: %dm}}}]}, status: {%s%s}",
                     name, priority, milli, *nominated ? "nominatedNodeName: " : "", nominated);
}

static void nominated_pods_count_where_they_are_expected(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nominated_cases); i++) {
        stage_clear(&stage);
        stage_add_plugin(&stage, &room, NULL, 1);
        stage_add_plugin(&stage, &ledger, NULL, 1);
        stage_node(&stage, "n1", "");
        stage_node(&stage, "n2", "");
        struct pod_entry *entry =
            stage_put_pod(&stage, prioritised("nominated", nominated_cases[i].nominated_priority,
                                              nominated_cases[i].nominated_milli, "n1"));
        const struct berth_pod *pod =
            nominated_cases[i].itself
                ? entry->pod
                : prioritised("p", nominated_cases[i].priority, nominated_cases[i].milli, "");
        for (int time = 0; time < 3; time++) {
            struct cycle *cy = stage_begin(&stage, pod);
            assert_int_equal(framework_pre_filter(cy), BERTH_PASS);
            const char *got = stage_text(&stage, framework_filter(cy)[0]);
            EXPECT(strcmp(got, nominated_cases[i].verdict) == 0, "%s: %s", nominated_cases[i].name, got);
            got = stage_text(&stage, framework_filter_node(cy, 0));
            EXPECT(strcmp(got, nominated_cases[i].verdict) == 0, "%s (alone): %s", nominated_cases[i].name,
                   got);
            assert_int_equal(framework_filter(cy)[1],
                             nominated_cases[i].milli <= 4000 ? BERTH_PASS : framework_filter(cy)[0]);
            assert_true(cache_ok(&stage.cache));
        }
        stage_remove_pod(&stage, entry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_first, begin, end),
        cmocka_unit_test_setup_teardown(rows_last, begin, end),
        cmocka_unit_test_setup_teardown(rows_around, begin, end),
        cmocka_unit_test_setup_teardown(nominated_pods_count_where_they_are_expected, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
