/* What people see: tables, bars and amounts. */
#include "base/array.h"
#include "cmd/table.h"
#include "cmd/units.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

static const struct term plain = {.width = 80};
static const struct term coloured = {.tty = true, .colour = true, .width = 80};

static void columns_align(void **state)
{
    struct table t = {.columns = 3, .right = 1u << 1};
    struct buf b = {0};
    (void)state;
    table_cell(&t, &plain, BOLD, BERTH_STR("NAME"));
    table_cell(&t, &plain, BOLD, BERTH_STR("N"));
    table_cell(&t, &plain, BOLD, BERTH_STR("WHY"));
    table_cell(&t, &plain, PLAIN, BERTH_STR("zürich"));
    table_cellf(&t, &plain, PLAIN, "%d", 100);
    table_cell(&t, &plain, PLAIN, (berth_str){0});
    table_write(&t, &b, 2);
    assert_string_equal(b.ptr, "  NAME      N  WHY\n"
                               "  zürich  100\n");
    table_fini(&t);
    buf_fini(&b);
}

static void colours_take_no_room(void **state)
{
    struct table t = {.columns = 2};
    struct buf b = {0};
    (void)state;
    table_cell(&t, &coloured, RED, BERTH_STR("a"));
    table_cell(&t, &coloured, PLAIN, BERTH_STR("b"));
    table_cell(&t, &coloured, PLAIN, BERTH_STR("ccc"));
    table_cell(&t, &coloured, PLAIN, BERTH_STR("d"));
    table_write(&t, &b, 0);
    assert_string_equal(b.ptr, "\033[31ma\033[0m    b\nccc  d\n");
    table_fini(&t);
    buf_fini(&b);
}

static void bars(void **state)
{
    static const struct {
        const char *name;
        double share;
        const char *bar;
    } cases[] = {
        {"empty", 0, "░░░░"},
        {"full", 1, "████"},
        {"more than full", 1.5, "████"},
        {"half", 0.5, "██░░"},
        {"in eighths", 0.28125, "█▏░░"},
        {"negative", -1, "░░░░"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        print_message("%s\n", cases[i].name);
        term_bar(&b, &plain, cases[i].share, 4);
        assert_string_equal(b.ptr, cases[i].bar);
        buf_fini(&b);
    }
}

static void amounts(void **state)
{
    static const struct {
        const char *name, *resource;
        int64_t amount;
        const char *text;
    } cases[] = {
        {"whole cores", "cpu", 4000, "4"},
        {"parts of a core", "cpu", 250, "0.25"},
        {"three digits are enough", "cpu", 12345, "12.3"},
        {"no zeros at the end", "cpu", 1500, "1.5"},
        {"nothing", "cpu", 0, "0"},
        {"many cores", "cpu", 160000000, "160000"},
        {"bytes with their largest unit", "memory", 68719476736, "64Gi"},
        {"bytes with decimals", "memory", 1610612736, "1.5Gi"},
        {"few bytes", "ephemeral-storage", 100, "100"},
        {"huge pages are bytes", "hugepages-2Mi", 2097152, "2Mi"},
        {"extended resources are pieces", "nvidia.com/gpu", 8, "8"},
        {"many pieces", "example.com/gpu-milli", 6212000, "6.21M"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        print_message("%s\n", cases[i].name);
        unit_amount(&b, berth_str_of(cases[i].resource), cases[i].amount);
        assert_string_equal(b.ptr, cases[i].text);
        buf_fini(&b);
    }
}

static void sparks(void **state)
{
    static const double values[] = {0, 0.001, 1, 5, 10, 11};
    struct buf b = {0};
    (void)state;
    term_spark(&b, &plain, GREEN, values, 6, 10);
    assert_string_equal(b.ptr, "▁▂▂▅██");
    buf_clear(&b);
    term_spark(&b, &coloured, GREEN, values, 2, 0);
    assert_string_equal(b.ptr, "\033[32m▁▁\033[0m");
    buf_fini(&b);
}

static void spans(void **state)
{
    static const struct {
        int64_t ns;
        const char *span, *decimal;
    } cases[] = {
        {0, "0s", "0"},
        {250000000, "0.25s", "0.25"},
        {49500000000, "49.5s", "49.5"},
        {60000000000, "1m", "60"},
        {5400000000001, "1h30m", "5400.000000001"},
        {3600000000000, "1h", "3600"},
        {12902960000000000, "149d8h", "12902960"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf span = {0}, decimal = {0};
        unit_span(&span, cases[i].ns);
        unit_decimal_seconds(&decimal, cases[i].ns);
        assert_string_equal(span.ptr, cases[i].span);
        assert_string_equal(decimal.ptr, cases[i].decimal);
        buf_fini(&span);
        buf_fini(&decimal);
    }
}

static void quantities(void **state)
{
    static const struct {
        const char *name, *resource;
        int64_t amount;
        const char *text;
    } cases[] = {
        {"whole cores", "cpu", 4000, "4"},
        {"parts of a core", "cpu", 1250, "1250m"},
        {"no cores", "cpu", 0, "0"},
        {"bytes that come out even", "memory", 1610612736, "1536Mi"},
        {"bytes that do not", "memory", 1610612737, "1610612737"},
        {"huge pages are bytes", "hugepages-2Mi", 4194304, "4Mi"},
        {"extended resources are pieces", "nvidia.com/gpu", 1024, "1024"},
        {"no bytes", "memory", 0, "0"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        print_message("%s\n", cases[i].name);
        unit_quantity(&b, berth_str_of(cases[i].resource), cases[i].amount);
        assert_string_equal(b.ptr, cases[i].text);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align),
        cmocka_unit_test(colours_take_no_room),
        cmocka_unit_test(bars),
        cmocka_unit_test(amounts),
        cmocka_unit_test(sparks),
        cmocka_unit_test(spans),
        cmocka_unit_test(quantities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
