/* Moves, grouped and in words. */
#include "cmd/compare.h"

#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

static uint64_t key_of(const struct berth_class *class)
{
    uint64_t key = hash_mix(map_ptr(class->namespace), map_ptr(class->owner_kind));
    return hash_mix(key, map_ptr(class->owner_name)) | 1;
}

static bool same_cause(const struct move *a, const struct move *b)
{
    return a->cause == b->cause && a->in_second == b->in_second && a->plugin == b->plugin
           && berth_str_eq(a->reason, b->reason);
}

static void count_cause(struct move_group *group, const struct move *move)
{
    for (size_t i = 0; i < group->causes.len; i++) {
        struct cause_count *cause = &group->causes.at[i];
        if (!same_cause(cause->first, move))
            continue;
        cause->pods++;
        cause->least = move->points < cause->least ? move->points : cause->least;
        cause->most = move->points > cause->most ? move->points : cause->most;
        return;
    }
    struct cause_count fresh = {move, 1, move->points, move->points};
    if (vec_push(&group->causes, fresh) < 0)
        abort();
}

static void count_move(struct move_group *group, const struct move *move)
{
    group->pods++;
    group->elsewhere += move->had_node && move->has_node;
    group->gained += !move->had_node && move->has_node;
    group->lost += move->had_node && !move->has_node;
    count_cause(group, move);
}

static int by_cause_pods(const void *a, const void *b)
{
    const struct cause_count *i = a, *j = b;
    bool i_known = i->first->cause != MOVE_NOT_LOOKED_INTO, j_known = j->first->cause != MOVE_NOT_LOOKED_INTO;
    if (i_known != j_known)
        return i_known ? -1 : 1;
    if (i->pods != j->pods)
        return i->pods < j->pods ? 1 : -1;
    return (i->first > j->first) - (i->first < j->first);
}

static int by_group_pods(const void *a, const void *b)
{
    const struct move_group *i = a, *j = b;
    if (i->pods != j->pods)
        return i->pods < j->pods ? 1 : -1;
    return (i->first > j->first) - (i->first < j->first);
}

void move_groups_of(move_groups *groups, const struct cluster *cluster, const struct moves *moves, bool all)
{
    struct map by_key = {0};
    for (size_t i = 0; i < moves->list.len; i++) {
        const struct move *move = &moves->list.at[i];
        uint64_t key = all ? 1 : key_of(cluster->pods.at[move->pod].pod->class);
        const uint64_t *known = map_get(&by_key, key);
        size_t index = known ? *known : groups->len;
        struct move_group fresh = {.first = (uint32_t)i};
        if (!known && (vec_push(groups, fresh) < 0 || map_put(&by_key, key, index) < 0))
            abort();
        count_move(&groups->at[index], move);
    }
    map_fini(&by_key);
    if (!groups->len)
        return;
    qsort(groups->at, groups->len, sizeof(*groups->at), by_group_pods);
    for (size_t i = 0; i < groups->len; i++)
        qsort(groups->at[i].causes.at, groups->at[i].causes.len, sizeof(struct cause_count), by_cause_pods);
}

void move_groups_fini(move_groups *groups)
{
    for (size_t i = 0; i < groups->len; i++)
        vec_fini(&groups->at[i].causes);
    vec_fini(groups);
}

void move_group_name(struct buf *b, const struct cluster *cluster, const struct moves *moves,
                     const struct move_group *group)
{
    const struct berth_class *class = cluster->pods.at[moves->list.at[group->first].pod].pod->class;
    if (class->owner_name)
        buf_printf(b, "%s/%s", class->namespace->text, class->owner_name->text);
    else
        buf_printf(b, "pods of %s", class->namespace->text);
}

void move_group_change(struct buf *b, const struct move_group *group)
{
    const struct {
        uint32_t pods;
        const char *words;
    } parts[] = {{group->elsewhere, "to other nodes"},
                 {group->gained, "now placed"},
                 {group->lost, "no longer placed"},
                 {group->pods - group->elsewhere - group->gained - group->lost, "with another outcome"}};
    const char *before = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].pods)
            continue;
        buf_printf(b, "%s%u %s", before, parts[i].pods, parts[i].words);
        before = ", ";
    }
}

static void score_words(struct buf *b, const struct cause_count *cause)
{
    buf_printf(b, "%s's score, by ", cause->first->plugin);
    if (cause->least == cause->most)
        buf_printf(b, "%lld point%s", (long long)cause->most, cause->most == 1 ? "" : "s");
    else
        buf_printf(b, "%lld to %lld points", (long long)cause->least, (long long)cause->most);
}

void cause_words(struct buf *b, const struct pair *pair, const struct cause_count *cause)
{
    const struct move *m = cause->first;
    switch (m->cause) {
    case MOVE_SCORE:
        score_words(b, cause);
        return;
    case MOVE_CLOSED:
        buf_printf(b, "%s node closed under %s (%s%s%.*s)", m->in_second ? "old" : "new",
                   m->in_second ? pair->to : pair->from, m->plugin ? m->plugin : "not there",
                   m->plugin ? ": " : "", BERTH_FMT(m->reason));
        return;
    case MOVE_DRAW:
        buf_puts(b, "equal scores, drawn by the seed");
        return;
    case MOVE_UNWEIGHED:
        buf_puts(b, "the better node was not weighed: a nomination, or percentageOfNodesToScore");
        return;
    case MOVE_LOST:
        buf_printf(b, "under %s: %.*s", m->in_second ? pair->to : pair->from, BERTH_FMT(m->reason));
        return;
    case MOVE_NOT_LOOKED_INTO:
    case MOVE_CAUSES:
        buf_puts(b, "not looked into");
    }
}
