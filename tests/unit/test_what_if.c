/* What would be if: answers for changed clusters, and no trace of the question. */
#include "core/core.h"
#include "plugins/all.h"
#include "world.h"

#include "api/pod_edit.h"

static struct world world;
static struct config *config;
static struct core *core;

static int begin(void **state)
{
    (void)state;
    const struct registry registry = {all_plugins, all_plugins_len};
    struct err err = {0};
    world_init(&world);
    config = config_default();
    return core_new(config, &registry, world.catalog, &(struct core_options){.seed = 1}, &core, &err);
}

static int end(void **state)
{
    (void)state;
    core_free(core);
    config_free(config);
    world_fini(&world);
    return 0;
}

static const void *put(enum object_kind kind, const void *object)
{
    assert_int_equal(core_put(core, &(struct object){.kind = kind, .any = object}, 0), 0);
    return object;
}

static const struct berth_pod *pod(const char *name, const char *labels, const char *spec)
{
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, labels: {%s}}, spec: {schedulerName: "
                     "default-scheduler, %s}",
                     name, labels, spec);
}

/* "a b: PluginOne, c: ..." for the nodes that do not fit, after the names of those that do. */
static const char *ask(const struct berth_pod *p, const struct core_what_if *what_if)
{
    static char text[1024];
    struct core_fit fit;
    struct buf b = {0};
    core_fits(core, p, what_if, true, &fit);
    const struct berth_nodes *nodes = core_nodes(core);
    for (uint32_t i = 0; i < fit.len; i++)
        buf_printf(&b, "%s%s ", fit.names[i]->text, nodes->node[fit.slots[i]] ? "" : "(new)");
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!fit.objections || fit.objections[slot] == 0)
            continue;
        buf_printf(&b, "| %s", nodes->node[slot]->name->text);
        for (uint32_t i = 0; i < fit.plugins_len; i++)
            if (fit.objections[slot] >> i & 1)
                buf_printf(&b, " %s", fit.plugins[i]);
    }
    snprintf(text, sizeof(text), "%s", b.len ? b.ptr : "");
    buf_fini(&b);
    assert_true(core_ok(core));
    return text;
}

#define CPU(amount) "containers: [{name: c, resources: {requests: {cpu: " amount "}}}]"

static void every_plugin_is_heard(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_node(&world, "metadata: {name: a}, spec: {unschedulable: true, taints: [{key: t, "
                                        "effect: NoSchedule}]}, status: {allocatable: {cpu: 1, pods: 9}}"));
    put(OBJECT_NODE,
        world_node(&world, "metadata: {name: b, labels: {disk: ssd}}, status: {allocatable: {cpu: 4, "
                           "pods: 9}}"));
    assert_string_equal(ask(pod("p", "", CPU("2")), NULL),
                        "b | a NodeResourcesFit NodeUnschedulable TaintToleration");
    assert_string_equal(ask(pod("p", "", "nodeSelector: {disk: hdd}, " CPU("5")), NULL),
                        "| a NodeAffinity NodeResourcesFit NodeUnschedulable TaintToleration"
                        "| b NodeAffinity NodeResourcesFit");
    assert_string_equal(ask(pod("p", "", "schedulingGates: [{name: g}], " CPU("1")), NULL),
                        "| a SchedulingGates| b SchedulingGates");
    assert_string_equal(
        ask(pod("p", "",
                "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                "{nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: "
                "[a]}]}]}}}, " CPU("1")),
            NULL),
        "| a NodeUnschedulable TaintToleration| b NodeAffinity");
}

static void freed_room_is_room(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "a", ""));
    put(OBJECT_NODE, world_plain_node(&world, "b", ""));
    put(OBJECT_POD, pod("x", "", "nodeName: a, " CPU("2")));
    put(OBJECT_POD, pod("z", "", "nodeName: b, " CPU("1")));
    const struct berth_pod *big = pod("p", "", CPU("4")), *bigger = pod("p", "", CPU("5"));
    struct core_freed freed = {BERTH_CPU, 1000};
    struct core_what_if what_if = {.freed = &freed, .freed_len = 1};
    assert_string_equal(ask(big, NULL), "| a NodeResourcesFit| b NodeResourcesFit");
    assert_string_equal(ask(big, &what_if), "b | a NodeResourcesFit");
    freed.amount = 9000; /* no more than is used */
    assert_string_equal(ask(big, &what_if), "a b ");
    assert_string_equal(ask(bigger, &what_if), "| a NodeResourcesFit| b NodeResourcesFit");
    assert_string_equal(ask(big, NULL), "| a NodeResourcesFit| b NodeResourcesFit");
}

static void nodes_stand_in(void **state)
{
    (void)state;
    const struct berth_node *a = put(OBJECT_NODE, world_plain_node(&world, "a", "zone: x"));
    const struct berth_node *b = world_plain_node(&world, "b", "zone: w");
    const struct berth_node *other = world_plain_node(&world, "a", "zone: w");
    const struct berth_pod *p = pod("p", "", "nodeSelector: {zone: w}, " CPU("1"));
    assert_string_equal(ask(p, NULL), "| a NodeAffinity");
    assert_string_equal(ask(p, &(struct core_what_if){.nodes = &b, .nodes_len = 1}),
                        "b(new) | a NodeAffinity");
    assert_string_equal(ask(p, &(struct core_what_if){.nodes = &other, .nodes_len = 1}), "a ");
    const struct berth_node *both[] = {b, other, b};
    assert_string_equal(ask(p, &(struct core_what_if){.nodes = both, .nodes_len = 3}), "a b(new) ");
    assert_string_equal(ask(p, NULL), "| a NodeAffinity");
    assert_ptr_equal(core_nodes(core)->node[0], a);
    assert_int_equal(core_nodes(core)->live, 1);
    /* The slot that the new node had is the next one's. */
    put(OBJECT_NODE, world_plain_node(&world, "c", "zone: w"));
    assert_string_equal(ask(p, NULL), "c | a NodeAffinity");
}

/* What is remembered of a class knows nothing of the slot that a new node leaves behind. */
static void the_slot_of_a_new_node_is_empty(void **state)
{
    (void)state;
    enum { NODES = 8, TWICE = 2 }; /* a class is remembered from its second time on */
    static const char *const names[NODES] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (uint32_t i = 0; i < NODES; i++)
        put(OBJECT_NODE, world_plain_node(&world, names[i], ""));
    const struct berth_pod *p = pod("p", "", CPU("1"));
    const struct berth_node *fresh = world_plain_node(&world, "fresh", "");
    struct explanation e;
    for (uint32_t i = 0; i < TWICE; i++)
        core_explain(core, p, &e);
    ask(p, &(struct core_what_if){.nodes = &fresh, .nodes_len = 1});
    core_explain(core, p, &e);
    assert_int_equal(e.feasible_len, NODES);
}

static void pods_are_gone(void **state)
{
    (void)state;
    static const char anti[] =
        "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{"
        "topologyKey: zone, labelSelector: {matchLabels: {app: web}}}]}}, ";
    char spec[512];
    put(OBJECT_NODE, world_plain_node(&world, "a", "zone: x"));
    put(OBJECT_NODE, world_plain_node(&world, "b", "zone: x"));
    snprintf(spec, sizeof(spec), "nodeName: a, %s" CPU("1"), anti);
    const struct berth_pod *x = put(OBJECT_POD, pod("x", "app: web", spec));
    const struct berth_pod *p = pod("p", "app: web", CPU("1"));
    assert_string_equal(ask(p, NULL), "| a InterPodAffinity| b InterPodAffinity");
    assert_string_equal(ask(p, &(struct core_what_if){.gone = &x, .gone_len = 1}), "a b ");
    assert_string_equal(ask(p, NULL), "| a InterPodAffinity| b InterPodAffinity");
    berth_each (struct berth_pod_term, term, x->class, x->class->required_anti_affinity) {
        assert_true(core_term_selects(core, x->class, term, p->class));
        assert_false(core_term_selects(core, x->class, term, pod("q", "app: db", CPU("1"))->class));
    }
}

static void nominations_count(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "a", ""));
    put(OBJECT_POD,
        world_pod(&world, "metadata: {name: early, namespace: default}, spec: {priority: 5, schedulerName: "
                          "default-scheduler, " CPU("3") "}, status: {nominatedNodeName: a}"));
    assert_string_equal(ask(pod("p", "", CPU("2")), NULL), "| a NodeResourcesFit");
    assert_string_equal(ask(pod("p", "", "priority: 9, " CPU("2")), NULL), "a ");
}

static void a_pod_of_others_fits_nowhere(void **state)
{
    (void)state;
    put(OBJECT_NODE, world_plain_node(&world, "a", ""));
    assert_string_equal(ask(world_pod(&world, "metadata: {name: p}, spec: {schedulerName: other}"), NULL),
                        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_plugin_is_heard, begin, end),
        cmocka_unit_test_setup_teardown(freed_room_is_room, begin, end),
        cmocka_unit_test_setup_teardown(nodes_stand_in, begin, end),
        cmocka_unit_test_setup_teardown(the_slot_of_a_new_node_is_empty, begin, end),
        cmocka_unit_test_setup_teardown(pods_are_gone, begin, end),
        cmocka_unit_test_setup_teardown(nominations_count, begin, end),
        cmocka_unit_test_setup_teardown(a_pod_of_others_fits_nowhere, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
