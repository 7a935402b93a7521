/*
 * From a file to a configuration: parse, tell the version, decode, complete, validate, write down the whole.
 */
#include "config/args.h"
#include "config/defaults.h"
#include "config/types.h"
#include "config/validate.h"
#include "config/versions.h"

#include <inttypes.h>
#include <stdlib.h>

/* A ConfigMap holds 1 MiB at most; some checks take time quadratic in the length of a list. */
enum { CONFIG_MAX_BYTES = 1 << 20, CONFIG_MAX_PROFILES = 1000 };

/* Where upstream says that its types are registered. */
#define SCHEME "pkg/scheduler/apis/config/scheme/scheme.go:29"

struct loading {
    struct config *c;
    struct faults wrong;  /* values that cannot be read */
    struct faults strict; /* unknown fields, repeated keys */
    struct faults invalid;
    struct err *err;
};

/* ---- reading the text ---- */

static int copy_source(struct config *c, const struct doc *doc, struct err *err)
{
    if (doc->len > CONFIG_MAX_BYTES)
        return err_set(err, "%s: a configuration file of %zu bytes: at most %d are read", doc->name, doc->len,
                       CONFIG_MAX_BYTES);
    char *text = arena_alloc(&c->arena, doc->len + DOC_PADDING);
    char *name = arena_copy(&c->arena, doc->name, strlen(doc->name) + 1);
    if (!text || !name)
        return err_nomem(err);
    if (doc->len)
        memcpy(text, doc->text, doc->len);
    c->source = (struct doc){name, text, doc->len, doc->format};
    return 0;
}

static int parse(struct config *c, struct err *err)
{
    struct berth_value *root = arena_alloc(&c->arena, sizeof(*root));
    if (!root)
        return err_nomem(err);
    int r = doc_parse(&c->source, &c->arena, root, err);
    c->file = root;
    return r;
}

static int missing(struct loading *l, const char *what)
{
    enum { SHOWN = 200 };
    struct buf shown = {0};
    const struct berth_value *root = l->c->file->type == BERTH_NULL ? NULL : l->c->file;
    if (root)
        doc_write_json(&shown, root);
    fault_at(&l->wrong, root, "Object '%s' is missing in '%.*s%s'", what,
             (int)(shown.len < SHOWN ? shown.len : SHOWN), shown.len ? shown.ptr : "",
             shown.len > SHOWN ? "..." : "");
    buf_fini(&shown);
    return faults_report(&l->wrong, &l->c->source, "", REPORT_EACH, l->err);
}

static int unknown_kind(struct loading *l, const struct berth_value *at, berth_str api_version,
                        berth_str kind)
{
    fault_at(&l->wrong, at, "no kind \"%.*s\" is registered for version \"%.*s\" in scheme \"" SCHEME "\"",
             BERTH_FMT(kind), BERTH_FMT(api_version));
    return faults_report(&l->wrong, &l->c->source, "", REPORT_EACH, l->err);
}

static bool is_args_kind(berth_str kind)
{
    berth_str args = BERTH_STR("Args");
    if (kind.len <= args.len || memcmp(kind.ptr + kind.len - args.len, args.ptr, args.len) != 0)
        return false;
    kind.len -= args.len;
    return args_kind_of(kind) != NULL;
}

/* The file must say what it is; the version is known afterwards. */
static int check_kind(struct loading *l)
{
    static const char *const types[] = {"null", "bool", "number", "string", "array"};
    const struct berth_value *root = l->c->file;
    if (root->type != BERTH_OBJECT && root->type != BERTH_NULL) {
        fault_at(
            &l->wrong, root,
            "couldn't get version/kind; json parse error: json: cannot unmarshal %s into Go value of type "
            "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
            "\"json:\\\"kind,omitempty\\\"\" }",
            types[root->type]);
        return faults_report(&l->wrong, &l->c->source, "", REPORT_EACH, l->err);
    }
    berth_str kind = berth_value_text(berth_value_get(root, "kind"));
    berth_str api_version = berth_value_text(berth_value_get(root, "apiVersion"));
    if (kind.len == 0)
        return missing(l, "Kind");
    if (api_version.len == 0)
        return missing(l, "apiVersion");
    bool ours = berth_str_eq(kind, BERTH_STR("KubeSchedulerConfiguration"));
    if (!version_of(api_version, &l->c->version))
        return unknown_kind(l, berth_value_get(root, "apiVersion"), api_version, kind);
    if (ours)
        return 0;
    if (!is_args_kind(kind))
        return unknown_kind(l, berth_value_get(root, "kind"), api_version, kind);
    fault_at(&l->wrong, berth_value_get(root, "kind"),
             "couldn't decode as KubeSchedulerConfiguration, got %.*s, Kind=%.*s: ", BERTH_FMT(api_version),
             BERTH_FMT(kind));
    return faults_report(&l->wrong, &l->c->source, "", REPORT_EACH, l->err);
}

/* ---- decoding ---- */

static struct decoding decoding_of(struct loading *l, struct faults *wrong, struct faults *strict)
{
    return (struct decoding){
        .arena = &l->c->arena,
        .yaml = l->c->source.format == DOC_YAML,
        .old = l->c->version != CONFIG_V1,
        .doc = &l->c->source,
        .strict = strict,
        .wrong = wrong,
    };
}

/* Arguments may say their own kind; it must be the plugin's. */
static bool is_kind_of(struct loading *l, const struct args_kind *kind, const struct berth_value *args,
                       uint32_t i, uint32_t j)
{
    berth_str said = berth_value_text(berth_value_get(args, "kind"));
    berth_str version = berth_value_text(berth_value_get(args, "apiVersion"));
    enum config_version known;
    if (version.len && (!version_of(version, &known) || (l->c->version == CONFIG_V1 && known != CONFIG_V1))) {
        fault_at(&l->wrong, args,
                 "decoding .profiles[%" PRIu32 "].pluginConfig[%" PRIu32
                 "]: decoding args for plugin %s: no kind "
                 "\"%.*s\" is registered for version \"%.*s\" in scheme \"" SCHEME "\"",
                 i, j, kind->plugin, BERTH_FMT(said.len ? said : berth_str_of(kind->schema->name)),
                 BERTH_FMT(version));
        return false;
    }
    if (said.len == 0 || berth_str_eq(said, berth_str_of(kind->schema->name)))
        return true;
    fault_at(&l->wrong, args,
             "decoding .profiles[%" PRIu32 "].pluginConfig[%" PRIu32 "]: args for plugin %s were not of type "
             "%s." CONFIG_GROUP ", got %.*s." CONFIG_GROUP,
             i, j, kind->plugin, kind->schema->name, BERTH_FMT(said));
    return false;
}

static void wrap_wrong(struct loading *l, const struct faults *wrong, const char *plugin, uint32_t i,
                       uint32_t j)
{
    for (size_t k = 0; k < wrong->list.len; k++)
        fault_at(&l->wrong, wrong->list.at[k].at,
                 "decoding .profiles[%" PRIu32 "].pluginConfig[%" PRIu32
                 "]: decoding args for plugin %s: %.*s",
                 i, j, plugin, BERTH_FMT(wrong->list.at[k].text));
}

static void wrap_strict(struct loading *l, const struct faults *strict, const char *plugin, uint32_t i,
                        uint32_t j)
{
    struct buf all = {0};
    for (size_t k = 0; k < strict->list.len; k++)
        buf_printf(&all, "%s%.*s", k ? ", " : "", BERTH_FMT(strict->list.at[k].text));
    if (strict->list.len)
        fault_at(&l->strict, strict->list.at[0].at,
                 "decoding .profiles[%" PRIu32 "].pluginConfig[%" PRIu32
                 "]: strict decoding error: decoding args "
                 "for plugin %s: strict decoding error: %s",
                 i, j, plugin, all.ptr);
    buf_fini(&all);
}

/* NULL for plugins that are not in-tree or take no arguments: theirs are passed on as they are. */
static void *decode_args(struct loading *l, const struct config_args *args, uint32_t i, uint32_t j)
{
    const struct args_kind *kind = args_kind_of(args->plugin);
    if (!kind)
        return NULL;
    void *typed = arena_need(&l->c->arena, kind->schema->size);
    if (!args->args) {
        schema_init(kind->schema, typed);
        return typed;
    }
    struct faults wrong = {.arena = &l->c->arena}, strict = {.arena = &l->c->arena};
    struct decoding d = decoding_of(l, &wrong, &strict);
    if (is_kind_of(l, kind, args->args, i, j))
        schema_decode(kind->schema, &d, args->args, typed);
    wrap_wrong(l, &wrong, kind->plugin, i, j);
    wrap_strict(l, &strict, kind->plugin, i, j);
    faults_fini(&wrong);
    faults_fini(&strict);
    return typed;
}

static void ***decode_all_args(struct loading *l)
{
    void ***typed = arena_need(&l->c->arena, l->c->profiles_len * sizeof(*typed));
    for (uint32_t i = 0; i < l->c->profiles_len; i++) {
        const struct config_profile *profile = &l->c->profiles[i];
        typed[i] = arena_need(&l->c->arena, profile->args_len * sizeof(**typed));
        for (uint32_t j = 0; j < profile->args_len; j++)
            typed[i][j] = decode_args(l, &profile->args[j], i, j);
    }
    return typed;
}

static int decode(struct loading *l, void ****ret_typed)
{
    struct decoding d = decoding_of(l, &l->wrong, &l->strict);
    schema_decode(&config_schema, &d, l->c->file, l->c);
    if (l->c->profiles_len > CONFIG_MAX_PROFILES)
        fault_at(&l->wrong, berth_value_get(l->c->file, "profiles"),
                 "profiles: Too many: %" PRIu32 ": must have at most %d items", l->c->profiles_len,
                 CONFIG_MAX_PROFILES);
    else
        *ret_typed = decode_all_args(l);
    int r = faults_report(&l->wrong, &l->c->source, "", REPORT_EACH, l->err);
    return r < 0 ? r
                 : faults_report(&l->strict, &l->c->source, "strict decoding error: ", REPORT_COMMAS, l->err);
}

/* ---- completing ---- */

static void warn_of_version(const struct config *c, struct buf *warnings)
{
    static const char *const old_fields[] = {"healthzBindAddress", "metricsBindAddress"};
    if (c->version == CONFIG_V1)
        return;
    const struct berth_value *api_version = berth_value_get(c->file, "apiVersion");
    buf_printf(warnings, "%s:%" PRIu32 ": %s is deprecated and read as its last release did; use %s\n",
               c->source.name, doc_line(&c->source, api_version), version_name(c->version),
               version_name(CONFIG_V1));
    for (size_t i = 0; i < sizeof(old_fields) / sizeof(*old_fields); i++) {
        const struct berth_value *field = berth_value_get(c->file, old_fields[i]);
        if (!berth_value_absent(field))
            buf_printf(warnings, "%s:%" PRIu32 ": %s has no effect\n", c->source.name,
                       doc_line(&c->source, field), old_fields[i]);
    }
}

/* Resources that extenders manage alone replace what NodeResourcesFit ignores, in every profile. */
static int ignore_managed_resources(struct config *c, void ***typed, struct err *err)
{
    VEC(berth_str) names = {0};
    int r = 0;
    for (uint32_t i = 0; i < c->extenders_len; i++)
        for (uint32_t j = 0; j < c->extenders[i].managed_len; j++)
            if (c->extenders[i].managed[j].ignored_by_scheduler)
                r |= vec_push(&names, c->extenders[i].managed[j].name);
    const berth_str *kept = arena_copy(&c->arena, names.at, names.len * sizeof(*names.at));
    uint32_t len = (uint32_t)names.len;
    vec_fini(&names);
    if (r < 0 || !kept)
        return err_nomem(err);
    for (uint32_t i = 0; len && i < c->profiles_len; i++) {
        const struct config_profile *profile = &c->profiles[i];
        uint32_t j = 0;
        while (j < profile->args_len && !berth_str_eq(profile->args[j].plugin, BERTH_STR("NodeResourcesFit")))
            j++;
        if (j == profile->args_len)
            return err_set(err,
                           "%s: couldn't build extenders: can't find NodeResourcesFitArgs in plugin config",
                           c->source.name);
        args_ignore_resources(typed[i][j], kept, len);
    }
    return 0;
}

/* What plugins are given: the completed arguments as values. */
static void write_args(struct config *c, void ***typed)
{
    for (uint32_t i = 0; i < c->profiles_len; i++)
        for (uint32_t j = 0; j < c->profiles[i].args_len; j++) {
            struct config_args *args = (struct config_args *)&c->profiles[i].args[j];
            const struct args_kind *kind = args_kind_of(args->plugin);
            if (!kind)
                continue;
            struct berth_value *value = arena_need(&c->arena, sizeof(*value));
            *value = schema_write(kind->schema, &c->arena, typed[i][j]);
            args->args = value;
        }
}

static int compare_args(const void *a, const void *b)
{
    const struct config_args *x = a, *y = b;
    return berth_str_cmp(x->plugin, y->plugin);
}

/* The plugins but those that a v1 file must not name. */
static uint32_t show_plugins(struct config *c, const struct config_plugin **plugins, uint32_t len)
{
    struct config_plugin *shown = arena_need(&c->arena, len * sizeof(*shown));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < len; i++)
        if (!version_v1_refuses(c->version, (*plugins)[i].name))
            shown[kept++] = (*plugins)[i];
    *plugins = kept < len ? shown : *plugins;
    return kept;
}

/* As upstream shows it: only the arguments of enabled plugins, sorted by plugin. */
static void write_whole(struct config *c)
{
    struct config shown = *c;
    struct config_profile *profiles = arena_need(&c->arena, c->profiles_len * sizeof(*profiles));
    for (uint32_t i = 0; i < c->profiles_len; i++) {
        const struct config_profile *profile = &c->profiles[i];
        struct config_args *args = arena_need(&c->arena, profile->args_len * sizeof(*args));
        profiles[i] = *profile;
        for (int point = 0; point <= POINT_MULTI; point++) {
            struct config_plugin_set *set = &profiles[i].sets[point];
            set->enabled_len = show_plugins(c, &set->enabled, set->enabled_len);
            set->disabled_len = show_plugins(c, &set->disabled, set->disabled_len);
        }
        profiles[i].args = args;
        profiles[i].args_len = 0;
        for (uint32_t j = 0; j < profile->args_len; j++)
            if (profile->args[j].args && profile_enables(profile, profile->args[j].plugin))
                args[profiles[i].args_len++] = profile->args[j];
        qsort(args, profiles[i].args_len, sizeof(*args), compare_args);
    }
    shown.profiles = profiles;
    struct berth_value *whole = arena_need(&c->arena, sizeof(*whole));
    *whole = schema_write(&config_schema, &c->arena, &shown);
    c->whole = whole;
}

static void settle_percentages(struct config *c)
{
    for (uint32_t i = 0; i < c->profiles_len; i++) {
        struct config_profile *profile = (struct config_profile *)&c->profiles[i];
        if (profile->percentage_of_nodes_to_score == FIELD_NOT_GIVEN_32)
            profile->percentage_of_nodes_to_score = -1;
    }
}

static int load(struct loading *l, struct buf *warnings)
{
    struct config *c = l->c;
    void ***typed = NULL;
    int r = parse(c, l->err);
    if (r < 0 || (r = check_kind(l)) < 0 || (r = decode(l, &typed)) < 0)
        return r;
    c->api_version = berth_str_of(version_name(CONFIG_V1));
    if (berth_value_absent(berth_value_get(c->file, "enableContentionProfiling")))
        c->enable_contention_profiling = c->enable_profiling;
    warn_of_version(c, warnings);
    typed = config_complete(c, typed, warnings);
    l->invalid.root = c->file;
    l->invalid.gates = &c->gates;
    config_validate(&l->invalid, c, (void *const *const *)typed);
    r = faults_report(&l->invalid, &c->source, "", REPORT_BRACKETS, l->err);
    if (r < 0 || (r = ignore_managed_resources(c, typed, l->err)) < 0)
        return r;
    write_args(c, typed);
    write_whole(c);
    settle_percentages(c);
    return 0;
}

int config_load(const struct doc *doc, struct config **ret_config, struct buf *warnings, struct err *err)
{
    return config_load_with(&(struct gates){0}, doc, ret_config, warnings, err);
}

int config_load_with(const struct gates *gates, const struct doc *doc, struct config **ret_config,
                     struct buf *warnings, struct err *err)
{
    struct config *c = calloc(1, sizeof(*c));
    if (!c)
        return err_nomem(err);
    c->gates = *gates;
    struct loading l = {.c = c, .err = err};
    l.wrong.arena = l.strict.arena = l.invalid.arena = &c->arena;
    int r = copy_source(c, doc, err);
    if (r == 0)
        r = load(&l, warnings);
    faults_fini(&l.wrong);
    faults_fini(&l.strict);
    faults_fini(&l.invalid);
    if (r < 0)
        config_free(c);
    else
        *ret_config = c;
    return r;
}

struct config *config_default(void)
{
    return config_default_with(&(struct gates){0});
}

struct config *config_default_with(const struct gates *gates)
{
    static const char text[] =
        "{\"apiVersion\":\"" CONFIG_GROUP "/v1\",\"kind\":\"KubeSchedulerConfiguration\"}";
    struct doc doc = {"defaults", text, sizeof(text) - 1, DOC_JSON};
    struct config *c;
    if (config_load_with(gates, &doc, &c, NULL, NULL) < 0)
        return NULL;
    c->source.text = NULL;
    c->file = NULL;
    return c;
}

struct config *config_free(struct config *c)
{
    if (c) {
        struct arena arena = c->arena;
        arena_fini(&arena);
        free(c);
    }
    return NULL;
}

/* ---- places for messages ---- */

static const struct berth_value *file_profile(const struct config *c, const struct config_profile *profile)
{
    const struct berth_value *profiles = berth_value_get(c->file, "profiles");
    size_t index = (size_t)(profile - c->profiles);
    return profiles && profiles->type == BERTH_ARRAY && index < profiles->len ? &profiles->items[index]
                                                                              : NULL;
}

/* The item of the list whose name this is; NULL when there is none. */
static const struct berth_value *item_named(const struct berth_value *list, berth_str name)
{
    if (!list || list->type != BERTH_ARRAY)
        return NULL;
    for (uint32_t i = 0; i < list->len; i++)
        if (berth_str_eq(berth_value_text(berth_value_get(&list->items[i], "name")), name))
            return &list->items[i];
    return NULL;
}

static void add_place(const struct config *c, const struct berth_value *at, struct buf *b)
{
    if (!c->source.text)
        return;
    buf_puts(b, c->source.name);
    if (at)
        buf_printf(b, ":%" PRIu32, doc_line(&c->source, at));
    buf_puts(b, ": ");
}

void config_place(const struct config *c, const struct config_profile *profile, enum point point,
                  berth_str plugin, struct buf *b)
{
    const struct berth_value *plugins = berth_value_get(file_profile(c, profile), "plugins");
    const struct berth_value *set = berth_value_get(plugins, point_field(point));
    add_place(c, item_named(berth_value_get(set, "enabled"), plugin), b);
}

void config_args_place(const struct config *c, const struct config_profile *profile, berth_str plugin,
                       struct buf *b)
{
    add_place(c, item_named(berth_value_get(file_profile(c, profile), "pluginConfig"), plugin), b);
}

bool config_knows_plugin(const struct config *c, berth_str plugin)
{
    return version_has_plugin(c->version, plugin);
}
