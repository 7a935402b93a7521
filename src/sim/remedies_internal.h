/*
 * The search for changes, as its files see it: remedies.c drives it, remedies_pod.c, remedies_room.c and
 * remedies_cluster.c know what can be changed.
 */
#ifndef SIM_REMEDIES_INTERNAL_H
#define SIM_REMEDIES_INTERNAL_H

#include "sim/remedies.h"

enum { MOST_STEPS = 12, MOST_GENERATORS = 32 };

struct step_list {
    struct remedy_step at[MOST_STEPS];
    uint32_t len;
};

typedef VEC(struct remedy_step) remedy_steps;

/* What is known of the pod once some steps are done: who objects where. */
struct standing {
    struct step_list done;
    const struct berth_pod *pod; /* with these steps; one reference */
    uint64_t *objections;        /* [slot]: bits of plugins; malloc */
    uint32_t slots;
};

struct search {
    struct core *core;
    struct catalog *catalog;
    const struct berth_pod *pod; /* as it came */
    const struct berth_nodes *nodes;
    struct remedies *found;
    const struct standing *from; /* steps are tried on top of it */
    uint64_t bits;               /* of the plugins that the generator at work knows how to please */
    uint64_t all_bits[MOST_GENERATORS];
    remedy_steps *collected;           /* not NULL: single steps are collected here, not tried */
    const struct remedy_step *settled; /* steps whose pairs with others have all been tried */
    uint32_t settled_len;
    uint32_t effort; /* spent on questions, see MOST_EFFORT */
    bool last;       /* nothing comes after the generator at work */
};

/*
 * Asks the core about the pod with `steps` on top of what is done; the answer lives until the next
 * question. A step that changes nodes changes all that it fits, or `only` this one. False: fits
 * nowhere, or no more may be asked.
 */
bool search_ask(struct search *s, const struct remedy_step *steps, uint32_t len, berth_atom only,
                struct core_fit *ret_fit);

/* The same with nothing more done, but with these nodes. */
bool search_ask_with(struct search *s, const struct berth_node *const *nodes, uint32_t len,
                     struct core_fit *ret_fit);

/* Tries the steps and keeps them as a change when they help. Whether they do. */
bool search_try(struct search *s, const struct remedy_step *steps, uint32_t len);

/* The same for one step; when steps are being collected it is, and false is returned. */
bool search_try_one(struct search *s, struct remedy_step step);

/*
 * Whether nobody but plugins of the generator at work objects to the node: what it does can be enough there.
 */
bool search_is_sole(const struct search *s, uint32_t slot);

/* Whether what the generator does may help at the node: alone or, when collecting, with one other step. */
bool search_concerns(const struct search *s, uint32_t slot);

/* A copy that lives as long as what was found. */
void *search_keep(struct search *s, const void *bytes, size_t len);

/* ---- generators: each tries the steps it knows ---- */

/* remedies_pod.c */
void try_tolerations(struct search *s);
void try_node_rules(struct search *s);
void try_node_name(struct search *s);
void try_pod_terms(struct search *s);
void try_spread(struct search *s);
void try_ports(struct search *s);
void try_volumes(struct search *s);

/* remedies_room.c */
void try_requests(struct search *s);
void try_room(struct search *s);

/* remedies_cluster.c */
void try_uncordon(struct search *s);
void try_clear_taints(struct search *s);
void try_labels(struct search *s);
void try_moving_port_owners(struct search *s);
void try_moving_repellers(struct search *s);
void try_new_node(struct search *s);

/*
 * The nodes that a step changes as they would be, one reference each, in a list from malloc; `only` NULL: all
 * of them. Returns how many; 0 for steps that change no node.
 */
uint32_t changed_nodes(struct search *s, const struct remedy_step *step, berth_atom only,
                       const struct berth_node ***ret_nodes);

#endif
