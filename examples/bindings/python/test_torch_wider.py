#!/usr/bin/env python3
"""Tests of srd.torch with small modules: positions that are moved, windows, attention in all spellings, signals, detectors. Exit
status 77: this interpreter has no torch.

    python3 test_torch_wider.py [library]
"""
import unittest

from torch_cases import Lambda, gradient_map, main, nn, np, picture, prepare, srd, torch
import torch.nn.functional as F
from srd.torch import ConversionError


class Case(unittest.TestCase):
    def same(self, module, *shape, **options):
        """libsrd computes what torch computes, and nothing is lost on the way down."""
        result = srd.torch.explain(prepare(module), picture(*(shape or (4, 8, 10))), srd.Target(0), **options)
        self.assertLessEqual(result.difference, 5e-6)
        self.assertLessEqual(abs(result.report.lost), 1e-5 * result.report.magnitude)
        self.assertGreater(np.abs(result.map).max(), 0)
        return result

    def each(self, functions, *shape, **parts):
        for n, function in enumerate(functions):
            with self.subTest(n=n):
                self.same(Lambda(lambda m, x: function(m, m.a(x)), a=nn.Conv2d(4, 6, 1), **parts), *shape)


class Joining(Case):
    def test_joins_of_any_dimension(self):
        self.each((lambda m, x: torch.cat([x, x * 2], 2), lambda m, x: torch.cat([x[:, :2], x[:, :2] * 3], 3),
                   lambda m, x: torch.stack([x, x.relu()], 1).mean(1), lambda m, x: torch.stack([x, x.tanh()], 2).flatten(1, 2),
                   lambda m, x: x.mean((2, 3), keepdim=True).expand(-1, -1, 8, 10) + x,
                   lambda m, x: torch.cat([x, x.mean((2, 3), keepdim=True).expand_as(x)], 1), lambda m, x: x.repeat(1, 2, 1, 1),
                   lambda m, x: x + x.mean(1, keepdim=True), lambda m, x: x + x.mean(3, keepdim=True), lambda m, x: x.sum((2, 3)),
                   lambda m, x: x.sum(1), lambda m, x: x.sum(2), lambda m, x: x.view(1, 2, 3, 8, 10).sum(1)))

    def test_constants_of_every_pixel(self):
        grid, row, batch = picture(6, 8, 10), picture(1, 1, 10), picture(1, 2, 1, 8, 1)
        self.each((lambda m, x: x * grid + grid, lambda m, x: (x - row) / row.abs().add(1), lambda m, x: x * row,
                   lambda m, x: (x.view(1, 2, 3, 8, 10) * batch + batch).flatten(1, 2),
                   lambda m, x: F.layer_norm(x, x.shape[1:], grid, grid)))

    def test_anchors(self):
        def packed(x, anchors=2, classes=3):
            n, _, h, w = x.shape
            return x.view(n, anchors, classes, h, w).permute(0, 3, 4, 1, 2).reshape(n, -1, classes)

        module = Lambda(lambda m, x: torch.cat([packed(m.a(x)), packed(m.b(x))], 1), a=nn.Conv2d(4, 6, 1), b=nn.Conv2d(4, 6, 3, stride=2))
        result = self.same(module)
        self.assertEqual(result.scores.shape, (1, 160 + 24, 3))
        wanted = module(picture(1, 4, 8, 10))[0, 7, 2].item()
        self.assertAlmostEqual(result.network.explain(picture(4, 8, 10), srd.Target(2, position=(0, 7))).report.score, wanted, places=5)
        self.same(Lambda(lambda m, x: m.a(x).view(1, 2, 3, 8, 10).permute(0, 1, 3, 4, 2), a=nn.Conv2d(4, 6, 1)))  # of five dimensions

    def test_more_activations(self):
        for act in (nn.Mish(), nn.CELU(0.7), nn.LogSigmoid(), nn.Softsign(), Lambda(lambda m, x: x.abs()), Lambda(lambda m, x: x.exp()),
                    Lambda(lambda m, x: torch.erf(x))):
            with self.subTest(act=act):
                self.same(nn.Sequential(nn.Conv2d(4, 6, 3), act, nn.Conv2d(6, 3, 1)))


class Attention(Case):
    def parts(self):
        return {'qkv': nn.Linear(6, 18), 'score': nn.Linear(6, 1), 'scores': nn.Linear(6, 2)}

    def test_spellings(self):
        def einsum(m, x):
            q, k, v = m.qkv(x.flatten(2).transpose(1, 2)).reshape(1, 80, 3, 2, 3).unbind(2)
            weights = (torch.einsum('bihd,bjhd->bhij', q, k) / 3 ** 0.5).softmax(-1)
            return torch.einsum('b h i j, b j h d -> b i h d', weights, v).flatten(2)

        def non_local(m, x):
            flat = x.flatten(2)
            weights = torch.bmm(flat.transpose(1, 2), flat.tanh()).softmax(-1)
            return torch.bmm(flat, weights.transpose(1, 2)).view_as(x) + x

        def over_channels(m, x):
            flat = x.flatten(2)
            return (flat @ flat.transpose(1, 2) / 9).softmax(-1) @ flat

        def filled(m, x):
            q, k, v = m.qkv(x.flatten(2).transpose(1, 2)).chunk(3, -1)
            mask = torch.ones(80, 80).tril() == 0
            return (q @ k.transpose(1, 2)).masked_fill(mask, float('-inf')).softmax(-1) @ v

        def scale_by_head(m, x):
            q, k, v = m.qkv(x.flatten(2).transpose(1, 2)).reshape(1, 80, 3, 2, 3).permute(2, 0, 3, 1, 4)
            weights = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1) * torch.tensor([2.0, 5.0]).view(2, 1, 1)
            return (weights.softmax(-1) @ v).transpose(1, 2).reshape(1, 80, 6)

        self.each((einsum, non_local, over_channels, filled, scale_by_head), **self.parts())

    def test_pooling_by_a_softmax_over_positions(self):
        def tokens(x):
            return x.flatten(2).transpose(1, 2)

        self.each((lambda m, x: (m.score(tokens(x)).softmax(1) * tokens(x)).sum(1),
                   lambda m, x: torch.bmm(m.score(tokens(x)).transpose(1, 2).softmax(2), tokens(x)).squeeze(1),
                   lambda m, x: (m.scores(tokens(x)).softmax(1).transpose(1, 2) @ tokens(x)).flatten(1),
                   lambda m, x: torch.einsum('ntk,ntc->nkc', m.scores(tokens(x)).softmax(1), tokens(x)).flatten(1)), **self.parts())
        result = self.same(Lambda(lambda m, x: m.h((m.score(x.flatten(2).transpose(1, 2)).softmax(1) * x.flatten(2).transpose(1, 2)).sum(1)),
                                  h=nn.Linear(4, 3, bias=False), **{**self.parts(), 'score': nn.Linear(4, 1)}))
        self.assertEqual(result.report.head_bias, 0)


class Moving(Case):
    def test_parts_of_positions(self):
        self.each((lambda m, x: x[:, :, 2:-3, 1:-1], lambda m, x: x[:, :, 1::2, ::2], lambda m, x: x[:, :, 3], lambda m, x: x[..., 4],
                   lambda m, x: F.pad(x, (-1, -2, 1, -1)), lambda m, x: x.flip(3), lambda m, x: x.flip((2, 3)),
                   lambda m, x: torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1),
                   lambda m, x: x.permute(0, 2, 3, 1)[:, :5, 2:], lambda m, x: x[:, :, 2:4].mean(2), lambda m, x: x[:, :, [5, 1, 1]]))

    def test_rolls_and_pads_of_the_picture(self):
        self.each((lambda m, x: x.roll((2, -3), (2, 3)), lambda m, x: torch.roll(x, 1, 3), lambda m, x: x.permute(0, 2, 3, 1).roll((-1, 4), (1, 2)),
                   lambda m, x: F.pad(x, (1, 2, 3, 0), 'reflect'), lambda m, x: F.pad(x, (1, 2, 0, 3), 'replicate'),
                   lambda m, x: F.pad(x, (1, 2, 2, 3), 'circular'), lambda m, x: m.c(x), lambda m, x: m.r(x),
                   lambda m, x: F.pad(x.permute(0, 2, 3, 1), (0, 0, 0, 1, 0, 2))),
                  c=nn.Conv2d(6, 3, 3, padding=1, padding_mode='circular'), r=nn.ReflectionPad2d(2))

    def test_windows(self):
        def windows(m, x, size, swapped=False):
            n, c, h, w = x.shape
            rows, columns = h // size[0], w // size[1]
            y = x.view(n, c, rows, size[0], columns, size[1]).permute(0, 2, 4, 3, 5, 1)
            y = y.reshape(n, rows * columns, size[0] * size[1], c)
            y = y.transpose(1, 2) if swapped else y
            q, k, v = m.qkv(y).reshape(*y.shape[:3], 3, 2, 3).permute(3, 0, 1, 4, 2, 5)
            weights = (q @ k.transpose(-2, -1) + m.bias[:, :q.shape[-2], :q.shape[-2]]).softmax(-1)
            y = y + (weights @ v).transpose(2, 3).reshape(y.shape)
            y = y.transpose(1, 2) if swapped else y
            y = y.reshape(n, rows, columns, size[0], size[1], c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)
            return m.c(y)

        for size, swapped in (((4, 5), False), ((4, 5), True), ((2, 10), False), ((8, 2), True)):
            with self.subTest(size=size, swapped=swapped):
                module = Lambda(lambda m, x: windows(m, m.a(x), size, swapped), a=nn.Conv2d(4, 6, 1), c=nn.Conv2d(6, 3, 3), qkv=nn.Linear(6, 18))
                module.bias = nn.Parameter(torch.zeros(2, 20, 20))
                self.same(module)

    def test_pixels_as_channels_and_back(self):
        self.each((lambda m, x: F.pixel_unshuffle(x, 2), lambda m, x: F.pixel_shuffle(m.c(x), 2), lambda m, x: nn.PixelShuffle(2)(m.c(x))),
                  c=nn.Conv2d(6, 8, 1))

    def test_layers_over_positions(self):
        self.each((lambda m, x: m.f(x), lambda m, x: m.t(x.flatten(2)).transpose(1, 2)), f=nn.Linear(10, 3), t=nn.Linear(80, 4))


class Reductions(Case):
    def test_the_largest_and_the_smallest(self):
        row = picture(1, 6, 1, 1)
        self.each((lambda m, x: x.max(1)[0], lambda m, x: x.max(2).values, lambda m, x: x.amax((2, 3)), lambda m, x: x.amax((1, 3), keepdim=True),
                   lambda m, x: x.view(1, 2, 3, 8, 10).max(1).values, lambda m, x: x.view(1, 2, 3, 8, 10).amax(2), lambda m, x: x.min(1)[0],
                   lambda m, x: x.amin((2, 3)), lambda m, x: x.flatten(2).max(-1)[0], lambda m, x: torch.max(x, x * 2),
                   lambda m, x: torch.maximum(x, row), lambda m, x: x.minimum(torch.tensor(0.3)),
                   lambda m, x: torch.min(x, x.mean(1, keepdim=True)), lambda m, x: x.sum((2, 3)),
                   lambda m, x: x.sum((1, 2)),
                   lambda m, x: torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], 1)))
        self.same(Lambda(lambda m, x: m.h(torch.amax(m.a(x), dim=(1, 2, 3), keepdim=True)), a=nn.Conv2d(4, 6, 1), h=nn.Conv2d(1, 2, 1)))

    def test_the_places_are_refused(self):
        for function in (lambda m, x: x.max(1)[1] * 1.0, lambda m, x: x.argmax(1)):
            with self.assertRaisesRegex(ConversionError, 'places|argmax|int64'):
                srd.torch.convert(prepare(Lambda(function)), picture(4, 8, 10))

    def test_pools(self):
        self.each((lambda m, x: F.adaptive_max_pool2d(x, (3, 4)), lambda m, x: F.adaptive_max_pool2d(x, 1),
                   lambda m, x: F.adaptive_max_pool2d(x, (None, 1))))

    def test_the_map_of_a_maximum(self):
        """What the chosen pixels give the score: gradient times picture, as nothing is mixed below the last layer."""
        module = prepare(Lambda(lambda m, x: m.f(torch.max(x, x * -0.5).amax((2, 3))) + m.g(x.amin(1).flatten(1)),
                                f=nn.Linear(4, 2, bias=False), g=nn.Linear(80, 2, bias=False)))
        found = srd.torch.explain(module, picture(4, 8, 10), 1).map
        np.testing.assert_allclose(found, gradient_map(module, picture(4, 8, 10), 1), atol=1e-6)


class Norms(Case):
    def becomes(self, function, kind, **parts):
        """A function becomes a layer of this kind, which is right."""
        result = self.same(Lambda(lambda m, x: function(m, m.a(x) * 0.7), a=nn.Conv2d(4, 6, 1), **parts))
        graph = result.network.graph
        self.assertIn(kind, [graph.kind(layer) for layer in range(graph.layer_count)])

    def test_root_of_the_mean_of_squares(self):
        w = picture(6, 1, 1)
        for function in (lambda m, x: x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-3) * w,
                         lambda m, x: x / ((x * x).mean(1, keepdim=True) + 1e-3).sqrt(),
                         lambda m, x: w * (x * (x.float() ** 2).mean(dim=(1,), keepdim=True).add(1e-3).pow(-0.5)),
                         lambda m, x: x * (1 / torch.sqrt(x.square().sum(1, keepdim=True) * 0.25 + 1e-2)),
                         lambda m, x: (lambda y: y * (y.pow(2).mean(-1, keepdim=True) + 1e-2).rsqrt())(x.flatten(2).transpose(1, 2)),
                         lambda m, x: x * (x.pow(2).mean((2, 3), keepdim=True) + 1e-2).rsqrt(),
                         lambda m, x: (lambda y: y * (y.pow(2).mean(2, keepdim=True) + 1e-2).rsqrt())(x.view(1, 2, 3, 8, 10)).flatten(1, 2)):
            self.becomes(function, 'rms_norm')

    def test_norms_of_vectors(self):
        for function in (lambda m, x: F.normalize(x), lambda m, x: F.normalize(x, dim=1, eps=2.0), lambda m, x: x / x.norm(dim=1, keepdim=True),
                         lambda m, x: x / torch.norm(x, 2, 1, True).clamp(min=0.8), lambda m, x: x / x.norm(dim=1).unsqueeze(1).expand_as(x) * 8,
                         lambda m, x: x / torch.linalg.vector_norm(x, dim=1, keepdim=True), lambda m, x: F.normalize(x.mean((2, 3)), dim=-1),
                         lambda m, x: x * x.pow(2).sum(1, keepdim=True).clamp(min=0.5).rsqrt(),
                         lambda m, x: x / x.norm(dim=(2, 3), keepdim=True), lambda m, x: F.normalize(x.flatten(1))):
            self.becomes(function, 'l2_norm')

    def test_mean_and_deviation(self):
        def convnext(m, x):
            mean = x.mean(1, keepdim=True)
            variance = (x - mean).pow(2).mean(1, keepdim=True)
            return m.w[:, None, None] * ((x - mean) / torch.sqrt(variance + 1e-3)) + m.w[:, None, None]

        def groups(m, x):
            y = x.view(1, 3, -1)
            return ((y - y.mean(-1, keepdim=True)) / (y.var(-1, unbiased=False, keepdim=True) + 1e-3).sqrt()).view_as(x)

        module = {'w': nn.Parameter(torch.ones(6))}
        self.becomes(convnext, 'layer_norm', **module)
        self.becomes(lambda m, x: (x - x.mean(1, keepdim=True)) * (x.var(1, keepdim=True) + 1e-3).rsqrt(), 'layer_norm')
        self.becomes(lambda m, x: (x - x.mean((2, 3), keepdim=True)) / x.std((2, 3), keepdim=True), 'group_norm')
        self.becomes(groups, 'group_norm')

    def test_the_map_is_that_of_the_module(self):
        def plain(y):
            return (y - y.mean(1, keepdim=True)) / (y.var(1, unbiased=False, keepdim=True) + 1e-5).sqrt()

        spelled = Lambda(lambda m, x: m.b(plain(m.a(x))), a=nn.Conv2d(4, 6, 3), b=nn.Conv2d(6, 3, 3))
        called = Lambda(lambda m, x: m.b(F.layer_norm(m.a(x).permute(0, 2, 3, 1), (6,)).permute(0, 3, 1, 2)),
                        a=nn.Conv2d(4, 6, 3), b=nn.Conv2d(6, 3, 3))
        maps = [self.same(module).map for module in (spelled, called)]
        np.testing.assert_array_equal(*maps)

    def test_what_is_no_norm_is_refused(self):
        for function, reason in ((lambda m, x: x.norm(dim=1), 'no tensor is divided by'), (lambda m, x: x.norm(dim=1).relu(), 'no tensor is divided by'),
                                 (lambda m, x: x / (x.norm(dim=1, keepdim=True) + 1e-3), 'added to the root'),
                                 (lambda m, x: x / x.norm(p=1, dim=1), 'other than'),
                                 (lambda m, x: x.pow(2.5), 'the first to the fourth'), (lambda m, x: x.var(1), 'no tensor is divided by'),
                                 (lambda m, x: x.relu() * (x.pow(2).mean(1, keepdim=True) + 1).rsqrt(), 'another tensor'),
                                 (lambda m, x: x / x.std(1, keepdim=True), 'mean was not taken off'),
                                 (lambda m, x: x / (x * x + 1).sqrt(), 'its own size'),
                                 (lambda m, x: x[:, :1] / x.norm(dim=1).mean(), 'no tensor is divided by')):
            with self.subTest(reason=reason), self.assertRaisesRegex(ConversionError, reason):
                srd.torch.convert(prepare(Lambda(function)), picture(4, 8, 10))
        gated = srd.torch.convert(prepare(Lambda(lambda m, x: x * x)), picture(4, 8, 10), gates={'mul': 0})
        self.assertEqual(gated.graph.kind(gated.outputs[0].layer), 'gate')

    def test_responses_of_all_channels(self):
        def last(m, x):  # the authors' own
            x = x.permute(0, 2, 3, 1)
            gx = torch.norm(x, p=2, dim=(1, 2), keepdim=True)
            nx = gx / (gx.mean(dim=-1, keepdim=True) + 1e-6)
            return (m.w * (x * nx) + m.b + x).permute(0, 3, 1, 2)

        def first(m, x):
            share = x.norm(p=2, dim=(2, 3), keepdim=True)
            share = share / (share.mean(dim=1, keepdim=True) + 1e-3)
            return x + torch.addcmul(m.b.view(1, -1, 1, 1), m.w.view(1, -1, 1, 1), x * share)

        parts = {'w': nn.Parameter(picture(1, 6, 1)[0, :, 0]), 'b': nn.Parameter(picture(1, 1, 6)[0, 0])}
        for function in (last, first, lambda m, x: x * (x.norm(dim=(2, 3), keepdim=True) / x.norm(dim=(2, 3), keepdim=True).mean(1, True)) + x):
            self.becomes(function, 'global_response_norm', **parts)
        for function, reason in ((lambda m, x: x.norm(dim=(2, 3), keepdim=True).mean(1, keepdim=True).relu(), 'in a global response norm only'),
                                 (lambda m, x: x * (x.norm(dim=(2, 3), keepdim=True) / x.norm(dim=(2, 3), keepdim=True).mean(1, True)), 'norm only'),
                                 (lambda m, x: x.relu() + x * (x.norm(dim=(2, 3), keepdim=True) / x.norm(dim=(2, 3), keepdim=True).mean(1, True)),
                                  'another tensor')):
            with self.subTest(reason=reason), self.assertRaisesRegex(ConversionError, reason):
                srd.torch.convert(prepare(Lambda(function)), picture(4, 8, 10))

    def test_powers(self):
        """A square that is no part of a norm is x with itself as a gate."""
        self.each((lambda m, x: x.pow(2), lambda m, x: (x * x).relu(), lambda m, x: x.relu() ** 2, lambda m, x: torch.cat([x, x.pow(2)], 1),
                   lambda m, x: x ** 3, lambda m, x: x * x * x, lambda m, x: x.square() * 0.5 + 1, lambda m, x: x + x * x, lambda m, x: -x.pow(2),
                   lambda m, x: x.pow(2).mean((2, 3)), lambda m, x: (x.pow(2).mean(1, keepdim=True) + 1).tanh(),
                   lambda m, x: x.pow(2) * picture(6, 1, 1), lambda m, x: (x - x.mean(1, keepdim=True)).pow(2).sum(1),
                   lambda m, x: x.pow(2).mean(2).mean(2), lambda m, x: F.softshrink(x, 0.2),
                   lambda m, x: F.tanhshrink(x), lambda m, x: x.pow(2).flatten(1),
                   lambda m, x: nn.GELU()(x * x), lambda m, x: torch.addcmul(x, x, x, value=0.5),
                   lambda m, x: torch.addcmul(picture(6, 1, 1), picture(1, 8, 10), x)))

    def test_bounds_on_one_side(self):
        self.each((lambda m, x: x.clamp(min=0.2), lambda m, x: torch.clamp(x, max=0.4), lambda m, x: x.clamp_min(-0.3),
                   lambda m, x: x.clamp_max(0.1)))


class Comparisons(Case):
    def test_they_are_gates(self):
        self.each((lambda m, x: x * (x > 0.2).float(), lambda m, x: x * (x >= 0), lambda m, x: x * (x < 0.1), lambda m, x: (x <= 0.3) * x,
                   lambda m, x: torch.where(x > 0, x, x * 0.1), lambda m, x: torch.where(x.abs() > 0.5, x, torch.tensor(0.0)),
                   lambda m, x: x.masked_fill(x < 0, 0), lambda m, x: x.masked_fill(~(x > 0.1), 0.5), lambda m, x: x * ((x > -0.5) & (x < 0.5)),
                   lambda m, x: torch.where(x > x.mean(1, keepdim=True), x, 2 * x), lambda m, x: x * (0.3 > x),
                   lambda m, x: x * (x.mean(1, keepdim=True) > 0)))

    def test_what_else_is_made_of_them_is_refused(self):
        for function, reason in ((lambda m, x: x[x > 0], 'size depends'), (lambda m, x: x if (x > 0).any() else -x, 'any|control flow'),
                                 (lambda m, x: (x > 0).to(torch.int64) * x, 'int64'), (lambda m, x: x[:, :1] * (x > 0).sum(1), 'int64'),
                                 (lambda m, x: x > 0, 'no tensor|bool')):
            with self.assertRaisesRegex(ConversionError, reason):
                srd.torch.convert(prepare(Lambda(function)), picture(4, 8, 10))

    def test_the_map_is_that_of_a_relu(self):
        modules = [prepare(Lambda(function, a=nn.Conv2d(4, 6, 3), b=nn.Conv2d(6, 3, 3))) for function in
                   (lambda m, x: m.b(F.relu(m.a(x))), lambda m, x: m.b((lambda y: y * (y > 0))(m.a(x))))]
        one, other = (self.same(module).map for module in modules)
        np.testing.assert_allclose(one, other, atol=1e-6 * np.abs(one).max())


class Choosing(Case):
    def layers(self, function, kind, **parts):
        """How many layers of a kind a function becomes, which is right."""
        network = self.same(Lambda(lambda m, x: function(m, m.a(x)), a=nn.Conv2d(4, 8, 1), **parts)).network
        return sum(network.graph.kind(layer) == kind for layer in range(network.graph.layer_count))

    def test_channels_by_number(self):
        order = torch.tensor([5, 0, 0, 3])
        for function in (lambda m, x: x[:, order], lambda m, x: x.index_select(1, order), lambda m, x: x[:, [1, 4]],
                         lambda m, x: x[:, ::2], lambda m, x: x.flip(1)):
            self.assertEqual(self.layers(function, 'gather_channels'), 1)
        self.assertEqual(self.layers(lambda m, x: F.channel_shuffle(x, 4) if hasattr(F, 'channel_shuffle') else x, 'shuffle'), 1)

    def test_blocks_of_pixels(self):
        def merged(m, x):
            n, c, h, w = x.shape
            x = x.permute(0, 2, 3, 1).reshape(n, h // 2, 2, w // 2, 2, c).permute(0, 1, 3, 4, 2, 5).flatten(3)
            return m.f(x).permute(0, 3, 1, 2)

        def spread(m, x):
            n, c, h, w = x.shape
            return x.view(n, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // 4, 2 * h, 2 * w)

        self.assertEqual(self.layers(lambda m, x: F.pixel_shuffle(x, 2), 'depth_to_space'), 1)
        self.assertEqual(self.layers(lambda m, x: F.pixel_unshuffle(x, 2), 'space_to_depth'), 1)
        self.assertEqual(self.layers(merged, 'space_to_depth', f=nn.Linear(32, 3)), 1)
        self.assertEqual(self.layers(spread, 'depth_to_space'), 1)
        self.assertEqual(self.layers(lambda m, x: nn.PixelUnshuffle(2)(nn.PixelShuffle(2)(x)), 'space_to_depth'), 1)


class Signals(unittest.TestCase):
    """Inputs (C, L) and (N, C, L)."""

    def network(self, channels=3):
        parts = nn.Conv1d(channels, 8, 5, stride=2), nn.BatchNorm1d(8), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(8, 6, 3, padding=1), nn.GELU()
        return prepare(nn.Sequential(*parts, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(6, 4)))

    def test_one_and_a_batch(self):
        module, signals = self.network(), picture(2, 3, 50)
        one = srd.torch.explain(module, signals[0], 1, layers=['3'])
        self.assertEqual((one.map.shape, one.maps['3'].shape, one.scores.shape), ((50,), (11,), (1, 4)))
        self.assertLessEqual(one.difference, 5e-6)
        self.assertAlmostEqual(one.map.sum() + one.report.head_bias + one.report.unreached, one.report.score, places=4)
        both = srd.torch.explain(module, signals, 1, layers='3')
        self.assertEqual((both.map.shape, both.maps['3'].shape, both.count), ((2, 50), (2, 11), 2))
        np.testing.assert_allclose(both.map[0], one.map, atol=1e-6)
        self.assertEqual([r.map.shape for r in both.network.each(signals)], [(50,)] * 2)
        self.assertEqual(both.network.explain(picture(3, 80), 1, input_sizes=[80]).map.shape, (80,))

    def test_the_map_is_gradient_times_signal(self):
        """Of a layer and sums behind it."""
        module = prepare(Lambda(lambda m, x: m.f(x.mean(2) + F.max_pool1d(x, 7).sum(2)), f=nn.Linear(3, 2, bias=False), c=nn.Conv1d(3, 3, 1)))
        signal = picture(3, 50)
        found = srd.torch.explain(module, signal, 1).map
        x = signal[None].clone().requires_grad_()
        module(x)[0, 1].backward()
        np.testing.assert_allclose(found, (x.grad * x)[0].sum(0).detach(), atol=1e-6)

    def test_of_one_channel_and_without_modules(self):
        self.assertEqual(srd.torch.explain(self.network(1), picture(1, 50)).map.shape, (50,))
        module = prepare(Lambda(lambda m, x: F.conv1d(x, m.w, padding=1).relu().amax(2), w=nn.Parameter(torch.ones(4, 3, 3))))
        self.assertEqual(srd.torch.explain(module, picture(3, 50)).map.shape, (50,))
        self.assertEqual(srd.torch.explain(module, picture(2, 3, 50)).map.shape, (2, 50))

    def test_scores_of_each_place(self):
        module = prepare(nn.Sequential(nn.Conv1d(3, 8, 3, padding=1), nn.ReLU(), nn.ConvTranspose1d(8, 5, 2, stride=2)))
        result = srd.torch.explain(module, picture(3, 20), srd.Target(2, position=(0, 7)))
        self.assertEqual(result.scores.shape, (1, 5, 40))
        self.assertAlmostEqual(result.report.score, module(picture(1, 3, 20))[0, 2, 7].item(), places=5)

    def test_attention_over_a_signal(self):
        def forward(m, x):
            y = m.c(x).transpose(1, 2)
            return m.f(m.t(y).mean(1))

        block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        result = srd.torch.explain(prepare(Lambda(forward, c=nn.Conv1d(3, 8, 4, stride=4), t=block, f=nn.Linear(8, 3))), picture(3, 40))
        self.assertEqual(result.map.shape, (40,))
        self.assertLessEqual(result.difference, 5e-6)

    def test_with_another_input(self):
        module = prepare(Lambda(lambda m, x, v: m.f(torch.cat([m.c(x).relu().mean(2), v], 1)), c=nn.Conv1d(3, 8, 3), f=nn.Linear(12, 3)))
        maps = srd.torch.explain(module, (picture(3, 40), picture(4))).map
        self.assertEqual([m.shape for m in maps], [(40,), (1, 1)])

    def test_pictures_and_vectors_stay_what_they_are(self):
        self.assertEqual(srd.torch.explain(prepare(nn.Linear(5, 3)), picture(2, 5)).map.shape, (2, 1, 1))
        mixer = Lambda(lambda m, x: m.f(m.t(m.e(x.flatten(1)[:, :, None])).flatten(1)), e=nn.Conv1d(24, 6, 1), t=nn.Conv1d(6, 4, 1),
                       f=nn.Linear(4, 2))
        self.assertEqual(srd.torch.explain(prepare(mixer), picture(2, 3, 4)).map.shape, (3, 4))
        table = Lambda(lambda m, x: m.c(x[:, None]).flatten(1), c=nn.Conv1d(1, 2, 3))
        self.assertEqual(srd.torch.explain(prepare(table), picture(2, 6)).map.shape, (2, 1, 1))

    def test_it_shows_itself(self):
        result = srd.torch.explain(self.network(), picture(3, 50), layers=['3'])
        self.assertEqual((result.picture().shape, result.picture('3', size=(4, 22)).shape), ((8, 50, 4), (4, 22, 4)))
        self.assertTrue(result._repr_png_().startswith(b'\x89PNG'))


class Detectors(unittest.TestCase):
    """In words: what is refused, and the way round, which works."""

    def detector(self):
        class GeneralizedRCNNTransform(nn.Module):
            pass

        head = Lambda(lambda m, x: m.c(x[0]), c=nn.Conv2d(5, 6, 1))
        return prepare(Lambda(lambda m, x: x, transform=GeneralizedRCNNTransform(), backbone=nn.Conv2d(3, 5, 3), head=head))

    def test_a_detector(self):
        model = self.detector()
        with self.assertRaisesRegex(ConversionError, r'a detector.*srd.torch.explain\(model.backbone, image\).*model.head.*srd.torch.dense\(model\)'):
            srd.torch.explain(model, picture(3, 8, 9))
        self.assertEqual(srd.torch.explain(model.backbone, picture(3, 8, 9), srd.Target(1)).scores.shape, (1, 5, 6, 7))
        result = srd.torch.explain(srd.torch.dense(model), picture(3, 8, 9), srd.Target(1, position=(2, 3)))
        self.assertEqual(result.scores.shape, (1, 6, 6, 7))
        with self.assertRaisesRegex(TypeError, 'for detectors.*Conv2d'):
            srd.torch.dense(nn.Conv2d(3, 5, 3))

    def test_three_dimensions(self):
        with self.assertRaisesRegex(ConversionError, r'^0 \(Conv3d\): a network of three dimensions'):
            srd.torch.explain(nn.Sequential(nn.Conv3d(2, 3, 1)).eval(), picture(2, 4, 5))


if __name__ == '__main__':
    main()
