/* Every pod the core knows, found by namespace and name. Owns the entries. */
#ifndef CORE_POD_INDEX_H
#define CORE_POD_INDEX_H

#include <berth/objects.h>

/* A pod and where it is. */
struct pod_entry {
    const struct berth_pod *pod; /* one reference */
    int32_t slot;                /* of its node; -1: not assigned, or the node is not there */
    struct pod_entry *next_hash; /* same bucket */
    struct pod_entry *next;      /* waiting for the same node */
};

/* Zero-initialise; release with pod_index_fini(), which leaves the pods' references to the caller. */
struct pod_index {
    struct pod_entry **buckets;
    uint32_t cap; /* 0 or a power of two */
    uint32_t len;
};

/* The entry of that namespace and name, NULL when there is none. Valid until it is removed. */
struct pod_entry *pod_index_find(const struct pod_index *index, berth_atom namespace, berth_str name);

/* A new, empty entry for the pod, which must not be there yet; NULL when memory ran out. */
struct pod_entry *pod_index_add(struct pod_index *index, const struct berth_pod *pod);

/* Frees the entry. */
void pod_index_remove(struct pod_index *index, struct pod_entry *entry);

void pod_index_fini(struct pod_index *index);

#endif
