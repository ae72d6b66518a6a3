/* classes.c -- what the network says of the picture: its classes, by their scores and names. */
#include "classes.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 5           /* classes that are printed */
#define MOST_TEXT 1000000 /* bytes of names that are read */

/* ---- names ------------------------------------------------------------------------------------------------------------------------- */

/* The file as one text that ends with 0, freed by the caller. NULL: the reason is printed. */
static char *read_text(const char *path)
{
    FILE *const file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;

    if (file == NULL) {
        (void)fprintf(stderr, PROGRAM ": %s: %s\n", path, strerror(errno));
        return NULL;
    }
    text = calloc(MOST_TEXT + 1, 1);
    if (text != NULL) size = fread(text, 1, MOST_TEXT + 1, file);
    const bool fits = text != NULL && ferror(file) == 0 && size <= MOST_TEXT && strlen(text) == size;
    (void)fclose(file);
    if (fits) return text;
    (void)fprintf(stderr, PROGRAM ": %s is no list of names that can be read\n", path);
    free(text);
    return NULL;
}

/* Ends the lines of a text. @return how many there are; an empty one at the end of the file is none */
static int32_t cut_lines(char *text, const char **names, int32_t most)
{
    int32_t count = 0;

    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        const bool last = text[length] == '\0';

        if (count < most) names[count] = text;
        ++count;
        text[length] = '\0';
        if (length > 0 && text[length - 1] == '\r') text[length - 1] = '\0';
        text += last ? length : length + 1;
    }
    return count;
}

bool class_names_read(const char *path, int32_t count, class_names *names)
{
    memset(names, 0, sizeof *names);
    if (path == NULL) return true;
    names->text = read_text(path);
    if (names->text == NULL) return false;
    names->names = calloc((size_t)count, sizeof *names->names);
    if (names->names != NULL) names->count = cut_lines(names->text, names->names, count);
    if (names->names != NULL && names->count == count) return true;
    if (names->names != NULL) {
        (void)fprintf(stderr, PROGRAM ": %s has %d lines, but the output has %d classes; a line is wanted for each\n", path,
                      names->count, count);
    }
    class_names_free(names);
    return false;
}

void class_names_free(class_names *names)
{
    free(names->names);
    free(names->text);
    memset(names, 0, sizeof *names);
}

const char *class_name(const class_names *names, int32_t class_index)
{
    return names->names != NULL && class_index >= 0 && class_index < names->count ? names->names[class_index] : "";
}

/* ---- scores ------------------------------------------------------------------------------------------------------------------------ */

/* The scores of one class. */
typedef struct class_score {
    float sum;   /* over the positions that are asked about */
    size_t cell; /* the position with the largest one */
} class_score;

/* How the scores are shown. */
typedef struct score_style {
    const class_names *names;
    bool sigmoid;    /* they are probabilities already and get no softmax */
    int32_t columns; /* of the output, to tell where the largest is; 0: that is not told */
} score_style;

static void print_score(const score_style *style, int32_t class_index, const class_score *score, double softmax)
{
    const size_t columns = (size_t)style->columns;

    (void)printf("  class %5d   ", class_index);
    if (style->sigmoid) (void)printf("sigmoid %8.4f", (double)score->sum);
    else (void)printf("score %+9.4f   softmax %5.1f %%", (double)score->sum, 100 * softmax);
    if (columns > 0) (void)printf("   most at %zu,%zu", score->cell / columns, score->cell % columns);
    (void)printf("%s%s\n", style->names->names != NULL ? "   " : "", class_name(style->names, class_index));
}

/* The largest ones first. */
static int32_t print_best(class_score *scores, int32_t channels, const score_style *style)
{
    double largest = -INFINITY, all = 0;
    int32_t top = 0;

    for (int32_t c = 0; c < channels; ++c) largest = fmax(largest, (double)scores[c].sum);
    for (int32_t c = 0; c < channels; ++c) all += exp((double)scores[c].sum - largest);
    for (int32_t k = 0; k < SHOWN && k < channels; ++k) {
        int32_t best = 0;

        for (int32_t c = 1; c < channels; ++c) {
            if (scores[c].sum > scores[best].sum) best = c;
        }
        if (k == 0) top = best;
        print_score(style, best, &scores[best], exp((double)scores[best].sum - largest) / all);
        scores[best].sum = -INFINITY;
    }
    return top;
}

/* Whether the layer of the output is a sigmoid, whose values are no scores. */
static bool ends_in_sigmoid(const session *s)
{
    network_layer_info info = NETWORK_LAYER_INFO_INIT;

    return network_layer(s->network, s->output, &info, NULL) == SRD_OK && strcmp(info.function, "sigmoid") == 0;
}

/* Adds up the positions of each channel that are asked about. */
static void sum_positions(const float *value, int32_t channels, const where *w, class_score *scores)
{
    const size_t positions = (size_t)w->height * (size_t)w->width;

    for (size_t c = 0; c < (size_t)channels; ++c) {
        const float *const plane = value + c * positions;

        bool has_cell = false;

        scores[c] = (class_score){ 0, 0 };
        for (size_t p = 0; p < positions; ++p) {
            const float weight = w->weights != NULL ? w->weights[p] : 1;

            if (weight == 0) continue;
            scores[c].sum += weight * plane[p];
            if (!has_cell || plane[p] > plane[scores[c].cell]) scores[c].cell = p;
            has_cell = true;
        }
    }
}

static void print_where(const program_options *o, const where *w)
{
    if (o->one_position) (void)printf("at row %d, column %d of the output:\n", o->position[0], o->position[1]);
    else if (o->mask != NULL) (void)printf("summed over %d x %d positions, weighed by %s:\n", w->height, w->width, o->mask);
    else if (w->height > 1 || w->width > 1)
        (void)printf("summed over %d x %d positions (--position asks about one, --mask about some):\n", w->height, w->width);
}

bool print_classes(session *s, const program_options *o, const where *w, const class_names *names, int32_t *top)
{
    int32_t shape[3];
    float *const value = output_value(s, shape);
    class_score *const scores = value != NULL ? calloc((size_t)shape[0], sizeof *scores) : NULL;
    const score_style style = { names, ends_in_sigmoid(s), !o->one_position && (w->height > 1 || w->width > 1) ? w->width : 0 };

    const bool done = scores != NULL;

    if (done) {
        print_where(o, w);
        sum_positions(value, shape[0], w, scores);
        *top = print_best(scores, shape[0], &style);
    }
    free(value);
    free(scores);
    return done;
}
