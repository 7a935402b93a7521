#include "api/edit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void *take(struct editor *e, const void *bytes, size_t len)
{
    void *copy = arena_copy(e->arena, bytes, len);
    if (!copy)
        e->failed = 1;
    return copy;
}

static struct berth_value text_value(struct editor *e, uint8_t type, berth_str text)
{
    const char *copy = take(e, text.ptr, text.len);
    return (struct berth_value){.type = type, .len = copy ? text.len : 0, .where = e->where, .text = copy};
}

struct berth_value edit_str(struct editor *e, berth_str text)
{
    return text_value(e, BERTH_STRING, text);
}

struct berth_value edit_format(struct editor *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        e->failed = 1;
        return (struct berth_value){.type = BERTH_STRING, .where = e->where};
    }
    struct berth_value value = edit_str(e, (berth_str){text, (uint32_t)len});
    free(text);
    return value;
}

struct berth_value edit_bool(struct editor *e, bool value)
{
    return (struct berth_value){.type = BERTH_BOOL, .boolean = value, .where = e->where};
}

struct berth_value edit_array(struct editor *e, struct berth_value item)
{
    return edit_append(e, NULL, item);
}

struct berth_value edit_object(struct editor *e)
{
    return (struct berth_value){.type = BERTH_OBJECT, .where = e->where};
}

struct berth_value edit_set(struct editor *e, const struct berth_value *object, const char *key,
                            struct berth_value value)
{
    bool is_object = object && object->type == BERTH_OBJECT;
    uint32_t len = is_object ? object->len : 0, at = len;
    berth_str name = berth_str_of(key);
    struct berth_member *members = arena_alloc(e->arena, ((size_t)len + 1) * sizeof(*members));
    if (!members) {
        e->failed = 1;
        return edit_object(e);
    }
    for (uint32_t i = 0; i < len; i++) {
        members[i] = object->members[i];
        if (berth_str_eq(members[i].key, name))
            at = i; /* of repeated keys the last counts */
    }
    members[at].key = (berth_str){take(e, key, name.len), name.len};
    members[at].value = value;
    return (struct berth_value){.type = BERTH_OBJECT,
                                .len = len + (at == len),
                                .where = is_object ? object->where : e->where,
                                .members = members};
}

struct berth_value edit_append(struct editor *e, const struct berth_value *array, struct berth_value item)
{
    bool is_array = array && array->type == BERTH_ARRAY;
    uint32_t len = is_array ? array->len : 0;
    struct berth_value *items = arena_alloc(e->arena, ((size_t)len + 1) * sizeof(*items));
    if (!items) {
        e->failed = 1;
        return (struct berth_value){.type = BERTH_ARRAY, .where = e->where};
    }
    if (len)
        memcpy(items, array->items, len * sizeof(*items));
    items[len] = item;
    return (struct berth_value){
        .type = BERTH_ARRAY, .len = len + 1, .where = is_array ? array->where : e->where, .items = items};
}

static struct berth_value copy_array(struct editor *e, const struct berth_value *value)
{
    struct berth_value copy = *value;
    struct berth_value *items = take(e, value->items, value->len * sizeof(*items));
    for (uint32_t i = 0; items && i < value->len; i++)
        items[i] = edit_copy(e, &items[i]);
    copy.items = items;
    copy.len = items ? value->len : 0;
    return copy;
}

static struct berth_value copy_object(struct editor *e, const struct berth_value *value)
{
    struct berth_value copy = *value;
    struct berth_member *members = take(e, value->members, value->len * sizeof(*members));
    for (uint32_t i = 0; members && i < value->len; i++) {
        members[i].key.ptr = take(e, members[i].key.ptr, members[i].key.len);
        members[i].key.len = members[i].key.ptr ? members[i].key.len : 0;
        members[i].value = edit_copy(e, &members[i].value);
    }
    copy.members = members;
    copy.len = members ? value->len : 0;
    return copy;
}

struct berth_value edit_copy(struct editor *e, const struct berth_value *value)
{
    switch (value->type) {
    case BERTH_NUMBER:
    case BERTH_STRING: {
        struct berth_value copy = text_value(e, value->type, (berth_str){value->text, value->len});
        copy.where = value->where;
        return copy;
    }
    case BERTH_ARRAY:
        return copy_array(e, value);
    case BERTH_OBJECT:
        return copy_object(e, value);
    default:
        return *value;
    }
}
