/* explainer_report.c -- what the last question did with its relevance. */
#include "explain/busy.h"
#include "explain/explainer_impl.h"

srd_status srd_explainer_report(const srd_explainer *explainer, srd_report *report)
{
    if (!srd__is_explainer(explainer)) return SRD_ERR_ARGUMENT;
    if (!SRD_WITH_REPORTS) return SRD_ERR_UNSUPPORTED;
    if (!explainer->asked.has_question) return SRD_ERR_STATE;
    return srd__report_write(report, &explainer->asked.report, sizeof explainer->asked.report,
                             offsetof(srd_report, saturated_ratios));
}

srd_status srd_explainer_site_report(const srd_explainer *explainer, srd_layer layer, srd_site_report *report)
{
    srd_site_report ours;
    const srd__layer *l;
    const srd__bound *bound;

    if (!srd__is_explainer(explainer) || layer < 0 || layer >= explainer->plan.graph->layer_count) return SRD_ERR_ARGUMENT;
    if (!SRD_WITH_REPORTS) return SRD_ERR_UNSUPPORTED;
    l = explainer->plan.graph->layers[srd__resolve(explainer->plan.graph, layer)];
    if (!l->site && explainer->plan.nodes[l->id].bound < 0) return SRD_ERR_ARGUMENT;
    if (!explainer->asked.has_question) return SRD_ERR_STATE;
    memset(&ours, 0, sizeof ours);
    if (explainer->plan.nodes[l->id].bound < 0) { /* an input */
        ours.relevance_in = explainer->asked.nodes[l->id].relevance_in;
        return srd__report_write(report, &ours, sizeof ours, offsetof(srd_site_report, saturated_ratios));
    }
    bound = &explainer->plan.bounds[explainer->plan.nodes[l->id].bound];
    ours.paths = bound->sources;
    ours.relevance_in = bound->notes->relevance_in;
    ours.relevance_out = bound->notes->relevance_out;
    ours.unreached = bound->notes->unreached;
    ours.largest_ratio_error = (double)bound->notes->ratio_error;
    ours.special_positions = bound->notes->special;
    ours.saturated_ratios = bound->notes->saturated;
    return srd__report_write(report, &ours, sizeof ours, offsetof(srd_site_report, saturated_ratios));
}
