/*
 * What commands that work on a cluster from files begin with: the configuration, the objects and a core.
 */
#ifndef CMD_SESSION_H
#define CMD_SESSION_H

#include "core/core.h"
#include "sim/cluster.h"

struct session_options {
    const char *const *files;
    size_t files_len;
    const char *config; /* NULL: the defaults */
    bool keep_json, timed; /* as struct cluster_options */
    const struct wishes *wishes;
    struct core_options core;
};

/* Zero-initialise; release with session_close(). */
struct session {
    struct catalog *catalog;
    struct registry registry;
    struct config *config;
    struct cluster cluster;
    struct core *core; /* empty: nothing was put into it */
};

/*
 * Reads everything and makes the core; warnings go to standard error, also one for pods that need plugins
 * which come with a later version.
 */
int session_open(struct session *s, const struct session_options *options, struct err *err);
void session_close(struct session *s);

/* Does something with an open session: an exit code, or a negative code with a text. */
typedef int (*session_fn)(const void *settings, struct session *session, struct err *err);

/* Opens a session, calls `fn` and closes it; prints the message of whatever failed. Returns an exit code. */
int session_run(const struct session_options *options, session_fn fn, const void *settings);

/* The configuration of a file, or the defaults for NULL; deprecation warnings go to standard error. */
int session_config(const char *path, struct config **ret_config, struct err *err);

/* Says so when the configuration has extenders, which nothing calls. */
void session_warn_extenders(const char *path, const struct config *config);

/* "namespace/name" of a pod. */
void session_pod_name(struct buf *b, const struct berth_pod *pod);

#endif
