/* Runs a fuzz target over files and directories of them: its main() where there is no libFuzzer. */
#include "fuzz.h"

#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

static int replay_file(const char *path)
{
    struct doc doc;
    struct err err = {0};
    int r = file_read(path, &doc, &err);
    if (r < 0)
        fprintf(stderr, "%s\n", err_text(&err));
    else
        LLVMFuzzerTestOneInput((const uint8_t *)doc.text, doc.len);
    if (r == 0)
        file_fini(&doc);
    err_fini(&err);
    return r;
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay_directory(const char *path)
{
    struct dirent **entries;
    int len = scandir(path, &entries, is_seed, alphasort), r = len < 0 ? -1 : 0;
    for (int i = 0; i < len; i++) {
        struct buf file = {0};
        buf_printf(&file, "%s/%s", path, entries[i]->d_name);
        if (replay_file(file.ptr) < 0)
            r = -1;
        buf_fini(&file);
        free(entries[i]);
    }
    if (len >= 0)
        free(entries);
    return r;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool directory = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        failed |= (directory ? replay_directory : replay_file)(argv[i]) < 0;
    }
    return failed;
}
