/*
 * Scalars by their first byte, as go-yaml does: only what begins like a word of the list, a number or a date
 * can be anything but text.
 */
#include "base/yaml_scalar.h"

#include "base/array.h"
#include "base/ascii.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- words ---- */

static const struct {
    const char *text;
    enum yaml_kind kind;
} words[] = {
    {"y", YAML_TRUE},         {"Y", YAML_TRUE},         {"yes", YAML_TRUE},       {"Yes", YAML_TRUE},
    {"YES", YAML_TRUE},       {"true", YAML_TRUE},      {"True", YAML_TRUE},      {"TRUE", YAML_TRUE},
    {"on", YAML_TRUE},        {"On", YAML_TRUE},        {"ON", YAML_TRUE},        {"n", YAML_FALSE},
    {"N", YAML_FALSE},        {"no", YAML_FALSE},       {"No", YAML_FALSE},       {"NO", YAML_FALSE},
    {"false", YAML_FALSE},    {"False", YAML_FALSE},    {"FALSE", YAML_FALSE},    {"off", YAML_FALSE},
    {"Off", YAML_FALSE},      {"OFF", YAML_FALSE},      {"", YAML_NOTHING},       {"~", YAML_NOTHING},
    {"null", YAML_NOTHING},   {"Null", YAML_NOTHING},   {"NULL", YAML_NOTHING},   {".nan", YAML_INFINITE},
    {".NaN", YAML_INFINITE},  {".NAN", YAML_INFINITE},  {".inf", YAML_INFINITE},  {".Inf", YAML_INFINITE},
    {".INF", YAML_INFINITE},  {"+.inf", YAML_INFINITE}, {"+.Inf", YAML_INFINITE}, {"+.INF", YAML_INFINITE},
    {"-.inf", YAML_INFINITE}, {"-.Inf", YAML_INFINITE}, {"-.INF", YAML_INFINITE}, {"<<", YAML_MERGE},
};

enum { LONGEST_WORD = 5 };

static enum yaml_kind word_kind(berth_str text)
{
    for (size_t i = 0; i < ARRAY_LEN(words) && text.len <= LONGEST_WORD; i++)
        if (berth_str_eq(text, berth_str_of(words[i].text)))
            return words[i].kind;
    return YAML_TEXT;
}

/* ---- numbers ---- */

enum { NUMBER_MAX = 400 }; /* bytes; what is longer is text or needs no conversion */

/* The text without underscores, NUL-terminated in `out`; false if it does not fit. */
static bool plain_digits(berth_str text, char out[NUMBER_MAX])
{
    size_t len = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_')
            continue;
        if (len == NUMBER_MAX - 1)
            return false;
        out[len++] = text.ptr[i];
    }
    out[len] = '\0';
    return true;
}

/* The base that a prefix names, and the digits after it: Go's rules for base 0. */
static int number_base(const char **digits)
{
    const char *p = *digits;
    char letter = p[0] == '0' ? (char)(p[1] | 0x20) : '\0';
    int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base) {
        *digits = p + 2;
        return base;
    }
    return p[0] == '0' && p[1] ? 8 : 10;
}

/* An integer of 64 bits, signed or not, in any of Go's bases. */
static bool parse_integer(const char *text, bool *ret_negative, uint64_t *ret_magnitude)
{
    bool negative = text[0] == '-', is_signed = negative || text[0] == '+';
    const char *digits = text + is_signed;
    int base = number_base(&digits);
    uint64_t magnitude = 0;
    if (!*digits)
        return false;
    for (; *digits; digits++) {
        int lower = *digits | 0x20;
        int digit = ascii_is_digit(*digits)        ? *digits - '0'
                    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                   : 99;
        if (digit >= base || __builtin_mul_overflow(magnitude, (uint64_t)base, &magnitude)
            || __builtin_add_overflow(magnitude, (uint64_t)digit, &magnitude))
            return false;
    }
    if (is_signed && magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *ret_negative = negative && magnitude;
    *ret_magnitude = magnitude;
    return true;
}

static const char *after_digits(const char *p)
{
    while (ascii_is_digit(*p))
        p++;
    return p;
}

/* [-+]? ( .d+ | d+ (.d*)? ) ( [eE] [-+]? d+ )?, and finite in float64. */
static bool parse_float(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+');
    const char *whole = after_digits(p);
    const char *end = whole;
    if (*whole == '.') {
        end = after_digits(whole + 1);
        if (whole == p && end == whole + 1)
            return false;
    } else if (whole == p) {
        return false;
    }
    if ((*end | 0x20) == 'e') {
        const char *exponent = end + 1 + (end[1] == '-' || end[1] == '+');
        end = after_digits(exponent);
        if (end == exponent)
            return false;
    }
    return !*end && isfinite(strtod(text, NULL));
}

/* ---- dates ---- */

/* Reads `least` to `most` digits as a number up to `limit`. */
static bool take_number(const char **p, int least, int most, int limit)
{
    int number = 0, count = 0;
    for (; count < most && ascii_is_digit(**p); count++, (*p)++)
        number = number * 10 + (**p - '0');
    return count >= least && number <= limit;
}

static bool take(const char **p, char c)
{
    return **p == c ? (*p)++, true : false;
}

static bool is_clock(const char *p, bool zoned)
{
    if (!take_number(&p, 1, 2, 23) || !take(&p, ':') || !take_number(&p, 1, 2, 59) || !take(&p, ':')
        || !take_number(&p, 1, 2, 59))
        return false;
    if (take(&p, '.') && !take_number(&p, 1, 9, INT32_MAX))
        return false;
    if (zoned && !take(&p, 'Z')) {
        if ((*p != '+' && *p != '-') || (p++, !take_number(&p, 2, 2, 24)) || !take(&p, ':')
            || !take_number(&p, 2, 2, 59))
            return false;
    }
    return !*p;
}

/* The formats go-yaml tries: a date, alone or with a time after 'T' (with zone) or a space (without). */
static bool is_time(const char *p)
{
    if (!take_number(&p, 4, 4, 9999) || !take(&p, '-') || !take_number(&p, 1, 2, 12) || !take(&p, '-')
        || !take_number(&p, 1, 2, 31))
        return false;
    if (!*p)
        return true;
    bool zoned = take(&p, 'T') || take(&p, 't');
    return (zoned || take(&p, ' ')) && is_clock(p, zoned);
}

/* ---- all together ---- */

static enum yaml_kind number_kind(berth_str text)
{
    char plain[NUMBER_MAX];
    bool negative;
    uint64_t magnitude;
    if (text.len >= NUMBER_MAX || memchr(text.ptr, '\0', text.len))
        return YAML_TEXT;
    memcpy(plain, text.ptr, text.len);
    plain[text.len] = '\0';
    if (plain[0] == '.')
        return parse_float(plain) ? YAML_FLOAT : YAML_TEXT;
    if (is_time(plain))
        return YAML_TIME;
    plain_digits(text, plain);
    if (parse_integer(plain, &negative, &magnitude))
        return YAML_INTEGER;
    return parse_float(plain) ? YAML_FLOAT : YAML_TEXT;
}

enum yaml_kind yaml_kind(berth_str text)
{
    if (text.len > 0 && !memchr("+-.0123456789yYnNtTfFoO~<", text.ptr[0], 25))
        return YAML_TEXT;
    enum yaml_kind kind = word_kind(text);
    if (kind != YAML_TEXT || text.len == 0 || !memchr("+-.0123456789", text.ptr[0], 13))
        return kind;
    return number_kind(text);
}

static bool is_json_number(berth_str text, enum yaml_kind kind)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    p += p < end && *p == '-';
    if (p == end || !ascii_is_digit(*p) || (*p == '0' && end - p > 1 && ascii_is_digit(p[1])))
        return false;
    for (const char *q = p; q < end; q++)
        if (!ascii_is_digit(*q)
            && (kind == YAML_INTEGER || *q == '_' || (*q == '.' && (q + 1 == end || !ascii_is_digit(q[1])))))
            return false;
    return true;
}

/* A sign, digits before and after the point, and no leading zeros, as JSON wants them. */
static int print_float(const char *plain, char *out)
{
    const char *p = plain + (*plain == '-' || *plain == '+');
    const char *whole_end = after_digits(p);
    while (p + 1 < whole_end && *p == '0')
        p++;
    const char *rest = whole_end;
    const char *fraction_end = *rest == '.' ? after_digits(rest + 1) : rest;
    int whole = (int)(whole_end - p), fraction = (int)(fraction_end - rest);
    return sprintf(out, "%s%.*s%.*s%s", *plain == '-' ? "-" : "", whole ? whole : 1, whole ? p : "0",
                   fraction > 1 ? fraction : 0, rest, fraction_end);
}

berth_str yaml_number(berth_str text, enum yaml_kind kind, struct arena *arena)
{
    char plain[NUMBER_MAX], out[NUMBER_MAX + 2];
    bool negative;
    uint64_t magnitude;
    if (is_json_number(text, kind))
        return text;
    plain_digits(text, plain);
    int len;
    if (kind == YAML_INTEGER && parse_integer(plain, &negative, &magnitude))
        len = sprintf(out, "%s%llu", negative ? "-" : "", (unsigned long long)magnitude);
    else
        len = print_float(plain, out);
    const char *copy = arena_copy(arena, out, (size_t)len);
    return copy ? (berth_str){copy, (uint32_t)len} : (berth_str){0};
}
