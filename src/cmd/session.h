/*
 * What commands that work on a cluster from files begin with: the configuration, the objects and a core.
 */
#ifndef CMD_SESSION_H
#define CMD_SESSION_H

#include "cmd/options.h"
#include "core/core.h"
#include "sim/cluster.h"

struct session_options {
    const char *const *files;
    size_t files_len;
    const char *config; /* NULL: the defaults */
    const struct option_list *feature_gates; /* what --feature-gates was given; NULL: nothing */
    bool keep_json, make_claims, timed; /* as struct cluster_options */
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
    struct core_options core_options;
};

/*
 * Reads everything and makes the core; warnings go to standard error, also one for pods that need plugins
 * which come with a later version.
 */
int session_open(struct session *s, const struct session_options *options, struct err *err);
void session_close(struct session *s);

/* Puts an empty core in the place of one that was used. */
int session_new_core(struct session *s, struct err *err);

/* Makes another core for the same objects, empty; it ends before the session does. */
int session_add_core(const struct session *s, struct core **ret_core, struct err *err);

/* Each line of the text, marked as a warning, to standard error. */
void session_print_warnings(const struct buf *warnings);

/* Does something with an open session: an exit code, or a negative code with a text. */
typedef int (*session_fn)(const void *settings, struct session *session, struct err *err);

/* Opens a session, calls `fn` and closes it; prints the message of whatever failed. Returns an exit code. */
int session_run(const struct session_options *options, session_fn fn, const void *settings);

/*
 * The configuration of a file, or the defaults for NULL, with these feature gates (NULL: none is set).
 * Warnings go to standard error.
 */
int session_config(const char *path, const struct option_list *feature_gates, struct config **ret_config,
                   struct err *err);

/* --feature-gates as a row of a command's options, for session_options.feature_gates. */
#define SESSION_FEATURE_GATES(settings, member)                                                              \
    {                                                                                                        \
        0, "feature-gates", OPTION_LIST, offsetof(settings, member), .value = "NAME=true|false,...",         \
        .text = "Feature gates, as kube-scheduler 1.36 takes them; may be repeated. Those that change "      \
                "something here: NodeDeclaredFeatures, StorageCapacityScoring, VolumeLimitScaling."          \
    }

/* Says so when the configuration has extenders, which nothing calls. */
void session_warn_extenders(const char *path, const struct config *config);

/* "namespace/name" of a pod. */
void session_pod_name(struct buf *b, const struct berth_pod *pod);

#endif
