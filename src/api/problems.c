/* Messages side by side in one text, a ", " behind each. */
#include "api/problems.h"

#include "base/hash.h"

static const char separator[] = ", ";

void problems_end(struct problems *p)
{
    uint64_t hash = hash_bytes(p->text.ptr + p->begin, p->text.len - p->begin) | 1;
    if (map_get(&p->seen, hash)) {
        p->text.len = p->begin;
        return;
    }
    map_put(&p->seen, hash, 1); /* when memory runs out, a message may show twice */
    buf_puts(&p->text, separator);
    p->begin = p->text.len;
    p->len++;
}

void problems_print(struct buf *b, const struct problems *p)
{
    if (p->len > 1)
        buf_char(b, '[');
    if (p->len > 0)
        buf_add(b, p->text.ptr, p->begin - strlen(separator));
    if (p->len > 1)
        buf_char(b, ']');
}

void problems_fini(struct problems *p)
{
    buf_fini(&p->text);
    map_fini(&p->seen);
    p->begin = p->len = 0;
}
