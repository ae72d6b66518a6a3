/*
 * main.c -- srd_quickstart [picture.png] [output folder]: explains one picture, as text here and as PNG files there.
 *
 * The tutorial is network.c and explain.c. This file reads the arguments, prints what was found out and complains.
 */
#define _POSIX_C_SOURCE 200809L /* mkdir is POSIX, not C */

#include "check.h"
#include "explain.h"
#include "fashion_net.h"
#include "numbers.h"
#include "picture.h"
#include "show.h"
#include "terminal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int complain(const char *what, const char *why)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "srd_quickstart: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

static void print_prediction(const explanation *e)
{
    int32_t order[NETWORK_CLASSES];

    for (int32_t c = 0; c < NETWORK_CLASSES; ++c) {
        int32_t place = c;

        for (; place > 0 && e->logits[order[place - 1]] < e->logits[c]; --place) order[place] = order[place - 1];
        order[place] = c;
    }
    (void)printf("The network says: %s\n\n", fashion_net_labels[e->top]);
    for (int32_t i = 0; i < 3; ++i) {
        (void)printf("  %-12s %5.1f %%   score %+.3f\n", fashion_net_labels[order[i]],
                     100 * class_probability(e->logits, order[i]), (double)e->logits[order[i]]);
    }
}

/* All relevance must be accounted for; returns whether it is, to 1e-5 of the sum of its magnitudes. */
static bool print_conservation(const srd_report *r)
{
    const double together = r->at_inputs + r->head_bias + r->unreached, off = fabs(together - r->score);
    const bool kept = off <= 1e-5 * r->magnitude;

    (void)printf("\nConservation: inputs %+.6f, head bias %+.6f, unreached %+.6f\n", r->at_inputs, r->head_bias, r->unreached);
    (void)printf("              together %+.6f, the score is %+.6f: %s (off by %.0e)\n", together, r->score,
                 kept ? "nothing is lost" : "SOMETHING IS LOST", off);
    return kept;
}

static void print_cost(const explanation *e)
{
    (void)printf("\nTime:   %8.3f ms  to build the network and prepare it, once\n", 1e3 * e->build_seconds);
    (void)printf("        %8.3f ms  for the forward pass and all sharing ratios\n", 1e3 * e->run_seconds);
    (void)printf("        %8.3f ms  to explain the top class, maps at %d layers\n", 1e3 * e->top_seconds, EXPLAIN_LAYERS);
    (void)printf("        %8.3f ms  to explain the runner-up\n", 1e3 * e->second_seconds);
    (void)printf("        %8.3f ms  to explain the top class against the runner-up\n", 1e3 * e->versus_seconds);
    (void)printf("        %8.3f ms  for the ERFs of %d PFVs\n", 1e3 * e->erf_seconds, EXPLAIN_LAYERS - 1);
    (void)printf("Memory: %8zu bytes  network (graph with its weights)\n", e->graph_bytes);
    (void)printf("        %8zu bytes  run and questions (explainer)\n", e->explainer_bytes);
}

/* A list of names in lines of at most 100 columns; it is called for one name after the other. */
static void print_file(const char *name)
{
    static size_t column = 0;
    const size_t length = strlen(name);

    if (column > 0) (void)printf(column + length > 97 ? ",\n" : ", ");
    if (column == 0 || column + length > 97) {
        (void)printf("  ");
        column = 2;
    }
    (void)printf("%s", name);
    column += length + 2;
}

/* A failure of the library: the reason, and the layer if it is one's fault. */
static int complain_srd(const srd_detail *detail)
{
    char what[128];

    (void)snprintf(what, sizeof what, "%s%s%s", srd_status_name(detail->status), detail->layer_name[0] != '\0' ? " at " : "",
                   detail->layer_name);
    return complain(what, detail->text);
}

static int run(const char *path, const char *folder)
{
    const char *const slash = strrchr(path, '/');
    uint8_t grey[NETWORK_SIDE * NETWORK_SIDE];
    srd_detail detail = SRD_DETAIL_INIT;
    char reason[PICTURE_REASON];
    explanation e;
    const show_subject subject = { .name = slash != NULL ? slash + 1 : path, .grey = grey, .explanation = &e };
    bool inverted, kept;

    if (!picture_read(path, NETWORK_SIDE, grey, &inverted, reason)) return complain(path, reason);
    if (explain(grey, &e, &detail) != SRD_OK) return complain_srd(&detail);
    (void)printf("%s%s\n", path, inverted ? " (inverted: the network knows light clothes on black)" : "");
    print_prediction(&e);
    (void)printf("\nIts evidence, the share of each pixel in the score:\n\n");
    if (!terminal_show(grey, &e.maps[EXPLAIN_TOP], reason)) return complain(path, reason);
    kept = print_conservation(&e.report);
    print_cost(&e);

    if (mkdir(folder, 0777) != 0 && errno != EEXIST) return complain(folder, strerror(errno));
    (void)printf("\nPictures in %s:\n", folder);
    if (!show_write(folder, &subject, print_file, reason)) return complain(folder, reason);
    (void)printf("\n");
    if (fflush(stdout) != 0) return complain("standard output", strerror(errno));
    return kept ? EXIT_SUCCESS : complain("conservation", "the relevance does not add up to the score");
}

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--check") == 0) return check_logits(arguments[2]);
    if (count > 3 || (count > 1 && arguments[1][0] == '-')) {
        (void)fprintf(stderr, "usage: srd_quickstart [picture.png] [output folder]\n"
                              "       srd_quickstart --check ACCURACY.txt\n");
        return EXIT_FAILURE;
    }
    return run(count > 1 ? arguments[1] : QUICKSTART_PICTURE, count > 2 ? arguments[2] : QUICKSTART_FOLDER);
}
