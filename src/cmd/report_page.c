/*
 * A page is the text of report_page/, split where the data go. In them every "<" is written as
 * an escape, so that no name and no message can end the element they stand in; the page itself
 * only ever shows them as text.
 */
#include "cmd/report_page.h"

#include "cmd/report_page_text.h"
#include "sim/usage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * So that a page of many nodes stays small: all of them together have at most so many
 * parts, fewer with more runs.
 */
enum { MOST_PARTS = 75000, FEWEST_BUCKETS = 12 };

static uint32_t buckets_for(size_t nodes, size_t runs)
{
    size_t buckets = nodes ? MOST_PARTS / nodes / (runs * (runs + 1) / 2) : SIMULATION_BUCKETS;
    if (buckets < FEWEST_BUCKETS)
        return FEWEST_BUCKETS;
    return buckets < SIMULATION_BUCKETS ? (uint32_t)buckets : SIMULATION_BUCKETS;
}

/* What is fragmented of each resource at the end, as a share; unknown ones are left out. */
static void add_fragmentation(struct buf *b, const struct report *r)
{
    struct arena arena = {0};
    const struct usage *usages;
    uint32_t len = usage_of(r->core, r->cluster, &arena, &usages);
    const char *before = "";
    buf_puts(b, ",\"fragmentation\":{");
    for (uint32_t i = 0; i < len; i++) {
        if (usages[i].fragmentation < 0)
            continue;
        buf_puts(b, before);
        buf_json_str(b, usages[i].name);
        buf_printf(b, ":%.4f", usages[i].fragmentation);
        before = ",";
    }
    buf_char(b, '}');
    arena_fini(&arena);
}

/* What stands behind the last slash that something follows. */
static berth_str base_name(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    size_t from = len;
    while (from > 0 && path[from - 1] != '/')
        from--;
    return (berth_str){path + from, (uint32_t)(len - from)};
}

const char *page_config_name(const char *path)
{
    return path ? base_name(path).ptr : "default";
}

/* The names of the first few input files, without their folders. */
static void add_title(struct buf *b, const char *const *paths, size_t len)
{
    enum { NAMED = 3 };
    for (size_t i = 0; i < len && i < NAMED; i++) {
        buf_puts(b, i ? ", " : "");
        if (strcmp(paths[i], "-") == 0)
            buf_puts(b, "standard input");
        else
            buf_str(b, base_name(paths[i]));
    }
    if (len > NAMED)
        buf_printf(b, " and %zu more", len - NAMED);
}

static void add_run(struct buf *b, const struct page_run *run, size_t runs, bool brief)
{
    buf_puts(b, "{\"name\":");
    buf_json_str(b, berth_str_of(run->name));
    add_fragmentation(b, run->report);
    buf_puts(b, ",\"simulation\":");
    if (brief)
        simulation_json_brief(b, run->report, buckets_for(core_nodes(run->report->core)->live, runs));
    else
        simulation_json(b, run->report, SIMULATION_BUCKETS);
    buf_char(b, '}');
}

void page_json(struct buf *b, const struct page *page, bool brief)
{
    buf_puts(b, "{\"command\":");
    buf_json_str(b, berth_str_of(page->command));
    buf_puts(b, ",\"title\":");
    buf_json_str(b, berth_str_of(page->title));
    buf_puts(b, ",\"version\":\"" BERTH_VERSION "\",\"notes\":[");
    for (size_t i = 0; i < page->notes_len; i++) {
        buf_puts(b, i ? "," : "");
        buf_json_str(b, berth_str_of(page->notes[i]));
    }
    buf_puts(b, "],\"runs\":[");
    for (size_t i = 0; i < page->runs_len; i++) {
        buf_puts(b, i ? ",\n" : "\n");
        add_run(b, &page->runs[i], page->runs_len, brief);
    }
    buf_puts(b, "],\"pairs\":");
    buf_str(b, page->pairs.len ? page->pairs : BERTH_STR("[]"));
    buf_puts(b, "}\n");
}

/* In JSON a "<" only ever stands in a string. */
static void write_escaped(FILE *file, const struct buf *json)
{
    for (size_t from = 0; from < json->len;) {
        const char *start = json->ptr + from, *stop = memchr(start, '<', json->len - from);
        size_t len = stop ? (size_t)(stop - start) : json->len - from;
        fwrite(start, 1, len, file);
        if (stop)
            fputs("\\u003c", file);
        from += len + 1;
    }
}

/* Half a page helps nobody; devices and pipes stay. */
static void remove_file(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        unlink(path);
}

static int write_page(const char *path, const struct page *page, struct err *err)
{
    struct buf json = {0};
    FILE *file = fopen(path, "w");
    if (!file)
        return err_set(err, "cannot write the report %s: %s", path, strerror(errno));
    page_json(&json, page, true);
    fputs(report_page_head, file);
    write_escaped(file, &json);
    fputs(report_page_tail, file);
    buf_fini(&json);
    bool broken = ferror(file);
    broken |= fclose(file) != 0;
    if (!broken)
        return 0;
    int code = err_set(err, "cannot write the report %s: %s", path, strerror(errno));
    remove_file(path);
    return code;
}

int page_write_scenario(const char *command, const struct scenario *s, const struct page_run *runs,
                        size_t runs_len, berth_str pairs, struct err *err)
{
    struct buf title = {0}, seed = {0}, config = {0};
    add_title(&title, s->files.at, s->files.len);
    buf_printf(&seed, "seed %llu", (unsigned long long)s->seed);
    buf_printf(&config, "%s configuration", runs[0].name);
    const char *notes[2] = {seed.ptr, config.ptr}; /* runs that are compared have their names elsewhere */
    struct page page = {.command = command,
                        .title = title.ptr,
                        .notes = notes,
                        .notes_len = runs_len == 1 ? 2 : 1,
                        .runs = runs,
                        .runs_len = runs_len,
                        .pairs = pairs};
    int code = write_page(s->report, &page, err);
    buf_fini(&title);
    buf_fini(&seed);
    buf_fini(&config);
    return code;
}
