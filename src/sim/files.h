/* The texts that paths on a command line stand for. */
#ifndef SIM_FILES_H
#define SIM_FILES_H

#include "base/doc.h"

/* A negative return ends the walk. The text lives until the return. */
typedef int (*files_fn)(void *context, const struct doc *doc, struct err *err);

/*
 * Calls `fn` for the text of a file; for a directory, of its *.yaml, *.yml and *.json, sorted by
 * name, not those of its directories; for a pattern (*, ?, []), of the files that match, sorted;
 * for "-", of standard input.
 */
int files_each(const char *path, files_fn fn, void *context, struct err *err);

#endif
