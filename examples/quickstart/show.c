/*
 * show.c -- panels and sheets.
 *
 * A panel is a picture or a map with a title, a line below it, and a legend of the colours. Every map is drawn at its own
 * resolution, a square per position without smoothing: what is seen is what was computed.
 */
#include "show.h"

#include "canvas.h"
#include "fashion_net.h"
#include "numbers.h"
#include "paint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UNIT 224  /* side of a map on the sheet: 8 pixels for each of 28, 16 of 14, 32 of 7 */
#define COLUMNS 5 /* panels in a row of the sheet */
#define ABOVE 42  /* room above a map for the title and the line below it, at UNIT */
#define BELOW 34  /* room below a map for the legend, at UNIT */
#define LABEL 96  /* room for a label */

static const colour paper = { 255, 255, 255 }, ink = { 28, 32, 40 }, faint = { 104, 110, 120 }, line = { 206, 209, 214 };

typedef struct panel {
    char file[LABEL], title[LABEL], below[LABEL];
    const explain_map *map; /* NULL: the picture itself */
    bool over_picture;      /* the map is laid over the picture */
    int32_t marked_layer;   /* whose strongest PFV is marked; 0: none */
} panel;

/* ---- one panel --------------------------------------------------------------------------------------------------------- */

/* A part of the canvas, for the library to paint on. */
static paint_place place_on(const canvas *to, int32_t x, int32_t y, int32_t height, int32_t width)
{
    return (paint_place){ canvas_at(to, x, y), 4 * (int64_t)to->width, height, width };
}

/* The strongest PFV of a layer: a frame around it on the layer's own map, a dot in the middle of what it sees on the picture.
 * That middle is where its row and column are times the stride, as every kernel here is odd and padded on both sides. */
static void draw_mark(canvas *to, int32_t x, int32_t y, int32_t side, const panel *p, const explanation *e)
{
    const int32_t layer = p->marked_layer, cell = side / p->map->width, zoom = side / UNIT;
    const int32_t stride = p->map->width / e->maps[EXPLAIN_TOP + layer].width;
    const int32_t left = x + e->column[layer] * stride * cell, top = y + e->row[layer] * stride * cell;
    const int32_t thick = cell > 8 * zoom ? 2 * zoom : zoom;

    if (p->over_picture) {
        canvas_ring(to, left + cell / 2.0, top + cell / 2.0, 1.5 * zoom, 4.0 * zoom, paper);
        canvas_ring(to, left + cell / 2.0, top + cell / 2.0, 1.0 * zoom, 2.0 * zoom, ink);
    } else {
        canvas_frame(to, left, top, cell, cell, thick, ink);
        canvas_frame(to, left - thick, top - thick, cell + 2 * thick, cell + 2 * thick, zoom, paper);
    }
}

static bool draw_legend(canvas *to, int32_t x, int32_t y, int32_t side, double scale, char *reason)
{
    const int32_t zoom = side / UNIT, height = 8 * zoom, below = y + height + 6 * zoom;
    const int places = scale < 10 ? 1 - (int32_t)floor(log10(scale)) : 0; /* two digits that count */
    const double capital = 8.0 * zoom;
    const paint_place bar = place_on(to, x, y, height, side);
    char text[LABEL];

    canvas_frame(to, x, y, side, height, 1, line);
    (void)snprintf(text, sizeof text, "-%.*f", places, scale);
    canvas_text(to, x, below, capital, side, faint, text);
    canvas_text(to, x + (side - (int32_t)canvas_text_width(capital, "0")) / 2, below, capital, side, faint, "0");
    (void)snprintf(text, sizeof text, "+%.*f", places, scale);
    canvas_text(to, x + side - (int32_t)canvas_text_width(capital, text) + zoom, below, capital, side, faint, text);
    return paint_legend(&bar, reason);
}

/* side: of the map, a multiple of UNIT */
static bool draw_panel(canvas *to, int32_t x, int32_t y, int32_t side, const panel *p, const show_subject *subject,
                       char *reason)
{
    const int32_t zoom = side / UNIT, top = y + ABOVE * zoom;
    const paint_place square = place_on(to, x, top, side, side);
    bool painted;

    canvas_text(to, x, y, 11.0 * zoom, side, ink, p->title);
    canvas_text(to, x, y + 20 * zoom, 8.5 * zoom, side, faint, p->below);
    canvas_frame(to, x, top, side, side, 1, line);
    if (p->map == NULL) return paint_picture(subject->grey, &square, reason);
    painted = p->over_picture ? paint_map_over(p->map, subject->grey, &square, reason) : paint_map(p->map, &square, reason);
    if (!painted) return false;
    if (p->marked_layer > 0) draw_mark(to, x, top, side, p, subject->explanation);
    return draw_legend(to, x, top + side + 10 * zoom, side, (double)p->map->scale, reason);
}

/* ---- what the panels show ---------------------------------------------------------------------------------------------- */

static void label(char *to, const char *format, const char *a, const char *b)
{
    (void)snprintf(to, LABEL, format, a, b);
}

static void plan_decision(panel *panels, const show_subject *subject)
{
    const explanation *const e = subject->explanation;
    const char *const top = fashion_net_labels[e->top], *const second = fashion_net_labels[e->second];

    label(panels[0].file, "picture.png", "", "");
    label(panels[0].title, "The picture", "", "");
    label(panels[0].below, "%s", subject->name, "");
    label(panels[1].file, "evidence_over_picture.png", "", "");
    label(panels[1].title, "Evidence over the picture", "", "");
    label(panels[1].below, "red for %s, blue against", top, "");
    panels[1].map = &e->maps[EXPLAIN_TOP];
    panels[1].over_picture = true;
    label(panels[2].file, "evidence.png", "", "");
    label(panels[2].title, "Evidence for %s", top, "");
    (void)snprintf(panels[2].below, LABEL, "shares of its score, sum %+.3f", map_sum(panels[1].map));
    panels[2].map = panels[1].map;
    label(panels[3].file, "runner_up.png", "", "");
    label(panels[3].title, "Runner-up: %s", second, "");
    panels[3].map = &e->maps[EXPLAIN_SECOND];
    (void)snprintf(panels[3].below, LABEL, "shares of its score, sum %+.3f", map_sum(panels[3].map));
    label(panels[4].file, "top_against_runner_up.png", "", "");
    label(panels[4].title, "%s against %s", top, second);
    panels[4].map = &e->maps[EXPLAIN_VERSUS];
    (void)snprintf(panels[4].below, LABEL, "shares of the difference, sum %+.3f", map_sum(panels[4].map));
}

static void plan_layers(panel *panels, const explanation *e)
{
    for (int32_t i = 1; i < EXPLAIN_LAYERS; ++i) {
        panel *const at = &panels[COLUMNS + i - 1], *const erf = at + COLUMNS;
        const char *const name = explain_layers[i];

        at->map = &e->maps[EXPLAIN_TOP + i];
        at->marked_layer = i;
        label(at->file, "evidence_%s.png", name, "");
        label(at->title, "Evidence at %s", name, "");
        (void)snprintf(at->below, LABEL, "%d x %d, sum %+.3f", at->map->height, at->map->width, map_sum(at->map));
        erf->map = &e->maps[EXPLAIN_ERF + i];
        erf->marked_layer = i;
        erf->over_picture = true;
        label(erf->file, "erf_%s.png", name, "");
        label(erf->title, "ERF of a PFV of %s", name, "");
        (void)snprintf(erf->below, LABEL, "row %d, column %d; sum %.3f", e->row[i], e->column[i], map_sum(erf->map));
    }
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

static bool save(const canvas *from, const char *folder, const char *name, char *reason)
{
    char path[4096], why[PICTURE_REASON];

    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        (void)snprintf(reason, PICTURE_REASON, "the name of the output folder is too long");
        return false;
    }
    if (picture_write(path, from->width, from->height, from->rgba, why)) return true;
    (void)snprintf(reason, PICTURE_REASON, "%.100s: %.150s", name, why);
    return false;
}

static bool write_panel(const char *folder, const panel *p, const show_subject *subject, char *reason)
{
    const int32_t margin = 32, side = 2 * UNIT;
    const int32_t height = 2 * margin + side + 2 * (ABOVE + (p->map != NULL ? BELOW : 0));
    canvas sheet;
    bool done;

    if (!canvas_create(&sheet, 2 * margin + side, height, paper)) {
        (void)snprintf(reason, PICTURE_REASON, "out of memory");
        return false;
    }
    done = draw_panel(&sheet, margin, margin, side, p, subject, reason) && save(&sheet, folder, p->file, reason);
    canvas_free(&sheet);
    return done;
}

/* ---- the sheet ----------------------------------------------------------------------------------------------------------- */

#define MARGIN 44
#define GAP 34                                       /* between two panels of a row */
#define INNER (COLUMNS * UNIT + (COLUMNS - 1) * GAP) /* width between the margins */
#define HEAD 94                                      /* height of the sheet's head */
#define HEADING 52                                   /* height of a row's heading */
#define ROW (HEADING + ABOVE + UNIT + BELOW + 34)    /* height of a row with the gap below it */
#define FOOT 32

static void draw_right(canvas *to, int32_t y, double capital, const char *text)
{
    canvas_text(to, MARGIN + INNER - (int32_t)canvas_text_width(capital, text), y, capital, INNER, faint, text);
}

static void draw_head(canvas *to, const explanation *e)
{
    char text[LABEL];

    (void)snprintf(text, sizeof text, "%s, %.1f %%", fashion_net_labels[e->top], 100 * class_probability(e->logits, e->top));
    canvas_text(to, MARGIN, MARGIN, 24, INNER, ink, text);
    (void)snprintf(text, sizeof text, "runner-up: %s, %.1f %%", fashion_net_labels[e->second],
                   100 * class_probability(e->logits, e->second));
    canvas_text(to, MARGIN, MARGIN + 44, 12, INNER, faint, text);
    draw_right(to, MARGIN, 9.5, "Red speaks for it, blue against it, white is neutral.");
    draw_right(to, MARGIN + 20, 9.5, "Each map has its own scale, written below it: up to the");
    draw_right(to, MARGIN + 40, 9.5, "99.5th percentile of its absolute values.");
}

static void draw_heading(canvas *to, int32_t y, const char *title, const char *remark)
{
    const double capital = 13;

    canvas_fill(to, MARGIN, y, INNER, 1, line);
    canvas_text(to, MARGIN, y + 18, capital, INNER, ink, title);
    canvas_text(to, MARGIN + (int32_t)canvas_text_width(capital, title) + 18, y + 21, 9.5, INNER, faint, remark);
}

static void draw_foot(canvas *to, int32_t y, const srd_report *r)
{
    char text[2 * LABEL];

    (void)snprintf(text, sizeof text,
                   "Conservation: inputs %+.6f, head bias %+.6f, unreached %+.6f; together %+.6f, the score is %+.6f",
                   r->at_inputs, r->head_bias, r->unreached, r->at_inputs + r->head_bias + r->unreached, r->score);
    canvas_fill(to, MARGIN, y, INNER, 1, line);
    canvas_text(to, MARGIN, y + 20, 9.5, INNER, faint, text);
}

/* All panels on one sheet, in three rows. */
static bool write_overview(const char *folder, const panel *panels, const show_subject *subject, char *reason)
{
    static const char *const headings[][2] = {
        { "The decision", "the score of a class, shared out among the pixels" },
        { "The same evidence at inner layers", "every map shares out the same score; a frame marks the strongest PFV; "
                                               "chequers come from convolutions of stride 2" },
        { "What the strongest PFV looks at", "its effective receptive field (ERF): how much of it each pixel accounts for; "
                                             "a dot marks its place" },
    };
    canvas sheet;
    bool done = true;

    if (!canvas_create(&sheet, INNER + 2 * MARGIN, HEAD + 3 * ROW + FOOT + 2 * MARGIN, paper)) {
        (void)snprintf(reason, PICTURE_REASON, "out of memory");
        return false;
    }
    draw_head(&sheet, subject->explanation);
    for (int32_t i = 0; done && i < SHOW_PANELS; ++i) {
        const int32_t y = MARGIN + HEAD + i / COLUMNS * ROW;

        if (i % COLUMNS == 0) draw_heading(&sheet, y, headings[i / COLUMNS][0], headings[i / COLUMNS][1]);
        done = draw_panel(&sheet, MARGIN + i % COLUMNS * (UNIT + GAP), y + HEADING, UNIT, &panels[i], subject, reason);
    }
    draw_foot(&sheet, MARGIN + HEAD + 3 * ROW, &subject->explanation->report);
    done = done && save(&sheet, folder, "overview.png", reason);
    canvas_free(&sheet);
    return done;
}

/* ---- all files ----------------------------------------------------------------------------------------------------------- */

bool show_write(const char *folder, const show_subject *subject, void (*written)(const char *name), char *reason)
{
    panel panels[SHOW_PANELS];

    memset(panels, 0, sizeof panels);
    plan_decision(panels, subject);
    plan_layers(panels, subject->explanation);
    if (!write_overview(folder, panels, subject, reason)) return false;
    written("overview.png");
    for (int32_t i = 0; i < SHOW_PANELS; ++i) {
        if (!write_panel(folder, &panels[i], subject, reason)) return false;
        written(panels[i].file);
    }
    return true;
}
