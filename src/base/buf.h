/* A growing text, for output and messages. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <berth/str.h>
#include <stddef.h>

/* Zero-initialise; release with buf_fini(). Out of memory ends the process: no caller could do better. */
struct buf {
    char *ptr; /* NUL-terminated once something was added */
    size_t len, cap;
};

/* Each appends: bytes, a C string, a slice, one character, formatted text. */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_str(struct buf *b, berth_str text);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text as a JSON string, quotes included; invalid UTF-8 becomes U+FFFD. */
void buf_json_str(struct buf *b, berth_str text);

/* The text as a Go quoted string (strconv.Quote), as Kubernetes' messages show values. */
void buf_quote(struct buf *b, berth_str text);

static inline berth_str buf_view(const struct buf *b)
{
    return (berth_str){b->ptr, (uint32_t)b->len};
}

static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

void buf_fini(struct buf *b);

#endif
