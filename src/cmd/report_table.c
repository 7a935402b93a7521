/*
 * The report for people. It must read well for eight nodes and for a thousand: what would be a long list is
 * grouped by workload and cut, and says what it left out; `wide` cuts nothing.
 */
#include "cmd/report.h"

#include "base/hash.h"
#include "base/map.h"
#include "cmd/table.h"
#include "cmd/units.h"

#include <stdlib.h>

enum { MOST_WORKLOADS = 20 };

/* Pods with the same controller, or a pod that has none. */
struct workload {
    uint32_t first; /* index of its first pod that this run had to place */
    uint32_t pods, placed;
};

struct workloads {
    VEC(struct workload) list;
    struct map by_owner;
    uint32_t *of_pod; /* by index of a pod: 1 + index of its workload; 0: came bound */
};

static uint64_t owner_key(const struct berth_pod *pod)
{
    const struct berth_class *class = pod->class;
    if (!class->owner_name)
        return map_ptr(pod);
    uint64_t key = hash_mix(map_ptr(class->namespace), map_ptr(class->owner_kind));
    return hash_mix(key, map_ptr(class->owner_name)) | 1;
}

static bool was_placed(enum outcome outcome)
{
    return outcome == OUTCOME_PLACED || outcome == OUTCOME_DEPARTED;
}

static void collect_workloads(struct workloads *w, const struct report *r)
{
    for (size_t i = 0; i < r->cluster->pods.len; i++) {
        const struct placement *placement = &r->simulation->placements[i];
        if (placement->outcome == OUTCOME_BOUND || placement->outcome == OUTCOME_ABSENT
            || placement->outcome == OUTCOME_DELETED)
            continue;
        uint64_t key = owner_key(r->cluster->pods.at[i].pod);
        uint64_t *known = map_get(&w->by_owner, key);
        uint32_t index = known ? (uint32_t)*known : (uint32_t)w->list.len;
        struct workload fresh = {.first = (uint32_t)i};
        if (!known && (vec_push(&w->list, fresh) < 0 || map_put(&w->by_owner, key, index) < 0))
            abort();
        w->list.at[index].pods++;
        w->list.at[index].placed += was_placed(placement->outcome);
        w->of_pod[i] = index + 1;
    }
}

struct node_share {
    berth_atom node;
    uint32_t pods;
};

typedef VEC(struct node_share) share_list;

/* The nodes of a workload, in the order in which its pods got them. */
static void nodes_of(const struct report *r, const struct workloads *w, uint32_t workload, share_list *shares)
{
    uint32_t left = w->list.at[workload].placed;
    struct map by_node = {0};
    for (size_t i = w->list.at[workload].first; left && i < r->cluster->pods.len; i++) {
        struct node_share fresh = {.node = r->simulation->placements[i].node};
        if (w->of_pod[i] != workload + 1 || !fresh.node)
            continue;
        left--;
        uint64_t *known = map_get(&by_node, map_ptr(fresh.node));
        size_t at = known ? *known : shares->len;
        if (!known && (vec_push(shares, fresh) < 0 || map_put(&by_node, map_ptr(fresh.node), at) < 0))
            abort();
        shares->at[at].pods++;
    }
    map_fini(&by_node);
}

/* "node-1 ×2, node-2, … +3 more", within `width` columns. */
static void add_nodes(struct buf *b, const share_list *shares, uint32_t width)
{
    enum { REST = 12 }; /* room for the "… +3 more" */
    for (size_t i = 0; i < shares->len; i++) {
        struct buf one = {0};
        buf_printf(&one, "%s%s", i ? ", " : "", shares->at[i].node->text);
        if (shares->at[i].pods > 1)
            buf_printf(&one, " ×%u", shares->at[i].pods);
        uint32_t used = term_columns(buf_view(b)) + term_columns(buf_view(&one));
        bool fits = used + (i + 1 < shares->len ? REST : 0) <= width || i == 0;
        if (fits)
            buf_str(b, buf_view(&one));
        buf_fini(&one);
        if (!fits) {
            buf_printf(b, ", … +%zu more", shares->len - i);
            return;
        }
    }
}

/* "Job" of "batch/v1/Job": the class tells kinds of different groups apart, a reader need not. */
static berth_str short_kind(berth_atom owner_kind)
{
    berth_str kind = berth_atom_str(owner_kind);
    for (uint32_t i = kind.len; i > 0; i--)
        if (kind.ptr[i - 1] == '/')
            return (berth_str){kind.ptr + i, kind.len - i};
    return kind.len ? kind : BERTH_STR("Pod");
}

static void workload_row(struct table *t, const struct report *r, const struct term *term,
                         const struct workloads *w, uint32_t index)
{
    enum { OTHER_COLUMNS = 60 }; /* of the line, left of the nodes */
    const struct workload *workload = &w->list.at[index];
    const struct berth_pod *pod = r->cluster->pods.at[workload->first].pod;
    const struct berth_class *class = pod->class;
    berth_str name = class->owner_name ? berth_atom_str(class->owner_name) : berth_pod_name(pod);
    share_list shares = {0};
    struct buf nodes = {0};
    nodes_of(r, w, index, &shares);
    add_nodes(&nodes, &shares, term->width > OTHER_COLUMNS + 40 ? term->width - OTHER_COLUMNS : 40);

    table_cellf(t, term, PLAIN, "%s/%.*s", class->namespace->text, BERTH_FMT(name));
    table_cell(t, term, DIM, short_kind(class->owner_kind));
    table_cellf(t, term, workload->placed == workload->pods ? PLAIN : RED, "%u/%u", workload->placed,
                workload->pods);
    table_cell(t, term, nodes.len ? PLAIN : RED, nodes.len ? buf_view(&nodes) : BERTH_STR("-"));
    buf_fini(&nodes);
    vec_fini(&shares);
}

static void heading(struct buf *b, const struct term *term, const char *text)
{
    term_add(b, term, BOLD, berth_str_of(text));
    buf_char(b, '\n');
}

static void placements_by_workload(struct buf *b, const struct report *r, const struct term *term)
{
    struct workloads w = {.of_pod = calloc(r->cluster->pods.len + 1, sizeof(uint32_t))};
    if (!w.of_pod)
        abort();
    collect_workloads(&w, r);
    struct table t = {.columns = 4, .right = 1u << 2};
    static const char *const titles[] = {"WORKLOAD", "KIND", "PLACED", "ON"};
    for (uint32_t i = 0; i < 4; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    size_t shown = w.list.len > MOST_WORKLOADS ? MOST_WORKLOADS : w.list.len;
    for (uint32_t i = 0; i < shown; i++)
        workload_row(&t, r, term, &w, i);
    if (w.list.len) {
        heading(b, term, "Placements");
        table_write(&t, b, 2);
        if (shown < w.list.len)
            buf_printf(b, "  … and %zu more (-o wide lists every pod)\n", w.list.len - shown);
        buf_char(b, '\n');
    }
    table_fini(&t);
    map_fini(&w.by_owner);
    vec_fini(&w.list);
    free(w.of_pod);
}

static enum colour outcome_colour(enum outcome outcome)
{
    bool of_no_matter = outcome == OUTCOME_BOUND || outcome == OUTCOME_DEPARTED || outcome == OUTCOME_DELETED;
    return of_no_matter ? DIM : outcome == OUTCOME_PLACED ? GREEN : RED;
}

static void pod_row(struct table *t, const struct report *r, const struct term *term, size_t i)
{
    const struct berth_pod *pod = r->cluster->pods.at[i].pod;
    const struct placement *placement = &r->simulation->placements[i];
    struct buf cpu = {0}, memory = {0};
    unit_amount(&cpu, BERTH_STR("cpu"), pod->class->cpu);
    unit_amount(&memory, BERTH_STR("memory"), pod->class->memory);
    table_cellf(t, term, PLAIN, "%s/%.*s", pod->class->namespace->text, BERTH_FMT(berth_pod_name(pod)));
    table_cell(t, term, outcome_colour(placement->outcome), berth_str_of(report_outcome(placement->outcome)));
    table_cell(t, term, PLAIN, placement->node ? berth_atom_str(placement->node) : BERTH_STR("-"));
    table_cellf(t, term, PLAIN, "%d", pod->class->priority);
    table_cell(t, term, PLAIN, buf_view(&cpu));
    table_cell(t, term, PLAIN, buf_view(&memory));
    table_cell(t, term, PLAIN, report_reason(r, i));
    buf_fini(&cpu);
    buf_fini(&memory);
}

static void placements_by_pod(struct buf *b, const struct report *r, const struct term *term)
{
    static const char *const titles[] = {"POD", "OUTCOME", "NODE", "PRIORITY", "CPU", "MEMORY", "REASON"};
    struct table t = {.columns = 7, .right = 7u << 3};
    for (uint32_t i = 0; i < 7; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (size_t i = 0; i < r->cluster->pods.len; i++)
        if (r->simulation->placements[i].outcome != OUTCOME_ABSENT)
            pod_row(&t, r, term, i);
    heading(b, term, "Pods");
    table_write(&t, b, 2);
    buf_char(b, '\n');
    table_fini(&t);
}

static void summary(struct buf *b, const struct report *r, const struct term *term)
{
    static const struct {
        enum outcome outcome;
        enum colour colour;
        const char *text;
    } parts[] = {
        {OUTCOME_PLACED, GREEN, "placed"},
        {OUTCOME_PENDING, RED, "pending"},
        {OUTCOME_PREEMPTED, RED, "preempted"},
        {OUTCOME_EVICTED, RED, "evicted for good"},
        {OUTCOME_GATED, YELLOW, "held back by scheduling gates"},
        {OUTCOME_OTHERS, YELLOW, "left to other schedulers"},
        {OUTCOME_BOUND, PLAIN, "already bound"},
        {OUTCOME_DEPARTED, PLAIN, "departed"},
        {OUTCOME_DELETED, PLAIN, "deleted"},
    };
    const uint32_t *counts = r->simulation->counts;
    uint32_t pods = simulation_pods(r->simulation);
    buf_printf(b, "%u pod%s: ", pods, pods == 1 ? "" : "s");
    const char *separator = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!counts[parts[i].outcome] && (i > 0 || counts[OUTCOME_DEPARTED]))
            continue;
        buf_puts(b, separator);
        separator = ", ";
        struct buf part = {0};
        buf_printf(&part, "%u %s", counts[parts[i].outcome], parts[i].text);
        term_add(b, term, counts[parts[i].outcome] ? parts[i].colour : PLAIN, buf_view(&part));
        buf_fini(&part);
    }
    if (r->simulation->preemptions)
        buf_printf(b, "; %u removed on the way to make room", r->simulation->preemptions);
    if (r->simulation->refused)
        buf_printf(b, "; %u not evicted from drained nodes", r->simulation->refused);
    buf_puts(b, "; scheduled in ");
    unit_seconds(b, r->seconds);
    buf_puts(b, ".\n");
}

void report_table(struct buf *b, const struct report *r, const struct term *term, bool wide)
{
    if (wide)
        placements_by_pod(b, r, term);
    else
        placements_by_workload(b, r, term);
    if (r->simulation->series)
        report_time(b, r, term);
    report_nodes(b, r, term, wide);
    report_pending(b, r, term, wide);
    report_drains(b, r->cluster, r->simulation, term, wide);
    summary(b, r, term);
}

const char *report_outcome(enum outcome outcome)
{
    static const char *const names[OUTCOME_COUNT] = {
        [OUTCOME_BOUND] = "bound", [OUTCOME_PLACED] = "placed",          [OUTCOME_PENDING] = "pending",
        [OUTCOME_PREEMPTED] = "preempted",
        [OUTCOME_GATED] = "gated", [OUTCOME_OTHERS] = "other-scheduler", [OUTCOME_EVICTED] = "evicted",
        [OUTCOME_DEPARTED] = "departed", [OUTCOME_DELETED] = "deleted", [OUTCOME_ABSENT] = "absent",
    };
    return names[outcome];
}

berth_str report_reason(const struct report *r, size_t pod)
{
    const struct placement *placement = &r->simulation->placements[pod];
    return placement->reason < 0 ? placement->refused : r->simulation->reasons.at[placement->reason].text;
}
