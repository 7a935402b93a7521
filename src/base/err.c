#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>

/* Not from the heap, so that running out of memory can be said; err_fini() knows it. */
static char out_of_memory[] = "out of memory";

static void err_take(struct err *e, char *take_text)
{
    err_fini(e);
    e->text = take_text ? take_text : out_of_memory;
}

static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    return vasprintf(&text, format, args) < 0 ? NULL : text;
}

int err_vset(struct err *e, const char *format, va_list args)
{
    if (e)
        err_take(e, format_text(format, args));
    return -EINVAL;
}

int err_set(struct err *e, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int r = err_vset(e, format, args);
    va_end(args);
    return r;
}

int err_wrap(struct err *e, const char *format, ...)
{
    if (!e)
        return -EINVAL;
    va_list args;
    va_start(args, format);
    char *context = format_text(format, args);
    va_end(args);
    char *whole = NULL;
    if (context && asprintf(&whole, "%s: %s", context, err_text(e)) < 0)
        whole = NULL;
    free(context);
    err_take(e, whole);
    return -EINVAL;
}

int err_nomem(struct err *e)
{
    if (e)
        err_take(e, NULL);
    return -ENOMEM;
}

const char *err_text(const struct err *e)
{
    return e->text ? e->text : "no error";
}

void err_fini(struct err *e)
{
    if (e->text != out_of_memory)
        free(e->text);
    e->text = NULL;
}
