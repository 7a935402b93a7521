/*
 * Nothing here decides: claims_provide() does, and what it did is read from the difference that it made. Only
 * why a claim stays pending is worked out from the claim itself.
 */
#include "sim/claim_outlook.h"

#include "core/claim_fit.h"
#include "core/storage_index.h"
#include "sim/claims.h"

#include <stdlib.h>

static const void *find(const struct core *core, enum storage_table table, berth_atom namespace,
                        berth_atom name)
{
    return name ? storage_get(core_storage(core), table, storage_key(namespace, name)) : NULL;
}

static const struct berth_storage_class *class_of(const struct core *core,
                                                  const struct berth_persistent_volume_claim *claim)
{
    return find(core, STORAGE_CLASSES, NULL, claim->storage_class);
}

static bool is_bound(const struct berth_persistent_volume_claim *claim)
{
    return claim->volume_name && claim->bind_completed;
}

/* Whether the scheduler itself sees to the claim: it is bound, or waits for a node that nobody has chosen. */
static bool is_settled(const struct core *core, const struct berth_persistent_volume_claim *claim)
{
    const struct berth_storage_class *class = class_of(core, claim);
    return is_bound(claim) || (class && class->waits_for_pod && !claim->volume_name && !claim->selected_node);
}

/* The volume's claim as it is in the core; *ret_unsettled: whether controllers have something to do. */
static const struct berth_persistent_volume_claim *claim_in(const struct core *core,
                                                            const struct berth_pod *pod,
                                                            const struct berth_volume *volume,
                                                            bool *ret_unsettled)
{
    bool named = volume->kind == BERTH_VOLUME_CLAIM, made = volume->kind == BERTH_VOLUME_EPHEMERAL;
    const struct berth_persistent_volume_claim *claim =
        named || made ? find(core, STORAGE_CLAIMS, pod->class->namespace, volume->source) : NULL;
    *ret_unsettled = claim ? !is_settled(core, claim) : made;
    return claim;
}

bool claims_unsettled(const struct core *core, const struct berth_pod *pod)
{
    bool unsettled = false;
    berth_each (struct berth_volume, volume, pod->class, pod->class->volumes) {
        (void)claim_in(core, pod, volume, &unsettled);
        if (unsettled)
            return true;
    }
    return false;
}

/* ---- what becomes of one ---- */

static const char *why_it_stays(const struct core *core, const struct berth_persistent_volume_claim *claim)
{
    const struct berth_storage_class *class = class_of(core, claim);
    if (claim->phase == BERTH_CLAIM_LOST)
        return "its volume is gone";
    if (claim->terminating)
        return "it is being deleted";
    if (claim->volume_name)
        return find(core, STORAGE_VOLUMES, NULL, claim->volume_name)
                   ? "the volume that it names is not one that it may have"
                   : "the volume that it names does not exist";
    if (!claim->storage_class)
        return "it names no class, no class is the default, and no free volume without a class suits it";
    if (!claim->storage_class->len)
        return "it asks for a volume without a class, and no free one suits it";
    if (!class)
        return "its class does not exist, and no free volume of that class suits it";
    return claims_provisions(class) ? "none of the nodes is one that its class makes volumes for"
                                    : "no free volume suits it, and its class makes none";
}

/* `before` NULL: it is made. */
static struct claim_outlook outlook_of(const struct core *now, const struct core *then,
                                       const struct berth_persistent_volume_claim *before,
                                       const struct berth_persistent_volume_claim *after)
{
    const struct berth_persistent_volume *volume =
        is_bound(after) ? find(then, STORAGE_VOLUMES, NULL, after->volume_name) : NULL;
    struct claim_outlook o = {
        .name = after->name,
        .made = !before,
        .storage_class = after->storage_class,
        .defaulted = before && !before->storage_class && after->storage_class,
    };
    if (volume && find(now, STORAGE_VOLUMES, NULL, volume->name)) {
        o.fate = CLAIM_GETS_VOLUME;
        o.volume = volume->name;
    } else if (volume) {
        o.fate = CLAIM_GETS_NEW_VOLUME;
        o.provisioner = class_of(then, after)->provisioner;
        o.drawn = volume->has_node_affinity && !after->selected_node;
    } else if (is_settled(then, after)) {
        o.fate = CLAIM_WAITS;
    } else {
        o.fate = CLAIM_STAYS;
        o.why = why_it_stays(then, after);
    }
    return o;
}

static bool is_listed(const claim_outlooks *outlooks, berth_atom name)
{
    for (size_t i = 0; i < outlooks->len; i++)
        if (outlooks->at[i].name == name)
            return true;
    return false;
}

int claims_look_ahead(const struct core *now, const struct core *then, const struct berth_pod *pod,
                      claim_outlooks *outlooks, struct err *err)
{
    berth_each (struct berth_volume, volume, pod->class, pod->class->volumes) {
        bool unsettled, unused;
        const struct berth_persistent_volume_claim *before = claim_in(now, pod, volume, &unsettled),
                                                   *after = claim_in(then, pod, volume, &unused);
        if (!unsettled || !after || is_listed(outlooks, after->name))
            continue;
        struct claim_outlook outlook = outlook_of(now, then, before, after);
        if (vec_push(outlooks, outlook) < 0)
            return err_nomem(err);
    }
    return 0;
}

bool claims_move(const claim_outlooks *outlooks)
{
    for (size_t i = 0; i < outlooks->len; i++)
        if (outlooks->at[i].fate != CLAIM_STAYS || outlooks->at[i].made || outlooks->at[i].defaulted)
            return true;
    return false;
}
