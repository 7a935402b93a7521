/* What the volume plugins share about the claims of a pod. */
#ifndef PLUGINS_CLAIMS_H
#define PLUGINS_CLAIMS_H

#include <berth/plugin.h>

/* Whether the volume is a claim, named by the pod or made for it. */
static inline bool volume_has_claim(const struct berth_volume *volume)
{
    return volume->kind == BERTH_VOLUME_CLAIM || volume->kind == BERTH_VOLUME_EPHEMERAL;
}

/* The claim that one of the pod's volumes names; NULL: it does not exist. */
static inline const struct berth_persistent_volume_claim *claim_of(const struct berth_cycle *c, const struct berth_pod *pod,
                                                                   const struct berth_volume *volume)
{
    return berth_claim_get(c, pod->class->namespace, volume->source);
}

/* Whether one of the pod's volumes is this claim; those made for the pod count only if `ephemeral`. */
bool pod_names_claim(const struct berth_class *class, const struct berth_persistent_volume_claim *claim, bool ephemeral);

/* Whether the claim was made for the pod: it is the pod that controls it. Where there are no uids, names tell. */
bool claim_is_for_pod(const struct berth_persistent_volume_claim *claim, const struct berth_pod *pod);

/* 'persistentvolumeclaim "x" not found' */
berth_verdict claim_not_found(const struct berth_cycle *c, const struct berth_volume *volume);

/* The PVC was not created for the pod. */
berth_verdict claim_of_another(const struct berth_cycle *c, enum berth_code code,
                               const struct berth_persistent_volume_claim *claim, const struct berth_pod *pod);

#endif
