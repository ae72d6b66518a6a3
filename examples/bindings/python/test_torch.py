#!/usr/bin/env python3
"""Tests of srd.torch with small modules: what is computed. Exit status 77: this interpreter has no torch.

    python3 test_torch.py [library]
"""
import unittest

from torch_cases import Lambda, main, nn, np, picture, prepare, srd, torch
import torch.nn.functional as F


class Same(unittest.TestCase):
    """libsrd computes what the module computes, and nothing is lost on the way down."""

    def same(self, module, *shape, **options):
        result = srd.torch.explain(prepare(module), picture(*(shape or (4, 8, 9))), **options)
        self.assertLessEqual(result.difference, 5e-6)
        self.assertLessEqual(abs(result.report.lost), 1e-5 * result.report.magnitude)
        self.assertGreater(np.abs(result.map).max(), 0)
        return result

    def layers(self, module):
        """Kinds of the live layers."""
        graph = srd.torch.convert(prepare(module), picture(4, 8, 9)).graph
        return [graph.kind(i) for i in range(graph.layer_count) if graph.info(i).is_live]

    def test_activations(self):
        for act in (nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(), nn.LeakyReLU(0.2), nn.PReLU(), nn.PReLU(6), nn.ELU(0.7), nn.SELU(),
                    nn.GELU(), nn.GELU('tanh'), nn.SiLU(), nn.Hardswish(), nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(),
                    nn.Softplus(), nn.Hardtanh(-0.5, 0.7), nn.LocalResponseNorm(3, 0.5, 0.6, 1.5), nn.Softmax(1)):
            with self.subTest(act=act):
                self.same(nn.Sequential(nn.Conv2d(4, 6, 3), act, nn.Conv2d(6, 3, 1)))

    def test_activations_as_functions_and_methods(self):
        for act in (F.relu, F.relu_, torch.relu, lambda x: x.relu(), lambda x: x.relu_(), lambda x: x.clamp(0, 6),
                    lambda x: torch.clamp(x, min=0), F.relu6, lambda x: F.leaky_relu(x, 0.3, True), F.elu, F.selu, F.silu,
                    F.gelu, lambda x: F.gelu(x, approximate='tanh'), F.hardswish, F.hardsigmoid, F.hardtanh, torch.sigmoid,
                    lambda x: x.sigmoid(), torch.tanh, lambda x: x.tanh_(), F.softplus, lambda x: x.softmax(1),
                    lambda x: F.local_response_norm(x, 2), lambda x: x * torch.sigmoid(x), lambda x: x * F.relu6(x + 3) / 6,
                    lambda x: x * (F.relu6(x + 3) / 6)):
            with self.subTest(act=act):
                self.same(Lambda(lambda m, x: m.b(act(m.a(x))), a=nn.Conv2d(4, 6, 3), b=nn.Conv2d(6, 3, 1)))

    def test_activations_that_are_written_out(self):
        conv = nn.Conv2d(4, 6, 3)
        self.assertEqual(self.layers(Lambda(lambda m, x: (y := m.a(x)) * F.relu6(y + 3) / 6, a=conv)),
                         ['input', 'conv2d', 'hard_swish'])
        self.assertEqual(self.layers(Lambda(lambda m, x: (y := m.a(x)) * (F.relu6(y + 3) / 6), a=conv)),
                         ['input', 'conv2d', 'hard_swish'])
        self.assertEqual(self.layers(Lambda(lambda m, x: (y := m.a(x)) * torch.sigmoid(y), a=conv)), ['input', 'conv2d', 'silu'])

    def test_mixing(self):
        for layer in (nn.Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(1, 0), dilation=(2, 1), groups=2, bias=False),
                      nn.Conv2d(4, 6, (4, 2), padding='same'), nn.Conv2d(4, 4, 3, padding='valid', groups=4),
                      nn.ConvTranspose2d(4, 6, (3, 2), stride=(3, 2), padding=1, output_padding=(1, 0), groups=2),
                      nn.Sequential(nn.Flatten(), nn.Linear(288, 5)), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1),
                                                                                   nn.Linear(4, 5, bias=False))):
            with self.subTest(layer=layer):
                self.same(layer)
        weight = picture(5, 4, 3, 3)
        self.same(Lambda(lambda m, x: F.conv2d(x, weight, padding=1).flatten(1) @ torch.ones(360, 2)))

    def test_a_vector_in_another_order(self):
        self.same(Lambda(lambda m, x: m.a(x.permute(0, 2, 3, 1).flatten(1)), a=nn.Linear(288, 5)))
        self.same(Lambda(lambda m, x: m.a(x.permute(0, 3, 1, 2).reshape(len(x), -1)), a=nn.Linear(288, 5)))

    def test_norms(self):
        for norm in (nn.BatchNorm2d(4), nn.BatchNorm2d(4, affine=False), nn.InstanceNorm2d(4), nn.InstanceNorm2d(4, affine=True),
                     nn.InstanceNorm2d(4, track_running_stats=True), nn.GroupNorm(2, 4)):
            with self.subTest(norm=norm):
                self.same(nn.Sequential(nn.Conv2d(4, 4, 3), norm, nn.ReLU(), nn.Conv2d(4, 2, 1)))
        self.same(nn.Sequential(nn.Flatten(), nn.Linear(288, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)))
        layer_norm = Lambda(lambda m, x: m.n(m.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2), a=nn.Conv2d(4, 5, 3),
                            n=nn.LayerNorm(5, 1e-6))
        self.same(layer_norm)
        self.assertEqual(self.layers(layer_norm), ['input', 'conv2d', 'layer_norm'])

    def test_pools(self):
        for pool in (nn.MaxPool2d(3, 2, 1), nn.MaxPool2d((2, 3), ceil_mode=True), nn.AvgPool2d(3, 2, 1),
                     nn.AvgPool2d(2, count_include_pad=False, padding=1, ceil_mode=True), nn.AdaptiveAvgPool2d((3, 2)),
                     nn.AdaptiveAvgPool2d((None, 1)), nn.AdaptiveMaxPool2d((4, 3)), nn.Upsample(scale_factor=2),
                     nn.Upsample(scale_factor=(1.5, 2.0), mode='bilinear'),
                     nn.Upsample((11, 20), mode='bilinear', align_corners=True),
                     nn.UpsamplingNearest2d(scale_factor=3), nn.UpsamplingBilinear2d(scale_factor=2), nn.ZeroPad2d((1, 2, 0, 3)),
                     nn.ConstantPad2d(2, 0.5), Lambda(lambda m, x: x.mean((2, 3))), Lambda(lambda m, x: x.mean(-1, keepdim=True)),
                     Lambda(lambda m, x: x.mean(1, keepdim=True)), Lambda(lambda m, x: torch.mean(x, 2)),
                     Lambda(lambda m, x: F.interpolate(x, scale_factor=1.7, mode='bilinear', recompute_scale_factor=True)),
                     Lambda(lambda m, x: F.interpolate(x, size=x.shape[2] * 2)),
                     Lambda(lambda m, x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 1))),
                     Lambda(lambda m, x: F.pad(x, [1, 0, 2, 3], value=-0.3)), Lambda(lambda m, x: x.flatten(2).mean(-1))):
            with self.subTest(pool=pool):
                self.same(nn.Sequential(nn.Conv2d(4, 6, 1), nn.ReLU(), pool))

    def test_joins(self):
        parts = {'a': nn.Conv2d(4, 6, 3, padding=1), 'b': nn.Conv2d(4, 6, 1)}
        vector, grid = picture(6, 1, 1), picture(1, 6, 8, 9)
        for join in (lambda m, x: m.a(x) + m.b(x), lambda m, x: m.a(x).add_(m.b(x)),
                     lambda m, x: torch.add(m.a(x), m.b(x), alpha=2),
                     lambda m, x: m.a(x) - m.b(x), lambda m, x: 1 - m.a(x), lambda m, x: -m.a(x) / 3 + 0.5,
                     lambda m, x: vector * m.a(x) + vector, lambda m, x: m.a(x) + grid, lambda m, x: m.a(x) * grid,
                     lambda m, x: torch.cat([m.a(x), x, m.b(x)], 1),
                     lambda m, x: torch.cat((x, -9 * vector.abs().expand(1, 6, 8, 9)), dim=1),  # a constant that never wins
                     lambda m, x: m.a(x) * m.b(x).sigmoid(), lambda m, x: F.softplus(m.b(x).mean((2, 3), keepdim=True)) * m.a(x),
                     lambda m, x: m.a(x) * F.hardsigmoid(m.b(F.adaptive_avg_pool2d(x, 1))),
                     lambda m, x: m.a(x) * torch.sigmoid(m.b(x)).view(x.size(0), 6, 8, 9)):
            with self.subTest(join=join):
                self.same(Lambda(join, **parts))

    def test_moves(self):
        def shuffled(x, groups):
            n, c, h, w = x.size()
            return x.view(n, groups, c // groups, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)

        def glu(x):
            a, b = x.chunk(2, 1)
            return a * b.sigmoid()

        for move in (lambda x: shuffled(x, 2), lambda x: shuffled(x, 3), glu, lambda x: x.split([1, 3, 2], 1)[1],
                     lambda x: torch.cat(x.split(4, dim=1)[::-1], 1), lambda x: x[:, 2:5], lambda x: x[:, -1:],
                     lambda x: torch.unsqueeze(x[:, 1], 1), lambda x: x.transpose(2, 3), lambda x: x.permute(0, 2, 3, 1),
                     lambda x: x.flatten(2), lambda x: x.flatten(2).transpose(1, 2)[:, 3], lambda x: x.narrow(1, 1, 2),
                     lambda x: x.flatten(2).permute(0, 2, 1).reshape(1, 8, 9, 6), lambda x: x.unbind(1)[4],
                     lambda x: x[..., ::3, ::2], lambda x: x.flatten(2).T if x.dim() == 2 else x.squeeze(0)):
            with self.subTest(move=move):
                self.same(Lambda(lambda m, x: move(m.a(x)), a=nn.Conv2d(4, 6, 1)))

    def test_tokens(self):
        def block(m, x):
            n = x.shape[0]
            x = m.patch(x).flatten(2).transpose(1, 2)
            x = torch.cat([m.token.expand(n, -1, -1), x], dim=1) + m.place
            y = m.norm(x)
            x = x + m.attention(y, y, y, need_weights=False)[0]
            return m.head(x[:, 0])

        parts = {'patch': nn.Conv2d(4, 6, 3, stride=2), 'norm': nn.LayerNorm(6), 'head': nn.Linear(6, 3)}
        for attention in (nn.MultiheadAttention(6, 2, batch_first=True), nn.MultiheadAttention(6, 3, batch_first=True, bias=False)):
            module = Lambda(block, attention=attention, **parts)
            module.token, module.place = nn.Parameter(torch.zeros(1, 1, 6)), nn.Parameter(torch.zeros(1, 13, 6))
            result = self.same(module)
            self.assertNotEqual(result.report.at_constants, 0)  # the class token is a source

    def test_attention_in_other_spellings(self):
        mask = torch.zeros(12, 12).masked_fill(torch.ones(12, 12).triu(1).bool(), float('-inf'))

        def written_out(m, x):
            n, t, c = x.shape
            q, k, v = m.qkv(x).reshape(n, t, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
            weights = (q * 0.3 @ k.transpose(-2, -1) + mask).softmax(-1)
            return (weights @ v).transpose(1, 2).reshape(n, t, c)

        def single(m, x):
            q, k, v = m.qkv(x).chunk(3, dim=-1)
            return torch.bmm(F.softmax(torch.bmm(q, k.transpose(1, 2)) / 2, dim=2), v)

        for spelling in (written_out, single, lambda m, x: m.cross(x.transpose(0, 1), m.other(x).transpose(0, 1), x.transpose(0, 1))[0],
                         lambda m, x: m.masked(x, x, x, attn_mask=mask.bool())[0]):
            with self.subTest(spelling=spelling):
                self.same(Lambda(lambda m, x: m.head(spelling(m, m.patch(x).flatten(2).transpose(1, 2)).mean((0, 1))[None]),
                                 patch=nn.Conv2d(4, 6, 3, stride=2), qkv=nn.Linear(6, 18), other=nn.Linear(6, 6),
                                 cross=nn.MultiheadAttention(6, 2), masked=nn.MultiheadAttention(6, 2, batch_first=True),
                                 head=nn.Linear(6, 3)))

    def test_transformer_of_torch(self):
        encoder = nn.TransformerEncoderLayer(6, 2, 12, batch_first=True, activation='gelu')
        self.same(Lambda(lambda m, x: m.head(m.e(m.patch(x).flatten(2).transpose(1, 2))[:, 1:].mean(1)),
                         patch=nn.Conv2d(4, 6, 3, stride=2), e=encoder, head=nn.Linear(6, 3)))

    def test_operations_in_place_are_seen_by_whoever_holds_the_tensor(self):
        def forward(m, x):
            y = m.a(x)
            z = m.act(y)       # changes y
            return m.b(y) + z

        self.same(Lambda(forward, a=nn.Conv2d(4, 6, 1), b=nn.Conv2d(6, 6, 1), act=nn.ReLU(inplace=True)))

    def test_a_module_that_is_used_twice(self):
        result = self.same(Lambda(lambda m, x: m.a(F.relu(m.a(x))), a=nn.Conv2d(4, 4, 3, padding=1)))
        self.assertEqual(result.network.graph.kind('a_1'), 'conv2d')

    def test_random_depth_and_dropout_do_nothing(self):
        module = nn.Sequential(nn.Dropout(0.3), nn.Conv2d(4, 3, 1), nn.Identity(), nn.Dropout2d())
        self.assertEqual(self.layers(module), ['input', 'conv2d'])


if __name__ == '__main__':
    main()
