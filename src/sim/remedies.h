/*
 * What would have to be different for a pod that fits nowhere: the smallest changes of the pod or of the
 * cluster, each of them tried out in the core. Nothing here is a guess: a change is in the list because the
 * pod fits with it, and the number of nodes is how many then took it.
 */
#ifndef SIM_REMEDIES_H
#define SIM_REMEDIES_H

#include "api/pod_edit.h"
#include "base/arena.h"
#include "base/vec.h"
#include "core/core.h"

/*
 * id, name, cost. 1: only says what is allowed; 2: takes a part of a quantity; 3: work on other pods or on a
 * node in trouble; 4: gives up a rule of the pod; 5: gives up a part of the pod; 6: a machine.
 */
#define REMEDY_KINDS(X)                                                                                      \
    X(REMOVE_GATES, "removeSchedulingGates", 1)                                                              \
    X(UNCORDON, "uncordon", 1)                                                                               \
    X(TOLERATE, "tolerate", 1)                                                                               \
    X(LABEL_NODE, "labelNode", 1)                                                                            \
    X(FREE, "free", 2)                                                                                       \
    X(LOWER_REQUEST, "lowerRequest", 2)                                                                      \
    X(RAISE_MAX_SKEW, "raiseMaxSkew", 2)                                                                     \
    X(MOVE_PODS, "movePods", 3)                                                                              \
    X(CLEAR_TAINT, "clearTaint", 3)                                                                          \
    X(CLEAR_NODE_NAME, "clearNodeName", 4)                                                                   \
    X(DROP_NODE_SELECTOR, "dropNodeSelector", 4)                                                             \
    X(DROP_NODE_REQUIREMENT, "dropNodeRequirement", 4)                                                       \
    X(DROP_NODE_AFFINITY, "dropNodeAffinity", 4)                                                             \
    X(DROP_AFFINITY, "dropAffinityTerm", 4)                                                                  \
    X(DROP_ANTI_AFFINITY, "dropAntiAffinityTerm", 4)                                                         \
    X(DROP_SPREAD, "dropSpreadConstraint", 4)                                                                \
    X(DROP_PORT, "dropHostPort", 5)                                                                          \
    X(DROP_VOLUME, "dropVolume", 5)                                                                          \
    X(ADD_NODE, "addNode", 6)

enum remedy_kind {
#define X(id, name, cost) REMEDY_##id,
    REMEDY_KINDS(X)
#undef X
        REMEDY_KIND_COUNT,
};

/* One thing that is done. Whatever the kind does not need is zero. */
struct remedy_step {
    uint32_t kind;        /* enum remedy_kind */
    struct pod_edit edit; /* of the pod; places are those of the pod as it came. CLEAR_TAINT: the taint */
    const struct core_freed *freed; /* FREE: these amounts, on one node */
    uint32_t freed_len;
    const struct berth_pod *const *moved; /* MOVE_PODS; they live as long as the core has them */
    uint32_t moved_len;
    const struct berth_node *like;    /* ADD_NODE: a new one like this, likewise */
    const struct berth_label *labels; /* LABEL_NODE, ADD_NODE: labels to set */
    uint32_t labels_len;
    uint32_t share; /* how much it takes: thousandths of a quantity, or a number of pods */
};

struct remedy {
    const struct remedy_step *steps; /* all of them together */
    uint32_t steps_len;
    uint32_t nodes;     /* so many nodes take the pod then; where a node is changed: if each of them were */
    berth_atom example; /* one of them; NULL: the new node */
};

/* Zero-initialise; release with remedies_fini(). */
struct remedies {
    struct arena arena;
    VEC(struct remedy) list; /* the smallest first */
};

/*
 * Finds changes with which the pod fits somewhere. Pairs of changes are tried when no single one but a new
 * node helps; a pod that is gated is taken as one without gates, which is then a step of every change. The
 * smallest come first: by the sum of the steps' costs, then by their shares, then those with more nodes. At
 * most two changes of the same kinds are kept. Takes a bounded number of evaluations. The list is empty when
 * nothing helped, or no profile is responsible for the pod.
 */
void remedies_find(struct core *core, struct catalog *catalog, const struct berth_pod *pod,
                  struct remedies *ret_remedies);

/* "tolerate", "free" ... */
const char *remedy_kind_name(enum remedy_kind kind);

void remedies_fini(struct remedies *remedies);

#endif
