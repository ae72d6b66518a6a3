/*
 * replay.c -- runs the fuzzing harness once on every file of a folder: the inputs that a fuzzer kept because they reached
 * something new, and those that once found a fault. Any compiler will do. A broken promise aborts; the last name printed is
 * the input's.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

#define MOST_BYTES 4096

static int replay(const char *folder, const char *name)
{
    uint8_t bytes[MOST_BYTES];
    char path[1024];
    FILE *file;
    size_t count;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path) return 0;
    file = fopen(path, "rb");
    if (file == NULL) return 0;
    count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    printf("%s\n", name);
    fflush(stdout);
    (void)LLVMFuzzerTestOneInput(bytes, count);
    return 1;
}

int main(int argc, char **argv)
{
    const char *const folder = argc > 1 ? argv[1] : SRD_FUZZ_CORPUS;
    DIR *const directory = opendir(folder);
    const struct dirent *entry;
    int count = 0;

    if (directory == NULL) {
        fprintf(stderr, "%s: cannot be read\n", folder);
        return EXIT_FAILURE;
    }
    while ((entry = readdir(directory)) != NULL) {
        if (entry->d_name[0] != '.') count += replay(folder, entry->d_name);
    }
    closedir(directory);
    printf("%d inputs replayed\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
