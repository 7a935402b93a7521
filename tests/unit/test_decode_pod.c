/* What a pod's class and the pod itself keep of a Pod object. */
#include "decoded.h"

/* ---- classes as text: one printer an aspect ---- */

static void print_atom(struct buf *b, berth_atom atom)
{
    buf_puts(b, atom ? atom->text : "-");
}

static void print_list(struct buf *b, const void *block, berth_list atoms)
{
    berth_each (berth_atom, atom, block, atoms) {
        buf_puts(b, atom == berth_list_at(block, atoms) ? "" : ",");
        buf_puts(b, (*atom)->text);
    }
}

static void print_requirements(struct buf *b, const void *block, berth_list requirements)
{
    static const char *const ops[] = {"in", "notin", "exists", "missing", ">", "<"};
    berth_each (struct berth_requirement, r, block, requirements) {
        buf_printf(b, " %s %s(", r->key->text, ops[r->op]);
        print_list(b, block, r->values);
        buf_puts(b, ")");
    }
}

static void print_selector(struct buf *b, const void *block, const struct berth_selector *s)
{
    static const char *const selects[] = {"nothing", "everything", "", "invalid"};
    buf_puts(b, selects[s->selects]);
    print_requirements(b, block, s->requirements);
}

static void print_labels(struct buf *b, const struct berth_class *class)
{
    berth_each (struct berth_label, label, class, class->labels)
        buf_printf(b, "%s=%s ", label->key->text, label->value->text);
}

static void print_node_selector(struct buf *b, const struct berth_class *class)
{
    berth_each (struct berth_label, label, class, class->node_selector)
        buf_printf(b, "%s=%s ", label->key->text, label->value->text);
}

static void print_tolerations(struct buf *b, const struct berth_class *class)
{
    static const char *const ops[] = {"=", "exists", "other"};
    berth_each (struct berth_toleration, t, class, class->tolerations) {
        print_atom(b, t->key);
        buf_printf(b, " %s %s %d; ", ops[t->op], t->value->text, (int)t->effect);
    }
}

static void print_ports(struct buf *b, const struct berth_class *class)
{
    berth_each (struct berth_port, port, class, class->ports)
        buf_printf(b, "%s/%s/%d ", port->ip->text, port->protocol->text, port->port);
}

static void print_images(struct buf *b, const struct berth_class *class)
{
    berth_each (struct berth_image_use, image, class, class->images)
        buf_printf(b, "%s%s%s ", image->name->text, image->is_init ? "(init)" : "",
                   image->is_volume ? "(volume)" : "");
}

static void print_volumes(struct buf *b, const struct berth_class *class)
{
    berth_each (struct berth_volume, volume, class, class->volumes) {
        buf_printf(b, "%u%s ", volume->kind, volume->read_only ? "ro" : "");
        print_atom(b, volume->name);
        buf_char(b, ' ');
        print_atom(b, volume->source);
        buf_char(b, ' ');
        print_atom(b, volume->extra);
        buf_puts(b, "; ");
    }
}

static void print_node_terms(struct buf *b, const struct berth_class *class)
{
    const berth_list lists[] = {class->required_nodes, class->preferred_nodes};
    buf_puts(b, class->flags & BERTH_POD_HAS_REQUIRED_NODES ? "required" : "");
    for (int i = 0; i < 2; i++)
        berth_each (struct berth_node_term, term, class, lists[i]) {
            buf_printf(b, " [%d%s", term->weight, term->empty ? " empty" : "");
            print_requirements(b, class, term->expressions);
            print_requirements(b, class, term->fields);
            buf_printf(b, "%.*s]", (int)term->error.len, (const char *)berth_list_at(class, term->error));
        }
}

static void print_pod_terms(struct buf *b, const struct berth_class *class)
{
    const berth_list lists[] = {class->required_affinity, class->preferred_affinity,
                                class->required_anti_affinity, class->preferred_anti_affinity};
    for (int i = 0; i < 4; i++)
        berth_each (struct berth_pod_term, term, class, lists[i]) {
            buf_printf(b, "%c%d by %s:", "RPrp"[i], term -> weight, term -> topology_key -> text);
            print_selector(b, class, &term->selector);
            buf_puts(b, " among ");
            print_list(b, class, term->namespaces);
            buf_char(b, '|');
            print_selector(b, class, &term->namespace_selector);
            buf_puts(b, "; ");
        }
}

static void print_spread(struct buf *b, const struct berth_class *class)
{
    berth_each (struct berth_spread, spread, class, class->spread) {
        buf_printf(b, "%d min %d by %s %s%s%s:", spread->max_skew, spread->min_domains,
                   spread->topology_key->text, spread->when == BERTH_DO_NOT_SCHEDULE ? "hard" : "soft",
                   spread->ignores_affinity ? " noaffinity" : "", spread->honors_taints ? " taints" : "");
        print_selector(b, class, &spread->selector);
        buf_puts(b, "; ");
    }
}

static void print_rest(struct buf *b, const struct berth_class *class)
{
    buf_printf(b, "%s %s %d %u [", class->namespace->text, class->scheduler_name->text, class->priority,
               class->flags);
    print_list(b, class, class->gates);
    buf_puts(b, "][");
    print_list(b, class, class->claims);
    buf_puts(b, "][");
    print_list(b, class, class->features);
    buf_puts(b, "] ");
    print_atom(b, class->owner_kind);
    buf_char(b, ' ');
    print_atom(b, class->owner_name);
}

/* ---- cases ---- */

static const struct {
    const char *name;
    void (*print)(struct buf *b, const struct berth_class *class);
    const char *metadata, *spec, *want;
} cases[] = {
    {"a bare pod has defaults", print_rest, "uid: u", "spec: {}", "default default-scheduler 0 0 [][][] - -"},
    {"what identifies and gates a pod", print_rest,
     "uid: u, namespace: ns, deletionTimestamp: '2026-01-01T00:00:00Z', ownerReferences: [{kind: X, name: "
     "x}, "
     "{apiVersion: apps/v1, kind: ReplicaSet, name: web, controller: true}]",
     "spec: {schedulerName: s, priority: -5, preemptionPolicy: Never, schedulingGates: [{name: b}, {name: "
     "a}], "
     "resourceClaims: [{name: gpu}]}",
     "ns s -5 3 [b,a][gpu][] ReplicaSet web"},
    {"an owner of another group keeps its version", print_rest,
     "uid: u, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: j, controller: true}]", "spec: {}",
     "default default-scheduler 0 0 [][][] batch/v1/Job j"},
    {"features that a node must declare", print_rest, "uid: u",
     "spec: {hostNetwork: true, hostUsers: false, containers: [{restartPolicyRules: [{action: Restart}, "
     "{action: "
     "RestartAllContainers}]}]}",
     "default default-scheduler 0 4 "
     "[][][RestartAllContainersOnContainerExits,UserNamespacesHostNetworkSupport] - -"},
    {"labels are sorted, the last of repeated keys counts", print_labels,
     "uid: u, labels: {b: 1x, a: x, aa: z, b: c}", "spec: {}", "a=x aa=z b=c "},
    {"node selectors are sorted", print_node_selector, "uid: u", "spec: {nodeSelector: {z: '1', a: ''}}",
     "a= z=1 "},

    {"tolerations as they are for a pod of the API server", print_tolerations, "uid: u",
     "spec: {tolerations: [{operator: Exists}, {key: k, value: v, effect: NoSchedule}, {key: k, operator: "
     "Gt, value: "
     "'1', effect: Odd}]}",
     "- exists  100; k = v 0; k other 1 3; "},
    {"a new pod gets the default tolerations", print_tolerations, "labels: {}",
     "spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists, effect: NoSchedule}]}",
     "node.kubernetes.io/not-ready exists  0; node.kubernetes.io/not-ready exists  2; "
     "node.kubernetes.io/unreachable exists  2; "},
    {"a new pod that tolerates them anyway does not", print_tolerations, "labels: {}",
     "spec: {tolerations: [{key: node.kubernetes.io/not-ready, value: x}, {operator: Exists, effect: "
     "NoExecute}]}",
     "node.kubernetes.io/not-ready = x 100; - exists  2; "},

    {"host ports of containers and sidecars", print_ports, "uid: u",
     "spec: {initContainers: [{ports: [{containerPort: 1, hostPort: 1}]}, {restartPolicy: Always, ports: "
     "[{hostPort: "
     "2}]}], containers: [{ports: [{containerPort: 3}, {hostPort: 4, protocol: UDP, hostIP: 10.0.0.1}]}]}",
     "0.0.0.0/TCP/2 10.0.0.1/UDP/4 "},
    {"in the host's network every port is a host port", print_ports, "uid: u",
     "spec: {hostNetwork: true, containers: [{ports: [{containerPort: 3}, {containerPort: 4, hostPort: "
     "5}]}]}",
     "0.0.0.0/TCP/3 0.0.0.0/TCP/5 "},
    {"images get a tag, and volumes are told from containers", print_images, "uid: u",
     "spec: {containers: [{image: 'r:5000/a'}, {image: 'b:1'}, {image: 'c@sha256:12'}, {name: none}], "
     "initContainers: "
     "[{image: i}], volumes: [{name: v, image: {reference: m}}, {name: w, emptyDir: {}}]}",
     "i:latest(init) r:5000/a:latest b:1 c@sha256:12 :latest m:latest(volume) "},
    {"volumes that scheduling cares about", print_volumes, "uid: u",
     "spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: c}}, {name: b, ephemeral: {}}, {name: c, "
     "emptyDir: "
     "{}}, {name: d, gcePersistentDisk: {pdName: disk, readOnly: true}}, {name: e, rbd: {image: i, monitors: "
     "[m, o]}}, "
     "{name: f, rbd: {image: i, pool: p, monitors: [m]}}, {name: g, iscsi: {iqn: q, targetPortal: t}}, "
     "{name: h, cinder: "
     "{volumeID: v}}, {name: j, csi: {driver: x}}]}",
     "0 a c -; 1 b p-b -; 2ro d disk -; 4 e rbd/i m,o; 4 f p/i m; 5 g q t; 8 h v cinder; 6 j x -; "},

    {"node affinity", print_node_terms, "uid: u",
     "spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
     "[{matchExpressions: [{key: z, operator: In, values: [b, a]}, {key: num, operator: Gt, values: "
     "['3']}]}, {}]}, "
     "preferredDuringSchedulingIgnoredDuringExecution: [{weight: 7, preference: {matchFields: [{key: "
     "metadata.name, "
     "operator: In, values: [n1]}]}}]}}}",
     "required [0 num >(3) z in(a,b)] [0 empty] [7 metadata.name in(n1)]"},
    {"required node affinity without terms is still required", print_node_terms, "uid: u",
     "spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}}", "required"},

    {"pod affinity terms of all four kinds", print_pod_terms, "uid: u, namespace: own",
     "spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: h, "
     "labelSelector: "
     "{matchLabels: {a: b}}}], preferredDuringSchedulingIgnoredDuringExecution: [{weight: 3, "
     "podAffinityTerm: "
     "{topologyKey: h, namespaces: [z, w, z]}}]}, podAntiAffinity: "
     "{requiredDuringSchedulingIgnoredDuringExecution: "
     "[{topologyKey: h, labelSelector: {}, namespaceSelector: {}}], "
     "preferredDuringSchedulingIgnoredDuringExecution: "
     "[{weight: 4, podAffinityTerm: {topologyKey: h, labelSelector: {matchExpressions: [{key: '-', operator: "
     "Exists}]}}}]}}}",
     "R0 by h: a in(b) among own|nothing; P3 by h:nothing among w,z|nothing; r0 by h:everything among "
     "|everything; "
     "p4 by h:invalid among own|nothing; "},
    {"creation merges label keys into affinity selectors", print_pod_terms, "labels: {v: '1', w: '2'}",
     "spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: h, "
     "labelSelector: "
     "{matchLabels: {a: b}}, matchLabelKeys: [w, none], mismatchLabelKeys: [v]}, {topologyKey: h, "
     "matchLabelKeys: "
     "[v]}]}}}",
     "R0 by h: a in(b) v notin(1) w in(2) among default|nothing; R0 by h:nothing among default|nothing; "},
    {"an existing pod's selectors are taken as they are", print_pod_terms, "uid: u, labels: {v: '1'}",
     "spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: h, "
     "labelSelector: "
     "{matchLabels: {a: b}}, matchLabelKeys: [v]}]}}}",
     "R0 by h: a in(b) among default|nothing; "},

    {"spread constraints and their defaults", print_spread, "uid: u",
     "spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule}, "
     "{maxSkew: 2, "
     "minDomains: 3, topologyKey: h, whenUnsatisfiable: ScheduleAnyway, nodeAffinityPolicy: Ignore, "
     "nodeTaintsPolicy: "
     "Honor, labelSelector: {}}]}",
     "1 min 1 by z hard:nothing; 2 min 3 by h soft noaffinity taints:everything; "},
    {"label keys are merged into spread selectors of existing pods, too", print_spread,
     "uid: u, labels: {v: '1'}",
     "spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: z, whenUnsatisfiable: DoNotSchedule, "
     "matchLabelKeys: "
     "[x, v], labelSelector: {}}]}",
     "1 min 1 by z hard: v in(1); "},
};

static void a_class_keeps_what_scheduling_needs(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct buf b = {0};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct object o = decode_pod_of(c, cases[i].metadata, cases[i].spec);
        buf_clear(&b);
        cases[i].print(&b, o.pod->class);
        expect_text(cases[i].name, text_of(&b), cases[i].want);
        object_unref(c, &o);
    }
    buf_fini(&b);
    catalog_free(c);
}

static void a_pod_keeps_what_is_its_own(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct object o = decode_pod_of(c, "uid: u-1, creationTimestamp: '1970-01-01T00:00:02Z'",
                                    "spec: {nodeName: n1}, status: {nominatedNodeName: n2, startTime: "
                                    "'1970-01-01T00:00:03Z'}");
    assert_string_equal(o.pod->node_name->text, "n1");
    assert_string_equal(o.pod->nominated_node_name->text, "n2");
    assert_int_equal(o.pod->created_ns, 2000000000);
    assert_int_equal(o.pod->start_ns, 3000000000);
    assert_true(berth_str_eq(berth_pod_name(o.pod), BERTH_STR("p")));
    assert_true(berth_str_eq(berth_pod_uid(o.pod), BERTH_STR("u-1")));
    object_unref(c, &o);
    catalog_free(c);
}

static const struct {
    const char *name, *rest;
    bool finished, pending, priority_given;
    const char *priority_class;
} facts[] = {
    {"nothing said", "spec: {}", false, false, false, NULL},
    {"a priority and its class", "spec: {priority: 0, priorityClassName: high}", false, false, true, "high"},
    {"failed", "status: {phase: Failed}", true, false, false, NULL},
    {"succeeded", "status: {phase: Succeeded}", true, false, false, NULL},
    {"pending and never bound",
     "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False'}]}", false, true, false,
     NULL},
    {"pending on its node", "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'True'}]}",
     false, false, false, NULL},
    {"pending, but started", "status: {phase: Pending, startTime: '2026-01-01T00:00:00Z'}", false, false,
     false, NULL},
};

static void facts_say_what_admission_has_to_settle(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        char yaml[512];
        struct object o;
        struct pod_facts got;
        struct err err = {0};
        snprintf(yaml, sizeof(yaml), "{metadata: {name: p}, %s}", facts[i].rest);
        assert_int_equal(try_decode(c, OBJECT_POD, yaml, &o, &got, &err), 0);
        expect_number(facts[i].name, "finished", got.finished, facts[i].finished);
        expect_number(facts[i].name, "pending", got.pending, facts[i].pending);
        expect_number(facts[i].name, "priority_given", got.priority_given, facts[i].priority_given);
        expect_text(facts[i].name, got.priority_class ? got.priority_class->text : "",
                    facts[i].priority_class ? facts[i].priority_class : "");
        object_unref(c, &o);
    }
    catalog_free(c);
}

static const struct {
    const char *name, *pod, *error;
} bad[] = {
    {"no name", "{metadata: {}}", "metadata.name: a name is required"},
    {"no metadata", "{spec: {}}", "metadata.name: a name is required"},
    {"an array for an object", "[]", "expected an object, found an array"},
    {"a number for a name", "{metadata: {name: 7}}", "metadata.name: expected a string, found a number"},
    {"a quantity that is none",
     "{metadata: {name: p}, spec: {containers: [{resources: {requests: {cpu: 1x}}}]}}",
     "spec.containers[0].resources.requests.cpu: \"1x\" is not a quantity"},
    {"a negative quantity",
     "{metadata: {name: p}, spec: {initContainers: [{}, {resources: {limits: {memory: -1}}}]}}",
     "spec.initContainers[1].resources.limits.memory: \"-1\" must not be negative"},
    {"a list as quantity", "{metadata: {name: p}, spec: {overhead: {cpu: []}}}",
     "spec.overhead.cpu: expected a quantity, found an array"},
    {"a string for a port", "{metadata: {name: p}, spec: {containers: [{ports: [{hostPort: x}]}]}}",
     "spec.containers[0].ports[0].hostPort: expected a number, found a string"},
    {"a fraction for a port", "{metadata: {name: p}, spec: {containers: [{ports: [{hostPort: 1.5}]}]}}",
     "spec.containers[0].ports[0].hostPort: 1.5 is not a whole number"},
    {"a priority beyond 32 bits", "{metadata: {name: p}, spec: {priority: 3000000000}}",
     "spec.priority: 3000000000 is not between -2147483648 and 2147483647"},
    {"a label that is a number", "{metadata: {name: p, labels: {a: 1}}}",
     "metadata.labels.a: expected a string, found a number"},
    {"labels that are a list", "{metadata: {name: p, labels: [a]}}",
     "metadata.labels: expected an object, found an array"},
    {"a time that is none", "{metadata: {name: p, creationTimestamp: yesterday}}",
     "metadata.creationTimestamp: \"yesterday\" is not a time"},
    {"a constraint that says not when",
     "{metadata: {name: p}, spec: {topologySpreadConstraints: [{maxSkew: 1, topologyKey: z}]}}",
     "spec.topologySpreadConstraints[0].whenUnsatisfiable: DoNotSchedule or ScheduleAnyway is required"},
    {"a policy nobody knows",
     "{metadata: {name: p}, spec: {topologySpreadConstraints: [{whenUnsatisfiable: DoNotSchedule, "
     "nodeTaintsPolicy: "
     "x}]}}",
     "spec.topologySpreadConstraints[0].nodeTaintsPolicy: \"x\" is not a value this field can have"},
    {"a selector of the wrong type",
     "{metadata: {name: p}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
     "[{labelSelector: 1}]}}}}",
     "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: not an "
     "object"},
    {"the first error counts", "{metadata: {name: p}, spec: {nodeName: 1, containers: 2}}",
     "spec.nodeName: expected a string, found a number"},
};

static void bad_pods_are_errors_that_name_the_place(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct object o;
        struct err err = {0};
        expect_number(bad[i].name, "code", try_decode(c, OBJECT_POD, bad[i].pod, &o, NULL, &err), -EINVAL);
        expect_text(bad[i].name, err_text(&err), bad[i].error);
        err_fini(&err);
    }
    catalog_free(c);
}

static void the_culprit_is_the_value_of_the_error(void **state)
{
    (void)state;
    struct catalog *c = catalog_new();
    struct arena arena = {0};
    struct object o;
    struct err err = {0};
    struct berth_value pod = parse_yaml(&arena, "metadata:\n  name: p\nspec:\n  priority: high\n");
    assert_int_equal(object_decode(c, OBJECT_POD, &pod, &o, NULL, &err), -EINVAL);
    assert_non_null(decode_culprit(c));
    assert_int_equal(decode_culprit(c)->where, 4);
    err_fini(&err);
    arena_fini(&arena);
    catalog_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_class_keeps_what_scheduling_needs),
        cmocka_unit_test(a_pod_keeps_what_is_its_own),
        cmocka_unit_test(facts_say_what_admission_has_to_settle),
        cmocka_unit_test(bad_pods_are_errors_that_name_the_place),
        cmocka_unit_test(the_culprit_is_the_value_of_the_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
