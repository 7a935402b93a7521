#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

int vec_grow(void **at, size_t *cap, size_t len, size_t item_size)
{
    if (len < *cap)
        return 0;
    size_t want = *cap ? *cap * 2 : 8;
    if (want > SIZE_MAX / item_size)
        return -1;
    void *grown = realloc(*at, want * item_size);
    if (!grown)
        return -1;
    *at = grown;
    *cap = want;
    return 0;
}
