/*
 * Defaults that depend on more than one field: profiles and their plugins.
 *
 * Merging a plugin set: what the user disables leaves the defaults ("*": all of them); what the user enables
 * replaces a default in place or is appended; the disabled names stay for the expansion of multiPoint later
 * on.
 */
#include "config/defaults.h"

#include "config/args.h"
#include "config/versions.h"

/* Writable views of what config.h shows as const. */
static struct config_profile *profiles_of(struct config *c)
{
    return (struct config_profile *)c->profiles;
}

static bool is_listed(const struct config_plugin *plugins, uint32_t len, berth_str name)
{
    for (uint32_t i = 0; i < len; i++)
        if (berth_str_eq(plugins[i].name, name))
            return true;
    return false;
}

/* Index of the last entry of that name, as a later one replaces an earlier one here; -1: none. */
static int64_t last_listed(const struct config_plugin *plugins, uint32_t len, berth_str name)
{
    for (uint32_t i = len; i-- > 0;)
        if (berth_str_eq(plugins[i].name, name))
            return i;
    return -1;
}

static void append(struct config_plugin *list, uint32_t *len, const struct config_plugin *plugin)
{
    list[(*len)++] = *plugin;
}

static struct config_plugin_set merge_sets(struct arena *arena, const struct config_plugin_set *defaults,
                                           const struct config_plugin_set *custom)
{
    struct config_plugin *enabled =
        arena_need(arena, (defaults->enabled_len + custom->enabled_len) * sizeof(*enabled));
    bool *replaces = arena_need(arena, custom->enabled_len * sizeof(*replaces));
    uint32_t len = 0;
    bool all = is_listed(custom->disabled, custom->disabled_len, BERTH_STR("*"));
    for (uint32_t i = 0; !all && i < defaults->enabled_len; i++) {
        const struct config_plugin *plugin = &defaults->enabled[i];
        if (is_listed(custom->disabled, custom->disabled_len, plugin->name))
            continue;
        int64_t by = last_listed(custom->enabled, custom->enabled_len, plugin->name);
        if (by >= 0)
            replaces[by] = true;
        append(enabled, &len, by >= 0 ? &custom->enabled[by] : plugin);
    }
    for (uint32_t i = 0; i < custom->enabled_len; i++)
        if (!replaces[i])
            append(enabled, &len, &custom->enabled[i]);
    return (struct config_plugin_set){enabled, custom->disabled, len, custom->disabled_len};
}

/* ---- older versions ---- */

static void warn_of_refused(const struct config *c, const struct config_plugin_set *set, struct buf *warnings)
{
    for (uint32_t i = 0; i < set->enabled_len; i++)
        if (version_v1_refuses(c->version, set->enabled[i].name))
            buf_printf(warnings, "%s: plugin %.*s is not in v1: the configuration that is shown leaves it out\n", c->source.name,
                       BERTH_FMT(set->enabled[i].name));
}

/* A v1 file with these sets means the same only if v1's own defaults are turned off. */
static void disable_defaults_of_v1(struct arena *arena, struct config_plugin_set *multi)
{
    if (is_listed(multi->disabled, multi->disabled_len, BERTH_STR("*")))
        return;
    struct config_plugin *disabled = arena_need(arena, (multi->disabled_len + 1) * sizeof(*disabled));
    if (multi->disabled_len)
        memcpy(disabled, multi->disabled, multi->disabled_len * sizeof(*disabled));
    disabled[multi->disabled_len++] = (struct config_plugin){.name = BERTH_STR("*")};
    multi->disabled = disabled;
}

static void complete_plugins(struct config *c, struct config_profile *profile, struct buf *warnings)
{
    const struct config_plugin_set *defaults = version_default_sets(c->version);
    for (int point = 0; point <= POINT_MULTI; point++) {
        struct config_plugin_set *set = &profile->sets[point];
        warn_of_refused(c, set, warnings);
        *set = merge_sets(&c->arena, &defaults[point], set);
    }
    if (c->version != CONFIG_V1)
        disable_defaults_of_v1(&c->arena, &profile->sets[POINT_MULTI]);
}

/* ---- arguments ---- */

bool profile_enables(const struct config_profile *profile, berth_str plugin)
{
    for (int point = 0; point <= POINT_MULTI; point++)
        if (is_listed(profile->sets[point].enabled, profile->sets[point].enabled_len, plugin))
            return true;
    return false;
}

static bool is_configured(const struct config_profile *profile, berth_str plugin)
{
    for (uint32_t i = 0; i < profile->args_len; i++)
        if (berth_str_eq(profile->args[i].plugin, plugin))
            return true;
    return false;
}

static void *default_args(struct arena *arena, const struct args_kind *kind)
{
    void *args = arena_need(arena, kind->schema->size);
    schema_init(kind->schema, args);
    return args;
}

/* Appends the default arguments of enabled plugins that the file does not configure. */
static void **complete_args(struct config *c, struct config_profile *profile, void **typed)
{
    uint32_t kinds_len, given = profile->args_len;
    const struct args_kind *kinds = args_kinds(&kinds_len);
    struct config_args *args = arena_need(&c->arena, (given + kinds_len) * sizeof(*args));
    void **all = arena_need(&c->arena, (given + kinds_len) * sizeof(*all));
    if (given) {
        memcpy(args, profile->args, given * sizeof(*args));
        memcpy(all, typed, given * sizeof(*all));
    }
    uint32_t len = given;
    for (uint32_t i = 0; i < kinds_len; i++) {
        berth_str plugin = berth_str_of(kinds[i].plugin);
        if (is_configured(profile, plugin) || !profile_enables(profile, plugin))
            continue;
        args[len].plugin = plugin;
        all[len++] = default_args(&c->arena, &kinds[i]);
    }
    profile->args = args;
    profile->args_len = len;
    return all;
}

static void complete_one_args(struct config *c, const struct config_args *args, void *typed)
{
    const struct args_kind *kind = args_kind_of(args->plugin);
    if (!kind)
        return;
    struct args_meta *meta = typed;
    meta->api_version = berth_str_of(version_name(CONFIG_V1));
    meta->kind = berth_str_of(kind->schema->name);
    if (kind->complete)
        kind->complete(&c->arena, &c->gates, typed);
}

void ***config_complete(struct config *c, void ***typed, struct buf *warnings)
{
    if (c->profiles_len == 0) {
        c->profiles = arena_need(&c->arena, sizeof(*c->profiles));
        c->profiles_len = 1;
        profiles_of(c)->percentage_of_nodes_to_score = FIELD_NOT_GIVEN_32;
        typed = arena_need(&c->arena, sizeof(*typed));
    }
    if (c->profiles_len == 1 && !c->profiles[0].scheduler_name.ptr)
        profiles_of(c)->scheduler_name = BERTH_STR("default-scheduler");
    for (uint32_t i = 0; i < c->profiles_len; i++) {
        struct config_profile *profile = &profiles_of(c)[i];
        complete_plugins(c, profile, warnings);
        typed[i] = complete_args(c, profile, typed[i]);
        for (uint32_t j = 0; j < profile->args_len; j++)
            complete_one_args(c, &profile->args[j], typed[i][j]);
    }
    return typed;
}
