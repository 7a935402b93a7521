/* Backoffs: how long they last, when they are over, and who leaves first. */
#include "core/backoff.h"
#include "world.h"

static const int64_t second = 1000000000, milli = 1000000;

static bool arrived_first(const void *context, const struct queued_pod *a, const struct queued_pod *b)
{
    (void)context;
    return a->sequence < b->sequence;
}

static struct backoff backoff;

static void begin(int64_t initial_s, int64_t max_s)
{
    backoff_init(&backoff, initial_s * second, max_s * second, arrived_first, NULL);
    assert_int_equal(backoff_reserve(&backoff, 16), 0);
}

static void ends_follow_from_the_counts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t initial_s, max_s, failed_ms;
        uint32_t rejections, errors;
        int64_t end_ms;
    } cases[] = {
        {"a pod that never failed has none", 1, 10, 1500, 0, 0, 0},
        {"the first rejection: the initial time, cut down to the second", 1, 10, 1050, 1, 0, 2000},
        {"a failure on the second is not cut", 1, 10, 1000, 1, 0, 2000},
        {"nor one a moment before the next", 1, 10, 1999, 1, 0, 2000},
        {"the second rejection: twice", 1, 10, 1050, 2, 0, 3000},
        {"the third: four times", 1, 10, 1050, 3, 0, 5000},
        {"the fourth: eight times", 1, 10, 1050, 4, 0, 9000},
        {"the fifth: the maximum", 1, 10, 1050, 5, 0, 11000},
        {"the hundredth: still the maximum", 1, 10, 1050, 100, 0, 11000},
        {"errors in a row count instead of rejections", 1, 10, 1050, 5, 2, 3000},
        {"errors of a pod that was never rejected", 1, 10, 1050, 0, 1, 2000},
        {"other settings", 3, 60, 1050, 3, 0, 13000},
        {"a maximum that is no power", 2, 7, 1050, 3, 0, 8000},
        {"a maximum that is the initial time", 1, 1, 1050, 9, 0, 2000},
        {"no maximum, no backoff", 1, 0, 1050, 9, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin(cases[i].initial_s, cases[i].max_s);
        struct queued_pod p = {.since_ns = cases[i].failed_ms * milli,
                               .rejections = cases[i].rejections,
                               .errors = cases[i].errors};
        int64_t end = backoff_end(&backoff, &p);
        EXPECT(end == cases[i].end_ms * milli, "%s: %lld ms", cases[i].name, (long long)(end / milli));
        EXPECT(backoff_end(&backoff, &p) == end, "%s: asked again", cases[i].name);
        backoff_fini(&backoff);
    }
}

static void a_pod_backs_off_while_the_second_is_that_of_the_end(void **state)
{
    (void)state;
    static const struct {
        int64_t now_ms;
        bool holds;
    } cases[] = {{1050, true}, {1999, true}, {2000, true}, {2999, true}, {3000, false}, {9000, false}};
    begin(1, 10);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct queued_pod p = {.since_ns = 1050 * milli, .rejections = 1};
        EXPECT(backoff_holds(&backoff, &p, cases[i].now_ms * milli) == cases[i].holds, "at %lld ms",
               (long long)cases[i].now_ms);
    }
    struct queued_pod fresh = {.since_ns = 1050 * milli};
    assert_false(backoff_holds(&backoff, &fresh, 1050 * milli));
    backoff_fini(&backoff);
}

static void pods_leave_when_their_backoff_is_over(void **state)
{
    (void)state;
    begin(1, 10);
    struct queued_pod a = {.since_ns = 1600 * milli, .rejections = 2, .unschedulable = 1, .sequence = 1};
    struct queued_pod b = {.since_ns = 1700 * milli, .rejections = 1, .pending = 1, .sequence = 3};
    struct queued_pod c = {.since_ns = 1100 * milli, .rejections = 1, .unschedulable = 1, .sequence = 4};
    struct queued_pod d = {.since_ns = 1800 * milli, .errors = 1, .sequence = 5};
    assert_int_equal(backoff_next(&backoff), INT64_MAX);
    struct queued_pod *all[] = {&a, &b, &c, &d};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        backoff_add(&backoff, all[i]);
    assert_int_equal(a.place, QUEUE_BACKOFF);
    assert_int_equal(b.place, QUEUE_BACKOFF);
    assert_int_equal(d.place, QUEUE_ERROR_BACKOFF);
    assert_int_equal(backoff_next(&backoff), 3 * second);
    assert_null(backoff_pop_over(&backoff, 3 * second - 1));
    assert_ptr_equal(backoff_pop_over(&backoff, 3 * second),
                     &b); /* the order of the active queue, not of the failures */
    assert_ptr_equal(backoff_pop_over(&backoff, 3 * second), &c);
    assert_ptr_equal(backoff_pop_over(&backoff, 3 * second), &d);
    assert_null(backoff_pop_over(&backoff, 3 * second));
    assert_int_equal(backoff_next(&backoff), 4 * second);
    assert_ptr_equal(backoff_pop_over(&backoff, 4 * second), &a);
    assert_int_equal(a.place, QUEUE_NOWHERE);
    backoff_fini(&backoff);
}

static void only_rejected_pods_leave_early(void **state)
{
    (void)state;
    begin(1, 10);
    struct queued_pod late = {.since_ns = 5 * second, .rejections = 1, .unschedulable = 1};
    struct queued_pod early = {.since_ns = 3 * second, .rejections = 1, .unschedulable = 1};
    struct queued_pod failed = {.since_ns = 1 * second, .errors = 1};
    backoff_add(&backoff, &late);
    backoff_add(&backoff, &early);
    backoff_add(&backoff, &failed);
    assert_ptr_equal(backoff_pop_early(&backoff), &early);
    assert_ptr_equal(backoff_pop_early(&backoff), &late);
    assert_null(backoff_pop_early(&backoff));
    backoff_remove(&backoff, &failed);
    assert_int_equal(backoff_next(&backoff), INT64_MAX);
    backoff_fini(&backoff);
}

static void windows_are_whole_seconds(void **state)
{
    (void)state;
    static const int64_t cases[][2] = {
        {0, 0}, {1, 0}, {999999999, 0}, {1000000000, 1000000000}, {-1, -1000000000}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(backoff_window(cases[i][0]), cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_follow_from_the_counts),
        cmocka_unit_test(a_pod_backs_off_while_the_second_is_that_of_the_end),
        cmocka_unit_test(pods_leave_when_their_backoff_is_over),
        cmocka_unit_test(only_rejected_pods_leave_early),
        cmocka_unit_test(windows_are_whole_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
