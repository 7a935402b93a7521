/* RFC 3339 times to nanoseconds and back. */
#include "api/timestamp.h"

#include "check.h"

enum { BAD = -1 };
#define SECONDS(n) ((n)*INT64_C(1000000000))

static void parses(void **state)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:01Z", SECONDS(1)},
        {"1969-12-31T23:59:59Z", SECONDS(-1)},
        {"2026-01-02T15:04:05Z", SECONDS(1767366245)},
        {"2026-01-02T16:04:05+01:00", SECONDS(1767366245)},
        {"2026-01-02T09:34:05-05:30", SECONDS(1767366245)},
        {"2026-01-02T15:04:05.5Z", SECONDS(1767366245) + 500000000},
        {"2026-01-02T15:04:05,25Z", SECONDS(1767366245) + 250000000},
        {"2026-01-02T15:04:05.1234567899Z", SECONDS(1767366245) + 123456789},
        {"2024-02-29T00:00:00Z", SECONDS(1709164800)},
        {"2000-02-29T00:00:00Z", SECONDS(951782400)},
        {"0001-01-01T00:00:00Z", INT64_MIN},
        {"9999-12-31T23:59:59Z", INT64_MAX},
        {"2023-02-29T00:00:00Z", BAD},
        {"1900-02-29T00:00:00Z", BAD},
        {"2026-13-01T00:00:00Z", BAD},
        {"2026-00-01T00:00:00Z", BAD},
        {"2026-04-31T00:00:00Z", BAD},
        {"2026-01-00T00:00:00Z", BAD},
        {"2026-01-02T24:00:00Z", BAD},
        {"2026-01-02T00:60:00Z", BAD},
        {"2026-01-02T00:00:60Z", BAD},
        {"2026-01-02T00:00:00", BAD},
        {"2026-01-02T00:00:00.Z", BAD},
        {"2026-01-02T00:00:00Zx", BAD},
        {"2026-01-02T00:00:00+0100", BAD},
        {"2026-01-02T00:00:00+24:00", BAD},
        {"2026-01-02 00:00:00Z", BAD},
        {"2026-01-02", BAD},
        {"2026-1-2T00:00:00Z", BAD},
        {"yesterday", BAD},
        {"", BAD},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t ns = BAD;
        timestamp_parse(berth_str_of(cases[i].text), &ns);
        CHECK_INT(ns, cases[i].ns, cases[i].text);
    }
}

static void prints_what_it_parses(void **state)
{
    static const char *const texts[] = {
        "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-01-02T15:04:05Z", "2024-02-29T12:00:00Z",
        "2000-03-01T00:00:00Z", "1700-01-01T00:00:00Z", "2100-12-31T23:59:59Z"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int64_t ns;
        struct buf b = {0};
        CHECK(timestamp_parse(berth_str_of(texts[i]), &ns) == 0, texts[i]);
        timestamp_print(&b, ns);
        CHECK_STR(buf_view(&b), texts[i], texts[i]);
        buf_fini(&b);
    }
}

static void every_day_follows_the_one_before(void **state)
{
    struct buf b = {0};
    const int64_t day = SECONDS(86400);
    (void)state;
    for (int64_t i = -100000; i < 80000; i += 7) {
        int64_t ns;
        buf_clear(&b);
        timestamp_print(&b, i * day);
        assert_int_equal(timestamp_parse(buf_view(&b), &ns), 0);
        assert_true(ns == i * day);
    }
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(prints_what_it_parses),
        cmocka_unit_test(every_day_follows_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
