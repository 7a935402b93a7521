/* Clusters from files. */
#include "decoded.h"

#include "sim/cluster.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of its own for each test, gone afterwards. */
static char directory[64];

static int enter(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/berth-test-XXXXXX");
    return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    DIR *dir = opendir(".");
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        if (remove(entry->d_name) < 0 && entry->d_name[0] != '.')
            return -1;
    closedir(dir);
    return chdir("/") == 0 ? rmdir(directory) : -1;
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* Loads and prints every pod as "namespace/name priority node json", one a line; or the error. */
static void load(const char *const *paths, size_t len, bool keep_json, struct buf *pods, struct buf *warnings)
{
    struct cluster cluster = {.catalog = catalog_new()};
    struct cluster_options options = {.keep_json = keep_json};
    struct err err = {0};
    if (cluster_load(&cluster, paths, len, &options, &err) < 0)
        buf_puts(pods, err_text(&err));
    else
        for (size_t i = 0; i < cluster.pods.len; i++) {
            const struct cluster_pod *p = &cluster.pods.at[i];
            buf_printf(pods, "%s/%.*s %d", berth_pod_namespace(p->pod)->text,
                       BERTH_FMT(berth_pod_name(p->pod)), p->pod->class->priority);
            buf_printf(pods, "%s%.*s\n", p->pending ? " pending " : "", BERTH_FMT(p->json));
        }
    if (warnings)
        buf_str(warnings, buf_view(&cluster.warnings));
    err_fini(&err);
    struct catalog *catalog = cluster.catalog;
    cluster_fini(&cluster);
    catalog_free(catalog);
}

#define POD(name) "--- {apiVersion: v1, kind: Pod, metadata: {name: " name "}}\n"

static const struct {
    const char *name, *text, *pods, *warnings;
} cases[] = {
    {"documents and lists, nested and typed",
     POD("a") "---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: b}}, "
              "{apiVersion: v1, kind: PodList, items: [{metadata: "
              "{name: c, namespace: ns}}]}]}\n",
     "default/a 0\ndefault/b 0\nns/c 0\n", ""},
    {"finished pods are left out",
     POD("a") "---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, status: {phase: "
              "Failed}}\n",
     "default/a 0\n", ""},
    {"names are made from generateName",
     "--- {apiVersion: v1, kind: Pod, metadata: {generateName: x-}}\n---\n{apiVersion: v1, "
     "kind: Pod, metadata: {generateName: x-}}\n",
     "default/x-1 0\ndefault/x-2 0\n", ""},
    {"of objects with one name the last counts, where the first stood",
     POD("a") POD("b") "---\n{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {priority: 3}}\n",
     "default/a 3\ndefault/b 0\n",
     "cluster.yaml:4: Pod default/a was given before; the last one of each name counts\n"},
    {"the first of several that are given again is named",
     POD("a") POD("b") POD("a") POD("a") POD("b") "--- {apiVersion: v1, kind: Node, metadata: {name: n1}}\n"
                                                  "--- {apiVersion: v1, kind: Node, metadata: {name: n1}}\n",
     "default/a 0\ndefault/b 0\n",
     "cluster.yaml:3: Pod default/a was given before, as were 2 more of this kind; the last one of each name "
     "counts\ncluster.yaml:7: Node n1 was given before; the last one of each name counts\n"},
    {"kinds that play no part are counted",
     "--- {apiVersion: v1, kind: ConfigMap}\n---\n{apiVersion: v1, kind: Secret}\n---\n{apiVersion: v1, "
     "kind: ConfigMap}\n",
     "",
     "ConfigMap (v1): 2 objects passed over, this kind plays no part here\n"
     "Secret (v1): 1 object passed over, this kind plays no part here\n"},
    {"kinds that are nearly right are kinds that play no part, with a hint",
     "--- {apiVersion: v1, kind: pod}\n--- {apiVersion: apps/v1, kind: Deploymnet}\n"
     "--- {apiVersion: serving.knative.dev/v1, kind: Service}\n"
     "--- {apiVersion: rbac.authorization.k8s.io/v1, kind: Role}\n",
     "",
     "pod (v1): 1 object passed over, this kind plays no part here; did you mean Pod?\n"
     "Deploymnet (apps/v1): 1 object passed over, this kind plays no part here; did you mean Deployment?\n"
     "Service (serving.knative.dev/v1): 1 object passed over, this kind plays no part here\n"
     "Role (rbac.authorization.k8s.io/v1): 1 object passed over, this kind plays no part here\n"},
    {"lists without items are lists of nothing",
     POD("a") "--- {apiVersion: v1, kind: List}\n--- {apiVersion: v1, kind: PodList, items: null}\n",
     "default/a 0\n", ""},
    {"a list whose items are no array", POD("a") "--- {apiVersion: v1, kind: List,\nitems: {}}\n",
     "cluster.yaml:3: List: items: expected an array", ""},
    {"what is given three times was given before twice", POD("a") POD("a") POD("a"), "default/a 0\n",
     "cluster.yaml:2: Pod default/a was given before, as was 1 more of this kind; the last one of each name "
     "counts\n"},
    {"no objects at all", "# nothing yet\n---\n", "", "cluster.yaml: no objects in it\n"},
    {"priorities come from classes read later",
     "--- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {priorityClassName: high}}\n---\n"
     "{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {priorityClassName: "
     "system-node-critical}}\n---\n" POD(
         "c") "---\n{apiVersion: v1, kind: Pod, metadata: {name: d, uid: u}}\n---\n"
              "{apiVersion: v1, kind: Pod, metadata: {name: e}, spec: {priority: 1, priorityClassName: "
              "high}}\n---\n"
              "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: high}, value: "
              "10}\n---\n"
              "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: low}, value: 5, "
              "globalDefault: true}\n",
     "default/a 10\ndefault/b 2000001000\ndefault/c 5\ndefault/d 0\ndefault/e 1\n", ""},
    {"a class that is not there is a warning",
     "--- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {priorityClassName: high}}\n",
     "default/a 0\n", "PriorityClass high is not among the objects: 1 pod gets priority 0\n"},
    {"daemons run where they can, at the place of their set",
     POD("a") "---\n{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {template: {spec: "
              "{nodeSelector: "
              "{disk: ssd}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
              "{nodeSelectorTerms: "
              "[{matchExpressions: [{key: out, operator: DoesNotExist}]}]}}}}}}}\n---\n" POD(
                  "b") "---\n{apiVersion: v1, kind: NodeList, items: [{metadata: {name: n1, labels: {disk: "
                       "ssd}}}, {metadata: {name: n2}}, "
                       "{metadata: {name: n3, labels: {disk: ssd}}, spec: {taints: [{key: k, effect: "
                       "NoSchedule}]}}, {metadata: {name: n4, "
                       "labels: {disk: ssd}}, spec: {taints: [{key: k, effect: PreferNoSchedule}, {key: "
                       "node.kubernetes.io/unschedulable, "
                       "effect: NoSchedule}]}}, {metadata: {name: n5, labels: {disk: ssd, out: ''}}}]}\n",
     "default/a 0\ndefault/d-n1 0\ndefault/d-n4 0\ndefault/b 0\n", ""},
    {"workloads whose controllers were at work are not expanded",
     "--- {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: w, uid: u}, spec: {template: {}}}\n", "",
     ""},
    {"a claim that is given goes before the one that is made, without a word",
     "--- {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {template: {}, "
     "volumeClaimTemplates: [{metadata: "
     "{name: v}}]}}\n---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: v-s-0}}\n",
     "default/s-0 0\n", ""},
    {"a pod that names a node but never got there",
     "--- {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {nodeName: n1}, status: {phase: Pending}}\n",
     "default/a 0 pending \n", ""},
};

static void clusters_are_read(void **state)
{
    (void)state;
    static const char *const path = "cluster.yaml";
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf pods = {0}, warnings = {0};
        write_file(path, cases[i].text);
        load(&path, 1, false, &pods, &warnings);
        expect_text(cases[i].name, text_of(&pods), cases[i].pods);
        expect_text(cases[i].name, text_of(&warnings), cases[i].warnings);
        buf_fini(&pods);
        buf_fini(&warnings);
    }
}

static const struct {
    const char *name, *text, *error;
} bad[] = {
    {"a bad field",
     "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: ns\nspec:\n  priority: high\n",
     "in.yaml:7: Pod ns/web: spec.priority: expected a number, found a string"},
    {"a bad field of a template",
     "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      "
     "priority: high\n",
     "in.yaml:8: Deployment default/web: pod template: spec.priority: expected a number, found a string"},
    {"a bad field of a daemon set, found while its text is at hand",
     "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: d\nspec:\n  template:\n    spec:\n      "
     "priority: high\n",
     "in.yaml:8: DaemonSet default/d: pod template: spec.priority: expected a number, found a string"},
    {"a bad item of a list", "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n1]}",
     "in.yaml:2: an item of the list is not an object"},
    {"no kind", "a: b\n", "in.yaml:1: the object has no kind"},
    {"a version that never was", "kind: Pod\napiVersion: v9\nmetadata: {name: web}\n",
     "in.yaml:2: Pod default/web: apiVersion: \"v9\" is not a version of Pod"},
    {"no apiVersion", "kind: Pod\n", "in.yaml:1: Pod: the object has no apiVersion"},
    {"a bad item of a list in a list",
     "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\","
     "\"kind\":\"PodList\",\"items\":\n[1]}]}",
     "in.yaml:2: an item of the list is not an object"},
    {"no name", "--- {apiVersion: v1, kind: Pod}\n", "in.yaml:1: Pod: metadata.name: a name is required"},
};

static void bad_input_names_file_line_and_object(void **state)
{
    (void)state;
    static const char *const path = "in.yaml";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct buf text = {0};
        write_file(path, bad[i].text);
        load(&path, 1, false, &text, NULL);
        expect_text(bad[i].name, text_of(&text), bad[i].error);
        buf_fini(&text);
    }
}

static const struct {
    const char *name, *paths[3];
    const char *want;
} finds[] = {
    {"a directory, sorted, manifests only", {"."}, "default/a 0\ndefault/b 0\ndefault/c 0\n"},
    {"a pattern", {"[bc].*"}, "default/b 0\ndefault/c 0\n"},
    {"several paths in the order given", {"c.json", "a.yaml"}, "default/c 0\ndefault/a 0\n"},
    {"a file that is not there", {"none.yaml"}, "none.yaml: No such file or directory"},
    {"a pattern that matches nothing", {"x*"}, "x*: no file matches"},
    {"a directory without manifests", {"empty"}, "empty: no *.yaml, *.yml or *.json in this directory"},
};

static void paths_lead_to_files(void **state)
{
    (void)state;
    write_file("a.yaml", POD("a"));
    write_file("c.json", "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"c\"}}");
    write_file("b.yml", POD("b"));
    write_file("readme.txt", "not a manifest");
    assert_int_equal(mkdir("empty", 0700), 0);
    for (size_t i = 0; i < ARRAY_LEN(finds); i++) {
        struct buf text = {0};
        size_t len = 0;
        while (len < ARRAY_LEN(finds[i].paths) && finds[i].paths[len])
            len++;
        load(finds[i].paths, len, false, &text, NULL);
        expect_text(finds[i].name, text_of(&text), finds[i].want);
        buf_fini(&text);
    }
}

static void pods_keep_their_json(void **state)
{
    (void)state;
    static const char *const path = "in.yaml";
    struct buf text = {0};
    write_file(
        path,
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {generateName: a-}\n---\napiVersion: apps/v1\n"
        "kind: ReplicaSet\nmetadata: {name: w}\nspec: {template: {spec: {nodeName: x}}}\n");
    load(&path, 1, true, &text, NULL);
    expect_text("json", text_of(&text),
                "default/a-1 "
                "0{\"metadata\":{\"generateName\":\"a-\",\"name\":\"a-1\"},\"kind\":\"Pod\",\"apiVersion\":"
                "\"v1\"}\n"
                "default/w-0 "
                "0{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"w-0\",\"ownerReferences\":"
                "[{\"apiVersion\":\"apps/"
                "v1\",\"kind\":\"ReplicaSet\",\"name\":\"w\",\"uid\":\"\",\"controller\":true}]},"
                "\"spec\":{\"nodeName\":\"x\"}}\n");
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clusters_are_read, enter, leave),
        cmocka_unit_test_setup_teardown(bad_input_names_file_line_and_object, enter, leave),
        cmocka_unit_test_setup_teardown(paths_lead_to_files, enter, leave),
        cmocka_unit_test_setup_teardown(pods_keep_their_json, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
