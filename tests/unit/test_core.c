/* The core's face: what goes in by core_put() comes out as decisions, and what fails leaves no trace. */
#include "core/core.h"
#include "plugins/all.h"
#include "world.h"

#include <errno.h>

/* Late objects after a node was chosen, at the point that `late_point` names, for two reasons. */
static const char *late_point = "";
static int unreserved;

static berth_verdict object_at(const struct berth_cycle *c, const char *point)
{
    static const berth_str reasons[] = {{"no", 2}, {"never", 5}};
    return strcmp(late_point, point) == 0 ? berth_reject_all(c, BERTH_UNSCHEDULABLE, reasons, 2) : BERTH_PASS;
}

static berth_verdict late_reserve(const struct berth_cycle *c, uint32_t node)
{
    assert_true(c->nodes->used[BERTH_PODS][node] > 0); /* the pod is assumed by now */
    return object_at(c, "reserve");
}

static void late_unreserve(const struct berth_cycle *c, uint32_t node)
{
    (void)c;
    (void)node;
    unreserved++;
}

static berth_verdict late_permit(const struct berth_cycle *c, uint32_t node, int64_t *ret_timeout_ns)
{
    (void)node;
    *ret_timeout_ns = 0;
    return object_at(c, "permit");
}

static berth_verdict late_pre_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    if (strcmp(late_point, "error") == 0)
        return berth_reject(c, BERTH_ERROR, "broken");
    return object_at(c, "preBind");
}

static const struct berth_plugin late = {
    .abi = BERTH_ABI,
    .size = sizeof(late),
    .name = "Late",
    .reserve = late_reserve,
    .unreserve = late_unreserve,
    .permit = late_permit,
    .pre_bind = late_pre_bind,
};

static struct world world;
static struct config *config;
static struct registry registry;
static struct core *core;

static int make_core(const char *text, struct err *err)
{
    static const struct berth_plugin *const own[] = {&late};
    char padded[1024 + DOC_PADDING];
    struct buf warnings = {0};
    int len = snprintf(padded, sizeof(padded),
                       "apiVersion: kubescheduler.config.k8s.io/v1\n"
                       "kind: KubeSchedulerConfiguration\n%s",
                       text);
    struct doc doc = {.name = "config.yaml", .text = padded, .len = (size_t)len, .format = DOC_YAML};
    int r = config_load(&doc, &config, &warnings, err);
    buf_fini(&warnings);
    if (r < 0)
        return r;
    r = registry_merge(&(struct registry){all_plugins, all_plugins_len}, &(struct registry){own, 1},
                       &registry, err);
    return r < 0 ? r
                 : core_new(config, &registry, world.catalog, &(struct core_options){.seed = 1}, &core, err);
}

static int begin(void **state)
{
    (void)state;
    struct err err = {0};
    core = NULL;
    config = NULL;
    registry = (struct registry){0};
    late_point = "";
    unreserved = 0;
    world_init(&world);
    return make_core("profiles: [{plugins: {multiPoint: {enabled: [{name: Late}]}}}]\n", &err);
}

static int end(void **state)
{
    (void)state;
    assert_true(!core || core_ok(core));
    core_free(core);
    free((void *)registry.plugins);
    config_free(config);
    world_fini(&world);
    return 0;
}

static void put(enum object_kind kind, const void *object)
{
    assert_int_equal(core_put(core, &(struct object){.kind = kind, .any = object}, 0), 0);
}

static void take(enum object_kind kind, const void *object)
{
    core_remove(core, &(struct object){.kind = kind, .any = object}, 0);
}

static const struct berth_pod *put_pod(const char *name, const char *spec, const char *status)
{
    const struct berth_pod *pod =
        world_pod(&world,
                  "metadata: {name: %s, namespace: default}, spec: {schedulerName: default-scheduler, "
                  "containers: [{name: c, resources: {requests: {cpu: 1500m}}}]%s}, status: {%s}",
                  name, spec, status);
    put(OBJECT_POD, pod);
    return pod;
}

/* The next decision as "pod node" or "pod: message", "-" when the queue is empty. */
static const char *next(void)
{
    static char text[1024];
    struct decision d;
    if (!core_schedule_one(core, 0, &d))
        return "-";
    if (d.node)
        snprintf(text, sizeof(text), "%s %s", world_name(d.pod), d.node->text);
    else
        snprintf(text, sizeof(text), "%s: %.*s", world_name(d.pod), BERTH_FMT(d.message));
    assert_true(core_ok(core));
    return text;
}

static void pods_are_placed_until_nothing_is_left(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "n1", ""));
    put_pod("a", "", "");
    put_pod("b", ", priority: 5", "");
    put_pod("c", "", "");
    put_pod("here", ", nodeName: n2", "");
    assert_string_equal(next(), "b n1");
    assert_string_equal(next(), "a n1");
    static const char message[] = "c: 0/1 nodes are available: 1 Insufficient cpu.";
    assert_memory_equal(next(), message, strlen(message)); /* what PostFilter plugins add is theirs */
    assert_string_equal(next(), "-");
    put(OBJECT_NODE, world_plain_node(&world, "n2", ""));
    assert_string_equal(next(), "c n2"); /* the node has woken it */
    assert_int_equal(core_nodes(core)->used[BERTH_CPU][1], 3000);
}

static void without_nodes_the_message_says_so(void **state)
{
    (void)state;
    put_pod("a", "", "");
    assert_string_equal(next(), "a: no nodes available to schedule pods");
}

static void what_left_is_not_decided_about(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "n1", ""));
    const struct berth_pod *a = put_pod("a", "", "");
    const struct berth_pod *b = put_pod("b", "", "");
    put_pod("b", "", "");
    take(OBJECT_POD, a);
    take(OBJECT_POD, a);
    assert_string_equal(next(), "b n1");
    assert_string_equal(next(), "-");
    take(OBJECT_POD, b);
    assert_int_equal(core_nodes(core)->used[BERTH_PODS][0], 0);
}

static void pods_of_other_schedulers_and_gated_pods_stay_out(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "n1", ""));
    const struct berth_pod *other = world_pod(
        &world, "metadata: {name: other, namespace: default}, spec: {schedulerName: another-scheduler}");
    put(OBJECT_POD, other);
    put_pod("gated", ", schedulingGates: [{name: example.com/wait}]", "");
    assert_string_equal(next(), "-");
    put_pod("gated", "", "");
    assert_string_equal(next(), "gated n1");
    struct explanation x;
    core_explain(core, other, &x);
    assert_false(x.responsible);
}

static const struct {
    const char *name;
    const char *point;
    const char *decision;
} late_cases[] = {
    {"Reserve objects", "reserve", "p: 0/1 nodes are available: 1 never, 1 no."},
    {"Permit objects", "permit", "p: 0/1 nodes are available: 1 never, 1 no."},
    {"PreBind objects", "preBind", "p: 0/1 nodes are available: 1 never, 1 no."},
    {"PreBind is broken", "error", "p: running PreBind plugin \"Late\": broken"},
};

static void a_late_objection_undoes_everything(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "n1", ""));
    for (size_t i = 0; i < ARRAY_LEN(late_cases); i++) {
        late_point = late_cases[i].point;
        unreserved = 0;
        const struct berth_pod *pod = put_pod("p", "", "");
        const char *got = next();
        EXPECT(strcmp(got, late_cases[i].decision) == 0, "%s: %s", late_cases[i].name, got);
        EXPECT(unreserved == 1, "%s: unreserved %d times", late_cases[i].name, unreserved);
        EXPECT(core_nodes(core)->used[BERTH_PODS][0] == 0, "%s: the pod still counts", late_cases[i].name);
        assert_string_equal(next(), "-");
        take(OBJECT_POD, pod);
    }
    late_point = "";
    put_pod("p", "", "");
    assert_string_equal(next(), "p n1");
}

static void explaining_changes_nothing(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "n1", ""));
    put(OBJECT_NODE, world_plain_node(&world, "n2", ""));
    const struct berth_pod *a = put_pod("a", "", "");
    for (int i = 0; i < 3; i++) {
        struct explanation x;
        core_explain(core, a, &x);
        assert_true(x.responsible);
        assert_int_equal(x.feasible_len, 2);
        assert_int_equal(x.best_len, 2);
        assert_true(core_ok(core));
        assert_int_equal(core_nodes(core)->used[BERTH_PODS][0], 0);
    }
    assert_memory_equal(next(), "a n", 3);
    assert_string_equal(next(), "-");
}

static void every_profile_schedules_its_own_pods(void **state)
{
    end(state);
    struct err err = {0};
    world_init(&world);
    assert_int_equal(
        make_core("profiles: [{schedulerName: default-scheduler}, {schedulerName: another-scheduler, "
                  "plugins: {multiPoint: {enabled: [{name: Late}]}}}]\n",
                  &err),
        0);
    late_point = "reserve";
    put(OBJECT_NODE, world_plain_node(&world, "n1", ""));
    put_pod("mine", "", "");
    put(OBJECT_POD, world_pod(&world, "metadata: {name: other, namespace: default}, "
                                      "spec: {schedulerName: another-scheduler}"));
    assert_string_equal(next(), "mine n1");
    assert_string_equal(next(), "other: 0/1 nodes are available: 1 never, 1 no.");
    uint32_t profiles;
    (void)core_profiles(core, &profiles);
    assert_int_equal(profiles, 2);
}

static void a_bad_profile_makes_no_core(void **state)
{
    end(state);
    struct err err = {0};
    core = NULL;
    config = NULL;
    registry = (struct registry){0};
    world_init(&world);
    assert_true(
        make_core("profiles: [{schedulerName: fine}, {schedulerName: broken, plugins: {score: {enabled: "
                  "[{name: Nope}]}}}]\n",
                  &err)
        < 0);
    assert_non_null(strstr(err_text(&err), "ScorePlugin \"Nope\" does not exist"));
    assert_null(core);
    err_fini(&err);
}

static void resources_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"cpu", "memory", "ephemeral-storage", "pods", "example.com/gpu"};
    put(OBJECT_NODE, world_node(&world, "metadata: {name: n1}, status: {allocatable: {example.com/gpu: 1}}"));
    assert_int_equal(core_nodes(core)->resources, ARRAY_LEN(names));
    for (uint32_t i = 0; i < ARRAY_LEN(names); i++)
        assert_true(berth_str_eq(core_resource_name(core, i), berth_str_of(names[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pods_are_placed_until_nothing_is_left, begin, end),
        cmocka_unit_test_setup_teardown(without_nodes_the_message_says_so, begin, end),
        cmocka_unit_test_setup_teardown(what_left_is_not_decided_about, begin, end),
        cmocka_unit_test_setup_teardown(pods_of_other_schedulers_and_gated_pods_stay_out, begin, end),
        cmocka_unit_test_setup_teardown(a_late_objection_undoes_everything, begin, end),
        cmocka_unit_test_setup_teardown(explaining_changes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(every_profile_schedules_its_own_pods, begin, end),
        cmocka_unit_test_setup_teardown(a_bad_profile_makes_no_core, begin, end),
        cmocka_unit_test_setup_teardown(resources_have_names, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
