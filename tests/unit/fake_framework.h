/*
 * Just enough of a framework to call one plugin's functions: include it, then the plugin's .c file.
 * Everything lives until fake_end(); one verdict at a time is remembered.
 */
#ifndef FAKE_FRAMEWORK_H
#define FAKE_FRAMEWORK_H

#include "base/atoms.h"
#include <berth/plugin.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Verdicts of the fake: FAKE_VERDICT + code. */
enum { FAKE_VERDICT = 100 };

struct cycle {
    struct atoms atoms;
    struct arena arena;
    char reason[256];        /* of the last verdict */
    void *kept;              /* by berth_keep() */
    const berth_atom *names; /* of berth_only_nodes() */
    uint32_t names_len;
};
static struct cycle fake;

static inline berth_atom fake_atom(const char *text)
{
    return text ? atoms_intern(&fake.atoms, berth_str_of(text)) : NULL;
}

static inline void *fake_alloc(size_t bytes)
{
    return arena_need(&fake.arena, bytes);
}

static inline int fake_end(void **state)
{
    (void)state;
    atoms_fini(&fake.atoms);
    arena_fini(&fake.arena);
    fake = (struct cycle){0};
    return 0;
}

berth_verdict berth_reject(const struct berth_cycle *c, enum berth_code code, const char *reason)
{
    (void)c;
    snprintf(fake.reason, sizeof(fake.reason), "%s", reason);
    return FAKE_VERDICT + code;
}

berth_verdict berth_rejectf(const struct berth_cycle *c, enum berth_code code, const char *format, ...)
{
    (void)c;
    va_list args;
    va_start(args, format);
    vsnprintf(fake.reason, sizeof(fake.reason), format, args);
    va_end(args);
    return FAKE_VERDICT + code;
}

void *berth_alloc(const struct berth_cycle *c, size_t bytes)
{
    (void)c;
    return fake_alloc(bytes);
}

void berth_keep(const struct berth_cycle *c, void *state)
{
    (void)c;
    fake.kept = state;
}

void berth_only_nodes(const struct berth_cycle *c, const berth_atom *names, uint32_t len)
{
    (void)c;
    fake.names = names;
    fake.names_len = len;
}

berth_atom berth_atom_of(struct berth_handle *h, berth_str text)
{
    (void)h;
    return atoms_intern(&fake.atoms, text);
}

#endif
