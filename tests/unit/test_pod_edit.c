/* Edited pods say what the pod without that part would, and leave the original alone. */
#include "decoded.h"

#include "api/pod_edit.h"

#define FULL                                                                                                 \
    "nodeSelector: {disk: ssd, zone: a}, nodeName: n1, schedulingGates: [{name: g}, {name: h}],"             \
    "tolerations: [{key: a, operator: Exists}], affinity: {"                                                 \
    "nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["                   \
    "{matchExpressions: [{key: x, operator: In, values: [u, v]}, {key: w, operator: Exists}]}]}},"           \
    "podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: ["                                    \
    "{topologyKey: zone, labelSelector: {matchLabels: {app: web}}},"                                         \
    "{topologyKey: host, labelSelector: {matchLabels: {app: db}}}]}},"                                       \
    "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule},"         \
    "{maxSkew: 1, topologyKey: host, whenUnsatisfiable: DoNotSchedule}],"                                    \
    "containers: [{name: c, ports: [{hostPort: 80}, {hostPort: 81}], resources: {requests: {cpu: '1',"       \
    "example.com/gpu: 2}}}]"

/* What an edit may change, as text. */
static void describe(struct buf *b, const struct berth_pod *pod)
{
    const struct berth_class *class = pod->class;
    buf_printf(b, "cpu %lld", (long long)class->cpu);
    berth_each (struct berth_amount, amount, class, class->scalars)
        buf_printf(b, " %s %lld", amount->resource->text, (long long)amount->value);
    buf_printf(b, "; on %s; gates %u; selector", pod->node_name ? pod->node_name->text : "-",
               class->gates.len);
    berth_each (struct berth_label, label, class, class->node_selector)
        buf_printf(b, " %s", label->key->text);
    buf_printf(b, "; nodes %d", (class->flags & BERTH_POD_HAS_REQUIRED_NODES) != 0);
    berth_each (struct berth_node_term, term, class, class->required_nodes)
        berth_each (struct berth_requirement, requirement, class, term->expressions)
            buf_printf(b, " %s", requirement->key->text);
    buf_puts(b, "; anti");
    berth_each (struct berth_pod_term, term, class, class->required_anti_affinity) {
        buf_printf(b, " %s", term->topology_key->text);
        berth_each (struct berth_requirement, r, class, term->selector.requirements)
            buf_printf(b, "=%s", (*(const berth_atom *)berth_list_at(class, r->values))->text);
    }
    buf_puts(b, "; spread");
    berth_each (struct berth_spread, spread, class, class->spread)
        buf_printf(b, " %s<%d", spread->topology_key->text, spread->max_skew);
    buf_puts(b, "; ports");
    berth_each (struct berth_port, port, class, class->ports)
        buf_printf(b, " %d", port->port);
    buf_puts(b, "; tolerates");
    berth_each (struct berth_toleration, toleration, class, class->tolerations)
        buf_printf(b, " %s", toleration->key ? toleration->key->text : "*");
}

#define WHOLE                                                                                                \
    "cpu 1000 example.com/gpu 2; on n1; gates 2; selector disk zone; nodes 1 w x; anti zone=web host=db; "   \
    "spread zone<1 host<1; ports 80 81; tolerates a"
#define FROM_GATES "; nodes 1 w x; anti zone=web host=db; spread zone<1 host<1; ports 80 81; tolerates a"

static const struct {
    const char *name;
    struct pod_edit edits[3];
    uint32_t len;
    const char *want;
} pods[] = {
    {"no edit, the same", {{0}}, 0, WHOLE},
    {"a selector entry goes",
     {{.kind = POD_EDIT_NODE_SELECTOR, .at = 0}},
     1,
     "cpu 1000 example.com/gpu 2; on n1; gates 2; selector zone" FROM_GATES},
    {"gates and the node's name go",
     {{.kind = POD_EDIT_GATES}, {.kind = POD_EDIT_NODE_NAME}},
     2,
     "cpu 1000 example.com/gpu 2; on -; gates 0; selector disk zone" FROM_GATES},
    {"of two requirements one stays",
     {{.kind = POD_EDIT_NODE_REQUIREMENT, .at = 0, .part = 1}},
     1,
     "cpu 1000 example.com/gpu 2; on n1; gates 2; selector disk zone; nodes 1 w; anti zone=web host=db; "
     "spread zone<1 host<1; ports 80 81; tolerates a"},
    {"node affinity goes",
     {{.kind = POD_EDIT_NODE_AFFINITY}},
     1,
     "cpu 1000 example.com/gpu 2; on n1; gates 2; selector disk zone; nodes 0; anti zone=web host=db; "
     "spread zone<1 host<1; ports 80 81; tolerates a"},
    {"the first term goes, the second stays",
     {{.kind = POD_EDIT_ANTI_AFFINITY, .at = 0}},
     1,
     "cpu 1000 example.com/gpu 2; on n1; gates 2; selector disk zone; nodes 1 w x; anti host=db; "
     "spread zone<1 host<1; ports 80 81; tolerates a"},
    {"places are those of the original, in whatever order edits come",
     {{.kind = POD_EDIT_SPREAD, .at = 0},
      {.kind = POD_EDIT_MAX_SKEW, .at = 1, .amount = 4},
      {.kind = POD_EDIT_PORT, .at = 1}},
     3,
     "cpu 1000 example.com/gpu 2; on n1; gates 2; selector disk zone; nodes 1 w x; anti zone=web host=db; "
     "spread host<4; ports 80; tolerates a"},
    {"both ports go",
     {{.kind = POD_EDIT_PORT, .at = 0}, {.kind = POD_EDIT_PORT, .at = 1}},
     2,
     "cpu 1000 example.com/gpu 2; on n1; gates 2; selector disk zone; nodes 1 w x; anti zone=web host=db; "
     "spread zone<1 host<1; ports; tolerates a"},
};

static void edited_pods(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode_pod_of(c, "namespace: d, uid: '1'", "spec: {" FULL "}");
    for (size_t i = 0; i < ARRAY_LEN(pods); i++) {
        struct buf text = {0};
        const struct berth_pod *edited = pod_edited(c, o.pod, pods[i].edits, pods[i].len);
        assert_non_null(edited);
        describe(&text, edited);
        expect_text(pods[i].name, text_of(&text), pods[i].want);
        pod_unref(c, edited);
        buf_clear(&text);
        describe(&text, o.pod);
        expect_text("the original", text_of(&text), WHOLE);
        buf_fini(&text);
    }
    assert_int_equal(o.pod->class->refs, 1);
    object_unref(c, &o);
    catalog_free(c);
}

static void amounts_and_tolerations(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode_pod_of(c, "namespace: d, uid: '1'", "spec: {" FULL "}");
    struct object n = decode(c, OBJECT_NODE,
                             "{metadata: {name: node}, spec: {taints: [{key: t, value: v, effect: "
                             "NoSchedule}]}}");
    const struct berth_taint *taint = berth_list_at(n.node, n.node->taints);
    struct atoms *atoms = catalog_atoms(c);
    struct pod_edit edits[] = {
        {.kind = POD_EDIT_REQUEST, .resource = atoms_intern(atoms, BERTH_STR("cpu")), .amount = 250},
        {.kind = POD_EDIT_TOLERATION, .taint = *taint},
        {.kind = POD_EDIT_REQUEST,
         .resource = atoms_intern(atoms, BERTH_STR("example.com/gpu")),
         .amount = 0},
    };
    const struct berth_pod *edited = pod_edited(c, o.pod, edits, ARRAY_LEN(edits));
    struct buf text = {0};
    describe(&text, edited);
    expect_text("edited", text_of(&text),
                "cpu 250 example.com/gpu 0; on n1; gates 2; selector disk zone" FROM_GATES " t");
    assert_false(berth_tolerates(o.pod->class, taint));
    assert_true(berth_tolerates(edited->class, taint));
    buf_fini(&text);
    pod_unref(c, edited);
    object_unref(c, &n);
    object_unref(c, &o);
    catalog_free(c);
}

static void describe_node(struct buf *b, const struct berth_node *node)
{
    buf_printf(b, "%s%s:", node->name->text, node->unschedulable ? " cordoned" : "");
    berth_each (struct berth_label, label, node, node->labels)
        buf_printf(b, " %s=%s", label->key->text, label->value->text);
    buf_puts(b, ";");
    berth_each (struct berth_taint, taint, node, node->taints)
        buf_printf(b, " %s", taint->key->text);
}

static void edited_nodes(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode(
        c, OBJECT_NODE,
        "{metadata: {name: node, labels: {kubernetes.io/hostname: node, zone: a}}, spec: {unschedulable: "
        "true, taints: "
        "[{key: node.kubernetes.io/unschedulable, effect: NoSchedule}, {key: own, effect: NoSchedule}, "
        "{key: node.kubernetes.io/not-ready, effect: NoExecute}]}}");
    struct atoms *atoms = catalog_atoms(c);
    struct berth_label labels[] = {
        {atoms_intern(atoms, BERTH_STR("zone")), atoms_intern(atoms, BERTH_STR("b"))},
        {atoms_intern(atoms, BERTH_STR("disk")), atoms_intern(atoms, BERTH_STR("ssd"))},
    };
    const struct berth_taint *taints = berth_list_at(o.node, o.node->taints);
    const struct {
        const char *name;
        struct node_edit edit;
        const char *want;
    } cases[] = {
        {"uncordoned",
         {.uncordon = true},
         "node: kubernetes.io/hostname=node zone=a; own node.kubernetes.io/not-ready"},
        {"one taint goes",
         {.without = &taints[2]},
         "node cordoned: kubernetes.io/hostname=node zone=a; node.kubernetes.io/unschedulable own"},
        {"a new one like it",
         {.name = atoms_intern(atoms, BERTH_STR("m")), .fresh = true},
         "m: kubernetes.io/hostname=m zone=a; own"},
        {"labels are set and added in order",
         {.labels = labels, .labels_len = 2, .fresh = true},
         "node: disk=ssd kubernetes.io/hostname=node zone=b; own"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct object edited = {.kind = OBJECT_NODE, .node = node_edited(c, o.node, &cases[i].edit)};
        struct buf text = {0};
        describe_node(&text, edited.node);
        expect_text(cases[i].name, text_of(&text), cases[i].want);
        buf_fini(&text);
        object_unref(c, &edited);
    }
    object_unref(c, &o);
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edited_pods),
        cmocka_unit_test(amounts_and_tolerations),
        cmocka_unit_test(edited_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
