#include "core/terms.h"

#include "api/catalog.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>

struct carried {
    struct selection *selection; /* malloc'ed block */
    uint32_t size;
    uint32_t index;   /* in terms.kinds[] */
    uint32_t classes; /* entries of class_terms that refer to it */
    uint64_t hash;
    struct carried *next; /* with the same hash */
    struct selection_memo memo;
    VEC(struct berth_placed) placed;
    struct map by_slot; /* slot + 1 -> index in placed */
};

/* The terms of one class, found once. */
struct class_terms {
    const struct berth_class *class; /* one reference */
    uint32_t pods;                   /* placed pods of the class, and those that are away for a while */
    uint32_t len;
    struct carried *terms[];
};

berth_list berth_class_terms(const struct berth_class *class, enum berth_term_kind kind)
{
    switch (kind) {
    case BERTH_REQUIRED_AFFINITY:
        return class->required_affinity;
    case BERTH_PREFERRED_AFFINITY:
        return class->preferred_affinity;
    case BERTH_REQUIRED_ANTI_AFFINITY:
        return class->required_anti_affinity;
    default:
        return class->preferred_anti_affinity;
    }
}

static uint32_t count_terms(const struct berth_class *class)
{
    uint32_t n = 0;
    for (int kind = 0; kind < TERM_KINDS; kind++)
        n += berth_class_terms(class, kind).len;
    return n;
}

static void carried_free(struct carried *c)
{
    selection_memo_fini(&c->memo);
    vec_fini(&c->placed);
    map_fini(&c->by_slot);
    free(c->selection);
    free(c);
}

static struct carried *first_with(const struct terms *t, uint64_t hash)
{
    uint64_t *first = map_get(&t->by_hash, hash);
    return first ? (struct carried *)(uintptr_t)*first : NULL;
}

/* Takes a term that nobody carries any more out of the tables. */
static void discard(struct terms *t, struct carried *gone)
{
    uint32_t kind = gone->selection->kind;
    struct carried *last = t->kinds[kind].at[--t->kinds[kind].len];
    t->kinds[kind].at[gone->index] = last;
    last->index = gone->index;
    struct carried *first = first_with(t, gone->hash);
    if (first != gone) {
        while (first->next != gone)
            first = first->next;
        first->next = gone->next;
    } else if (gone->next) {
        *map_get(&t->by_hash, gone->hash) = map_ptr(gone->next);
    } else {
        map_delete(&t->by_hash, gone->hash);
    }
    carried_free(gone);
}

/* The entry of the selection in t->block, made when there is none; NULL when memory ran out. */
static struct carried *find_or_add(struct terms *t, enum berth_term_kind kind)
{
    uint64_t hash = hash_bytes(t->block.bytes, t->block.len) | 1;
    struct carried *first = first_with(t, hash);
    for (struct carried *c = first; c; c = c->next)
        if (c->size == t->block.len && memcmp(c->selection, t->block.bytes, c->size) == 0)
            return c;
    struct carried *c = calloc(1, sizeof(*c));
    if (!c || !(c->selection = block_finish(&t->block, &c->size)) || vec_push(&t->kinds[kind], c) < 0)
        goto fail;
    if (map_put(&t->by_hash, hash, map_ptr(c)) < 0) {
        t->kinds[kind].len--;
        goto fail;
    }
    c->hash = hash;
    c->next = first;
    c->index = (uint32_t)t->kinds[kind].len - 1;
    return c;
fail:
    if (c)
        carried_free(c);
    return NULL;
}

static void class_terms_free(struct terms *t, struct class_terms *ct)
{
    for (uint32_t i = 0; i < ct->len; i++)
        if (--ct->terms[i]->classes == 0)
            discard(t, ct->terms[i]);
    class_unref(t->catalog, ct->class);
    free(ct);
}

/* Finds or makes the entries of all terms of the class; NULL when memory ran out. */
static struct class_terms *class_terms_new(struct terms *t, const struct berth_class *class)
{
    struct class_terms *ct = calloc(1, sizeof(*ct) + count_terms(class) * sizeof(ct->terms[0]));
    if (!ct)
        return NULL;
    ct->class = class;
    class_ref(class);
    struct arena scratch = {0};
    bool complete = true;
    for (int kind = 0; kind < TERM_KINDS && complete; kind++)
        berth_each(struct berth_pod_term, term, class, berth_class_terms(class, kind)) {
            selection_of_term(&t->block, &scratch, kind, class, term);
            struct carried *c = t->block.failed ? NULL : find_or_add(t, kind);
            if (!(complete = c != NULL))
                break;
            c->classes++;
            ct->terms[ct->len++] = c;
        }
    arena_fini(&scratch);
    if (complete && map_put(&t->by_class, class->id, map_ptr(ct)) == 0)
        return ct;
    class_terms_free(t, ct);
    return NULL;
}

static struct class_terms *class_terms_get(const struct terms *t, const struct berth_class *class)
{
    uint64_t *found = map_get(&t->by_class, class->id);
    return found ? (struct class_terms *)(uintptr_t)*found : NULL;
}

/* One carrier less on the node. */
static void unplace(struct carried *c, uint32_t slot)
{
    uint64_t *index = map_get(&c->by_slot, slot + 1u);
    if (!index || --c->placed.at[*index].count > 0)
        return;
    uint64_t hole = *index;
    map_delete(&c->by_slot, slot + 1u);
    c->placed.at[hole] = c->placed.at[--c->placed.len];
    if (hole < c->placed.len)
        *map_get(&c->by_slot, c->placed.at[hole].node + 1u) = hole;
}

/* One carrier more on the node; -1 when memory ran out. */
static int place(struct carried *c, uint32_t slot)
{
    uint64_t *index = map_get(&c->by_slot, slot + 1u);
    if (index) {
        c->placed.at[*index].count++;
        return 0;
    }
    if (map_put(&c->by_slot, slot + 1u, c->placed.len) < 0)
        return -1;
    if (vec_push(&c->placed, ((struct berth_placed){slot, 1})) == 0)
        return 0;
    map_delete(&c->by_slot, slot + 1u);
    return -1;
}

static void forget_if_gone(struct terms *t, struct class_terms *ct)
{
    if (ct->pods > 0)
        return;
    map_delete(&t->by_class, ct->class->id);
    class_terms_free(t, ct);
}

int terms_add_pod(struct terms *t, const struct berth_class *class, uint32_t slot)
{
    if (count_terms(class) == 0)
        return 0;
    struct class_terms *ct = class_terms_get(t, class);
    if (!ct && !(ct = class_terms_new(t, class)))
        return -ENOMEM;
    for (uint32_t i = 0; i < ct->len; i++)
        if (place(ct->terms[i], slot) < 0) {
            while (i-- > 0)
                unplace(ct->terms[i], slot);
            forget_if_gone(t, ct);
            return -ENOMEM;
        }
    ct->pods++;
    return 0;
}

void terms_remove_pod(struct terms *t, const struct berth_class *class, uint32_t slot)
{
    struct class_terms *ct = class_terms_get(t, class);
    if (!ct)
        return;
    for (uint32_t i = 0; i < ct->len; i++)
        unplace(ct->terms[i], slot);
    ct->pods--;
    forget_if_gone(t, ct);
}

void terms_keep(struct terms *t, const struct berth_class *class)
{
    struct class_terms *ct = class_terms_get(t, class);
    if (ct)
        ct->pods++;
}

void terms_keep_no_longer(struct terms *t, const struct berth_class *class)
{
    struct class_terms *ct = class_terms_get(t, class);
    if (!ct)
        return;
    ct->pods--;
    forget_if_gone(t, ct);
}

uint32_t terms_selecting(struct terms *t, const struct namespaces *n, enum berth_term_kind kind,
                         const struct berth_class *class, struct arena *arena,
                         const struct berth_carried_term **ret_terms)
{
    size_t all = t->kinds[kind].len;
    struct berth_carried_term *found = arena_need(arena, all * sizeof(*found));
    uint32_t len = 0;
    for (size_t i = 0; i < all; i++) {
        struct carried *c = t->kinds[kind].at[i];
        if (c->placed.len > 0 && selection_recall(&c->memo, c->selection, n, class))
            found[len++] = (struct berth_carried_term){
                .block = c->selection,
                .term = &c->selection->term,
                .placed = c->placed.at,
                .len = (uint32_t)c->placed.len,
            };
    }
    *ret_terms = found;
    return len;
}

static const struct carried *find_same(const struct terms *t, const struct carried *wanted)
{
    const struct carried *c = first_with(t, wanted->hash);
    while (c && (c->size != wanted->size || memcmp(c->selection, wanted->selection, c->size) != 0))
        c = c->next;
    return c;
}

/* Whether both have the same carriers on the same nodes. */
static bool same_carriers(const struct carried *a, const struct carried *b)
{
    if (a->placed.len != b->placed.len)
        return false;
    for (size_t i = 0; i < a->placed.len; i++) {
        uint64_t *at = map_get(&b->by_slot, a->placed.at[i].node + 1u);
        if (!at || b->placed.at[*at].count != a->placed.at[i].count)
            return false;
    }
    return true;
}

bool terms_ok(const struct terms *t, const struct berth_nodes *nodes)
{
    struct terms fresh = {.catalog = t->catalog};
    bool ok = true;
    for (uint32_t slot = 0; slot < nodes->len; slot++)
        for (uint32_t i = 0; i < nodes->pods[slot].len && ok; i++)
            ok = terms_add_pod(&fresh, nodes->pods[slot].at[i]->class, slot) == 0;
    for (int kind = 0; kind < TERM_KINDS; kind++) {
        ok = ok && fresh.kinds[kind].len == t->kinds[kind].len;
        for (size_t i = 0; ok && i < fresh.kinds[kind].len; i++) {
            const struct carried *own = find_same(t, fresh.kinds[kind].at[i]);
            ok = own && same_carriers(fresh.kinds[kind].at[i], own);
        }
    }
    terms_fini(&fresh);
    return ok;
}

static void free_class_terms(struct terms *t, uint64_t pointer)
{
    struct class_terms *ct = (struct class_terms *)(uintptr_t)pointer;
    class_unref(t->catalog, ct->class);
    free(ct);
}

void terms_fini(struct terms *t)
{
    for (size_t i = 0; i < t->by_class.cap; i++)
        if (t->by_class.slots[i].key)
            free_class_terms(t, t->by_class.slots[i].value);
    for (int kind = 0; kind < TERM_KINDS; kind++) {
        for (size_t i = 0; i < t->kinds[kind].len; i++)
            carried_free(t->kinds[kind].at[i]);
        vec_fini(&t->kinds[kind]);
    }
    map_fini(&t->by_hash);
    map_fini(&t->by_class);
    block_fini(&t->block);
}
