/* Workloads into what their controllers would create. */
#include "decoded.h"

#include "api/expand.h"

/* An object as one line: kind, name, labels, owner. */
static int print_object(void *context, const struct berth_value *object, struct err *err)
{
    struct buf *b = context;
    (void)err;
    const struct berth_value *metadata = berth_value_get(object, "metadata");
    const struct berth_value *labels = berth_value_get(metadata, "labels");
    const struct berth_value *owner = &berth_value_get(metadata, "ownerReferences")->items[0];
    buf_printf(b, "%.*s %.*s", BERTH_FMT(berth_value_text(berth_value_get(object, "kind"))),
               BERTH_FMT(berth_value_text(berth_value_get(metadata, "name"))));
    for (uint32_t i = 0; labels && i < labels->len; i++)
        buf_printf(b, " %.*s=%.*s", BERTH_FMT(labels->members[i].key),
                   BERTH_FMT(berth_value_text(&labels->members[i].value)));
    buf_printf(b, " < %.*s %.*s\n", BERTH_FMT(berth_value_text(berth_value_get(owner, "kind"))),
               BERTH_FMT(berth_value_text(berth_value_get(owner, "name"))));
    return 0;
}

static const struct {
    const char *name, *yaml, *want;
} cases[] = {
    {"a replica set",
     "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 2, template: "
     "{metadata: {labels: {a: b}}}}}",
     "Pod web-0 a=b < ReplicaSet web\nPod web-1 a=b < ReplicaSet web\n"},
    {"one replica unless said",
     "{apiVersion: v1, kind: ReplicationController, metadata: {name: rc}, spec: {template: {}}}",
     "Pod rc-0 < ReplicationController rc\n"},
    {"none when none are wanted",
     "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 0, "
     "template: {}}}",
     ""},
    {"a deployment has a replica set",
     "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {selector: {matchLabels: {a: b}}, "
     "template: "
     "{metadata: {labels: {a: b}}}}}",
     "ReplicaSet web-pvvfk9 a=b pod-template-hash=pvvfk9 < Deployment web\n"
     "Pod web-pvvfk9-0 a=b pod-template-hash=pvvfk9 < ReplicaSet web-pvvfk9\n"},
    {"a stateful set counts from its first ordinal and has claims",
     "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {replicas: 2, ordinals: {start: "
     "5}, template: "
     "{metadata: {labels: {a: b}}}, volumeClaimTemplates: [{metadata: {name: data}}]}}",
     "PersistentVolumeClaim data-db-5 < StatefulSet db\n"
     "Pod db-5 a=b statefulset.kubernetes.io/pod-name=db-5 apps.kubernetes.io/pod-index=5 < StatefulSet db\n"
     "PersistentVolumeClaim data-db-6 < StatefulSet db\n"
     "Pod db-6 a=b statefulset.kubernetes.io/pod-name=db-6 apps.kubernetes.io/pod-index=6 < StatefulSet "
     "db\n"},
    {"a daemon set has a pod a node",
     "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {template: {}}}",
     "Pod d-n1 < DaemonSet d\nPod d-n2 < DaemonSet d\n"},
    {"a job runs as many as it may at once",
     "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {parallelism: 2, completions: 5, "
     "template: {}}}",
     "Pod j-0 batch.kubernetes.io/job-name=j job-name=j < Job j\n"
     "Pod j-1 batch.kubernetes.io/job-name=j job-name=j < Job j\n"},
    {"but no more than are left",
     "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {parallelism: 2, "
     "completions: 1, completionMode: Indexed, template: {}}}",
     "Pod j-0 batch.kubernetes.io/job-name=j job-name=j batch.kubernetes.io/job-completion-index=0 < Job "
     "j\n"},
    {"a suspended job has none",
     "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {suspend: true, template: "
     "{}}}",
     ""},
    {"a cron job runs once",
     "{apiVersion: batch/v1, kind: CronJob, metadata: {name: c}, spec: {jobTemplate: {spec: "
     "{template: {}}}}}",
     "Pod c-run-0 batch.kubernetes.io/job-name=c-run job-name=c-run < Job c-run\n"},
};

static void workloads_become_objects(void **state)
{
    (void)state;
    static const berth_str nodes[] = {{"n1", 2}, {"n2", 2}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena arena = {0};
        struct buf b = {0};
        struct err err = {0};
        struct berth_value workload = parse_yaml(&arena, cases[i].yaml);
        if (expand_workload(&workload, nodes, ARRAY_LEN(nodes), &arena, print_object, &b, &err) < 0)
            fail_msg("%s: %s", cases[i].name, err_text(&err));
        expect_text(cases[i].name, text_of(&b), cases[i].want);
        buf_fini(&b);
        arena_fini(&arena);
    }
}

static int print_spec(void *context, const struct berth_value *object, struct err *err)
{
    (void)err;
    if (berth_str_eq(berth_value_text(berth_value_get(object, "kind")), BERTH_STR("Pod")))
        doc_write_json(context, berth_value_get(object, "spec"));
    return 0;
}

static const struct {
    const char *name, *yaml, *want;
} specs[] = {
    {"a claim takes the place of the volume of its name",
     "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {template: {spec: {volumes: "
     "[{name: data, "
     "emptyDir: {}}, {name: tmp}]}}, volumeClaimTemplates: [{metadata: {name: data}}]}}",
     "{\"volumes\":[{\"name\":\"tmp\"},{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"data-db-"
     "0\"}}]}"},
    {"the node's name takes the place of required node affinity",
     "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {template: {spec: {tolerations: [], "
     "affinity: "
     "{nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{}, {}]}}}}}}}",
     "{\"tolerations\":["
     "{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\"},"
     "{\"key\":\"node.kubernetes.io/unreachable\",\"operator\":\"Exists\",\"effect\":\"NoExecute\"},"
     "{\"key\":\"node.kubernetes.io/disk-pressure\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},"
     "{\"key\":\"node.kubernetes.io/memory-pressure\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},"
     "{\"key\":\"node.kubernetes.io/pid-pressure\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"},"
     "{\"key\":\"node.kubernetes.io/unschedulable\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}],"
     "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{"
     "\"nodeSelectorTerms\":["
     "{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"n1\"]}]}]}}}}"},
};

static void pods_get_what_their_controller_adds(void **state)
{
    (void)state;
    static const berth_str node = {"n1", 2};
    for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
        struct arena arena = {0};
        struct buf b = {0};
        struct err err = {0};
        struct berth_value workload = parse_yaml(&arena, specs[i].yaml);
        assert_int_equal(expand_workload(&workload, &node, 1, &arena, print_spec, &b, &err), 0);
        expect_text(specs[i].name, text_of(&b), specs[i].want);
        buf_fini(&b);
        arena_fini(&arena);
    }
}

static const struct {
    const char *name, *yaml, *error;
} bad[] = {
    {"no template", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {}}",
     "spec.template: a pod template is required"},
    {"no name", "{apiVersion: apps/v1, kind: Deployment, metadata: {}, spec: {template: {}}}",
     "metadata.name: a name is required"},
    {"replicas that are no number",
     "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: w}, spec: {replicas: two, "
     "template: {}}}",
     "spec.replicas: expected a number, found a string"},
    {"negative replicas",
     "{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {replicas: -1, template: {}}}",
     "spec.replicas: -1 is not between 0 and 10000000"},
    {"labels that are no object",
     "{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {template: "
     "{metadata: {labels: [a]}}}}",
     "spec.template.metadata.labels: expected an object, found an array"},
    {"a cron job without a job", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: w}, spec: {}}",
     "spec.template: a pod template is required"},
};

static void bad_workloads_are_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena arena = {0};
        struct buf b = {0};
        struct err err = {0};
        struct berth_value workload = parse_yaml(&arena, bad[i].yaml);
        expect_number(bad[i].name, "code",
                      expand_workload(&workload, NULL, 0, &arena, print_object, &b, &err), -EINVAL);
        expect_text(bad[i].name, err_text(&err), bad[i].error);
        err_fini(&err);
        buf_fini(&b);
        arena_fini(&arena);
    }
}

static void what_has_controllers_at_work_is_done(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct berth_value plain = parse_yaml(&arena, "{metadata: {name: a, ownerReferences: [{name: x}]}}");
    struct berth_value live = parse_yaml(&arena, "{metadata: {name: a, uid: u}}");
    struct berth_value owned =
        parse_yaml(&arena, "{metadata: {name: a, ownerReferences: [{controller: true}]}}");
    assert_false(expand_is_done(&plain));
    assert_true(expand_is_done(&live));
    assert_true(expand_is_done(&owned));
    assert_true(expand_is_workload(BERTH_STR("extensions/v1beta1"), BERTH_STR("Deployment")));
    assert_false(expand_is_workload(BERTH_STR("v1"), BERTH_STR("Deployment")));
    assert_false(expand_is_workload(BERTH_STR("v1"), BERTH_STR("Pod")));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workloads_become_objects),
        cmocka_unit_test(pods_get_what_their_controller_adds),
        cmocka_unit_test(bad_workloads_are_errors),
        cmocka_unit_test(what_has_controllers_at_work_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
