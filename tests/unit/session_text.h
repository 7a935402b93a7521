/* Sessions over manifests that are given as text. */
#ifndef UNIT_SESSION_TEXT_H
#define UNIT_SESSION_TEXT_H

#include "check.h"
#include "cmd/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Writes the text to a new file; `path` is a template of mkstemp() and becomes its name. */
static inline void write_temporary(char path[], const char *text)
{
    FILE *file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Opens a session over the manifests alone, with seed 1; the other options are as given. */
static inline int session_of(struct session *s, const char *manifests, struct session_options options,
                             struct err *err)
{
    char path[] = "/tmp/berth-test-XXXXXX";
    const char *const files[] = {path};
    write_temporary(path, manifests);
    options.files = files;
    options.files_len = 1;
    options.core.seed = 1;
    int code = session_open(s, &options, err);
    unlink(path);
    return code;
}

#endif
