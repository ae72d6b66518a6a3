/* busy.c -- who may use an explainer now, and what a call is told that may not. */
#include "explain/busy.h"

static srd_status fail_in_use(srd_detail *detail)
{
    return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL,
                     "the explainer is in use (by a callback of its own, or another thread)");
}

srd_status srd__claim(srd_explainer *ex, bool runs)
{
    if (!srd__is_explainer(ex)) return SRD_ERR_ARGUMENT;
    if (srd__swap_if(&ex->claim, SRD__FREE, SRD__CLAIMED)) {
        srd__flag_set(&ex->was_refused, 0);
        return SRD_OK;
    }
    if (SRD_WITH_CALLBACKS && srd__swap_if(&ex->claim, SRD__LENT, SRD__NESTED)) {
        srd__flag_set(&ex->was_refused, 0);
        return runs ? srd__unclaim(ex, fail_in_use(&ex->failure)) : SRD_OK;
    }
    /* The failure belongs to the call that has the explainer: what has to be told is only noted. */
    srd__flag_set(&ex->was_refused, 1);
    return SRD_ERR_STATE;
}

srd_status srd__unclaim(srd_explainer *ex, srd_status status)
{
    if (SRD_WITH_CALLBACKS && status == SRD__STATUS_LOST) return SRD_ERR_STATE;
    if (status != SRD_OK) srd__flag_set(&ex->was_refused, 0); /* what is told next is this failure */
    if (!SRD_WITH_CALLBACKS) {                                /* nobody is lent it, so it is still ours */
        srd__flag_set(&ex->claim, SRD__FREE);
        return status;
    }
    if (srd__swap_if(&ex->claim, SRD__CLAIMED, SRD__FREE) || srd__swap_if(&ex->claim, SRD__NESTED, SRD__LENT)) return status;
    ex->run.has_run = ex->asked.has_question = false; /* the run that lent it is gone */
    ex->run.next_step = -1;
    srd__flag_set(&ex->claim, SRD__FREE);
    return status;
}

srd_status srd__no_layer(srd_explainer *ex, const char *what, srd_layer layer)
{
    return srd__fail(&ex->failure, SRD_ERR_ARGUMENT, SRD_LAYER_NONE, NULL, "%s %d is no layer: the graph has 0 to %d", what,
                     layer, ex->plan.graph->layer_count - 1);
}

void srd__lend(srd_explainer *ex)
{
    srd__flag_set(&ex->claim, SRD__LENT);
}

bool srd__take_back(srd_explainer *ex)
{
    for (;;) { /* twice at most, unless threads go on claiming what is not theirs */
        if (srd__swap_if(&ex->claim, SRD__LENT, SRD__CLAIMED)) return true;
        if (srd__swap_if(&ex->claim, SRD__NESTED, SRD__LOST)) return false;
    }
}

srd_status srd_explainer_detail(const srd_explainer *explainer, srd_detail *detail)
{
    if (!srd__is_explainer(explainer) || !srd__is_detail(detail)) return SRD_ERR_ARGUMENT;
    if (srd__flag_get(&explainer->was_refused) == 0) return srd__detail_copy(detail, &explainer->failure);
    (void)fail_in_use(detail);
    return SRD_OK;
}
