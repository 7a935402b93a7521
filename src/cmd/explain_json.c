#include "cmd/explain.h"

#include "cmd/session.h"

/* "Success", "Unschedulable" ... */
static const char *code_label(enum berth_code code)
{
    static const char *const labels[] = {
#define X(id, label) [BERTH_##id] = label,
        BERTH_CODES(X)
#undef X
    };
    return labels[code];
}

bool explain_considered(const struct explanation *e, uint32_t slot)
{
    if (!e->nodes->node[slot])
        return false;
    for (uint32_t i = 0; i < e->pre_filter_nodes_len; i++)
        if (e->pre_filter_nodes[i] == e->nodes->node[slot]->name)
            return true;
    return !e->pre_filter_nodes;
}

static void add_key(struct buf *b, const char *key)
{
    buf_puts(b, ",\"");
    buf_puts(b, key);
    buf_puts(b, "\":");
}

static void add_text(struct buf *b, const char *key, berth_str text)
{
    if (text.len == 0)
        return;
    add_key(b, key);
    buf_json_str(b, text);
}

static void add_reasons(struct buf *b, const struct status *status)
{
    buf_char(b, '[');
    for (uint32_t i = 0; i < status->len; i++) {
        buf_puts(b, i ? "," : "");
        buf_json_str(b, status->reasons[i]);
    }
    buf_char(b, ']');
}

static void add_status(struct buf *b, const struct status *status)
{
    buf_puts(b, "{\"plugin\":");
    buf_json_str(b, status->plugin ? berth_str_of(status->plugin) : (berth_str){0});
    buf_printf(b, ",\"code\":\"%s\",\"reasons\":", code_label(status->code));
    add_reasons(b, status);
    buf_char(b, '}');
}

static void add_filter(struct buf *b, const struct core *core, const struct explanation *e)
{
    const char *separator = "";
    add_key(b, "filter");
    buf_char(b, '{');
    for (uint32_t slot = 0; e->verdicts && slot < e->nodes->len; slot++) {
        if (e->verdicts[slot] == BERTH_PASS || !explain_considered(e, slot))
            continue;
        buf_puts(b, separator);
        separator = ",";
        buf_json_str(b, berth_atom_str(e->nodes->node[slot]->name));
        buf_char(b, ':');
        add_status(b, core_status(core, e->verdicts[slot]));
    }
    buf_char(b, '}');
}

static void add_slots(struct buf *b, const char *key, const struct explanation *e, const uint32_t *slots,
                      uint32_t len)
{
    add_key(b, key);
    buf_char(b, '[');
    for (uint32_t i = 0; i < len; i++) {
        buf_puts(b, i ? "," : "");
        buf_json_str(b, berth_atom_str(e->nodes->node[slots[i]]->name));
    }
    buf_char(b, ']');
}

static void add_scores(struct buf *b, const struct explanation *e)
{
    add_key(b, "scores");
    buf_char(b, '{');
    for (uint32_t i = 0; i < e->feasible_len; i++) {
        uint32_t slot = e->feasible[i];
        buf_puts(b, i ? "," : "");
        buf_json_str(b, berth_atom_str(e->nodes->node[slot]->name));
        buf_puts(b, ":{");
        for (uint32_t p = 0; p < e->score_plugins_len; p++) {
            buf_json_str(b, berth_str_of(e->score_plugins[p]));
            buf_printf(b, ":%lld,", (long long)e->scores[p][slot]);
        }
        buf_printf(b, "\"total\":%lld}", (long long)e->total[slot]);
    }
    buf_char(b, '}');
}

static void add_pre_filter_nodes(struct buf *b, const struct explanation *e)
{
    add_key(b, "preFilterNodes");
    buf_char(b, '[');
    for (uint32_t i = 0; i < e->pre_filter_nodes_len; i++) {
        buf_puts(b, i ? "," : "");
        buf_json_str(b, berth_atom_str(e->pre_filter_nodes[i]));
    }
    buf_char(b, ']');
}

/* What PostFilter said, the node it nominates ("": none any more), the pods that would have to leave it. */
static void add_preemption(struct buf *b, const struct explanation *e)
{
    add_key(b, "preemption");
    buf_printf(b, "{\"code\":\"%s\"", code_label(e->post_filter->code));
    add_text(b, "plugin", berth_str_of(e->post_filter->plugin ? e->post_filter->plugin : ""));
    if (e->post_filter->len) {
        add_key(b, "reasons");
        add_reasons(b, e->post_filter);
    }
    if (e->nominated != BERTH_KEEP_NOMINATION) {
        add_key(b, "nominatedNode");
        buf_json_str(b,
                     e->nominated < 0 ? (berth_str){0} : berth_atom_str(e->nodes->node[e->nominated]->name));
    }
    if (e->victims_len)
        add_key(b, "victims");
    for (uint32_t i = 0; i < e->victims_len; i++) {
        struct buf name = {0};
        session_pod_name(&name, e->victims[i]);
        buf_char(b, i ? ',' : '[');
        buf_json_str(b, buf_view(&name));
        buf_fini(&name);
    }
    buf_puts(b, e->victims_len ? "]}" : "}");
}

static void add_findings(struct buf *b, const struct core *core, const struct explanation *e)
{
    if (e->pre_filter) {
        add_key(b, "preFilter");
        add_status(b, e->pre_filter);
    }
    if (e->pre_filter_nodes)
        add_pre_filter_nodes(b, e);
    add_filter(b, core, e);
    add_slots(b, "feasible", e, e->feasible, e->feasible_len);
    if (e->total)
        add_scores(b, e);
    if (e->best_len)
        add_slots(b, "best", e, e->best, e->best_len);
    add_text(b, "nominatedFit", berth_atom_str(e->nominated_fit));
    add_text(b, "error", e->error);
    add_text(b, "scoreError", e->score_error);
    add_text(b, "message", e->message);
    if (e->post_filter)
        add_preemption(b, e);
}

void explain_json(struct buf *b, const struct core *core, const struct explanation *e)
{
    struct buf name = {0};
    session_pod_name(&name, e->pod);
    buf_puts(b, "{\"pod\":");
    buf_json_str(b, buf_view(&name));
    buf_fini(&name);
    if (!e->responsible) {
        buf_puts(b, ",\"responsible\":false");
    } else if (e->pre_enqueue) {
        add_key(b, "preEnqueue");
        add_status(b, e->pre_enqueue);
    } else {
        add_findings(b, core, e);
    }
}

void explain_json_end(struct buf *b)
{
    buf_char(b, '}');
}

bool explain_is_misfit(const struct explanation *e)
{
    return e->responsible && !e->error.len && e->feasible_len == 0 && e->nodes->live > 0;
}
