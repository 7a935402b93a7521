/* Objects from YAML for tests of the decoder. */
#ifndef UNIT_DECODED_H
#define UNIT_DECODED_H

#include "api/decode.h"
#include "base/array.h"
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Compares two texts; `name` is the case's. */
static inline void expect_text(const char *name, const char *got, const char *want)
{
    if (strcmp(got, want) != 0)
        fail_msg("%s:\n  got  %s\n  want %s", name, got, want);
}

static inline void expect_number(const char *name, const char *what, long long got, long long want)
{
    if (got != want)
        fail_msg("%s: %s: got %lld, want %lld", name, what, got, want);
}

/* The text of a buffer, never NULL. */
static inline const char *text_of(const struct buf *b)
{
    return b->len ? b->ptr : "";
}

/* The value of a YAML text. */
static inline struct berth_value parse_yaml(struct arena *arena, const char *yaml)
{
    size_t len = strlen(yaml);
    char *text = arena_alloc(arena, len + DOC_PADDING);
    struct doc doc = {.name = "test", .text = text, .len = len, .format = DOC_YAML};
    struct berth_value value = {0};
    struct err err = {0};
    assert_non_null(text);
    memcpy(text, yaml, len);
    if (doc_parse(&doc, arena, &value, &err) < 0)
        fail_msg("%s: %s", yaml, err_text(&err));
    return value;
}

/* Decodes a YAML text; on failure the text is in *ret_err. */
static inline int try_decode(struct catalog *c, enum object_kind kind, const char *yaml,
                             struct object *ret_object, struct pod_facts *ret_facts, struct err *ret_err)
{
    struct arena arena = {0};
    struct berth_value value = parse_yaml(&arena, yaml);
    int r = object_decode(c, kind, &value, ret_object, ret_facts, ret_err);
    arena_fini(&arena);
    return r;
}

static inline struct object decode(struct catalog *c, enum object_kind kind, const char *yaml)
{
    struct object o = {0};
    struct err err = {0};
    if (try_decode(c, kind, yaml, &o, NULL, &err) < 0)
        fail_msg("%s: %s", yaml, err_text(&err));
    return o;
}

/*
 * A pod of this metadata (name p unless given) and spec, both what stands between the
 * braces of a flow mapping.
 */
static inline struct object decode_pod_of(struct catalog *c, const char *metadata, const char *rest)
{
    char yaml[8192];
    int len = snprintf(yaml, sizeof(yaml), "{metadata: {name: p, %s}, %s}", metadata, rest);
    assert_in_range(len, 0, sizeof(yaml) - 1);
    return decode(c, OBJECT_POD, yaml);
}

#endif
