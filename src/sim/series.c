/*
 * Points of the whole cluster. A point begins whenever a value changes; when there are too many, those that
 * begin in one cell of a time grid are joined, keeping area, least and greatest, and the grid is twice as
 * coarse each time.
 */
#include "sim/series.h"

#include <stdlib.h>
#include <string.h>

struct series *series_new(size_t pods, int64_t end_ns)
{
    struct series *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->pods_len = pods;
    s->pods = calloc(pods + 1, sizeof(*s->pods));
    if (!s->pods)
        return series_free(s);
    for (size_t i = 0; i < pods; i++)
        s->pods[i] = (struct pod_history){.arrival_ns = -1, .placed_ns = -1, .gone_ns = -1, .reason = -1};
    s->bucket_ns = end_ns / (SERIES_BUCKETS / 2) + 1;
    return s;
}

struct series *series_free(struct series *s)
{
    if (s) {
        for (size_t i = 0; i < s->points.len; i++)
            free(s->points.at[i].cells);
        node_heat_fini(s);
        vec_fini(&s->points);
        vec_fini(&s->waits);
        free(s->now);
        free(s->pods);
        free(s);
    }
    return NULL;
}

/* ---- pods ---- */

void series_arrived(struct series *s, uint32_t pod, int64_t now_ns)
{
    s->pods[pod].arrival_ns = s->pods[pod].since_ns = now_ns;
}

void series_tried(struct series *s, uint32_t pod)
{
    s->pods[pod].attempts++;
}

void series_held(struct series *s, uint32_t pod, int32_t reason)
{
    s->pods[pod].reason = reason;
}

void series_placed(struct series *s, uint32_t pod, berth_atom node, int64_t now_ns)
{
    struct pod_history *h = &s->pods[pod];
    if (h->placed_ns < 0)
        h->placed_ns = now_ns;
    if (h->attempts > 0 && vec_push(&s->waits, now_ns - h->since_ns) < 0)
        s->failed = true;
    series_node(s, node);
}

void series_preempted(struct series *s, uint32_t pod)
{
    s->pods[pod].preempted++;
}

void series_again(struct series *s, uint32_t pod, int64_t now_ns)
{
    s->pods[pod].since_ns = now_ns;
}

void series_gone(struct series *s, uint32_t pod, int64_t now_ns)
{
    s->pods[pod].gone_ns = now_ns;
}

/* ---- points ---- */

/* Makes room for the resources that are known by now. */
static int widen(struct series *s, uint32_t columns)
{
    if (columns <= s->columns)
        return 0;
    double *now = realloc(s->now, columns * sizeof(*now));
    if (!now)
        return -1;
    memset(now + s->columns, 0, (columns - s->columns) * sizeof(*now));
    s->now = now;
    for (size_t i = 0; i < s->points.len; i++) {
        struct series_cell *cells = realloc(s->points.at[i].cells, columns * sizeof(*cells));
        if (!cells)
            return -1;
        memset(cells + s->columns, 0, (columns - s->columns) * sizeof(*cells));
        s->points.at[i].cells = cells;
    }
    s->columns = columns;
    return 0;
}

/* The last point lasts until now. */
static void prolong(struct series *s, int64_t now_ns)
{
    struct series_point *p = s->points.len ? &s->points.at[s->points.len - 1] : NULL;
    int64_t passed = now_ns - s->seen_ns;
    for (uint32_t c = 0; p && c < s->columns; c++)
        p->cells[c].area += p->cells[c].last * (double)passed;
    if (p)
        p->len_ns += passed;
    s->seen_ns = now_ns;
}

static void join(struct series_point *into, struct series_point *p, uint32_t columns)
{
    for (uint32_t c = 0; c < columns; c++) {
        struct series_cell *a = &into->cells[c];
        const struct series_cell *b = &p->cells[c];
        a->area += b->area;
        a->min = b->min < a->min ? b->min : a->min;
        a->max = b->max > a->max ? b->max : a->max;
        a->last = b->last;
    }
    into->len_ns += p->len_ns;
    free(p->cells);
}

static void join_cells(struct series *s)
{
    size_t len = 1;
    for (size_t i = 1; i < s->points.len; i++) {
        struct series_point *p = &s->points.at[i];
        if (p->at_ns / s->grid_ns == s->points.at[len - 1].at_ns / s->grid_ns)
            join(&s->points.at[len - 1], p, s->columns);
        else
            s->points.at[len++] = *p;
    }
    s->points.len = len;
}

/* Makes the grid just as coarse as it takes to have room again. */
static void thin(struct series *s)
{
    enum { FINEST_NS = 1000000, FEW = SERIES_POINTS / 4 * 3 };
    while (s->points.len > FEW) {
        s->grid_ns = s->grid_ns ? 2 * s->grid_ns : FINEST_NS;
        join_cells(s);
    }
}

static int begin_point(struct series *s, int64_t now_ns)
{
    struct series_point p = {.at_ns = now_ns, .cells = calloc(s->columns, sizeof(*p.cells))};
    if (!p.cells)
        return -1;
    for (uint32_t c = 0; c < s->columns; c++)
        p.cells[c] = (struct series_cell){.min = s->now[c], .max = s->now[c], .last = s->now[c]};
    if (vec_push(&s->points, p) < 0) {
        free(p.cells);
        return -1;
    }
    if (s->points.len >= SERIES_POINTS)
        thin(s);
    return 0;
}

static bool has_changed(const struct series *s)
{
    if (s->points.len == 0)
        return true;
    const struct series_cell *cells = s->points.at[s->points.len - 1].cells;
    for (uint32_t c = 0; c < s->columns; c++)
        if (cells[c].last != s->now[c])
            return true;
    return false;
}

/* The new values, in the last point when that is the same moment, or the same cell of the grid. */
static int add_values(struct series *s, int64_t now_ns)
{
    struct series_point *p = s->points.len ? &s->points.at[s->points.len - 1] : NULL;
    bool same = p && (p->at_ns == now_ns || (s->grid_ns && p->at_ns / s->grid_ns == now_ns / s->grid_ns));
    if (!same)
        return begin_point(s, now_ns);
    bool replaces = p->len_ns == 0; /* what lasted no time never was */
    for (uint32_t c = 0; c < s->columns; c++) {
        struct series_cell *cell = &p->cells[c];
        cell->last = s->now[c];
        cell->min = replaces || cell->last < cell->min ? cell->last : cell->min;
        cell->max = replaces || cell->last > cell->max ? cell->last : cell->max;
    }
    return 0;
}

static void note_shares(struct series *s, uint32_t resources)
{
    for (uint32_t r = 0; r < resources; r++) {
        double alloc = s->now[SERIES_ALLOC(r)];
        s->now[SERIES_SHARE(r)] = alloc > 0 ? s->now[SERIES_USED(r)] / alloc : 0;
    }
}

int series_sample(struct series *s, const struct core *core, int64_t now_ns, uint32_t pending,
                  uint32_t running)
{
    const struct berth_nodes *nodes = core_nodes(core);
    if (widen(s, SERIES_USED(nodes->resources)) < 0 || node_heat_note(s, core, now_ns) < 0)
        return -1;
    s->now[SERIES_PENDING] = pending;
    s->now[SERIES_RUNNING] = running;
    s->now[SERIES_NODES] = nodes->live;
    note_shares(s, nodes->resources);
    if (!has_changed(s))
        return s->failed ? -1 : 0;
    prolong(s, now_ns);
    return add_values(s, now_ns) < 0 || s->failed ? -1 : 0;
}

static int by_length(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int series_end(struct series *s, int64_t end_ns)
{
    if (s->failed)
        return -1;
    s->end_ns = end_ns;
    prolong(s, end_ns);
    node_heat_end(s, end_ns);
    if (s->waits.len)
        qsort(s->waits.at, s->waits.len, sizeof(*s->waits.at), by_length);
    return 0;
}

/* ---- for reports ---- */

double series_mean(const struct series_point *p, uint32_t column)
{
    const struct series_cell *cell = &p->cells[column];
    return p->len_ns > 0 ? cell->area / (double)p->len_ns : cell->last;
}

double series_peak(const struct series *s, uint32_t column, int64_t *ret_ns)
{
    double most = -1;
    for (size_t i = 0; i < s->points.len; i++)
        if (s->points.at[i].cells[column].max > most) {
            most = s->points.at[i].cells[column].max;
            *ret_ns = s->points.at[i].at_ns;
        }
    return most;
}

int64_t series_wait(const struct series *s, double share)
{
    if (s->waits.len == 0)
        return 0;
    double rank = share * (double)s->waits.len;
    size_t at = (size_t)rank;
    at -= at > 0 && (double)at == rank; /* the least number of waits that is at least the share */
    return s->waits.at[at < s->waits.len ? at : s->waits.len - 1];
}

double series_mean_wait(const struct series *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->waits.len; i++)
        sum += (double)s->waits.at[i] / 1e9;
    return s->waits.len ? sum / (double)s->waits.len : 0;
}
