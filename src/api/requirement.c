/* One requirement of a selector. The messages are those of labels.NewRequirement. */
#include "api/requirement.h"

#include "api/names.h"

#include <stdlib.h>

bool requirement_integer(berth_str text, int64_t *ret)
{
    bool negative = text.len && text.ptr[0] == '-';
    uint32_t i = text.len && (negative || text.ptr[0] == '+');
    int64_t number = 0;
    if (i == text.len)
        return false;
    for (; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number)
            || (negative ? __builtin_sub_overflow(number, digit, &number)
                         : __builtin_add_overflow(number, digit, &number)))
            return false;
    }
    *ret = number;
    return true;
}

/* ---- checking ---- */

/* JSON as Go writes it, safe inside HTML. */
static void print_go_json(struct buf *b, berth_str text)
{
    struct buf plain = {0};
    buf_json_str(&plain, text);
    for (size_t i = 0; i < plain.len; i++) {
        char c = plain.ptr[i];
        if (c == '<' || c == '>' || c == '&')
            buf_printf(b, "\\u%04x", c);
        else
            buf_char(b, c);
    }
    buf_fini(&plain);
}

void requirement_print_values(struct buf *b, const struct selector_requirement *r)
{
    if (!r->values) {
        buf_puts(b, "null");
        return;
    }
    buf_char(b, '[');
    for (uint32_t i = 0; i < r->values_len; i++) {
        buf_puts(b, i ? "," : "");
        print_go_json(b, r->values[i]);
    }
    buf_char(b, ']');
}

/* Adds the problems of a name as one message about `field`. */
static void add_name_problems(struct problems *p, const char *field, berth_str name,
                              struct name_problems found)
{
    if (found.len == 0)
        return;
    buf_printf(&p->text, "%s: Invalid value: ", field);
    buf_quote(&p->text, name);
    for (int i = 0; i < found.len; i++)
        buf_printf(&p->text, "%s%s", i ? "; " : ": ", found.texts[i]);
    problems_end(p);
}

void requirement_check_bare_key(berth_str key, struct problems *p)
{
    add_name_problems(p, "<nil>", key, label_key_problems(key));
}

static void add_values_problem(struct problems *p, const char *path, const struct selector_requirement *r,
                               const char *what)
{
    buf_printf(&p->text, "%svalues: Invalid value: ", path);
    requirement_print_values(&p->text, r);
    buf_printf(&p->text, ": %s", what);
    problems_end(p);
}

static void check_number_of_values(const struct selector_requirement *r, const char *path, struct problems *p)
{
    switch (r->op) {
    case SELECTOR_IN:
    case SELECTOR_NOT_IN:
        if (r->values_len == 0)
            add_values_problem(p, path, r, "for 'in', 'notin' operators, values set can't be empty");
        break;
    case SELECTOR_EXISTS:
    case SELECTOR_DOES_NOT_EXIST:
        if (r->values_len != 0)
            add_values_problem(p, path, r, "values set must be empty for exists and does not exist");
        break;
    case SELECTOR_GREATER:
    case SELECTOR_LESS:
        if (r->values_len != 1)
            add_values_problem(p, path, r, "for 'Gt', 'Lt' operators, exactly one value is required");
        break;
    default: /* read as one value, never otherwise */
        break;
    }
}

static void check_integers(const struct selector_requirement *r, const char *path, struct problems *p)
{
    int64_t number;
    for (uint32_t i = 0; i < r->values_len; i++) {
        if (requirement_integer(r->values[i], &number))
            continue;
        buf_printf(&p->text, "%svalues[%u]: Invalid value: ", path, i);
        buf_quote(&p->text, r->values[i]);
        buf_puts(&p->text, ": for 'Gt', 'Lt' operators, the value must be an integer");
        problems_end(p);
    }
}

void requirement_check(const struct selector_requirement *r, const char *path, struct problems *p)
{
    struct buf field = {0};
    struct name_problems found = label_key_problems(r->key);
    buf_printf(&field, "%s%s", path, *path ? "." : "");
    size_t prefix_len = field.len;
    if (found.len) {
        buf_puts(&field, "key");
        add_name_problems(p, field.ptr, r->key, found);
        field.ptr[field.len = prefix_len] = '\0';
    }
    check_number_of_values(r, field.ptr, p);
    if (r->op == SELECTOR_GREATER || r->op == SELECTOR_LESS)
        check_integers(r, field.ptr, p);
    for (uint32_t i = 0; i < r->values_len; i++) {
        found = label_value_problems(r->values[i]);
        if (found.len == 0)
            continue;
        buf_printf(&field, "values[%u][%.*s]", i, BERTH_FMT(r->key));
        add_name_problems(p, field.ptr, r->values[i], found);
        field.ptr[field.len = prefix_len] = '\0';
    }
    buf_fini(&field);
}

/* ---- reading ---- */

int requirement_text(const struct berth_value *value, const char *where, berth_str *ret, struct err *err)
{
    *ret = (berth_str){0};
    if (berth_value_absent(value))
        return 0;
    if (value->type != BERTH_STRING)
        return err_set(err, "%s: not a string", where);
    *ret = berth_value_text(value);
    return 0;
}

static int read_member(const struct berth_value *value, const char *name, const char *where, berth_str *ret,
                       struct err *err)
{
    int r = requirement_text(berth_value_get(value, name), name, ret, err);
    return r < 0 ? err_wrap(err, "%s", where) : 0;
}

static int read_values(const struct berth_value *list, const char *where, struct arena *arena,
                       struct selector_requirement *ret, struct err *err)
{
    if (berth_value_absent(list))
        return 0;
    if (list->type != BERTH_ARRAY)
        return err_set(err, "%s: values: not a list", where);
    berth_str *values = arena_alloc(arena, list->len * sizeof(*values));
    if (!values)
        return err_nomem(err);
    for (uint32_t i = 0; i < list->len; i++) {
        int r = requirement_text(&list->items[i], "values", &values[i], err);
        if (r < 0)
            return err_wrap(err, "%s", where);
    }
    ret->values = values;
    ret->values_len = list->len;
    return 0;
}

int requirement_read(const struct berth_value *value, const char *where, struct arena *arena,
                     struct selector_requirement *ret, berth_str *ret_operator, struct err *err)
{
    *ret = (struct selector_requirement){0};
    *ret_operator = (berth_str){0};
    if (berth_value_absent(value))
        return 0;
    if (value->type != BERTH_OBJECT)
        return err_set(err, "%s: not an object", where);
    int r = read_member(value, "key", where, &ret->key, err);
    if (r == 0)
        r = read_member(value, "operator", where, ret_operator, err);
    return r < 0 ? r : read_values(berth_value_get(value, "values"), where, arena, ret, err);
}

/* ---- sorting and compiling ---- */

static int by_key(const void *a, const void *b)
{
    const struct selector_requirement *x = a, *y = b;
    return berth_str_cmp(x->key, y->key);
}

void requirements_sort(struct selector_requirement *at, size_t len)
{
    enum { FEW = 12 }; /* up to here Go's sort keeps the order of equal keys, too */
    if (len > FEW) {
        qsort(at, len, sizeof(*at), by_key);
        return;
    }
    for (size_t i = 1; i < len; i++) {
        struct selector_requirement moving = at[i];
        size_t hole = i;
        for (; hole > 0 && by_key(&at[hole - 1], &moving) > 0; hole--)
            at[hole] = at[hole - 1];
        at[hole] = moving;
    }
}

static int by_text(const void *a, const void *b)
{
    const berth_atom *x = a, *y = b;
    return berth_str_cmp(berth_atom_str(*x), berth_atom_str(*y));
}

/* The values as atoms in the block, sorted by text, each once. */
static int build_values(const struct selector_requirement *r, struct block *b, struct atoms *atoms,
                        berth_list *ret)
{
    struct arena scratch = {0};
    berth_atom few[8], *values = few;
    size_t len = 0;
    if (r->values_len > 8)
        values = arena_alloc(&scratch, r->values_len * sizeof(*values));
    for (uint32_t i = 0; values && i < r->values_len; i++) {
        values[i] = atoms_intern(atoms, r->values[i]);
        if (!values[i])
            values = NULL;
    }
    if (values) {
        qsort(values, r->values_len, sizeof(*values), by_text);
        for (uint32_t i = 0; i < r->values_len; i++)
            if (len == 0 || values[i] != values[len - 1])
                values[len++] = values[i];
        *ret = block_add(b, values, sizeof(*values), len);
    }
    arena_fini(&scratch);
    return values ? 0 : -ENOMEM;
}

static enum berth_operator operator_of(enum selector_op op)
{
    switch (op) {
    case SELECTOR_EXISTS:
        return BERTH_EXISTS;
    case SELECTOR_DOES_NOT_EXIST:
        return BERTH_DOES_NOT_EXIST;
    case SELECTOR_GREATER:
        return BERTH_GREATER;
    case SELECTOR_LESS:
        return BERTH_LESS;
    case SELECTOR_NOT_IN:
    case SELECTOR_NOT_EQUALS:
        return BERTH_NOT_IN;
    default:
        return BERTH_IN;
    }
}

int requirements_build(const struct selector_requirement *requirements, size_t len, struct block *b,
                       struct atoms *atoms, berth_list *ret)
{
    struct arena scratch = {0};
    struct berth_requirement few[4] = {0}, *built = few;
    if (len > 4)
        built = arena_alloc(&scratch, len * sizeof(*built));
    int r = built ? 0 : -ENOMEM;
    for (size_t i = 0; r == 0 && i < len; i++) {
        built[i].key = atoms_intern(atoms, requirements[i].key);
        built[i].op = operator_of(requirements[i].op);
        if (built[i].op == BERTH_GREATER || built[i].op == BERTH_LESS)
            requirement_integer(requirements[i].values[0], &built[i].number);
        r = built[i].key ? build_values(&requirements[i], b, atoms, &built[i].values) : -ENOMEM;
    }
    if (r == 0)
        *ret = block_add(b, built, sizeof(*built), len);
    arena_fini(&scratch);
    return r;
}
