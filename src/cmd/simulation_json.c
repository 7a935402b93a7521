/*
 * What a simulation came to, as one JSON object: for scripts, and for the pages that draw it. Times are
 * seconds since the beginning, CPU is in cores, everything else as Kubernetes counts it.
 */
#include "cmd/report.h"

#include "base/map.h"
#include "cmd/reason_fold.h"
#include "cmd/units.h"
#include "sim/series.h"

#include <stdlib.h>

struct writer {
    struct buf *b;
    const struct report *r;
    const struct series *series; /* NULL: without time */
    uint32_t *resources;         /* columns of the node table that are of interest, malloc'ed */
    uint32_t resources_len;
    bool brief;               /* for a page: see simulation_json_brief() */
    struct reason_fold fold;  /* brief: the reasons */
    struct map index_of_node; /* brief: name -> index in "nodes" */
    uint32_t nodes_len;       /* brief: written so far */
};

static void add_key(struct buf *b, const char *key)
{
    buf_printf(b, "\"%s\":", key);
}

static void add_amount(struct buf *b, uint32_t resource, double amount)
{
    if (resource == BERTH_CPU)
        unit_decimal(b, amount / 1000, 3);
    else
        unit_decimal(b, amount, 0);
}

static void add_optional_seconds(struct buf *b, int64_t ns)
{
    if (ns < 0)
        buf_puts(b, "null");
    else
        unit_decimal_seconds(b, ns);
}

static void add_pod_name(struct buf *b, const struct report *r, uint32_t index)
{
    const struct berth_pod *pod = r->cluster->pods.at[index].pod;
    struct buf name = {0};
    buf_printf(&name, "%s/%.*s", berth_pod_namespace(pod)->text, BERTH_FMT(berth_pod_name(pod)));
    buf_json_str(b, buf_view(&name));
    buf_fini(&name);
}

/* ---- which resources ---- */

static bool has_resource(const struct writer *w, uint32_t resource)
{
    const struct berth_nodes *nodes = core_nodes(w->r->core);
    for (uint32_t slot = 0; slot < nodes->len; slot++)
        if (nodes->alloc[resource][slot] > 0)
            return true;
    for (size_t i = 0; w->series && i < w->series->points.len; i++)
        if (w->series->points.at[i].cells[SERIES_ALLOC(resource)].max > 0)
            return true;
    return false;
}

static bool was_used(const struct writer *w, uint32_t resource)
{
    const struct berth_nodes *nodes = core_nodes(w->r->core);
    for (uint32_t slot = 0; slot < nodes->len; slot++)
        if (nodes->used[resource][slot] > 0)
            return true;
    for (size_t i = 0; w->series && i < w->series->points.len; i++)
        if (w->series->points.at[i].cells[SERIES_USED(resource)].max > 0)
            return true;
    return false;
}

static void find_resources(struct writer *w)
{
    uint32_t len = core_nodes(w->r->core)->resources;
    w->resources = calloc(len + 1, sizeof(*w->resources));
    if (!w->resources)
        abort();
    for (uint32_t r = 0; r < len; r++) {
        bool wanted = !w->brief || r == BERTH_CPU || (r != BERTH_PODS && was_used(w, r));
        if (wanted && has_resource(w, r))
            w->resources[w->resources_len++] = r;
    }
}

static void add_resource_key(struct writer *w, uint32_t resource, bool first)
{
    buf_puts(w->b, first ? "" : ",");
    buf_json_str(w->b, core_resource_name(w->r->core, resource));
    buf_char(w->b, ':');
}

/* ---- the parts ---- */

static void add_counts(struct writer *w)
{
    static const struct {
        const char *key;
        enum outcome outcome;
    } rows[] = {
        {"placed", OUTCOME_PLACED},       {"pending", OUTCOME_PENDING}, {"gated", OUTCOME_GATED},
        {"preempted", OUTCOME_PREEMPTED}, {"others", OUTCOME_OTHERS},   {"bound", OUTCOME_BOUND},
        {"departed", OUTCOME_DEPARTED},   {"evicted", OUTCOME_EVICTED}, {"deleted", OUTCOME_DELETED},
    };
    const struct simulation *s = w->r->simulation;
    buf_printf(w->b, "\"pods\":{\"total\":%u", simulation_pods(s));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        buf_printf(w->b, ",\"%s\":%u", rows[i].key, s->counts[rows[i].outcome]);
    buf_printf(w->b, "},\"preemptions\":%u,\"requeues\":%u", s->preemptions, s->requeues);
    if (!w->brief || s->refused) {
        buf_char(w->b, ',');
        report_drains_json(w->b, w->r->cluster, s);
    }
}

/* How many placements took at most so many seconds, and how many more than all of them. */
static void add_wait_histogram(struct writer *w)
{
    static const int bounds[] = {0,    1,        10,        60,    300,       900,
                                 3600, 3 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400};
    enum { LEN = sizeof bounds / sizeof *bounds };
    uint32_t counts[LEN + 1] = {0};
    for (size_t i = 0, bound = 0; i < w->series->waits.len; i++) {
        while (bound < LEN && w->series->waits.at[i] > bounds[bound] * INT64_C(1000000000))
            bound++;
        counts[bound]++;
    }
    buf_puts(w->b, ",\"bounds\":[");
    for (size_t i = 0; i < LEN; i++)
        buf_printf(w->b, "%s%d", i ? "," : "", bounds[i]);
    buf_puts(w->b, "],\"counts\":[");
    for (size_t i = 0; i <= LEN; i++)
        buf_printf(w->b, "%s%u", i ? "," : "", counts[i]);
    buf_char(w->b, ']');
}

static void add_waits(struct writer *w)
{
    static const struct {
        const char *key;
        double share;
    } rows[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}};
    buf_puts(w->b, ",\"waitingSeconds\":{");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        add_key(w->b, rows[i].key);
        unit_decimal_seconds(w->b, series_wait(w->series, rows[i].share));
        buf_char(w->b, ',');
    }
    add_key(w->b, "mean");
    unit_decimal(w->b, series_mean_wait(w->series), 3);
    add_wait_histogram(w);
    buf_char(w->b, '}');
}

static void add_resources(struct writer *w)
{
    buf_puts(w->b, ",\"resources\":[");
    for (uint32_t i = 0; i < w->resources_len; i++) {
        buf_puts(w->b, i ? "," : "");
        buf_json_str(w->b, core_resource_name(w->r->core, w->resources[i]));
    }
    buf_char(w->b, ']');
}

/* How many values a column has: one more for the end, unless the last point begins there. */
static size_t values_len(const struct series *s)
{
    size_t len = s->points.len;
    return len && s->points.at[len - 1].at_ns < s->end_ns ? len + 1 : len;
}

/* A column's values, one a point and one more for the end: the greatest of each point's, or the means. */
static void add_column(struct writer *w, uint32_t column, bool greatest, int32_t resource)
{
    const struct series *s = w->series;
    buf_char(w->b, '[');
    for (size_t i = 0; i < values_len(s); i++) {
        const struct series_point *p = &s->points.at[i < s->points.len ? i : s->points.len - 1];
        const struct series_cell *cell = &p->cells[column];
        double value = i == s->points.len ? cell->last : greatest ? cell->max : series_mean(p, column);
        buf_puts(w->b, i ? "," : "");
        if (resource >= 0)
            add_amount(w->b, (uint32_t)resource, value);
        else
            unit_decimal(w->b, value, 2);
    }
    buf_char(w->b, ']');
}

static void add_resource_columns(struct writer *w, const char *key, uint32_t offset)
{
    buf_printf(w->b, ",\"%s\":{", key);
    for (uint32_t i = 0; i < w->resources_len; i++) {
        add_resource_key(w, w->resources[i], i == 0);
        add_column(w, SERIES_USED(w->resources[i]) + offset, false, (int32_t)w->resources[i]);
    }
    buf_char(w->b, '}');
}

static void add_peak(struct writer *w, uint32_t column)
{
    int64_t when_ns = 0;
    double most = series_peak(w->series, column, &when_ns);
    buf_puts(w->b, "{\"value\":");
    unit_decimal(w->b, most > 0 ? most : 0, 4);
    buf_puts(w->b, ",\"seconds\":");
    unit_decimal_seconds(w->b, when_ns);
    buf_char(w->b, '}');
}

/* Joined points keep what was greatest in them, which the means of the series do not show. */
static void add_peaks(struct writer *w)
{
    buf_puts(w->b, ",\"peaks\":{\"running\":");
    add_peak(w, SERIES_RUNNING);
    for (uint32_t i = 0; i < w->resources_len; i++) {
        add_resource_key(w, w->resources[i], false);
        add_peak(w, SERIES_SHARE(w->resources[i]));
    }
    buf_char(w->b, '}');
}

static void add_series(struct writer *w)
{
    static const struct {
        const char *key;
        uint32_t column;
    } fixed[] = {{"pending", SERIES_PENDING}, {"running", SERIES_RUNNING}, {"nodes", SERIES_NODES}};
    buf_puts(w->b, ",\"series\":{\"seconds\":[");
    for (size_t i = 0; i < values_len(w->series); i++) {
        buf_puts(w->b, i ? "," : "");
        unit_decimal_seconds(w->b,
                             i < w->series->points.len ? w->series->points.at[i].at_ns : w->series->end_ns);
    }
    buf_char(w->b, ']');
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        buf_printf(w->b, ",\"%s\":", fixed[i].key);
        add_column(w, fixed[i].column, fixed[i].column == SERIES_PENDING, -1);
    }
    add_resource_columns(w, "used", 0);
    add_resource_columns(w, "allocatable", 1);
    buf_char(w->b, '}');
}

/* ---- nodes ---- */

struct figures {
    berth_atom name, zone;
    uint32_t pods;
    const struct node_record *record; /* NULL: of the node table, at `slot` */
    uint32_t slot;
};

static int64_t figure(const struct writer *w, const struct figures *f, uint32_t resource, bool alloc)
{
    const struct berth_nodes *nodes = core_nodes(w->r->core);
    if (!f->record)
        return alloc ? nodes->alloc[resource][f->slot] : nodes->used[resource][f->slot];
    if (resource >= f->record->use.len)
        return 0;
    return alloc ? f->record->use.at[resource].alloc : f->record->use.at[resource].used;
}

static void add_figures(struct writer *w, const struct figures *f, const char *key, bool alloc)
{
    bool first = true;
    buf_printf(w->b, ",\"%s\":{", key);
    for (uint32_t i = 0; i < w->resources_len; i++) {
        uint32_t resource = w->resources[i];
        if (figure(w, f, resource, true) == 0)
            continue;
        add_resource_key(w, resource, first);
        add_amount(w->b, resource, (double)figure(w, f, resource, alloc));
        first = false;
    }
    buf_char(w->b, '}');
}

/* Percent in each part of the time; null: the node was not there. */
static void add_shares(struct buf *b, const double *shares, uint32_t len)
{
    buf_char(b, '[');
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, i ? "," : "");
        if (shares[i] < 0)
            buf_puts(b, "null");
        else
            unit_decimal(b, shares[i] * 100, 0);
    }
    buf_char(b, ']');
}

/* Not of "pods", which says little, and not of what nobody used. */
static void add_heat(struct writer *w, const struct node_record *node, uint32_t buckets)
{
    double shares[SIMULATION_BUCKETS];
    bool first = true;
    buf_puts(w->b, ",\"heat\":{");
    for (uint32_t i = 0; i < w->resources_len; i++) {
        uint32_t resource = w->resources[i];
        bool has = resource < node->use.len && node->use.at[resource].share;
        if (!has || resource == BERTH_PODS || !was_used(w, resource))
            continue;
        add_resource_key(w, resource, first);
        series_heat(w->series, node, resource, buckets, shares);
        add_shares(w->b, shares, buckets);
        first = false;
    }
    buf_char(w->b, '}');
}

static void add_node(struct writer *w, const struct figures *f, bool first, uint32_t buckets)
{
    if (w->brief && map_put(&w->index_of_node, map_ptr(f->name), w->nodes_len++) < 0)
        abort();
    buf_puts(w->b, first ? "\n{\"name\":" : ",\n{\"name\":");
    buf_json_str(w->b, berth_atom_str(f->name));
    buf_puts(w->b, ",\"zone\":");
    buf_json_str(w->b, report_zone(f->zone));
    buf_printf(w->b, ",\"pods\":%u", f->pods);
    bool heat = f->record && w->series->end_ns > 0;
    if (!w->brief || !heat)
        add_figures(w, f, "used", false);
    add_figures(w, f, "allocatable", true);
    if (heat)
        add_heat(w, f->record, buckets);
    buf_char(w->b, '}');
}

static void add_nodes(struct writer *w, uint32_t buckets)
{
    const struct berth_nodes *nodes = core_nodes(w->r->core);
    bool first = true;
    buf_puts(w->b, ",\"nodes\":[");
    for (size_t i = 0; w->series && i < w->series->nodes.len; i++, first = false) {
        const struct node_record *n = &w->series->nodes.at[i];
        add_node(w, &(struct figures){n->name, n->zone, n->pods, n, 0}, first, buckets);
    }
    for (uint32_t slot = 0; !w->series && slot < nodes->len; slot++) {
        const struct berth_node *n = nodes->node[slot];
        if (!n)
            continue;
        add_node(w, &(struct figures){n->name, n->zone, nodes->pods[slot].len, NULL, slot}, first, buckets);
        first = false;
    }
    buf_char(w->b, ']');
}

/* ---- reasons and pods ---- */

static void add_reason(struct writer *w, const struct reason *reason, uint32_t variants)
{
    buf_puts(w->b, "{\"outcome\":");
    buf_json_str(w->b, berth_str_of(report_outcome(reason->outcome)));
    buf_puts(w->b, ",\"text\":");
    buf_json_str(w->b, reason->text);
    buf_printf(w->b, ",\"pods\":%u,\"left\":%u", reason->held, reason->pods);
    if (w->series) {
        int64_t end_ns = w->series->end_ns; /* the last retries may come later */
        buf_puts(w->b, ",\"firstSeconds\":");
        unit_decimal_seconds(w->b, reason->first_ns < end_ns ? reason->first_ns : end_ns);
        buf_puts(w->b, ",\"lastSeconds\":");
        unit_decimal_seconds(w->b, reason->last_ns < end_ns ? reason->last_ns : end_ns);
        buf_puts(w->b, ",\"podSeconds\":");
        unit_decimal(w->b, (double)reason->held_ns / 1e9, 3);
    }
    if (variants > 1)
        buf_printf(w->b, ",\"variants\":%u", variants);
    buf_puts(w->b, ",\"example\":");
    add_pod_name(w->b, w->r, reason->first);
    buf_char(w->b, '}');
}

static void add_reasons(struct writer *w)
{
    size_t len = w->brief ? w->fold.list.len : w->r->simulation->reasons.len;
    buf_puts(w->b, ",\"reasons\":[");
    for (size_t i = 0; i < len; i++) {
        buf_puts(w->b, i ? ",\n" : "\n");
        if (w->brief)
            add_reason(w, &w->fold.list.at[i], w->fold.variants.at[i]);
        else
            add_reason(w, &w->r->simulation->reasons.at[i], 1);
    }
    buf_char(w->b, ']');
}

static int32_t reason_index(const struct writer *w, int32_t reason)
{
    return w->brief && reason >= 0 ? (int32_t)w->fold.of.at[reason] : reason;
}

static void add_times(struct buf *b, const struct pod_history *h)
{
    unit_decimal_seconds(b, h->arrival_ns);
    buf_char(b, ',');
    add_optional_seconds(b, h->placed_ns < 0 ? -1 : h->placed_ns - h->arrival_ns);
    buf_char(b, ',');
    add_optional_seconds(b, h->gone_ns);
    buf_printf(b, ",%u", h->attempts);
}

static void add_node_name(struct writer *w, berth_atom node)
{
    const uint64_t *index = w->brief && node ? map_get(&w->index_of_node, map_ptr(node)) : NULL;
    if (index)
        buf_printf(w->b, "%u", (uint32_t)*index);
    else if (node)
        buf_json_str(w->b, berth_atom_str(node));
    else
        buf_puts(w->b, "null");
}

static void add_life(struct writer *w, uint32_t index)
{
    const struct placement *placement = &w->r->simulation->placements[index];
    buf_char(w->b, '[');
    add_pod_name(w->b, w->r, index);
    if (w->brief)
        buf_printf(w->b, ",%u,", placement->outcome);
    else
        buf_printf(w->b, ",\"%s\",", report_outcome(placement->outcome));
    add_node_name(w, placement->node);
    buf_char(w->b, ',');
    if (w->series)
        add_times(w->b, &w->series->pods[index]);
    else
        buf_puts(w->b, "null,null,null,null");
    buf_printf(w->b, ",%d]", reason_index(w, w->series ? w->series->pods[index].reason : placement->reason));
}

static void add_outcomes(struct writer *w)
{
    buf_puts(w->b, ",\"outcomes\":[");
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++)
        buf_printf(w->b, "%s\"%s\"", i ? "," : "", report_outcome(i));
    buf_char(w->b, ']');
}

static void add_history(struct writer *w)
{
    bool first = true;
    if (w->brief)
        add_outcomes(w);
    buf_puts(w->b, ",\"history\":[");
    for (uint32_t i = 0; i < w->r->cluster->pods.len; i++) {
        if (w->r->simulation->placements[i].outcome == OUTCOME_ABSENT)
            continue;
        buf_puts(w->b, first ? "\n" : ",\n");
        add_life(w, i);
        first = false;
    }
    buf_char(w->b, ']');
}

static void write_simulation(struct buf *b, const struct report *r, uint32_t buckets, bool brief)
{
    struct writer w = {.b = b, .r = r, .series = r->simulation->series, .brief = brief};
    if (brief)
        reason_fold_of(&w.fold, r->simulation);
    find_resources(&w);
    buf_char(b, '{');
    if (w.series) {
        add_key(b, "seconds");
        unit_decimal_seconds(b, w.series->end_ns);
        buf_char(b, ',');
    }
    add_counts(&w);
    if (w.series)
        add_waits(&w);
    add_resources(&w);
    if (w.series) {
        add_peaks(&w);
        add_series(&w);
    }
    add_nodes(&w, buckets);
    add_reasons(&w);
    if (w.series || brief)
        add_history(&w);
    buf_char(b, '}');
    free(w.resources);
    reason_fold_fini(&w.fold);
    map_fini(&w.index_of_node);
}

void simulation_json(struct buf *b, const struct report *r, uint32_t buckets)
{
    write_simulation(b, r, buckets, false);
}

void simulation_json_brief(struct buf *b, const struct report *r, uint32_t buckets)
{
    write_simulation(b, r, buckets, true);
}
