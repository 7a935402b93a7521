/* Quantities: what parses prints to something that parses to the same value. */
#include "fuzz.h"

#include "api/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct quantity q, again;
    struct buf text = {0};
    if (len > 4096 || quantity_parse((berth_str){(const char *)bytes, (uint32_t)len}, &q, NULL) < 0)
        return 0;
    quantity_print(&text, &q);
    if (quantity_parse(buf_view(&text), &again, NULL) < 0 || quantity_cmp(&q, &again) != 0)
        abort();
    buf_fini(&text);
    return 0;
}
