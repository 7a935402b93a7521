/*
 * The one error type. A function that can fail returns 0 or a negative code and, on failure, leaves a
 * text in its last parameter. Callers on the way up put their context in front:
 *
 *     cluster.yaml:41: Pod default/web: spec.containers[0].resources.requests.cpu: "1x" is not a quantity
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <errno.h>
#include <stdarg.h>

/* Zero-initialise; release with err_fini(). `text` is NULL while there is no error. */
struct err {
    char *text;
};

/* Sets the text, replacing an older one, and returns -EINVAL. `e` may be NULL: only the code is returned. */
int err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_vset(struct err *e, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Puts formatted context and ": " in front of the text; returns -EINVAL. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says that memory ran out; returns -ENOMEM. Allocates nothing. */
int err_nomem(struct err *e);

/* The text, never NULL. */
const char *err_text(const struct err *e);

void err_fini(struct err *e);

#endif
