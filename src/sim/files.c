/*
 * Finding and reading input files. A path that exists is taken as it is, even when it looks like a pattern.
 */
#include "sim/files.h"

#include "base/array.h"
#include "base/file.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int each_file(const char *path, files_fn fn, void *context, struct err *err)
{
    struct doc doc;
    int r = file_read(path, &doc, err);
    if (r < 0)
        return r;
    r = fn(context, &doc, err);
    file_fini(&doc);
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
    if (strcmp(path, "-") == 0 || !*path)
        return each_file(path, fn, context, err);
    if (stat(path, &st) < 0)
        return strpbrk(path, "*?[") ? each_match(path, fn, context, err)
                                    : err_set(err, "%s: %s", path, strerror(errno));
    return S_ISDIR(st.st_mode) ? each_in_directory(path, fn, context, err)
                               : each_file(path, fn, context, err);
}
