/*
 * The cache: the cluster as the scheduler believes it to be. It owns the objects and everything
 * that is derived from them and kept in step: node table, change log, topology columns, pod
 * counts, carried terms, images.
 *
 * Where a pod is (struct pod_entry): on a node (slot >= 0; counted in the node table); waiting for a node
 * that is not there yet (assigned, slot < 0; on the `waiting` list of that name); or pending (no node name).
 */
#ifndef CORE_CACHE_H
#define CORE_CACHE_H

#include "api/decode.h"
#include "core/change_log.h"
#include "core/images.h"
#include "core/namespaces.h"
#include "core/node_table.h"
#include "core/pod_counts.h"
#include "core/pod_index.h"
#include "core/storage_index.h"
#include "core/terms.h"
#include "core/topology.h"
#include "core/volume_matches.h"

struct workload_list; /* Services and the like of one kind in one namespace */

struct cache {
    struct catalog *catalog;
    struct node_table nodes;
    struct change_log log;
    struct topology topology;
    struct images images;
    struct pod_counts counts;
    struct terms terms;
    struct namespaces namespaces;
    VEC(struct workload_list) workloads;
    struct map workloads_by_key; /* namespace and kind -> index + 1 in workloads */
    VEC(const struct disruption_budget *) budgets; /* in order of arrival, one reference each */
    struct storage_index storage;
    struct volume_matches volume_matches;
    uint64_t budgets_generation; /* raised by every change of a budget */
    struct pod_index pods;
    struct map waiting;   /* node name -> first struct pod_entry assigned to a node that is not there */
    uint64_t nodes_generation; /* raised when any Node object changes */
};

/* 0 or -ENOMEM; then, too, cache_fini() may be called. The catalog is borrowed. */
int cache_init(struct cache *c, struct catalog *catalog);
void cache_fini(struct cache *c);

/*
 * Adds or replaces a node; pods that waited for it are put on it.
 * 0, or -ENOMEM, then nothing changed; takes its own reference.
 */
int cache_put_node(struct cache *c, const struct berth_node *node);

/* Removes the node; its pods wait for it to come back. */
void cache_remove_node(struct cache *c, berth_atom name);

/*
 * Adds or replaces a pod and puts it where it says it is. The entry, or NULL when memory ran
 * out; then nothing changed.
 */
struct pod_entry *cache_put_pod(struct cache *c, const struct berth_pod *pod);

/* Puts a pending pod on a node as if it were bound there: from now on its node name is set. 0 or -ENOMEM. */
int cache_assume(struct cache *c, struct pod_entry *entry, uint32_t slot);

/* Takes a placed pod off its node, and puts it back there, before anything else changes. */
void cache_lift_pod(struct cache *c, struct pod_entry *entry);
void cache_lower_pod(struct cache *c, struct pod_entry *entry);

/* Removes a pod. */
void cache_remove_pod(struct cache *c, struct pod_entry *entry);

/*
 * The same for the other kinds: what is put gets a reference of its own, 0 or -ENOMEM; removing what
 * is not there does nothing.
 */
int cache_put_namespace(struct cache *c, const struct berth_namespace *namespace);
void cache_remove_namespace(struct cache *c, berth_atom name);
int cache_put_workload(struct cache *c, const struct berth_workload *workload);
void cache_remove_workload(struct cache *c, const struct berth_workload *workload);
int cache_put_budget(struct cache *c, const struct disruption_budget *budget);
void cache_remove_budget(struct cache *c, const struct disruption_budget *budget);

/* See berth_workloads(). */
uint32_t cache_workloads(const struct cache *c, enum berth_workload_kind kind, berth_atom namespace,
                         const struct berth_workload *const **ret_workloads);

/* Rebuilds everything derived from the objects and compares: true when all is in step. Slow. */
bool cache_ok(struct cache *c);

#endif
