/*
 * The shapes that arguments give scoring functions:
 * points of utilisation and score, straight lines between them.
 */
#ifndef PLUGINS_SHAPE_H
#define PLUGINS_SHAPE_H

#include <berth/value.h>

#include <stdint.h>

/* Scores in arguments are 0..10. */
struct shape_point {
    int64_t utilization, score;
};

/* The i-th point; what is missing is 0. */
struct shape_point shape_point_at(const struct berth_value *shape, uint32_t i);

enum { SHAPE_LEN = 101 };

/* The shape's score, 0..100, for each utilisation of 0..100. The shape must be valid. */
void shape_read(const struct berth_value *shape, int64_t by_utilization[SHAPE_LEN]);

#endif
