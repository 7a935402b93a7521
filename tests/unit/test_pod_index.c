/* The index of pods by namespace and name. */
#include "core/pod_index.h"
#include "world.h"

static struct world world;
static struct pod_index pods;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    pods = (struct pod_index){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    pod_index_fini(&pods);
    world_fini(&world);
    return 0;
}

static struct pod_entry *find(const char *namespace, const char *name)
{
    return pod_index_find(&pods, world_atom(&world, namespace), berth_str_of(name));
}

static void pods_are_found_by_namespace_and_name(void **state)
{
    (void)state;
    assert_null(find("default", "a"));
    const struct berth_pod *a = world_pod(&world, "metadata: {name: a, namespace: default}");
    const struct berth_pod *other = world_pod(&world, "metadata: {name: a, namespace: other}");
    struct pod_entry *ea = pod_index_add(&pods, a), *eo = pod_index_add(&pods, other);
    assert_ptr_equal(find("default", "a"), ea);
    assert_ptr_equal(find("other", "a"), eo);
    assert_null(find("default", "aa"));
    assert_null(find("default", ""));
    assert_null(find("third", "a"));
    assert_ptr_equal(ea->pod, a);
    assert_int_equal(ea->slot, -1);
    pod_index_remove(&pods, ea);
    assert_null(find("default", "a"));
    assert_ptr_equal(find("other", "a"), eo);
    assert_int_equal(pods.len, 1);
}

static void entries_stay_where_they_are_when_the_index_grows(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static struct pod_entry *entries[MANY];
    char name[16];
    for (int i = 0; i < MANY; i++) {
        entries[i] =
            pod_index_add(&pods, world_pod(&world, "metadata: {name: p%d, namespace: ns%d}", i, i % 3));
        assert_non_null(entries[i]);
    }
    for (int i = 0; i < MANY; i += 2)
        pod_index_remove(&pods, entries[i]);
    assert_int_equal(pods.len, MANY / 2);
    for (int i = 0; i < MANY; i++) {
        char namespace[8];
        snprintf(name, sizeof(name), "p%d", i);
        snprintf(namespace, sizeof(namespace), "ns%d", i % 3);
        assert_ptr_equal(find(namespace, name), i % 2 ? entries[i] : NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pods_are_found_by_namespace_and_name, begin, end),
        cmocka_unit_test_setup_teardown(entries_stay_where_they_are_when_the_index_grows, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
