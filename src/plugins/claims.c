#include "plugins/claims.h"

bool pod_names_claim(const struct berth_class *class, const struct berth_persistent_volume_claim *claim, bool ephemeral)
{
    if (class->namespace != claim->namespace)
        return false;
    berth_each(struct berth_volume, volume, class, class->volumes)
        if ((ephemeral ? volume_has_claim(volume) : volume->kind == BERTH_VOLUME_CLAIM)
            && volume->source == claim->name)
            return true;
    return false;
}

bool claim_is_for_pod(const struct berth_persistent_volume_claim *claim, const struct berth_pod *pod)
{
    if (!claim->owner_kind)
        return false;
    if (claim->owner_uid || pod->uid.len)
        return berth_str_eq(berth_atom_str(claim->owner_uid), berth_pod_uid(pod));
    return berth_str_eq(berth_atom_str(claim->owner_kind), BERTH_STR("Pod"))
           && berth_str_eq(berth_atom_str(claim->owner_name), berth_pod_name(pod));
}

berth_verdict claim_not_found(const struct berth_cycle *c, const struct berth_volume *volume)
{
    return berth_rejectf(c, BERTH_UNRESOLVABLE, "persistentvolumeclaim \"%s\" not found",
                         volume->source ? volume->source->text : "");
}

berth_verdict claim_of_another(const struct berth_cycle *c, enum berth_code code,
                               const struct berth_persistent_volume_claim *claim, const struct berth_pod *pod)
{
    berth_str name = berth_pod_name(pod);
    return berth_rejectf(c, code, "PVC %s/%s was not created for pod %s/%.*s (pod is not owner)",
                         claim->namespace->text, claim->name->text, berth_pod_namespace(pod)->text, BERTH_FMT(name));
}
