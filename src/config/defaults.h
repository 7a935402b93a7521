/* Completing a decoded configuration with the defaults of its version. */
#ifndef CONFIG_DEFAULTS_H
#define CONFIG_DEFAULTS_H

#include "config/config.h"

/*
 * Fills in profiles, their names, plugin sets and arguments. `typed[profile][i]` are the decoded arguments
 * that the file gives; returned are those and the appended ones, in c's arena. Warnings: one a line.
 */
void ***config_complete(struct config *c, void ***typed, struct buf *warnings);

/* Whether the profile enables the plugin at any point. */
bool profile_enables(const struct config_profile *profile, berth_str plugin);

#endif
