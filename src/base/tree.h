/*
 * Builds values out of a stream of tokens, for both readers (json.c, yaml.c). Open containers live on an
 * explicit stack, so depth costs no C stack; the children of an open container are collected on a reusable
 * stack and copied next to each other when it closes.
 *
 * With a doc_fn, the items of a List are handed out one by one as they are completed and their memory is used
 * again, as long as an item says its apiVersion and kind or the List has already said so. Otherwise
 * the rest of the items is kept until the List is read whole.
 */
#ifndef BASE_TREE_H
#define BASE_TREE_H

#include "base/doc.h"
#include "base/vec.h"

#include <stdbool.h>

enum { TREE_MAX_DEPTH = 512 };

struct tree_frame {
    uint8_t type; /* BERTH_ARRAY or BERTH_OBJECT */
    bool streams; /* its items are handed out */
    uint32_t where;
    size_t first; /* its first child on the stack */
};

/* Set doc, arena, err and, to hand out objects, fn and context; the rest zero. Release with tree_fini(). */
struct tree {
    const struct doc *doc;
    struct arena *arena;
    struct err *err;
    doc_fn fn;
    void *context;

    bool done; /* the document is complete: `root` holds it */
    bool keep; /* set by the reader: something refers into the item being built, its memory stays */
    struct berth_value root;
    struct berth_value closed; /* the container that was closed last */

    uint32_t depth;
    struct tree_frame frames[TREE_MAX_DEPTH];
    VEC(struct berth_value) values;   /* children of open arrays */
    VEC(struct berth_member) members; /* of open objects; the last one's value may still be missing */
    struct arena_mark item;           /* where the item being built begins in the arena */
};

/* Each returns 0 or a negative code with err set. Keys and values must come in an order that makes sense. */
int tree_open(struct tree *t, enum berth_value_type type, uint32_t where);
static inline int tree_key(struct tree *t, berth_str key);
static inline int tree_value(struct tree *t, struct berth_value value);
int tree_close(struct tree *t);

/* Ends the document: hands out what tree_close() has not, and makes ready for the next document. */
int tree_finish(struct tree *t);

/* An error at a place in the text; `where` as in a value. */
int tree_fail(struct tree *t, uint32_t where, const char *format, ...) __attribute__((format(printf, 3, 4)));

void tree_fini(struct tree *t);

/* The innermost open container, NULL outside of any. */
static inline struct tree_frame *tree_top(struct tree *t)
{
    return t->depth ? &t->frames[t->depth - 1] : NULL;
}

/* Field by field: a struct built aside and copied as a whole costs a stalled load on this hot path. */
static inline int tree_key(struct tree *t, berth_str key)
{
    if (t->members.len == t->members.cap
        && vec_grow((void **)&t->members.at, &t->members.cap, t->members.len, sizeof(*t->members.at)) < 0)
        return err_nomem(t->err);
    struct berth_member *member = &t->members.at[t->members.len++];
    member->key.ptr = key.ptr;
    member->key.len = key.len;
    return 0;
}

/* tree_value() for what is no member: items of arrays, and the document itself. */
int tree_item(struct tree *t, struct berth_value value);

static inline int tree_value(struct tree *t, struct berth_value value)
{
    if (t->depth == 0 || t->frames[t->depth - 1].type != BERTH_OBJECT)
        return tree_item(t, value);
    t->members.at[t->members.len - 1].value = value;
    return 0;
}

/* tree_value() of a string or a number. */
static inline int tree_text(struct tree *t, enum berth_value_type type, uint32_t where, berth_str text)
{
    if (t->depth == 0 || t->frames[t->depth - 1].type != BERTH_OBJECT)
        return tree_item(t, (struct berth_value){
                                .type = (uint8_t)type, .where = where, .len = text.len, .text = text.ptr});
    struct berth_value *value = &t->members.at[t->members.len - 1].value;
    value->type = (uint8_t)type;
    value->boolean = 0;
    value->len = text.len;
    value->where = where;
    value->text = text.ptr;
    return 0;
}

#endif
