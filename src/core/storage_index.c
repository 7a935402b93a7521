#include "core/storage_index.h"

#include "core/provision.h"

#include <errno.h>
#include <stdlib.h>

/* Where an object of a kind goes. */
struct storage_place {
    enum storage_table table;
    uint64_t key;
    uint64_t shared[STORAGE_SHARED]; /* what it shares with others, keys of the lists; 0: it is in none */
};

/* Objects without a class share that. */
static uint64_t key_of_class(berth_atom class)
{
    return class && class->len ? map_ptr(class) : 1; /* no pointer is 1 */
}

static bool place_of(const struct object *o, struct storage_place *ret)
{
    switch (o->kind) {
    case OBJECT_PERSISTENT_VOLUME_CLAIM:
        *ret = (struct storage_place){STORAGE_CLAIMS, storage_key(o->claim->namespace, o->claim->name), {0}};
        return true;
    case OBJECT_PERSISTENT_VOLUME:
        *ret = (struct storage_place){
            STORAGE_VOLUMES, storage_key(NULL, o->volume->name),
            {key_of_class(o->volume->storage_class),
             o->volume->claim_name ? storage_key(o->volume->claim_namespace, o->volume->claim_name) : 0}};
        return true;
    case OBJECT_STORAGE_CLASS:
        *ret = (struct storage_place){STORAGE_CLASSES, storage_key(NULL, o->storage_class->name), {0}};
        return true;
    case OBJECT_CSI_NODE:
        *ret = (struct storage_place){STORAGE_CSI_NODES, storage_key(NULL, o->csi_node->name), {0}};
        return true;
    case OBJECT_CSI_DRIVER:
        *ret = (struct storage_place){STORAGE_CSI_DRIVERS, storage_key(NULL, o->csi_driver->name), {0}};
        return true;
    case OBJECT_CSI_STORAGE_CAPACITY:
        *ret = (struct storage_place){STORAGE_CAPACITIES,
                                      storage_key(o->csi_capacity->namespace, o->csi_capacity->name),
                                      {key_of_class(o->csi_capacity->storage_class)}};
        return true;
    case OBJECT_VOLUME_ATTACHMENT:
        *ret = (struct storage_place){STORAGE_ATTACHMENTS, storage_key(NULL, o->attachment->name),
                                      {map_ptr(o->attachment->node_name)}};
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

/* Room for the key, which takes memory only when it is new; then set() cannot fail. */
static int reserve_key(struct map *m, uint64_t key)
{
    return map_get(m, key) || map_reserve(m, 1) == 0 ? 0 : -ENOMEM;
}

static void set(struct map *m, uint64_t key, const void *object)
{
    uint64_t *value = map_get(m, key);
    if (value)
        *value = map_ptr(object);
    else
        (void)map_put(m, key, map_ptr(object));
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

static struct storage_list *list_of(const struct map *lists, uint64_t key)
{
    return key ? (struct storage_list *)pointer_in(lists, key) : NULL;
}

static uint32_t give_list(const struct storage_list *list, const void *const **ret_objects)
{
    *ret_objects = list ? list->all.at : NULL;
    return list ? (uint32_t)list->all.len : 0;
}

uint32_t storage_list(const struct storage_index *s, enum storage_table table, berth_atom what,
                      const void *const **ret_objects)
{
    uint64_t key = table == STORAGE_ATTACHMENTS ? map_ptr(what) : key_of_class(what);
    return give_list(list_of(&s->lists[table][0], key), ret_objects);
}

uint32_t storage_reserved(const struct storage_index *s, uint64_t claim, const void *const **ret_volumes)
{
    return give_list(list_of(&s->lists[STORAGE_VOLUMES][1], claim), ret_volumes);
}

static int list_add(struct map *lists, uint64_t key, const void *object)
{
    struct storage_list *list = list_of(lists, key);
    if (list)
        return vec_push(&list->all, object) < 0 ? -ENOMEM : 0;
    list = calloc(1, sizeof(*list));
    if (!list || vec_push(&list->all, object) < 0 || map_put(lists, key, map_ptr(list)) < 0) {
        if (list)
            vec_fini(&list->all);
        free(list);
        return -ENOMEM;
    }
    return 0;
}

/* `by` NULL: the object leaves the list. */
static void list_replace(struct map *lists, uint64_t key, const void *object, const void *by)
{
    struct storage_list *list = list_of(lists, key);
    size_t i = 0, len = list ? list->all.len : 0;
    while (i < len && list->all.at[i] != object)
        i++;
    if (i == len)
        return;
    if (by)
        list->all.at[i] = by;
    else
        memmove(&list->all.at[i], &list->all.at[i + 1], (--list->all.len - i) * sizeof(list->all.at[0]));
    if (list->all.len == 0) {
        map_delete(lists, key);
        vec_fini(&list->all);
        free(list);
    }
}

static struct storage_place place_in(enum storage_table table, const void *object)
{
    static const enum object_kind kinds[] = {
        [STORAGE_CLAIMS] = OBJECT_PERSISTENT_VOLUME_CLAIM, [STORAGE_VOLUMES] = OBJECT_PERSISTENT_VOLUME,
        [STORAGE_CLASSES] = OBJECT_STORAGE_CLASS,          [STORAGE_CSI_NODES] = OBJECT_CSI_NODE,
        [STORAGE_CSI_DRIVERS] = OBJECT_CSI_DRIVER,         [STORAGE_CAPACITIES] = OBJECT_CSI_STORAGE_CAPACITY,
        [STORAGE_ATTACHMENTS] = OBJECT_VOLUME_ATTACHMENT,
    };
    struct storage_place place = {.table = table};
    if (object)
        place_of(&(struct object){.kind = kinds[table], .any = object}, &place);
    return place;
}

/* `object` takes the place of `old` in the lists; either may be NULL. 0 or -ENOMEM; then nothing changed. */
static int show(struct storage_index *s, enum storage_table table, const void *old, const void *object)
{
    struct storage_place before = place_in(table, old), after = place_in(table, object);
    for (int i = 0; i < STORAGE_SHARED; i++)
        if (after.shared[i] && after.shared[i] != before.shared[i]
            && list_add(&s->lists[table][i], after.shared[i], object) < 0) {
            while (i-- > 0)
                if (after.shared[i] != before.shared[i])
                    list_replace(&s->lists[table][i], after.shared[i], object, NULL);
            return -ENOMEM;
        }
    for (int i = 0; i < STORAGE_SHARED; i++)
        list_replace(&s->lists[table][i], before.shared[i], old,
                     before.shared[i] == after.shared[i] ? object : NULL);
    if (table == STORAGE_VOLUMES) {
        const struct berth_persistent_volume *volume = object ? object : old;
        s->volume_log[s->volume_changes++ % STORAGE_VOLUME_LOG] = volume->name;
    }
    return 0;
}

/* ---- what is written ---- */

/* What every object begins with. */
struct head {
    uint32_t refs, size;
};

/* Whether the object says nothing new: a list shows it again. */
static bool is_same(const void *old, const void *object)
{
    const struct head *a = old, *b = object;
    return a->size == b->size && memcmp(a + 1, b + 1, a->size - sizeof(*a)) == 0;
}

int storage_put(struct storage_index *s, const struct object *object, const void **ret_old)
{
    struct storage_place place = {0};
    *ret_old = NULL;
    if (!place_of(object, &place))
        return 0;
    s->csi_nodes_stale |= place.table == STORAGE_CSI_NODES;
    const void *old = pointer_in(&s->written[place.table], place.key);
    const void *shown = storage_get(s, place.table, place.key);
    bool stays_assumed = shown != old && old && is_same(old, object->any);
    if (reserve_key(&s->written[place.table], place.key) < 0
        || (!stays_assumed && show(s, place.table, shown, object->any) < 0))
        return -ENOMEM;
    set(&s->written[place.table], place.key, object->any);
    ++((struct head *)object->any)->refs;
    if (shown != old && !stays_assumed) {
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
    (void)show(s, place.table, old, NULL);
    map_delete(&s->written[place.table], place.key);
    return old;
}

/* ---- what is assumed ---- */

int storage_assume(struct storage_index *s, enum storage_table table, uint64_t key, const void *object)
{
    const void *shown = storage_get(s, table, key), *written = pointer_in(&s->written[table], key);
    if (written && is_same(written, object)) { /* as a volume that is its claim's before the claim says so */
        storage_forget(s, table, key);
        unref(s, object);
        return 0;
    }
    if (!shown || reserve_key(&s->assumed[table], key) < 0 || show(s, table, shown, object) < 0) {
        unref(s, object);
        return -ENOMEM;
    }
    if (shown != written)
        unref(s, shown);
    set(&s->assumed[table], key, object);
    return 0;
}

void storage_forget(struct storage_index *s, enum storage_table table, uint64_t key)
{
    const void *assumed = pointer_in(&s->assumed[table], key);
    if (!assumed)
        return;
    /* The lists that it returns to are those it is in: what is assumed only adds a claimRef. */
    (void)show(s, table, assumed, pointer_in(&s->written[table], key));
    map_delete(&s->assumed[table], key);
    unref(s, assumed);
}

/* ---- CSINodes by slot ---- */

static void drop_limits(struct storage_index *s)
{
    for (size_t i = 0; i < s->limits.len; i++)
        free(s->limits.at[i].limit);
    s->limits.len = 0;
}

void storage_fill_csi_nodes(const struct storage_index *s, const struct berth_node *const *slots,
                            uint32_t len, const struct berth_csi_node **ret_nodes)
{
    for (uint32_t slot = 0; slot < len; slot++)
        ret_nodes[slot] =
            slots[slot] ? storage_get(s, STORAGE_CSI_NODES, storage_key(NULL, slots[slot]->name)) : NULL;
}

const struct berth_csi_node *const *storage_csi_nodes(struct storage_index *s,
                                                      const struct berth_node *const *slots, uint32_t len,
                                                      uint64_t generation)
{
    if (s->csi_nodes && !s->csi_nodes_stale && s->csi_nodes_of == generation && s->csi_nodes_len == len)
        return s->csi_nodes;
    const struct berth_csi_node **all = realloc(s->csi_nodes, (len + 1u) * sizeof(*all));
    if (!all)
        return NULL;
    drop_limits(s);
    storage_fill_csi_nodes(s, slots, len, all);
    s->csi_nodes = all;
    s->csi_nodes_len = len;
    s->csi_nodes_of = generation;
    s->csi_nodes_stale = false;
    return all;
}

bool storage_fill_limits(const struct storage_index *s, const struct berth_node *const *slots, uint32_t len,
                         berth_atom driver, int64_t *ret_limits)
{
    bool any = false;
    for (uint32_t slot = 0; slot < len; slot++) {
        const struct berth_csi_node *node =
            slots[slot] ? storage_get(s, STORAGE_CSI_NODES, storage_key(NULL, slots[slot]->name)) : NULL;
        const struct berth_csi_node_driver *found = csi_driver_on(node, driver);
        ret_limits[slot] = found ? found->volumes : -1;
        any |= ret_limits[slot] >= 0;
    }
    return any;
}

int storage_csi_limits(struct storage_index *s, const struct berth_node *const *slots, uint32_t len,
                       uint64_t generation, berth_atom driver, const int64_t **ret)
{
    enum { MOST_DRIVERS = 64 };
    if (!storage_csi_nodes(s, slots, len, generation))
        return -ENOMEM;
    for (size_t i = 0; i < s->limits.len; i++)
        if (s->limits.at[i].driver == driver) {
            *ret = s->limits.at[i].limit;
            return 0;
        }
    struct csi_limits fresh = {driver, malloc((len + 1u) * sizeof(*fresh.limit))};
    if (!fresh.limit || s->limits.len == MOST_DRIVERS || vec_push(&s->limits, fresh) < 0) {
        free(fresh.limit);
        return -ENOMEM;
    }
    if (!storage_fill_limits(s, slots, len, driver, fresh.limit)) {
        free(fresh.limit);
        s->limits.at[s->limits.len - 1].limit = NULL;
    }
    *ret = s->limits.at[s->limits.len - 1].limit;
    return 0;
}

/* ---- users of claims ---- */

/* The key of the claim that the volume names; 0: it names none. */
static uint64_t claim_key(const struct berth_class *class, const struct berth_volume *volume)
{
    bool names = volume->kind == BERTH_VOLUME_CLAIM && volume->source;
    return names ? storage_key(class->namespace, volume->source) : 0;
}

static void remove_user(struct storage_index *s, uint64_t claim)
{
    uint64_t *users = map_get(&s->users, claim);
    if (users && --*users == 0)
        map_delete(&s->users, claim);
}

/* Takes memory for the first user alone, so that one who left for a while finds room. */
static int add_user(struct storage_index *s, uint64_t claim)
{
    uint64_t *users = map_get(&s->users, claim);
    if (!users)
        return map_put(&s->users, claim, 1) < 0 ? -ENOMEM : 0;
    ++*users;
    return 0;
}

int storage_count_pod(struct storage_index *s, const struct berth_class *class, int32_t count)
{
    const struct berth_volume *volumes = berth_list_at(class, class->volumes);
    for (uint32_t i = 0; i < class->volumes.len; i++) {
        uint64_t key = claim_key(class, &volumes[i]);
        if (key && count < 0)
            remove_user(s, key);
        else if (key && add_user(s, key) < 0) {
            while (i-- > 0)
                if ((key = claim_key(class, &volumes[i])) != 0)
                    remove_user(s, key);
            return -ENOMEM;
        }
    }
    return 0;
}

uint32_t storage_users(const struct storage_index *s, uint64_t claim)
{
    uint64_t *users = map_get(&s->users, claim);
    return users ? (uint32_t)*users : 0;
}

/* ---- looking in ---- */

/* How often the object is in the list. */
static size_t times_in(const struct storage_list *list, const void *object)
{
    size_t times = 0;
    for (size_t i = 0; list && i < list->all.len; i++)
        times += list->all.at[i] == object;
    return times;
}

/* How many objects the lists have together; SIZE_MAX: one of them is empty. */
static size_t listed(const struct map *lists)
{
    size_t len = 0;
    for (size_t i = 0; i < lists->cap; i++) {
        const struct storage_list *list = (const void *)(uintptr_t)lists->slots[i].value;
        if (lists->slots[i].key && list->all.len == 0)
            return SIZE_MAX;
        len += lists->slots[i].key ? list->all.len : 0;
    }
    return len;
}

/* Whether what is shown of the table is in its lists, and nothing else is. */
static bool table_ok(const struct storage_index *s, enum storage_table table)
{
    const struct map *written = &s->written[table], *assumed = &s->assumed[table];
    size_t len[STORAGE_SHARED] = {0};
    for (size_t i = 0; i < written->cap; i++) {
        uint64_t key = written->slots[i].key;
        struct storage_place place = place_in(table, key ? storage_get(s, table, key) : NULL);
        for (int n = 0; key && n < STORAGE_SHARED; n++) {
            const struct storage_list *list = list_of(&s->lists[table][n], place.shared[n]);
            if (place.key != key || times_in(list, storage_get(s, table, key)) != (place.shared[n] != 0))
                return false;
            len[n] += place.shared[n] != 0;
        }
    }
    for (size_t i = 0; i < assumed->cap; i++)
        if (assumed->slots[i].key && !pointer_in(written, assumed->slots[i].key))
            return false;
    return len[0] == listed(&s->lists[table][0]) && len[1] == listed(&s->lists[table][1]);
}

bool storage_ok(const struct storage_index *s, const struct berth_nodes *nodes)
{
    struct storage_index fresh = {0};
    bool ok = true;
    for (int t = 0; ok && t < STORAGE_TABLES; t++)
        ok = table_ok(s, (enum storage_table)t);
    for (uint32_t slot = 0; slot < nodes->len; slot++)
        for (uint32_t i = 0; ok && i < nodes->pods[slot].len; i++)
            ok = storage_count_pod(&fresh, nodes->pods[slot].at[i]->class, 1) == 0;
    ok = ok && fresh.users.len == s->users.len;
    for (size_t i = 0; ok && i < s->users.cap; i++)
        if (s->users.slots[i].key)
            ok = storage_users(&fresh, s->users.slots[i].key) == s->users.slots[i].value;
    map_fini(&fresh.users);
    return ok;
}

/* ---- the end ---- */

static void unref_all(struct storage_index *s, struct map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key)
            unref(s, (const void *)(uintptr_t)m->slots[i].value);
    map_fini(m);
}

static void free_lists(struct map *lists)
{
    for (size_t i = 0; i < lists->cap; i++) {
        struct storage_list *list = (struct storage_list *)(uintptr_t)lists->slots[i].value;
        if (lists->slots[i].key) {
            vec_fini(&list->all);
            free(list);
        }
    }
    map_fini(lists);
}

void storage_fini(struct storage_index *s)
{
    for (int t = 0; t < STORAGE_TABLES; t++) {
        for (int i = 0; i < STORAGE_SHARED; i++)
            free_lists(&s->lists[t][i]);
        unref_all(s, &s->assumed[t]);
        unref_all(s, &s->written[t]);
    }
    map_fini(&s->users);
    drop_limits(s);
    vec_fini(&s->limits);
    free(s->csi_nodes);
}
