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

/* Starts the program that writes the file's content to the returned descriptor. */
static int start_reader(const char *path, pid_t *ret_child)
{
    size_t len = strlen(path);
    bool packed = len > 3 && strcmp(path + len - 3, ".xz") == 0;
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

/* One document: a row, or an array of them. `number` is that of the last row. */
static int run_document(const struct doc *doc, rows_fn fn, void *context, uint32_t *number)
{
    struct arena arena = {0};
    struct err err = {0};
    struct berth_value value;
    int r = doc_parse(doc, &arena, &value, &err);
    if (r < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    else if (value.type == BERTH_OBJECT)
        fn(context, &value, ++*number);
    for (uint32_t i = 0; r == 0 && value.type == BERTH_ARRAY && i < value.len; i++)
        fn(context, &value.items[i], ++*number);
    arena_fini(&arena);
    err_fini(&err);
    return r;
}

int rows_each(const char *path, rows_fn fn, void *context)
{
    struct buf text = {0};
    uint32_t number = 0;
    int r = read_text(path, &text);
    if (r < 0)
        fprintf(stderr, "cannot read %s\n", path);
    size_t len = r < 0 ? 0 : text.len;
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&text, 0);
    bool is_array = text.ptr[0] == '[';
    for (size_t from = 0; r == 0 && from < len;) {
        const char *end = is_array ? NULL : memchr(text.ptr + from, '\n', len - from);
        size_t bytes = end ? (size_t)(end - text.ptr) - from : len - from;
        struct doc doc = {path, text.ptr + from, bytes, DOC_JSON};
        if (bytes)
            r = run_document(&doc, fn, context, &number) < 0 ? -1 : 0;
        from += bytes + 1;
    }
    buf_fini(&text);
    return r;
}
