/* https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding */
#include "core/claim_fit.h"

bool volume_is_reserved(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim)
{
    return v->claim_name == claim->name && v->claim_namespace == claim->namespace
           && (!v->claim_uid || v->claim_uid == claim->uid);
}

bool volume_suits(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim,
                  bool attributes_class)
{
    bool same_attributes = attributes_class ? v->attributes_class == claim->attributes_class : !v->attributes_class;
    return v->capacity >= claim->request && v->mode == claim->mode && same_attributes && !v->terminating;
}

bool volume_is_free(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim)
{
    return !v->claim_name && v->phase == BERTH_VOLUME_AVAILABLE && (claim->access_modes & ~v->access_modes) == 0
           && (claim->selector.selects == BERTH_SELECTS_NOTHING
               || berth_selector_matches(claim, &claim->selector, v, v->labels));
}
