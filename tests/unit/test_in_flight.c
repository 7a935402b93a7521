/* Pods in flight: found again, in order, and the events since each one's pop kept as long as it is there. */
#include "core/in_flight.h"
#include "world.h"

static struct world world;
static struct in_flight flight;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    flight = (struct in_flight){.catalog = world.catalog};
    return in_flight_reserve(&flight, 64);
}

static int end(void **state)
{
    (void)state;
    in_flight_fini(&flight);
    world_fini(&world);
    return 0;
}

static struct queued_pod pod(const char *name, const char *uid)
{
    return (struct queued_pod){.pod = world_pod(&world, "metadata: {name: %s, namespace: default%s%s}", name,
                                                *uid ? ", uid: u" : "", uid)};
}

static void record(const void *object)
{
    in_flight_record(&flight, &(struct berth_change){{BERTH_ON_NODE, BERTH_ADD}, NULL, object});
}

static void pods_are_found_by_uid_or_by_name(void **state)
{
    (void)state;
    struct queued_pod a = pod("a", "1"), b = pod("b", "2"), plain = pod("a", "");
    in_flight_add(&flight, &a);
    in_flight_add(&flight, &plain);
    assert_ptr_equal(in_flight_find(&flight, a.pod), &a);
    assert_ptr_equal(in_flight_find(&flight, plain.pod), &plain);
    assert_null(in_flight_find(&flight, b.pod));
    assert_ptr_equal(in_flight_find(&flight, pod("renamed", "1").pod), &a);
    assert_null(in_flight_find(&flight, pod("a", "3").pod));
    assert_int_equal(in_flight_len(&flight), 2);
    in_flight_remove(&flight, &a);
    assert_null(in_flight_find(&flight, a.pod));
    in_flight_remove(&flight, &plain);
    assert_int_equal(in_flight_len(&flight), 0);
}

static void pods_keep_the_order_of_their_pops(void **state)
{
    (void)state;
    struct queued_pod a = pod("a", "1"), b = pod("b", "2"), c = pod("c", "3");
    in_flight_add(&flight, &a);
    in_flight_add(&flight, &b);
    in_flight_add(&flight, &c);
    in_flight_remove(&flight, &b);
    assert_ptr_equal(flight.first, &a);
    assert_ptr_equal(a.next, &c);
    assert_ptr_equal(c.previous, &a);
    in_flight_remove(&flight, &a);
    assert_ptr_equal(flight.first, &c);
    assert_ptr_equal(flight.last, &c);
    in_flight_remove(&flight, &c);
    assert_null(flight.first);
    assert_null(flight.last);
}

static void nothing_is_kept_for_nobody(void **state)
{
    (void)state;
    const struct berth_node *node = world_plain_node(&world, "n1", "");
    record(node);
    assert_int_equal(flight.end, 0);
    assert_int_equal(node->refs, 1);
}

static void each_pod_sees_the_events_since_its_pop(void **state)
{
    (void)state;
    const struct berth_node *nodes[5];
    for (int i = 0; i < 5; i++)
        nodes[i] = world_plain_node(&world, "n1", "");
    struct queued_pod a = pod("a", "1"), b = pod("b", "2");
    in_flight_add(&flight, &a);
    record(nodes[0]);
    record(nodes[1]);
    in_flight_add(&flight, &b);
    record(nodes[2]);
    assert_int_equal(flight.end - a.events_from, 3);
    assert_int_equal(flight.end - b.events_from, 1);
    assert_ptr_equal(in_flight_event(&flight, a.events_from)->new_object, nodes[0]);
    assert_ptr_equal(in_flight_event(&flight, b.events_from)->new_object, nodes[2]);
    assert_int_equal(nodes[0]->refs, 2);
    in_flight_remove(&flight, &a); /* what only it needed is dropped */
    assert_int_equal(nodes[0]->refs, 1);
    assert_int_equal(nodes[1]->refs, 1);
    assert_int_equal(nodes[2]->refs, 2);
    record(nodes[3]);
    assert_int_equal(flight.end - b.events_from, 2);
    in_flight_remove(&flight, &b);
    assert_int_equal(nodes[2]->refs, 1);
    assert_int_equal(nodes[3]->refs, 1);
    assert_int_equal(flight.begin, flight.end);
}

static void a_younger_pod_does_not_drop_what_an_older_one_needs(void **state)
{
    (void)state;
    const struct berth_node *node = world_plain_node(&world, "n1", "");
    struct queued_pod a = pod("a", "1"), b = pod("b", "2");
    in_flight_add(&flight, &a);
    in_flight_add(&flight, &b);
    record(node);
    in_flight_remove(&flight, &b);
    assert_int_equal(node->refs, 2);
    in_flight_remove(&flight, &a);
    assert_int_equal(node->refs, 1);
}

static void the_log_grows_and_goes_round(void **state)
{
    (void)state;
    enum { STEPS = 500 };
    const struct berth_node *nodes[7];
    struct queued_pod pods[4];
    for (int i = 0; i < 7; i++)
        nodes[i] = world_plain_node(&world, "n1", "");
    for (int i = 0; i < 4; i++) {
        pods[i] = pod("p", (const char *[]){"1", "2", "3", "4"}[i]);
        in_flight_add(&flight, &pods[i]);
    }
    for (int i = 0; i < STEPS; i++) {
        record(nodes[i % 7]);
        if (i % 10 == 9) {
            struct queued_pod *oldest = flight.first;
            for (uint64_t p = oldest->events_from; p < flight.end; p++)
                assert_ptr_equal(in_flight_event(&flight, p)->new_object, nodes[p % 7]);
            in_flight_remove(&flight, oldest);
            in_flight_add(&flight, oldest);
        }
    }
    assert_true(flight.cap <= 64);
    in_flight_record(&flight,
                     &(struct berth_change){{BERTH_ON_ASSIGNED_POD, BERTH_UPDATE}, pods[0].pod, pods[1].pod});
    assert_int_equal(pods[0].pod->refs, 2);
    for (int i = 0; i < 4; i++)
        in_flight_remove(&flight, &pods[i]);
    assert_int_equal(pods[0].pod->refs, 1);
}

static void a_landing_pod_needs_no_events(void **state)
{
    (void)state;
    const struct berth_node *node = world_plain_node(&world, "n1", "");
    struct queued_pod a = pod("a", "1"), b = pod("b", "2"), c = pod("c", "3");
    in_flight_add(&flight, &a);
    in_flight_add(&flight, &b);
    in_flight_add(&flight, &c);
    record(node);
    in_flight_land(&flight, &b);
    in_flight_land(&flight, &a);
    assert_int_equal(node->refs, 2);
    in_flight_land(&flight, &c);
    assert_int_equal(node->refs, 1);
    record(node);
    assert_int_equal(node->refs, 1);
    assert_int_equal(in_flight_len(&flight), 3);
    assert_ptr_equal(in_flight_find(&flight, b.pod), &b);
    in_flight_remove(&flight, &a);
    in_flight_remove(&flight, &b);
    in_flight_add(&flight, &a);
    assert_ptr_equal(flight.first, &a);
    record(node);
    assert_int_equal(node->refs, 2);
    in_flight_remove(&flight, &c);
    in_flight_remove(&flight, &a);
    assert_int_equal(node->refs, 1);
    assert_null(flight.landing);
    assert_int_equal(in_flight_len(&flight), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pods_are_found_by_uid_or_by_name, begin, end),
        cmocka_unit_test_setup_teardown(pods_keep_the_order_of_their_pops, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_kept_for_nobody, begin, end),
        cmocka_unit_test_setup_teardown(each_pod_sees_the_events_since_its_pop, begin, end),
        cmocka_unit_test_setup_teardown(a_younger_pod_does_not_drop_what_an_older_one_needs, begin, end),
        cmocka_unit_test_setup_teardown(the_log_grows_and_goes_round, begin, end),
        cmocka_unit_test_setup_teardown(a_landing_pod_needs_no_events, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
