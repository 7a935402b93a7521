/*
 * Pods and nodes that differ from others in little, for asking what would be if. Objects never change, so an
 * edit makes a new one: a pod of a class of its own, a node of the same or another name.
 */
#ifndef API_POD_EDIT_H
#define API_POD_EDIT_H

#include "api/catalog.h"

enum pod_edit_kind {
    POD_EDIT_REQUEST,          /* requests `amount` of `resource` */
    POD_EDIT_TOLERATION,       /* tolerates `taint` */
    POD_EDIT_NODE_SELECTOR,    /* without entry `at` of node_selector */
    POD_EDIT_NODE_REQUIREMENT, /* required_nodes[at] without requirement `part`: expressions first, then
                                  fields */
    POD_EDIT_NODE_AFFINITY,    /* without required node affinity */
    POD_EDIT_AFFINITY,         /* without required_affinity[at] */
    POD_EDIT_ANTI_AFFINITY,    /* without required_anti_affinity[at] */
    POD_EDIT_SPREAD,           /* without spread[at] */
    POD_EDIT_MAX_SKEW,         /* spread[at] with the maxSkew `amount` */
    POD_EDIT_PORT,             /* without ports[at] */
    POD_EDIT_VOLUME,           /* without volumes[at] */
    POD_EDIT_GATES,            /* without scheduling gates */
    POD_EDIT_NODE_NAME,        /* without spec.nodeName */
};

struct pod_edit {
    uint32_t kind; /* enum pod_edit_kind */
    uint32_t at, part;
    int64_t amount;
    berth_atom resource; /* "cpu", "memory", "ephemeral-storage" or that of a scalar */
    struct berth_taint taint;
};

/*
 * The pod with all the edits made, no two of them the same; places in lists are those of `pod`, whatever
 * other edits take out. NULL when memory ran out. The class need not be the one that decoding the edited pod
 * would give, only one that says the same.
 */
const struct berth_pod *pod_edited(struct catalog *c, const struct berth_pod *pod,
                                   const struct pod_edit *edits, uint32_t len);

/* What to change of a node; zero: nothing. */
struct node_edit {
    berth_atom name; /* a new name; a hostname label that was the old name follows */
    bool uncordon;   /* as `kubectl uncordon`: schedulable, and without the taint that says otherwise */
    const struct berth_taint *without; /* a taint that goes */
    bool fresh; /* without the taints of node.kubernetes.io/, which tell of troubles, uncordoned */
    const struct berth_label *labels; /* set to these values, or added */
    uint32_t labels_len;
};

/* The node with the edit made, one reference; NULL when memory ran out. */
const struct berth_node *node_edited(struct catalog *c, const struct berth_node *node,
                                     const struct node_edit *edit);

/*
 * Whether the taint is one that Kubernetes sets to tell of a node's troubles: not
 * one to be tolerated lightly.
 */
bool taint_tells_trouble(const struct berth_taint *taint);

#endif
