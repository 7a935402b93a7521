#include "core/storage_index.h"

#include <errno.h>
#include <stdlib.h>

/* Where an object of a kind goes. */
struct storage_place {
    enum storage_table table;
    uint64_t key;
    berth_atom listed; /* what it shares with others; NULL: it is in no list */
};

static bool place_of(const struct object *o, struct storage_place *ret)
{
    switch (o->kind) {
    case OBJECT_PERSISTENT_VOLUME_CLAIM:
        *ret = (struct storage_place){STORAGE_CLAIMS, storage_key(o->claim->namespace, o->claim->name), NULL};
        return true;
    case OBJECT_PERSISTENT_VOLUME:
        *ret = (struct storage_place){STORAGE_VOLUMES, storage_key(NULL, o->volume->name), o->volume->storage_class};
        return true;
    case OBJECT_STORAGE_CLASS:
        *ret = (struct storage_place){STORAGE_CLASSES, storage_key(NULL, o->storage_class->name), NULL};
        return true;
    case OBJECT_CSI_NODE:
        *ret = (struct storage_place){STORAGE_CSI_NODES, storage_key(NULL, o->csi_node->name), NULL};
        return true;
    case OBJECT_CSI_DRIVER:
        *ret = (struct storage_place){STORAGE_CSI_DRIVERS, storage_key(NULL, o->csi_driver->name), NULL};
        return true;
    case OBJECT_CSI_STORAGE_CAPACITY:
        *ret = (struct storage_place){STORAGE_CAPACITIES,
                                      storage_key(o->csi_capacity->namespace, o->csi_capacity->name),
                                      o->csi_capacity->storage_class};
        return true;
    case OBJECT_VOLUME_ATTACHMENT:
        *ret = (struct storage_place){STORAGE_ATTACHMENTS, storage_key(NULL, o->attachment->name),
                                      o->attachment->node_name};
        return true;
    default:
        return false;
    }
}

static const void *pointer_in(const struct map *m, uint64_t key)
{
    uint64_t *found = map_get(m, key);
    return found ? (const void *)(uintptr_t)*found : NULL;
}

static void unref(struct storage_index *s, const void *object)
{
    struct object o = {.kind = OBJECT_PERSISTENT_VOLUME, .any = object}; /* all storage objects go alike */
    if (object)
        object_unref(s->catalog, &o);
}

const void *storage_get(const struct storage_index *s, enum storage_table table, uint64_t key)
{
    const void *assumed = s->assumed[table].len ? pointer_in(&s->assumed[table], key) : NULL;
    return assumed ? assumed : pointer_in(&s->written[table], key);
}

/* ---- lists ---- */

static struct storage_list *list_of(const struct storage_index *s, enum storage_table table, berth_atom what)
{
    return what ? (struct storage_list *)pointer_in(&s->lists[table], map_ptr(what)) : NULL;
}

uint32_t storage_list(const struct storage_index *s, enum storage_table table, berth_atom what,
                      const void *const **ret_objects)
{
    const struct storage_list *list = list_of(s, table, what);
    *ret_objects = list ? list->all.at : NULL;
    return list ? (uint32_t)list->all.len : 0;
}

static int list_add(struct storage_index *s, enum storage_table table, berth_atom what, const void *object)
{
    struct storage_list *list = list_of(s, table, what);
    if (!what)
        return 0;
    if (list)
        return vec_push(&list->all, object) < 0 ? -ENOMEM : 0;
    list = calloc(1, sizeof(*list));
    if (!list || vec_push(&list->all, object) < 0 || map_put(&s->lists[table], map_ptr(what), map_ptr(list)) < 0) {
        if (list)
            vec_fini(&list->all);
        free(list);
        return -ENOMEM;
    }
    return 0;
}

static size_t position(const struct storage_list *list, const void *object)
{
    size_t i = 0;
    while (i < list->all.len && list->all.at[i] != object)
        i++;
    return i;
}

static void list_remove(struct storage_index *s, enum storage_table table, berth_atom what, const void *object)
{
    struct storage_list *list = list_of(s, table, what);
    size_t i = list ? position(list, object) : 0;
    if (list && i < list->all.len)
        memmove(&list->all.at[i], &list->all.at[i + 1], (--list->all.len - i) * sizeof(list->all.at[0]));
}

/* The object shown in the list of `what` is now another one of the same name. */
static void list_replace(struct storage_index *s, enum storage_table table, berth_atom what, const void *old,
                         const void *object)
{
    struct storage_list *list = list_of(s, table, what);
    size_t i = list ? position(list, old) : 0;
    if (list && i < list->all.len)
        list->all.at[i] = object;
}

static berth_atom listed_of(enum storage_table table, const void *object)
{
    static const enum object_kind kinds[] = {
        [STORAGE_CLAIMS] = OBJECT_PERSISTENT_VOLUME_CLAIM, [STORAGE_VOLUMES] = OBJECT_PERSISTENT_VOLUME,
        [STORAGE_CLASSES] = OBJECT_STORAGE_CLASS,          [STORAGE_CSI_NODES] = OBJECT_CSI_NODE,
        [STORAGE_CSI_DRIVERS] = OBJECT_CSI_DRIVER,         [STORAGE_CAPACITIES] = OBJECT_CSI_STORAGE_CAPACITY,
        [STORAGE_ATTACHMENTS] = OBJECT_VOLUME_ATTACHMENT,
    };
    struct storage_place place = {0};
    place_of(&(struct object){.kind = kinds[table], .any = object}, &place);
    return place.listed;
}

/* `object` takes the place of `old`, the shown one, in the lists; old NULL: it is new. */
static int show(struct storage_index *s, const struct storage_place *place, const void *old, const void *object)
{
    berth_atom before = old ? listed_of(place->table, old) : NULL;
    if (old && before == place->listed) {
        list_replace(s, place->table, before, old, object);
        return 0;
    }
    int r = list_add(s, place->table, place->listed, object);
    if (r == 0 && old)
        list_remove(s, place->table, before, old);
    return r;
}

/* ---- what is written ---- */

int storage_put(struct storage_index *s, const struct object *object, const void **ret_old)
{
    struct storage_place place = {0};
    *ret_old = NULL;
    if (!place_of(object, &place))
        return 0;
    s->csi_nodes_stale |= place.table == STORAGE_CSI_NODES;
    const void *old = pointer_in(&s->written[place.table], place.key);
    const void *shown = storage_get(s, place.table, place.key);
    if (map_reserve(&s->written[place.table], 1) < 0 || show(s, &place, shown, object->any) < 0)
        return -ENOMEM;
    (void)map_put(&s->written[place.table], place.key, map_ptr(object->any));
    ++*(uint32_t *)object->any; /* every object begins with `refs` */
    if (shown != old) {
        map_delete(&s->assumed[place.table], place.key);
        unref(s, shown);
    }
    *ret_old = old;
    return 0;
}

const void *storage_remove(struct storage_index *s, const struct object *object)
{
    struct storage_place place = {0};
    if (!place_of(object, &place))
        return NULL;
    s->csi_nodes_stale |= place.table == STORAGE_CSI_NODES;
    storage_forget(s, place.table, place.key);
    const void *old = pointer_in(&s->written[place.table], place.key);
    if (!old)
        return NULL;
    list_remove(s, place.table, listed_of(place.table, old), old);
    map_delete(&s->written[place.table], place.key);
    return old;
}

/* ---- what is assumed ---- */

int storage_assume(struct storage_index *s, enum storage_table table, uint64_t key, const void *object)
{
    const void *shown = storage_get(s, table, key);
    if (!shown || map_reserve(&s->assumed[table], 1) < 0) {
        unref(s, object);
        return -ENOMEM;
    }
    list_replace(s, table, listed_of(table, shown), shown, object);
    if (shown != pointer_in(&s->written[table], key))
        unref(s, shown);
    (void)map_put(&s->assumed[table], key, map_ptr(object));
    return 0;
}

void storage_forget(struct storage_index *s, enum storage_table table, uint64_t key)
{
    const void *assumed = pointer_in(&s->assumed[table], key);
    if (!assumed)
        return;
    list_replace(s, table, listed_of(table, assumed), assumed, pointer_in(&s->written[table], key));
    map_delete(&s->assumed[table], key);
    unref(s, assumed);
}

/* ---- CSINodes by slot ---- */

const struct berth_csi_node *const *storage_csi_nodes(struct storage_index *s, const struct berth_node *const *slots,
                                                      uint32_t len, uint64_t generation)
{
    if (s->csi_nodes && !s->csi_nodes_stale && s->csi_nodes_of == generation && s->csi_nodes_len == len)
        return s->csi_nodes;
    const struct berth_csi_node **all = realloc(s->csi_nodes, (len + 1u) * sizeof(*all));
    if (!all)
        return NULL;
    for (uint32_t slot = 0; slot < len; slot++)
        all[slot] =
            slots[slot] ? storage_get(s, STORAGE_CSI_NODES, storage_key(NULL, slots[slot]->name)) : NULL;
    s->csi_nodes = all;
    s->csi_nodes_len = len;
    s->csi_nodes_of = generation;
    s->csi_nodes_stale = false;
    return all;
}

/* ---- users of claims ---- */

int storage_count_pod(struct storage_index *s, const struct berth_class *class, int32_t count)
{
    if (class->volumes.len == 0)
        return 0;
    if (count > 0 && map_reserve(&s->users, class->volumes.len) < 0)
        return -ENOMEM;
    berth_each(struct berth_volume, volume, class, class->volumes) {
        if (volume->kind != BERTH_VOLUME_CLAIM || !volume->source)
            continue;
        uint64_t key = storage_key(class->namespace, volume->source);
        uint64_t *users = map_get(&s->users, key);
        if (count > 0)
            (void)map_put(&s->users, key, (users ? *users : 0) + 1);
        else if (users && --*users == 0)
            map_delete(&s->users, key);
    }
    return 0;
}

uint32_t storage_users(const struct storage_index *s, uint64_t claim)
{
    uint64_t *users = map_get(&s->users, claim);
    return users ? (uint32_t)*users : 0;
}

/* ---- the end ---- */

static void unref_all(struct storage_index *s, struct map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key)
            unref(s, (const void *)(uintptr_t)m->slots[i].value);
    map_fini(m);
}

void storage_fini(struct storage_index *s)
{
    for (int t = 0; t < STORAGE_TABLES; t++) {
        for (size_t i = 0; i < s->lists[t].cap; i++) {
            struct storage_list *list = (struct storage_list *)(uintptr_t)s->lists[t].slots[i].value;
            if (s->lists[t].slots[i].key) {
                vec_fini(&list->all);
                free(list);
            }
        }
        map_fini(&s->lists[t]);
        unref_all(s, &s->assumed[t]);
        unref_all(s, &s->written[t]);
    }
    map_fini(&s->users);
    free(s->csi_nodes);
}
