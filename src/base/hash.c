#include "base/hash.h"

#include <string.h>

uint64_t hash_bytes(const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    uint64_t hash = hash_mix(0x243f6a8885a308d3u, len);
    for (; len >= 8; len -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        hash = hash_mix(hash, word);
    }
    if (len) {
        uint64_t word = 0;
        memcpy(&word, p, len);
        hash = hash_mix(hash, word);
    }
    return hash;
}
