/*
 * Runs rows of recorded configurations through config_load() and profile_new():
 *
 *     build/tests/configs FILE...
 *
 * A row is {name, config | text, valid, stage?, error?, profiles?}. Texts of the stages "validate" and
 * "build" must be equal, those of "decode" only need to be refused; for a valid file the plugins at each
 * point and the weights are.
 */
#include "config/config.h"
#include "core/profile.h"
#include "plugins/all.h"

#include <stdio.h>
#include <stdlib.h>

/* Older versions are read here; see docs/differences.md. */
static const char *const not_applicable[] = {"apiversion-v1beta3"};

struct tally {
    unsigned passed, failed, skipped;
};

struct answer {
    bool at_load; /* refused before profiles were made */
    struct err err;
    struct buf profiles; /* accepted: as profile_show() has them, comma separated */
};

static void make_profiles(const struct config *config, struct answer *ret)
{
    struct registry registry = {all_plugins, all_plugins_len};
    struct catalog *catalog = catalog_new();
    buf_char(&ret->profiles, '[');
    for (uint32_t i = 0; i < config->profiles_len; i++) {
        struct profile *profile;
        if (profile_new(config, &config->profiles[i], &registry, catalog, &profile, &ret->err) < 0)
            break;
        buf_puts(&ret->profiles, i ? "," : "");
        profile_show(&ret->profiles, profile);
        profile_free(profile);
    }
    buf_char(&ret->profiles, ']');
    catalog_free(catalog);
}

static void ask(const struct doc *doc, struct answer *ret)
{
    struct config *config;
    struct buf warnings = {0};
    if (config_load(doc, &config, &warnings, &ret->err) < 0) {
        ret->at_load = true;
    } else {
        make_profiles(config, ret);
        config_free(config);
    }
    buf_fini(&warnings);
}

/* kube-scheduler's words: the last line without the place in front. */
static const char *bare(const char *text, const char *name)
{
    const char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    size_t len = strlen(name);
    if (strncmp(line, name, len) != 0 || line[len] != ':')
        return line;
    line += len + 1;
    const char *after = line + strspn(line, "0123456789");
    if (after > line && *after == ':')
        line = after + 1;
    return line + (*line == ' ');
}

static bool report(const char *name, const char *what, const char *want, const char *got)
{
    printf("%s: %s\n    want %s\n    got  %s\n", name, what, want, got);
    return false;
}

static bool check_valid(const char *name, const struct berth_value *row, const struct answer *answer)
{
    if (answer->err.text)
        return report(name, "refused", "valid", answer->err.text);
    struct buf want = {0};
    doc_write_json(&want, berth_value_get(row, "profiles"));
    bool same = berth_str_eq(buf_view(&want), buf_view(&answer->profiles));
    if (!same)
        report(name, "profiles differ", want.ptr, answer->profiles.ptr);
    buf_fini(&want);
    return same;
}

static bool check_refused(const char *name, const struct berth_value *row, const struct answer *answer)
{
    berth_str stage = berth_value_text(berth_value_get(row, "stage"));
    berth_str error = berth_value_text(berth_value_get(row, "error"));
    char *want = strndup(error.ptr, error.len);
    bool passed = true;
    if (!answer->err.text)
        passed = report(name, "accepted", want, "valid");
    else if (answer->at_load == berth_str_eq(stage, BERTH_STR("build")))
        passed = report(name, "refused at the wrong stage", want, answer->err.text);
    else if (!berth_str_eq(stage, BERTH_STR("decode")) && strcmp(want, bare(answer->err.text, "row")) != 0)
        passed = report(name, "text differs", want, bare(answer->err.text, "row"));
    free(want);
    return passed;
}

static bool is_applicable(const char *name)
{
    for (size_t i = 0; i < sizeof(not_applicable) / sizeof(*not_applicable); i++)
        if (strcmp(not_applicable[i], name) == 0)
            return false;
    return true;
}

static bool run_row(const char *name, const struct berth_value *row)
{
    struct buf text = {0};
    const struct berth_value *config = berth_value_get(row, "config");
    if (config)
        doc_write_json(&text, config);
    else
        buf_str(&text, berth_value_text(berth_value_get(row, "text")));
    size_t len = text.len;
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&text, 0);
    struct doc doc = {"row", text.ptr, len, doc_guess(text.ptr, len)};
    struct answer answer = {0};
    ask(&doc, &answer);
    bool valid = berth_value_bool(berth_value_get(row, "valid"), false);
    bool passed = valid ? check_valid(name, row, &answer) : check_refused(name, row, &answer);
    err_fini(&answer.err);
    buf_fini(&answer.profiles);
    buf_fini(&text);
    return passed;
}

static void count_row(const struct berth_value *row, struct tally *tally)
{
    berth_str text = berth_value_text(berth_value_get(row, "name"));
    char *name = strndup(text.ptr, text.len);
    if (!is_applicable(name))
        tally->skipped++;
    else if (run_row(name, row))
        tally->passed++;
    else
        tally->failed++;
    free(name);
}

static char *read_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    struct buf text = {0};
    char chunk[4096];
    size_t n;
    while (file && (n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buf_add(&text, chunk, n);
    if (file)
        fclose(file);
    *ret_len = text.len;
    for (int i = 0; i < DOC_PADDING; i++)
        buf_char(&text, 0);
    return text.ptr;
}

static int run_file(const char *path, struct tally *tally)
{
    struct doc doc = {.name = path, .format = DOC_JSON};
    struct arena arena = {0};
    struct err err = {0};
    struct berth_value rows;
    char *text = read_file(path, &doc.len);
    doc.text = text;
    int r = doc_parse(&doc, &arena, &rows, &err);
    if (r == 0 && rows.type != BERTH_ARRAY)
        r = err_set(&err, "%s: no array of rows", path);
    for (uint32_t i = 0; r == 0 && i < rows.len; i++)
        count_row(&rows.items[i], tally);
    if (r < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    err_fini(&err);
    arena_fini(&arena);
    free(text);
    return r;
}

int main(int argc, char **argv)
{
    struct tally tally = {0};
    int r = 0;
    for (int i = 1; i < argc; i++)
        r |= run_file(argv[i], &tally);
    printf("%u passed, %u failed, %u skipped\n", tally.passed, tally.failed, tally.skipped);
    return r < 0 || tally.failed || tally.passed == 0;
}
