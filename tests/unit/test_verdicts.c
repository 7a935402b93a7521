/* Interned verdicts: equal content, equal number. */
#include "core/verdicts.h"
#include "world.h"

static struct verdicts verdicts;

static int begin(void **state)
{
    (void)state;
    verdicts = (struct verdicts){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    verdicts_fini(&verdicts);
    return 0;
}

static const char A[] = "A", B[] = "B";

static berth_verdict one(enum berth_code code, const char *plugin, const char *reason)
{
    berth_str text = berth_str_of(reason);
    return verdicts_intern(&verdicts, code, plugin, &text, 1);
}

static void fixed_numbers_say_what_they_mean(void **state)
{
    (void)state;
    assert_int_equal(verdicts_get(&verdicts, BERTH_PASS)->code, BERTH_SUCCESS);
    assert_int_equal(verdicts_get(&verdicts, BERTH_SKIPPED)->code, BERTH_SKIP);
    assert_int_equal(verdicts_get(&verdicts, VERDICT_NO_NODE)->len, 0);
    assert_true(one(BERTH_UNSCHEDULABLE, A, "first") >= VERDICT_FIRST);
}

static void only_equal_content_shares_a_number(void **state)
{
    (void)state;
    berth_verdict v = one(BERTH_UNSCHEDULABLE, A, "full");
    assert_int_equal(one(BERTH_UNSCHEDULABLE, A, "full"), v);
    assert_int_not_equal(one(BERTH_UNRESOLVABLE, A, "full"), v);
    assert_int_not_equal(one(BERTH_UNSCHEDULABLE, B, "full"), v);
    assert_int_not_equal(one(BERTH_UNSCHEDULABLE, NULL, "full"), v);
    assert_int_not_equal(one(BERTH_UNSCHEDULABLE, A, "fuller"), v);
    assert_int_not_equal(one(BERTH_UNSCHEDULABLE, A, ""), v);
    assert_int_not_equal(verdicts_intern(&verdicts, BERTH_UNSCHEDULABLE, A, NULL, 0), v);
}

static void the_order_and_the_split_of_reasons_count(void **state)
{
    (void)state;
    const berth_str ab[] = {BERTH_STR("a"), BERTH_STR("b")}, ba[] = {BERTH_STR("b"), BERTH_STR("a")};
    const berth_str joined[] = {BERTH_STR("ab"), BERTH_STR("")};
    berth_verdict v = verdicts_intern(&verdicts, BERTH_UNSCHEDULABLE, A, ab, 2);
    assert_int_equal(verdicts_intern(&verdicts, BERTH_UNSCHEDULABLE, A, ab, 2), v);
    assert_int_not_equal(verdicts_intern(&verdicts, BERTH_UNSCHEDULABLE, A, ba, 2), v);
    assert_int_not_equal(verdicts_intern(&verdicts, BERTH_UNSCHEDULABLE, A, joined, 2), v);
    assert_int_not_equal(verdicts_intern(&verdicts, BERTH_UNSCHEDULABLE, A, ab, 1), v);
    const struct status *s = verdicts_get(&verdicts, v);
    assert_int_equal(s->code, BERTH_UNSCHEDULABLE);
    assert_ptr_equal(s->plugin, A);
    assert_int_equal(s->len, 2);
    assert_true(berth_str_eq(s->reasons[0], ab[0]) && berth_str_eq(s->reasons[1], ab[1]));
}

static void texts_are_copied(void **state)
{
    (void)state;
    char text[] = "temporary";
    berth_verdict v = one(BERTH_ERROR, A, text);
    memset(text, 'x', sizeof(text) - 1);
    assert_true(berth_str_eq(verdicts_get(&verdicts, v)->reasons[0], BERTH_STR("temporary")));
    assert_int_not_equal(one(BERTH_ERROR, A, text), v);
}

static void numbers_stay_when_the_table_grows(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static berth_verdict all[MANY];
    char text[32];
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "reason %d", i);
        all[i] = one(BERTH_UNSCHEDULABLE, A, text);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof(text), "reason %d", i);
        assert_int_equal(one(BERTH_UNSCHEDULABLE, A, text), all[i]);
        assert_true(berth_str_eq(verdicts_get(&verdicts, all[i])->reasons[0], berth_str_of(text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fixed_numbers_say_what_they_mean, begin, end),
        cmocka_unit_test_setup_teardown(only_equal_content_shares_a_number, begin, end),
        cmocka_unit_test_setup_teardown(the_order_and_the_split_of_reasons_count, begin, end),
        cmocka_unit_test_setup_teardown(texts_are_copied, begin, end),
        cmocka_unit_test_setup_teardown(numbers_stay_when_the_table_grows, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
