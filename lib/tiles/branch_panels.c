/* branch_panels.c -- the panels of weights that a block of output channels of a branch is multiplied by. */
#include "tiles/branch_panels.h"

srd__panel srd__block_panel(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t tap, int32_t channel,
                            int32_t count)
{
    const srd__layer *const mixing = lane->mixing;
    const int32_t per_group = mixing->channels / mixing->groups;
    const int32_t output = first % per_group;
    const srd__tap at = { tap, lane->branch->flattened ? lane->taps : 0, lane->column };
    srd__panel panel =
        srd__weights_panel(&mixing->weight, first / per_group, output / SRD__PANEL, &at, channel, count, scratch->panel);

    panel.rows += output % SRD__PANEL;
    return panel;
}

void srd__block_panels(const srd__lane *lane, const srd__scratch *scratch, int32_t first, int32_t blocks, int32_t tap,
                       int32_t channel, int32_t count, srd__panel *panels)
{
    for (int32_t i = 0; i < blocks; ++i)
        panels[i] = srd__block_panel(lane, scratch, first + i * SRD__PANEL, tap, channel, count);
}
