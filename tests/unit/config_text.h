/* Configurations from texts. */
#ifndef UNIT_CONFIG_TEXT_H
#define UNIT_CONFIG_TEXT_H

#include "config/config.h"
#include "doc_text.h"

#define CONFIG_V1 "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"

/* Reads YAML or JSON as config_load() does; messages call the text "f". */
static inline int config_of(const char *text, struct config **ret_config, struct buf *warnings,
                            struct err *err)
{
    struct doc doc = doc_of(berth_str_of(text), doc_guess(text, strlen(text)));
    doc.name = "f";
    int r = config_load(&doc, ret_config, warnings, err);
    doc_end(&doc);
    return r;
}

#endif
