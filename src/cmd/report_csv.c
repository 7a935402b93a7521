#include "cmd/report.h"

#include "base/array.h"
#include "cmd/units.h"
#include "sim/series.h"

/* RFC 4180: quoted where needed, quotes doubled. */
void report_csv_field(struct buf *b, berth_str text)
{
    bool quoted = false;
    for (uint32_t i = 0; i < text.len; i++)
        quoted |= text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    if (quoted)
        buf_char(b, '"');
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_char(b, '"');
        buf_char(b, text.ptr[i]);
    }
    if (quoted)
        buf_char(b, '"');
}

/* Times before the beginning stand for none. */
static void add_seconds(struct buf *b, int64_t ns)
{
    buf_char(b, ',');
    if (ns >= 0)
        unit_decimal_seconds(b, ns);
}

static void add_times(struct buf *b, const struct pod_history *h)
{
    add_seconds(b, h->arrival_ns);
    add_seconds(b, h->placed_ns < 0 ? -1 : h->placed_ns - h->arrival_ns);
    add_seconds(b, h->gone_ns);
    buf_printf(b, ",%u", h->attempts);
}

void report_csv_titles(struct buf *b, const struct report *r)
{
    buf_printf(b, "namespace,name,outcome,node,reason%s",
               r->simulation->series ? ",arrival_seconds,waited_seconds,left_seconds,attempts" : "");
}

void report_csv_pod(struct buf *b, const struct report *r, size_t pod)
{
    const struct berth_pod *p = r->cluster->pods.at[pod].pod;
    const struct placement *placement = &r->simulation->placements[pod];
    const berth_str fields[] = {berth_atom_str(berth_pod_namespace(p)), berth_pod_name(p),
                                berth_str_of(report_outcome(placement->outcome)),
                                berth_atom_str(placement->node), report_reason(r, pod)};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        buf_puts(b, i ? "," : "");
        report_csv_field(b, fields[i]);
    }
    if (r->simulation->series)
        add_times(b, &r->simulation->series->pods[pod]);
}

void report_csv(struct buf *b, const struct report *r)
{
    report_csv_titles(b, r);
    buf_char(b, '\n');
    for (size_t i = 0; i < r->cluster->pods.len; i++) {
        if (r->simulation->placements[i].outcome == OUTCOME_ABSENT)
            continue;
        report_csv_pod(b, r, i);
        buf_char(b, '\n');
    }
}
