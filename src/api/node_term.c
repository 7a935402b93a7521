/* Terms of node selectors: requirements on a node's labels and on its name. */
#include "api/requirement.h"

static const char *const operator_names[] = {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
enum { LABEL_OPERATORS = 6, FIELD_OPERATORS = 2 };

/* What the two lists of a term differ in. */
struct side {
    const char *name;
    uint32_t operators; /* the first so many of operator_names */
};
static const struct side expressions_side = {"matchExpressions", LABEL_OPERATORS};
static const struct side fields_side = {"matchFields", FIELD_OPERATORS};

static bool find_operator(berth_str text, uint32_t operators, uint32_t *ret)
{
    for (uint32_t i = 0; i < operators; i++) {
        if (berth_str_eq(text, berth_str_of(operator_names[i]))) {
            *ret = SELECTOR_IN + i;
            return true;
        }
    }
    return false;
}

static void add_operator_problem(struct problems *p, const char *path, berth_str op, uint32_t operators)
{
    buf_printf(&p->text, "%s.operator: Unsupported value: ", path);
    buf_quote(&p->text, op);
    for (uint32_t i = 0; i < operators; i++)
        buf_printf(&p->text, "%s\"%s\"", i ? ", " : ": supported values: ", operator_names[i]);
    problems_end(p);
}

static void check_field(const struct selector_requirement *r, const char *path, struct problems *p)
{
    if (r->values_len == 1)
        return;
    buf_printf(&p->text, "%s.values: Invalid value: ", path);
    requirement_print_values(&p->text, r);
    buf_puts(&p->text, ": must have one element");
    problems_end(p);
}

/* Reads one of the two lists into `ret`; what upstream refuses becomes problems. */
static int read_side(const struct berth_value *list, const struct side *side, const char *path,
                     struct arena *scratch, struct problems *p, struct selector_requirement **ret,
                     struct err *err)
{
    *ret = arena_alloc(scratch, list->len * sizeof(**ret));
    if (!*ret)
        return err_nomem(err);
    struct buf where = {0};
    int r = 0;
    for (uint32_t i = 0; r == 0 && i < list->len; i++) {
        struct selector_requirement *requirement = &(*ret)[i];
        berth_str op;
        buf_clear(&where);
        buf_printf(&where, "%s.%s[%u]", path, side->name, i);
        r = requirement_read(&list->items[i], where.ptr + strlen(path) + 1, scratch, requirement, &op, err);
        if (r < 0)
            break;
        if (!find_operator(op, side->operators, &requirement->op))
            add_operator_problem(p, where.ptr, op, side->operators);
        else if (side == &fields_side)
            check_field(requirement, where.ptr, p);
        else
            requirement_check(requirement, where.ptr, p);
    }
    buf_fini(&where);
    return r;
}

static int find_list(const struct berth_value *term, const char *name, const struct berth_value **ret,
                     struct err *err)
{
    static const struct berth_value none = {.type = BERTH_ARRAY};
    const struct berth_value *list = berth_value_get(term, name);
    *ret = berth_value_absent(list) ? &none : list;
    return (*ret)->type == BERTH_ARRAY ? 0 : err_set(err, "%s: not a list", name);
}

struct sides {
    const struct berth_value *expressions, *fields;
    struct selector_requirement *expression_at, *field_at;
};

static int build(struct sides *s, const struct problems *p, struct block *b, struct atoms *atoms,
                 struct berth_node_term *ret)
{
    if (p->len) {
        struct buf text = {0};
        problems_print(&text, p);
        ret->error = block_add_str(b, buf_view(&text));
        buf_fini(&text);
        return 0;
    }
    requirements_sort(s->expression_at, s->expressions->len);
    requirements_sort(s->field_at, s->fields->len);
    int r = requirements_build(s->expression_at, s->expressions->len, b, atoms, &ret->expressions);
    return r < 0 ? r : requirements_build(s->field_at, s->fields->len, b, atoms, &ret->fields);
}

int node_term_compile(const struct berth_value *value, const char *path, struct block *b, struct atoms *atoms,
                      struct arena *scratch, struct berth_node_term *ret, struct err *err)
{
    struct problems p = {0};
    struct sides s;
    struct berth_node_term term = {0};
    if (!berth_value_absent(value) && value->type != BERTH_OBJECT)
        return err_set(err, "not an object");
    int r = find_list(value, expressions_side.name, &s.expressions, err);
    if (r == 0)
        r = find_list(value, fields_side.name, &s.fields, err);
    if (r < 0)
        return r;
    term.empty = s.expressions->len + s.fields->len == 0;
    r = read_side(s.expressions, &expressions_side, path, scratch, &p, &s.expression_at, err);
    if (r == 0)
        r = read_side(s.fields, &fields_side, path, scratch, &p, &s.field_at, err);
    if (r == 0 && build(&s, &p, b, atoms, &term) < 0)
        r = err_nomem(err);
    problems_fini(&p);
    if (r == 0)
        *ret = term;
    return r;
}
