/*
 * Changes in words: what to do, on how many nodes the pod fits then, and one of them.
 */
#include "cmd/explain.h"

#include "cmd/session.h"
#include "cmd/table.h"
#include "cmd/units.h"

enum { MOST_ROWS = 5, NAMED_PODS = 2 };

/* ---- what things are called ---- */

static const void *item(const void *block, berth_list list, size_t size, uint32_t at)
{
    return (const char *)berth_list_at(block, list) + at * size;
}

static void add_taint(struct buf *b, const struct berth_taint *taint)
{
    static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute"};
    buf_puts(b, taint->key->text);
    if (taint->value->len)
        buf_printf(b, "=%s", taint->value->text);
    if (taint->effect < BERTH_EFFECT_OTHER)
        buf_printf(b, ":%s", effects[taint->effect]);
}

static void add_atoms(struct buf *b, const void *block, berth_list atoms)
{
    const char *separator = "";
    berth_each (berth_atom, atom, block, atoms) {
        buf_printf(b, "%s%s", separator, (*atom)->text);
        separator = ", ";
    }
}

/* As kubectl's selectors: "app=web", "app in (web, db)", "!app". */
static void add_requirement(struct buf *b, const void *block, const struct berth_requirement *r)
{
    const berth_atom *values = berth_list_at(block, r->values);
    switch ((enum berth_operator)r->op) {
    case BERTH_IN:
    case BERTH_NOT_IN:
        if (r->values.len == 1) {
            buf_printf(b, "%s%s%s", r->key->text, r->op == BERTH_IN ? "=" : "!=", values[0]->text);
            return;
        }
        buf_printf(b, "%s %s (", r->key->text, r->op == BERTH_IN ? "in" : "notin");
        add_atoms(b, block, r->values);
        buf_char(b, ')');
        return;
    case BERTH_EXISTS:
    case BERTH_DOES_NOT_EXIST:
        buf_printf(b, "%s%s", r->op == BERTH_EXISTS ? "" : "!", r->key->text);
        return;
    case BERTH_GREATER:
    case BERTH_LESS:
        buf_printf(b, "%s %s %lld", r->key->text, r->op == BERTH_GREATER ? ">" : "<", (long long)r->number);
        return;
    }
}

static void add_selector(struct buf *b, const void *block, const struct berth_selector *selector)
{
    const char *separator = "";
    berth_each (struct berth_requirement, requirement, block, selector->requirements) {
        buf_puts(b, separator);
        add_requirement(b, block, requirement);
        separator = ",";
    }
    if (!*separator)
        buf_puts(b, selector->selects == BERTH_SELECTS_EVERYTHING ? "every pod" : "no pod");
}

static void add_labels(struct buf *b, const struct remedy_step *step)
{
    for (uint32_t i = 0; i < step->labels_len; i++)
        buf_printf(b, "%s%s=%s", i ? "," : "", step->labels[i].key->text, step->labels[i].value->text);
}

/* The places of requirements in a term: expressions first, then fields. */
static const struct berth_requirement *node_requirement(const struct berth_class *class,
                                                        const struct pod_edit *edit)
{
    const struct berth_node_term *term =
        item(class, class->required_nodes, sizeof(struct berth_node_term), edit->at);
    uint32_t expressions = term->expressions.len;
    return edit->part < expressions
               ? item(class, term->expressions, sizeof(struct berth_requirement), edit->part)
               : item(class, term->fields, sizeof(struct berth_requirement), edit->part - expressions);
}

static int64_t requested(const struct berth_class *class, berth_atom resource)
{
    berth_str name = berth_atom_str(resource);
    if (berth_str_eq(name, BERTH_STR("cpu")))
        return class->cpu;
    if (berth_str_eq(name, BERTH_STR("memory")))
        return class->memory;
    if (berth_str_eq(name, BERTH_STR("ephemeral-storage")))
        return class->ephemeral_storage;
    berth_each (struct berth_amount, amount, class, class->scalars)
        if (amount->resource == resource)
            return amount->value;
    return 0;
}

/* ---- one step in words, and as members of a JSON object ---- */

/* What a step is said of. */
struct saying {
    const struct core *core;
    const struct berth_class *class;
    const struct berth_pod *pod;
    const struct remedy *remedy;
    const struct remedy_step *step;
};

static void say_one_of(struct buf *b, const struct saying *s)
{
    if (s->remedy->nodes > 1 || !s->remedy->example)
        buf_printf(b, "one of %u nodes", s->remedy->nodes);
    else
        buf_puts(b, s->remedy->example->text);
}

static void put_key(struct buf *b, const char *key)
{
    buf_printf(b, ",\"%s\":", key);
}

static void put_text(struct buf *b, const char *key, berth_str text)
{
    put_key(b, key);
    buf_json_str(b, text);
}

static void put_quantity(struct buf *b, berth_str resource, int64_t amount)
{
    struct buf text = {0};
    unit_quantity(&text, resource, amount);
    buf_json_str(b, buf_view(&text));
    buf_fini(&text);
}

static void put_index(struct buf *b, const struct saying *s)
{
    buf_printf(b, ",\"index\":%u", s->step->edit.at);
}

static void say_gates(struct buf *b, const struct saying *s)
{
    buf_printf(b, "remove the scheduling gate%s ", s->class->gates.len > 1 ? "s" : "");
    add_atoms(b, s->class, s->class->gates);
}

static void say_uncordon(struct buf *b, const struct saying *s)
{
    buf_puts(b, "uncordon ");
    say_one_of(b, s);
}

static void say_toleration(struct buf *b, const struct saying *s)
{
    add_taint(b, &s->step->edit.taint);
}

static void put_taint(struct buf *b, const struct saying *s)
{
    struct buf text = {0};
    add_taint(&text, &s->step->edit.taint);
    put_text(b, "taint", buf_view(&text));
    buf_fini(&text);
}

static void say_taint_cleared(struct buf *b, const struct saying *s)
{
    buf_puts(b, "get rid of ");
    add_taint(b, &s->step->edit.taint);
    buf_puts(b, " on ");
    say_one_of(b, s);
}

static void say_labels(struct buf *b, const struct saying *s)
{
    buf_puts(b, "label ");
    say_one_of(b, s);
    buf_char(b, ' ');
    add_labels(b, s->step);
}

static void put_labels(struct buf *b, const struct saying *s)
{
    for (uint32_t i = 0; i < s->step->labels_len; i++) {
        buf_puts(b, i ? "," : ",\"labels\":{");
        buf_json_str(b, berth_atom_str(s->step->labels[i].key));
        buf_char(b, ':');
        buf_json_str(b, berth_atom_str(s->step->labels[i].value));
    }
    buf_puts(b, s->step->labels_len ? "}" : "");
}

static void say_freed(struct buf *b, const struct saying *s)
{
    buf_puts(b, "free ");
    for (uint32_t i = 0; i < s->step->freed_len; i++) {
        const struct core_freed *freed = &s->step->freed[i];
        berth_str resource = core_resource_name(s->core, freed->column);
        buf_puts(b, i == 0 ? "" : i + 1 < s->step->freed_len ? ", " : " and ");
        if (freed->column == BERTH_PODS) {
            buf_puts(b, "the place of a pod");
            continue;
        }
        unit_quantity(b, resource, freed->amount);
        buf_printf(b, " %.*s", BERTH_FMT(resource));
    }
    buf_puts(b, " on ");
    say_one_of(b, s);
}

static void put_freed(struct buf *b, const struct saying *s)
{
    put_key(b, "free");
    for (uint32_t i = 0; i < s->step->freed_len; i++) {
        berth_str resource = core_resource_name(s->core, s->step->freed[i].column);
        buf_char(b, i ? ',' : '{');
        buf_json_str(b, resource);
        buf_char(b, ':');
        put_quantity(b, resource, s->step->freed[i].amount);
    }
    buf_char(b, '}');
}

static void say_request(struct buf *b, const struct saying *s)
{
    const struct pod_edit *edit = &s->step->edit;
    berth_str resource = berth_atom_str(edit->resource);
    if (edit->amount > 0)
        unit_quantity(b, resource, edit->amount);
    else
        buf_puts(b, "no");
    buf_printf(b, " %.*s instead of ", BERTH_FMT(resource));
    unit_quantity(b, resource, requested(s->class, edit->resource));
}

static void put_request(struct buf *b, const struct saying *s)
{
    berth_str resource = berth_atom_str(s->step->edit.resource);
    put_text(b, "resource", resource);
    put_key(b, "request");
    put_quantity(b, resource, s->step->edit.amount);
}

static const struct berth_spread *spread_of(const struct saying *s)
{
    return item(s->class, s->class->spread, sizeof(struct berth_spread), s->step->edit.at);
}

static void say_max_skew(struct buf *b, const struct saying *s)
{
    const struct berth_spread *spread = spread_of(s);
    buf_printf(b, "raise maxSkew from %d to %lld for %s", spread->max_skew, (long long)s->step->edit.amount,
               spread->topology_key->text);
}

static void put_max_skew(struct buf *b, const struct saying *s)
{
    put_index(b, s);
    buf_printf(b, ",\"maxSkew\":%lld", (long long)s->step->edit.amount);
}

static void say_spread(struct buf *b, const struct saying *s)
{
    buf_printf(b, "remove the spread constraint on %s", spread_of(s)->topology_key->text);
}

static void say_moved(struct buf *b, const struct saying *s)
{
    const struct berth_pod *const *moved = s->step->moved;
    uint32_t len = s->step->moved_len, same = 1;
    buf_puts(b, "move ");
    for (uint32_t i = 0; i < len && i < NAMED_PODS; i++) {
        buf_puts(b, i ? ", " : "");
        session_pod_name(b, moved[i]);
    }
    if (len > NAMED_PODS)
        buf_printf(b, " and %u more", len - NAMED_PODS);
    while (same < len && moved[same]->node_name == moved[0]->node_name)
        same++;
    buf_printf(b, " off %s%s", moved[0]->node_name->text, same < len ? " and other nodes" : "");
}

static void put_moved(struct buf *b, const struct saying *s)
{
    put_key(b, "pods");
    for (uint32_t i = 0; i < s->step->moved_len; i++) {
        struct buf name = {0};
        session_pod_name(&name, s->step->moved[i]);
        buf_char(b, i ? ',' : '[');
        buf_json_str(b, buf_view(&name));
        buf_fini(&name);
    }
    buf_char(b, ']');
}

static void say_node_name(struct buf *b, const struct saying *s)
{
    buf_printf(b, "leave out spec.nodeName (%s)", s->pod->node_name->text);
}

static const struct berth_label *selected_label(const struct saying *s)
{
    return item(s->class, s->class->node_selector, sizeof(struct berth_label), s->step->edit.at);
}

static void say_node_selector(struct buf *b, const struct saying *s)
{
    const struct berth_label *label = selected_label(s);
    buf_printf(b, "remove %s=%s from the node selector", label->key->text, label->value->text);
}

static void put_node_selector(struct buf *b, const struct saying *s)
{
    put_text(b, "key", berth_atom_str(selected_label(s)->key));
}

static void say_node_requirement(struct buf *b, const struct saying *s)
{
    buf_puts(b, "remove ");
    add_requirement(b, s->class, node_requirement(s->class, &s->step->edit));
    buf_puts(b, " from the node affinity");
}

static void put_node_requirement(struct buf *b, const struct saying *s)
{
    put_text(b, "key", berth_atom_str(node_requirement(s->class, &s->step->edit)->key));
    put_index(b, s);
}

/* With what it requires, if that is one thing. */
static void say_node_affinity(struct buf *b, const struct saying *s)
{
    const struct berth_node_term *term = berth_list_at(s->class, s->class->required_nodes);
    buf_puts(b, "remove the required node affinity");
    if (s->class->required_nodes.len != 1 || term->expressions.len + term->fields.len != 1)
        return;
    buf_char(b, ' ');
    add_requirement(b, s->class, node_requirement(s->class, &(struct pod_edit){0}));
}

static void say_term(struct buf *b, const struct saying *s, berth_list terms, const char *what)
{
    const struct berth_pod_term *term =
        item(s->class, terms, sizeof(struct berth_pod_term), s->step->edit.at);
    buf_printf(b, "remove the %s term on ", what);
    add_selector(b, s->class, &term->selector);
    buf_printf(b, " by %s", term->topology_key->text);
}

static void say_affinity(struct buf *b, const struct saying *s)
{
    say_term(b, s, s->class->required_affinity, "affinity");
}

static void say_anti_affinity(struct buf *b, const struct saying *s)
{
    say_term(b, s, s->class->required_anti_affinity, "anti-affinity");
}

static const struct berth_port *port_of(const struct saying *s)
{
    return item(s->class, s->class->ports, sizeof(struct berth_port), s->step->edit.at);
}

static void say_port(struct buf *b, const struct saying *s)
{
    buf_printf(b, "give up the host port %d/%s", port_of(s)->port, port_of(s)->protocol->text);
}

static void put_port(struct buf *b, const struct saying *s)
{
    buf_printf(b, ",\"hostPort\":%d", port_of(s)->port);
    put_text(b, "protocol", berth_atom_str(port_of(s)->protocol));
}

static const struct berth_volume *volume_of(const struct saying *s)
{
    return item(s->class, s->class->volumes, sizeof(struct berth_volume), s->step->edit.at);
}

static void say_volume(struct buf *b, const struct saying *s)
{
    const struct berth_volume *volume = volume_of(s);
    buf_printf(b, "leave out the volume %s", volume->name->text);
    if (volume->kind == BERTH_VOLUME_CLAIM && volume->source)
        buf_printf(b, " (claim %s)", volume->source->text);
}

static void put_volume(struct buf *b, const struct saying *s)
{
    put_text(b, "volume", berth_atom_str(volume_of(s)->name));
}

static void say_new_node(struct buf *b, const struct saying *s)
{
    buf_printf(b, "add a node like %s%s", s->step->like->name->text, s->step->labels_len ? " with " : "");
    add_labels(b, s->step);
}

static void put_new_node(struct buf *b, const struct saying *s)
{
    put_text(b, "like", berth_atom_str(s->step->like->name));
    put_labels(b, s);
}

typedef void (*say_fn)(struct buf *b, const struct saying *s);

static const struct {
    say_fn say, put;  /* words; members, NULL: none */
    const char *verb; /* said once for several such steps in a row; NULL: `say` has it */
} kinds[REMEDY_KIND_COUNT] = {
    [REMEDY_REMOVE_GATES] = {say_gates, NULL, NULL},
    [REMEDY_UNCORDON] = {say_uncordon, NULL, NULL},
    [REMEDY_TOLERATE] = {say_toleration, put_taint, "tolerate "},
    [REMEDY_LABEL_NODE] = {say_labels, put_labels, NULL},
    [REMEDY_FREE] = {say_freed, put_freed, NULL},
    [REMEDY_LOWER_REQUEST] = {say_request, put_request, "request "},
    [REMEDY_RAISE_MAX_SKEW] = {say_max_skew, put_max_skew, NULL},
    [REMEDY_MOVE_PODS] = {say_moved, put_moved, NULL},
    [REMEDY_CLEAR_TAINT] = {say_taint_cleared, put_taint, NULL},
    [REMEDY_CLEAR_NODE_NAME] = {say_node_name, NULL, NULL},
    [REMEDY_DROP_NODE_SELECTOR] = {say_node_selector, put_node_selector, NULL},
    [REMEDY_DROP_NODE_REQUIREMENT] = {say_node_requirement, put_node_requirement, NULL},
    [REMEDY_DROP_NODE_AFFINITY] = {say_node_affinity, NULL, NULL},
    [REMEDY_DROP_AFFINITY] = {say_affinity, put_index, NULL},
    [REMEDY_DROP_ANTI_AFFINITY] = {say_anti_affinity, put_index, NULL},
    [REMEDY_DROP_SPREAD] = {say_spread, put_index, NULL},
    [REMEDY_DROP_PORT] = {say_port, put_port, NULL},
    [REMEDY_DROP_VOLUME] = {say_volume, put_volume, NULL},
    [REMEDY_ADD_NODE] = {say_new_node, put_new_node, NULL},
};

static struct saying saying_of(const struct core *core, const struct berth_pod *pod,
                               const struct remedy *remedy, uint32_t step)
{
    return (struct saying){core, pod->class, pod, remedy, &remedy->steps[step]};
}

static void say_remedy(struct buf *b, const struct core *core, const struct berth_pod *pod,
                       const struct remedy *remedy)
{
    for (uint32_t i = 0; i < remedy->steps_len; i++) {
        struct saying saying = saying_of(core, pod, remedy, i);
        uint32_t kind = remedy->steps[i].kind;
        bool again = i > 0 && kind == remedy->steps[i - 1].kind;
        buf_puts(b, i ? " and " : "");
        buf_puts(b, kinds[kind].verb && !again ? kinds[kind].verb : "");
        kinds[kind].say(b, &saying);
    }
}

/* ---- the table ---- */

static void add_row(struct table *t, const struct core *core, const struct berth_pod *pod,
                    const struct remedy *remedy, const struct term *term)
{
    struct buf text = {0};
    say_remedy(&text, core, pod, remedy);
    table_cell(t, term, PLAIN, buf_view(&text));
    table_cellf(t, term, GREEN, "%u", remedy->nodes);
    table_cell(t, term, DIM, remedy->example ? berth_atom_str(remedy->example) : BERTH_STR("the new one"));
    buf_fini(&text);
}

void explain_remedies(struct buf *b, const struct core *core, const struct berth_pod *pod,
                     const struct remedies *remedies, const struct term *term)
{
    static const char *const titles[] = {"IT FITS IF YOU", "NODES", "FOR EXAMPLE"};
    buf_char(b, '\n');
    if (remedies->list.len == 0) {
        term_wrap(b, BERTH_STR("No small change was found with which it fits."), 2, term->width);
        return;
    }
    struct table t = {.columns = 3, .right = 1 << 1};
    for (size_t i = 0; i < 3; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (size_t i = 0; i < remedies->list.len && i < MOST_ROWS; i++)
        add_row(&t, core, pod, &remedies->list.at[i], term);
    table_write(&t, b, 2);
    table_fini(&t);
}

/* ---- JSON ---- */

static void put_fields(struct buf *b, const struct core *core, const struct berth_pod *pod,
                       const struct remedy *remedy, uint32_t step)
{
    struct saying saying = saying_of(core, pod, remedy, step);
    if (kinds[remedy->steps[step].kind].put)
        kinds[remedy->steps[step].kind].put(b, &saying);
}

static void put_steps(struct buf *b, const struct core *core, const struct berth_pod *pod,
                      const struct remedy *remedy)
{
    put_key(b, "steps");
    for (uint32_t i = 0; i < remedy->steps_len; i++) {
        buf_printf(b, "%s{\"kind\":\"%s\"", i ? "," : "[", remedy_kind_name(remedy->steps[i].kind));
        put_fields(b, core, pod, remedy, i);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void put_remedy(struct buf *b, const struct core *core, const struct berth_pod *pod,
                       const struct remedy *remedy)
{
    struct buf text = {0};
    say_remedy(&text, core, pod, remedy);
    bool one = remedy->steps_len == 1;
    buf_printf(b, "{\"kind\":\"%s\"", one ? remedy_kind_name(remedy->steps[0].kind) : "several");
    put_text(b, "text", buf_view(&text));
    buf_printf(b, ",\"nodes\":%u", remedy->nodes);
    if (remedy->example)
        put_text(b, "exampleNode", berth_atom_str(remedy->example));
    if (one)
        put_fields(b, core, pod, remedy, 0);
    else
        put_steps(b, core, pod, remedy);
    buf_char(b, '}');
    buf_fini(&text);
}

void explain_remedies_json(struct buf *b, const struct core *core, const struct berth_pod *pod,
                          const struct remedies *remedies)
{
    put_key(b, "changes");
    buf_char(b, '[');
    for (size_t i = 0; i < remedies->list.len; i++) {
        buf_puts(b, i ? "," : "");
        put_remedy(b, core, pod, &remedies->list.at[i]);
    }
    buf_char(b, ']');
}
