/*
 * One decoder and one writer for every configuration type. Decoding follows Go's encoding/json with
 * strictness added: values of a wrong type are faults of their own and leave the field as it was;
 * null means "not given"; of a repeated key the last one counts. Messages are Go's, as far as they
 * depend on the file alone.
 */
#include "config/schema.h"

#include "base/ascii.h"
#include "base/duration.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* As many unknown fields and repeated keys as sigs.k8s.io/json reports. */
enum { STRICT_MAX = 100 };

/* ---- memory of a field, by type ---- */

static void *place(const struct field *f, void *in)
{
    return (char *)in + f->at;
}

static const void *place_const(const struct field *f, const void *in)
{
    return (const char *)in + f->at;
}

static uint32_t list_len(const struct field *f, const void *in)
{
    return *(const uint32_t *)((const char *)in + f->len_at);
}

static void set_default(const struct field *f, void *to)
{
    bool optional = f->flags & FIELD_OPTIONAL;
    void *at = place(f, to);
    switch (f->type) {
    case FIELD_STRING:
        if (f->text)
            *(berth_str *)at = berth_str_of(f->text);
        break;
    case FIELD_BOOL:
        *(bool *)at = f->number != 0;
        break;
    case FIELD_INT32:
        *(int32_t *)at = optional ? FIELD_NOT_GIVEN_32 : (int32_t)f->number;
        break;
    case FIELD_INT64:
    case FIELD_DURATION:
        *(int64_t *)at = optional ? FIELD_NOT_GIVEN_64 : f->number;
        break;
    case FIELD_FLOAT32:
        *(float *)at = (float)f->number;
        break;
    case FIELD_STRUCT:
        schema_init(f->of, at);
        break;
    default:
        break;
    }
}

void schema_init(const struct schema *schema, void *to)
{
    for (uint32_t i = 0; i < schema->len; i++)
        if (!(schema->fields[i].flags & FIELD_OLD))
            set_default(&schema->fields[i], to);
}

/* Whether the field holds Go's zero value. */
static bool is_zero(const struct field *f, const void *in)
{
    const void *at = place_const(f, in);
    switch (f->type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        return ((const berth_str *)at)->len == 0;
    case FIELD_BOOL:
        return !*(const bool *)at;
    case FIELD_INT32:
        return *(const int32_t *)at == 0;
    case FIELD_INT64:
    case FIELD_DURATION:
        return *(const int64_t *)at == 0;
    case FIELD_FLOAT32:
        return *(const float *)at == 0;
    case FIELD_LIST:
        return list_len(f, in) == 0;
    case FIELD_STRUCT:
        return false;
    default:
        return *(const void *const *)at == NULL;
    }
}

/* ---- decoding ---- */

/* The struct that a value is decoded for: what Go's messages name. */
struct place {
    const struct decoding *d;
    const struct schema *schema; /* NULL: the value is no field of a struct */
    const struct path *path;
};

static const char *type_name(const struct field *f, bool item, char *name, size_t size)
{
    static const char *const names[] = {
        [FIELD_STRING] = "string",   [FIELD_BYTES] = "[]uint8",         [FIELD_BOOL] = "bool",
        [FIELD_INT32] = "int32",     [FIELD_INT64] = "int64",           [FIELD_FLOAT32] = "float32",
        [FIELD_DURATION] = "string", [FIELD_MAP] = "map[string]string",
    };
    const char *list = f->type == FIELD_LIST && !item ? "[]" : "";
    if (f->of)
        snprintf(name, size, "%s%s.%s", list, f->of->package, f->of->name);
    else
        snprintf(name, size, "%s%s", list, f->type == FIELD_LIST ? "string" : names[f->type]);
    return name;
}

/* What Go calls a JSON value in its messages; numbers are shown when they are numbers of the wrong kind. */
static void add_value_name(struct buf *b, const struct berth_value *value, bool number_wanted)
{
    static const char *const names[] = {"null", "bool", "number", "string", "array", "object"};
    buf_puts(b, names[value->type]);
    if (value->type == BERTH_NUMBER && number_wanted)
        buf_printf(b, " %.*s", BERTH_FMT(berth_value_text(value)));
}

static void wrong_type(const struct place *p, const struct berth_value *value, bool number_wanted,
                       const char *type)
{
    struct buf b = {0};
    buf_puts(&b, "json: cannot unmarshal ");
    add_value_name(&b, value, number_wanted);
    if (p->schema) {
        struct buf path = {0};
        path_print(&path, p->path, false);
        buf_printf(&b, " into Go struct field %s.%s of type %s", p->schema->name, path.ptr, type);
        buf_fini(&path);
    } else {
        buf_printf(&b, " into Go value of type %s", type);
    }
    fault_at(p->d->wrong, value, "%s", b.ptr);
    buf_fini(&b);
}

static bool parse_int(berth_str text, int64_t min, int64_t max, int64_t *ret)
{
    char digits[24];
    if (text.len == 0 || text.len >= sizeof(digits))
        return false;
    for (uint32_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.ptr[i]) && (i > 0 || text.ptr[i] != '-'))
            return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = 0;
    errno = 0;
    *ret = strtoll(digits, NULL, 10);
    return errno == 0 && *ret >= min && *ret <= max;
}

static bool read_int(const struct field *f, const struct berth_value *value, void *at)
{
    int64_t number;
    bool wide = f->type == FIELD_INT64;
    if (value->type != BERTH_NUMBER
        || !parse_int(berth_value_text(value), wide ? INT64_MIN : INT32_MIN, wide ? INT64_MAX : INT32_MAX,
                      &number))
        return false;
    if (wide)
        *(int64_t *)at = number;
    else
        *(int32_t *)at = (int32_t)number;
    return true;
}

static bool read_float(const struct berth_value *value, float *ret)
{
    char digits[64];
    berth_str text = berth_value_text(value);
    if (value->type != BERTH_NUMBER || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = 0;
    float number = strtof(digits, NULL);
    if (!isfinite(number))
        return false;
    *ret = number;
    return true;
}

static void read_duration(const struct place *p, const struct berth_value *value, int64_t *ret)
{
    if (value->type != BERTH_STRING) {
        struct place anywhere = {p->d, NULL, NULL};
        wrong_type(&anywhere, value, false, "string");
        return;
    }
    struct err err = {0};
    if (duration_parse(berth_value_text(value), ret, &err) < 0)
        fault_at(p->d->wrong, value, "%s", err_text(&err));
    err_fini(&err);
}

/*
 * Base64 with padding; line breaks are allowed, as in Go.
 * Returns the offset of the first byte that is none, or -1.
 */
static int64_t bad_base64(berth_str text)
{
    uint32_t digits = 0, padding = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+'
                     || c == '/';
        if (c == '\r' || c == '\n')
            continue;
        if (digit ? padding > 0 : c != '=' || ++padding > 2)
            return i;
        digits += digit;
    }
    return (digits + padding) % 4 == 0 ? -1 : (int64_t)text.len;
}

static void read_bytes(const struct place *p, const struct berth_value *value, berth_str *ret)
{
    int64_t bad = value->type == BERTH_STRING ? bad_base64(berth_value_text(value)) : 0;
    if (value->type != BERTH_STRING)
        wrong_type(p, value, false, "[]uint8");
    else if (bad >= 0)
        fault_at(p->d->wrong, value, "illegal base64 data at input byte %" PRId64, bad);
    else
        *ret = berth_value_text(value);
}

static void decode_object(const struct schema *schema, const struct place *p, const struct berth_value *value,
                          void *to);

static void decode_list(const struct field *f, const struct place *p, const struct berth_value *value,
                        void *to)
{
    char type[64];
    uint32_t size = f->of ? f->of->size : sizeof(berth_str);
    char *items = arena_need(p->d->arena, (size_t)size * value->len);
    for (uint32_t i = 0; i < value->len; i++) {
        const struct berth_value *item = &value->items[i];
        struct place here = {p->d, p->schema, PATH_ITEM(p->path, i)};
        void *at = items + (size_t)i * size;
        if (f->of)
            schema_init(f->of, at);
        if (item->type == (f->of ? BERTH_OBJECT : BERTH_STRING)) {
            if (f->of)
                decode_object(f->of, &here, item, at);
            else
                *(berth_str *)at = berth_value_text(item);
        } else if (item->type != BERTH_NULL) {
            wrong_type(&here, item, false, type_name(f, true, type, sizeof(type)));
        }
    }
    *(void **)place(f, to) = items;
    *(uint32_t *)((char *)to + f->len_at) = value->len;
}

static void report_repeat(const struct place *p, const struct berth_member *again)
{
    struct buf path = {0};
    path_print(&path, p->path, true);
    if (p->d->yaml)
        fault_at(p->d->strict, &again->value, "line %" PRIu32 ": key \"%.*s\" already set in map",
                 doc_line(p->d->doc, &again->value), BERTH_FMT(again->key));
    else
        fault_at(p->d->strict, &again->value, "duplicate field \"%s%s%.*s\"", path.len ? path.ptr : "",
                 path.len ? "." : "", BERTH_FMT(again->key));
    buf_fini(&path);
}

static int compare_members(const void *a, const void *b)
{
    const struct berth_member *const *x = a, *const *y = b;
    int order = berth_str_cmp((*x)->key, (*y)->key);
    return order ? order : (*x > *y) - (*x < *y);
}

static void check_repeats(const struct place *p, const struct berth_value *object)
{
    if (object->len < 2)
        return;
    const struct berth_member **sorted = calloc(object->len, sizeof(*sorted));
    if (!sorted)
        abort();
    for (uint32_t i = 0; i < object->len; i++)
        sorted[i] = &object->members[i];
    qsort(sorted, object->len, sizeof(*sorted), compare_members);
    for (uint32_t i = 1; i < object->len && p->d->strict->list.len < STRICT_MAX; i++)
        if (berth_str_eq(sorted[i - 1]->key, sorted[i]->key))
            report_repeat(p, sorted[i]);
    free(sorted);
}

static bool read_map(const struct place *p, const struct berth_value *value, const struct berth_value **ret)
{
    if (value->type != BERTH_OBJECT)
        return false;
    check_repeats(p, value);
    for (uint32_t i = 0; i < value->len; i++) {
        const struct berth_value *item = &value->members[i].value;
        if (item->type != BERTH_STRING && item->type != BERTH_NULL)
            wrong_type(p, item, false, "string");
    }
    *ret = value;
    return true;
}

/* False when the value has the wrong type and no fault was added yet. */
static bool decode_field(const struct field *f, const struct place *p, const struct berth_value *value,
                         void *to)
{
    void *at = place(f, to);
    switch (f->type) {
    case FIELD_STRING:
        if (value->type != BERTH_STRING)
            return false;
        *(berth_str *)at = berth_value_text(value);
        return true;
    case FIELD_BOOL:
        if (value->type != BERTH_BOOL)
            return false;
        *(bool *)at = value->boolean;
        return true;
    case FIELD_INT32:
    case FIELD_INT64:
        return read_int(f, value, at);
    case FIELD_FLOAT32:
        return read_float(value, at);
    case FIELD_DURATION:
        read_duration(p, value, at);
        return true;
    case FIELD_BYTES:
        read_bytes(p, value, at);
        return true;
    case FIELD_MAP:
        return read_map(p, value, at);
    case FIELD_RAW:
        *(const struct berth_value **)at = value;
        return true;
    case FIELD_LIST:
        if (value->type != BERTH_ARRAY)
            return false;
        decode_list(f, p, value, to);
        return true;
    default:
        break;
    }
    if (value->type != BERTH_OBJECT)
        return false;
    if (f->type == FIELD_POINTER) {
        void *pointed = arena_need(p->d->arena, f->of->size);
        schema_init(f->of, pointed);
        *(void **)at = pointed;
        at = pointed;
    }
    decode_object(f->of, p, value, at);
    return true;
}

static const struct field *field_named(const struct schema *schema, berth_str name)
{
    for (uint32_t i = 0; i < schema->len; i++)
        if (berth_str_eq(name, berth_str_of(schema->fields[i].name)))
            return &schema->fields[i];
    return NULL;
}

static void unknown_field(const struct place *p, const struct berth_member *member)
{
    if (p->d->strict->list.len >= STRICT_MAX)
        return;
    struct buf path = {0};
    path_print(&path, p->path, true);
    fault_at(p->d->strict, &member->value, "unknown field \"%s%s%.*s\"", path.len ? path.ptr : "",
             path.len ? "." : "", BERTH_FMT(member->key));
    buf_fini(&path);
}

static void decode_object(const struct schema *schema, const struct place *p, const struct berth_value *value,
                          void *to)
{
    char type[64];
    check_repeats(p, value);
    for (uint32_t i = 0; i < value->len; i++) {
        const struct berth_member *member = &value->members[i];
        const struct field *f = field_named(schema, member->key);
        if (!f || ((f->flags & FIELD_OLD) && !p->d->old)) {
            unknown_field(p, member);
            continue;
        }
        if (member->value.type == BERTH_NULL || (f->flags & FIELD_OLD))
            continue;
        struct place here = {p->d, schema, PATH(p->path, f->name)};
        bool number = f->type == FIELD_INT32 || f->type == FIELD_INT64 || f->type == FIELD_FLOAT32;
        if (!decode_field(f, &here, &member->value, to))
            wrong_type(&here, &member->value, number, type_name(f, false, type, sizeof(type)));
    }
    for (uint32_t i = 0; i < schema->len; i++)
        if ((schema->fields[i].flags & FIELD_ZERO_UNSET) && is_zero(&schema->fields[i], to))
            set_default(&schema->fields[i], to);
}

void schema_decode(const struct schema *schema, const struct decoding *d, const struct berth_value *value,
                   void *to)
{
    char type[64];
    struct place root = {d, NULL, NULL};
    schema_init(schema, to);
    if (value->type == BERTH_OBJECT) {
        decode_object(schema, &root, value, to);
    } else if (value->type != BERTH_NULL) {
        snprintf(type, sizeof(type), "%s.%s", schema->package, schema->name);
        wrong_type(&root, value, false, type);
    }
}

/* ---- writing ---- */

static struct berth_value text_value(struct arena *arena, uint8_t type, berth_str text)
{
    char *copy = arena_need(arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return (struct berth_value){.type = type, .len = text.len, .text = copy};
}

static struct berth_value number_value(struct arena *arena, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%" PRId64, number);
    return text_value(arena, BERTH_NUMBER, berth_str_of(digits));
}

/* The shortest digits that read back as the same float, as Go writes them. */
static struct berth_value float_value(struct arena *arena, float number)
{
    char digits[64];
    for (int precision = 1; precision <= 9; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, (double)number);
        if (strtof(digits, NULL) == number)
            break;
    }
    if (strchr(digits, 'e') && fabsf(number) < 1e21f && fabsf(number) >= 1e-6f)
        snprintf(digits, sizeof(digits), fabsf(number) >= 1 ? "%.0f" : "%.15g", (double)number);
    return text_value(arena, BERTH_NUMBER, berth_str_of(digits));
}

static struct berth_value duration_value(struct arena *arena, int64_t ns)
{
    struct buf text = {0};
    duration_print(&text, ns);
    struct berth_value value = text_value(arena, BERTH_STRING, buf_view(&text));
    buf_fini(&text);
    return value;
}

static struct berth_value list_value(const struct field *f, struct arena *arena, const void *from)
{
    const char *items = *(const char *const *)place_const(f, from);
    uint32_t len = list_len(f, from);
    if (!items)
        return (struct berth_value){.type = BERTH_NULL};
    struct berth_value *values = arena_need(arena, len * sizeof(*values));
    for (uint32_t i = 0; i < len; i++)
        values[i] = f->of ? schema_write(f->of, arena, items + (size_t)i * f->of->size)
                          : text_value(arena, BERTH_STRING, ((const berth_str *)items)[i]);
    return (struct berth_value){.type = BERTH_ARRAY, .len = len, .items = values};
}

static struct berth_value field_value(const struct field *f, struct arena *arena, const void *from)
{
    const void *at = place_const(f, from);
    switch (f->type) {
    case FIELD_STRING:
    case FIELD_BYTES:
        return text_value(arena, BERTH_STRING, *(const berth_str *)at);
    case FIELD_BOOL:
        return (struct berth_value){.type = BERTH_BOOL, .boolean = *(const bool *)at};
    case FIELD_INT32:
        return number_value(arena, *(const int32_t *)at);
    case FIELD_INT64:
        return number_value(arena, *(const int64_t *)at);
    case FIELD_FLOAT32:
        return float_value(arena, *(const float *)at);
    case FIELD_DURATION:
        return duration_value(arena, *(const int64_t *)at);
    case FIELD_LIST:
        return list_value(f, arena, from);
    case FIELD_STRUCT:
        return schema_write(f->of, arena, at);
    default:
        break;
    }
    const void *pointed = *(const void *const *)at;
    if (!pointed)
        return (struct berth_value){.type = BERTH_NULL};
    return f->type == FIELD_POINTER ? schema_write(f->of, arena, pointed)
                                    : *(const struct berth_value *)pointed;
}

static bool is_given(const struct field *f, const void *in)
{
    const void *at = place_const(f, in);
    switch (f->type) {
    case FIELD_STRING:
        return ((const berth_str *)at)->ptr != NULL;
    case FIELD_INT32:
        return *(const int32_t *)at != FIELD_NOT_GIVEN_32;
    case FIELD_INT64:
    case FIELD_DURATION:
        return *(const int64_t *)at != FIELD_NOT_GIVEN_64;
    default:
        return true;
    }
}

static bool is_written(const struct field *f, const void *from)
{
    if (f->flags & FIELD_OLD)
        return false;
    if (f->flags & FIELD_OPTIONAL)
        return is_given(f, from);
    return !(f->flags & FIELD_OMIT_EMPTY) || !is_zero(f, from);
}

struct berth_value schema_write(const struct schema *schema, struct arena *arena, const void *from)
{
    struct berth_member *members = arena_need(arena, schema->len * sizeof(*members));
    uint32_t len = 0;
    for (uint32_t i = 0; i < schema->len; i++) {
        const struct field *f = &schema->fields[i];
        if (is_written(f, from))
            members[len++] = (struct berth_member){berth_str_of(f->name), field_value(f, arena, from)};
    }
    return (struct berth_value){.type = BERTH_OBJECT, .len = len, .members = members};
}
