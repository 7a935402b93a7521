/* The schema of the whole file; it decodes into struct config. */
#ifndef CONFIG_TYPES_H
#define CONFIG_TYPES_H

#include "config/config.h"
#include "config/schema.h"

extern const struct schema config_schema;

#endif
