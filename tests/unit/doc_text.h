/* Texts as docs, and what doc_each() hands out as one text: what tests of the readers look at. */
#ifndef UNIT_DOC_TEXT_H
#define UNIT_DOC_TEXT_H

#include "base/doc.h"

#include <stdlib.h>

/* A copy with exactly the padding a doc needs, filled with what would show when it is read as text. */
static inline struct doc doc_of(berth_str text, enum doc_format format)
{
    char *copy = malloc(text.len + DOC_PADDING);
    if (!copy)
        abort();
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, '1', DOC_PADDING);
    return (struct doc){.name = "t", .text = copy, .len = text.len, .format = format};
}

static inline void doc_end(struct doc *doc)
{
    free((char *)doc->text);
}

static inline int show_object(void *context, const struct doc *doc, const struct berth_value *object,
                              const struct berth_value *list, struct err *err)
{
    struct buf *b = context;
    (void)doc, (void)err;
    if (list) {
        buf_char(b, '[');
        buf_str(b, berth_value_text(berth_value_get(list, "kind")));
        buf_puts(b, "] ");
    }
    doc_write_json(b, object);
    buf_char(b, '\n');
    return 0;
}

/* Every object as JSON, one a line; those of a List with its kind in front. Last the error, if any. */
static inline void show_all(struct buf *b, berth_str text, enum doc_format format)
{
    struct doc doc = doc_of(text, format);
    struct err err = {0};
    buf_clear(b);
    if (doc_each(&doc, show_object, b, &err) < 0)
        buf_puts(b, err_text(&err));
    err_fini(&err);
    doc_end(&doc);
}

#endif
