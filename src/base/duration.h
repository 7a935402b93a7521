/* Durations as Go writes them: "10s", "1h30m", "2.5ms". In nanoseconds. */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/buf.h"
#include "base/err.h"
#include <berth/str.h>

#define DURATION_SECOND INT64_C(1000000000)

/* Reads what time.ParseDuration reads; the error has its words. */
int duration_parse(berth_str text, int64_t *ret_ns, struct err *err);

/* Writes what Duration.String writes. */
void duration_print(struct buf *b, int64_t ns);

#endif
