#include "core/row_cache.h"

#include "base/hash.h"

#include <stdlib.h>

/* A class costs 4 bytes a node and 8 more for each scoring plugin: this holds some 100 classes at 5,000 nodes. */
enum { MOST_BYTES = 16 << 20 };

static uint64_t key_of(const struct berth_class *class, uint32_t profile_index)
{
    return hash_mix(class->kin_hash, profile_index) | 1; /* a map's keys are not 0 */
}

/* Whether the kin was asked for lately; it has been from now on. */
static bool seen_before(struct row_cache *rc, uint64_t kin)
{
    uint64_t *last = &rc->seen[kin % ROW_CACHE_SEEN];
    bool seen = *last == kin;
    *last = kin;
    return seen;
}

static size_t columns(const struct row_results *r)
{
    size_t scores = 0;
    for (uint32_t i = 0; i < r->profile->points[POINT_SCORE].len; i++)
        scores += r->scores[i].score != NULL;
    size_t row = sizeof(berth_verdict) + scores * sizeof(int64_t);
    row += r->settled ? sizeof(*r->settled) : 0;
    row += r->previews ? sizeof(*r->previews) : 0;
    return row * r->cap;
}

static void detach(struct row_cache *rc, struct row_results *r)
{
    *(r->newer ? &r->newer->older : &rc->newest) = r->older;
    *(r->older ? &r->older->newer : &rc->oldest) = r->newer;
}

static void attach(struct row_cache *rc, struct row_results *r)
{
    r->newer = NULL;
    r->older = rc->newest;
    *(rc->newest ? &rc->newest->newer : &rc->oldest) = r;
    rc->newest = r;
}

static void results_free(struct row_cache *rc, struct row_results *r)
{
    for (uint32_t i = 0; r->scores && i < r->profile->points[POINT_SCORE].len; i++)
        free(r->scores[i].score);
    free(r->scores);
    free(r->settled);
    free(r->previews);
    free(r->verdicts);
    class_unref(rc->catalog, r->class);
    free(r);
}

static void drop(struct row_cache *rc, struct row_results *r)
{
    map_delete(&rc->by_class, r->key);
    detach(rc, r);
    rc->bytes -= columns(r);
    results_free(rc, r);
}

static struct row_results *results_new(struct row_cache *rc, const struct berth_class *class,
                                       const struct profile *profile, uint64_t key)
{
    struct row_results *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->class = class;
    class_ref(class);
    r->profile = profile;
    r->key = key;
    r->scores = calloc(profile->points[POINT_SCORE].len + 1u, sizeof(*r->scores));
    if (!r->scores || map_put(&rc->by_class, key, map_ptr(r)) < 0) {
        results_free(rc, r);
        return NULL;
    }
    attach(rc, r);
    return r;
}

/* Room for `slots` rows in all columns; on failure the old ones stay. */
static bool fit_rows(struct row_cache *rc, struct row_results *r, uint32_t slots)
{
    if (slots <= r->cap && r->cap > 0)
        return true;
    uint32_t cap = slots + slots / 8 + 8;
    rc->bytes -= columns(r);
    /* Seldom needed: made anew when they are. */
    free(r->settled);
    free(r->previews);
    r->settled = NULL;
    r->previews = NULL;
    void *verdicts = realloc(r->verdicts, cap * sizeof(*r->verdicts));
    bool ok = verdicts != NULL;
    r->verdicts = verdicts ? verdicts : r->verdicts;
    for (uint32_t i = 0; i < r->profile->points[POINT_SCORE].len; i++) {
        void *score = r->scores[i].score ? realloc(r->scores[i].score, cap * sizeof(int64_t)) : NULL;
        ok = ok && (score || !r->scores[i].score);
        r->scores[i].score = score ? score : r->scores[i].score;
    }
    r->cap = ok ? cap : r->cap;
    rc->bytes += columns(r);
    return ok;
}

struct row_results *row_cache_get(struct row_cache *rc, const struct berth_class *class, const struct profile *profile,
                                  uint32_t profile_index, uint32_t slots)
{
    uint64_t key = key_of(class, profile_index);
    uint64_t *found = map_get(&rc->by_class, key);
    struct row_results *r = found ? (struct row_results *)(uintptr_t)*found : NULL;
    if (r && !classes_are_kin(r->class, class)) { /* two hashes are the same: the newer one stays */
        drop(rc, r);
        r = NULL;
    }
    if (!r && !(seen_before(rc, class->kin_hash) && (r = results_new(rc, class, profile, key))))
        return NULL;
    detach(rc, r);
    attach(rc, r);
    bool fits = fit_rows(rc, r, slots);
    while (rc->bytes > MOST_BYTES && rc->oldest != r)
        drop(rc, rc->oldest);
    return fits ? r : NULL;
}

struct row_scores *row_cache_scores(struct row_cache *rc, struct row_results *results, uint32_t place)
{
    struct row_scores *s = &results->scores[place];
    if (!s->score) {
        s->score = malloc(results->cap * sizeof(*s->score));
        if (!s->score)
            return NULL;
        rc->bytes += results->cap * sizeof(*s->score);
    }
    return s;
}

berth_verdict *row_cache_settled(struct row_cache *rc, struct row_results *results)
{
    if (!results->settled) {
        results->settled = malloc(results->cap * sizeof(*results->settled));
        results->settled_at = (struct row_progress){0};
        rc->bytes += results->settled ? results->cap * sizeof(*results->settled) : 0;
    }
    return results->settled;
}

struct row_preview *row_cache_previews(struct row_cache *rc, struct row_results *results)
{
    if (!results->previews) {
        results->previews = calloc(results->cap, sizeof(*results->previews));
        results->previewed = (struct row_progress){0};
        rc->bytes += results->previews ? results->cap * sizeof(*results->previews) : 0;
    }
    return results->previews;
}

void row_cache_fini(struct row_cache *rc)
{
    while (rc->oldest)
        drop(rc, rc->oldest);
    map_fini(&rc->by_class);
}
