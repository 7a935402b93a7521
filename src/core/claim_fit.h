/* Whether a volume is one for a claim, wherever its pod runs. */
#ifndef CORE_CLAIM_FIT_H
#define CORE_CLAIM_FIT_H

#include <berth/storage.h>

/* Whether the volume is kept for the claim: its claimRef says so. */
bool volume_is_reserved(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim);

/*
 * Whether it is large enough and of the kind asked for, reserved or not. With `attributes_class` both must agree on their
 * VolumeAttributesClass, else the volume must have none.
 */
bool volume_suits(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim,
                  bool attributes_class);

/* Whether anybody may have it, and the claim asks for nothing that it does not offer. */
bool volume_is_free(const struct berth_persistent_volume *v, const struct berth_persistent_volume_claim *claim);

#endif
