/*
 * Spelling hints by edit distance (Damerau-Levenshtein, neighbours swapped at most once).
 */
#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

enum { LONGEST_WORD = 64 }; /* longer words are no typing errors */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    if (a_len > LONGEST_WORD || b_len > LONGEST_WORD)
        return a_len + b_len;
    size_t rows[3][LONGEST_WORD + 1]; /* the last three rows of the matrix: before, above, current */
    size_t *before = rows[0], *above = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        above[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = above[j - 1] + (a[i - 1] != b[j - 1]);
            current[j] = least(replace, least(above[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = least(current[j], before[j - 2] + 1);
        }
        size_t *freed = before;
        before = above;
        above = current;
        current = freed;
    }
    return above[b_len];
}

const char *nearest_word(const char *word, const char *const *candidates, size_t len)
{
    const char *best = NULL;
    size_t best_distance = strlen(word) / 3 + 2; /* beyond this it is another word */
    for (size_t i = 0; i < len; i++) {
        bool begins = strlen(word) >= 2 && strncmp(word, candidates[i], strlen(word)) == 0;
        size_t distance = begins ? 1 : edit_distance(word, candidates[i]);
        if (distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}
