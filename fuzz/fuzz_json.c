/* JSON in: what is accepted can be written and is accepted again. */
#include "fuzz.h"

static int write_and_read(void *context, const struct doc *doc, const struct berth_value *object,
                          const struct berth_value *list, struct err *err)
{
    struct arena *arena = context;
    struct buf text = {0};
    (void)doc, (void)list, (void)err;
    doc_write_json(&text, object);
    struct doc again = fuzz_doc((const uint8_t *)text.ptr, text.len, DOC_JSON);
    struct berth_value value;
    if (doc_parse(&again, arena, &value, NULL) < 0)
        abort();
    arena_reset(arena);
    free((char *)again.text);
    buf_fini(&text);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct doc doc = fuzz_doc(bytes, len, DOC_JSON);
    struct arena arena = {0};
    struct err err = {0};
    doc_each(&doc, write_and_read, &arena, &err);
    arena_fini(&arena);
    err_fini(&err);
    free((char *)doc.text);
    return 0;
}
