/*
 * What is to change, as somebody asked for it on the command line or in a timeline file: it names things that
 * may turn out not to be there. cluster_load() makes changes (change.h) of it.
 */
#ifndef SIM_WISH_H
#define SIM_WISH_H

#include "api/decode.h"
#include "base/vec.h"

enum wish_action {
    WISH_ADD,    /* objects: `manifest`, or those of `file` */
    WISH_UPDATE, /* the same */
    WISH_DELETE, /* the object `name` */
    WISH_DRAIN,  /* the node `name` */
    WISH_FAIL,   /* the node `name` */
    WISH_SCALE,  /* the workload `name`, to `count` pods */
};

/* A kind that can be deleted or scaled. */
struct wish_kind {
    const char *kind, *short_name; /* "Deployment", "deploy" */
    bool namespaced, scalable, workload;
};

struct wish {
    int64_t at_ns;
    enum wish_action action;
    const struct wish_kind *kind; /* DELETE, SCALE */
    berth_str namespace, name;    /* empty namespace: "default", or none */
    const char *file;             /* ADD, UPDATE: NULL: `manifest` */
    const struct berth_value *manifest;
    uint32_t count; /* SCALE; ADD of a file: how many copies of its one node; 0: its objects as they are */

    /* Where that is written: an option, or a place in a text. */
    const char *option;
    const struct doc *doc;
    uint32_t line; /* in the text; 0: that of `where` */
    const struct berth_value *where;
};

/* Zero-initialise; release with wishes_fini(). */
struct wishes {
    VEC(struct wish) list; /* in the order in which they were asked for */
    bool disable_eviction; /* drains delete pods, whatever budgets say */
    struct arena arena;
    VEC(struct doc *) docs; /* texts that are kept */
};

/*
 * Options: "10=FILE" of --add-nodes, NODE of --remove-node and --drain, "[NAMESPACE/]KIND/NAME=REPLICAS" of
 * --scale. All for the beginning. `option` is what messages say before what is wrong.
 */
int wishes_add_nodes(struct wishes *w, const char *text, struct err *err);
int wishes_remove_node(struct wishes *w, const char *text, struct err *err);
int wishes_drain(struct wishes *w, const char *text, struct err *err);
int wishes_scale(struct wishes *w, const char *text, struct err *err);

/*
 * Appends what a timeline file asks for: CSV when its name ends in .csv, else YAML
 * or JSON. See docs/timeline.md.
 */
int wishes_read(struct wishes *w, const char *path, struct err *err);

/* The same for a text in memory, which must outlive the wishes. */
int wishes_of_yaml(struct wishes *w, const struct doc *doc, struct err *err);
int wishes_of_csv(struct wishes *w, const struct doc *doc, struct err *err);

/* Reads "[NAMESPACE/]KIND/NAME" and "[NAMESPACE/]KIND/NAME=REPLICAS"; the slices are those of the text. */
int wish_reference(berth_str text, struct wish *ret_wish, struct err *err);
int wish_scaling(berth_str text, struct wish *ret_wish, struct err *err);

/* The kind of that name, short or long, in any case of letters. */
int wish_kind(berth_str text, const struct wish_kind **ret_kind, struct err *err);

/* The kind that is written nearly so in a manifest; NULL: none, or the very kind. */
const char *wish_kind_meant(berth_str text);

/* A whole number of pods or nodes. */
int wish_count(berth_str text, uint32_t *ret_count, struct err *err);

/* The path as seen from the folder of the doc, in the arena. */
const char *wish_path(struct wishes *w, const struct doc *doc, berth_str path);

/* Puts where the wish is written in front of the error. */
int wish_wrap(const struct wish *wish, struct err *err);

void wishes_fini(struct wishes *w);

#endif
