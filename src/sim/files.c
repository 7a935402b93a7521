/* Finding and reading input files. A path that exists is taken as it is, even when it looks like a pattern. */
#include "sim/files.h"

#include "base/array.h"
#include "base/vec.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct text {
    char *ptr;
    size_t len, cap;
};

/* Room for one byte more, and the padding. */
static int make_room(struct text *t)
{
    if (t->len + DOC_PADDING < t->cap)
        return 0;
    size_t cap = t->cap < 4096 ? 4096 : t->cap * 2;
    char *grown = realloc(t->ptr, cap);
    if (!grown)
        return -1;
    t->ptr = grown;
    t->cap = cap;
    return 0;
}

/* Everything that can be read from the descriptor, with zeroed padding behind it. */
static int read_all(int fd, const char *name, struct text *t, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        t->cap = (size_t)st.st_size + DOC_PADDING + 1;
        if (!(t->ptr = malloc(t->cap)))
            return err_nomem(err);
    }
    for (;;) {
        if (make_room(t) < 0)
            return err_nomem(err);
        ssize_t n = read(fd, t->ptr + t->len, t->cap - DOC_PADDING - t->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, "%s: %s", name, strerror(errno));
        if (n == 0)
            break;
        t->len += (size_t)n;
    }
    memset(t->ptr + t->len, 0, DOC_PADDING);
    return 0;
}

static int each_text(int fd, const char *name, files_fn fn, void *context, struct err *err)
{
    struct text t = {0};
    int r = read_all(fd, name, &t, err);
    if (r == 0) {
        struct doc doc = {.name = name, .text = t.ptr, .len = t.len, .format = doc_guess(t.ptr, t.len)};
        r = fn(context, &doc, err);
    }
    free(t.ptr);
    return r;
}

static int each_file(const char *path, files_fn fn, void *context, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    int r = each_text(fd, path, fn, context, err);
    close(fd);
    return r;
}

/* ---- directories ---- */

static int is_manifest(const struct dirent *entry)
{
    static const char *const endings[] = {".yaml", ".yml", ".json"};
    size_t len = strlen(entry->d_name);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && strcmp(entry->d_name + len - ending, endings[i]) == 0)
            return 1;
    }
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int each_entry(const char *directory, const char *name, files_fn fn, void *context, struct err *err)
{
    char *path;
    struct stat st;
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        return err_nomem(err);
    bool is_directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    int r = is_directory ? 0 : each_file(path, fn, context, err);
    free(path);
    return r;
}

static int each_in_directory(const char *path, files_fn fn, void *context, struct err *err)
{
    struct dirent **entries;
    int len = scandir(path, &entries, is_manifest, by_name);
    if (len < 0)
        return errno == ENOMEM ? err_nomem(err) : err_set(err, "%s: %s", path, strerror(errno));
    int r = len == 0 ? err_set(err, "%s: no *.yaml, *.yml or *.json in this directory", path) : 0;
    for (int i = 0; i < len; i++) {
        if (r == 0)
            r = each_entry(path, entries[i]->d_name, fn, context, err);
        free(entries[i]);
    }
    free(entries);
    return r;
}

/* ---- patterns ---- */

static int each_match(const char *pattern, files_fn fn, void *context, struct err *err)
{
    glob_t found = {0};
    int r = 0;
    switch (glob(pattern, 0, NULL, &found)) {
    case 0:
        break;
    case GLOB_NOSPACE:
        r = err_nomem(err);
        break;
    default:
        r = err_set(err, "%s: no file matches", pattern);
    }
    for (size_t i = 0; r == 0 && i < found.gl_pathc; i++) {
        struct stat st;
        if (stat(found.gl_pathv[i], &st) < 0 || !S_ISDIR(st.st_mode))
            r = each_file(found.gl_pathv[i], fn, context, err);
    }
    globfree(&found);
    return r;
}

int files_each(const char *path, files_fn fn, void *context, struct err *err)
{
    struct stat st;
    if (strcmp(path, "-") == 0)
        return each_text(STDIN_FILENO, path, fn, context, err);
    if (stat(path, &st) < 0)
        return strpbrk(path, "*?[") ? each_match(path, fn, context, err)
                                    : err_set(err, "%s: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? each_in_directory(path, fn, context, err) : each_file(path, fn, context, err);
}
