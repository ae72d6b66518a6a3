/*
 * vit_b_16.c -- ViT-B/16 as torchvision.models.vit_b_16: relevance goes to the pixels and, through the class token, to a constant.
 */
#include "networks.h"

void zoo_vit_b_16(zoo *z)
{
    static const char *const token = "class_token";
    static const char *const layers[12] = { "encoder_layer_0", "encoder_layer_1", "encoder_layer_2",  "encoder_layer_3",
                                            "encoder_layer_4", "encoder_layer_5", "encoder_layer_6",  "encoder_layer_7",
                                            "encoder_layer_8", "encoder_layer_9", "encoder_layer_10", "encoder_layer_11" };
    static const zoo_block_names names = { .norm_1 = "ln_1",
                                           .in_weight = "self_attention.in_proj_weight",
                                           .in_bias = "self_attention.in_proj_bias",
                                           .out = "self_attention.out_proj",
                                           .norm_2 = "ln_2",
                                           .fc_1 = "mlp.0",
                                           .fc_2 = "mlp.3" };
    srd_layer x = zoo_embed(z, "conv_proj", zoo_input(z, 224), 768, 16, &token, 1, "encoder.pos_embedding");

    zoo_enter(z, "encoder");
    zoo_enter(z, "layers");
    for (int32_t i = 0; i < 12; ++i) {
        zoo_enter(z, layers[i]);
        x = zoo_transformer_block(z, x, 12, &names);
        zoo_leave(z);
    }
    zoo_leave(z);
    x = zoo_layer_norm(z, "ln", x, 1e-6);
    zoo_leave(z);
    x = zoo_linear(z, "heads.head", srd_graph_select_tokens(z->graph, NULL, x, 0, 1), 1000);
    (void)srd_graph_output(z->graph, x, NULL);
}
