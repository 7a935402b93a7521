/* The option parser: what is accepted, and what is said about the rest. */
#include "cmd/options.h"

#include "base/array.h"
#include "cmd/command.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    struct option_list files;
    const char *config;
    uint64_t seed;
    uint32_t output;
    bool quiet;
    struct option_maybe time;
};

static const char *const outputs[] = {"table", "wide", "json", NULL};
static const struct option_row rows[] = {
    {'f', "filename", OPTION_LIST, offsetof(struct settings, files), .value = "FILE", .text = ""},
    {'c', "config", OPTION_TEXT, offsetof(struct settings, config), .value = "FILE", .text = ""},
    {0, "seed", OPTION_NUMBER, offsetof(struct settings, seed), .value = "N", .min = 1, .max = 99,
     .initial = "7", .text = ""},
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "wide",
     .text = ""},
    {'q', "quiet", OPTION_FLAG, offsetof(struct settings, quiet), .text = ""},
    {0, "time", OPTION_MAYBE, offsetof(struct settings, time), .value = "FILE", .text = ""},
    {0, "hidden-aid", OPTION_FLAG, offsetof(struct settings, quiet), .hidden = true, .text = ""},
};
static const struct command command = {
    .name = "test",
    .options = rows,
    .options_len = ARRAY_LEN(rows),
    .settings_size = sizeof(struct settings),
    .operands = offsetof(struct settings, files),
    .operands_max = 3,
};

enum { MOST_WORDS = 8 };

static int words_len(const char *const *words)
{
    int len = 0;
    while (len < MOST_WORDS && words[len])
        len++;
    return len;
}

static void reads_words(void **state)
{
    static const struct {
        const char *name;
        const char *words[MOST_WORDS];
        size_t files;
        const char *last_file, *config;
        uint64_t seed;
        uint32_t output;
        bool quiet;
    } cases[] = {
        {"nothing given leaves the initial values", {NULL}, 0, NULL, NULL, 7, 1, false},
        {"a value may be the next word", {"-f", "a", "-o", "json"}, 1, "a", NULL, 7, 2, false},
        {"a value may be glued to the letter", {"-fa", "-ojson"}, 1, "a", NULL, 7, 2, false},
        {"a value may follow an equals sign", {"--config=x=y", "--seed=9"}, 0, NULL, "x=y", 9, 1, false},
        {"a list grows with every mention", {"-f", "a", "--filename", "b"}, 2, "b", NULL, 7, 1, false},
        {"operands join the list", {"-f", "a", "b", "-q", "c"}, 3, "c", NULL, 7, 1, true},
        {"a lone dash is an operand", {"-"}, 1, "-", NULL, 7, 1, false},
        {"after -- everything is an operand", {"--", "--seed"}, 1, "--seed", NULL, 7, 1, false},
        {"the last mention of a single value wins",
         {"--seed", "1", "--seed", "2"},
         0,
         NULL,
         NULL,
         2,
         1,
         false},
        {"a value may begin with a dash", {"-c", "-"}, 0, NULL, "-", 7, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct settings s;
        struct err err = {0};
        print_message("%s\n", cases[i].name);
        assert_int_equal(
            options_read(&command, words_len(cases[i].words), (char *const *)cases[i].words, &s, &err), 0);
        assert_int_equal(s.files.len, cases[i].files);
        if (cases[i].last_file)
            assert_string_equal(s.files.at[s.files.len - 1], cases[i].last_file);
        if (cases[i].config)
            assert_string_equal(s.config, cases[i].config);
        assert_int_equal(s.seed, cases[i].seed);
        assert_int_equal(s.output, cases[i].output);
        assert_int_equal(s.quiet, cases[i].quiet);
        options_fini(&command, &s);
        err_fini(&err);
    }
}

static void a_value_may_be_left_out(void **state)
{
    static const struct {
        const char *name;
        const char *words[MOST_WORDS];
        bool given;
        const char *text;
        size_t files;
    } cases[] = {
        {"it is not given", {"-q"}, false, NULL, 0},
        {"without a value the next word is an operand", {"--time", "a"}, true, NULL, 1},
        {"a value follows an equals sign", {"--time=a"}, true, "a", 0},
        {"a value stays when the option is given again without", {"--time=a", "--time"}, true, "a", 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct settings s;
        print_message("%s\n", cases[i].name);
        assert_int_equal(
            options_read(&command, words_len(cases[i].words), (char *const *)cases[i].words, &s, NULL), 0);
        assert_int_equal(s.time.given, cases[i].given);
        assert_int_equal(s.files.len, cases[i].files);
        assert_true(cases[i].text ? s.time.text && strcmp(s.time.text, cases[i].text) == 0 : !s.time.text);
        options_fini(&command, &s);
    }
}

static void refuses_words(void **state)
{
    static const struct {
        const char *name;
        const char *words[MOST_WORDS];
        const char *text;
    } cases[] = {
        {"a misspelt option gets the nearest one",
         {"--outptu", "json"},
         "unknown option --outptu; did you mean --output?"},
        {"the beginning of an option gets the whole",
         {"--conf=x"},
         "unknown option --conf; did you mean --config?"},
        {"a hidden option is no hint", {"--hidden-ais"}, "unknown option --hidden-ais"},
        {"help is a hint too", {"--hlep"}, "unknown option --hlep; did you mean --help?"},
        {"something far from everything gets no hint", {"--xyzzyplugh"}, "unknown option --xyzzyplugh"},
        {"an unknown letter", {"-x"}, "unknown option -x"},
        {"a long option with one dash", {"-seed"}, "unknown option -seed; did you mean --seed?"},
        {"a value is missing", {"--config"}, "--config needs a value: FILE"},
        {"a flag with a value", {"--quiet=yes"}, "--quiet takes no value"},
        {"a number out of range",
         {"--seed", "100"},
         "--seed must be a whole number from 1 to 99, not \"100\""},
        {"a negative number", {"--seed", "-1"}, "--seed must be a whole number from 1 to 99, not \"-1\""},
        {"a number with something behind it",
         {"--seed", "1x"},
         "--seed must be a whole number from 1 to 99, not \"1x\""},
        {"an unknown choice",
         {"-o", "jsno"},
         "--output must be table, wide or json, not \"jsno\"; did you mean json?"},
        {"too many operands", {"a", "b", "c", "d"}, "\"d\" is too much"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct settings s;
        struct err err = {0};
        print_message("%s\n", cases[i].name);
        assert_true(options_read(&command, words_len(cases[i].words), (char *const *)cases[i].words, &s, &err)
                    < 0);
        assert_string_equal(err_text(&err), cases[i].text);
        options_fini(&command, &s);
        err_fini(&err);
    }
}

static void help_wins(void **state)
{
    static const char *const words[] = {"-q", "--help", "--nonsense"};
    struct settings s;
    (void)state;
    assert_int_equal(options_read(&command, 3, (char *const *)words, &s, NULL), OPTIONS_HELP);
    options_fini(&command, &s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_words),
        cmocka_unit_test(refuses_words),
        cmocka_unit_test(a_value_may_be_left_out),
        cmocka_unit_test(help_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
