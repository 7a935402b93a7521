/*
 * What was not placed, by reason, the most frequent first. Long messages are wrapped under the count.
 */
#include "cmd/report.h"

#include <stdlib.h>

enum { MOST_REASONS = 12, INDENT = 4 };

static int by_pods(const void *a, const void *b, void *context)
{
    const struct simulation *s = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    uint32_t pods_i = s->reasons.at[i].pods, pods_j = s->reasons.at[j].pods;
    if (pods_i != pods_j)
        return pods_i < pods_j ? 1 : -1;
    return (i > j) - (i < j);
}

static void add_pods(struct buf *b, const struct report *r, uint32_t reason, uint32_t most)
{
    uint32_t named = 0;
    for (size_t i = r->simulation->reasons.at[reason].first; i < r->cluster->pods.len; i++) {
        if (r->simulation->placements[i].reason != (int32_t)reason)
            continue;
        if (named == most) {
            buf_printf(b, ", … +%u more", r->simulation->reasons.at[reason].pods - named);
            return;
        }
        const struct berth_pod *pod = r->cluster->pods.at[i].pod;
        buf_printf(b, "%s%s/%.*s", named++ ? ", " : "", pod->class->namespace->text,
                   BERTH_FMT(berth_pod_name(pod)));
    }
}

static void add_reason(struct buf *b, const struct report *r, const struct term *term, uint32_t index,
                       bool wide)
{
    const struct reason *reason = &r->simulation->reasons.at[index];
    struct buf head = {0}, pods = {0};
    buf_printf(&head, "  %u %s", reason->pods, report_outcome(reason->outcome));
    term_add(b, term, RED, buf_view(&head));
    add_pods(&pods, r, index, wide ? UINT32_MAX : 4);
    buf_printf(b, "  %s\n", pods.ptr);
    term_wrap(b, reason->text, INDENT, term->width);
    if (index < r->failures_len)
        buf_str(b, buf_view(&r->failures[index]));
    buf_fini(&head);
    buf_fini(&pods);
}

void report_pending(struct buf *b, const struct report *r, const struct term *term, bool wide)
{
    uint32_t len = (uint32_t)r->simulation->reasons.len;
    if (len == 0)
        return;
    uint32_t *order = malloc(len * sizeof *order);
    if (!order)
        abort();
    for (uint32_t i = 0; i < len; i++)
        order[i] = i;
    qsort_r(order, len, sizeof *order, by_pods, (void *)r->simulation);
    uint32_t shown = !wide && len > MOST_REASONS ? MOST_REASONS : len;
    term_add(b, term, BOLD, BERTH_STR("Not placed"));
    buf_char(b, '\n');
    for (uint32_t i = 0; i < shown; i++)
        add_reason(b, r, term, order[i], wide);
    if (shown < len)
        buf_printf(b, "  … and %u more reasons (-o wide lists all)\n", len - shown);
    buf_char(b, '\n');
    free(order);
}
