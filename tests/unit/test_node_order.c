/* The order in which nodes are looked at: zones by turns. */
#include "core/node_order.h"
#include "world.h"

static struct world world;
static struct node_table table;
static struct node_order order;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    table = (struct node_table){0};
    order = (struct node_order){0};
    return node_table_init(&table);
}

static int end(void **state)
{
    (void)state;
    node_order_fini(&order);
    node_table_fini(&table);
    world_fini(&world);
    return 0;
}

static void put(const char *name, const char *zone)
{
    char labels[128] = "";
    if (*zone)
        snprintf(labels, sizeof(labels), "topology.kubernetes.io/zone: %s", zone);
    assert_true(node_table_put(&table, world_plain_node(&world, name, labels)) >= 0);
}

/* The order as text: the names joined. */
static const char *text(uint64_t generation)
{
    static char all[256];
    all[0] = 0;
    assert_int_equal(node_order_update(&order, &table, generation), 0);
    for (uint32_t i = 0; i < order.len; i++)
        strcat(all, table.view.node[order.slots[i]]->name->text);
    return all;
}

static const struct {
    const char *name;
    const char *nodes; /* name and zone, letter by letter; '-': no zone */
    const char *order;
} cases[] = {
    {"no node, no order", "", ""},
    {"one zone: as they came", "a1b1c1", "abc"},
    {"zones by turns, in the order of their first nodes", "a2b1c2d1", "abcd"},
    {"a larger zone goes on alone", "a1b1c1d2", "adbc"},
    {"three zones of different size", "a1b1c1d2e2f3", "adfbec"},
    {"nodes without a zone are a zone of their own", "a-b1c-d1", "abcd"},
};

static void zones_take_turns(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (i > 0) {
            end(state);
            begin(state);
        }
        for (const char *p = cases[i].nodes; *p; p += 2) {
            const char name[] = {p[0], 0}, zone[] = {'z', p[1], 0};
            put(name, p[1] == '-' ? "" : zone);
        }
        const char *got = text(1);
        EXPECT(strcmp(got, cases[i].order) == 0, "%s: %s, not %s", cases[i].name, got, cases[i].order);
    }
}

static void the_order_follows_the_nodes(void **state)
{
    (void)state;
    put("a", "z1");
    put("b", "z1");
    put("c", "z2");
    assert_string_equal(text(1), "acb");
    put("d", "z2");
    assert_string_equal(text(1), "acb"); /* same generation: nothing is done */
    assert_string_equal(text(2), "acbd");
    node_table_remove(&table, (uint32_t)node_table_find(&table, world_atom(&world, "a")));
    assert_string_equal(text(3), "bcd");
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof(name), "x%d", i);
        put(name, i % 3 ? "z1" : "z3");
    }
    assert_int_equal(node_order_update(&order, &table, 4), 0);
    assert_int_equal(order.len, 303);
    bool seen[304] = {false};
    for (uint32_t i = 0; i < order.len; i++) {
        assert_false(seen[order.slots[i]]);
        seen[order.slots[i]] = true;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(zones_take_turns, begin, end),
        cmocka_unit_test_setup_teardown(the_order_follows_the_nodes, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
