/* The resource claims of a pod (dynamic resource allocation). Private to src/api. */
#ifndef API_CLAIMS_H
#define API_CLAIMS_H

#include "api/decoder.h"

/* spec.resourceClaims as a list of struct berth_pod_claim. */
berth_list add_claims(struct decoder *d, const struct berth_value *claims);

/*
 * status.resourceClaimStatuses as a list of struct berth_claim_status. `claims` are those of the spec when
 * the pod was never at the API server: what is generated from templates counts as generated then; else NULL.
 */
berth_list add_claim_statuses(struct decoder *d, const struct berth_value *statuses,
                              const struct berth_value *claims, berth_str pod_name);

/* The name in status.extendedResourceClaimStatus, NULL when it is not set. */
berth_atom extended_claim(struct decoder *d, const struct berth_value *status);

#endif
