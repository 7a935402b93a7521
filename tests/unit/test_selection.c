/* Canonical selections: equal content is equal bytes, and what was said once is remembered rightly. */
#include "core/selection.h"
#include "world.h"

static struct world world;
static struct namespaces namespaces;
static struct arena scratch;
static struct block block;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    namespaces = (struct namespaces){0};
    scratch = (struct arena){0};
    block = (struct block){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    block_fini(&block);
    arena_fini(&scratch);
    namespaces_fini(&namespaces);
    world_fini(&world);
    return 0;
}

/* A pod that carries the term and otherwise differs from pod to pod. */
static const struct berth_class *carrier(const char *name, const char *term, int milli)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, labels: {name: %s}}, "
                     "spec: {containers: [{name: c, resources: {requests: {cpu: %dm}}}], affinity: "
                     "{podAntiAffinity: "
                     "{requiredDuringSchedulingIgnoredDuringExecution: [{%s}]}}}",
                     name, name, milli, term)
        ->class;
}

static const struct berth_pod_term *term_of(const struct berth_class *class)
{
    return berth_list_at(class, class->required_anti_affinity);
}

/* The canonical form of the first anti-affinity term, malloc'ed. */
static struct selection *canonical(const struct berth_class *class, enum berth_term_kind kind,
                                   uint32_t *ret_size)
{
    selection_of_term(&block, &scratch, kind, class, term_of(class));
    struct selection *s = block_finish(&block, ret_size);
    assert_non_null(s);
    return s;
}

static const struct {
    const char *name;
    const char *a, *b;
    bool same;
} same_cases[] = {
    {"equal terms of different pods are equal bytes",
     "topologyKey: zone, labelSelector: {matchLabels: {app: web}}",
     "topologyKey: zone, labelSelector: {matchLabels: {app: web}}", true},
    {"matchLabels and the expression it stands for are equal",
     "topologyKey: zone, labelSelector: {matchLabels: {app: web}}",
     "topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}", true},
    {"the order of requirements does not count",
     "topologyKey: zone, labelSelector: {matchExpressions: [{key: a, operator: Exists}, {key: b, operator: "
     "Exists}]}",
     "topologyKey: zone, labelSelector: {matchExpressions: [{key: b, operator: Exists}, {key: a, operator: "
     "Exists}]}",
     true},
    {"the order of namespaces does not count", "topologyKey: zone, namespaces: [a, b]",
     "topologyKey: zone, namespaces: [b, a]", true},
    {"another topology key is another term", "topologyKey: zone, labelSelector: {}",
     "topologyKey: rack, labelSelector: {}", false},
    {"another value is another term", "topologyKey: zone, labelSelector: {matchLabels: {app: web}}",
     "topologyKey: zone, labelSelector: {matchLabels: {app: db}}", false},
    {"everything is not nothing", "topologyKey: zone, labelSelector: {}", "topologyKey: zone", false},
    {"another namespace is another term", "topologyKey: zone, namespaces: [a]",
     "topologyKey: zone, namespaces: [b]", false},
    {"a namespace selector counts", "topologyKey: zone, namespaces: [a], namespaceSelector: {}",
     "topologyKey: zone, namespaces: [a]", false},
};

static void equal_terms_are_equal_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same_cases); i++) {
        uint32_t a_size, b_size;
        struct selection *a =
            canonical(carrier("a", same_cases[i].a, 1), BERTH_REQUIRED_ANTI_AFFINITY, &a_size);
        struct selection *b =
            canonical(carrier("b", same_cases[i].b, 2), BERTH_REQUIRED_ANTI_AFFINITY, &b_size);
        bool same = a_size == b_size && memcmp(a, b, a_size) == 0;
        EXPECT(same == same_cases[i].same, "%s", same_cases[i].name);
        free(a);
        free(b);
    }
}

static void the_kind_is_part_of_the_identity(void **state)
{
    (void)state;
    uint32_t a_size, b_size;
    const struct berth_class *class = carrier("a", "topologyKey: zone, labelSelector: {}", 1);
    struct selection *a = canonical(class, BERTH_REQUIRED_ANTI_AFFINITY, &a_size);
    struct selection *b = canonical(class, BERTH_PREFERRED_ANTI_AFFINITY, &b_size);
    assert_true(a_size != b_size || memcmp(a, b, a_size) != 0);
    free(a);
    free(b);
}

static const struct {
    const char *name;
    const char *term;
    const char *pod;
    bool matches;
} match_cases[] = {
    {"labels and namespace must both match: both do", "labelSelector: {matchLabels: {app: web}}",
     "name: p, namespace: default, labels: {app: web}", true},
    {"labels and namespace must both match: labels do not", "labelSelector: {matchLabels: {app: web}}",
     "name: p, namespace: default, labels: {app: db}", false},
    {"labels and namespace must both match: the namespace does not",
     "labelSelector: {matchLabels: {app: web}}", "name: p, namespace: other, labels: {app: web}", false},
    {"an absent selector selects nothing", "namespaces: [default]",
     "name: p, namespace: default, labels: {a: b}", false},
    {"the empty selector selects every pod", "labelSelector: {}", "name: p, namespace: default", true},
    {"the empty selector does not leave the namespaces", "labelSelector: {}", "name: p, namespace: other",
     false},
    {"a NotIn is met by a pod without the label",
     "labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
     "name: p, namespace: default", true},
    {"all requirements must hold",
     "labelSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: Exists}]}",
     "name: p, namespace: default, labels: {app: web}", false},
};

static void canonical_terms_select_what_the_originals_did(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(match_cases); i++) {
        char term[512];
        snprintf(term, sizeof(term), "topologyKey: zone, %s", match_cases[i].term);
        uint32_t size;
        struct selection *s = canonical(carrier("carrier", term, 1), BERTH_REQUIRED_ANTI_AFFINITY, &size);
        const struct berth_class *class = world_pod(&world, "metadata: {%s}", match_cases[i].pod)->class;
        struct selection_memo memo = {0};
        EXPECT(selection_matches(s, &namespaces, class) == match_cases[i].matches, "%s", match_cases[i].name);
        for (int again = 0; again < 2; again++)
            EXPECT(selection_recall(&memo, s, &namespaces, class) == match_cases[i].matches, "%s (recalled)",
                   match_cases[i].name);
        selection_memo_fini(&memo);
        free(s);
    }
}

static void a_query_wants_all_parts(void **state)
{
    (void)state;
    const struct berth_class *web = carrier(
        "a", "topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: Exists}]}", 1);
    const struct berth_class *blue =
        carrier("b", "topologyKey: zone, labelSelector: {matchLabels: {colour: blue}}", 1);
    struct berth_query_part parts[2] = {
        {.block = web, .selector = &term_of(web)->selector, .namespaces = term_of(web)->namespaces},
        {.block = blue, .selector = &term_of(blue)->selector, .namespaces = term_of(blue)->namespaces},
    };
    struct berth_query query = {.parts = parts, .len = 2, .skip_terminating = 1};
    selection_of_query(&block, &scratch, &query);
    uint32_t size;
    struct selection *s = block_finish(&block, &size);
    static const struct {
        const char *metadata;
        bool matches;
    } pods[] = {
        {"labels: {app: x, colour: blue}", true},
        {"labels: {app: x}", false},
        {"labels: {colour: blue}", false},
        {"labels: {app: x, colour: blue}, deletionTimestamp: '2026-01-01T00:00:00Z'", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
        const struct berth_pod *pod =
            world_pod(&world, "metadata: {name: p, namespace: default, %s}", pods[i].metadata);
        EXPECT(selection_matches(s, &namespaces, pod->class) == pods[i].matches, "%s", pods[i].metadata);
    }
    free(s);
    query.len = 0;
    query.skip_terminating = 0;
    selection_of_query(&block, &scratch, &query);
    s = block_finish(&block, &size);
    assert_true(selection_matches(s, &namespaces, web)); /* no part rejects */
    free(s);
}

static void a_changed_namespace_is_noticed(void **state)
{
    (void)state;
    uint32_t size;
    struct selection *s = canonical(
        carrier("a", "topologyKey: zone, labelSelector: {}, namespaceSelector: {matchLabels: {team: a}}", 1),
        BERTH_REQUIRED_ANTI_AFFINITY, &size);
    const struct berth_class *class = world_pod(&world, "metadata: {name: p, namespace: red}")->class;
    struct selection_memo memo = {0};
    const struct berth_namespace *old = NULL;
    assert_false(selection_recall(&memo, s, &namespaces, class));
    const void *red = world_object(&world, OBJECT_NAMESPACE, "metadata: {name: red, labels: {team: a}}");
    assert_int_equal(namespaces_put(&namespaces, red, &old), 0);
    assert_true(selection_recall(&memo, s, &namespaces, class));
    namespaces_remove(&namespaces, world_atom(&world, "red"));
    assert_false(selection_recall(&memo, s, &namespaces, class));
    selection_memo_fini(&memo);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_terms_are_equal_bytes, begin, end),
        cmocka_unit_test_setup_teardown(the_kind_is_part_of_the_identity, begin, end),
        cmocka_unit_test_setup_teardown(canonical_terms_select_what_the_originals_did, begin, end),
        cmocka_unit_test_setup_teardown(a_query_wants_all_parts, begin, end),
        cmocka_unit_test_setup_teardown(a_changed_namespace_is_noticed, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
