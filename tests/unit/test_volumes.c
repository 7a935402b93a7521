/* Volumes in a simulated run: what is bound to what, and which pods must wait. */
#include "check.h"
#include "cmd/session.h"
#include "sim/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ITEM(text) "---\n{" text "}\n"
#define NODE(name)                                                                                           \
    ITEM("apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {host: " name ", zone: z" name "}}, "  \
         "status: {allocatable: {cpu: '8', memory: 8Gi, pods: '10'}}")
#define CLASS(name, provisioner)                                                                             \
    ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name "}, provisioner: " provisioner \
         ", volumeBindingMode: WaitForFirstConsumer")
#define VOLUME(name, size, host) VOLUME_OF(name, size, "local", host)
#define CLAIM(name, class, modes, size)                                                                      \
    ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name "}, spec: {accessModes: [" modes "], " \
         "storageClassName: " class ", resources: {requests: {storage: " size "}}}, status: {phase: Pending}")
#define POD(name, claim)                                                                                     \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: [{name: c, image: i}], volumes: " \
         "[{name: v, persistentVolumeClaim: {claimName: " claim "}}]}")
#define CSI_NODE(name, count)                                                                                \
    ITEM("apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: " name "}, spec: {drivers: [{name: d, " \
         "nodeID: x, topologyKeys: [zone], allocatable: {count: " count "}}]}")
#define AT_ONCE(name, provisioner, more)                                                                     \
    ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name "}, provisioner: " provisioner more)
#define VOLUME_OF(name, size, class, host)                                                                   \
    ITEM("apiVersion: v1, kind: PersistentVolume, metadata: {name: " name "}, spec: {capacity: {storage: " size "}, " \
         "accessModes: [ReadWriteOnce], storageClassName: " class ", nodeAffinity: {required: {nodeSelectorTerms: "  \
         "[{matchExpressions: [{key: host, operator: In, values: [" host "]}]}]}}}, status: {phase: Available}")
#define EPHEMERAL(name, class)                                                                               \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: [{name: c, image: i}], volumes: "    \
         "[{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: " class    \
         ", resources: {requests: {storage: 1Gi}}}}}}]}")
#define OWNED_CLAIM(name, class, pod)                                                                        \
    ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name ", ownerReferences: [{apiVersion: v1, " \
         "kind: Pod, name: " pod ", controller: true}]}, spec: {accessModes: [ReadWriteOnce], storageClassName: " class \
         ", resources: {requests: {storage: 1Gi}}}, status: {phase: Pending}")
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
     NODE("a") NODE("b") LOCAL VOLUME("v", "1Gi", "b") CLAIM("p", "local", RWO, "1Gi") POD("p", "p") POD("q", "p"),
     "bb"},
    {"an access mode that the volume does not offer",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a") CLAIM("p", "local", "ReadWriteMany", "1Gi") POD("p", "p"), "-"},
    {"a claim for one pod keeps the second out",
     NODE("a") NODE("b") CLASS("fast", "d") CLAIM("p", "fast", "ReadWriteOncePod", "1Gi") POD("p", "p") POD("q", "p"),
     "*-"},
    {"a driver's limit counts volumes that are made on the way",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") CLAIM("p", "fast", RWO, "1Gi") CLAIM("q", "fast", RWO, "1Gi")
         POD("p", "p") POD("q", "q"),
     "a-"},
    {"a volume counts once, however many pods use it",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") CLAIM("p", "fast", RWO, "1Gi") POD("p", "p") POD("q", "p"), "aa"},
    {"without a limit there is none",
     NODE("a") CLASS("fast", "d") CLAIM("p", "fast", RWO, "1Gi") CLAIM("q", "fast", RWO, "1Gi") POD("p", "p")
         POD("q", "q"),
     "aa"},
    {"a claim that does not exist", NODE("a") POD("p", "gone"), "-"},

    {"a claim that is bound at once gets a volume that is there",
     NODE("a") NODE("b") AT_ONCE("now", "d", "") VOLUME_OF("v", "2Gi", "now", "b") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "b"},
    {"or a new one", NODE("a") AT_ONCE("now", "d", "") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"), "a"},
    {"or waits when its class makes none",
     NODE("a") AT_ONCE("now", "kubernetes.io/no-provisioner", "") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"), "-"},
    {"the volume with the fewest access modes goes first, then the smallest",
     NODE("a") NODE("b") AT_ONCE("now", "d", "")
         ITEM("apiVersion: v1, kind: PersistentVolume, metadata: {name: u}, spec: {capacity: {storage: 1Gi}, accessModes: "
              "[ReadWriteOnce, ReadWriteMany], storageClassName: now}, status: {phase: Available}")
     VOLUME_OF("w", "9Gi", "now", "a") VOLUME_OF("v", "2Gi", "now", "b") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"), "b"},
    {"a new volume that only some nodes reach decides the node",
     NODE("a") NODE("b") AT_ONCE("now", "d", ", allowedTopologies: [{matchLabelExpressions: [{key: host, values: [b]}]}]")
         CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "b"},
    {"a claim without a class is one of the default class",
     NODE("a") ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: d, metadata: {name: std, annotations: "
                    "{storageclass.kubernetes.io/is-default-class: 'true'}}")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], "
              "resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "a"},
    {"without a default class it takes a volume without one",
     NODE("a") NODE("b") VOLUME_OF("v", "2Gi", "''", "b")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], "
              "resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "b"},
    {"a claim gets the volume that it names",
     NODE("a") NODE("b") LOCAL VOLUME("v", "1Gi", "a") VOLUME("w", "5Gi", "b")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], "
              "storageClassName: local, volumeName: w, resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "b"},
    {"but not when the volume is too small",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: [ReadWriteOnce], "
              "storageClassName: local, volumeName: v, resources: {requests: {storage: 2Gi}}}") POD("p", "p"),
     "-"},
    {"a claim whose node was decided is bound there",
     NODE("a") NODE("b") CLASS("fast", "d") CSI_NODE("a", "9") CSI_NODE("b", "9")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, annotations: "
              "{volume.kubernetes.io/selected-node: b}}, spec: {accessModes: [ReadWriteOnce], storageClassName: fast, "
              "resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "b"},

    {"the claim of an ephemeral volume is made for its pod", NODE("a") CLASS("fast", "d") EPHEMERAL("p", "fast"), "a"},
    {"each pod has its own", NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") EPHEMERAL("p", "fast") EPHEMERAL("q", "fast"), "a-"},
    {"unless there is one of its name, which must be the pod's",
     NODE("a") CLASS("fast", "d") CLAIM("p-v", "fast", RWO, "1Gi") EPHEMERAL("p", "fast"), "-"},
    {"a claim owned by another pod is not the pod's",
     NODE("a") CLASS("fast", "d") OWNED_CLAIM("p-v", "fast", "x") EPHEMERAL("p", "fast"), "-"},
    {"one that the pod owns is", NODE("a") CLASS("fast", "d") OWNED_CLAIM("p-v", "fast", "p") EPHEMERAL("p", "fast"), "a"},
};

static void write_file(char *path, const char *text)
{
    FILE *file = fdopen(mkstemp(path), "w");
    fputs(text, file);
    fclose(file);
}

/* A session with the manifests, feature gates and a configuration; NULL: none. */
static void open_session(struct session *session, const char *name, const char *manifests, const char *gates,
                         const char *config)
{
    struct err err = {0};
    char path[] = "/tmp/berth-test-XXXXXX", config_path[] = "/tmp/berth-test-XXXXXX";
    write_file(path, manifests);
    write_file(config_path, config ? config : "");
    const char *const files[] = {path};
    struct option_list flags = {&gates, gates != NULL, 1};
    struct session_options options = {
        .files = files, .files_len = 1, .feature_gates = &flags, .make_claims = true, .core.seed = 1,
        .config = config ? config_path : NULL};
    if (session_open(session, &options, &err) < 0)
        fail_msg("%s: %s", name, err_text(&err));
    unlink(path);
    unlink(config_path);
}

/* Runs the manifests and compares where the pods went. */
static void run(const char *name, const char *manifests, const char *nodes, const char *config)
{
    struct session session = {0};
    struct simulation simulation = {0};
    struct err err = {0};
    open_session(&session, name, manifests, NULL, config);
    if (simulate(session.core, &session.cluster, NULL, &simulation, &err) < 0)
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
        run(cases[i].name, cases[i].manifests, cases[i].nodes, NULL);
}

/* ---- limits of releases before CSI ---- */

#define OLD_NODE(name, more)                                                                                 \
    ITEM("apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {node.kubernetes.io/instance-type: m5.large}}, "  \
         "status: {allocatable: {cpu: '8', memory: 8Gi, pods: '110'" more "}}")
#define WITH_DISK(name, disk)                                                                                \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: [{name: c, image: i}], volumes: " \
         "[{name: v, " disk "}]}")
#define EBS(id) "awsElasticBlockStore: {volumeID: " id "}"
#define ONE_EBS ", attachable-volumes-aws-ebs: '1'"

static const struct {
    const char *name, *plugin, *manifests, *nodes;
} old_limits[] = {
    {"a node takes as many disks as it says", "EBSLimits", OLD_NODE("a", ONE_EBS) WITH_DISK("p", EBS("x")) WITH_DISK("q", EBS("w")), "a-"},
    {"a disk of another pod there", "EBSLimits", OLD_NODE("a", ONE_EBS) WITH_DISK("p", EBS("x"))
         ITEM("apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {nodeName: a, containers: [{name: c, image: i}], volumes: "
              "[{name: v, " EBS("w") "}]}"), "-a"},
    {"disks of another kind do not count", "GCEPDLimits", OLD_NODE("a", ONE_EBS) WITH_DISK("p", EBS("x")) WITH_DISK("q", EBS("w")), "aa"},
    {"Cinder disks", "CinderLimits", OLD_NODE("a", ", attachable-volumes-cinder: '1'")
         WITH_DISK("p", "cinder: {volumeID: x}") WITH_DISK("q", "cinder: {volumeID: w}"), "a-"},
    {"Azure disks", "AzureDiskLimits", OLD_NODE("a", ", attachable-volumes-azure-disk: '1'")
         WITH_DISK("p", "azureDisk: {diskName: x, diskURI: u}") WITH_DISK("q", "azureDisk: {diskName: w, diskURI: w}"), "a-"},
    {"claims that such disks will be made for", "EBSLimits", OLD_NODE("a", ONE_EBS) CLASS("fast", "kubernetes.io/aws-ebs")
         CLAIM("p", "fast", RWO, "1Gi") CLAIM("q", "fast", RWO, "1Gi") POD("p", "p") POD("q", "q"), "a-"},
    {"where a CSI driver took over, it counts", "EBSLimits", OLD_NODE("a", ONE_EBS)
         ITEM("apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: a, annotations: "
              "{storage.alpha.kubernetes.io/migrated-plugins: kubernetes.io/aws-ebs}}, spec: {drivers: []}")
         WITH_DISK("p", EBS("x")) WITH_DISK("q", EBS("w")), "aa"},
    {"a claim that does not exist", "EBSLimits", OLD_NODE("a", "") POD("p", "gone"), "-"},
};

static void old_limits_where_they_are_enabled(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(old_limits); i++) {
        struct buf config = {0};
        buf_printf(&config,
                   "apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n"
                   "profiles: [{plugins: {multiPoint: {enabled: [{name: %s}], disabled: [{name: NodeVolumeLimits}]}}}]\n",
                   old_limits[i].plugin);
        run(old_limits[i].name, old_limits[i].manifests, old_limits[i].nodes, config.ptr);
        buf_fini(&config);
    }
}

/* ---- scores ---- */

#define DRIVER ITEM("apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d}, spec: {storageCapacity: true}")
#define POOL(name, host, sizes)                                                                              \
    ITEM("apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, metadata: {name: " name ", namespace: default}, " \
         "storageClassName: fast, nodeTopology: {matchLabels: {host: " host "}}, " sizes)
#define TWO_NODES NODE("a") NODE("b")
#define FAST_CLAIM CLASS("fast", "d") CLAIM("p", "fast", RWO, "5Gi") POD("p", "p")

static const struct {
    const char *name, *manifests, *gates;
    int64_t a, b; /* VolumeBinding's score of the nodes; -1: it gave none */
} scored[] = {
    {"without the gate there is no score",
     TWO_NODES LOCAL VOLUME("v", "2Gi", "a") VOLUME("w", "4Gi", "b") CLAIM("p", "local", RWO, "1Gi") POD("p", "p"),
     "StorageCapacityScoring=false", -1, -1},
    {"the emptier a volume would be, the better",
     TWO_NODES LOCAL VOLUME("v", "2Gi", "a") VOLUME("w", "4Gi", "b") CLAIM("p", "local", RWO, "1Gi") POD("p", "p"),
     "StorageCapacityScoring=true", 50, 75},
    {"a pod without claims scores 0",
     TWO_NODES ITEM("apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}"),
     "StorageCapacityScoring=true", 0, 0},
    {"what is to be made counts by what its pool has free",
     TWO_NODES DRIVER POOL("pa", "a", "capacity: 10Gi") POOL("pb", "b", "capacity: 50Gi") FAST_CLAIM,
     "StorageCapacityScoring=true", 50, 90},
    {"the largest volume a pool makes decides whether it has room, not the score",
     TWO_NODES DRIVER POOL("pa", "a", "capacity: 10Gi, maximumVolumeSize: 5Gi") POOL("pb", "b", "capacity: 20Gi")
         FAST_CLAIM,
     "StorageCapacityScoring=true", 50, 75},
    {"a pool that says only how large a volume may be counts as full",
     TWO_NODES DRIVER POOL("pa", "a", "maximumVolumeSize: 50Gi") POOL("pb", "b", "capacity: 20Gi") FAST_CLAIM,
     "StorageCapacityScoring=true", 0, 75},
    {"a driver that tells no capacities scores 0", TWO_NODES POOL("pa", "a", "capacity: 10Gi") FAST_CLAIM,
     "StorageCapacityScoring=true", 0, 0},
};

static int64_t score_of(const struct explanation *x, uint32_t slot)
{
    for (uint32_t i = 0; i < x->score_plugins_len; i++)
        if (strcmp(x->score_plugins[i], "VolumeBinding") == 0)
            return x->scores[i][slot];
    return -1;
}

static void scores_by_capacity(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scored); i++) {
        struct session session = {0};
        struct explanation x;
        int64_t now_ns = 0;
        open_session(&session, scored[i].name, scored[i].manifests, scored[i].gates, NULL);
        assert_int_equal(simulate_setting(session.core, &session.cluster, false, &now_ns, NULL), 0);
        core_explain(session.core, session.cluster.pods.at[0].pod, &x);
        CHECK_INT(x.feasible_len, 2, scored[i].name);
        CHECK_INT(score_of(&x, x.feasible[0]), scored[i].a, scored[i].name);
        CHECK_INT(score_of(&x, x.feasible[1]), scored[i].b, scored[i].name);
        session_close(&session);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(volumes_of_simulated_pods),
        cmocka_unit_test(old_limits_where_they_are_enabled),
        cmocka_unit_test(scores_by_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
