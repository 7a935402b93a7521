/*
 * Kubernetes objects from values. Unknown fields are passed over; known fields of the wrong type, quantities
 * that do not parse and the like are errors whose text begins with the path:
 * spec.containers[0].resources.requests.cpu: "1x" is not a quantity.
 * The defaults of the API server that scheduling relies on are applied.
 */
#ifndef API_DECODE_H
#define API_DECODE_H

#include "api/catalog.h"
#include "api/storage.h"
#include "base/doc.h"

/* Kinds Berth knows, with their API groups. */
#define OBJECT_KINDS(X)                                                                            \
    X(POD, "Pod", "")                                                                              \
    X(NODE, "Node", "")                                                                            \
    X(NAMESPACE, "Namespace", "")                                                                  \
    X(PRIORITY_CLASS, "PriorityClass", "scheduling.k8s.io")                                        \
    X(SERVICE, "Service", "")                                                                      \
    X(REPLICATION_CONTROLLER, "ReplicationController", "")                                         \
    X(REPLICA_SET, "ReplicaSet", "apps")                                                           \
    X(STATEFUL_SET, "StatefulSet", "apps")                                                         \
    X(PERSISTENT_VOLUME, "PersistentVolume", "")                                                   \
    X(PERSISTENT_VOLUME_CLAIM, "PersistentVolumeClaim", "")                                        \
    X(STORAGE_CLASS, "StorageClass", "storage.k8s.io")                                             \
    X(CSI_NODE, "CSINode", "storage.k8s.io")                                                       \
    X(CSI_DRIVER, "CSIDriver", "storage.k8s.io")                                                   \
    X(CSI_STORAGE_CAPACITY, "CSIStorageCapacity", "storage.k8s.io")                                \
    X(VOLUME_ATTACHMENT, "VolumeAttachment", "storage.k8s.io")                                     \
    X(POD_DISRUPTION_BUDGET, "PodDisruptionBudget", "policy")

enum object_kind {
#define X(id, kind, group) OBJECT_##id,
    OBJECT_KINDS(X)
#undef X
    OBJECT_KIND_COUNT,
};

struct priority_class {
    uint32_t refs, size;
    berth_atom name;
    int32_t value;
    uint32_t global_default;
    uint32_t never_preempts; /* preemptionPolicy: Never */
};

/* A decoded object, owned by the holder (one reference). */
struct object {
    enum object_kind kind;
    union {
        const void *any;
        const struct berth_pod *pod;
        const struct berth_node *node;
        const struct berth_namespace *namespace;
        const struct priority_class *priority_class;
        const struct berth_workload *workload; /* SERVICE .. STATEFUL_SET */
        const struct berth_persistent_volume *volume;
        const struct berth_persistent_volume_claim *claim;
        const struct berth_storage_class *storage_class;
        const struct berth_csi_node *csi_node;
        const struct berth_csi_driver *csi_driver;
        const struct berth_csi_storage_capacity *csi_capacity;
        const struct berth_volume_attachment *attachment;
        const struct disruption_budget *budget;
    };
};

/* What admission still has to settle about a decoded pod. */
struct pod_facts {
    berth_atom priority_class; /* spec.priorityClassName, NULL when not given */
    bool priority_given;       /* spec.priority was there */
    bool finished;             /* status.phase is Succeeded or Failed */
    bool pending;              /* status.phase says Pending and nothing shows it was ever bound: no
                                  startTime, no condition PodScheduled=True */
    bool starting;             /* status.phase is Pending: its containers do not all run yet */
    bool not_ready;            /* the status says that the pod is not Ready */
    bool mirror;               /* it stands for a static pod of its node's kubelet */
};

/* The kind of apiVersion and kind; false when Berth does not know it. Any version of a group will do. */
bool object_kind_of(berth_str api_version, berth_str kind, enum object_kind *ret_kind);

/* Whether Kubernetes has ever served this version of a group that holds kinds known here. */
bool object_version_known(berth_str api_version);

/*
 * Decodes one object of a known kind. `ret_facts` is filled for pods, may be NULL. A pod without a uid is
 * taken as new: it gets what its creation by the API server would add (default tolerations; matchLabelKeys
 * and mismatchLabelKeys merged into its affinity terms). Returns -EINVAL for bad input, -ENOMEM.
 */
int object_decode(struct catalog *c, enum object_kind kind, const struct berth_value *value,
                  struct object *ret_object, struct pod_facts *ret_facts, struct err *err);

/* The value that the last object_decode() of this catalog complained about; NULL when there is none. */
const struct berth_value *decode_culprit(const struct catalog *c);

/* Gives back one reference to the object, whatever its kind. */
void object_unref(struct catalog *c, struct object *o);

#endif
