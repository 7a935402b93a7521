/* Short texts that ask for changes, and what both kinds of timeline files have in common. */
#include "sim/wish.h"

#include "base/array.h"
#include "base/ascii.h"
#include "base/file.h"
#include "base/nearest.h"

#include <stdlib.h>
#include <strings.h>

enum { MOST = 1000000 }; /* pods or nodes asked for at once */

static const struct wish_kind kinds[] = {
    {"Deployment", "deploy", .namespaced = true, .scalable = true, .workload = true},
    {"StatefulSet", "sts", .namespaced = true, .scalable = true, .workload = true},
    {"ReplicaSet", "rs", .namespaced = true, .scalable = true, .workload = true},
    {"ReplicationController", "rc", .namespaced = true, .scalable = true, .workload = true},
    {"Job", "job", .namespaced = true, .scalable = true, .workload = true},
    {"DaemonSet", "ds", .namespaced = true, .workload = true},
    {"CronJob", "cj", .namespaced = true, .workload = true},
    {"Pod", "po", .namespaced = true},
    {"Service", "svc", .namespaced = true},
    {"PodDisruptionBudget", "pdb", .namespaced = true},
    {"PersistentVolumeClaim", "pvc", .namespaced = true},
    {"CSIStorageCapacity", "csistoragecapacity", .namespaced = true},
    {"Node", "no", .namespaced = false},
    {"Namespace", "ns", .namespaced = false},
    {"PriorityClass", "pc", .namespaced = false},
    {"PersistentVolume", "pv", .namespaced = false},
    {"StorageClass", "sc", .namespaced = false},
    {"CSINode", "csinode", .namespaced = false},
    {"CSIDriver", "csidriver", .namespaced = false},
    {"VolumeAttachment", "volumeattachment", .namespaced = false},
};

static bool same_word(berth_str a, const char *b)
{
    return strlen(b) == a.len && strncasecmp(a.ptr, b, a.len) == 0;
}

/* The kind itself, its short name, or its plural. */
static bool is_called(const struct wish_kind *kind, berth_str text)
{
    berth_str singular = text.len > 1 ? (berth_str){text.ptr, text.len - 1} : text;
    bool plural = text.len > 1 && (text.ptr[text.len - 1] | 0x20) == 's';
    return same_word(text, kind->kind) || same_word(text, kind->short_name)
           || (plural && same_word(singular, kind->kind));
}

int wish_kind(berth_str text, const struct wish_kind **ret_kind, struct err *err)
{
    const char *names[ARRAY_LEN(kinds)];
    char word[64];
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        names[i] = kinds[i].kind;
        if (is_called(&kinds[i], text)) {
            *ret_kind = &kinds[i];
            return 0;
        }
    }
    size_t len = text.len < sizeof(word) - 1 ? text.len : sizeof(word) - 1;
    memcpy(word, text.ptr ? text.ptr : "", len);
    word[len] = '\0';
    word[0] = word[0] >= 'a' && word[0] <= 'z' ? (char)(word[0] - 32) : word[0];
    const char *meant = nearest_word(word, names, ARRAY_LEN(names));
    return err_set(err, "\"%.*s\" is not a kind known here%s%s%s", BERTH_FMT(text),
                   meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

const char *wish_kind_meant(berth_str text)
{
    char word[64];
    const char *meant = NULL;
    if (text.len >= sizeof(word))
        return NULL;
    memcpy(word, text.ptr, text.len);
    word[text.len] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strcmp(word, kinds[i].kind) == 0)
            return NULL;
        if (is_called(&kinds[i], text) || edit_distance(word, kinds[i].kind) == 1)
            meant = kinds[i].kind;
    }
    return meant;
}

int wish_count(berth_str text, uint32_t *ret_count, struct err *err)
{
    uint32_t count = 0;
    bool digits = text.len > 0;
    for (uint32_t i = 0; i < text.len && digits && count <= MOST; i++) {
        digits = ascii_is_digit(text.ptr[i]);
        count = count * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    if (!digits || count > MOST)
        return err_set(err, "\"%.*s\" is not a whole number from 0 to %d", BERTH_FMT(text), MOST);
    *ret_count = count;
    return 0;
}

/* What is before the first separator, which is taken off the text with it; false when there is none. */
static bool split(berth_str *text, char separator, berth_str *ret_head)
{
    const char *at = text->len ? memchr(text->ptr, separator, text->len) : NULL;
    if (!at)
        return false;
    *ret_head = (berth_str){text->ptr, (uint32_t)(at - text->ptr)};
    *text = (berth_str){at + 1, text->len - ret_head->len - 1};
    return true;
}

int wish_reference(berth_str text, struct wish *ret_wish, struct err *err)
{
    berth_str parts[3] = {{0}}, rest = text;
    uint32_t len = 0;
    while (len < 2 && split(&rest, '/', &parts[len]))
        len++;
    parts[len++] = rest;
    bool empty = memchr(rest.ptr ? rest.ptr : "", '/', rest.len) != NULL;
    for (uint32_t i = 0; i < len; i++)
        empty = empty || parts[i].len == 0;
    if (len < 2 || empty)
        return err_set(err, "\"%.*s\" does not read [NAMESPACE/]KIND/NAME", BERTH_FMT(text));
    int r = wish_kind(parts[len - 2], &ret_wish->kind, err);
    if (r < 0)
        return r;
    if (len == 3 && !ret_wish->kind->namespaced)
        return err_set(err, "\"%.*s\": a %s is in no namespace", BERTH_FMT(text), ret_wish->kind->kind);
    ret_wish->namespace = len == 3 ? parts[0] : (berth_str){0};
    ret_wish->name = parts[len - 1];
    return 0;
}

static int check_scalable(const struct wish_kind *kind, struct err *err)
{
    return kind->scalable ? 0 : err_set(err, "a %s cannot be scaled", kind->kind);
}

int wish_scaling(berth_str text, struct wish *ret_wish, struct err *err)
{
    berth_str reference, count = text;
    if (!split(&count, '=', &reference))
        return err_set(err, "\"%.*s\" does not read [NAMESPACE/]KIND/NAME=REPLICAS", BERTH_FMT(text));
    ret_wish->action = WISH_SCALE;
    int r = wish_reference(reference, ret_wish, err);
    if (r == 0)
        r = check_scalable(ret_wish->kind, err);
    return r < 0 ? r : wish_count(count, &ret_wish->count, err);
}

/* ---- options ---- */

/* Adds the wish, which an option spelt "NAME VALUE" asks for, unless `r` says that it is none. */
static int add_option(struct wishes *w, struct wish *wish, const char *name, const char *text, int r,
                      struct err *err)
{
    struct buf spelling = {0};
    buf_printf(&spelling, "%s %s", name, text);
    wish->option = arena_copy(&w->arena, spelling.ptr, spelling.len + 1);
    buf_fini(&spelling);
    if (r < 0)
        return err_wrap(err, "%s", name);
    return !wish->option || vec_push(&w->list, *wish) < 0 ? err_nomem(err) : 0;
}

int wishes_add_nodes(struct wishes *w, const char *text, struct err *err)
{
    struct wish wish = {.action = WISH_ADD};
    berth_str count, file = berth_str_of(text);
    int r = split(&file, '=', &count) && file.len ? wish_count(count, &wish.count, err)
                                                  : err_set(err, "\"%s\" does not read NUMBER=FILE", text);
    if (r == 0 && wish.count == 0)
        r = err_set(err, "\"%s\" adds no node", text);
    wish.file = file.ptr;
    return add_option(w, &wish, "--add-nodes", text, r, err);
}

static int add_node_option(struct wishes *w, enum wish_action action, const char *option, const char *text,
                           struct err *err)
{
    struct wish wish = {.action = action, .name = berth_str_of(text)};
    return add_option(w, &wish, option, text, *text ? 0 : err_set(err, "the name of a node is empty"), err);
}

int wishes_remove_node(struct wishes *w, const char *text, struct err *err)
{
    return add_node_option(w, WISH_FAIL, "--remove-node", text, err);
}

int wishes_drain(struct wishes *w, const char *text, struct err *err)
{
    return add_node_option(w, WISH_DRAIN, "--drain", text, err);
}

int wishes_scale(struct wishes *w, const char *text, struct err *err)
{
    struct wish wish = {0};
    int r = wish_scaling(berth_str_of(text), &wish, err);
    return add_option(w, &wish, "--scale", text, r, err);
}

/* ---- files ---- */

int wishes_read(struct wishes *w, const char *path, struct err *err)
{
    struct doc *doc = malloc(sizeof(*doc));
    int r = doc ? file_read(path, doc, err) : err_nomem(err);
    if (r < 0) {
        free(doc);
        return r;
    }
    if (vec_push(&w->docs, doc) < 0) {
        file_fini(doc);
        free(doc);
        return err_nomem(err);
    }
    size_t len = strlen(path);
    bool csv = len > 4 && strcasecmp(path + len - 4, ".csv") == 0;
    return csv ? wishes_of_csv(w, doc, err) : wishes_of_yaml(w, doc, err);
}

const char *wish_path(struct wishes *w, const struct doc *doc, berth_str path)
{
    const char *slash = path.len && path.ptr[0] == '/' ? NULL : strrchr(doc->name, '/');
    size_t folder = slash ? (size_t)(slash + 1 - doc->name) : 0;
    char *whole = arena_alloc(&w->arena, folder + path.len + 1);
    if (whole) {
        memcpy(whole, doc->name, folder);
        memcpy(whole + folder, path.ptr, path.len);
    }
    return whole;
}

int wish_wrap(const struct wish *wish, struct err *err)
{
    if (wish->option)
        return err_wrap(err, "%s", wish->option);
    return err_wrap(err, "%s:%u", wish->doc->name,
                    wish->line ? wish->line : doc_line(wish->doc, wish->where));
}

void wishes_fini(struct wishes *w)
{
    for (size_t i = 0; i < w->docs.len; i++) {
        file_fini(w->docs.at[i]);
        free(w->docs.at[i]);
    }
    vec_fini(&w->docs);
    vec_fini(&w->list);
    arena_fini(&w->arena);
}
