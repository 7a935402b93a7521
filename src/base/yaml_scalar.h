/* What a YAML scalar means: the rules of sigs.k8s.io/yaml, which are YAML 1.1's as go-yaml v2 reads them. */
#ifndef BASE_YAML_SCALAR_H
#define BASE_YAML_SCALAR_H

#include "base/arena.h"
#include <berth/value.h>

enum yaml_kind {
    YAML_TEXT,
    YAML_NOTHING, /* null */
    YAML_TRUE,
    YAML_FALSE,
    YAML_INTEGER,
    YAML_FLOAT,
    YAML_INFINITE, /* also not-a-number */
    YAML_TIME,     /* read as text, but must be quoted when written */
    YAML_MERGE,    /* << */
};

/* What the text means when it stands there without quotes and tag. */
enum yaml_kind yaml_kind(berth_str text);

/*
 * The number's text as JSON writes it: `text` itself when it is so written, else a conversion in the arena.
 * The kind must be YAML_INTEGER or YAML_FLOAT. {NULL, 0} when memory ran out.
 */
berth_str yaml_number(berth_str text, enum yaml_kind kind, struct arena *arena);

#endif
