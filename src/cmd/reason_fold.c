#include "cmd/reason_fold.h"

#include "base/ascii.h"
#include "base/hash.h"
#include "base/map.h"

#include <stdlib.h>

/* Of the text without its digits. */
static uint64_t key_of(const struct reason *reason, struct buf *scratch)
{
    buf_clear(scratch);
    for (uint32_t i = 0; i < reason->text.len; i++)
        if (!ascii_is_digit(reason->text.ptr[i]))
            buf_char(scratch, reason->text.ptr[i]);
    return hash_mix(hash_bytes(scratch->ptr, scratch->len), reason->outcome) | 1;
}

static int64_t weight(const struct reason *reason)
{
    return reason->held_ns ? reason->held_ns : reason->held;
}

static void add(struct reason *sum, const struct reason *reason, int64_t *heaviest)
{
    if (weight(reason) > *heaviest) {
        *heaviest = weight(reason);
        sum->text = reason->text;
        sum->first = reason->first;
    }
    sum->pods += reason->pods;
    sum->held += reason->held;
    sum->held_ns += reason->held_ns;
    sum->first_ns = reason->first_ns < sum->first_ns ? reason->first_ns : sum->first_ns;
    sum->last_ns = reason->last_ns > sum->last_ns ? reason->last_ns : sum->last_ns;
}

void reason_fold_of(struct reason_fold *fold, const struct simulation *s)
{
    struct map by_key = {0};
    struct buf scratch = {0};
    VEC(int64_t) heaviest = {0};
    for (size_t i = 0; i < s->reasons.len; i++) {
        const struct reason *reason = &s->reasons.at[i];
        uint64_t key = key_of(reason, &scratch);
        const uint64_t *known = map_get(&by_key, key);
        size_t index = known ? *known : fold->list.len;
        bool failed = vec_push(&fold->of, (uint32_t)index) < 0;
        if (known) {
            add(&fold->list.at[index], reason, &heaviest.at[index]);
            fold->variants.at[index]++;
        } else {
            failed |= vec_push(&fold->list, *reason) < 0 || vec_push(&fold->variants, 1) < 0
                      || vec_push(&heaviest, weight(reason)) < 0 || map_put(&by_key, key, index) < 0;
        }
        if (failed)
            abort();
    }
    map_fini(&by_key);
    buf_fini(&scratch);
    vec_fini(&heaviest);
}

void reason_fold_fini(struct reason_fold *fold)
{
    vec_fini(&fold->list);
    vec_fini(&fold->variants);
    vec_fini(&fold->of);
}
