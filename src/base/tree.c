/* Builds values; see tree.h. */
#include "base/tree.h"

#include <stdarg.h>
#include <stdlib.h>

int tree_fail(struct tree *t, uint32_t where, const char *format, ...)
{
    struct berth_value at = {.where = where};
    va_list args;
    va_start(args, format);
    err_vset(t->err, format, args);
    va_end(args);
    return err_wrap(t->err, "%s:%u", t->doc->name, doc_line(t->doc, &at));
}

static bool has_text(const struct berth_value *object, const char *key)
{
    return berth_value_text(berth_value_get(object, key)).len > 0;
}

static int hand_out(struct tree *t, const struct berth_value *object, const struct berth_value *list)
{
    if (object->type != BERTH_OBJECT)
        return tree_fail(t, object->where, list ? "an item of the list is not an object" : "not an object");
    const struct berth_value *items = berth_value_get(object, "items");
    if (!items || items->type != BERTH_ARRAY)
        return t->fn(t->context, t->doc, object, list, t->err);
    for (uint32_t i = 0; i < items->len; i++) {
        int r = hand_out(t, &items->items[i], object);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The item that was just pushed: handed out, or kept for want of its kind. */
static int hand_out_item(struct tree *t, struct tree_frame *frame)
{
    struct berth_value item = t->values.at[t->values.len - 1];
    struct berth_value list = {.type = BERTH_OBJECT,
                               .where = t->frames[0].where,
                               .len = (uint32_t)t->members.len - 1,
                               .members = t->members.at};
    bool complete = (has_text(&list, "kind") || has_text(&item, "kind"))
                    && (has_text(&list, "apiVersion") || has_text(&item, "apiVersion"));
    if (item.type == BERTH_OBJECT && !complete) {
        frame->streams = false;
        return 0;
    }
    t->values.len--;
    int r = hand_out(t, &item, &list);
    if (t->keep)
        t->item = arena_mark(t->arena);
    else
        arena_rewind(t->arena, t->item);
    t->keep = false;
    return r;
}

static bool begins_items(const struct tree *t, enum berth_value_type type)
{
    return t->fn && type == BERTH_ARRAY && t->depth == 1 && t->frames[0].type == BERTH_OBJECT
           && berth_str_eq(t->members.at[t->members.len - 1].key, BERTH_STR("items"));
}

int tree_open(struct tree *t, enum berth_value_type type, uint32_t where)
{
    if (t->depth == TREE_MAX_DEPTH)
        return tree_fail(t, where, "nested more than %d deep", TREE_MAX_DEPTH);
    bool streams = begins_items(t, type);
    if (streams) {
        t->item = arena_mark(t->arena);
        t->keep = false;
    }
    t->frames[t->depth++] =
        (struct tree_frame){.type = type,
                            .streams = streams,
                            .where = where,
                            .first = type == BERTH_ARRAY ? t->values.len : t->members.len};
    return 0;
}

int tree_item(struct tree *t, struct berth_value value)
{
    if (t->depth == 0) {
        t->root = value;
        t->done = true;
        return 0;
    }
    if (vec_push(&t->values, value) < 0)
        return err_nomem(t->err);
    struct tree_frame *frame = tree_top(t);
    return frame->streams ? hand_out_item(t, frame) : 0;
}

int tree_close(struct tree *t)
{
    struct tree_frame frame = t->frames[--t->depth];
    struct berth_value value = {.type = frame.type, .where = frame.where};
    if (frame.type == BERTH_OBJECT) {
        value.len = (uint32_t)(t->members.len - frame.first);
        if (value.len)
            value.members =
                arena_copy(t->arena, t->members.at + frame.first, value.len * sizeof(*value.members));
        t->members.len = frame.first;
    } else {
        value.len = (uint32_t)(t->values.len - frame.first);
        if (value.len)
            value.items = arena_copy(t->arena, t->values.at + frame.first, value.len * sizeof(*value.items));
        t->values.len = frame.first;
    }
    if (value.len && !value.items)
        return err_nomem(t->err);
    t->closed = value;
    return tree_value(t, value);
}

int tree_finish(struct tree *t)
{
    bool empty = !t->done || t->root.type == BERTH_NULL;
    t->done = false;
    if (!t->fn)
        return 0;
    int r = empty ? 0 : hand_out(t, &t->root, NULL);
    arena_reset(t->arena);
    return r;
}

void tree_fini(struct tree *t)
{
    vec_fini(&t->values);
    vec_fini(&t->members);
}
