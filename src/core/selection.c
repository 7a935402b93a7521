#include "core/selection.h"

#include <stdlib.h>

static struct berth_selector copy_selector(struct block *b, struct arena *scratch, const void *from,
                                           const struct berth_selector *selector)
{
    struct berth_selector copy = {.selects = selector->selects};
    struct arena_mark mark = arena_mark(scratch);
    struct berth_requirement *all = arena_alloc(scratch, selector->requirements.len * sizeof(*all));
    uint32_t len = 0;
    if (!all) {
        b->failed = 1;
        return copy;
    }
    berth_each(struct berth_requirement, requirement, from, selector->requirements) {
        all[len] = *requirement;
        all[len++].values = block_add(b, berth_list_at(from, requirement->values), sizeof(berth_atom),
                                      requirement->values.len);
    }
    copy.requirements = block_add(b, all, sizeof(*all), len);
    arena_rewind(scratch, mark);
    return copy;
}

static berth_list copy_namespaces(struct block *b, const void *from, berth_list namespaces)
{
    return block_add(b, berth_list_at(from, namespaces), sizeof(berth_atom), namespaces.len);
}

void selection_of_query(struct block *b, struct arena *scratch, const struct berth_query *query)
{
    block_start(b, sizeof(struct selection));
    struct arena_mark mark = arena_mark(scratch);
    struct selection_part *parts = arena_alloc(scratch, query->len * sizeof(*parts));
    b->failed |= !parts;
    for (uint32_t i = 0; parts && i < query->len; i++) {
        const struct berth_query_part *from = &query->parts[i];
        parts[i].selector = copy_selector(b, scratch, from->block, from->selector);
        parts[i].namespaces = copy_namespaces(b, from->block, from->namespaces);
        if (from->namespace_selector)
            parts[i].namespace_selector = copy_selector(b, scratch, from->block, from->namespace_selector);
        parts[i].known_namespaces_only = from->known_namespaces_only;
    }
    berth_list list = parts ? block_add(b, parts, sizeof(*parts), query->len) : (berth_list){0};
    arena_rewind(scratch, mark);
    if (b->failed)
        return;
    struct selection *s = block_at(b);
    s->parts = list;
    s->skip_terminating = query->skip_terminating;
}

void selection_of_term(struct block *b, struct arena *scratch, enum berth_term_kind kind, const void *block,
                       const struct berth_pod_term *term)
{
    block_start(b, sizeof(struct selection));
    struct berth_pod_term copy = {.topology_key = term->topology_key, .weight = term->weight};
    copy.selector = copy_selector(b, scratch, block, &term->selector);
    copy.namespaces = copy_namespaces(b, block, term->namespaces);
    copy.namespace_selector = copy_selector(b, scratch, block, &term->namespace_selector);
    struct selection_part part = {.selector = copy.selector,
                                  .namespaces = copy.namespaces,
                                  .namespace_selector = copy.namespace_selector};
    berth_list list = block_add(b, &part, sizeof(part), 1);
    if (b->failed)
        return;
    struct selection *s = block_at(b);
    s->parts = list;
    s->kind = kind;
    s->term = copy;
}

bool selection_matches(const struct selection *s, const struct namespaces *n, const struct berth_class *class)
{
    if (s->skip_terminating && (class->flags & BERTH_POD_TERMINATING))
        return false;
    berth_each(struct selection_part, part, s, s->parts)
        if (!namespaces_select(n, s, part->namespaces, &part->namespace_selector, part->known_namespaces_only,
                               class->namespace)
            || !berth_selector_matches(s, &part->selector, class, class->labels))
            return false;
    return true;
}

/* Room for the answer about `labels_id`; false: no memory, then nothing can be remembered. */
static bool memo_fits(struct selection_memo *memo, uint32_t labels_id)
{
    if (labels_id < memo->len)
        return true;
    uint32_t len = labels_id + labels_id / 2 + 64;
    uint8_t *grown = realloc(memo->answer, len);
    if (!grown)
        return false;
    memset(grown + memo->len, 0, len - memo->len);
    memo->answer = grown;
    memo->len = len;
    return true;
}

bool selection_recall(struct selection_memo *memo, const struct selection *s, const struct namespaces *n,
                      const struct berth_class *class)
{
    if (memo->namespaces_generation != n->generation && memo->answer)
        memset(memo->answer, 0, memo->len);
    memo->namespaces_generation = n->generation;
    if (!memo_fits(memo, class->labels_id))
        return selection_matches(s, n, class);
    uint8_t *answer = &memo->answer[class->labels_id];
    if (*answer == 0)
        *answer = selection_matches(s, n, class) ? 2 : 1;
    return *answer == 2;
}

void selection_memo_fini(struct selection_memo *memo)
{
    free(memo->answer);
}
