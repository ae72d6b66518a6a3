/*
 * deit_tiny_distilled.c -- DeiT-tiny with distillation (Touvron et al. 2021): two tokens before the patches, each with a head of its
 * own; the logits are the mean of both.
 */
#include "networks.h"

#define CLASSES 1000

static srd_layer half(zoo *z, srd_layer x)
{
    static const float half = 0.5F;
    const int64_t shape = CLASSES, stride = 0;
    srd_tensor *scale = NULL;

    if (srd_tensor_view_const(SRD_FLOAT32, 1, &shape, &stride, &half, NULL, &scale, NULL) != SRD_OK) return SRD_LAYER_NONE;
    x = srd_graph_scale_shift(z->graph, "logits", x, scale, NULL);
    srd_tensor_free(scale);
    return x;
}

void zoo_deit_tiny_distilled(zoo *z)
{
    static const char *const tokens[2] = { "cls_token", "dist_token" };
    static const zoo_block_names names = { .norm_1 = "norm1",
                                           .in_weight = "attn.qkv.weight",
                                           .in_bias = "attn.qkv.bias",
                                           .out = "attn.proj",
                                           .norm_2 = "norm2",
                                           .fc_1 = "mlp.fc1",
                                           .fc_2 = "mlp.fc2" };
    srd_layer x = zoo_embed(z, "patch_embed.proj", zoo_input(z, 224), 192, 16, tokens, 2, "pos_embed"), a, b;

    zoo_enter(z, "blocks");
    for (int32_t i = 0; i < 12; ++i) {
        zoo_enter_at(z, i);
        x = zoo_transformer_block(z, x, 3, &names);
        zoo_leave(z);
    }
    zoo_leave(z);
    x = zoo_layer_norm(z, "norm", x, 1e-6);
    a = zoo_linear(z, "head", srd_graph_select_tokens(z->graph, NULL, x, 0, 1), CLASSES);
    b = zoo_linear(z, "head_dist", srd_graph_select_tokens(z->graph, NULL, x, 1, 1), CLASSES);
    (void)srd_graph_output(z->graph, half(z, zoo_add(z, NULL, a, b)), NULL);
}
