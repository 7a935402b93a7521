/* What somebody probably meant to type. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* The least number of single-character insertions, deletions, changes and swaps between two words. */
size_t edit_distance(const char *a, const char *b);

/* The candidate nearest to the word, NULL when none is near enough to be worth a hint. */
const char *nearest_word(const char *word, const char *const *candidates, size_t len);

#endif
