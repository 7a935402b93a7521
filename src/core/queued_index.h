/*
 * Queued pods by the hash of a text; equal hashes are chained through the pods, so that pods of an index are
 * in no other. Borrows the pods.
 */
#ifndef CORE_QUEUED_INDEX_H
#define CORE_QUEUED_INDEX_H

#include "base/hash.h"
#include "base/map.h"
#include "core/queued_pod.h"

/* Zero-initialise; release with queued_index_fini(). */
struct queued_index {
    struct map chains; /* hash -> first struct queued_pod */
    size_t len;        /* pods */
};

/* The key of a name. Keys of a map are not 0. */
static inline uint64_t queued_key_of_name(berth_atom namespace, berth_str name)
{
    return hash_mix(namespace->hash, hash_bytes(name.ptr, name.len)) | 1;
}

/* The key of a pod as berth_same_pod() tells pods apart: by uid, or by name when it has none. */
static inline uint64_t queued_key_of_pod(const struct berth_pod *pod)
{
    berth_str uid = berth_pod_uid(pod);
    return uid.len ? hash_bytes(uid.ptr, uid.len) | 1
                   : queued_key_of_name(berth_pod_namespace(pod), berth_pod_name(pod));
}

/* Room for `len` pods. 0 or -ENOMEM. */
int queued_index_reserve(struct queued_index *x, size_t len);

/* Adds a pod; there must be room. */
void queued_index_add(struct queued_index *x, uint64_t key, struct queued_pod *p);

/* Takes out a pod that was added with the key. */
void queued_index_remove(struct queued_index *x, uint64_t key, struct queued_pod *p);

/* The first pod with the hash, linked by next_hash; NULL when there is none. */
struct queued_pod *queued_index_first(const struct queued_index *x, uint64_t key);

/* The same for slot i of the table, 0..chains.cap - 1: to walk all pods. */
struct queued_pod *queued_index_in(const struct queued_index *x, size_t i);

void queued_index_fini(struct queued_index *x);

#endif
