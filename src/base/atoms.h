/* The table of interned strings behind berth_atom. Atoms live as long as their table. */
#ifndef BASE_ATOMS_H
#define BASE_ATOMS_H

#include "base/arena.h"
#include <berth/str.h>

/* Zero-initialise; release with atoms_fini(). Not shared between threads. */
struct atoms {
    struct arena arena;
    berth_atom *slots; /* open addressing by hash; NULL: free */
    uint32_t cap;      /* 0 or a power of two */
    uint32_t len;
};

/* The atom of the text, made when there is none; NULL when memory ran out. */
berth_atom atoms_intern(struct atoms *t, berth_str text);

/* The atom of the text if there is one, else NULL. */
berth_atom atoms_find(const struct atoms *t, berth_str text);

void atoms_fini(struct atoms *t);

#endif
