/* The queue: the QueueSort plugin's order, ties in order of arrival, whatever is pushed and removed in
 * between. */
#include "core/queue.h"
#include "base/rng.h"
#include "world.h"

static bool higher_priority(void *self, const struct berth_queued *a, const struct berth_queued *b)
{
    (void)self;
    return a->pod->class->priority > b->pod->class->priority;
}

static const struct berth_plugin sort = {
    .abi = BERTH_ABI, .size = sizeof(sort), .name = "Sort", .less = higher_priority};
static const struct plugin_instance instance = {&sort, NULL};

static struct world world;
static struct pod_index pods;
static struct queue queue;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    pods = (struct pod_index){0};
    queue = (struct queue){.sort = &instance};
    return 0;
}

static int end(void **state)
{
    (void)state;
    queue_fini(&queue);
    pod_index_fini(&pods);
    world_fini(&world);
    return 0;
}

static struct pod_entry *entry(const char *name, int priority, uint64_t sequence)
{
    struct pod_entry *e = pod_index_add(
        &pods,
        world_pod(&world, "metadata: {name: %s, namespace: default}, spec: {priority: %d}", name, priority));
    assert_non_null(e);
    e->sequence = sequence;
    return e;
}

static void higher_priority_first_then_order_of_arrival(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int priority;
    } arriving[] = {{"a", 0}, {"b", 5}, {"c", 0}, {"d", -3}, {"e", 5}, {"f", 9}, {"g", 0}};
    for (size_t i = 0; i < ARRAY_LEN(arriving); i++)
        assert_int_equal(queue_push(&queue, entry(arriving[i].name, arriving[i].priority, i + 1)), 0);
    static const char *const leaving[] = {"f", "b", "e", "a", "c", "g", "d"};
    for (size_t i = 0; i < ARRAY_LEN(leaving); i++) {
        struct pod_entry *e = queue_pop(&queue);
        assert_string_equal(world_name(e->pod), leaving[i]);
        assert_int_equal(e->queued, 0);
    }
    assert_null(queue_pop(&queue));
}

static void pushing_again_moves_instead_of_doubling(void **state)
{
    (void)state;
    struct pod_entry *a = entry("a", 1, 1), *b = entry("b", 1, 2);
    queue_push(&queue, a);
    queue_push(&queue, b);
    a->sequence = 3;
    queue_push(&queue, a);
    assert_int_equal(queue.heap.len, 2);
    assert_ptr_equal(queue_pop(&queue), b);
    assert_ptr_equal(queue_pop(&queue), a);
}

static void removing_what_is_not_queued_does_nothing(void **state)
{
    (void)state;
    struct pod_entry *a = entry("a", 1, 1), *b = entry("b", 1, 2);
    queue_remove(&queue, a);
    queue_push(&queue, b);
    queue_remove(&queue, a);
    queue_remove(&queue, b);
    queue_remove(&queue, b);
    assert_null(queue_pop(&queue));
}

static void any_entry_can_leave(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct pod_entry *entries[MANY];
    struct rng rng = {3};
    char name[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        entries[i] = entry(name, (int)rng_below(&rng, 10), (uint64_t)i + 1);
    }
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < MANY; i++)
            if (rng_below(&rng, 2))
                queue_push(&queue, entries[i]);
            else
                queue_remove(&queue, entries[i]);
        size_t len = queue.heap.len, inside = 0;
        for (int i = 0; i < MANY; i++) {
            inside += entries[i]->queued != 0;
            assert_true(entries[i]->queued == 0 || queue.heap.at[entries[i]->queued - 1] == entries[i]);
        }
        assert_int_equal(inside, len);
        const struct pod_entry *last = NULL;
        for (struct pod_entry *e; round % 5 == 0 && (e = queue_pop(&queue)) != NULL; last = e)
            assert_true(
                !last || last->pod->class->priority > e->pod->class->priority
                || (last->pod->class->priority == e->pod->class->priority && last->sequence < e->sequence));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(higher_priority_first_then_order_of_arrival, begin, end),
        cmocka_unit_test_setup_teardown(pushing_again_moves_instead_of_doubling, begin, end),
        cmocka_unit_test_setup_teardown(removing_what_is_not_queued_does_nothing, begin, end),
        cmocka_unit_test_setup_teardown(any_entry_can_leave, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
