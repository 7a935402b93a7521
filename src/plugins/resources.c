/*
 * What the two resource plugins share: reading resource lists, and finding the columns that count for a pod.
 */
#include "plugins/resources.h"

#include <stdlib.h>

static int32_t fixed_column(berth_str name)
{
    if (berth_str_eq(name, BERTH_STR("cpu")))
        return BERTH_CPU;
    if (berth_str_eq(name, BERTH_STR("memory")))
        return BERTH_MEMORY;
    if (berth_str_eq(name, BERTH_STR("ephemeral-storage")))
        return BERTH_EPHEMERAL_STORAGE;
    return -1;
}

int resource_specs_read(struct berth_handle *h, const struct berth_value *list, struct resource_specs *ret)
{
    uint32_t len = list && list->type == BERTH_ARRAY ? list->len : 0;
    *ret = (struct resource_specs){calloc(len ? len : 1, sizeof(*ret->at)), len};
    if (!ret->at)
        return -1;
    for (uint32_t i = 0; i < len; i++) {
        berth_str name = berth_value_text(berth_value_get(&list->items[i], "name"));
        ret->at[i].name = berth_atom_of(h, name);
        ret->at[i].column = fixed_column(name);
        ret->at[i].weight = berth_value_int(berth_value_get(&list->items[i], "weight"), 1);
    }
    return 0;
}

static int64_t scalar_request(const struct berth_class *class, berth_list scalars, berth_atom name)
{
    berth_each (struct berth_amount, amount, class, scalars)
        if (amount->resource == name)
            return amount->value;
    return 0;
}

int64_t resource_request(const struct berth_class *class, const struct resource_spec *spec,
                         enum resource_requests which)
{
    bool defaults = which == RESOURCES_WITH_DEFAULTS;
    bool containers = defaults && class->flags & BERTH_POD_LEVEL_RESOURCES;
    switch (spec->column) {
    case BERTH_CPU:
        return containers ? class->container_nonzero_cpu : defaults ? class->nonzero_cpu : class->cpu;
    case BERTH_MEMORY:
        return containers ? class->container_nonzero_memory
               : defaults ? class->nonzero_memory
                          : class->memory;
    case BERTH_EPHEMERAL_STORAGE:
        return class->ephemeral_storage;
    default:
        return scalar_request(class, containers ? class->container_scalars : class->scalars, spec->name);
    }
}

static const int64_t *used_column(const struct berth_nodes *nodes, int32_t column,
                                  enum resource_requests which)
{
    if (which == RESOURCES_WITH_DEFAULTS && column == BERTH_CPU)
        return nodes->nonzero_cpu;
    if (which == RESOURCES_WITH_DEFAULTS && column == BERTH_MEMORY)
        return nodes->nonzero_memory;
    return nodes->used[column];
}

void resources_scored_init(struct resources_scored *list, const struct berth_cycle *c,
                           const struct resource_specs *specs, enum resource_requests which)
{
    list->len = 0;
    list->at = list->few;
    if (specs->len > sizeof(list->few) / sizeof(list->few[0]))
        list->at = calloc(specs->len, sizeof(*list->at));
    if (!list->at)
        abort();
    for (uint32_t i = 0; i < specs->len; i++) {
        int64_t request = resource_request(c->class, &specs->at[i], which);
        int32_t column = specs->at[i].column;
        if (column < 0 && request != 0)
            column = berth_resource_column(c, specs->at[i].name);
        if (column < 0)
            continue;
        list->at[list->len++] = (struct resource_scored){
            .alloc = c->nodes->alloc[column],
            .used = used_column(c->nodes, column, which),
            .request = request,
            .weight = specs->at[i].weight,
        };
    }
}

void resources_scored_fini(struct resources_scored *list)
{
    if (list->at != list->few)
        free(list->at);
}
