/* Decimal numbers are read by hand, as a double would not hold every nanosecond of a month. */
#include "sim/when.h"

#include "base/ascii.h"
#include "base/duration.h"

static const int64_t longest_seconds = INT64_C(36525) * 24 * 3600; /* a century */

static bool is_decimal(berth_str text)
{
    uint32_t digits = 0, points = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        digits += ascii_is_digit(text.ptr[i]);
        points += text.ptr[i] == '.';
    }
    return digits > 0 && points <= 1 && digits + points == text.len;
}

/* The decimal in nanoseconds; digits beyond are cut off. INT64_MAX when it is more than a century. */
static int64_t decimal_ns(berth_str text)
{
    int64_t seconds = 0, ns = 0, unit = DURATION_SECOND;
    uint32_t i = 0;
    for (; i < text.len && ascii_is_digit(text.ptr[i]); i++) {
        seconds = seconds * 10 + (text.ptr[i] - '0');
        if (seconds > longest_seconds)
            return INT64_MAX;
    }
    for (i++; i < text.len; i++)
        ns += (text.ptr[i] - '0') * (unit /= 10);
    return seconds * DURATION_SECOND + ns;
}

static int check(berth_str text, int64_t ns, int64_t *ret_ns, struct err *err)
{
    if (ns < 0)
        return err_set(err, "\"%.*s\" is before the beginning", BERTH_FMT(text));
    if (ns > longest_seconds * DURATION_SECOND)
        return err_set(err, "\"%.*s\" is more than a century", BERTH_FMT(text));
    *ret_ns = ns;
    return 0;
}

int when_seconds(berth_str text, int64_t *ret_ns, struct err *err)
{
    if (!is_decimal(text))
        return err_set(err, "\"%.*s\" is not a number of seconds", BERTH_FMT(text));
    return check(text, decimal_ns(text), ret_ns, err);
}

int when_parse(berth_str text, int64_t *ret_ns, struct err *err)
{
    int64_t ns;
    if (is_decimal(text))
        return when_seconds(text, ret_ns, err);
    if (text.len == 0 || duration_parse(text, &ns, NULL) < 0)
        return err_set(err, "\"%.*s\" is neither a number of seconds nor a duration such as 1h30m",
                       BERTH_FMT(text));
    return check(text, ns, ret_ns, err);
}
