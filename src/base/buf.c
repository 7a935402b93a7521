/* Growing text. Every writer goes through reserve(), which keeps room for the closing NUL. */
#include "base/buf.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char *reserve(struct buf *b, size_t more)
{
    size_t need = b->len + more + 1;
    if (need > b->cap) {
        size_t cap = b->cap * 2 > need ? b->cap * 2 : need < 64 ? 64 : need;
        char *grown = realloc(b->ptr, cap);
        if (!grown) {
            fprintf(stderr, "berth: out of memory (%zu bytes of text)\n", cap);
            abort();
        }
        b->ptr = grown;
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t len)
{
    char *at = reserve(b, len);
    if (len)
        memcpy(at, bytes, len);
    at[len] = '\0';
    b->len += len;
}

void buf_puts(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_str(struct buf *b, berth_str text)
{
    buf_add(b, text.ptr, text.len);
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char *at = reserve(b, 0);
    size_t room = b->cap - b->len;
    int len = vsnprintf(at, room, format, args);
    va_end(args);
    if (len > 0 && (size_t)len >= room)
        vsnprintf(reserve(b, (size_t)len), (size_t)len + 1, format, again);
    va_end(again);
    b->len += len > 0 ? (size_t)len : 0;
}

/* The letter after the backslash for the bytes that both JSON and Go write short; 0 for others. */
static char short_escape(uint32_t code)
{
    switch (code) {
    case '"':
    case '\\':
        return (char)code;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

void buf_json_str(struct buf *b, berth_str text)
{
    buf_char(b, '"');
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t code = utf8_decode(text.ptr + i, text.len - i, &size);
        if (short_escape(code))
            buf_printf(b, "\\%c", short_escape(code));
        else if (code < 0x20)
            buf_printf(b, "\\u%04x", code);
        else if (code == UTF8_INVALID)
            buf_puts(b, "\xef\xbf\xbd");
        else
            buf_add(b, text.ptr + i, size);
    }
    buf_char(b, '"');
}

/* Go's unicode.IsPrint for what is beyond ASCII: no controls, formats, separators or private use. */
static bool printable(uint32_t code)
{
    static const struct {
        uint32_t from, to;
    } hidden[] = {{0x00, 0x1f},     {0x7f, 0xa0},       {0xad, 0xad},       {0x600, 0x605},
                  {0x61c, 0x61c},   {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x1680, 0x1680},
                  {0x180e, 0x180e}, {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},
                  {0x3000, 0x3000}, {0xe000, 0xf8ff},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb},
                  {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff}};
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (code >= hidden[i].from && code <= hidden[i].to)
            return false;
    return true;
}

static void quote_hidden(struct buf *b, uint32_t code)
{
    if (code == 0x07 || code == 0x0b)
        buf_printf(b, "\\%c", code == 0x07 ? 'a' : 'v');
    else if (code < 0x80)
        buf_printf(b, "\\x%02x", code);
    else if (code < 0x10000)
        buf_printf(b, "\\u%04x", code);
    else
        buf_printf(b, "\\U%08x", code);
}

void buf_quote(struct buf *b, berth_str text)
{
    buf_char(b, '"');
    for (size_t i = 0, size; i < text.len; i += size) {
        uint32_t code = utf8_decode(text.ptr + i, text.len - i, &size);
        if (code == UTF8_INVALID)
            buf_printf(b, "\\x%02x", (unsigned char)text.ptr[i]);
        else if (short_escape(code))
            buf_printf(b, "\\%c", short_escape(code));
        else if (printable(code))
            buf_add(b, text.ptr + i, size);
        else
            quote_hidden(b, code);
    }
    buf_char(b, '"');
}

void buf_fini(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){0};
}
