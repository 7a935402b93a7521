/* Volumes, claims, classes, CSI objects and disruption budgets. */
#include "decoded.h"

static void a_volume(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode(c, OBJECT_PERSISTENT_VOLUME,
                             "{metadata: {name: pv, labels: {topology.kubernetes.io/zone: a}}, spec: "
                             "{capacity: {storage: 1Gi}, accessModes: "
                             "[ReadWriteOnce, ReadWriteOncePod], storageClassName: fast, volumeMode: Block, "
                             "csi: {driver: d, volumeHandle: h}, "
                             "claimRef: {namespace: ns, name: data}, nodeAffinity: {required: "
                             "{nodeSelectorTerms: [{matchExpressions: [{key: "
                             "a, operator: In, values: [b]}]}]}}}, status: {phase: Available}}");
    const struct berth_persistent_volume *v = o.volume;
    assert_string_equal(v->name->text, "pv");
    assert_string_equal(v->storage_class->text, "fast");
    assert_int_equal(v->capacity, 1 << 30);
    assert_int_equal(v->access_modes, BERTH_ACCESS_READ_WRITE_ONCE | BERTH_ACCESS_READ_WRITE_ONCE_POD);
    assert_int_equal(v->mode, BERTH_VOLUME_BLOCK);
    assert_int_equal(v->phase, BERTH_VOLUME_AVAILABLE);
    assert_string_equal(v->claim_namespace->text, "ns");
    assert_string_equal(v->claim_name->text, "data");
    assert_null(v->claim_uid);
    assert_int_equal(v->source, BERTH_SOURCE_CSI);
    assert_string_equal(v->driver->text, "d");
    assert_string_equal(v->handle->text, "h");
    assert_true(v->has_node_affinity);
    assert_int_equal(v->node_affinity.len, 1);
    assert_int_equal(v->labels.len, 1);
    object_unref(c, &o);
    o = decode(c, OBJECT_PERSISTENT_VOLUME,
               "{metadata: {name: pv}, spec: {storageClassName: '', hostPath: {path: /x}}}");
    assert_null(o.volume->storage_class);
    assert_int_equal(o.volume->source, BERTH_SOURCE_OTHER);
    assert_false(o.volume->has_node_affinity);
    object_unref(c, &o);
    catalog_free(c);
}

static const struct {
    const char *name, *yaml, *class; /* NULL: not given */
} claim_classes[] = {
    {"not given: the default class", "{metadata: {name: c}}", NULL},
    {"empty: no class", "{metadata: {name: c}, spec: {storageClassName: ''}}", ""},
    {"the field", "{metadata: {name: c}, spec: {storageClassName: a}}", "a"},
    {"the old annotation goes before it",
     "{metadata: {name: c, annotations: {volume.beta.kubernetes.io/storage-class: b}}, spec: "
     "{storageClassName: a}}",
     "b"},
};

static void classes_of_claims(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(claim_classes); i++) {
        struct object o = decode(c, OBJECT_PERSISTENT_VOLUME_CLAIM, claim_classes[i].yaml);
        berth_atom class = o.claim->storage_class;
        expect_text(claim_classes[i].name, class ? class->text : "(none)",
                    claim_classes[i].class ? claim_classes[i].class : "(none)");
        object_unref(c, &o);
    }
    catalog_free(c);
}

static void a_claim(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode(c, OBJECT_PERSISTENT_VOLUME_CLAIM,
                             "{metadata: {name: c, uid: u, ownerReferences: [{kind: Pod, name: p, uid: pu, "
                             "controller: true}]}, spec: "
                             "{accessModes: [ReadWriteMany], resources: {requests: {storage: 5}}, selector: "
                             "{matchLabels: {a: b}}, volumeName: "
                             "pv}, status: {phase: Bound}}");
    const struct berth_persistent_volume_claim *claim = o.claim;
    assert_string_equal(claim->namespace->text, "default");
    assert_string_equal(claim->volume_name->text, "pv");
    assert_int_equal(claim->request, 5);
    assert_int_equal(claim->access_modes, BERTH_ACCESS_READ_WRITE_MANY);
    assert_int_equal(claim->phase, BERTH_CLAIM_BOUND);
    assert_int_equal(claim->selector.selects, BERTH_SELECTS_MATCHES);
    assert_string_equal(claim->owner_kind->text, "Pod");
    assert_string_equal(claim->owner_uid->text, "pu");
    object_unref(c, &o);
    catalog_free(c);
}

static void a_storage_class(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode(c, OBJECT_STORAGE_CLASS,
                             "{metadata: {name: s, annotations: "
                             "{storageclass.kubernetes.io/is-default-class: 'true'}}, provisioner: p, "
                             "volumeBindingMode: WaitForFirstConsumer, allowedTopologies: "
                             "[{matchLabelExpressions: [{key: z, values: [b, "
                             "a]}]}]}");
    const struct berth_storage_class *class = o.storage_class;
    assert_string_equal(class->provisioner->text, "p");
    assert_true(class->waits_for_pod && class->is_default);
    assert_int_equal(class->topologies.len, 1);
    const struct berth_storage_topology *topology = berth_list_at(class, class->topologies);
    const struct berth_requirement *requirement = berth_list_at(class, topology->requirements);
    const berth_atom *values = berth_list_at(class, requirement->values);
    assert_string_equal(requirement->key->text, "z");
    assert_string_equal(values[0]->text, "a");
    object_unref(c, &o);
    catalog_free(c);
}

static void csi_objects(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode(
        c, OBJECT_CSI_NODE,
        "{metadata: {name: n1, annotations: {storage.alpha.kubernetes.io/migrated-plugins: 'kubernetes.io/b,,"
        "kubernetes.io/a'}}, spec: {drivers: [{name: d, nodeID: i, topologyKeys: [z], allocatable: {count: "
        "3}}, {name: "
        "e}]}}");
    const struct berth_csi_node_driver *drivers = berth_list_at(o.csi_node, o.csi_node->drivers);
    const berth_atom *migrated = berth_list_at(o.csi_node, o.csi_node->migrated);
    assert_int_equal(o.csi_node->drivers.len, 2);
    assert_int_equal(drivers[0].volumes, 3);
    assert_int_equal(drivers[1].volumes, -1);
    assert_int_equal(o.csi_node->migrated.len, 2);
    assert_string_equal(migrated[0]->text, "kubernetes.io/a");
    object_unref(c, &o);

    o = decode(c, OBJECT_CSI_DRIVER, "{metadata: {name: d}, spec: {storageCapacity: true}}");
    assert_true(o.csi_driver->storage_capacity && o.csi_driver->attach_required);
    object_unref(c, &o);

    o = decode(
        c, OBJECT_CSI_STORAGE_CAPACITY,
        "{metadata: {name: x}, storageClassName: s, capacity: 1k, nodeTopology: {matchLabels: {a: b}}}");
    assert_int_equal(o.csi_capacity->capacity, 1000);
    assert_int_equal(o.csi_capacity->largest_volume, -1);
    assert_int_equal(o.csi_capacity->nodes.selects, BERTH_SELECTS_MATCHES);
    object_unref(c, &o);
    catalog_free(c);
}

static void a_disruption_budget(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o =
        decode(c, OBJECT_POD_DISRUPTION_BUDGET,
               "{metadata: {name: b}, spec: {selector: {}}, status: {disruptionsAllowed: 2, disruptedPods: "
               "{q: '2026-01-01T00:00:00Z', p: '2026-01-01T00:00:00Z'}}}");
    const berth_atom *disrupted = berth_list_at(o.budget, o.budget->disrupted);
    assert_int_equal(o.budget->disruptions_allowed, 2);
    assert_int_equal(o.budget->selector.selects, BERTH_SELECTS_EVERYTHING);
    assert_int_equal(o.budget->disrupted.len, 2);
    assert_string_equal(disrupted[0]->text, "p");
    object_unref(c, &o);
    catalog_free(c);
}

static void what_a_disruption_budget_asks_for(void **state)
{
    static const struct {
        const char *name, *spec;
        struct budget_limit min, max;
        bool evicts_unhealthy;
    } rows[] = {
        {"nothing", "", {0}, {0}, false},
        {"a number", "minAvailable: 3", {true, false, 3}, {0}, false},
        {"none", "maxUnavailable: 0", {0}, {true, false, 0}, false},
        {"a share", "maxUnavailable: 30%", {0}, {true, true, 30}, false},
        {"all", "minAvailable: '100%'", {true, true, 100}, {0}, false},
        {"unhealthy pods may go", "unhealthyPodEvictionPolicy: AlwaysAllow", {0}, {0}, true},
        {"or not", "unhealthyPodEvictionPolicy: IfHealthyBudget", {0}, {0}, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct catalog *c = catalog_new();
        char yaml[128];
        snprintf(yaml, sizeof(yaml), "{metadata: {name: b}, spec: {%s}}", rows[i].spec);
        struct object o = decode(c, OBJECT_POD_DISRUPTION_BUDGET, yaml);
        const struct budget_limit got[] = {o.budget->min_available, o.budget->max_unavailable};
        const struct budget_limit want[] = {rows[i].min, rows[i].max};
        for (size_t n = 0; n < 2; n++) {
            expect_number(rows[i].name, "given", got[n].given, want[n].given);
            expect_number(rows[i].name, "percent", got[n].percent, want[n].percent);
            expect_number(rows[i].name, "value", got[n].value, want[n].value);
        }
        expect_number(rows[i].name, "unhealthy", o.budget->evicts_unhealthy, rows[i].evicts_unhealthy);
        object_unref(c, &o);
        catalog_free(c);
    }
}

#define NO_LIMIT ": must be a whole number, or a percentage such as \"50%\""

static const struct {
    const char *name;
    enum object_kind kind;
    const char *yaml, *error;
} bad[] = {
    {"a budget of more than all", OBJECT_POD_DISRUPTION_BUDGET,
     "{metadata: {name: b}, spec: {minAvailable: 101%}}", "spec.minAvailable" NO_LIMIT},
    {"a budget of a number in quotes", OBJECT_POD_DISRUPTION_BUDGET,
     "{metadata: {name: b}, spec: {maxUnavailable: '3'}}", "spec.maxUnavailable" NO_LIMIT},
    {"a budget of a share without a number", OBJECT_POD_DISRUPTION_BUDGET,
     "{metadata: {name: b}, spec: {maxUnavailable: '%'}}", "spec.maxUnavailable" NO_LIMIT},
    {"a budget of a share that is none", OBJECT_POD_DISRUPTION_BUDGET,
     "{metadata: {name: b}, spec: {maxUnavailable: 1x%}}", "spec.maxUnavailable" NO_LIMIT},
    {"a budget of a share that no number holds", OBJECT_POD_DISRUPTION_BUDGET,
     "{metadata: {name: b}, spec: {maxUnavailable: 99999999999999999999%}}", "spec.maxUnavailable" NO_LIMIT},
    {"a budget of less than nothing", OBJECT_POD_DISRUPTION_BUDGET,
     "{metadata: {name: b}, spec: {minAvailable: -1}}",
     "spec.minAvailable: -1 is not between 0 and 2147483647"},
    {"an access mode nobody knows", OBJECT_PERSISTENT_VOLUME,
     "{metadata: {name: v}, spec: {accessModes: [Never]}}",
     "spec.accessModes[0]: \"Never\" is not a value this field can have"},
    {"a negative capacity", OBJECT_PERSISTENT_VOLUME,
     "{metadata: {name: v}, spec: {capacity: {storage: -1}}}",
     "spec.capacity.storage: \"-1\" must not be negative"},
    {"a limit of the wrong type", OBJECT_CSI_NODE,
     "{metadata: {name: n1}, spec: {drivers: [{allocatable: {count: x}}]}}",
     "spec.drivers[0].allocatable.count: expected a number, found a string"},
    {"topologies that are no list", OBJECT_STORAGE_CLASS, "{metadata: {name: s}, allowedTopologies: {}}",
     "allowedTopologies: expected an array, found an object"},
};

static void bad_objects_are_errors_that_name_the_place(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct object o;
        struct err err = {0};
        expect_number(bad[i].name, "code", try_decode(c, bad[i].kind, bad[i].yaml, &o, NULL, &err), -EINVAL);
        expect_text(bad[i].name, err_text(&err), bad[i].error);
        err_fini(&err);
    }
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_volume),
        cmocka_unit_test(classes_of_claims),
        cmocka_unit_test(a_claim),
        cmocka_unit_test(a_storage_class),
        cmocka_unit_test(csi_objects),
        cmocka_unit_test(a_disruption_budget),
        cmocka_unit_test(what_a_disruption_budget_asks_for),
        cmocka_unit_test(bad_objects_are_errors_that_name_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
