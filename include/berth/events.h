/*
 * Cluster events and queueing hints: how a plugin says which changes could make a pod schedulable that it
 * rejected (KEP-4247). A rejected pod waits until an event comes that one of the plugins that rejected it has
 * registered, and whose hint says that it may help.
 */
#ifndef BERTH_EVENTS_H
#define BERTH_EVENTS_H

#include <berth/objects.h>

/* What changed. Registered POD covers assigned and pending pods; events name one of the two. */
#define BERTH_RESOURCES(X)                                                                         \
    X(POD, "Pod")                                                                                  \
    X(ASSIGNED_POD, "AssignedPod")                                                                 \
    X(UNSCHEDULABLE_POD, "UnschedulablePod")                                                       \
    X(NODE, "Node")                                                                                \
    X(PERSISTENT_VOLUME, "PersistentVolume")                                                       \
    X(PERSISTENT_VOLUME_CLAIM, "PersistentVolumeClaim")                                            \
    X(CSI_NODE, "storage.k8s.io/CSINode")                                                          \
    X(CSI_DRIVER, "storage.k8s.io/CSIDriver")                                                      \
    X(VOLUME_ATTACHMENT, "storage.k8s.io/VolumeAttachment")                                        \
    X(CSI_STORAGE_CAPACITY, "storage.k8s.io/CSIStorageCapacity")                                   \
    X(STORAGE_CLASS, "storage.k8s.io/StorageClass")                                                \
    X(RESOURCE_CLAIM, "resource.k8s.io/ResourceClaim")                                             \
    X(RESOURCE_SLICE, "resource.k8s.io/ResourceSlice")                                             \
    X(DEVICE_CLASS, "resource.k8s.io/DeviceClass")                                                 \
    X(WILDCARD, "*") /* everything: pods rejected by anybody */
enum berth_event_resource {
#define X(id, name) BERTH_ON_##id,
    BERTH_RESOURCES(X)
#undef X
};

/* What happened to it, as bits. The order is upstream's and matters: see berth_event_matches(). */
#define BERTH_ACTIONS(X)                                                                           \
    X(ADD, "Add")                                                                                  \
    X(DELETE, "Delete")                                                                            \
    X(NODE_ALLOCATABLE, "UpdateNodeAllocatable")                                                   \
    X(NODE_LABEL, "UpdateNodeLabel")                                                               \
    X(NODE_TAINT, "UpdateNodeTaint") /* taints, or spec.unschedulable became false */              \
    X(NODE_CONDITION, "UpdateNodeCondition")                                                       \
    X(NODE_ANNOTATION, "UpdateNodeAnnotation")                                                     \
    X(NODE_DECLARED_FEATURE, "UpdateNodeDeclaredFeature")                                          \
    X(POD_LABEL, "UpdatePodLabel")                                                                 \
    X(POD_SCALE_DOWN, "UpdatePodScaleDown")                                                        \
    X(POD_TOLERATION, "UpdatePodToleration")                                                       \
    X(POD_GATES_GONE, "UpdatePodSchedulingGatesEliminated")                                        \
    X(POD_GENERATED_CLAIM, "UpdatePodGeneratedResourceClaim")
enum berth_event_bit {
#define X(id, name) BERTH_BIT_##id,
    BERTH_ACTIONS(X)
#undef X
    BERTH_ACTION_BITS,
};
enum berth_event_action {
#define X(id, name) BERTH_##id = 1 << BERTH_BIT_##id,
    BERTH_ACTIONS(X)
#undef X
    BERTH_ALL_ACTIONS = (1 << BERTH_ACTION_BITS) - 1,
    BERTH_UPDATE = BERTH_ALL_ACTIONS & ~(BERTH_ADD | BERTH_DELETE), /* any, or one of no special kind */
};

/* An event, or what a plugin registered for. */
struct berth_event {
    uint32_t resource; /* enum berth_event_resource */
    uint32_t actions;  /* enum berth_event_action, joined for registrations */
};

/*
 * The event and the object before and after it; NULL where there is none. The type follows from the resource:
 * struct berth_pod, struct berth_node ...
 */
struct berth_change {
    struct berth_event event;
    const void *old_object;
    const void *new_object;
};

enum berth_hint {
    BERTH_HINT_SKIP,  /* the change does not help */
    BERTH_HINT_QUEUE, /* it may help: try the pod again */
    BERTH_HINT_ERROR, /* cannot tell: counts as QUEUE */
};

static inline enum berth_hint berth_hint_if(bool helps)
{
    return helps ? BERTH_HINT_QUEUE : BERTH_HINT_SKIP;
}

struct berth_cycle;

/*
 * One entry of a plugin's list. `hint` is asked about the waiting pod (c->pod; the cycle has no nodes and no
 * state); NULL: every such event helps.
 */
struct berth_registration {
    struct berth_event event;
    enum berth_hint (*hint)(const struct berth_cycle *c, const struct berth_change *change);
};

/*
 * Whether an event is one that was registered: the resource is the same (POD covers both kinds of pods), an
 * action is shared, and the event's actions as a number are not greater than the registered ones, so that a
 * general UPDATE matches only who registered all of it.
 */
static inline bool berth_event_matches(struct berth_event registered, struct berth_event event)
{
    bool is_pod = event.resource == BERTH_ON_ASSIGNED_POD || event.resource == BERTH_ON_UNSCHEDULABLE_POD;
    bool resource = registered.resource == BERTH_ON_WILDCARD || registered.resource == event.resource
                    || (registered.resource == BERTH_ON_POD && is_pod);
    return resource && (registered.actions & event.actions) && event.actions <= registered.actions;
}

#endif
