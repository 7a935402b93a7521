/* Label selectors: reading LabelSelector objects, printing, compiling. */
#include "api/selector.h"

#include "api/requirement.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- reading ---- */

static int by_key_and_place(const void *a, const void *b)
{
    const struct berth_member *const *x = a, *const *y = b;
    int order = berth_str_cmp((*x)->key, (*y)->key);
    return order ? order : (*x > *y) - (*x < *y);
}

/* Appends the labels in key order, of equal keys the last, as requirements key=value. */
static int read_labels(const struct berth_value *labels, struct arena *arena, struct selector *s,
                       struct err *err)
{
    const struct berth_member **sorted = arena_alloc(arena, labels->len * sizeof(*sorted));
    berth_str *values = arena_alloc(arena, labels->len * sizeof(*values));
    if (!sorted || !values)
        return err_nomem(err);
    for (uint32_t i = 0; i < labels->len; i++)
        sorted[i] = &labels->members[i];
    qsort(sorted, labels->len, sizeof(*sorted), by_key_and_place);
    for (uint32_t i = 0; i < labels->len; i++) {
        if (i + 1 < labels->len && berth_str_eq(sorted[i]->key, sorted[i + 1]->key))
            continue;
        int r = requirement_text(&sorted[i]->value, "", &values[i], err);
        if (r < 0)
            return err_set(err, "matchLabels.%.*s: not a string", BERTH_FMT(sorted[i]->key));
        s->requirements[s->len++] = (struct selector_requirement){
            .key = sorted[i]->key, .op = SELECTOR_EQUALS, .values = &values[i], .values_len = 1};
    }
    return 0;
}

/* False when the operator is none of a label selector's. */
static bool label_operator(berth_str text, uint32_t *ret)
{
    static const char *const names[] = {"In", "NotIn", "Exists", "DoesNotExist"};
    for (uint32_t op = SELECTOR_IN; op <= SELECTOR_DOES_NOT_EXIST; op++) {
        if (berth_str_eq(text, berth_str_of(names[op]))) {
            *ret = op;
            return true;
        }
    }
    return false;
}

static int refuse(struct selector *s, struct arena *arena, const struct buf *text, struct err *err)
{
    const char *copy = arena_copy(arena, text->ptr, text->len);
    s->selects = BERTH_SELECTS_INVALID;
    s->error = (berth_str){copy, (uint32_t)text->len};
    s->len = 0;
    return copy ? 0 : err_nomem(err);
}

/* Appends an expression; an operator that does not exist makes the whole selector invalid. */
static int read_expression(const struct berth_value *value, uint32_t index, struct arena *arena,
                           struct selector *s, struct err *err)
{
    char where[48];
    berth_str op;
    struct selector_requirement *req = &s->requirements[s->len];
    snprintf(where, sizeof(where), "matchExpressions[%u]", index);
    int r = requirement_read(value, where, arena, req, &op, err);
    if (r < 0)
        return r;
    if (req->values_len == 0)
        req->values = NULL; /* upstream copies the list, and its copy of an empty list is nil */
    s->len++;
    if (label_operator(op, &req->op))
        return 0;
    struct buf text = {0};
    buf_quote(&text, op);
    buf_puts(&text, " is not a valid label selector operator");
    r = refuse(s, arena, &text, err);
    buf_fini(&text);
    return r;
}

/* Upstream stops at the first requirement with problems. */
static int check(struct selector *s, uint32_t from, struct arena *arena, struct err *err)
{
    struct problems p = {0};
    int r = 0;
    for (uint32_t i = from; i < s->len && p.len == 0; i++)
        requirement_check(&s->requirements[i], "", &p);
    if (p.len) {
        struct buf text = {0};
        problems_print(&text, &p);
        r = refuse(s, arena, &text, err);
        buf_fini(&text);
    }
    problems_fini(&p);
    return r;
}

static int check_shape(const struct berth_value *v, enum berth_value_type type, const char *message,
                       struct err *err)
{
    return berth_value_absent(v) || v->type == type ? 0 : err_set(err, "%s", message);
}

static uint32_t length(const struct berth_value *v)
{
    return berth_value_absent(v) ? 0 : v->len;
}

static int read_parts(const struct berth_value *labels, const struct berth_value *expressions,
                      struct arena *arena, struct selector *s, struct err *err)
{
    int r = length(labels) ? read_labels(labels, arena, s, err) : 0;
    if (r == 0)
        r = check(s, 0, arena, err);
    for (uint32_t i = 0; r == 0 && s->selects == BERTH_SELECTS_MATCHES && i < length(expressions); i++) {
        r = read_expression(&expressions->items[i], i, arena, s, err);
        if (r == 0 && s->len)
            r = check(s, s->len - 1, arena, err);
    }
    requirements_sort(s->requirements, s->len);
    return r;
}

int selector_read(const struct berth_value *value, struct arena *arena, struct selector *ret, struct err *err)
{
    struct selector s = {.selects = BERTH_SELECTS_NOTHING};
    const struct berth_value *labels = berth_value_get(value, "matchLabels");
    const struct berth_value *expressions = berth_value_get(value, "matchExpressions");
    int r = check_shape(value, BERTH_OBJECT, "not an object", err);
    if (r == 0)
        r = check_shape(labels, BERTH_OBJECT, "matchLabels: not an object", err);
    if (r == 0)
        r = check_shape(expressions, BERTH_ARRAY, "matchExpressions: not a list", err);
    size_t len = (size_t)length(labels) + length(expressions);
    if (r == 0 && !berth_value_absent(value))
        s.selects = len ? BERTH_SELECTS_MATCHES : BERTH_SELECTS_EVERYTHING;
    if (r == 0 && len) {
        s.requirements = arena_alloc(arena, len * sizeof(*s.requirements));
        r = s.requirements ? read_parts(labels, expressions, arena, &s, err) : err_nomem(err);
    }
    if (r == 0)
        *ret = s;
    return r;
}

/* ---- printing ---- */

static int by_text(const void *a, const void *b)
{
    return berth_str_cmp(*(const berth_str *)a, *(const berth_str *)b);
}

static void print_values(struct buf *b, const struct selector_requirement *r)
{
    struct arena scratch = {0};
    berth_str *sorted = arena_need(&scratch, r->values_len * sizeof(*sorted));
    for (uint32_t i = 0; i < r->values_len; i++)
        sorted[i] = r->values[i];
    qsort(sorted, r->values_len, sizeof(*sorted), by_text);
    for (uint32_t i = 0; i < r->values_len; i++) {
        buf_puts(b, i ? "," : "");
        buf_str(b, sorted[i]);
    }
    arena_fini(&scratch);
}

void selector_print(struct buf *b, const struct selector *s)
{
    static const char *const before_values[] = {
        [SELECTOR_IN] = " in (",     [SELECTOR_NOT_IN] = " notin (", [SELECTOR_GREATER] = ">",
        [SELECTOR_LESS] = "<",       [SELECTOR_EQUALS] = "=",        [SELECTOR_DOUBLE_EQUALS] = "==",
        [SELECTOR_NOT_EQUALS] = "!="};
    for (uint32_t i = 0; i < s->len; i++) {
        const struct selector_requirement *r = &s->requirements[i];
        buf_puts(b, i ? "," : "");
        buf_puts(b, r->op == SELECTOR_DOES_NOT_EXIST ? "!" : "");
        buf_str(b, r->key);
        if (r->op == SELECTOR_EXISTS || r->op == SELECTOR_DOES_NOT_EXIST)
            continue;
        buf_puts(b, before_values[r->op]);
        print_values(b, r);
        buf_puts(b, r->op == SELECTOR_IN || r->op == SELECTOR_NOT_IN ? ")" : "");
    }
}

/* ---- compiling ---- */

int selector_build(const struct selector *s, struct block *b, struct atoms *atoms, struct berth_selector *ret)
{
    struct berth_selector built = {.selects = s->selects};
    int r = 0;
    if (s->selects == BERTH_SELECTS_MATCHES)
        r = requirements_build(s->requirements, s->len, b, atoms, &built.requirements);
    else if (s->selects == BERTH_SELECTS_INVALID)
        built.error = block_add_str(b, s->error);
    if (r == 0)
        *ret = built;
    return r;
}

int selector_compile(const struct berth_value *value, struct block *b, struct atoms *atoms,
                     struct arena *scratch, struct berth_selector *ret, struct err *err)
{
    struct selector s = {0};
    int r = selector_read(value, scratch, &s, err);
    if (r < 0)
        return r;
    return selector_build(&s, b, atoms, ret) < 0 ? err_nomem(err) : 0;
}
