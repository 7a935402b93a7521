/*
 * What all decoders of objects share: looking up members, checking types, naming the place of an error.
 * Private to src/api.
 *
 * The first error sticks: getters after it return their defaults, so that a decoder reads straight through
 * and looks at `failed` once, at its end.
 */
#ifndef API_DECODER_H
#define API_DECODER_H

#include "api/block.h"
#include "api/catalog.h"
#include "api/quantity.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/err.h"
#include <berth/value.h>

/* The path to a value, as a chain on the C stack; becomes text only in an error. */
struct place {
    const struct place *up; /* NULL: the object itself */
    berth_str name;
    int32_t index; /* of an item of the array `name`; -1: the member itself */
};

/* Atoms that nearly every object needs. */
#define KNOWN_ATOMS(X)                                                                                       \
    X(empty, "") X(cpu, "cpu") X(memory, "memory") X(ephemeral_storage, "ephemeral-storage")                 \
    X(pods, "pods") X(default_namespace, "default") X(default_scheduler, "default-scheduler")                \
    X(not_ready, "node.kubernetes.io/not-ready") X(unreachable, "node.kubernetes.io/unreachable")
struct known_atoms {
#define X(name, text) berth_atom name;
    KNOWN_ATOMS(X)
#undef X
};

struct decoder {
    struct catalog *catalog;
    const struct known_atoms *known;
    struct atoms *atoms;
    struct block *block;   /* of the object being built */
    struct arena *scratch; /* reset when the next object is decoded */
    struct err *err;
    const struct berth_value *culprit; /* the value the error is about */
    int failed;                        /* 0, or the negative code of the first error */
};

/* ---- known members as a struct ----
 *
 *     #define TAINT(X) X(key) X(value) X(effect)
 *     FIELDS(taint_fields, TAINT)
 *     ...
 *     struct taint_fields f;
 *     read_fields(d, at, value, FIELD_NAMES(taint_fields), &f);
 *     taint->key = get_atom(d, at, FIELD(f, key));
 */
#define FIELD_POINTER(name) const struct berth_value *name;
#define FIELD_TEXT(name) {#name, sizeof(#name) - 1},
#define FIELDS(type, LIST)                                                                                   \
    struct type {                                                                                            \
        LIST(FIELD_POINTER)                                                                                  \
    };                                                                                                       \
    static const berth_str type##_names[] = {LIST(FIELD_TEXT)};
#define FIELD_NAMES(type) type##_names, ARRAY_LEN(type##_names)
#define FIELD(fields, name) #name, (fields).name

/*
 * Fills the struct of pointers `ret_fields` with the members that `names` lists, NULL where one is
 * absent or null. An absent object has no members; anything but an object is an error. A member that
 * repeats counts as its last.
 */
void read_fields(struct decoder *d, const struct place *at, const struct berth_value *object,
                 const berth_str *names, size_t len, void *ret_fields);

/* ---- members by type: `name` is that of the member `v` of the object at `at`; v NULL: absent ---- */

/* Records an error about member `name` at `at`, about `at` itself when name is NULL. Keeps an older error. */
void complain(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
              const char *format, ...) __attribute__((format(printf, 5, 6)));
void complain_nomem(struct decoder *d);

/* Records the failure `r` of a call that left its own text in the err: the place goes in front of it. */
void complain_after(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                    int r);

/* The string, the empty slice when absent. */
berth_str get_str(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v);

/* The string's atom, `otherwise` when absent. */
berth_atom get_atom(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                    berth_atom otherwise);

/* The same for a string that means nothing when empty: NULL then. */
berth_atom get_name(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v);

/* The atom of the text, or of the formatted text; NULL when memory ran out, which the decoder then knows. */
berth_atom intern(struct decoder *d, berth_str text);
berth_atom intern_format(struct decoder *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The value, `otherwise` when absent; of another type or outside of [min, max] is an error. */
int64_t get_int(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                int64_t min, int64_t max, int64_t otherwise);
bool get_bool(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
              bool otherwise);

/* Nanoseconds of an RFC 3339 time, 0 when absent. */
int64_t get_time(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v);

/* A string or a number; 0 when absent. Negative ones are errors. */
struct quantity get_quantity(struct decoder *d, const struct place *at, berth_str name,
                             const struct berth_value *v);

/* The index of the string among the n choices; `otherwise` when absent; any other string is an error. */
int get_choice(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
               const char *const *choices, int n, int otherwise);

/* The items of an array, NULL and 0 when absent. */
const struct berth_value *get_items(struct decoder *d, const struct place *at, const char *name,
                                    const struct berth_value *v, uint32_t *ret_len);

/* The members of an object, NULL and 0 when absent. */
const struct berth_member *get_members(struct decoder *d, const struct place *at, const char *name,
                                       const struct berth_value *v, uint32_t *ret_len);

/* A zeroed array in scratch memory, never NULL unless the decoder failed. */
void *scratch_array(struct decoder *d, size_t len, size_t item_size);

/* The string members of an object as a block list of struct berth_label, sorted by key text. */
berth_list get_labels(struct decoder *d, const struct place *at, const char *name,
                      const struct berth_value *v);

/* The same in scratch memory, for those who look at them first. */
struct berth_label *read_labels(struct decoder *d, const struct place *at, const char *name,
                                const struct berth_value *v, uint32_t *ret_len);
berth_list add_labels(struct decoder *d, struct berth_label *labels, uint32_t len);

/* An array of strings as a block list of atoms; sorted: by text, each once. */
berth_list get_atoms(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                     bool sorted);

/* ---- metadata ---- */

struct meta {
    berth_str name;
    berth_str uid;
    berth_atom namespace; /* "default" when not given; NULL for kinds without one */
    int64_t created_ns;
    bool terminating;
    const struct berth_value *labels, *annotations, *owner_references;
};

/* Reads the object's metadata; a missing name is an error. */
void read_meta(struct decoder *d, const struct berth_value *metadata, bool namespaced, struct meta *ret_meta);

extern const struct place metadata_place;
extern const struct place spec_place;
extern const struct place status_place;

/* Writes an object's fixed part over the start of the block; false when the decoder failed. */
bool write_start(struct decoder *d, const void *object, size_t size);

/*
 * The same for a part that begins with `uint32_t refs, size`; returns the finished object with one reference,
 * NULL when the decoder failed.
 */
const void *finish_object(struct decoder *d, const void *object, size_t size);

#endif
