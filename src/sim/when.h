/* Moments of a timeline as people write them. */
#ifndef SIM_WHEN_H
#define SIM_WHEN_H

#include "base/err.h"
#include <berth/str.h>

/* Seconds since the beginning, decimals allowed: "90", "0.25". At most a century. */
int when_seconds(berth_str text, int64_t *ret_ns, struct err *err);

/* The same, or a duration as Go writes it: "1h30m", "250ms". */
int when_parse(berth_str text, int64_t *ret_ns, struct err *err);

#endif
