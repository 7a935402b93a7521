/* Nodes. */
#include "decoded.h"

static struct object decode_node_of(struct catalog *c, const char *rest)
{
    char yaml[4096];
    snprintf(yaml, sizeof(yaml), "{metadata: {name: n1}, %s}", rest);
    return decode(c, OBJECT_NODE, yaml);
}

static const struct {
    const char *name, *status;
    long long cpu, memory, storage, pods;
    const char *scalars;
} offers[] = {
    {"allocatable",
     "{allocatable: {cpu: 3500m, memory: 1Ki, ephemeral-storage: 2k, pods: '110'}, capacity: {cpu: 4}}", 3500,
     1024, 2000, 110, ""},
    {"capacity when there is no allocatable", "{capacity: {cpu: 4, example.com/gpu: 2}}", 4000, 0, 0, 0,
     "example.com/gpu=2 "},
    {"an empty allocatable is none", "{allocatable: {}, capacity: {cpu: 4}}", 0, 0, 0, 0, ""},
    {"parts of a unit round up", "{allocatable: {cpu: 1.0005, memory: 100.5, a.b/c: 1500m}}", 1001, 101, 0, 0,
     "a.b/c=2 "},
    {"nothing known", "{}", 0, 0, 0, 0, ""},
};

static void what_a_node_offers(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(offers); i++) {
        char rest[512];
        struct buf b = {0};
        snprintf(rest, sizeof(rest), "status: %s", offers[i].status);
        struct object o = decode_node_of(c, rest);
        expect_number(offers[i].name, "cpu", o.node->cpu, offers[i].cpu);
        expect_number(offers[i].name, "memory", o.node->memory, offers[i].memory);
        expect_number(offers[i].name, "storage", o.node->ephemeral_storage, offers[i].storage);
        expect_number(offers[i].name, "pods", o.node->pods, offers[i].pods);
        berth_each (struct berth_amount, amount, o.node, o.node->scalars)
            buf_printf(&b, "%s=%lld ", amount->resource->text, (long long)amount->value);
        expect_text(offers[i].name, text_of(&b), offers[i].scalars);
        buf_fini(&b);
        object_unref(c, &o);
    }
    catalog_free(c);
}

static void what_else_a_node_says(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode_node_of(c, "spec: {unschedulable: true, taints: [{key: k, value: v, effect: "
                                        "NoExecute}, {key: l, effect: Strange}]}, "
                                        "status: {declaredFeatures: [b, a], images: [{names: [x, z], "
                                        "sizeBytes: 7}, {names: [w]}], conditions: [{type: "
                                        "Ready, status: 'True'}]}");
    const struct berth_node *node = o.node;
    const struct berth_taint *taints = berth_list_at(node, node->taints);
    const struct berth_image *images = berth_list_at(node, node->images);
    const berth_atom *features = berth_list_at(node, node->features);
    const struct berth_label *conditions = berth_list_at(node, node->conditions);
    assert_true(node->unschedulable && node->has_declared_features);
    assert_int_equal(node->taints.len, 2);
    assert_int_equal(taints[0].effect, BERTH_NO_EXECUTE);
    assert_string_equal(taints[1].value->text, "");
    assert_int_equal(taints[1].effect, BERTH_EFFECT_OTHER);
    assert_int_equal(node->images.len, 3);
    assert_string_equal(images[1].name->text, "z");
    assert_int_equal(images[1].size, 7);
    assert_int_equal(images[2].size, 0);
    assert_string_equal(features[0]->text, "a");
    assert_string_equal(conditions[0].key->text, "Ready");
    object_unref(c, &o);
    catalog_free(c);
}

static const struct {
    const char *name, *labels, *region, *zone; /* region NULL: no zone at all */
} zones[] = {
    {"region and zone", "{topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z}", "r", "z"},
    {"a zone alone", "{topology.kubernetes.io/zone: z}", "", "z"},
    {"the old labels go first",
     "{failure-domain.beta.kubernetes.io/zone: old, topology.kubernetes.io/zone: z}", "", "old"},
    {"an old label that is empty still goes first",
     "{failure-domain.beta.kubernetes.io/zone: '', topology.kubernetes.io/zone: z}", NULL, NULL},
    {"neither", "{a: b}", NULL, NULL},
};

static void zones_are_region_and_zone(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
        char yaml[512], want[64];
        snprintf(yaml, sizeof(yaml), "{metadata: {name: n1, labels: %s}}", zones[i].labels);
        struct object o = decode(c, OBJECT_NODE, yaml);
        if (!zones[i].region) {
            expect_number(zones[i].name, "has zone", o.node->zone != NULL, false);
        } else {
            int len = snprintf(want, sizeof(want), "%s:%c:%s", zones[i].region, 0, zones[i].zone);
            berth_str text = {want, (uint32_t)len};
            expect_number(zones[i].name, "zone", berth_str_eq(berth_atom_str(o.node->zone), text), true);
        }
        object_unref(c, &o);
    }
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_node_offers),
        cmocka_unit_test(what_else_a_node_says),
        cmocka_unit_test(zones_are_region_and_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
