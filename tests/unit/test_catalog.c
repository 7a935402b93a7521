/* Interning of classes and label sets, and the life of pods. */
#include "decoded.h"

static void equal_specs_share_a_class(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object a =
        decode(c, OBJECT_POD, "{metadata: {name: a, uid: '1', labels: {x: w, b: c}}, spec: {nodeName: n1}}");
    struct object b = decode(
        c, OBJECT_POD, "{metadata: {name: b, uid: '2', labels: {b: c, x: w}}, status: {phase: Running}}");
    struct object other = decode(c, OBJECT_POD, "{metadata: {name: b, uid: '2', labels: {b: c}}}");
    assert_ptr_equal(a.pod->class, b.pod->class);
    assert_int_equal(a.pod->class->refs, 2);
    assert_ptr_not_equal(a.pod->class, other.pod->class);
    assert_int_equal(a.pod->class->id, 1);
    assert_int_equal(other.pod->class->id, 2);
    assert_int_equal(catalog_classes(c), 2);
    object_unref(c, &a);
    assert_int_equal(b.pod->class->refs, 1);
    object_unref(c, &b);
    object_unref(c, &other);
    catalog_free(c);
}

static const struct {
    const char *name, *one, *other;
    bool same;
} label_sets[] = {
    {"requests do not matter", "{metadata: {name: a, labels: {x: w}}}",
     "{metadata: {name: a, labels: {x: w}}, spec: {priority: 5}}", true},
    {"labels do", "{metadata: {name: a, labels: {x: w}}}", "{metadata: {name: a, labels: {x: v}}}", false},
    {"the namespace does", "{metadata: {name: a, namespace: m}}", "{metadata: {name: a, namespace: o}}",
     false},
    {"termination does", "{metadata: {name: a}}",
     "{metadata: {name: a, deletionTimestamp: '2026-01-01T00:00:00Z'}}", false},
};

static void label_sets_are_what_selectors_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(label_sets); i++) {
        struct catalog *c = catalog_new();
        struct object one = decode(c, OBJECT_POD, label_sets[i].one);
        struct object other = decode(c, OBJECT_POD, label_sets[i].other);
        bool same = one.pod->class->labels_id == other.pod->class->labels_id;
        expect_number(label_sets[i].name, "same", same, label_sets[i].same);
        object_unref(c, &one);
        object_unref(c, &other);
        catalog_free(c);
    }
}

static void ids_are_never_given_twice(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (uint32_t i = 1; i <= 3; i++) {
        struct object o = decode(c, OBJECT_POD, "{metadata: {name: a, labels: {x: w}}}");
        assert_int_equal(o.pod->class->id, i);
        assert_int_equal(o.pod->class->labels_id, i);
        object_unref(c, &o);
    }
    assert_int_equal(catalog_classes(c), 3);
    assert_int_equal(catalog_label_sets(c), 3);
    catalog_free(c);
}

static void a_class_of_another_priority(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object plain = decode(c, OBJECT_POD, "{metadata: {name: a, labels: {x: w}}}");
    struct object high = decode(c, OBJECT_POD,
                                "{metadata: {name: b, labels: {x: w}}, spec: {priority: 9, "
                                "preemptionPolicy: Never}}");
    const struct berth_pod *raised = pod_with_priority(c, plain.pod, 9, true);
    const struct berth_class *lowered = catalog_class_with_priority(c, high.pod->class, 0, false);
    assert_ptr_equal(raised->class, high.pod->class);
    assert_ptr_equal(lowered, plain.pod->class);
    assert_true(berth_str_eq(berth_pod_name(raised), BERTH_STR("a")));
    class_unref(c, lowered);
    pod_unref(c, raised);
    object_unref(c, &plain);
    object_unref(c, &high);
    catalog_free(c);
}

static void a_pod_on_a_node_is_another_pod_of_the_class(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode(c, OBJECT_POD, "{metadata: {name: a, uid: u}}");
    berth_atom node = atoms_intern(catalog_atoms(c), BERTH_STR("n1"));
    const struct berth_pod *placed = pod_on_node(o.pod, node);
    assert_ptr_equal(placed->node_name, node);
    assert_ptr_equal(placed->class, o.pod->class);
    assert_int_equal(o.pod->class->refs, 2);
    assert_null(o.pod->node_name);
    object_unref(c, &o);
    assert_true(berth_str_eq(berth_pod_uid(placed), BERTH_STR("u")));
    pod_unref(c, placed);
    pod_unref(c, NULL);
    catalog_free(c);
}

static void many_classes_come_and_go(void **state)
{
    (void)state;
    enum { PODS = 2000 };
    struct catalog *c = catalog_new();
    static struct object pods[PODS];
    for (int i = 0; i < PODS; i++) {
        char yaml[128];
        snprintf(yaml, sizeof(yaml), "{metadata: {name: p, labels: {i: x%d}}, spec: {priority: %d}}", i % 700,
                 i % 50);
        pods[i] = decode(c, OBJECT_POD, yaml);
    }
    assert_int_equal(catalog_classes(c), 700);
    assert_int_equal(catalog_label_sets(c), 700);
    for (int i = 0; i < PODS; i += 2)
        object_unref(c, &pods[i]);
    struct object again =
        decode(c, OBJECT_POD, "{metadata: {name: p, labels: {i: x1}}, spec: {priority: 1}}");
    assert_ptr_equal(again.pod->class, pods[1].pod->class);
    object_unref(c, &again);
    for (int i = 1; i < PODS; i += 2)
        object_unref(c, &pods[i]);
    catalog_free(c);
}

static const struct {
    const char *name, *one, *other;
    bool kin;
} pairs[] = {
    {"labels, namespace and owner may differ", "{metadata: {name: a, labels: {x: w}}}",
     "{metadata: {name: b, namespace: m, ownerReferences: [{apiVersion: v1, kind: X, name: o, controller: true}]}}", true},
    {"volumes may differ",
     "{metadata: {name: a}, spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]}}",
     "{metadata: {name: a, labels: {x: v}}, spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: d}}]}}", true},
    {"requests may not", "{metadata: {name: a, labels: {x: w}}}",
     "{metadata: {name: a}, spec: {containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}}", false},
    {"tolerations may not", "{metadata: {name: a}, spec: {tolerations: [{operator: Exists}]}}", "{metadata: {name: a}}",
     false},
    {"priority may not", "{metadata: {name: a}, spec: {priority: 5}}", "{metadata: {name: a}}", false},
    {"selectors in which labels were merged may not",
     "{metadata: {name: a, labels: {x: w}}, spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: k, "
     "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {x: w}}}]}}",
     "{metadata: {name: a, labels: {x: w}}, spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: k, "
     "whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {x: v}}}]}}",
     false},
};

static void kin_differ_in_what_rows_do_not_depend_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct catalog *c = catalog_new();
        struct object one = decode(c, OBJECT_POD, pairs[i].one), other = decode(c, OBJECT_POD, pairs[i].other);
        const struct berth_class *a = one.pod->class, *b = other.pod->class;
        if (a == b || classes_are_kin(a, b) != pairs[i].kin || classes_are_kin(b, a) != pairs[i].kin)
            fail_msg("%s", pairs[i].name);
        if ((a->kin_hash == b->kin_hash) != pairs[i].kin)
            fail_msg("%s: the hash", pairs[i].name);
        object_unref(c, &one);
        object_unref(c, &other);
        catalog_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_specs_share_a_class),
        cmocka_unit_test(label_sets_are_what_selectors_see),
        cmocka_unit_test(ids_are_never_given_twice),
        cmocka_unit_test(a_class_of_another_priority),
        cmocka_unit_test(a_pod_on_a_node_is_another_pod_of_the_class),
        cmocka_unit_test(many_classes_come_and_go),
        cmocka_unit_test(kin_differ_in_what_rows_do_not_depend_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
