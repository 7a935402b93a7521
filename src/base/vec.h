/*
 * Growable arrays of any type:
 *
 *     VEC(struct thing) things = {0};
 *     if (vec_push(&things, thing) < 0) ...      -1 when memory ran out
 *     for (size_t i = 0; i < things.len; i++) use(things.at[i]);
 *     vec_fini(&things);
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len, cap;                                                                           \
    }

/* Room for one more than len. */
int vec_grow(void **at, size_t *cap, size_t len, size_t item_size);

/* 0, or -1 when memory ran out; then nothing changed. */
#define vec_push(v, item)                                                                          \
    (((v)->len < (v)->cap                                                                          \
      || vec_grow((void **)&(v)->at, &(v)->cap, (v)->len, sizeof(*(v)->at)) == 0)                  \
         ? ((v)->at[(v)->len++] = (item), 0)                                                       \
         : -1)

#define vec_fini(v) (free((v)->at), (v)->at = NULL, (v)->len = (v)->cap = 0)

#endif
