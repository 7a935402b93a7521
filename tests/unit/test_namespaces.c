/* Namespaces, and which of them a list and a selector select. */
#include "core/namespaces.h"
#include "world.h"

static struct world world;
static struct namespaces namespaces;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    namespaces = (struct namespaces){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    namespaces_fini(&namespaces);
    world_fini(&world);
    return 0;
}

static const struct berth_namespace *put(const char *name, const char *labels)
{
    const struct berth_namespace *old = NULL;
    const struct berth_namespace *fresh =
        world_object(&world, OBJECT_NAMESPACE, "metadata: {name: %s, labels: {%s}}", name, labels);
    assert_int_equal(namespaces_put(&namespaces, fresh, &old), 0);
    return old;
}

static void every_change_raises_the_generation(void **state)
{
    (void)state;
    uint64_t before = namespaces.generation;
    assert_null(put("a", "team: x"));
    assert_true(namespaces.generation > before);
    const struct berth_namespace *first = namespaces_get(&namespaces, world_atom(&world, "a"));
    before = namespaces.generation;
    assert_ptr_equal(put("a", "team: z"), first);
    assert_true(namespaces.generation > before);
    before = namespaces.generation;
    assert_non_null(namespaces_remove(&namespaces, world_atom(&world, "a")));
    assert_true(namespaces.generation > before);
    before = namespaces.generation;
    assert_null(namespaces_remove(&namespaces, world_atom(&world, "a")));
    assert_int_equal(namespaces.generation, before);
    assert_null(namespaces_get(&namespaces, world_atom(&world, "a")));
    assert_null(namespaces_get(&namespaces, NULL));
}

/*
 * The term is of a pod in namespace home; namespaces red (team: a), blue (team: b)
 * have objects, ghost has none.
 */
static const struct {
    const char *name;
    const char *term;
    bool known_only;
    const char *namespace;
    bool selected;
} cases[] = {
    {"neither list nor selector means the pod's own namespace", "", false, "home", true},
    {"and no other", "", false, "red", false},
    {"a list names namespaces", "namespaces: [red, blue]", false, "blue", true},
    {"a list leaves out the pod's own namespace", "namespaces: [red, blue]", false, "home", false},
    {"a selector looks at the namespace's labels", "namespaceSelector: {matchLabels: {team: a}}", false,
     "red", true},
    {"other labels do not match", "namespaceSelector: {matchLabels: {team: a}}", false, "blue", false},
    {"the empty selector selects every namespace", "namespaceSelector: {}", false, "blue", true},
    {"the empty selector selects a namespace without an object", "namespaceSelector: {}", false, "ghost",
     true},
    {"also when only known ones are asked for, as it is not resolved to names", "namespaceSelector: {}", true,
     "ghost", true},
    {"a namespace without an object counts as one without labels",
     "namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}", false, "ghost", true},
    {"but never matches when only known ones are asked for",
     "namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}", true, "ghost", false},
    {"list and selector add up: by list", "namespaces: [blue], namespaceSelector: {matchLabels: {team: a}}",
     true, "blue", true},
    {"list and selector add up: by selector",
     "namespaces: [blue], namespaceSelector: {matchLabels: {team: a}}", true, "red", true},
    {"list and selector add up: neither", "namespaces: [blue], namespaceSelector: {matchLabels: {team: a}}",
     true, "home", false},
    {"a listed namespace needs no object", "namespaces: [ghost]", true, "ghost", true},
    {"every namespace carries its name as a label",
     "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: red}}", false, "red", true},
};

static void terms_select_namespaces(void **state)
{
    (void)state;
    put("home", "");
    put("red", "team: a");
    put("blue", "team: b");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *comma = *cases[i].term ? ", " : "";
        const struct berth_class *class =
            world_pod(&world,
                      "metadata: {name: p, namespace: home}, spec: {affinity: {podAffinity: "
                      "{requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: "
                      "{}%s%s}]}}}",
                      comma, cases[i].term)
                ->class;
        const struct berth_pod_term *term = berth_list_at(class, class->required_affinity);
        bool selected = namespaces_select(&namespaces, class, term->namespaces, &term->namespace_selector,
                                          cases[i].known_only, world_atom(&world, cases[i].namespace));
        EXPECT(selected == cases[i].selected, "%s", cases[i].name);
    }
}

static void without_a_selector_only_the_list_counts(void **state)
{
    (void)state;
    const struct berth_class *class = world_plain_pod(&world, "p", "", 1)->class;
    assert_false(
        namespaces_select(&namespaces, class, (berth_list){0}, NULL, false, world_atom(&world, "default")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_change_raises_the_generation, begin, end),
        cmocka_unit_test_setup_teardown(terms_select_namespaces, begin, end),
        cmocka_unit_test_setup_teardown(without_a_selector_only_the_list_counts, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
