/*
 * The runner: forks for each test, before libgpm was started; the child's output goes to a file that is
 * searched and, when the test fails, shown.
 */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 60
#define OUTPUT_BYTES (1 << 20)

static long setting(const char *name, long otherwise)
{
    const char *text = getenv(name);
    long n = text != NULL ? strtol(text, NULL, 10) : 0;
    return n > 0 ? n : otherwise;
}

size_t test_scale(size_t n)
{
#if defined(__SANITIZE_ADDRESS__)
    return n > 5000 ? n / 10 > 5000 ? n / 10 : 5000 : n;
#else
    return TEST_TSAN && n > 2000 ? 2000 : n;
#endif
}

size_t test_times(size_t n)
{
    size_t times = n * (size_t)setting("GPM_STRESS", 1);
#if defined(__SANITIZE_ADDRESS__)
    times /= 4;
#endif
    if (TEST_TSAN)
        times /= 20;
    return times > 0 ? times : 1;
}

/*
 * ThreadSanitizer's shadow memory and random addresses do not go together on new kernels: once more without.
 */
static void without_random_addresses(char **argv)
{
    int was = personality(0xffffffff);
    if (!TEST_TSAN || was < 0 || (was & ADDR_NO_RANDOMIZE))
        return;
    if (personality(was | ADDR_NO_RANDOMIZE) >= 0)
        execv("/proc/self/exe", argv);
}

static _Noreturn void child(const struct test *t, int output)
{
    dup2(output, 1);
    dup2(output, 2);
    if (t->env != NULL)
        putenv(strdup(t->env));
    t->fn();
    fflush(NULL);
    exit(0);
}

/* Waits for the child; kills it when its time is over. -1: it was. */
static int wait_for(pid_t pid, long seconds)
{
    struct timespec end, now, nap = {0, 2000000};
    int status;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    for (;;) {
        pid_t done = waitpid(pid, &status, WNOHANG);
        if (done == pid)
            return status;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec >= end.tv_sec)
            break;
        nanosleep(&nap, NULL);
    }
    kill(pid, SIGQUIT); /* libgpm says where its Gs are */
    for (int i = 0; i < 500 && waitpid(pid, &status, WNOHANG) != pid; i++)
        nanosleep(&nap, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

static const char *judge(const struct test *t, int status, const char *output)
{
    static char why[160];
    if (status == -1)
        return "no end in time";
    if (WIFSIGNALED(status) && WTERMSIG(status) != t->signal) {
        snprintf(why, sizeof why, "ended by signal %d", WTERMSIG(status));
        return why;
    }
    if (t->signal != 0 && !WIFSIGNALED(status))
        return "was to end by a signal";
    if (WIFEXITED(status) && WEXITSTATUS(status) != t->exit_code) {
        snprintf(why, sizeof why, "ended with code %d, not %d", WEXITSTATUS(status), t->exit_code);
        return why;
    }
    if (t->expect != NULL && strstr(output, t->expect) == NULL) {
        snprintf(why, sizeof why, "does not say \"%s\"", t->expect);
        return why;
    }
    return NULL;
}

/* NULL: passed. */
static const char *run_one(const struct test *t)
{
    static char output[OUTPUT_BYTES];
    FILE *file = tmpfile();
    if (file == NULL)
        return strerror(errno);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(t, fileno(file));
    const char *why = pid < 0 ? strerror(errno) : NULL;
    if (why == NULL) {
        int status = wait_for(pid, setting("GPM_TIMEOUT", TIMEOUT_S));
        ssize_t n = pread(fileno(file), output, sizeof output - 1, 0);
        output[n > 0 ? n : 0] = '\0';
        why = judge(t, status, output);
    }
    if (why != NULL)
        printf("FAILED: %s: %s\n%s\n", t->name, why, output);
    fclose(file);
    return why;
}

int run_tests(int argc, char **argv, const struct test *tests, size_t n)
{
    size_t passed = 0, failed = 0;
    without_random_addresses(argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < n; i++) {
        if (argc > 1 && strstr(tests[i].name, argv[1]) == NULL)
            continue;
        const char *why = NULL;
        for (long k = setting("GPM_REPEAT", 1); k > 0 && why == NULL; k--)
            why = run_one(&tests[i]);
        if (why == NULL)
            printf("ok: %s\n", tests[i].name);
        passed += why == NULL;
        failed += why != NULL;
    }
    printf("%zu passed, %zu failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
