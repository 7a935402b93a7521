/* The functions of <berth/plugin.h> that plugins call during a cycle, over the cache and the framework. */
#include "core/framework.h"
#include "core/message.h"
#include "core/preemption.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const struct call *call_of(const struct berth_cycle *c)
{
    return (const struct call *)c;
}

static struct plugin_state *state_of(const struct berth_cycle *c)
{
    return &c->internal->states[call_of(c)->instance - c->internal->profile->instances];
}

berth_verdict berth_reject(const struct berth_cycle *c, enum berth_code code, const char *reason)
{
    berth_str text = berth_str_of(reason);
    return berth_reject_all(c, code, &text, 1);
}

berth_verdict berth_rejectf(const struct berth_cycle *c, enum berth_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    va_end(args);
    berth_str reason = len < 0 ? BERTH_STR("out of memory") : (berth_str){text, (uint32_t)len};
    berth_verdict v = berth_reject_all(c, code, &reason, 1);
    free(text);
    return v;
}

berth_verdict berth_reject_all(const struct berth_cycle *c, enum berth_code code, const berth_str *reasons,
                               uint32_t len)
{
    assert(code != BERTH_SUCCESS && code != BERTH_SKIP);
    struct verdicts *verdicts = c->internal->verdicts;
    const char *plugin = call_of(c)->instance->plugin->name;
    if (!c->internal->options->parallel)
        return verdicts_intern(verdicts, code, plugin, reasons, len);
    while (atomic_flag_test_and_set_explicit(&verdicts->busy, memory_order_acquire))
        ;
    berth_verdict v = verdicts_intern(verdicts, code, plugin, reasons, len);
    atomic_flag_clear_explicit(&verdicts->busy, memory_order_release);
    return v;
}

int32_t berth_resource_column(const struct berth_cycle *c, berth_atom resource)
{
    return node_table_resource(&c->internal->cache->nodes, resource);
}

int32_t berth_node_slot(const struct berth_cycle *c, berth_atom name)
{
    return node_table_find(&c->internal->cache->nodes, name);
}

struct berth_topology berth_topology_of(const struct berth_cycle *c, berth_atom label_key)
{
    struct cache *cache = c->internal->cache;
    struct berth_topology found = topology_of(&cache->topology, &cache->nodes, label_key);
    if (found.value)
        return found;
    uint32_t *own = arena_need(c->internal->arena, (cache->nodes.view.len + 1) * sizeof(*own));
    return (struct berth_topology){own, topology_fill(&cache->nodes, label_key, own)};
}

uint32_t berth_image_nodes(const struct berth_cycle *c, berth_atom image)
{
    return images_nodes(&c->internal->cache->images, image);
}

int64_t berth_image_size(const struct berth_cycle *c, berth_atom image)
{
    return images_size(&c->internal->cache->images, image);
}

bool berth_query_matches(const struct berth_cycle *c, const struct berth_query *query,
                         const struct berth_class *class)
{
    if (query->skip_terminating && (class->flags & BERTH_POD_TERMINATING))
        return false;
    for (uint32_t i = 0; i < query->len; i++) {
        const struct berth_query_part *part = &query->parts[i];
        if (!namespaces_select(&c->internal->cache->namespaces, part->block, part->namespaces,
                               part->namespace_selector, part->known_namespaces_only, class->namespace)
            || !berth_selector_matches(part->block, part->selector, class, class->labels))
            return false;
    }
    return true;
}

/* Counted for this one question. */
static const int32_t *count_pods(const struct berth_cycle *c, const struct berth_query *query)
{
    const struct berth_nodes *nodes = &c->internal->cache->nodes.view;
    int32_t *counts = arena_need(c->internal->arena, (nodes->len + 1) * sizeof(*counts));
    for (uint32_t slot = 0; slot < nodes->len; slot++)
        for (uint32_t i = 0; i < nodes->pods[slot].len; i++)
            counts[slot] += berth_query_matches(c, query, nodes->pods[slot].at[i]->class);
    return counts;
}

const int32_t *berth_count_pods(const struct berth_cycle *c, const struct berth_query *query)
{
    struct cache *cache = c->internal->cache;
    const int32_t *counts = pod_counts_get(&cache->counts, &cache->nodes, &cache->log, &cache->namespaces,
                                           c->internal->arena, query);
    return counts ? counts : count_pods(c, query);
}

uint32_t berth_terms_selecting(const struct berth_cycle *c, enum berth_term_kind kind,
                               const struct berth_carried_term **ret_terms)
{
    struct cache *cache = c->internal->cache;
    return terms_selecting(&cache->terms, &cache->namespaces, kind, c->class, c->internal->arena, ret_terms);
}

bool berth_term_selects(const struct berth_cycle *c, const void *block, const struct berth_pod_term *term,
                        const struct berth_class *class)
{
    return namespaces_select(&c->internal->cache->namespaces, block, term->namespaces,
                             &term->namespace_selector, false, class->namespace)
           && berth_selector_matches(block, &term->selector, class, class->labels);
}

const struct berth_namespace *berth_namespace_get(const struct berth_cycle *c, berth_atom name)
{
    return namespaces_get(&c->internal->cache->namespaces, name);
}

uint32_t berth_workloads(const struct berth_cycle *c, enum berth_workload_kind kind, berth_atom namespace,
                         const struct berth_workload *const **ret_workloads)
{
    return cache_workloads(c->internal->cache, kind, namespace, ret_workloads);
}

enum berth_code berth_code_of(const struct berth_cycle *c, berth_verdict verdict)
{
    return verdicts_get(c->internal->verdicts, verdict)->code;
}

int32_t berth_preempt(const struct berth_cycle *c, const berth_verdict *verdicts, int32_t min_percentage,
                      int32_t min_absolute, berth_str *ret_message)
{
    struct cycle *cy = c->internal;
    struct preemption_options options = {min_percentage, min_absolute};
    struct preemption_result found;
    preemption_search(cy, verdicts, &options, &found);
    if (found.len == 0) {
        *ret_message = message_unschedulable(cy, found.verdicts, BERTH_PASS, (berth_str){0});
        return BERTH_CLEAR_NOMINATION;
    }
    uint32_t slot = found.candidates[preemption_pick(&found)].slot;
    cy->victims_len = preemption_victims(cy, slot, &cy->victims);
    return (int32_t)slot;
}

bool berth_is_preempting(const struct berth_cycle *c)
{
    return c->internal->preempting && preempting_holds(c->internal->preempting, c->pod);
}

void *berth_alloc(const struct berth_cycle *c, size_t bytes)
{
    return arena_need(c->internal->arena, bytes);
}

void berth_keep(const struct berth_cycle *c, void *state)
{
    *(c->internal->scoring ? &state_of(c)->score : &state_of(c)->filter) = state;
}

static int by_text(const void *a, const void *b)
{
    return berth_str_cmp(berth_atom_str(*(const berth_atom *)a), berth_atom_str(*(const berth_atom *)b));
}

static uint32_t sort_unique(berth_atom *names, uint32_t len)
{
    uint32_t kept = 0;
    if (len > 0)
        qsort(names, len, sizeof(*names), by_text);
    for (uint32_t i = 0; i < len; i++)
        if (kept == 0 || names[kept - 1] != names[i])
            names[kept++] = names[i];
    return kept;
}

/* Keeps of `names` those that are also in the sorted `others`. */
static uint32_t intersect(berth_atom *names, uint32_t len, const berth_atom *others, uint32_t others_len)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < len; i++)
        if (bsearch(&names[i], others, others_len, sizeof(*others), by_text))
            names[kept++] = names[i];
    return kept;
}

void berth_only_nodes(const struct berth_cycle *c, const berth_atom *names, uint32_t len)
{
    struct cycle *cy = c->internal;
    berth_atom *sorted = arena_need(cy->arena, (len + 1u) * sizeof(*sorted));
    if (len > 0)
        memcpy(sorted, names, len * sizeof(*sorted));
    len = sort_unique(sorted, len);
    if (cy->narrowed)
        len = intersect(sorted, len, cy->names, cy->names_len);
    cy->narrowed = true;
    cy->names = sorted;
    cy->names_len = len;
}

berth_atom berth_cycle_atom(const struct berth_cycle *c, berth_str text)
{
    return atoms_intern(catalog_atoms(c->internal->cache->catalog), text);
}

void berth_normalize(const struct berth_cycle *c, bool reverse, int64_t *scores)
{
    int64_t highest = 0;
    for (uint32_t i = 0; i < c->feasible_len; i++)
        highest = scores[c->feasible[i]] > highest ? scores[c->feasible[i]] : highest;
    for (uint32_t i = 0; i < c->feasible_len; i++) {
        int64_t *score = &scores[c->feasible[i]];
        int64_t scaled = highest > 0 ? 100 * *score / highest : *score;
        *score = !reverse ? scaled : highest > 0 ? 100 - scaled : 100;
    }
}
