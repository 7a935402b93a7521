/*
 * Configuration types as tables: the fields of a struct, their names in files, their types, defaults
 * and how they are written. One decoder and one writer serve every type, as encoding/json serves
 * Go's structs with their tags.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/faults.h"

enum field_type {
    FIELD_STRING,   /* berth_str; {NULL, 0} is the empty string */
    FIELD_BYTES,    /* berth_str holding base64 */
    FIELD_BOOL,     /* bool */
    FIELD_INT32,    /* int32_t */
    FIELD_INT64,    /* int64_t */
    FIELD_FLOAT32,  /* float */
    FIELD_DURATION, /* int64_t, nanoseconds */
    FIELD_STRUCT,   /* the struct itself */
    FIELD_POINTER,  /* pointer to a struct; NULL: not given */
    FIELD_LIST, /* pointer to structs, or to berth_str when `of` is NULL; NULL: not given, which is not empty
                 */
    FIELD_MAP,  /* const struct berth_value *: an object of strings; NULL: not given */
    FIELD_RAW,  /* const struct berth_value *: anything; NULL: not given */
};

enum {
    FIELD_OMIT_EMPTY = 1, /* not written when it is "", 0, false, NULL or an empty list */
    FIELD_OPTIONAL = 2,   /* INT32, DURATION: may be not given, kept as the least number; STRING: as NULL.
                             Not written then. */
    FIELD_ZERO_UNSET = 4, /* 0 or "" in the file means the default */
    FIELD_OLD = 8,        /* a field of versions before v1, where it is accepted and not kept */
};

struct schema;

struct field {
    const char *name;
    uint8_t type; /* enum field_type */
    uint8_t flags;
    uint16_t at;     /* offset of the field */
    uint16_t len_at; /* FIELD_LIST: offset of its uint32_t length */
    const struct schema *of;
    int64_t number;   /* default of numbers, durations and booleans, */
    const char *text; /* and of strings; NULL: none */
};

struct schema {
    const char *name; /* the Go type that messages name, */
    const char *package;
    uint32_t size; /* bytes of the struct */
    uint32_t len;
    const struct field *fields; /* sorted by name: they are written in this order */
};

#define FIELD_NOT_GIVEN_32 INT32_MIN
#define FIELD_NOT_GIVEN_64 INT64_MIN

struct decoding {
    struct arena *arena; /* owns lists and texts of the result */
    bool yaml;           /* how repeated keys are worded */
    bool old;            /* the file is of a version before v1 */
    const struct doc *doc;
    struct faults *strict; /* unknown fields and repeated keys */
    struct faults *wrong;  /* values of the wrong type */
};

/* Defaults into the struct at `to`, which is all zero. */
void schema_init(const struct schema *schema, void *to);

/* Reads an object into the struct at `to`: defaults, then what is given; null is "not given". */
void schema_decode(const struct schema *schema, const struct decoding *d, const struct berth_value *value,
                   void *to);

/* The struct as Go would marshal it. */
struct berth_value schema_write(const struct schema *schema, struct arena *arena, const void *from);

#endif
