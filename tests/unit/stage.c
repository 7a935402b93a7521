#include "stage.h"

#include <ctype.h>

static char calls[1024];

/* ---- actors ---- */

static const struct actor *actor_of(const struct berth_cycle *c)
{
    return c->self;
}

static const char *name_of(const struct berth_cycle *c, uint32_t node)
{
    return c->nodes->node[node]->name->text;
}

static void narrow(const struct berth_cycle *c, const char *list)
{
    berth_atom names[16];
    uint32_t len = 0;
    while (*list) {
        uint32_t size = (uint32_t)strcspn(list, ",");
        names[len++] = berth_cycle_atom(c, (berth_str){list, size});
        list += size + (list[size] == ',');
    }
    berth_only_nodes(c, names, len);
}

/* The answer of `len` bytes. */
static berth_verdict answer(const struct berth_cycle *c, const char *text, size_t len)
{
    static const struct {
        const char *word;
        enum berth_code code;
    } words[] = {
        {"unschedulable", BERTH_UNSCHEDULABLE},
        {"unresolvable", BERTH_UNRESOLVABLE},
        {"error", BERTH_ERROR},
        {"pending", BERTH_PENDING},
        {"wait", BERTH_WAIT},
    };
    char line[256];
    snprintf(line, sizeof(line), "%.*s", (int)len, text);
    if (strcmp(line, "pass") == 0)
        return BERTH_PASS;
    if (strcmp(line, "skip") == 0)
        return BERTH_SKIPPED;
    if (strncmp(line, "only", 4) == 0) {
        narrow(c, line[4] ? line + 5 : line + 4);
        return BERTH_PASS;
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        size_t word = strlen(words[i].word);
        if (strncmp(line, words[i].word, word) == 0)
            return berth_reject(c, words[i].code, line[word] ? line + word + 1 : "");
    }
    fail_msg("the script says \"%s\"", line);
    return BERTH_PASS;
}

/* What stands behind "name: " in the list, its length in *ret_len; NULL: not in it. */
static const char *entry(const char *list, const char *name, size_t *ret_len)
{
    size_t len = strlen(name);
    while (*list) {
        size_t size = strcspn(list, ";");
        if (strncmp(list, name, len) == 0 && list[len] == ':') {
            *ret_len = size - len - 2;
            return list + len + 2;
        }
        list += size;
        while (*list == ';' || *list == ' ')
            list++;
    }
    return NULL;
}

static berth_verdict answer_for_node(const struct berth_cycle *c, const char *list, uint32_t node)
{
    size_t len;
    const char *text = entry(list, name_of(c, node), &len);
    return text ? answer(c, text, len) : BERTH_PASS;
}

static berth_verdict answer_all(const struct berth_cycle *c, const char *text)
{
    return answer(c, text, strlen(text));
}

static void note(const struct berth_cycle *c, const char *point)
{
    snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), "%s.%s ", actor_of(c)->name, point);
}

static berth_verdict pre_enqueue(const struct berth_cycle *c)
{
    return answer_all(c, actor_of(c)->pre_enqueue);
}

static berth_verdict pre_filter(const struct berth_cycle *c)
{
    note(c, "preFilter");
    return answer_all(c, actor_of(c)->pre_filter);
}

static berth_verdict filter(const struct berth_cycle *c, uint32_t node)
{
    return answer_for_node(c, actor_of(c)->filter, node);
}

static void filter_range(const struct berth_cycle *c, struct berth_range range, berth_verdict *verdicts)
{
    for (uint32_t node = range.from; node < range.to; node++)
        if (verdicts[node] == BERTH_PASS)
            verdicts[node] = filter(c, node);
}

static berth_verdict post_filter(const struct berth_cycle *c, const berth_verdict *verdicts,
                                 int32_t *ret_node)
{
    (void)verdicts;
    note(c, "postFilter");
    *ret_node = -1;
    return answer_all(c, actor_of(c)->post_filter);
}

static berth_verdict pre_score(const struct berth_cycle *c)
{
    return answer_all(c, actor_of(c)->pre_score);
}

static berth_verdict score(const struct berth_cycle *c, uint32_t node, int64_t *ret_score)
{
    size_t len;
    const char *text = entry(actor_of(c)->score, name_of(c, node), &len);
    *ret_score = 0;
    if (text && isalpha((unsigned char)*text))
        return answer(c, text, len);
    *ret_score = text ? strtoll(text, NULL, 10) : 0;
    return BERTH_PASS;
}

static berth_verdict score_range(const struct berth_cycle *c, struct berth_range range, int64_t *scores)
{
    berth_verdict v = BERTH_PASS;
    for (uint32_t node = range.from; node < range.to && v == BERTH_PASS; node++) {
        scores[node] = INT64_MIN; /* dead slots: nobody may look */
        v = c->nodes->node[node] ? score(c, node, &scores[node]) : BERTH_PASS;
    }
    return v;
}

static berth_verdict normalize(const struct berth_cycle *c, int64_t *scores)
{
    if (strcmp(actor_of(c)->normalize, "double") == 0) {
        for (uint32_t i = 0; i < c->feasible_len; i++)
            scores[c->feasible[i]] *= 2;
        return BERTH_PASS;
    }
    berth_verdict v = answer_all(c, actor_of(c)->normalize);
    if (v == BERTH_PASS)
        berth_normalize(c, false, scores);
    return v;
}

static berth_verdict reserve(const struct berth_cycle *c, uint32_t node)
{
    note(c, "reserve");
    return answer_for_node(c, actor_of(c)->reserve, node);
}

static void unreserve(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    note(c, "unreserve");
}

static berth_verdict permit(const struct berth_cycle *c, uint32_t node, int64_t *ret_timeout_ns)
{
    note(c, "permit");
    *ret_timeout_ns = 0;
    return answer_for_node(c, actor_of(c)->permit, node);
}

static berth_verdict pre_bind(const struct berth_cycle *c, uint32_t node)
{
    note(c, "preBind");
    return answer_for_node(c, actor_of(c)->pre_bind, node);
}

static berth_verdict bind(const struct berth_cycle *c, uint32_t node)
{
    note(c, "bind");
    return answer_for_node(c, actor_of(c)->bind, node);
}

static void post_bind(const struct berth_cycle *c, uint32_t node)
{
    (void)node;
    note(c, "postBind");
}

/* The plugin table of the actor: only the points that its script has. */
static struct berth_plugin table_of(const struct actor *a)
{
    return (struct berth_plugin){
        .abi = BERTH_ABI,
        .size = sizeof(struct berth_plugin),
        .name = a->name,
        .filter_scope = a->filter_scope,
        .score_scope = a->score_scope,
        .pre_enqueue = a->pre_enqueue ? pre_enqueue : NULL,
        .pre_filter = a->pre_filter ? pre_filter : NULL,
        .filter = a->filter && !a->ranges_only ? filter : NULL,
        .filter_range = a->filter && !a->nodes_only ? filter_range : NULL,
        .post_filter = a->post_filter ? post_filter : NULL,
        .pre_score = a->pre_score ? pre_score : NULL,
        .score = a->score && !a->ranges_only ? score : NULL,
        .score_range = a->score && !a->nodes_only ? score_range : NULL,
        .normalize = a->normalize ? normalize : NULL,
        .reserve = a->reserve ? reserve : NULL,
        .unreserve = a->unreserve ? unreserve : NULL,
        .permit = a->permit ? permit : NULL,
        .pre_bind = a->pre_bind ? pre_bind : NULL,
        .bind = a->bind ? bind : NULL,
        .post_bind = a->post_bind ? post_bind : NULL,
    };
}

/* ---- the stage ---- */

void stage_init(struct stage *s)
{
    *s = (struct stage){0};
    world_init(&s->world);
    assert_int_equal(cache_init(&s->cache, s->world.catalog), 0);
    s->rows.catalog = s->nominator.catalog = s->world.catalog;
    stage_clear(s);
}

void stage_clear(struct stage *s)
{
    row_cache_fini(&s->rows);
    s->rows = (struct row_cache){.catalog = s->world.catalog};
    s->profile =
        (struct profile){.scheduler_name = BERTH_STR("default-scheduler"), .instances = s->instances};
    for (int point = 0; point < POINT_COUNT; point++)
        s->profile.points[point].at = s->enabled[point];
}

void stage_fini(struct stage *s)
{
    assert_true(cache_ok(&s->cache));
    row_cache_fini(&s->rows);
    nominator_fini(&s->nominator);
    cache_fini(&s->cache);
    verdicts_fini(&s->verdicts);
    arena_fini(&s->arena);
    world_fini(&s->world);
}

void stage_add_plugin(struct stage *s, const struct berth_plugin *plugin, void *self, int64_t weight)
{
    struct profile *p = &s->profile;
    assert_true(p->instances_len < STAGE_ACTORS);
    struct plugin_instance *instance = &p->instances[p->instances_len++];
    *instance = (struct plugin_instance){plugin, self};
    for (int point = 0; point < POINT_COUNT; point++)
        if (plugin_has_point(plugin, (enum point)point))
            s->enabled[point][p->points[point].len++] = (struct enabled){instance, weight};
}

void stage_add(struct stage *s, const struct actor *actor)
{
    struct berth_plugin *table = &s->tables[s->profile.instances_len];
    *table = table_of(actor);
    stage_add_plugin(s, table, (void *)actor, actor->weight ? actor->weight : 1);
}

const char *stage_calls(void)
{
    return calls;
}

uint32_t stage_node(struct stage *s, const char *name, const char *labels)
{
    const struct berth_node *node = world_plain_node(&s->world, name, labels);
    assert_int_equal(cache_put_node(&s->cache, node), 0);
    return (uint32_t)node_table_find(&s->cache.nodes, node->name);
}

struct pod_entry *stage_put_pod(struct stage *s, const struct berth_pod *pod)
{
    nominator_delete(&s->nominator, pod);
    if (!pod->node_name)
        assert_int_equal(nominator_add(&s->nominator, pod, NULL), 0);
    struct pod_entry *entry = cache_put_pod(&s->cache, pod);
    assert_non_null(entry);
    return entry;
}

void stage_remove_pod(struct stage *s, struct pod_entry *entry)
{
    nominator_delete(&s->nominator, entry->pod);
    cache_remove_pod(&s->cache, entry);
}

struct cycle *stage_begin(struct stage *s, const struct berth_pod *pod)
{
    arena_reset(&s->arena);
    calls[0] = 0;
    s->cy = (struct cycle){
        .cache = &s->cache,
        .nominator = &s->nominator,
        .verdicts = &s->verdicts,
        .rows = &s->rows,
        .arena = &s->arena,
        .options = &s->options,
        .profile = &s->profile,
    };
    cycle_begin(&s->cy, pod);
    return &s->cy;
}

/* ---- showing ---- */

static void show(const struct stage *s, berth_verdict v, struct buf *b)
{
    static const char *const codes[] = {
#define X(id, label) [BERTH_##id] = #id,
        BERTH_CODES(X)
#undef X
    };
    const struct status *status = verdicts_get(&s->verdicts, v);
    if (v == BERTH_PASS || v == BERTH_SKIPPED) {
        buf_puts(b, v == BERTH_PASS ? "pass" : "skip");
        return;
    }
    if (status->plugin)
        buf_printf(b, "%s ", status->plugin);
    for (const char *p = codes[status->code]; *p; p++)
        buf_char(b, (char)tolower((unsigned char)*p));
    for (uint32_t i = 0; i < status->len; i++)
        buf_printf(b, "%s%.*s", i ? ", " : " ", BERTH_FMT(status->reasons[i]));
}

static const char *keep(struct buf *b, char *text, size_t size)
{
    snprintf(text, size, "%s", b->len ? b->ptr : "");
    buf_fini(b);
    return text;
}

const char *stage_text(const struct stage *s, berth_verdict v)
{
    static char text[512];
    struct buf b = {0};
    show(s, v, &b);
    return keep(&b, text, sizeof(text));
}

const char *stage_verdicts(const struct stage *s, const berth_verdict *verdicts)
{
    static char text[4096];
    struct buf b = {0};
    for (uint32_t slot = 0; slot < s->cache.nodes.view.len; slot++) {
        if (!s->cache.nodes.node[slot])
            continue;
        buf_printf(&b, "%s%s: ", b.len ? "; " : "", s->cache.nodes.node[slot]->name->text);
        show(s, verdicts[slot], &b);
    }
    return keep(&b, text, sizeof(text));
}
