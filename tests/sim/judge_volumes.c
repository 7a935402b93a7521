/* What must hold of volumes: none is given twice, none is kept for nobody, and no pod is bound without its
 * own. */
#include "sim.h"

#include "core/storage_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t bind_timeout_ns = 600 * (int64_t)SECOND_NS; /* bindTimeoutSeconds */

/* The number behind the first letter or "uid-", 1 + it for names; NULL: 0. */
static uint32_t number_in(berth_atom name, const char *prefix)
{
    return name ? (uint32_t)strtoul(name->text + strlen(prefix), NULL, 10) : 0;
}

static uint32_t index_in(berth_atom name)
{
    return name ? number_in(name, "c") + 1 : 0;
}

static berth_atom atom_of(const struct sim *s, const char *text)
{
    return atoms_find(catalog_atoms(s->catalog), berth_str_of(text));
}

static uint64_t key_of(const struct sim *s, const char *namespace, char letter, uint32_t at)
{
    char name[16];
    snprintf(name, sizeof(name), "%c%u", letter, at);
    berth_atom atom = atom_of(s, name);
    return atom ? storage_key(namespace ? atom_of(s, namespace) : NULL, atom) : 0;
}

static bool is_assumed(const struct sim *s, enum storage_table table, uint64_t key)
{
    return key && map_get((struct map *)&core_storage(s->core)->assumed[table], key);
}

/* How many pods that are on their way to a node have the claim. */
static uint32_t users_of(const struct sim *s, uint32_t claim)
{
    uint32_t users = 0;
    for (uint32_t i = 0; i < MOST_PODS; i++)
        users += s->assumed[i] && s->believed.pods[i].claim == claim;
    return users;
}

static const struct berth_persistent_volume_claim *shown_claim(const struct sim *s, uint32_t at)
{
    uint64_t key = key_of(s, s->seen.claims[at].namespace, 'c', at);
    return key ? storage_get(core_storage(s->core), STORAGE_CLAIMS, key) : NULL;
}

static const struct berth_persistent_volume *shown_volume(const struct sim *s, uint32_t at)
{
    uint64_t key = key_of(s, NULL, 'v', at);
    return key ? storage_get(core_storage(s->core), STORAGE_VOLUMES, key) : NULL;
}

void judge_volumes_believe(struct sim *s)
{
    memcpy(s->believed.claims, s->seen.claims, sizeof(s->seen.claims));
    memcpy(s->believed.volumes, s->seen.volumes, sizeof(s->seen.volumes));
    for (uint32_t i = 0; i < MOST_CLAIMS; i++) {
        const struct berth_persistent_volume_claim *shown = shown_claim(s, i);
        if (shown)
            s->believed.claims[i].selected = (uint32_t)(api_node_slot(s, shown->selected_node) + 1);
    }
    for (uint32_t i = 0; i < MOST_VOLUMES; i++) {
        const struct berth_persistent_volume *shown = shown_volume(s, i);
        if (shown) {
            s->believed.volumes[i].claim = index_in(shown->claim_name);
            s->believed.volumes[i].claim_uid = number_in(shown->claim_uid, "uid-");
        }
    }
}

/* ---- any time ---- */

/* What is shown is what was seen, but for what a pod on its way needs. */
static void judge_claim(struct sim *s, uint32_t at)
{
    const struct claim *seen = &s->seen.claims[at];
    const struct berth_persistent_volume_claim *shown = shown_claim(s, at);
    if ((shown != NULL) != seen->there)
        sim_fails(s, "claim c%u is %s", at, shown ? "known, but gone" : "not known");
    if (!shown)
        return;
    bool assumed = is_assumed(s, STORAGE_CLAIMS, key_of(s, seen->namespace, 'c', at));
    if (number_in(shown->uid, "uid-") != seen->uid || index_in(shown->volume_name) != seen->volume
        || (!assumed && s->believed.claims[at].selected != seen->selected))
        sim_fails(s, "claim c%u is not as it was seen", at);
    if (assumed && !users_of(s, at + 1))
        sim_fails(s, "claim c%u is assumed on a node for nobody", at);
}

static void judge_volume(struct sim *s, uint32_t at)
{
    const struct volume *seen = &s->seen.volumes[at], *believed = &s->believed.volumes[at];
    const struct berth_persistent_volume *shown = shown_volume(s, at);
    if ((shown != NULL) != seen->there)
        sim_fails(s, "volume v%u is %s", at, shown ? "known, but gone" : "not known");
    if (!shown)
        return;
    bool assumed = is_assumed(s, STORAGE_VOLUMES, key_of(s, NULL, 'v', at));
    if (!assumed && (believed->claim != seen->claim || believed->claim_uid != seen->claim_uid))
        sim_fails(s, "volume v%u is not as it was seen", at);
    /* The claim may be seen bound before the volume is. */
    bool written = believed->claim && s->seen.claims[believed->claim - 1].volume == at + 1;
    if (assumed && !written && !users_of(s, believed->claim))
        sim_fails(s, "volume v%u is kept for nobody", at);
}

void judge_volumes_step(struct sim *s)
{
    for (uint32_t i = 0; i < MOST_CLAIMS; i++)
        judge_claim(s, i);
    for (uint32_t i = 0; i < MOST_VOLUMES; i++)
        judge_volume(s, i);
    for (uint32_t i = 0; i < MOST_PODS; i++)
        if (s->stage[i] == STAGE_PREPARES && s->gifts[i].prepared && !s->gifts[i].awaited)
            sim_fails(s, "pod p%u goes on being prepared", i);
}

/* ---- on the way ---- */

void judge_volumes_tried(struct sim *s, uint32_t slot)
{
    uint32_t claim = s->before.pods[slot].claim;
    s->gifts[slot].shared = false;
    for (uint32_t i = 0; claim && i < MOST_PODS; i++)
        if (s->assumed[i] && i != slot && s->believed.pods[i].claim == claim)
            s->gifts[i].shared = s->gifts[slot].shared = true;
}

void judge_volumes_bound(struct sim *s, uint32_t slot)
{
    const struct pod *pod = &s->believed.pods[slot];
    uint32_t claim = pod->claim;
    if (!s->gifts[slot].asked)
        return;
    const struct claim *seen = &s->seen.claims[claim - 1];
    if (seen->there && seen->volume && s->gifts[slot].volume && seen->volume != s->gifts[slot].volume)
        return; /* somebody else has bound the claim: like kube-scheduler, Berth does not look to what */
    if (!seen->there || !seen->volume || !reaches(&s->seen.volumes[seen->volume - 1], (uint32_t)pod->node))
        sim_fails(s, "pod p%u is to be bound, but its claim c%u is not", slot, claim - 1);
}

void judge_volumes_asked(struct sim *s, const struct bind *b)
{
    if (!b->claim)
        return;
    s->gifts[b->slot].asked = s->gifts[b->slot].awaited = true;
    s->gifts[b->slot].asked_ns = s->now_ns;
    s->gifts[b->slot].volume = b->volume;
    if (s->seen.claims[b->claim - 1].volume)
        sim_fails(s, "pod p%u waits for a volume, but its claim c%u is bound", b->slot, b->claim - 1);
    if (b->claim != s->believed.pods[b->slot].claim)
        sim_fails(s, "pod p%u is given the claim c%u", b->slot, b->claim - 1);
    for (uint32_t i = 0; b->volume && i < MOST_PODS; i++) {
        uint32_t claim = s->believed.pods[i].claim;
        bool gets_it = s->stage[i] == STAGE_PREPARES && s->gifts[i].asked && s->gifts[i].volume == b->volume;
        if (gets_it && claim != b->claim && !s->gifts[i].shared && !s->gifts[b->slot].shared)
            sim_fails(s, "pods p%u and p%u are both given the volume v%u", b->slot, i, b->volume - 1);
    }
}

void judge_volumes_seen(struct sim *s)
{
    for (uint32_t i = 0; i < MOST_PODS; i++) {
        const struct pod *pod = &s->believed.pods[i];
        if (s->stage[i] != STAGE_PREPARES || !s->gifts[i].asked)
            continue;
        const struct claim *claim = &s->seen.claims[pod->claim - 1];
        uint32_t volume = s->gifts[i].volume ? s->gifts[i].volume : claim->volume;
        if (claim->there && claim->volume && s->seen.volumes[volume - 1].there)
            s->gifts[i].awaited = false;
    }
}

void judge_volumes_failed(struct sim *s, const struct decision *d, uint32_t slot)
{
    static const char late[] = "binding volumes: context deadline exceeded";
    if (d->node || !memmem(d->message.ptr, d->message.len, late, strlen(late)))
        return;
    s->timed_out++;
    if (!s->gifts[slot].asked || s->now_ns < s->gifts[slot].asked_ns + bind_timeout_ns)
        sim_fails(s, "pod p%u has waited too short for its volume", slot);
}

int64_t judge_volumes_due(const struct sim *s, uint32_t slot)
{
    bool waits = s->stage[slot] == STAGE_PREPARES && s->gifts[slot].asked && s->gifts[slot].awaited;
    return waits ? s->gifts[slot].asked_ns + bind_timeout_ns : INT64_MAX;
}

bool judge_volumes_overlooks(const struct model *m, const struct pod *pod)
{
    return pod->claim && !m->claims[pod->claim - 1].volume;
}
