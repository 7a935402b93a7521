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

static void add_labels(struct buf *b, const struct change_step *step)
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

/* ---- one step in words ---- */

static void say_one_of(struct buf *b, const struct change *change)
{
    if (change->nodes > 1)
        buf_printf(b, "one of %u nodes", change->nodes);
    else
        buf_puts(b, change->example->text);
}

static void say_node_affinity(struct buf *b, const struct berth_class *class)
{
    const struct berth_node_term *term = berth_list_at(class, class->required_nodes);
    buf_puts(b, "remove the required node affinity");
    if (class->required_nodes.len != 1 || term->expressions.len + term->fields.len != 1)
        return;
    buf_char(b, ' ');
    add_requirement(b, class, node_requirement(class, &(struct pod_edit){0}));
}

static void say_pod_term(struct buf *b, const struct berth_class *class, const struct change_step *step)
{
    bool anti = step->kind == CHANGE_DROP_ANTI_AFFINITY;
    const struct berth_pod_term *term =
        item(class, anti ? class->required_anti_affinity : class->required_affinity,
             sizeof(struct berth_pod_term), step->edit.at);
    buf_printf(b, "remove the %saffinity term on ", anti ? "anti-" : "");
    add_selector(b, class, &term->selector);
    buf_printf(b, " by %s", term->topology_key->text);
}

static void say_freed(struct buf *b, const struct core *core, const struct change *change,
                      const struct change_step *step)
{
    buf_puts(b, "free ");
    for (uint32_t i = 0; i < step->freed_len; i++) {
        const struct core_freed *freed = &step->freed[i];
        berth_str resource = core_resource_name(core, freed->column);
        buf_puts(b, i == 0 ? "" : i + 1 < step->freed_len ? ", " : " and ");
        if (freed->column == BERTH_PODS) {
            buf_puts(b, "the place of a pod");
            continue;
        }
        unit_quantity(b, resource, freed->amount);
        buf_printf(b, " %.*s", BERTH_FMT(resource));
    }
    buf_puts(b, " on ");
    say_one_of(b, change);
}

static void say_request(struct buf *b, const struct berth_class *class, const struct pod_edit *edit)
{
    berth_str resource = berth_atom_str(edit->resource);
    if (edit->amount > 0)
        unit_quantity(b, resource, edit->amount);
    else
        buf_puts(b, "no");
    buf_printf(b, " %.*s instead of ", BERTH_FMT(resource));
    unit_quantity(b, resource, requested(class, edit->resource));
}

static void say_spread(struct buf *b, const struct berth_class *class, const struct change_step *step)
{
    const struct berth_spread *spread = item(class, class->spread, sizeof(*spread), step->edit.at);
    if (step->kind == CHANGE_DROP_SPREAD)
        buf_printf(b, "remove the spread constraint on %s", spread->topology_key->text);
    else
        buf_printf(b, "raise maxSkew from %d to %lld for %s", spread->max_skew, (long long)step->edit.amount,
                   spread->topology_key->text);
}

static void say_volume(struct buf *b, const struct berth_class *class, uint32_t at)
{
    const struct berth_volume *volume = item(class, class->volumes, sizeof(*volume), at);
    buf_printf(b, "leave out the volume %s", volume->name->text);
    if (volume->kind == BERTH_VOLUME_CLAIM && volume->source)
        buf_printf(b, " (claim %s)", volume->source->text);
}

static void say_moved(struct buf *b, const struct change_step *step)
{
    buf_puts(b, "move ");
    for (uint32_t i = 0; i < step->moved_len && i < NAMED_PODS; i++) {
        buf_puts(b, i ? ", " : "");
        session_pod_name(b, step->moved[i]);
    }
    if (step->moved_len > NAMED_PODS)
        buf_printf(b, " and %u more", step->moved_len - NAMED_PODS);
    buf_printf(b, " off %s", step->moved[0]->node_name->text);
    for (uint32_t i = 1; i < step->moved_len; i++)
        if (step->moved[i]->node_name != step->moved[0]->node_name) {
            buf_puts(b, " and other nodes");
            break;
        }
}

static void say_new_node(struct buf *b, const struct change_step *step)
{
    buf_printf(b, "add a node like %s", step->like->name->text);
    if (step->labels_len)
        buf_puts(b, " with ");
    add_labels(b, step);
}

/* All but the verb of steps that often come together, which is said once. */
static void say_step(struct buf *b, const struct core *core, const struct berth_pod *pod,
                     const struct change *change, const struct change_step *step)
{
    const struct berth_class *class = pod->class;
    const struct pod_edit *edit = &step->edit;
    switch ((enum change_kind)step->kind) {
    case CHANGE_REMOVE_GATES:
        buf_printf(b, "remove the scheduling gate%s ", class->gates.len > 1 ? "s" : "");
        add_atoms(b, class, class->gates);
        break;
    case CHANGE_UNCORDON:
        buf_puts(b, "uncordon ");
        say_one_of(b, change);
        break;
    case CHANGE_TOLERATE:
        add_taint(b, &edit->taint);
        break;
    case CHANGE_LABEL_NODE:
        buf_puts(b, "label ");
        say_one_of(b, change);
        buf_char(b, ' ');
        add_labels(b, step);
        break;
    case CHANGE_FREE:
        say_freed(b, core, change, step);
        break;
    case CHANGE_LOWER_REQUEST:
        say_request(b, class, edit);
        break;
    case CHANGE_RAISE_MAX_SKEW:
    case CHANGE_DROP_SPREAD:
        say_spread(b, class, step);
        break;
    case CHANGE_MOVE_PODS:
        say_moved(b, step);
        break;
    case CHANGE_CLEAR_TAINT:
        buf_puts(b, "get rid of ");
        add_taint(b, &edit->taint);
        buf_puts(b, " on ");
        say_one_of(b, change);
        break;
    case CHANGE_CLEAR_NODE_NAME:
        buf_printf(b, "leave out spec.nodeName (%s)", pod->node_name->text);
        break;
    case CHANGE_DROP_NODE_SELECTOR: {
        const struct berth_label *label = item(class, class->node_selector, sizeof(*label), edit->at);
        buf_printf(b, "remove %s=%s from the node selector", label->key->text, label->value->text);
        break;
    }
    case CHANGE_DROP_NODE_REQUIREMENT:
        buf_puts(b, "remove ");
        add_requirement(b, class, node_requirement(class, edit));
        buf_puts(b, " from the node affinity");
        break;
    case CHANGE_DROP_NODE_AFFINITY:
        say_node_affinity(b, class);
        break;
    case CHANGE_DROP_AFFINITY:
    case CHANGE_DROP_ANTI_AFFINITY:
        say_pod_term(b, class, step);
        break;
    case CHANGE_DROP_PORT: {
        const struct berth_port *port = item(class, class->ports, sizeof(*port), edit->at);
        buf_printf(b, "give up the host port %d/%s", port->port, port->protocol->text);
        break;
    }
    case CHANGE_DROP_VOLUME:
        say_volume(b, class, edit->at);
        break;
    case CHANGE_ADD_NODE:
        say_new_node(b, step);
        break;
    case CHANGE_KIND_COUNT:
        break;
    }
}

static void say_change(struct buf *b, const struct core *core, const struct berth_pod *pod,
                       const struct change *change)
{
    for (uint32_t i = 0; i < change->steps_len; i++) {
        uint32_t kind = change->steps[i].kind;
        bool again = i > 0 && kind == change->steps[i - 1].kind;
        buf_puts(b, i ? " and " : "");
        if (!again && (kind == CHANGE_TOLERATE || kind == CHANGE_LOWER_REQUEST))
            buf_puts(b, kind == CHANGE_TOLERATE ? "tolerate " : "request ");
        say_step(b, core, pod, change, &change->steps[i]);
    }
}

/* ---- the table ---- */

static void add_row(struct table *t, const struct core *core, const struct berth_pod *pod,
                    const struct change *change, const struct term *term)
{
    struct buf text = {0};
    say_change(&text, core, pod, change);
    table_cell(t, term, PLAIN, buf_view(&text));
    table_cellf(t, term, GREEN, "%u", change->nodes);
    table_cell(t, term, DIM, change->example ? berth_atom_str(change->example) : BERTH_STR("the new one"));
    buf_fini(&text);
}

void explain_changes(struct buf *b, const struct core *core, const struct berth_pod *pod,
                     const struct changes *changes, const struct term *term)
{
    static const char *const titles[] = {"IT FITS IF YOU", "NODES", "FOR EXAMPLE"};
    buf_char(b, '\n');
    if (changes->list.len == 0) {
        term_wrap(b, BERTH_STR("No small change was found with which it fits."), 2, term->width);
        return;
    }
    struct table t = {.columns = 3, .right = 1 << 1};
    for (size_t i = 0; i < 3; i++)
        table_cell(&t, term, DIM, berth_str_of(titles[i]));
    for (size_t i = 0; i < changes->list.len && i < MOST_ROWS; i++)
        add_row(&t, core, pod, &changes->list.at[i], term);
    table_write(&t, b, 2);
    table_fini(&t);
}

/* ---- JSON ---- */

static void add_key(struct buf *b, const char *key)
{
    buf_printf(b, ",\"%s\":", key);
}

static void add_text(struct buf *b, const char *key, berth_str text)
{
    add_key(b, key);
    buf_json_str(b, text);
}

/* Adds what `say` writes, as a string. */
static void add_quantity(struct buf *b, berth_str resource, int64_t amount)
{
    struct buf text = {0};
    unit_quantity(&text, resource, amount);
    buf_json_str(b, buf_view(&text));
    buf_fini(&text);
}

static void add_taint_json(struct buf *b, const struct berth_taint *taint)
{
    struct buf text = {0};
    add_taint(&text, taint);
    add_text(b, "taint", buf_view(&text));
    buf_fini(&text);
}

static void add_freed_json(struct buf *b, const struct core *core, const struct change_step *step)
{
    add_key(b, "free");
    for (uint32_t i = 0; i < step->freed_len; i++) {
        berth_str resource = core_resource_name(core, step->freed[i].column);
        buf_char(b, i ? ',' : '{');
        buf_json_str(b, resource);
        buf_char(b, ':');
        add_quantity(b, resource, step->freed[i].amount);
    }
    buf_char(b, '}');
}

static void add_labels_json(struct buf *b, const struct change_step *step)
{
    for (uint32_t i = 0; i < step->labels_len; i++) {
        buf_puts(b, i ? "," : ",\"labels\":{");
        buf_json_str(b, berth_atom_str(step->labels[i].key));
        buf_char(b, ':');
        buf_json_str(b, berth_atom_str(step->labels[i].value));
    }
    buf_puts(b, step->labels_len ? "}" : "");
}

static void add_pods_json(struct buf *b, const struct change_step *step)
{
    add_key(b, "pods");
    for (uint32_t i = 0; i < step->moved_len; i++) {
        struct buf name = {0};
        session_pod_name(&name, step->moved[i]);
        buf_char(b, i ? ',' : '[');
        buf_json_str(b, buf_view(&name));
        buf_fini(&name);
    }
    buf_char(b, ']');
}

/* The members that tell what exactly a step does. Places in lists of the spec are given as "index". */
static void add_fields(struct buf *b, const struct core *core, const struct berth_pod *pod,
                       const struct change_step *step)
{
    const struct pod_edit *edit = &step->edit;
    switch ((enum change_kind)step->kind) {
    case CHANGE_TOLERATE:
    case CHANGE_CLEAR_TAINT:
        add_taint_json(b, &edit->taint);
        break;
    case CHANGE_FREE:
        add_freed_json(b, core, step);
        break;
    case CHANGE_LOWER_REQUEST:
        add_text(b, "resource", berth_atom_str(edit->resource));
        add_key(b, "request");
        add_quantity(b, berth_atom_str(edit->resource), edit->amount);
        break;
    case CHANGE_RAISE_MAX_SKEW:
        add_key(b, "maxSkew");
        buf_printf(b, "%lld,\"index\":%u", (long long)edit->amount, edit->at);
        break;
    case CHANGE_MOVE_PODS:
        add_pods_json(b, step);
        break;
    case CHANGE_ADD_NODE:
        add_text(b, "like", berth_atom_str(step->like->name));
        add_labels_json(b, step);
        break;
    case CHANGE_LABEL_NODE:
        add_labels_json(b, step);
        break;
    case CHANGE_DROP_NODE_SELECTOR: {
        const struct berth_label *label =
            item(pod->class, pod->class->node_selector, sizeof(*label), edit->at);
        add_text(b, "key", berth_atom_str(label->key));
        break;
    }
    case CHANGE_DROP_NODE_REQUIREMENT:
        add_text(b, "key", berth_atom_str(node_requirement(pod->class, edit)->key));
        buf_printf(b, ",\"index\":%u", edit->at);
        break;
    case CHANGE_DROP_AFFINITY:
    case CHANGE_DROP_ANTI_AFFINITY:
    case CHANGE_DROP_SPREAD:
        buf_printf(b, ",\"index\":%u", edit->at);
        break;
    case CHANGE_DROP_PORT: {
        const struct berth_port *port = item(pod->class, pod->class->ports, sizeof(*port), edit->at);
        buf_printf(b, ",\"hostPort\":%d,\"protocol\":", port->port);
        buf_json_str(b, berth_atom_str(port->protocol));
        break;
    }
    case CHANGE_DROP_VOLUME: {
        const struct berth_volume *volume = item(pod->class, pod->class->volumes, sizeof(*volume), edit->at);
        add_text(b, "volume", berth_atom_str(volume->name));
        break;
    }
    default:
        break;
    }
}

static void add_steps(struct buf *b, const struct core *core, const struct berth_pod *pod,
                      const struct change *change)
{
    add_key(b, "steps");
    for (uint32_t i = 0; i < change->steps_len; i++) {
        buf_printf(b, "%s{\"kind\":\"%s\"", i ? "," : "[", change_kind_name(change->steps[i].kind));
        add_fields(b, core, pod, &change->steps[i]);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

static void add_change(struct buf *b, const struct core *core, const struct berth_pod *pod,
                       const struct change *change)
{
    struct buf text = {0};
    say_change(&text, core, pod, change);
    bool one = change->steps_len == 1;
    buf_printf(b, "{\"kind\":\"%s\",\"text\":", one ? change_kind_name(change->steps[0].kind) : "several");
    buf_json_str(b, buf_view(&text));
    buf_printf(b, ",\"nodes\":%u", change->nodes);
    if (change->example)
        add_text(b, "exampleNode", berth_atom_str(change->example));
    if (one)
        add_fields(b, core, pod, &change->steps[0]);
    else
        add_steps(b, core, pod, change);
    buf_char(b, '}');
    buf_fini(&text);
}

void explain_changes_json(struct buf *b, const struct core *core, const struct berth_pod *pod,
                          const struct changes *changes)
{
    add_key(b, "changes");
    buf_char(b, '[');
    for (size_t i = 0; i < changes->list.len; i++) {
        buf_puts(b, i ? "," : "");
        add_change(b, core, pod, &changes->list.at[i]);
    }
    buf_char(b, ']');
}
