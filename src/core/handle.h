/* What a plugin's create() is handed: the inside of struct berth_handle. */
#ifndef CORE_HANDLE_H
#define CORE_HANDLE_H

#include "api/catalog.h"
#include "base/arena.h"
#include "base/err.h"
#include <berth/plugin.h>

struct gates;

struct berth_handle {
    struct catalog *catalog;
    struct arena *arena; /* the profile's: owns what is compiled for plugins */
    const struct gates *gates;
    struct err *err;     /* what berth_create_fails() was told */
};

#endif
