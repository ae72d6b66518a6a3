/* explainer_report.c -- what the last question did with its relevance. */
#include "explain/explainer_impl.h"

srd_status srd_explainer_report(const srd_explainer *explainer, srd_report *report)
{
    if (explainer == NULL) return SRD_ERR_ARGUMENT;
    if (!SRD_WITH_REPORTS) return SRD_ERR_UNSUPPORTED;
    if (!explainer->has_question) return SRD_ERR_STATE;
    return srd__report_write(report, &explainer->report, sizeof explainer->report, offsetof(srd_report, saturated_ratios));
}

srd_status srd_explainer_site_report(const srd_explainer *explainer, srd_layer layer, srd_site_report *report)
{
    srd_site_report ours;
    const srd__layer *l;
    const srd__bound *bound;

    if (explainer == NULL || layer < 0 || layer >= explainer->graph->layer_count) return SRD_ERR_ARGUMENT;
    if (!SRD_WITH_REPORTS) return SRD_ERR_UNSUPPORTED;
    l = explainer->graph->layers[srd__resolve(explainer->graph, layer)];
    if (!l->site && explainer->nodes[l->id].bound < 0) return SRD_ERR_ARGUMENT;
    if (!explainer->has_question) return SRD_ERR_STATE;
    memset(&ours, 0, sizeof ours);
    if (explainer->nodes[l->id].bound < 0) { /* an input */
        ours.relevance_in = explainer->nodes[l->id].relevance_in;
        return srd__report_write(report, &ours, sizeof ours, offsetof(srd_site_report, saturated_ratios));
    }
    bound = &explainer->bounds[explainer->nodes[l->id].bound];
    ours.paths = bound->sources;
    ours.relevance_in = bound->relevance_in;
    ours.relevance_out = bound->relevance_out;
    ours.unreached = bound->unreached;
    ours.largest_ratio_error = (double)bound->ratio_error;
    ours.special_positions = bound->special;
    ours.saturated_ratios = bound->saturated;
    return srd__report_write(report, &ours, sizeof ours, offsetof(srd_site_report, saturated_ratios));
}
