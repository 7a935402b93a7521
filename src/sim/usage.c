/*
 * Fragmentation is a sum over nodes and distinct request vectors. Pods with equal requests count once, with a
 * weight; when there are still too many kinds, evenly chosen ones stand for the rest.
 */
#include "sim/usage.h"

#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SHAPES = 512 };

/* What a pod asks for: want[resource], by column of the node table. */
struct shape {
    int64_t *want;
    uint32_t weight; /* pods that ask for just this */
};

struct shapes {
    VEC(struct shape) list;
    struct map by_hash;
};

static int32_t column_named(const struct core *core, uint32_t resources, berth_str name)
{
    for (uint32_t r = BERTH_SCALAR; r < resources; r++)
        if (berth_str_eq(core_resource_name(core, r), name))
            return (int32_t)r;
    return -1;
}

static void fill_want(const struct core *core, const struct berth_class *class, uint32_t resources,
                      int64_t *want)
{
    memset(want, 0, resources * sizeof *want);
    want[BERTH_CPU] = class->cpu;
    want[BERTH_MEMORY] = class->memory;
    want[BERTH_EPHEMERAL_STORAGE] = class->ephemeral_storage;
    want[BERTH_PODS] = 1;
    berth_each(struct berth_amount, amount, class, class->scalars) {
        int32_t column = column_named(core, resources, berth_atom_str(amount->resource));
        if (column >= 0)
            want[column] = amount->value;
    }
}

static void add_shape(struct shapes *s, const int64_t *want, uint32_t resources, struct arena *arena)
{
    uint64_t key = hash_bytes(want, resources * sizeof *want) | 1;
    uint64_t *known = map_get(&s->by_hash, key);
    if (known) {
        s->list.at[*known].weight++;
        return;
    }
    int64_t *copy = arena_need(arena, resources * sizeof *copy);
    memcpy(copy, want, resources * sizeof *copy);
    struct shape shape = {copy, 1};
    if (vec_push(&s->list, shape) == 0)
        (void)map_put(&s->by_hash, key, s->list.len - 1); /* failing, equal shapes are just kept apart */
}

static void thin_out(struct shapes *s)
{
    size_t step = (s->list.len + MOST_SHAPES - 1) / MOST_SHAPES, kept = 0;
    for (size_t i = 0; step > 1 && i < s->list.len; i += step)
        s->list.at[kept++] = s->list.at[i];
    s->list.len = step > 1 ? kept : s->list.len;
}

static void collect_shapes(struct shapes *s, const struct core *core, const struct cluster *cluster,
                           struct arena *arena)
{
    uint32_t resources = core_nodes(core)->resources;
    int64_t *want = arena_need(arena, resources * sizeof *want);
    for (size_t i = 0; i < cluster->pods.len; i++) {
        fill_want(core, cluster->pods.at[i].pod->class, resources, want);
        add_shape(s, want, resources, arena);
    }
    thin_out(s);
}

static bool fits(const struct berth_nodes *nodes, uint32_t slot, const int64_t *want)
{
    for (uint32_t r = 0; r < nodes->resources; r++)
        if (want[r] > 0 && want[r] > nodes->alloc[r][slot] - nodes->used[r][slot])
            return false;
    return true;
}

struct sums {
    double free, useless; /* useless: weighted by pods */
};

static void add_node(struct sums *sums, const struct berth_nodes *nodes, uint32_t slot,
                     const struct shape *shape)
{
    bool fitting = fits(nodes, slot, shape->want);
    for (uint32_t r = 0; r < nodes->resources; r++) {
        int64_t left = nodes->alloc[r][slot] - nodes->used[r][slot];
        if (shape->want[r] <= 0 || left <= 0)
            continue;
        sums[r].free += (double)left * shape->weight;
        sums[r].useless += fitting ? 0 : (double)left * shape->weight;
    }
}

static struct sums *measure(const struct core *core, const struct shapes *shapes, struct arena *arena)
{
    const struct berth_nodes *nodes = core_nodes(core);
    struct sums *sums = arena_need(arena, nodes->resources * sizeof *sums);
    for (size_t i = 0; i < shapes->list.len; i++)
        for (uint32_t slot = 0; slot < nodes->len; slot++)
            if (nodes->node[slot])
                add_node(sums, nodes, slot, &shapes->list.at[i]);
    return sums;
}

static int64_t sum_column(const int64_t *column, uint32_t len)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < len; i++)
        if (__builtin_add_overflow(sum, column[i], &sum))
            return INT64_MAX;
    return sum;
}

uint32_t usage_of(const struct core *core, const struct cluster *cluster, struct arena *arena,
                  const struct usage **ret_usages)
{
    const struct berth_nodes *nodes = core_nodes(core);
    struct shapes shapes = {0};
    collect_shapes(&shapes, core, cluster, arena);
    const struct sums *sums = measure(core, &shapes, arena);
    struct usage *usages = arena_need(arena, nodes->resources * sizeof *usages);
    uint32_t len = 0;
    for (uint32_t r = 0; r < nodes->resources; r++) {
        int64_t alloc = sum_column(nodes->alloc[r], nodes->len);
        if (alloc == 0)
            continue;
        usages[len++] = (struct usage){
            .name = core_resource_name(core, r),
            .resource = r,
            .alloc = alloc,
            .used = sum_column(nodes->used[r], nodes->len),
            .fragmentation = r != BERTH_PODS && sums[r].free > 0 ? sums[r].useless / sums[r].free : -1,
        };
    }
    map_fini(&shapes.by_hash);
    vec_fini(&shapes.list);
    *ret_usages = usages;
    return len;
}
