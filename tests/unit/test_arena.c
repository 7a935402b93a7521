/* Arenas: alignment, zeroing, going back, and chunks that are kept. */
#include "base/arena.h"

#include "check.h"

#include <stdint.h>
#include <string.h>

static void gives_zeroed_aligned_memory(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, 20000, 5 << 20};
    struct arena a = {0};
    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            unsigned char *at = arena_alloc(&a, sizes[i]);
            assert_non_null(at);
            assert_int_equal((uintptr_t)at % 16, 0);
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(at[j], 0);
            memset(at, 0xff, sizes[i]);
        }
        arena_reset(&a);
    }
    arena_fini(&a);
}

static void a_warm_arena_does_not_grow(void **state)
{
    struct arena a = {0};
    size_t warm = 0;
    (void)state;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 1000; i++)
            assert_non_null(arena_alloc(&a, 100));
        if (round == 0)
            warm = arena_footprint(&a);
        assert_int_equal(arena_footprint(&a), warm);
        arena_reset(&a);
    }
    arena_fini(&a);
    assert_int_equal(arena_footprint(&a), 0);
}

static void comes_back_to_a_mark(void **state)
{
    struct arena a = {0};
    (void)state;
    struct arena_mark empty = arena_mark(&a);
    char *kept = arena_copy(&a, "kept", 5);
    struct arena_mark mark = arena_mark(&a);
    char *first = arena_alloc(&a, 100);
    arena_alloc(&a, 1 << 20);
    arena_rewind(&a, mark);
    assert_ptr_equal(arena_alloc(&a, 100), first);
    assert_string_equal(kept, "kept");
    arena_rewind(&a, empty);
    assert_ptr_equal(arena_alloc(&a, 5), kept);
    arena_fini(&a);
}

static void refuses_what_no_machine_has(void **state)
{
    struct arena a = {0};
    (void)state;
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 20));
    assert_non_null(arena_copy(&a, NULL, 0));
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory),
        cmocka_unit_test(a_warm_arena_does_not_grow),
        cmocka_unit_test(comes_back_to_a_mark),
        cmocka_unit_test(refuses_what_no_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
