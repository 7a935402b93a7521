/*
 * What objects share: interned strings and pod classes. One catalog serves one core; everything decoded
 * with it may be compared by pointer. Not shared between threads.
 */
#ifndef API_CATALOG_H
#define API_CATALOG_H

#include "api/block.h"
#include "base/atoms.h"
#include "base/map.h"
#include <berth/objects.h>

#include <stdbool.h>

struct catalog;

/* NULL when memory ran out. */
struct catalog *catalog_new(void);
struct catalog *catalog_free(struct catalog *c);

/* The catalog's strings. */
struct atoms *catalog_atoms(struct catalog *c);

/*
 * The class with the content of the block that `b` holds (a struct berth_class with its lists, header
 * unset): an old one or a new one, its reference count raised. NULL when memory ran out.
 */
const struct berth_class *catalog_class(struct catalog *c, struct block *b);

/* The class that differs from `class` only in priority and in whether it never preempts. */
const struct berth_class *catalog_class_with_priority(struct catalog *c, const struct berth_class *class,
                                                      int32_t priority, bool never_preempts);

/* Whether the classes are kin: what plugins of row scope say of one holds for the other. */
bool classes_are_kin(const struct berth_class *a, const struct berth_class *b);

/* Highest id given to a class, and to a labels_id, so far. No id is ever given twice. */
uint32_t catalog_classes(const struct catalog *c);
uint32_t catalog_label_sets(const struct catalog *c);

/* Classes are shared by reference count; the last unref removes the class from the catalog. */
void class_ref(const struct berth_class *class);
void class_unref(struct catalog *c, const struct berth_class *class);

/* Objects are shared by reference count; unref of NULL is allowed. */
const struct berth_pod *pod_ref(const struct berth_pod *pod);
void pod_unref(struct catalog *c, const struct berth_pod *pod);

/* The same pod with another priority; NULL when memory ran out. */
const struct berth_pod *pod_with_priority(struct catalog *c, const struct berth_pod *pod, int32_t priority,
                                          bool never_preempts);

/* The same pod under another name and without a uid; NULL when memory ran out. */
const struct berth_pod *pod_renamed(const struct berth_pod *pod, berth_str name);

/* The same pod as assigned to `node_name` (NULL: not assigned); NULL when memory ran out. */
const struct berth_pod *pod_on_node(const struct berth_pod *pod, berth_atom node_name);

/* The same pod as running on `node_name` since `start_ns` (NULL and 0: it is as new); likewise. */
const struct berth_pod *pod_started(const struct berth_pod *pod, berth_atom node_name, int64_t start_ns);

/* The same node with spec.unschedulable set; NULL when memory ran out. Released by object_unref(). */
const struct berth_node *node_cordoned(const struct berth_node *node);

/* The same pod as nominated to `node_name` (NULL: not nominated); NULL when memory ran out. */
const struct berth_pod *pod_nominated(const struct berth_pod *pod, berth_atom node_name);

#endif
