/*
 * Checks tables of recorded answers of Kubernetes' own libraries, row by row.
 *
 *     tables [--known=FILE] FILE|DIRECTORY...
 *
 * A file is one JSON array; what its rows are about shows in their first member: `in` (quantities),
 * `selector` (LabelSelector objects), `text` (selectors as text), `pod` (what a pod asks for). Prints every
 * row that fails and last "N passed, N failed, N skipped". Skipped are rows whose numbers lie beyond 64 bits,
 * where upstream wraps around and Berth saturates (the rest of such a row is checked all the same), and those
 * that the --known file lists.
 */
#include "api/decode.h"
#include "api/quantity.h"
#include "api/requests.h"
#include "api/selector.h"
#include "base/array.h"
#include "base/file.h"
#include "known.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PASSED, FAILED, SKIPPED, OUTCOMES };

/* The row being checked, and what its check may use. */
struct row {
    const struct doc *doc;
    const struct berth_value *value;
    struct arena arena;
    struct catalog *catalog;
    bool failed, skipped;
};

/* ---- reporting ---- */

static void fail(struct row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct row *row, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%u: ", row->doc->name, doc_line(row->doc, row->value));
    vprintf(format, args);
    printf("\n");
    va_end(args);
    row->failed = true;
}

static const struct berth_value *get(const struct row *row, const char *key)
{
    return berth_value_get(row->value, key);
}

static berth_str text_of(const struct row *row, const char *key)
{
    return berth_value_text(get(row, key));
}

static void expect_text(struct row *row, const char *what, berth_str want, berth_str got)
{
    if (!berth_str_eq(want, got))
        fail(row, "%s: want '%.*s', got '%.*s'", what, BERTH_FMT(want), BERTH_FMT(got));
}

static void expect_int(struct row *row, const char *what, int64_t want, int64_t got)
{
    if (want != got)
        fail(row, "%s: want %lld, got %lld", what, (long long)want, (long long)got);
}

static void expect_error(struct row *row, const char *got)
{
    expect_text(row, "error", text_of(row, "error"), berth_str_of(got));
}

/* ---- quantities ---- */

/* Whether the number in thousandths^-`power` of ten, or what upstream computes with, leaves int64. */
static bool overflows(const struct quantity *q, int power)
{
    const struct quantity most = {.digits = INT64_MAX, .scale = -power};
    const struct quantity least = {.digits = -(__int128)INT64_MAX, .scale = -power};
    const struct quantity least_nano = {.digits = -(__int128)INT64_MAX, .scale = -9};
    return quantity_cmp(q, &most) > 0 || quantity_cmp(q, &least) < 0
           || (q->large_decimal && quantity_cmp(q, &least_nano) < 0);
}

static void expect_number(struct row *row, const char *key, const struct quantity *q, int power, int64_t got)
{
    if (overflows(q, power))
        row->skipped = true;
    else
        expect_int(row, key, strtoll(text_of(row, key).ptr, NULL, 10), got);
}

static void check_quantity(struct row *row)
{
    struct quantity q;
    struct err err = {0};
    struct buf canonical = {0};
    berth_str text = text_of(row, "in");
    if (quantity_parse(text, &q, &err) < 0) {
        expect_error(row, err_text(&err));
    } else if (get(row, "error")) {
        fail(row, "want the error '%.*s', got none", BERTH_FMT(text_of(row, "error")));
    } else {
        quantity_print(&canonical, &q);
        expect_text(row, "canonical", text_of(row, "canonical"), buf_view(&canonical));
        expect_text(row, "string", text_of(row, "string"), q.as_written ? text : buf_view(&canonical));
        expect_int(row, "sign", berth_value_int(get(row, "sign"), 2), quantity_sign(&q));
        expect_number(row, "value", &q, 0, quantity_value(&q));
        expect_number(row, "milli", &q, 3, quantity_milli(&q));
    }
    buf_fini(&canonical);
    err_fini(&err);
}

/* ---- selectors ---- */

/* Adds a set of labels to the block, sorted by key text as all sets are; the rows hold them sorted. */
static berth_list add_labels(struct row *row, struct block *b, const struct berth_value *set)
{
    struct atoms *atoms = catalog_atoms(row->catalog);
    struct berth_label *labels = arena_need(&row->arena, set->len * sizeof(*labels));
    for (uint32_t i = 0; i < set->len; i++) {
        labels[i].key = atoms_intern(atoms, set->members[i].key);
        labels[i].value = atoms_intern(atoms, berth_value_text(&set->members[i].value));
    }
    return block_add(b, labels, sizeof(*labels), set->len);
}

static void expect_matches(struct row *row, const struct selector *s)
{
    const struct berth_value *sets = get(row, "labels"), *match = get(row, "match");
    struct berth_selector compiled;
    struct block selector = {0}, labels = {0};
    block_start(&selector, sizeof(compiled));
    selector_build(s, &selector, catalog_atoms(row->catalog), &compiled);
    for (uint32_t i = 0; i < sets->len; i++) {
        block_start(&labels, 8);
        berth_list list = add_labels(row, &labels, &sets->items[i]);
        bool got = berth_selector_matches(block_at(&selector), &compiled, block_at(&labels), list);
        if (got != berth_value_bool(&match->items[i], false))
            fail(row, "labels[%u]: want %s", i, got ? "no match" : "a match");
    }
    block_fini(&selector);
    block_fini(&labels);
}

static void check_selector(struct row *row, const struct selector *s, const char *error)
{
    struct buf text = {0};
    if (error) {
        expect_error(row, error);
    } else if (s->selects == BERTH_SELECTS_INVALID) {
        expect_text(row, "error", text_of(row, "error"), s->error);
    } else if (get(row, "error")) {
        fail(row, "want the error '%.*s', got none", BERTH_FMT(text_of(row, "error")));
    } else {
        selector_print(&text, s);
        expect_text(row, "string", text_of(row, "string"), buf_view(&text));
        expect_matches(row, s);
    }
    buf_fini(&text);
}

static void check_label_selector(struct row *row)
{
    struct selector s;
    struct err err = {0};
    int r = selector_read(get(row, "selector"), &row->arena, &s, &err);
    check_selector(row, &s, r < 0 ? err_text(&err) : NULL);
    err_fini(&err);
}

static void check_text_selector(struct row *row)
{
    struct selector s;
    struct err err = {0};
    int r = selector_parse(text_of(row, "text"), &row->arena, &s, &err);
    check_selector(row, &s, r < 0 ? err_text(&err) : NULL);
    err_fini(&err);
}

/* ---- what a pod asks for ---- */

static void expect_amounts(struct row *row, const char *key, const struct amounts *got)
{
    const struct berth_value *want = get(row, key);
    expect_int(row, key, want->len, got->len);
    for (uint32_t i = 0; i < want->len; i++) {
        struct quantity q;
        const struct quantity *found =
            amounts_get(got, atoms_intern(catalog_atoms(row->catalog), want->members[i].key));
        quantity_parse(berth_value_text(&want->members[i].value), &q, NULL);
        if (!found || quantity_cmp(found, &q) != 0)
            fail(row, "%s: %.*s is not %.*s", key, BERTH_FMT(want->members[i].key),
                 BERTH_FMT(berth_value_text(&want->members[i].value)));
    }
}

static void expect_scalars(struct row *row, const struct berth_class *class)
{
    const struct berth_value *want = get(row, "scalar");
    uint32_t want_len = want ? want->len : 0;
    expect_int(row, "scalar", want_len, class->scalars.len);
    for (uint32_t i = 0; i < want_len; i++) {
        int64_t got = INT64_MIN;
        berth_each(struct berth_amount, amount, class, class->scalars)
            if (berth_str_eq(berth_atom_str(amount->resource), want->members[i].key))
                got = amount->value;
        expect_int(row, "scalar", berth_value_int(&want->members[i].value, INT64_MAX), got);
    }
}

static void expect_class(struct row *row, const struct berth_class *class)
{
    const struct {
        const char *key;
        int64_t got;
    } numbers[] = {
        {"milliCPU", class->cpu},
        {"memory", class->memory},
        {"ephemeralStorage", class->ephemeral_storage},
        {"nonZeroMilliCPU", class->nonzero_cpu},
        {"nonZeroMemory", class->nonzero_memory},
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        expect_int(row, numbers[i].key, berth_value_int(get(row, numbers[i].key), INT64_MIN), numbers[i].got);
    expect_scalars(row, class);
}

static void check_pod(struct row *row)
{
    struct amounts requests = {0}, limits = {0};
    struct object object;
    struct err err = {0};
    const struct berth_value *pod = get(row, "pod");
    if (pod_amounts(row->catalog, pod, &row->arena, &requests, &limits, &err) < 0
        || object_decode(row->catalog, OBJECT_POD, pod, &object, NULL, &err) < 0) {
        fail(row, "%s", err_text(&err));
    } else {
        expect_amounts(row, "requests", &requests);
        expect_amounts(row, "limits", &limits);
        expect_class(row, object.pod->class);
        object_unref(row->catalog, &object);
    }
    err_fini(&err);
}

/* ---- files ---- */

static const struct {
    const char *member; /* that tells the kind of row */
    void (*check)(struct row *row);
} kinds[] = {
    {"in", check_quantity},
    {"selector", check_label_selector},
    {"text", check_text_selector},
    {"pod", check_pod},
};

/* Rows that differ on purpose. */
static struct buf known;

static bool is_known(const struct row *row)
{
    const char *slash = strrchr(row->doc->name, '/');
    struct buf name = {0};
    buf_printf(&name, "%s:%u", slash ? slash + 1 : row->doc->name, doc_line(row->doc, row->value));
    bool found = known_has(&known, name.ptr);
    buf_fini(&name);
    return found;
}

static int outcome(struct row *row)
{
    if (known.len == 0 || !is_known(row))
        return row->failed ? FAILED : row->skipped ? SKIPPED : PASSED;
    if (row->failed)
        return SKIPPED;
    fail(row, "is a known difference, but does not differ");
    return FAILED;
}

static int check_row(struct row *row)
{
    row->failed = row->skipped = false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (get(row, kinds[i].member)) {
            kinds[i].check(row);
            return outcome(row);
        }
    }
    fail(row, "not a row of any table");
    return FAILED;
}

static int check_rows(const struct doc *doc, const struct berth_value *rows, uint32_t counts[OUTCOMES])
{
    struct row row = {.doc = doc, .catalog = catalog_new()};
    if (!row.catalog || rows->type != BERTH_ARRAY) {
        fprintf(stderr, "%s: not a table\n", doc->name);
        catalog_free(row.catalog);
        return -1;
    }
    for (uint32_t i = 0; i < rows->len; i++) {
        row.value = &rows->items[i];
        counts[check_row(&row)]++;
        arena_reset(&row.arena);
    }
    catalog_free(row.catalog);
    arena_fini(&row.arena);
    return 0;
}

static int check_file(const char *path, uint32_t counts[OUTCOMES])
{
    struct doc doc;
    struct arena arena = {0};
    struct berth_value rows;
    struct err err = {0};
    int r = file_read(path, &doc, &err);
    if (r == 0) {
        r = doc_parse(&doc, &arena, &rows, &err);
        if (r == 0)
            r = check_rows(&doc, &rows, counts);
        file_fini(&doc);
    }
    if (err.text)
        fprintf(stderr, "%s\n", err_text(&err));
    arena_fini(&arena);
    err_fini(&err);
    return r;
}

static int is_table(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static int check_directory(const char *path, uint32_t counts[OUTCOMES])
{
    struct dirent **entries;
    int len = scandir(path, &entries, is_table, alphasort), r = len < 0 ? -1 : 0;
    for (int i = 0; i < len; i++) {
        struct buf file = {0};
        buf_printf(&file, "%s/%s", path, entries[i]->d_name);
        if (check_file(file.ptr, counts) < 0)
            r = -1;
        buf_fini(&file);
        free(entries[i]);
    }
    if (len >= 0)
        free(entries);
    return r;
}

int main(int argc, char **argv)
{
    uint32_t counts[OUTCOMES] = {0};
    int r = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        if (strncmp(argv[i], "--known=", 8) == 0) {
            known_read(argv[i] + 8, &known);
            continue;
        }
        bool directory = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        if ((directory ? check_directory : check_file)(argv[i], counts) < 0)
            r = 1;
    }
    if (argc < 2) {
        fprintf(stderr, "usage: tables [--known=FILE] FILE|DIRECTORY...\n");
        return 2;
    }
    buf_fini(&known);
    printf("%u passed, %u failed, %u skipped\n", counts[PASSED], counts[FAILED], counts[SKIPPED]);
    return r || counts[FAILED] ? 1 : 0;
}
