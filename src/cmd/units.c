#include "cmd/units.h"

#include <math.h>
#include <stdio.h>

/* Three digits are enough to compare by eye: 1.25, 12.5, 125; no zeros at the end. */
static void add_short(struct buf *b, double value)
{
    int decimals = fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
    char text[64];
    int len = snprintf(text, sizeof text, "%.*f", decimals, value);
    while (decimals && len > 1 && (text[len - 1] == '0' || text[len - 1] == '.')) {
        decimals = text[len - 1] == '.' ? 0 : decimals;
        len--;
    }
    buf_add(b, text, (size_t)len);
}

static void add_bytes(struct buf *b, int64_t bytes)
{
    static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    double value = (double)bytes;
    uint32_t power = 0;
    for (; fabs(value) >= 1024 && power < 6; power++)
        value /= 1024;
    add_short(b, value);
    buf_puts(b, suffixes[power]);
}

static bool counts_bytes(berth_str resource)
{
    const berth_str huge = BERTH_STR("hugepages-");
    return berth_str_eq(resource, BERTH_STR("memory"))
           || berth_str_eq(resource, BERTH_STR("ephemeral-storage"))
           || (resource.len > huge.len && memcmp(resource.ptr, huge.ptr, huge.len) == 0);
}

void unit_amount(struct buf *b, berth_str resource, int64_t amount)
{
    if (berth_str_eq(resource, BERTH_STR("cpu")))
        add_short(b, (double)amount / 1000);
    else if (counts_bytes(resource))
        add_bytes(b, amount);
    else
        unit_count(b, (uint64_t)amount);
}

void unit_quantity(struct buf *b, berth_str resource, int64_t amount)
{
    static const char *const suffixes[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    uint32_t power = 0;
    if (berth_str_eq(resource, BERTH_STR("cpu"))) {
        bool whole = amount % 1000 == 0;
        buf_printf(b, "%lld%s", (long long)(whole ? amount / 1000 : amount), whole ? "" : "m");
        return;
    }
    for (; counts_bytes(resource) && amount != 0 && amount % 1024 == 0 && power < 6; power++)
        amount /= 1024;
    buf_printf(b, "%lld%s", (long long)amount, suffixes[power]);
}

void unit_count(struct buf *b, uint64_t count)
{
    static const char suffixes[] = "kMGTPE";
    if (count < 100000) {
        buf_printf(b, "%llu", (unsigned long long)count);
        return;
    }
    double value = (double)count / 1000;
    uint32_t power = 0;
    for (; value >= 1000; power++)
        value /= 1000;
    add_short(b, value);
    buf_char(b, suffixes[power]);
}

void unit_seconds(struct buf *b, double seconds)
{
    double value = seconds < 0.001 ? seconds * 1e6 : seconds < 1 ? seconds * 1000 : seconds;
    add_short(b, value);
    buf_puts(b, seconds < 0.001 ? " µs" : seconds < 1 ? " ms" : " s");
}

void unit_span(struct buf *b, int64_t ns)
{
    static const struct {
        int64_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t seconds = ns / 1000000000;
    if (seconds < 60) {
        add_short(b, (double)ns / 1e9);
        buf_char(b, 's');
        return;
    }
    uint32_t first = 0;
    while (seconds < units[first].seconds)
        first++;
    buf_printf(b, "%lld%c", (long long)(seconds / units[first].seconds), units[first].letter);
    int64_t rest = seconds % units[first].seconds / units[first + 1].seconds;
    if (rest)
        buf_printf(b, "%lld%c", (long long)rest, units[first + 1].letter);
}

/* The length of a number with a point, without the zeros at its end. */
static size_t without_zeros(const char *text, size_t len)
{
    while (text[len - 1] == '0')
        len--;
    return len - (text[len - 1] == '.');
}

void unit_decimal_seconds(struct buf *b, int64_t ns)
{
    char text[40];
    long long seconds = ns / 1000000000, rest = ns % 1000000000;
    int len = snprintf(text, sizeof text, "%lld.%09lld", seconds, rest);
    buf_add(b, text, without_zeros(text, (size_t)len));
}

void unit_decimal(struct buf *b, double value, int decimals)
{
    char text[64];
    int len = snprintf(text, sizeof text, "%.*f", decimals, value);
    len = len < (int)sizeof text ? len : (int)sizeof text - 1;
    buf_add(b, text, decimals ? without_zeros(text, (size_t)len) : (size_t)len);
}
