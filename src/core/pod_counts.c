#include "core/pod_counts.h"

#include "base/hash.h"

#include <stdlib.h>

/* How many queries are remembered; a column of 5,000 nodes is 20 kB. */
enum { MOST_COUNTERS = 512 };

struct pod_counter {
    struct selection *selection; /* malloc'ed block: the key */
    uint32_t size;
    uint64_t hash;
    struct pod_counter *next; /* with the same hash */
    struct selection_memo memo;
    int32_t *count; /* [slot] */
    uint32_t cap;
    uint64_t position;   /* in the change log: read up to here; 0: never */
    uint64_t generation; /* of the namespaces it was counted with */
    uint64_t used;       /* the cycle that asked last */
};

static void counter_free(struct pod_counter *c)
{
    selection_memo_fini(&c->memo);
    free(c->selection);
    free(c->count);
    free(c);
}

void pod_counts_new_cycle(struct pod_counts *pc)
{
    pc->cycle++;
}

static struct pod_counter *find(const struct pod_counts *pc, uint64_t hash)
{
    uint64_t *first = map_get(&pc->by_hash, hash);
    struct pod_counter *c = first ? (struct pod_counter *)(uintptr_t)*first : NULL;
    while (c && (c->size != pc->block.len || memcmp(c->selection, pc->block.bytes, c->size) != 0))
        c = c->next;
    return c;
}

static void unlink_counter(struct pod_counts *pc, struct pod_counter *gone)
{
    uint64_t *first = map_get(&pc->by_hash, gone->hash);
    if ((struct pod_counter *)(uintptr_t)*first != gone) {
        struct pod_counter *before = (struct pod_counter *)(uintptr_t)*first;
        while (before->next != gone)
            before = before->next;
        before->next = gone->next;
    } else if (gone->next) {
        *first = map_ptr(gone->next);
    } else {
        map_delete(&pc->by_hash, gone->hash);
    }
}

/* Throws out the counter that was asked for longest ago, unless this cycle uses them all. */
static void make_room(struct pod_counts *pc)
{
    size_t oldest = 0;
    for (size_t i = 1; i < pc->counters.len; i++)
        if (pc->counters.at[i]->used < pc->counters.at[oldest]->used)
            oldest = i;
    struct pod_counter *gone = pc->counters.at[oldest];
    if (gone->used == pc->cycle)
        return;
    unlink_counter(pc, gone);
    pc->counters.at[oldest] = pc->counters.at[--pc->counters.len];
    counter_free(gone);
}

/* A counter for the selection in pc->block; NULL when memory ran out. */
static struct pod_counter *add(struct pod_counts *pc, uint64_t hash)
{
    if (pc->counters.len >= MOST_COUNTERS)
        make_room(pc);
    struct pod_counter *c = calloc(1, sizeof(*c));
    if (!c || !(c->selection = block_finish(&pc->block, &c->size)) || vec_push(&pc->counters, c) < 0) {
        if (c)
            counter_free(c);
        return NULL;
    }
    c->hash = hash;
    uint64_t *first = map_get(&pc->by_hash, hash);
    c->next = first ? (struct pod_counter *)(uintptr_t)*first : NULL;
    if (map_put(&pc->by_hash, hash, map_ptr(c)) < 0) {
        pc->counters.len--;
        counter_free(c);
        return NULL;
    }
    return c;
}

static bool fit_rows(struct pod_counter *c, const struct node_table *nodes)
{
    if (c->count && c->cap >= nodes->view.len)
        return true;
    uint32_t cap = nodes->cap ? nodes->cap : 1;
    int32_t *grown = realloc(c->count, cap * sizeof(*grown));
    if (!grown)
        return false;
    memset(grown + c->cap, 0, (cap - c->cap) * sizeof(*grown));
    c->count = grown;
    c->cap = cap;
    return true;
}

static void count_all(struct pod_counter *c, const struct node_table *nodes,
                      const struct namespaces *namespaces)
{
    for (uint32_t slot = 0; slot < nodes->view.len; slot++) {
        const struct berth_node_pods *pods = &nodes->pods[slot];
        int32_t count = 0;
        for (uint32_t i = 0; i < pods->len; i++)
            count += selection_recall(&c->memo, c->selection, namespaces, pods->at[i]->class);
        c->count[slot] = count;
    }
}

static void count_changes(struct pod_counter *c, const struct change_log *log,
                          const struct namespaces *namespaces)
{
    for (uint64_t p = c->position; p < log->end; p++) {
        const struct change *change = change_log_at(log, p);
        if (change->class && selection_recall(&c->memo, c->selection, namespaces, change->class))
            c->count[change->slot] += change->count;
    }
}

const int32_t *pod_counts_get(struct pod_counts *pc, const struct node_table *nodes,
                              const struct change_log *log, const struct namespaces *namespaces,
                              struct arena *scratch, const struct berth_query *query)
{
    selection_of_query(&pc->block, scratch, query);
    if (pc->block.failed)
        return NULL;
    uint64_t hash = hash_bytes(pc->block.bytes, pc->block.len) | 1;
    struct pod_counter *c = find(pc, hash);
    if (!c && !(c = add(pc, hash)))
        return NULL;
    if (!fit_rows(c, nodes))
        return NULL;
    if (c->position == 0 || !change_log_has(log, c->position) || c->generation != namespaces->generation)
        count_all(c, nodes, namespaces);
    else
        count_changes(c, log, namespaces);
    c->position = log->end;
    c->generation = namespaces->generation;
    c->used = pc->cycle;
    return c->count;
}

/* What the counter would say of the slot if it were asked now. */
static int32_t count_of(const struct pod_counter *c, const struct change_log *log,
                        const struct namespaces *namespaces, uint32_t slot)
{
    int32_t count = slot < c->cap ? c->count[slot] : 0;
    for (uint64_t p = c->position; p < log->end; p++) {
        const struct change *change = change_log_at(log, p);
        if (change->class && change->slot == slot
            && selection_matches(c->selection, namespaces, change->class))
            count += change->count;
    }
    return count;
}

static bool counter_ok(const struct pod_counter *c, const struct node_table *nodes,
                       const struct change_log *log, const struct namespaces *namespaces)
{
    if (c->position == 0 || !change_log_has(log, c->position) || c->generation != namespaces->generation)
        return true; /* it will count anew */
    for (uint32_t slot = 0; slot < nodes->view.len; slot++) {
        int32_t count = 0;
        for (uint32_t i = 0; i < nodes->pods[slot].len; i++)
            count += selection_matches(c->selection, namespaces, nodes->pods[slot].at[i]->class);
        if (count != count_of(c, log, namespaces, slot))
            return false;
    }
    return true;
}

bool pod_counts_ok(const struct pod_counts *pc, const struct node_table *nodes, const struct change_log *log,
                   const struct namespaces *namespaces)
{
    for (size_t i = 0; i < pc->counters.len; i++)
        if (!counter_ok(pc->counters.at[i], nodes, log, namespaces))
            return false;
    return true;
}

void pod_counts_fini(struct pod_counts *pc)
{
    for (size_t i = 0; i < pc->counters.len; i++)
        counter_free(pc->counters.at[i]);
    vec_fini(&pc->counters);
    map_fini(&pc->by_hash);
    block_fini(&pc->block);
}
