/*
 * The nodes that do not fit, folded: hundreds that fail for the same reason are one line.
 */
#include "cmd/explain.h"

#include "cmd/table.h"

#include <stdlib.h>

enum { MOST_ROWS = 12 };

void explain_reasons(struct buf *b, const struct status *status)
{
    for (uint32_t i = 0; i < status->len; i++) {
        buf_puts(b, i ? "; " : "");
        buf_str(b, status->reasons[i]);
    }
}

/*
 * Nodes rejected by one plugin for the same reasons; whether preemption could help them does not matter here.
 */
struct fold {
    berth_verdict verdict; /* of the first of them */
    const struct status *status;
    uint32_t nodes;
};

struct folds {
    VEC(struct fold) list; /* the most frequent first */
    uint32_t *of_slot;     /* 1 + index; 0: not rejected */
};

static bool same_status(const struct status *a, const struct status *b)
{
    bool same = a->plugin == b->plugin && a->len == b->len;
    for (uint32_t i = 0; same && i < a->len; i++)
        same = berth_str_eq(a->reasons[i], b->reasons[i]);
    return same;
}

static uint32_t find_fold(struct folds *f, const struct core *core, berth_verdict verdict)
{
    const struct status *status = core_status(core, verdict);
    uint32_t at = 0;
    while (at < f->list.len && f->list.at[at].verdict != verdict
           && !same_status(f->list.at[at].status, status))
        at++;
    struct fold fresh = {.verdict = verdict, .status = status};
    if (at == f->list.len && vec_push(&f->list, fresh) < 0)
        abort();
    return at;
}

static int by_nodes(const void *a, const void *b, void *context)
{
    const struct fold *folds = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (folds[i].nodes != folds[j].nodes)
        return folds[i].nodes < folds[j].nodes ? 1 : -1;
    return (i > j) - (i < j);
}

static void fold_nodes(struct folds *f, const struct core *core, const struct explanation *e)
{
    f->of_slot = calloc(e->nodes->len + 1, sizeof *f->of_slot);
    if (!f->of_slot)
        abort();
    for (uint32_t slot = 0; e->verdicts && slot < e->nodes->len; slot++) {
        if (e->verdicts[slot] == BERTH_PASS || !explain_considered(e, slot))
            continue;
        uint32_t at = find_fold(f, core, e->verdicts[slot]);
        f->list.at[at].nodes++;
        f->of_slot[slot] = at + 1;
    }
}

/* As many names as there is room for, at most a few. */
static void add_names(struct buf *b, const struct explanation *e, const struct folds *f, uint32_t index,
                      uint32_t room)
{
    enum { NAMED = 3, REST = 8 }; /* room for ", … +999" */
    uint32_t named = 0, nodes = f->list.at[index].nodes;
    for (uint32_t slot = 0; named < nodes && slot < e->nodes->len; slot++) {
        if (f->of_slot[slot] != index + 1)
            continue;
        berth_atom name = e->nodes->node[slot]->name;
        bool fits = term_columns(buf_view(b)) + name->len + 2 + (named + 1 < nodes ? REST : 0) <= room;
        if (named == NAMED || !fits)
            break;
        buf_printf(b, "%s%s", named++ ? ", " : "", name->text);
    }
    if (named && named < nodes)
        buf_printf(b, ", … +%u", nodes - named);
}

static berth_str plugin_of(const struct status *status)
{
    return status->plugin ? berth_str_of(status->plugin) : BERTH_STR("-");
}

/* The columns that names may take beside the widest plugin and reasons. */
static uint32_t room_for_names(const struct folds *f, const struct term *term, uint32_t indent)
{
    enum { COUNT_AND_GAPS = 11 };
    size_t plugin = 0, reasons = 0;
    for (size_t i = 0; i < f->list.len; i++) {
        struct buf text = {0};
        explain_reasons(&text, f->list.at[i].status);
        plugin = plugin_of(f->list.at[i].status).len > plugin ? plugin_of(f->list.at[i].status).len : plugin;
        reasons = text.len > reasons ? text.len : reasons;
        buf_fini(&text);
    }
    size_t taken = indent + COUNT_AND_GAPS + plugin + reasons;
    return taken < term->width ? term->width - (uint32_t)taken : 0;
}

static void fold_row(struct table *t, const struct explanation *e, const struct term *term,
                     const struct folds *f, uint32_t index, uint32_t room)
{
    const struct fold *fold = &f->list.at[index];
    struct buf reasons = {0}, names = {0};
    explain_reasons(&reasons, fold->status);
    add_names(&names, e, f, index, room);
    table_cellf(t, term, PLAIN, "%u", fold->nodes);
    table_cell(t, term, CYAN, plugin_of(fold->status));
    table_cell(t, term, RED, buf_view(&reasons));
    table_cell(t, term, DIM, buf_view(&names));
    buf_fini(&reasons);
    buf_fini(&names);
}

static void folds_table(struct buf *b, const struct explanation *e, const struct folds *f,
                        const struct term *term, uint32_t indent)
{
    static const char *const titles[] = {"NODES", "REJECTED BY", "REASON", ""};
    uint32_t len = (uint32_t)f->list.len, room = room_for_names(f, term, indent);
    uint32_t *order = malloc((len + 1) * sizeof *order);
    if (!order)
        abort();
    for (uint32_t i = 0; i < len; i++)
        order[i] = i;
    qsort_r(order, len, sizeof *order, by_nodes, f->list.at);
    struct table t = {.columns = 4, .right = 1};
    for (uint32_t i = 0; i < 4; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (uint32_t i = 0; i < len && i < MOST_ROWS; i++)
        fold_row(&t, e, term, f, order[i], room);
    table_write(&t, b, indent);
    if (len > MOST_ROWS)
        buf_printf(b, "%*s… and %u more reasons (-o json lists every node)\n", (int)indent, "",
                   len - MOST_ROWS);
    table_fini(&t);
    free(order);
}

void explain_rejected(struct buf *b, const struct core *core, const struct explanation *e,
                      const struct term *term, uint32_t indent)
{
    struct folds f = {0};
    fold_nodes(&f, core, e);
    if (f.list.len)
        folds_table(b, e, &f, term, indent);
    vec_fini(&f.list);
    free(f.of_slot);
}
