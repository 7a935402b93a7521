/*
 * JSON and YAML texts as values. Both formats give the same struct berth_value, so one decoder serves both.
 * JSON is read by simdjson, YAML by libyaml; each is wrapped in one file (json_index.cc, yaml.c).
 */
#ifndef BASE_DOC_H
#define BASE_DOC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <berth/value.h>

enum doc_format { DOC_JSON, DOC_YAML };

/* Readable bytes that must follow the text of a doc (simdjson reads in blocks). */
enum { DOC_PADDING = 64 };

/* A text in memory, borrowed. `name` is what messages call it: a path, "-" for standard input. */
struct doc {
    const char *name;
    const char *text;
    size_t len;
    enum doc_format format;
};

/* The length of the byte order mark that the text begins with, 0 when there is none. */
size_t doc_mark(const char *text, size_t len);

/* The format of a text: JSON when it begins with '{' or '[' and the first key is not YAML's alone: {a: 1}. */
enum doc_format doc_guess(const char *text, size_t len);

/*
 * One object of a text. `list` is NULL for a document of its own; for an item of a List it is the List's
 * object: its apiVersion and kind are there for items that lack them, its other members may be missing.
 * Everything dies on return. A negative return ends the walk; the err is passed on.
 */
typedef int (*doc_fn)(void *context, const struct doc *doc, const struct berth_value *object,
                      const struct berth_value *list, struct err *err);

/*
 * Calls `fn` for every document of the text (YAML: separated by ---; JSON: one after the other), and, where a
 * document is an object with an array "items", for each item instead, without ever holding all of them.
 * Empty documents are passed over. A document that is no object is an error.
 * Errors begin with "name:line: ". YAML rules: YAML 1.1 core scalars as Kubernetes reads them
 * (sigs.k8s.io/yaml); anchors and merge keys are expanded; cycles are errors, and so are expansions that add
 * more than DOC_MAX_VALUES values to a document. Merged members stand where the << stood, as in upstream: the
 * last of equal keys wins.
 */
int doc_each(const struct doc *doc, doc_fn fn, void *context, struct err *err);
enum { DOC_MAX_VALUES = 10000000 };

/* The first document of the text, in the arena; a null value for an empty text. Repeated keys are kept. */
int doc_parse(const struct doc *doc, struct arena *arena, struct berth_value *ret_value, struct err *err);

/* The line of the value in its text, from 1. Cost: linear in the text for JSON; for messages only. */
uint32_t doc_line(const struct doc *doc, const struct berth_value *value);

/* Writes the value as compact JSON, and as block YAML with the given indentation and a closing newline. */
void doc_write_json(struct buf *b, const struct berth_value *value);
void doc_write_yaml(struct buf *b, const struct berth_value *value, int indent);

#endif
