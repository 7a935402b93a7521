/* What plugins may ask while they are made. */
#include "core/handle.h"

#include "api/selector.h"
#include "config/gates.h"

#include <stdarg.h>
#include <stdio.h>

berth_atom berth_atom_of(struct berth_handle *h, berth_str text)
{
    return atoms_intern(catalog_atoms(h->catalog), text);
}

bool berth_feature(struct berth_handle *h, const char *gate)
{
    return gates_enabled(h->gates, gate);
}

int berth_create_fails(struct berth_handle *h, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(h->err, format, args);
    va_end(args);
    return -1;
}

/* ---- addedAffinity ---- */

/* A class block while its node terms are compiled. */
struct compiling {
    struct berth_handle *handle;
    struct block block;
    struct arena scratch;
};

static int compile_term(struct compiling *c, const struct berth_value *item, bool preferred, const char *path,
                        struct berth_node_term *ret)
{
    const struct berth_value *term = preferred ? berth_value_get(item, "preference") : item;
    int r = node_term_compile(term, path, &c->block, catalog_atoms(c->handle->catalog), &c->scratch, ret,
                              c->handle->err);
    if (preferred)
        ret->weight = (int32_t)berth_value_int(berth_value_get(item, "weight"), 0);
    return r;
}

static int compile_terms(struct compiling *c, const struct berth_value *list, bool preferred, berth_list *ret)
{
    if (!list || list->type != BERTH_ARRAY)
        return 0;
    struct berth_node_term *terms = arena_need(&c->scratch, list->len * sizeof(*terms));
    for (uint32_t i = 0; i < list->len; i++) {
        char path[40];
        snprintf(path, sizeof(path), "%s[%u]", preferred ? "" : "nodeSelectorTerms", i);
        int r = compile_term(c, &list->items[i], preferred, path, &terms[i]);
        if (r < 0)
            return r;
    }
    *ret = block_add(&c->block, terms, sizeof(*terms), list->len);
    return 0;
}

static int compile(struct compiling *c, const struct berth_value *affinity)
{
    const struct berth_value *required =
        berth_value_get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    const struct berth_value *preferred =
        berth_value_get(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
    berth_list required_nodes = {0}, preferred_nodes = {0};
    block_start(&c->block, sizeof(struct berth_class));
    int r = compile_terms(c, berth_value_get(required, "nodeSelectorTerms"), false, &required_nodes);
    if (r < 0 || (r = compile_terms(c, preferred, true, &preferred_nodes)) < 0)
        return r;
    if (c->block.failed)
        return err_nomem(c->handle->err);
    struct berth_class *class = block_at(&c->block);
    class->required_nodes = required_nodes;
    class->preferred_nodes = preferred_nodes;
    class->flags = berth_value_absent(required) ? 0 : BERTH_POD_HAS_REQUIRED_NODES;
    return 0;
}

const struct berth_class *berth_compile_node_affinity(struct berth_handle *h, const struct berth_value *v)
{
    struct compiling c = {.handle = h};
    const struct berth_class *compiled = NULL;
    if (compile(&c, v) == 0)
        compiled = arena_copy(h->arena, c.block.bytes, c.block.len);
    block_fini(&c.block);
    arena_fini(&c.scratch);
    return compiled;
}
