/* What moved between runs, for scripts and for the page. */
#include "cmd/compare.h"

#include "cmd/report.h"
#include "cmd/session.h"

static void add_text(struct buf *b, const char *key, const struct buf *text)
{
    buf_printf(b, "\"%s\":", key);
    buf_json_str(b, buf_view(text));
}

static void add_pod(struct buf *b, const char *key, const struct cluster *cluster, uint32_t pod)
{
    struct buf name = {0};
    session_pod_name(&name, cluster->pods.at[pod].pod);
    add_text(b, key, &name);
    buf_fini(&name);
}

static void add_cause(struct buf *b, const struct pair *pair, const struct cause_count *cause,
                      const char *before)
{
    struct buf words = {0};
    cause_words(&words, pair, cause);
    buf_printf(b, "%s{\"pods\":%u,", before, cause->pods);
    if (cause->first->plugin) {
        buf_puts(b, "\"plugin\":");
        buf_json_str(b, berth_str_of(cause->first->plugin));
        buf_char(b, ',');
    }
    add_text(b, "text", &words);
    buf_char(b, '}');
    buf_fini(&words);
}

static void add_causes(struct buf *b, const struct pair *pair, const struct move_group *group)
{
    buf_puts(b, ",\"causes\":[");
    for (size_t i = 0; i < group->causes.len; i++)
        add_cause(b, pair, &group->causes.at[i], i ? "," : "");
    buf_char(b, ']');
}

static void add_group(struct buf *b, const struct comparison *c, const struct pair *pair,
                      const struct move_group *group)
{
    struct buf name = {0}, change = {0};
    move_group_name(&name, c->cluster, &pair->moves, group);
    move_group_change(&change, group);
    buf_puts(b, "\n{");
    add_text(b, "workload", &name);
    buf_printf(b, ",\"pods\":%u,", group->pods);
    add_text(b, "change", &change);
    buf_char(b, ',');
    add_pod(b, "example", c->cluster, pair->moves.list.at[group->first].pod);
    add_causes(b, pair, group);
    buf_char(b, '}');
    buf_fini(&name);
    buf_fini(&change);
}

/* Where the pod ended in a run: {"outcome", "node"}. */
static void add_end(struct buf *b, const char *key, const struct contender *contender, uint32_t pod)
{
    const struct placement *p = &contender->simulation.placements[pod];
    buf_printf(b, ",\"%s\":{\"outcome\":\"%s\",\"node\":", key, report_outcome(p->outcome));
    if (p->node)
        buf_json_str(b, berth_atom_str(p->node));
    else
        buf_puts(b, "null");
    buf_char(b, '}');
}

static void add_moves(struct buf *b, const struct comparison *c, size_t pair_index)
{
    const struct pair *pair = &c->pairs[pair_index];
    buf_puts(b, ",\"each\":[");
    for (size_t i = 0; i < pair->moves.list.len; i++) {
        const struct move *move = &pair->moves.list.at[i];
        struct cause_count cause = {move, 1, move->points, move->points};
        buf_puts(b, i ? ",\n{" : "\n{");
        add_pod(b, "pod", c->cluster, move->pod);
        add_end(b, "from", &c->contenders[0], move->pod);
        add_end(b, "to", &c->contenders[pair_index + 1], move->pod);
        buf_puts(b, ",\"cause\":");
        add_cause(b, pair, &cause, "");
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_pair(struct buf *b, const struct comparison *c, size_t index, bool each)
{
    const struct pair *pair = &c->pairs[index];
    move_groups all = {0}, groups = {0};
    move_groups_of(&all, c->cluster, &pair->moves, true);
    move_groups_of(&groups, c->cluster, &pair->moves, false);
    buf_puts(b, "{\"from\":");
    buf_json_str(b, berth_str_of(pair->from));
    buf_puts(b, ",\"to\":");
    buf_json_str(b, berth_str_of(pair->to));
    buf_printf(b, ",\"movedPods\":%zu,\"lookedInto\":%u", pair->moves.list.len, pair->moves.looked_into);
    if (all.len)
        add_causes(b, pair, &all.at[0]);
    buf_puts(b, ",\"moved\":[");
    for (size_t i = 0; i < groups.len; i++) {
        buf_puts(b, i ? "," : "");
        add_group(b, c, pair, &groups.at[i]);
    }
    buf_char(b, ']');
    if (each)
        add_moves(b, c, index);
    buf_char(b, '}');
    move_groups_fini(&all);
    move_groups_fini(&groups);
}

void compare_pairs_json(struct buf *b, const struct comparison *c, bool each)
{
    buf_char(b, '[');
    for (size_t i = 0; i + 1 < c->len; i++) {
        buf_puts(b, i ? ",\n" : "\n");
        add_pair(b, c, i, each);
    }
    buf_char(b, ']');
}
