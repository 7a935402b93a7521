#include "cmd/report.h"

#include "cmd/units.h"
#include "sim/series.h"

/* RFC 4180: quoted where needed, quotes doubled. */
static void add_field(struct buf *b, berth_str text, char end)
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
    buf_char(b, end);
}

static void add_seconds(struct buf *b, int64_t ns, char end)
{
    struct buf text = {0};
    if (ns >= 0)
        unit_decimal_seconds(&text, ns);
    add_field(b, buf_view(&text), end);
    buf_fini(&text);
}

static void add_times(struct buf *b, const struct pod_history *h)
{
    add_seconds(b, h->arrival_ns, ',');
    add_seconds(b, h->placed_ns < 0 ? -1 : h->placed_ns - h->arrival_ns, ',');
    add_seconds(b, h->gone_ns, ',');
    buf_printf(b, "%u\n", h->attempts);
}

void report_csv(struct buf *b, const struct report *r)
{
    const struct series *series = r->simulation->series;
    buf_printf(b, "namespace,name,outcome,node,reason%s\n",
               series ? ",arrival_seconds,waited_seconds,left_seconds,attempts" : "");
    for (size_t i = 0; i < r->cluster->pods.len; i++) {
        const struct berth_pod *pod = r->cluster->pods.at[i].pod;
        const struct placement *placement = &r->simulation->placements[i];
        if (placement->outcome == OUTCOME_ABSENT)
            continue;
        add_field(b, berth_atom_str(berth_pod_namespace(pod)), ',');
        add_field(b, berth_pod_name(pod), ',');
        add_field(b, berth_str_of(report_outcome(placement->outcome)), ',');
        add_field(b, berth_atom_str(placement->node), ',');
        add_field(b, report_reason(r, i), series ? ',' : '\n');
        if (series)
            add_times(b, &series->pods[i]);
    }
}
