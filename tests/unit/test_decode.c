/* Kinds, and the small ones among them. */
#include "decoded.h"

static const struct {
    const char *api_version, *kind;
    int want; /* enum object_kind, -1: unknown */
} known[] = {
    {"v1", "Pod", OBJECT_POD},
    {"v2", "Pod", OBJECT_POD},
    {"apps/v1", "ReplicaSet", OBJECT_REPLICA_SET},
    {"extensions/v1beta1", "ReplicaSet", OBJECT_REPLICA_SET},
    {"policy/v1", "PodDisruptionBudget", OBJECT_POD_DISRUPTION_BUDGET},
    {"scheduling.k8s.io/v1", "PriorityClass", OBJECT_PRIORITY_CLASS},
    {"apps/v1", "Pod", -1},
    {"v1", "ReplicaSet", -1},
    {"apps/v1", "Deployment", -1},
    {"v1", "pod", -1},
    {"", "", -1},
};

static void kinds_are_known_by_group_and_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        enum object_kind kind;
        bool found = object_kind_of(berth_str_of(known[i].api_version), berth_str_of(known[i].kind), &kind);
        expect_number(known[i].kind, known[i].api_version, found ? (int)kind : -1, known[i].want);
    }
}

static void a_namespace_carries_its_name_as_label(void **state)
{
    (void)state;
    static const struct {
        const char *labels, *want;
    } cases[] = {
        {"{}", "kubernetes.io/metadata.name=ns "},
        {"{a: b, z: c}", "a=b kubernetes.io/metadata.name=ns z=c "},
        {"{kubernetes.io/metadata.name: wrong, z: c}", "kubernetes.io/metadata.name=ns z=c "},
        {"{a: b}", "a=b kubernetes.io/metadata.name=ns "},
    };
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char yaml[256];
        struct buf b = {0};
        snprintf(yaml, sizeof(yaml), "{metadata: {name: ns, labels: %s}}", cases[i].labels);
        struct object o = decode(c, OBJECT_NAMESPACE, yaml);
        berth_each (struct berth_label, label, o.namespace, o.namespace->labels)
            buf_printf(&b, "%s=%s ", label->key->text, label->value->text);
        expect_text(cases[i].labels, text_of(&b), cases[i].want);
        buf_fini(&b);
        object_unref(c, &o);
    }
    catalog_free(c);
}

static void priority_classes(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o =
        decode(c, OBJECT_PRIORITY_CLASS,
               "{metadata: {name: high}, value: 100, globalDefault: true, preemptionPolicy: Never}");
    assert_string_equal(o.priority_class->name->text, "high");
    assert_int_equal(o.priority_class->value, 100);
    assert_true(o.priority_class->global_default);
    assert_true(o.priority_class->never_preempts);
    object_unref(c, &o);
    catalog_free(c);
}

static const struct {
    const char *name;
    enum object_kind kind;
    const char *spec;
    enum berth_selects selects;
    uint32_t requirements;
} workloads[] = {
    {"a service selects by labels", OBJECT_SERVICE, "{selector: {a: b, c: d}}", BERTH_SELECTS_MATCHES, 2},
    {"a service without a selector selects nothing", OBJECT_SERVICE, "{}", BERTH_SELECTS_NOTHING, 0},
    {"nor does one with an empty selector", OBJECT_SERVICE, "{selector: {}}", BERTH_SELECTS_NOTHING, 0},
    {"a replication controller selects by its template's labels by default", OBJECT_REPLICATION_CONTROLLER,
     "{template: {metadata: {labels: {a: b}}}}", BERTH_SELECTS_MATCHES, 1},
    {"a replica set has a label selector", OBJECT_REPLICA_SET,
     "{selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: Exists}]}}",
     BERTH_SELECTS_MATCHES, 2},
    {"an empty label selector selects everything", OBJECT_STATEFUL_SET, "{selector: {}}",
     BERTH_SELECTS_EVERYTHING, 0},
};

static void workloads_select_pods(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(workloads); i++) {
        char yaml[512];
        snprintf(yaml, sizeof(yaml), "{metadata: {name: w, namespace: ns}, spec: %s}", workloads[i].spec);
        struct object o = decode(c, workloads[i].kind, yaml);
        expect_text(workloads[i].name, o.workload->namespace->text, "ns");
        expect_number(workloads[i].name, "selects", o.workload->selector.selects, workloads[i].selects);
        expect_number(workloads[i].name, "requirements", o.workload->selector.requirements.len,
                      workloads[i].requirements);
        object_unref(c, &o);
    }
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_known_by_group_and_name),
        cmocka_unit_test(a_namespace_carries_its_name_as_label),
        cmocka_unit_test(priority_classes),
        cmocka_unit_test(workloads_select_pods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
