#include "cmd/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000;
static const int64_t redraw_ns = 100000000;

int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * second_ns + now.tv_nsec;
}

struct progress progress_start(const char *what, bool forced)
{
    int64_t now = clock_ns();
    return (struct progress){
        .what = what,
        .enabled = forced || isatty(STDERR_FILENO),
        .start_ns = now,
        .next_ns = forced ? now : now + second_ns,
    };
}

void progress_update(struct progress *p, uint32_t done, uint32_t total)
{
    enum { CELLS = 30 };
    if (!p->enabled || clock_ns() < p->next_ns)
        return;
    int64_t now = clock_ns();
    double seconds = (double)(now - p->start_ns) / 1e9;
    uint32_t full = total ? (uint32_t)((uint64_t)done * CELLS / total) : 0;
    fprintf(stderr, "\r%s [%.*s%*s] %u/%u  %.0f pods/s\033[K", p->what, (int)full,
            "##############################", (int)(CELLS - full), "", done, total,
            seconds > 0 ? done / seconds : 0.0);
    fflush(stderr);
    p->drawn = true;
    p->next_ns = now + redraw_ns;
}

double progress_end(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    return (double)(clock_ns() - p->start_ns) / 1e9;
}
