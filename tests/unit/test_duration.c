/* Go's durations. */
#include "base/array.h"
#include "base/duration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *name, *text;
    int64_t ns;
    const char *printed; /* or the error when `refused` */
    bool refused;
} cases[] = {
    {"seconds", "15s", 15000000000, "15s", false},
    {"several units are summed", "1h2m3s4ms5us6ns", 3723004005006, "1h2m3.004005006s", false},
    {"a fraction of a unit", "1.5h", 5400000000000, "1h30m0s", false},
    {"a fraction without digits in front", ".5s", 500000000, "500ms", false},
    {"a fraction without digits behind", "5.s", 5000000000, "5s", false},
    {"a long fraction", "0.3333333333333333333h", 1200000000000, "20m0s", false},
    {"the sign holds for the whole", "-1m1s", -61000000000, "-1m1s", false},
    {"a plus sign", "+3us", 3000, "3\xC2\xB5s", false},
    {"both letters mu", "1\xC2\xB5s1\xCE\xBCs", 2000, "2\xC2\xB5s", false},
    {"zero needs no unit", "0", 0, "0s", false},
    {"ten minutes", "600s", 600000000000, "10m0s", false},
    {"the longest", "9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s", false},
    {"the most negative", "-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s", false},
    {"one nanosecond too long", "9223372036854775808ns", 0,
     "time: invalid duration \"9223372036854775808ns\"", true},
    {"digits beyond 64 bits", "99999999999999999999s", 0, "time: invalid duration \"99999999999999999999s\"",
     true},
    {"a sum that does not fit", "2562047h48m", 0, "time: invalid duration \"2562047h48m\"", true},
    {"no number", "soon", 0, "time: invalid duration \"soon\"", true},
    {"nothing", "", 0, "time: invalid duration \"\"", true},
    {"only a sign", "-", 0, "time: invalid duration \"-\"", true},
    {"only a point", ".s", 0, "time: invalid duration \".s\"", true},
    {"no unit", "5", 0, "time: missing unit in duration \"5\"", true},
    {"an unknown unit", "5d", 0, "time: unknown unit \"d\" in duration \"5d\"", true},
};

static void durations_read_and_print_as_in_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct buf printed = {0};
        int64_t ns = 0;
        int r = duration_parse(berth_str_of(cases[i].text), &ns, &err);
        if (r == 0)
            duration_print(&printed, ns);
        const char *got = r == 0 ? printed.ptr : err_text(&err);
        if (r != (cases[i].refused ? -EINVAL : 0) || ns != cases[i].ns || strcmp(got, cases[i].printed) != 0)
            fail_msg("%s: got %s", cases[i].name, got);
        buf_fini(&printed);
        err_fini(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_read_and_print_as_in_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
