/*
 * What is left unused is shown with the most that any one node has of it: much in all and little anywhere is
 * what a planner cannot see in a sum.
 */
#include "cmd/report_capacity.h"

#include "base/array.h"
#include "base/map.h"
#include "cmd/explain.h"
#include "cmd/report.h"
#include "cmd/table.h"
#include "cmd/units.h"

#include <stdlib.h>

enum { MOST_NODES = 12, INDENT = 2 };

static void heading(struct buf *b, const struct term *term, const char *text)
{
    buf_char(b, '\n');
    term_add(b, term, BOLD, berth_str_of(text));
    buf_char(b, '\n');
}

berth_str capacity_stop(const struct capacity_report *r)
{
    const struct explanation *x = r->next;
    if (!x)
        return (berth_str){0};
    if (!x->responsible)
        return BERTH_STR("no profile has its scheduler name");
    if (x->pre_enqueue && x->pre_enqueue->len)
        return x->pre_enqueue->reasons[0];
    return x->error.len ? x->error : x->message;
}

/* ---- where ---- */

struct counted {
    uint32_t slot, copies;
};

static int most_first(const void *a, const void *b)
{
    const struct counted *x = a, *y = b;
    if (x->copies != y->copies)
        return x->copies < y->copies ? 1 : -1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

/* The nodes that got copies, malloc'ed, the fullest first. */
static struct counted *count_nodes(const struct capacity_report *r, uint32_t *ret_len)
{
    uint32_t slots = core_nodes(r->core)->len;
    struct counted *all = calloc(slots + 1u, sizeof(*all));
    *ret_len = 0;
    if (!all)
        abort();
    for (uint32_t slot = 0; slot < slots; slot++)
        if (r->capacity->by_slot[slot])
            all[(*ret_len)++] = (struct counted){slot, r->capacity->by_slot[slot]};
    qsort(all, *ret_len, sizeof(*all), most_first);
    return all;
}

static void node_row(struct table *t, const struct capacity_report *r, const struct term *term,
                     const struct counted *counted, const struct node_toll *tolls)
{
    const struct berth_node *node = core_nodes(r->core)->node[counted->slot];
    table_cell(t, term, PLAIN, berth_atom_str(node->name));
    table_cell(t, term, PLAIN, report_zone(node->zone));
    table_cellf(t, term, PLAIN, "%u", counted->copies);
    if (t->columns == 3)
        return;
    table_cellf(t, term, PLAIN, "%u", tolls[counted->slot].copies);
    table_cellf(t, term, PLAIN, "%u", tolls[counted->slot].victims);
}

static void nodes_table(struct buf *b, const struct capacity_report *r, const struct term *term, bool wide)
{
    static const char *const titles[] = {"NODE", "ZONE", "MORE", "BY PREEMPTION", "VICTIMS"};
    uint32_t len;
    struct counted *all = count_nodes(r, &len);
    struct node_toll *tolls = calloc(core_nodes(r->core)->len + 1u, sizeof(*tolls));
    uint32_t shown = wide || len <= MOST_NODES ? len : MOST_NODES - 1;
    struct table t = {.columns = r->capacity->preempting ? 5 : 3, .right = 7u << 2};
    if (!tolls)
        abort();
    victims_by_slot(r, tolls);
    for (size_t i = 0; i < t.columns; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (uint32_t i = 0; i < shown; i++)
        node_row(&t, r, term, &all[i], tolls);
    table_write(&t, b, INDENT);
    if (shown < len && all[shown].copies == all[len - 1].copies)
        buf_printf(b, "  … and %u more nodes with %u each (-o wide lists them)\n", len - shown,
                   all[shown].copies);
    else if (shown < len)
        buf_printf(b, "  … and %u more nodes with %u to %u each (-o wide lists them)\n", len - shown,
                   all[len - 1].copies, all[shown].copies);
    table_fini(&t);
    free(tolls);
    free(all);
}

struct zone {
    berth_str name;
    uint64_t copies;
    uint32_t nodes, with_copies;
};

typedef VEC(struct zone) zone_list;

/* The zones in the order of their first nodes. Few enough to look through. */
static void count_zones(const struct capacity_report *r, zone_list *zones)
{
    const struct berth_nodes *nodes = core_nodes(r->core);
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!nodes->node[slot])
            continue;
        berth_str name = report_zone(nodes->node[slot]->zone);
        size_t at = 0;
        while (at < zones->len && !berth_str_eq(zones->at[at].name, name))
            at++;
        struct zone fresh = {.name = name};
        if (at == zones->len && vec_push(zones, fresh) < 0)
            abort();
        zones->at[at].nodes++;
        zones->at[at].with_copies += r->capacity->by_slot[slot] > 0;
        zones->at[at].copies += r->capacity->by_slot[slot];
    }
}

static void zones_table(struct buf *b, const struct capacity_report *r, const struct term *term)
{
    static const char *const titles[] = {"ZONE", "MORE", "ON NODES"};
    zone_list zones = {0};
    count_zones(r, &zones);
    struct table t = {.columns = ARRAY_LEN(titles), .right = 6};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (size_t i = 0; i < zones.len; i++) {
        table_cell(&t, term, PLAIN, zones.at[i].name);
        table_cellf(&t, term, PLAIN, "%llu", (unsigned long long)zones.at[i].copies);
        table_cellf(&t, term, PLAIN, "%u/%u", zones.at[i].with_copies, zones.at[i].nodes);
    }
    if (zones.len > 1) {
        buf_char(b, '\n');
        table_write(&t, b, INDENT);
    }
    table_fini(&t);
    vec_fini(&zones);
}

/* ---- what is left ---- */

struct unused {
    int64_t free, offered, most;
    uint32_t most_slot;
};

static int64_t add_up(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* Nodes that are overfull have nothing free. */
static struct unused unused_of(const struct berth_nodes *nodes, uint32_t resource)
{
    struct unused u = {0};
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        int64_t free = nodes->alloc[resource][slot] - nodes->used[resource][slot];
        u.offered = add_up(u.offered, nodes->alloc[resource][slot]);
        u.free = add_up(u.free, free > 0 ? free : 0);
        if (free > u.most) {
            u.most = free;
            u.most_slot = slot;
        }
    }
    return u;
}

static void amount_cell(struct table *t, const struct term *term, berth_str resource, int64_t amount)
{
    struct buf text = {0};
    unit_amount(&text, resource, amount);
    table_cell(t, term, PLAIN, buf_view(&text));
    buf_fini(&text);
}

static void unused_row(struct table *t, const struct term *term, const struct core *core, uint32_t resource)
{
    const struct berth_nodes *nodes = core_nodes(core);
    struct unused u = unused_of(nodes, resource);
    berth_str name = core_resource_name(core, resource);
    if (u.offered == 0)
        return;
    table_cell(t, term, PLAIN, name);
    amount_cell(t, term, name, u.free);
    amount_cell(t, term, name, u.offered);
    table_cellf(t, term, PLAIN, "%.0f%%", 100.0 * (double)u.free / (double)u.offered);
    amount_cell(t, term, name, u.most);
    table_cell(t, term, DIM, u.most ? berth_atom_str(nodes->node[u.most_slot]->name) : (berth_str){0});
}

static void unused_table(struct buf *b, const struct capacity_report *r, const struct term *term)
{
    static const char *const titles[] = {"RESOURCE", "FREE", "OF", "", "MOST ON ONE NODE", ""};
    struct table t = {.columns = ARRAY_LEN(titles), .right = 30};
    for (size_t i = 0; i < ARRAY_LEN(titles); i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (uint32_t resource = 0; resource < core_nodes(r->core)->resources; resource++)
        unused_row(&t, term, r->core, resource);
    heading(b, term, "Left unused");
    table_write(&t, b, INDENT);
    table_fini(&t);
}

/* ---- for people ---- */

static void add_stop(struct buf *b, const struct capacity_report *r, const struct term *term)
{
    heading(b, term, "What stops the next one");
    term_wrap(b, capacity_stop(r), INDENT, term->width);
    if (!r->next->pre_enqueue)
        explain_rejected(b, r->core, r->next, term, INDENT);
    if (r->next->victims_len && !r->preempt)
        buf_printf(b,
                   "  Preemption is not counted (--preempt): without %u pod%s of lower priority it would "
                   "fit on %s.\n",
                   r->next->victims_len, r->next->victims_len == 1 ? "" : "s",
                   r->next->nodes->node[r->next->nominated]->name->text);
}

void capacity_table(struct buf *b, const struct capacity_report *r, const struct term *term, bool wide)
{
    const struct capacity *c = r->capacity;
    struct buf count = {0};
    buf_printf(&count, "%llu", (unsigned long long)c->count);
    buf_printf(b, "%.*s/%.*s (%.*s): ", BERTH_FMT(r->pod->namespace), BERTH_FMT(r->pod->name),
               BERTH_FMT(r->pod->kind));
    term_add(b, term, c->count ? GREEN : RED, buf_view(&count));
    buf_printf(b, " more fit%s", c->count == 1 ? "s" : "");
    if (c->preempting)
        buf_printf(b, ", %llu of them by preempting %llu pod%s of lower priority",
                   (unsigned long long)c->preempting, (unsigned long long)c->preempted,
                   c->preempted == 1 ? "" : "s");
    buf_printf(b, "%s\n",
               c->reached_most ? ", and there may be room for still more: --max ended the count" : "");
    buf_fini(&count);
    if (c->count) {
        heading(b, term, "Where");
        nodes_table(b, r, term, wide);
        zones_table(b, r, term);
    }
    if (c->preempting) {
        buf_char(b, '\n');
        victims_table(b, c, term, wide);
    }
    if (r->next)
        add_stop(b, r, term);
    if (c->before.refused) {
        buf_char(b, '\n');
        report_drains(b, r->cluster, &c->before, term, wide);
    }
    unused_table(b, r, term);
}

/* ---- JSON ---- */

static void json_nodes(struct buf *b, const struct capacity_report *r)
{
    const struct berth_nodes *nodes = core_nodes(r->core);
    const char *separator = "";
    buf_puts(b, ",\"nodes\":{");
    for (uint32_t slot = 0; slot < nodes->len; slot++) {
        if (!nodes->node[slot] || !r->capacity->by_slot[slot])
            continue;
        buf_puts(b, separator);
        separator = ",";
        buf_json_str(b, berth_atom_str(nodes->node[slot]->name));
        buf_printf(b, ":%u", r->capacity->by_slot[slot]);
    }
    buf_char(b, '}');
}

static void json_zones(struct buf *b, const struct capacity_report *r)
{
    zone_list zones = {0};
    const char *separator = "";
    count_zones(r, &zones);
    buf_puts(b, ",\"zones\":{");
    for (size_t i = 0; i < zones.len; i++) {
        buf_puts(b, separator);
        separator = ",";
        buf_json_str(b, zones.at[i].name);
        buf_printf(b, ":%llu", (unsigned long long)zones.at[i].copies);
    }
    buf_char(b, '}');
    vec_fini(&zones);
}

static void json_unused(struct buf *b, const struct capacity_report *r)
{
    const struct berth_nodes *nodes = core_nodes(r->core);
    const char *separator = "";
    buf_puts(b, ",\"unused\":{");
    for (uint32_t resource = 0; resource < nodes->resources; resource++) {
        struct unused u = unused_of(nodes, resource);
        if (u.offered == 0)
            continue;
        buf_puts(b, separator);
        separator = ",";
        buf_json_str(b, core_resource_name(r->core, resource));
        buf_printf(b, ":{\"free\":%lld,\"allocatable\":%lld,\"mostOnOneNode\":%lld}", (long long)u.free,
                   (long long)u.offered, (long long)u.most);
    }
    buf_char(b, '}');
}

void capacity_json(struct buf *b, const struct capacity_report *r)
{
    struct buf name = {0};
    buf_printf(&name, "%.*s/%.*s", BERTH_FMT(r->pod->namespace), BERTH_FMT(r->pod->name));
    buf_puts(b, "{\"pod\":");
    buf_json_str(b, buf_view(&name));
    buf_puts(b, ",\"kind\":");
    buf_json_str(b, r->pod->kind);
    buf_printf(b, ",\"count\":%llu,\"reachedMax\":%s", (unsigned long long)r->capacity->count,
               r->capacity->reached_most ? "true" : "false");
    json_nodes(b, r);
    json_zones(b, r);
    if (r->preempt) {
        buf_char(b, ',');
        victims_json(b, r->capacity);
    }
    if (r->next) {
        buf_puts(b, ",\"stop\":");
        buf_json_str(b, capacity_stop(r));
        buf_puts(b, ",\"next\":");
        explain_json(b, r->core, r->next);
        explain_json_end(b);
    }
    json_unused(b, r);
    buf_char(b, ',');
    report_drains_json(b, r->cluster, &r->capacity->before);
    buf_char(b, '}');
    buf_fini(&name);
}
