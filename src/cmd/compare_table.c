/*
 * Runs side by side for a terminal: figures with their differences to the first run, then the
 * workloads whose pods moved.
 */
#include "cmd/compare.h"

#include "base/array.h"
#include "cmd/table.h"
#include "cmd/units.h"
#include "sim/series.h"
#include "sim/usage.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_GROUPS = 20, MOST_CAUSES = 3, MOVE_COLUMNS = 5 };

enum unit { UNIT_COUNT, UNIT_SPAN, UNIT_SHARE };

/* A line of the first table. */
struct figure_row {
    enum unit unit;
    int better; /* 1: more is better, -1: less is, 0: neither */
};

static void add_value(struct buf *b, enum unit unit, double value)
{
    if (unit == UNIT_SPAN)
        unit_span(b, (int64_t)value);
    else if (unit == UNIT_SHARE)
        buf_printf(b, "%.1f%%", value * 100);
    else
        unit_count(b, (uint64_t)value);
}

static void add_difference(struct buf *b, enum unit unit, double difference)
{
    buf_puts(b, difference > 0 ? "+" : "-");
    if (unit == UNIT_SHARE)
        buf_printf(b, "%.1f points", fabs(difference) * 100);
    else
        add_value(b, unit, fabs(difference));
}

/* Whether the two values look the same on the screen. */
static bool look_alike(enum unit unit, double a, double b)
{
    return unit == UNIT_SHARE ? fabs(a - b) < 0.0005 : a == b;
}

static void figure_cells(struct table *t, const struct term *term, struct figure_row row, double value,
                         double first, bool compared)
{
    struct buf text = {0}, difference = {0};
    add_value(&text, row.unit, value);
    table_cell(t, term, PLAIN, buf_view(&text));
    enum colour colour = PLAIN;
    if (compared && !look_alike(row.unit, value, first)) {
        add_difference(&difference, row.unit, value - first);
        bool good = (value > first) == (row.better > 0);
        colour = !row.better ? PLAIN : good ? GREEN : YELLOW;
    }
    if (compared)
        table_cell(t, term, colour, difference.len ? buf_view(&difference) : BERTH_STR(""));
    buf_fini(&text);
    buf_fini(&difference);
}

static void figure_line(struct table *t, const struct term *term, const struct comparison *c,
                        const char *name, struct figure_row row, const double *values)
{
    table_cell(t, term, PLAIN, berth_str_of(name));
    for (size_t i = 0; i < c->len; i++)
        figure_cells(t, term, row, values[i], values[0], i > 0);
}

/* ---- figures ---- */

static uint32_t placed(const struct comparison *c, size_t run)
{
    const struct contender *contender = &c->contenders[run];
    uint32_t departed = 0;
    for (size_t i = 0; i < c->cluster->pods.len; i++)
        departed += contender->simulation.placements[i].outcome == OUTCOME_DEPARTED && contender->decided[i];
    return contender->simulation.counts[OUTCOME_PLACED] + departed;
}

static void outcome_lines(struct table *t, const struct term *term, const struct comparison *c)
{
    static const struct {
        const char *name;
        enum outcome outcome;
    } rows[] = {{"pending", OUTCOME_PENDING},
                {"gated", OUTCOME_GATED},
                {"preempted", OUTCOME_PREEMPTED},
                {"evicted", OUTCOME_EVICTED},
                {"other scheduler", OUTCOME_OTHERS}};
    double *values = calloc(c->len, sizeof(*values));
    if (!values)
        abort();
    for (size_t i = 0; i < c->len; i++)
        values[i] = placed(c, i);
    figure_line(t, term, c, "placed", (struct figure_row){UNIT_COUNT, 1}, values);
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        uint32_t most = rows[row].outcome == OUTCOME_PENDING;
        for (size_t i = 0; i < c->len; i++) {
            uint32_t pods = c->contenders[i].simulation.counts[rows[row].outcome];
            values[i] = pods;
            most = pods > most ? pods : most;
        }
        if (most > 0)
            figure_line(t, term, c, rows[row].name, (struct figure_row){UNIT_COUNT, -1}, values);
    }
    free(values);
}

static void wait_lines(struct table *t, const struct term *term, const struct comparison *c, double *values)
{
    static const struct {
        const char *name;
        double share;
    } rows[] = {{"waiting p50", 0.5}, {"waiting p90", 0.9}, {"waiting p99", 0.99}, {"longest wait", 1}};
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        for (size_t i = 0; i < c->len; i++)
            values[i] = (double)series_wait(c->contenders[i].simulation.series, rows[row].share);
        figure_line(t, term, c, rows[row].name, (struct figure_row){UNIT_SPAN, -1}, values);
    }
    for (size_t i = 0; i < c->len; i++) {
        int64_t when_ns;
        values[i] = series_peak(c->contenders[i].simulation.series, SERIES_PENDING, &when_ns);
    }
    figure_line(t, term, c, "most waiting", (struct figure_row){UNIT_COUNT, -1}, values);
}

/* How full the cluster was of a resource on average over the whole time. */
static double mean_use(const struct series *s, uint32_t resource)
{
    double used = 0, alloc = 0;
    for (size_t i = 0; i < s->points.len; i++) {
        const struct series_point *point = &s->points.at[i];
        used += series_mean(point, SERIES_USED(resource)) * (double)point->len_ns;
        alloc += series_mean(point, SERIES_ALLOC(resource)) * (double)point->len_ns;
    }
    return alloc > 0 ? used / alloc : 0;
}

static double greatest_use(const struct series *s, uint32_t resource)
{
    int64_t when_ns;
    return fmax(0, series_peak(s, SERIES_SHARE(resource), &when_ns));
}

static void resource_line(struct table *t, const struct term *term, const struct comparison *c,
                          berth_str name, const char *what, int better, const double *values)
{
    struct buf title = {0};
    buf_printf(&title, "%.*s %s", BERTH_FMT(name), what);
    figure_line(t, term, c, title.ptr, (struct figure_row){UNIT_SHARE, better}, values);
    buf_fini(&title);
}

/*
 * A resource that some run used. `usages` has an array a run: all see the same
 * cluster, so columns are the same.
 */
static void resource_lines(struct table *t, const struct term *term, const struct comparison *c,
                           const struct usage *const *usages, uint32_t at, double *values)
{
    const struct usage *usage = &usages[0][at];
    bool timed = c->contenders[0].simulation.series;
    for (int peak = 0; timed && peak < 2; peak++) {
        for (size_t i = 0; i < c->len; i++) {
            const struct series *s = c->contenders[i].simulation.series;
            values[i] = peak ? greatest_use(s, usage->resource) : mean_use(s, usage->resource);
        }
        resource_line(t, term, c, usage->name, peak ? "used, peak" : "used, mean", 0, values);
    }
    if (timed)
        return;
    bool fragments = true;
    for (size_t i = 0; i < c->len; i++) {
        values[i] = usages[i][at].alloc > 0 ? (double)usages[i][at].used / (double)usages[i][at].alloc : 0;
        fragments &= usages[i][at].fragmentation >= 0;
    }
    resource_line(t, term, c, usage->name, "used", 0, values);
    for (size_t i = 0; i < c->len; i++)
        values[i] = usages[i][at].fragmentation;
    if (fragments)
        resource_line(t, term, c, usage->name, "fragmented", -1, values);
}

static bool is_used(const struct comparison *c, const struct usage *const *usages, uint32_t at)
{
    bool used = false;
    for (size_t i = 0; i < c->len; i++) {
        const struct series *series = c->contenders[i].simulation.series;
        used |= series ? greatest_use(series, usages[0][at].resource) > 0 : usages[i][at].used > 0;
    }
    return used && usages[0][at].resource != BERTH_PODS;
}

static void all_resource_lines(struct table *t, const struct term *term, const struct comparison *c,
                               double *values)
{
    struct arena arena = {0};
    const struct usage **usages = arena_need(&arena, c->len * sizeof(*usages));
    uint32_t len = UINT32_MAX;
    for (size_t i = 0; i < c->len; i++) {
        uint32_t found = usage_of(c->contenders[i].core, c->cluster, &arena, &usages[i]);
        len = found < len ? found : len;
    }
    for (uint32_t at = 0; at < len; at++)
        if (is_used(c, usages, at))
            resource_lines(t, term, c, usages, at, values);
    arena_fini(&arena);
}

static void effort_lines(struct table *t, const struct term *term, const struct comparison *c, double *values)
{
    for (size_t i = 0; i < c->len; i++)
        values[i] = c->contenders[i].simulation.preemptions;
    figure_line(t, term, c, "preemptions", (struct figure_row){UNIT_COUNT, -1}, values);
    for (size_t i = 0; i < c->len; i++)
        values[i] = c->contenders[i].simulation.requeues;
    figure_line(t, term, c, "requeues", (struct figure_row){UNIT_COUNT, -1}, values);
    bool refused = false;
    for (size_t i = 0; i < c->len; i++) {
        values[i] = c->contenders[i].simulation.refused;
        refused |= values[i] > 0;
    }
    if (refused)
        figure_line(t, term, c, "not evicted", (struct figure_row){UNIT_COUNT, -1}, values);
}

static void figures(struct buf *b, const struct comparison *c, const struct term *term)
{
    struct table t = {.columns = 2 * (uint32_t)c->len, .right = ~1ull};
    double *values = calloc(c->len, sizeof(*values));
    if (!values)
        abort();
    table_cell(&t, term, DIM, BERTH_STR(""));
    for (size_t i = 0; i < c->len; i++) {
        table_cell(&t, term, BOLD, berth_str_of(c->runs[i].name));
        if (i)
            table_cell(&t, term, DIM, BERTH_STR(""));
    }
    outcome_lines(&t, term, c);
    if (c->contenders[0].simulation.series)
        wait_lines(&t, term, c, values);
    all_resource_lines(&t, term, c, values);
    effort_lines(&t, term, c, values);
    table_write(&t, b, 2);
    table_fini(&t);
    free(values);
}

/* ---- what moved ---- */

static void cause_cells(struct table *t, const struct term *term, const struct pair *pair,
                        const struct move_group *group, uint32_t at)
{
    struct buf text = {0};
    const struct cause_count *cause = &group->causes.at[at];
    cause_words(&text, pair, cause);
    table_cellf(t, term, PLAIN, "%u", cause->pods);
    table_cell(t, term, cause->first->cause == MOVE_NOT_LOOKED_INTO ? DIM : PLAIN, buf_view(&text));
    buf_fini(&text);
}

static void group_lines(struct table *t, const struct term *term, const struct comparison *c,
                        const struct pair *pair, const struct move_group *group)
{
    struct buf name = {0}, change = {0};
    move_group_name(&name, c->cluster, &pair->moves, group);
    move_group_change(&change, group);
    for (uint32_t i = 0; i < group->causes.len && i < MOST_CAUSES; i++) {
        table_cell(t, term, PLAIN, i ? BERTH_STR("") : buf_view(&name));
        if (i)
            table_cell(t, term, PLAIN, BERTH_STR(""));
        else
            table_cellf(t, term, PLAIN, "%u", group->pods);
        table_cell(t, term, PLAIN, i ? BERTH_STR("") : buf_view(&change));
        cause_cells(t, term, pair, group, i);
    }
    if (group->causes.len > MOST_CAUSES) {
        for (uint32_t i = 0; i + 1 < MOVE_COLUMNS; i++)
            table_cell(t, term, PLAIN, BERTH_STR(""));
        table_cellf(t, term, DIM, "and %zu more", group->causes.len - MOST_CAUSES);
    }
    buf_fini(&name);
    buf_fini(&change);
}

static void moved(struct buf *b, const struct comparison *c, const struct pair *pair, const struct term *term)
{
    static const char *const titles[MOVE_COLUMNS] = {"WORKLOAD", "PODS", "CHANGE", "", "WHY"};
    struct buf title = {0};
    buf_printf(&title, "Moved under %s", pair->to);
    term_add(b, term, BOLD, buf_view(&title));
    buf_fini(&title);
    size_t moves = pair->moves.list.len;
    if (!moves) {
        buf_printf(b, "\n  nothing: every pod ended as under %s\n\n", pair->from);
        return;
    }
    buf_printf(b, ": %zu of %u pods%s\n", moves, simulation_pods(&c->contenders[0].simulation),
               pair->moves.looked_into < moves ? " (a selection of them was asked why)" : "");
    move_groups groups = {0};
    struct table t = {.columns = MOVE_COLUMNS, .right = 1u << 1 | 1u << 3};
    for (size_t i = 0; i < MOVE_COLUMNS; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    move_groups_of(&groups, c->cluster, &pair->moves, false);
    for (size_t i = 0; i < groups.len && i < MOST_GROUPS; i++)
        group_lines(&t, term, c, pair, &groups.at[i]);
    table_write(&t, b, 2);
    if (groups.len > MOST_GROUPS)
        buf_printf(b, "  and %zu more workloads (-o json has all)\n", groups.len - MOST_GROUPS);
    buf_char(b, '\n');
    table_fini(&t);
    move_groups_fini(&groups);
}

void compare_table(struct buf *b, const struct comparison *c, const struct term *term)
{
    figures(b, c, term);
    buf_char(b, '\n');
    for (size_t i = 0; i + 1 < c->len; i++)
        moved(b, c, &c->pairs[i], term);
}
