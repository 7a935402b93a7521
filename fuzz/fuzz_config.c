/* KubeSchedulerConfiguration, as YAML or JSON. */
#include "fuzz.h"

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct doc doc = fuzz_doc(bytes, len, doc_guess((const char *)bytes, len));
    struct buf warnings = {0};
    struct err err = {0};
    struct config *config = NULL;
    if (config_load(&doc, &config, &warnings, &err) == 0)
        config_free(config);
    buf_fini(&warnings);
    err_fini(&err);
    free((char *)doc.text);
    return 0;
}
