#include "cmd/progress.h"

#include "cmd/units.h"

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

static bool is_due(const struct progress *p)
{
    return p->enabled && clock_ns() >= p->next_ns;
}

/* Draws the bar, filled to `share` (0..1), and the text behind it. */
static void draw(struct progress *p, double share, const struct buf *text)
{
    enum { CELLS = 30 };
    int full = (int)(share * CELLS);
    fprintf(stderr, "\r%s [%.*s%*s] %s\033[K", p->what, full, "##############################",
            CELLS - full, "", text->ptr);
    fflush(stderr);
    p->drawn = true;
    p->next_ns = clock_ns() + redraw_ns;
}

void progress_update(struct progress *p, uint32_t done, uint32_t total)
{
    struct buf text = {0};
    if (!is_due(p))
        return;
    double seconds = (double)(clock_ns() - p->start_ns) / 1e9;
    buf_printf(&text, "%u/%u  %.0f pods/s", done, total, seconds > 0 ? done / seconds : 0.0);
    draw(p, total ? (double)done / total : 0, &text);
    buf_fini(&text);
}

void progress_time(struct progress *p, int64_t now_ns, int64_t end_ns)
{
    struct buf text = {0};
    if (!is_due(p))
        return;
    unit_span(&text, now_ns);
    buf_puts(&text, " of ");
    unit_span(&text, end_ns);
    draw(p, end_ns > now_ns ? (double)now_ns / (double)end_ns : 1, &text);
    buf_fini(&text);
}

double progress_end(struct progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    return (double)(clock_ns() - p->start_ns) / 1e9;
}
