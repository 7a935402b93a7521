/* Who a pod waits for at Permit, and until when. */
#include "base/array.h"
#include "core/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void all_must_allow(void **state)
{
    (void)state;
    static const struct permit_wait waits[] = {{3, 50}, {5, 20}};
    struct waiting w = {0};
    assert_int_equal(waiting_until_ns(&w), INT64_MAX);
    assert_int_equal(waiting_begin(&w, waits, 2, 100), 0);
    assert_int_equal(waiting_until_ns(&w), 120);
    assert_false(waiting_allow(&w, 4));
    assert_false(waiting_allow(&w, 5));
    assert_int_equal(waiting_until_ns(&w), 150);
    assert_null(waiting_expired(&w, 149));
    assert_int_equal(waiting_expired(&w, 150)->plugin, 3);
    assert_true(waiting_allow(&w, 3));
    assert_null(waiting_expired(&w, INT64_MAX));
    waiting_fini(&w);
}

static void nobody_waits_for_ever(void **state)
{
    (void)state;
    struct waiting w = {0};
    assert_int_equal(waiting_begin(&w, &(struct permit_wait){0, INT64_MAX}, 1, 0), 0);
    assert_int_equal(waiting_until_ns(&w), WAITING_MAX_NS);
    waiting_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_must_allow),
        cmocka_unit_test(nobody_waits_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
