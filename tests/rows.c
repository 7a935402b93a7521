/* See rows.h. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const struct berth_value *row_get(const struct berth_value *object, const char *key)
{
    const struct berth_value *value = object ? berth_value_get(object, key) : NULL;
    return berth_value_absent(value) ? NULL : value;
}

berth_str row_text(const struct berth_value *object, const char *key)
{
    return berth_value_text(row_get(object, key));
}

static bool ends_with(const char *path, const char *ending)
{
    size_t len = strlen(path), least = strlen(ending);
    return len > least && strcmp(path + len - least, ending) == 0;
}

/* Starts the program that writes the file's content to the returned descriptor. */
static int start_reader(const char *path, pid_t *ret_child)
{
    bool packed = ends_with(path, ".xz");
    int ends[2];
    if (pipe(ends) < 0)
        return -1;
    *ret_child = fork();
    if (*ret_child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execlp(packed ? "xz" : "cat", packed ? "xz" : "cat", packed ? "-dc" : "-u", "--", path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    return ends[0];
}

static int read_text(const char *path, struct buf *ret)
{
    pid_t child;
    int status, from = start_reader(path, &child);
    char chunk[65536];
    ssize_t n;
    while (from >= 0 && (n = read(from, chunk, sizeof(chunk))) > 0)
        buf_add(ret, chunk, (size_t)n);
    if (from < 0)
        return -1;
    close(from);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

struct walk {
    rows_fn fn;
    void *context;
    uint32_t number; /* of the last row */
};

static int run_array(struct walk *walk, const struct doc *doc, struct err *err)
{
    struct arena arena = {0};
    struct berth_value value;
    int r = doc_parse(doc, &arena, &value, err);
    for (uint32_t i = 0; r == 0 && i < value.len; i++)
        walk->fn(walk->context, &value.items[i], ++walk->number);
    arena_fini(&arena);
    return r;
}

static int run_object(void *context, const struct doc *doc, const struct berth_value *object,
                    const struct berth_value *list, struct err *err)
{
    struct walk *walk = context;
    (void)doc, (void)list, (void)err;
    walk->fn(walk->context, object, ++walk->number);
    return 0;
}

static int run_text(struct walk *walk, const struct doc *doc, struct err *err)
{
    bool is_array = doc->format == DOC_JSON && doc->text[0] == '[';
    return is_array ? run_array(walk, doc, err) : doc_each(doc, run_object, walk, err);
}

int rows_each(const char *path, rows_fn fn, void *context)
{
    struct walk walk = {fn, context, 0};
    struct buf text = {0};
    struct err err = {0};
    int r = read_text(path, &text);
    if (r < 0)
        err_set(&err, "cannot read %s", path);
    size_t len = text.len;
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&text, 0);
    struct doc doc = {path, text.ptr, len, ends_with(path, ".yaml") ? DOC_YAML : DOC_JSON};
    if (r == 0)
        r = run_text(&walk, &doc, &err);
    if (r < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    err_fini(&err);
    buf_fini(&text);
    return r < 0 ? -1 : 0;
}
