/*
 * arena.c -- where every store lies. Persistent stores follow each other. The others share the transient region: two of
 * them may overlap in memory only if they never live at the same time. Each goes, largest first, to the lowest offset where
 * nothing else lies during its life. What is kept for questions lives from the step that makes it to the end. It is persistent
 * if it exists once per image; else it goes last, into what the others leave free. What may lie there is found by time:
 * latest[] is a binary tree over the times at which stores come to life, and holds the last time that a placed one of them
 * lives.
 *
 * Stores that live to the end of a question (relevance) all meet there, which would take n * n steps. If there are many, they
 * are stacked first, in the order in which they come to life: at any time they then fill the region from its begin up to one
 * height, and the rest goes above that height. So n layers whose values are short-lived are placed in n log n steps. Many that
 * are kept are persistent.
 */
#include "plan/arena.h"

#include "base/sort.h"
#include "explain/fast_case.h"
#include "tiles/tiling.h"

#define MOST_UNSTACKED 1024 /* as many stores are placed without a stack, which leaves fewer holes */

/* The value of a segment's layer, if it slides over another: see find_slide(). */
typedef struct slide {
    size_t ahead;  /* bytes by which it begins below */
    int32_t layer; /* whose value, plus 1; 0: it does not slide */
} slide;

typedef struct places {
    srd_explainer *ex;
    int32_t *order;  /* stores to place: the `stacked` ones, the rest, then those that are kept */
    int32_t *heads;  /* [times] first of the placed stores that come to life then, or -1 */
    int32_t *latest; /* [2 * leaves] node i has the children 2 i and 2 i + 1; time t is the leaf leaves + t */
    slide *slides;   /* by segment */
    int32_t count, stacked, kept, times, leaves; /* count: without kept */
} places;

#define MAKES_WAY (-1) /* srd__store.next: a smaller value slides over this one */

/* Stores by one number: layer * SRD__STORES + store. */
static srd__store *store_at(const srd_explainer *ex, int32_t index)
{
    return &ex->plan.nodes[index / SRD__STORES].stores[index % SRD__STORES];
}

/* Does it lie where the value of a layer below lies? See find_over(). */
static bool is_over(const srd__store *s)
{
    return s->next < -1;
}

static bool is_transient(const srd__store *s)
{
    return s->bytes > 0 && !s->kept && !is_over(s);
}

static bool is_among(const srd__store *s)
{
    return s->bytes > 0 && s->kept == SRD__KEPT_AMONG;
}

static bool lives_to_the_end(const srd_explainer *ex, const srd__store *s)
{
    return s->last == 2 * ex->plan.step_count;
}

static bool earlier(const void *context, int32_t x, int32_t y)
{
    const srd__store *const a = store_at((const srd_explainer *)context, x);
    const srd__store *const b = store_at((const srd_explainer *)context, y);

    return a->first != b->first ? a->first < b->first : x < y;
}

static bool larger(const void *context, int32_t x, int32_t y)
{
    const srd__store *const a = store_at((const srd_explainer *)context, x);
    const srd__store *const b = store_at((const srd_explainer *)context, y);

    if (a->bytes != b->bytes) return a->bytes > b->bytes;
    if (SRD_WITH_SLIDING && (a->next == MAKES_WAY) != (b->next == MAKES_WAY)) return b->next == MAKES_WAY; /* it lies higher */
    return x < y;
}

static void note_end(srd_explainer *ex, size_t end)
{
    if (end > SIZE_MAX / 2) ex->plan.too_large = true; /* each store is at most a quarter */
    ex->plan.transient_bytes = srd__max(ex->plan.transient_bytes, end);
}

/* The store that the value of a layer lies in: its own, or that of the layer below that it is over. */
static srd__store *root_of(const srd_explainer *ex, int32_t layer)
{
    srd__store *s = &ex->plan.nodes[layer].stores[SRD__STORE_VALUE];

    while (is_over(s)) s = &ex->plan.nodes[-2 - s->next].stores[SRD__STORE_VALUE];
    return s;
}

/* What a store slides over, if that is placed high enough, and the offset from there; else NULL. */
static const srd__store *slides_over(const places *p, int32_t index, size_t *offset)
{
    const int32_t segment = index % SRD__STORES == SRD__STORE_VALUE ? p->ex->plan.nodes[index / SRD__STORES].bound : -1;
    const slide *const way = SRD_WITH_SLIDING && segment >= 0 ? &p->slides[segment] : NULL;
    const srd__store *below;

    if (way == NULL || way->layer == 0) return NULL;
    below = root_of(p->ex, way->layer - 1);
    if (below->offset < way->ahead) return NULL;
    *offset = below->offset - way->ahead;
    return below;
}

static void stack(places *p)
{
    size_t height = 0;

    srd__sort(p->order, p->stacked, earlier, p->ex);
    for (int32_t i = 0; i < p->stacked && !p->ex->plan.too_large; ++i) {
        srd__store *const s = store_at(p->ex, p->order[i]);

        s->offset = height;
        height += srd__align(s->bytes);
        note_end(p->ex, height);
    }
}

/* Times at which a store may not lie where another does. */
typedef struct span {
    int32_t first, last;
} span;

/*
 * Spans of a store; returns how many. If ratios are computed again, what a run has made before step k may be there whenever a
 * question visits that step or a later one: so steps 0 ... k are in the way of what the question has at the visit of k and
 * after, and the other way round. Two stores that the run makes are in each other's way only at their times in the run,
 * because steps that are done again are done in the order of the run.
 */
static int32_t spans_of(const srd_explainer *ex, const srd__store *s, span *spans)
{
    const int32_t mirror = 2 * ex->plan.step_count - 1 - s->first;

    spans[0].first = s->first;
    spans[0].last = s->last;
    if (!srd__recomputes(ex)) return 1;
    spans[1].first = s->first < ex->plan.step_count ? ex->plan.step_count : 0;
    spans[1].last = mirror;
    return 2;
}

#if SRD_WITH_LARGE_PLANS
/* Height of the stack at a time. */
static size_t height_at(const places *p, int32_t time)
{
    const srd__store *top;
    int32_t low = 0, high = p->stacked;

    while (low < high) {
        const int32_t middle = low + (high - low) / 2;

        if (store_at(p->ex, p->order[middle])->first <= time) low = middle + 1;
        else high = middle;
    }
    if (low == 0) return 0;
    top = store_at(p->ex, p->order[low - 1]);
    return top->offset + srd__align(top->bytes);
}

/* Moves s up over what lies where it would, of the placed stores under a node of the tree, but for one. Any offset between would do no
 * better: it overlaps the same store. True if it was moved. */
static bool move_up(const places *p, int32_t node, int32_t begin, int32_t width, const span *times, srd__store *s,
                    const srd__store *but)
{
    bool moved = false;

    if (begin > times->last || p->latest[node] < times->first) return false;
    if (width > 1) {
        moved = move_up(p, 2 * node, begin, width / 2, times, s, but);
        return move_up(p, 2 * node + 1, begin + width / 2, width / 2, times, s, but) || moved;
    }
    for (int32_t i = p->heads[begin]; i >= 0; i = store_at(p->ex, i)->next) {
        const srd__store *const other = store_at(p->ex, i);

        if (other == but || other->last < times->first || other->offset >= s->offset + srd__align(s->bytes)) continue;
        if (other->offset + srd__align(other->bytes) <= s->offset) continue;
        s->offset = other->offset + srd__align(other->bytes);
        moved = true;
    }
    return moved;
}

static void place(places *p, int32_t number)
{
    const int32_t index = p->order[number];
    srd__store *const s = store_at(p->ex, index);
    span spans[2];
    const int32_t count = spans_of(p->ex, s, spans);
    const size_t least = height_at(p, srd__max(s->last, spans[count - 1].last));
    const srd__store *const below = slides_over(p, index, &s->offset);
    bool moved = below == NULL || s->offset < least || move_up(p, 1, 0, p->leaves, &spans[0], s, below) ||
                 (count > 1 && move_up(p, 1, 0, p->leaves, &spans[1], s, below));

    if (moved) s->offset = least;
    while (moved && s->offset <= SIZE_MAX / 2) {
        moved = move_up(p, 1, 0, p->leaves, &spans[0], s, NULL);
        if (count > 1) moved = move_up(p, 1, 0, p->leaves, &spans[1], s, NULL) || moved;
    }
    note_end(p->ex, s->offset + srd__align(s->bytes));
    s->next = p->heads[s->first];
    p->heads[s->first] = index;
    for (int32_t node = p->leaves + s->first; node > 0; node /= 2) p->latest[node] = srd__max(p->latest[node], s->last);
}
#else
static bool meets(const srd__store *s, const span *times)
{
    return s->first <= times->last && s->last >= times->first;
}

/* The same place, found by looking at all that are placed: the number-th of the order goes over those before it. */
static void place(places *p, int32_t number)
{
    srd__store *const s = store_at(p->ex, p->order[number]);
    span spans[2];
    const int32_t count = spans_of(p->ex, s, spans);
    const srd__store *below = slides_over(p, p->order[number], &s->offset);

    for (int32_t i = 0; i < number && s->offset <= SIZE_MAX / 2;) {
        const srd__store *const other = store_at(p->ex, p->order[i++]);
        const size_t end = other->offset + srd__align(other->bytes);

        if (other == below || (!meets(other, &spans[0]) && !meets(other, &spans[count - 1]))) continue;
        if (other->offset >= s->offset + srd__align(s->bytes)) continue;
        if (end <= s->offset) continue;
        s->offset = below != NULL ? 0 : end; /* and look again at those that lie lower */
        below = NULL;
        i = 0;
    }
    note_end(p->ex, s->offset + srd__align(s->bytes));
}
#endif

static void place_persistent(srd_explainer *ex, srd__store *s)
{
    if (ex->plan.persistent_bytes > SIZE_MAX / 2) ex->plan.too_large = true;
    else s->offset = ex->plan.persistent_bytes, ex->plan.persistent_bytes += srd__align(s->bytes);
}

static bool may_be_among(const srd_explainer *ex)
{
    int32_t kept = 0;

    for (int32_t index = 0; index < ex->plan.graph->layer_count * SRD__STORES; ++index) {
        const srd__store *const s = store_at(ex, index);

        kept += s->bytes > 0 && s->kept;
    }
    return ex->plan.images == 1 && kept <= MOST_UNSTACKED && !srd__recomputes(ex);
}

/* Places the persistent stores and counts the others. */
static void survey(places *p)
{
    const bool among = may_be_among(p->ex);

    for (int32_t index = 0; index < p->ex->plan.graph->layer_count * SRD__STORES; ++index) {
        srd__store *const s = store_at(p->ex, index);

        if (s->bytes > 0 && s->kept && among) {
            s->kept = SRD__KEPT_AMONG;
            s->last = 2 * p->ex->plan.step_count;
            if (p->ex->plan.among_bytes <= SIZE_MAX / 2)
                p->ex->plan.among_bytes += srd__align(s->bytes); /* more cannot be addressed */
        } else if (s->bytes > 0 && s->kept) {
            place_persistent(p->ex, s);
        }
        p->count += is_transient(s);
        p->kept += is_among(s);
        p->stacked += is_transient(s) && lives_to_the_end(p->ex, s);
    }
}

static bool take_tables(places *p)
{
    p->order = (int32_t *)srd__heap_borrow(&p->ex->heap, (size_t)p->count + (size_t)p->kept, sizeof *p->order);
    if (!SRD_WITH_LARGE_PLANS) return p->order != NULL;
    p->times = 2 * p->ex->plan.step_count + 1;
    for (p->leaves = 1; p->leaves < p->times;) p->leaves *= 2;
    p->heads = (int32_t *)srd__heap_borrow(&p->ex->heap, (size_t)p->leaves, sizeof *p->heads);
    p->latest = (int32_t *)srd__heap_borrow(&p->ex->heap, 2 * (size_t)p->leaves, sizeof *p->latest);
    return p->order != NULL && p->heads != NULL && p->latest != NULL;
}

/* ---- values in place of others -------------------------------------------------------------------------------------------- */

/* Does a lane hand on the value of one layer as it is, position by position, channel by channel? */
static bool is_identity(const srd_explainer *ex, const srd__bound *bound, const srd__lane *lane)
{
    const srd__part *const part = lane->parts;
    const srd__shape *shape;

    if (lane->mixing != NULL || srd__is_added_constant(lane) || lane->branch->flattened || lane->part_count != 1) return false;
    shape = &ex->plan.shapes[part->layer];
    return lane->slots == 1 && lane->taps == 1 && part->source == 0 && part->channel == 0 && part->step == 1 &&
           part->count == bound->shape.c && shape->c == bound->shape.c && shape->h == bound->shape.h &&
           shape->w == bound->shape.w && lane->grid.h == shape->h && lane->grid.w == shape->w && lane->grid.c == shape->c;
}

/* Where ratios are computed, positions whose sums are not safe are done again: for that the numbers that a unit of work writes over
 * are saved. Is it worth it, and do all contributions come from one reading? */
static bool may_save(const srd_explainer *ex, const srd__bound *bound)
{
    const size_t saved = srd__saved_numbers(bound) * (size_t)ex->plan.options.workers;

    if (srd__recomputes(ex))
        return ex->plan.nodes[bound->segment->layer].stores[SRD__STORE_DIRECTION].bytes == 0; /* heads read both */
    if (ex->plan.options.mode == SRD_MODE_FORWARD || bound->single) return true;
    return bound->chunk >= bound->paths - srd__shortcut_paths(bound) &&
           saved <= (size_t)bound->positions * (size_t)bound->shape.c / 4;
}

/* The layer whose value is read for the last time by this segment, as the identity of a residual block, or -1. Each number
 * is read just before the sum is written in its place. */
static int32_t find_over(const srd_explainer *ex, const srd__bound *bound)
{
    const int32_t step = ex->plan.nodes[bound->segment->layer].step;
    const srd__store *below;
    int32_t found = -1;

    if (!may_save(ex, bound)) return -1;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        if (bound->lanes[i].parts == NULL) return -1; /* who knows what it reads */
        if (is_identity(ex, bound, &bound->lanes[i])) found = bound->lanes[i].parts->layer;
    }
    if (found < 0 || found >= bound->segment->layer) return -1;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];
        bool reads = false;

        for (int32_t k = 0; k < lane->part_count; ++k) reads = reads || lane->parts[k].layer == found;
        if (reads && !is_identity(ex, bound, lane)) return -1;
    }
    below = &ex->plan.nodes[found].stores[SRD__STORE_VALUE];
    return is_transient(below) && below->last == step ? found : -1;
}

/*
 * Sliding. A value may lie where another one does that is read for the last time while it is made, if it is always written behind the
 * reading: a convolution of stride 2 that doubles the channels reads four rows as long as those that it writes. It begins
 * some bytes lower, about one unit of work and what the window reaches up. Units must be done in their order, by one worker, and nothing
 * is saved: what a unit reads is there until it is done.
 */
static bool may_slide(const srd_explainer *ex, const srd__bound *bound)
{
    const int32_t layer = bound->segment->layer;

    if (ex->plan.options.workers > 1 || ex->plan.options.parallel_for != NULL ||
        srd__is_black_box(ex->plan.graph->layers[layer]))
        return false;
    if (srd__recomputes(ex)) return false; /* what is written over is made again, which costs more than it saves */
    if (srd__branch_case(bound) != NULL && bound->fast_branch->ahead) return false;
    if (srd__segment_case(bound) != NULL && bound->fast->ahead) return false;
    for (int32_t i = 0; i < bound->segment->branch_count; ++i) {
        const srd__lane *const lane = &bound->lanes[i];

        if (lane->parts == NULL || lane->in_place || lane->branch->flattened || lane->window.transposed) return false;
    }
    return true;
}

/* Over which of the values that end here? The one of which least is left. */
static void find_slide(srd_explainer *ex, const srd__bound *bound, slide *found)
{
    const int32_t step = ex->plan.nodes[bound->segment->layer].step;
    const srd__store *const s = &ex->plan.nodes[bound->segment->layer].stores[SRD__STORE_VALUE];
    size_t least = s->bytes; /* that it would take beside them */

    for (int32_t i = 0; may_slide(ex, bound) && i < bound->segment->branch_count; ++i) {
        for (int32_t k = 0; k < bound->lanes[i].part_count; ++k) {
            const int32_t layer = bound->lanes[i].parts[k].layer;
            const srd__store *const below = &ex->plan.nodes[layer].stores[SRD__STORE_VALUE];
            size_t ahead;

            if (!is_transient(below) || below->last != step || below->bytes < s->bytes) continue;
            ahead = srd__slide_ahead(ex, bound, layer);
            if (ahead >= least) continue;
            least = ahead;
            found->layer = layer + 1;
            found->ahead = ahead;
        }
    }
}

static void mark_ways(const places *p)
{
    for (int32_t i = 0; i < p->ex->plan.bound_count; ++i) {
        const srd__store *const s = &p->ex->plan.nodes[p->ex->plan.bounds[i].segment->layer].stores[SRD__STORE_VALUE];
        srd__store *const below = p->slides[i].layer > 0 ? root_of(p->ex, p->slides[i].layer - 1) : NULL;

        if (below != NULL && below->bytes > s->bytes) below->next = MAKES_WAY;
    }
}

/* Sums that take the place of what they add something to; that lives as long as they do. From the top down, so that it is not
 * known for a layer below before its own last reader is. */
static void find_overs(const places *p)
{
    srd_explainer *const ex = p->ex;

    for (int32_t i = ex->plan.bound_count - 1; i >= 0; --i) {
        srd__store *const s = &ex->plan.nodes[ex->plan.bounds[i].segment->layer].stores[SRD__STORE_VALUE];
        const int32_t layer = is_transient(s) ? find_over(ex, &ex->plan.bounds[i]) : -1;
        srd__store *below;

        if (SRD_WITH_SLIDING && layer < 0 && is_transient(s)) find_slide(ex, &ex->plan.bounds[i], &p->slides[i]);
        if (layer < 0) continue;
        s->next = -2 - layer;
        ex->plan.bounds[i].saves =
            ex->plan.options.mode == SRD_MODE_EXPLAIN && !srd__recomputes(ex) && !ex->plan.bounds[i].single;
        below = &ex->plan.nodes[layer].stores[SRD__STORE_VALUE];
        below->last = srd__max(below->last, s->last);
    }
}

static void place_overs(srd_explainer *ex)
{
    for (int32_t id = 0; id < ex->plan.graph->layer_count; ++id) { /* upwards: what lies below is placed */
        srd__store *const s = &ex->plan.nodes[id].stores[SRD__STORE_VALUE];

        srd__store *below;

        if (!is_over(s)) continue;
        below = &ex->plan.nodes[-2 - s->next].stores[SRD__STORE_VALUE];
        s->offset = below->offset;
        below->last = ex->plan.nodes[id].step; /* from then on it is no longer there */
    }
}

/* Each store at most a quarter of what can be addressed: then no sum below overflows before note_end() has seen it. */
static bool are_addressable(const srd_explainer *ex)
{
    for (int32_t i = 0; i < ex->plan.graph->layer_count * SRD__STORES; ++i) {
        if (store_at(ex, i)->bytes > SIZE_MAX / 4) return false;
    }
    return true;
}

bool srd__place_stores(srd_explainer *ex)
{
    places p = { .ex = ex };
    int32_t stacked = 0, rest, kept;

    ex->plan.too_large = ex->plan.too_large || !are_addressable(ex);
    if (ex->plan.too_large) return true; /* nothing is taken: see srd__take_arena() */
    if (SRD_WITH_SLIDING) p.slides = (slide *)srd__heap_borrow(&ex->heap, (size_t)ex->plan.bound_count, sizeof *p.slides);
    if (SRD_WITH_SLIDING && p.slides == NULL) return false;
    find_overs(&p);
    if (SRD_WITH_SLIDING) mark_ways(&p);
    survey(&p);
    if (!SRD_WITH_LARGE_PLANS || p.count <= MOST_UNSTACKED) p.stacked = 0;
    if (!take_tables(&p)) return false;
    rest = p.stacked;
    kept = p.count;
    for (int32_t index = 0; index < ex->plan.graph->layer_count * SRD__STORES; ++index) {
        const srd__store *const s = store_at(ex, index);

        if (is_among(s)) p.order[kept++] = index;
        else if (is_transient(s)) p.order[stacked < p.stacked && lives_to_the_end(ex, s) ? stacked++ : rest++] = index;
    }
    for (int32_t i = 0; SRD_WITH_LARGE_PLANS && i < p.leaves; ++i) p.heads[i] = -1;
    for (int32_t i = 0; SRD_WITH_LARGE_PLANS && i < 2 * p.leaves; ++i) p.latest[i] = -1;
    if (SRD_WITH_LARGE_PLANS) stack(&p);
    srd__sort(p.order + p.stacked, p.count - p.stacked, larger, ex);
    srd__sort(p.order + p.count, p.kept, larger, ex);
    for (int32_t i = p.stacked; i < p.count + p.kept && !ex->plan.too_large; ++i) place(&p, i);
    place_overs(ex);
    return true;
}

/* Two passes: how many there are, then what they are. */
bool srd__keep_arrays(srd_explainer *ex)
{
    const int32_t stores = ex->plan.graph->layer_count * SRD__STORES;
    srd__array *array;
    srd__life *life = NULL;
    size_t count = 0;

    for (int32_t i = 0; i < stores; ++i) count += store_at(ex, i)->bytes > 0;
    array = (srd__array *)srd__heap_take_array(&ex->heap, count, sizeof *array);
    if (array == NULL) return false;
    ex->plan.arrays = array;
    if (srd__recomputes(ex))
        life = ex->plan.lives = (srd__life *)srd__heap_take_array(&ex->heap, count, sizeof *ex->plan.lives);
    if (srd__recomputes(ex) && life == NULL) return false;
    for (int32_t i = 0; i < stores; ++i) {
        srd__node *const node = &ex->plan.nodes[i / SRD__STORES];
        const srd__store *const s = store_at(ex, i);

        if (i % SRD__STORES == 0) node->arrays = array;
        if (s->bytes == 0) continue;
        array->bytes = s->bytes;
        array->place = s->offset + (size_t)s->kept;
        if (life != NULL) life->first = s->first, life++->last = s->last;
        ++array;
        node->which[i % SRD__STORES] = (uint8_t)(array - node->arrays);
    }
    return true;
}
