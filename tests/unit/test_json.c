/* The JSON reader: what it accepts, how it refuses the rest, Lists, and texts longer than its window. */
#include "doc_text.h"

#include "check.h"

struct json_case {
    const char *name, *text, *want;
};

static void check_cases(const struct json_case *cases, size_t len)
{
    struct buf b = {0};
    for (size_t i = 0; i < len; i++) {
        show_all(&b, berth_str_of(cases[i].text), DOC_JSON);
        CHECK_STR(buf_view(&b), cases[i].want, cases[i].name);
    }
    buf_fini(&b);
}

static void reads_values(void **state)
{
    static const struct json_case cases[] = {
        {"nothing", "", ""},
        {"white space", " \n\t ", ""},
        {"empty containers", "{\"a\":{},\"b\":[]}", "{\"a\":{},\"b\":[]}\n"},
        {"every type", "{\"a\":[null,true,false,0,-1.5e+3,\"x\"]}",
         "{\"a\":[null,true,false,0,-1.5e+3,\"x\"]}\n"},
        {"space everywhere", " { \"a\" : [ 1 , { } ] } ", "{\"a\":[1,{}]}\n"},
        {"repeated keys stay", "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}\n"},
        {"escapes", "{\"\\u0061\\n\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
         "{\"a\\n\":\"\\\"\\\\/\\b\\f\\n\\r\\t\xc3\xa9\"}\n"},
        {"a pair of surrogates", "{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}\n"},
        {"half a pair", "{\"a\":\"\\ud83dx\\ude00\"}", "{\"a\":\"\xef\xbf\xbdx\xef\xbf\xbd\"}\n"},
        {"half a pair before another escape", "{\"a\":\"\\ud83d\\u0041\"}",
         "{\"a\":\"\xef\xbf\xbd"
         "A\"}\n"},
        {"a NUL by escape", "{\"a\":\"\\u0000\"}", "{\"a\":\"\\u0000\"}\n"},
        {"two documents", "{\"a\":1}{\"b\":2}", "{\"a\":1}\n{\"b\":2}\n"},
        {"a line each", "{\"a\":1}\n\n{\"b\":2}\n", "{\"a\":1}\n{\"b\":2}\n"},
        {"null documents are passed over", "null {\"a\":1}", "{\"a\":1}\n"},
        {"a byte order mark", "\xef\xbb\xbf{\"a\":1}", "{\"a\":1}\n"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void hands_out_items_of_lists(void **state)
{
    static const struct json_case cases[] = {
        {"kind before the items", "{\"kind\":\"L\",\"apiVersion\":\"v1\",\"items\":[{\"a\":1},{\"a\":2}]}",
         "[L] {\"a\":1}\n[L] {\"a\":2}\n"},
        {"kind behind the items", "{\"items\":[{\"a\":1},{\"a\":2}],\"kind\":\"L\",\"apiVersion\":\"v1\"}",
         "[L] {\"a\":1}\n[L] {\"a\":2}\n"},
        {"items that say their kind need none of the list",
         "{\"items\":[{\"kind\":\"A\",\"apiVersion\":\"v1\"}],\"kind\":\"L\"}",
         "[] {\"kind\":\"A\",\"apiVersion\":\"v1\"}\n"},
        {"from the first item without a kind on they wait for the list's",
         "{\"items\":[{\"kind\":\"A\",\"apiVersion\":\"v1\"},{\"a\":2},{\"a\":3}],\"kind\":\"L\"}",
         "[] {\"kind\":\"A\",\"apiVersion\":\"v1\"}\n[L] {\"a\":2}\n[L] {\"a\":3}\n"},
        {"an empty list", "{\"kind\":\"L\",\"items\":[]}", ""},
        {"lists in lists",
         "{\"kind\":\"L\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"M\",\"items\":[{\"a\":1}]}]}",
         "[M] {\"a\":1}\n"},
        {"two lists", "{\"items\":[{\"a\":1}]}{\"items\":[{\"b\":1}]}", "[] {\"a\":1}\n[] {\"b\":1}\n"},
        {"items further inside are no list", "{\"a\":{\"items\":[1]}}", "{\"a\":{\"items\":[1]}}\n"},
        {"items that are no array are no list", "{\"items\":{\"a\":1}}", "{\"items\":{\"a\":1}}\n"},
        {"an item that is no object", "{\"items\":[\n1]}", "t:2: an item of the list is not an object"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void refuses_what_is_no_json(void **state)
{
    static const struct json_case cases[] = {
        {"a word", "{\n\"a\":\nnope}", "t:3: not a JSON value"},
        {"a word cut short", "{\"a\":tru}", "t:1: not a JSON value"},
        {"a word at the end of the text", "{\"a\":tru", "t:1: not a JSON value"},
        {"a word too long", "{\"a\":truex}", "t:1: not a JSON value"},
        {"a leading zero", "{\"a\":01}", "t:1: not a JSON value"},
        {"a number without digits", "{\"a\":-}", "t:1: not a JSON value"},
        {"a point without digits", "{\"a\":1.}", "t:1: not a JSON value"},
        {"an exponent without digits", "{\"a\":1e}", "t:1: not a JSON value"},
        {"a plus", "{\"a\":+1}", "t:1: not a JSON value"},
        {"a number followed by a letter", "{\"a\":1x}", "t:1: not a JSON value"},
        {"a comma too many", "{\"a\":[1,]}", "t:1: not a JSON value"},
        {"a comma too many in an object", "{\"a\":1,}", "t:1: expected a key in quotes"},
        {"a comma too few", "[1 2]", "t:1: expected ',' or ']'"},
        {"a comma too few in an object", "{\"a\":1 \"b\":2}", "t:1: expected ',' or '}'"},
        {"a key that is no string", "{1:2}", "t:1: expected a key in quotes"},
        {"no colon", "{\"a\" 1}", "t:1: expected ':' after a key"},
        {"the wrong bracket", "{\"a\":[1}", "t:1: expected ',' or ']'"},
        {"an unknown escape", "{\"a\":\"\\x\"}", "t:1: an unknown escape inside a string"},
        {"a short escape", "{\"a\":\"\\u12\"}", "t:1: an unknown escape inside a string"},
        {"an open string", "{\n\"a", "t:2: the text ends inside a string"},
        {"a line end in a string", "{\"a\":\"x\ny\"}", "t:1: a control character inside a string"},
        {"no UTF-8", "{\n\"a\":\"\xff\"}", "t:2: invalid UTF-8"},
        {"an open object", "{\"a\":1\n\n", "t:3: the text ends inside a document"},
        {"an open array", "[[", "t:1: the text ends inside a document"},
        {"text behind the document", "{\"a\":1}\nx", "{\"a\":1}\nt:2: unexpected text after the document"},
        {"a closing bracket", "}", "t:1: not a JSON value"},
        {"an array", "[1]", "t:1: not an object"},
        {"a string", "\"a\"", "t:1: not an object"},
    };
    (void)state;
    check_cases(cases, ARRAY_LEN(cases));
}

static void refuses_nul_bytes(void **state)
{
    struct buf b = {0};
    (void)state;
    show_all(&b, (berth_str){"{\"a\":\0}", 7}, DOC_JSON);
    assert_string_equal(b.ptr, "t:1: not a JSON value");
    show_all(&b, (berth_str){"{\"a\":\"\0\"}", 9}, DOC_JSON);
    assert_string_equal(b.ptr, "t:1: a control character inside a string");
    show_all(&b, (berth_str){"\0\0\0", 3}, DOC_JSON);
    assert_string_equal(b.ptr, "t:1: not a JSON value");
    buf_fini(&b);
}

static void depth_is_bounded(void **state)
{
    struct buf text = {0}, b = {0};
    (void)state;
    for (int depth = 511; depth <= 513; depth++) {
        buf_clear(&text);
        buf_puts(&text, "{\"a\":");
        for (int i = 1; i < depth; i++)
            buf_char(&text, '[');
        for (int i = 1; i < depth; i++)
            buf_char(&text, ']');
        buf_char(&text, '}');
        show_all(&b, buf_view(&text), DOC_JSON);
        if (depth <= 512)
            CHECK_INT(b.len, text.len + 1, "as deep as may be");
        else
            assert_string_equal(b.ptr, "t:1: nested more than 512 deep");
    }
    buf_fini(&text);
    buf_fini(&b);
}

/* The name of the i-th pod: of changing length, with things in it that look like ends of windows. */
static void add_pod(struct buf *b, int i)
{
    buf_printf(b, "{\"name\":\"pod-%d\",\"note\":\"", i);
    for (int j = 0; j < i % 97; j++)
        buf_puts(b, j % 5 == 0 ? "}\\\"" : j % 7 == 0 ? "\\\\" : "\xc3\xa9 ");
    buf_puts(b, "\"}");
}

static int count_pod(void *context, const struct doc *doc, const struct berth_value *object,
                     const struct berth_value *list, struct err *err)
{
    int *count = context;
    struct buf want = {0}, got = {0};
    (void)doc, (void)err;
    assert_non_null(list);
    add_pod(&want, *count);
    doc_write_json(&got, object);
    assert_string_equal(got.ptr, want.ptr);
    buf_fini(&want);
    buf_fini(&got);
    (*count)++;
    return 0;
}

static void windows_do_not_show(void **state)
{
    enum { PODS = 20000 };
    struct buf text = {0};
    int count = 0;
    (void)state;
    buf_puts(&text, "{\"kind\":\"L\",\"apiVersion\":\"v1\",\"items\":[");
    for (int i = 0; i < PODS; i++) {
        buf_puts(&text, i ? "," : "");
        add_pod(&text, i);
    }
    buf_puts(&text, "]}");
    struct doc doc = doc_of(buf_view(&text), DOC_JSON);
    assert_int_equal(doc_each(&doc, count_pod, &count, NULL), 0);
    assert_int_equal(count, PODS);
    doc_end(&doc);
    buf_fini(&text);
}

/* Strings, numbers and white space longer than a window, without a brace to end it at. */
static void long_tokens_are_whole(void **state)
{
    static const struct {
        const char *name, *before, *fill, *after;
    } cases[] = {
        {"a long string", "{\"a\":\"", "x", "\"}"},
        {"a long string of quotes", "{\"a\":\"", "\\\"", "\"}"},
        {"a long string of backslashes", "{\"a\":\"", "\\\\", "\"}"},
        {"a long string of braces", "{\"a\":\"", "}", "\"}"},
        {"a long number", "{\"a\":1", "0", "}"},
        {"a long array", "{\"a\":[1", ",1", "]}"},
    };
    struct buf text = {0}, b = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (size_t len = 262000; len <= 262290; len += 29) {
            buf_clear(&text);
            buf_puts(&text, cases[i].before);
            while (text.len < len)
                buf_puts(&text, cases[i].fill);
            buf_puts(&text, cases[i].after);
            show_all(&b, buf_view(&text), DOC_JSON);
            CHECK_INT(b.len, text.len + 1, cases[i].name);
            CHECK(memcmp(b.ptr, text.ptr, text.len) == 0, cases[i].name);
        }
    }
    buf_fini(&text);
    buf_fini(&b);
}

static void faults_in_later_windows_have_their_line(void **state)
{
    static const struct {
        const char *name, *fault, *want;
    } cases[] = {
        {"a word", "nope}", "t:300002: not a JSON value"},
        {"no UTF-8", "\"\xff\"}", "t:300002: invalid UTF-8"},
        {"a control character", "\"\x01\"}", "t:300002: a control character inside a string"},
        {"an open string", "\"", "t:300002: the text ends inside a string"},
    };
    struct buf text = {0}, b = {0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        buf_clear(&text);
        buf_puts(&text, "{\"a\":[");
        for (int line = 0; line < 300000; line++)
            buf_puts(&text, "1,\n");
        buf_puts(&text, "1],\n\"b\":");
        buf_puts(&text, cases[i].fault);
        show_all(&b, buf_view(&text), DOC_JSON);
        CHECK_STR(buf_view(&b), cases[i].want, cases[i].name);
    }
    buf_fini(&text);
    buf_fini(&b);
}

static void plain_strings_point_into_the_text(void **state)
{
    struct doc doc = doc_of(BERTH_STR("{\"key\": [\"value\", 12.50]}"), DOC_JSON);
    struct arena arena = {0};
    struct berth_value value;
    (void)state;
    assert_int_equal(doc_parse(&doc, &arena, &value, NULL), 0);
    assert_ptr_equal(value.members[0].key.ptr, doc.text + 2);
    const struct berth_value *items = value.members[0].value.items;
    assert_ptr_equal(items[0].text, doc.text + 10);
    assert_int_equal(items[0].where, 9);
    assert_ptr_equal(items[1].text, doc.text + 18);
    assert_int_equal(items[1].len, 5);
    arena_fini(&arena);
    doc_end(&doc);
}

static void parses_the_first_document_alone(void **state)
{
    static const struct json_case cases[] = {
        {"one", "[1,2]", "[1,2]"},
        {"of two", "{\"a\":1} {\"b\":2}", "{\"a\":1}"},
        {"of none", " ", "null"},
        {"items stay", "{\"items\":[1]}", "{\"items\":[1]}"},
        {"before rubbish", "{} x", "t:1: unexpected text after the document"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct doc doc = doc_of(berth_str_of(cases[i].text), DOC_JSON);
        struct arena arena = {0};
        struct berth_value value;
        struct buf b = {0};
        struct err err = {0};
        if (doc_parse(&doc, &arena, &value, &err) < 0)
            buf_puts(&b, err_text(&err));
        else
            doc_write_json(&b, &value);
        CHECK_STR(buf_view(&b), cases[i].want, cases[i].name);
        buf_fini(&b);
        err_fini(&err);
        arena_fini(&arena);
        doc_end(&doc);
    }
}

static int stop_at_once(void *context, const struct doc *doc, const struct berth_value *object,
                        const struct berth_value *list, struct err *err)
{
    (void)doc, (void)object, (void)list;
    ++*(int *)context;
    err_set(err, "enough");
    return -EINTR;
}

static void the_callers_code_ends_the_walk(void **state)
{
    static const char *const texts[] = {"{} {}", "{\"kind\":\"L\",\"apiVersion\":\"v\",\"items\":[{},{}]}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct doc doc = doc_of(berth_str_of(texts[i]), DOC_JSON);
        struct err err = {0};
        int calls = 0;
        assert_int_equal(doc_each(&doc, stop_at_once, &calls, &err), -EINTR);
        assert_int_equal(calls, 1);
        assert_string_equal(err_text(&err), "enough");
        err_fini(&err);
        doc_end(&doc);
    }
}

static void guesses_the_format(void **state)
{
    static const struct {
        const char *name, *text;
        enum doc_format format;
    } cases[] = {
        {"an object", " \n\t\r{", DOC_JSON},
        {"an array", "[1]", DOC_JSON},
        {"an object with a bare key", "{ apiVersion: v1}", DOC_YAML},
        {"an array of such", "[ [ {at: 1}]]", DOC_YAML},
        {"an object with a comment", "{ # x", DOC_YAML},
        {"an object with a key in single quotes", "{'a': 1}", DOC_YAML},
        {"behind a mark", "\xef\xbb\xbf {", DOC_JSON},
        {"a document mark", "---\n{", DOC_YAML},
        {"a comment", "# x\n{}", DOC_YAML},
        {"a key", "a: 1", DOC_YAML},
        {"nothing", "", DOC_YAML},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_INT(doc_guess(cases[i].text, strlen(cases[i].text)), cases[i].format, cases[i].name);
}

static void answers_about_values(void **state)
{
    struct doc doc = doc_of(
        BERTH_STR(
            "{\"n\":5,\"min\":-9223372036854775808,\"max\":9223372036854775807,\"over\":9223372036854775808,"
            "\"f\":1.5,\"t\":true,\"s\":\"x\",\"z\":null,\"n\":6}"),
        DOC_JSON);
    struct arena arena = {0};
    struct berth_value v;
    (void)state;
    assert_int_equal(doc_parse(&doc, &arena, &v, NULL), 0);
    assert_int_equal(berth_value_int(berth_value_get(&v, "n"), 0), 6);
    assert_true(berth_value_int(berth_value_get(&v, "min"), 0) == INT64_MIN);
    assert_true(berth_value_int(berth_value_get(&v, "max"), 0) == INT64_MAX);
    assert_int_equal(berth_value_int(berth_value_get(&v, "over"), 7), 7);
    assert_int_equal(berth_value_int(berth_value_get(&v, "f"), 7), 7);
    assert_int_equal(berth_value_int(berth_value_get(&v, "s"), 7), 7);
    assert_true(berth_value_bool(berth_value_get(&v, "t"), false));
    assert_true(berth_value_bool(berth_value_get(&v, "s"), true));
    assert_null(berth_value_get(&v, "nothing"));
    assert_null(berth_value_get(berth_value_get(&v, "s"), "x"));
    assert_null(berth_value_get(NULL, "x"));
    assert_true(berth_value_absent(berth_value_get(&v, "z")));
    assert_false(berth_value_absent(berth_value_get(&v, "s")));
    arena_fini(&arena);
    doc_end(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(hands_out_items_of_lists),
        cmocka_unit_test(refuses_what_is_no_json),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(windows_do_not_show),
        cmocka_unit_test(long_tokens_are_whole),
        cmocka_unit_test(faults_in_later_windows_have_their_line),
        cmocka_unit_test(plain_strings_point_into_the_text),
        cmocka_unit_test(parses_the_first_document_alone),
        cmocka_unit_test(the_callers_code_ends_the_walk),
        cmocka_unit_test(guesses_the_format),
        cmocka_unit_test(answers_about_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
