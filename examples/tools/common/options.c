/* options.c -- reads the command line of a program. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "srd/pool.h"

static void print_usage(FILE *file)
{
    (void)fputs(
        "usage: " PROGRAM " [options] MODEL" PROGRAM_ENDING " PICTURE    explains a PNG or JPEG, writes heat maps as PNG\n"
        "       " PROGRAM " --layers MODEL" PROGRAM_ENDING "             lists what becomes of the network\n"
        "       " PROGRAM " --check MODEL" PROGRAM_ENDING
        " INPUT OUTPUT compares with another engine (float32, as the file orders them)\n"
        "       " PROGRAM " --map MODEL" PROGRAM_ENDING " INPUT MAP      writes the map of the input as float32\n"
        "  --class K          explain this class instead of the top one\n"
        "  --against K        against this class\n"
        "  --position R,C     the score at this row and column of the output, not summed over all\n"
        "  --mask PICTURE     the scores of all positions, weighed by the brightness of this PNG or JPEG over the picture\n"
        "  --contrastive      subtract what all positions have in common\n"
        "  --layer NAME       a map at this layer, too (as often as you like)\n"
        "  --output NAME      an output of the network other than the first, or any tensor inside it\n"
        "  --labels FILE      names of the classes, a line for each\n"
        "  --size HxW         of the picture, where the file leaves it open (224x224)\n"
        "  --crop PART        of the middle of the picture, both ways (1; torchvision's networks: 0.875)\n"
        "  --mean R,G,B       subtracted from colours between 0 and 1 (" PROGRAM_COLOURS ")\n"
        "  --std R,G,B        then divided by (" PROGRAM_COLOURS ")\n"
        "  --photo            overlays over the whole picture at its own size, too\n"
        "  --folder NAME      for the heat maps (" PROGRAM "-out)\n" PROGRAM_HELP
        "  --threads N        that compute (1); 0: as many as there are processors\n"
        "  --tolerance T      of --check, times the largest output (2e-5)\n"
        "  --help             prints this\n",
        file);
}

static bool usage(const char *problem)
{
    (void)fprintf(stderr, PROGRAM ": %s\n", problem);
    print_usage(stderr);
    return false;
}

static bool read_int(const char *text, int32_t *number)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > INT32_MAX) return false;
    *number = (int32_t)value;
    return true;
}

static bool read_size(const char *text, network_options *network)
{
    char rest;

    return sscanf(text, "%dx%d%c", &network->height, &network->width, &rest) == 2 && network->height > 0 &&
           network->width > 0 && network->height <= 1 << 16 && network->width <= 1 << 16;
}

static bool read_position(const char *text, program_options *o)
{
    char rest;

    o->one_position = true;
    return sscanf(text, "%d,%d%c", &o->position[0], &o->position[1], &rest) == 2 && o->position[0] >= 0 && o->position[1] >= 0;
}

static bool read_colour(const char *text, float *colour)
{
    char rest;

    return sscanf(text, "%f,%f,%f%c", &colour[0], &colour[1], &colour[2], &rest) == 3;
}

static bool read_number(const char *text, double *number)
{
    char *end;

    *number = strtod(text, &end);
    return end != text && *end == '\0' && *number >= 0;
}

/* An option with a value. @return whether it is one and the value is sound */
static bool read_option(const char *name, const char *text, program_options *o)
{
    if (strcmp(name, "--class") == 0) return read_int(text, &o->class_index);
    if (strcmp(name, "--against") == 0) return read_int(text, &o->against);
    if (strcmp(name, "--size") == 0) return read_size(text, &o->network);
    if (strcmp(name, "--mean") == 0) return read_colour(text, o->mean);
    if (strcmp(name, "--std") == 0) {
        return read_colour(text, o->deviation) && o->deviation[0] > 0 && o->deviation[1] > 0 && o->deviation[2] > 0;
    }
    if (strcmp(name, "--position") == 0) return read_position(text, o);
    if (strcmp(name, "--crop") == 0) return read_number(text, &o->crop) && o->crop > 0 && o->crop <= 1;
    if (strcmp(name, "--threads") == 0) return read_int(text, &o->threads) && o->threads <= SRD_POOL_MOST_THREADS;
    if (strcmp(name, "--tolerance") == 0) return read_number(text, &o->tolerance);
    if (strcmp(name, "--layer") == 0 && o->layer_count < MOST_LAYERS) {
        o->layers[o->layer_count++] = text;
        return true;
    }
    if (strcmp(name, "--output") == 0) o->network.output = text;
    else if (strcmp(name, "--labels") == 0) o->labels = text;
    else if (strcmp(name, "--mask") == 0) o->mask = text;
    else if (strcmp(name, "--folder") == 0) o->folder = text;
    else return program_option(name, text, &o->network, o->kept);
    return true;
}

bool options_read(int argc, char **argv, program_options *o)
{
    static const int wanted[] = { 2, 1, 3, 3 };
    int files = 0;
    char problem[200];

    *o = (program_options){ .class_index = -1,
                            .against = -1,
                            .mean = PROGRAM_MEAN,
                            .deviation = PROGRAM_DEVIATION,
                            .network = NETWORK_OPTIONS_INIT,
                            .threads = 1,
                            .crop = 1,
                            .folder = PROGRAM "-out",
                            .tolerance = 2e-5 };
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--layers") == 0) o->mode = MODE_LAYERS;
        else if (strcmp(argv[i], "--check") == 0) o->mode = MODE_CHECK;
        else if (strcmp(argv[i], "--map") == 0) o->mode = MODE_MAP;
        else if (strcmp(argv[i], "--contrastive") == 0) o->contrastive = true;
        else if (strcmp(argv[i], "--photo") == 0) o->photo = true;
        else if (program_flag(argv[i], &o->network)) continue;
        else if (strcmp(argv[i], "--help") == 0) {
            print_usage(stdout);
            o->mode = MODE_HELP;
            return true;
        } else if (argv[i][0] != '-' && files < 3) o->files[files++] = argv[i];
        else if (i + 1 < argc && read_option(argv[i], argv[i + 1], o)) ++i;
        else {
            const bool valued = argv[i][0] == '-' && i + 1 < argc;

            (void)snprintf(problem, sizeof problem, "what is %.90s%s%.90s?", argv[i], valued ? " " : "",
                           valued ? argv[i + 1] : "");
            return usage(problem);
        }
    }
    if (o->one_position && o->mask != NULL) return usage("--position and --mask say both where to ask");
    if (files != wanted[o->mode]) return usage("there are too few or too many files");
    return true;
}
