/*
 * Selectors in texts: app=web,tier in (a,b),!old,n>5. A lexer that yields one token at a time, and a parser
 * of recursive descent over it. The messages are those of labels.Parse.
 */
#include "api/requirement.h"

#include "base/vec.h"

#include <stdlib.h>

enum token {
    TOKEN_END,
    TOKEN_WORD, /* identifiers, and `in` and `notin`, which are operators only where one is expected */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_NOT,
    TOKEN_EQUALS,
    TOKEN_DOUBLE_EQUALS,
    TOKEN_NOT_EQUALS,
    TOKEN_GREATER,
    TOKEN_LESS,
};

struct parser {
    const char *at, *end; /* what follows the current token */
    enum token token;
    berth_str text; /* of the current token */
    VEC(berth_str) values;
    struct arena *arena;
    struct err *err;
};

/* ---- tokens ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const struct {
    char text[3];
    enum token token;
} symbols[] = {{"==", TOKEN_DOUBLE_EQUALS},
               {"!=", TOKEN_NOT_EQUALS},
               {"=", TOKEN_EQUALS},
               {"!", TOKEN_NOT},
               {"(", TOKEN_OPEN},
               {")", TOKEN_CLOSE},
               {",", TOKEN_COMMA},
               {">", TOKEN_GREATER},
               {"<", TOKEN_LESS}};

/* A NUL byte ends the text, as upstream's lexer takes it. */
static void next(struct parser *p)
{
    while (p->at < p->end && is_blank(*p->at))
        p->at++;
    p->text = (berth_str){p->at, 0};
    p->token = TOKEN_END;
    if (p->at == p->end || !*p->at)
        return;
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        size_t len = strlen(symbols[i].text);
        if ((size_t)(p->end - p->at) >= len && memcmp(p->at, symbols[i].text, len) == 0) {
            p->token = symbols[i].token;
            p->text.len = (uint32_t)len;
            p->at += len;
            return;
        }
    }
    p->token = TOKEN_WORD;
    while (p->at < p->end && *p->at && !is_blank(*p->at) && !strchr("=!(),><", *p->at))
        p->at++;
    p->text.len = (uint32_t)(p->at - p->text.ptr);
}

static int found(struct parser *p, const char *expected)
{
    return err_set(p->err, "found '%.*s'%s", BERTH_FMT(p->text), expected);
}

/* ---- grammar ---- */

static int add_value(struct parser *p, berth_str value)
{
    for (size_t i = 0; i < p->values.len && p->values.len < 32; i++)
        if (berth_str_eq(p->values.at[i], value))
            return 0;
    return vec_push(&p->values, value) < 0 ? err_nomem(p->err) : 0;
}

static int take_operator(struct parser *p, uint32_t *ret_op)
{
    static const struct {
        enum token token;
        berth_str word;
        enum selector_op op;
    } operators[] = {
        {TOKEN_WORD, {"in", 2}, SELECTOR_IN},       {TOKEN_WORD, {"notin", 5}, SELECTOR_NOT_IN},
        {TOKEN_EQUALS, {"=", 1}, SELECTOR_EQUALS},  {TOKEN_DOUBLE_EQUALS, {"==", 2}, SELECTOR_DOUBLE_EQUALS},
        {TOKEN_LESS, {"<", 1}, SELECTOR_LESS},      {TOKEN_NOT_EQUALS, {"!=", 2}, SELECTOR_NOT_EQUALS},
        {TOKEN_GREATER, {">", 1}, SELECTOR_GREATER}};
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (p->token == operators[i].token && berth_str_eq(p->text, operators[i].word)) {
            *ret_op = operators[i].op;
            next(p);
            return 0;
        }
    }
    return found(p, ", expected: in, notin, =, ==, !=, gt, lt");
}

/* a,b,c up to the closing parenthesis; between commas a value may be missing, which makes it empty. */
static int take_list(struct parser *p)
{
    for (;;) {
        int r;
        if (p->token == TOKEN_WORD) {
            r = add_value(p, p->text);
            next(p);
            if (r == 0 && p->token != TOKEN_COMMA)
                return p->token == TOKEN_CLOSE ? 0 : found(p, ", expected: ',' or ')'");
        } else if (p->token == TOKEN_COMMA) {
            r = p->values.len ? 0 : add_value(p, BERTH_STR(""));
            next(p);
            if (r == 0 && (p->token == TOKEN_CLOSE || p->token == TOKEN_COMMA))
                r = add_value(p, BERTH_STR(""));
            if (p->token == TOKEN_CLOSE)
                return r;
        } else {
            return found(p, ", expected: ',', or identifier");
        }
        if (r < 0)
            return r;
    }
}

static int take_set(struct parser *p)
{
    if (p->token != TOKEN_OPEN)
        return found(p, " expected: '('");
    next(p);
    int r;
    if (p->token == TOKEN_CLOSE)
        r = add_value(p, BERTH_STR(""));
    else if (p->token == TOKEN_WORD || p->token == TOKEN_COMMA)
        r = take_list(p);
    else
        r = found(p, ", expected: ',', ')' or identifier");
    if (r == 0)
        next(p); /* the closing parenthesis */
    return r;
}

static int take_exact(struct parser *p)
{
    if (p->token == TOKEN_END || p->token == TOKEN_COMMA)
        return add_value(p, BERTH_STR(""));
    if (p->token != TOKEN_WORD)
        return found(p, ", expected: identifier");
    int r = add_value(p, p->text);
    next(p);
    return r;
}

static int take_key(struct parser *p, berth_str *ret)
{
    if (p->token != TOKEN_WORD)
        return found(p, ", expected: identifier");
    *ret = p->text;
    struct problems problems = {0};
    requirement_check_bare_key(*ret, &problems);
    int r = 0;
    if (problems.len) {
        struct buf text = {0};
        problems_print(&text, &problems);
        r = err_set(p->err, "%.*s", (int)text.len, text.ptr);
        buf_fini(&text);
    }
    problems_fini(&problems);
    next(p);
    return r;
}

static int by_text(const void *a, const void *b)
{
    return berth_str_cmp(*(const berth_str *)a, *(const berth_str *)b);
}

/* Moves the values that were read into the requirement, sorted, each once. */
static int keep_values(struct parser *p, struct selector_requirement *r)
{
    berth_str *at = p->values.at;
    if (p->values.len > 1)
        qsort(at, p->values.len, sizeof(*at), by_text);
    size_t len = 0;
    for (size_t i = 0; i < p->values.len; i++)
        if (len == 0 || !berth_str_eq(at[i], at[len - 1]))
            at[len++] = at[i];
    r->values = arena_copy(p->arena, at, len * sizeof(*at));
    r->values_len = (uint32_t)len;
    p->values.len = 0;
    return r->values ? 0 : err_nomem(p->err);
}

static int check(struct parser *p, const struct selector_requirement *r)
{
    struct problems problems = {0};
    int code = 0;
    requirement_check(r, "", &problems);
    if (problems.len) {
        struct buf text = {0};
        problems_print(&text, &problems);
        code = err_set(p->err, "%.*s", (int)text.len, text.ptr);
        buf_fini(&text);
    }
    problems_fini(&problems);
    return code;
}

static int take_requirement(struct parser *p, struct selector_requirement *ret)
{
    bool negated = p->token == TOKEN_NOT;
    *ret = (struct selector_requirement){.op = negated ? SELECTOR_DOES_NOT_EXIST : SELECTOR_EXISTS};
    if (negated)
        next(p);
    int r = take_key(p, &ret->key);
    if (r < 0)
        return r;
    if (!negated && p->token != TOKEN_END && p->token != TOKEN_COMMA) {
        r = take_operator(p, &ret->op);
        if (r == 0)
            r = ret->op == SELECTOR_IN || ret->op == SELECTOR_NOT_IN ? take_set(p) : take_exact(p);
        if (r == 0)
            r = keep_values(p, ret);
    }
    return r < 0 ? r : check(p, ret);
}

static int take_selector(struct parser *p, struct selector *s)
{
    VEC(struct selector_requirement) all = {0};
    int r = 0;
    next(p);
    while (r == 0 && p->token != TOKEN_END) {
        struct selector_requirement requirement;
        if (p->token != TOKEN_WORD && p->token != TOKEN_NOT) {
            r = found(p, ", expected: !, identifier, or 'end of string'");
            break;
        }
        r = take_requirement(p, &requirement);
        if (r < 0) {
            err_wrap(p->err, "unable to parse requirement");
            break;
        }
        if (vec_push(&all, requirement) < 0) {
            r = err_nomem(p->err);
        } else if (p->token == TOKEN_COMMA) {
            next(p);
            if (p->token != TOKEN_WORD && p->token != TOKEN_NOT)
                r = found(p, ", expected: identifier after ','");
        } else if (p->token != TOKEN_END) {
            r = found(p, ", expected: ',' or 'end of string'");
        }
    }
    if (r == 0) {
        requirements_sort(all.at, all.len);
        s->len = (uint32_t)all.len;
        s->requirements = arena_copy(p->arena, all.at, all.len * sizeof(*all.at));
        r = s->requirements ? 0 : err_nomem(p->err);
    }
    vec_fini(&all);
    return r;
}

int selector_parse(berth_str text, struct arena *arena, struct selector *ret, struct err *err)
{
    const char *begin = text.len ? text.ptr : "";
    struct parser p = {.at = begin, .end = begin + text.len, .arena = arena, .err = err};
    struct selector s = {0};
    int r = take_selector(&p, &s);
    vec_fini(&p.values);
    if (r < 0)
        return r;
    s.selects = s.len ? BERTH_SELECTS_MATCHES : BERTH_SELECTS_EVERYTHING;
    *ret = s;
    return 0;
}
