/* Feature gates that scheduling depends on, as Kubernetes 1.36 has them by default. */
#ifndef CONFIG_GATES_H
#define CONFIG_GATES_H

#include <stdbool.h>

/* Whether the gate is on; false for a name that scheduling knows nothing of. */
bool feature_enabled(const char *gate);

#endif
