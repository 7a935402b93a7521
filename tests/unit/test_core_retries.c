/*
 * The core with the default profile: pods that fit nowhere are tried again when, and
 * only when, something helps.
 */
#include "core/core.h"
#include "plugins/all.h"
#include "world.h"

static struct world world;
static struct config *config;
static struct core *core;
static int64_t now_ns;

static int begin(void **state)
{
    (void)state;
    struct registry registry = {all_plugins, all_plugins_len};
    struct core_options options = {.seed = 1};
    struct err err = {0};
    world_init(&world);
    config = config_default();
    EXPECT(core_new(config, &registry, world.catalog, &options, &core, &err) == 0, "%s", err_text(&err));
    now_ns = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_true(core_ok(core));
    core = core_free(core);
    config = config_free(config);
    world_fini(&world);
    return 0;
}

static void put(enum object_kind kind, const void *any)
{
    struct object object = {.kind = kind, .any = any};
    assert_int_equal(core_put(core, &object, ++now_ns), 0);
    assert_true(core_ok(core));
}

static void take(enum object_kind kind, const void *any)
{
    struct object object = {.kind = kind, .any = any};
    core_remove(core, &object, ++now_ns);
    assert_true(core_ok(core));
}

/* A node with `cpu` CPUs and room for 110 pods. */
static const struct berth_node *node(const char *name, int cpu, const char *labels)
{
    return world_node(
        &world,
        "metadata: {name: %s, labels: {%s}}, status: {allocatable: {cpu: %d, memory: 64Gi, pods: 110}}", name,
        labels, cpu);
}

/* A pod that asks for `cpu` CPUs, with more members of its spec. */
static const struct berth_pod *pod(const char *name, int cpu, const char *more)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, uid: u-%s, labels: {app: %s}}, "
                     "spec: {containers: [{name: c, resources: {requests: {cpu: %d}}}]%s}",
                     name, name, name, cpu, more);
}

/* All decisions that are due, as "a:n1 b:- ". */
static const char *decide(void)
{
    static char text[256];
    struct decision d;
    text[0] = 0;
    while (core_schedule_one(core, ++now_ns, &d)) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s:%s ", world_name(d.pod),
                 d.node ? d.node->text : "-");
        assert_true(core_ok(core));
    }
    return text;
}

static void a_new_node_helps_who_lacked_room(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 2, ""));
    put(OBJECT_POD, pod("a", 3, ""));
    assert_string_equal(decide(), "a:- ");
    assert_string_equal(decide(), "");
    put(OBJECT_NODE, node("n2", 2, ""));
    assert_string_equal(decide(), "");
    put(OBJECT_NODE, node("n2", 2, "zone: a"));
    assert_string_equal(decide(), "");
    put(OBJECT_NODE, node("n2", 4, "zone: a"));
    assert_string_equal(decide(), "a:n2 ");
}

static void a_label_helps_who_asked_for_it(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 4, ""));
    put(OBJECT_POD, pod("a", 1, ", nodeSelector: {disk: ssd}"));
    assert_string_equal(decide(), "a:- ");
    put(OBJECT_NODE, node("n1", 4, "disk: hdd"));
    assert_string_equal(decide(), "");
    put(OBJECT_NODE, node("n1", 4, "disk: ssd"));
    assert_string_equal(decide(), "a:n1 ");
}

static void a_pod_that_goes_makes_room(void **state)
{
    (void)state;
    const struct berth_pod *bound = pod("b", 3, ", nodeName: n1");
    put(OBJECT_NODE, node("n1", 4, ""));
    put(OBJECT_POD, bound);
    put(OBJECT_POD, pod("a", 3, ""));
    assert_string_equal(decide(), "a:- ");
    take(OBJECT_POD, bound);
    assert_string_equal(decide(), "a:n1 ");
}

static void a_placed_pod_helps_who_wants_to_be_with_it(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 4, "zone: a"));
    put(OBJECT_POD,
        pod("a", 1,
            ", priority: 5, affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
            "[{topologyKey: zone, labelSelector: {matchLabels: {app: b}}}]}}"));
    put(OBJECT_POD, pod("b", 1, ""));
    put(OBJECT_POD, pod("c", 1, ""));
    assert_string_equal(decide(), "a:- b:n1 c:n1 a:n1 ");
}

static void so_does_one_that_others_have_bound(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 4, "zone: a"));
    put(OBJECT_POD,
        pod("a", 1,
            ", affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
            "[{topologyKey: zone, labelSelector: {matchExpressions: [{key: app, operator: In, values: "
            "[b, c]}]}}]}}"));
    assert_string_equal(decide(), "a:- ");
    put(OBJECT_POD, pod("d", 1, ", nodeName: n1"));
    assert_string_equal(decide(), "");
    put(OBJECT_POD, pod("b", 1, ", nodeName: n1"));
    assert_string_equal(decide(), "a:n1 ");
}

static void and_one_that_they_bound_before_us(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 4, "zone: a"));
    put(OBJECT_POD, pod("a", 1,
                        ", affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                        "[{topologyKey: zone, labelSelector: {matchLabels: {app: b}}}]}}"));
    put(OBJECT_POD, pod("b", 9, ""));
    assert_string_equal(decide(), "a:- b:- ");
    put(OBJECT_POD, pod("b", 1, ", nodeName: n1"));
    assert_string_equal(decide(), "a:n1 ");
}

static void a_gated_pod_waits_for_its_gates(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 4, ""));
    put(OBJECT_POD, pod("a", 1, ", schedulingGates: [{name: x}]"));
    assert_string_equal(decide(), "");
    put(OBJECT_POD, pod("a", 1, ""));
    assert_string_equal(decide(), "a:n1 ");
}

static void without_nodes_only_the_clock_helps(void **state)
{
    (void)state;
    put(OBJECT_POD, pod("a", 1, ""));
    assert_string_equal(decide(), "a:- ");
    put(OBJECT_NODE, node("n1", 4, ""));
    assert_string_equal(decide(), "");
    now_ns = INT64_C(2000000000);
    assert_string_equal(decide(), "a:n1 ");
}

static void a_pod_that_somebody_else_bound_leaves_the_queue(void **state)
{
    (void)state;
    put(OBJECT_NODE, node("n1", 4, ""));
    put(OBJECT_POD, pod("a", 3, ""));
    put(OBJECT_POD, pod("a", 3, ", nodeName: n1"));
    put(OBJECT_POD, pod("b", 3, ""));
    assert_string_equal(decide(), "b:- ");
}

static void a_pod_that_is_deleted_leaves_the_queue(void **state)
{
    (void)state;
    const struct berth_pod *a = pod("a", 1, "");
    put(OBJECT_NODE, node("n1", 4, ""));
    put(OBJECT_POD, a);
    take(OBJECT_POD, a);
    assert_string_equal(decide(), "");
}

static void a_nomination_that_ends_helps_who_yielded_to_it(void **state)
{
    (void)state;
    const struct berth_pod *high = world_pod(
        &world,
        "metadata: {name: high, namespace: default, uid: u-high}, status: {nominatedNodeName: n1}, spec: "
        "{priority: 9, preemptionPolicy: Never, nodeSelector: {zone: b}, "
        "containers: [{name: c, resources: {requests: {cpu: 3}}}]}");
    put(OBJECT_NODE, node("n1", 4, "zone: a"));
    put(OBJECT_POD, high);
    put(OBJECT_POD, pod("a", 3, ""));
    assert_string_equal(decide(), "high:- a:- ");
    take(OBJECT_POD, high);
    assert_string_equal(decide(), "a:n1 ");
}

/* A pod that asks for CPUs and GiB of memory. */
static const struct berth_pod *ranked(const char *name, int priority, int cpu, int memory, const char *more)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, uid: u-%s}, spec: {priority: %d, containers: "
                     "[{name: c, resources: {requests: {cpu: %d, memory: %dGi}}}]%s}",
                     name, name, priority, cpu, memory, more);
}

static void so_does_one_that_a_higher_pod_takes_over(void **state)
{
    (void)state;
    const struct berth_pod *b = ranked("b", 0, 3, 1, ", nodeName: n1");
    put(OBJECT_NODE, node("n1", 4, ""));
    put(OBJECT_POD, ranked("a", 0, 1, 60, ", nodeName: n1"));
    put(OBJECT_POD, b);
    put(OBJECT_POD, ranked("x", 5, 4, 1, ""));
    assert_string_equal(decide(), "x:- "); /* both are to leave for it */
    take(OBJECT_POD, b);
    put(OBJECT_POD, ranked("d", 0, 2, 0, ""));
    assert_string_equal(decide(), "d:- x:- "); /* it yields to x */
    put(OBJECT_POD, ranked("k", 9, 1, 30, ""));
    assert_string_equal(decide(), "k:- d:n1 x:- x:- "); /* k takes the place of x, and needs less */
}

static void a_node_that_goes_takes_nothing_from_the_queue(void **state)
{
    (void)state;
    const struct berth_node *n1 = node("n1", 4, "");
    put(OBJECT_NODE, n1);
    put(OBJECT_NODE, node("n2", 1, ""));
    put(OBJECT_POD, pod("a", 8, ""));
    assert_string_equal(decide(), "a:- ");
    take(OBJECT_NODE, n1);
    assert_string_equal(decide(), "");
    put(OBJECT_NODE, node("n1", 8, ""));
    assert_string_equal(decide(), "a:n1 ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_new_node_helps_who_lacked_room),
        TEST(a_label_helps_who_asked_for_it),
        TEST(a_pod_that_goes_makes_room),
        TEST(a_placed_pod_helps_who_wants_to_be_with_it),
        TEST(so_does_one_that_others_have_bound),
        TEST(and_one_that_they_bound_before_us),
        TEST(a_gated_pod_waits_for_its_gates),
        TEST(without_nodes_only_the_clock_helps),
        TEST(a_pod_that_somebody_else_bound_leaves_the_queue),
        TEST(a_pod_that_is_deleted_leaves_the_queue),
        TEST(a_nomination_that_ends_helps_who_yielded_to_it),
        TEST(so_does_one_that_a_higher_pod_takes_over),
        TEST(a_node_that_goes_takes_nothing_from_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
