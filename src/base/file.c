#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_CHUNK = 64 * 1024 };

/* One byte more than the size, so that the read that finds the end needs no further growth. */
static size_t expected_size(int fd)
{
    struct stat st;
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    return regular ? (size_t)st.st_size + 1 : FIRST_CHUNK;
}

static int read_all(int fd, char **ret_text, size_t *ret_len)
{
    size_t cap = expected_size(fd), len = 0;
    char *text = malloc(cap + DOC_PADDING);
    ssize_t got = 1;
    while (text && got > 0) {
        if (len == cap) {
            char *more = realloc(text, 2 * cap + DOC_PADDING);
            if (!more)
                break;
            text = more;
            cap *= 2;
        }
        got = read(fd, text + len, cap - len);
        if (got < 0 && errno == EINTR)
            got = 1; /* once more */
        else if (got > 0)
            len += (size_t)got;
    }
    if (!text || got != 0) {
        int code = got < 0 ? -errno : -ENOMEM;
        free(text);
        return code;
    }
    memset(text + len, 0, DOC_PADDING);
    *ret_text = text;
    *ret_len = len;
    return 0;
}

int file_read(const char *path, struct doc *ret_doc, struct err *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    if (!*path)
        return err_set(err, "the name of a file is empty");
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, "%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t len = 0;
    int code = read_all(fd, &text, &len);
    if (!standard_input)
        close(fd);
    if (code < 0)
        return err_set(err, "%s: %s", path, strerror(-code));
    *ret_doc = (struct doc){.name = path, .text = text, .len = len, .format = doc_guess(text, len)};
    return 0;
}

void file_fini(struct doc *doc)
{
    free((char *)doc->text);
    doc->text = NULL;
}
