/* Which names pass, and which of upstream's complaints the others get. */
#include "api/names.h"

#include "check.h"

#include <stdio.h>

#define X10 "xxxxxxxxxx"
#define X60 X10 X10 X10 X10 X10 X10
#define X250 X60 X60 X60 X60 X10

struct name_case {
    const char *text;
    const char *first, *second; /* what the complaints begin with; NULL: there is none */
};

static void check_cases(struct name_problems (*check)(berth_str), const struct name_case *cases, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct name_problems p = check(berth_str_of(cases[i].text));
        const char *want[] = {cases[i].first, cases[i].second};
        CHECK_INT(p.len, (want[0] != NULL) + (want[1] != NULL), cases[i].text);
        for (int j = 0; j < p.len; j++)
            CHECK(strncmp(p.texts[j], want[j], strlen(want[j])) == 0, p.texts[j]);
    }
}

static void label_keys(void **state)
{
    static const char name[] = "name part must consist of alphanumeric characters";
    static const struct name_case cases[] = {
        {"app", NULL, NULL},
        {"A.b_c-D9", NULL, NULL},
        {"example.com/app", NULL, NULL},
        {X60 "xxx", NULL, NULL},
        {X60 "xxxx", "name part must be no more than 63 bytes", NULL},
        {"", "name part must be non-empty", name},
        {"-app", name, NULL},
        {"app.", name, NULL},
        {"a b", name, NULL},
        {"/app", "prefix part must be non-empty", NULL},
        {"a/", "name part must be non-empty", name},
        {"A.com/app", "prefix part a lowercase RFC 1123 subdomain must consist of", NULL},
        {X250 ".xxx/app", "prefix part must be no more than 253 bytes", NULL},
        {"a/b/c", "a valid label key must consist of alphanumeric characters", NULL},
    };
    (void)state;
    check_cases(label_key_problems, cases, ARRAY_LEN(cases));
}

static void label_values(void **state)
{
    static const char form[] = "a valid label must be an empty string or consist of";
    static const struct name_case cases[] = {
        {"", NULL, NULL},        {"web", NULL, NULL},
        {"1.2-3_4", NULL, NULL}, {X60 "xxx", NULL, NULL},
        {"-web", form, NULL},    {"web.", form, NULL},
        {"a/b", form, NULL},     {X60 "xxx-", "must be no more than 63 bytes", form},
    };
    (void)state;
    check_cases(label_value_problems, cases, ARRAY_LEN(cases));
}

static struct name_problems prefix_problems(berth_str prefix)
{
    char key[512];
    int len = snprintf(key, sizeof(key), "%.*s/name", BERTH_FMT(prefix));
    return label_key_problems((berth_str){key, (uint32_t)len});
}

static void prefixes_are_subdomains(void **state)
{
    static const char form[] = "prefix part a lowercase RFC 1123 subdomain must consist of";
    static const struct name_case cases[] = {
        {"a", NULL, NULL},          {"example.com", NULL, NULL},
        {"a-b.c--d.0", NULL, NULL}, {"", "prefix part must be non-empty", NULL},
        {".", form, NULL},          {"a.", form, NULL},
        {".a", form, NULL},         {"a..b", form, NULL},
        {"a-.b", form, NULL},       {"a.-b", form, NULL},
        {"A", form, NULL},          {"a_b", form, NULL},
        {X250 "xxx", NULL, NULL},   {X250 "xxxx", "prefix part must be no more than 253 bytes", NULL},
    };
    (void)state;
    check_cases(prefix_problems, cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(label_keys),
        cmocka_unit_test(label_values),
        cmocka_unit_test(prefixes_are_subdomains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
