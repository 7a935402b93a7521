/*
 * Interning of pod classes. A class is found by the hash of its content; its content is compared, so two
 * classes that are not the same never share an identity. Should two contents have the same hash, the later
 * one is stored under a hash derived from it, and so on; at worst, after deletions, one content has two
 * classes, which costs work and no correctness.
 *
 * Ids are never given twice: caches keyed by them need not hear of classes that died.
 */
#include "api/internal.h"

#include "base/hash.h"

#include <stdlib.h>

struct label_set {
    uint32_t refs; /* classes that have it */
    uint32_t id;
    uint64_t hash;
    berth_atom namespace;
    uint32_t terminating;
    uint32_t len;
    struct berth_label labels[];
};

static bool intern_known(struct catalog *c)
{
    bool all = true;
#define X(name, text)                                                                                        \
    c->known.name = atoms_intern(&c->atoms, BERTH_STR(text));                                                \
    all = all && c->known.name;
    KNOWN_ATOMS(X)
#undef X
    return all;
}

struct catalog *catalog_new(void)
{
    struct catalog *c = calloc(1, sizeof(*c));
    return c && intern_known(c) ? c : catalog_free(c);
}

static void free_values(struct map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key)
            free((void *)(uintptr_t)m->slots[i].value);
    map_fini(m);
}

struct catalog *catalog_free(struct catalog *c)
{
    if (c) {
        free_values(&c->classes);
        free_values(&c->label_sets);
        atoms_fini(&c->atoms);
        block_fini(&c->block);
        arena_fini(&c->scratch);
        free(c);
    }
    return NULL;
}

struct atoms *catalog_atoms(struct catalog *c)
{
    return &c->atoms;
}

uint32_t catalog_classes(const struct catalog *c)
{
    return c->last_class;
}

uint32_t catalog_label_sets(const struct catalog *c)
{
    return c->last_label_set;
}

/* A hash that can be a key of a map. */
static uint64_t nonzero(uint64_t hash)
{
    return hash ? hash : 1;
}

/* Where to look next when `hash` belongs to another content. */
static uint64_t next_key(uint64_t hash)
{
    return nonzero(hash_mix(hash, 1));
}

static void *stored(const struct map *m, uint64_t key)
{
    uint64_t *value = map_get(m, key);
    return value ? (void *)(uintptr_t)*value : NULL;
}

/* ---- label sets ---- */

static uint64_t label_hash(const struct berth_class *class)
{
    const void *labels = berth_list_at(class, class->labels);
    uint64_t hash = hash_bytes(labels, class->labels.len * sizeof(struct berth_label));
    hash = hash_mix(hash, (uintptr_t) class->namespace);
    return nonzero(hash_mix(hash, class->flags & BERTH_POD_TERMINATING));
}

static bool has_labels(const struct berth_class *class, const struct label_set *set)
{
    return class->namespace == set->namespace && class->labels.len == set->len
           && (class->flags & BERTH_POD_TERMINATING) == set->terminating
           && (set->len == 0
               || memcmp(berth_list_at(class, class->labels), set->labels, set->len * sizeof(*set->labels))
                      == 0);
}

static struct label_set *add_label_set(struct catalog *c, uint64_t hash, const struct berth_class *class)
{
    size_t bytes = class->labels.len * sizeof(struct berth_label);
    struct label_set *set = malloc(sizeof(*set) + bytes);
    if (!set || map_put(&c->label_sets, hash, map_ptr(set)) < 0) {
        free(set);
        return NULL;
    }
    *set = (struct label_set){
        .id = ++c->last_label_set,
        .hash = hash,
        .namespace = class->namespace,
        .terminating = class->flags & BERTH_POD_TERMINATING,
        .len = class->labels.len,
    };
    if (bytes)
        memcpy(set->labels, berth_list_at(class, class->labels), bytes);
    return set;
}

/* The label set of the class, made when there is none. */
static struct label_set *label_set_of(struct catalog *c, const struct berth_class *class)
{
    for (uint64_t key = label_hash(class);; key = next_key(key)) {
        struct label_set *set = stored(&c->label_sets, key);
        if (!set)
            return add_label_set(c, key, class);
        if (has_labels(class, set))
            return set;
    }
}

static void drop_label_set(struct catalog *c, struct label_set *set)
{
    map_delete(&c->label_sets, set->hash);
    free(set);
}

/* One class less has the label set of `class`. */
static void unref_label_set(struct catalog *c, const struct berth_class *class)
{
    struct label_set *set;
    for (uint64_t key = label_hash(class); (set = stored(&c->label_sets, key)) != NULL; key = next_key(key)) {
        if (set->id != class->labels_id)
            continue;
        if (--set->refs == 0)
            drop_label_set(c, set);
        return;
    }
}

/* ---- kin ---- */

/* The class's struct as it is for all its kin. */
static struct berth_class shared_part(const struct berth_class *class)
{
    struct berth_class shared = *class;
    memset(&shared, 0, offsetof(struct berth_class, namespace));
    shared.namespace = shared.owner_kind = shared.owner_name = NULL;
    shared.labels = shared.volumes = (berth_list){0};
    return shared;
}

static uint64_t hash_kin(const struct berth_class *class)
{
    struct berth_class shared = shared_part(class);
    if (class->kin_size == 0)
        return class->hash;
    uint64_t lists = hash_bytes(class + 1, class->kin_size - sizeof(shared));
    return nonzero(hash_mix(hash_bytes(&shared, sizeof(shared)), lists));
}

bool classes_are_kin(const struct berth_class *a, const struct berth_class *b)
{
    if (a == b)
        return true;
    if (a->kin_hash != b->kin_hash || a->kin_size == 0 || a->kin_size != b->kin_size)
        return false;
    struct berth_class x = shared_part(a), y = shared_part(b);
    return memcmp(&x, &y, sizeof(x)) == 0 && memcmp(a + 1, b + 1, a->kin_size - sizeof(x)) == 0;
}

/* ---- classes ---- */

enum { HEADER = offsetof(struct berth_class, namespace) };

static bool same_content(const struct berth_class *class, const char *bytes, size_t len)
{
    return class->size == len && memcmp((const char *)class + HEADER, bytes + HEADER, len - HEADER) == 0;
}

static const struct berth_class *add_class(struct catalog *c, uint64_t hash, struct block *b)
{
    uint32_t size;
    struct berth_class *class = block_finish(b, &size);
    if (!class)
        return NULL;
    struct label_set *set = label_set_of(c, class);
    if (set && map_put(&c->classes, hash, map_ptr(class)) == 0) {
        class->refs = 1;
        class->id = ++c->last_class;
        class->labels_id = set->id;
        class->size = size;
        class->hash = hash;
        class->kin_hash = hash_kin(class);
        set->refs++;
        return class;
    }
    if (set && set->refs == 0)
        drop_label_set(c, set);
    free(class);
    return NULL;
}

const struct berth_class *catalog_class(struct catalog *c, struct block *b)
{
    if (b->failed)
        return NULL;
    uint64_t hash = hash_bytes(b->bytes + HEADER, b->len - HEADER);
    for (uint64_t key = nonzero(hash);; key = next_key(key)) {
        struct berth_class *class = stored(&c->classes, key);
        if (!class)
            return add_class(c, key, b);
        if (same_content(class, b->bytes, b->len)) {
            class->refs++;
            return class;
        }
    }
}

const struct berth_class *catalog_class_with_priority(struct catalog *c, const struct berth_class *class,
                                                      int32_t priority, bool never_preempts)
{
    struct block *b = &c->block;
    block_start(b, sizeof(*class));
    block_add(b, class + 1, 1, class->size - sizeof(*class));
    if (b->failed)
        return NULL;
    struct berth_class *copy = block_at(b);
    *copy = *class;
    memset(copy, 0, HEADER);
    copy->priority = priority;
    copy->flags &= ~(uint32_t)BERTH_POD_NEVER_PREEMPTS;
    copy->flags |= never_preempts ? BERTH_POD_NEVER_PREEMPTS : 0;
    return catalog_class(c, b);
}

void class_ref(const struct berth_class *class)
{
    ((struct berth_class *)class)->refs++;
}

void class_unref(struct catalog *c, const struct berth_class *class)
{
    struct berth_class *own = (struct berth_class *)class;
    if (!own || --own->refs > 0)
        return;
    unref_label_set(c, own);
    map_delete(&c->classes, own->hash);
    free(own);
}

/* ---- pods ---- */

const struct berth_pod *pod_ref(const struct berth_pod *pod)
{
    ((struct berth_pod *)pod)->refs++;
    return pod;
}

void pod_unref(struct catalog *c, const struct berth_pod *pod)
{
    struct berth_pod *own = (struct berth_pod *)pod;
    if (!own || --own->refs > 0)
        return;
    class_unref(c, own->class);
    free(own);
}

/* A copy with one reference that counts one more on its class. */
static struct berth_pod *copy_pod(const struct berth_pod *pod)
{
    struct berth_pod *copy = malloc(pod->size);
    if (!copy)
        return NULL;
    memcpy(copy, pod, pod->size);
    copy->refs = 1;
    class_ref(copy->class);
    return copy;
}

const struct berth_pod *pod_renamed(const struct berth_pod *pod, berth_str name)
{
    struct block b = {0};
    uint32_t size;
    block_start(&b, sizeof(*pod));
    struct berth_pod fresh = *pod;
    fresh.refs = 1;
    fresh.name = block_add_str(&b, name);
    fresh.uid = (berth_list){0};
    fresh.claim_statuses = block_add(&b, berth_list_at(pod, pod->claim_statuses),
                                     sizeof(struct berth_claim_status), pod->claim_statuses.len);
    struct berth_pod *copy = b.failed ? NULL : block_finish(&b, &size);
    block_fini(&b);
    if (!copy)
        return NULL;
    fresh.size = size;
    *copy = fresh;
    class_ref(copy->class);
    return copy;
}

const struct berth_pod *pod_on_node(const struct berth_pod *pod, berth_atom node_name)
{
    struct berth_pod *copy = copy_pod(pod);
    if (copy)
        copy->node_name = node_name;
    return copy;
}

const struct berth_pod *pod_started(const struct berth_pod *pod, berth_atom node_name, int64_t start_ns)
{
    struct berth_pod *copy = copy_pod(pod);
    if (copy) {
        copy->node_name = node_name;
        copy->start_ns = start_ns;
    }
    return copy;
}

const struct berth_node *node_cordoned(const struct berth_node *node)
{
    struct berth_node *copy = malloc(node->size);
    if (!copy)
        return NULL;
    memcpy(copy, node, node->size);
    copy->refs = 1;
    copy->unschedulable = 1;
    return copy;
}

const struct berth_pod *pod_nominated(const struct berth_pod *pod, berth_atom node_name)
{
    struct berth_pod *copy = copy_pod(pod);
    if (copy)
        copy->nominated_node_name = node_name;
    return copy;
}

const struct berth_pod *pod_of_class(struct catalog *c, const struct berth_pod *pod,
                                     const struct berth_class *class)
{
    struct berth_pod *copy = copy_pod(pod);
    class_unref(c, copy ? pod->class : class);
    if (copy)
        copy->class = class;
    return copy;
}

const struct berth_pod *pod_with_priority(struct catalog *c, const struct berth_pod *pod, int32_t priority,
                                          bool never_preempts)
{
    const struct berth_class *class = catalog_class_with_priority(c, pod->class, priority, never_preempts);
    return class ? pod_of_class(c, pod, class) : NULL;
}
