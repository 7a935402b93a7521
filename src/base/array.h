/* The number of items of an array. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

#endif
