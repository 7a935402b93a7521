/*
 * The common part of all decoders. Members are matched against a table of known names, starting behind the
 * last match: API servers and most tools write members in a fixed order, so a lookup rarely looks far.
 */
#include "api/decoder.h"

#include "api/timestamp.h"
#include <stdio.h>
#include <stdlib.h>

const struct place metadata_place = {NULL, {"metadata", 8}, -1};
const struct place spec_place = {NULL, {"spec", 4}, -1};
const struct place status_place = {NULL, {"status", 6}, -1};

/* ---- errors ---- */

/* A path long enough for any real object; what is beyond it is cut off. */
struct path {
    char text[512];
    size_t len;
};

static void add_to_path(struct path *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_to_path(struct path *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int added = vsnprintf(p->text + p->len, sizeof(p->text) - p->len, format, args);
    va_end(args);
    p->len += added < 0 ? 0 : (size_t)added;
    if (p->len >= sizeof(p->text))
        p->len = sizeof(p->text) - 1;
}

/* The beginning of a text that may be too long for a message. */
static berth_str clip(berth_str text)
{
    enum { MOST = 120 };
    if (text.len <= MOST)
        return text;
    uint32_t len = MOST;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return (berth_str){text.ptr, len};
}

static void print_place(struct path *p, const struct place *at)
{
    if (!at)
        return;
    print_place(p, at->up);
    add_to_path(p, "%s%.*s", p->len ? "." : "", BERTH_FMT(clip(at->name)));
    if (at->index >= 0)
        add_to_path(p, "[%d]", at->index);
}

/* Puts the path in front of the error's text. */
static void add_place(struct decoder *d, const struct place *at, const char *name,
                      const struct berth_value *v)
{
    struct path path = {.len = 0};
    struct place member = {at, name ? berth_str_of(name) : (berth_str){0}, -1};
    print_place(&path, name ? &member : at);
    if (path.len)
        err_wrap(d->err, "%s", path.text);
    d->culprit = v;
}

void complain(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
              const char *format, ...)
{
    if (d->failed)
        return;
    va_list args;
    va_start(args, format);
    d->failed = err_vset(d->err, format, args);
    va_end(args);
    add_place(d, at, name, v);
}

void complain_after(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                    int r)
{
    if (r == -ENOMEM) {
        complain_nomem(d);
    } else if (!d->failed) {
        d->failed = r;
        add_place(d, at, name, v);
    }
}

void complain_nomem(struct decoder *d)
{
    if (!d->failed)
        d->failed = err_nomem(d->err);
}

static void complain_type(struct decoder *d, const struct place *at, const char *name,
                          const struct berth_value *v, const char *expected)
{
    static const char *const found[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
    complain(d, at, name, v, "expected %s, found %s", expected, found[v->type]);
}

/* ---- members ---- */

/* Looks at length and first byte before it compares: most names are told apart by these. */
static inline bool is_name(const berth_str *name, berth_str key)
{
    return name->len == key.len && name->ptr[0] == key.ptr[0] && memcmp(name->ptr, key.ptr, key.len) == 0;
}

/* The index of `key` among the names, trying `from` and what follows first; `len` when it is none of them. */
static size_t find_name(const berth_str *names, size_t len, size_t from, berth_str key)
{
    for (size_t i = from; i < len; i++)
        if (is_name(&names[i], key))
            return i;
    for (size_t i = 0; i < from; i++)
        if (is_name(&names[i], key))
            return i;
    return len;
}

void read_fields(struct decoder *d, const struct place *at, const struct berth_value *object,
                 const berth_str *names, size_t len, void *ret_fields)
{
    const struct berth_value **fields = ret_fields;
    memset(fields, 0, len * sizeof(*fields));
    if (berth_value_absent(object))
        return;
    if (object->type != BERTH_OBJECT) {
        complain_type(d, at, NULL, object, "an object");
        return;
    }
    size_t next = 0;
    for (uint32_t i = 0; i < object->len; i++) {
        const struct berth_member *m = &object->members[i];
        size_t found = find_name(names, len, next, m->key);
        if (found == len)
            continue;
        fields[found] = m->value.type == BERTH_NULL ? NULL : &m->value;
        next = found + 1;
    }
}

berth_str get_str(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v)
{
    if (!v)
        return (berth_str){0};
    if (v->type != BERTH_STRING) {
        complain_type(d, at, name, v, "a string");
        return (berth_str){0};
    }
    return (berth_str){v->text, v->len};
}

berth_atom intern(struct decoder *d, berth_str text)
{
    berth_atom atom = atoms_intern(d->atoms, text);
    if (!atom)
        complain_nomem(d);
    return atom;
}

berth_atom intern_format(struct decoder *d, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : scratch_array(d, (size_t)len + 1, 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text ? intern(d, (berth_str){text, (uint32_t)len}) : NULL;
}

berth_atom get_atom(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                    berth_atom otherwise)
{
    return v ? intern(d, get_str(d, at, name, v)) : otherwise;
}

berth_atom get_name(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v)
{
    berth_str text = get_str(d, at, name, v);
    return text.len ? intern(d, text) : NULL;
}

int64_t get_int(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                int64_t min, int64_t max, int64_t otherwise)
{
    if (!v)
        return otherwise;
    if (v->type != BERTH_NUMBER) {
        complain_type(d, at, name, v, "a number");
        return otherwise;
    }
    int64_t number = berth_value_int(v, INT64_MIN);
    if (number == INT64_MIN && berth_value_int(v, 0) == 0) {
        complain(d, at, name, v, "%.*s is not a whole number", BERTH_FMT(clip(berth_value_text(v))));
        return otherwise;
    }
    if (number < min || number > max) {
        complain(d, at, name, v, "%.*s is not between %lld and %lld", BERTH_FMT(clip(berth_value_text(v))),
                 (long long)min, (long long)max);
        return otherwise;
    }
    return number;
}

bool get_bool(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
              bool otherwise)
{
    if (!v)
        return otherwise;
    if (v->type != BERTH_BOOL)
        complain_type(d, at, name, v, "a boolean");
    return berth_value_bool(v, otherwise);
}

int64_t get_time(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v)
{
    int64_t ns = 0;
    berth_str text = get_str(d, at, name, v);
    if (text.len && timestamp_parse(text, &ns) < 0)
        complain(d, at, name, v, "\"%.*s\" is not a time", BERTH_FMT(clip(text)));
    return ns;
}

struct quantity get_quantity(struct decoder *d, const struct place *at, berth_str name,
                             const struct berth_value *v)
{
    struct quantity q = {0};
    if (berth_value_absent(v))
        return q;
    struct place member = {at, name, -1};
    if (v->type != BERTH_STRING && v->type != BERTH_NUMBER)
        complain_type(d, &member, NULL, v, "a quantity");
    else if (quantity_parse(berth_value_text(v), &q, NULL) < 0)
        complain(d, &member, NULL, v, "\"%.*s\" is not a quantity", BERTH_FMT(clip(berth_value_text(v))));
    else if (quantity_sign(&q) < 0)
        complain(d, &member, NULL, v, "\"%.*s\" must not be negative", BERTH_FMT(clip(berth_value_text(v))));
    return q;
}

int get_choice(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
               const char *const *choices, int n, int otherwise)
{
    berth_str text = get_str(d, at, name, v);
    if (!v || d->failed)
        return otherwise;
    for (int i = 0; i < n; i++)
        if (berth_str_eq(text, berth_str_of(choices[i])))
            return i;
    complain(d, at, name, v, "\"%.*s\" is not a value this field can have", BERTH_FMT(clip(text)));
    return otherwise;
}

const struct berth_value *get_items(struct decoder *d, const struct place *at, const char *name,
                                    const struct berth_value *v, uint32_t *ret_len)
{
    *ret_len = 0;
    if (!v)
        return NULL;
    if (v->type != BERTH_ARRAY) {
        complain_type(d, at, name, v, "an array");
        return NULL;
    }
    *ret_len = v->len;
    return v->items;
}

const struct berth_member *get_members(struct decoder *d, const struct place *at, const char *name,
                                       const struct berth_value *v, uint32_t *ret_len)
{
    *ret_len = 0;
    if (!v)
        return NULL;
    if (v->type != BERTH_OBJECT) {
        complain_type(d, at, name, v, "an object");
        return NULL;
    }
    *ret_len = v->len;
    return v->members;
}

void *scratch_array(struct decoder *d, size_t len, size_t item_size)
{
    void *array = arena_alloc(d->scratch, len * item_size);
    if (!array)
        complain_nomem(d);
    return array;
}

/* ---- labels and lists of names ---- */

/* A label with its place in the text: of repeated keys the last counts. */
struct placed_label {
    struct berth_label label;
    uint32_t index;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed_label *x = a, *y = b;
    if (x->label.key == y->label.key)
        return (x->index > y->index) - (x->index < y->index);
    return berth_str_cmp(berth_atom_str(x->label.key), berth_atom_str(y->label.key));
}

static bool labels_sorted(const struct berth_label *labels, uint32_t len)
{
    for (uint32_t i = 1; i < len; i++)
        if (berth_str_cmp(berth_atom_str(labels[i - 1].key), berth_atom_str(labels[i].key)) >= 0)
            return false;
    return true;
}

/* Sorts by key text and drops all but the last of repeated keys; returns how many are left. */
static uint32_t sort_labels(struct decoder *d, struct berth_label *labels, uint32_t len)
{
    if (labels_sorted(labels, len))
        return len;
    struct placed_label *placed = scratch_array(d, len, sizeof(*placed));
    if (!placed)
        return 0;
    for (uint32_t i = 0; i < len; i++)
        placed[i] = (struct placed_label){labels[i], i};
    qsort(placed, len, sizeof(*placed), compare_placed);
    uint32_t used = 0;
    for (uint32_t i = 0; i < len; i++)
        if (i + 1 == len || placed[i + 1].label.key != placed[i].label.key)
            labels[used++] = placed[i].label;
    return used;
}

struct berth_label *read_labels(struct decoder *d, const struct place *at, const char *name,
                                const struct berth_value *v, uint32_t *ret_len)
{
    uint32_t len;
    const struct berth_member *members = get_members(d, at, name, v, &len);
    struct berth_label *labels = scratch_array(d, len, sizeof(*labels));
    struct place here = {at, berth_str_of(name), -1};
    *ret_len = 0;
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        const struct berth_value *value = members[i].value.type == BERTH_NULL ? NULL : &members[i].value;
        struct place member = {&here, members[i].key, -1};
        labels[i].key = intern(d, members[i].key);
        labels[i].value = intern(d, get_str(d, &member, NULL, value));
    }
    if (!d->failed)
        *ret_len = sort_labels(d, labels, len);
    return labels;
}

berth_list add_labels(struct decoder *d, struct berth_label *labels, uint32_t len)
{
    return block_add(d->block, labels, sizeof(*labels), len);
}

berth_list get_labels(struct decoder *d, const struct place *at, const char *name,
                      const struct berth_value *v)
{
    if (!v)
        return (berth_list){0};
    uint32_t len;
    struct berth_label *labels = read_labels(d, at, name, v, &len);
    return add_labels(d, labels, len);
}

static int compare_atoms(const void *a, const void *b)
{
    berth_atom x = *(const berth_atom *)a, y = *(const berth_atom *)b;
    return x == y ? 0 : berth_str_cmp(berth_atom_str(x), berth_atom_str(y));
}

/* Sorts by text and drops repetitions; returns how many are left. */
static uint32_t sort_atoms(berth_atom *atoms, uint32_t len)
{
    qsort(atoms, len, sizeof(*atoms), compare_atoms);
    uint32_t used = 0;
    for (uint32_t i = 0; i < len; i++)
        if (used == 0 || atoms[used - 1] != atoms[i])
            atoms[used++] = atoms[i];
    return used;
}

berth_list get_atoms(struct decoder *d, const struct place *at, const char *name, const struct berth_value *v,
                     bool sorted)
{
    uint32_t len;
    const struct berth_value *items = get_items(d, at, name, v, &len);
    if (len == 0)
        return (berth_list){0};
    berth_atom *atoms = scratch_array(d, len, sizeof(*atoms));
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct place item = {at, berth_str_of(name), (int32_t)i};
        atoms[i] = intern(d, get_str(d, &item, NULL, &items[i]));
    }
    if (d->failed)
        return (berth_list){0};
    return block_add(d->block, atoms, sizeof(*atoms), sorted ? sort_atoms(atoms, len) : len);
}

/* ---- metadata ---- */

#define META(X)                                                                                              \
    X(annotations) X(creationTimestamp) X(deletionTimestamp) X(labels) X(name) X(namespace)                  \
    X(ownerReferences) X(uid)
FIELDS(meta_fields, META)

void read_meta(struct decoder *d, const struct berth_value *metadata, bool namespaced, struct meta *ret_meta)
{
    const struct place *at = &metadata_place;
    struct meta_fields f;
    read_fields(d, at, metadata, FIELD_NAMES(meta_fields), &f);
    berth_str namespace = get_str(d, at, FIELD(f, namespace));
    *ret_meta = (struct meta){
        .name = get_str(d, at, FIELD(f, name)),
        .uid = get_str(d, at, FIELD(f, uid)),
        .created_ns = get_time(d, at, FIELD(f, creationTimestamp)),
        .terminating = f.deletionTimestamp != NULL,
        .labels = f.labels,
        .annotations = f.annotations,
        .owner_references = f.ownerReferences,
    };
    if (namespaced)
        ret_meta->namespace = namespace.len ? intern(d, namespace) : d->known->default_namespace;
    if (ret_meta->name.len == 0)
        complain(d, at, "name", f.name ? f.name : metadata, "a name is required");
}

/* ---- finishing ---- */

bool write_start(struct decoder *d, const void *object, size_t size)
{
    if (d->block->failed)
        complain_nomem(d);
    if (!d->failed)
        memcpy(block_at(d->block), object, size);
    return d->failed == 0;
}

const void *finish_object(struct decoder *d, const void *object, size_t size)
{
    if (!write_start(d, object, size))
        return NULL;
    uint32_t bytes;
    struct {
        uint32_t refs, size;
    } *copy = block_finish(d->block, &bytes);
    if (!copy) {
        complain_nomem(d);
        return NULL;
    }
    copy->refs = 1;
    copy->size = bytes;
    return copy;
}
