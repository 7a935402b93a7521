/* See failing_alloc.h. */
#include "failing_alloc.h"

#include <stdarg.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t len, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);

static int until_failure; /* 0: never */
static int pauses; /* not over yet */
static bool lasts; /* all fail after the first one */
static bool failed;
static long live;

void alloc_fail_after(int calls)
{
    until_failure = calls;
    failed = lasts = false;
}

void alloc_fail_from(int calls)
{
    alloc_fail_after(calls);
    lasts = true;
}

void alloc_recover(void)
{
    until_failure = 0;
}

bool alloc_failed(void)
{
    return failed;
}

void alloc_pause(void)
{
    pauses++;
}

void alloc_resume(void)
{
    pauses--;
}

long alloc_live(void)
{
    return live;
}

static bool fails_now(void)
{
    bool now = pauses == 0 && until_failure > 0 && --until_failure == 0;
    failed |= now;
    until_failure += now && lasts;
    return now;
}

static void *counted(void *p)
{
    live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t len, size_t size);
void *__wrap_calloc(size_t len, size_t size)
{
    return fails_now() ? NULL : counted(__real_calloc(len, size));
}

void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
    if (fails_now())
        return NULL;
    return p ? __real_realloc(p, size) : counted(__real_realloc(p, size));
}

/* The C library's own allocations for these two are not seen otherwise. */

int __real_vasprintf(char **ret_text, const char *format, va_list args);
int __wrap_vasprintf(char **ret_text, const char *format, va_list args);
int __wrap_vasprintf(char **ret_text, const char *format, va_list args)
{
    int len = fails_now() ? -1 : __real_vasprintf(ret_text, format, args);
    live += len >= 0;
    return len;
}

int __wrap_asprintf(char **ret_text, const char *format, ...);
int __wrap_asprintf(char **ret_text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = __wrap_vasprintf(ret_text, format, args);
    va_end(args);
    return len;
}

void __wrap_free(void *p);
void __wrap_free(void *p)
{
    live -= p != NULL;
    __real_free(p);
}
