/* Spelling hints. */
#include "base/nearest.h"

#include "base/array.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void distances(void **state)
{
    static const struct {
        const char *name, *a, *b;
        size_t distance;
    } cases[] = {
        {"equal words", "output", "output", 0},
        {"one letter missing", "outpt", "output", 1},
        {"one letter too many", "outputt", "output", 1},
        {"one letter wrong", "outpat", "output", 1},
        {"two neighbours swapped", "outptu", "output", 1},
        {"nothing against something", "", "seed", 4},
        {"two words", "kitten", "sitting", 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        print_message("%s\n", cases[i].name);
        assert_int_equal(edit_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(edit_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void hints(void **state)
{
    static const char *const commands[] = {"simulate", "explain", "bench", "config", "version", "help"};
    static const struct {
        const char *name, *word, *hint;
    } cases[] = {
        {"a typing error", "simualte", "simulate"}, {"the beginning of a word", "ex", "explain"},
        {"the nearer of two", "hlep", "help"},      {"nothing like it", "frobnicate", NULL},
        {"one letter is no beginning", "q", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *hint = nearest_word(cases[i].word, commands, ARRAY_LEN(commands));
        print_message("%s\n", cases[i].name);
        if (cases[i].hint)
            assert_string_equal(hint, cases[i].hint);
        else
            assert_null(hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(distances), cmocka_unit_test(hints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
