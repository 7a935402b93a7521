/* Finding an object again by kind, namespace and name: its newest version, wherever that is kept. */
#include "sim/loader.h"

#include "base/hash.h"

/* What the index leads to: the kind, where to look, and the position there. */
#define LATE (UINT64_C(1) << 63)

struct identity loader_identity(const struct object *o)
{
    switch (o->kind) {
    case OBJECT_POD:
        return (struct identity){o->kind, berth_pod_namespace(o->pod), berth_pod_name(o->pod)};
    case OBJECT_NODE:
        return (struct identity){o->kind, NULL, berth_atom_str(o->node->name)};
    case OBJECT_NAMESPACE:
        return (struct identity){o->kind, NULL, berth_atom_str(o->namespace->name)};
    case OBJECT_PRIORITY_CLASS:
        return (struct identity){o->kind, NULL, berth_atom_str(o->priority_class->name)};
    case OBJECT_SERVICE:
    case OBJECT_REPLICATION_CONTROLLER:
    case OBJECT_REPLICA_SET:
    case OBJECT_STATEFUL_SET:
        return (struct identity){o->kind, o->workload->namespace, berth_atom_str(o->workload->name)};
    case OBJECT_PERSISTENT_VOLUME:
        return (struct identity){o->kind, NULL, berth_atom_str(o->volume->name)};
    case OBJECT_PERSISTENT_VOLUME_CLAIM:
        return (struct identity){o->kind, o->claim->namespace, berth_atom_str(o->claim->name)};
    case OBJECT_STORAGE_CLASS:
        return (struct identity){o->kind, NULL, berth_atom_str(o->storage_class->name)};
    case OBJECT_CSI_NODE:
        return (struct identity){o->kind, NULL, berth_atom_str(o->csi_node->name)};
    case OBJECT_CSI_DRIVER:
        return (struct identity){o->kind, NULL, berth_atom_str(o->csi_driver->name)};
    case OBJECT_CSI_STORAGE_CAPACITY:
        return (struct identity){o->kind, o->csi_capacity->namespace, berth_atom_str(o->csi_capacity->name)};
    case OBJECT_VOLUME_ATTACHMENT:
        return (struct identity){o->kind, NULL, berth_atom_str(o->attachment->name)};
    case OBJECT_POD_DISRUPTION_BUDGET:
        return (struct identity){o->kind, o->budget->namespace, berth_atom_str(o->budget->name)};
    case OBJECT_KIND_COUNT:
        break;
    }
    return (struct identity){0};
}

static bool same_identity(const struct identity *a, const struct identity *b)
{
    return a->kind == b->kind && a->namespace == b->namespace && berth_str_eq(a->name, b->name);
}

static uint64_t nonzero(uint64_t hash)
{
    return hash ? hash : 1;
}

static uint64_t hash_identity(const struct identity *id)
{
    uint64_t hash = hash_bytes(id->name.ptr, id->name.len);
    hash = hash_mix(hash, id->namespace ? id->namespace->id : 0);
    return nonzero(hash_mix(hash, (uint64_t)id->kind));
}

struct object loader_object(const struct loader *l, enum object_kind kind, const struct found *found)
{
    if (found->late)
        return l->c->changes.at[found->position].object;
    if (kind == OBJECT_POD)
        return (struct object){.kind = OBJECT_POD, .pod = l->c->pods.at[found->position].pod};
    return l->c->objects.at[found->position];
}

struct found loader_find(const struct loader *l, const struct identity *id)
{
    for (uint64_t key = hash_identity(id);; key = nonzero(hash_mix(key, 1))) {
        const uint64_t *value = map_get(&l->index, key);
        if (!value)
            return (struct found){.key = key};
        struct found found = {key, true, !map_get(&l->gone, key), (*value & LATE) != 0, (uint32_t)*value};
        struct object object = loader_object(l, (enum object_kind)((*value & ~LATE) >> 32), &found);
        struct identity other = loader_identity(&object);
        if (same_identity(id, &other))
            return found;
    }
}

int loader_index(struct loader *l, enum object_kind kind, const struct found *found, bool late,
                 size_t position)
{
    map_delete(&l->gone, found->key);
    return map_put(&l->index, found->key, (late ? LATE : 0) | (uint64_t)kind << 32 | (uint32_t)position);
}
