/* The extension points, once: enum, name in configuration files, name in messages. */
#ifndef CONFIG_POINTS_H
#define CONFIG_POINTS_H

/* In the order in which multiPoint is expanded. */
#define POINTS(X)                                                                                  \
    X(PRE_FILTER, "preFilter", "PreFilterPlugin")                                                  \
    X(FILTER, "filter", "FilterPlugin")                                                            \
    X(POST_FILTER, "postFilter", "PostFilterPlugin")                                               \
    X(RESERVE, "reserve", "ReservePlugin")                                                         \
    X(PRE_SCORE, "preScore", "PreScorePlugin")                                                     \
    X(SCORE, "score", "ScorePlugin")                                                               \
    X(PRE_BIND, "preBind", "PreBindPlugin")                                                        \
    X(BIND, "bind", "BindPlugin")                                                                  \
    X(POST_BIND, "postBind", "PostBindPlugin")                                                     \
    X(PERMIT, "permit", "PermitPlugin")                                                            \
    X(PRE_ENQUEUE, "preEnqueue", "PreEnqueuePlugin")                                               \
    X(QUEUE_SORT, "queueSort", "QueueSortPlugin")                                                  \
    X(PLACEMENT_GENERATE, "placementGenerate", "PlacementGeneratePlugin")                          \
    X(PLACEMENT_SCORE, "placementScore", "PlacementScorePlugin")

enum point {
#define X(id, field, type) POINT_##id,
    POINTS(X)
#undef X
    POINT_COUNT,
    POINT_MULTI = POINT_COUNT,
};

/* The name in files, POINT_MULTI's too; the name of the plugin type in messages, not for POINT_MULTI. */
const char *point_field(enum point point);
const char *point_type(enum point point);

#endif
