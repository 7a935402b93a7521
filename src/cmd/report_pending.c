/*
 * What was not placed, by reason, the most frequent first. Messages that differ only in the numbers of nodes
 * are one group, shown with the first pod's message; `wide` keeps every message apart.
 */
#include "cmd/report.h"

#include "base/hash.h"
#include "base/map.h"
#include "cmd/session.h"

#include <stdlib.h>

enum { MOST_GROUPS = 10, MOST_PODS = 4, INDENT = 4 };

struct group {
    uint32_t first;    /* index of its first reason */
    uint32_t messages; /* that differ in numbers */
    uint32_t pods;
};

struct groups {
    VEC(struct group) list;
    uint32_t *of_reason; /* by index of a reason */
};

/* A hash of the text that is blind to numbers and to the order of what punctuation separates. */
static uint64_t shape_of(const struct reason *reason)
{
    uint64_t sum = reason->outcome + 1, part = 0;
    for (uint32_t i = 0; i < reason->text.len; i++) {
        char c = reason->text.ptr[i];
        if (c == ',' || c == ':' || c == '.') {
            sum += hash_mix(part, 0);
            part = 0;
        } else if (c > '9' || (c < '0' && c != ' ')) {
            part = hash_mix(part, (unsigned char)c);
        }
    }
    return (sum + hash_mix(part, 0)) | 1;
}

static void collect(struct groups *g, const struct simulation *s, bool apart)
{
    struct map by_shape = {0};
    g->of_reason = calloc(s->reasons.len + 1, sizeof *g->of_reason);
    for (uint32_t i = 0; g->of_reason && i < s->reasons.len; i++) {
        if (s->reasons.at[i].pods == 0)
            continue;
        uint64_t key = apart ? i + 1 : shape_of(&s->reasons.at[i]);
        uint64_t *known = map_get(&by_shape, key);
        uint32_t index = known ? (uint32_t)*known : (uint32_t)g->list.len;
        struct group fresh = {.first = i};
        if (!known && (vec_push(&g->list, fresh) < 0 || map_put(&by_shape, key, index) < 0))
            abort();
        g->list.at[index].messages++;
        g->list.at[index].pods += s->reasons.at[i].pods;
        g->of_reason[i] = index;
    }
    map_fini(&by_shape);
}

static int by_pods(const void *a, const void *b, void *context)
{
    const struct group *groups = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (groups[i].pods != groups[j].pods)
        return groups[i].pods < groups[j].pods ? 1 : -1;
    return (i > j) - (i < j);
}

static void add_pods(struct buf *b, const struct report *r, const struct groups *g, uint32_t index,
                     uint32_t most)
{
    const struct group *group = &g->list.at[index];
    uint32_t named = 0;
    for (size_t i = 0; named < group->pods; i++) {
        int32_t reason = r->simulation->placements[i].reason;
        if (reason < 0 || g->of_reason[reason] != index)
            continue;
        if (named == most) {
            buf_printf(b, ", … +%u more", group->pods - named);
            return;
        }
        struct buf name = {0};
        session_pod_name(&name, r->cluster->pods.at[i].pod);
        buf_puts(b, named++ ? ", " : "");
        term_safe(b, buf_view(&name));
        buf_fini(&name);
    }
}

static void add_group(struct buf *b, const struct report *r, const struct term *term, const struct groups *g,
                      uint32_t index, bool wide)
{
    const struct group *group = &g->list.at[index];
    const struct reason *reason = &r->simulation->reasons.at[group->first];
    struct buf head = {0}, text = {0};
    buf_printf(&head, "  %u %s", group->pods, report_outcome(reason->outcome));
    term_add(b, term, RED, buf_view(&head));
    buf_puts(b, "  ");
    add_pods(b, r, g, index, wide ? UINT32_MAX : MOST_PODS);
    buf_char(b, '\n');
    if (group->messages > 1)
        buf_puts(&text, "the first of them: ");
    buf_str(&text, reason->text);
    term_wrap(b, buf_view(&text), INDENT, term->width);
    if (group->first < r->failures_len)
        buf_str(b, buf_view(&r->failures[group->first]));
    buf_fini(&head);
    buf_fini(&text);
}

void report_pending(struct buf *b, const struct report *r, const struct term *term, bool wide)
{
    struct groups g = {0};
    collect(&g, r->simulation, wide);
    uint32_t len = (uint32_t)g.list.len, *order = malloc((len + 1) * sizeof *order);
    if (!g.of_reason || !order)
        abort();
    for (uint32_t i = 0; i < len; i++)
        order[i] = i;
    qsort_r(order, len, sizeof *order, by_pods, g.list.at);
    if (len) {
        term_add(b, term, BOLD, BERTH_STR("Not placed"));
        buf_char(b, '\n');
    }
    for (uint32_t i = 0; i < len && (wide || i < MOST_GROUPS); i++)
        add_group(b, r, term, &g, order[i], wide);
    if (!wide && len > MOST_GROUPS)
        buf_printf(b, "  … and %u more reasons (-o wide lists all)\n", len - MOST_GROUPS);
    if (len)
        buf_char(b, '\n');
    free(order);
    free(g.of_reason);
    vec_fini(&g.list);
}
