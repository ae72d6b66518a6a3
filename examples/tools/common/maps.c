/* maps.c -- asks, prints, and draws. */
#include "maps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "classes.h"
#include "photo.h"
#include "where.h"

#define LEAST_SIDE 448 /* pixels of a drawing at least: small maps are enlarged by whole numbers */

/* ---- input ------------------------------------------------------------------------------------------------------------------------- */

/* The picture, as the network takes it, and as it is shown (0 to 1). All are freed by the caller. */
static bool load(const session *s, const program_options *o, photo *whole, float **numbers, float **shown)
{
    picture *const p = &whole->file;
    const size_t plane = (size_t)s->height * (size_t)s->width, count = (size_t)s->channels * plane;
    char reason[PICTURE_REASON];

    if (s->channels != 1 && s->channels != 3) {
        (void)fprintf(stderr, PROGRAM ": the network takes %d channels; pictures have 1 or 3\n", s->channels);
        return false;
    }
    if (!picture_read(o->files[1], p, reason)) {
        (void)fprintf(stderr, PROGRAM ": %s: %s\n", o->files[1], reason);
        return false;
    }
    *numbers = malloc(count * sizeof **numbers);
    *shown = malloc(count * sizeof **shown);
    if (*numbers != NULL && *shown != NULL) {
        whole->frame = picture_frame_of(p, o->crop, s->height, s->width);
        picture_fit(p, o->crop, s->channels, s->height, s->width, *shown);
        for (size_t i = 0; i < count; ++i) (*numbers)[i] = ((*shown)[i] - o->mean[i / plane]) / o->deviation[i / plane];
    }
    return *numbers != NULL && *shown != NULL;
}

/* ---- words ------------------------------------------------------------------------------------------------------------------------- */

/* "class 3 dog against class 7 cat:" */
static void print_question(const program_options *o, const class_names *names, int32_t class_index)
{
    (void)printf("class %d%s%s", class_index, names->names != NULL ? " " : "", class_name(names, class_index));
    if (o->against >= 0) {
        (void)printf(" against class %d%s%s", o->against, names->names != NULL ? " " : "", class_name(names, o->against));
    }
    (void)printf(":\n");
}

/* ---- questions ---------------------------------------------------------------------------------------------------------------------- */

typedef struct map {
    const char *name;
    srd_layer layer;
    int64_t shape[2];
    float *numbers;
    srd_tensor *tensor;
    srd_layer_geometry place; /* in the picture */
    srd_tensor *grid;         /* the part of tensor that has a place; NULL: none, the map is stretched */
} map;

/* Where the positions of the map look. */
static bool find_place(const session *s, map *m)
{
    const int32_t count = srd_graph_layer_count(s->graph);
    srd_layer_geometry *const all = calloc((size_t)count, sizeof *all);
    srd_status status = all != NULL ? SRD_OK : SRD_ERR_MEMORY;

    if (status == SRD_OK)
        status = srd_explainer_layer_geometry(s->explainer, s->input, all, count, (int32_t)sizeof(srd_layer_geometry), NULL);
    if (status == SRD_OK) m->place = all[m->layer];
    if (status == SRD_OK && m->place.state == SRD_GEOMETRY_GRID) {
        const int64_t shape[] = { m->place.rows, m->place.columns };
        const int64_t strides[] = { m->place.row_stride, m->place.column_stride };

        status = srd_tensor_view_const(SRD_FLOAT32, 2, shape, strides, m->numbers + m->place.first, NULL, &m->grid, NULL);
    }
    free(all);
    return status == SRD_OK;
}

static bool open_map(session *s, const char *name, srd_layer layer, map *m)
{
    int32_t shape[3];

    if (layer == SRD_LAYER_NONE || srd_explainer_layer_shape(s->explainer, layer, shape, &s->why) != SRD_OK) {
        (void)fprintf(stderr, PROGRAM ": there is no layer %s; --layers lists them\n", name);
        return false;
    }
    *m = (map){ .name = name, .layer = layer, .shape = { shape[1], shape[2] } };
    m->numbers = calloc((size_t)shape[1] * (size_t)shape[2], sizeof *m->numbers);
    if (m->numbers != NULL) m->tensor = tensor_of(m->numbers, 2, m->shape);
    return m->tensor != NULL && find_place(s, m);
}

static bool ask(session *s, const program_options *o, const where *w, int32_t class_index, map *maps, int32_t count)
{
    srd_target target = SRD_TARGET_INIT;
    srd_question_options question = SRD_QUESTION_OPTIONS_INIT;
    srd_layer layers[MOST_LAYERS + 1];
    srd_tensor *tensors[MOST_LAYERS + 1], *mask = NULL;
    bool done;

    target.kind = o->against >= 0 ? SRD_TARGET_AGAINST : SRD_TARGET_CLASS;
    target.class_index = class_index;
    target.other_class = o->against >= 0 ? o->against : 0;
    question.contrastive = o->contrastive ? 1 : 0;
    for (int32_t i = 0; i < count; ++i) {
        layers[i] = maps[i].layer;
        tensors[i] = maps[i].tensor;
    }
    if (w->weights != NULL) target.mask = mask = tensor_of(w->weights, 2, (const int64_t[]){ w->height, w->width });
    done = (mask != NULL || w->weights == NULL) && srd_explainer_ask(s->explainer, (const srd_target *const[]){ &target }, 1,
                                                                     &question, layers, tensors, count, &s->why) == SRD_OK;
    srd_tensor_free(mask);
    return done || session_fail(s);
}

/* ---- drawings ------------------------------------------------------------------------------------------------------------------------ */

static void file_name(char *path, size_t size, const char *folder, const char *name, const char *kind)
{
    size_t used = (size_t)snprintf(path, size, "%.400s/", folder);

    for (const char *c = name; *c != '\0' && used + 24 < size; ++c) {
        path[used++] = strchr("/\\: ", *c) != NULL ? '_' : *c;
    }
    (void)snprintf(path + used, size - used, "%s.png", kind);
}

static bool draw(const map *m, const srd_tensor *shown, const program_options *o, int32_t height, int32_t width, uint8_t *rgba)
{
    srd_render_options render = SRD_RENDER_OPTIONS_INIT;
    srd_overlay_options overlay = SRD_OVERLAY_OPTIONS_INIT;
    srd_detail detail = SRD_DETAIL_INIT;
    char path[800], reason[PICTURE_REASON] = "";
    srd_status status;

    render.scaling = SRD_SCALE_PERCENTILE;
    overlay.grey_picture = 1;
    file_name(path, sizeof path, o->folder, m->name, "_map");
    status = srd_render_map(m->tensor, &render, rgba, 4 * (int64_t)width, height, width, &detail);
    if (status == SRD_OK && !picture_write_png(path, rgba, width, height, reason)) status = SRD_ERR_ARGUMENT;
    if (status == SRD_OK) {
        (void)printf("wrote %s\n", path);
        file_name(path, sizeof path, o->folder, m->name, "_overlay");
        render.enlargement = SRD_ENLARGE_BILINEAR;
        overlay.step_y = (float)m->place.step_y; /* all 0 without a place */
        overlay.step_x = (float)m->place.step_x;
        overlay.offset_y = (float)m->place.offset_y;
        overlay.offset_x = (float)m->place.offset_x;
        status = srd_render_overlay(m->grid != NULL ? m->grid : m->tensor, shown, &render, &overlay, rgba, 4 * (int64_t)width,
                                    height, width, &detail);
    }
    if (status == SRD_OK && !picture_write_png(path, rgba, width, height, reason)) status = SRD_ERR_ARGUMENT;
    if (status == SRD_OK) (void)printf("wrote %s\n", path);
    else (void)fprintf(stderr, PROGRAM ": %s: %s%s\n", path, reason, detail.text);
    return status == SRD_OK;
}

static bool draw_photo(const map *m, const program_options *o, const photo *whole)
{
    char path[800];

    if (m->grid == NULL) {
        (void)printf("the positions of %s have no place in the picture: no _photo.png\n", m->name);
        return true;
    }
    file_name(path, sizeof path, o->folder, m->name, "_photo");
    return photo_draw(whole, m->grid, &m->place, path);
}

static bool draw_maps(const session *s, const program_options *o, const map *maps, int32_t count, const photo *whole,
                      float *shown)
{
    const int64_t shape[] = { s->channels, s->height, s->width };
    const int32_t side = s->height < s->width ? s->height : s->width, times = (LEAST_SIDE + side - 1) / side;
    srd_tensor *const picture_tensor = tensor_of(shown, 3, shape);
    uint8_t *const rgba = malloc((size_t)s->height * (size_t)s->width * (size_t)times * (size_t)times * 4);
    bool done = picture_tensor != NULL && rgba != NULL;

    if (mkdir(o->folder, 0777) != 0 && errno != EEXIST) {
        (void)fprintf(stderr, PROGRAM ": %s: %s\n", o->folder, strerror(errno));
        done = false;
    }
    for (int32_t i = 0; i < count && done; ++i) {
        done = draw(&maps[i], picture_tensor, o, s->height * times, s->width * times, rgba);
        if (done && o->photo) done = draw_photo(&maps[i], o, whole);
    }
    srd_tensor_free(picture_tensor);
    free(rgba);
    return done;
}

typedef struct asking {
    const program_options *options;
    where positions;
    class_names names;
    photo whole;
    float *numbers, *shown; /* the picture for the network, and from 0 to 1 */
} asking;

/* The question about a class, and the maps of its answer. */
static bool answer(session *s, const asking *a, int32_t class_index)
{
    const program_options *const o = a->options;
    map maps[MOST_LAYERS + 1];
    int32_t count = 0;
    bool done = true;

    memset(maps, 0, sizeof maps);
    done = open_map(s, srd_graph_layer_name(s->graph, s->input), s->input, &maps[count]);
    ++count;
    for (int32_t i = 0; i < o->layer_count && done; ++i) {
        done = open_map(s, o->layers[i], srd_graph_find(s->graph, o->layers[i]), &maps[count]);
        ++count;
    }
    if (done) done = ask(s, o, &a->positions, class_index, maps, count);
    if (done) {
        print_question(o, &a->names, class_index);
        session_print_balance(s);
        done = draw_maps(s, o, maps, count, &a->whole, a->shown);
    }
    for (int32_t i = 0; i < count; ++i) {
        srd_tensor_free(maps[i].grid);
        srd_tensor_free(maps[i].tensor);
        free(maps[i].numbers);
    }
    return done;
}

bool explain_picture(session *s, const program_options *options)
{
    asking a = { .options = options };
    int32_t top = 0;
    bool done = class_names_read(options->labels, network_class_count(s->network), &a.names) &&
                where_read(s, options, &a.positions) && load(s, options, &a.whole, &a.numbers, &a.shown) &&
                session_run(s, a.numbers) && print_classes(s, options, &a.positions, &a.names, &top);

    if (done && a.positions.weights == NULL && srd_explainer_top_class(s->explainer, 0, 0, &top, NULL, &s->why) != SRD_OK)
        done = session_fail(s);
    if (done) done = answer(s, &a, options->class_index >= 0 ? options->class_index : top);
    class_names_free(&a.names);
    where_free(&a.positions);
    free(a.whole.file.rgb);
    free(a.numbers);
    free(a.shown);
    return done;
}
