/* The images of the cluster: on how many nodes, and of what size. */
#include "core/images.h"
#include "world.h"

static struct world world;
static struct images images;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    images = (struct images){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    images_fini(&images);
    world_fini(&world);
    return 0;
}

static const struct berth_node *node(const char *name, const char *list)
{
    return world_node(&world, "metadata: {name: %s}, status: {images: [%s]}", name, list);
}

static void add(const struct berth_node *n)
{
    assert_int_equal(images_reserve(&images, n), 0);
    images_add(&images, n);
}

static uint32_t nodes_with(const char *image)
{
    return images_nodes(&images, world_atom(&world, image));
}

static int64_t size_of(const char *image)
{
    return images_size(&images, world_atom(&world, image));
}

static void nodes_are_counted_for_every_name(void **state)
{
    (void)state;
    const struct berth_node *a = node("a", "{names: ['web:1', 'registry.test/web:1'], sizeBytes: 1000}");
    const struct berth_node *b =
        node("b", "{names: ['web:1'], sizeBytes: 1000}, {names: ['db:2'], sizeBytes: 50}");
    add(a);
    add(b);
    assert_int_equal(nodes_with("web:1"), 2);
    assert_int_equal(nodes_with("registry.test/web:1"), 1);
    assert_int_equal(nodes_with("db:2"), 1);
    assert_int_equal(nodes_with("other:3"), 0);
    images_remove(&images, a);
    assert_int_equal(nodes_with("web:1"), 1);
    assert_int_equal(nodes_with("registry.test/web:1"), 0);
    images_remove(&images, b);
    assert_int_equal(images.nodes.len, 0);
    assert_int_equal(images.sizes.len, 0);
}

static void an_image_listed_twice_on_a_node_counts_once(void **state)
{
    (void)state;
    const struct berth_node *a = node("a", "{names: ['web:1', 'web:1'], sizeBytes: 10}, {names: ['web:1'], "
                                           "sizeBytes: 20}");
    add(a);
    assert_int_equal(nodes_with("web:1"), 1);
    assert_int_equal(size_of("web:1"), 10);
    images_remove(&images, a);
    assert_int_equal(nodes_with("web:1"), 0);
}

static void the_size_is_what_the_first_node_said_while_any_node_has_it(void **state)
{
    (void)state;
    const struct berth_node *a = node("a", "{names: ['web:1'], sizeBytes: 10}");
    const struct berth_node *b = node("b", "{names: ['web:1'], sizeBytes: 20}");
    add(a);
    add(b);
    assert_int_equal(size_of("web:1"), 10);
    images_remove(&images, a);
    assert_int_equal(size_of("web:1"), 10);
    images_remove(&images, b);
    assert_int_equal(size_of("web:1"), 0);
    add(b);
    assert_int_equal(size_of("web:1"), 20);
}

static void removing_what_was_never_added_is_harmless(void **state)
{
    (void)state;
    images_remove(&images, node("a", "{names: ['web:1'], sizeBytes: 10}"));
    assert_int_equal(nodes_with("web:1"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nodes_are_counted_for_every_name, begin, end),
        cmocka_unit_test_setup_teardown(an_image_listed_twice_on_a_node_counts_once, begin, end),
        cmocka_unit_test_setup_teardown(the_size_is_what_the_first_node_said_while_any_node_has_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(removing_what_was_never_added_is_harmless, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
