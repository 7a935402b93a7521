/*
 * JSON from token offsets. The text is indexed in windows small enough to stay in the cache; a window ends
 * outside strings and right after a token, so windows can be indexed one by one and the reader just goes on
 * to the next when it runs out of tokens, wherever in a document that happens. Strings without escapes and
 * numbers point into the text.
 */
#include "base/readers.h"

#include "base/ascii.h"
#include "base/json_index.h"
#include "base/utf8.h"

#include <string.h>

enum { WINDOW = 256 << 10 };

struct json {
    struct tree *tree;
    const char *text;
    size_t len;
    struct json_index *index;
    const uint32_t *tokens; /* of the window, as offsets from its begin */
    uint32_t next, count;
    size_t begin, end; /* of the window */
};

/* What next_token() gives when there is none: the text has ended, or the err is set. */
enum { TEXT_END = -1, TEXT_BAD = -2 };

static int fail(struct json *j, size_t at, const char *what)
{
    return tree_fail(j->tree, (uint32_t)at, "%s", what);
}

/* ---- windows ---- */

/* The end of a window: after a '}' if there is one, which is seldom inside a string. */
static size_t window_end(const struct json *j, size_t begin)
{
    if (j->len - begin <= WINDOW)
        return j->len;
    const char *from = j->text + begin;
    const char *brace = memrchr(from, '}', WINDOW);
    if (!brace)
        brace = memchr(from + WINDOW, '}', j->len - begin - WINDOW);
    return brace ? (size_t)(brace + 1 - j->text) : j->len;
}

/* The end of the string that is open at `at`, in a window that begins at `begin`. */
static size_t string_end(const struct json *j, size_t begin, size_t at)
{
    for (const char *quote; at < j->len; at = (size_t)(quote + 1 - j->text)) {
        quote = memchr(j->text + at, '"', j->len - at);
        if (!quote)
            break;
        const char *escapes = quote;
        while (escapes > j->text + begin && escapes[-1] == '\\')
            escapes--;
        if ((quote - escapes) % 2 == 0)
            return (size_t)(quote + 1 - j->text);
    }
    return j->len;
}

static size_t utf8_fault(const struct json *j)
{
    size_t at = j->begin, size;
    while (at < j->end && utf8_decode(j->text + at, j->end - at, &size) != UTF8_INVALID)
        at += size;
    return at;
}

/* The first control byte in a string of the window, or where its last, unclosed string begins. */
static size_t string_fault(const struct json *j)
{
    size_t open = 0;
    for (size_t at = j->begin; at < j->end; at++) {
        if (j->text[at] == '"')
            open = open ? 0 : at + 1;
        else if (open && j->text[at] == '\\')
            at++;
        else if (open && (unsigned char)j->text[at] < 0x20)
            return at;
    }
    return open ? open - 1 : j->begin;
}

/* Indexes the next window; TEXT_END, TEXT_BAD or 0. */
static int next_window(struct json *j)
{
    if (j->end == j->len)
        return TEXT_END;
    j->begin = j->end;
    j->end = window_end(j, j->begin);
    j->next = 0;
    enum json_index_status status;
    for (;;) {
        status = json_index_run(j->index, j->text + j->begin, (uint32_t)(j->end - j->begin), &j->tokens,
                                &j->count);
        if (status != JSON_INDEX_OPEN_STRING || j->end == j->len)
            break;
        j->end = string_end(j, j->begin, j->end);
    }
    switch (status) {
    case JSON_INDEX_OK:
        return 0;
    case JSON_INDEX_OPEN_STRING:
        fail(j, string_fault(j), "the text ends inside a string");
        return TEXT_BAD;
    case JSON_INDEX_CONTROL:
        fail(j, string_fault(j), "a control character inside a string");
        return TEXT_BAD;
    case JSON_INDEX_UTF8:
        fail(j, utf8_fault(j), "invalid UTF-8");
        return TEXT_BAD;
    case JSON_INDEX_NOMEM:
        break;
    }
    err_nomem(j->tree->err);
    return TEXT_BAD;
}

/* The offset of the next token, TEXT_END or TEXT_BAD. */
static inline int64_t next_token(struct json *j)
{
    while (j->next == j->count) {
        int r = next_window(j);
        if (r < 0)
            return r;
    }
    return (int64_t)(j->begin + j->tokens[j->next++]);
}

/* The same inside a document, where the text must not end: offset or a negative error code. */
static inline int64_t need_token(struct json *j)
{
    int64_t at = next_token(j);
    if (__builtin_expect(at >= 0, 1))
        return at;
    return at == TEXT_END ? fail(j, j->len, "the text ends inside a document") : -EINVAL;
}

/* ---- strings ---- */

/* The first quote or backslash from p on, eight bytes at a time; there is one, or the index had failed. */
static inline const char *plain_end(const char *p)
{
    const uint64_t ones = 0x0101010101010101u;
    for (;; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        uint64_t quote = word ^ (ones * '"'), escape = word ^ (ones * '\\');
        uint64_t hit = (((quote - ones) & ~quote) | ((escape - ones) & ~escape)) & (ones << 7);
        if (hit)
            return p + __builtin_ctzll(hit) / 8;
    }
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "plain_end() looks for the lowest byte");

/* Four hexadecimal digits, -1 if they are not. */
static int32_t hex4(const char *p)
{
    int32_t code = 0;
    for (int i = 0; i < 4; i++) {
        int c = p[i] | 0x20;
        int digit = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        code = code << 4 | digit;
    }
    return code;
}

/* The escape whose backslash is at p: writes its bytes, returns what follows; NULL if there is no such. */
static const char *unescape(const char *p, char **out)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *letter = p[1] ? strchr(letters, p[1]) : NULL;
    if (letter) {
        *(*out)++ = bytes[letter - letters];
        return p + 2;
    }
    int32_t code = p[1] == 'u' ? hex4(p + 2) : -1;
    if (code < 0)
        return NULL;
    p += 6;
    if (code >= 0xd800 && code < 0xdc00 && p[0] == '\\' && p[1] == 'u') {
        int32_t low = hex4(p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }
    }
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd; /* half a pair, as Go reads it */
    *out += utf8_encode((uint32_t)code, *out);
    return p;
}

/* The string whose first backslash is at `escape`, unescaped into the arena. */
static int read_escaped(struct json *j, const char *text, const char *escape, berth_str *ret)
{
    const char *close = escape;
    for (; *close != '"'; close = plain_end(close + 2))
        ;
    char *out = arena_alloc(j->tree->arena, (size_t)(close - text));
    if (!out)
        return err_nomem(j->tree->err);
    ret->ptr = out;
    while (escape < close) {
        memcpy(out, text, (size_t)(escape - text));
        out += escape - text;
        text = unescape(escape, &out);
        if (!text)
            return fail(j, (size_t)(escape - j->text), "an unknown escape inside a string");
        escape = plain_end(text);
    }
    memcpy(out, text, (size_t)(close - text));
    ret->len = (uint32_t)(out + (close - text) - ret->ptr);
    return 0;
}

/* The string whose opening quote is at `at`. */
static inline int read_string(struct json *j, size_t at, berth_str *ret)
{
    const char *text = j->text + at + 1;
    const char *end = plain_end(text);
    if (__builtin_expect(*end == '\\', 0))
        return read_escaped(j, text, end, ret);
    *ret = (berth_str){text, (uint32_t)(end - text)};
    return 0;
}

/* ---- scalars ---- */

static bool ends_token(const struct json *j, const char *p)
{
    return p == j->text + j->len || memchr(" \t\n\r,:]}[{\"", *p, 11);
}

/* The end of the number at p; NULL if it is none in JSON's grammar. */
static const char *number_end(const char *p, const char *end)
{
    const char *digits = p + (*p == '-');
    p = ascii_skip_digits(digits, end);
    if (p == digits || (*digits == '0' && p > digits + 1))
        return NULL;
    if (p < end && *p == '.') {
        digits = p + 1;
        p = ascii_skip_digits(digits, end);
        if (p == digits)
            return NULL;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        digits = p + (p < end && (*p == '+' || *p == '-'));
        p = ascii_skip_digits(digits, end);
        if (p == digits)
            return NULL;
    }
    return p;
}

static int read_number(struct json *j, size_t at)
{
    const char *text = j->text + at;
    const char *end = number_end(text, j->text + j->len);
    if (!end || !ends_token(j, end))
        return fail(j, at, "not a JSON value");
    return tree_text(j->tree, BERTH_NUMBER, (uint32_t)at, (berth_str){text, (uint32_t)(end - text)});
}

static int read_word(struct json *j, size_t at)
{
    static const struct {
        const char *text;
        uint8_t len, type, boolean;
    } words[] = {{"true", 4, BERTH_BOOL, 1}, {"false", 5, BERTH_BOOL, 0}, {"null", 4, BERTH_NULL, 0}};
    for (size_t i = 0; i < 3; i++)
        if (j->len - at >= words[i].len && memcmp(j->text + at, words[i].text, words[i].len) == 0
            && ends_token(j, j->text + at + words[i].len))
            return tree_value(j->tree, (struct berth_value){.type = words[i].type,
                                                            .boolean = words[i].boolean,
                                                            .where = (uint32_t)at});
    return fail(j, at, "not a JSON value");
}

/* ---- documents ---- */

/* The value that begins at `at`: a whole scalar, or the opening of a container. */
static inline int read_value(struct json *j, size_t at)
{
    berth_str text;
    int r;
    switch (j->text[at]) {
    case '{':
        return tree_open(j->tree, BERTH_OBJECT, (uint32_t)at);
    case '[':
        return tree_open(j->tree, BERTH_ARRAY, (uint32_t)at);
    case '"':
        r = read_string(j, at, &text);
        return r < 0 ? r : tree_text(j->tree, BERTH_STRING, (uint32_t)at, text);
    case 't':
    case 'f':
    case 'n':
        return read_word(j, at);
    default:
        return read_number(j, at);
    }
}

/* The key that begins at `at` and its colon; returns where the value begins. */
static inline int64_t read_key(struct json *j, size_t at)
{
    berth_str key;
    if (j->text[at] != '"')
        return fail(j, at, "expected a key in quotes");
    int r = read_string(j, at, &key);
    if (r < 0 || (r = tree_key(j->tree, key)) < 0)
        return r;
    int64_t colon = need_token(j);
    if (colon < 0)
        return colon;
    return j->text[colon] == ':' ? need_token(j) : fail(j, (size_t)colon, "expected ':' after a key");
}

/*
 * From the end of a value, or from the opening of a container, to where the next value begins: closes what
 * ends. A complete document leaves the tree `done`.
 */
static inline int64_t next_value(struct json *j, bool opened)
{
    while (!j->tree->done) {
        bool object = tree_top(j->tree)->type == BERTH_OBJECT;
        int64_t at = need_token(j);
        if (at < 0)
            return at;
        char c = j->text[at];
        if (c == (object ? '}' : ']')) {
            int r = tree_close(j->tree);
            if (r < 0)
                return r;
            opened = false;
            continue;
        }
        if (!opened) {
            if (c != ',')
                return fail(j, (size_t)at, object ? "expected ',' or '}'" : "expected ',' or ']'");
            at = need_token(j);
            if (at < 0)
                return at;
        }
        return object ? read_key(j, (size_t)at) : at;
    }
    return 0;
}

static int read_document(struct json *j, size_t at)
{
    for (;;) {
        bool opens = j->text[at] == '{' || j->text[at] == '[';
        int r = read_value(j, at);
        if (r < 0)
            return r;
        int64_t next = next_value(j, opens);
        if (next < 0)
            return (int)next;
        if (j->tree->done)
            return 0;
        at = (size_t)next;
    }
}

static bool begins_document(char c)
{
    return c == '{' || c == '[';
}

static int read_documents(struct json *j, bool only_first)
{
    for (bool first = true;; first = false) {
        int64_t at = next_token(j);
        if (at < 0)
            return at == TEXT_END ? 0 : -EINVAL;
        if (!first && !begins_document(j->text[at]))
            return fail(j, (size_t)at, "unexpected text after the document");
        if (!first && only_first)
            return 0;
        int r = read_document(j, (size_t)at);
        if (r < 0 || (r = tree_finish(j->tree)) < 0)
            return r;
    }
}

int json_read(struct tree *t, bool only_first)
{
    struct json j = {.tree = t, .text = t->doc->text, .len = t->doc->len};
    j.end = doc_mark(j.text, j.len);
    if (j.len > UINT32_MAX)
        return err_set(t->err, "%s: larger than 4 GiB", t->doc->name);
    j.index = json_index_new();
    if (!j.index)
        return err_nomem(t->err);
    int r = read_documents(&j, only_first);
    json_index_free(j.index);
    return r;
}
