/* black_box.c -- a layer whose value the caller's callback makes from the whole of what lies below it. */
#include "run/black_box.h"

#include "explain/host_values.h"
#include "explain/store.h"

#if SRD_WITH_CUSTOM
static bool all_finite(const float *x, int32_t count)
{
    for (int32_t c = 0; c < count; ++c) {
        if (!srd__finite(x[c])) return false;
    }
    return true;
}

srd_status srd__black_box_run(srd_explainer *ex, int32_t layer)
{
    const srd__layer *const l = ex->plan.graph->layers[layer];
    const srd__shape *const s = &ex->plan.shapes[layer];
    const size_t numbers = (size_t)s->h * (size_t)s->w * (size_t)s->c;
    const int32_t shape[3] = { s->c, s->h, s->w };
    float *const y = (float *)srd__at(ex, layer, SRD__STORE_OPERAND), *const value = srd__value(ex, layer);
    srd_status status;

    memcpy(y, value, numbers * sizeof *y);
    status = l->custom->forward(l->custom->user, shape, y, value, ex->plan.scratch[0].custom);
    if (status != SRD_OK) {
        const bool known = srd_status_name(status)[0] == 'S';

        return srd__fail(ex->failure, known ? status : SRD_ERR_ARGUMENT, layer, l->name, "its forward callback returned %d",
                         status);
    }
    for (int32_t p = 0; p < s->h * s->w; ++p) {
        if (!all_finite(value + (size_t)p * (size_t)s->c, s->c)) {
            return srd__fail(ex->failure, SRD_ERR_NUMBER, layer, l->name, "its forward callback made a NaN or Inf");
        }
        if (ex->run.nodes[layer].given[SRD_GIVEN_VALUE] == NULL) continue;
        srd__give(ex, layer, SRD_GIVEN_VALUE, p, 0, s->c, value + (size_t)p * (size_t)s->c, &ex->run.nodes[layer].given_error);
    }
    return SRD_OK;
}
#endif
