/* Times as the API writes them. */
#ifndef API_TIMESTAMP_H
#define API_TIMESTAMP_H

#include <berth/str.h>

/*
 * Nanoseconds since the Unix epoch of an RFC 3339 time ("2026-01-02T15:04:05.5+01:00"), digits beyond
 * nanoseconds dropped, saturating at int64 (years 1677 to 2262); -EINVAL if the text is none.
 */
int timestamp_parse(berth_str text, int64_t *ret_ns);

#endif
