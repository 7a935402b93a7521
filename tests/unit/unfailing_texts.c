/*
 * Texts end the process when there is no memory for them (buf.h), so theirs does not run out: for programs
 * that are linked with failing_alloc.c and with -Wl,--wrap of each function here.
 */
#include "base/buf.h"
#include "failing_alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define UNFAILING(name, params, ...)                                                                         \
    void __real_##name params;                                                                               \
    void __wrap_##name params;                                                                               \
    void __wrap_##name params                                                                                \
    {                                                                                                        \
        alloc_pause();                                                                                       \
        __real_##name(__VA_ARGS__);                                                                          \
        alloc_resume();                                                                                      \
    }
UNFAILING(buf_add, (struct buf * b, const void *bytes, size_t len), b, bytes, len)
UNFAILING(buf_puts, (struct buf * b, const char *text), b, text)
UNFAILING(buf_str, (struct buf * b, berth_str text), b, text)
UNFAILING(buf_char, (struct buf * b, char c), b, c)
UNFAILING(buf_quote, (struct buf * b, berth_str text), b, text)
UNFAILING(buf_json_str, (struct buf * b, berth_str text), b, text)

void __wrap_buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void __wrap_buf_printf(struct buf *b, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    assert((size_t)len < sizeof(text));
    __wrap_buf_add(b, text, (size_t)len);
}
