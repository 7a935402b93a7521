/* Quantities: what parses prints to something that parses to the same value, and doubled it is no smaller. */
#include "fuzz.h"

#include "api/quantity.h"

/* Beyond the suffix E the decimal format has none, and prints the digits alone as upstream does. */
static bool prints_whole(const struct quantity *q)
{
    const struct quantity most = {.digits = 1, .scale = 21}, least = {.digits = -1, .scale = 21};
    return q->format == QUANTITY_EXPONENT || (quantity_cmp(q, &most) < 0 && quantity_cmp(q, &least) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct quantity q, again;
    struct buf text = {0};
    if (len > 4096 || quantity_parse((berth_str){(const char *)bytes, (uint32_t)len}, &q, NULL) < 0)
        return 0;
    quantity_print(&text, &q);
    bool same = quantity_parse(buf_view(&text), &again, NULL) == 0 && quantity_cmp(&q, &again) == 0;
    if (prints_whole(&q) && !same)
        abort();
    again = q;
    quantity_add(&again, &q);
    if (quantity_sign(&again) != quantity_sign(&q) || quantity_cmp(&again, &q) * quantity_sign(&q) < 0)
        abort();
    buf_fini(&text);
    return 0;
}
