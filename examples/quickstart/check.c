/* check.c -- see check.h. */
#include "check.h"

#include "explain.h"
#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TOLERANCE 5e-6 /* of the largest |logit| */

static int complain(const char *name, const char *why)
{
    (void)fprintf(stderr, "srd_quickstart: %s: %s\n", name, why);
    return 1;
}

/* The name of the next picture of ACCURACY.txt: a line "name.png: class". The logits follow it. */
static bool next_picture(FILE *file, char *name, size_t size)
{
    char line[128];

    while (fgets(line, sizeof line, file) != NULL) {
        char *const end = strstr(line, ".png:");

        if (end != NULL) {
            end[4] = '\0';
            (void)snprintf(name, size, "%s", line);
            return true;
        }
    }
    return false;
}

/* Compare one picture; returns 0 or 1 after a message. */
static int check_picture(const char *path, const double *expected)
{
    uint8_t grey[NETWORK_SIDE * NETWORK_SIDE];
    srd_detail detail = SRD_DETAIL_INIT;
    char reason[PICTURE_REASON];
    double error = 0, largest = 0;
    explanation e;
    bool inverted;

    if (!picture_read(path, NETWORK_SIDE, grey, &inverted, reason)) return complain(path, reason);
    if (explain(grey, &e, &detail) != SRD_OK) return complain(path, detail.text);
    for (int c = 0; c < NETWORK_CLASSES; ++c) {
        error = fmax(error, fabs(e.logits[c] - expected[c]));
        largest = fmax(largest, fabs(expected[c]));
    }
    (void)printf("%s: logits differ by at most %.1e of the largest\n", path, error / largest);
    return error <= TOLERANCE * largest ? 0 : complain(path, "the logits are not those of ACCURACY.txt");
}

int check_logits(const char *accuracy_file)
{
    FILE *const file = fopen(accuracy_file, "r");
    const char *const slash = strrchr(accuracy_file, '/');
    const int folder = slash != NULL ? (int)(slash - accuracy_file) + 1 : 0;
    char name[128], path[4096];
    int failed = 0, pictures = 0;

    if (file == NULL) return complain(accuracy_file, "cannot be opened");
    while (next_picture(file, name, sizeof name)) {
        double expected[NETWORK_CLASSES];
        int read = 0;

        while (read < NETWORK_CLASSES && fscanf(file, "%lf", &expected[read]) == 1) ++read;
        (void)snprintf(path, sizeof path, "%.*spictures/%s", folder, accuracy_file, name);
        failed += read == NETWORK_CLASSES ? check_picture(path, expected) : complain(name, "has no ten logits in the file");
        ++pictures;
    }
    (void)fclose(file);
    if (pictures == 0) return complain(accuracy_file, "names no picture");
    (void)printf("%d of %d pictures agree\n", pictures - failed, pictures);
    return failed > 0;
}
