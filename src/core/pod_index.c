#include "core/pod_index.h"

#include "base/hash.h"

#include <stdlib.h>

static uint64_t hash_key(berth_atom namespace, berth_str name)
{
    return hash_mix(namespace->hash, hash_bytes(name.ptr, name.len));
}

static struct pod_entry **bucket(const struct pod_index *index, berth_atom namespace, berth_str name)
{
    return &index->buckets[hash_key(namespace, name) & (index->cap - 1)];
}

static struct pod_entry **bucket_of(const struct pod_index *index, const struct berth_pod *pod)
{
    return bucket(index, berth_pod_namespace(pod), berth_pod_name(pod));
}

struct pod_entry *pod_index_find(const struct pod_index *index, berth_atom namespace, berth_str name)
{
    struct pod_entry *e = index->cap ? *bucket(index, namespace, name) : NULL;
    while (e && (berth_pod_namespace(e->pod) != namespace || !berth_str_eq(berth_pod_name(e->pod), name)))
        e = e->next_hash;
    return e;
}

static bool grow(struct pod_index *index)
{
    struct pod_index bigger = {.cap = index->cap ? index->cap * 2 : 64, .len = index->len};
    bigger.buckets = calloc(bigger.cap, sizeof(*bigger.buckets));
    if (!bigger.buckets)
        return false;
    for (uint32_t i = 0; i < index->cap; i++)
        for (struct pod_entry *e = index->buckets[i], *next; e; e = next) {
            next = e->next_hash;
            struct pod_entry **to = bucket_of(&bigger, e->pod);
            e->next_hash = *to;
            *to = e;
        }
    free(index->buckets);
    *index = bigger;
    return true;
}

struct pod_entry *pod_index_add(struct pod_index *index, const struct berth_pod *pod)
{
    if (index->len >= index->cap && !grow(index))
        return NULL;
    struct pod_entry *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    struct pod_entry **to = bucket_of(index, pod);
    *e = (struct pod_entry){.pod = pod, .slot = -1, .next_hash = *to};
    *to = e;
    index->len++;
    return e;
}

void pod_index_remove(struct pod_index *index, struct pod_entry *entry)
{
    struct pod_entry **link = bucket_of(index, entry->pod);
    while (*link != entry)
        link = &(*link)->next_hash;
    *link = entry->next_hash;
    index->len--;
    free(entry);
}

void pod_index_fini(struct pod_index *index)
{
    for (uint32_t i = 0; i < index->cap; i++)
        for (struct pod_entry *e = index->buckets[i], *next; e; e = next) {
            next = e->next_hash;
            free(e);
        }
    free(index->buckets);
    *index = (struct pod_index){0};
}
