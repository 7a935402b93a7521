/*
 * Loading from the inside, shared by its parts: cluster.c stores what is read, loader_index.c finds it again,
 * daemons.c makes the pods of DaemonSets, resolve.c makes changes of wishes.
 */
#ifndef SIM_LOADER_H
#define SIM_LOADER_H

#include "base/map.h"
#include "sim/admission.h"
#include "sim/cluster.h"
#include <sys/types.h>

/* A kind that is passed over. */
struct unknown_kind {
    berth_str kind, api_version;
    uint64_t count;
};

/* Objects of one kind that came although there was one of their name. */
struct duplicates {
    uint64_t count;
    berth_str first; /* the first of them, and where it stands */
};

/* A DaemonSet that waits for the nodes; its pods go before the pod at `position`. */
struct waiting_daemon {
    struct berth_value value; /* in the arena of the loader */
    size_t position;
    int64_t at_ns;
    bool has_pods; /* it came from a cluster with its pods: only nodes that are added get one */
};

/* A workload that may be scaled or deleted. */
struct kept_workload {
    struct berth_value value; /* in the arena of the loader */
    berth_str kind, namespace, name;
    bool gone;
    int32_t target;  /* index of its scale target; -1: none yet */
    uint32_t wanted; /* as far as the wishes have come: how many pods it is to have, */
    uint32_t named;  /* and how many names of its pods were given away */
};

/* Where an object is from. What was made gives way to what is read. */
enum origin {
    ORIGIN_READ,
    ORIGIN_WORKLOAD, /* made for a workload */
    ORIGIN_POD,      /* made for a pod: the claim of an ephemeral volume */
};

/* What is done with the objects that come in. */
enum loading {
    LOAD_INPUT,  /* they are there from the start */
    LOAD_ADD,    /* they come at `at_ns` */
    LOAD_UPDATE, /* they replace others at `at_ns` */
    LOAD_SPARE,  /* pods are kept ready for the scale target `spare_of` - 1, all but the first `skipped` ones
                  */
};

struct loader {
    struct cluster *c;
    const struct cluster_options *options;
    struct arena arena; /* dies with the loader */
    struct map index;   /* hash of kind, namespace and name -> where it is, see loader_find() */
    struct map gone;    /* the same hash -> 1: deleted by a wish */
    VEC(struct pod_priority) priorities;        /* one a pod */
    VEC(struct pod_priority) update_priorities; /* one for each change that updates a pod */
    VEC(struct waiting_daemon) daemons;
    VEC(struct kept_workload) kept; /* when there are wishes */
    VEC(struct unknown_kind) unknown;
    struct map unknown_index; /* hash of kind and apiVersion -> index in unknown */
    struct duplicates duplicates[OBJECT_KIND_COUNT];
    uint64_t taken; /* objects of the input, known or not */
    VEC(enum origin) origins; /* one an object */
    uint64_t named; /* objects whose name was made from generateName */
    enum origin origin; /* of what comes in */

    enum loading loading;
    int64_t at_ns;
    uint32_t spare_of, skipped;
    uint32_t copies;         /* LOAD_ADD: of each node, under other names; 0: the node itself */
    const int64_t *arrivals; /* of the pods that come in, in order; NULL: as they say themselves */

    /* The object at hand, for messages and for what is made from it. */
    const struct doc *doc;
    const struct berth_value *culprit;
};

/* An object's identity. */
struct identity {
    enum object_kind kind;
    berth_atom namespace;
    berth_str name;
};
struct identity loader_identity(const struct object *o);

/* Where an object is. */
struct found {
    uint64_t key;      /* under which it is in the index, or could go */
    bool known;        /* there is or was one */
    bool there;        /* no wish has deleted it */
    bool late;         /* its newest version is the object of a change, */
    uint32_t position; /* at this index; else at this one of the pods or objects */
};
struct found loader_find(const struct loader *l, const struct identity *id);

/* The newest version of what was found. */
struct object loader_object(const struct loader *l, enum object_kind kind, const struct found *found);

/* Puts into the index where the object is now. */
int loader_index(struct loader *l, enum object_kind kind, const struct found *found, bool late,
                 size_t position);

/* Takes in one object, of any kind; `list` as for doc_fn. Errors say where the object is. */
int loader_take(struct loader *l, const struct doc *doc, const struct berth_value *object,
                const struct berth_value *list, struct err *err);

/* Takes in an object that a workload stands for: an expand_fn. */
int loader_take_made(void *loader, const struct berth_value *value, struct err *err);

/* Takes in every object of a text: a files_fn. */
int loader_take_file(void *loader, const struct doc *doc, struct err *err);

/* Appends a change at l->at_ns; takes over the object's reference when it succeeds. */
int loader_change(struct loader *l, enum change_kind kind, const struct object *object);

/* Checks the DaemonSet while its text is at hand, and keeps it until the nodes are known. */
int loader_keep_daemon(struct loader *l, const struct berth_value *value, bool has_pods, struct err *err);

/* What the DaemonSet's pods look like before they are pinned to a node. */
int loader_daemon_pod(struct loader *l, const struct berth_value *daemon, struct object *ret_pod,
                      struct err *err);

/* Makes the pods of the DaemonSets that were kept. */
int loader_expand_daemons(struct loader *l, struct err *err);

/* Makes the changes that are wished for. */
int loader_resolve(struct loader *l, const struct wishes *wishes, struct err *err);

#endif
