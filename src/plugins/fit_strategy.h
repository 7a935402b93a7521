/* The scoring strategies of NodeResourcesFit: how much of a node's resources would be free or taken. */
#ifndef PLUGINS_FIT_STRATEGY_H
#define PLUGINS_FIT_STRATEGY_H

#include "plugins/args.h"
#include "plugins/resources.h"
#include "plugins/shape.h"

enum fit_strategy_type { FIT_LEAST_ALLOCATED, FIT_MOST_ALLOCATED, FIT_REQUESTED_TO_CAPACITY_RATIO };

struct fit_strategy {
    enum fit_strategy_type type;
    struct resource_specs resources;
    int64_t by_utilization[SHAPE_LEN]; /* RequestedToCapacityRatio: the shape, 0..100 */
};

/*
 * Reads `scoringStrategy` of NodeResourcesFitArgs and adds what is wrong with it to `errors`.
 * Returns 0, or -1 when memory ran out. Release with fit_strategy_fini() in any case.
 */
int fit_strategy_read(struct fit_strategy *s, struct berth_handle *h, const struct berth_value *v,
                      struct args_errors *errors);
void fit_strategy_fini(struct fit_strategy *s);

/* The score of one node. */
int64_t fit_strategy_score(const struct fit_strategy *s, const struct resources_scored *list, uint32_t slot);

/* The same for a range of at most RESOURCE_BLOCK slots. */
void fit_strategy_score_block(const struct fit_strategy *s, const struct resources_scored *list,
                              struct berth_range range, int64_t *scores);

#endif
