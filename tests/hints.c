/*
 * Runs recorded rows about events and queueing hints through the plugins of the default profile:
 *
 *     build/tests/hints [--plugin NAME] FILE...
 *
 * A file holds rows of one of three kinds, told apart by what they have:
 *     registered  {plugin, resource, action, hint, addedBy?}: what the profile's plugins are told of, as a
 * set hints       {plugin, event, about, config?, cluster, pod, old, new, hint, error}: what a hint answers
 *     events      {old, new, events}: which events an update stands for, as a list; hints may have it as
 * `derived` Rows are skipped whose answer depends on objects that plugins cannot see yet; see is_beyond().
 */
#include "core/events.h"
#include "core/framework.h"
#include "core/registrations.h"
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
    unsigned passed, failed, skipped;
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

/* What the core makes of a plugin's list. */
static void tell(const struct berth_plugin *plugin, uint32_t actions[RESOURCES][ANSWERS])
{
    struct registrations r = {0};
    if (registrations_add(&r, 0, plugin->events, plugin->events_len, may_reject(plugin)) < 0)
        abort();
    for (size_t i = 0; i < r.all.len; i++) {
        const struct berth_registration *what = r.all.at[i].what;
        actions[what->event.resource][what->hint ? WITH_FUNCTION : ALWAYS] |= what->event.actions;
    }
    registrations_fini(&r);
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
    uint32_t told[RESOURCES][ANSWERS] = {0};
    tell(instance->plugin, told);
    run->registered_rows++;
    run->expected[instance - run->profile->instances][resource][answer] |= wanted;
    if ((told[resource][answer] & wanted) == wanted)
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
        uint32_t told[RESOURCES][ANSWERS] = {0};
        tell(plugin, told);
        for (int resource = 0; resource < RESOURCES; resource++)
            for (int answer = 0; answer < ANSWERS; answer++)
                if (is_wanted(run, berth_str_of(plugin->name))
                    && told[resource][answer] & ~run->expected[i][resource][answer])
                    fail(run, 0, "%s registers more of %s than any row", plugin->name,
                         resource_names[resource]);
    }
}

/* ---- hints ---- */

/* Objects of a row. They and the profile are released by world_fini(). */
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
    struct nominator nobody = {0};
    struct cycle cy = {.cache = &w->cache,
                       .nominator = &nobody,
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

/* Whether the pod has ResourceClaims, by itself or generated for it. */
static bool names_claims(const struct berth_value *pod)
{
    const struct berth_value *lists[] = {row_get(row_get(pod, "spec"), "resourceClaims"),
                                         row_get(row_get(pod, "status"), "resourceClaimStatuses")};
    for (int i = 0; i < 2; i++)
        for (uint32_t k = 0; lists[i] && k < lists[i]->len; k++)
            if (row_get(&lists[i]->items[k], "resourceClaimName"))
                return true;
    return false;
}

/* The kind of the objects that an event is about. */
static const char *kind_of(uint32_t resource)
{
    const char *slash = strchr(resource_names[resource], '/');
    return slash ? slash + 1 : resource_names[resource];
}

/*
 * Whether the answer depends on objects that plugins cannot see yet: those of dynamic resource allocation. An
 * object of another kind than the event says cannot come up here.
 */
static bool is_beyond(const struct berth_value *row, struct berth_event event)
{
    if (event.resource >= BERTH_ON_RESOURCE_CLAIM)
        return true;
    const char *kind = kind_of(event.resource);
    const struct berth_value *pod = row_get(row, "pod"), *after = row_get(row, "new");
    if (!has_kind(row_get(row, "old"), kind) || !has_kind(after, kind))
        return true;
    bool same =
        berth_str_eq(row_text(row_get(pod, "metadata"), "uid"), row_text(row_get(after, "metadata"), "uid"));
    return event.actions == BERTH_POD_GENERATED_CLAIM && same && names_claims(after);
}

/* ---- events ---- */

/* The events of an update of a pod or a node; none for anything else. */
static uint32_t derive_events(const struct world *w, struct berth_event events[EVENTS_MAX])
{
    if (!w->before.any || !w->after.any || w->before.kind != w->after.kind)
        return 0;
    if (w->after.kind == OBJECT_POD)
        return events_of_pod_update(w->before.pod, w->after.pod, events);
    return w->after.kind == OBJECT_NODE ? events_of_node_update(w->before.node, w->after.node, events) : 0;
}

static bool is_event(struct berth_event event, const struct berth_value *want)
{
    return berth_str_eq(row_text(want, "resource"), berth_str_of(resource_names[event.resource]))
           && event.actions == actions_of(row_text(want, "action"));
}

static bool check_events(struct run *run, const struct world *w, const struct berth_value *want,
                         uint32_t number)
{
    struct berth_event got[EVENTS_MAX];
    uint32_t len = derive_events(w, got);
    bool same = len == want->len;
    for (uint32_t i = 0; same && i < len; i++)
        same = is_event(got[i], &want->items[i]);
    if (same)
        return true;
    struct buf text = {0};
    for (uint32_t i = 0; i < len; i++)
        buf_printf(&text, " %s:%#x", resource_names[got[i].resource], got[i].actions);
    buf_puts(&text, ", want ");
    doc_write_json(&text, want);
    fail(run, number, "events are%.*s", BERTH_FMT(buf_view(&text)));
    buf_fini(&text);
    return false;
}

static void run_events(struct run *run, const struct berth_value *row, uint32_t number)
{
    struct world w;
    if (world_init(&w, run, row) < 0)
        fail(run, number, "%s", err_text(&w.err));
    else
        run->passed += check_events(run, &w, row_get(row, "events"), number);
    world_fini(&w);
}

/* ---- rows ---- */

static void run_hint(struct run *run, const struct berth_value *row, uint32_t number)
{
    const struct berth_value *named = row_get(row, "event"), *derived = row_get(row, "derived");
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
    else if (!derived || check_events(run, &w, derived, number))
        judge(run, &w, row, event, number);
    world_fini(&w);
}

static void run_row(void *context, const struct berth_value *row, uint32_t number)
{
    struct run *run = context;
    if (row_get(row, "events") && !run->only)
        run_events(run, row, number);
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
    run->registered_rows = 0;
    run->path = path;
    int r = rows_each(path, run_row, run);
    if (run->registered_rows)
        check_nothing_else(run);
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
