/* Single requirements of selectors: reading, checking, compiling. Private to the selector files. */
#ifndef API_REQUIREMENT_H
#define API_REQUIREMENT_H

#include "api/problems.h"
#include "api/selector.h"

/* Adds everything upstream finds wrong with the requirement; `path` goes in front of fields, "" for none. */
void requirement_check(const struct selector_requirement *r, const char *path, struct problems *p);

/* The key alone, with upstream's field name for a text without fields: "<nil>". */
void requirement_check_bare_key(berth_str key, struct problems *p);

/* Upstream's json of a list of values: null, or ["a","b"]. */
void requirement_print_values(struct buf *b, const struct selector_requirement *r);

/*
 * Reads {key, operator, values} with the operator as text; what is absent or null is empty.
 * `where` is what errors call it.
 */
int requirement_read(const struct berth_value *value, const char *where, struct arena *arena,
                     struct selector_requirement *ret, berth_str *ret_operator, struct err *err);

/* A string, or the empty text for null. */
int requirement_text(const struct berth_value *value, const char *where, berth_str *ret, struct err *err);

/* Sorts by key text. */
void requirements_sort(struct selector_requirement *requirements, size_t len);

/* The requirements as a block list of struct berth_requirement. */
int requirements_build(const struct selector_requirement *requirements, size_t len, struct block *b,
                       struct atoms *atoms, berth_list *ret);

/* A decimal integer as Go's strconv.ParseInt reads it. */
bool requirement_integer(berth_str text, int64_t *ret);

#endif
