/* busy.c -- who may use an explainer now, and what a call is told that may not. */
#include "explain/busy.h"

static srd_status fail_in_use(srd_detail *detail)
{
    return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL,
                     "the explainer is in use (by a callback of its own, or another thread)");
}

srd_status srd__want_explainer(const srd_explainer *ex, srd_detail *detail)
{
    if (srd__is_explainer(ex)) return SRD_OK;
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "explainer is NULL, no explainer, or was freed");
}

srd_status srd__claim(srd_explainer *ex, bool runs, srd_detail *detail)
{
    const srd_status status = srd__want_explainer(ex, detail);

    if (status != SRD_OK) return status;
    if (srd__swap_if(&ex->claim, SRD__FREE, SRD__CLAIMED)) {
        ex->failure = detail;
        return SRD_OK;
    }
    if (!SRD_WITH_CALLBACKS || runs || !srd__swap_if(&ex->claim, SRD__LENT, SRD__NESTED)) return fail_in_use(detail);
    ex->failure = detail;
    return SRD_OK;
}

srd_status srd__unclaim(srd_explainer *ex, srd_status status)
{
    if (SRD_WITH_CALLBACKS && status == SRD__STATUS_LOST) return SRD_ERR_STATE;
    ex->failure = NULL;        /* the caller's detail may be gone when the next call comes */
    if (!SRD_WITH_CALLBACKS) { /* nobody is lent it, so it is still ours */
        srd__flag_set(&ex->claim, SRD__FREE);
        return status;
    }
    if (srd__swap_if(&ex->claim, SRD__CLAIMED, SRD__FREE) || srd__swap_if(&ex->claim, SRD__NESTED, SRD__LENT)) return status;
    ex->run.has_run = ex->asked.has_question = false; /* the run that lent it is gone */
    ex->run.next_step = -1;
    srd__flag_set(&ex->claim, SRD__FREE);
    return status;
}

srd_status srd__want_layer(const srd_explainer *ex, const char *what, srd_layer layer, srd_detail *detail)
{
    if (layer >= 0 && layer < ex->plan.graph->layer_count) return SRD_OK;
    return srd__fail(detail, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%s %d is no layer: the graph has 0 to %d", what, layer,
                     ex->plan.graph->layer_count - 1);
}

srd_detail *srd__lend(srd_explainer *ex)
{
    srd_detail *const detail = ex->failure;

    srd__flag_set(&ex->claim, SRD__LENT);
    return detail;
}

bool srd__take_back(srd_explainer *ex, srd_detail *detail)
{
    for (;;) { /* twice at most, unless threads go on claiming what is not theirs */
        if (srd__swap_if(&ex->claim, SRD__LENT, SRD__CLAIMED)) {
            ex->failure = detail;
            return true;
        }
        if (srd__swap_if(&ex->claim, SRD__NESTED, SRD__LOST)) {
            (void)fail_in_use(detail);
            return false;
        }
    }
}
