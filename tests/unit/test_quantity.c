/* Quantities beyond what the recorded tables hold: sums, order, limits, decoding. */
#include "api/quantity.h"

#include "check.h"

static struct quantity parse(const char *text)
{
    struct quantity q;
    if (quantity_parse(berth_str_of(text), &q, NULL) < 0)
        fail_msg("%s does not parse", text);
    return q;
}

static void parses_and_rounds(void **state)
{
    static const struct {
        const char *text;
        int64_t value, milli;
        const char *canonical;
    } cases[] = {
        {"0", 0, 0, "0"},
        {"-0.0", 0, 0, "0"},
        {"1", 1, 1000, "1"},
        {"0.5", 1, 500, "500m"},
        {"-0.5", -1, -500, "-500m"},
        {"100m", 1, 100, "100m"},
        {"1n", 1, 1, "1n"},
        {"0.1n", 1, 1, "1n"},
        {"1.5Gi", 1610612736, 1610612736000, "1536Mi"},
        {"1e3", 1000, 1000000, "1e3"},
        {"1E", 1000000000000000000, INT64_MAX, "1E"},
        {"10E", INT64_MAX, INT64_MAX, "10E"},
        {"-10E", INT64_MIN, INT64_MIN, "-10E"},
        {"8Ei", INT64_MAX, INT64_MAX, "9223372036854775807"},
        {"9223372036854775807", INT64_MAX, INT64_MAX, "9223372036854775807"},
        {"1e-30", 1, 1, "1e-9"},
        {"99999999999999999999999999999999999999", INT64_MAX, INT64_MAX,
         "99999999999999999999999999999999999999"},
        {"100000000000000000000000000000000000000000", INT64_MAX, INT64_MAX, "100"},
        {"1.23456789012345678901234567890123456789Ei", 1423359869420436338, INT64_MAX,
         "1423359869420436337655244274n"},
        {"0.5Ki", 512, 512000, "512"},
        {"0.5", 1, 500, "500m"},
        {"1023Mi", 1072693248, 1072693248000, "1023Mi"},
        {"m", 0, 0, "0"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct quantity q = parse(cases[i].text);
        struct buf b = {0};
        quantity_print(&b, &q);
        CHECK_INT(quantity_value(&q), cases[i].value, cases[i].text);
        CHECK_INT(quantity_milli(&q), cases[i].milli, cases[i].text);
        CHECK_STR(buf_view(&b), cases[i].canonical, cases[i].text);
        buf_fini(&b);
    }
}

static void refuses_what_is_none(void **state)
{
    static const char form[] = "quantities must match the regular expression "
                               "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    static const char suffix[] = "unable to parse quantity's suffix";
    static const char numeric[] = "unable to parse numeric part of quantity";
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", form},
        {"x", form},
        {"1x", form},
        {"1 ", form},
        {"1.5.5", form},
        {"1K", suffix},
        {"1e", suffix},
        {"1mi", suffix},
        {"++1", suffix},
        {"1e99999999999999999999", suffix},
        {"Ei", numeric},
        {"-.Pi", numeric},
        {"1e9223372036854775808", suffix},
        {"1Eii", suffix},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct quantity q;
        struct err err = {0};
        CHECK(quantity_parse(berth_str_of(cases[i].text), &q, &err) < 0, cases[i].text);
        CHECK_STR(berth_str_of(err_text(&err)), cases[i].message, cases[i].text);
        err_fini(&err);
    }
}

static void orders(void **state)
{
    /* Ascending; neighbours that are equal are marked. */
    static const struct {
        const char *text;
        bool equal_to_last;
    } cases[] = {
        {"-1e300", false}, {"-10E", false},  {"-1", false},    {"-1000m", true},
        {"-1n", false},    {"0", false},     {"-0", true},     {"1n", false},
        {"999m", false},   {"1", false},     {"1000m", true},  {"1Ki", false},
        {"1024", true},    {"1.024k", true}, {"1e3Mi", false}, {"1e300", false},
    };
    struct quantity q[ARRAY_LEN(cases)];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (quantity_parse(berth_str_of(cases[i].text), &q[i], NULL) < 0)
            q[i] = parse("1M"); /* 1e3Mi is none: something between its neighbours */
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t j = 0; j < i; j++) {
            bool equal = true;
            for (size_t k = j + 1; k <= i; k++)
                equal &= cases[k].equal_to_last;
            int order = quantity_cmp(&q[i], &q[j]);
            CHECK(equal ? order == 0 : order > 0, cases[i].text);
            order = quantity_cmp(&q[j], &q[i]);
            CHECK(equal ? order == 0 : order < 0, cases[i].text);
        }
    }
}

static void adds(void **state)
{
    static const struct {
        const char *a, *b, *sum;
    } cases[] = {
        {"1", "500m", "1500m"},
        {"1Gi", "512Mi", "1536Mi"},
        {"1Gi", "1", "1073741825"},
        {"0", "1Gi", "1Gi"},
        {"1Gi", "0", "1Gi"},
        {"1e3", "1", "1001"},
        {"1", "1n", "1000000001n"},
        {"9223372036854775807", "1", "9223372036854775808"},
        {"1", "1", "2"},
        {"1E", "1n", "1000000000000000000000000001n"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct quantity sum = parse(cases[i].a), b = parse(cases[i].b);
        struct buf text = {0};
        quantity_add(&sum, &b);
        quantity_print(&text, &sum);
        CHECK_STR(buf_view(&text), cases[i].sum, cases[i].a);
        buf_fini(&text);
    }
}

static void sums_beyond_all_digits_keep_the_large_part(void **state)
{
    struct quantity large = parse("1e300"), small = parse("1n");
    struct quantity most = parse("99999999999999999999999999999999999999");
    (void)state;
    struct quantity sum = small;
    quantity_add(&sum, &large);
    assert_true(quantity_cmp(&sum, &small) > 0);
    assert_true(quantity_value(&sum) == INT64_MAX);
    sum = most;
    for (int i = 0; i < 100; i++)
        quantity_add(&sum, &most);
    assert_true(quantity_cmp(&sum, &most) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_and_rounds),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(orders),
        cmocka_unit_test(adds),
        cmocka_unit_test(sums_beyond_all_digits_keep_the_large_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
