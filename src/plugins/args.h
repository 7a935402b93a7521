/* Checking the arguments of a plugin, with Kubernetes' texts. */
#ifndef PLUGINS_ARGS_H
#define PLUGINS_ARGS_H

#include <berth/plugin.h>

/* What is wrong with the arguments, in order, each text once. Zero-initialise; ends with args_report(). */
struct args_errors {
    char **at;
    uint32_t len;
};

/* Ends the process when memory runs out. */
void args_error(struct args_errors *errors, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds what is wrong with a label name: "<path>[<index>]: Invalid value: <value>: <why>" for each fault. */
void args_check_label_name(struct args_errors *errors, const char *path, uint32_t index, berth_str value);

/* The text in quotes, escaped as Go does; malloc'ed. Ends the process when memory runs out. */
char *args_quoted(berth_str text);

/* Fails create() when there are errors, several as "[a, b]", and releases them; 0 when there are none. */
int args_report(struct args_errors *errors, struct berth_handle *h);

/*
 * Why a text is not a label key (a qualified name): up to 4 texts of static storage.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
uint32_t args_label_name_faults(berth_str name, const char *ret_faults[4]);

#endif
