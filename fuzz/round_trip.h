/* What is accepted can be written in the same format, and is accepted again. */
#ifndef FUZZ_ROUND_TRIP_H
#define FUZZ_ROUND_TRIP_H

#include "fuzz.h"

static inline int write_and_read(void *context, const struct doc *doc, const struct berth_value *object,
                                 const struct berth_value *list, struct err *err)
{
    struct arena *arena = context;
    struct buf text = {0};
    (void)list, (void)err;
    if (doc->format == DOC_JSON)
        doc_write_json(&text, object);
    else
        doc_write_yaml(&text, object, 0);
    struct doc again = fuzz_doc((const uint8_t *)text.ptr, text.len, doc->format);
    struct berth_value value;
    if (doc_parse(&again, arena, &value, NULL) < 0)
        abort();
    arena_reset(arena);
    free((char *)again.text);
    buf_fini(&text);
    return 0;
}

static inline void round_trip(const uint8_t *bytes, size_t len, enum doc_format format)
{
    struct doc doc = fuzz_doc(bytes, len, format);
    struct arena arena = {0};
    struct err err = {0};
    doc_each(&doc, write_and_read, &arena, &err);
    arena_fini(&arena);
    err_fini(&err);
    free((char *)doc.text);
}

#endif
