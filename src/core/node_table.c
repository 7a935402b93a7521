/* Rows and columns of the node table. All growth happens before anything is changed, so failing leaves no trace. */
#include "core/node_table.h"

#include <errno.h>
#include <stdlib.h>

struct taint_set {
    struct berth_taint *taints;
    uint32_t len;
};

/* Copies the columns' addresses to where plugins look. */
static void refresh_view(struct node_table *t)
{
    t->view.resources = (uint32_t)t->resources.len;
    t->view.node = t->node;
    t->view.alloc = (const int64_t *const *)t->alloc;
    t->view.used = (const int64_t *const *)t->used;
    t->view.nonzero_cpu = t->nonzero_cpu;
    t->view.nonzero_memory = t->nonzero_memory;
    t->view.taints_id = t->taints_id;
    t->view.pods = t->pods;
    t->view.volumes = t->volumes;
    t->view.ephemeral = t->ephemeral;
}

/* Grows one column and zeroes the new part. */
static int grow_column(void **column, size_t item, uint32_t from, uint32_t to)
{
    char *grown = realloc(*column, item * to);
    if (!grown)
        return -ENOMEM;
    memset(grown + item * from, 0, item * (to - from));
    *column = grown;
    return 0;
}

static int grow_rows(struct node_table *t)
{
    uint32_t to = t->cap ? t->cap * 2 : 64, from = t->cap;
    int r = 0;
#define GROW(column) r = r ? r : grow_column((void **)&(column), sizeof(*(column)), from, to)
    GROW(t->node);
    GROW(t->nonzero_cpu);
    GROW(t->nonzero_memory);
    GROW(t->taints_id);
    GROW(t->pods);
    GROW(t->pods_cap);
    GROW(t->volumes);
    GROW(t->ephemeral);
    for (size_t i = 0; i < t->resources.len; i++) {
        GROW(t->alloc[i]);
        GROW(t->used[i]);
    }
#undef GROW
    if (r == 0)
        t->cap = to;
    refresh_view(t);
    return r;
}

/* Adds a column of zeros for the resource (NULL: one of the fixed ones). */
static int add_resource(struct node_table *t, berth_atom resource)
{
    size_t n = t->resources.len;
    int64_t **alloc = realloc(t->alloc, (n + 1) * sizeof(*alloc));
    t->alloc = alloc ? alloc : t->alloc;
    int64_t **used = realloc(t->used, (n + 1) * sizeof(*used));
    t->used = used ? used : t->used;
    refresh_view(t);
    if (!alloc || !used)
        return -ENOMEM;
    alloc[n] = calloc(t->cap + 1u, sizeof(int64_t));
    used[n] = calloc(t->cap + 1u, sizeof(int64_t));
    if (!alloc[n] || !used[n] || (resource && map_put(&t->by_resource, map_ptr(resource), n) < 0)
        || vec_push(&t->resources, resource) < 0) {
        free(alloc[n]);
        free(used[n]);
        if (resource)
            map_delete(&t->by_resource, map_ptr(resource));
        return -ENOMEM;
    }
    refresh_view(t);
    return 0;
}

static int add_scalars(struct node_table *t, const void *block, berth_list scalars)
{
    berth_each(struct berth_amount, amount, block, scalars)
        if (node_table_resource(t, amount->resource) < 0 && add_resource(t, amount->resource) < 0)
            return -ENOMEM;
    return 0;
}

int node_table_init(struct node_table *t)
{
    for (int i = 0; i < BERTH_SCALAR; i++)
        if (add_resource(t, NULL) < 0)
            return -ENOMEM;
    return 0;
}

void node_table_fini(struct node_table *t)
{
    for (uint32_t i = 0; i < t->view.len; i++)
        free((void *)t->pods[i].at);
    for (size_t i = 0; i < t->resources.len; i++) {
        free(t->alloc[i]);
        free(t->used[i]);
    }
    for (size_t i = 0; i < t->taint_sets.len; i++)
        free(t->taint_sets.at[i].taints);
    free(t->alloc);
    free(t->used);
    free(t->node);
    free(t->nonzero_cpu);
    free(t->nonzero_memory);
    free(t->taints_id);
    free(t->pods);
    free(t->pods_cap);
    free(t->volumes);
    free(t->ephemeral);
    vec_fini(&t->dead);
    vec_fini(&t->resources);
    vec_fini(&t->taint_sets);
    map_fini(&t->by_name);
    map_fini(&t->by_resource);
}

int32_t node_table_find(const struct node_table *t, berth_atom name)
{
    uint64_t *slot = name ? map_get(&t->by_name, map_ptr(name)) : NULL;
    return slot ? (int32_t)*slot - 1 : -1;
}

int32_t node_table_resource(const struct node_table *t, berth_atom resource)
{
    uint64_t *column = map_get(&t->by_resource, map_ptr(resource));
    return column ? (int32_t)*column : -1;
}

static bool same_taints(const struct taint_set *set, const struct berth_node *node)
{
    if (set->len != node->taints.len)
        return false;
    const struct berth_taint *b = berth_list_at(node, node->taints);
    for (uint32_t i = 0; i < set->len; i++) {
        const struct berth_taint *a = &set->taints[i];
        if (a->key != b[i].key || a->value != b[i].value || a->effect != b[i].effect)
            return false;
    }
    return true;
}

/* The id of the node's taints, from 1; 0 for none; -ENOMEM. Clusters have few distinct sets. */
static int32_t taints_id_of(struct node_table *t, const struct berth_node *node)
{
    if (node->taints.len == 0)
        return 0;
    for (size_t i = t->taint_sets.len; i-- > 0;)
        if (same_taints(&t->taint_sets.at[i], node))
            return (int32_t)i + 1;
    struct taint_set set = {malloc(node->taints.len * sizeof(*set.taints)), node->taints.len};
    if (!set.taints || vec_push(&t->taint_sets, set) < 0) {
        free(set.taints);
        return -ENOMEM;
    }
    memcpy(set.taints, berth_list_at(node, node->taints), set.len * sizeof(*set.taints));
    return (int32_t)t->taint_sets.len;
}

/* A slot for a new node: -ENOMEM, or its number with by_name set. */
static int32_t take_slot(struct node_table *t, berth_atom name)
{
    if (t->dead.len == 0 && t->view.len == t->cap && grow_rows(t) < 0)
        return -ENOMEM;
    uint32_t slot = t->dead.len ? t->dead.at[t->dead.len - 1] : t->view.len;
    if (map_put(&t->by_name, map_ptr(name), slot + 1u) < 0)
        return -ENOMEM;
    if (t->dead.len)
        t->dead.len--;
    else
        t->view.len++;
    t->view.live++;
    return (int32_t)slot;
}

int32_t node_table_put(struct node_table *t, const struct berth_node *node)
{
    int32_t taints_id = taints_id_of(t, node);
    if (taints_id < 0 || add_scalars(t, node, node->scalars) < 0)
        return -ENOMEM;
    int32_t slot = node_table_find(t, node->name);
    if (slot < 0 && (slot = take_slot(t, node->name)) < 0)
        return -ENOMEM;
    t->node[slot] = node;
    t->taints_id[slot] = (uint32_t)taints_id;
    for (size_t i = 0; i < t->resources.len; i++)
        t->alloc[i][slot] = 0;
    t->alloc[BERTH_CPU][slot] = node->cpu;
    t->alloc[BERTH_MEMORY][slot] = node->memory;
    t->alloc[BERTH_EPHEMERAL_STORAGE][slot] = node->ephemeral_storage;
    t->alloc[BERTH_PODS][slot] = node->pods;
    berth_each(struct berth_amount, amount, node, node->scalars)
        t->alloc[node_table_resource(t, amount->resource)][slot] = amount->value;
    return slot;
}

void node_table_remove(struct node_table *t, uint32_t slot)
{
    map_delete(&t->by_name, map_ptr(t->node[slot]->name));
    t->node[slot] = NULL;
    t->taints_id[slot] = 0;
    for (size_t i = 0; i < t->resources.len; i++)
        t->alloc[i][slot] = 0;
    t->view.live--;
    /* Without memory for the list the slot is lost until the table dies: wasteful, not wrong. */
    (void)vec_push(&t->dead, slot);
}

static uint32_t count_ephemeral(const struct berth_class *class)
{
    uint32_t len = 0;
    berth_each(struct berth_volume, volume, class, class->volumes)
        len += volume->kind == BERTH_VOLUME_EPHEMERAL;
    return len;
}

/* Adds the pod's requests to the row, `sign` times; the scalar columns exist. */
static void charge(struct node_table *t, uint32_t slot, const struct berth_class *class, int64_t sign)
{
    t->used[BERTH_CPU][slot] += sign * class->cpu;
    t->used[BERTH_MEMORY][slot] += sign * class->memory;
    t->used[BERTH_EPHEMERAL_STORAGE][slot] += sign * class->ephemeral_storage;
    t->used[BERTH_PODS][slot] += sign;
    t->nonzero_cpu[slot] += sign * class->nonzero_cpu;
    t->nonzero_memory[slot] += sign * class->nonzero_memory;
    t->volumes[slot] += (uint32_t)sign * class->volumes.len;
    t->ephemeral[slot] += (uint32_t)sign * count_ephemeral(class);
    berth_each(struct berth_amount, amount, class, class->scalars)
        t->used[node_table_resource(t, amount->resource)][slot] += sign * amount->value;
}

int node_table_add_pod(struct node_table *t, uint32_t slot, const struct berth_pod *pod)
{
    struct berth_node_pods *pods = &t->pods[slot];
    if (add_scalars(t, pod->class, pod->class->scalars) < 0)
        return -ENOMEM;
    if (pods->len == t->pods_cap[slot]) {
        uint32_t cap = pods->len ? pods->len * 2 : 4;
        void *grown = realloc((void *)pods->at, cap * sizeof(*pods->at));
        if (!grown)
            return -ENOMEM;
        pods->at = grown;
        t->pods_cap[slot] = cap;
    }
    ((const struct berth_pod **)pods->at)[pods->len++] = pod;
    charge(t, slot, pod->class, 1);
    return 0;
}

void node_table_remove_pod(struct node_table *t, uint32_t slot, const struct berth_pod *pod)
{
    struct berth_node_pods *pods = &t->pods[slot];
    const struct berth_pod **at = (const struct berth_pod **)pods->at;
    for (uint32_t i = 0; i < pods->len; i++)
        if (at[i] == pod) {
            at[i] = at[--pods->len];
            charge(t, slot, pod->class, -1);
            return;
        }
}

/* Sum of what the pods of the slot request in one column. */
static int64_t sum_requests(const struct node_table *t, uint32_t slot, size_t column)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < t->pods[slot].len; i++) {
        const struct berth_class *class = t->pods[slot].at[i]->class;
        const int64_t fixed[BERTH_SCALAR] = {class->cpu, class->memory, class->ephemeral_storage, 1};
        sum += column < BERTH_SCALAR ? fixed[column] : 0;
        berth_each(struct berth_amount, amount, class, class->scalars)
            sum += amount->resource == t->resources.at[column] ? amount->value : 0;
    }
    return sum;
}

/* What the node offers in one column; 0 when there is no node. */
static int64_t offer(const struct node_table *t, const struct berth_node *node, size_t column)
{
    if (!node)
        return 0;
    const int64_t fixed[BERTH_SCALAR] = {node->cpu, node->memory, node->ephemeral_storage, node->pods};
    int64_t value = column < BERTH_SCALAR ? fixed[column] : 0;
    berth_each(struct berth_amount, amount, node, node->scalars)
        value = amount->resource == t->resources.at[column] ? amount->value : value;
    return value;
}

static bool nonzero_ok(const struct node_table *t, uint32_t slot)
{
    int64_t cpu = 0, memory = 0;
    for (uint32_t i = 0; i < t->pods[slot].len; i++) {
        cpu += t->pods[slot].at[i]->class->nonzero_cpu;
        memory += t->pods[slot].at[i]->class->nonzero_memory;
    }
    return cpu == t->nonzero_cpu[slot] && memory == t->nonzero_memory[slot];
}

static bool volumes_ok(const struct node_table *t, uint32_t slot)
{
    uint32_t volumes = 0, ephemeral = 0;
    for (uint32_t i = 0; i < t->pods[slot].len; i++) {
        volumes += t->pods[slot].at[i]->class->volumes.len;
        ephemeral += count_ephemeral(t->pods[slot].at[i]->class);
    }
    return volumes == t->volumes[slot] && ephemeral == t->ephemeral[slot];
}

static bool taints_ok(const struct node_table *t, const struct berth_node *node, uint32_t id)
{
    return !node || node->taints.len == 0 ? id == 0 : id > 0 && same_taints(&t->taint_sets.at[id - 1], node);
}

bool node_table_ok(const struct node_table *t)
{
    uint32_t live = 0;
    for (uint32_t slot = 0; slot < t->view.len; slot++) {
        const struct berth_node *node = t->node[slot];
        live += node != NULL;
        if (node ? node_table_find(t, node->name) != (int32_t)slot : t->pods[slot].len != 0)
            return false;
        if (!nonzero_ok(t, slot) || !volumes_ok(t, slot) || !taints_ok(t, node, t->taints_id[slot]))
            return false;
        for (size_t i = 0; i < t->resources.len; i++)
            if (t->used[i][slot] != sum_requests(t, slot, i) || t->alloc[i][slot] != offer(t, node, i))
                return false;
    }
    return live == t->view.live && live == t->by_name.len;
}
