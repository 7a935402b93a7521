/*
 * What is wrong with a configuration: problems are collected, so that one run names them all, each with the path of
 * the field. Texts are those of k8s.io/apimachinery/pkg/util/validation/field.
 */
#ifndef CONFIG_PROBLEM_H
#define CONFIG_PROBLEM_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/vec.h"

/* A field's place, as a chain on the stack from the field up to the root (NULL). */
struct path {
    const struct path *up;
    const char *name; /* NULL: an item of a list */
    uint32_t index;
};

/* Live until the enclosing block ends. */
#define PATH(up, name) (&(const struct path){(up), (name), 0})
#define PATH_ITEM(up, index) (&(const struct path){(up), NULL, (index)})

/* "profiles[0].plugins"; without indices "profiles.plugins". */
void path_print(struct buf *b, const struct path *path, bool indices);

struct problem {
    berth_str text;
    const struct berth_value *at; /* what it is about in the file; NULL when that cannot be told */
};

/* Zero-initialise with the arena that will own the texts; release with problems_fini(). */
struct problems {
    struct arena *arena;
    const struct berth_value *root; /* what paths start from, to find `at`; may be NULL */
    VEC(struct problem) list;
};

/* A problem at a known place, or found by its path: the deepest part of the path that the file has. */
void problem_at(struct problems *p, const struct berth_value *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void problem_add(struct problems *p, const struct path *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "PATH: Invalid value: NUMBER: DETAIL", the same with a quoted text, with a quoted duration. */
void problem_invalid_int(struct problems *p, const struct path *path, int64_t value, const char *detail);
void problem_invalid_text(struct problems *p, const struct path *path, berth_str value, const char *detail);
void problem_invalid_duration(struct problems *p, const struct path *path, int64_t ns, const char *detail);

/* "PATH: Required value[: DETAIL]", "PATH: Forbidden: DETAIL", "PATH: Duplicate value: "VALUE"". */
void problem_required(struct problems *p, const struct path *path, const char *detail);
void problem_forbidden(struct problems *p, const struct path *path, const char *detail);
void problem_duplicate(struct problems *p, const struct path *path, berth_str value);

/* "PATH: Unsupported value: "VALUE": supported values: ...". `supported` ends with NULL. */
void problem_unsupported(struct problems *p, const struct path *path, berth_str value, const char *const *supported);

/*
 * Leaves all problems in `err` and returns -EINVAL; 0 when there are none. One problem: "FILE:LINE: TEXT". Several: a
 * line for each, then a last line with all of them as kube-scheduler words it: "FILE: PREFIX[A, B]", each text
 * once. `prefix` stands before each text; `brackets` around several.
 */
int problems_report(const struct problems *p, const struct doc *doc, const char *prefix, bool brackets,
                    struct err *err);

void problems_fini(struct problems *p);

#endif
