/* Where the tokens of a JSON text begin: simdjson's first stage behind a C interface. */
#ifndef BASE_JSON_INDEX_H
#define BASE_JSON_INDEX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_index_status {
    JSON_INDEX_OK,
    JSON_INDEX_OPEN_STRING, /* the text ends inside a string */
    JSON_INDEX_CONTROL,     /* a byte below 0x20 inside a string */
    JSON_INDEX_UTF8,        /* not UTF-8 */
    JSON_INDEX_NOMEM,
};

struct json_index;

/* NULL when memory ran out. */
struct json_index *json_index_new(void);
void json_index_free(struct json_index *x);

/*
 * Finds the tokens of the text: offsets of {}[]:, and of the first byte of strings and of everything else
 * that is not white space. *ret_tokens stays valid until the next call. The text must begin outside a string.
 */
enum json_index_status json_index_run(struct json_index *x, const char *text, uint32_t len,
                                      const uint32_t **ret_tokens, uint32_t *ret_len);

#ifdef __cplusplus
}
#endif

#endif
