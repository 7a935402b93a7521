/*
 * Making profiles. Plugins are instantiated once each, in the order of the registry; then every extension
 * point gets its list: first what the point itself enables, then multiPoint is expanded into the points its
 * plugins take part in. Order at a point: explicit entries that override one of multiPoint's, multiPoint's,
 * other explicit entries.
 */
#include "core/profile.h"

#include "core/handle.h"

#include <inttypes.h>
#include <stdlib.h>

/* Upstream's bounds of scores. */
enum { MAX_SCORE = 100 };

struct making {
    const struct config *config;
    const struct config_profile *from;
    const struct registry *registry;
    struct catalog *catalog;
    struct profile *profile;
    struct err *err;
};

/* ---- registry ---- */

static const struct berth_plugin *registry_get(const struct registry *r, berth_str name)
{
    for (uint32_t i = 0; i < r->len; i++)
        if (berth_str_eq(berth_str_of(r->plugins[i]->name), name))
            return r->plugins[i];
    return NULL;
}

int registry_merge(const struct registry *a, const struct registry *b, struct registry *ret, struct err *err)
{
    const struct berth_plugin **plugins = malloc((a->len + (size_t)b->len + 1) * sizeof(*plugins));
    if (!plugins)
        return err_nomem(err);
    struct registry merged = {plugins, 0};
    for (uint32_t i = 0; i < a->len + b->len; i++) {
        const struct berth_plugin *plugin = i < a->len ? a->plugins[i] : b->plugins[i - a->len];
        if (registry_get(&merged, berth_str_of(plugin->name))) {
            free(plugins);
            return err_set(err, "a plugin named %s already exists", plugin->name);
        }
        plugins[merged.len++] = plugin;
    }
    *ret = merged;
    return 0;
}

/* A table built against an older header ends early: what lies behind its size counts as NULL. */
#define HAS(plugin, member)                                                                                  \
    ((plugin)->size >= offsetof(struct berth_plugin, member) + sizeof((plugin)->member) && (plugin)->member)

/* Groups of pods are not scheduled yet, so plugins have no functions for these points; they are known by
 * name. */
static bool takes_group_point(const struct berth_plugin *plugin, enum point point)
{
    if (point == POINT_PLACEMENT_GENERATE)
        return strcmp(plugin->name, "TopologyPlacementGenerator") == 0;
    return strcmp(plugin->name, "NodeResourcesFit") == 0 || strcmp(plugin->name, "PodGroupPodsCount") == 0;
}

bool plugin_has_point(const struct berth_plugin *plugin, enum point point)
{
    switch (point) {
    case POINT_PRE_FILTER:
        return HAS(plugin, pre_filter);
    case POINT_FILTER:
        return HAS(plugin, filter) || HAS(plugin, filter_range);
    case POINT_POST_FILTER:
        return HAS(plugin, post_filter);
    case POINT_RESERVE:
        return HAS(plugin, reserve) || HAS(plugin, unreserve);
    case POINT_PRE_SCORE:
        return HAS(plugin, pre_score);
    case POINT_SCORE:
        return HAS(plugin, score) || HAS(plugin, score_range);
    case POINT_PRE_BIND:
        return HAS(plugin, pre_bind);
    case POINT_BIND:
        return HAS(plugin, bind);
    case POINT_POST_BIND:
        return HAS(plugin, post_bind);
    case POINT_PERMIT:
        return HAS(plugin, permit);
    case POINT_PRE_ENQUEUE:
        return HAS(plugin, pre_enqueue);
    case POINT_QUEUE_SORT:
        return HAS(plugin, less);
    default:
        return takes_group_point(plugin, point);
    }
}

/* ---- errors ---- */

/* Context in front of the text in m->err: the file's line and which profile it is. */
static int fail(struct making *m, const struct buf *place)
{
    struct buf text = {0};
    buf_printf(&text, "%.*sinitializing profiles: creating profile for scheduler name %.*s: %s",
               (int)place->len, place->len ? place->ptr : "", BERTH_FMT(m->from->scheduler_name),
               err_text(m->err));
    err_set(m->err, "%s", text.ptr);
    buf_fini(&text);
    return -EINVAL;
}

static int fail_at(struct making *m, enum point point, berth_str plugin, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int fail_at(struct making *m, enum point point, berth_str plugin, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(m->err, format, args);
    va_end(args);
    struct buf place = {0};
    config_place(m->config, m->from, point, plugin, &place);
    int r = fail(m, &place);
    buf_fini(&place);
    return r;
}

/* ---- instances ---- */

static bool enables(const struct config_plugin_set *set, berth_str name)
{
    for (uint32_t i = 0; i < set->enabled_len; i++)
        if (berth_str_eq(set->enabled[i].name, name))
            return true;
    return false;
}

static bool is_needed(const struct making *m, const struct berth_plugin *plugin)
{
    berth_str name = berth_str_of(plugin->name);
    if (!config_knows_plugin(m->config, name))
        return false;
    for (int point = 0; point <= POINT_MULTI; point++)
        if (enables(&m->from->sets[point], name))
            return true;
    return false;
}

static const struct berth_value *args_of(const struct making *m, const struct berth_plugin *plugin)
{
    for (uint32_t i = 0; i < m->from->args_len; i++)
        if (berth_str_eq(m->from->args[i].plugin, berth_str_of(plugin->name)))
            return m->from->args[i].args;
    return NULL;
}

static int create_failed(struct making *m, const struct berth_plugin *plugin)
{
    struct buf text = {0}, place = {0};
    buf_printf(&text, "initializing plugin \"%s\": %s", plugin->name, err_text(m->err));
    err_set(m->err, "%s", text.ptr);
    config_args_place(m->config, m->from, berth_str_of(plugin->name), &place);
    int r = fail(m, &place);
    buf_fini(&text);
    buf_fini(&place);
    return r;
}

static int instantiate(struct making *m)
{
    struct profile *p = m->profile;
    struct berth_handle handle = {.catalog = m->catalog, .arena = &p->arena, .gates = &m->config->gates, .err = m->err};
    p->instances = arena_need(&p->arena, m->registry->len * sizeof(*p->instances));
    for (uint32_t i = 0; i < m->registry->len; i++) {
        const struct berth_plugin *plugin = m->registry->plugins[i];
        if (!is_needed(m, plugin))
            continue;
        struct plugin_instance instance = {plugin, NULL};
        if (plugin->create && plugin->create(&handle, args_of(m, plugin), &instance.self) < 0)
            return create_failed(m, plugin);
        p->instances[p->instances_len++] = instance;
    }
    return 0;
}

static const struct plugin_instance *instance_of(const struct profile *p, berth_str name)
{
    for (uint32_t i = 0; i < p->instances_len; i++)
        if (berth_str_eq(berth_str_of(p->instances[i].plugin->name), name))
            return &p->instances[i];
    return NULL;
}

/* ---- the lists of the points ---- */

static bool is_among(const struct config_plugin *plugins, uint32_t len, berth_str name)
{
    for (uint32_t i = 0; i < len; i++)
        if (berth_str_eq(plugins[i].name, name))
            return true;
    return false;
}

/* What the point itself enables must exist, take part in it, and stand there once. */
static int check_explicit(struct making *m, enum point point)
{
    const struct config_plugin_set *set = &m->from->sets[point];
    for (uint32_t i = 0; i < set->enabled_len; i++) {
        berth_str name = set->enabled[i].name;
        const struct plugin_instance *instance = instance_of(m->profile, name);
        if (!instance)
            return fail_at(m, point, name, "%s \"%.*s\" does not exist", point_type(point), BERTH_FMT(name));
        if (!plugin_has_point(instance->plugin, point))
            return fail_at(m, point, name, "plugin \"%.*s\" does not extend %s plugin", BERTH_FMT(name),
                           point_type(point));
        if (is_among(set->enabled, i, name))
            return fail_at(m, point, name, "plugin \"%.*s\" already registered as \"%s\"", BERTH_FMT(name),
                           point_type(point));
    }
    return 0;
}

/* The list of one point while it grows. */
struct list {
    struct enabled *at;
    uint32_t len;
};

static void append(struct list *list, const struct plugin_instance *instance)
{
    list->at[list->len++] = (struct enabled){instance, 0};
}

static bool is_listed(const struct list *list, const struct plugin_instance *instance)
{
    for (uint32_t i = 0; i < list->len; i++)
        if (list->at[i].instance == instance)
            return true;
    return false;
}

/* Adds multiPoint's plugins that the point leaves to it; the names that the point overrides are none of them.
 */
static int expand(struct making *m, enum point point, struct list *list)
{
    const struct config_plugin_set *set = &m->from->sets[point], *multi = &m->from->sets[POINT_MULTI];
    for (uint32_t i = 0; i < multi->enabled_len; i++) {
        berth_str name = multi->enabled[i].name;
        const struct plugin_instance *instance = instance_of(m->profile, name);
        if (!instance)
            return fail_at(m, POINT_MULTI, name, "%s \"%.*s\" does not exist", point_type(point),
                           BERTH_FMT(name));
        if (!plugin_has_point(instance->plugin, point) || is_among(set->disabled, set->disabled_len, name)
            || is_among(set->enabled, set->enabled_len, name))
            continue;
        if (is_listed(list, instance))
            return fail_at(m, POINT_MULTI, name, "plugin \"%.*s\" already registered as \"%s\"",
                           BERTH_FMT(name), point_type(point));
        append(list, instance);
    }
    return 0;
}

/* Explicit entries: those that override a plugin of multiPoint, or the others. */
static void append_explicit(const struct making *m, enum point point, bool overriding, struct list *list)
{
    const struct config_plugin_set *set = &m->from->sets[point], *multi = &m->from->sets[POINT_MULTI];
    for (uint32_t i = 0; i < set->enabled_len; i++) {
        berth_str name = set->enabled[i].name;
        bool overrides = is_among(multi->enabled, multi->enabled_len, name)
                         && !is_among(set->disabled, set->disabled_len, name)
                         && !is_among(set->disabled, set->disabled_len, BERTH_STR("*"));
        if (overrides == overriding)
            append(list, instance_of(m->profile, name));
    }
}

static int fill_point(struct making *m, enum point point)
{
    const struct config_plugin_set *set = &m->from->sets[point], *multi = &m->from->sets[POINT_MULTI];
    struct arena *arena = &m->profile->arena;
    struct list list = {arena_need(arena, (set->enabled_len + multi->enabled_len) * sizeof(struct enabled)),
                        0};
    append_explicit(m, point, true, &list);
    if (!is_among(set->disabled, set->disabled_len, BERTH_STR("*"))) {
        int r = expand(m, point, &list);
        if (r < 0)
            return r;
    }
    append_explicit(m, point, false, &list);
    m->profile->points[point].at = list.at;
    m->profile->points[point].len = list.len;
    return 0;
}

/* ---- what must hold for the whole ---- */

static int check_points(struct making *m)
{
    const struct profile *p = m->profile;
    berth_str name = p->scheduler_name, nothing = {0};
    if (p->points[POINT_QUEUE_SORT].len != 1)
        return fail_at(
            m, POINT_QUEUE_SORT, nothing,
            "only one queue sort plugin required for profile with scheduler name \"%.*s\", but got %" PRIu32,
            BERTH_FMT(name), p->points[POINT_QUEUE_SORT].len);
    if (p->points[POINT_BIND].len == 0)
        return fail_at(m, POINT_BIND, nothing,
                       "at least one bind plugin is needed for profile with scheduler name \"%.*s\"",
                       BERTH_FMT(name));
    if (p->points[POINT_PLACEMENT_GENERATE].len > 1)
        return fail_at(
            m, POINT_PLACEMENT_GENERATE, nothing,
            "at most one placement generate plugin is allowed for profile with scheduler name \"%.*s\"",
            BERTH_FMT(name));
    return 0;
}

/* The point's own weight counts before multiPoint's; none, or 0, is 1. */
static int64_t weight_of(const struct making *m, enum point point, berth_str name)
{
    const enum point order[] = {point, POINT_MULTI};
    for (size_t i = 0; i < 2; i++) {
        const struct config_plugin_set *set = &m->from->sets[order[i]];
        for (uint32_t j = 0; j < set->enabled_len; j++)
            if (berth_str_eq(set->enabled[j].name, name))
                return set->enabled[j].weight ? set->enabled[j].weight : 1;
    }
    return 1;
}

/*
 * Everything enabled that can score counts in the sum, also what the point disables. The arithmetic wraps as
 * upstream's does, so that a plugin after one of negative weight overflows.
 */
static int weigh(struct making *m, enum point point, const char *what)
{
    const struct config_plugin_set *sets[] = {&m->from->sets[point], &m->from->sets[POINT_MULTI]};
    int64_t total = 0;
    for (size_t i = 0; i < 2; i++)
        for (uint32_t j = 0; j < sets[i]->enabled_len; j++) {
            berth_str name = sets[i]->enabled[j].name;
            const struct plugin_instance *instance = instance_of(m->profile, name);
            bool seen = is_among(sets[i]->enabled, j, name) || (i == 1 && enables(sets[0], name));
            if (seen || !plugin_has_point(instance->plugin, point))
                continue;
            int64_t weighted = weight_of(m, point, name) * MAX_SCORE;
            if (weighted > (int64_t)((uint64_t)INT64_MAX - (uint64_t)total))
                return fail_at(m, i ? POINT_MULTI : point, name,
                               "%s plugins: total score of Score plugins could overflow", what);
            total += weighted;
        }
    struct enabled *at = (struct enabled *)m->profile->points[point].at;
    for (uint32_t i = 0; i < m->profile->points[point].len; i++)
        at[i].weight = weight_of(m, point, berth_str_of(at[i].instance->plugin->name));
    return 0;
}

static int make(struct making *m)
{
    int r = instantiate(m);
    for (int point = 0; r == 0 && point < POINT_COUNT; point++)
        r = check_explicit(m, (enum point)point);
    for (int point = 0; r == 0 && point < POINT_COUNT; point++)
        r = fill_point(m, (enum point)point);
    if (r < 0 || (r = check_points(m)) < 0 || (r = weigh(m, POINT_SCORE, "score")) < 0)
        return r;
    return weigh(m, POINT_PLACEMENT_SCORE, "placement score");
}

int profile_new(const struct config *config, const struct config_profile *from,
                const struct registry *registry, struct catalog *catalog, struct profile **ret_profile,
                struct err *err)
{
    struct profile *p = calloc(1, sizeof(*p));
    if (!p)
        return err_nomem(err);
    p->scheduler_name = from->scheduler_name;
    p->percentage_of_nodes_to_score = from->percentage_of_nodes_to_score < 0
                                          ? config->percentage_of_nodes_to_score
                                          : from->percentage_of_nodes_to_score;
    struct making m = {config, from, registry, catalog, p, err};
    int r = make(&m);
    if (r < 0)
        profile_free(p);
    else
        *ret_profile = p;
    return r;
}

struct profile *profile_free(struct profile *p)
{
    if (p) {
        for (uint32_t i = 0; i < p->instances_len; i++)
            if (p->instances[i].plugin->destroy)
                p->instances[i].plugin->destroy(p->instances[i].self);
        arena_fini(&p->arena);
        free(p);
    }
    return NULL;
}
