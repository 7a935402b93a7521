/*
 * Volumes are sorted, the smallest first, of equal ones the first to come. Where they are local, most are pinned to one
 * value of one label, the host's name: these are chained by that value, and a node finds its own by its label. The rest
 * are tried one by one. A volume that is struck off leaves a hole; the order of the others stays.
 */
#include "core/volume_matches.h"

#include "core/claim_fit.h"

#include <stdlib.h>

enum { MOST_KINDS = 32 };

struct volume_kind {
    struct berth_volume_matches view; /* first: berth_next_match() finds the kind by it */
    const struct berth_persistent_volume_claim *claim; /* one of the claims: one reference */
    bool attributes_class;
    uint64_t used;   /* the last cycle that asked */
    uint64_t seen;   /* how many changes of volumes it knows of */
    uint64_t nodes_generation;
    uint32_t slots;
    const struct berth_persistent_volume **volumes; /* NULL: struck off */
    berth_atom *pin;       /* by volume: the value it is pinned to; NULL: it is one of the rest */
    berth_atom pin_key;    /* NULL: none is pinned */
    uint32_t *next;        /* by volume: 1 + index of the next one with its pin; 0: none */
    uint32_t *heads;       /* hash table by pin: 1 + index of its first volume; 0: free */
    uint32_t heads_cap;    /* a power of two */
    uint32_t *rest, rest_len; /* indices, ascending */
    uint32_t *first;       /* by slot */
    struct map index_of;   /* atom of a volume's name -> 1 + index */
};

/* ---- finding volumes ---- */

struct sized {
    const struct berth_persistent_volume *volume;
    uint32_t order;
};

static int by_size(const void *a, const void *b)
{
    const struct sized *x = a, *y = b;
    if (x->volume->capacity != y->volume->capacity)
        return x->volume->capacity < y->volume->capacity ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool is_candidate(const struct volume_kind *k, const struct berth_persistent_volume *v)
{
    return v && v->storage_class == k->claim->storage_class && volume_suits(v, k->claim, k->attributes_class)
           && volume_is_free(v, k->claim);
}

/* The label value that a volume needs, when this is all its affinity says; NULL: it says something else. */
static berth_atom pin_of(const struct berth_persistent_volume *v, berth_atom *ret_key)
{
    if (v->node_affinity.len != 1)
        return NULL;
    const struct berth_node_term *term = berth_list_at(v, v->node_affinity);
    if (term->expressions.len != 1 || term->fields.len > 0 || term->error.len > 0)
        return NULL;
    const struct berth_requirement *r = berth_list_at(v, term->expressions);
    if (r->op != BERTH_IN || r->values.len != 1)
        return NULL;
    *ret_key = r->key;
    return *(const berth_atom *)berth_list_at(v, r->values);
}

static bool reaches(const struct berth_persistent_volume *v, const struct berth_node *node)
{
    berth_each(struct berth_node_term, term, v, v->node_affinity)
        if (berth_node_term_matches(v, term, node))
            return true;
    return !v->has_node_affinity;
}

/* The entry of the hash for the pin: where its first volume is, or could go. */
static uint32_t *head_of(const struct volume_kind *k, berth_atom pin)
{
    uint32_t at = (uint32_t)((uint64_t)(uintptr_t)pin * 0x9E3779B97F4A7C15u >> 32);
    for (;; at++) {
        uint32_t *head = &k->heads[at & (k->heads_cap - 1)];
        if (*head == 0 || k->pin[*head - 1] == pin)
            return head;
    }
}

/* `at` or the next of its pin that is not struck off. */
static uint32_t skip_holes(const struct volume_kind *k, uint32_t at)
{
    while (at && !k->volumes[at - 1])
        at = k->next[at - 1];
    return at;
}

/* 1 + index of the first volume with the pin from index `from` on; 0: none. */
static uint32_t next_pinned(const struct volume_kind *k, berth_atom pin, uint32_t from)
{
    uint32_t at = from > 0 && k->pin[from - 1] == pin ? from : *head_of(k, pin);
    at = skip_holes(k, at);
    while (at && at <= from)
        at = skip_holes(k, k->next[at - 1]);
    return at;
}

/* The first of the rest from index `from` on and before `end` that the node reaches, 1 + index; 0: none. */
static uint32_t next_of_rest(const struct volume_kind *k, const struct berth_node *node, uint32_t from, uint32_t end)
{
    uint32_t low = 0, high = k->rest_len;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (k->rest[middle] < from)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < k->rest_len && k->rest[low] < end; low++) {
        const struct berth_persistent_volume *v = k->volumes[k->rest[low]];
        if (v && reaches(v, node))
            return k->rest[low] + 1;
    }
    return 0;
}

uint32_t berth_next_match(const struct berth_volume_matches *matches, const struct berth_node *node, uint32_t after)
{
    const struct volume_kind *k = (const struct volume_kind *)matches;
    berth_atom pin = k->pin_key ? berth_label_get(node, node->labels, k->pin_key) : NULL;
    uint32_t pinned = pin ? next_pinned(k, pin, after) : 0;
    uint32_t rest = next_of_rest(k, node, after, pinned ? pinned - 1 : UINT32_MAX);
    return rest ? rest : pinned;
}

/* ---- making an entry ---- */

static void clear(struct volume_kind *k)
{
    free(k->volumes);
    free(k->pin);
    free(k->next);
    free(k->heads);
    free(k->rest);
    map_fini(&k->index_of);
    k->volumes = NULL;
    k->pin = NULL;
    k->next = k->heads = k->rest = NULL;
    k->rest_len = 0;
    k->pin_key = NULL;
    k->view.len = 0;
}

/* Chains the pinned volumes, from the last to the first, so that the chains are in order. */
static void chain(struct volume_kind *k)
{
    for (uint32_t i = k->view.len; i-- > 0;) {
        berth_atom key = NULL, pin = pin_of(k->volumes[i], &key);
        if (pin && !k->pin_key)
            k->pin_key = key;
        if (!pin || key != k->pin_key)
            continue;
        k->pin[i] = pin;
        uint32_t *head = head_of(k, pin);
        k->next[i] = *head;
        *head = i + 1;
    }
    for (uint32_t i = 0; i < k->view.len; i++)
        if (!k->pin[i])
            k->rest[k->rest_len++] = i;
}

/* Takes the sorted volumes into the columns. */
static int fill(struct volume_kind *k, const struct sized *found, uint32_t len)
{
    clear(k);
    for (k->heads_cap = 2; k->heads_cap < 2 * len; k->heads_cap *= 2)
        ;
    k->volumes = calloc(len + 1u, sizeof(*k->volumes));
    k->pin = calloc(len + 1u, sizeof(*k->pin));
    k->next = calloc(len + 1u, sizeof(*k->next));
    k->rest = calloc(len + 1u, sizeof(*k->rest));
    k->heads = calloc(k->heads_cap, sizeof(*k->heads));
    if (!k->volumes || !k->pin || !k->next || !k->rest || !k->heads || map_reserve(&k->index_of, len) < 0)
        return -1;
    for (uint32_t i = 0; i < len; i++) {
        k->volumes[i] = found[i].volume;
        (void)map_put(&k->index_of, map_ptr(found[i].volume->name), i + 1u);
    }
    k->view.len = len;
    k->view.volumes = k->volumes;
    chain(k);
    return 0;
}

static int find_volumes(struct volume_kind *k, const struct storage_index *storage)
{
    const void *const *all;
    uint32_t len = storage_list(storage, STORAGE_VOLUMES, k->claim->storage_class, &all), found_len = 0;
    struct sized *found = malloc((len + 1u) * sizeof(*found));
    if (!found)
        return -1;
    for (uint32_t i = 0; i < len; i++)
        if (is_candidate(k, all[i]))
            found[found_len++] = (struct sized){all[i], i};
    if (found_len > 1)
        qsort(found, found_len, sizeof(*found), by_size);
    int r = fill(k, found, found_len);
    free(found);
    k->seen = storage->volume_changes;
    return r;
}

static int find_firsts(struct volume_kind *k, const struct node_table *nodes, uint64_t nodes_generation)
{
    uint32_t *first = realloc(k->first, (nodes->view.len + 1u) * sizeof(*first));
    if (!first)
        return -1;
    k->first = first;
    k->view.first = first;
    k->slots = nodes->view.len;
    k->nodes_generation = nodes_generation;
    for (uint32_t slot = 0; slot < k->slots; slot++)
        first[slot] = nodes->node[slot] ? berth_next_match(&k->view, nodes->node[slot], 0) : 0;
    return 0;
}

/* ---- keeping it ---- */

/* The volume at the index was struck off: the nodes for which it was the first look for their next one. */
static void move_on(struct volume_kind *k, const struct node_table *nodes, uint32_t index)
{
    if (k->pin[index]) {
        uint32_t *head = head_of(k, k->pin[index]), at = skip_holes(k, *head);
        *head = at ? at : *head; /* the last one stays, as a mark of where the pin is */
    }
    for (uint32_t slot = 0; slot < k->slots; slot++)
        if (k->first[slot] == index + 1)
            k->first[slot] = berth_next_match(&k->view, nodes->node[slot], index + 1);
}

/*
 * Follows the changes of volumes since; false: the entry has to be made anew. Volumes that changed may be gone: all are
 * struck off before any is looked at.
 */
static bool follow(struct volume_kind *k, const struct storage_index *storage, const struct node_table *nodes)
{
    uint32_t struck[STORAGE_VOLUME_LOG], len = 0;
    if (storage->volume_changes - k->seen > STORAGE_VOLUME_LOG)
        return false;
    for (; k->seen < storage->volume_changes; k->seen++) {
        berth_atom name = storage->volume_log[k->seen % STORAGE_VOLUME_LOG];
        uint64_t *known = map_get(&k->index_of, map_ptr(name));
        if (is_candidate(k, storage_get(storage, STORAGE_VOLUMES, storage_key(NULL, name))))
            return false;
        if (!known || !k->volumes[*known - 1])
            continue;
        k->volumes[*known - 1] = NULL;
        struck[len++] = (uint32_t)*known - 1;
    }
    for (uint32_t i = 0; i < len; i++)
        move_on(k, nodes, struck[i]);
    return true;
}

static bool same_kind(const struct volume_kind *k, const struct berth_persistent_volume_claim *claim,
                      bool attributes_class)
{
    const struct berth_persistent_volume_claim *a = k->claim;
    return a->storage_class == claim->storage_class && a->request == claim->request
           && a->access_modes == claim->access_modes && a->mode == claim->mode
           && a->attributes_class == claim->attributes_class && k->attributes_class == attributes_class
           && (a == claim
               || (a->selector.selects == BERTH_SELECTS_NOTHING && claim->selector.selects == BERTH_SELECTS_NOTHING));
}

static void unref_claim(struct volume_matches *m, const struct berth_persistent_volume_claim *claim)
{
    struct object object = {.kind = OBJECT_PERSISTENT_VOLUME_CLAIM, .claim = claim};
    object_unref(m->catalog, &object);
}

static void free_kind(struct volume_matches *m, struct volume_kind *k)
{
    clear(k);
    free(k->first);
    unref_claim(m, k->claim);
    free(k);
}

/* An empty entry, in the place of one that was not used for long if there are many. */
static struct volume_kind *new_kind(struct volume_matches *m, const struct berth_persistent_volume_claim *claim,
                                    bool attributes_class)
{
    size_t oldest = 0;
    for (size_t i = 1; i < m->kinds.len; i++)
        if (m->kinds.at[i]->used < m->kinds.at[oldest]->used)
            oldest = i;
    struct volume_kind *k = calloc(1, sizeof(*k));
    if (!k)
        return NULL;
    *k = (struct volume_kind){.claim = claim, .attributes_class = attributes_class};
    ++((struct berth_persistent_volume_claim *)claim)->refs;
    if (m->kinds.len >= MOST_KINDS && m->kinds.at[oldest]->used < m->cycle) {
        free_kind(m, m->kinds.at[oldest]);
        m->kinds.at[oldest] = k;
        return k;
    }
    if (vec_push(&m->kinds, k) < 0) {
        free_kind(m, k);
        return NULL;
    }
    return k;
}

void volume_matches_new_cycle(struct volume_matches *m)
{
    m->cycle++;
}

const struct berth_volume_matches *volume_matches_get(struct volume_matches *m, const struct storage_index *storage,
                                                      const struct node_table *nodes, uint64_t nodes_generation,
                                                      const struct berth_persistent_volume_claim *claim,
                                                      bool attributes_class)
{
    struct volume_kind *k = NULL;
    for (size_t i = 0; i < m->kinds.len && !k; i++)
        k = same_kind(m->kinds.at[i], claim, attributes_class) ? m->kinds.at[i] : NULL;
    if (!k && !(k = new_kind(m, claim, attributes_class)))
        return NULL;
    bool same_nodes = k->first && k->slots == nodes->view.len && k->nodes_generation == nodes_generation;
    k->used = m->cycle;
    if (k->volumes && same_nodes && follow(k, storage, nodes))
        return &k->view;
    if (find_volumes(k, storage) == 0 && find_firsts(k, nodes, nodes_generation) == 0)
        return &k->view;
    clear(k); /* made anew when asked for again */
    return NULL;
}

void volume_matches_fini(struct volume_matches *m)
{
    for (size_t i = 0; i < m->kinds.len; i++)
        free_kind(m, m->kinds.at[i]);
    vec_fini(&m->kinds);
}
