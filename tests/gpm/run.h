/*
 * A tiny runner. Each test is a process of its own with a time limit, for a test of a scheduler can hang, and
 * the scheduler is a global of its process.
 *
 *     static void sends(void) { CHECK(1 + 1 == 2); }
 *     static void dies(void)  { gpm_run(deadlock, NULL); }
 *     int main(int argc, char **argv)
 *     {
 *         static const struct test tests[] = {
 *             { "a sentence that says what holds", sends },
 *             { "a deadlock is reported", dies, .exit_code = 2, .expect = "all goroutines are asleep" },
 *         };
 *         return run_tests(argc, argv, tests, sizeof tests / sizeof *tests);
 *     }
 *
 * An argument runs only the tests whose name contains it. GPM_REPEAT=N runs each N times (stress).
 * GPM_TIMEOUT=S sets the limit of each, 60 s otherwise. GPM_MAXPROCS works as for any program of libgpm.
 */
#ifndef TESTS_GPM_RUN_H
#define TESTS_GPM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct test {
    const char *name;
    void (*fn)(void);   /* returns: passed */
    int exit_code;      /* that the process must end with, 0 as a rule */
    const char *expect; /* that must be in what it writes to stdout or stderr; NULL: anything */
    const char *env;    /* "NAME=VALUE" set for it, NULL: none */
    int signal;         /* != 0: must end by this signal */
};

int run_tests(int argc, char **argv, const struct test *tests, size_t n);

/* Ends the test with a message when the condition does not hold. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                        \
            fflush(stderr);                                                                                  \
            _Exit(99);                                                                                       \
        }                                                                                                    \
    } while (0)

#if defined(__SANITIZE_THREAD__)
#define TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_TSAN 1
#endif
#endif
#ifndef TEST_TSAN
#define TEST_TSAN 0
#endif

/*
 * n, or fewer where a sanitizer makes everything slow and (ThreadSanitizer) allows few Gs at the same time.
 */
size_t test_scale(size_t n);

/* How often to do a thing that gets better the more often it is done: n * GPM_STRESS (1). */
size_t test_times(size_t n);

#endif
