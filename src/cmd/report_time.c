/*
 * What happened when: how long pods waited, and lines that show how many did and how full the cluster was.
 */
#include "cmd/report.h"
#include "cmd/table.h"
#include "cmd/units.h"
#include "sim/series.h"

enum { SPARKS = 60, FEWEST_SPARKS = 16, OTHER_COLUMNS = 44 };

static void waits_row(struct buf *b, const struct series *s)
{
    static const struct {
        const char *title;
        double share;
    } rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"longest", 1}};
    buf_puts(b, "  pods waited:");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_printf(b, "%s %s ", i ? "," : "", rows[i].title);
        unit_span(b, series_wait(s, rows[i].share));
    }
    buf_char(b, '\n');
}

/*
 * The column in `len` equal parts of the time: the greatest value of each, or the mean. With `per` the values
 * are divided by that column's.
 */
static void parts_of(const struct series *s, uint32_t column, int32_t per, bool greatest, uint32_t len,
                     double *ret)
{
    double width = (double)s->end_ns / len;
    size_t at = 0;
    for (uint32_t i = 0; i < len; i++) {
        double from = width * i, to = width * (i + 1), area = 0, total = 0;
        ret[i] = 0;
        while (at + 1 < s->points.len && (double)s->points.at[at + 1].at_ns <= from)
            at++;
        for (size_t p = at; p < s->points.len && (double)s->points.at[p].at_ns < to; p++) {
            const struct series_point *point = &s->points.at[p];
            double start = (double)point->at_ns, stop = start + (double)point->len_ns;
            double time = (stop < to ? stop : to) - (start > from ? start : from);
            double most = point->cells[column].max;
            ret[i] = greatest && most > ret[i] ? most : ret[i];
            area += series_mean(point, column) * time;
            total += (per < 0 ? 1 : series_mean(point, (uint32_t)per)) * time;
        }
        if (!greatest)
            ret[i] = total > 0 ? area / total : 0;
    }
}

static void spark_cell(struct table *t, const struct term *term, enum colour colour, const double *values,
                       uint32_t len, double most)
{
    struct buf line = {0};
    term_spark(&line, term, colour, values, len, most);
    table_drawn(t, buf_view(&line), len);
    buf_fini(&line);
}

static void pending_row(struct table *t, const struct term *term, const struct series *s, uint32_t sparks)
{
    double values[SPARKS];
    int64_t when_ns = 0;
    struct buf text = {0};
    double most = series_peak(s, SERIES_PENDING, &when_ns);
    parts_of(s, SERIES_PENDING, -1, true, sparks, values);
    table_cell(t, term, PLAIN, BERTH_STR("pending"));
    spark_cell(t, term, most > 0 ? YELLOW : DIM, values, sparks, most);
    buf_printf(&text, "at most %.0f", most > 0 ? most : 0);
    if (most > 0) {
        buf_puts(&text, ", after ");
        unit_span(&text, when_ns);
    }
    table_cell(t, term, PLAIN, buf_view(&text));
    buf_fini(&text);
}

static void add_share(struct buf *b, double share)
{
    buf_printf(b, "%.*f%%", share > 0 && share < 0.0995 ? 1 : 0, share * 100);
}

static void resource_row(struct table *t, const struct term *term, const struct report *r, uint32_t resource,
                         uint32_t sparks)
{
    const struct series *s = r->simulation->series;
    double values[SPARKS], mean;
    struct buf text = {0};
    int64_t when_ns;
    double most = series_peak(s, SERIES_SHARE(resource), &when_ns);
    if (most <= 0 && resource != BERTH_CPU && resource != BERTH_MEMORY)
        return;
    parts_of(s, SERIES_USED(resource), (int32_t)SERIES_ALLOC(resource), false, 1, &mean);
    parts_of(s, SERIES_USED(resource), (int32_t)SERIES_ALLOC(resource), false, sparks, values);
    table_cell(t, term, PLAIN, core_resource_name(r->core, resource));
    spark_cell(t, term, GREEN, values, sparks, 1);
    add_share(&text, mean);
    buf_puts(&text, " on average, at most ");
    add_share(&text, most);
    table_cell(t, term, PLAIN, buf_view(&text));
    buf_fini(&text);
}

static void lines(struct buf *b, const struct report *r, const struct term *term)
{
    const struct series *s = r->simulation->series;
    struct table t = {.columns = 3};
    uint32_t sparks = term->width > OTHER_COLUMNS + SPARKS          ? SPARKS
                      : term->width > OTHER_COLUMNS + FEWEST_SPARKS ? term->width - OTHER_COLUMNS
                                                                    : FEWEST_SPARKS;
    pending_row(&t, term, s, sparks);
    for (uint32_t resource = 0; resource < core_nodes(r->core)->resources; resource++)
        if (resource != BERTH_PODS)
            resource_row(&t, term, r, resource, sparks);
    table_write(&t, b, 2);
    table_fini(&t);
}

void report_time(struct buf *b, const struct report *r, const struct term *term)
{
    const struct simulation *s = r->simulation;
    struct buf title = {0};
    buf_puts(&title, "Time (");
    unit_span(&title, s->series->end_ns);
    buf_char(&title, ')');
    term_add(b, term, BOLD, buf_view(&title));
    buf_fini(&title);
    buf_char(b, '\n');
    if (s->series->end_ns > 0)
        lines(b, r, term);
    waits_row(b, s->series);
    buf_printf(b, "  %u preemption%s, %u attempt%s beyond the first\n\n", s->preemptions,
               s->preemptions == 1 ? "" : "s", s->requeues, s->requeues == 1 ? "" : "s");
}
