/* The YAML reader: types of scalars, anchors and merges, documents, Lists, bounds, messages. */
#include "doc_text.h"

#include "base/yaml_scalar.h"
#include "check.h"

struct yaml_case {
    const char *name, *text, *want;
};

static void check_cases(const struct yaml_case *cases, size_t len)
{
    struct buf b = {0};
    for (size_t i = 0; i < len; i++) {
        show_all(&b, berth_str_of(cases[i].text), DOC_YAML);
        CHECK_STR(buf_view(&b), cases[i].want, cases[i].name);
    }
    buf_fini(&b);
}

/* Each scalar as it stands behind "v: ", and as JSON. */
static void types_scalars_as_kubernetes_does(void **state)
{
    static const struct yaml_case cases[] = {
        {"a word", "web", "\"web\""},
        {"nothing", "", "null"},
        {"a tilde", "~", "null"},
        {"null", "null", "null"},
        {"null in capitals", "NULL", "null"},
        {"null in odd letters is text", "nuLL", "\"nuLL\""},
        {"true", "true", "true"},
        {"True", "True", "true"},
        {"yes", "yes", "true"},
        {"y", "y", "true"},
        {"On", "On", "true"},
        {"no", "no", "false"},
        {"N", "N", "false"},
        {"OFF", "OFF", "false"},
        {"tRUE is text", "tRUE", "\"tRUE\""},
        {"quoted true", "\"true\"", "\"true\""},
        {"quoted number", "'12'", "\"12\""},
        {"an integer", "12", "12"},
        {"a negative one", "-12", "-12"},
        {"a plus", "+12", "12"},
        {"octal", "010", "8"},
        {"octal of today", "0o17", "15"},
        {"what is no octal", "08", "8"},
        {"hexadecimal", "0x1F", "31"},
        {"negative hexadecimal", "-0x10", "-16"},
        {"binary", "0b101", "5"},
        {"negative binary", "-0b101", "-5"},
        {"underscores", "1_000_000", "1000000"},
        {"the largest unsigned", "18446744073709551615", "18446744073709551615"},
        {"a number beyond", "18446744073709551616", "18446744073709551616"},
        {"hexadecimal beyond is text", "0x10000000000000000", "\"0x10000000000000000\""},
        {"a hexadecimal without digits", "0x", "\"0x\""},
        {"a float", "0.5", "0.5"},
        {"a float without zero", ".5", "0.5"},
        {"a negative float without zero", "-.5", "-0.5"},
        {"a float that ends with the point", "5.", "5"},
        {"a float with leading zeros", "00.5", "0.5"},
        {"an exponent", "1e3", "1e3"},
        {"an exponent with sign", "1.5E+3", "1.5E+3"},
        {"an exponent behind the point", "1.e3", "1e3"},
        {"beyond float64 is text", "1e400", "\"1e400\""},
        {"a point", ".", "\".\""},
        {"a quantity", "100m", "\"100m\""},
        {"a version", "1.2.3", "\"1.2.3\""},
        {"a date", "2026-01-02", "\"2026-01-02\""},
        {"a time", "2026-01-02T03:04:05Z", "\"2026-01-02T03:04:05Z\""},
        {"base 60", "1:30", "\"1:30\""},
        {"an address", "10.0.0.1", "\"10.0.0.1\""},
        {"a value named like a merge", "<<", "\"<<\""},
        {"tagged text", "!!str 12", "\"12\""},
        {"tagged integer", "!!int \"12\"", "12"},
        {"tagged float", "!!float 12", "12"},
        {"tagged null", "!!null ''", "null"},
        {"an unknown tag", "!thing 12", "\"12\""},
        {"binary data stays as written", "!!binary aGk=", "\"aGk=\""},
    };
    struct buf text = {0}, want = {0}, got = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&text);
        buf_clear(&want);
        buf_printf(&text, "v: %s\n", cases[i].text);
        buf_printf(&want, "{\"v\":%s}\n", cases[i].want);
        show_all(&got, buf_view(&text), DOC_YAML);
        CHECK_STR(buf_view(&got), want.ptr, cases[i].name);
    }
    buf_fini(&text);
    buf_fini(&want);
    buf_fini(&got);
}

static void reads_structure(void **state)
{
    static const struct yaml_case cases[] = {
        {"nothing", "", ""},
        {"a comment", "# nothing\n", ""},
        {"empty documents", "---\n---\n# x\n---\n", ""},
        {"documents", "a: 1\n---\nb: 2\n...\n---\nc: 3\n", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n"},
        {"a list at its parent's indentation", "a:\n- 1\n- b: 2\n  c: 3\n- - 4\n",
         "{\"a\":[1,{\"b\":2,\"c\":3},[4]]}\n"},
        {"flow style", "{a: [1, {b: c}], d: {}}", "{\"a\":[1,{\"b\":\"c\"}],\"d\":{}}\n"},
        {"JSON", "{\"a\": [true, null, \"x\\ty\"]}", "{\"a\":[true,null,\"x\\ty\"]}\n"},
        {"a literal", "a: |\n  x\n   y\nb: |-\n  z\n", "{\"a\":\"x\\n y\\n\",\"b\":\"z\"}\n"},
        {"a folded text", "a: >\n  x\n  y\n", "{\"a\":\"x y\\n\"}\n"},
        {"keys of other types", "1: a\n0x10: b\ntrue: c\n1.50: d\nno: e\n",
         "{\"1\":\"a\",\"16\":\"b\",\"true\":\"c\",\"1.5\":\"d\",\"false\":\"e\"}\n"},
        {"repeated keys stay", "a: 1\na: 2\n", "{\"a\":1,\"a\":2}\n"},
        {"a byte order mark",
         "\xef\xbb\xbf"
         "a: 1\n",
         "{\"a\":1}\n"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void expands_anchors(void **state)
{
    static const struct yaml_case cases[] = {
        {"a scalar", "a: &x 1\nb: *x\n", "{\"a\":1,\"b\":1}\n"},
        {"a container", "a: &x {k: [1]}\nb: [*x, *x]\n",
         "{\"a\":{\"k\":[1]},\"b\":[{\"k\":[1]},{\"k\":[1]}]}\n"},
        {"the latest of a name", "a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}\n"},
        {"as a key", "a: &x k\n*x : 1\n", "{\"a\":\"k\",\"k\":1}\n"},
        {"on a key", "&x a: 1\nb: *x\n", "{\"a\":1,\"b\":\"a\"}\n"},
        {"an alias of an alias", "a: &x [1]\nb: &y [*x]\nc: *y\n", "{\"a\":[1],\"b\":[[1]],\"c\":[[1]]}\n"},
        {"not across documents", "a: &x 1\n---\nb: *x\n", "{\"a\":1}\nt:3: unknown anchor 'x' referenced"},
        {"unknown", "a: *x\n", "t:1: unknown anchor 'x' referenced"},
        {"a cycle", "a: &x\n  b:\n  - *x\n", "t:3: anchor 'x' value contains itself"},
        {"a merge", "a: &x {k: 1}\nb:\n  <<: *x\n  l: 2\n", "{\"a\":{\"k\":1},\"b\":{\"k\":1,\"l\":2}}\n"},
        {"what follows a merge wins", "a: &x {k: 1}\nb:\n  <<: *x\n  k: 2\n",
         "{\"a\":{\"k\":1},\"b\":{\"k\":1,\"k\":2}}\n"},
        {"of several the earlier wins", "a: {<<: [{k: 1}, {k: 2, l: 3}]}\n",
         "{\"a\":{\"k\":2,\"l\":3,\"k\":1}}\n"},
        {"a merge in quotes is a key", "a: {\"<<\": 1}\n", "{\"a\":{\"<<\":1}}\n"},
        {"a merge of no map", "a: {<<: 1}\n", "t:1: map merge requires map or sequence of maps as the value"},
        {"a merge of lists of no maps", "a: {<<: [1]}\n",
         "t:1: map merge requires map or sequence of maps as the value"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void hands_out_items_of_lists(void **state)
{
    static const struct yaml_case cases[] = {
        {"kind before the items", "kind: L\napiVersion: v1\nitems:\n- {a: 1}\n- {a: 2}\n",
         "[L] {\"a\":1}\n[L] {\"a\":2}\n"},
        {"kind behind the items", "items:\n- {a: 1}\nkind: L\n", "[L] {\"a\":1}\n"},
        {"anchors of earlier items",
         "kind: L\napiVersion: v1\nitems:\n- {a: &x [1], b: 0}\n- {a: *x}\n- {a: *x}\n",
         "[L] {\"a\":[1],\"b\":0}\n[L] {\"a\":[1]}\n[L] {\"a\":[1]}\n"},
        {"anchors on items", "kind: L\napiVersion: v1\nitems:\n- &x {a: 1}\n- *x\n- <<: *x\n  b: 2\n",
         "[L] {\"a\":1}\n[L] {\"a\":1}\n[L] {\"a\":1,\"b\":2}\n"},
        {"an anchor on the items", "kind: L\napiVersion: v1\nitems: &x\n- {a: 1}\nother: *x\n",
         "[L] {\"a\":1}\n"},
        {"items that are aliases", "x: &x {a: 1}\nkind: L\napiVersion: v1\nitems: [*x]\n", "[L] {\"a\":1}\n"},
        {"an item that is no object", "items:\n- 1\n", "t:2: an item of the list is not an object"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void says_what_is_wrong_and_where(void **state)
{
    static const struct yaml_case cases[] = {
        {"two colons", "a: 1\nb: c: d\n", "t:2: mapping values are not allowed in this context"},
        {"an open list", "a: [b\nc: d",
         "t:2: did not find expected ',' or ']', while parsing a flow sequence at line 1"},
        {"a tab", "a:\n\tb: 1\n",
         "t:2: the line begins with a tab: YAML is indented with spaces"},
        {"an open quote", "a: \"b\n",
         "t:2: found unexpected end of stream, while scanning a quoted scalar at line 1"},
        {"a list", "- a\n", "t:1: not an object"},
        {"a text", "just words\n", "t:1: not an object"},
        {"a second document", "a: 1\n---\n- b\n", "{\"a\":1}\nt:3: not an object"},
        {"no UTF-8", "a: 1\nb: \xff\n", "t:2: invalid leading UTF-8 octet"},
        {"a control character", "a: \x01\n", "t:1: control characters are not allowed"},
        {"a key that is a list", "[a]: 1\n", "t:1: a key must be a scalar"},
        {"a key that is a map", "? {a: b}\n: 1\n", "t:1: a key must be a scalar"},
        {"a key that is an alias of a list", "a: &x [1]\n*x : 1\n", "t:2: a key must be a scalar"},
        {"a null key", "a:\n  ~: 1\n", "t:2: a key must not be null"},
        {"infinity", "a: .inf\n", "t:1: unsupported value: .inf"},
        {"a tag that does not fit", "a: !!int x\n", "t:1: cannot decode `x` as a !!int"},
        {"a bool that is none", "a: !!bool 1\n", "t:1: cannot decode `1` as a !!bool"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void depth_is_bounded(void **state)
{
    struct buf text = {0}, b = {0};
    (void)state;
    buf_puts(&text, "a: ");
    for (int i = 0; i < 100000; i++)
        buf_char(&text, '[');
    show_all(&b, buf_view(&text), DOC_YAML);
    assert_string_equal(b.ptr, "t:1: nested more than 512 deep");
    buf_fini(&text);
    buf_fini(&b);
}

/* Nine levels, each ten times the one before: as aliases, and as merges of ever more keys. */
static void expansion_is_bounded(void **state)
{
    struct buf text = {0}, b = {0};
    (void)state;
    buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int level = 1; level < 9; level++) {
        buf_printf(&text, "a%d: &a%d [", level, level);
        for (int i = 0; i < 10; i++)
            buf_printf(&text, "%s*a%d", i ? ", " : "", level - 1);
        buf_puts(&text, "]\n");
    }
    show_all(&b, buf_view(&text), DOC_YAML);
    assert_string_equal(b.ptr, "t:7: document contains excessive aliasing: more than 10000000 values");

    buf_clear(&text);
    buf_puts(&text, "a: &a {");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "k%d: 1, ", i);
    buf_puts(&text, "}\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "m%d: {<<: *a}\n", i);
    show_all(&b, buf_view(&text), DOC_YAML);
    const char *message = strstr(b.ptr, "document contains excessive aliasing");
    assert_non_null(message);
    buf_fini(&text);
    buf_fini(&b);
}

static void values_know_their_line(void **state)
{
    struct doc doc = doc_of(BERTH_STR("# x\na: 1\nb:\n- c\n- d: e\n"), DOC_YAML);
    struct arena arena = {0};
    struct berth_value v;
    (void)state;
    assert_int_equal(doc_parse(&doc, &arena, &v, NULL), 0);
    assert_int_equal(doc_line(&doc, &v), 2);
    const struct berth_value *list = berth_value_get(&v, "b");
    assert_int_equal(doc_line(&doc, &list->items[0]), 4);
    assert_int_equal(doc_line(&doc, berth_value_get(&list->items[1], "d")), 5);
    arena_fini(&arena);
    doc_end(&doc);
}

static void tells_what_must_be_quoted(void **state)
{
    static const struct {
        const char *text;
        enum yaml_kind kind;
    } cases[] = {
        {"web", YAML_TEXT},
        {"", YAML_NOTHING},
        {"yes", YAML_TRUE},
        {"off", YAML_FALSE},
        {"12", YAML_INTEGER},
        {"1e3", YAML_FLOAT},
        {".NaN", YAML_INFINITE},
        {"2026-1-2", YAML_TIME},
        {"2026-01-02t03:04:05.5+01:00", YAML_TIME},
        {"2026-01-02 3:4:5", YAML_TIME},
        {"2026-13-02", YAML_TEXT},
        {"2026-01-02T03:04:05", YAML_TEXT},
        {"2026-01", YAML_TEXT},
        {"<<", YAML_MERGE},
        {"1.2.3", YAML_TEXT},
        {"_1", YAML_TEXT},
        {"0x", YAML_TEXT},
        {"1_", YAML_INTEGER},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_INT(yaml_kind(berth_str_of(cases[i].text)), cases[i].kind, cases[i].text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_scalars_as_kubernetes_does),
        cmocka_unit_test(reads_structure),
        cmocka_unit_test(expands_anchors),
        cmocka_unit_test(hands_out_items_of_lists),
        cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(expansion_is_bounded),
        cmocka_unit_test(values_know_their_line),
        cmocka_unit_test(tells_what_must_be_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
