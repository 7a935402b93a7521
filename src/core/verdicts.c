#include "core/verdicts.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

static const struct status success = {.code = BERTH_SUCCESS};
static const struct status skip = {.code = BERTH_SKIP};
static const struct status no_node = {.code = BERTH_UNRESOLVABLE};

static uint64_t hash_status(enum berth_code code, const char *plugin, const berth_str *reasons, uint32_t len)
{
    uint64_t hash = hash_mix(code, map_ptr(plugin));
    for (uint32_t i = 0; i < len; i++)
        hash = hash_mix(hash, hash_bytes(reasons[i].ptr, reasons[i].len));
    return hash ? hash : 1;
}

static bool same(const struct status *s, enum berth_code code, const char *plugin, const berth_str *reasons,
                 uint32_t len)
{
    if (s->code != code || s->plugin != plugin || s->len != len)
        return false;
    for (uint32_t i = 0; i < len; i++)
        if (!berth_str_eq(s->reasons[i], reasons[i]))
            return false;
    return true;
}

static void die_without_memory(void)
{
    fprintf(stderr, "berth: out of memory (verdicts)\n");
    abort();
}

static struct status copy(struct verdicts *t, enum berth_code code, const char *plugin,
                          const berth_str *reasons, uint32_t len)
{
    berth_str *own = arena_need(&t->arena, len * sizeof(*own));
    for (uint32_t i = 0; i < len; i++) {
        char *text = arena_need(&t->arena, reasons[i].len + 1u);
        if (reasons[i].len)
            memcpy(text, reasons[i].ptr, reasons[i].len);
        own[i] = (berth_str){text, reasons[i].len};
    }
    return (struct status){.code = code, .plugin = plugin, .len = len, .reasons = own};
}

berth_verdict verdicts_intern(struct verdicts *t, enum berth_code code, const char *plugin,
                              const berth_str *reasons, uint32_t len)
{
    uint64_t hash = hash_status(code, plugin, reasons, len);
    uint64_t *first = map_get(&t->by_hash, hash);
    for (uint32_t v = first ? (uint32_t)*first : 0; v; v = t->next.at[v - VERDICT_FIRST])
        if (same(&t->list.at[v - VERDICT_FIRST], code, plugin, reasons, len))
            return v;
    uint32_t made = (uint32_t)t->list.len + VERDICT_FIRST;
    if (vec_push(&t->list, copy(t, code, plugin, reasons, len)) < 0
        || vec_push(&t->next, first ? (uint32_t)*first : 0) < 0 || map_put(&t->by_hash, hash, made) < 0)
        die_without_memory();
    return made;
}

const struct status *verdicts_get(const struct verdicts *t, berth_verdict v)
{
    switch (v) {
    case BERTH_PASS:
        return &success;
    case BERTH_SKIPPED:
        return &skip;
    case VERDICT_NO_NODE:
        return &no_node;
    default:
        return &t->list.at[v - VERDICT_FIRST];
    }
}

void verdicts_fini(struct verdicts *t)
{
    arena_fini(&t->arena);
    vec_fini(&t->list);
    vec_fini(&t->next);
    map_fini(&t->by_hash);
}
