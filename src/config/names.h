/* Names that a configuration gives: faults in upstream's words. */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include "config/faults.h"

/* One fault for each thing wrong with a qualified name: [prefix/]name, as label keys are. */
void fault_unless_qualified(struct faults *p, const struct path *path, berth_str name);

/* The same for the name of an extended resource: qualified and not one of Kubernetes' own. */
void fault_unless_extended_resource(struct faults *p, const struct path *path, berth_str name);

/* One fault with everything that is wrong with a label key or a label value. */
void fault_unless_label_key(struct faults *p, const struct path *path, berth_str key);
void fault_unless_label_value(struct faults *p, const struct path *path, berth_str value);

#endif
