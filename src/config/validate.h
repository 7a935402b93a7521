/* Validation of a completed configuration, in upstream's order and words. */
#ifndef CONFIG_VALIDATE_H
#define CONFIG_VALIDATE_H

#include "config/config.h"
#include "config/faults.h"

/*
 * `typed[profile][i]` holds the decoded arguments of the profile's i-th args, NULL where they have no kind.
 */
void config_validate(struct faults *p, const struct config *c, void *const *const *typed);

#endif
