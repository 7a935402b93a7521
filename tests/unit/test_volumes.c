/* Volumes in a simulated run: what is bound to what, and which pods must wait. */
#include "session_text.h"
#include "sim/simulate.h"

#define ITEM(text) "---\n{" text "}\n"
#define NODE(name)                                                                                           \
    ITEM("apiVersion: v1, kind: Node, "                                                                      \
         "metadata: {name: " name ", labels: {host: " name ", zone: z" name "}}, "                           \
         "status: {allocatable: {cpu: '8', memory: 8Gi, pods: '10'}}")
#define CLASS(name, provisioner)                                                                             \
    ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name "}, "                   \
         "provisioner: " provisioner ", volumeBindingMode: WaitForFirstConsumer")
#define VOLUME(name, size, host)                                                                             \
    ITEM("apiVersion: v1, kind: PersistentVolume, metadata: {name: " name "}, "                              \
         "spec: {capacity: {storage: " size "}, accessModes: [ReadWriteOnce], storageClassName: local, "     \
         "nodeAffinity: {required: {nodeSelectorTerms: "                                                     \
         "[{matchExpressions: [{key: host, operator: In, values: [" host "]}]}]}}}, "                        \
         "status: {phase: Available}")
#define CLAIM(name, class, modes, size)                                                                      \
    ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name "}, "                         \
         "spec: {accessModes: [" modes "], storageClassName: " class ", "                                    \
         "resources: {requests: {storage: " size "}}}, status: {phase: Pending}")
#define POD(name, claim)                                                                                     \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: [{name: c, image: i}], " \
         "volumes: [{name: v, persistentVolumeClaim: {claimName: " claim "}}]}")
#define CSI_NODE(name, count)                                                                                \
    ITEM("apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: " name "}, "                        \
         "spec: {drivers: [{name: d, nodeID: x, topologyKeys: [zone], allocatable: {count: " count "}}]}")
#define LOCAL CLASS("local", "kubernetes.io/no-provisioner")
#define RWO "ReadWriteOnce"

static const struct {
    const char *name, *manifests;
    const char *nodes; /* of the pods in order, one letter each: '-' not placed, '*' on any node */
} cases[] = {
    {"a volume that was taken is not there for the next pod",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a") CLAIM("p", "local", RWO, "1Gi") CLAIM("q", "local", RWO, "1Gi")
         POD("p", "p") POD("q", "q"),
     "a-"},
    {"the smallest volume that is large enough is taken",
     NODE("a") LOCAL VOLUME("large", "9Gi", "a") VOLUME("small", "2Gi", "a") CLAIM("p", "local", RWO, "1Gi")
         CLAIM("q", "local", RWO, "5Gi") POD("p", "p") POD("q", "q"),
     "aa"},
    {"a volume that is too small is none",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a") CLAIM("p", "local", RWO, "2Gi") POD("p", "p"), "-"},
    {"a local volume decides the node",
     NODE("a") NODE("b") LOCAL VOLUME("v", "1Gi", "b") CLAIM("p", "local", RWO, "1Gi") POD("p", "p"), "b"},
    {"pods that share a claim go where its volume is",
     NODE("a") NODE("b") LOCAL VOLUME("v", "1Gi", "b") CLAIM("p", "local", RWO, "1Gi")
         POD("p", "p") POD("q", "p"),
     "bb"},
    {"an access mode that the volume does not offer",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a") CLAIM("p", "local", "ReadWriteMany", "1Gi") POD("p", "p"), "-"},
    {"a claim for one pod keeps the second out",
     NODE("a") NODE("b") CLASS("fast", "d") CLAIM("p", "fast", "ReadWriteOncePod", "1Gi")
         POD("p", "p") POD("q", "p"),
     "*-"},
    {"a driver's limit counts volumes that are made on the way",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") CLAIM("p", "fast", RWO, "1Gi")
         CLAIM("q", "fast", RWO, "1Gi") POD("p", "p") POD("q", "q"),
     "a-"},
    {"a volume counts once, however many pods use it",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") CLAIM("p", "fast", RWO, "1Gi")
         POD("p", "p") POD("q", "p"),
     "aa"},
    {"without a limit there is none",
     NODE("a") CLASS("fast", "d") CLAIM("p", "fast", RWO, "1Gi") CLAIM("q", "fast", RWO, "1Gi") POD("p", "p")
         POD("q", "q"),
     "aa"},
    {"a claim that does not exist", NODE("a") POD("p", "gone"), "-"},
};

/* Runs the manifests and compares where the pods went. */
static void run(const char *name, const char *manifests, const char *nodes)
{
    struct session session = {0};
    struct simulation simulation = {0};
    struct err err = {0};
    int code = session_of(&session, manifests, (struct session_options){0}, &err);
    if (code == 0)
        code = simulate(session.core, &session.cluster, NULL, &simulation, &err);
    if (code < 0)
        fail_msg("%s: %s", name, err_text(&err));
    CHECK_INT(session.cluster.pods.len, strlen(nodes), name);
    for (size_t i = 0; nodes[i]; i++) {
        berth_atom node = simulation.placements[i].node;
        CHECK(nodes[i] == '*' ? node != NULL : (node ? node->text[0] : '-') == nodes[i], name);
    }
    CHECK(core_ok(session.core), name);
    simulation_fini(&simulation);
    session_close(&session);
}

static void volumes_of_simulated_pods(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run(cases[i].name, cases[i].manifests, cases[i].nodes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(volumes_of_simulated_pods)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
