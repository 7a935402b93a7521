/* The thread pool: every index exactly once, whatever the number of threads. */
#include "sim/pool.h"

#include "base/array.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

enum { MOST = 1000 };

static void count_up(void *context, uint32_t from, uint32_t to)
{
    unsigned char *counts = context;
    for (uint32_t i = from; i < to; i++)
        counts[i]++;
}

static void covers_the_range_once(void **state)
{
    static const uint32_t threads[] = {1, 2, 3, 7};
    static const uint32_t lens[] = {0, 1, 63, 64, 65, 500, MOST};
    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(threads); t++) {
        struct pool *pool = pool_new(threads[t]);
        assert_non_null(pool);
        for (size_t l = 0; l < ARRAY_LEN(lens); l++) {
            unsigned char counts[MOST] = {0}, expected[MOST] = {0};
            memset(expected, 1, lens[l]);
            pool_run(pool, lens[l], count_up, counts);
            assert_memory_equal(counts, expected, MOST);
        }
        pool_free(pool);
    }
}

static void many_small_jobs(void **state)
{
    struct pool *pool = pool_new(3);
    unsigned char counts[200] = {0};
    (void)state;
    for (int round = 0; round < 2000; round++) {
        pool_run(pool, ARRAY_LEN(counts), count_up, counts);
        for (size_t i = 0; i < ARRAY_LEN(counts); i++)
            assert_int_equal(counts[i], (unsigned char)(round + 1));
    }
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(covers_the_range_once),
        cmocka_unit_test(many_small_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
