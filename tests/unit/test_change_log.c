/* The change log: bounded, in order, and the owner of the classes it names. */
#include "core/change_log.h"
#include "world.h"

static struct world world;
static struct change_log change_log;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    return change_log_init(&change_log, world.catalog);
}

static int end(void **state)
{
    (void)state;
    change_log_fini(&change_log);
    world_fini(&world);
    return 0;
}

static void entries_come_back_in_order(void **state)
{
    (void)state;
    const struct berth_class *class = world_plain_pod(&world, "p", "", 1)->class;
    uint64_t position = change_log.end;
    assert_true(position > 0); /* 0 is what readers call "never" */
    change_log_add(&change_log, class, 7, 1);
    change_log_add(&change_log, NULL, 3, 0);
    change_log_add(&change_log, class, 7, -1);
    assert_true(change_log_has(&change_log, position));
    static const struct {
        uint32_t slot;
        int32_t count;
        bool has_class;
    } expected[] = {{7, 1, true}, {3, 0, false}, {7, -1, true}};
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        const struct change *change = change_log_at(&change_log, position + i);
        assert_int_equal(change->slot, expected[i].slot);
        assert_int_equal(change->count, expected[i].count);
        assert_ptr_equal(change->class, expected[i].has_class ? class : NULL);
    }
    assert_int_equal(change_log.end, position + ARRAY_LEN(expected));
}

static void a_reader_that_fell_behind_is_told(void **state)
{
    (void)state;
    uint64_t position = change_log.end;
    for (uint64_t i = 0; i < change_log.cap; i++)
        change_log_add(&change_log, NULL, (uint32_t)i, 0);
    assert_true(change_log_has(&change_log, position));
    assert_int_equal(change_log_at(&change_log, position)->slot, 0);
    change_log_add(&change_log, NULL, 0, 0);
    assert_false(change_log_has(&change_log, position));
    assert_true(change_log_has(&change_log, position + 1));
    assert_int_equal(change_log_at(&change_log, position + 1)->slot, 1);
}

static void a_class_lives_as_long_as_its_entry(void **state)
{
    (void)state;
    const struct berth_class *class = world_plain_pod(&world, "p", "", 1)->class;
    uint32_t before = class->refs;
    change_log_add(&change_log, class, 0, 1);
    assert_int_equal(class->refs, before + 1);
    for (uint64_t i = 0; i < change_log.cap; i++)
        change_log_add(&change_log, NULL, 0, 0);
    assert_int_equal(class->refs, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_come_back_in_order, begin, end),
        cmocka_unit_test_setup_teardown(a_reader_that_fell_behind_is_told, begin, end),
        cmocka_unit_test_setup_teardown(a_class_lives_as_long_as_its_entry, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
