/* The nominator: one nomination a pod, in order of nomination on each node. */
#include "core/nominator.h"
#include "world.h"

static struct world world;
static struct nominator nominator;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    nominator = (struct nominator){.catalog = world.catalog};
    return 0;
}

static int end(void **state)
{
    (void)state;
    nominator_fini(&nominator);
    world_fini(&world);
    return 0;
}

/* A pod; `node` NULL: its status nominates it to none. */
static const struct berth_pod *pod(const char *name, const char *uid, const char *node)
{
    return world_pod(&world, "metadata: {name: %s, namespace: default%s%s}, status: {%s%s}", name,
                     *uid ? ", uid: u" : "", uid, node ? "nominatedNodeName: " : "", node ? node : "");
}

static berth_atom atom(const char *node)
{
    return node ? world_atom(&world, node) : NULL;
}

/* The pods nominated to a node as "a b c". */
static const char *nominated(const char *node)
{
    static char text[128];
    text[0] = 0;
    for (const struct nomination *x = nominator_first(&nominator, atom(node)); x; x = x->next)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? " " : "",
                 world_name(x->pod));
    assert_true(nominator_ok(&nominator));
    return text;
}

static void pods_are_listed_in_the_order_of_nomination(void **state)
{
    (void)state;
    const struct berth_pod *a = pod("a", "1", NULL), *b = pod("b", "2", "n1"), *c = pod("c", "3", "n2");
    nominator_add(&nominator, a, atom("n1"));
    nominator_add(&nominator, b, NULL);
    nominator_add(&nominator, c, NULL);
    assert_string_equal(nominated("n1"), "a b");
    assert_string_equal(nominated("n2"), "c");
    nominator_add(&nominator, a, atom("n1")); /* anew: last */
    assert_string_equal(nominated("n1"), "b a");
    nominator_add(&nominator, b, atom("n2"));
    assert_string_equal(nominated("n1"), "a");
    assert_string_equal(nominated("n2"), "c b");
    nominator_delete(&nominator, c);
    assert_string_equal(nominated("n2"), "b");
    nominator_delete(&nominator, c);
    assert_string_equal(nominated("n2"), "b");
    nominator_delete(&nominator, b);
    assert_null(nominator_first(&nominator, atom("n2")));
    assert_null(nominator_first(&nominator, NULL));
}

static void which_node_counts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *status, *given, *node;
    } cases[] = {
        {"neither status nor plugin: none", NULL, NULL, ""},
        {"the status", "n1", NULL, "n1"},
        {"the plugin", NULL, "n2", "n2"},
        {"the plugin before the status", "n1", "n2", "n2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct berth_pod *p = pod("p", "1", cases[i].status);
        nominator_add(&nominator, p, atom(cases[i].given));
        berth_atom node = nominator_node(&nominator, p);
        EXPECT(strcmp(node ? node->text : "", cases[i].node) == 0, "%s", cases[i].name);
        nominator_delete(&nominator, p);
    }
}

static void updates_of_pods(void **state)
{
    (void)state;
    static const struct {
        const char *name, *had, *old, *new, *node;
    } cases[] = {
        {"the API server has not heard of it yet: kept", "n1", NULL, NULL, "n1"},
        {"none and none: none", NULL, NULL, NULL, ""},
        {"it is set now", NULL, NULL, "n2", "n2"},
        {"another one is set", "n1", NULL, "n2", "n2"},
        {"it is another one", "n1", "n1", "n2", "n2"},
        {"it was taken away", "n1", "n1", NULL, ""},
        {"it says what it said", "n2", "n1", "n1", "n1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct berth_pod *old = pod("p", "1", cases[i].old), *new = pod("p", "1", cases[i].new);
        if (cases[i].had)
            nominator_add(&nominator, old, atom(cases[i].had));
        nominator_update(&nominator, old, new);
        berth_atom node = nominator_node(&nominator, new);
        EXPECT(strcmp(node ? node->text : "", cases[i].node) == 0, "%s", cases[i].name);
        const struct nomination *x = nominator_first(&nominator, node);
        EXPECT(!x || x->pod == new, "%s: the new object", cases[i].name);
        nominator_delete(&nominator, new);
    }
}

static void pods_of_one_name_are_told_apart_by_uid(void **state)
{
    (void)state;
    const struct berth_pod *first = pod("p", "1", "n1"), *second = pod("p", "2", "n1"),
                           *plain = pod("p", "", "n1");
    nominator_add(&nominator, first, NULL);
    nominator_add(&nominator, second, NULL);
    nominator_add(&nominator, plain, NULL);
    assert_string_equal(nominated("n1"), "p p p");
    nominator_delete(&nominator, pod("p", "2", NULL));
    nominator_delete(&nominator, pod("p", "", NULL));
    assert_ptr_equal(nominator_first(&nominator, atom("n1"))->pod, first);
    assert_string_equal(nominated("n1"), "p");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pods_are_listed_in_the_order_of_nomination, begin, end),
        cmocka_unit_test_setup_teardown(which_node_counts, begin, end),
        cmocka_unit_test_setup_teardown(updates_of_pods, begin, end),
        cmocka_unit_test_setup_teardown(pods_of_one_name_are_told_apart_by_uid, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
