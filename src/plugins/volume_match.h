/* Which volumes can serve a claim that waits for its pod's node, and whether one could be made. */
#ifndef PLUGINS_VOLUME_MATCH_H
#define PLUGINS_VOLUME_MATCH_H

#include <berth/plugin.h>

/* A claim and everything about it that does not depend on the node. */
struct claim_match {
    const struct berth_persistent_volume_claim *claim;
    const struct berth_storage_class *class;
    bool provisions;                             /* its class can make volumes */
    bool checks_capacity;                        /* the driver says where there is room */
    const struct berth_persistent_volume *reserved; /* kept for the claim: this one or none */
    const struct berth_volume_matches *matches;     /* NULL: one is reserved, or the claim's node was decided before */
};

/* Looks for volumes of the claim's class, which must exist. */
void claim_match(const struct berth_cycle *c, const struct berth_persistent_volume_claim *claim,
                 const struct berth_storage_class *class, bool attributes_class, struct claim_match *ret);

/* Whether the node can reach the volume; csi_node NULL: the node has none. */
bool volume_reaches(const struct berth_persistent_volume *volume, const struct berth_csi_node *csi_node,
                    const struct berth_node *node);

/* What a waiting claim would be given on a node. */
struct found {
    const struct berth_persistent_volume *volume;  /* NULL: one is to be made */
    const struct berth_csi_storage_capacity *pool; /* made: where there is room for it; NULL: nobody says */
};

/* The volume to bind on the node, none of those that earlier claims found; NULL: there is none. */
const struct berth_persistent_volume *claim_find_volume(const struct claim_match *m, const struct berth_node *node,
                                                        uint32_t slot, const struct found *earlier,
                                                        uint32_t earlier_len);

enum provision { PROVISION_FITS, PROVISION_NO_MATCH, PROVISION_NO_SPACE };

/*
 * Whether a volume can be made for the claim where the node can reach it. *ret_pool is where its driver says that there
 * is room for it, NULL when nobody had to be asked.
 */
enum provision claim_can_provision(const struct berth_cycle *c, const struct claim_match *m,
                                   const struct berth_node *node,
                                   const struct berth_csi_storage_capacity **ret_pool);

#endif
