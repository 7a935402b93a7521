/*
 * Why a pod went elsewhere. With a the first run's node and b the second's, the advantage of b over a that a
 * plugin sees is the difference of its weighted scores. Each run took the node whose sum of scores was
 * higher, so between the runs the sum of the advantages has grown; it is the sum of what each plugin
 * contributed, and the greatest contribution is the answer. Where one of the nodes was closed in one of the
 * runs, the plugin that closed it is.
 */
#include "sim/compare.h"

#include <stdlib.h>
#include <string.h>

/* ---- runs ---- */

struct record {
    struct contender *contender;
    const struct simulate_watcher *watcher; /* may be NULL */
};

static void on_progress(void *context, uint32_t done, uint32_t total)
{
    const struct simulate_watcher *outer = ((struct record *)context)->watcher;
    if (outer && outer->progress)
        outer->progress(outer->context, done, total);
}

static void on_passed(void *context, int64_t now_ns, int64_t end_ns)
{
    const struct simulate_watcher *outer = ((struct record *)context)->watcher;
    if (outer && outer->passed)
        outer->passed(outer->context, now_ns, end_ns);
}

static void on_decided(void *context, uint64_t attempt, uint32_t pod)
{
    ((struct record *)context)->contender->decided[pod] = attempt + 1;
}

static int play(const struct contest *contest, struct core *core, const struct simulate_watcher *watcher,
                struct simulation *simulation, struct err *err)
{
    return contest->timed ? simulate_timeline(core, contest->cluster, watcher, simulation, err)
                          : simulate(core, contest->cluster, watcher, simulation, err);
}

int contender_run(struct contender *c, const struct contest *contest, const struct simulate_watcher *watcher,
                  struct err *err)
{
    struct record record = {c, watcher};
    struct simulate_watcher inner = {
        .context = &record, .progress = on_progress, .passed = on_passed, .decided = on_decided};
    c->decided = calloc(contest->cluster->pods.len + 1, sizeof(*c->decided));
    if (!c->decided)
        return err_nomem(err);
    int code =
        core_new(c->config, contest->registry, contest->cluster->catalog, &contest->options, &c->core, err);
    return code < 0 ? code : play(contest, c->core, &inner, &c->simulation, err);
}

void contender_fini(struct contender *c)
{
    core_free(c->core);
    simulation_fini(&c->simulation);
    free(c->decided);
}

/* ---- what the pods in question looked like ---- */

struct opinion {
    const char *plugin;
    int64_t of[2]; /* weighted scores of the first and the second run's node */
};

/* A pod just before it was decided in one of the runs. */
struct look {
    uint64_t attempt;
    uint32_t move; /* index of the move that it is about */
    berth_atom nodes[2];
    bool open[2];
    const char *closed_by[2];
    berth_str reasons[2];
    struct opinion *opinions; /* in the arena */
    uint32_t opinions_len;
};

struct looks {
    const struct contest *contest;
    struct core *core;
    struct look *at; /* malloc'ed, sorted by attempt */
    uint32_t len, next;
    const struct move *moves;
    struct arena *arena;
};

static bool close_node(struct look *look, uint32_t which, const struct status *status, struct arena *arena)
{
    look->closed_by[which] = status->plugin;
    if (status->len)
        look->reasons[which] = (berth_str){arena_copy(arena, status->reasons[0].ptr, status->reasons[0].len),
                                           status->reasons[0].len};
    return false;
}

static int64_t slot_of(const struct berth_nodes *nodes, berth_atom name)
{
    for (uint32_t slot = 0; slot < nodes->len; slot++)
        if (nodes->node[slot] && nodes->node[slot]->name == name)
            return slot;
    return -1;
}

static bool is_open(struct looks *l, struct look *look, uint32_t which, const struct explanation *e,
                    int64_t slot)
{
    if (e->pre_enqueue)
        return close_node(look, which, e->pre_enqueue, l->arena);
    if (e->pre_filter)
        return close_node(look, which, e->pre_filter, l->arena);
    if (slot < 0 || !e->verdicts)
        return false;
    if (e->verdicts[slot])
        return close_node(look, which, core_status(l->core, e->verdicts[slot]), l->arena);
    return true;
}

static void take_opinions(struct looks *l, struct look *look, const struct explanation *e,
                          const int64_t slots[2])
{
    look->opinions = arena_alloc(l->arena, (e->score_plugins_len + 1) * sizeof(*look->opinions));
    for (uint32_t i = 0; look->opinions && i < e->score_plugins_len; i++)
        look->opinions[look->opinions_len++] =
            (struct opinion){e->score_plugins[i], {e->scores[i][slots[0]], e->scores[i][slots[1]]}};
}

static ssize_t on_asked(void *context, uint64_t attempt)
{
    const struct looks *l = context;
    bool due = l->next < l->len && l->at[l->next].attempt == attempt;
    return due ? (ssize_t)l->moves[l->at[l->next].move].pod : -1;
}

/* Not for good: should no pod be left to try, the attempt comes later, and in another state. */
static void on_answered(void *context, const struct explanation *e)
{
    struct looks *l = context;
    struct look *look = &l->at[l->next];
    int64_t slots[2] = {-1, -1};
    *look = (struct look){
        .attempt = look->attempt, .move = look->move, .nodes = {look->nodes[0], look->nodes[1]}};
    for (uint32_t i = 0; i < 2 && e->responsible; i++) {
        slots[i] = look->nodes[i] ? slot_of(e->nodes, look->nodes[i]) : -1;
        look->open[i] = is_open(l, look, i, e, slots[i]);
    }
    if (look->open[0] && look->open[1] && e->scores)
        take_opinions(l, look, e, slots);
}

static void on_settled(void *context, uint64_t attempt, uint32_t pod)
{
    struct looks *l = context;
    (void)pod;
    l->next += l->next < l->len && l->at[l->next].attempt == attempt;
}

static int by_attempt(const void *a, const void *b)
{
    uint64_t i = ((const struct look *)a)->attempt, j = ((const struct look *)b)->attempt;
    return (i > j) - (i < j);
}

static int by_move(const void *a, const void *b)
{
    uint32_t i = ((const struct look *)a)->move, j = ((const struct look *)b)->move;
    return (i > j) - (i < j);
}

/* Plays the contender's run once more; `looks` are of it. */
static int look_again(const struct contender *c, struct looks *l, struct err *err)
{
    struct simulation again = {0};
    struct simulate_watcher watcher = {
        .context = l, .asked = on_asked, .answered = on_answered, .decided = on_settled};
    const struct contest *contest = l->contest;
    qsort(l->at, l->len, sizeof(*l->at), by_attempt);
    int code =
        core_new(c->config, contest->registry, contest->cluster->catalog, &contest->options, &l->core, err);
    code = code < 0 ? code : play(contest, l->core, &watcher, &again, err);
    qsort(l->at, l->len, sizeof(*l->at), by_move);
    simulation_fini(&again);
    l->core = core_free(l->core);
    return code;
}

/* ---- causes ---- */

static int64_t advantage(const struct look *look, const char *plugin)
{
    for (uint32_t i = 0; i < look->opinions_len; i++)
        if (strcmp(look->opinions[i].plugin, plugin) == 0)
            return look->opinions[i].of[1] - look->opinions[i].of[0];
    return 0;
}

static void weigh(struct move *m, const struct look *ours, const struct look *opinions_of)
{
    for (uint32_t i = 0; i < opinions_of->opinions_len; i++) {
        const char *plugin = opinions_of->opinions[i].plugin;
        int64_t points = advantage(&ours[1], plugin) - advantage(&ours[0], plugin);
        if (points > m->points) {
            m->points = points;
            m->plugin = plugin;
        }
    }
}

static int64_t advantage_of_all(const struct look *look)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < look->opinions_len; i++)
        sum += look->opinions[i].of[1] - look->opinions[i].of[0];
    return sum;
}

static void set_closed(struct move *m, const struct look *looks, bool in_second)
{
    const struct look *look = &looks[in_second];
    m->cause = MOVE_CLOSED;
    m->in_second = in_second;
    m->plugin = look->closed_by[!in_second];
    m->reason = look->reasons[!in_second];
}

/* Both runs found a node: looks[0] is of the first run, looks[1] of the second. */
static void judge_nodes(struct move *m, const struct look *looks)
{
    if (!looks[1].open[0]) {
        set_closed(m, looks, true);
    } else if (!looks[0].open[1]) {
        set_closed(m, looks, false);
    } else {
        weigh(m, looks, &looks[0]);
        weigh(m, looks, &looks[1]);
        int64_t before = advantage_of_all(&looks[0]), after = advantage_of_all(&looks[1]);
        m->cause = before > 0 || after < 0 ? MOVE_UNWEIGHED : before == after ? MOVE_DRAW : MOVE_SCORE;
        m->plugin = m->cause == MOVE_SCORE ? m->plugin : NULL;
    }
}

/* ---- moves ---- */

static bool differs(const struct placement *a, const struct placement *b)
{
    return a->node != b->node || (!a->node && a->outcome != b->outcome);
}

static int find_moves(const struct contender *first, const struct contender *second, size_t pods,
                      struct moves *ret, struct err *err)
{
    for (uint32_t i = 0; i < pods; i++) {
        const struct placement *a = &first->simulation.placements[i], *b = &second->simulation.placements[i];
        struct move move = {.pod = i, .had_node = a->node, .has_node = b->node};
        if (differs(a, b) && vec_push(&ret->list, move) < 0)
            return err_nomem(err);
    }
    return 0;
}

/* What the run says of a pod that has no node there. */
static bool explain_loss(struct move *m, const struct contender *c, bool in_second)
{
    const struct placement *p = &c->simulation.placements[m->pod];
    if (p->node || (c->decided[m->pod] && p->outcome == OUTCOME_PENDING))
        return false;
    m->cause = MOVE_LOST;
    m->in_second = in_second;
    if (p->reason >= 0)
        m->reason = c->simulation.reasons.at[p->reason].text;
    return true;
}

static bool worth_a_look(struct move *m, const struct contender *first, const struct contender *second)
{
    return !explain_loss(m, first, false) && !explain_loss(m, second, true) && first->decided[m->pod]
           && second->decided[m->pod];
}

static void plan_looks(const struct contender *c, const uint32_t *chosen, uint32_t len,
                       const struct contender *pair[2], struct looks *l)
{
    for (uint32_t i = 0; i < len; i++) {
        uint32_t pod = l->moves[chosen[i]].pod;
        l->at[l->len++] = (struct look){
            .attempt = c->decided[pod] - 1,
            .move = chosen[i],
            .nodes = {pair[0]->simulation.placements[pod].node, pair[1]->simulation.placements[pod].node}};
    }
}

static void judge(struct move *m, const struct look *first, const struct look *second)
{
    struct look looks[2] = {*first, *second};
    if (first->nodes[0] && first->nodes[1])
        judge_nodes(m, looks);
    else
        set_closed(m, looks, first->nodes[0] != NULL);
}

static int look_into(const struct contender *pair[2], const struct contest *contest, const uint32_t *chosen,
                     uint32_t len, struct moves *moves, struct err *err)
{
    struct looks looks[2] = {0};
    int code = 0;
    for (uint32_t i = 0; i < 2 && code == 0; i++) {
        looks[i] = (struct looks){.contest = contest, .moves = moves->list.at, .arena = &moves->arena};
        looks[i].at = calloc(len + 1, sizeof(*looks[i].at));
        if (!looks[i].at) {
            code = err_nomem(err);
            break;
        }
        plan_looks(pair[i], chosen, len, pair, &looks[i]);
        code = look_again(pair[i], &looks[i], err);
    }
    for (uint32_t i = 0; i < len && code == 0; i++)
        judge(&moves->list.at[chosen[i]], &looks[0].at[i], &looks[1].at[i]);
    free(looks[0].at);
    free(looks[1].at);
    return code;
}

int compare_moves(const struct contender *first, const struct contender *second,
                  const struct contest *contest, uint32_t most, struct moves *ret, struct err *err)
{
    const struct contender *pair[2] = {first, second};
    int code = find_moves(first, second, contest->cluster->pods.len, ret, err);
    uint32_t *open = calloc(ret->list.len + 1, sizeof(*open)), len = 0;
    if (!open)
        return err_nomem(err);
    for (uint32_t i = 0; i < ret->list.len && code == 0; i++)
        if (worth_a_look(&ret->list.at[i], first, second))
            open[len++] = i;
    uint32_t chosen = len < most ? len : most;
    for (uint32_t i = 0; i < chosen; i++) /* in place: open[] is ascending and i * len / chosen >= i */
        open[i] = open[(uint64_t)i * len / chosen];
    ret->looked_into = (uint32_t)ret->list.len - len + chosen;
    if (code == 0 && chosen)
        code = look_into(pair, contest, open, chosen, ret, err);
    free(open);
    return code;
}

void moves_fini(struct moves *m)
{
    vec_fini(&m->list);
    arena_fini(&m->arena);
}
