/* Amounts as people read them. */
#ifndef CMD_UNITS_H
#define CMD_UNITS_H

#include "base/buf.h"

/* An amount of the resource: "1.5" of 1500 thousandths of "cpu", "12.5Gi" of bytes, else the plain number. */
void unit_amount(struct buf *b, berth_str resource, int64_t amount);

/*
 * An amount exactly as manifests write it: "500m" and "2" of "cpu", "1536Mi" where mebibytes come out even,
 * else the plain number.
 */
void unit_quantity(struct buf *b, berth_str resource, int64_t amount);

/* "1523", "1.5M" ...: exact below 100,000. */
void unit_count(struct buf *b, uint64_t count);

/* "640 µs", "12 ms", "1.4 s". */
void unit_seconds(struct buf *b, double seconds);

/* A stretch of simulated time, in its two largest units: "149d6h", "2m30s", "1.5s". */
void unit_span(struct buf *b, int64_t ns);

/* Nanoseconds as seconds with as many decimals as it takes: "90", "0.25". */
void unit_decimal_seconds(struct buf *b, int64_t ns);

/* A number with at most so many decimals, and no zeros at its end. */
void unit_decimal(struct buf *b, double value, int decimals);

#endif
