/*
 * Quantities: what is accepted prints to something that is accepted. Not always to the same value: as upstream, a
 * multiple of 1000E has no suffix to print.
 */
#include "fuzz.h"

#include "api/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct quantity q, again;
    struct buf text = {0};
    if (len > 4096 || quantity_parse((berth_str){(const char *)bytes, (uint32_t)len}, &q, NULL) < 0)
        return 0;
    quantity_print(&text, &q);
    if (quantity_parse(buf_view(&text), &again, NULL) < 0 || quantity_sign(&q) != quantity_sign(&again))
        abort();
    quantity_add(&again, &q);
    quantity_sub(&again, &q);
    quantity_value(&again);
    quantity_milli(&again);
    buf_fini(&text);
    return 0;
}
