/*
 * What plugins may ask while they are made.
 */
#include "core/handle.h"

#include "api/decode.h"
#include "config/gates.h"

#include <stdarg.h>

berth_atom berth_atom_of(struct berth_handle *h, berth_str text)
{
    return atoms_intern(catalog_atoms(h->catalog), text);
}

bool berth_feature(struct berth_handle *h, const char *gate)
{
    (void)h;
    return feature_enabled(gate);
}

int berth_create_fails(struct berth_handle *h, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(h->err, format, args);
    va_end(args);
    return -1;
}

const struct berth_class *berth_compile_node_affinity(struct berth_handle *h, const struct berth_value *v)
{
    struct block block = {0};
    const struct berth_class *compiled = NULL;
    if (decode_added_affinity(h->catalog, v, &block, h->err) == 0) {
        compiled = arena_copy(h->arena, block_at(&block), block.len);
        if (!compiled)
            err_nomem(h->err);
    }
    block_fini(&block);
    return compiled;
}
