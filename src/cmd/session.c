#include "cmd/session.h"

#include "base/file.h"
#include "cmd/command.h"
#include "plugins/all.h"

#include <string.h>

void session_print_warnings(const struct buf *warnings)
{
    for (size_t from = 0; from < warnings->len;) {
        const char *line = warnings->ptr + from;
        const char *stop = memchr(line, '\n', warnings->len - from);
        size_t len = stop ? (size_t)(stop - line) : warnings->len - from;
        command_warn("%.*s", (int)len, line);
        from += len + 1;
    }
}

static int read_gates(const struct option_list *given, struct gates *ret_gates, struct err *err)
{
    struct buf warnings = {0};
    int code = 0;
    *ret_gates = (struct gates){0};
    for (size_t i = 0; given && i < given->len && code == 0; i++)
        code = gates_set(ret_gates, berth_str_of(given->at[i]), &warnings, err);
    if (code == 0)
        code = gates_check(ret_gates, err);
    if (code == -EINVAL)
        err_wrap(err, "--feature-gates");
    session_print_warnings(&warnings);
    buf_fini(&warnings);
    return code;
}

int session_config(const char *path, const struct option_list *feature_gates, struct config **ret_config,
                   struct err *err)
{
    struct gates gates;
    int code = read_gates(feature_gates, &gates, err);
    if (code < 0)
        return code;
    if (!path) {
        *ret_config = config_default_with(&gates);
        return *ret_config ? 0 : err_nomem(err);
    }
    struct doc doc;
    struct buf warnings = {0};
    code = file_read(path, &doc, err);
    if (code < 0)
        return code;
    code = config_load_with(&gates, &doc, ret_config, &warnings, err);
    session_print_warnings(&warnings);
    buf_fini(&warnings);
    file_fini(&doc);
    return code;
}

void session_warn_extenders(const char *path, const struct config *config)
{
    if (config->extenders_len)
        command_warn("%s: extenders are not called: what they would reject or score counts as if they were "
                     "not there",
                     path);
}

void session_pod_name(struct buf *b, const struct berth_pod *pod)
{
    buf_str(b, berth_atom_str(berth_pod_namespace(pod)));
    buf_char(b, '/');
    buf_str(b, berth_pod_name(pod));
}

/* Pods that a warning is about: how many there are, and the names of the first few. */
struct named_pods {
    uint32_t len;
    struct buf names;
};

static void add_named(struct named_pods *pods, const struct berth_pod *pod)
{
    enum { NAMED = 3 };
    if (pods->len++ < NAMED) {
        buf_puts(&pods->names, pods->len > 1 ? ", " : "");
        session_pod_name(&pods->names, pod);
    } else if (pods->len == NAMED + 1) {
        buf_puts(&pods->names, ", ...");
    }
}

/*
 * Warns of pending pods of which what is said here may not be what a cluster does: they need something that
 * this version lets pass, or have no containers, probably for a slip of the pen.
 */
static void warn_of_pods(const struct cluster *cluster)
{
    struct named_pods unchecked = {0}, empty = {0};
    for (size_t i = 0; i < cluster->pods.len; i++) {
        const struct berth_pod *pod = cluster->pods.at[i].pod;
        if (!pod->node_name && pod->class->claims.len)
            add_named(&unchecked, pod);
        if (!pod->node_name && pod->class->images.len == 0) /* every container has one */
            add_named(&empty, pod);
    }
    if (unchecked.len)
        command_warn("%u pending pod%s resource claims, which only a plugin of a later version checks "
                     "(DynamicResources), here taken as satisfied: %s",
                     unchecked.len, unchecked.len == 1 ? " needs" : "s need", unchecked.names.ptr);
    if (empty.len)
        command_warn("%u pending pod%s no containers, so nothing is requested; a cluster would refuse %s: %s",
                     empty.len, empty.len == 1 ? " has" : "s have", empty.len == 1 ? "it" : "them",
                     empty.names.ptr);
    buf_fini(&unchecked.names);
    buf_fini(&empty.names);
}

int session_open(struct session *s, const struct session_options *options, struct err *err)
{
    s->registry = (struct registry){all_plugins, all_plugins_len};
    int code = session_config(options->config, options->feature_gates, &s->config, err);
    if (code < 0)
        return code;
    session_warn_extenders(options->config, s->config);
    s->catalog = catalog_new();
    if (!s->catalog)
        return err_nomem(err);
    s->cluster.catalog = s->catalog;
    struct cluster_options reading = {.keep_json = options->keep_json, .make_claims = options->make_claims,
                                      .timed = options->timed, .wishes = options->wishes};
    code = cluster_load(&s->cluster, options->files, options->files_len, &reading, err);
    session_print_warnings(&s->cluster.warnings);
    if (code < 0)
        return code;
    warn_of_pods(&s->cluster);
    s->core_options = options->core;
    return session_new_core(s, err);
}

int session_new_core(struct session *s, struct err *err)
{
    s->core = core_free(s->core);
    return session_add_core(s, &s->core, err);
}

int session_add_core(const struct session *s, struct core **ret_core, struct err *err)
{
    return core_new(s->config, &s->registry, s->catalog, &s->core_options, ret_core, err);
}

void session_close(struct session *s)
{
    core_free(s->core);
    if (s->catalog)
        cluster_fini(&s->cluster);
    catalog_free(s->catalog);
    config_free(s->config);
}

int session_run(const struct session_options *options, session_fn fn, const void *settings)
{
    struct session session = {0};
    struct err err = {0};
    int code = session_open(&session, options, &err);
    if (code == 0)
        code = fn(settings, &session, &err);
    if (code < 0)
        code = command_fail("%s", err_text(&err));
    session_close(&session);
    err_fini(&err);
    return code;
}
