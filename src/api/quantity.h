/*
 * resource.Quantity, exactly: "1", "0.5", "100m", "1.5Gi", "1e3", "12E" ...
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 * Canonicalisation rounds up to nano; numbers beyond 2^63-1 saturate as upstream's parser does.
 */
#ifndef API_QUANTITY_H
#define API_QUANTITY_H

#include "base/buf.h"
#include "base/err.h"
#include <berth/str.h>

enum quantity_format { QUANTITY_DECIMAL, QUANTITY_BINARY, QUANTITY_EXPONENT };

/* value = digits * 10^scale (scale in -9..18), kept as 128 bits so that every accepted text is exact. */
struct quantity {
    __int128 digits;
    int32_t scale;
    uint32_t format; /* enum quantity_format: how to print it */
};

/* Parses; on failure sets upstream's message and returns -EINVAL. */
int quantity_parse(berth_str text, struct quantity *ret_quantity, struct err *err);

/* Rounded up (away from zero for negatives as upstream) to whole units, thousandths; saturating at int64. */
int64_t quantity_value(const struct quantity *q);
int64_t quantity_milli(const struct quantity *q);

int quantity_sign(const struct quantity *q);
int quantity_cmp(const struct quantity *a, const struct quantity *b);
void quantity_add(struct quantity *a, const struct quantity *b);
void quantity_sub(struct quantity *a, const struct quantity *b);

/* The canonical form, as Quantity.String() prints a computed value. */
void quantity_print(struct buf *b, const struct quantity *q);

#endif
