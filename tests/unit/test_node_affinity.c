/*
 * How PreFilter narrows the search, and which terms PreScore refuses;
 * matching itself is tested with the objects.
 */
#include "fake_framework.h"

#include "plugins/node_affinity.c"

/* ---- what these tests never reach ---- */

berth_atom berth_label_get(const void *block, berth_list labels, berth_atom key)
{
    (void)block, (void)labels, (void)key;
    abort();
}

bool berth_node_term_matches(const void *block, const struct berth_node_term *term,
                             const struct berth_node *node)
{
    (void)block, (void)term, (void)node;
    abort();
}

void berth_normalize(const struct berth_cycle *c, bool reverse, int64_t *scores)
{
    (void)c, (void)reverse, (void)scores;
    abort();
}

const struct berth_class *berth_compile_node_affinity(struct berth_handle *h, const struct berth_value *v)
{
    (void)h, (void)v;
    abort();
}

const struct berth_value *berth_value_get(const struct berth_value *object, const char *key)
{
    (void)object, (void)key;
    return NULL;
}

int berth_create_fails(struct berth_handle *h, const char *format, ...)
{
    (void)h, (void)format;
    abort();
}

/* ---- narrowing ---- */

/* A field requirement: the operator, a comma between the values. */
struct field {
    const char *key;
    enum berth_operator op;
    const char *values;
};

#define NAMES(values)                                                                                        \
    {                                                                                                        \
        "metadata.name", BERTH_IN, values                                                                    \
    }

static const struct {
    const char *name;
    uint32_t terms;
    struct field fields[3][2]; /* per term; up to the first without a key */
    const char *names;         /* joined with ',' in the order found; NULL: all nodes */
    berth_verdict verdict;
} cases[] = {
    {"no terms at all", 0, {{{0}}}, NULL, BERTH_PASS},
    {"a term without fields may match any node", 1, {{{0}}}, NULL, BERTH_PASS},
    {"one term names a node", 1, {{NAMES("a")}}, "a", BERTH_PASS},
    {"terms are alternatives", 2, {{NAMES("a")}, {NAMES("b")}}, "a,b", BERTH_PASS},
    {"a name is given once", 3, {{NAMES("a")}, {NAMES("b")}, {NAMES("a")}}, "a,b", BERTH_PASS},
    {"a term that names none lifts the limits of the others", 2, {{NAMES("a")}, {{0}}}, NULL, BERTH_PASS},
    {"fields of a term must agree", 1, {{NAMES("a"), NAMES("b")}}, NULL, FAKE_VERDICT + BERTH_UNRESOLVABLE},
    {"one term contradicts itself, another does not",
     2,
     {{NAMES("a"), NAMES("b")}, {NAMES("c")}},
     "c",
     BERTH_PASS},
    {"NotIn names no node", 1, {{{"metadata.name", BERTH_NOT_IN, "a"}}}, NULL, BERTH_PASS},
    {"NotIn takes nothing away", 1, {{NAMES("a"), {"metadata.name", BERTH_NOT_IN, "a"}}}, "a", BERTH_PASS},
    {"other fields name no node", 1, {{{"spec.unschedulable", BERTH_IN, "a"}}}, NULL, BERTH_PASS},
    {"several values, though not valid, are names", 1, {{NAMES("a,b,c")}}, "a,b,c", BERTH_PASS},
    {"several values intersect", 1, {{NAMES("a,b,c"), NAMES("b,c,d")}}, "b,c", BERTH_PASS},
    {"no value names no node that exists", 1, {{NAMES("")}}, NULL, FAKE_VERDICT + BERTH_UNRESOLVABLE},
};

struct affine {
    struct berth_class class;
    struct berth_node_term terms[3];
    struct berth_requirement fields[3][2];
    berth_atom values[3][2][4];
};

static void set_field(struct affine *pod, uint32_t term, uint32_t index, const struct field *field)
{
    struct berth_requirement *to = &pod->fields[term][index];
    to->key = fake_atom(field->key);
    to->op = field->op;
    to->values.offset = (uint32_t)((char *)pod->values[term][index] - (char *)pod);
    char text[32];
    snprintf(text, sizeof(text), "%s", field->values);
    for (char *value = strtok(text, ","); value; value = strtok(NULL, ","))
        pod->values[term][index][to->values.len++] = fake_atom(value);
}

static void set_terms(struct affine *pod, size_t i)
{
    pod->class.flags = BERTH_POD_HAS_REQUIRED_NODES;
    pod->class.required_nodes = (berth_list){offsetof(struct affine, terms), cases[i].terms};
    for (uint32_t term = 0; term < cases[i].terms; term++) {
        pod->terms[term].fields.offset = (uint32_t)((char *)pod->fields[term] - (char *)pod);
        for (uint32_t k = 0; k < 2 && cases[i].fields[term][k].key; k++) {
            set_field(pod, term, k, &cases[i].fields[term][k]);
            pod->terms[term].fields.len++;
        }
    }
}

static void narrowing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct affine pod = {0};
        set_terms(&pod, i);
        fake.names = NULL;
        fake.names_len = 0;
        struct berth_cycle cycle = {.class = &pod.class};
        berth_verdict verdict = node_affinity_plugin.pre_filter(&cycle);
        char names[64] = "";
        for (uint32_t k = 0; k < fake.names_len; k++)
            snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", k ? "," : "",
                     fake.names[k]->text);
        if (verdict != cases[i].verdict || strcmp(names, cases[i].names ? cases[i].names : "") != 0)
            fail_msg("%s: verdict %u, names %s", cases[i].name, verdict, names);
    }
}

static void nothing_required_is_skipped(void **state)
{
    (void)state;
    struct berth_class class = {0}, added = {.flags = BERTH_POD_HAS_REQUIRED_NODES};
    struct berth_cycle cycle = {.class = &class};
    assert_int_equal(node_affinity_plugin.pre_filter(&cycle), BERTH_SKIPPED);
    cycle.self = &added;
    assert_int_equal(node_affinity_plugin.pre_filter(&cycle), BERTH_PASS);
    added.flags = 0; /* only preferred terms were added */
    assert_int_equal(node_affinity_plugin.pre_filter(&cycle), BERTH_SKIPPED);
}

/* ---- preferred terms ---- */

static const struct {
    const char *name;
    struct berth_node_term term; /* an error stands at the end of the block */
    berth_verdict verdict;
} preferred[] = {
    {"a good term", {.weight = 1}, BERTH_PASS},
    {"a faulty term", {.weight = 1, .error.len = 3}, FAKE_VERDICT + BERTH_ERROR},
    {"a faulty term of weight 0 is not parsed", {.weight = 0, .error.len = 3}, BERTH_PASS},
    {"an empty term is not parsed", {.weight = 1, .empty = 1, .error.len = 3}, BERTH_PASS},
};

static void faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(preferred) / sizeof(preferred[0]); i++) {
        struct {
            struct berth_class class;
            struct berth_node_term term;
            char error[4];
        } pod = {.term = preferred[i].term, .error = "bad"};
        pod.class.preferred_nodes = (berth_list){offsetof(__typeof__(pod), term), 1};
        pod.term.error.offset = offsetof(__typeof__(pod), error);
        struct berth_cycle cycle = {.class = &pod.class};
        berth_verdict verdict = node_affinity_plugin.pre_score(&cycle);
        if (verdict != preferred[i].verdict)
            fail_msg("%s: verdict %u", preferred[i].name, verdict);
        if (verdict != BERTH_PASS)
            assert_string_equal(fake.reason, "bad");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(narrowing, fake_end),
        cmocka_unit_test_teardown(nothing_required_is_skipped, fake_end),
        cmocka_unit_test_teardown(faults, fake_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
