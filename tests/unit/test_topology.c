/* Topology columns: equal label values, and only they, share a number, whatever happens to the nodes. */
#include "core/topology.h"
#include "world.h"

static struct world world;
static struct node_table table;
static struct topology topology;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    table = (struct node_table){0};
    topology = (struct topology){0};
    return node_table_init(&table);
}

static int end(void **state)
{
    (void)state;
    topology_fini(&topology);
    node_table_fini(&table);
    world_fini(&world);
    return 0;
}

static uint32_t put(const char *name, const char *labels)
{
    int32_t slot = node_table_put(&table, world_plain_node(&world, name, labels));
    assert_true(slot >= 0);
    assert_int_equal(topology_update(&topology, &table, (uint32_t)slot), 0);
    return (uint32_t)slot;
}

static struct berth_topology zones(void)
{
    struct berth_topology t = topology_of(&topology, &table, world_atom(&world, "zone"));
    assert_non_null(t.value);
    return t;
}

static void equal_values_share_a_number(void **state)
{
    (void)state;
    uint32_t a = put("a", "zone: x"), b = put("b", "zone: w"), c = put("c", "zone: x"),
             d = put("d", "rack: x");
    uint32_t e = put("e", "zone: ''");
    struct berth_topology t = zones();
    assert_true(t.value[a] > 0 && t.value[b] > 0);
    assert_int_equal(t.value[a], t.value[c]);
    assert_int_not_equal(t.value[a], t.value[b]);
    assert_int_equal(t.value[d], 0);
    assert_true(t.value[e] > 0); /* the empty value is a value */
    assert_true(t.value[e] != t.value[a] && t.value[e] != t.value[b]);
    assert_int_equal(t.values, 3);
}

static void a_column_follows_nodes_that_come_change_and_go(void **state)
{
    (void)state;
    uint32_t a = put("a", "zone: x");
    uint32_t x = zones().value[a];
    uint32_t b = put("b", "zone: w");
    assert_int_not_equal(zones().value[b], x);
    put("b", "zone: x");
    assert_int_equal(zones().value[b], x);
    put("b", "");
    assert_int_equal(zones().value[b], 0);
    node_table_remove(&table, a);
    assert_int_equal(topology_update(&topology, &table, a), 0);
    assert_int_equal(zones().value[a], 0);
    assert_int_equal(put("c", "zone: x"), a);
    assert_int_equal(zones().value[a], x);
}

static void numbers_stay_within_values(void **state)
{
    (void)state;
    enum { MANY = 300 };
    (void)zones();
    for (int i = 0; i < MANY; i++) {
        char name[16], labels[32];
        snprintf(name, sizeof(name), "n%d", i);
        snprintf(labels, sizeof(labels), "zone: z%d", i % 70);
        put(name, labels);
    }
    struct berth_topology t = zones();
    for (uint32_t slot = 0; slot < MANY; slot++)
        assert_in_range(t.value[slot], 1, t.values);
    assert_int_equal(t.values, 70);
    assert_int_equal(t.value[3], t.value[73]);
    assert_int_not_equal(t.value[3], t.value[74]);
}

static void each_key_has_its_own_column(void **state)
{
    (void)state;
    uint32_t a = put("a", "zone: x, rack: r1"), b = put("b", "zone: x, rack: r2");
    struct berth_topology racks = topology_of(&topology, &table, world_atom(&world, "rack"));
    assert_int_equal(zones().value[a], zones().value[b]);
    assert_int_not_equal(racks.value[a], racks.value[b]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_values_share_a_number, begin, end),
        cmocka_unit_test_setup_teardown(a_column_follows_nodes_that_come_change_and_go, begin, end),
        cmocka_unit_test_setup_teardown(numbers_stay_within_values, begin, end),
        cmocka_unit_test_setup_teardown(each_key_has_its_own_column, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
