/* One code point at a time. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_INVALID = 0xffffffff };

/*
 * The code point at the start of the `len` > 0 bytes, its bytes in *ret_size; UTF8_INVALID, of size 1, where
 * they are no well-formed UTF-8 (surrogates and overlong forms included).
 */
uint32_t utf8_decode(const char *bytes, size_t len, size_t *ret_size);

/* Writes the code point (below 0x110000) and returns its 1 to 4 bytes. */
size_t utf8_encode(uint32_t code, char *out);

#endif
