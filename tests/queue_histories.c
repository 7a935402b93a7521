/*
 * Runs recorded histories of kube-scheduler's queue through ours, with the plugins of the default profile:
 *
 *     build/tests/queue_histories FILE...
 *
 * A history is {name, about, settings, start, steps}; a step {t, op, ..., after}: the clock goes to t, the
 * operation is done, and then the queue must be as `after` says, in every place. Where a step names the
 * events that it stands for, those derived from its objects must be the same. Every step counts; the first
 * few that fail are shown.
 */
#include "core/core_internal.h"
#include "core/events.h"
#include "plugins/all.h"
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_SHOWN = 5, MS = 1000000 };

struct run {
    const char *path;
    struct catalog *catalog;
    struct core *core; /* of the current history */
    berth_str name;
    uint32_t step;
    bool failed; /* the current step did */
    unsigned passed, failures, skipped;
};

static void fail(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct run *run, const char *format, ...)
{
    if (!run->failed && run->failures < MOST_SHOWN) {
        va_list args;
        va_start(args, format);
        printf("%s %.*s step %u: ", run->path, BERTH_FMT(run->name), run->step);
        vprintf(format, args);
        putchar('\n');
        va_end(args);
    }
    run->failed = true;
}

/* ---- objects ---- */

static int number_of(const char *const *names, int len, berth_str name)
{
    for (int i = 0; i < len; i++)
        if (berth_str_eq(berth_str_of(names[i]), name))
            return i;
    return -1;
}

static const char *const resource_names[] = {
#define X(id, name) [BERTH_ON_##id] = name,
    BERTH_RESOURCES(X)
#undef X
};
static const char *const action_names[] = {
#define X(id, name) [BERTH_BIT_##id] = name,
    BERTH_ACTIONS(X)
#undef X
};

static bool read_event(const struct berth_value *v, struct berth_event *ret)
{
    berth_str action = row_text(v, "action");
    int resource = number_of(resource_names, BERTH_ON_WILDCARD, row_text(v, "resource"));
    int bit = number_of(action_names, BERTH_ACTION_BITS, action);
    bool update = berth_str_eq(action, BERTH_STR("Update"));
    *ret = (struct berth_event){(uint32_t)resource, update ? (uint32_t)BERTH_UPDATE : 1u << bit};
    return resource >= 0 && (update || bit >= 0);
}

/* The object of a step; kinds that are not known yet become a stand-in that nobody may look into. */
static struct object decode(struct run *run, const struct berth_value *v)
{
    struct object object = {.kind = OBJECT_KIND_COUNT};
    struct err err = {0};
    enum object_kind kind;
    if (!v)
        return object;
    if (!object_kind_of(row_text(v, "apiVersion"), row_text(v, "kind"), &kind)) {
        uint32_t *refs = calloc(1, sizeof(struct berth_node));
        *refs = 1;
        return (struct object){.kind = OBJECT_NODE, .any = refs};
    }
    if (object_decode(run->catalog, kind, v, &object, NULL, &err) < 0)
        fail(run, "%s", err_text(&err));
    err_fini(&err);
    return object;
}

static void release(struct run *run, struct object *object)
{
    if (object->any)
        object_unref(run->catalog, object);
}

/* ---- comparing ---- */

static int by_text(const void *a, const void *b)
{
    return berth_str_cmp(*(const berth_str *)a, *(const berth_str *)b);
}

/* Lines that are compared as a list or as a set. */
struct lines {
    struct arena arena;
    VEC(berth_str) at;
};

static void add_line(struct lines *lines, struct buf *line)
{
    berth_str text = {arena_copy(&lines->arena, line->ptr, line->len), (uint32_t)line->len};
    if (!text.ptr || vec_push(&lines->at, text) < 0)
        abort();
    buf_fini(line);
    *line = (struct buf){0};
}

static void sort_lines(struct lines *lines)
{
    if (lines->at.len)
        qsort(lines->at.at, lines->at.len, sizeof(berth_str), by_text);
}

static void join(struct buf *b, const struct lines *lines)
{
    for (size_t i = 0; i < lines->at.len; i++) {
        buf_puts(b, i ? ", " : "");
        buf_str(b, lines->at.at[i]);
    }
}

static void check_lines(struct run *run, const char *what, struct lines *want, struct lines *got, bool as_set)
{
    struct buf wanted = {0}, gotten = {0};
    if (as_set) {
        sort_lines(want);
        sort_lines(got);
    }
    join(&wanted, want);
    join(&gotten, got);
    if (!berth_str_eq(buf_view(&wanted), buf_view(&gotten)))
        fail(run, "%s: want [%.*s], got [%.*s]", what, BERTH_FMT(buf_view(&wanted)),
             BERTH_FMT(buf_view(&gotten)));
    buf_fini(&wanted);
    buf_fini(&gotten);
    struct lines *both[] = {want, got};
    for (int i = 0; i < 2; i++) {
        arena_fini(&both[i]->arena);
        vec_fini(&both[i]->at);
    }
}

static void add_name(struct buf *b, const struct berth_pod *pod)
{
    buf_printf(b, "%s/%.*s", berth_pod_namespace(pod)->text, BERTH_FMT(berth_pod_name(pod)));
}

/* The pods of a place: those with or without a gate, with their end of backoff, or with the gate's name. */
static void add_place(struct run *run, struct lines *lines, enum queue_place place, bool gated)
{
    struct queue *q = &run->core->queue;
    size_t len = queue_len(q, place);
    struct queued_pod **pods = calloc(len + 1, sizeof(*pods));
    queue_list(q, place, pods);
    for (size_t i = 0; i < len; i++) {
        struct buf line = {0};
        if (place == QUEUE_PARKED && (pods[i]->gate != 0) != gated)
            continue;
        add_name(&line, pods[i]->pod);
        if (place == QUEUE_BACKOFF || place == QUEUE_ERROR_BACKOFF)
            buf_printf(&line, " %lld", (long long)(pods[i]->backoff_until_ns / MS));
        if (pods[i]->gate)
            buf_printf(&line, " %s", run->core->profiles[0]->instances[pods[i]->gate - 1].plugin->name);
        add_line(lines, &line);
    }
    free(pods);
}

/* A JSON list of names, of [name, number], or an object of texts, as lines. */
static void add_wanted(struct lines *lines, const struct berth_value *v)
{
    for (uint32_t i = 0; v && i < v->len; i++) {
        struct buf line = {0};
        const struct berth_value *item = v->type == BERTH_OBJECT ? &v->members[i].value : &v->items[i];
        if (v->type == BERTH_OBJECT)
            buf_printf(&line, "%.*s ", BERTH_FMT(v->members[i].key));
        if (item->type == BERTH_ARRAY)
            for (uint32_t j = 0; j < item->len; j++)
                buf_printf(&line, "%s%.*s", j ? " " : "", BERTH_FMT(berth_value_text(&item->items[j])));
        else
            buf_str(&line, berth_value_text(item));
        add_line(lines, &line);
    }
}

static void check_nominated(struct run *run, const struct berth_value *after)
{
    const struct map *nodes = &run->core->queue.nominator.by_node;
    struct lines want = {0}, got = {0};
    add_wanted(&want, row_get(after, "nominated"));
    for (size_t i = 0; i < nodes->cap; i++) {
        struct buf line = {0};
        if (!nodes->slots[i].key)
            continue;
        buf_puts(&line, ((berth_atom)(uintptr_t)nodes->slots[i].key)->text);
        for (const struct nomination *x = (void *)(uintptr_t)nodes->slots[i].value; x; x = x->next) {
            buf_char(&line, ' ');
            add_name(&line, x->pod);
        }
        add_line(&got, &line);
    }
    check_lines(run, "nominated", &want, &got, true);
}

static void check_state(struct run *run, const struct berth_value *after)
{
    static const struct {
        const char *key;
        enum queue_place place;
        bool gated, as_set;
    } parts[] = {
        {"activeQ", QUEUE_ACTIVE, false, false},
        {"backoffQ", QUEUE_BACKOFF, false, false},
        {"errorBackoffQ", QUEUE_ERROR_BACKOFF, false, true},
        {"unschedulable", QUEUE_PARKED, false, true},
        {"gated", QUEUE_PARKED, true, true},
        {"inFlight", QUEUE_IN_FLIGHT, false, false},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct lines want = {0}, got = {0};
        add_wanted(&want, row_get(after, parts[i].key));
        add_place(run, &got, parts[i].place, parts[i].gated);
        check_lines(run, parts[i].key, &want, &got, parts[i].as_set);
    }
    check_nominated(run, after);
    if (!queue_ok(&run->core->queue))
        fail(run, "the queue is not consistent");
}

/* ---- operations ---- */

/* One step: its objects, decoded. */
struct step {
    const struct berth_value *v;
    int64_t now_ns;
    struct object pod, old, new;
};

static void check_events(struct run *run, const struct step *s, const struct berth_event *events,
                         uint32_t len)
{
    const struct berth_value *want = row_get(s->v, "events");
    if ((want ? want->len : 0) != len) {
        fail(run, "want %u events, got %u", want ? want->len : 0, len);
        return;
    }
    for (uint32_t i = 0; i < len; i++) {
        struct berth_event event;
        if (!read_event(&want->items[i], &event) || event.resource != events[i].resource
            || event.actions != events[i].actions)
            fail(run, "event %u is another one", i);
    }
}

/* On update and delete of a nominated pod: pods that yielded to it may have a chance. */
static void tell_others(struct run *run, const struct step *s, const struct berth_pod *old)
{
    const struct berth_value *also = row_get(s->v, "also");
    struct berth_change change = {.old_object = old};
    if (!also)
        return;
    if (!read_event(also, &change.event))
        fail(run, "unknown event");
    else
        queue_event(&run->core->queue, &change, (int32_t)berth_value_int(row_get(also, "maxPriority"), 0),
                    s->now_ns);
}

static void add(struct run *run, const struct step *s)
{
    cache_put_pod(&run->core->cache, s->pod.pod);
    queue_add(&run->core->queue, s->pod.pod, 0, s->now_ns);
}

static void update(struct run *run, const struct step *s)
{
    struct berth_event events[EVENTS_MAX];
    check_events(run, s, events, events_of_pod_update(s->old.pod, s->new.pod, events));
    cache_put_pod(&run->core->cache, s->new.pod);
    queue_update(&run->core->queue, s->old.pod, s->new.pod, 0, s->now_ns);
    tell_others(run, s, s->old.pod);
}

static void forget(struct run *run, const struct berth_pod *pod)
{
    struct pod_entry *entry =
        pod_index_find(&run->core->cache.pods, berth_pod_namespace(pod), berth_pod_name(pod));
    if (entry)
        cache_remove_pod(&run->core->cache, entry);
}

static void delete (struct run *run, const struct step *s)
{
    forget(run, s->pod.pod);
    queue_delete(&run->core->queue, s->pod.pod);
    tell_others(run, s, s->pod.pod);
}

static void pop(struct run *run, const struct step *s)
{
    const struct berth_value *want = row_get(s->v, "got");
    const struct queued_pod *p = queue_pop(&run->core->queue);
    struct buf name = {0};
    if (p)
        add_name(&name, p->pod);
    if (!berth_str_eq(row_text(want, "pod"), buf_view(&name)))
        fail(run, "pop: want %.*s, got %.*s", BERTH_FMT(row_text(want, "pod")), BERTH_FMT(buf_view(&name)));
    else if (p
             && (!berth_str_eq(row_text(want, "uid"), berth_pod_uid(p->pod))
                 || berth_value_int(row_get(want, "attempts"), 0) != p->attempts
                 || berth_value_int(row_get(want, "unschedulableCount"), 0) != p->rejections
                 || berth_value_int(row_get(want, "consecutiveErrors"), 0) != p->errors))
        fail(run, "pop: %.*s has other counts: attempts %u, rejections %u, errors %u",
             BERTH_FMT(buf_view(&name)), p->attempts, p->rejections, p->errors);
    buf_fini(&name);
}

static struct queued_pod *in_flight(struct run *run, const struct step *s)
{
    struct queued_pod *p = run->core->queue.in_flight.first;
    while (p && !berth_str_eq(berth_pod_uid(p->pod), row_text(s->v, "uid")))
        p = p->next;
    if (!p)
        fail(run, "%.*s is not in flight", BERTH_FMT(row_text(s->v, "uid")));
    return p;
}

/* The bits of a list of plugins. */
static uint64_t plugins_of(struct run *run, const struct berth_value *names)
{
    const struct profile *profile = run->core->profiles[0];
    uint64_t bits = 0;
    for (uint32_t i = 0; names && i < names->len; i++) {
        uint64_t bit = 0;
        for (uint32_t j = 0; j < profile->instances_len; j++)
            if (berth_str_eq(berth_str_of(profile->instances[j].plugin->name),
                             berth_value_text(&names->items[i])))
                bit = (uint64_t)1 << j;
        if (!bit)
            fail(run, "unknown plugin %.*s", BERTH_FMT(berth_value_text(&names->items[i])));
        bits |= bit;
    }
    return bits;
}

static void reject(struct run *run, const struct step *s)
{
    struct queued_pod *p = in_flight(run, s);
    const struct berth_value *node = row_get(s->v, "nominate");
    struct queue_failure failure = {
        .unschedulable = plugins_of(run, row_get(s->v, "unschedulable")),
        .pending = plugins_of(run, row_get(s->v, "pending")),
        .nominates = node != NULL,
    };
    if (node && node->len)
        failure.nominated_node = atoms_intern(catalog_atoms(run->catalog), berth_value_text(node));
    if (p)
        queue_reject(&run->core->queue, p, &failure, s->now_ns);
}

static void done(struct run *run, const struct step *s)
{
    struct queued_pod *p = in_flight(run, s);
    if (p)
        queue_done(&run->core->queue, p);
}

static void activate(struct run *run, const struct step *s)
{
    const struct berth_value *names = row_get(s->v, "pods");
    for (uint32_t i = 0; names && i < names->len; i++) {
        berth_str text = berth_value_text(&names->items[i]);
        const char *slash = memchr(text.ptr, '/', text.len);
        uint32_t len = slash ? (uint32_t)(slash - text.ptr) : 0;
        berth_atom namespace = atoms_intern(catalog_atoms(run->catalog), (berth_str){text.ptr, len});
        const struct pod_entry *entry =
            pod_index_find(&run->core->cache.pods, namespace, (berth_str){slash + 1, text.len - len - 1});
        if (entry)
            queue_activate(&run->core->queue, entry->pod, s->now_ns);
    }
}

/* The events of a step, derived where they can be. */
static uint32_t derive(struct run *run, const struct step *s, struct berth_event *events)
{
    uint32_t len = 0;
    if (s->old.any && s->new.any && s->old.kind == OBJECT_POD && s->old.pod->node_name)
        len = events_of_pod_update(s->old.pod, s->new.pod, events);
    else if (s->old.any && s->new.any && s->old.kind == OBJECT_NODE &&row_get(row_get(s->v, "new"), "status"))
        len = events_of_node_update(s->old.node, s->new.node, events);
    else {
        const struct berth_value *named = row_get(s->v, "events");
        for (; named && len < named->len && len < EVENTS_MAX; len++)
            if (!read_event(&named->items[len], &events[len]))
                break; /* an event that no plugin can register for */
        return len;
    }
    check_events(run, s, events, len);
    return len;
}

static void event(struct run *run, const struct step *s)
{
    struct berth_event events[EVENTS_MAX];
    uint32_t len = derive(run, s, events);
    bool is_pod = s->old.kind == OBJECT_POD || s->new.kind == OBJECT_POD;
    bool bound = is_pod && s->old.any && !s->old.pod->node_name && s->new.any;
    if (is_pod && s->new.any)
        cache_put_pod(&run->core->cache, s->new.pod);
    else if (is_pod)
        forget(run, s->old.pod);
    for (uint32_t i = 0; i < len; i++) {
        struct berth_change change = {events[i], bound ? NULL : s->old.any, s->new.any};
        queue_event(&run->core->queue, &change, INT32_MAX, s->now_ns);
    }
    if (bound)
        queue_delete(&run->core->queue, s->old.pod);
}

static void advance(struct run *run, const struct step *s)
{
    (void)run, (void)s;
}

static void run_step(struct run *run, const struct berth_value *v)
{
    static const struct {
        const char *name;
        void (*run)(struct run *run, const struct step *s);
    } operations[] = {{"advance", advance}, {"add", add},     {"update", update},
                      {"delete", delete},   {"pop", pop},     {"reject", reject},
                      {"done", done},       {"event", event}, {"activate", activate}};
    bool names_pod = row_get(v, "pod") && row_get(v, "pod")->type == BERTH_OBJECT;
    struct step s = {
        .v = v,
        .now_ns = berth_value_int(row_get(v, "t"), 0) * MS,
        .pod = decode(run, names_pod ? row_get(v, "pod") : NULL),
        .old = decode(run, row_get(v, "old")),
        .new = decode(run, row_get(v, "new")),
    };
    queue_tick(&run->core->queue, s.now_ns);
    size_t i = 0, len = sizeof(operations) / sizeof(operations[0]);
    while (i < len && !berth_str_eq(berth_str_of(operations[i].name), row_text(v, "op")))
        i++;
    if (i == len)
        fail(run, "unknown operation %.*s", BERTH_FMT(row_text(v, "op")));
    else if (!run->failed)
        operations[i].run(run, &s);
    check_state(run, row_get(v, "after"));
    release(run, &s.pod);
    release(run, &s.old);
    release(run, &s.new);
}

/* ---- histories ---- */

static bool start(struct run *run, const struct berth_value *row)
{
    const struct berth_value *settings = row_get(row, "settings");
    struct config *config = config_default();
    struct registry registry = {all_plugins, all_plugins_len};
    struct core_options options = {
        .max_parked_seconds = berth_value_int(row_get(settings, "podMaxInUnschedulablePodsSeconds"), 0)};
    struct err err = {0};
    config->pod_initial_backoff_seconds = berth_value_int(row_get(settings, "podInitialBackoffSeconds"), 1);
    config->pod_max_backoff_seconds = berth_value_int(row_get(settings, "podMaxBackoffSeconds"), 10);
    bool ok = core_new(config, &registry, run->catalog, &options, &run->core, &err) == 0;
    if (!ok)
        fail(run, "%s", err_text(&err));
    err_fini(&err);
    config_free(config);
    return ok;
}

static void run_history(void *context, const struct berth_value *row, uint32_t number)
{
    struct run *run = context;
    const struct berth_value *steps = row_get(row, "steps");
    (void)number;
    run->name = row_text(row, "name");
    run->step = 0;
    run->failed = false;
    run->catalog = catalog_new();
    if (!start(run, row) || !steps) {
        run->failures++;
        return;
    }
    queue_tick(&run->core->queue, berth_value_int(row_get(row, "start"), 0) * MS);
    for (uint32_t i = 0; i < steps->len; i++) {
        run->step = i + 1;
        run->failed = false;
        run_step(run, &steps->items[i]);
        *(run->failed ? &run->failures : &run->passed) += 1;
    }
    run->core = core_free(run->core);
    run->catalog = catalog_free(run->catalog);
}

int main(int argc, char **argv)
{
    static struct run run;
    int r = 0;
    if (argc < 2) {
        fputs("usage: queue_histories FILE...\n", stderr);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        run.path = argv[i];
        r |= rows_each(argv[i], run_history, &run);
    }
    printf("%u passed, %u failed, %u skipped\n", run.passed, run.failures, run.skipped);
    return r < 0 || run.failures;
}
