/* Selectors beyond the recorded tables: decoding errors, node terms, tolerations, the block they live in. */
#include "api/selector.h"

#include "check.h"
#include "doc_text.h"

/* Everything a case needs to compile a value. */
struct bench {
    struct doc doc;
    struct arena arena;
    struct atoms atoms;
    struct block block;
    struct berth_value value;
};

static void bench_start(struct bench *b, const char *json)
{
    b->doc = doc_of(berth_str_of(json), DOC_JSON);
    if (doc_parse(&b->doc, &b->arena, &b->value, NULL) < 0)
        fail_msg("%s does not parse", json);
    block_start(&b->block, 64);
}

static void bench_end(struct bench *b)
{
    arena_reset(&b->arena);
    doc_end(&b->doc);
}

static void bench_fini(struct bench *b)
{
    arena_fini(&b->arena);
    atoms_fini(&b->atoms);
    block_fini(&b->block);
}

static void decodes_label_selectors(void **state)
{
    static const struct {
        const char *name, *json, *want; /* the selector as text, or !the error, or ?why it is invalid */
    } cases[] = {
        {"nothing", "null", ""},
        {"labels sorted, of equal keys the last", "{\"matchLabels\":{\"b\":\"2\",\"a\":\"0\",\"a\":\"1\"}}",
         "a=1,b=2"},
        {"labels and expressions sorted together",
         "{\"matchLabels\":{\"m\":\"1\"},\"matchExpressions\":[{\"key\":\"z\",\"operator\":\"Exists\"},"
         "{\"key\":\"a\",\"operator\":\"DoesNotExist\"}]}",
         "!a,m=1,z"},
        {"values sorted in print",
         "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"y\",\"x\"]}]}",
         "a in (x,y)"},
        {"null members", "{\"matchLabels\":null,\"matchExpressions\":null}", ""},
        {"a null label is empty", "{\"matchLabels\":{\"a\":null}}", "a="},
        {"several problems of one requirement",
         "{\"matchExpressions\":[{\"key\":\"/a\",\"operator\":\"Exists\",\"values\":[\"x<\"]}]}",
         "?[key: Invalid value: \"/a\": prefix part must be non-empty, values: Invalid value: "
         "[\"x\\u003c\"]: values "
         "set must be empty for exists and does not exist, values[0][/a]: Invalid value: \"x<\": a valid "
         "label must "
         "be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
         "with an "
         "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
         "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')]"},
        {"no object", "5", "!not an object"},
        {"labels that are no object", "{\"matchLabels\":[]}", "!matchLabels: not an object"},
        {"a label that is no string", "{\"matchLabels\":{\"a\":1}}", "!matchLabels.a: not a string"},
        {"expressions that are no list", "{\"matchExpressions\":{}}", "!matchExpressions: not a list"},
        {"an expression that is no object", "{\"matchExpressions\":[1]}",
         "!matchExpressions[0]: not an object"},
        {"a key that is no string", "{\"matchExpressions\":[{\"key\":1}]}",
         "!matchExpressions[0]: key: not a string"},
        {"values that are no list",
         "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":\"x\"}]}",
         "!matchExpressions[0]: values: not a list"},
        {"a value that is no string",
         "{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[1]}]}",
         "!matchExpressions[0]: values: not a string"},
    };
    struct bench b = {0};
    struct buf got = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct selector s;
        struct err err = {0};
        bench_start(&b, cases[i].json);
        buf_clear(&got);
        if (selector_read(&b.value, &b.arena, &s, &err) < 0)
            buf_printf(&got, "!%s", err_text(&err));
        else if (s.selects == BERTH_SELECTS_INVALID)
            buf_printf(&got, "?%.*s", BERTH_FMT(s.error));
        else
            selector_print(&got, &s);
        CHECK_STR(buf_view(&got), cases[i].want, cases[i].name);
        err_fini(&err);
        bench_end(&b);
    }
    buf_fini(&got);
    bench_fini(&b);
}

static berth_list add_labels(struct bench *b, struct block *block, const char *const (*labels)[2])
{
    struct berth_label at[8];
    size_t len = 0;
    for (; len < ARRAY_LEN(at) && labels[len][0]; len++) {
        at[len].key = atoms_intern(&b->atoms, berth_str_of(labels[len][0]));
        at[len].value = atoms_intern(&b->atoms, berth_str_of(labels[len][1]));
    }
    return block_add(block, at, sizeof(*at), len);
}

/* One node: name n1, labels arch=amd64, gen=7, zone=z1. */
static const char *const node_labels[][2] = {{"arch", "amd64"}, {"gen", "7"}, {"zone", "z1"}, {NULL, NULL}};

static void matches_node_terms(void **state)
{
#define EXPRESSION(text) "{\"matchExpressions\":[" text "]}"
#define FIELD(text) "{\"matchFields\":[" text "]}"
    static const struct {
        const char *name, *json;
        bool matches;
    } cases[] = {
        {"an empty term matches nothing", "{}", false},
        {"neither does null", "null", false},
        {"In", EXPRESSION("{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"z2\",\"z1\"]}"), true},
        {"In another value", EXPRESSION("{\"key\":\"zone\",\"operator\":\"In\",\"values\":[\"z2\"]}"), false},
        {"NotIn an absent key", EXPRESSION("{\"key\":\"x\",\"operator\":\"NotIn\",\"values\":[\"z\"]}"),
         true},
        {"Exists", EXPRESSION("{\"key\":\"arch\",\"operator\":\"Exists\"}"), true},
        {"DoesNotExist", EXPRESSION("{\"key\":\"arch\",\"operator\":\"DoesNotExist\"}"), false},
        {"Gt", EXPRESSION("{\"key\":\"gen\",\"operator\":\"Gt\",\"values\":[\"6\"]}"), true},
        {"Gt of the same", EXPRESSION("{\"key\":\"gen\",\"operator\":\"Gt\",\"values\":[\"7\"]}"), false},
        {"Lt", EXPRESSION("{\"key\":\"gen\",\"operator\":\"Lt\",\"values\":[\"10\"]}"), true},
        {"Gt of a label that is no number",
         EXPRESSION("{\"key\":\"zone\",\"operator\":\"Gt\",\"values\":[\"0\"]}"), false},
        {"Lt of an absent key", EXPRESSION("{\"key\":\"x\",\"operator\":\"Lt\",\"values\":[\"9\"]}"), false},
        {"all must hold",
         EXPRESSION("{\"key\":\"arch\",\"operator\":\"Exists\"},{\"key\":\"x\",\"operator\":\"Exists\"}"),
         false},
        {"the name", FIELD("{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"n1\"]}"), true},
        {"another name", FIELD("{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"n2\"]}"), false},
        {"not another name", FIELD("{\"key\":\"metadata.name\",\"operator\":\"NotIn\",\"values\":[\"n2\"]}"),
         true},
        {"another field is empty", FIELD("{\"key\":\"spec.x\",\"operator\":\"In\",\"values\":[\"\"]}"), true},
        {"another field is not n1", FIELD("{\"key\":\"spec.x\",\"operator\":\"In\",\"values\":[\"n1\"]}"),
         false},
        {"expressions and fields must both hold",
         "{\"matchExpressions\":[{\"key\":\"arch\",\"operator\":\"Exists\"}],\"matchFields\":[{\"key\":"
         "\"metadata.name\",\"operator\":\"In\",\"values\":[\"n2\"]}]}",
         false},
    };
    struct bench b = {0};
    struct block node_block = {0};
    (void)state;
    block_start(&node_block, sizeof(struct berth_node));
    berth_list labels = add_labels(&b, &node_block, node_labels);
    struct berth_node *node = block_at(&node_block);
    node->labels = labels;
    node->name = atoms_intern(&b.atoms, BERTH_STR("n1"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct berth_node_term term;
        bench_start(&b, cases[i].json);
        CHECK_INT(node_term_compile(&b.value, "terms[0]", &b.block, &b.atoms, &b.arena, &term, NULL), 0,
                  cases[i].name);
        CHECK_INT(term.error.len, 0, cases[i].name);
        CHECK_INT(berth_node_term_matches(block_at(&b.block), &term, node), cases[i].matches, cases[i].name);
        bench_end(&b);
    }
    block_fini(&node_block);
    bench_fini(&b);
}

static void node_terms_keep_their_error(void **state)
{
    static const struct {
        const char *name, *json, *want;
    } cases[] = {
        {"an unknown operator", EXPRESSION("{\"key\":\"a\",\"operator\":\"Is\",\"values\":[\"x\"]}"),
         "t[0].matchExpressions[0].operator: Unsupported value: \"Is\": supported values: \"In\", \"NotIn\", "
         "\"Exists\", \"DoesNotExist\", \"Gt\", \"Lt\""},
        {"an operator fields do not have", FIELD("{\"key\":\"metadata.name\",\"operator\":\"Exists\"}"),
         "t[0].matchFields[0].operator: Unsupported value: \"Exists\": supported values: \"In\", \"NotIn\""},
        {"no value", EXPRESSION("{\"key\":\"a\",\"operator\":\"In\",\"values\":[]}"),
         "t[0].matchExpressions[0].values: Invalid value: []: for 'in', 'notin' operators, values set can't "
         "be empty"},
        {"values not given", EXPRESSION("{\"key\":\"a\",\"operator\":\"In\"}"),
         "t[0].matchExpressions[0].values: Invalid value: null: for 'in', 'notin' operators, values set "
         "can't be "
         "empty"},
        {"Gt of two", EXPRESSION("{\"key\":\"a\",\"operator\":\"Gt\",\"values\":[\"1\",\"2\"]}"),
         "t[0].matchExpressions[0].values: Invalid value: [\"1\",\"2\"]: for 'Gt', 'Lt' operators, exactly "
         "one value "
         "is required"},
        {"Gt of a word", EXPRESSION("{\"key\":\"a\",\"operator\":\"Gt\",\"values\":[\"x\"]}"),
         "t[0].matchExpressions[0].values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must "
         "be an "
         "integer"},
        {"a field with two values",
         FIELD("{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"a\",\"b\"]}"),
         "t[0].matchFields[0].values: Invalid value: [\"a\",\"b\"]: must have one element"},
        {"two errors", EXPRESSION("{\"key\":\"a\",\"operator\":\"In\"},{\"key\":\"b\",\"operator\":\"In\"}"),
         "[t[0].matchExpressions[0].values: Invalid value: null: for 'in', 'notin' operators, values set "
         "can't be "
         "empty, t[0].matchExpressions[1].values: Invalid value: null: for 'in', 'notin' operators, values "
         "set can't "
         "be empty]"},
        {"no list", "{\"matchExpressions\":1}", "!matchExpressions: not a list"},
        {"no string", EXPRESSION("{\"key\":[]}"), "!matchExpressions[0]: key: not a string"},
    };
    struct bench b = {0};
    struct buf got = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct berth_node_term term;
        struct err err = {0};
        bench_start(&b, cases[i].json);
        buf_clear(&got);
        if (node_term_compile(&b.value, "t[0]", &b.block, &b.atoms, &b.arena, &term, &err) < 0)
            buf_printf(&got, "!%s", err_text(&err));
        else
            buf_add(&got, berth_list_at(block_at(&b.block), term.error), term.error.len);
        CHECK_STR(buf_view(&got), cases[i].want, cases[i].name);
        err_fini(&err);
        bench_end(&b);
    }
    buf_fini(&got);
    bench_fini(&b);
}

static void large_selectors_compile(void **state)
{
    enum { VALUES = 1000 };
    struct buf text = {0};
    struct bench b = {0};
    struct selector s;
    struct berth_selector compiled;
    (void)state;
    buf_puts(&text, "n in (");
    for (int i = 0; i < VALUES; i++)
        buf_printf(&text, "%sv%d", i ? "," : "", (i * 7) % (VALUES / 2));
    buf_puts(&text, "),k0");
    for (int i = 1; i < 20; i++)
        buf_printf(&text, ",!k%d", i);
    block_start(&b.block, 64);
    assert_int_equal(selector_parse(buf_view(&text), &b.arena, &s, NULL), 0);
    assert_int_equal(selector_build(&s, &b.block, &b.atoms, &compiled), 0);
    assert_int_equal(compiled.requirements.len, 21);
    const struct berth_requirement *last =
        (const struct berth_requirement *)berth_list_at(block_at(&b.block), compiled.requirements) + 20;
    assert_string_equal(last->key->text, "n");
    assert_int_equal(last->values.len, VALUES / 2);
    const berth_atom *values = berth_list_at(block_at(&b.block), last->values);
    for (uint32_t i = 1; i < last->values.len; i++)
        assert_true(berth_str_cmp(berth_atom_str(values[i - 1]), berth_atom_str(values[i])) < 0);
    buf_fini(&text);
    bench_fini(&b);
}

static void tolerates_taints(void **state)
{
    static const struct {
        const char *name, *key, *value;
        uint32_t op, effect;
        bool tolerates;
    } cases[] = {
        {"the same", "k", "v", BERTH_TOLERATE_EQUAL, BERTH_NO_SCHEDULE, true},
        {"another value", "k", "w", BERTH_TOLERATE_EQUAL, BERTH_NO_SCHEDULE, false},
        {"Exists looks at no value", "k", "w", BERTH_TOLERATE_EXISTS, BERTH_NO_SCHEDULE, true},
        {"another key", "x", "v", BERTH_TOLERATE_EXISTS, BERTH_NO_SCHEDULE, false},
        {"every key", NULL, "", BERTH_TOLERATE_EXISTS, BERTH_NO_SCHEDULE, true},
        {"every effect", "k", "v", BERTH_TOLERATE_EQUAL, BERTH_EVERY_EFFECT, true},
        {"another effect", "k", "v", BERTH_TOLERATE_EQUAL, BERTH_NO_EXECUTE, false},
        {"an operator that is off", "k", "v", BERTH_TOLERATE_OTHER, BERTH_NO_SCHEDULE, false},
    };
    struct atoms atoms = {0};
    struct block block = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct berth_toleration toleration = {
            .key = cases[i].key ? atoms_intern(&atoms, berth_str_of(cases[i].key)) : NULL,
            .value = atoms_intern(&atoms, berth_str_of(cases[i].value)),
            .op = cases[i].op,
            .effect = cases[i].effect,
        };
        const struct berth_taint taint = {.key = atoms_intern(&atoms, BERTH_STR("k")),
                                          .value = atoms_intern(&atoms, BERTH_STR("v")),
                                          .effect = BERTH_NO_SCHEDULE};
        block_start(&block, sizeof(struct berth_class));
        berth_list list = block_add(&block, &toleration, sizeof(toleration), 1);
        struct berth_class *class = block_at(&block);
        CHECK(!berth_tolerates(class, &taint), "without tolerations");
        class->tolerations = list;
        CHECK_INT(berth_tolerates(class, &taint), cases[i].tolerates, cases[i].name);
    }
    block_fini(&block);
    atoms_fini(&atoms);
}

static void blocks_hold_lists(void **state)
{
    struct block b = {0};
    (void)state;
    for (int round = 0; round < 3; round++) {
        block_start(&b, 12);
        berth_list empty = block_add(&b, NULL, 8, 0);
        assert_int_equal(empty.offset + empty.len, 0);
        berth_list text = block_add_str(&b, BERTH_STR("abc"));
        uint64_t numbers[500];
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
            numbers[i] = i;
        berth_list list = block_add(&b, numbers, sizeof(*numbers), ARRAY_LEN(numbers));
        assert_int_equal(list.offset % 8, 0);
        uint32_t size = 0;
        char *whole = block_finish(&b, &size);
        assert_non_null(whole);
        assert_int_equal(size, 16 + 8 + sizeof(numbers));
        assert_memory_equal(whole, (char[16]){0}, 16);
        assert_memory_equal(berth_list_at(whole, text), "abc\0\0\0\0\0", 8);
        assert_memory_equal(berth_list_at(whole, list), numbers, sizeof(numbers));
        free(whole);
    }
    assert_int_equal(block_add(&b, "", SIZE_MAX / 2, 3).len, 0);
    assert_int_equal(block_add(&b, "", UINT32_MAX, 1).len, 0);
    uint32_t size;
    assert_null(block_finish(&b, &size));
    block_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_label_selectors),
        cmocka_unit_test(matches_node_terms),
        cmocka_unit_test(node_terms_keep_their_error),
        cmocka_unit_test(large_selectors_compile),
        cmocka_unit_test(tolerates_taints),
        cmocka_unit_test(blocks_hold_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
