#include "cmd/report.h"

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

void report_csv(struct buf *b, const struct report *r)
{
    buf_puts(b, "namespace,name,outcome,node,reason\n");
    for (size_t i = 0; i < r->cluster->pods.len; i++) {
        const struct berth_pod *pod = r->cluster->pods.at[i].pod;
        const struct placement *placement = &r->simulation->placements[i];
        add_field(b, berth_atom_str(berth_pod_namespace(pod)), ',');
        add_field(b, berth_pod_name(pod), ',');
        add_field(b, berth_str_of(report_outcome(placement->outcome)), ',');
        add_field(b, berth_atom_str(placement->node), ',');
        add_field(b, report_reason(r, i), '\n');
    }
}
