/*
 * Room: what a node lacks for the pod can be freed on the node, or the pod may ask for less. Of the nodes
 * where room is all that lacks, the one is taken where it lacks least; the core says whether that is so.
 */
#include "sim/remedies_internal.h"

enum { MOST_NEEDS = 16, TRIED = 3 };

static const int64_t mebi = 1 << 20;

/* What the pod needs of a node. */
struct need {
    int32_t column;      /* of the node table; -1: no node has the resource */
    berth_atom resource; /* NULL: a place for a pod */
    int64_t amount;
    bool bytes;
};

struct needs {
    struct need at[MOST_NEEDS];
    uint32_t len;
};

/* What a node lacks: amounts by place in the needs, and the greatest share in thousandths. */
struct lack {
    uint32_t slot, share;
    int64_t amount[MOST_NEEDS];
};

static int32_t column_of(const struct search *s, berth_atom resource)
{
    for (uint32_t i = BERTH_SCALAR; i < s->nodes->resources; i++)
        if (berth_str_eq(core_resource_name(s->core, i), berth_atom_str(resource)))
            return (int32_t)i;
    return -1;
}

static void add_need(struct needs *needs, struct need need)
{
    if (need.amount > 0 && needs->len < MOST_NEEDS)
        needs->at[needs->len++] = need;
}

static bool counts_bytes(berth_atom resource)
{
    return strncmp(resource->text, "hugepages-", 10) == 0;
}

static struct needs needs_of(const struct search *s)
{
    const struct berth_class *class = s->from->pod->class;
    struct atoms *atoms = catalog_atoms(s->catalog);
    struct needs needs = {0};
    add_need(&needs, (struct need){BERTH_PODS, NULL, 1, false});
    add_need(&needs, (struct need){BERTH_CPU, atoms_intern(atoms, BERTH_STR("cpu")), class->cpu, false});
    add_need(&needs,
             (struct need){BERTH_MEMORY, atoms_intern(atoms, BERTH_STR("memory")), class->memory, true});
    add_need(&needs,
             (struct need){BERTH_EPHEMERAL_STORAGE, atoms_intern(atoms, BERTH_STR("ephemeral-storage")),
                           class->ephemeral_storage, true});
    berth_each (struct berth_amount, amount, class, class->scalars)
        add_need(&needs, (struct need){column_of(s, amount->resource), amount->resource, amount->value,
                                       counts_bytes(amount->resource)});
    return needs;
}

static int64_t alloc_of(const struct search *s, const struct need *need, uint32_t slot)
{
    return need->column < 0 ? 0 : s->nodes->alloc[need->column][slot];
}

static int64_t requested(const struct berth_class *class, const struct need *need)
{
    const int64_t fixed[BERTH_SCALAR] = {class->cpu, class->memory, class->ephemeral_storage, 1};
    if (need->column >= 0 && need->column < BERTH_SCALAR)
        return fixed[need->column];
    berth_each (struct berth_amount, amount, class, class->scalars)
        if (amount->resource == need->resource)
            return amount->value;
    return 0;
}

/* What pods leave behind on the node that have been moved off it. */
static int64_t left_behind(const struct search *s, const struct need *need, uint32_t slot)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < s->from->done.len; i++) {
        const struct remedy_step *step = &s->from->done.at[i];
        for (uint32_t k = 0; k < step->moved_len; k++)
            if (step->moved[k]->node_name == s->nodes->node[slot]->name)
                sum += requested(step->moved[k]->class, need);
    }
    return sum;
}

static int64_t room_of(const struct search *s, const struct need *need, uint32_t slot)
{
    int64_t used = need->column < 0 ? 0 : s->nodes->used[need->column][slot];
    int64_t room = alloc_of(s, need, slot) - used + left_behind(s, need, slot);
    return room > 0 ? room : 0;
}

static uint32_t thousandths(int64_t part, int64_t whole)
{
    double share = whole > 0 ? (double)part * 1000 / (double)whole : 1000;
    return share < 1 ? 1 : (uint32_t)share;
}

/*
 * Freed room: at least what lacks, in whole mebibytes;
 * false where the node is too small even when it is empty.
 */
static bool lack_of_room(const struct search *s, const struct needs *needs, uint32_t slot, struct lack *lack)
{
    for (uint32_t i = 0; i < needs->len; i++) {
        const struct need *need = &needs->at[i];
        int64_t alloc = alloc_of(s, need, slot), lacks = need->amount - room_of(s, need, slot);
        if (lacks <= 0)
            continue;
        if (need->amount > alloc)
            return false;
        lack->amount[i] = need->bytes ? (lacks + mebi - 1) / mebi * mebi : lacks;
        uint32_t share = thousandths(lacks, alloc);
        lack->share = share > lack->share ? share : lack->share;
    }
    return lack->share > 0;
}

/* What the pod would have to do without, so that what is left is a whole number of mebibytes. */
static bool too_much_asked(const struct search *s, const struct needs *needs, uint32_t slot,
                           struct lack *lack)
{
    for (uint32_t i = 0; i < needs->len; i++) {
        const struct need *need = &needs->at[i];
        int64_t room = room_of(s, need, slot);
        if (need->amount <= room)
            continue;
        if (!need->resource)
            return false;
        int64_t left = need->bytes && room >= mebi ? room / mebi * mebi : room;
        lack->amount[i] = need->amount - left;
        uint32_t share = thousandths(lack->amount[i], need->amount);
        lack->share = share > lack->share ? share : lack->share;
    }
    return lack->share > 0;
}

typedef bool (*lack_fn)(const struct search *s, const struct needs *needs, uint32_t slot, struct lack *lack);

/*
 * Adds to the sorted few, of which no two lack the same; the last one gives way. Returns how many there are.
 */
static uint32_t insert(struct lack best[TRIED], uint32_t len, const struct lack *lack)
{
    uint32_t same = 0, at = 0;
    while (same < len && memcmp(best[same].amount, lack->amount, sizeof(lack->amount)) != 0)
        same++;
    if (same < len && best[same].share <= lack->share)
        return len;
    if (same < len)
        memmove(&best[same], &best[same + 1], (--len - same) * sizeof(best[0]));
    while (at < len && best[at].share <= lack->share)
        at++;
    if (at == TRIED)
        return len;
    len += len < TRIED;
    memmove(&best[at + 1], &best[at], (len - 1 - at) * sizeof(best[0]));
    best[at] = *lack;
    return len;
}

/* The nodes that lack least. */
static uint32_t least_lacking(const struct search *s, const struct needs *needs, lack_fn fn,
                              struct lack best[TRIED])
{
    uint32_t len = 0;
    for (uint32_t slot = 0; slot < s->from->slots; slot++) {
        struct lack lack = {.slot = slot};
        if (search_is_sole(s, slot) && fn(s, needs, slot, &lack))
            len = insert(best, len, &lack);
    }
    return len;
}

typedef bool (*mend_fn)(struct search *s, const struct needs *needs, const struct lack *lack);

/* Tries to mend what the nodes lack that lack least, until one can take the pod. */
static void try_least(struct search *s, lack_fn lacks, mend_fn mend)
{
    struct needs needs = needs_of(s);
    struct lack best[TRIED];
    uint32_t len = least_lacking(s, &needs, lacks, best), i = 0;
    while (i < len && !mend(s, &needs, &best[i]))
        i++;
}

static bool free_room(struct search *s, const struct needs *needs, const struct lack *lack)
{
    struct core_freed freed[MOST_NEEDS];
    struct remedy_step step = {.kind = REMEDY_FREE, .share = lack->share};
    for (uint32_t i = 0; i < needs->len; i++)
        if (lack->amount[i] > 0)
            freed[step.freed_len++] = (struct core_freed){(uint32_t)needs->at[i].column, lack->amount[i]};
    step.freed = search_keep(s, freed, step.freed_len * sizeof(freed[0]));
    return search_try_one(s, step);
}

void try_room(struct search *s)
{
    try_least(s, lack_of_room, free_room);
}

static bool ask_for_less(struct search *s, const struct needs *needs, const struct lack *lack)
{
    struct remedy_step steps[MOST_STEPS];
    uint32_t len = 0;
    for (uint32_t i = 0; i < needs->len && len < MOST_STEPS; i++)
        if (lack->amount[i] > 0)
            steps[len++] = (struct remedy_step){
                .kind = REMEDY_LOWER_REQUEST,
                .edit = {.kind = POD_EDIT_REQUEST,
                         .resource = needs->at[i].resource,
                         .amount = needs->at[i].amount - lack->amount[i]},
                .share = thousandths(lack->amount[i], needs->at[i].amount),
            };
    return search_try(s, steps, len);
}

void try_requests(struct search *s)
{
    try_least(s, too_much_asked, ask_for_less);
}
