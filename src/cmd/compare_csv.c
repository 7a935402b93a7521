/*
 * Runs for a spreadsheet: a row for each pod in each run. So there are the same columns for two runs as for
 * four, and a pivot puts them side by side.
 */
#include "cmd/compare.h"

#include "cmd/report.h"

/* What became of the pod, seen from the first run. */
static const char *change_of(const struct move *move)
{
    if (move->had_node)
        return move->has_node ? "other-node" : "no-longer-placed";
    return move->has_node ? "now-placed" : "other-outcome";
}

/* The last two columns; `move` NULL: the pod ended as in the first run. */
static void add_move(struct buf *b, const struct pair *pair, const struct move *move)
{
    struct buf why = {0};
    buf_char(b, ',');
    buf_puts(b, move ? change_of(move) : "");
    buf_char(b, ',');
    if (move)
        cause_words(&why, pair, &(struct cause_count){move, 1, move->points, move->points});
    report_csv_field(b, buf_view(&why));
    buf_fini(&why);
}

/* `pair` NULL: this is the first run. Moves are in the order of the pods. */
static void add_run(struct buf *b, const struct page_run *run, const struct pair *pair)
{
    const struct report *r = run->report;
    size_t next = 0, moves = pair ? pair->moves.list.len : 0;
    for (size_t i = 0; i < r->cluster->pods.len; i++) {
        const struct move *move = next < moves ? &pair->moves.list.at[next] : NULL;
        bool moved = move && move->pod == i;
        next += moved;
        if (r->simulation->placements[i].outcome == OUTCOME_ABSENT)
            continue;
        report_csv_field(b, berth_str_of(run->name));
        buf_char(b, ',');
        report_csv_pod(b, r, i);
        add_move(b, pair, moved ? move : NULL);
        buf_char(b, '\n');
    }
}

void compare_csv(struct buf *b, const struct comparison *c)
{
    buf_puts(b, "run,");
    report_csv_titles(b, c->runs[0].report);
    buf_puts(b, ",change,why\n");
    for (size_t i = 0; i < c->len; i++)
        add_run(b, &c->runs[i], i ? &c->pairs[i - 1] : NULL);
}
