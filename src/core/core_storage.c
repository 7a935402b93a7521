/* Storage objects come in: the index learns of a change, then the queue. */
#include "core/core_internal.h"

#include <errno.h>

/* What plugins hear a kind called; false: they do not hear of it. */
static bool resource_of(enum object_kind kind, uint32_t *ret)
{
    static const struct {
        enum object_kind kind;
        uint32_t resource;
    } rows[] = {
        {OBJECT_PERSISTENT_VOLUME, BERTH_ON_PERSISTENT_VOLUME},
        {OBJECT_PERSISTENT_VOLUME_CLAIM, BERTH_ON_PERSISTENT_VOLUME_CLAIM},
        {OBJECT_STORAGE_CLASS, BERTH_ON_STORAGE_CLASS},
        {OBJECT_CSI_NODE, BERTH_ON_CSI_NODE},
        {OBJECT_CSI_DRIVER, BERTH_ON_CSI_DRIVER},
        {OBJECT_CSI_STORAGE_CAPACITY, BERTH_ON_CSI_STORAGE_CAPACITY},
        {OBJECT_VOLUME_ATTACHMENT, BERTH_ON_VOLUME_ATTACHMENT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].kind == kind)
            return *ret = rows[i].resource, true;
    return false;
}

static void tell(struct core *core, uint32_t resource, uint32_t action, const void *old, const void *new,
                 int64_t now_ns)
{
    struct berth_change change = {{resource, action}, old, new};
    queue_event(&core->queue, &change, INT32_MAX, now_ns);
}

static void release(struct core *core, enum object_kind kind, const void *object)
{
    struct object o = {.kind = kind, .any = object};
    if (object)
        object_unref(core->catalog, &o);
}

const struct storage_index *core_storage(const struct core *core)
{
    return &core->cache.storage;
}

static bool is_volume_or_claim(enum object_kind kind)
{
    return kind == OBJECT_PERSISTENT_VOLUME || kind == OBJECT_PERSISTENT_VOLUME_CLAIM;
}

int core_put_storage(struct core *core, const struct object *object, int64_t now_ns)
{
    uint32_t resource;
    const void *old;
    if (!resource_of(object->kind, &resource))
        return 0;
    int r = storage_put(&core->cache.storage, object, &old);
    if (r == 0)
        tell(core, resource, old ? BERTH_UPDATE : BERTH_ADD, old, object->any, now_ns);
    release(core, object->kind, old);
    if (r == 0 && is_volume_or_claim(object->kind))
        bindings_storage_changed(core, now_ns);
    return r;
}

void core_remove_storage(struct core *core, const struct object *object, int64_t now_ns)
{
    uint32_t resource;
    if (!resource_of(object->kind, &resource))
        return;
    const void *old = storage_remove(&core->cache.storage, object);
    if (old)
        tell(core, resource, BERTH_DELETE, old, NULL, now_ns);
    release(core, object->kind, old);
    if (is_volume_or_claim(object->kind))
        bindings_storage_changed(core, now_ns);
}

void core_tell_claims(struct core *core, const struct berth_pod *pod, int64_t now_ns)
{
    berth_each(struct berth_volume, volume, pod->class, pod->class->volumes) {
        bool is_claim = volume->kind == BERTH_VOLUME_CLAIM || volume->kind == BERTH_VOLUME_EPHEMERAL;
        const void *claim = is_claim && volume->source
                                ? storage_get(&core->cache.storage, STORAGE_CLAIMS,
                                              storage_key(pod->class->namespace, volume->source))
                                : NULL;
        if (claim)
            tell(core, BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_UPDATE, claim, claim, now_ns);
    }
}
