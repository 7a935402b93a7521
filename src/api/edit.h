/*
 * New values made from old ones, in an arena: how objects come about that no text holds. What was not changed
 * is shared. Memory running out gives NULL or leaves a sticky mark, see struct editor.
 */
#ifndef API_EDIT_H
#define API_EDIT_H

#include "base/arena.h"
#include <berth/value.h>

struct editor {
    struct arena *arena;
    uint32_t where; /* given to new values: where what they stem from is in its text */
    int failed;     /* memory ran out: values made since are incomplete */
};

/* A string, copied or formatted, and a boolean. */
struct berth_value edit_str(struct editor *e, berth_str text);
struct berth_value edit_format(struct editor *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct berth_value edit_bool(struct editor *e, bool value);

/* An array of one item, and an object without members. */
struct berth_value edit_array(struct editor *e, struct berth_value item);
struct berth_value edit_object(struct editor *e);

/* A copy of the object in which member `key` is `value`; `object` NULL or of another type counts as empty. */
struct berth_value edit_set(struct editor *e, const struct berth_value *object, const char *key,
                            struct berth_value value);

/* A copy of the array with one item more at its end; `array` NULL or of another type counts as empty. */
struct berth_value edit_append(struct editor *e, const struct berth_value *array, struct berth_value item);

/* A copy that shares nothing with the original. */
struct berth_value edit_copy(struct editor *e, const struct berth_value *value);

#endif
