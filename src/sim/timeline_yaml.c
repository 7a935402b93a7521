/*
 * A timeline as YAML or JSON: a list of entries, each with the moment `at` and one action. What is misspelt
 * is an error: a change that silently did not happen would make a whole run worthless.
 */
#include "sim/wish.h"

#include "base/array.h"
#include "base/nearest.h"
#include "sim/when.h"

struct reader {
    struct wishes *w;
    const struct doc *doc;
    const struct berth_value *culprit; /* what is wrong, when something is */
    struct err *err;
};

typedef int (*read_action)(struct reader *r, struct wish *wish, const struct berth_value *value);

static int blame(struct reader *r, const struct berth_value *value)
{
    r->culprit = value;
    return -EINVAL;
}

/* ---- members ---- */

static int unknown_key(struct reader *r, const struct berth_member *member, const char *const *known,
                       size_t len)
{
    char word[64];
    size_t word_len = member->key.len < sizeof(word) - 1 ? member->key.len : sizeof(word) - 1;
    memcpy(word, member->key.ptr, word_len);
    word[word_len] = '\0';
    const char *meant = nearest_word(word, known, len);
    err_set(r->err, "unknown key \"%s\"%s%s%s", word, meant ? "; did you mean " : "", meant ? meant : "",
            meant ? "?" : "");
    return blame(r, &member->value);
}

/* Only known keys, each at most once. */
static int check_keys(struct reader *r, const struct berth_value *object, const char *const *known,
                      size_t len)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < object->len; i++) {
        size_t k = 0;
        while (k < len && !berth_str_eq(object->members[i].key, berth_str_of(known[k])))
            k++;
        if (k == len)
            return unknown_key(r, &object->members[i], known, len);
        if (seen & 1u << k) {
            err_set(r->err, "%s is given twice", known[k]);
            return blame(r, &object->members[i].value);
        }
        seen |= 1u << k;
    }
    return 0;
}

static int need_text(struct reader *r, const struct berth_value *object, const char *key, bool optional,
                     berth_str *ret_text)
{
    const struct berth_value *value = berth_value_get(object, key);
    *ret_text = berth_value_text(value);
    if (ret_text->len || (optional && berth_value_absent(value)))
        return 0;
    err_set(r->err, value ? "%s must be a text" : "%s is missing", key);
    return blame(r, value ? value : object);
}

/* ---- actions ---- */

/* {kind, namespace, name}, and `more`. */
static int read_object_name(struct reader *r, struct wish *wish, const struct berth_value *value,
                            const char *more)
{
    const char *const known[] = {"kind", "name", "namespace", "apiVersion", more};
    berth_str kind;
    int code = check_keys(r, value, known, more ? 5 : 4);
    if (code == 0)
        code = need_text(r, value, "kind", false, &kind);
    if (code == 0)
        code = need_text(r, value, "name", false, &wish->name);
    if (code == 0)
        code = need_text(r, value, "namespace", true, &wish->namespace);
    if (code == 0 && wish_kind(kind, &wish->kind, r->err) < 0)
        return blame(r, berth_value_get(value, "kind"));
    if (code == 0 && wish->namespace.len && !wish->kind->namespaced) {
        err_set(r->err, "a %s is in no namespace", wish->kind->kind);
        return blame(r, berth_value_get(value, "namespace"));
    }
    return code;
}

static int add(struct reader *r, const struct wish *wish)
{
    return vec_push(&r->w->list, *wish) < 0 ? err_nomem(r->err) : 0;
}

static int read_delete(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->action = WISH_DELETE;
    int code = value->type == BERTH_OBJECT ? read_object_name(r, wish, value, NULL)
                                           : wish_reference(berth_value_text(value), wish, r->err);
    return code < 0 ? code : add(r, wish);
}

static int read_scale(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->action = WISH_SCALE;
    if (value->type != BERTH_OBJECT) {
        int code = wish_scaling(berth_value_text(value), wish, r->err);
        return code < 0 ? code : add(r, wish);
    }
    berth_str replicas;
    int code = read_object_name(r, wish, value, "replicas");
    if (code == 0)
        code = need_text(r, value, "replicas", false, &replicas);
    if (code < 0)
        return code;
    if (!wish->kind->scalable) {
        err_set(r->err, "a %s cannot be scaled", wish->kind->kind);
        return blame(r, berth_value_get(value, "kind"));
    }
    if (wish_count(replicas, &wish->count, r->err) < 0)
        return blame(r, berth_value_get(value, "replicas"));
    return add(r, wish);
}

static int read_node(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->name = berth_value_text(value);
    if (wish->name.len)
        return add(r, wish);
    err_set(r->err, "this must be the name of a node");
    return blame(r, value);
}

static int read_drain(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->action = WISH_DRAIN;
    return read_node(r, wish, value);
}

static int read_fail(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->action = WISH_FAIL;
    return read_node(r, wish, value);
}

static int read_manifest(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->manifest = value->type == BERTH_OBJECT ? value : NULL;
    wish->file = NULL;
    if (wish->manifest)
        return add(r, wish);
    if (value->type != BERTH_STRING || value->len == 0) {
        err_set(r->err, "this must be an object, or the name of a file");
        return blame(r, value);
    }
    wish->file = wish_path(r->w, r->doc, berth_value_text(value));
    return wish->file ? add(r, wish) : err_nomem(r->err);
}

static int read_add(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->action = WISH_ADD;
    return read_manifest(r, wish, value);
}

static int read_update(struct reader *r, struct wish *wish, const struct berth_value *value)
{
    wish->action = WISH_UPDATE;
    return read_manifest(r, wish, value);
}

/* ---- entries ---- */

static const struct {
    const char *key;
    read_action read;
} actions[] = {
    {"add", read_add},     {"update", read_update}, {"delete", read_delete},
    {"drain", read_drain}, {"fail", read_fail},     {"scale", read_scale},
};

/* The value of an action, or each item when it is a list. */
static int read_values(struct reader *r, const struct wish *wish, read_action read,
                       const struct berth_value *value)
{
    bool list = value->type == BERTH_ARRAY;
    uint32_t len = list ? value->len : 1;
    for (uint32_t i = 0; i < len; i++) {
        const struct berth_value *item = list ? &value->items[i] : value;
        struct wish one = *wish;
        one.where = item;
        r->culprit = item;
        int code = read(r, &one, item);
        if (code < 0)
            return code;
    }
    return 0;
}

static int read_at(struct reader *r, const struct berth_value *entry, struct wish *wish)
{
    const struct berth_value *at = berth_value_get(entry, "at");
    if (!at) {
        err_set(r->err, "at is missing: when is that to happen?");
        return blame(r, entry);
    }
    if (when_parse(berth_value_text(at), &wish->at_ns, r->err) == 0)
        return 0;
    err_wrap(r->err, "at");
    return blame(r, at);
}

static int read_entry(struct reader *r, const struct berth_value *entry)
{
    static const char *const known[] = {"at", "add", "update", "delete", "drain", "fail", "scale"};
    struct wish wish = {.doc = r->doc};
    if (entry->type != BERTH_OBJECT) {
        err_set(r->err, "an entry must be an object such as {at: 1h, drain: node-1}");
        return blame(r, entry);
    }
    int code = check_keys(r, entry, known, ARRAY_LEN(known));
    if (code == 0)
        code = read_at(r, entry, &wish);
    if (code == 0 && entry->len != 2) {
        err_set(r->err, "an entry has one action: add, update, delete, drain, fail or scale");
        return blame(r, entry);
    }
    for (size_t i = 0; i < ARRAY_LEN(actions) && code == 0; i++) {
        const struct berth_value *value = berth_value_get(entry, actions[i].key);
        code = value ? read_values(r, &wish, actions[i].read, value) : 0;
        if (code == -EINVAL)
            err_wrap(r->err, "%s", actions[i].key);
    }
    return code;
}

/* Whether a line behind the one given begins another document, which nothing would read. */
static bool has_another(const struct doc *doc, uint32_t line)
{
    const char *at = doc->text, *end = doc->text + doc->len;
    for (uint32_t n = 1; doc->format == DOC_YAML && at < end; n++) {
        if (n > line && end - at >= 3 && memcmp(at, "---", 3) == 0)
            return true;
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    return false;
}

int wishes_of_yaml(struct wishes *w, const struct doc *doc, struct err *err)
{
    struct reader r = {.w = w, .doc = doc, .err = err};
    struct berth_value *root = arena_alloc(&w->arena, sizeof(*root));
    if (!root)
        return err_nomem(err);
    int code = doc_parse(doc, &w->arena, root, err);
    if (code < 0 || root->type == BERTH_NULL)
        return code;
    r.culprit = root;
    if (root->type != BERTH_ARRAY)
        code = err_set(err, "a timeline is a list of entries such as {at: 1h, drain: node-1}");
    else if (has_another(doc, root->where))
        code = err_set(err, "a timeline is one document, not several");
    for (uint32_t i = 0; code == 0 && i < root->len; i++)
        code = read_entry(&r, &root->items[i]);
    return code == -EINVAL ? err_wrap(err, "%s:%u", doc->name, doc_line(doc, r.culprit)) : code;
}
