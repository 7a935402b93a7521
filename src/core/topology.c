#include "core/topology.h"

#include <errno.h>
#include <stdlib.h>

static int set_value(struct topology_column *c, const struct node_table *nodes, uint32_t slot)
{
    const struct berth_node *node = nodes->node[slot];
    berth_atom value = node ? berth_label_get(node, node->labels, c->key) : NULL;
    uint64_t *number = value ? map_get(&c->by_value, map_ptr(value)) : NULL;
    if (value && !number && map_put(&c->by_value, map_ptr(value), c->values + 1) < 0)
        return -ENOMEM;
    c->value[slot] = !value ? 0 : number ? (uint32_t)*number : ++c->values;
    return 0;
}

static int fit_rows(struct topology_column *c, const struct node_table *nodes)
{
    if (c->cap >= nodes->cap && c->cap > 0)
        return 0;
    uint32_t cap = nodes->cap ? nodes->cap : 1;
    uint32_t *grown = realloc(c->value, cap * sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    memset(grown + c->cap, 0, (cap - c->cap) * sizeof(*grown));
    c->value = grown;
    c->cap = cap;
    return 0;
}

static int fill(struct topology_column *c, const struct node_table *nodes)
{
    int r = fit_rows(c, nodes);
    for (uint32_t slot = 0; r == 0 && slot < nodes->view.len; slot++)
        r = set_value(c, nodes, slot);
    return r;
}

static void column_fini(struct topology_column *c)
{
    free(c->value);
    map_fini(&c->by_value);
}

struct berth_topology topology_of(struct topology *t, const struct node_table *nodes, berth_atom key)
{
    for (size_t i = 0; i < t->columns.len; i++) {
        struct topology_column *known = &t->columns.at[i];
        if (known->key == key)
            return fit_rows(known, nodes) < 0 ? (struct berth_topology){0}
                                              : (struct berth_topology){known->value, known->values};
    }
    struct topology_column c = {.key = key};
    if (fill(&c, nodes) < 0 || vec_push(&t->columns, c) < 0) {
        column_fini(&c);
        return (struct berth_topology){0};
    }
    return (struct berth_topology){c.value, c.values};
}

uint32_t topology_fill(const struct node_table *nodes, berth_atom key, uint32_t *ret_value)
{
    uint32_t values = 0;
    for (uint32_t slot = 0; slot < nodes->view.len; slot++) {
        const struct berth_node *node = nodes->node[slot];
        berth_atom value = node ? berth_label_get(node, node->labels, key) : NULL;
        ret_value[slot] = value ? values + 1 : 0;
        for (uint32_t i = 0; value && i < slot; i++)
            if (ret_value[i] && berth_label_get(nodes->node[i], nodes->node[i]->labels, key) == value)
                ret_value[slot] = ret_value[i];
        values = ret_value[slot] > values ? ret_value[slot] : values;
    }
    return values;
}

int topology_update(struct topology *t, const struct node_table *nodes, uint32_t slot)
{
    for (size_t i = 0; i < t->columns.len; i++)
        if (fit_rows(&t->columns.at[i], nodes) < 0 || set_value(&t->columns.at[i], nodes, slot) < 0)
            return -ENOMEM;
    return 0;
}

void topology_fini(struct topology *t)
{
    for (size_t i = 0; i < t->columns.len; i++)
        column_fini(&t->columns.at[i]);
    vec_fini(&t->columns);
}
