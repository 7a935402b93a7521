/*
 * What is wrong with a configuration: faults are collected, so that one run names them all, each with the
 * path of the field. Texts are those of k8s.io/apimachinery/pkg/util/validation/field.
 */
#ifndef CONFIG_FAULTS_H
#define CONFIG_FAULTS_H

#include "base/arena.h"
#include "base/doc.h"
#include "base/vec.h"

/* A field's place, as a chain on the stack from the field up to the root (NULL). */
struct path {
    const struct path *up;
    const char *name; /* NULL: an item of a list; "[key]": an entry of a map */
    uint32_t index;
};

/* Live until the enclosing block ends. */
#define PATH(up, name) (&(const struct path){(up), (name), 0})
#define PATH_ITEM(up, index) (&(const struct path){(up), NULL, (index)})

/* "profiles[0].plugins"; without indices "profiles.plugins". */
void path_print(struct buf *b, const struct path *path, bool indices);

struct fault {
    berth_str text;
    const struct berth_value *at; /* what it is about in the file; NULL when that cannot be told */
};

struct gates;

/* Zero-initialise with the arena that will own the texts; release with faults_fini(). */
struct faults {
    struct arena *arena;
    const struct berth_value *root; /* what paths start from, to find `at`; may be NULL */
    const struct gates *gates;      /* for validation that depends on them; not asked elsewhere */
    VEC(struct fault) list;
};

/* A fault at a known place, or found by its path: the deepest part of the path that the file has. */
void fault_at(struct faults *p, const struct berth_value *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void fault_add(struct faults *p, const struct path *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "PATH: Invalid value: NUMBER: DETAIL", the same with a quoted text, with a quoted duration. */
void fault_invalid_int(struct faults *p, const struct path *path, int64_t value, const char *detail);
void fault_invalid_text(struct faults *p, const struct path *path, berth_str value, const char *detail);
void fault_invalid_duration(struct faults *p, const struct path *path, int64_t ns, const char *detail);

/* "PATH: Required value[: DETAIL]", "PATH: Forbidden: DETAIL", "PATH: Duplicate value: "VALUE"". */
void fault_required(struct faults *p, const struct path *path, const char *detail);
void fault_forbidden(struct faults *p, const struct path *path, const char *detail);
void fault_duplicate(struct faults *p, const struct path *path, berth_str value);

/* "PATH: Unsupported value: "VALUE": supported values: ...". `supported` ends with NULL. */
void fault_unsupported(struct faults *p, const struct path *path, berth_str value,
                       const char *const *supported);

/* How several faults are reported. */
enum report_style {
    REPORT_EACH,     /* a line for each */
    REPORT_COMMAS,   /* the same, then a last line with all of them as kube-scheduler words it: A, B */
    REPORT_BRACKETS, /* the same: [A, B] */
};

/*
 * Leaves all faults in `err` and returns -EINVAL; 0 when there are none. Each is "FILE:LINE: PREFIX TEXT"; in
 * the last line of several each text stands once. The prefix may be empty.
 */
int faults_report(const struct faults *p, const struct doc *doc, const char *prefix, enum report_style style,
                  struct err *err);

void faults_fini(struct faults *p);

#endif
