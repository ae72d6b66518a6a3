/*
 * networks.h -- the builders, one per file.
 */
#ifndef ZOO_NETWORKS_H
#define ZOO_NETWORKS_H

#include "zoo.h"

void zoo_vgg16(zoo *z);
void zoo_vgg16_bn(zoo *z);
void zoo_resnet18(zoo *z);
void zoo_resnet50(zoo *z);
void zoo_resnext50(zoo *z);
void zoo_densenet121(zoo *z);
void zoo_inception_v3(zoo *z);
void zoo_googlenet(zoo *z);
void zoo_squeezenet1_1(zoo *z);
void zoo_mobilenet_v1(zoo *z);
void zoo_mobilenet_v2(zoo *z);
void zoo_mobilenet_v3_large(zoo *z);
void zoo_efficientnet_b0(zoo *z);
void zoo_shufflenet_v2(zoo *z);
void zoo_convnext_tiny(zoo *z);
void zoo_unet_bilinear(zoo *z);
void zoo_unet_transposed(zoo *z);
void zoo_yolo(zoo *z);
void zoo_vit_b_16(zoo *z);
void zoo_deit_tiny_distilled(zoo *z);

#endif
