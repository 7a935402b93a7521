/*
 * Recorded answers that Berth does not give on purpose: tests/conformance/known-differences, a line each, the
 * name of the case, a tab and the reason; '#' begins a comment. They are shown and counted as skipped, and
 * one that has come to agree is a failure, so that the list stays true.
 */
#ifndef TESTS_KNOWN_H
#define TESTS_KNOWN_H

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

/* Reads the list into `ret`, which stays empty when there is no such file. */
static inline void known_read(const char *path, struct buf *ret)
{
    FILE *file = fopen(path, "r");
    char line[1024];
    while (file && fgets(line, sizeof line, file))
        if (line[0] != '#')
            buf_puts(ret, line);
    if (file)
        fclose(file);
}

/* Whether the list names the case. */
static inline bool known_has(const struct buf *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list->len ? list->ptr : NULL; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, len) == 0 && at[len] == '\t')
            return true;
    }
    return false;
}

#endif
