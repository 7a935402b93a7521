/*
 * A parsed JSON or YAML value: what configuration arguments look like to a plugin, and what
 * manifests look like before they are decoded. Immutable; owned by whoever parsed the text.
 */
#ifndef BERTH_VALUE_H
#define BERTH_VALUE_H

#include <berth/str.h>

enum berth_value_type {
    BERTH_NULL,
    BERTH_BOOL,
    BERTH_NUMBER, /* `text` holds the number exactly as written */
    BERTH_STRING, /* `text` holds the unescaped bytes */
    BERTH_ARRAY,
    BERTH_OBJECT,
};

struct berth_member;

struct berth_value {
    uint8_t type;    /* enum berth_value_type */
    uint8_t boolean; /* BERTH_BOOL: 0 or 1 */
    uint32_t len;    /* bytes of text, or number of items or members */
    uint32_t where;  /* JSON: byte offset in the text; YAML: line, from 1 */
    union {
        const char *text;
        const struct berth_value *items;
        const struct berth_member *members; /* in the order of the text; a key may repeat */
    };
};

struct berth_member {
    berth_str key;
    struct berth_value value;
};

/* The member named `key`, the last one if it repeats; NULL when absent or not an object. */
const struct berth_value *berth_value_get(const struct berth_value *object, const char *key);

/* True for NULL, the JSON null, and nothing else: "not given" in Kubernetes' sense. */
static inline bool berth_value_absent(const struct berth_value *v)
{
    return !v || v->type == BERTH_NULL;
}

/* The bytes of a string or a number as written; the empty slice for anything else. */
static inline berth_str berth_value_text(const struct berth_value *v)
{
    bool has = v && (v->type == BERTH_STRING || v->type == BERTH_NUMBER);
    return has ? (berth_str){v->text, v->len} : (berth_str){0};
}

/* The whole number of a BERTH_NUMBER that fits int64; `otherwise` for anything else. */
int64_t berth_value_int(const struct berth_value *v, int64_t otherwise);

/* The boolean of a BERTH_BOOL; `otherwise` for anything else. */
bool berth_value_bool(const struct berth_value *v, bool otherwise);

#endif
