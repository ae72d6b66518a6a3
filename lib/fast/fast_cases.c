/*
 * fast_cases.c -- the list of fast cases. A new one is a file in this folder with a table srd__fast, and a line here. Branches come
 * before the segments that build on them, and what also makes the sums before what makes y alone.
 */
#include "fast/fast_cases.h"

#include "explain/explainer_impl.h"

const srd__fast *const srd__fast_cases[] = {
#if SRD_WITH_ATTENTION
    &srd__fast_attention_heads,
#endif
#if SRD_WITH_POOL_LISTS
    &srd__fast_pooled_conv,
#endif
#if SRD_WITH_WHOLE_SUMS
    &srd__fast_pooled_linear,
#if SRD_EXACT_FIRST
    &srd__fast_first_conv_sums,
#endif
    &srd__fast_concat_norm,
#if SRD_WITH_POOL_LISTS
    &srd__fast_pooled_conv_sums,
#endif
#if SRD_WITH_GROUPS
    &srd__fast_depthwise_sums,
#endif
    &srd__fast_residual,
    &srd__fast_active_weights,
#endif
#if SRD_EXACT_FIRST
    &srd__fast_first_conv,
#endif
#if SRD_WITH_GROUPS
    &srd__fast_depthwise,
#endif
    NULL,
};

/* Where the case of a part is noted. */
static const srd__fast **place_of(srd__bound *bound, const srd__fast *fast)
{
    if (fast->takes == SRD__TAKES_SEGMENT) return &bound->fast;
    if (fast->takes == SRD__TAKES_BRANCH) return &bound->fast_branch;
    return fast->takes == SRD__TAKES_SHORTCUT ? &bound->fast_shortcut : &bound->fast_head;
}

/* The lane that a case takes, or NULL. A shortcut is looked for from the last branch on. */
static const srd__lane *find_lane(const srd_explainer *ex, const srd__bound *bound, const srd__fast *fast)
{
    const int32_t count = bound->segment->branch_count;

    if (fast->takes == SRD__TAKES_SEGMENT || fast->takes == SRD__TAKES_HEAD)
        return fast->fits(ex, bound, bound->lanes) ? bound->lanes : NULL;
    for (int32_t i = 0; i < count; ++i) {
        const srd__lane *const lane = &bound->lanes[fast->takes == SRD__TAKES_SHORTCUT ? count - 1 - i : i];

        if (!srd__is_added_constant(lane) && fast->fits(ex, bound, lane)) return lane;
    }
    return NULL;
}

void srd__choose_fast(const srd_explainer *ex, srd__bound *bound)
{
    for (const srd__fast *const *fast = srd__fast_cases; ex->plan.options.fast_cases == SRD_FAST_CASES_ALL && *fast != NULL;
         ++fast) {
        const srd__fast **const place = place_of(bound, *fast);
        const srd__lane *lane;

        if (*place != NULL || (bound->forward && !(*fast)->forward) || (srd__recomputes(ex) && !(*fast)->again)) continue;
        lane = find_lane(ex, bound, *fast);
        if (lane == NULL) continue;
        *place = *fast;
        if ((*fast)->takes == SRD__TAKES_BRANCH) bound->branch = lane;
        if ((*fast)->takes == SRD__TAKES_SHORTCUT) bound->shortcut = lane;
    }
}
