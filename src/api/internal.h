/* Private to src/api: the catalog's inside, and what the files of the decoder call of each other. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "api/catalog.h"
#include "api/decode.h"
#include "api/decoder.h"

/* Labels of pods as selectors see them: namespace, labels, and whether the pod is terminating. */
struct label_set;

struct catalog {
    struct atoms atoms;
    struct map classes;    /* hash of the content -> struct berth_class * */
    struct map label_sets; /* hash of the content -> struct label_set * */
    uint32_t last_class;
    uint32_t last_label_set;
    struct known_atoms known;

    /* For decoding, kept warm between objects. */
    struct block block;
    struct arena scratch;
    const struct berth_value *culprit; /* see decode_culprit() */
};

/* The same pod with another class, whose reference it takes; NULL when memory ran out (catalog.c). */
const struct berth_pod *pod_of_class(struct catalog *c, const struct berth_pod *pod,
                                     const struct berth_class *class);

/* ---- one function a kind: the finished object, NULL when the decoder failed ---- */

const struct berth_pod *decode_pod(struct decoder *d, const struct berth_value *v,
                                   struct pod_facts *ret_facts);
const struct berth_node *decode_node(struct decoder *d, const struct berth_value *v);
const struct berth_persistent_volume *decode_volume(struct decoder *d, const struct berth_value *v);
const struct berth_persistent_volume_claim *decode_claim(struct decoder *d, const struct berth_value *v);
const struct berth_storage_class *decode_storage_class(struct decoder *d, const struct berth_value *v);
const struct berth_csi_node *decode_csi_node(struct decoder *d, const struct berth_value *v);
const struct berth_csi_driver *decode_csi_driver(struct decoder *d, const struct berth_value *v);
const struct berth_csi_storage_capacity *decode_csi_capacity(struct decoder *d, const struct berth_value *v);
const struct berth_volume_attachment *decode_attachment(struct decoder *d, const struct berth_value *v);
const struct disruption_budget *decode_budget(struct decoder *d, const struct berth_value *v);

/* ---- pieces of several kinds ---- */

/* A taint's effect by name (decode_node.c). */
uint32_t effect_of(berth_str text);

/* decode_affinity.c: */

/* A label selector; NOTHING when absent. */
struct berth_selector get_selector(struct decoder *d, const struct place *at, const char *name,
                                   const struct berth_value *v);

/* An array of NodeSelectorTerm as a list of struct berth_node_term. */
berth_list get_node_terms(struct decoder *d, const struct place *at, const char *name,
                          const struct berth_value *v);

/*
 * spec.affinity into the six lists and HAS_REQUIRED_NODES. `created`: the pod has not been through creation.
 */
void decode_affinity(struct decoder *d, const struct berth_value *affinity, const struct berth_label *labels,
                     uint32_t labels_len, bool created, struct berth_class *class);

/* What matters of an item of status.conditions. */
struct condition {
    berth_str status, reason;
};

/* The pod's first condition of the type; all empty when it has none (decode_pod.c). */
struct condition pod_condition(struct decoder *d, const struct berth_value *conditions, berth_str type);

/* spec.topologySpreadConstraints. */
berth_list get_spread(struct decoder *d, const struct berth_value *constraints,
                      const struct berth_label *labels, uint32_t labels_len);

#endif
