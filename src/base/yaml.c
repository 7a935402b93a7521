/*
 * YAML from libyaml's events, as sigs.k8s.io/yaml reads it; the only file that knows libyaml.
 *
 * An alias shares the value of its anchor, so it costs no memory; but whoever walks the value pays for every
 * copy. Therefore each anchor knows how many values it stands for, and the sum over all aliases of a
 * document is bounded. An anchor is open until its value is complete: an alias to an open one is a cycle.
 */
#include "base/readers.h"

#include "base/atoms.h"
#include "base/yaml_scalar.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

struct anchor {
    struct berth_value value;
    uint64_t values; /* how many it stands for */
    bool open;
};

/* What the tree's frame does not know about an open container. */
struct level {
    uint64_t values;  /* in it so far */
    uint32_t anchor;  /* number of its anchor from 1, 0: none */
    bool wants_value; /* mappings: a key was read */
    bool merges;      /* mappings: the key was << */
};

struct yaml {
    struct tree *tree;
    yaml_parser_t parser;
    yaml_event_t event;
    struct atoms names;                      /* of anchors; an atom's id leads to `newest` */
    VEC(uint32_t) newest;                    /* by atom id: number of the latest anchor of that name */
    VEC(struct anchor) anchors;              /* numbered from 1 */
    uint32_t old_anchors;                    /* so many of them are of earlier documents */
    uint64_t expanded;                       /* values that aliases and merges have added to this document */
    struct level levels[TREE_MAX_DEPTH + 1]; /* [0] is the document itself */
};

static uint32_t event_line(const struct yaml *y)
{
    return (uint32_t)y->event.start_mark.line + 1;
}

static struct level *top(struct yaml *y)
{
    return &y->levels[y->tree->depth];
}

static bool expects_key(struct yaml *y)
{
    struct tree_frame *frame = tree_top(y->tree);
    return frame && frame->type == BERTH_OBJECT && !top(y)->wants_value;
}

/* ---- anchors ---- */

/* Makes an open anchor of that name and gives its number; 0 when memory ran out. */
static uint32_t anchor_open(struct yaml *y, const char *name)
{
    berth_atom atom = atoms_intern(&y->names, berth_str_of(name));
    if (!atom)
        return 0;
    while (y->newest.len <= atom->id)
        if (vec_push(&y->newest, 0) < 0)
            return 0;
    struct anchor anchor = {.open = true};
    if (vec_push(&y->anchors, anchor) < 0)
        return 0;
    y->tree->keep = true;
    return y->newest.at[atom->id] = (uint32_t)y->anchors.len;
}

static struct anchor *anchor_find(struct yaml *y, const char *name)
{
    berth_atom atom = atoms_find(&y->names, berth_str_of(name));
    uint32_t number = atom && atom->id < y->newest.len ? y->newest.at[atom->id] : 0;
    return number > y->old_anchors ? &y->anchors.at[number - 1] : NULL;
}

/* Counts what an alias or a merge adds. */
static int expand(struct yaml *y, uint64_t values)
{
    y->expanded += values;
    if (y->expanded <= DOC_MAX_VALUES)
        return 0;
    return tree_fail(y->tree, event_line(y), "document contains excessive aliasing: more than %d values",
                     DOC_MAX_VALUES);
}

/* ---- values ---- */

static int merge_one(struct yaml *y, const struct berth_value *map)
{
    if (map->type != BERTH_OBJECT)
        return tree_fail(y->tree, event_line(y), "map merge requires map or sequence of maps as the value");
    int r = expand(y, map->len);
    for (uint32_t i = 0; r == 0 && i < map->len; i++) {
        r = tree_key(y->tree, map->members[i].key);
        if (r == 0)
            r = tree_value(y->tree, map->members[i].value);
    }
    return r;
}

/*
 * Replaces the member "<<" that was just completed by the members of its value. They count as if they were
 * written here, so the last of equal keys wins, as upstream; in a sequence the earlier maps win.
 */
static int merge(struct yaml *y)
{
    struct tree *t = y->tree;
    struct berth_value value = t->members.at[--t->members.len].value;
    if (value.type != BERTH_ARRAY)
        return merge_one(y, &value);
    int r = 0;
    for (uint32_t i = value.len; r == 0 && i-- > 0;)
        r = merge_one(y, &value.items[i]);
    return r;
}

/* After a value of `values` values was added to the container on top. */
static int value_done(struct yaml *y, uint64_t values)
{
    struct level *level = top(y);
    level->values += values;
    level->wants_value = false;
    if (!level->merges)
        return 0;
    level->merges = false;
    return merge(y);
}

static int nested_key(struct yaml *y)
{
    return tree_fail(y->tree, event_line(y), "a key must be a scalar");
}

static int read_alias(struct yaml *y)
{
    const char *name = (const char *)y->event.data.alias.anchor;
    struct anchor *anchor = anchor_find(y, name);
    if (!anchor)
        return tree_fail(y->tree, event_line(y), "unknown anchor '%s' referenced", name);
    if (anchor->open)
        return tree_fail(y->tree, event_line(y), "anchor '%s' value contains itself", name);
    if (expects_key(y)) {
        if (anchor->value.type != BERTH_STRING)
            return nested_key(y);
        top(y)->wants_value = true;
        return tree_key(y->tree, berth_value_text(&anchor->value));
    }
    uint64_t values = anchor->values;
    int r = expand(y, values);
    if (r == 0)
        r = tree_value(y->tree, anchor->value);
    return r < 0 ? r : value_done(y, values);
}

static int open_container(struct yaml *y, enum berth_value_type type, const yaml_char_t *anchor)
{
    if (expects_key(y))
        return nested_key(y);
    int r = tree_open(y->tree, type, event_line(y));
    if (r < 0)
        return r;
    *top(y) = (struct level){.values = 1};
    if (!anchor)
        return 0;
    tree_top(y->tree)->streams = false; /* an alias may want the items again */
    top(y)->anchor = anchor_open(y, (const char *)anchor);
    return top(y)->anchor ? 0 : err_nomem(y->tree->err);
}

static int close_container(struct yaml *y)
{
    struct level closed = *top(y);
    int r = tree_close(y->tree);
    if (r < 0)
        return r;
    if (closed.anchor)
        y->anchors.at[closed.anchor - 1] = (struct anchor){.value = y->tree->closed, .values = closed.values};
    return value_done(y, closed.values);
}

/* ---- scalars ---- */

static const char *core_tag(const char *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    if (!tag || strncmp(tag, prefix, sizeof(prefix) - 1) != 0)
        return NULL;
    return tag + sizeof(prefix) - 1;
}

/* Whether a scalar that looks like `kind` may carry the tag; text is decided before. */
static bool tag_allows(const char *tag, enum yaml_kind kind)
{
    if (strcmp(tag, "int") == 0)
        return kind == YAML_INTEGER;
    if (strcmp(tag, "float") == 0)
        return kind == YAML_INTEGER || kind == YAML_FLOAT || kind == YAML_INFINITE;
    if (strcmp(tag, "bool") == 0)
        return kind == YAML_TRUE || kind == YAML_FALSE;
    if (strcmp(tag, "null") == 0)
        return kind == YAML_NOTHING;
    return true;
}

/* What the event's scalar means, its tag and its quotes considered. */
static int scalar_kind(struct yaml *y, berth_str text, enum yaml_kind *ret)
{
    const char *whole_tag = (const char *)y->event.data.scalar.tag;
    bool untyped = !whole_tag && y->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *tag = core_tag(whole_tag);
    static const char typed[] = "|int|float|bool|null|timestamp|merge|";
    char name[32];
    bool typing = tag && snprintf(name, sizeof(name), "|%s|", tag) < (int)sizeof(name) && strstr(typed, name);
    *ret = untyped || typing ? yaml_kind(text) : YAML_TEXT;
    if (typing && !tag_allows(tag, *ret))
        return tree_fail(y->tree, event_line(y), "cannot decode `%.*s` as a !!%s", BERTH_FMT(text), tag);
    return 0;
}

/* A number as the key it makes: integers in decimal, floats as Go prints a float32 with 'g'. */
static berth_str float_key(struct yaml *y, berth_str number)
{
    char copy[512], out[64];
    snprintf(copy, sizeof(copy), "%.*s", BERTH_FMT(number));
    float value = strtof(copy, NULL);
    int len = 0;
    for (int precision = 1; precision <= 9; precision++) {
        len = snprintf(out, sizeof(out), "%.*g", precision, (double)value);
        if (strtof(out, NULL) == value)
            break;
    }
    const char *text = arena_copy(y->tree->arena, out, (size_t)len);
    return (berth_str){text, text ? (uint32_t)len : 0};
}

static int read_key(struct yaml *y, berth_str text, enum yaml_kind kind)
{
    berth_str key = text;
    if (kind == YAML_NOTHING)
        return tree_fail(y->tree, event_line(y), "a key must not be null");
    if (kind == YAML_TRUE || kind == YAML_FALSE)
        key = kind == YAML_TRUE ? BERTH_STR("true") : BERTH_STR("false");
    if (kind == YAML_INTEGER || kind == YAML_FLOAT)
        key = yaml_number(text, kind, y->tree->arena);
    if (kind == YAML_FLOAT)
        key = float_key(y, key);
    if (!key.ptr)
        return err_nomem(y->tree->err);
    top(y)->wants_value = true;
    top(y)->merges = kind == YAML_MERGE;
    return tree_key(y->tree, key);
}

static int make_scalar(struct yaml *y, berth_str text, enum yaml_kind kind, struct berth_value *ret)
{
    *ret = (struct berth_value){.type = BERTH_STRING, .where = event_line(y)};
    switch (kind) {
    case YAML_NOTHING:
        ret->type = BERTH_NULL;
        return 0;
    case YAML_TRUE:
    case YAML_FALSE:
        ret->type = BERTH_BOOL;
        ret->boolean = kind == YAML_TRUE;
        return 0;
    case YAML_INFINITE:
        return tree_fail(y->tree, event_line(y), "unsupported value: %.*s", BERTH_FMT(text));
    case YAML_INTEGER:
    case YAML_FLOAT:
        ret->type = BERTH_NUMBER;
        text = yaml_number(text, kind, y->tree->arena);
        break;
    case YAML_TEXT:
    case YAML_TIME:
    case YAML_MERGE:
        break;
    }
    ret->text = text.ptr;
    ret->len = text.len;
    return text.ptr ? 0 : err_nomem(y->tree->err);
}

static int read_scalar(struct yaml *y)
{
    size_t len = y->event.data.scalar.length;
    const char *copy = arena_copy(y->tree->arena, y->event.data.scalar.value, len);
    if (!copy || len > UINT32_MAX)
        return err_nomem(y->tree->err);
    berth_str text = {copy, (uint32_t)len};
    enum yaml_kind kind;
    struct berth_value value;
    int r = scalar_kind(y, text, &kind);
    if (r < 0)
        return r;
    bool is_key = expects_key(y);
    if (!is_key || y->event.data.scalar.anchor)
        r = make_scalar(y, text, is_key ? YAML_TEXT : kind, &value);
    if (r == 0 && y->event.data.scalar.anchor) {
        uint32_t number = anchor_open(y, (const char *)y->event.data.scalar.anchor);
        if (!number)
            return err_nomem(y->tree->err);
        y->anchors.at[number - 1] = (struct anchor){.value = value, .values = 1};
    }
    if (r == 0)
        r = is_key ? read_key(y, text, kind) : tree_value(y->tree, value);
    return r < 0 || is_key ? r : value_done(y, 1);
}

/* ---- the stream ---- */

/* Whether the line, from 1, begins with white space that has a tab in it: no YAML is indented so. */
static bool has_tab_indent(const struct doc *doc, uint32_t line)
{
    const char *at = doc->text, *end = doc->text + doc->len;
    for (; line > 1 && at; line--) {
        at = memchr(at, '\n', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    while (at && at < end && *at == ' ')
        at++;
    return at && at < end && *at == '\t';
}

static int parser_error(struct yaml *y)
{
    const yaml_parser_t *p = &y->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return err_nomem(y->tree->err);
    const char *problem = p->problem ? p->problem : "not YAML";
    uint32_t line = (uint32_t)p->problem_mark.line + 1;
    if (p->error == YAML_READER_ERROR) {
        line = 1;
        for (size_t i = 0; i < p->problem_offset && i < y->tree->doc->len; i++)
            line += y->tree->doc->text[i] == '\n';
    }
    if (has_tab_indent(y->tree->doc, line))
        return tree_fail(y->tree, line, "the line begins with a tab: YAML is indented with spaces");
    if (p->context && p->error != YAML_READER_ERROR)
        return tree_fail(y->tree, line, "%s, %s at line %zu", problem, p->context, p->context_mark.line + 1);
    return tree_fail(y->tree, line, "%s", problem);
}

/* Takes the current event; 1 at the end of a document, 2 at the end of the stream. */
enum { DOCUMENT_ENDED = 1, STREAM_ENDED = 2 };
static int take_event(struct yaml *y)
{
    switch (y->event.type) {
    case YAML_SCALAR_EVENT:
        return read_scalar(y);
    case YAML_ALIAS_EVENT:
        return read_alias(y);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(y, BERTH_ARRAY, y->event.data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_container(y, BERTH_OBJECT, y->event.data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(y);
    case YAML_DOCUMENT_END_EVENT:
        y->old_anchors = (uint32_t)y->anchors.len;
        y->expanded = 0;
        return DOCUMENT_ENDED;
    case YAML_STREAM_END_EVENT:
        return STREAM_ENDED;
    default:
        return 0;
    }
}

static int read_stream(struct yaml *y, bool only_first)
{
    for (;;) {
        if (!yaml_parser_parse(&y->parser, &y->event))
            return parser_error(y);
        int r = take_event(y);
        yaml_event_delete(&y->event);
        if (r < 0 || r == STREAM_ENDED)
            return r < 0 ? r : 0;
        if (r == DOCUMENT_ENDED) {
            r = tree_finish(y->tree);
            if (r < 0 || only_first)
                return r;
        }
    }
}

int yaml_read(struct tree *t, bool only_first)
{
    struct yaml *y = calloc(1, sizeof(*y));
    if (!y || !yaml_parser_initialize(&y->parser)) {
        free(y);
        return err_nomem(t->err);
    }
    y->tree = t;
    yaml_parser_set_input_string(&y->parser, (const unsigned char *)t->doc->text, t->doc->len);
    int r = read_stream(y, only_first);
    yaml_parser_delete(&y->parser);
    atoms_fini(&y->names);
    vec_fini(&y->newest);
    vec_fini(&y->anchors);
    free(y);
    return r;
}
