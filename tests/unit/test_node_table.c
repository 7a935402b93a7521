/* The node table: rows follow their nodes and pods, slots are stable and reused. */
#include "core/node_table.h"
#include "world.h"

static struct world world;
static struct node_table table;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    table = (struct node_table){0};
    return node_table_init(&table);
}

static int end(void **state)
{
    (void)state;
    assert_true(node_table_ok(&table));
    node_table_fini(&table);
    world_fini(&world);
    return 0;
}

static int64_t alloc(const char *resource, uint32_t slot)
{
    int32_t column = node_table_resource(&table, world_atom(&world, resource));
    return column < 0 ? -1 : table.view.alloc[column][slot];
}

static int64_t used(const char *resource, uint32_t slot)
{
    int32_t column = node_table_resource(&table, world_atom(&world, resource));
    return column < 0 ? -1 : table.view.used[column][slot];
}

static void a_row_holds_what_the_node_says(void **state)
{
    (void)state;
    const struct berth_node *node =
        world_node(&world, "metadata: {name: n1}, status: {allocatable: {cpu: 1500m, "
                           "memory: 2Gi, ephemeral-storage: 1Gi, pods: 12, "
                           "example.com/gpu: 3, hugepages-2Mi: 4Mi}}");
    int32_t slot = node_table_put(&table, node);
    assert_int_equal(slot, 0);
    assert_int_equal(table.view.len, 1);
    assert_int_equal(table.view.live, 1);
    assert_ptr_equal(table.view.node[0], node);
    assert_int_equal(table.view.alloc[BERTH_CPU][0], 1500);
    assert_int_equal(table.view.alloc[BERTH_MEMORY][0], 2ll << 30);
    assert_int_equal(table.view.alloc[BERTH_EPHEMERAL_STORAGE][0], 1ll << 30);
    assert_int_equal(table.view.alloc[BERTH_PODS][0], 12);
    assert_int_equal(alloc("example.com/gpu", 0), 3);
    assert_int_equal(alloc("hugepages-2Mi", 0), 4ll << 20);
    assert_int_equal(node_table_resource(&table, world_atom(&world, "example.com/other")), -1);
    assert_int_equal(node_table_find(&table, node->name), 0);
    assert_int_equal(node_table_find(&table, world_atom(&world, "nobody")), -1);
    assert_int_equal(node_table_find(&table, NULL), -1);
}

static void a_replaced_node_keeps_slot_and_pods_and_loses_old_amounts(void **state)
{
    (void)state;
    const struct berth_pod *pod = world_plain_pod(&world, "p", "", 250);
    int32_t slot = node_table_put(
        &table,
        world_node(&world, "metadata: {name: n1}, status: {allocatable: {cpu: 4, example.com/gpu: 3}}"));
    assert_int_equal(node_table_add_pod(&table, (uint32_t)slot, pod), 0);
    const struct berth_node *after =
        world_node(&world, "metadata: {name: n1}, status: {allocatable: {memory: 1Gi}}");
    assert_int_equal(node_table_put(&table, after), slot);
    assert_int_equal(table.view.live, 1);
    assert_ptr_equal(table.view.node[slot], after);
    assert_int_equal(table.view.alloc[BERTH_CPU][slot], 0);
    assert_int_equal(alloc("example.com/gpu", 0), 0);
    assert_int_equal(table.view.used[BERTH_CPU][slot], 250);
    assert_int_equal(table.view.pods[slot].len, 1);
}

static void pods_are_added_up_and_taken_off(void **state)
{
    (void)state;
    uint32_t slot = (uint32_t)node_table_put(&table, world_plain_node(&world, "n1", ""));
    const struct berth_pod *small = world_plain_pod(&world, "small", "", 100);
    const struct berth_pod *gpu = world_pod(
        &world, "metadata: {name: gpu, namespace: default}, spec: {containers: [{name: c, resources: "
                "{requests: {memory: 1Gi, example.com/gpu: 2}, limits: {example.com/gpu: 2}}}]}");
    assert_int_equal(node_table_add_pod(&table, slot, small), 0);
    assert_int_equal(node_table_add_pod(&table, slot, gpu), 0);
    assert_int_equal(table.view.used[BERTH_CPU][slot], 100);
    assert_int_equal(table.view.used[BERTH_MEMORY][slot], 1ll << 30);
    assert_int_equal(table.view.used[BERTH_PODS][slot], 2);
    assert_int_equal(used("example.com/gpu", slot), 2);
    /* Scoring counts what was not asked for: 100m for gpu, 200Mi for small. */
    assert_int_equal(table.view.nonzero_cpu[slot], 200);
    assert_int_equal(table.view.nonzero_memory[slot], (1ll << 30) + (200ll << 20));
    assert_true(node_table_ok(&table));
    node_table_remove_pod(&table, slot, gpu);
    assert_int_equal(used("example.com/gpu", slot), 0);
    node_table_remove_pod(&table, slot, small);
    assert_int_equal(table.view.used[BERTH_PODS][slot], 0);
    assert_int_equal(table.view.nonzero_cpu[slot], 0);
    assert_int_equal(table.view.nonzero_memory[slot], 0);
    assert_int_equal(table.view.pods[slot].len, 0);
}

static void removing_a_pod_that_is_not_there_changes_nothing(void **state)
{
    (void)state;
    uint32_t slot = (uint32_t)node_table_put(&table, world_plain_node(&world, "n1", ""));
    node_table_remove_pod(&table, slot, world_plain_pod(&world, "p", "", 100));
    assert_int_equal(table.view.used[BERTH_CPU][slot], 0);
    assert_int_equal(table.view.used[BERTH_PODS][slot], 0);
}

static void a_removed_node_leaves_a_dead_slot_that_the_next_node_takes(void **state)
{
    (void)state;
    uint32_t first = (uint32_t)node_table_put(&table, world_plain_node(&world, "a", ""));
    uint32_t second = (uint32_t)node_table_put(
        &table, world_node(&world, "metadata: {name: b}, spec: {taints: [{key: k, effect: NoSchedule}]}, "
                                   "status: {allocatable: {cpu: 4, example.com/gpu: 3}}"));
    node_table_remove(&table, second);
    assert_int_equal(table.view.len, 2);
    assert_int_equal(table.view.live, 1);
    assert_null(table.view.node[second]);
    assert_int_equal(table.view.alloc[BERTH_CPU][second], 0);
    assert_int_equal(alloc("example.com/gpu", second), 0);
    assert_int_equal(table.view.taints_id[second], 0);
    assert_int_equal(node_table_find(&table, world_atom(&world, "b")), -1);
    assert_true(node_table_ok(&table));
    assert_int_equal(node_table_put(&table, world_plain_node(&world, "c", "")), second);
    assert_int_equal(node_table_put(&table, world_plain_node(&world, "d", "")), 2);
    assert_int_equal(node_table_find(&table, world_atom(&world, "a")), first);
    assert_int_equal(table.view.live, 3);
}

static void every_column_survives_growth(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    const struct berth_pod *pods[MANY];
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        const struct berth_node *node =
            world_node(&world, "metadata: {name: %s}, status: {allocatable: {cpu: %d, example.com/r%d: %d}}",
                       name, i + 1, i % 5, i);
        assert_int_equal(node_table_put(&table, node), i);
        pods[i] = world_plain_pod(&world, name, "", i);
        assert_int_equal(node_table_add_pod(&table, (uint32_t)i, pods[i]), 0);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        char resource[32];
        snprintf(resource, sizeof(resource), "example.com/r%u", i % 5);
        assert_int_equal(table.view.alloc[BERTH_CPU][i], (i + 1) * 1000);
        assert_int_equal(table.view.used[BERTH_CPU][i], i);
        assert_int_equal(alloc(resource, i), i);
        assert_ptr_equal(table.view.pods[i].at[0], pods[i]);
    }
    assert_int_equal(table.view.resources, BERTH_SCALAR + 5);
}

static const struct {
    const char *name;
    const char *a, *b;
    bool same;
} taint_cases[] = {
    {"equal lists share an id", "{key: k, value: v, effect: NoSchedule}",
     "{key: k, value: v, effect: NoSchedule}", true},
    {"another value is another list", "{key: k, value: v, effect: NoSchedule}",
     "{key: k, value: w, effect: NoSchedule}", false},
    {"another effect is another list", "{key: k, effect: NoSchedule}", "{key: k, effect: NoExecute}", false},
    {"the order counts", "{key: a, effect: NoSchedule}, {key: b, effect: NoSchedule}",
     "{key: b, effect: NoSchedule}, {key: a, effect: NoSchedule}", false},
    {"a prefix is another list", "{key: a, effect: NoSchedule}",
     "{key: a, effect: NoSchedule}, {key: b, effect: NoSchedule}", false},
};

static void equal_taint_lists_share_an_id(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(taint_cases); i++) {
        int32_t a = node_table_put(
            &table, world_node(&world, "metadata: {name: a}, spec: {taints: [%s]}", taint_cases[i].a));
        int32_t b = node_table_put(
            &table, world_node(&world, "metadata: {name: b}, spec: {taints: [%s]}", taint_cases[i].b));
        EXPECT(table.view.taints_id[a] != 0, "%s: no id", taint_cases[i].name);
        EXPECT((table.view.taints_id[a] == table.view.taints_id[b]) == taint_cases[i].same, "%s",
               taint_cases[i].name);
    }
    int32_t none = node_table_put(&table, world_plain_node(&world, "none", ""));
    assert_int_equal(table.view.taints_id[none], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_holds_what_the_node_says, begin, end),
        cmocka_unit_test_setup_teardown(a_replaced_node_keeps_slot_and_pods_and_loses_old_amounts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(pods_are_added_up_and_taken_off, begin, end),
        cmocka_unit_test_setup_teardown(removing_a_pod_that_is_not_there_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(a_removed_node_leaves_a_dead_slot_that_the_next_node_takes, begin,
                                        end),
        cmocka_unit_test_setup_teardown(every_column_survives_growth, begin, end),
        cmocka_unit_test_setup_teardown(equal_taint_lists_share_an_id, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
