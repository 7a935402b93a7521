/*
 * How full the nodes are: one line a node while they fit on a screen, else how many nodes are how full; then
 * the totals and how much of what is free lies useless.
 */
#include "base/array.h"
#include "cmd/report.h"
#include "cmd/table.h"
#include "cmd/units.h"
#include "sim/usage.h"

enum { MOST_NODES = 24, BAR = 10, WIDE_BAR = 20, BUCKETS = 10, MOST_SHOWN = 8, NARROW = 105 };

static double share(int64_t used, int64_t alloc)
{
    return alloc > 0 ? (double)used / (double)alloc : 0;
}

/* "72%", rounded, but 100% only when nothing is left and 0% only when nothing is used. */
static void add_percent(struct buf *b, double part)
{
    int percent = (int)(part * 100 + 0.5);
    if (percent == 100 && part < 1)
        percent = 99;
    if (percent == 0 && part > 0)
        percent = 1;
    buf_printf(b, "%d%%", percent);
}

static void amounts_cell(struct table *t, const struct term *term, const struct usage *u, int64_t used,
                         int64_t alloc)
{
    struct buf text = {0};
    unit_amount(&text, u->name, used);
    buf_char(&text, '/');
    unit_amount(&text, u->name, alloc);
    table_cell(t, term, PLAIN, buf_view(&text));
    buf_fini(&text);
}

static void bar_cell(struct table *t, const struct term *term, double part, uint32_t width)
{
    struct buf text = {0};
    term_bar(&text, term, part, width);
    table_drawn(t, buf_view(&text), width);
    buf_fini(&text);
}

static void percent_cell(struct table *t, const struct term *term, double part)
{
    struct buf text = {0};
    add_percent(&text, part);
    table_cell(t, term, PLAIN, buf_view(&text));
    buf_fini(&text);
}

/* It follows the last ':' of the group. */
berth_str report_zone(berth_atom group)
{
    berth_str zone = berth_atom_str(group);
    for (uint32_t i = zone.len; i > 0; i--)
        if (zone.ptr[i - 1] == ':')
            return (berth_str){zone.ptr + i, zone.len - i};
    return zone.len ? zone : BERTH_STR("-");
}

static bool has_bar(const struct usage *u)
{
    return u->resource == BERTH_CPU || u->resource == BERTH_MEMORY;
}

/* What the table of nodes shows: CPU, memory and the first extended resources. The rest is in the totals. */
static uint32_t table_usages(const struct usage *usages, uint32_t len, const struct usage *shown[MOST_SHOWN])
{
    uint32_t shown_len = 0;
    for (uint32_t i = 0; i < len && shown_len < MOST_SHOWN; i++)
        if (usages[i].resource != BERTH_EPHEMERAL_STORAGE && usages[i].resource != BERTH_PODS)
            shown[shown_len++] = &usages[i];
    return shown_len;
}

static bool is_narrow(const struct term *term)
{
    return term->width < NARROW;
}

/* "gpu" of "nvidia.com/gpu" where room is short. */
static berth_str title_of(const struct usage *u, const struct term *term)
{
    if (has_bar(u))
        return u->resource == BERTH_CPU ? BERTH_STR("CPU") : BERTH_STR("MEMORY");
    const char *slash = memrchr(u->name.ptr, '/', u->name.len);
    uint32_t from = slash && is_narrow(term) ? (uint32_t)(slash + 1 - u->name.ptr) : 0;
    return (berth_str){u->name.ptr + from, u->name.len - from};
}

/* Adds the columns of a resource: bar (if there is room), share and amounts, or only amounts. */
static void add_columns(struct table *t, const struct term *term, const struct usage *u)
{
    uint32_t columns = !has_bar(u) ? 1 : is_narrow(term) ? 2 : 3;
    t->right |= has_bar(u) ? 1ull << (t->columns + columns - 2) : 0;
    t->columns += columns;
    table_cell(t, term, DIM, title_of(u, term));
    for (uint32_t i = 1; i < columns; i++)
        table_cell(t, term, DIM, (berth_str){0});
}

static void amount_cells(struct table *t, const struct term *term, const struct berth_nodes *nodes,
                         uint32_t slot, const struct usage *u)
{
    int64_t used = nodes->used[u->resource][slot], alloc = nodes->alloc[u->resource][slot];
    if (has_bar(u) && !is_narrow(term))
        bar_cell(t, term, share(used, alloc), BAR);
    if (has_bar(u))
        percent_cell(t, term, share(used, alloc));
    if (alloc || has_bar(u))
        amounts_cell(t, term, u, used, alloc);
    else
        table_cell(t, term, DIM, BERTH_STR("-"));
}

static void each_node(struct buf *b, const struct term *term, const struct berth_nodes *nodes,
                      const struct usage *usages, uint32_t len)
{
    static const char *const titles[] = {"NODE", "ZONE", "PODS"};
    const struct usage *shown[MOST_SHOWN];
    uint32_t shown_len = table_usages(usages, len, shown);
    struct table t = {.columns = ARRAY_LEN(titles), .right = 1u << 2};
    for (uint32_t i = 0; i < ARRAY_LEN(titles); i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (uint32_t i = 0; i < shown_len; i++)
        add_columns(&t, term, shown[i]);
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!nodes->node[slot])
            continue;
        table_cell(&t, term, PLAIN, berth_atom_str(nodes->node[slot]->name));
        table_cell(&t, term, PLAIN, report_zone(nodes->node[slot]->zone));
        table_cellf(&t, term, PLAIN, "%u", nodes->pods[slot].len);
        for (uint32_t i = 0; i < shown_len; i++)
            amount_cells(&t, term, nodes, slot, shown[i]);
    }
    table_write(&t, b, 2);
    table_fini(&t);
}

/* How many nodes are used to 0..10%, 10..20% ... of one resource. */
static void histogram_row(struct table *t, const struct term *term, const struct berth_nodes *nodes,
                          const struct usage *u)
{
    uint32_t counts[BUCKETS] = {0};
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        int64_t alloc = nodes->alloc[u->resource][slot];
        if (alloc <= 0)
            continue;
        double part = share(nodes->used[u->resource][slot], alloc);
        uint32_t bucket = part < 0 ? 0 : (uint32_t)(part * BUCKETS);
        counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    }
    table_cell(t, term, PLAIN, u->name);
    for (uint32_t i = 0; i < BUCKETS; i++)
        table_cellf(t, term, counts[i] ? PLAIN : DIM, "%u", counts[i]);
}

static void histogram(struct buf *b, const struct term *term, const struct berth_nodes *nodes,
                      const struct usage *usages, uint32_t len)
{
    struct table t = {.columns = 1 + BUCKETS, .right = ~1ull};
    table_cell(&t, term, DIM, BERTH_STR("NODES WITH"));
    for (uint32_t i = 0; i < BUCKETS; i++)
        table_cellf(&t, term, DIM, "%u–%u%%", i * 100 / BUCKETS, (i + 1) * 100 / BUCKETS);
    const struct usage *shown[MOST_SHOWN];
    uint32_t shown_len = table_usages(usages, len, shown);
    for (uint32_t i = 0; i < shown_len; i++)
        histogram_row(&t, term, nodes, shown[i]);
    table_write(&t, b, 2);
    table_fini(&t);
    buf_puts(b, "  of each resource requested (-o wide lists every node)\n");
}

static void total_row(struct table *t, const struct term *term, const struct usage *u)
{
    table_cell(t, term, PLAIN, u->name);
    bar_cell(t, term, share(u->used, u->alloc), WIDE_BAR);
    percent_cell(t, term, share(u->used, u->alloc));
    amounts_cell(t, term, u, u->used, u->alloc);
    struct buf text = {0};
    if (u->fragmentation < 0)
        buf_puts(&text, "-");
    else
        add_percent(&text, u->fragmentation);
    table_cell(t, term, u->fragmentation > 0.5 ? YELLOW : PLAIN, buf_view(&text));
    buf_fini(&text);
}

static void totals(struct buf *b, const struct term *term, const struct usage *usages, uint32_t len)
{
    static const char *const titles[] = {"TOTAL", "", "", "REQUESTED", "FRAGMENTED"};
    struct table t = {.columns = 5, .right = 1u << 2 | 1u << 4};
    for (uint32_t i = 0; i < ARRAY_LEN(titles); i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (uint32_t i = 0; i < len; i++)
        if (usages[i].used || has_bar(&usages[i]))
            total_row(&t, term, &usages[i]);
    table_write(&t, b, 2);
    table_fini(&t);
}

void report_nodes(struct buf *b, const struct report *r, const struct term *term, bool wide)
{
    const struct berth_nodes *nodes = core_nodes(r->core);
    struct arena arena = {0};
    const struct usage *usages;
    uint32_t len = usage_of(r->core, r->cluster, &arena, &usages);
    struct buf title = {0};
    buf_printf(&title, "Nodes (%u)%s", nodes->live, r->simulation->series ? " at the end" : "");
    term_add(b, term, BOLD, buf_view(&title));
    buf_fini(&title);
    buf_char(b, '\n');
    if (nodes->live == 0) {
        buf_puts(b, "  the input has none\n");
    } else {
        if (wide || nodes->live <= MOST_NODES)
            each_node(b, term, nodes, usages, len);
        else
            histogram(b, term, nodes, usages, len);
        buf_char(b, '\n');
        totals(b, term, usages, len);
    }
    buf_char(b, '\n');
    arena_fini(&arena);
}
