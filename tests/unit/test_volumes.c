/* Volumes in a simulated run: what is bound to what, and which pods must wait. */
#include "session_text.h"
#include "sim/claim_outlook.h"
#include "sim/claims.h"
#include "sim/simulate.h"

#define ITEM(text) "---\n{" text "}\n"
#define NODE(name)                                                                                           \
    ITEM("apiVersion: v1, kind: Node, "                                                                      \
         "metadata: {name: " name ", labels: {host: " name ", zone: z" name "}}, "                           \
         "status: {allocatable: {cpu: '8', memory: 8Gi, pods: '10'}}")
#define CLASS(name, provisioner) AT_ONCE(name, provisioner, ", volumeBindingMode: WaitForFirstConsumer")
#define VOLUME(name, size, host) VOLUME_OF(name, size, "local", host)
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
#define AT_ONCE(name, provisioner, more)                                                                     \
    ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: " name "}, "                   \
         "provisioner: " provisioner more)
#define VOLUME_OF(name, size, class, host)                                                                   \
    ITEM("apiVersion: v1, kind: PersistentVolume, metadata: {name: " name "}, "                              \
         "spec: {capacity: {storage: " size "}, accessModes: [ReadWriteOnce], storageClassName: " class ", " \
         "nodeAffinity: {required: {nodeSelectorTerms: "                                                     \
         "[{matchExpressions: [{key: host, operator: In, values: [" host "]}]}]}}}, "                        \
         "status: {phase: Available}")
#define EPHEMERAL(name, class)                                                                               \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, spec: {containers: [{name: c, image: i}], " \
         "volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], "       \
         "storageClassName: " class ", resources: {requests: {storage: 1Gi}}}}}}]}")
#define OWNED_CLAIM(name, class, pod)                                                                        \
    ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name ", "                          \
         "ownerReferences: [{apiVersion: v1, kind: Pod, name: " pod ", controller: true}]}, "                \
         "spec: {accessModes: [ReadWriteOnce], storageClassName: " class ", "                                \
         "resources: {requests: {storage: 1Gi}}}, status: {phase: Pending}")
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
     NODE("a") NODE("b") LOCAL VOLUME("v", "1Gi", "b") CLAIM("p", "local", RWO, "1Gi") POD("p", "p")
         POD("q", "p"),
     "bb"},
    {"an access mode that the volume does not offer",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a") CLAIM("p", "local", "ReadWriteMany", "1Gi") POD("p", "p"), "-"},
    {"a claim for one pod keeps the second out",
     NODE("a") NODE("b") CLASS("fast", "d") CLAIM("p", "fast", "ReadWriteOncePod", "1Gi") POD("p", "p")
         POD("q", "p"),
     "*-"},
    {"a driver's limit counts volumes that are made on the way",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") CLAIM("p", "fast", RWO, "1Gi")
         CLAIM("q", "fast", RWO, "1Gi") POD("p", "p") POD("q", "q"),
     "a-"},
    {"a volume counts once, however many pods use it",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") CLAIM("p", "fast", RWO, "1Gi") POD("p", "p")
         POD("q", "p"),
     "aa"},
    {"without a limit there is none",
     NODE("a") CLASS("fast", "d") CLAIM("p", "fast", RWO, "1Gi") CLAIM("q", "fast", RWO, "1Gi") POD("p", "p")
         POD("q", "q"),
     "aa"},
    {"a claim that does not exist", NODE("a") POD("p", "gone"), "-"},

    {"a claim that is bound at once gets a volume that is there",
     NODE("a") NODE("b") AT_ONCE("now", "d", "") VOLUME_OF("v", "2Gi", "now", "b")
         CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "b"},
    {"or a new one", NODE("a") AT_ONCE("now", "d", "") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"), "a"},
    {"or waits when its class makes none",
     NODE("a") AT_ONCE("now", "kubernetes.io/no-provisioner", "") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "-"},
    {"the volume with the fewest access modes goes first, then the smallest",
     NODE("a") NODE("b") AT_ONCE("now", "d", "")
         ITEM("apiVersion: v1, kind: PersistentVolume, metadata: {name: u}, spec: {capacity: {storage: 1Gi}, "
              "accessModes: "
              "[ReadWriteOnce, ReadWriteMany], storageClassName: now}, status: {phase: Available}")
             VOLUME_OF("w", "9Gi", "now", "a") VOLUME_OF("v", "2Gi", "now", "b") CLAIM("p", "now", RWO, "1Gi")
                 POD("p", "p"),
     "b"},
    {"a new volume that only some nodes reach decides the node",
     NODE("a") NODE("b")
         AT_ONCE("now", "d", ", allowedTopologies: [{matchLabelExpressions: [{key: host, values: [b]}]}]")
             CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "b"},
    {"a claim without a class is one of the default class",
     NODE("a") ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: d, metadata: {name: "
                    "std, annotations: "
                    "{storageclass.kubernetes.io/is-default-class: 'true'}}")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: "
              "[ReadWriteOnce], "
              "resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "a"},
    {"without a default class it takes a volume without one",
     NODE("a") NODE("b") VOLUME_OF("v", "2Gi", "''", "b")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: "
              "[ReadWriteOnce], "
              "resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "b"},
    {"a claim gets the volume that it names",
     NODE("a") NODE("b") LOCAL VOLUME("v", "1Gi", "a") VOLUME("w", "5Gi", "b")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: "
              "[ReadWriteOnce], "
              "storageClassName: local, volumeName: w, resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "b"},
    {"but not when the volume is too small",
     NODE("a") LOCAL VOLUME("v", "1Gi", "a")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p}, spec: {accessModes: "
              "[ReadWriteOnce], "
              "storageClassName: local, volumeName: v, resources: {requests: {storage: 2Gi}}}") POD("p", "p"),
     "-"},
    {"a claim whose node was decided is bound there",
     NODE("a") NODE("b") CLASS("fast", "d") CSI_NODE("a", "9") CSI_NODE("b", "9")
         ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: p, annotations: "
              "{volume.kubernetes.io/selected-node: b}}, spec: {accessModes: [ReadWriteOnce], "
              "storageClassName: fast, "
              "resources: {requests: {storage: 1Gi}}}") POD("p", "p"),
     "b"},

    {"the claim of an ephemeral volume is made for its pod",
     NODE("a") CLASS("fast", "d") EPHEMERAL("p", "fast"), "a"},
    {"each pod has its own",
     NODE("a") CLASS("fast", "d") CSI_NODE("a", "1") EPHEMERAL("p", "fast") EPHEMERAL("q", "fast"), "a-"},
    {"unless there is one of its name, which must be the pod's",
     NODE("a") CLASS("fast", "d") CLAIM("p-v", "fast", RWO, "1Gi") EPHEMERAL("p", "fast"), "-"},
    {"a claim owned by another pod is not the pod's",
     NODE("a") CLASS("fast", "d") OWNED_CLAIM("p-v", "fast", "x") EPHEMERAL("p", "fast"), "-"},
    {"one that the pod owns is",
     NODE("a") CLASS("fast", "d") OWNED_CLAIM("p-v", "fast", "p") EPHEMERAL("p", "fast"), "a"},
};

/* A session with the manifests, feature gates and a configuration; NULL: none. */
static void open_session(struct session *session, const char *name, const char *manifests, const char *gates,
                         const char *config)
{
    struct err err = {0};
    char path[] = "/tmp/berth-test-XXXXXX";
    write_temporary(path, config ? config : "");
    struct option_list flags = {&gates, gates != NULL, 1};
    struct session_options options = {
        .feature_gates = &flags, .make_claims = true, .config = config ? path : NULL};
    if (session_of(session, manifests, options, &err) < 0)
        fail_msg("%s: %s", name, err_text(&err));
    unlink(path);
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

/* ---- what an explanation is made of ---- */

/* The cluster with its claims as given, in the session's core, and in another one as they will be. */
static void settle(struct session *session, const char *name, const char *manifests,
                   struct core **ret_settled)
{
    struct err err = {0};
    int64_t now_ns = 0, then_ns = 0;
    open_session(session, name, manifests, NULL, NULL);
    if (simulate_setting(session->core, &session->cluster, false, &now_ns, &err) < 0
        || session_add_core(session, ret_settled, &err) < 0
        || simulate_setting(*ret_settled, &session->cluster, false, &then_ns, &err) < 0
        || claims_provide(*ret_settled, &session->cluster, 1, &then_ns, &err) < 0)
        fail_msg("%s: %s", name, err_text(&err));
    CHECK(core_ok(*ret_settled), name);
}

static void the_first_pod_fits_in_the_settled_cluster_if_a_run_places_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct session session = {0};
        struct core *settled = NULL;
        struct explanation x;
        settle(&session, cases[i].name, cases[i].manifests, &settled);
        core_explain(settled, session.cluster.pods.at[0].pod, &x);
        CHECK_INT(x.feasible_len > 0, cases[i].nodes[0] != '-', cases[i].name);
        core_free(settled);
        session_close(&session);
    }
}

#define CLASSLESS(name)                                                                                      \
    ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name "}, spec: {accessModes: "     \
         "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}")
#define MORE(name, meta, spec)                                                                               \
    ITEM("apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: " name meta "}, "                    \
         "spec: {accessModes: [ReadWriteOnce], storageClassName: " spec                                      \
         ", resources: {requests: {storage: 1Gi}}}")
#define DEFAULT(name, more)                                                                                  \
    ITEM("apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: d, metadata: {name: " name ", "    \
         "annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}" more)
#define AT_ONCE_D AT_ONCE("now", "d", "")

static const struct {
    const char *name, *manifests;
    const char *outlooks; /* of the claims of the first pod, in the words of tell() */
    uint32_t now, then;   /* on how many nodes it fits */
} outlooks[] = {
    {"a bound claim is no matter of anybody",
     NODE("a") VOLUME_OF("v", "1Gi", "now", "a") AT_ONCE_D MORE(
         "p", ", annotations: {pv.kubernetes.io/bind-completed: 'yes'}", "now, volumeName: v") POD("p", "p"),
     "", 1, 1},
    {"nor is one that waits for its pod",
     NODE("a") CLASS("fast", "d") CLAIM("p", "fast", RWO, "1Gi") POD("p", "p"), "", 1, 1},
    {"nor one that does not exist", NODE("a") POD("p", "gone"), "", 0, 0},
    {"a volume that is there",
     NODE("a") NODE("b") AT_ONCE_D VOLUME_OF("v", "2Gi", "now", "b") CLAIM("p", "now", RWO, "1Gi")
         POD("p", "p"),
     "p now: v;", 0, 1},
    {"a new volume", NODE("a") NODE("b") AT_ONCE_D CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "p now: new of d;", 0, 2},
    {"a new volume that is made somewhere",
     NODE("a") NODE("b") AT_ONCE_D CSI_NODE("a", "9") CSI_NODE("b", "9") CLAIM("p", "now", RWO, "1Gi")
         POD("p", "p"),
     "p now: new of d somewhere;", 0, 1},
    {"where it is made has been decided",
     NODE("a") NODE("b") CLASS("fast", "d") CSI_NODE("a", "9") CSI_NODE("b", "9")
         MORE("p", ", annotations: {volume.kubernetes.io/selected-node: b}", "fast") POD("p", "p"),
     "p fast: new of d;", 1, 1},
    {"the default class", NODE("a") DEFAULT("std", "") CLASSLESS("p") POD("p", "p"),
     "p std by default: new of d;", 0, 1},
    {"the default class lets claims wait",
     NODE("a") DEFAULT("std", ", volumeBindingMode: WaitForFirstConsumer") CLASSLESS("p") POD("p", "p"),
     "p std by default: with the pod;", 0, 1},
    {"an ephemeral volume", NODE("a") AT_ONCE_D EPHEMERAL("p", "now"), "p-v now made: new of d;", 0, 1},
    {"an ephemeral volume that waits", NODE("a") CLASS("fast", "d") EPHEMERAL("p", "fast"),
     "p-v fast made: with the pod;", 0, 1},
    {"an ephemeral volume whose claim is there",
     NODE("a") AT_ONCE_D OWNED_CLAIM("p-v", "now", "p") EPHEMERAL("p", "now"), "p-v now: new of d;", 0, 1},
    {"two volumes of one claim are one",
     NODE("a") AT_ONCE_D CLAIM("p", "now", RWO, "1Gi")
         ITEM("apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}], "
              "volumes: ["
              "{name: v, persistentVolumeClaim: {claimName: p}}, {name: w, persistentVolumeClaim: "
              "{claimName: p}}]}"),
     "p now: new of d;", 0, 1},
    {"a claim that was first in the input has taken the volume",
     NODE("a") AT_ONCE("now", "kubernetes.io/no-provisioner", "") VOLUME_OF("v", "1Gi", "now", "a")
         CLAIM("q", "now", RWO, "1Gi") CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "p now: stays, no free volume suits it, and its class makes none;", 0, 0},
    {"a class that does not exist", NODE("a") CLAIM("p", "gone", RWO, "1Gi") POD("p", "p"),
     "p gone: stays, its class does not exist, and no free volume of that class suits it;", 0, 0},
    {"no class, and none is the default", NODE("a") CLASSLESS("p") POD("p", "p"),
     "p -: stays, it names no class, no class is the default, and no free volume without a class suits it;",
     0, 0},
    {"no class is wanted", NODE("a") DEFAULT("std", "") CLAIM("p", "''", RWO, "1Gi") POD("p", "p"),
     "p -: stays, it asks for a volume without a class, and no free one suits it;", 0, 0},
    {"no node is allowed",
     NODE("a")
         AT_ONCE("now", "d", ", allowedTopologies: [{matchLabelExpressions: [{key: host, values: [z]}]}]")
             CLAIM("p", "now", RWO, "1Gi") POD("p", "p"),
     "p now: stays, none of the nodes is one that its class makes volumes for;", 0, 0},
    {"the named volume is too small",
     NODE("a") LOCAL VOLUME("v", "1Mi", "a") MORE("p", "", "local, volumeName: v") POD("p", "p"),
     "p local: stays, the volume that it names is not one that it may have;", 0, 0},
    {"the named volume is not there", NODE("a") LOCAL MORE("p", "", "local, volumeName: v") POD("p", "p"),
     "p local: stays, the volume that it names does not exist;", 0, 0},
    {"a claim that is being deleted",
     NODE("a") AT_ONCE_D MORE("p", ", deletionTimestamp: '2026-01-01T00:00:00Z'", "now") POD("p", "p"),
     "p now: stays, it is being deleted;", 0, 0},
    {"one stays, one is made",
     NODE("a") AT_ONCE_D CLAIM("p", "gone", RWO, "1Gi") ITEM(
         "apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}], volumes: "
         "["
         "{name: u, persistentVolumeClaim: {claimName: p}}, {name: v, ephemeral: {volumeClaimTemplate: "
         "{spec: "
         "{accessModes: [ReadWriteOnce], storageClassName: now, resources: {requests: {storage: 1Gi}}}}}}]}"),
     "p gone: stays, its class does not exist, and no free volume of that class suits it;p-v now made: new "
     "of d;",
     0, 0},
};

static void tell(struct buf *b, const struct claim_outlook *o)
{
    bool has_class = o->storage_class && o->storage_class->len;
    buf_printf(b, "%s %s%s%s: ", o->name->text, has_class ? o->storage_class->text : "-",
               o->made ? " made" : "", o->defaulted ? " by default" : "");
    switch (o->fate) {
    case CLAIM_GETS_VOLUME:
        buf_puts(b, o->volume->text);
        break;
    case CLAIM_GETS_NEW_VOLUME:
        buf_printf(b, "new of %s%s", o->provisioner->text, o->drawn ? " somewhere" : "");
        break;
    case CLAIM_WAITS:
        buf_puts(b, "with the pod");
        break;
    case CLAIM_STAYS:
        buf_printf(b, "stays, %s", o->why);
        break;
    }
    buf_puts(b, ";");
}

static uint32_t fits_on(struct core *core, const struct berth_pod *pod)
{
    struct explanation x;
    core_explain(core, pod, &x);
    return x.feasible_len;
}

static void what_becomes_of_claims(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outlooks); i++) {
        struct session session = {0};
        struct core *settled = NULL;
        claim_outlooks list = {0};
        struct buf told = {0};
        settle(&session, outlooks[i].name, outlooks[i].manifests, &settled);
        const struct berth_pod *pod = session.cluster.pods.at[0].pod;
        assert_int_equal(claims_look_ahead(session.core, settled, pod, &list, NULL), 0);
        buf_puts(&told, "");
        for (size_t k = 0; k < list.len; k++)
            tell(&told, &list.at[k]);
        CHECK_STR(buf_view(&told), outlooks[i].outlooks, outlooks[i].name);
        CHECK(claims_unsettled(session.core, pod) == (list.len > 0), outlooks[i].name);
        CHECK_INT(fits_on(session.core, pod), outlooks[i].now, outlooks[i].name);
        CHECK_INT(fits_on(settled, pod), outlooks[i].then, outlooks[i].name);
        buf_fini(&told);
        vec_fini(&list);
        core_free(settled);
        session_close(&session);
    }
}

/* ---- limits of releases before CSI ---- */

#define OLD_NODE(name, more)                                                                                 \
    ITEM("apiVersion: v1, kind: Node, "                                                                      \
         "metadata: {name: " name ", labels: {node.kubernetes.io/instance-type: m5.large}}, "                \
         "status: {allocatable: {cpu: '8', memory: 8Gi, pods: '110'" more "}}")
#define WITH_DISK(name, disk)                                                                                \
    ITEM("apiVersion: v1, kind: Pod, metadata: {name: " name "}, "                                           \
         "spec: {containers: [{name: c, image: i}], volumes: [{name: v, " disk "}]}")
#define EBS(id) "awsElasticBlockStore: {volumeID: " id "}"
#define ONE_EBS ", attachable-volumes-aws-ebs: '1'"

static const struct {
    const char *name, *plugin, *manifests, *nodes;
} old_limits[] = {
    {"a node takes as many disks as it says", "EBSLimits",
     OLD_NODE("a", ONE_EBS) WITH_DISK("p", EBS("x")) WITH_DISK("q", EBS("w")), "a-"},
    {"a disk of another pod there", "EBSLimits",
     OLD_NODE("a", ONE_EBS) WITH_DISK("p", EBS("x"))
         ITEM("apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {nodeName: a, containers: [{name: c, "
              "image: i}], volumes: "
              "[{name: v, " EBS("w") "}]}"),
     "-a"},
    {"disks of another kind do not count", "GCEPDLimits",
     OLD_NODE("a", ONE_EBS) WITH_DISK("p", EBS("x")) WITH_DISK("q", EBS("w")), "aa"},
    {"Cinder disks", "CinderLimits",
     OLD_NODE("a", ", attachable-volumes-cinder: '1'") WITH_DISK("p", "cinder: {volumeID: x}")
         WITH_DISK("q", "cinder: {volumeID: w}"),
     "a-"},
    {"Azure disks", "AzureDiskLimits",
     OLD_NODE("a", ", attachable-volumes-azure-disk: '1'") WITH_DISK(
         "p", "azureDisk: {diskName: x, diskURI: u}") WITH_DISK("q", "azureDisk: {diskName: w, diskURI: w}"),
     "a-"},
    {"claims that such disks will be made for", "EBSLimits",
     OLD_NODE("a", ONE_EBS) CLASS("fast", "kubernetes.io/aws-ebs") CLAIM("p", "fast", RWO, "1Gi")
         CLAIM("q", "fast", RWO, "1Gi") POD("p", "p") POD("q", "q"),
     "a-"},
    {"where a CSI driver took over, it counts", "EBSLimits",
     OLD_NODE("a", ONE_EBS)
         ITEM("apiVersion: storage.k8s.io/v1, kind: CSINode, metadata: {name: a, annotations: "
              "{storage.alpha.kubernetes.io/migrated-plugins: kubernetes.io/aws-ebs}}, spec: {drivers: []}")
             WITH_DISK("p", EBS("x")) WITH_DISK("q", EBS("w")),
     "aa"},
    {"a claim that does not exist", "EBSLimits", OLD_NODE("a", "") POD("p", "gone"), "-"},
};

static void old_limits_where_they_are_enabled(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(old_limits); i++) {
        struct buf config = {0};
        buf_printf(&config,
                   "apiVersion: kubescheduler.config.k8s.io/v1beta3\nkind: KubeSchedulerConfiguration\n"
                   "profiles: [{plugins: {multiPoint: {enabled: [{name: %s}], disabled: [{name: "
                   "NodeVolumeLimits}]}}}]\n",
                   old_limits[i].plugin);
        run(old_limits[i].name, old_limits[i].manifests, old_limits[i].nodes, config.ptr);
        buf_fini(&config);
    }
}

/* ---- scores ---- */

#define DRIVER                                                                                               \
    ITEM("apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: d}, spec: {storageCapacity: true}")
#define POOL(name, host, sizes)                                                                              \
    ITEM("apiVersion: storage.k8s.io/v1, kind: CSIStorageCapacity, "                                         \
         "metadata: {name: " name ", namespace: default}, "                                                  \
         "storageClassName: fast, nodeTopology: {matchLabels: {host: " host "}}, " sizes)
#define TWO_NODES NODE("a") NODE("b")
#define FAST_CLAIM CLASS("fast", "d") CLAIM("p", "fast", RWO, "5Gi") POD("p", "p")

static const struct {
    const char *name, *manifests, *gates;
    int64_t a, b; /* VolumeBinding's score of the nodes; -1: it gave none */
} scored[] = {
    {"without the gate there is no score",
     TWO_NODES LOCAL VOLUME("v", "2Gi", "a") VOLUME("w", "4Gi", "b") CLAIM("p", "local", RWO, "1Gi")
         POD("p", "p"),
     "StorageCapacityScoring=false", -1, -1},
    {"the emptier a volume would be, the better",
     TWO_NODES LOCAL VOLUME("v", "2Gi", "a") VOLUME("w", "4Gi", "b") CLAIM("p", "local", RWO, "1Gi")
         POD("p", "p"),
     "StorageCapacityScoring=true", 50, 75},
    {"a pod without claims scores 0",
     TWO_NODES ITEM(
         "apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}"),
     "StorageCapacityScoring=true", 0, 0},
    {"what is to be made counts by what its pool has free",
     TWO_NODES DRIVER POOL("pa", "a", "capacity: 10Gi") POOL("pb", "b", "capacity: 50Gi") FAST_CLAIM,
     "StorageCapacityScoring=true", 50, 90},
    {"the largest volume a pool makes decides whether it has room, not the score",
     TWO_NODES DRIVER POOL("pa", "a", "capacity: 10Gi, maximumVolumeSize: 5Gi")
         POOL("pb", "b", "capacity: 20Gi") FAST_CLAIM,
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
        cmocka_unit_test(the_first_pod_fits_in_the_settled_cluster_if_a_run_places_it),
        cmocka_unit_test(what_becomes_of_claims),
        cmocka_unit_test(old_limits_where_they_are_enabled),
        cmocka_unit_test(scores_by_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
