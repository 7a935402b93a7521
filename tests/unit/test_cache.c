/* The cache: pods are where they say, whatever order nodes and pods come and go in. */
#include "core/cache.h"
#include "base/rng.h"
#include "world.h"

static struct world world;
static struct cache cache;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    return cache_init(&cache, world.catalog);
}

static int end(void **state)
{
    (void)state;
    assert_true(cache_ok(&cache));
    cache_fini(&cache);
    world_fini(&world);
    return 0;
}

static void put_node(const char *name, const char *labels)
{
    assert_int_equal(cache_put_node(&cache, world_plain_node(&world, name, labels)), 0);
}

/* A pod of 100m that says it is on `node`. */
static struct pod_entry *put_pod(const char *name, const char *node)
{
    char spec[64] = "";
    if (node)
        snprintf(spec, sizeof(spec), ", nodeName: %s", node);
    struct pod_entry *entry = cache_put_pod(
        &cache, world_pod(&world,
                          "metadata: {name: %s, namespace: default, labels: {app: web}}, spec: {containers: "
                          "[{name: c, resources: {requests: {cpu: 100m}}}]%s}",
                          name, spec));
    assert_non_null(entry);
    assert_true(cache_ok(&cache));
    return entry;
}

static int64_t cpu_used(const char *node)
{
    int32_t slot = node_table_find(&cache.nodes, world_atom(&world, node));
    assert_true(slot >= 0);
    return cache.nodes.view.used[BERTH_CPU][slot];
}

static void a_pod_on_a_known_node_is_counted_there(void **state)
{
    (void)state;
    put_node("n1", "");
    struct pod_entry *entry = put_pod("p", "n1");
    assert_int_equal(entry->slot, 0);
    assert_int_equal(cpu_used("n1"), 100);
    cache_remove_pod(&cache, entry);
    assert_int_equal(cpu_used("n1"), 0);
    assert_int_equal(cache.pods.len, 0);
}

static void pods_wait_for_their_node_to_come(void **state)
{
    (void)state;
    struct pod_entry *a = put_pod("a", "late"), *b = put_pod("b", "late"), *c = put_pod("c", "later");
    assert_int_equal(a->slot, -1);
    cache_remove_pod(&cache, b);
    put_node("late", "");
    assert_int_equal(a->slot, 0);
    assert_int_equal(c->slot, -1);
    assert_int_equal(cpu_used("late"), 100);
    put_node("later", "");
    assert_int_equal(c->slot, 1);
}

static void pods_of_a_removed_node_wait_for_it_to_come_back(void **state)
{
    (void)state;
    put_node("n1", "zone: a");
    put_node("m1", "zone: a");
    struct pod_entry *a = put_pod("a", "n1"), *b = put_pod("b", "n1"), *c = put_pod("c", "m1");
    cache_remove_node(&cache, world_atom(&world, "n1"));
    assert_true(cache_ok(&cache));
    assert_int_equal(a->slot, -1);
    assert_int_equal(b->slot, -1);
    assert_int_equal(cpu_used("m1"), 100);
    cache_remove_pod(&cache, a);
    put_node("other", ""); /* takes the dead slot, not the pods */
    assert_int_equal(cpu_used("other"), 0);
    put_node("n1", "");
    assert_int_equal(cpu_used("n1"), 100);
    assert_true(b->slot >= 0 && b->slot != c->slot);
    cache_remove_node(&cache, world_atom(&world, "nobody"));
}

static void a_replaced_node_keeps_its_pods(void **state)
{
    (void)state;
    put_node("n1", "zone: a");
    struct pod_entry *entry = put_pod("p", "n1");
    uint64_t generation = cache.nodes_generation;
    assert_int_equal(topology_of(&cache.topology, &cache.nodes, world_atom(&world, "zone")).value[0], 1);
    put_node("n1", "zone: b");
    assert_int_equal(entry->slot, 0);
    assert_int_equal(cpu_used("n1"), 100);
    assert_true(cache.nodes_generation > generation);
    assert_int_equal(topology_of(&cache.topology, &cache.nodes, world_atom(&world, "zone")).value[0], 2);
}

static void a_replaced_pod_moves_to_where_it_says(void **state)
{
    (void)state;
    put_node("n1", "");
    put_node("m1", "");
    struct pod_entry *entry = put_pod("p", "n1");
    static const struct {
        const char *node;
        int32_t slot;
        int64_t on_n, on_m;
    } moves[] = {
        {"m1", 1, 0, 100}, {NULL, -1, 0, 0}, {"n1", 0, 100, 0},
        {"x", -1, 0, 0},   {NULL, -1, 0, 0}, {"m1", 1, 0, 100},
    };
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        assert_ptr_equal(put_pod("p", moves[i].node), entry);
        assert_int_equal(entry->slot, moves[i].slot);
        assert_int_equal(cpu_used("n1"), moves[i].on_n);
        assert_int_equal(cpu_used("m1"), moves[i].on_m);
    }
}

static void an_assumed_pod_counts_on_its_node(void **state)
{
    (void)state;
    put_node("n1", "");
    struct pod_entry *entry = put_pod("p", NULL);
    assert_int_equal(cache_assume(&cache, entry, 0), 0);
    assert_int_equal(entry->slot, 0);
    assert_ptr_equal(entry->pod->node_name, world_atom(&world, "n1"));
    assert_int_equal(cpu_used("n1"), 100);
    assert_true(cache_ok(&cache));
    put_pod("p", NULL); /* undone */
    assert_int_equal(cpu_used("n1"), 0);
    assert_int_equal(entry->slot, -1);
    assert_int_equal(cache_assume(&cache, entry, 0), 0);
    cache_remove_node(&cache, world_atom(&world, "n1"));
    assert_int_equal(entry->slot, -1);
}

static void every_move_is_in_the_change_log(void **state)
{
    (void)state;
    uint64_t at = cache.log.end;
    put_node("n1", "");
    struct pod_entry *entry = put_pod("p", "n1");
    put_node("n1", "zone: b");
    cache_remove_pod(&cache, entry);
    cache_remove_node(&cache, world_atom(&world, "n1"));
    static const int32_t counts[] = {0, 1, 0, -1, 0};
    assert_int_equal(cache.log.end, at + ARRAY_LEN(counts));
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        const struct change *change = change_log_at(&cache.log, at + i);
        assert_int_equal(change->count, counts[i]);
        assert_int_equal(change->slot, 0);
        assert_true((change->class != NULL) == (counts[i] != 0));
    }
}

static void workloads_are_listed_by_kind_and_namespace_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"b", "a", "c"};
    const struct berth_workload *objects[3];
    for (int i = 0; i < 3; i++) {
        objects[i] =
            world_object(&world, OBJECT_SERVICE,
                         "metadata: {name: %s, namespace: default}, spec: {selector: {app: web}}", names[i]);
        assert_int_equal(cache_put_workload(&cache, objects[i]), 0);
    }
    const void *set =
        world_object(&world, OBJECT_REPLICA_SET,
                     "metadata: {name: a, namespace: default}, spec: {selector: {matchLabels: {a: b}}}");
    assert_int_equal(cache_put_workload(&cache, set), 0);
    const struct berth_workload *const *found;
    berth_atom here = world_atom(&world, "default");
    assert_int_equal(cache_workloads(&cache, BERTH_SERVICE, here, &found), 3);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(found[i], objects[i]);
    assert_int_equal(cache_workloads(&cache, BERTH_REPLICA_SET, here, &found), 1);
    assert_int_equal(cache_workloads(&cache, BERTH_STATEFUL_SET, here, &found), 0);
    assert_int_equal(cache_workloads(&cache, BERTH_SERVICE, world_atom(&world, "other"), &found), 0);
    const void *again = world_object(&world, OBJECT_SERVICE,
                                     "metadata: {name: a, namespace: default}, spec: {selector: {app: db}}");
    assert_int_equal(cache_put_workload(&cache, again), 0);
    cache_remove_workload(&cache, objects[0]);
    assert_int_equal(cache_workloads(&cache, BERTH_SERVICE, here, &found), 2);
    assert_ptr_equal(found[0], again);
    assert_ptr_equal(found[1], objects[2]);
}

static void namespaces_are_replaced_and_removed(void **state)
{
    (void)state;
    const void *a = world_object(&world, OBJECT_NAMESPACE, "metadata: {name: a, labels: {x: z}}");
    const void *b = world_object(&world, OBJECT_NAMESPACE, "metadata: {name: a}");
    berth_atom name = world_atom(&world, "a");
    assert_int_equal(cache_put_namespace(&cache, a), 0);
    assert_int_equal(cache_put_namespace(&cache, b), 0);
    assert_ptr_equal(namespaces_get(&cache.namespaces, name), b);
    cache_remove_namespace(&cache, name);
    cache_remove_namespace(&cache, name);
    assert_null(namespaces_get(&cache.namespaces, name));
}

#define PICKY_POD                                                                                  \
    "metadata: {name: picky, namespace: default}, spec: {affinity: {podAntiAffinity: "             \
    "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}}]}}}"

/* cache_ok() must not be content with just anything. */
static void cache_ok_notices_what_is_out_of_step(void **state)
{
    (void)state;
    put_node("n1", "zone: a");
    struct pod_entry *entry = put_pod("p", "n1");
    (void)topology_of(&cache.topology, &cache.nodes, world_atom(&world, "zone"));
    cache.nodes.used[BERTH_CPU][0]++;
    assert_false(cache_ok(&cache));
    cache.nodes.used[BERTH_CPU][0]--;
    cache.nodes.nonzero_memory[0]++;
    assert_false(cache_ok(&cache));
    cache.nodes.nonzero_memory[0]--;
    cache.nodes.alloc[BERTH_CPU][0]++;
    assert_false(cache_ok(&cache));
    cache.nodes.alloc[BERTH_CPU][0]--;
    entry->slot = -1;
    assert_false(cache_ok(&cache));
    entry->slot = 0;
    cache.topology.columns.at[0].value[0] = 7;
    assert_false(cache_ok(&cache));
    cache.topology.columns.at[0].value[0] = 1;
    const struct berth_class *picky = world_pod(&world, PICKY_POD)->class;
    assert_int_equal(terms_add_pod(&cache.terms, picky, 0), 0);
    assert_false(cache_ok(&cache));
    terms_remove_pod(&cache.terms, picky, 0);
    assert_true(cache_ok(&cache));
}

static void a_random_history_keeps_everything_in_step(void **state)
{
    (void)state;
    static const char *const nodes[] = {"n0", "n1", "n2", "n3", "n4"};
    static const char *const places[] = {"n0", "n1", "n2", "n3", "n4", "n9", NULL, NULL};
    struct rng rng = {7};
    for (int step = 0; step < 1500; step++) {
        char pod[8];
        const char *node = nodes[rng_below(&rng, ARRAY_LEN(nodes))];
        snprintf(pod, sizeof(pod), "p%u", rng_below(&rng, 12));
        struct pod_entry *entry =
            pod_index_find(&cache.pods, world_atom(&world, "default"), berth_str_of(pod));
        switch (rng_below(&rng, 8)) {
        case 0:
            put_node(node, rng_below(&rng, 2) ? "zone: a" : "zone: b, disk: ssd");
            break;
        case 1:
            cache_remove_node(&cache, world_atom(&world, node));
            break;
        case 2:
            if (entry)
                cache_remove_pod(&cache, entry);
            break;
        case 3:
            if (entry && !entry->pod->node_name
                && node_table_find(&cache.nodes, world_atom(&world, node)) >= 0)
                assert_int_equal(
                    cache_assume(&cache, entry,
                                 (uint32_t)node_table_find(&cache.nodes, world_atom(&world, node))),
                    0);
            break;
        default:
            put_pod(pod, places[rng_below(&rng, ARRAY_LEN(places))]);
        }
        if (step == 100)
            (void)topology_of(&cache.topology, &cache.nodes, world_atom(&world, "zone"));
        EXPECT(cache_ok(&cache), "out of step after step %d", step);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pod_on_a_known_node_is_counted_there, begin, end),
        cmocka_unit_test_setup_teardown(pods_wait_for_their_node_to_come, begin, end),
        cmocka_unit_test_setup_teardown(pods_of_a_removed_node_wait_for_it_to_come_back, begin, end),
        cmocka_unit_test_setup_teardown(a_replaced_node_keeps_its_pods, begin, end),
        cmocka_unit_test_setup_teardown(a_replaced_pod_moves_to_where_it_says, begin, end),
        cmocka_unit_test_setup_teardown(an_assumed_pod_counts_on_its_node, begin, end),
        cmocka_unit_test_setup_teardown(every_move_is_in_the_change_log, begin, end),
        cmocka_unit_test_setup_teardown(workloads_are_listed_by_kind_and_namespace_in_order, begin, end),
        cmocka_unit_test_setup_teardown(namespaces_are_replaced_and_removed, begin, end),
        cmocka_unit_test_setup_teardown(cache_ok_notices_what_is_out_of_step, begin, end),
        cmocka_unit_test_setup_teardown(a_random_history_keeps_everything_in_step, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
