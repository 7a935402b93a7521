/*
 * Collecting faults. Where a fault is in the file is found afterwards, by walking its path down the parsed
 * file: validation works on decoded structs, which know nothing of lines.
 */
#include "config/faults.h"

#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* More than anybody reads; keeps hostile files from costing more than their length. */
enum { FAULTS_MAX = 1000 };

void path_print(struct buf *b, const struct path *path, bool indices)
{
    if (!path)
        return;
    path_print(b, path->up, indices);
    if (path->name)
        buf_printf(b, "%s%s", b->len && path->name[0] != '[' ? "." : "", path->name);
    else if (indices)
        buf_printf(b, "[%" PRIu32 "]", path->index);
}

/* The value at the path, or where the way there ends. */
static const struct berth_value *find(const struct berth_value *root, const struct path *path,
                                      bool *ret_whole)
{
    *ret_whole = true;
    if (!path || !root)
        return root;
    const struct berth_value *up = find(root, path->up, ret_whole);
    if (!*ret_whole)
        return up;
    const struct berth_value *here = NULL;
    if (path->name)
        here = berth_value_get(up, path->name);
    else if (up->type == BERTH_ARRAY && path->index < up->len)
        here = &up->items[path->index];
    *ret_whole = here != NULL;
    return here ? here : up;
}

static void add(struct faults *p, const struct berth_value *at, const struct buf *text)
{
    if (p->list.len >= FAULTS_MAX)
        return;
    struct fault fault = {{arena_need(p->arena, text->len + 1), (uint32_t)text->len}, at};
    memcpy((char *)fault.text.ptr, text->ptr, text->len);
    if (vec_push(&p->list, fault) < 0)
        abort();
}

static void vadd(struct faults *p, const struct berth_value *at, const struct path *path, const char *format,
                 va_list args)
{
    struct buf text = {0};
    path_print(&text, path, true);
    char *detail;
    if (vasprintf(&detail, format, args) < 0)
        abort();
    if (path)
        buf_puts(&text, ": ");
    buf_puts(&text, detail);
    add(p, at, &text);
    free(detail);
    buf_fini(&text);
}

void fault_at(struct faults *p, const struct berth_value *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vadd(p, at, NULL, format, args);
    va_end(args);
}

void fault_add(struct faults *p, const struct path *path, const char *format, ...)
{
    bool whole;
    va_list args;
    va_start(args, format);
    vadd(p, find(p->root, path, &whole), path, format, args);
    va_end(args);
}

static void fault_quoted(struct faults *p, const struct path *path, const char *what, berth_str value,
                         const char *detail)
{
    struct buf quoted = {0};
    buf_quote(&quoted, value);
    fault_add(p, path, "%s: %s%s%s", what, quoted.ptr, *detail ? ": " : "", detail);
    buf_fini(&quoted);
}

void fault_invalid_int(struct faults *p, const struct path *path, int64_t value, const char *detail)
{
    fault_add(p, path, "Invalid value: %" PRId64 ": %s", value, detail);
}

void fault_invalid_text(struct faults *p, const struct path *path, berth_str value, const char *detail)
{
    fault_quoted(p, path, "Invalid value", value, detail);
}

void fault_invalid_duration(struct faults *p, const struct path *path, int64_t ns, const char *detail)
{
    struct buf text = {0};
    duration_print(&text, ns);
    fault_quoted(p, path, "Invalid value", buf_view(&text), detail);
    buf_fini(&text);
}

void fault_required(struct faults *p, const struct path *path, const char *detail)
{
    fault_add(p, path, "Required value%s%s", *detail ? ": " : "", detail);
}

void fault_forbidden(struct faults *p, const struct path *path, const char *detail)
{
    fault_add(p, path, "Forbidden: %s", detail);
}

void fault_duplicate(struct faults *p, const struct path *path, berth_str value)
{
    fault_quoted(p, path, "Duplicate value", value, "");
}

void fault_unsupported(struct faults *p, const struct path *path, berth_str value,
                       const char *const *supported)
{
    struct buf detail = {0};
    buf_puts(&detail, "supported values: ");
    for (size_t i = 0; supported[i]; i++)
        buf_printf(&detail, "%s\"%s\"", i ? ", " : "", supported[i]);
    fault_quoted(p, path, "Unsupported value", value, detail.ptr);
    buf_fini(&detail);
}

static bool seen_before(const struct faults *p, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (berth_str_eq(p->list.at[i].text, p->list.at[j].text))
            return true;
    return false;
}

static void add_place(struct buf *b, const struct doc *doc, const struct berth_value *at)
{
    buf_puts(b, doc->name);
    if (at)
        buf_printf(b, ":%" PRIu32, doc_line(doc, at));
    buf_puts(b, ": ");
}

/* Every different text once; returns how many there are. */
static size_t add_all(struct buf *b, const struct faults *p)
{
    size_t different = 0;
    for (size_t i = 0; i < p->list.len; i++) {
        if (seen_before(p, i))
            continue;
        buf_puts(b, different++ ? ", " : "");
        buf_str(b, p->list.at[i].text);
    }
    return different;
}

static void add_each(struct buf *b, const struct faults *p, size_t len, const struct doc *doc,
                     const char *prefix)
{
    for (size_t i = 0; i < len; i++) {
        buf_puts(b, i ? "\n" : "");
        add_place(b, doc, p->list.at[i].at);
        buf_printf(b, "%s%.*s", prefix, BERTH_FMT(p->list.at[i].text));
    }
}

int faults_report(const struct faults *p, const struct doc *doc, const char *prefix, enum report_style style,
                  struct err *err)
{
    if (p->list.len == 0)
        return 0;
    struct buf all = {0}, message = {0};
    bool several = add_all(&all, p) > 1;
    add_each(&message, p, several ? p->list.len : 1, doc, prefix);
    if (several && style != REPORT_EACH) {
        bool brackets = style == REPORT_BRACKETS;
        buf_printf(&message, "\n%s: %s%s%.*s%s", doc->name, prefix, brackets ? "[" : "",
                   BERTH_FMT(buf_view(&all)), brackets ? "]" : "");
    }
    err_set(err, "%s", message.ptr);
    buf_fini(&all);
    buf_fini(&message);
    return -EINVAL;
}

void faults_fini(struct faults *p)
{
    vec_fini(&p->list);
}
