/* What would make a pod fit: small clusters where the right answer is known, one for each kind of change. */
#include "cmd/explain.h"
#include "session_text.h"
#include "sim/simulate.h"

#define NODE_OF(name, labels, spec, offers)                                                                  \
    "---\n{apiVersion: v1, kind: Node, metadata: {name: " name                                               \
    ", labels: {kubernetes.io/hostname: " name labels "}}, spec: {" spec "}, status: {allocatable: {" offers \
    "}}}\n"
#define NODE(name, labels, spec) NODE_OF(name, labels, spec, "cpu: '4', memory: 8Gi, pods: '3'")
#define POD_OF(name, labels, spec, requests)                                                                 \
    "---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", uid: u-" name ", labels: {" labels          \
    "}}, spec: {" spec "containers: [{name: c, image: i, resources: {requests: {" requests "}}}]}}\n"
#define POD(name, labels, spec) POD_OF(name, labels, spec, "cpu: '1'")
#define P(spec) POD("p", "app: web", spec)
#define TAINTS(taints) "taints: [" taints "]"
#define ANTI(key, app)                                                                                       \
    "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: " key       \
    ", labelSelector: {matchLabels: {app: " app "}}}]}}, "
#define SPREAD(skew, key)                                                                                    \
    "topologySpreadConstraints: [{maxSkew: " skew ", topologyKey: " key                                      \
    ", whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}], "
#define GPU_TAINT "{key: dedicated, value: gpu, effect: NoSchedule}"
#define CORDON "unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]"
#define LARGE_POD(name, node) POD_OF(name, "", "nodeName: " node ", ", "cpu: '3500m'")

struct changes_case {
    const char *name, *manifests, *want; /* one change a line: "text; nodes; example" */
};

static const struct changes_case cases[] = {
    {"a taint that is there is to be tolerated, which is less than a new node",
     NODE("a", "", TAINTS(GPU_TAINT)) NODE("b", "", TAINTS(GPU_TAINT))
         NODE("c", "", TAINTS("{key: lone, effect: NoExecute}")) P(""),
     "tolerate dedicated=gpu:NoSchedule; 2; a\n"
     "tolerate lone:NoExecute; 1; c\n"},
    {"two taints of one node are tolerated together",
     NODE("a", "", TAINTS(GPU_TAINT ", {key: lone, effect: NoSchedule}")) P(""),
     "tolerate dedicated=gpu:NoSchedule and lone:NoSchedule; 1; a\n"},
    {"a cordoned node is uncordoned, its taint is not tolerated",
     NODE("a", "", CORDON) NODE("b", "", CORDON) P(""),
     "uncordon one of 2 nodes; 2; a\n"
     "add a node like a; 1; the new one\n"},
    {"signs of trouble are not tolerated either",
     NODE("a", "", TAINTS("{key: node.kubernetes.io/not-ready, effect: NoSchedule}")) P(""),
     "get rid of node.kubernetes.io/not-ready:NoSchedule on a; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"room is freed where least is missing, or less is asked for",
     NODE("a", "", "") NODE("b", "", "") POD_OF("x", "", "nodeName: a, ", "cpu: '3500m'")
         POD_OF("z", "", "nodeName: b, ", "cpu: '3200m'") POD_OF("p", "", "", "cpu: '1'"),
     "free 200m cpu on b; 1; b\n"
     "request 800m cpu instead of 1; 1; b\n"
     "add a node like a; 1; the new one\n"},
    {"of several resources at once, in whole mebibytes",
     NODE("a", "", "") POD_OF("x", "", "nodeName: a, ", "cpu: '3500m', memory: '7516192800'")
         POD_OF("p", "", "", "cpu: '1', memory: 2Gi"),
     "free 500m cpu and 1025Mi memory on a; 1; a\n"
     "request 500m cpu instead of 1 and 1023Mi memory instead of 2Gi; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"a node that is too small cannot be freed",
     NODE("a", "", "") POD_OF("p", "", "", "cpu: '5', example.com/gpu: '1'"),
     "request 4 cpu instead of 5 and no example.com/gpu instead of 1; 1; a\n"},
    {"a node that is full of pods gives up a place",
     NODE("a", "", "") POD_OF("x", "", "nodeName: a, ", "") POD_OF("v", "", "nodeName: a, ", "")
         POD_OF("z", "", "nodeName: a, ", "") P(""),
     "free the place of a pod on a; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"a label that nobody has is set, or not asked for",
     NODE("a", "", "") NODE("b", ", disk: hdd", "") P("nodeSelector: {disk: ssd}, "),
     "label one of 2 nodes disk=ssd; 2; a\n"
     "remove disk=ssd from the node selector; 2; a\n"
     "add a node like a with disk=ssd; 1; the new one\n"},
    {"a zone is no label to be set, but a new node may be there",
     NODE("a", ", topology.kubernetes.io/zone: z1", "")
         P("nodeSelector: {topology.kubernetes.io/zone: z2}, "),
     "remove topology.kubernetes.io/zone=z2 from the node selector; 1; a\n"
     "add a node like a with topology.kubernetes.io/zone=z2; 1; the new one\n"},
    {"one requirement of the affinity goes",
     NODE("a", ", x: '1'", "")
         P("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["
           "{matchExpressions: [{key: x, operator: Exists}, {key: x, operator: In, values: ['2', "
           "'3']}]}]}}}, "),
     "remove x in (2, 3) from the node affinity; 1; a\n"
     "add a node like a with x=2; 1; the new one\n"},
    {"an affinity of one requirement goes as a whole",
     NODE("a", ", x: '1'", "")
         P("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: ["
           "{matchExpressions: [{key: x, operator: Gt, values: ['5']}]}]}}}, "),
     "remove the required node affinity x > 5; 1; a\n"},
    {"the pod's own anti-affinity goes, or a node comes",
     NODE("a", "", "") POD("x", "app: web", "nodeName: a, ") P(ANTI("kubernetes.io/hostname", "web")),
     "remove the anti-affinity term on app=web by kubernetes.io/hostname; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"affinity to nobody goes",
     NODE("a", "", "")
         P("affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: "
           "kubernetes.io/hostname, labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: "
           "[web]}]}}]}}, "),
     "remove the affinity term on app!=web by kubernetes.io/hostname; 1; a\n"},
    {"pods that keep this one away are moved, the fewest",
     NODE("a", ", zone: q", "") NODE("b", ", zone: q", "") NODE("c", ", zone: r", "")
         POD("x", "", "nodeName: a, " ANTI("zone", "web")) POD("w", "", "nodeName: b, " ANTI("zone", "web"))
             POD("v", "", "nodeName: c, " ANTI("zone", "web")) P(""),
     "move default/v off c; 1; c\n"},
    {"several of them when there are several",
     NODE("a", ", zone: q", "") NODE("b", ", zone: q", "") POD("x", "", "nodeName: a, " ANTI("zone", "web"))
         POD("w", "", "nodeName: b, " ANTI("zone", "web")) P(""),
     "move default/x, default/w off a and other nodes; 2; a\n"},
    {"the smallest maxSkew that works",
     NODE("a", ", zone: q", "") NODE("b", ", zone: r", TAINTS(GPU_TAINT))
         POD("x", "app: web", "nodeName: a, ") POD("w", "app: web", "nodeName: a, ") P(SPREAD("1", "zone")),
     "tolerate dedicated=gpu:NoSchedule; 1; b\n"
     "raise maxSkew from 1 to 3 for zone; 1; a\n"},
    {"no maxSkew makes up for a missing label", NODE("a", "", "") P(SPREAD("1", "zone")),
     "remove the spread constraint on zone; 1; a\n"},
    {"a host port is given up, or its owner is moved",
     NODE("a", "",
          "") "---\n{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {nodeName: a, containers: [{name: "
              "c, ports: "
              "[{containerPort: 80, hostPort: 80}]}]}}\n"
              "---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, ports: "
              "[{containerPort: 80, hostPort: 80}]}]}}\n",
     "move default/x off a; 1; a\n"
     "give up the host port 80/TCP; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"a volume that is elsewhere is left out",
     NODE("a", ", topology.kubernetes.io/zone: z1",
          "") "---\n{apiVersion: v1, kind: PersistentVolume, metadata: {name: pv, labels: "
              "{topology.kubernetes.io/zone: "
              "z2}}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], claimRef: {namespace: "
              "default, name: "
              "data}, storageClassName: ''}, status: {phase: Bound}}\n"
              "---\n{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: default, "
              "annotations: "
              "{pv.kubernetes.io/bind-completed: 'yes'}}, spec: {volumeName: pv, accessModes: "
              "[ReadWriteOnce], resources: "
              "{requests: {storage: 1Gi}}, storageClassName: ''}, status: {phase: Bound}}\n" P(
                  "volumes: [{name: disk, persistentVolumeClaim: {claimName: data}}], "),
     "leave out the volume disk (claim data); 1; a\n"},
    {"gates go", NODE("a", "", "") P("schedulingGates: [{name: x/one}, {name: x/two}], "),
     "remove the scheduling gates x/one, x/two; 1; a\n"},
    {"gates go, and then more is needed",
     NODE("a", "", TAINTS(GPU_TAINT)) P("schedulingGates: [{name: x/one}], "),
     "remove the scheduling gate x/one and tolerate dedicated=gpu:NoSchedule; 1; a\n"},
    {"two different things at once, when neither is enough",
     NODE("a", "", TAINTS(GPU_TAINT)) LARGE_POD("x", "a") P(""),
     "tolerate dedicated=gpu:NoSchedule and free 500m cpu on a; 1; a\n"
     "tolerate dedicated=gpu:NoSchedule and request 500m cpu instead of 1; 1; a\n"},
    {"cordoned and full", NODE("a", "", CORDON) LARGE_POD("x", "a") P(""),
     "uncordon a and free 500m cpu on a; 1; a\n"
     "uncordon a and request 500m cpu instead of 1; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"a new node is as small as will do, and where it is needed",
     NODE_OF("a", ", zone: q", "", "cpu: '1', memory: 1Gi, pods: '9'")
         NODE_OF("b", ", zone: q", "", "cpu: '2', memory: 4Gi, pods: '9'")
             NODE_OF("c", ", zone: q", "", "cpu: '8', memory: 8Gi, pods: '9'")
                 POD_OF("x", "", "nodeName: b, ", "cpu: '2'") POD_OF("w", "", "nodeName: c, ", "cpu: '8'")
                     POD_OF("p", "", "", "cpu: '2'"),
     "free 2 cpu on one of 2 nodes; 2; b\n"
     "request 1 cpu instead of 2; 1; a\n"
     "add a node like b; 1; the new one\n"},
    {"a node that the pod names and that it does not fit",
     NODE("a", "", "") "---\n{apiVersion: v1, kind: Pod, metadata: {name: p, uid: u}, spec: {nodeName: gone, "
                       "containers: [{name: c}]}, status: {phase: Pending}}\n",
     "leave out spec.nodeName (gone); 1; a\n"},
    {"what preemption would do is no change, and changes are found all the same",
     NODE("a", "", "") LARGE_POD("x", "a") P("priority: 5, "),
     "free 500m cpu on a; 1; a\n"
     "request 500m cpu instead of 1; 1; a\n"
     "add a node like a; 1; the new one\n"},
    {"nothing small helps", NODE_OF("a", "", "", "cpu: '4', memory: 8Gi, pods: '0'") P(""), ""},
};

/* The rows of the table, one a line, cells separated by "; ". */
static void rows_of(struct buf *ret, const struct buf *table)
{
    const char *at = table->len ? table->ptr : "";
    for (int line = 0; *at; line++) {
        const char *end = strchrnul(at, '\n');
        bool row = end - at > 2 && strncmp(at, "  IT FITS", 9) != 0 && strncmp(at, "  No small", 10) != 0;
        for (const char *c = at + 2; row && c < end; c++) {
            if (c[0] != ' ' || c[1] != ' ') {
                buf_char(ret, *c);
                continue;
            }
            while (c[1] == ' ')
                c++;
            buf_puts(ret, "; ");
        }
        buf_puts(ret, row ? "\n" : "");
        at = *end ? end + 1 : end;
    }
}

/* Loads the manifests and puts all but the pod p. */
static const struct berth_pod *open_case(struct session *session, const struct changes_case *c)
{
    struct err err = {0};
    int64_t now_ns = 0;
    int code = session_of(session, c->manifests, (struct session_options){0}, &err);
    if (code < 0 || simulate_setting(session->core, &session->cluster, true, &now_ns, &err) < 0)
        fail_msg("%s: %s", c->name, err_text(&err));
    for (size_t i = 0; i < session->cluster.pods.len; i++)
        if (berth_str_eq(berth_pod_name(session->cluster.pods.at[i].pod), BERTH_STR("p")))
            return session->cluster.pods.at[i].pod;
    fail_msg("%s: no pod p", c->name);
    return NULL;
}

static void what_makes_it_fit(void **state)
{
    (void)state;
    const struct term term = {.width = 200};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct session session = {0};
        struct remedies changes = {0};
        struct buf table = {0}, got = {0};
        const struct berth_pod *pod = open_case(&session, &cases[i]);
        remedies_find(session.core, session.catalog, pod, &changes);
        explain_remedies(&table, session.core, pod, &changes, &term);
        rows_of(&got, &table);
        CHECK_STR(buf_view(&got), cases[i].want, cases[i].name);
        CHECK(core_ok(session.core), cases[i].name);
        buf_fini(&table);
        buf_fini(&got);
        remedies_fini(&changes);
        session_close(&session);
    }
}

static void json_has_the_facts(void **state)
{
    (void)state;
    static const struct changes_case json[] = {
        {"one step", NODE("a", "", TAINTS(GPU_TAINT)) P(""),
         ",\"changes\":[{\"kind\":\"tolerate\",\"text\":\"tolerate dedicated=gpu:NoSchedule\",\"nodes\":1,"
         "\"exampleNode\":\"a\",\"taint\":\"dedicated=gpu:NoSchedule\"}]"},
        {"several steps", NODE("a", "", TAINTS(GPU_TAINT)) P("schedulingGates: [{name: g}], "),
         ",\"changes\":[{\"kind\":\"several\",\"text\":\"remove the scheduling gate g and tolerate "
         "dedicated=gpu:NoSchedule\",\"nodes\":1,\"exampleNode\":\"a\",\"steps\":[{\"kind\":"
         "\"removeSchedulingGates\"},{\"kind\":\"tolerate\",\"taint\":\"dedicated=gpu:NoSchedule\"}]}]"},
        {"amounts", NODE("a", "", "") LARGE_POD("x", "a") P(""),
         ",\"changes\":[{\"kind\":\"free\",\"text\":\"free 500m cpu on a\",\"nodes\":1,\"exampleNode\":\"a\","
         "\"free\":{\"cpu\":\"500m\"}},{\"kind\":\"lowerRequest\",\"text\":\"request 500m cpu instead of 1\","
         "\"nodes\":1,\"exampleNode\":\"a\",\"resource\":\"cpu\",\"request\":\"500m\"},{\"kind\":\"addNode\","
         "\"text\":\"add a node like a\",\"nodes\":1,\"like\":\"a\"}]"},
        {"nothing", NODE_OF("a", "", "", "cpu: '4', memory: 8Gi, pods: '0'") P(""), ",\"changes\":[]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(json); i++) {
        struct session session = {0};
        struct remedies changes = {0};
        struct buf got = {0};
        const struct berth_pod *pod = open_case(&session, &json[i]);
        remedies_find(session.core, session.catalog, pod, &changes);
        explain_remedies_json(&got, session.core, pod, &changes);
        CHECK_STR(buf_view(&got), json[i].want, json[i].name);
        buf_fini(&got);
        remedies_fini(&changes);
        session_close(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_it_fit),
        cmocka_unit_test(json_has_the_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
