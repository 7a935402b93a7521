/* Objects as controllers make them, for workloads and for pods. Private to src/api. */
#ifndef API_MADE_H
#define API_MADE_H

#include "api/edit.h"

/* Whose controller makes the object. */
struct owner {
    const char *api_version, *kind;
    berth_str name, namespace, uid;
};

/* The metadata of an object that the owner's controller makes, with the labels and annotations of `from`. */
struct berth_value made_metadata(struct editor *e, const struct berth_value *from, const struct owner *owner,
                                 struct berth_value name);

/* {apiVersion, kind, metadata} */
struct berth_value made_object(struct editor *e, const char *api_version, const char *kind,
                               struct berth_value metadata);

#endif
