/*
 * catalogue.c -- the list of the networks.
 */
#include "networks.h"

#include <string.h>

static const zoo_network networks[] = {
    { "vgg16", 224, 138357544, zoo_vgg16 },
    { "vgg16_bn", 224, 138365992, zoo_vgg16_bn },
    { "resnet18", 224, 11689512, zoo_resnet18 },
    { "resnet50", 224, 25557032, zoo_resnet50 },
    { "resnext50", 224, 25028904, zoo_resnext50 },
    { "densenet121", 224, 7978856, zoo_densenet121 },
    { "inception_v3", 299, 23834568, zoo_inception_v3 },
    { "googlenet", 224, 6624904, zoo_googlenet },
    { "squeezenet1_1", 224, 1235496, zoo_squeezenet1_1 },
    { "mobilenet_v1", 224, 4231976, zoo_mobilenet_v1 },
    { "mobilenet_v2", 224, 3504872, zoo_mobilenet_v2 },
    { "mobilenet_v3_large", 224, 5483032, zoo_mobilenet_v3_large },
    { "efficientnet_b0", 224, 5288548, zoo_efficientnet_b0 },
    { "shufflenet_v2", 224, 2278604, zoo_shufflenet_v2 },
    { "convnext_tiny", 224, 28589128, zoo_convnext_tiny },
    { "unet_bilinear", 256, 17263042, zoo_unet_bilinear },
    { "unet_transposed", 256, 31037698, zoo_unet_transposed },
    { "yolo", 320, 2294008, zoo_yolo },
    { "vit_b_16", 224, 86567656, zoo_vit_b_16 },
    { "deit_tiny_distilled", 224, 5910800 + 1000, zoo_deit_tiny_distilled }, /* and the halves of the mean */
};

const zoo_network *zoo_network_at(int32_t index)
{
    const int32_t count = (int32_t)(sizeof networks / sizeof networks[0]);

    return index >= 0 && index < count ? &networks[index] : NULL;
}

const zoo_network *zoo_network_of(const char *name)
{
    for (int32_t i = 0; zoo_network_at(i) != NULL; ++i) {
        if (strcmp(networks[i].name, name) == 0) return &networks[i];
    }
    return NULL;
}

void zoo_build(const zoo_network *network, srd_graph *graph, const zoo_weights *weights, char *missing)
{
    zoo z = { graph, weights, "", { 0 }, 0, missing };

    missing[0] = '\0';
    network->build(&z);
}
