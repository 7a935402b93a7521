/*
 * The storage objects, found by name. Of claims and volumes there are two views: as written in the cluster,
 * and as the scheduler assumes them to become once its decisions are written. Lookups give the assumed one
 * where there is one; it gives way when the object is written anew, other than it was.
 */
#ifndef CORE_STORAGE_INDEX_H
#define CORE_STORAGE_INDEX_H

#include "api/decode.h"
#include "base/map.h"
#include "base/vec.h"
#include <berth/plugin.h>

enum storage_table {
    STORAGE_CLAIMS,
    STORAGE_VOLUMES,
    STORAGE_CLASSES,
    STORAGE_CSI_NODES,
    STORAGE_CSI_DRIVERS,
    STORAGE_CAPACITIES,
    STORAGE_ATTACHMENTS,
    STORAGE_TABLES,
};

/*
 * Objects that share something: volumes and capacities a class, attachments a node,
 * volumes the claim they are for.
 */
enum { STORAGE_SHARED = 2 };

/* Borrowed. */
struct storage_list {
    VEC(const void *) all; /* in order of arrival */
};

struct csi_limits {
    berth_atom driver;
    int64_t *limit; /* by slot; NULL: no node has one */
};

enum { STORAGE_VOLUME_LOG = 256 };

/* Zero-initialise with `catalog` set; release with storage_fini(). */
struct storage_index {
    struct catalog *catalog;
    struct map written[STORAGE_TABLES]; /* storage_key() -> object, one reference */
    struct map assumed[STORAGE_TABLES];
    struct map lists[STORAGE_TABLES][STORAGE_SHARED]; /* key of what they share -> struct storage_list */
    const struct berth_csi_node **csi_nodes; /* by slot, as of the generation of nodes and changes below */
    uint32_t csi_nodes_len;
    uint64_t csi_nodes_of;                   /* generation of the Node objects; 0: not made yet */
    bool csi_nodes_stale;
    VEC(struct csi_limits) limits;           /* by driver that was asked for, as of the same */
    berth_atom volume_log[STORAGE_VOLUME_LOG]; /* the volumes whose shown objects changed last, */
    uint64_t volume_changes;          /* how many did so far: the next goes to this modulo the log's length */
    struct map users;                 /* storage_key() of a claim -> how many placed pods name it */
};

/* Of an object of that name; namespace NULL: it has none. */
static inline uint64_t storage_key(berth_atom namespace, berth_atom name)
{
    return (uint64_t)(namespace ? namespace->id : 0) << 32 | name->id;
}

/* The object as it is shown, NULL when there is none. */
const void *storage_get(const struct storage_index *s, enum storage_table table, uint64_t key);

/*
 * The volumes or capacities of a storage class (NULL or "": of none), or the attachments of a node;
 * NULL and 0 when there are none.
 */
uint32_t storage_list(const struct storage_index *s, enum storage_table table, berth_atom what,
                      const void *const **ret_objects);

/* The volumes whose claimRef names the claim (storage_key()). */
uint32_t storage_reserved(const struct storage_index *s, uint64_t claim, const void *const **ret_volumes);

/*
 * Adds or replaces an object that was written; other kinds are passed over. Takes its own reference. *ret_old
 * is the one it replaces, whose reference goes to the caller; NULL: none. 0 or -ENOMEM; then nothing changed.
 */
int storage_put(struct storage_index *s, const struct object *object, const void **ret_old);

/* Removes the object of that name and kind, whose reference goes to the caller; NULL: there is none. */
const void *storage_remove(struct storage_index *s, const struct object *object);

/* Assumes a claim or volume (`object`, whose reference is taken over also when this fails). 0 or -ENOMEM. */
int storage_assume(struct storage_index *s, enum storage_table table, uint64_t key, const void *object);

/* Takes back what is assumed under that name. */
void storage_forget(struct storage_index *s, enum storage_table table, uint64_t key);

/*
 * The CSINodes of the nodes in `slots` (NULL: a free slot), kept until a CSINode changes or the nodes'
 * generation, which is not 0, does. NULL when memory ran out.
 */
const struct berth_csi_node *const *storage_csi_nodes(struct storage_index *s,
                                                      const struct berth_node *const *slots, uint32_t len,
                                                      uint64_t generation);
/* The same into `ret_nodes`, by slot. */
void storage_fill_csi_nodes(const struct storage_index *s, const struct berth_node *const *slots,
                            uint32_t len, const struct berth_csi_node **ret_nodes);

/*
 * How many volumes of the driver each of these nodes takes, -1: as many as come; kept like the CSINodes. NULL
 * in *ret when none has a limit. 0 or -ENOMEM. And the same into `ret_limits`, by slot: whether any has one.
 */
int storage_csi_limits(struct storage_index *s, const struct berth_node *const *slots, uint32_t len,
                       uint64_t generation, berth_atom driver, const int64_t **ret);
bool storage_fill_limits(const struct storage_index *s, const struct berth_node *const *slots, uint32_t len,
                         berth_atom driver, int64_t *ret_limits);

/* A pod was placed (count 1) or is no longer (-1). Placing may fail: -ENOMEM; then nothing changed. */
int storage_count_pod(struct storage_index *s, const struct berth_class *class, int32_t count);

/* How many of those pods use the claim, a storage_key(). */
uint32_t storage_users(const struct storage_index *s, uint64_t claim);

/*
 * Whether the lists hold what is shown, and the users are the pods on the nodes: made anew and compared. For
 * tests.
 */
bool storage_ok(const struct storage_index *s, const struct berth_nodes *nodes);

void storage_fini(struct storage_index *s);

#endif
