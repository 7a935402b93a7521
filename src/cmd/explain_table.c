/*
 * "Why is my pod pending?" on one screen. Nodes that fit are rows, the plugins whose scores differ between
 * them are columns; what every node got alike is said once below.
 */
#include "cmd/explain.h"

#include "cmd/session.h"
#include "cmd/table.h"
#include "cmd/units.h"

#include <stdlib.h>

enum { MOST_ROWS = 12, TITLE_COLUMNS = 13, MOST_TITLE_LINES = 5, MOST_PLUGINS = TABLE_COLUMNS - 3 };

static int by_total(const void *a, const void *b, void *context)
{
    const int64_t *total = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    if (total[i] != total[j])
        return total[i] < total[j] ? 1 : -1;
    return (i > j) - (i < j);
}

/* The plugins whose scores tell feasible nodes apart. */
static uint32_t telling_plugins(const struct explanation *e, uint32_t plugins[MOST_PLUGINS])
{
    uint32_t len = 0;
    for (uint32_t p = 0; p < e->score_plugins_len && len < MOST_PLUGINS; p++) {
        bool differs = false;
        for (uint32_t i = 1; i < e->feasible_len && !differs; i++)
            differs = e->scores[p][e->feasible[i]] != e->scores[p][e->feasible[0]];
        if (differs)
            plugins[len++] = p;
    }
    return len;
}

/* Splits NodeResourcesFit into lines of whole words: "NodeResources", "Fit". */
static uint32_t split_title(const char *name, berth_str lines[MOST_TITLE_LINES])
{
    uint32_t len = 0;
    const char *word = name;
    while (*word) {
        uint32_t size = 1;
        while (word[size] && !(word[size] >= 'A' && word[size] <= 'Z'))
            size++;
        if (len && (lines[len - 1].len + size <= TITLE_COLUMNS || len == MOST_TITLE_LINES))
            lines[len - 1].len += size;
        else
            lines[len++] = (berth_str){word, size};
        word += size;
    }
    return len;
}

static void score_titles(struct table *t, const struct explanation *e, const struct term *term,
                         const uint32_t *plugins, uint32_t len)
{
    berth_str lines[MOST_PLUGINS][MOST_TITLE_LINES];
    uint32_t lens[MOST_PLUGINS], height = 1;
    for (uint32_t i = 0; i < len; i++) {
        lens[i] = split_title(e->score_plugins[plugins[i]], lines[i]);
        height = lens[i] > height ? lens[i] : height;
    }
    for (uint32_t row = 0; row < height; row++) {
        bool last = row + 1 == height;
        table_cell(t, term, DIM, last ? BERTH_STR("NODE") : (berth_str){0});
        table_cell(t, term, DIM, last ? BERTH_STR("TOTAL") : (berth_str){0});
        for (uint32_t i = 0; i < len; i++) {
            uint32_t blank = height - lens[i]; /* titles stand on the bottom line */
            table_cell(t, term, DIM, row < blank ? (berth_str){0} : lines[i][row - blank]);
        }
    }
}

static void score_rows(struct table *t, const struct explanation *e, const struct term *term,
                       const uint32_t *plugins, uint32_t len)
{
    uint32_t *order = malloc((e->feasible_len + 1) * sizeof *order);
    if (!order)
        abort();
    memcpy(order, e->feasible, e->feasible_len * sizeof *order);
    qsort_r(order, e->feasible_len, sizeof *order, by_total, (void *)e->total);
    for (uint32_t i = 0; i < e->feasible_len && i < MOST_ROWS; i++) {
        bool best = e->total[order[i]] == e->total[order[0]];
        table_cell(t, term, best ? GREEN : PLAIN, berth_atom_str(e->nodes->node[order[i]]->name));
        table_cellf(t, term, best ? GREEN : PLAIN, "%lld", (long long)e->total[order[i]]);
        for (uint32_t p = 0; p < len; p++)
            table_cellf(t, term, PLAIN, "%lld", (long long)e->scores[plugins[p]][order[i]]);
    }
    free(order);
}

/* The scores that no column shows. */
static void equal_scores(struct buf *b, const struct explanation *e, const struct term *term,
                         const uint32_t *plugins, uint32_t len)
{
    struct buf text = {0}, start = {0};
    if (e->feasible_len > 1)
        buf_puts(&start, "the same on each: ");
    else
        buf_printf(&start, "score %lld: ", (long long)e->total[e->feasible[0]]);
    for (uint32_t p = 0, telling = 0; p < e->score_plugins_len; p++) {
        if (telling < len && plugins[telling] == p) {
            telling++;
            continue;
        }
        buf_printf(&text, "%s%s %lld", text.len ? ", " : start.ptr, e->score_plugins[p],
                   (long long)e->scores[p][e->feasible[0]]);
    }
    term_wrap(b, buf_view(&text), 2, term->width);
    buf_fini(&text);
    buf_fini(&start);
}

static void feasible_table(struct buf *b, const struct explanation *e, const struct term *term)
{
    uint32_t plugins[MOST_PLUGINS];
    uint32_t len = telling_plugins(e, plugins);
    struct table t = {.columns = 2 + len, .right = ~1ull};
    buf_char(b, '\n');
    score_titles(&t, e, term, plugins, len);
    score_rows(&t, e, term, plugins, len);
    table_write(&t, b, 2);
    if (e->feasible_len > MOST_ROWS)
        buf_printf(b, "  … and %u more (-o json lists every node)\n", e->feasible_len - MOST_ROWS);
    equal_scores(b, e, term, plugins, len);
    table_fini(&t);
}

static void feasible_names(struct buf *b, const struct explanation *e, const struct term *term)
{
    struct buf text = {0};
    for (uint32_t i = 0; i < e->feasible_len && i < MOST_ROWS; i++)
        buf_printf(&text, "%s%s", i ? ", " : "fits on: ", e->nodes->node[e->feasible[i]]->name->text);
    if (e->feasible_len > MOST_ROWS)
        buf_printf(&text, ", … +%u", e->feasible_len - MOST_ROWS);
    term_wrap(b, buf_view(&text), 2, term->width);
    buf_fini(&text);
}

static void add_verdict(struct buf *b, const struct explanation *e, const struct term *term)
{
    struct buf text = {0};
    enum colour colour = RED;
    if (!e->responsible) {
        buf_puts(&text, "left to another scheduler: no profile has the scheduler name ");
        buf_quote(&text, berth_atom_str(e->pod->class->scheduler_name));
        colour = YELLOW;
    } else if (e->pre_enqueue) {
        buf_printf(&text, "held back by %s: ", e->pre_enqueue->plugin);
        explain_reasons(&text, e->pre_enqueue);
        colour = YELLOW;
    } else if (e->error.len) {
        buf_puts(&text, "error: ");
        buf_str(&text, e->error);
    } else if (e->nominated_fit) {
        buf_printf(&text, "goes to %s, the node it is nominated for", e->nominated_fit->text);
        colour = GREEN;
    } else if (e->feasible_len) {
        buf_printf(&text, "fits on %u of %u node%s", e->feasible_len, e->nodes->live,
                   e->nodes->live == 1 ? "" : "s");
        if (e->best_len)
            buf_printf(&text, "%s%s", e->feasible_len > 1 ? ", best on " : ": ",
                       e->nodes->node[e->best[0]]->name->text);
        if (e->best_len > 1)
            buf_printf(&text, " and %u equally good", e->best_len - 1);
        colour = GREEN;
    } else {
        buf_printf(&text, "fits on none of %u node%s", e->nodes->live, e->nodes->live == 1 ? "" : "s");
    }
    term_add(b, term, colour, buf_view(&text));
    buf_fini(&text);
}

static void add_requests(struct buf *b, const struct berth_class *class)
{
    buf_puts(b, "requests cpu ");
    unit_amount(b, BERTH_STR("cpu"), class->cpu);
    buf_puts(b, ", memory ");
    unit_amount(b, BERTH_STR("memory"), class->memory);
    berth_each(struct berth_amount, amount, class, class->scalars) {
        buf_printf(b, ", %s ", amount->resource->text);
        unit_amount(b, berth_atom_str(amount->resource), amount->value);
    }
    buf_printf(b, "; priority %d", class->priority);
}

static void headline(struct buf *b, const struct explanation *e, const struct term *term, uint32_t like)
{
    struct buf name = {0}, requests = {0};
    session_pod_name(&name, e->pod);
    term_add(b, term, BOLD, buf_view(&name));
    if (like)
        buf_printf(b, " and %u like it", like);
    buf_puts(b, "  ");
    add_verdict(b, e, term);
    buf_puts(b, "\n  ");
    add_requests(&requests, e->pod->class);
    term_add(b, term, DIM, buf_view(&requests));
    buf_char(b, '\n');
    buf_fini(&name);
    buf_fini(&requests);
}

static void add_notes(struct buf *b, const struct explanation *e, const struct term *term)
{
    struct buf text = {0};
    if (e->pre_filter) {
        buf_printf(&text, "%s rejected it for all nodes: ", e->pre_filter->plugin);
        explain_reasons(&text, e->pre_filter);
    } else if (e->pre_filter_nodes) {
        buf_printf(&text, "only %u named node%s may take it: ", e->pre_filter_nodes_len,
                   e->pre_filter_nodes_len == 1 ? "" : "s");
        for (uint32_t i = 0; i < e->pre_filter_nodes_len; i++)
            buf_printf(&text, "%s%s", i ? ", " : "", e->pre_filter_nodes[i]->text);
    }
    term_wrap(b, buf_view(&text), 2, term->width);
    buf_clear(&text);
    if (e->score_error.len) {
        buf_puts(&text, "scoring failed: ");
        buf_str(&text, e->score_error);
        term_wrap(b, buf_view(&text), 2, term->width);
    }
    buf_fini(&text);
}

/* Where preemption would make room, and at whose cost. */
static void add_preemption(struct buf *b, const struct explanation *e, const struct term *term)
{
    enum { MOST_VICTIMS = 8 };
    struct buf text = {0};
    buf_printf(&text, "preemption makes room on %s by removing ", e->nodes->node[e->nominated]->name->text);
    for (uint32_t i = 0; i < e->victims_len && i < MOST_VICTIMS; i++) {
        buf_puts(&text, i ? ", " : "");
        session_pod_name(&text, e->victims[i]);
        buf_printf(&text, " (priority %d)", e->victims[i]->class->priority);
    }
    if (e->victims_len > MOST_VICTIMS)
        buf_printf(&text, ", … and %u more (-o json lists them)", e->victims_len - MOST_VICTIMS);
    term_wrap(b, buf_view(&text), 2, term->width);
    buf_fini(&text);
}

/* All but the headline. */
static void add_findings(struct buf *b, const struct core *core, const struct explanation *e,
                         const struct term *term)
{
    add_notes(b, e, term);
    if (e->message.len)
        term_wrap(b, e->message, 2, term->width);
    if (e->victims_len)
        add_preemption(b, e, term);
    if (e->feasible_len && !e->scores)
        feasible_names(b, e, term);
    else if (e->feasible_len == 1)
        equal_scores(b, e, term, NULL, 0);
    else if (e->feasible_len)
        feasible_table(b, e, term);
    struct buf rejected = {0};
    explain_rejected(&rejected, core, e, term, 2);
    if (rejected.len) {
        buf_char(b, '\n');
        buf_str(b, buf_view(&rejected));
    }
    buf_fini(&rejected);
}

void explain_table(struct buf *b, const struct core *core, const struct explanation *e,
                   const struct term *term, uint32_t like)
{
    headline(b, e, term, like);
    if (e->responsible && !e->pre_enqueue)
        add_findings(b, core, e, term);
}

void explain_settled(struct buf *b, const struct core *core, const struct explanation *e,
                     const struct term *term)
{
    buf_puts(b, "\n  Once that is done: ");
    add_verdict(b, e, term);
    buf_char(b, '\n');
    add_findings(b, core, e, term);
}
