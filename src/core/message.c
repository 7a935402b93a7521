#include "core/message.h"

#include "core/framework.h"

#include <stdio.h>
#include <stdlib.h>

struct reason {
    berth_str text;
    uint64_t nodes;
};

/* How many nodes have each verdict: [verdict]. */
static uint32_t *count_verdicts(struct cycle *cy, const berth_verdict *verdicts, uint32_t slots,
                                uint32_t *ret_len)
{
    uint32_t len = (uint32_t)cy->verdicts->list.len + VERDICT_FIRST;
    uint32_t *nodes = arena_need(cy->arena, len * sizeof(*nodes));
    for (uint32_t slot = 0; slot < slots; slot++)
        nodes[verdicts[slot]]++;
    *ret_len = len;
    return nodes;
}

static void add_reason(struct reason *all, uint32_t *len, berth_str text, uint32_t nodes)
{
    uint32_t i = 0;
    while (i < *len && !berth_str_eq(all[i].text, text))
        i++;
    *len += i == *len;
    all[i].text = text;
    all[i].nodes += nodes;
}

/* The different reasons with their counts. */
static struct reason *collect(struct cycle *cy, const berth_verdict *verdicts, uint32_t slots,
                              uint32_t *ret_len)
{
    uint32_t kinds, len = 0, most = 0;
    uint32_t *nodes = count_verdicts(cy, verdicts, slots, &kinds);
    for (uint32_t v = VERDICT_FIRST; v < kinds; v++)
        most += nodes[v] ? verdicts_get(cy->verdicts, v)->len : 0;
    struct reason *all = arena_need(cy->arena, (most + 1) * sizeof(*all));
    for (uint32_t v = VERDICT_FIRST; v < kinds; v++) {
        const struct status *s = verdicts_get(cy->verdicts, v);
        for (uint32_t i = 0; nodes[v] && i < s->len; i++)
            add_reason(all, &len, s->reasons[i], nodes[v]);
    }
    *ret_len = len;
    return all;
}

static int by_text(const void *a, const void *b)
{
    return berth_str_cmp(*(const berth_str *)a, *(const berth_str *)b);
}

/* "<count> <reason>" for each, sorted. */
static void add_histogram(struct cycle *cy, struct buf *b, const berth_verdict *verdicts, uint32_t slots)
{
    uint32_t len;
    struct reason *reasons = collect(cy, verdicts, slots, &len);
    berth_str *lines = arena_need(cy->arena, (len + 1) * sizeof(*lines));
    for (uint32_t i = 0; i < len; i++) {
        uint32_t room = reasons[i].text.len + 24;
        char *line = arena_need(cy->arena, room);
        int written = snprintf(line, room, "%llu %.*s", (unsigned long long)reasons[i].nodes,
                               BERTH_FMT(reasons[i].text));
        lines[i] = (berth_str){line, (uint32_t)written};
    }
    if (len > 0)
        qsort(lines, len, sizeof(*lines), by_text);
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, i ? ", " : " ");
        buf_str(b, lines[i]);
    }
    if (len > 0)
        buf_char(b, '.');
}

/* The text in the cycle's arena instead of the buffer. */
static berth_str keep(struct cycle *cy, struct buf *b)
{
    berth_str text = {arena_copy(cy->arena, b->ptr, b->len), (uint32_t)b->len};
    buf_fini(b);
    return text;
}

berth_str message_unschedulable(struct cycle *cy, const berth_verdict *verdicts, berth_verdict pre_filter,
                                berth_str post_filter)
{
    struct buf b = {0};
    buf_printf(&b, "0/%u nodes are available:", cy->cache->nodes.view.live);
    if (verdicts) {
        add_histogram(cy, &b, verdicts, cy->cache->nodes.view.len);
    } else {
        berth_str reasons = framework_reasons(cy, pre_filter);
        buf_printf(&b, " %.*s.", BERTH_FMT(reasons));
    }
    if (post_filter.len > 0)
        buf_printf(&b, " %.*s", BERTH_FMT(post_filter));
    return keep(cy, &b);
}

berth_str message_rejected(struct cycle *cy, berth_verdict verdict)
{
    struct buf b = {0};
    buf_puts(&b, "0/1 nodes are available:");
    add_histogram(cy, &b, &verdict, 1);
    return keep(cy, &b);
}
