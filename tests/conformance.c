/*
 * Compares what `berth explain` says with recorded answers of kube-scheduler.
 *
 *     conformance BERTH [--known=FILE] [--OPTION...] FILE...
 *
 * A file holds one case a line, compressed when its name ends in .xz: {name, objects, pods, config?,
 * expect}. The objects and pods of a case become a file that BERTH explains, with the options passed on;
 * its answer for each pod must be the one in `expect`. Node lists and reasons are sets, scores and the rest
 * are exact. Pods listed in the --known file are skipped. Prints a line a file and last "N passed, N
 * failed, N skipped", counting pods.
 */
#include "base/doc.h"
#include "known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_SHOWN = 5, MOST_OPTIONS = 8 };

struct run {
    const char *berth;
    const char *options[MOST_OPTIONS];
    uint32_t options_len;
    char cluster[64], config[64];     /* temporary files */
    uint32_t passed, failed, skipped; /* pods of the current file */
    struct buf known;                 /* see known.h */
    struct arena arena;               /* of the current case */
};

/* ---- comparing ---- */

static const struct berth_value *get(const struct berth_value *object, const char *key)
{
    const struct berth_value *value = object ? berth_value_get(object, key) : NULL;
    return berth_value_absent(value) ? NULL : value;
}

static berth_str text_of(const struct berth_value *object, const char *key)
{
    return berth_value_text(get(object, key));
}

static uint32_t len_of(const struct berth_value *list)
{
    return list && (list->type == BERTH_ARRAY || list->type == BERTH_OBJECT) ? list->len : 0;
}

static bool same_text(const struct berth_value *want, const struct berth_value *got, const char *key)
{
    return berth_str_eq(text_of(want, key), text_of(got, key));
}

static bool list_has(const struct berth_value *list, berth_str text)
{
    for (uint32_t i = 0; i < len_of(list); i++)
        if (berth_str_eq(berth_value_text(&list->items[i]), text))
            return true;
    return false;
}

/* Whether two lists of different texts hold the same ones. */
static bool same_set(const struct berth_value *want, const struct berth_value *got)
{
    if (len_of(want) != len_of(got))
        return false;
    for (uint32_t i = 0; i < len_of(want); i++)
        if (!list_has(got, berth_value_text(&want->items[i])))
            return false;
    return true;
}

static bool same_status(const struct berth_value *want, const struct berth_value *got)
{
    if (!same_text(want, got, "plugin") || !same_text(want, got, "code"))
        return false;
    return berth_str_eq(text_of(want, "code"), BERTH_STR("Error"))
           || same_set(get(want, "reasons"), get(got, "reasons"));
}

static void show(struct buf *b, const struct berth_value *value)
{
    if (value)
        doc_write_json(b, value);
    else
        buf_puts(b, "nothing");
}

static void differ(struct buf *b, const char *what, berth_str name, const struct berth_value *want,
                   const struct berth_value *got)
{
    buf_printf(b, "%s%.*s: want ", what, BERTH_FMT(name));
    show(b, want);
    buf_puts(b, ", got ");
    show(b, got);
    buf_char(b, '\n');
}

static const struct berth_value *member(const struct berth_value *object, berth_str key)
{
    for (uint32_t i = 0; i < len_of(object); i++)
        if (berth_str_eq(object->members[i].key, key))
            return &object->members[i].value;
    return NULL;
}

static void compare_filter(struct buf *b, const struct berth_value *want, const struct berth_value *got)
{
    for (uint32_t i = 0; i < len_of(want); i++) {
        const struct berth_member *node = &want->members[i];
        const struct berth_value *answer = member(got, node->key);
        if (!answer || !same_status(&node->value, answer))
            differ(b, "filter ", node->key, &node->value, answer);
    }
    for (uint32_t i = 0; i < len_of(got); i++)
        if (!member(want, got->members[i].key))
            differ(b, "filter ", got->members[i].key, NULL, &got->members[i].value);
}

/* A plugin that is missing on one side was skipped: 0. */
static bool scores_within(const struct berth_value *some, const struct berth_value *others)
{
    for (uint32_t i = 0; i < len_of(some); i++) {
        int64_t score = berth_value_int(&some->members[i].value, INT64_MIN);
        if (score != berth_value_int(member(others, some->members[i].key), 0))
            return false;
    }
    return true;
}

static void compare_scores(struct buf *b, const struct berth_value *want, const struct berth_value *got)
{
    for (uint32_t i = 0; i < len_of(want); i++) {
        const struct berth_member *node = &want->members[i];
        const struct berth_value *answer = member(got, node->key);
        if (!scores_within(&node->value, answer) || !scores_within(answer, &node->value))
            differ(b, "scores ", node->key, &node->value, answer);
    }
    for (uint32_t i = 0; i < len_of(got); i++)
        if (!member(want, got->members[i].key))
            differ(b, "scores ", got->members[i].key, NULL, &got->members[i].value);
}

static bool contains(const struct berth_value *list, berth_str text)
{
    for (uint32_t i = 0; i < len_of(list); i++)
        if (berth_str_eq(berth_value_text(&list->items[i]), text))
            return true;
    return false;
}

/* The node must be one of those that upstream may choose, and the victims those of that node. */
static void compare_preemption(struct buf *b, const struct berth_value *want, const struct berth_value *got)
{
    berth_str node = text_of(got, "nominatedNode");
    const struct berth_value *candidate = member(get(want, "candidates"), node);
    const struct berth_value *victims = get(candidate ? candidate : want, "victims");
    bool allowed = get(want, "nominatedNodes") ? contains(get(want, "nominatedNodes"), node)
                                               : same_text(want, got, "nominatedNode");
    if (!same_text(want, got, "code"))
        differ(b, "preemption.code", BERTH_STR(""), get(want, "code"), get(got, "code"));
    if (!allowed || !get(want, "nominatedNode") != !get(got, "nominatedNode"))
        differ(b, "preemption.nominatedNode", BERTH_STR(""), get(want, "nominatedNode"),
               get(got, "nominatedNode"));
    else if (node.len && !same_set(victims, get(got, "victims")))
        differ(b, "preemption.victims", BERTH_STR(""), victims, get(got, "victims"));
}

static void compare_pod(struct buf *b, const struct berth_value *want, const struct berth_value *got)
{
    static const char *const statuses[] = {"preEnqueue", "preFilter"};
    static const char *const sets[] = {"preFilterNodes", "feasible", "best"};
    static const char *const presences[] = {"error", "scoreError"};
    if (!berth_value_bool(get(want, "responsible"), true)) {
        if (got && berth_value_bool(get(got, "responsible"), true))
            differ(b, "responsible", BERTH_STR(""), want, got);
        return;
    }
    for (size_t i = 0; i < 2; i++)
        if (!same_status(get(want, statuses[i]), get(got, statuses[i])))
            differ(b, statuses[i], BERTH_STR(""), get(want, statuses[i]), get(got, statuses[i]));
    for (size_t i = 0; i < 3; i++)
        if (!same_set(get(want, sets[i]), get(got, sets[i])))
            differ(b, sets[i], BERTH_STR(""), get(want, sets[i]), get(got, sets[i]));
    for (size_t i = 0; i < 2; i++)
        if (!get(want, presences[i]) != !get(got, presences[i]))
            differ(b, presences[i], BERTH_STR(""), get(want, presences[i]), get(got, presences[i]));
    if (!same_text(want, got, "nominatedFit"))
        differ(b, "nominatedFit", BERTH_STR(""), get(want, "nominatedFit"), get(got, "nominatedFit"));
    compare_filter(b, get(want, "filter"), get(got, "filter"));
    compare_scores(b, get(want, "scores"), get(got, "scores"));
    if (!same_text(want, got, "message"))
        differ(b, "message", BERTH_STR(""), get(want, "message"), get(got, "message"));
    if (get(want, "preemption") || get(got, "preemption"))
        compare_preemption(b, get(want, "preemption"), get(got, "preemption"));
}

/* ---- running ---- */

static int write_file(const char *path, const struct buf *text)
{
    FILE *file = fopen(path, "w");
    bool written = file && fwrite(text->ptr, 1, text->len, file) == text->len;
    return file && fclose(file) == 0 && written ? 0 : -1;
}

static void add_items(struct buf *b, const struct berth_value *list)
{
    for (uint32_t i = 0; i < len_of(list); i++) {
        buf_puts(b, b->ptr[b->len - 1] == '[' ? "" : ",");
        doc_write_json(b, &list->items[i]);
    }
}

/* The cluster of a case with its pending pods [from, to). */
static int write_inputs(const struct run *r, const struct berth_value *test, uint32_t from, uint32_t to)
{
    struct berth_value pods = *get(test, "pods");
    pods.items += from;
    pods.len = to - from;
    struct buf cluster = {0}, config = {0};
    buf_puts(&cluster, "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[");
    add_items(&cluster, get(test, "objects"));
    add_items(&cluster, &pods);
    buf_puts(&cluster, "]}");
    if (get(test, "config"))
        doc_write_json(&config, get(test, "config"));
    int code = write_file(r->cluster, &cluster) | (config.len ? write_file(r->config, &config) : 0);
    buf_fini(&cluster);
    buf_fini(&config);
    return code;
}

/* Runs a program and collects what it prints; negative when it cannot be run or fails. */
static int output_of(const char *const *words, struct buf *ret)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        execvp(words[0], (char *const *)words);
        _exit(127);
    }
    close(ends[1]);
    char chunk[65536];
    for (ssize_t got; (got = read(ends[0], chunk, sizeof chunk)) > 0;)
        buf_add(ret, chunk, (size_t)got);
    close(ends[0]);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int explain(const struct run *r, const struct berth_value *test, struct buf *ret)
{
    const char *words[16 + MOST_OPTIONS] = {r->berth, "explain", "-f", r->cluster, "--all", "-o", "json"};
    uint32_t len = 7;
    for (uint32_t i = 0; i < r->options_len; i++)
        words[len++] = r->options[i];
    if (get(test, "config")) {
        words[len++] = "--config";
        words[len++] = r->config;
    }
    return output_of(words, ret);
}

static int parse(struct run *r, const char *name, struct buf *text, struct berth_value *ret)
{
    static const char padding[DOC_PADDING];
    size_t len = text->len;
    buf_add(text, padding, DOC_PADDING);
    struct doc doc = {.name = name, .text = text->ptr, .len = len, .format = DOC_JSON};
    struct err err = {0};
    int code = doc_parse(&doc, &r->arena, ret, &err);
    if (code < 0)
        printf("    %s\n", err_text(&err));
    err_fini(&err);
    return code;
}

static const struct berth_value *answer_for(const struct berth_value *results, berth_str pod)
{
    for (uint32_t i = 0; i < len_of(results); i++)
        if (berth_str_eq(text_of(&results->items[i], "pod"), pod))
            return &results->items[i];
    return NULL;
}

/* Counts a pod, and shows how it differs: the first difference says enough. */
static void count(struct run *r, const struct berth_value *test, berth_str pod, struct buf *differences)
{
    struct buf name = {0};
    buf_printf(&name, "%.*s %.*s", BERTH_FMT(text_of(test, "name")), BERTH_FMT(pod));
    bool known = known_has(&r->known, name.ptr), same = differences->len == 0;
    if (known && same)
        buf_puts(differences, "is a known difference, but does not differ");
    uint32_t *counter = known == same ? &r->failed : known ? &r->skipped : &r->passed;
    if (++*counter <= MOST_SHOWN && differences->len)
        printf("    %s: %s%.*s\n", name.ptr, counter == &r->skipped ? "differs as known: " : "",
               (int)strcspn(differences->ptr, "\n"), differences->ptr);
    buf_fini(&name);
}

/* Compares the answers for the pending pods [from, to) of the case. */
static void judge(struct run *r, const struct berth_value *test, const struct berth_value *results,
                  uint32_t from, uint32_t to)
{
    const struct berth_value *pods = get(test, "pods");
    for (uint32_t i = from; i < to; i++) {
        struct buf differences = {0}, name = {0};
        const struct berth_value *metadata = get(&pods->items[i], "metadata");
        buf_printf(&name, "%.*s/%.*s", BERTH_FMT(text_of(metadata, "namespace")),
                   BERTH_FMT(text_of(metadata, "name")));
        const struct berth_value *want = member(get(test, "expect"), buf_view(&name));
        if (want) {
            compare_pod(&differences, want, answer_for(results, buf_view(&name)));
            count(r, test, buf_view(&name), &differences);
        }
        buf_fini(&differences);
        buf_fini(&name);
    }
}

static void run_pods(struct run *r, const struct berth_value *test, uint32_t from, uint32_t to)
{
    struct berth_value answer = {0};
    struct buf output = {0};
    bool ran = write_inputs(r, test, from, to) == 0 && explain(r, test, &output) == 0
               && parse(r, "berth's answer", &output, &answer) == 0;
    judge(r, test, ran ? get(&answer, "results") : NULL, from, to);
    buf_fini(&output);
}

/* A pending pod must not see the others of the case, and it sees those that are nominated. */
static bool must_be_apart(const struct berth_value *pods)
{
    for (uint32_t i = 0; i < len_of(pods); i++)
        if (get(get(&pods->items[i], "status"), "nominatedNodeName"))
            return true;
    return false;
}

static void run_case(struct run *r, const char *line, size_t len)
{
    struct berth_value test;
    struct buf text = {0};
    buf_add(&text, line, len);
    if (parse(r, "case", &text, &test) < 0) {
        r->failed++;
    } else if (!get(&test, "pods") || !get(&test, "expect")) {
        printf("    a case without pods or expect\n");
        r->failed++;
    } else {
        const struct berth_value *pods = get(&test, "pods");
        bool apart = must_be_apart(pods);
        for (uint32_t i = 0; apart && i < len_of(pods); i++)
            run_pods(r, &test, i, i + 1);
        if (!apart)
            run_pods(r, &test, 0, len_of(pods));
    }
    buf_fini(&text);
    arena_reset(&r->arena);
}

static int read_cases(const char *path, struct buf *ret)
{
    size_t len = strlen(path);
    bool packed = len > 3 && strcmp(path + len - 3, ".xz") == 0;
    const char *const words[] = {packed ? "xz" : "cat", packed ? "-dc" : "--", path, NULL};
    return output_of(words, ret);
}

static void run_file(struct run *r, const char *path)
{
    struct buf text = {0};
    r->passed = r->failed = r->skipped = 0;
    if (read_cases(path, &text) < 0 || text.len == 0) {
        printf("    cannot read %s\n", path);
        r->failed++;
    }
    for (size_t from = 0; from < text.len;) {
        const char *end = memchr(text.ptr + from, '\n', text.len - from);
        size_t len = end ? (size_t)(end - text.ptr) - from : text.len - from;
        if (len)
            run_case(r, text.ptr + from, len);
        from += len + 1;
    }
    const char *slash = strrchr(path, '/');
    printf("%s: %u passed, %u failed, %u skipped\n", slash ? slash + 1 : path, r->passed, r->failed,
           r->skipped);
    fflush(stdout);
    buf_fini(&text);
}

static int make_temporary(char path[64], const char *what)
{
    const char *folder = getenv("TMPDIR");
    int len = snprintf(path, 64, "%s/berth-%s-XXXXXX", folder && strlen(folder) < 32 ? folder : "/tmp", what);
    int fd = len < 64 ? mkstemp(path) : -1;
    return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
    struct run r = {.berth = argc > 1 ? argv[1] : NULL};
    if (argc < 3 || make_temporary(r.cluster, "cluster") < 0 || make_temporary(r.config, "config") < 0) {
        fputs("usage: conformance BERTH [--known=FILE] [--OPTION...] FILE...\n", stderr);
        return 2;
    }
    uint32_t passed = 0, failed = 0, skipped = 0;
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], "--known=", 8) == 0) {
            known_read(argv[i] + 8, &r.known);
            continue;
        }
        if (argv[i][0] == '-' && r.options_len < MOST_OPTIONS) {
            r.options[r.options_len++] = argv[i];
            continue;
        }
        run_file(&r, argv[i]);
        passed += r.passed;
        failed += r.failed;
        skipped += r.skipped;
    }
    unlink(r.cluster);
    unlink(r.config);
    arena_fini(&r.arena);
    buf_fini(&r.known);
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed || !passed;
}
