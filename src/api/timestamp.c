/* RFC 3339 by hand, on the proleptic Gregorian calendar as Go's time package has it. */
#include "api/timestamp.h"

#include "base/ascii.h"

#include <errno.h>

enum { NS_PER_SECOND = 1000000000, SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097 /* of 400 years */ };

/* The number of exactly `len` digits at *p, -1 if there are none; moves *p behind them. */
static int take_digits(const char **p, const char *end, int len)
{
    int number = 0;
    if (end - *p < len)
        return -1;
    for (; len > 0; len--, (*p)++) {
        if (!ascii_is_digit(**p))
            return -1;
        number = number * 10 + (**p - '0');
    }
    return number;
}

static bool take(const char **p, const char *end, char c)
{
    if (*p == end || **p != c)
        return false;
    (*p)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days since 1970-01-01. Years begin in March here, so that the leap day is the last of its year. */
static int64_t days_of(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int of_era = year - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int64_t)era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool parse_date(const char **p, const char *end, int64_t *ret_days)
{
    int year = take_digits(p, end, 4);
    bool form = take(p, end, '-');
    int month = take_digits(p, end, 2);
    form &= take(p, end, '-');
    int day = take_digits(p, end, 2);
    if (!form || year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

static bool parse_clock(const char **p, const char *end, int *ret_seconds)
{
    int hour = take_digits(p, end, 2);
    bool form = take(p, end, ':');
    int minute = take_digits(p, end, 2);
    form &= take(p, end, ':');
    int second = take_digits(p, end, 2);
    if (!form || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    *ret_seconds = (hour * 60 + minute) * 60 + second;
    return true;
}

/* The digits behind the seconds, if there are any. */
static bool parse_fraction(const char **p, const char *end, int *ret_ns)
{
    *ret_ns = 0;
    if (!take(p, end, '.') && !take(p, end, ','))
        return true;
    const char *digits = *p;
    for (int place = NS_PER_SECOND / 10; *p < end && ascii_is_digit(**p); (*p)++, place /= 10)
        *ret_ns += (**p - '0') * place;
    return *p > digits;
}

/* The zone as seconds east of UTC, at the end of the text. */
static bool parse_zone(const char **p, const char *end, int *ret_offset)
{
    *ret_offset = 0;
    if (take(p, end, 'Z'))
        return *p == end;
    bool west = take(p, end, '-');
    if (!west && !take(p, end, '+'))
        return false;
    int hour = take_digits(p, end, 2);
    bool form = take(p, end, ':');
    int minute = take_digits(p, end, 2);
    if (!form || hour < 0 || hour > 23 || minute < 0 || minute > 59 || *p != end)
        return false;
    *ret_offset = (hour * 60 + minute) * (west ? -60 : 60);
    return true;
}

int timestamp_parse(berth_str text, int64_t *ret_ns)
{
    const char *p = text.len ? text.ptr : "", *end = p + text.len;
    int64_t days;
    int seconds, ns, offset;
    if (!parse_date(&p, end, &days) || !take(&p, end, 'T') || !parse_clock(&p, end, &seconds)
        || !parse_fraction(&p, end, &ns) || !parse_zone(&p, end, &offset))
        return -EINVAL;
    __int128 whole = (__int128)(days * SECONDS_PER_DAY + seconds - offset) * NS_PER_SECOND + ns;
    *ret_ns = whole > INT64_MAX ? INT64_MAX : whole < INT64_MIN ? INT64_MIN : (int64_t)whole;
    return 0;
}
