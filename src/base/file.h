/* Whole files in memory, padded as a doc's text must be. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/doc.h"

/*
 * Reads the file, or standard input for "-", as a doc whose format is guessed; its name is `path`, borrowed.
 * Release with file_fini().
 */
int file_read(const char *path, struct doc *ret_doc, struct err *err);
void file_fini(struct doc *doc);

#endif
