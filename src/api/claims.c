/*
 * What scheduling must know about resource claims before it looks at the claims themselves: which of
 * them the pod names, which are generated from a template, and what the claim controller has
 * reported about the latter.
 */
#include "api/claims.h"

#include "api/internal.h"

#define CLAIM(X) X(name) X(resourceClaimName)
FIELDS(claim_fields, CLAIM)

/* Both lists have items of the same form; their structs have the same members. */
static struct berth_pod_claim *read_claims(struct decoder *d, const struct place *up, const char *name,
                                           const struct berth_value *v, uint32_t *ret_len)
{
    const struct berth_value *items = get_items(d, up, name, v, ret_len);
    struct berth_pod_claim *claims = scratch_array(d, *ret_len, sizeof(*claims));
    for (uint32_t i = 0; i < *ret_len && !d->failed; i++) {
        struct place at = {up, berth_str_of(name), (int32_t)i};
        struct claim_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(claim_fields), &f);
        claims[i].name = intern(d, get_str(d, &at, FIELD(f, name)));
        claims[i].claim = get_name(d, &at, FIELD(f, resourceClaimName));
    }
    return claims;
}

berth_list add_claims(struct decoder *d, const struct berth_value *claims)
{
    uint32_t len;
    struct berth_pod_claim *read = read_claims(d, &spec_place, "resourceClaims", claims, &len);
    return d->failed ? (berth_list){0} : block_add(d->block, read, sizeof(*read), len);
}

/* The statuses that the claims of a new pod will have. */
static berth_list add_generated(struct decoder *d, const struct berth_value *claims, berth_str pod_name)
{
    uint32_t len, kept = 0;
    struct berth_pod_claim *read = read_claims(d, &spec_place, "resourceClaims", claims, &len);
    struct berth_claim_status *statuses = scratch_array(d, len, sizeof(*statuses));
    for (uint32_t i = 0; i < len && !d->failed; i++)
        if (!read[i].claim)
            statuses[kept++] = (struct berth_claim_status){
                read[i].name,
                intern_format(d, "%.*s-%s", BERTH_FMT(pod_name), read[i].name->text),
            };
    return d->failed ? (berth_list){0} : block_add(d->block, statuses, sizeof(*statuses), kept);
}

berth_list add_claim_statuses(struct decoder *d, const struct berth_value *statuses,
                              const struct berth_value *claims, berth_str pod_name)
{
    uint32_t len;
    struct berth_pod_claim *read = read_claims(d, &status_place, "resourceClaimStatuses", statuses, &len);
    if (len == 0 && claims)
        return add_generated(d, claims, pod_name);
    return d->failed ? (berth_list){0} : block_add(d->block, read, sizeof(struct berth_claim_status), len);
}

berth_atom extended_claim(struct decoder *d, const struct berth_value *status)
{
    struct place at = {&status_place, BERTH_STR("extendedResourceClaimStatus"), -1};
    struct claim_fields f;
    read_fields(d, &at, status, FIELD_NAMES(claim_fields), &f);
    return get_name(d, &at, FIELD(f, resourceClaimName));
}
