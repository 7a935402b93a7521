/* The names of the extension points. */
#include "config/points.h"

const char *point_field(enum point point)
{
    static const char *const fields[] = {
#define X(id, field, type) field,
        POINTS(X)
#undef X
            "multiPoint",
    };
    return fields[point];
}

const char *point_type(enum point point)
{
    static const char *const types[] = {
#define X(id, field, type) type,
        POINTS(X)
#undef X
    };
    return types[point];
}
