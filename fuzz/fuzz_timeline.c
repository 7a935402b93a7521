/* A timeline, as YAML or JSON and as CSV. */
#include "fuzz.h"

#include "sim/wish.h"

typedef int (*read_fn)(struct wishes *w, const struct doc *doc, struct err *err);

static void read_with(read_fn read, const uint8_t *bytes, size_t len)
{
    struct doc doc = fuzz_doc(bytes, len, doc_guess((const char *)bytes, len));
    struct wishes wishes = {0};
    struct err err = {0};
    (void)read(&wishes, &doc, &err);
    err_fini(&err);
    wishes_fini(&wishes);
    free((char *)doc.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    read_with(wishes_of_yaml, bytes, len);
    read_with(wishes_of_csv, bytes, len);
    return 0;
}
