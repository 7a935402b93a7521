/* Which events an update of a pod or a node stands for, and who hears of what. */
#include "core/events.h"
#include "core/registrations.h"
#include "world.h"

static struct world world;

static int begin(void **state)
{
    (void)state;
    world_init(&world);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_fini(&world);
    return 0;
}

/* "Node UpdateNodeLabel, Node UpdateNodeTaint" */
static const char *show(const struct berth_event *events, uint32_t len)
{
    static const char *const resources[] = {
#define X(id, name) [BERTH_ON_##id] = name,
        BERTH_RESOURCES(X)
#undef X
    };
    static const char *const actions[] = {
#define X(id, name) [BERTH_BIT_##id] = name,
        BERTH_ACTIONS(X)
#undef X
    };
    static char text[512];
    text[0] = 0;
    for (uint32_t i = 0; i < len; i++) {
        const char *action = "Update";
        for (uint32_t bit = 0; bit < BERTH_ACTION_BITS; bit++)
            if (events[i].actions == 1u << bit)
                action = actions[bit];
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s %s", i ? ", " : "",
                 resources[events[i].resource], action);
    }
    return text;
}

#define POD(rest) "metadata: {name: p, namespace: default, uid: x" rest
#define CPU(amount) "containers: [{name: c, resources: {requests: {" amount "}}}]"

static const struct {
    const char *name, *old, *new, *events;
} pod_cases[] = {
    {"nothing that matters", POD("}"), POD(", annotations: {a: b}}"), "UnschedulablePod Update"},
    {"labels", POD(", labels: {a: b}}"), POD(", labels: {a: c}}"), "UnschedulablePod UpdatePodLabel"},
    {"an assigned pod by the new object", POD("}"), POD(", labels: {a: b}}, spec: {nodeName: n1}"),
     "AssignedPod UpdatePodLabel"},
    {"less CPU", POD("}, spec: {" CPU("cpu: 2") "}"), POD("}, spec: {" CPU("cpu: 1") "}"),
     "UnschedulablePod UpdatePodScaleDown"},
    {"more CPU", POD("}, spec: {" CPU("cpu: 1") "}"), POD("}, spec: {" CPU("cpu: 2") "}"),
     "UnschedulablePod Update"},
    {"more of one, less of the other", POD("}, spec: {" CPU("cpu: 1, memory: 2Gi") "}"),
     POD("}, spec: {" CPU("cpu: 2, memory: 1Gi") "}"), "UnschedulablePod UpdatePodScaleDown"},
    {"less of an extended resource", POD("}, spec: {" CPU("x.com/a: 3") "}"),
     POD("}, spec: {" CPU("x.com/a: 2") "}"), "UnschedulablePod UpdatePodScaleDown"},
    {"an extended resource is gone, even none of it", POD("}, spec: {" CPU("x.com/a: 0") "}"), POD("}"),
     "UnschedulablePod UpdatePodScaleDown"},
    {"an extended resource is new", POD("}"), POD("}, spec: {" CPU("x.com/a: 3") "}"),
     "UnschedulablePod Update"},
    {"the last gate is gone", POD("}, spec: {schedulingGates: [{name: a}]}"), POD("}"),
     "UnschedulablePod UpdatePodSchedulingGatesEliminated"},
    {"one of two gates is gone", POD("}, spec: {schedulingGates: [{name: a}, {name: b}]}"),
     POD("}, spec: {schedulingGates: [{name: b}]}"), "UnschedulablePod Update"},
    {"one toleration more", POD("}"), POD("}, spec: {tolerations: [{key: a, operator: Exists}]}"),
     "UnschedulablePod UpdatePodToleration"},
    {"another toleration of the same number", POD("}, spec: {tolerations: [{key: b, operator: Exists}]}"),
     POD("}, spec: {tolerations: [{key: a, operator: Exists}]}"), "UnschedulablePod Update"},
    {"a claim was generated", POD("}"),
     POD("}, status: {resourceClaimStatuses: [{name: c, resourceClaimName: c1}]}"),
     "UnschedulablePod UpdatePodGeneratedResourceClaim"},
    {"a claim turned out not to be needed", POD("}"), POD("}, status: {resourceClaimStatuses: [{name: c}]}"),
     "UnschedulablePod UpdatePodGeneratedResourceClaim"},
    {"a claim for extended resources", POD("}"),
     POD("}, status: {extendedResourceClaimStatus: {resourceClaimName: c1}}"),
     "UnschedulablePod UpdatePodGeneratedResourceClaim"},
    {"everything at once, in upstream's order",
     POD("}, spec: {schedulingGates: [{name: a}], " CPU("cpu: 2") "}"),
     POD(", labels: {a: b}}, spec: {tolerations: [{key: a, operator: Exists}], " CPU(
         "cpu: 1") "}, "
                   "status: {resourceClaimStatuses: [{name: c}]}"),
     "UnschedulablePod UpdatePodLabel, UnschedulablePod UpdatePodScaleDown, UnschedulablePod "
     "UpdatePodSchedulingGatesEliminated, UnschedulablePod UpdatePodToleration, UnschedulablePod "
     "UpdatePodGeneratedResourceClaim"},
};

static void updates_of_pods(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pod_cases); i++) {
        struct berth_event events[EVENTS_MAX];
        const struct berth_pod *old = world_pod(&world, "%s", pod_cases[i].old);
        const char *got =
            show(events, events_of_pod_update(old, world_pod(&world, "%s", pod_cases[i].new), events));
        EXPECT(strcmp(got, pod_cases[i].events) == 0, "%s: %s", pod_cases[i].name, got);
    }
}

#define NODE(rest) "metadata: {name: n1" rest

static const struct {
    const char *name, *old, *new, *events;
} node_cases[] = {
    {"nothing that matters", NODE("}"), NODE("}, status: {images: [{names: [a], sizeBytes: 5}]}"), ""},
    {"allocatable", NODE("}, status: {allocatable: {cpu: 1}}"), NODE("}, status: {allocatable: {cpu: 2}}"),
     "Node UpdateNodeAllocatable"},
    {"an extended resource", NODE("}, status: {allocatable: {x.com/a: 1}}"), NODE("}"),
     "Node UpdateNodeAllocatable"},
    {"labels", NODE(", labels: {a: b}}"), NODE(", labels: {a: b, c: d}}"), "Node UpdateNodeLabel"},
    {"taints", NODE("}"), NODE("}, spec: {taints: [{key: a, effect: NoSchedule}]}"), "Node UpdateNodeTaint"},
    {"the order of taints",
     NODE("}, spec: {taints: [{key: a, effect: NoSchedule}, {key: b, effect: NoSchedule}]}"),
     NODE("}, spec: {taints: [{key: b, effect: NoSchedule}, {key: a, effect: NoSchedule}]}"),
     "Node UpdateNodeTaint"},
    {"it is schedulable again", NODE("}, spec: {unschedulable: true}"), NODE("}"), "Node UpdateNodeTaint"},
    {"it is unschedulable now", NODE("}"), NODE("}, spec: {unschedulable: true}"), ""},
    {"both", NODE("}, spec: {unschedulable: true, taints: [{key: a, effect: NoSchedule}]}"), NODE("}"),
     "Node UpdateNodeTaint, Node UpdateNodeTaint"},
    {"a condition's status", NODE("}, status: {conditions: [{type: Ready, status: 'True'}]}"),
     NODE("}, status: {conditions: [{type: Ready, status: 'False'}]}"), "Node UpdateNodeCondition"},
    {"a condition's reason", NODE("}, status: {conditions: [{type: Ready, status: 'True', reason: a}]}"),
     NODE("}, status: {conditions: [{type: Ready, status: 'True', reason: b}]}"), ""},
    {"the order of conditions",
     NODE("}, status: {conditions: [{type: Ready, status: 'True'}, {type: Full, status: 'False'}]}"),
     NODE("}, status: {conditions: [{type: Full, status: 'False'}, {type: Ready, status: 'True'}]}"), ""},
    {"a condition is gone",
     NODE("}, status: {conditions: [{type: Ready, status: 'True'}, {type: Full, status: 'False'}]}"),
     NODE("}, status: {conditions: [{type: Ready, status: 'True'}]}"), "Node UpdateNodeCondition"},
    {"annotations", NODE(", annotations: {a: b}}"), NODE(", annotations: {a: c}}"),
     "Node UpdateNodeAnnotation"},
    {"declared features", NODE("}"), NODE("}, status: {declaredFeatures: [A]}"),
     "Node UpdateNodeDeclaredFeature"},
    {"several, in upstream's order", NODE(", labels: {a: b}}"),
     NODE(", annotations: {a: b}}, spec: {taints: [{key: a, effect: NoSchedule}]}, status: {allocatable: "
          "{cpu: 1}}"),
     "Node UpdateNodeAllocatable, Node UpdateNodeLabel, Node UpdateNodeTaint, Node UpdateNodeAnnotation"},
};

static void updates_of_nodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(node_cases); i++) {
        struct berth_event events[EVENTS_MAX];
        const struct berth_node *old = world_node(&world, "%s", node_cases[i].old);
        const char *got =
            show(events, events_of_node_update(old, world_node(&world, "%s", node_cases[i].new), events));
        EXPECT(strcmp(got, node_cases[i].events) == 0, "%s: %s", node_cases[i].name, got);
    }
}

/* ---- registrations ---- */

static const struct berth_registration on_add[] = {{{BERTH_ON_NODE, BERTH_ADD}, NULL}};
static const struct berth_registration on_add_and_taint[] = {{{BERTH_ON_NODE, BERTH_ADD}, NULL},
                                                             {{BERTH_ON_NODE, BERTH_NODE_TAINT}, NULL}};
static const struct berth_registration on_pods[] = {{{BERTH_ON_POD, BERTH_POD_LABEL | BERTH_DELETE}, NULL}};
static const struct berth_registration on_updates[] = {{{BERTH_ON_POD, BERTH_UPDATE}, NULL}};
static const struct berth_registration on_all[] = {{{BERTH_ON_WILDCARD, BERTH_ALL_ACTIONS}, NULL}};

enum { ADD, TAINT, PODS, UPDATES, EVERYTHING, WILDCARD, NOTHING };

static void who_hears_of_what(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct berth_event event;
        uint64_t plugins;
    } cases[] = {
        {"an added node",
         {BERTH_ON_NODE, BERTH_ADD},
         1 << ADD | 1 << TAINT | 1 << EVERYTHING | 1 << WILDCARD},
        {"a taint: also who registered added nodes only",
         {BERTH_ON_NODE, BERTH_NODE_TAINT},
         1 << ADD | 1 << TAINT | 1 << EVERYTHING | 1 << WILDCARD},
        {"a node's label", {BERTH_ON_NODE, BERTH_NODE_LABEL}, 1 << EVERYTHING | 1 << WILDCARD},
        {"an assigned pod's label: also who registered all updates",
         {BERTH_ON_ASSIGNED_POD, BERTH_POD_LABEL},
         1 << PODS | 1 << UPDATES | 1 << EVERYTHING | 1 << WILDCARD},
        {"the general update of a pod: only they",
         {BERTH_ON_UNSCHEDULABLE_POD, BERTH_UPDATE},
         1 << UPDATES | 1 << EVERYTHING | 1 << WILDCARD},
        {"a deleted pod", {BERTH_ON_ASSIGNED_POD, BERTH_DELETE}, 1 << PODS | 1 << EVERYTHING | 1 << WILDCARD},
        {"a device's slice: not who registered nothing", {BERTH_ON_RESOURCE_SLICE, BERTH_ADD}, 1 << WILDCARD},
        {"a timeout: only who registered the wildcard",
         {BERTH_ON_WILDCARD, BERTH_ALL_ACTIONS},
         1 << WILDCARD},
    };
    struct registrations r = {0};
    assert_int_equal(registrations_add(&r, ADD, on_add, 1, true), 0);
    assert_int_equal(registrations_add(&r, TAINT, on_add_and_taint, 2, true), 0);
    assert_int_equal(registrations_add(&r, PODS, on_pods, 1, true), 0);
    assert_int_equal(registrations_add(&r, UPDATES, on_updates, 1, true), 0);
    assert_int_equal(registrations_add(&r, EVERYTHING, NULL, 0, true), 0);
    assert_int_equal(registrations_add(&r, WILDCARD, on_all, 1, true), 0);
    assert_int_equal(registrations_add(&r, NOTHING, on_add, 1, false), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct interested found = registrations_match(&r, cases[i].event);
        EXPECT(found.plugins == cases[i].plugins, "%s: %#llx", cases[i].name,
               (unsigned long long)found.plugins);
    }
    registrations_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(updates_of_pods, begin, end),
        cmocka_unit_test_setup_teardown(updates_of_nodes, begin, end),
        cmocka_unit_test(who_hears_of_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
