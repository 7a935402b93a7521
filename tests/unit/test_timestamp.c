/* RFC 3339 times to nanoseconds. */
#include "api/timestamp.h"

#include "check.h"

#include <time.h>

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

static void agrees_with_the_c_library(void **state)
{
    const int64_t day = 86400;
    (void)state;
    for (int64_t i = -100000; i < 80000; i += 7) {
        char text[64];
        struct tm tm;
        time_t seconds = (time_t)(i * day + (i & 0xffff));
        int64_t ns;
        assert_non_null(gmtime_r(&seconds, &tm));
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
        assert_int_equal(timestamp_parse(berth_str_of(text), &ns), 0);
        assert_true(ns == SECONDS(seconds));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(agrees_with_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
