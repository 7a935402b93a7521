/* Label names, quoting, and how errors are put together. */
#include "fake_framework.h"

#include "plugins/args.c"

static char failure[4096];

int berth_create_fails(struct berth_handle *h, const char *format, ...)
{
    (void)h;
    va_list args;
    va_start(args, format);
    vsnprintf(failure, sizeof(failure), format, args);
    va_end(args);
    return -1;
}

#define A50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250 A50 A50 A50 A50 A50

static const struct {
    const char *name, *label, *faults; /* the first words of each fault */
} labels[] = {
    {"a plain name", "a", ""},
    {"dots, dashes and underscores inside", "A.b-c_9", ""},
    {"a prefix", "example.com/a", ""},
    {"a prefix of one label", "x/a", ""},
    {"a prefix with dashes", "x--y.z/a", ""},
    {"63 bytes", A50 "aaaaaaaaaaaaa", ""},
    {"64 bytes", A50 "aaaaaaaaaaaaaa", "name part must be no more than 63 bytes;"},
    {"253 bytes of prefix", A250 "aaa/a", ""},
    {"254 bytes of prefix", A250 "aaaa/a", "prefix part must be no more than 253 bytes;"},
    {"nothing", "", "name part must be non-empty;name part must consist;"},
    {"nothing after the slash", "example.com/", "name part must be non-empty;name part must consist;"},
    {"nothing before the slash", "/a", "prefix part must be non-empty;"},
    {"a lone slash", "/",
     "prefix part must be non-empty;name part must be non-empty;name part must consist;"},
    {"two slashes", "a/b/c", "a valid label key must consist;"},
    {"a space", "bad name", "name part must consist;"},
    {"a dash at the end", "a-", "name part must consist;"},
    {"a dot in front", ".a", "name part must consist;"},
    {"upper case in the prefix", "Example.com/a", "prefix part a lowercase;"},
    {"two dots in the prefix", "a..b/a", "prefix part a lowercase;"},
    {"a dash before a dot", "a-.b/a", "prefix part a lowercase;"},
    {"a dash after a dot", "a.-b/a", "prefix part a lowercase;"},
    {"a dot at the end of the prefix", "a./a", "prefix part a lowercase;"},
};

static void label_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        const char *faults[4], *want = labels[i].faults;
        uint32_t len = args_label_name_faults(berth_str_of(labels[i].label), faults);
        for (uint32_t k = 0; k < len; k++) {
            size_t words = strcspn(want, ";");
            if (words == 0 || strncmp(want, faults[k], words) != 0)
                fail_msg("%s: unexpected \"%s\"", labels[i].name, faults[k]);
            want += words + 1;
        }
        if (*want)
            fail_msg("%s: missing \"%s\"", labels[i].name, want);
    }
}

static void texts_are_quoted_as_in_go(void **state)
{
    (void)state;
    char *quoted = args_quoted(BERTH_STR("a\"b\\c\n\t\001\177 abfnrtv \xc3\xa9"));
    assert_string_equal(quoted, "\"a\\\"b\\\\c\\n\\t\\x01\\x7f abfnrtv \xc3\xa9\"");
    free(quoted);
    quoted = args_quoted((berth_str){0});
    assert_string_equal(quoted, "\"\"");
    free(quoted);
}

static void errors_are_joined(void **state)
{
    (void)state;
    struct args_errors errors = {0};
    assert_int_equal(args_report(&errors, NULL), 0);
    args_error(&errors, "one");
    assert_int_equal(args_report(&errors, NULL), -1);
    assert_string_equal(failure, "one");
    args_error(&errors, "one");
    args_error(&errors, "%s", "two");
    args_error(&errors, "one");
    assert_int_equal(args_report(&errors, NULL), -1);
    assert_string_equal(failure, "[one, two]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_names),
        cmocka_unit_test(texts_are_quoted_as_in_go),
        cmocka_unit_test(errors_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
