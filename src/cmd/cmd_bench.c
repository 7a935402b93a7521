/*
 * berth bench: how fast the core decides. Each workload runs in a process of its own, so that its peak memory
 * is its own; the child sends its figures through a pipe.
 */
#include "base/array.h"
#include "base/vec.h"
#include "cmd/command.h"
#include "cmd/progress.h"
#include "cmd/session.h"
#include "cmd/table.h"
#include "cmd/units.h"
#include "plugins/all.h"
#include "sim/pool.h"
#include "sim/workload.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum output { OUTPUT_TABLE, OUTPUT_JSON };
static const char *const outputs[] = {"table", "json", NULL};

/* By enum workload_id, then `all`. */
#define X(id, name) name,
static const char *const workloads[] = {WORKLOADS(X) "all", NULL};
#undef X

struct settings {
    uint32_t workload; /* enum workload_id; WORKLOAD_COUNT: all */
    uint32_t output;   /* enum output */
    uint64_t nodes, pods, threads;
};

static const struct option_row options[] = {
    {'w', "workload", OPTION_CHOICE, offsetof(struct settings, workload), .choices = workloads,
     .initial = "all", .text = "What to schedule."},
    {'n', "nodes", OPTION_NUMBER, offsetof(struct settings, nodes), .value = "N", .min = 1, .max = 1000000,
     .initial = "5000", .text = "Number of nodes: 32 CPU, 256 GiB and 110 pods each, in ten zones."},
    {'p', "pods", OPTION_NUMBER, offsetof(struct settings, pods), .value = "N", .min = 1, .max = 10000000,
     .initial = "10000", .text = "Number of pods."},
    {'t', "threads", OPTION_NUMBER, offsetof(struct settings, threads), .value = "N", .min = 1, .max = 1024,
     .initial = "1", .text = "Threads that filter and score."},
    {'o', "output", OPTION_CHOICE, offsetof(struct settings, output), .choices = outputs, .initial = "table",
     .text = "How to print the result; json prints one object a line."},
};

/* What the child found out. */
struct figures {
    uint32_t bound;
    double pods_per_second, p50_us, p99_us;
    uint64_t rss_kib;
};

struct bench {
    struct catalog *catalog;
    struct config *config;
    struct pool *pool;
    struct core *core;
    struct arena arena;
    struct buf text;
    int64_t now_ns;
};

static int bench_open(struct bench *b, const struct settings *settings, struct err *err)
{
    const struct registry registry = {all_plugins, all_plugins_len};
    b->catalog = catalog_new();
    b->config = config_default();
    b->pool = pool_new((uint32_t)settings->threads);
    if (!b->catalog || !b->config || !b->pool)
        return err_nomem(err);
    struct core_options core = {
        .seed = 1, .parallel = settings->threads > 1 ? pool_run : NULL, .pool = b->pool};
    return core_new(b->config, &registry, b->catalog, &core, &b->core, err);
}

static void bench_close(struct bench *b)
{
    core_free(b->core);
    pool_free(b->pool);
    config_free(b->config);
    catalog_free(b->catalog);
    arena_fini(&b->arena);
    buf_fini(&b->text);
}

/* Decodes the object in `text`, gives it to the core and clears the text. */
static int put_text(struct bench *b, struct err *err)
{
    enum object_kind kind = OBJECT_KIND_COUNT;
    size_t len = b->text.len;
    static const char padding[DOC_PADDING];
    buf_add(&b->text, padding, DOC_PADDING);
    struct doc doc = {.name = "workload", .text = b->text.ptr, .len = len, .format = DOC_JSON};
    struct berth_value value;
    struct object object;
    int code = doc_parse(&doc, &b->arena, &value, err);
    if (code == 0)
        object_kind_of(berth_value_text(berth_value_get(&value, "apiVersion")),
                       berth_value_text(berth_value_get(&value, "kind")), &kind);
    if (code == 0)
        code = object_decode(b->catalog, kind, &value, &object, NULL, err);
    if (code == 0) {
        code = core_put(b->core, &object, ++b->now_ns) < 0 ? err_nomem(err) : 0;
        object_unref(b->catalog, &object);
    }
    arena_reset(&b->arena);
    buf_clear(&b->text);
    return code;
}

static int put_all(struct bench *b, enum workload_id id, struct workload_size size, struct err *err)
{
    int code = 0;
    for (uint32_t i = 0; i < size.nodes && code == 0; i++) {
        workload_node(&b->text, i);
        code = put_text(b, err);
    }
    for (uint32_t i = 0; i < workload_others(id, size) && code == 0; i++) {
        workload_other(&b->text, id, size, i);
        code = put_text(b, err);
    }
    for (uint32_t i = 0; i < workload_pods(id, size) && code == 0; i++) {
        workload_pod(&b->text, id, size, i);
        code = put_text(b, err);
    }
    return code;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The smallest latency that `percent` of all decisions did not exceed, in microseconds. */
static double percentile_us(const uint32_t *sorted_ns, uint32_t len, uint32_t percent)
{
    uint64_t rank = ((uint64_t)len * percent + 99) / 100;
    return len ? sorted_ns[rank ? rank - 1 : 0] / 1e3 : 0;
}

/* The victims of a decision are gone at once. They are the core's only until it is called. */
static void make_room(struct bench *b, const struct decision *decision)
{
    enum { MOST = 128 }; /* a node holds fewer pods */
    const struct berth_pod *victims[MOST];
    uint32_t len = decision->victims_len < MOST ? decision->victims_len : MOST;
    for (uint32_t i = 0; i < len; i++)
        victims[i] = pod_ref(decision->victims[i]);
    for (uint32_t i = 0; i < len; i++) {
        core_remove(b->core, &(struct object){.kind = OBJECT_POD, .pod = victims[i]}, ++b->now_ns);
        pod_unref(b->catalog, victims[i]);
    }
}

static int measure(struct bench *b, struct figures *f, struct err *err)
{
    VEC(uint32_t) latencies_ns = {0}; /* of all decisions, also of those about pods tried again */
    struct decision decision;
    int64_t start = clock_ns(), before = start;
    while (core_schedule_one(b->core, ++b->now_ns, &decision)) {
        make_room(b, &decision);
        int64_t after = clock_ns();
        if (vec_push(&latencies_ns, (uint32_t)(after - before)) < 0) {
            vec_fini(&latencies_ns);
            return err_nomem(err);
        }
        f->bound += decision.node != NULL;
        before = after;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    if (latencies_ns.len)
        qsort(latencies_ns.at, latencies_ns.len, sizeof *latencies_ns.at, by_number);
    f->pods_per_second = before > start ? f->bound / ((double)(before - start) / 1e9) : 0;
    f->p50_us = percentile_us(latencies_ns.at, (uint32_t)latencies_ns.len, 50);
    f->p99_us = percentile_us(latencies_ns.at, (uint32_t)latencies_ns.len, 99);
    f->rss_kib = (uint64_t)usage.ru_maxrss;
    vec_fini(&latencies_ns);
    return 0;
}

static int run_workload(const struct settings *settings, enum workload_id id, struct figures *f)
{
    struct workload_size size = {(uint32_t)settings->nodes, (uint32_t)settings->pods};
    struct bench b = {0};
    struct err err = {0};
    int code = bench_open(&b, settings, &err);
    if (code == 0)
        code = put_all(&b, id, size, &err);
    if (code == 0)
        code = measure(&b, f, &err);
    if (code < 0)
        command_fail("%s: %s", workload_name(id), err_text(&err));
    bench_close(&b);
    err_fini(&err);
    return code;
}

/* The workload in a child; a negative code with a message when that fails. */
static int run_apart(const struct settings *settings, enum workload_id id, struct figures *f)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -command_fail("pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        return -command_fail("fork: %s", strerror(errno));
    if (child == 0) {
        struct figures own = {0};
        int code = run_workload(settings, id, &own);
        bool sent = code == 0 && write(ends[1], &own, sizeof own) == (ssize_t)sizeof own;
        _exit(sent ? EXIT_DONE : EXIT_FAILED);
    }
    close(ends[1]);
    bool received = read(ends[0], f, sizeof *f) == (ssize_t)sizeof *f;
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        command_fail("%s: ended by signal %d", workload_name(id), WTERMSIG(status));
    return received ? 0 : -1;
}

static void print_json(const struct settings *settings, enum workload_id id, const struct figures *f)
{
    printf("{\"workload\":\"%s\",\"nodes\":%llu,\"pods\":%llu,\"bound\":%u,"
           "\"podsPerSecond\":%.1f,\"p50Us\":%.1f,\"p99Us\":%.1f,\"rssKiB\":%llu}\n",
           workload_name(id), (unsigned long long)settings->nodes, (unsigned long long)settings->pods,
           f->bound, f->pods_per_second, f->p50_us, f->p99_us, (unsigned long long)f->rss_kib);
}

static const char row_format[] = "%-18s  %9s  %8s  %10s  %9s  %9s  %9s\n";

static void print_row(const struct settings *settings, enum workload_id id, const struct figures *f)
{
    struct buf cells[6] = {0};
    buf_printf(&cells[0], "%u", f->bound);
    buf_printf(&cells[1], "%llu", (unsigned long long)settings->nodes);
    buf_printf(&cells[2], "%.0f", f->pods_per_second);
    buf_printf(&cells[3], "%.1f", f->p50_us);
    buf_printf(&cells[4], "%.1f", f->p99_us);
    buf_printf(&cells[5], "%.1f", (double)f->rss_kib / 1024);
    printf(row_format, workload_name(id), cells[1].ptr, cells[0].ptr, cells[2].ptr, cells[3].ptr,
           cells[4].ptr, cells[5].ptr);
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        buf_fini(&cells[i]);
}

static int run(const void *at)
{
    const struct settings *settings = at;
    bool all = settings->workload == WORKLOAD_COUNT;
    uint32_t from = all ? 0 : settings->workload, to = all ? WORKLOAD_COUNT : from + 1;
    int code = EXIT_DONE;
    if (settings->output == OUTPUT_TABLE)
        printf(row_format, "WORKLOAD", "NODES", "BOUND", "PODS/S", "P50 US", "P99 US", "RSS MIB");
    for (uint32_t id = from; id < to; id++) {
        struct figures f = {0};
        fflush(stdout); /* else the child would print it again */
        if (run_apart(settings, id, &f) < 0)
            code = EXIT_FAILED;
        else if (settings->output == OUTPUT_JSON)
            print_json(settings, id, &f);
        else
            print_row(settings, id, &f);
    }
    return code == EXIT_DONE ? command_print(&(struct buf){0}) : code;
}

static const char *const synopsis[] = {"[OPTIONS]", NULL};

const struct command bench_command = {
    .name = "bench",
    .summary = "Measure how fast pods are scheduled on built-in workloads.",
    .synopsis = synopsis,
    .about = "Builds a cluster and pods in memory and schedules them, scoring all nodes for every pod. "
             "Prints pods per second, the median and the 99th percentile of the time a decision takes, "
             "and the peak memory of the process; each workload runs in a process of its own. The shapes "
             "are those of Kubernetes' scheduler_perf.",
    .options = options,
    .options_len = ARRAY_LEN(options),
    .settings_size = sizeof(struct settings),
    .run = run,
};
