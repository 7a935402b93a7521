/* Texts: UTF-8, buffers, quoting, errors. */
#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

#include "check.h"

static void decodes_utf8(void **state)
{
    static const struct {
        const char *name, *text;
        uint32_t code;
        size_t size;
    } cases[] = {
        {"one byte", "a", 'a', 1},
        {"two bytes", "\xc3\xa9", 0xe9, 2},
        {"three bytes", "\xe2\x82\xac", 0x20ac, 3},
        {"four bytes", "\xf0\x9f\x98\x80", 0x1f600, 4},
        {"the last code point", "\xf4\x8f\xbf\xbf", 0x10ffff, 4},
        {"beyond the last code point", "\xf4\x90\x80\x80", UTF8_INVALID, 1},
        {"a stray continuation", "\x80", UTF8_INVALID, 1},
        {"an overlong slash", "\xc0\xaf", UTF8_INVALID, 1},
        {"an overlong form of three bytes", "\xe0\x80\xaf", UTF8_INVALID, 1},
        {"a surrogate", "\xed\xa0\x80", UTF8_INVALID, 1},
        {"cut short", "\xe2\x82", UTF8_INVALID, 1},
        {"a lead without continuation", "\xc3x", UTF8_INVALID, 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t size;
        CHECK_INT(utf8_decode(cases[i].text, strlen(cases[i].text), &size), cases[i].code, cases[i].name);
        CHECK_INT(size, cases[i].size, cases[i].name);
        char out[4];
        if (cases[i].code != UTF8_INVALID) {
            CHECK_INT(utf8_encode(cases[i].code, out), cases[i].size, cases[i].name);
            CHECK(memcmp(out, cases[i].text, size) == 0, cases[i].name);
        }
    }
}

static void buffers_grow(void **state)
{
    struct buf b = {0};
    (void)state;
    for (int i = 0; i < 1000; i++) {
        buf_puts(&b, "ab");
        buf_char(&b, 'c');
        buf_str(&b, BERTH_STR("de"));
        buf_printf(&b, "%d|%s", i % 10, "");
    }
    assert_int_equal(b.len, 7000);
    assert_int_equal(b.ptr[b.len], '\0');
    assert_memory_equal(b.ptr + 6993, "abcde9|", 7);
    buf_clear(&b);
    buf_printf(&b, "%0300d", 7);
    assert_int_equal(b.len, 300);
    buf_fini(&b);
}

static void an_empty_print_still_ends_the_text(void **state)
{
    struct buf b = {0};
    (void)state;
    buf_printf(&b, "%s", "");
    assert_string_equal(b.ptr, "");
    buf_fini(&b);
}

static void quotes_as_json_and_as_go(void **state)
{
    static const struct {
        const char *name;
        berth_str text;
        const char *json, *go;
    } cases[] = {
        {"plain", {"app", 3}, "\"app\"", "\"app\""},
        {"empty", {"", 0}, "\"\"", "\"\""},
        {"quotes and backslashes", {"a\"\\", 3}, "\"a\\\"\\\\\"", "\"a\\\"\\\\\""},
        {"white space", {"\n\t\r", 3}, "\"\\n\\t\\r\"", "\"\\n\\t\\r\""},
        {"bell and escape", {"\a\x1b", 2}, "\"\\u0007\\u001b\"", "\"\\a\\x1b\""},
        {"NUL", {"a\0b", 3}, "\"a\\u0000b\"", "\"a\\x00b\""},
        {"delete", {"\x7f", 1}, "\"\x7f\"", "\"\\x7f\""},
        {"letters beyond ASCII", {"\xc3\xa9", 2}, "\"\xc3\xa9\"", "\"\xc3\xa9\""},
        {"no-break space", {"\xc2\xa0", 2}, "\"\xc2\xa0\"", "\"\\u00a0\""},
        {"a private character", {"\xf3\xb0\x80\x80", 4}, "\"\xf3\xb0\x80\x80\"", "\"\\U000f0000\""},
        {"no UTF-8", {"a\xff", 2}, "\"a\xef\xbf\xbd\"", "\"a\\xff\""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        buf_json_str(&b, cases[i].text);
        CHECK_STR(buf_view(&b), cases[i].json, cases[i].name);
        buf_clear(&b);
        buf_quote(&b, cases[i].text);
        CHECK_STR(buf_view(&b), cases[i].go, cases[i].name);
        buf_fini(&b);
    }
}

static void errors_gather_context(void **state)
{
    struct err e = {0};
    (void)state;
    assert_string_equal(err_text(&e), "no error");
    assert_int_equal(err_set(&e, "\"%s\" is not a quantity", "1x"), -EINVAL);
    assert_int_equal(err_wrap(&e, "spec.%s", "cpu"), -EINVAL);
    assert_int_equal(err_wrap(&e, "a.yaml:%d", 3), -EINVAL);
    assert_string_equal(err_text(&e), "a.yaml:3: spec.cpu: \"1x\" is not a quantity");
    assert_int_equal(err_set(&e, "other"), -EINVAL);
    assert_string_equal(err_text(&e), "other");
    assert_int_equal(err_nomem(&e), -ENOMEM);
    assert_string_equal(err_text(&e), "out of memory");
    assert_int_equal(err_set(NULL, "nobody asks"), -EINVAL);
    assert_int_equal(err_wrap(NULL, "nobody asks"), -EINVAL);
    err_fini(&e);
    assert_null(e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_utf8),
        cmocka_unit_test(buffers_grow),
        cmocka_unit_test(an_empty_print_still_ends_the_text),
        cmocka_unit_test(quotes_as_json_and_as_go),
        cmocka_unit_test(errors_gather_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
