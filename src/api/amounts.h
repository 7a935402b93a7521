/* Resource lists inside the decoders, and what a class keeps of them. Private to src/api. */
#ifndef API_AMOUNTS_H
#define API_AMOUNTS_H

#include "api/decoder.h"
#include "api/requests.h"

struct containers;

/*
 * The resource list in member `name` at `at`, in scratch memory. Amounts are rounded up to thousandths, as
 * the API server does.
 */
struct amounts get_amounts(struct decoder *d, const struct place *at, const char *name,
                           const struct berth_value *v);

/* Adds `more` to the sums in `list`. */
void amounts_add(struct decoder *d, struct amounts *list, const struct amounts *more);

/* Raises what is less in `list` than in `other` to that, and takes over what is missing. */
void amounts_raise(struct decoder *d, struct amounts *list, const struct amounts *other);

/* Takes over the resources that `list` does not have yet. */
void amounts_fill(struct decoder *d, struct amounts *list, const struct amounts *other);

/* Sets the amount of a resource. */
void amounts_set(struct decoder *d, struct amounts *list, berth_atom resource, const struct quantity *value);

/* The scalar resources of the list (no cpu ...) as a block list of struct berth_amount, sorted by text. */
berth_list add_scalars(struct decoder *d, const struct amounts *list);

/* Whole units or thousandths of a resource, 0 when the list does not have it. */
int64_t amounts_value(const struct amounts *list, berth_atom resource);
int64_t amounts_milli(const struct amounts *list, berth_atom resource);

/* The members of a pod that its requests follow from; NULL: absent. */
struct request_sources {
    const struct containers *containers;
    const struct berth_value *overhead;  /* spec.overhead */
    const struct berth_value *resources; /* spec.resources */
    const struct berth_value *status;
};

/* Fills the requests of the class: cpu ... scalars. */
void decode_requests(struct decoder *d, const struct request_sources *from, struct berth_class *class);

#endif
