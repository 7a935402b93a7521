/* Texts as values: chooses the reader, and what both formats share. */
#include "base/doc.h"

#include "base/readers.h"

#include <ctype.h>

size_t doc_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static size_t skip_space(const char *text, size_t len, size_t i)
{
    while (i < len && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r'))
        i++;
    return i;
}

enum doc_format doc_guess(const char *text, size_t len)
{
    size_t i = skip_space(text, len, doc_mark(text, len));
    bool brackets = i < len && (text[i] == '{' || text[i] == '[');
    while (i < len && text[i] == '[')
        i = skip_space(text, len, i + 1);
    if (!brackets || i == len || text[i] != '{')
        return brackets ? DOC_JSON : DOC_YAML;
    i = skip_space(text, len, i + 1);
    bool bare = i < len && (isalpha((unsigned char)text[i]) || text[i] == '\'' || text[i] == '#');
    return bare ? DOC_YAML : DOC_JSON;
}

static int read_into(struct tree *t, bool only_first)
{
    int r = t->doc->format == DOC_JSON ? json_read(t, only_first) : yaml_read(t, only_first);
    tree_fini(t);
    return r;
}

int doc_each(const struct doc *doc, doc_fn fn, void *context, struct err *err)
{
    struct arena scratch = {0};
    struct tree t = {.doc = doc, .arena = &scratch, .err = err, .fn = fn, .context = context};
    int r = read_into(&t, false);
    arena_fini(&scratch);
    return r;
}

int doc_parse(const struct doc *doc, struct arena *arena, struct berth_value *ret_value, struct err *err)
{
    struct tree t = {.doc = doc, .arena = arena, .err = err};
    int r = read_into(&t, true);
    if (r == 0)
        *ret_value = t.root;
    return r;
}

uint32_t doc_line(const struct doc *doc, const struct berth_value *value)
{
    if (doc->format == DOC_YAML)
        return value->where;
    uint32_t line = 1;
    const char *at = doc->text, *end = doc->text + (value->where < doc->len ? value->where : doc->len);
    for (; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        line++;
    return line;
}
