/*
 * Objects of every kind, selectors and quantities included: the first byte chooses
 * the kind, the rest is JSON.
 */
#include "fuzz.h"

#include "api/decode.h"

static void select_with(const struct object *object)
{
    if (object->kind < OBJECT_SERVICE || object->kind > OBJECT_STATEFUL_SET)
        return;
    berth_list none = {0};
    berth_selector_matches(object->workload, &object->workload->selector, object->workload, none);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    struct doc doc = fuzz_doc(bytes + 1, len - 1, DOC_JSON);
    struct arena arena = {0};
    struct err err = {0};
    struct berth_value value;
    struct catalog *catalog = catalog_new();
    struct object object;
    struct pod_facts facts;
    if (doc_parse(&doc, &arena, &value, &err) == 0
        && object_decode(catalog, bytes[0] % OBJECT_KIND_COUNT, &value, &object, &facts, &err) == 0) {
        select_with(&object);
        object_unref(catalog, &object);
    }
    catalog_free(catalog);
    arena_fini(&arena);
    err_fini(&err);
    free((char *)doc.text);
    return 0;
}
