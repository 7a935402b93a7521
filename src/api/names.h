/*
 * What Kubernetes accepts as names and labels, and how it says that something is none.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
#ifndef API_NAMES_H
#define API_NAMES_H

#include <berth/str.h>

enum { NAME_PROBLEMS = 4 }; /* more than any check finds */

/* What is wrong with a text; upstream joins the texts with "; ". */
struct name_problems {
    int len; /* 0: nothing */
    const char *texts[NAME_PROBLEMS];
};

/* A label key: [prefix/]name; also what Kubernetes calls a qualified name. */
struct name_problems label_key_problems(berth_str key);

/* A label value; it may be empty. */
struct name_problems label_value_problems(berth_str value);

#endif
