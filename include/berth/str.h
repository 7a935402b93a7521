/*
 * Text in Berth: borrowed slices and interned atoms. This header needs only the C library.
 */
#ifndef BERTH_STR_H
#define BERTH_STR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A borrowed slice of bytes: not NUL-terminated, never owned. {NULL, 0} is the empty slice. */
typedef struct berth_str {
    const char *ptr;
    uint32_t len;
} berth_str;

#define BERTH_STR(literal) ((berth_str){(literal), sizeof(literal) - 1})

static inline berth_str berth_str_of(const char *c_string)
{
    return (berth_str){c_string, (uint32_t)strlen(c_string)};
}

static inline bool berth_str_eq(berth_str a, berth_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Byte order, the shorter first when one is a prefix: how Go sorts strings. <0, 0, >0. */
static inline int berth_str_cmp(berth_str a, berth_str b)
{
    uint32_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/*
 * An interned string. Within one process equal text means equal pointer, so atoms are compared
 * with ==. NULL means "absent"; the empty string is an atom like any other. `id` is dense and
 * starts at 1. `text` is NUL-terminated for printf's sake and may itself hold NUL bytes.
 */
struct berth_interned {
    uint32_t id;
    uint32_t hash;
    uint32_t len;
    char text[];
};
typedef const struct berth_interned *berth_atom;

static inline berth_str berth_atom_str(berth_atom atom)
{
    return atom ? (berth_str){atom->text, atom->len} : (berth_str){0};
}

/* For printf's "%.*s", which must not be given NULL. */
#define BERTH_FMT(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

#endif
