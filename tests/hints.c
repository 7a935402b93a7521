/*
 * Runs recorded rows about events and queueing hints through the plugins of the default profile:
 *
 *     build/tests/hints [--plugin NAME] FILE...
 *
 * A file holds rows of one of three kinds, told apart by what they have:
 *     registered  {plugin, resource, action, hint, addedBy?}: what the profile's plugins are told of, as a
 * set hints       {plugin, event, about, config?, cluster, pod, old, new, hint, error}: what a hint answers
 *     events      {old, new, events}: not judged yet, there is no derivation of events from updates
 * Rows are skipped whose answer depends on objects that plugins cannot see yet; see is_beyond().
 */
#include "core/framework.h"
#include "plugins/all.h"
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { RESOURCES = BERTH_ON_WILDCARD + 1, MOST_PLUGINS = 64 };

static const char *const resource_names[RESOURCES] = {
#define X(id, name) [BERTH_ON_##id] = name,
    BERTH_RESOURCES(X)
#undef X
};
static const char *const action_names[BERTH_ACTION_BITS] = {
#define X(id, name) [BERTH_BIT_##id] = name,
    BERTH_ACTIONS(X)
#undef X
};

enum answers { WITH_FUNCTION, ALWAYS, ANSWERS };
static const char *const answer_names[ANSWERS] = {"function", "always"};

/* Actions by plugin of the profile, resource and kind of answer. */
typedef uint32_t registered[MOST_PLUGINS][RESOURCES][ANSWERS];

struct run {
    const char *only; /* --plugin */
    const char *path;
    struct catalog *catalog;
    struct config *config;   /* the default one, */
    struct profile *profile; /* and its profile */
    registered expected;     /* the file's rows so far */
    uint32_t registered_rows;
    unsigned passed, failed, skipped, left_out;
};

static int find_name(const char *const *names, uint32_t len, berth_str name)
{
    for (uint32_t i = 0; i < len; i++)
        if (berth_str_eq(berth_str_of(names[i]), name))
            return (int)i;
    return -1;
}

/* The actions of "Add|Update"; 0 when there is an unknown one. */
static uint32_t actions_of(berth_str text)
{
    uint32_t actions = 0;
    for (const char *p = text.ptr, *end = p + text.len; p < end;) {
        const char *bar = memchr(p, '|', (size_t)(end - p));
        berth_str name = {p, (uint32_t)((bar ? bar : end) - p)};
        int bit = find_name(action_names, BERTH_ACTION_BITS, name);
        bool update = berth_str_eq(name, BERTH_STR("Update"));
        if (bit < 0 && !update)
            return 0;
        actions |= update ? (uint32_t)BERTH_UPDATE : 1u << bit;
        p += name.len + 1;
    }
    return actions;
}

static const struct plugin_instance *find_instance(const struct profile *profile, berth_str name)
{
    for (uint32_t i = 0; i < profile->instances_len; i++)
        if (berth_str_eq(berth_str_of(profile->instances[i].plugin->name), name))
            return &profile->instances[i];
    return NULL;
}

static bool is_wanted(const struct run *run, berth_str plugin)
{
    return !run->only || berth_str_eq(berth_str_of(run->only), plugin);
}

static void fail(struct run *run, uint32_t number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct run *run, uint32_t number, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s row %u: ", run->path, number);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    run->failed++;
}

/* ---- registered ---- */

static bool may_reject(const struct berth_plugin *plugin)
{
    static const enum point points[] = {POINT_PRE_ENQUEUE, POINT_PRE_FILTER, POINT_FILTER, POINT_RESERVE,
                                        POINT_PERMIT};
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
        if (plugin_has_point(plugin, points[i]))
            return true;
    return false;
}

/* What the framework makes of a plugin's list: with Node Add and no UpdateNodeTaint, the latter comes along.
 */
static void derive(const struct berth_plugin *plugin, uint32_t actions[RESOURCES][ANSWERS])
{
    uint32_t on_nodes = 0;
    for (uint32_t i = 0; may_reject(plugin) && i < plugin->events_len; i++) {
        const struct berth_registration *event = &plugin->events[i];
        actions[event->event.resource][event->hint ? WITH_FUNCTION : ALWAYS] |= event->event.actions;
        on_nodes |= event->event.resource == BERTH_ON_NODE ? event->event.actions : 0;
    }
    if ((on_nodes & BERTH_ADD) && !(on_nodes & BERTH_NODE_TAINT))
        actions[BERTH_ON_NODE][ALWAYS] |= BERTH_NODE_TAINT;
}

static void run_registered(struct run *run, const struct berth_value *row, uint32_t number)
{
    berth_str plugin = row_text(row, "plugin");
    int resource = find_name(resource_names, RESOURCES, row_text(row, "resource"));
    int answer = find_name(answer_names, ANSWERS, row_text(row, "hint"));
    uint32_t wanted = actions_of(row_text(row, "action"));
    const struct plugin_instance *instance = find_instance(run->profile, plugin);
    if (resource < 0 || answer < 0 || wanted == 0 || !instance) {
        fail(run, number, "unknown plugin, resource, action or hint");
        return;
    }
    uint32_t derived[RESOURCES][ANSWERS] = {0};
    derive(instance->plugin, derived);
    run->registered_rows++;
    run->expected[instance - run->profile->instances][resource][answer] |= wanted;
    if ((derived[resource][answer] & wanted) == wanted)
        run->passed++;
    else
        fail(run, number, "%.*s does not register all of %.*s %.*s", BERTH_FMT(plugin),
             BERTH_FMT(row_text(row, "resource")), BERTH_FMT(row_text(row, "action")));
}

/* After the file's last row: nothing may be registered that no row has. */
static void check_nothing_else(struct run *run)
{
    for (uint32_t i = 0; i < run->profile->instances_len; i++) {
        const struct berth_plugin *plugin = run->profile->instances[i].plugin;
        uint32_t derived[RESOURCES][ANSWERS] = {0};
        derive(plugin, derived);
        for (int resource = 0; resource < RESOURCES; resource++)
            for (int answer = 0; answer < ANSWERS; answer++)
                if (is_wanted(run, berth_str_of(plugin->name))
                    && derived[resource][answer] & ~run->expected[i][resource][answer])
                    fail(run, 0, "%s registers more of %s than any row", plugin->name,
                         resource_names[resource]);
    }
}

/* ---- hints ---- */

/* Objects of a row. They and the profile are released by row_world_fini(). */
struct world {
    struct catalog *catalog;
    struct config *config; /* of the row; NULL: none */
    struct profile *profile, *own_profile;
    struct cache cache;
    struct verdicts verdicts;
    struct arena arena;
    struct object pod, before, after;
    struct err err;
};

static int decode(struct world *w, const struct berth_value *value, struct object *ret)
{
    enum object_kind kind;
    if (!value)
        return 0;
    if (!object_kind_of(row_text(value, "apiVersion"), row_text(value, "kind"), &kind))
        return err_set(&w->err, "unknown kind \"%.*s\"", BERTH_FMT(row_text(value, "kind")));
    return object_decode(w->catalog, kind, value, ret, NULL, &w->err);
}

/* Puts what hints can look up where they find it. */
static int add_to_cluster(struct world *w, const struct berth_value *value)
{
    struct object object = {0};
    int r = decode(w, value, &object);
    if (r < 0)
        return r;
    if (object.kind >= OBJECT_SERVICE && object.kind <= OBJECT_STATEFUL_SET)
        r = cache_put_workload(&w->cache, object.workload);
    else if (object.kind == OBJECT_NAMESPACE)
        r = cache_put_namespace(&w->cache, object.namespace);
    object_unref(w->catalog, &object);
    return r;
}

static int make_profile(const struct config *config, struct catalog *catalog, struct profile **ret,
                        struct err *err)
{
    struct registry registry = {all_plugins, all_plugins_len};
    return profile_new(config, &config->profiles[0], &registry, catalog, ret, err);
}

static int configure(struct world *w, const struct berth_value *value)
{
    if (!value)
        return 0;
    struct buf text = {0}, warnings = {0};
    doc_write_json(&text, value);
    size_t len = text.len;
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&text, 0);
    struct doc doc = {"config", text.ptr, len, DOC_JSON};
    int r = config_load(&doc, &w->config, &warnings, &w->err);
    if (r == 0)
        r = make_profile(w->config, w->catalog, &w->own_profile, &w->err);
    if (r == 0)
        w->profile = w->own_profile;
    buf_fini(&text);
    buf_fini(&warnings);
    return r;
}

static int world_init(struct world *w, const struct run *run, const struct berth_value *row)
{
    *w = (struct world){.catalog = run->catalog, .profile = run->profile};
    const struct berth_value *cluster = row_get(row, "cluster");
    int r = cache_init(&w->cache, w->catalog);
    if (r == 0)
        r = configure(w, row_get(row, "config"));
    for (uint32_t i = 0; r == 0 && cluster && i < cluster->len; i++)
        r = add_to_cluster(w, &cluster->items[i]);
    if (r == 0)
        r = decode(w, row_get(row, "pod"), &w->pod);
    if (r == 0)
        r = decode(w, row_get(row, "old"), &w->before);
    return r < 0 ? r : decode(w, row_get(row, "new"), &w->after);
}

static void world_fini(struct world *w)
{
    struct object *objects[] = {&w->pod, &w->before, &w->after};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        if (objects[i]->any)
            object_unref(w->catalog, objects[i]);
    cache_fini(&w->cache);
    verdicts_fini(&w->verdicts);
    profile_free(w->own_profile);
    config_free(w->config);
    arena_fini(&w->arena);
    err_fini(&w->err);
}

static enum berth_hint ask(struct world *w, const struct plugin_instance *instance,
                           const struct berth_registration *registration, struct berth_event event)
{
    struct core_options options = {.no_cache = true};
    struct cycle cy = {.cache = &w->cache,
                       .verdicts = &w->verdicts,
                       .arena = &w->arena,
                       .options = &options,
                       .profile = w->profile};
    struct berth_change change = {event, w->before.any, w->after.any};
    cycle_begin(&cy, w->pod.pod);
    struct call call = framework_call(&cy, instance);
    return registration->hint ? registration->hint(&call.c, &change) : BERTH_HINT_QUEUE;
}

static const struct berth_registration *find_registration(const struct berth_plugin *plugin,
                                                          struct berth_event event)
{
    for (uint32_t i = 0; i < plugin->events_len; i++)
        if (berth_event_matches(plugin->events[i].event, event))
            return &plugin->events[i];
    return NULL;
}

static void judge(struct run *run, struct world *w, const struct berth_value *row, struct berth_event event,
                  uint32_t number)
{
    berth_str plugin = row_text(row, "plugin"), want = row_text(row, "hint");
    const struct plugin_instance *instance = find_instance(w->profile, plugin);
    const struct berth_registration *registration =
        instance ? find_registration(instance->plugin, event) : NULL;
    if (!registration) {
        fail(run, number, "%.*s is not told of this event", BERTH_FMT(plugin));
        return;
    }
    enum berth_hint got = ask(w, instance, registration, event);
    bool want_error = berth_value_bool(row_get(row, "error"), false);
    bool want_queue = berth_str_eq(want, BERTH_STR("Queue"));
    if ((got == BERTH_HINT_ERROR) == want_error && (got != BERTH_HINT_SKIP) == want_queue)
        run->passed++;
    else
        fail(run, number, "%.*s, %.*s: want %.*s%s, got %s", BERTH_FMT(plugin),
             BERTH_FMT(row_text(row, "about")), BERTH_FMT(want), want_error ? " (error)" : "",
             got == BERTH_HINT_ERROR   ? "Queue (error)"
             : got == BERTH_HINT_QUEUE ? "Queue"
                                       : "Skip");
}

static bool has_kind(const struct berth_value *object, const char *kind)
{
    return !object || berth_str_eq(row_text(object, "kind"), berth_str_of(kind));
}

/*
 * Whether the answer depends on objects that plugins cannot see yet: kinds other than Pod and Node, and the
 * resource claims of a pod. An object of another kind than the event says cannot come up here.
 */
static bool is_beyond(const struct berth_value *row, struct berth_event event)
{
    if (event.resource != BERTH_ON_POD && event.resource != BERTH_ON_NODE)
        return true;
    const char *kind = resource_names[event.resource];
    const struct berth_value *pod = row_get(row, "pod"), *after = row_get(row, "new");
    if (!has_kind(row_get(row, "old"), kind) || !has_kind(after, kind))
        return true;
    bool same =
        berth_str_eq(row_text(row_get(pod, "metadata"), "uid"), row_text(row_get(after, "metadata"), "uid"));
    return event.actions == BERTH_POD_GENERATED_CLAIM && same
           && row_get(row_get(pod, "spec"), "resourceClaims");
}

static void run_hint(struct run *run, const struct berth_value *row, uint32_t number)
{
    const struct berth_value *named = row_get(row, "event");
    int resource = find_name(resource_names, RESOURCES, row_text(named, "resource"));
    struct berth_event event = {(uint32_t)resource, actions_of(row_text(named, "action"))};
    if (resource < 0 || event.actions == 0) {
        fail(run, number, "unknown resource or action");
        return;
    }
    if (is_beyond(row, event)) {
        run->skipped++;
        return;
    }
    struct world w;
    if (world_init(&w, run, row) < 0)
        fail(run, number, "%s", err_text(&w.err));
    else
        judge(run, &w, row, event, number);
    world_fini(&w);
}

/* ---- files ---- */

static void run_row(void *context, const struct berth_value *row, uint32_t number)
{
    struct run *run = context;
    if (row_get(row, "events"))
        run->left_out++;
    else if (!is_wanted(run, row_text(row, "plugin")))
        return;
    else if (row_get(row, "event"))
        run_hint(run, row, number);
    else
        run_registered(run, row, number);
}

static int run_file(struct run *run, const char *path)
{
    memset(run->expected, 0, sizeof(run->expected));
    run->registered_rows = run->left_out = 0;
    run->path = path;
    int r = rows_each(path, run_row, run);
    if (run->registered_rows)
        check_nothing_else(run);
    if (run->left_out)
        printf("%s: %u rows left out: events are not derived from updates yet\n", path, run->left_out);
    return r;
}

static int start(struct run *run)
{
    struct err err = {0};
    run->config = config_default();
    run->catalog = catalog_new();
    int r = run->config && run->catalog ? make_profile(run->config, run->catalog, &run->profile, &err) : -1;
    if (r < 0 || run->profile->instances_len > MOST_PLUGINS)
        fprintf(stderr, "no default profile: %s\n", err_text(&err));
    err_fini(&err);
    return r;
}

int main(int argc, char **argv)
{
    static struct run run;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--plugin") == 0) {
        run.only = argv[2];
        first = 3;
    }
    if (first >= argc) {
        fputs("usage: hints [--plugin NAME] FILE...\n", stderr);
        return 2;
    }
    int r = start(&run);
    for (int i = first; i < argc && run.profile; i++)
        r |= run_file(&run, argv[i]);
    printf("%u passed, %u failed, %u skipped\n", run.passed, run.failed, run.skipped);
    profile_free(run.profile);
    config_free(run.config);
    catalog_free(run.catalog);
    return r < 0 || run.failed;
}
