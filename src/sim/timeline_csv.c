/*
 * A timeline as CSV, for spreadsheets: the columns at, action, object and value. Fields are quoted as RFC
 * 4180 has it, but do not span lines; empty lines and those that begin with # are passed over.
 */
#include "sim/wish.h"

#include "sim/when.h"

enum column { AT, ACTION, OBJECT, VALUE, COLUMNS };

struct reader {
    struct wishes *w;
    const struct doc *doc;
    uint32_t line;
    struct err *err;
};

/* ---- lines and fields ---- */

static berth_str trim(berth_str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = (berth_str){text.ptr + 1, text.len - 1};
    while (text.len && strchr(" \t\r", text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/*
 * A quoted field, from behind its first quote on: its text in the arena;
 * the rest of the line begins with a comma.
 */
static int read_quoted(struct reader *r, berth_str *line, berth_str *ret_field)
{
    char *text = arena_alloc(&r->w->arena, line->len + 1);
    uint32_t len = 0, i = 0;
    if (!text)
        return err_nomem(r->err);
    for (; i < line->len; i++) {
        bool quote = line->ptr[i] == '"';
        if (quote && (i + 1 == line->len || line->ptr[i + 1] != '"'))
            break;
        i += quote;
        text[len++] = line->ptr[i];
    }
    if (i == line->len)
        return err_set(r->err, "a quote is not closed");
    *line = trim((berth_str){line->ptr + i + 1, line->len - i - 1});
    *ret_field = (berth_str){text, len};
    return line->len && line->ptr[0] != ',' ? err_set(r->err, "a comma is missing behind a quote") : 0;
}

static int read_field(struct reader *r, berth_str *line, berth_str *ret_field)
{
    *line = trim(*line);
    if (line->len && line->ptr[0] == '"') {
        *line = (berth_str){line->ptr + 1, line->len - 1};
        return read_quoted(r, line, ret_field);
    }
    const char *comma = line->len ? memchr(line->ptr, ',', line->len) : NULL;
    uint32_t len = comma ? (uint32_t)(comma - line->ptr) : line->len;
    *ret_field = trim((berth_str){line->ptr, len});
    *line = (berth_str){line->ptr + len, line->len - len};
    return 0;
}

static int read_fields(struct reader *r, berth_str line, berth_str fields[COLUMNS])
{
    for (uint32_t i = 0;; i++) {
        if (i == COLUMNS)
            return err_set(r->err, "a line has the columns at, action, object and value, and no more");
        int code = read_field(r, &line, &fields[i]);
        if (code < 0 || line.len == 0)
            return code;
        line = (berth_str){line.ptr + 1, line.len - 1}; /* the comma */
    }
}

/* ---- actions ---- */

static int no_value(struct reader *r, const berth_str *fields)
{
    return fields[VALUE].len ? err_set(r->err, "%.*s takes no value", BERTH_FMT(fields[ACTION])) : 0;
}

static int read_file(struct reader *r, struct wish *wish, const berth_str *fields)
{
    wish->file = wish_path(r->w, r->doc, fields[OBJECT]);
    if (!wish->file)
        return err_nomem(r->err);
    if (wish->action == WISH_UPDATE)
        return no_value(r, fields);
    return fields[VALUE].len ? wish_count(fields[VALUE], &wish->count, r->err) : 0;
}

static int read_node(struct reader *r, struct wish *wish, const berth_str *fields)
{
    wish->name = fields[OBJECT];
    return no_value(r, fields);
}

static int read_delete(struct reader *r, struct wish *wish, const berth_str *fields)
{
    int code = wish_reference(fields[OBJECT], wish, r->err);
    return code < 0 ? code : no_value(r, fields);
}

static int read_scale(struct reader *r, struct wish *wish, const berth_str *fields)
{
    int code = wish_reference(fields[OBJECT], wish, r->err);
    if (code == 0 && !wish->kind->scalable)
        return err_set(r->err, "a %s cannot be scaled", wish->kind->kind);
    return code < 0 ? code : wish_count(fields[VALUE], &wish->count, r->err);
}

static const struct {
    const char *word;
    enum wish_action action;
    int (*read)(struct reader *r, struct wish *wish, const berth_str *fields);
} actions[] = {
    {"add", WISH_ADD, read_file},         {"update", WISH_UPDATE, read_file},
    {"delete", WISH_DELETE, read_delete}, {"drain", WISH_DRAIN, read_node},
    {"fail", WISH_FAIL, read_node},       {"scale", WISH_SCALE, read_scale},
};

static int read_action(struct reader *r, struct wish *wish, const berth_str *fields)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        if (!berth_str_eq(fields[ACTION], berth_str_of(actions[i].word)))
            continue;
        if (fields[OBJECT].len == 0)
            return err_set(r->err, "%s needs an object", actions[i].word);
        wish->action = actions[i].action;
        return actions[i].read(r, wish, fields);
    }
    return err_set(r->err, "\"%.*s\" is none of add, update, delete, drain, fail and scale",
                   BERTH_FMT(fields[ACTION]));
}

static int read_line(struct reader *r, berth_str line)
{
    berth_str fields[COLUMNS] = {{0}};
    struct wish wish = {.doc = r->doc, .line = r->line};
    int code = read_fields(r, line, fields);
    if (code == 0)
        code = when_parse(fields[AT], &wish.at_ns, r->err);
    if (code == 0)
        code = read_action(r, &wish, fields);
    return code < 0 ? code : vec_push(&r->w->list, wish) < 0 ? err_nomem(r->err) : 0;
}

static int read_header(struct reader *r, berth_str line)
{
    static const char *const names[COLUMNS] = {"at", "action", "object", "value"};
    berth_str fields[COLUMNS] = {{0}};
    int code = read_fields(r, line, fields);
    for (uint32_t i = 0; i < COLUMNS && code == 0; i++)
        if (!berth_str_eq(fields[i], berth_str_of(names[i])))
            code = err_set(r->err, "the first line must read at,action,object,value");
    return code;
}

int wishes_of_csv(struct wishes *w, const struct doc *doc, struct err *err)
{
    struct reader r = {.w = w, .doc = doc, .err = err};
    const char *at = doc->text + doc_mark(doc->text, doc->len), *end = doc->text + doc->len;
    bool header = true;
    int code = 0;
    while (at < end && code == 0) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        berth_str line = trim((berth_str){at, (uint32_t)((stop ? stop : end) - at)});
        at = stop ? stop + 1 : end;
        r.line++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        code = header ? read_header(&r, line) : read_line(&r, line);
        header = false;
    }
    return code == -EINVAL ? err_wrap(err, "%s:%u", doc->name, r.line) : code;
}
