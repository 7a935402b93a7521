/* Values as YAML: the shape of kubectl's output, and that what was written reads back the same. */
#include "doc_text.h"

#include "check.h"

/* Writes the JSON text as YAML. */
static void write_yaml(struct buf *b, berth_str json, int indent)
{
    struct doc doc = doc_of(json, DOC_JSON);
    struct arena arena = {0};
    struct berth_value value;
    buf_clear(b);
    assert_int_equal(doc_parse(&doc, &arena, &value, NULL), 0);
    doc_write_yaml(b, &value, indent);
    arena_fini(&arena);
    doc_end(&doc);
}

static void writes_structure(void **state)
{
    static const struct {
        const char *name, *json, *yaml;
    } cases[] = {
        {"members", "{\"b\":1,\"a\":true,\"c\":null}", "b: 1\na: true\nc: null\n"},
        {"nested maps", "{\"a\":{\"b\":{\"c\":1}}}", "a:\n  b:\n    c: 1\n"},
        {"empty containers", "{\"a\":{},\"b\":[]}", "a: {}\nb: []\n"},
        {"a list stands at its parent's indentation", "{\"a\":{\"b\":[1,\"x\"]}}",
         "a:\n  b:\n  - 1\n  - x\n"},
        {"maps in a list begin behind the dash", "[{\"a\":1,\"b\":[{\"c\":2},{}]},{\"d\":{\"e\":3}}]",
         "- a: 1\n  b:\n  - c: 2\n  - {}\n- d:\n    e: 3\n"},
        {"lists in a list", "[[1,2],[[3]],[]]", "- - 1\n  - 2\n- - - 3\n- []\n"},
        {"a scalar", "5", "5\n"},
        {"an empty map", "{}", "{}\n"},
        {"a literal in a list", "[\"a\\nb\\n\",{\"k\":\"c\\nd\"}]", "- |\n  a\n  b\n- k: |-\n    c\n    d\n"},
    };
    struct buf b = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_yaml(&b, berth_str_of(cases[i].json), 0);
        CHECK_STR(buf_view(&b), cases[i].yaml, cases[i].name);
    }
    write_yaml(&b, BERTH_STR("{\"a\":[1],\"b\":{\"c\":2}}"), 4);
    assert_string_equal(b.ptr, "    a:\n    - 1\n    b:\n      c: 2\n");
    buf_fini(&b);
}

/* Each text as the value of a member "v"; NULL yaml: only that it reads back. */
static void quotes_what_needs_it(void **state)
{
    static const struct {
        const char *name;
        berth_str text;
        const char *yaml;
    } cases[] = {
#define TEXT(literal) {literal, sizeof(literal) - 1}
        {"a word", TEXT("web"), "web"},
        {"words", TEXT("two words"), "two words"},
        {"nothing", TEXT(""), "\"\""},
        {"a number", TEXT("12"), "\"12\""},
        {"a float", TEXT("1.5"), "\"1.5\""},
        {"a bool", TEXT("yes"), "\"yes\""},
        {"null", TEXT("null"), "\"null\""},
        {"a time", TEXT("2026-01-02T03:04:05Z"), "\"2026-01-02T03:04:05Z\""},
        {"base 60", TEXT("1:30"), "\"1:30\""},
        {"base 60 with a fraction", TEXT("-1:2:3.5"), "\"-1:2:3.5\""},
        {"no base 60", TEXT("1:60"), "1:60"},
        {"a quantity", TEXT("100m"), "100m"},
        {"an image", TEXT("nginx:1.25"), "nginx:1.25"},
        {"a colon and space", TEXT("a: b"), "'a: b'"},
        {"a colon at the end", TEXT("a:"), "'a:'"},
        {"a comment", TEXT("a #b"), "'a #b'"},
        {"a hash inside", TEXT("a#b"), "a#b"},
        {"an alias", TEXT("*a"), "'*a'"},
        {"a star alone", TEXT("*"), "'*'"},
        {"a dash", TEXT("-"), "'-'"},
        {"a dash and word", TEXT("-a"), "-a"},
        {"a question", TEXT("? a"), "'? a'"},
        {"a brace", TEXT("{a}"), "'{a}'"},
        {"a brace inside", TEXT("a{b},c"), "a{b},c"},
        {"a document mark", TEXT("---"), "'---'"},
        {"quotes", TEXT("it's"), "it's"},
        {"a quote in front", TEXT("'a'"), "'''a'''"},
        {"space in front", TEXT(" a"), "' a'"},
        {"space behind", TEXT("a "), "'a '"},
        {"a tab", TEXT("a\tb"), "\"a\\tb\""},
        {"letters beyond ASCII", TEXT("\xc3\xa9"), "\xc3\xa9"},
        {"an emoji", TEXT("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80"},
        {"a control character", TEXT("a\x01"), "\"a\\x01\""},
        {"NUL", TEXT("a\0b"), "\"a\\0b\""},
        {"a byte order mark", TEXT("\xef\xbb\xbf"), "\"\\uFEFF\""},
        {"next line",
         TEXT("a\xc2\x85"
              "b"),
         NULL},
        {"lines", TEXT("a\nb\n"), "|\n  a\n  b"},
        {"lines without end", TEXT("a\nb"), "|-\n  a\n  b"},
        {"lines with more ends", TEXT("a\n\n"), "|+\n  a\n"},
        {"lines that begin with space", TEXT(" a\nb"), "|2-\n   a\n  b"},
        {"lines that begin with a line end", TEXT("\na"), "|2-\n\n  a"},
        {"a line end alone", TEXT("\n"), NULL},
        {"lines with space behind", TEXT("a \nb"), "\"a \\nb\""},
        {"lines with a tab", TEXT("a\n\tb"), "\"a\\n\\tb\""},
        {"the end of a window line", TEXT("a\r\nb"), NULL},
        {"a merge", TEXT("<<"), NULL},
    };
    struct buf want = {0}, got = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct berth_member member = {
            .key = BERTH_STR("v"),
            .value = {.type = BERTH_STRING, .len = cases[i].text.len, .text = cases[i].text.ptr}};
        struct berth_value map = {.type = BERTH_OBJECT, .len = 1, .members = &member};
        buf_clear(&got);
        buf_clear(&want);
        doc_write_yaml(&got, &map, 0);
        if (cases[i].yaml) {
            buf_printf(&want, "v: %s\n", cases[i].yaml);
            CHECK_STR(buf_view(&got), want.ptr, cases[i].name);
        }
        struct doc doc = doc_of(buf_view(&got), DOC_YAML);
        struct arena arena = {0};
        struct berth_value again;
        CHECK(doc_parse(&doc, &arena, &again, NULL) == 0, cases[i].name);
        CHECK(again.members[0].value.type == BERTH_STRING, cases[i].name);
        CHECK(berth_str_eq(berth_value_text(&again.members[0].value), cases[i].text), cases[i].name);
        arena_fini(&arena);
        doc_end(&doc);
    }
    buf_fini(&want);
    buf_fini(&got);
}

static void quotes_keys_too(void **state)
{
    struct buf b = {0};
    (void)state;
    write_yaml(&b, BERTH_STR("{\"true\":1,\"a: b\":2,\"\":3,\"x\\ny\":4,\"kubernetes.io/os\":5,\"-\":6}"), 0);
    assert_string_equal(b.ptr,
                        "\"true\": 1\n'a: b': 2\n\"\": 3\n\"x\\ny\": 4\nkubernetes.io/os: 5\n'-': 6\n");
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_structure),
        cmocka_unit_test(quotes_what_needs_it),
        cmocka_unit_test(quotes_keys_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
