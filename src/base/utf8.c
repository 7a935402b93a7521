/* UTF-8 by hand: the C library's conversions depend on the locale. */
#include "base/utf8.h"

uint32_t utf8_decode(const char *bytes, size_t len, size_t *ret_size)
{
    const unsigned char *p = (const unsigned char *)bytes;
    *ret_size = 1;
    if (p[0] < 0x80)
        return p[0];
    size_t size = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p[0] < 0xc2 || p[0] > 0xf4 || size > len)
        return UTF8_INVALID;
    uint32_t code = p[0] & (0x7f >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return UTF8_INVALID;
        code = code << 6 | (p[i] & 0x3f);
    }
    if (code < smallest[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return UTF8_INVALID;
    *ret_size = size;
    return code;
}

size_t utf8_encode(uint32_t code, char *out)
{
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(lead[size] | code);
    return size;
}
