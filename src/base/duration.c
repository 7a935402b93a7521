/*
 * Go's durations, read and written. A text is a sign and one or more numbers with a unit; everything is
 * summed in 64-bit nanoseconds, and whatever does not fit is refused. https://pkg.go.dev/time#ParseDuration
 */
#include "base/duration.h"

#include "base/array.h"
#include "base/ascii.h"

/* 1 << 63: the most negative duration's size; larger sums do not fit. */
#define DURATION_LIMIT (UINT64_C(1) << 63)

static const struct {
    const char *name;
    uint64_t ns;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xC2\xB5s", 1000}, /* micro sign */
    {"\xCE\xBCs", 1000}, /* Greek mu */
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", UINT64_C(60) * 1000000000},
    {"h", UINT64_C(3600) * 1000000000},
};

struct cursor {
    const char *at, *end;
};

static bool read_whole(struct cursor *c, uint64_t *ret)
{
    uint64_t value = 0;
    for (; c->at < c->end && ascii_is_digit(*c->at); c->at++) {
        if (value > DURATION_LIMIT / 10)
            return false;
        value = value * 10 + (uint64_t)(*c->at - '0');
        if (value > DURATION_LIMIT)
            return false;
    }
    *ret = value;
    return true;
}

/* Digits after the point; those beyond 63 bits do not change the result. */
static void read_fraction(struct cursor *c, uint64_t *ret_digits, double *ret_scale)
{
    bool full = false;
    *ret_digits = 0;
    *ret_scale = 1;
    for (; c->at < c->end && ascii_is_digit(*c->at); c->at++) {
        if (full || *ret_digits > (DURATION_LIMIT - 1) / 10) {
            full = true;
            continue;
        }
        *ret_digits = *ret_digits * 10 + (uint64_t)(*c->at - '0');
        *ret_scale *= 10;
    }
}

static uint64_t unit_of(berth_str name)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (berth_str_eq(name, berth_str_of(units[i].name)))
            return units[i].ns;
    return 0;
}

static int invalid(struct err *err, const char *what, berth_str text)
{
    struct buf quoted = {0};
    buf_quote(&quoted, text);
    err_set(err, "time: %s duration %s", what, quoted.ptr);
    buf_fini(&quoted);
    return -EINVAL;
}

static int unknown_unit(struct err *err, berth_str unit, berth_str text)
{
    struct buf message = {0};
    buf_puts(&message, "unknown unit ");
    buf_quote(&message, unit);
    buf_puts(&message, " in");
    int r = invalid(err, message.ptr, text);
    buf_fini(&message);
    return r;
}

/* One number with its unit, in nanoseconds. */
static int read_part(struct cursor *c, berth_str text, uint64_t *ret_ns, struct err *err)
{
    const char *start = c->at;
    uint64_t whole, fraction = 0;
    double scale = 1;
    if (!read_whole(c, &whole))
        return invalid(err, "invalid", text);
    bool has_digits = c->at > start;
    if (c->at < c->end && *c->at == '.') {
        start = ++c->at;
        read_fraction(c, &fraction, &scale);
        has_digits |= c->at > start;
    }
    if (!has_digits)
        return invalid(err, "invalid", text);
    start = c->at;
    while (c->at < c->end && *c->at != '.' && !ascii_is_digit(*c->at))
        c->at++;
    berth_str name = {start, (uint32_t)(c->at - start)};
    if (name.len == 0)
        return invalid(err, "missing unit in", text);
    uint64_t unit = unit_of(name);
    if (unit == 0)
        return unknown_unit(err, name, text);
    if (whole > DURATION_LIMIT / unit)
        return invalid(err, "invalid", text);
    *ret_ns = whole * unit;
    if (fraction > 0)
        *ret_ns += (uint64_t)((double)fraction * ((double)unit / scale));
    return *ret_ns > DURATION_LIMIT ? invalid(err, "invalid", text) : 0;
}

int duration_parse(berth_str text, int64_t *ret_ns, struct err *err)
{
    struct cursor c = {text.ptr, text.ptr + text.len};
    bool negative = text.len && *c.at == '-';
    if (text.len && (*c.at == '-' || *c.at == '+'))
        c.at++;
    if (c.at == c.end)
        return invalid(err, "invalid", text);
    uint64_t sum = 0;
    bool zero = c.end - c.at == 1 && *c.at == '0';
    while (!zero && c.at < c.end) {
        uint64_t part = 0;
        int r = read_part(&c, text, &part, err);
        if (r < 0)
            return r;
        sum += part;
        if (sum > DURATION_LIMIT)
            return invalid(err, "invalid", text);
    }
    if (!negative && sum > DURATION_LIMIT - 1)
        return invalid(err, "invalid", text);
    *ret_ns = (int64_t)(negative ? -sum : sum);
    return 0;
}

/* number / unit with the zeros at its end left out. */
static void print_decimal(struct buf *b, uint64_t number, uint64_t unit)
{
    buf_printf(b, "%llu", (unsigned long long)(number / unit));
    uint64_t rest = number % unit;
    if (rest == 0)
        return;
    buf_char(b, '.');
    while (rest) {
        unit /= 10;
        buf_char(b, (char)('0' + rest / unit));
        rest %= unit;
    }
}

void duration_print(struct buf *b, int64_t ns)
{
    uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    if (ns < 0)
        buf_char(b, '-');
    if (size == 0) {
        buf_puts(b, "0s");
    } else if (size < DURATION_SECOND) {
        size_t unit = size < 1000 ? 0 : size < 1000000 ? 2 : 4;
        print_decimal(b, size, units[unit].ns);
        buf_puts(b, units[unit].name);
    } else {
        uint64_t minutes = size / (60 * DURATION_SECOND);
        if (minutes >= 60)
            buf_printf(b, "%lluh", (unsigned long long)(minutes / 60));
        if (minutes > 0)
            buf_printf(b, "%llum", (unsigned long long)(minutes % 60));
        print_decimal(b, size % (60 * DURATION_SECOND), DURATION_SECOND);
        buf_char(b, 's');
    }
}
