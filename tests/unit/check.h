/* cmocka with the headers it needs, and checks that say which case of a table failed. */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include "base/array.h"
#include <berth/str.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define CHECK(condition, name)                                                                               \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            fail_msg("%s: %s", (name), #condition);                                                          \
    } while (0)

#define CHECK_INT(got, want, name)                                                                           \
    do {                                                                                                     \
        long long got_ = (got), want_ = (want);                                                              \
        if (got_ != want_)                                                                                   \
            fail_msg("%s: got %lld, want %lld", (name), got_, want_);                                        \
    } while (0)

#define CHECK_STR(got, want, name)                                                                           \
    do {                                                                                                     \
        berth_str got_ = (got), want_ = berth_str_of(want);                                                  \
        if (!berth_str_eq(got_, want_))                                                                      \
            fail_msg("%s: got\n%.*s\nwant\n%.*s", (name), BERTH_FMT(got_), BERTH_FMT(want_));                \
    } while (0)

#endif
