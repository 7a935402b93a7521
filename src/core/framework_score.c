/*
 * PreScore, Score, NormalizeScore and the weighted sum.
 *
 * Raw scores of row-scoped plugins are remembered for the pod's class like verdicts are. A column
 * whose rows are all equal cannot change which node is best, so when only the best is wanted it is not
 * even normalised or added.
 */
#include "core/framework.h"

#include "base/buf.h"

enum { HIGHEST_SCORE = 100 };

/* The raw scores of one plugin in this cycle. */
struct raw {
    int64_t *score;    /* [slot] */
    bool remembered;   /* belongs to the row cache: not to be written */
    bool bounded;      /* low and high are known, over all live rows */
    int64_t low, high;
};

static berth_verdict failure(struct cycle *cy, const char *format, const char *plugin, berth_verdict cause)
{
    berth_str reasons = framework_reasons(cy, cause);
    struct buf b = {0};
    buf_printf(&b, "%s \"%s\"%s%.*s", format, plugin,
               format[0] == 'r' ? ": " : " failed with: ", BERTH_FMT(reasons));
    berth_verdict v = framework_verdict(cy, BERTH_ERROR, buf_view(&b));
    buf_fini(&b);
    return v;
}

static berth_verdict pre_score(struct cycle *cy)
{
    for (uint32_t i = 0; i < cy->profile->points[POINT_PRE_SCORE].len; i++) {
        const struct plugin_instance *instance = cy->profile->points[POINT_PRE_SCORE].at[i].instance;
        struct call call = framework_call(cy, instance);
        berth_verdict v = instance->plugin->pre_score(&call.c);
        if (v == BERTH_SKIPPED)
            cy->states[instance - cy->profile->instances].skip_score = true;
        else if (v != BERTH_PASS)
            return failure(cy, "running PreScore plugin", instance->plugin->name, v);
    }
    return BERTH_PASS;
}

/* ---- raw scores ---- */

/* One plugin over a range, in the form that is there or was asked for. Dead rows become 0. */
static berth_verdict score_range(const struct cycle *cy, const struct plugin_instance *instance,
                                 struct berth_range range, int64_t *scores, bool all_rows)
{
    const struct berth_plugin *plugin = instance->plugin;
    struct call call = framework_call(cy, instance);
    berth_verdict v = BERTH_PASS;
    if (plugin->score_range && !(cy->options->per_node && plugin->score))
        return plugin->score_range(&call.c, range, scores);
    if (all_rows) {
        for (uint32_t slot = range.from; slot < range.to && v == BERTH_PASS; slot++) {
            scores[slot] = 0;
            if (cy->cache->nodes.node[slot])
                v = plugin->score(&call.c, slot, &scores[slot]);
        }
        return v;
    }
    for (uint32_t i = 0; i < cy->feasible_len && v == BERTH_PASS; i++)
        if (cy->feasible[i] >= range.from && cy->feasible[i] < range.to)
            v = plugin->score(&call.c, cy->feasible[i], &scores[cy->feasible[i]]);
    return v;
}

struct score_job {
    const struct cycle *cy;
    const struct plugin_instance *instance;
    int64_t *scores;
    bool all_rows;
    _Atomic berth_verdict failed; /* of any part */
};

static void score_part(void *context, uint32_t from, uint32_t to)
{
    struct score_job *job = context;
    berth_verdict v =
        score_range(job->cy, job->instance, (struct berth_range){from, to}, job->scores, job->all_rows);
    if (v != BERTH_PASS)
        job->failed = v;
}

static berth_verdict score_all(const struct cycle *cy, const struct plugin_instance *instance,
                               int64_t *scores, bool all_rows)
{
    uint32_t len = cy->cache->nodes.view.len;
    struct score_job job = {cy, instance, scores, all_rows, BERTH_PASS};
    framework_parallel(cy, len, score_part, &job);
    if (job.failed == BERTH_PASS)
        return BERTH_PASS;
    /* Which failure is told must not depend on the threads: the first one in order of slots. */
    return score_range(cy, instance, (struct berth_range){0, len}, scores, all_rows);
}

static void widen(struct row_scores *s, const struct cycle *cy, uint32_t slot)
{
    if (!cy->cache->nodes.node[slot]) {
        s->score[slot] = 0; /* whatever it was, it may be added to a total */
        return;
    }
    s->low = s->score[slot] < s->low ? s->score[slot] : s->low;
    s->high = s->score[slot] > s->high ? s->score[slot] : s->high;
}

/* Computes the whole remembered column and its bounds. */
static berth_verdict fill(const struct cycle *cy, const struct plugin_instance *instance,
                          struct row_scores *s)
{
    berth_verdict v = score_all(cy, instance, s->score, true);
    s->low = INT64_MAX;
    s->high = INT64_MIN;
    for (uint32_t slot = 0; slot < cy->cache->nodes.view.len && v == BERTH_PASS; slot++)
        widen(s, cy, slot);
    return v;
}

static berth_verdict patch(const struct cycle *cy, const struct plugin_instance *instance,
                           struct row_scores *s, uint64_t position)
{
    const struct change_log *log = &cy->cache->log;
    berth_verdict v = BERTH_PASS;
    for (uint64_t p = position; p < log->end && v == BERTH_PASS; p++) {
        uint32_t slot = change_log_at(log, p)->slot;
        if (cy->cache->nodes.node[slot])
            v = score_range(cy, instance, (struct berth_range){slot, slot + 1}, s->score, true);
        widen(s, cy, slot);
    }
    return v;
}

static bool remembers(const struct plugin_instance *instance)
{
    return instance->plugin->score_scope != BERTH_SCOPE_CLUSTER;
}

/* Bit i: the Score plugin at place i did not skip this pod. */
static uint64_t active_scores(const struct cycle *cy)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < cy->profile->points[POINT_SCORE].len; i++) {
        const struct plugin_instance *instance = cy->profile->points[POINT_SCORE].at[i].instance;
        mask |= (uint64_t)!cy->states[instance - cy->profile->instances].skip_score << i;
    }
    return mask;
}

/* The plugins of the mask whose columns are remembered. */
static uint64_t remembered(const struct cycle *cy, uint64_t mask)
{
    for (uint32_t i = 0; i < cy->profile->points[POINT_SCORE].len; i++)
        if (!remembers(cy->profile->points[POINT_SCORE].at[i].instance))
            mask &= ~((uint64_t)1 << i);
    return mask;
}

/* Brings the remembered score columns of the class up to date: those of the plugins in the mask. */
static berth_verdict refresh(struct cycle *cy, uint64_t mask)
{
    struct row_progress *done = &cy->results->scored;
    const struct change_log *log = &cy->cache->log;
    bool stale = done->position == 0 || done->mask != mask || !change_log_has(log, done->position)
                 || log->end - done->position > cy->cache->nodes.view.len / 4;
    for (uint32_t i = 0; i < cy->profile->points[POINT_SCORE].len; i++) {
        const struct plugin_instance *instance = cy->profile->points[POINT_SCORE].at[i].instance;
        if (!(mask >> i & 1))
            continue;
        struct row_scores *s = row_cache_scores(cy->rows, cy->results, i);
        if (!s) {
            cy->results = NULL; /* no memory: go on without */
            return BERTH_PASS;
        }
        bool moved = instance->plugin->score_scope == BERTH_SCOPE_NODES
                     && done->generation != cy->cache->nodes_generation;
        berth_verdict v = stale || moved ? fill(cy, instance, s) : patch(cy, instance, s, done->position);
        if (v != BERTH_PASS) {
            *done = (struct row_progress){0};
            return failure(cy, "plugin", instance->plugin->name, v);
        }
    }
    *done = (struct row_progress){mask, log->end, cy->cache->nodes_generation};
    return BERTH_PASS;
}

/* The raw scores of the plugin at `place`. */
static berth_verdict raw_scores(struct cycle *cy, uint32_t place, struct raw *ret_raw)
{
    const struct plugin_instance *instance = cy->profile->points[POINT_SCORE].at[place].instance;
    if (cy->results && remembers(instance)) {
        const struct row_scores *s = &cy->results->scores[place];
        *ret_raw = (struct raw){s->score, true, true, s->low, s->high};
        return BERTH_PASS;
    }
    *ret_raw = (struct raw){.score = arena_need(cy->arena, cy->cache->nodes.view.len * sizeof(int64_t))};
    berth_verdict v = score_all(cy, instance, ret_raw->score, remembers(instance));
    return v == BERTH_PASS ? v : failure(cy, "plugin", instance->plugin->name, v);
}

/* ---- normalised, weighted, summed ---- */

/* Normalises in place, or in a copy when the column is remembered. */
static berth_verdict normalize(struct cycle *cy, const struct plugin_instance *instance, struct raw *raw)
{
    if (!instance->plugin->normalize)
        return BERTH_PASS;
    if (raw->remembered) {
        int64_t *own = arena_need(cy->arena, cy->cache->nodes.view.len * sizeof(*own));
        for (uint32_t i = 0; i < cy->feasible_len; i++)
            own[cy->feasible[i]] = raw->score[cy->feasible[i]];
        raw->score = own;
    }
    raw->remembered = raw->bounded = false;
    struct call call = framework_call(cy, instance);
    berth_verdict v = instance->plugin->normalize(&call.c, raw->score);
    return v == BERTH_PASS ? v : failure(cy, "plugin", instance->plugin->name, v);
}

static berth_verdict out_of_range(struct cycle *cy, const char *plugin, int64_t score)
{
    struct buf b = {0};
    buf_printf(&b,
               "plugin \"%s\" returns an invalid score %lld, "
               "it should in the range of [0, 100] after normalizing",
               plugin, (long long)score);
    berth_verdict v = framework_verdict(cy, BERTH_ERROR, buf_view(&b));
    buf_fini(&b);
    return v;
}

/* Most weights are 1, and without AVX-512 there is no multiplication of 64-bit numbers to vectorise. */
static void add_weighted(int64_t *total, const int64_t *score, int64_t weight, uint32_t len)
{
    if (weight == 1)
        for (uint32_t i = 0; i < len; i++)
            total[i] += score[i];
    else
        for (uint32_t i = 0; i < len; i++)
            total[i] += weight * score[i];
}

/*
 * Adds weight x score to the totals of the feasible nodes (and of others,
 * where it is faster and nobody looks).
 */
static berth_verdict accumulate(struct cycle *cy, const struct enabled *e, const struct raw *raw,
                                int64_t *total)
{
    const int64_t weight = e->weight, *score = raw->score;
    if (raw->bounded && raw->low >= 0 && raw->high <= HIGHEST_SCORE) {
        add_weighted(total, score, weight, cy->cache->nodes.view.len);
        return BERTH_PASS;
    }
    for (uint32_t i = 0; i < cy->feasible_len; i++) {
        uint32_t slot = cy->feasible[i];
        if ((uint64_t)score[slot] > HIGHEST_SCORE)
            return out_of_range(cy, e->instance->plugin->name, score[slot]);
        total[slot] += weight * score[slot];
    }
    return BERTH_PASS;
}

/* Keeps one plugin's share for the explanation. */
static void keep_share(struct cycle *cy, const struct enabled *e, const struct raw *raw, int64_t *share)
{
    for (uint32_t i = 0; i < cy->feasible_len; i++)
        share[cy->feasible[i]] = e->weight * raw->score[cy->feasible[i]];
}

static berth_verdict add_plugin(struct cycle *cy, uint32_t place, int64_t *share, int64_t *total)
{
    const struct enabled *e = &cy->profile->points[POINT_SCORE].at[place];
    struct raw raw;
    berth_verdict v = raw_scores(cy, place, &raw);
    if (v != BERTH_PASS)
        return v;
    bool in_range = e->instance->plugin->normalize || (raw.low >= 0 && raw.high <= HIGHEST_SCORE);
    if (!share && raw.bounded && raw.low == raw.high && in_range)
        return BERTH_PASS;
    v = normalize(cy, e->instance, &raw);
    if (v == BERTH_PASS)
        v = accumulate(cy, e, &raw, total);
    if (v == BERTH_PASS && share)
        keep_share(cy, e, &raw, share);
    return v;
}

/* Without Score plugins nobody is asked, and all nodes are alike. */
static berth_verdict score_alike(struct cycle *cy, struct framework_scores *ret_scores)
{
    int64_t *total = arena_need(cy->arena, cy->cache->nodes.view.len * sizeof(*total));
    for (uint32_t i = 0; i < cy->feasible_len; i++)
        total[cy->feasible[i]] = 1;
    *ret_scores = (struct framework_scores){.total = total};
    return BERTH_PASS;
}

berth_verdict framework_score(struct cycle *cy, bool detailed, struct framework_scores *ret_scores)
{
    if (cy->profile->points[POINT_SCORE].len == 0)
        return score_alike(cy, ret_scores);
    uint32_t most = cy->profile->points[POINT_SCORE].len, len = 0;
    size_t column = cy->cache->nodes.view.len * sizeof(int64_t);
    const char **plugins = arena_need(cy->arena, (most + 1) * sizeof(*plugins));
    int64_t **weighted = arena_need(cy->arena, (most + 1) * sizeof(*weighted));
    int64_t *total = arena_need(cy->arena, column);
    cy->scoring = true;
    berth_verdict v = pre_score(cy);
    uint64_t mask = active_scores(cy);
    if (v == BERTH_PASS && cy->results)
        v = refresh(cy, remembered(cy, mask));
    for (uint32_t i = 0; i < most && v == BERTH_PASS; i++) {
        if (!(mask >> i & 1))
            continue;
        plugins[len] = cy->profile->points[POINT_SCORE].at[i].instance->plugin->name;
        weighted[len] = detailed ? arena_need(cy->arena, column) : NULL;
        v = add_plugin(cy, i, weighted[len], total);
        len++;
    }
    *ret_scores = (struct framework_scores){total, plugins, weighted, len};
    return v;
}
