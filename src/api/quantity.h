/*
 * resource.Quantity, exactly: "1", "0.5", "100m", "1.5Gi", "1e3", "12E" ...
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 * Texts of up to 38 significant digits are exact; parts below a nano round up, as upstream's parser does.
 */
#ifndef API_QUANTITY_H
#define API_QUANTITY_H

#include "base/buf.h"
#include "base/err.h"
#include <berth/value.h>

enum quantity_format { QUANTITY_DECIMAL, QUANTITY_BINARY, QUANTITY_EXPONENT };

/* value = digits * 10^scale */
struct quantity {
    __int128 digits;
    int32_t scale;      /* never below -9 */
    uint8_t format;     /* enum quantity_format: how to print it */
    bool as_written;    /* the text it was parsed from is how upstream prints it */
    bool large_decimal; /* upstream holds it as inf.Dec: negative numbers then round differently */
};

/* Parses; on failure sets upstream's message and returns -EINVAL. */
int quantity_parse(berth_str text, struct quantity *ret_quantity, struct err *err);

/*
 * In whole units and in thousandths, rounded up, saturating at int64. Negative numbers round as upstream's
 * do: away from zero, or, large decimals, to the number above the truncated one.
 */
int64_t quantity_value(const struct quantity *q);
int64_t quantity_milli(const struct quantity *q);

/* -1, 0 or 1. */
int quantity_sign(const struct quantity *q);

/* <0, 0, >0. */
int quantity_cmp(const struct quantity *a, const struct quantity *b);

/* Adds b to a. A sum beyond 38 digits loses its last digits. Zero takes on the format of the other. */
void quantity_add(struct quantity *a, const struct quantity *b);

/* The canonical form, as Quantity.String() prints a computed value. */
void quantity_print(struct buf *b, const struct quantity *q);

#endif
