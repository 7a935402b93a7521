/* The affinity terms that placed pods carry: shared between equal terms, gone with the last carrier. */
#include "core/terms.h"
#include "world.h"

static struct world world;
static struct namespaces namespaces;
static struct terms terms;
static struct arena arena;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    namespaces = (struct namespaces){0};
    terms = (struct terms){.catalog = world.catalog};
    arena = (struct arena){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    terms_fini(&terms);
    namespaces_fini(&namespaces);
    arena_fini(&arena);
    world_fini(&world);
    return 0;
}

/* A pod whose required anti-affinity has these terms. */
static const struct berth_class *carrier(const char *name, const char *list)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, labels: {name: %s}}, spec: {affinity: "
                     "{podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [%s]}}}",
                     name, name, list)
        ->class;
}

static const struct berth_class *plain(const char *labels)
{
    return world_pod(&world, "metadata: {name: p, namespace: default, labels: {%s}}", labels)->class;
}

static const char web_term[] = "{topologyKey: zone, labelSelector: {matchLabels: {app: web}}}";
static const char db_term[] = "{topologyKey: zone, labelSelector: {matchLabels: {app: db}}}";

static uint32_t selecting(const struct berth_class *class, const struct berth_carried_term **ret_terms)
{
    return terms_selecting(&terms, &namespaces, BERTH_REQUIRED_ANTI_AFFINITY, class, &arena, ret_terms);
}

/* How many carriers the term has on the node. */
static int32_t on_node(const struct berth_carried_term *term, uint32_t node)
{
    int32_t count = 0;
    for (uint32_t i = 0; i < term->len; i++)
        count += term->placed[i].node == node ? term->placed[i].count : 0;
    return count;
}

static void equal_terms_of_different_pods_are_one(void **state)
{
    (void)state;
    const struct berth_class *a = carrier("a", web_term), *b = carrier("b", web_term);
    assert_int_equal(terms_add_pod(&terms, a, 3), 0);
    assert_int_equal(terms_add_pod(&terms, a, 3), 0);
    assert_int_equal(terms_add_pod(&terms, b, 3), 0);
    assert_int_equal(terms_add_pod(&terms, b, 5), 0);
    const struct berth_carried_term *found;
    assert_int_equal(selecting(plain("app: web"), &found), 1);
    assert_int_equal(found[0].len, 2);
    assert_int_equal(on_node(&found[0], 3), 3);
    assert_int_equal(on_node(&found[0], 5), 1);
    assert_ptr_equal(found[0].term->topology_key, world_atom(&world, "zone"));
    assert_int_equal(selecting(plain("app: db"), &found), 0);
}

static void a_term_goes_with_its_last_carrier(void **state)
{
    (void)state;
    const struct berth_class *a = carrier("a", web_term), *b = carrier("b", web_term);
    const struct berth_carried_term *found;
    terms_add_pod(&terms, a, 1);
    terms_add_pod(&terms, b, 2);
    terms_remove_pod(&terms, a, 1);
    assert_int_equal(selecting(plain("app: web"), &found), 1);
    assert_int_equal(found[0].len, 1);
    assert_int_equal(on_node(&found[0], 2), 1);
    terms_remove_pod(&terms, b, 2);
    assert_int_equal(selecting(plain("app: web"), &found), 0);
    assert_int_equal(terms.kinds[BERTH_REQUIRED_ANTI_AFFINITY].len, 0);
    assert_int_equal(terms.by_class.len, 0);
    assert_int_equal(terms.by_hash.len, 0);
}

static void classes_are_held_while_they_carry(void **state)
{
    (void)state;
    const struct berth_class *a = carrier("a", web_term);
    uint32_t refs = a->refs;
    terms_add_pod(&terms, a, 1);
    terms_add_pod(&terms, a, 2);
    assert_true(a->refs > refs);
    terms_remove_pod(&terms, a, 1);
    terms_remove_pod(&terms, a, 2);
    assert_int_equal(a->refs, refs);
}

static void a_pod_that_names_a_term_twice_counts_twice(void **state)
{
    (void)state;
    char twice[256];
    snprintf(twice, sizeof(twice), "%s, %s, %s", web_term, db_term, web_term);
    const struct berth_class *a = carrier("a", twice);
    const struct berth_carried_term *found;
    terms_add_pod(&terms, a, 4);
    assert_int_equal(selecting(plain("app: web"), &found), 1);
    assert_int_equal(on_node(&found[0], 4), 2);
    terms_remove_pod(&terms, a, 4);
    assert_int_equal(terms.kinds[BERTH_REQUIRED_ANTI_AFFINITY].len, 0);
}

static void kinds_are_kept_apart(void **state)
{
    (void)state;
    const struct berth_class *a =
        world_pod(&world,
                  "metadata: {name: a, namespace: default}, spec: {affinity: {"
                  "podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [%s], "
                  "preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, podAffinityTerm: %s}, "
                  "{weight: 9, podAffinityTerm: %s}]}, "
                  "podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: "
                  "[{weight: 3, podAffinityTerm: %s}]}}}",
                  web_term, web_term, web_term, web_term)
            ->class;
    terms_add_pod(&terms, a, 0);
    static const uint32_t expected[TERM_KINDS] = {
        [BERTH_REQUIRED_AFFINITY] = 1,
        [BERTH_PREFERRED_AFFINITY] = 2, /* the weight is part of the term */
        [BERTH_REQUIRED_ANTI_AFFINITY] = 0,
        [BERTH_PREFERRED_ANTI_AFFINITY] = 1,
    };
    for (int kind = 0; kind < TERM_KINDS; kind++) {
        const struct berth_carried_term *found;
        uint32_t len = terms_selecting(&terms, &namespaces, kind, plain("app: web"), &arena, &found);
        assert_int_equal(len, expected[kind]);
        for (uint32_t i = 0; kind == BERTH_PREFERRED_AFFINITY && i < len; i++)
            assert_true(found[i].term->weight == 7 || found[i].term->weight == 9);
    }
    terms_remove_pod(&terms, a, 0);
}

static void pods_without_terms_leave_no_trace(void **state)
{
    (void)state;
    const struct berth_class *class = plain("app: web");
    assert_int_equal(terms_add_pod(&terms, class, 0), 0);
    assert_int_equal(terms.by_class.len, 0);
    terms_remove_pod(&terms, class, 0);
}

/* Removing in any order moves the last entries into the holes: nothing gets lost. */
static void many_terms_in_mixed_order(void **state)
{
    (void)state;
    enum { MANY = 40 };
    const struct berth_class *classes[MANY];
    const struct berth_carried_term *found;
    for (int i = 0; i < MANY; i++) {
        char name[16], term[256];
        snprintf(name, sizeof(name), "c%d", i);
        snprintf(
            term, sizeof(term),
            "{topologyKey: zone, labelSelector: {matchExpressions: [{key: not%d, operator: DoesNotExist}]}}",
            i);
        classes[i] = carrier(name, term);
        for (uint32_t slot = 0; slot < 10; slot++)
            terms_add_pod(&terms, classes[i], slot);
    }
    assert_int_equal(selecting(plain("app: web"), &found), MANY);
    assert_int_equal(selecting(plain("not3: x"), &found), MANY - 1);
    for (int i = 0; i < MANY; i++)
        for (uint32_t slot = 0; slot < 10; slot++)
            terms_remove_pod(&terms, classes[i * 7 % MANY], slot * 3 % 10);
    assert_int_equal(selecting(plain("app: web"), &found), 0);
    assert_int_equal(terms.by_class.len, 0);
    assert_int_equal(terms.by_hash.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_terms_of_different_pods_are_one, begin, end),
        cmocka_unit_test_setup_teardown(a_term_goes_with_its_last_carrier, begin, end),
        cmocka_unit_test_setup_teardown(classes_are_held_while_they_carry, begin, end),
        cmocka_unit_test_setup_teardown(a_pod_that_names_a_term_twice_counts_twice, begin, end),
        cmocka_unit_test_setup_teardown(kinds_are_kept_apart, begin, end),
        cmocka_unit_test_setup_teardown(pods_without_terms_leave_no_trace, begin, end),
        cmocka_unit_test_setup_teardown(many_terms_in_mixed_order, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
