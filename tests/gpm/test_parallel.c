/*
 * Parallel loops.
 */
#include "on_g.h"
#include <stdatomic.h>

struct job {
    _Atomic uint8_t *visits;
    size_t begin, end, grain;
    _Atomic size_t short_pieces;
    bool is_uneven;
};

static void visit(void *arg, size_t from, size_t to)
{
    struct job *job = arg;
    CHECK(from < to && job->begin <= from && to <= job->end);
    if (to - from < job->grain)
        atomic_fetch_add(&job->short_pieces, 1);
    if (job->is_uneven && from % 7 == 0)
        gpm_yield();
    for (size_t i = from; i < to; i++)
        atomic_fetch_add(&job->visits[i - job->begin], 1);
}

static void check_job(const char *name, size_t begin, size_t end, size_t grain, bool is_uneven)
{
    struct job job = {.begin = begin, .end = end, .grain = grain, .is_uneven = is_uneven};
    job.visits = calloc(end > begin ? end - begin : 1, 1);
    gpm_parallel_for(begin, end, grain, visit, &job);
    for (size_t i = begin; i < end; i++)
        CHECK_ROW(atomic_load(&job.visits[i - begin]) == 1, name);
    CHECK_ROW(atomic_load(&job.short_pieces) <= 1, name);
    free((void *)job.visits);
}

static const struct {
    const char *name;
    size_t begin, end, grain;
} jobs[] = {
    {"nothing", 5, 5, 1},
    {"less than nothing", 9, 5, 1},
    {"one", 3, 4, 1},
    {"one, of big grain", 3, 4, 1000},
    {"as many pieces as indices", 0, 1000, 1},
    {"a last piece that is short", 10, 1011, 100},
    {"a grain of the library's choice", 0, 100003, 0},
    {"few, a grain of the library's choice", 0, 3, 0},
    {"at the end of what there is", SIZE_MAX - 1000, SIZE_MAX, 7},
};

ON_G(each_once)
{
    static const int procs[] = {1, 2, 3, 8};
    for (size_t p = 0; p < LEN(procs); p++) {
        gpm_set_maxprocs(procs[p]);
        for (size_t i = 0; i < LEN(jobs); i++) {
            check_job(jobs[i].name, jobs[i].begin, jobs[i].end, jobs[i].grain, false);
            check_job(jobs[i].name, jobs[i].begin, jobs[i].end, jobs[i].grain, true);
        }
    }
}

static void on_a_thread(void)
{
    for (size_t i = 0; i < LEN(jobs); i++)
        check_job(jobs[i].name, jobs[i].begin, jobs[i].end, jobs[i].grain, false);
}

static void count(void *arg, size_t from, size_t to)
{
    atomic_fetch_add((_Atomic size_t *)arg, to - from);
}

ON_G(very_long)
{
    _Atomic size_t n = 0;
    size_t length = (size_t)3 << 60;
    gpm_parallel_for(0, length, (size_t)1 << 50, count, &n);
    CHECK(n == length);
}

static void inner(void *arg, size_t from, size_t to)
{
    atomic_fetch_add((_Atomic size_t *)arg, to - from);
}

static void outer(void *arg, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        gpm_parallel_for(0, 100, 3, inner, arg);
}

ON_G(nested)
{
    _Atomic size_t n = 0;
    gpm_parallel_for(0, 200, 1, outer, &n);
    CHECK(n == 200 * 100);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"every index is visited once", each_once},
        {"on a foreign thread, too", on_a_thread},
        {"very long ranges", very_long},
        {"loops in loops", nested},
    };
    return run_tests(argc, argv, tests, LEN(tests));
}
