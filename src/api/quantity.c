/*
 * Quantities as a 128-bit number of digits and a power of ten. Upstream has two representations, int64 and
 * arbitrary decimals, and a few of its answers depend on which one a text gets; those conditions are in
 * is_small() and kept in the struct.
 */
#include "api/quantity.h"

#include "base/ascii.h"

#include <limits.h>

typedef unsigned __int128 u128;

enum { NANO = -9, MAX_DIGITS = 38 /* of any 38 digits the number is below 2^127 */ };

static u128 pow10_of(int exponent)
{
    u128 power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* ---- the parts of a text ---- */

struct parts {
    bool negative;
    berth_str whole;    /* digits before the point, leading zeros stripped, "0" if there were none */
    berth_str fraction; /* digits after it */
    berth_str suffix;
    bool has_digits;
};

static berth_str between(const char *from, const char *to)
{
    return (berth_str){from, (uint32_t)(to - from)};
}

static int bad_form(struct err *err)
{
    return err_set(err, "quantities must match the regular expression "
                        "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

static int split(berth_str text, struct parts *ret, struct err *err)
{
    const char *p = text.ptr, *end = p + text.len;
    *ret = (struct parts){.negative = *p == '-'};
    p += *p == '-' || *p == '+';
    const char *zeros = p;
    while (p < end && *p == '0')
        p++;
    const char *whole = p;
    p = ascii_skip_digits(p, end);
    ret->whole = p > whole ? between(whole, p) : BERTH_STR("0");
    ret->has_digits = p > zeros;
    if (p < end && *p == '.') {
        const char *fraction = p + 1;
        p = ascii_skip_digits(fraction, end);
        ret->fraction = between(fraction, p);
        ret->has_digits |= p > fraction;
    }
    const char *suffix = p;
    while (p < end && *p && strchr("eEinumkKMGTP", *p))
        p++;
    p += p < end && (*p == '-' || *p == '+');
    p = ascii_skip_digits(p, end);
    ret->suffix = between(suffix, p);
    return p == end ? 0 : bad_form(err);
}

/* The exponent after "e" or "E", cut to 32 bits as upstream cuts it; false if it is no int64. */
static bool parse_exponent(berth_str text, int32_t *ret)
{
    bool negative = text.len && text.ptr[0] == '-';
    uint32_t i = text.len && (negative || text.ptr[0] == '+');
    int64_t number = 0;
    if (i == text.len)
        return false;
    for (; i < text.len; i++)
        if (!ascii_is_digit(text.ptr[i]) || __builtin_mul_overflow(number, 10, &number)
            || __builtin_sub_overflow(number, text.ptr[i] - '0', &number))
            return false;
    if (!negative && number == INT64_MIN)
        return false;
    *ret = (int32_t)(uint32_t)(negative ? number : -number);
    return true;
}

/* What a suffix multiplies by: a power of ten, or of two if the format is binary. */
static bool parse_suffix(berth_str s, int32_t *ret_exponent, enum quantity_format *ret_format)
{
    static const char decimal[] = "num kMGTPE", binary[] = "KMGTPE";
    const char *letter = s.len && s.ptr[0] != ' ' ? strchr(s.len == 2 ? binary : decimal, s.ptr[0]) : NULL;
    *ret_format = QUANTITY_DECIMAL;
    *ret_exponent = 0;
    if (s.len == 0)
        return true;
    if (s.len == 1 && letter) {
        *ret_exponent = (int32_t)(letter - decimal - 3) * 3;
        return true;
    }
    if (s.len == 2 && letter && s.ptr[1] == 'i') {
        *ret_format = QUANTITY_BINARY;
        *ret_exponent = (int32_t)(letter - binary + 1) * 10;
        return true;
    }
    *ret_format = QUANTITY_EXPONENT;
    return s.len > 1 && (s.ptr[0] | 0x20) == 'e'
           && parse_exponent(between(s.ptr + 1, s.ptr + s.len), ret_exponent);
}

/* ---- small numbers: upstream's int64 ---- */

static bool read_small(const struct parts *p, u128 *ret)
{
    u128 number = 0;
    for (uint32_t i = 0; i < p->whole.len; i++)
        number = number * 10 + (u128)(p->whole.ptr[i] - '0');
    for (uint32_t i = 0; i < p->fraction.len; i++)
        number = number * 10 + (u128)(p->fraction.ptr[i] - '0');
    *ret = number;
    return number <= INT64_MAX;
}

/* Whether upstream's fast path takes the text: few digits, no part below a nano, no binary fraction. */
static bool is_small(const struct parts *p, int32_t exponent, enum quantity_format format)
{
    uint64_t len = (uint64_t)p->whole.len + p->fraction.len;
    if (format != QUANTITY_BINARY)
        return len <= 18 && (int64_t)exponent - p->fraction.len >= NANO && (int64_t)exponent <= INT_MAX / 2;
    return p->fraction.len == 0 && 15 - (int64_t)p->whole.len - exponent * 3 / 10 - 1 >= 0;
}

/* Whether upstream keeps the text of such a number as its printed form. */
static bool keeps_text(const struct parts *p, const struct quantity *q, u128 number, int32_t exponent)
{
    if (q->format == QUANTITY_BINARY)
        return exponent % 10 == 0 && (number & 7) != 0;
    char last[3] = "";
    uint32_t len = p->whole.len + p->fraction.len;
    for (uint32_t i = 0; i < 3 && i < len; i++) {
        uint32_t at = len - 1 - i;
        last[i] = at < p->whole.len ? p->whole.ptr[at] : p->fraction.ptr[at - p->whole.len];
    }
    return q->scale % 3 == 0 && memcmp(last, "000", 3) != 0 && p->whole.ptr[0] != '0';
}

static bool parse_small(const struct parts *p, int32_t exponent, struct quantity *q)
{
    u128 number;
    if (!is_small(p, exponent, q->format) || !read_small(p, &number))
        return false;
    u128 product = q->format == QUANTITY_BINARY ? number << exponent : number;
    if (product > INT64_MAX)
        return false;
    q->digits = p->negative ? -(__int128)product : (__int128)product;
    q->scale = q->format == QUANTITY_BINARY ? 0 : exponent - (int32_t)p->fraction.len;
    q->as_written = keeps_text(p, q, number, exponent);
    return true;
}

/* ---- large numbers: upstream's inf.Dec ---- */

/* The digits as a number times 10^*ret_scale. Beyond MAX_DIGITS it is rounded up. */
static u128 read_large(const struct parts *p, int64_t *ret_scale)
{
    u128 number = 0;
    int significant = 0;
    int64_t dropped = 0;
    bool inexact = false;
    for (uint64_t i = 0; i < (uint64_t)p->whole.len + p->fraction.len; i++) {
        char c = i < p->whole.len ? p->whole.ptr[i] : p->fraction.ptr[i - p->whole.len];
        if (significant < MAX_DIGITS) {
            number = number * 10 + (u128)(c - '0');
            significant += number != 0;
        } else {
            dropped++;
            inexact |= c != '0';
        }
    }
    *ret_scale = dropped - (int64_t)p->fraction.len;
    return number + inexact;
}

/* A 192-bit number, lowest limb first: enough for 38 digits times 2^60. */
struct wide {
    uint64_t limbs[3];
};

static struct wide wide_shift(u128 number, int bits)
{
    u128 low = (u128)(uint64_t)number << bits;
    u128 high = (u128)(uint64_t)(number >> 64) << bits;
    u128 middle = (low >> 64) + (uint64_t)high;
    return (struct wide){
        {(uint64_t)low, (uint64_t)middle, (uint64_t)(high >> 64) + (uint64_t)(middle >> 64)}};
}

static uint32_t wide_divide_by_10(struct wide *w)
{
    u128 remainder = 0;
    for (int i = 2; i >= 0; i--) {
        u128 part = remainder << 64 | w->limbs[i];
        w->limbs[i] = (uint64_t)(part / 10);
        remainder = part % 10;
    }
    return (uint32_t)remainder;
}

/* number * 2^exponent * 10^scale, at most int64: rounds up to nanos, caps, as the binary format asks. */
static u128 scale_binary(u128 number, int32_t exponent, int64_t scale, struct quantity *q)
{
    struct wide w = wide_shift(number, exponent);
    bool inexact = false;
    for (; scale < NANO && (w.limbs[0] || w.limbs[1] || w.limbs[2]); scale++)
        inexact |= wide_divide_by_10(&w) != 0;
    q->scale = scale < NANO ? NANO : (int32_t)scale;
    u128 low = (u128)w.limbs[1] << 64 | w.limbs[0];
    u128 most = q->scale <= 0 ? (u128)INT64_MAX * pow10_of(-q->scale) : 0;
    if (w.limbs[2] || low > most || low + inexact > most) {
        q->scale = 0;
        return INT64_MAX;
    }
    return low + inexact;
}

static u128 scale_decimal(u128 number, int64_t scale, struct quantity *q)
{
    bool inexact = false;
    for (; scale < NANO && number; scale++) {
        inexact |= number % 10 != 0;
        number /= 10;
    }
    q->scale = scale < NANO ? NANO : scale > INT_MAX ? INT_MAX : (int32_t)scale;
    return number + inexact;
}

static void parse_large(const struct parts *p, int32_t exponent, struct quantity *q)
{
    int64_t scale;
    u128 number = read_large(p, &scale);
    q->large_decimal = true;
    if (q->format == QUANTITY_BINARY)
        number = scale_binary(number, exponent, scale, q);
    else
        number = scale_decimal(number, scale + exponent, q);
    bool below_one = q->scale < 0 && number < pow10_of(-q->scale);
    if (q->format == QUANTITY_BINARY && number && below_one)
        q->format = QUANTITY_DECIMAL;
    q->digits = p->negative ? -(__int128)number : (__int128)number;
}

int quantity_parse(berth_str text, struct quantity *ret_quantity, struct err *err)
{
    struct parts parts;
    int32_t exponent;
    enum quantity_format format;
    if (text.len == 0)
        return bad_form(err);
    int r = split(text, &parts, err);
    if (r < 0)
        return r;
    if (!parse_suffix(parts.suffix, &exponent, &format))
        return err_set(err, "unable to parse quantity's suffix");
    struct quantity q = {.format = (uint8_t)format};
    if (!parse_small(&parts, exponent, &q)) {
        if (!parts.has_digits)
            return err_set(err, "unable to parse numeric part of quantity");
        parse_large(&parts, exponent, &q);
    }
    *ret_quantity = q;
    return 0;
}

/* ---- numbers out of it ---- */

static int64_t saturated(__int128 number)
{
    return number > INT64_MAX ? INT64_MAX : number < INT64_MIN ? INT64_MIN : (int64_t)number;
}

/* In units of 10^unit. */
static int64_t scaled(const struct quantity *q, int unit)
{
    __int128 digits = q->digits;
    int64_t shift = (int64_t)q->scale - unit;
    for (; shift > 0 && digits && digits <= INT64_MAX && digits >= INT64_MIN; shift--)
        digits *= 10;
    if (shift >= 0)
        return saturated(digits);
    __int128 divisor = (__int128)pow10_of((int)-shift);
    __int128 quotient = digits / divisor;
    if (digits % divisor)
        quotient += digits > 0 || q->large_decimal ? 1 : -1;
    return saturated(quotient);
}

int64_t quantity_value(const struct quantity *q)
{
    return scaled(q, 0);
}

int64_t quantity_milli(const struct quantity *q)
{
    return scaled(q, -3);
}

int quantity_sign(const struct quantity *q)
{
    return (q->digits > 0) - (q->digits < 0);
}

/* Takes tens from the scale into the digits down to scale `to`, as room allows; returns the new scale. */
static int32_t widen(__int128 *digits, int32_t scale, int32_t to)
{
    __int128 wider;
    while (scale > to && !__builtin_mul_overflow(*digits, (__int128)10, &wider)) {
        *digits = wider;
        scale--;
        if (wider == 0)
            return to;
    }
    return scale;
}

int quantity_cmp(const struct quantity *a, const struct quantity *b)
{
    __int128 x = a->digits, y = b->digits;
    if (quantity_sign(a) != quantity_sign(b) || quantity_sign(a) == 0)
        return quantity_sign(a) - quantity_sign(b);
    int32_t sx = widen(&x, a->scale, b->scale), sy = widen(&y, b->scale, a->scale);
    if (sx != sy) /* one of them did not fit: it is the greater in magnitude */
        return sx > sy ? quantity_sign(a) : -quantity_sign(a);
    return (x > y) - (x < y);
}

void quantity_add(struct quantity *a, const struct quantity *b)
{
    __int128 x = a->digits, y = b->digits, sum;
    if (x == 0)
        a->format = b->format;
    a->as_written = false;
    a->large_decimal |= b->large_decimal;
    int32_t sx = a->scale, sy = b->scale;
    if (x == 0)
        sx = sy;
    if (y == 0)
        sy = sx;
    sx = widen(&x, sx, sy);
    sy = widen(&y, sy, sx);
    for (; sx < sy; sx++)
        x /= 10;
    for (; sy < sx; sy++)
        y /= 10;
    while (__builtin_add_overflow(x, y, &sum)) {
        x /= 10;
        y /= 10;
        sx++;
    }
    a->digits = sum;
    a->scale = sx;
}

/* ---- printing ---- */

static void print_digits(struct buf *b, __int128 number)
{
    char text[48], *p = text + sizeof(text);
    u128 magnitude = number < 0 ? -(u128)number : (u128)number;
    do
        *--p = (char)('0' + (int)(magnitude % 10));
    while (magnitude /= 10);
    if (number < 0)
        *--p = '-';
    buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

/* Digits and an exponent that is a multiple of three. */
static void print_decimal(struct buf *b, const struct quantity *q, bool as_exponent)
{
    static const char suffixes[][2] = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    __int128 digits = q->digits;
    int64_t exponent = q->scale;
    for (; digits % 10 == 0; exponent++)
        digits /= 10;
    int zeros = (int)((exponent % 3 + 3) % 3);
    exponent -= zeros;
    print_digits(b, digits);
    buf_add(b, "00", (size_t)zeros);
    if (as_exponent && exponent)
        buf_printf(b, "e%lld", (long long)exponent);
    if (!as_exponent && exponent >= -9 && exponent <= 18)
        buf_puts(b, suffixes[exponent / 3 + 3]);
}

static bool is_whole(const struct quantity *q)
{
    return q->scale >= 0 || q->digits % (__int128)pow10_of(-q->scale) == 0;
}

static void print_binary(struct buf *b, const struct quantity *q)
{
    static const char suffixes[][3] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    __int128 units = q->digits;
    size_t power = 0;
    if (q->scale < 0)
        units /= (__int128)pow10_of(-q->scale);
    else if (widen(&units, q->scale, 0) > 0)
        units = quantity_value(q);
    for (; power < 6 && units % 1024 == 0; power++)
        units /= 1024;
    print_digits(b, units);
    buf_puts(b, suffixes[power]);
}

void quantity_print(struct buf *b, const struct quantity *q)
{
    const struct quantity kibi = {.digits = 1024}, minus_kibi = {.digits = -1024};
    bool inside = quantity_cmp(q, &minus_kibi) > 0 && quantity_cmp(q, &kibi) < 0;
    if (q->digits == 0)
        buf_char(b, '0');
    else if (q->format == QUANTITY_BINARY && !inside && is_whole(q))
        print_binary(b, q);
    else
        print_decimal(b, q, q->format == QUANTITY_EXPONENT);
}
