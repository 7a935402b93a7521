/* A progress bar on standard error. */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; /* "scheduling" */
    bool enabled;
    bool drawn;
    int64_t start_ns, next_ns; /* when to draw again */
};

/* A bar that appears on a terminal once the work has taken a second, or at once when forced. */
struct progress progress_start(const char *what, bool forced);

/* Draws when it is time to; cheap to call often. */
void progress_update(struct progress *p, uint32_t done, uint32_t total);

/* The same for simulated time: how far of how much, in nanoseconds. */
void progress_time(struct progress *p, int64_t now_ns, int64_t end_ns);

/* Wipes the bar. Returns the seconds since the start. */
double progress_end(struct progress *p);

/* The monotonic clock. */
int64_t clock_ns(void);

#endif
