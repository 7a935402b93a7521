/*
 * Files of rows: a JSON array of objects, one JSON object a line, or, when the name ends in .yaml, YAML
 * documents; compressed when it ends in .xz.
 */
#ifndef TESTS_ROWS_H
#define TESTS_ROWS_H

#include "base/doc.h"

/* `number` counts from 1. The row dies on return. */
typedef void (*rows_fn)(void *context, const struct berth_value *row, uint32_t number);

/* Calls `fn` for every row. 0, or -1 when the file cannot be read to its end, as stderr then says. */
int rows_each(const char *path, rows_fn fn, void *context);

/* A member of an object, NULL when it is absent or null. */
const struct berth_value *row_get(const struct berth_value *object, const char *key);

/* The text of a member, empty when it has none. */
berth_str row_text(const struct berth_value *object, const char *key);

#endif
