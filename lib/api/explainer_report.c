/* explainer_report.c -- what the last question did with its relevance. */
#include "explain/busy.h"
#include "explain/explainer_impl.h"

/* Is there a question to tell of? */
static srd_status check(const srd_explainer *ex, srd_detail *detail)
{
    const srd_status status = srd__want_explainer(ex, detail);

    if (status != SRD_OK) return status;
    if (!SRD_WITH_REPORTS) return srd__left_out(detail, SRD_LAYER_NONE, NULL, "SRD_WITH_REPORTS");
    if (ex->asked.has_question) return SRD_OK;
    return srd__fail(detail, SRD_ERR_STATE, SRD_LAYER_NONE, NULL, "no question was answered since the last run");
}

srd_status srd_explainer_report(const srd_explainer *explainer, srd_report *report, srd_detail *detail)
{
    const srd_status status = check(explainer, detail);

    if (status != SRD_OK) return status;
    return srd__report_write(report, &explainer->asked.report, sizeof explainer->asked.report,
                             offsetof(srd_report, saturated_ratios), SRD__TEXT("srd_report"), detail);
}

srd_status srd_explainer_site_report(const srd_explainer *explainer, srd_layer layer, srd_site_report *report,
                                     srd_detail *detail)
{
    srd_status status = srd__want_explainer(explainer, detail);
    srd_site_report ours;
    const srd__layer *l;
    const srd__bound *bound;

    if (status == SRD_OK) status = srd__want_layer(explainer, SRD__TEXT("layer"), layer, detail);
    if (status == SRD_OK) status = check(explainer, detail);
    if (status != SRD_OK) return status;
    l = explainer->plan.graph->layers[srd__resolve(explainer->plan.graph, layer)];
    if (!l->site && explainer->plan.nodes[l->id].bound < 0) {
        return srd__fail(detail, SRD_ERR_ARGUMENT, layer, l->name, "the layer is no site");
    }
    memset(&ours, 0, sizeof ours);
    if (explainer->plan.nodes[l->id].bound < 0) { /* an input */
        ours.relevance_in = explainer->asked.nodes[l->id].relevance_in;
    } else {
        bound = &explainer->plan.bounds[explainer->plan.nodes[l->id].bound];
        ours.paths = bound->sources;
        ours.relevance_in = bound->notes->relevance_in;
        ours.relevance_out = bound->notes->relevance_out;
        ours.unreached = bound->notes->unreached;
        ours.largest_ratio_error = (double)bound->notes->ratio_error;
        ours.special_positions = bound->notes->special;
        ours.saturated_ratios = bound->notes->saturated;
    }
    return srd__report_write(report, &ours, sizeof ours, offsetof(srd_site_report, saturated_ratios),
                             SRD__TEXT("srd_site_report"), detail);
}
