/* What the fuzz targets share: the input as a doc. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "base/doc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A copy of exactly the bytes and the padding, so that the sanitizer sees any read beyond. Free `text`. */
static inline struct doc fuzz_doc(const uint8_t *bytes, size_t len, enum doc_format format)
{
    char *text = calloc(1, len + DOC_PADDING);
    if (!text)
        abort();
    if (len)
        memcpy(text, bytes, len);
    return (struct doc){.name = "fuzz", .text = text, .len = len, .format = format};
}

#endif
