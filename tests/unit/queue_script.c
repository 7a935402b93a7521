#include "queue_script.h"

#include <math.h>

enum { PODS = 64, MOST_LISTED = 64 };

/* A pod that was told of. */
struct actor_pod {
    char name[16];
    const struct berth_pod *latest; /* NULL: gone */
};

static struct world world;
static struct queue queue;
static struct actor_pod pods[PODS];
static int pods_len;
static int64_t now_ns;
static const char *case_name;
static int line_number;

#define EXPECT_LINE(condition, ...)                                                                          \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error("%s, line %d: ", case_name, line_number);                                            \
            fail_msg(__VA_ARGS__);                                                                           \
        }                                                                                                    \
    } while (0)

/* ---- plugins ---- */

static enum berth_hint own_change(const struct berth_cycle *c, const struct berth_change *change)
{
    return berth_hint_if(berth_same_pod(c->pod, change->new_object));
}

static enum berth_hint not_small(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c;
    const struct berth_node *node = change->new_object;
    return berth_hint_if(node->cpu >= 2000);
}

static enum berth_hint cannot_tell(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_ERROR;
}

static const struct berth_registration gate_events[] = {{{BERTH_ON_POD, BERTH_POD_LABEL}, own_change}};
static const struct berth_registration gate2_events[] = {{{BERTH_ON_NODE, BERTH_ADD}, NULL}};
static const struct berth_registration fit_events[] = {
    {{BERTH_ON_NODE, BERTH_ADD | BERTH_NODE_ALLOCATABLE}, not_small},
    {{BERTH_ON_POD, BERTH_DELETE}, NULL},
};
static const struct berth_registration wait_events[] = {{{BERTH_ON_NODE, BERTH_NODE_LABEL}, NULL}};
static const struct berth_registration broken_events[] = {{{BERTH_ON_NODE, BERTH_DELETE}, cannot_tell}};
static const struct berth_registration all_updates[] = {{{BERTH_ON_POD, BERTH_UPDATE}, own_change}};

enum plugin { GATE, GATE2, FIT, WAIT, BROKEN, ANY, CAREFUL, MUTE, PLUGINS };
static const char *const plugin_names[PLUGINS] = {"gate",   "gate2", "fit",     "wait",
                                                  "broken", "any",   "careful", "mute"};
static const struct queue_plugin plugins[PLUGINS] = {
    [GATE] = {gate_events, 1, true},    [GATE2] = {gate2_events, 1, true},   [FIT] = {fit_events, 2, true},
    [WAIT] = {wait_events, 1, true},    [BROKEN] = {broken_events, 1, true}, [ANY] = {NULL, 0, true},
    [CAREFUL] = {all_updates, 1, true}, [MUTE] = {NULL, 0, false},
};

static bool admits(void *context, uint32_t profile, uint32_t plugin, const struct berth_pod *pod)
{
    (void)context, (void)profile;
    return !berth_label_get(pod->class, pod->class->labels, world_atom(&world, plugin_names[plugin]));
}

static enum berth_hint hint(void *context, uint32_t profile, const struct registered *registered,
                            const struct berth_pod *pod, const struct berth_change *change)
{
    (void)context, (void)profile;
    struct berth_cycle c = {.pod = pod, .class = pod->class};
    return registered->what->hint(&c, change);
}

static bool less(void *self, const struct berth_queued *a, const struct berth_queued *b)
{
    (void)self;
    if (a->pod->class->priority != b->pod->class->priority)
        return a->pod->class->priority > b->pod->class->priority;
    return a->since_ns < b->since_ns;
}

/* ---- pods ---- */

static struct actor_pod *pod_named(const char *name)
{
    for (int i = 0; i < pods_len; i++)
        if (strcmp(pods[i].name, name) == 0)
            return &pods[i];
    EXPECT_LINE(pods_len < PODS, "too many pods");
    snprintf(pods[pods_len].name, sizeof(pods[0].name), "%s", name);
    return &pods[pods_len++];
}

static const struct berth_pod *latest(void *context, const struct berth_pod *pod)
{
    (void)context;
    return pod_named(world_name(pod))->latest;
}

/* Takes the part of a pod's text after `mark`, up to the next mark, out of it. */
static void take(const char *spec, char mark, char *ret, size_t size)
{
    const char *from = strchr(spec, mark);
    size_t len = from ? strcspn(from + 1, "@+>#") : 0;
    snprintf(ret, size, "%.*s", (int)len, from ? from + 1 : "");
}

static bool has_label(const char *spec, const char *label)
{
    for (const char *mark = strchr(spec, '+'); mark; mark = strchr(mark + 1, '+'))
        if (strcspn(mark + 1, "@+>#") == strlen(label) && strncmp(mark + 1, label, strlen(label)) == 0)
            return true;
    return false;
}

static const struct berth_pod *make_pod(const char *spec, const char *node, struct actor_pod **ret_actor)
{
    char name[16], priority[16], nominated[16], uid[16];
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(spec, "@+>#"), spec);
    take(spec, '@', priority, sizeof(priority));
    take(spec, '>', nominated, sizeof(nominated));
    take(spec, '#', uid, sizeof(uid));
    *ret_actor = pod_named(name);
    return world_pod(&world,
                     "metadata: {name: %s, namespace: default, uid: %s-%s, labels: {%s%s%s}}, "
                     "spec: {priority: %s%s%s}, status: {%s%s}",
                     name, name, *uid ? uid : "1", has_label(spec, "gate") ? "gate: x, " : "",
                     has_label(spec, "gate2") ? "gate2: x, " : "", has_label(spec, "other") ? "other: x" : "",
                     *priority ? priority : "0", *node ? ", nodeName: " : "", node,
                     *nominated ? "nominatedNodeName: " : "", nominated);
}

/* ---- operations; `rest` is what follows the operation's name ---- */

static void add(char *rest)
{
    struct actor_pod *actor;
    const struct berth_pod *pod = make_pod(strtok(rest, " "), "", &actor);
    actor->latest = pod;
    assert_int_equal(queue_add(&queue, pod, 0, now_ns), 0);
}

static void update(char *rest)
{
    struct actor_pod *actor;
    const struct berth_pod *pod = make_pod(strtok(rest, " "), "", &actor), *old = actor->latest;
    EXPECT_LINE(old, "no such pod");
    actor->latest = pod;
    assert_int_equal(queue_update(&queue, old, pod, 0, now_ns), 0);
}

static void delete (char *rest)
{
    struct actor_pod *actor = pod_named(strtok(rest, " "));
    const struct berth_pod *pod = actor->latest;
    EXPECT_LINE(pod, "no such pod");
    actor->latest = NULL;
    queue_delete(&queue, pod);
}

static void bind(char *rest)
{
    struct actor_pod *actor;
    const struct berth_pod *pod = make_pod(strtok(rest, " "), "n9", &actor), *old = actor->latest;
    actor->latest = pod;
    queue_delete(&queue, old);
}

static void pop(char *rest)
{
    const struct queued_pod *p = queue_pop(&queue);
    const char *want = strtok(rest, " ");
    EXPECT_LINE(strcmp(want, p ? world_name(p->pod) : "-") == 0, "popped %s", p ? world_name(p->pod) : "-");
}

static struct queued_pod *in_flight(const char *name)
{
    struct queued_pod *p = queue.in_flight.first;
    while (p && strcmp(world_name(p->pod), name) != 0)
        p = p->next;
    EXPECT_LINE(p, "%s is not in flight", name);
    return p;
}

static uint64_t plugin_bit(const char *name)
{
    for (int i = 0; i < PLUGINS; i++)
        if (strcmp(plugin_names[i], name) == 0)
            return (uint64_t)1 << i;
    EXPECT_LINE(strcmp(name, "extender") == 0, "no plugin %s", name);
    return (uint64_t)1 << QUEUE_EXTENDERS;
}

static void reject(char *rest)
{
    struct queued_pod *p = in_flight(strtok(rest, " "));
    struct queue_failure failure = {0};
    for (const char *word; (word = strtok(NULL, " ")) != NULL;)
        if (word[0] == '>') {
            failure.nominates = true;
            failure.nominated_node = word[1] ? world_atom(&world, word + 1) : NULL;
        } else if (word[0] == '!') {
            failure.pending |= plugin_bit(word + 1);
        } else if (strcmp(word, "error") != 0) {
            failure.unschedulable |= plugin_bit(word);
        }
    queue_reject(&queue, p, &failure, now_ns);
}

static void done(char *rest)
{
    queue_done(&queue, in_flight(strtok(rest, " ")));
}

static void activate(char *rest)
{
    struct actor_pod *actor = pod_named(strtok(rest, " "));
    EXPECT_LINE(actor->latest, "no such pod");
    queue_activate(&queue, actor->latest, now_ns);
}

static const struct {
    const char *name;
    uint32_t resource, actions;
    int cpu; /* of the new node; 0: a change of something else */
} script_events[] = {
    {"node-add", BERTH_ON_NODE, BERTH_ADD, 4},
    {"node-add-small", BERTH_ON_NODE, BERTH_ADD, 1},
    {"node-resize", BERTH_ON_NODE, BERTH_NODE_ALLOCATABLE, 8},
    {"node-label", BERTH_ON_NODE, BERTH_NODE_LABEL, 4},
    {"node-taint", BERTH_ON_NODE, BERTH_NODE_TAINT, 4},
    {"node-delete", BERTH_ON_NODE, BERTH_DELETE, 4},
    {"pod-add", BERTH_ON_ASSIGNED_POD, BERTH_ADD, 0},
    {"pod-delete", BERTH_ON_ASSIGNED_POD, BERTH_DELETE, 0},
    {"pod-update", BERTH_ON_ASSIGNED_POD, BERTH_UPDATE, 0},
    {"claim-add", BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD, 4},
    {"slice-add", BERTH_ON_RESOURCE_SLICE, BERTH_ADD, 4},
};

static void event(char *rest)
{
    const char *name = strtok(rest, " "), *max = strtok(NULL, " ");
    size_t i = 0;
    while (i < ARRAY_LEN(script_events) && strcmp(script_events[i].name, name) != 0)
        i++;
    EXPECT_LINE(i < ARRAY_LEN(script_events), "no event %s", name);
    const void *object =
        script_events[i].cpu ? (const void *)world_node(
            &world, "metadata: {name: n1}, status: {allocatable: {cpu: %d}}", script_events[i].cpu)
                             : world_plain_pod(&world, "somebody", "", 1);
    struct berth_change change = {{script_events[i].resource, script_events[i].actions}, NULL, object};
    queue_event(&queue, &change, max ? atoi(max) : INT32_MAX, now_ns);
}

static void tick(char *rest)
{
    (void)rest;
}

static const struct {
    const char *name;
    void (*run)(char *rest);
} operations[] = {{"add", add},     {"update", update}, {"delete", delete}, {"bind", bind},
                  {"pop", pop},     {"reject", reject}, {"done", done},     {"activate", activate},
                  {"event", event}, {"tick", tick}};

/* ---- state ---- */

static int by_name(const void *a, const void *b)
{
    char name[16];
    snprintf(name, sizeof(name), "%s", world_name((*(struct queued_pod *const *)a)->pod));
    return strcmp(name, world_name((*(struct queued_pod *const *)b)->pod));
}

static void show_place(struct buf *b, const char *label, enum queue_place place, bool gated)
{
    struct queued_pod *listed[MOST_LISTED];
    size_t len = queue_len(&queue, place);
    bool first = true;
    assert_true(len <= MOST_LISTED);
    queue_list(&queue, place, listed);
    if (place == QUEUE_PARKED)
        qsort(listed, len, sizeof(listed[0]), by_name);
    for (size_t i = 0; i < len; i++) {
        if (place == QUEUE_PARKED && (listed[i]->gate != 0) != gated)
            continue;
        buf_printf(b, "%s%s %s", first && b->len ? ", " : "", first ? label : "", world_name(listed[i]->pod));
        if (place == QUEUE_BACKOFF || place == QUEUE_ERROR_BACKOFF)
            buf_printf(b, ":%lld", (long long)(listed[i]->backoff_until_ns / BACKOFF_WINDOW_NS));
        first = false;
    }
}

static void show_nominated(struct buf *b)
{
    static const char *const nodes[] = {"n1", "n2", "n3"};
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        const struct nomination *x = nominator_first(&queue.nominator, world_atom(&world, nodes[i]));
        if (x)
            buf_printf(b, "%snominated %s=", b->len ? ", " : "", nodes[i]);
        for (; x; x = x->next)
            buf_printf(b, "%s%s", world_name(x->pod), x->next ? "," : "");
    }
}

static void check_state(const char *want)
{
    struct buf b = {0};
    show_place(&b, "active", QUEUE_ACTIVE, false);
    show_place(&b, "backoff", QUEUE_BACKOFF, false);
    show_place(&b, "failed", QUEUE_ERROR_BACKOFF, false);
    show_place(&b, "parked", QUEUE_PARKED, false);
    show_place(&b, "gated", QUEUE_PARKED, true);
    show_place(&b, "flight", QUEUE_IN_FLIGHT, false);
    show_nominated(&b);
    buf_char(&b, 0);
    EXPECT_LINE(strcmp(b.ptr, want) == 0, "want \"%s\", got \"%s\"", want, b.ptr);
    EXPECT_LINE(queue_ok(&queue), "the queue is not consistent");
    buf_fini(&b);
}

/* ---- scripts ---- */

static char *trim(char *text)
{
    text += strspn(text, " ");
    for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
        text[len - 1] = 0;
    return text;
}

static void run_line(char *line)
{
    char *bar = strchr(line, '|'), *end;
    if (bar)
        *bar = 0;
    line = trim(line);
    if (!*line || *line == '#')
        return;
    now_ns = llround(strtod(line, &end) * 1000) * 1000000;
    char *name = trim(end);
    char *rest = name + strcspn(name, " ");
    if (*rest)
        *rest++ = 0;
    size_t i = 0;
    while (i < ARRAY_LEN(operations) && strcmp(operations[i].name, name) != 0)
        i++;
    EXPECT_LINE(i < ARRAY_LEN(operations), "no operation %s", name);
    queue_tick(&queue, now_ns);
    operations[i].run(rest);
    if (bar)
        check_state(trim(bar + 1));
}

static void begin(const struct script_settings *settings)
{
    static const uint8_t gates[] = {GATE, GATE2};
    static const struct script_settings defaults;
    const struct script_settings *s = settings ? settings : &defaults;
    world_init(&world);
    pods_len = 0;
    memset(pods, 0, sizeof(pods));
    queue_init(&queue, &(struct queue_options){
                           .catalog = world.catalog,
                           .host = {NULL, admits, hint, latest},
                           .less = less,
                           .initial_backoff_ns =
                               (s->initial_backoff_s ? s->initial_backoff_s : 1) * INT64_C(1000000000),
                           .max_backoff_ns = (s->max_backoff_s ? s->max_backoff_s : 10) * INT64_C(1000000000),
                           .max_parked_ns = (s->max_parked_s ? s->max_parked_s : 300) * INT64_C(1000000000),
                       });
    struct queue_profile_setup setup = {plugins, PLUGINS, gates, ARRAY_LEN(gates), true};
    assert_int_equal(queue_add_profile(&queue, &setup), 0);
    queue_tick(&queue, llround(s->start_s * 1000) * 1000000);
}

void script_run(const char *name, const char *script, const struct script_settings *settings)
{
    char line[256];
    case_name = name;
    line_number = 0;
    begin(settings);
    for (const char *from = script; *from; from += strcspn(from, "\n"), from += *from == '\n') {
        line_number++;
        snprintf(line, sizeof(line), "%.*s", (int)strcspn(from, "\n"), from);
        run_line(line);
    }
    queue_fini(&queue);
    world_fini(&world);
}
