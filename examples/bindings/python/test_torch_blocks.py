#!/usr/bin/env python3
"""Tests of srd.torch with blocks of well-known networks, small and as their papers' code writes them. Exit status 77: this interpreter
has no torch.

    python3 test_torch_blocks.py [library]
"""
import math
import unittest

from torch_cases import Lambda, main, nn, np, picture, prepare, srd, torch
import torch.nn.functional as F

Conv, Norm, Linear = nn.Conv2d, nn.LayerNorm, nn.Linear


def tokens(x):
    """(N, C, H, W) to (N, T, C)."""
    return x.flatten(2).transpose(1, 2)


class Case(unittest.TestCase):
    def same(self, function, *shape, kinds=(), gates=None, **parts):
        """libsrd computes what torch computes, nothing is lost on the way down, and there are layers of these kinds."""
        module = function if isinstance(function, nn.Module) else Lambda(function, **parts)
        result = srd.torch.explain(prepare(module), picture(*(shape or (4, 8, 10))), srd.Target(0), gates=gates)
        self.assertLessEqual(result.difference, 5e-6)
        self.assertLessEqual(abs(result.report.lost), 1e-5 * result.report.magnitude)
        self.assertGreater(np.abs(result.map).max(), 0)
        graph = result.network.graph
        found = {graph.kind(layer) for layer in range(graph.layer_count)}
        self.assertLessEqual(set(kinds), found)


class Gates(Case):
    def test_channel_and_spatial_attention(self):
        def cbam(m, x):
            x = x * torch.sigmoid(m.f(F.adaptive_avg_pool2d(x, 1)) + m.f(F.adaptive_max_pool2d(x, 1)))
            return x * torch.sigmoid(m.s(torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], 1)))

        def coordinates(m, x):
            n, c, h, w = x.shape
            y = m.a(torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).permute(0, 1, 3, 2)], 2)).relu()
            rows, columns = torch.split(y, [h, w], 2)
            return x * m.b(rows).sigmoid() * m.c(columns.permute(0, 1, 3, 2)).sigmoid()

        self.same(cbam, f=nn.Sequential(Conv(4, 2, 1), nn.ReLU(), Conv(2, 4, 1)), s=Conv(2, 1, 3, padding=1))
        self.same(coordinates, a=Conv(4, 3, 1), b=Conv(3, 4, 1), c=Conv(3, 4, 1))
        self.same(lambda m, x: m.k(x) * m.c(F.adaptive_avg_pool2d(x, 1).squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1).sigmoid(),
                  c=nn.Conv1d(1, 1, 3, padding=1), k=Conv(4, 4, 1))

    def test_branches_that_are_chosen(self):
        def selective(m, x):
            a, b = m.a(x), m.b(x)
            weights = m.z((a + b).mean((2, 3))).view(1, 2, 6, 1, 1).softmax(1)
            return (torch.stack([a, b], 1) * weights).sum(1)

        def split(m, x):
            y = m.c(x).relu()
            parts = torch.split(y, 6, 1)
            weights = m.f(sum(parts).mean((2, 3), keepdim=True)).view(1, 1, 2, -1).transpose(1, 2).softmax(1).reshape(1, -1).view(1, -1, 1, 1)
            return sum(w * p for w, p in zip(torch.split(weights, 6, 1), parts))

        self.same(selective, a=Conv(4, 6, 3, padding=1), b=Conv(4, 6, 1), z=Linear(6, 12))
        self.same(split, c=Conv(4, 12, 1), f=Conv(6, 12, 1))
        self.same(lambda m, x: (lambda g: g * m.h(x).relu() + (1 - g) * x)(m.g(x).sigmoid()), h=Conv(4, 4, 1), g=Conv(4, 4, 1))

    def test_gated_units(self):
        self.same(lambda m, x: F.glu(m.c(x), 1), c=Conv(4, 6, 1), kinds=['gate'])
        self.same(nn.Sequential(Conv(4, 6, 1), nn.GLU(1)))
        self.same(lambda m, x: m.o(F.silu(m.a(x)) * m.b(x)), a=Conv(4, 6, 1), b=Conv(4, 6, 1), o=Conv(6, 3, 1), gates={'mul': 0})
        self.same(lambda m, x: m.o(x + m.p(torch.tanh(m.a(x)[:, :, :-2]) * torch.sigmoid(m.b(x)[:, :, :-2]))), 3, 40, a=nn.Conv1d(3, 6, 3, padding=2),
                  b=nn.Conv1d(3, 6, 3, padding=2), p=nn.Conv1d(6, 3, 1), o=nn.Conv1d(3, 4, 1))


class Attention(Case):
    def test_of_unusual_tokens(self):
        def of_patches(m, x):  # MobileViT: one pixel of each patch is a sequence
            y = m.c(x)
            n, c, h, w = y.shape
            y = y.reshape(n * c * (h // 2), 2, w // 2, 2).transpose(1, 2).reshape(n, c, h * w // 4, 4).transpose(1, 3).reshape(n * 4, -1, c)
            y = m.t(y).view(n, 4, -1, c).transpose(1, 3).reshape(n * c * (h // 2), w // 2, 2, 2)
            return m.d(y.transpose(1, 2).reshape(n, c, h, w))

        def of_channels(m, x):  # XCiT
            y = tokens(m.c(x))
            q, k, v = m.qkv(y).reshape(1, 80, 3, 2, 4).permute(2, 0, 3, 4, 1)
            weights = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)).softmax(-1)
            return m.p((weights @ v).permute(0, 3, 1, 2).reshape(1, 80, 8))

        def of_fewer_keys(m, x):  # PVT
            y = m.c(x)
            n, c, h, w = y.shape
            y = m.n(tokens(y))
            q = m.q(y).reshape(n, -1, 2, 4).permute(0, 2, 1, 3)
            fewer = m.s(y.permute(0, 2, 1).reshape(n, c, h, w)).reshape(n, c, -1).permute(0, 2, 1)
            k, v = m.kv(fewer).reshape(n, -1, 2, 2, 4).permute(2, 0, 3, 1, 4)
            return m.p(((q @ k.transpose(-2, -1)) * 0.5).softmax(-1).matmul(v).transpose(1, 2).reshape(n, -1, c))

        block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.same(of_patches, c=Conv(4, 8, 1), d=Conv(8, 3, 3), t=block, kinds=['attention'])
        self.same(of_channels, c=Conv(4, 8, 1), qkv=Linear(8, 24), p=Linear(8, 8), kinds=['attention', 'l2_norm'])
        self.same(of_fewer_keys, c=Conv(4, 8, 1), n=Norm(8), q=Linear(8, 8), s=Conv(8, 8, 2, stride=2), kv=Linear(8, 16), p=Linear(8, 8))

    def test_asked_by_constants(self):
        class Detr(nn.Module):
            def __init__(self):
                super().__init__()
                self.c, self.t, self.f = Conv(4, 8, 2, stride=2), nn.Transformer(8, 2, 1, 1, 16), Linear(8, 3)
                self.q, self.places = nn.Parameter(torch.rand(5, 8)), nn.Parameter(torch.rand(20, 1, 8))

            def forward(self, x):
                return self.f(self.t(self.places + self.c(x).flatten(2).permute(2, 0, 1), self.q.unsqueeze(1)).transpose(0, 1))

        def clip(m, x):
            y = m.c(x).flatten(2).permute(2, 0, 1)
            y = torch.cat([y.mean(0, keepdim=True), y], 0) + m.places[:, None, :]
            y, _ = F.multi_head_attention_forward(
                query=y[:1], key=y, value=y, embed_dim_to_check=8, num_heads=2, q_proj_weight=m.q.weight, k_proj_weight=m.k.weight,
                v_proj_weight=m.v.weight, in_proj_weight=None, in_proj_bias=torch.cat([m.q.bias, m.k.bias, m.v.bias]), bias_k=None, bias_v=None,
                add_zero_attn=False, dropout_p=0, out_proj_weight=m.o.weight, out_proj_bias=m.o.bias, use_separate_proj_weight=True,
                training=m.training, need_weights=False)
            return y.squeeze(0)

        self.same(Detr(), kinds=['attention'])
        self.same(clip, c=Conv(4, 8, 1), q=Linear(8, 8), k=Linear(8, 8), v=Linear(8, 8), o=Linear(8, 3), places=nn.Parameter(torch.rand(81, 8)))

    def test_class_tokens_and_turned_tokens(self):
        def split(y, parts=1):
            return y.reshape(1, -1, parts, 2, 4).permute(2, 0, 3, 1, 4)

        def of_the_class(m, x):  # CaiT
            every = torch.cat((m.token.expand(1, -1, -1), tokens(x)), 1)
            (q,), (k,), (v,) = split(m.q(every[:, :1])), split(m.k(every)), split(m.v(every))
            return m.p(((q * 0.5 @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(1, 1, 8))[:, 0]

        def rotary(m, x):
            angles = torch.arange(80.0)[:, None] / torch.tensor([1.0, 10.0])
            cos, sin = (torch.cat([f(angles)] * 2, -1) for f in (torch.cos, torch.sin))
            q, k, v = split(m.qkv(tokens(x)), 3)
            q, k = (y * cos + torch.cat((-y[..., 2:], y[..., :2]), -1) * sin for y in (q, k))
            return m.p(((q @ k.transpose(-1, -2) / 2).softmax(-1) @ v).transpose(1, 2).reshape(1, 80, 8))

        self.same(of_the_class, q=Linear(4, 8), k=Linear(4, 8), v=Linear(4, 8), p=Linear(8, 3), token=nn.Parameter(torch.rand(1, 1, 4)))
        self.same(rotary, qkv=Linear(4, 24), p=Linear(8, 3))

    def test_masks_of_torchs_own(self):
        unseen = torch.zeros(1, 80, dtype=torch.bool)
        unseen[:, 70:] = True
        for how in ({'key_padding_mask': unseen}, {'attn_mask': torch.ones(80, 80).triu(1).bool()}, {'attn_mask': torch.randn(2, 80, 80)}):
            self.same(lambda m, x: m.a(*[tokens(m.c(x))] * 3, **how)[0], c=Conv(4, 8, 1), a=nn.MultiheadAttention(8, 2, batch_first=True))


class Tokens(Case):
    def test_mixers(self):
        def mixer(m, x):
            y = tokens(m.c(x))
            return m.h((y + m.t(m.n(y).transpose(1, 2)).transpose(1, 2)).mean(1))

        self.same(mixer, c=Conv(4, 8, 2, stride=2), n=Norm(8), t=nn.Sequential(Linear(20, 10), nn.GELU(), Linear(10, 20)), h=Linear(8, 3))
        self.same(lambda m, x: x + m.s[:, None, None] * (F.avg_pool2d(m.n(x), 3, 1, 1, count_include_pad=False) - m.n(x)), n=nn.GroupNorm(1, 4),
                  s=nn.Parameter(torch.ones(4)))

    def test_norms_of_unusual_axes(self):
        self.same(lambda m, x: m.b(m.f(tokens(x)).flatten(0, 1)).reshape_as(m.f(tokens(x))), f=Linear(4, 6), b=nn.BatchNorm1d(6))
        scale = picture(8, 10)
        self.same(lambda m, x: F.layer_norm(m.c(x), (8, 10), scale), c=Conv(4, 4, 1), kinds=['instance_norm'])
        self.same(lambda m, x: F.layer_norm(m.c(x), (10,)), c=Conv(4, 4, 1), kinds=['layer_norm'])

    def test_windows_as_columns_and_back(self):
        self.same(lambda m, x: m.f(F.unfold(x, 2, stride=2).transpose(1, 2)), f=Linear(16, 3), kinds=['space_to_depth'])
        self.same(lambda m, x: m.f(m.u(x).transpose(1, 2)), f=Linear(36, 3), u=nn.Unfold(3, padding=1, stride=2))
        self.same(lambda m, x: F.fold(m.f(F.unfold(x, 2, stride=2).transpose(1, 2)).transpose(1, 2), (8, 10), 2, stride=2), f=Linear(16, 12),
                  kinds=['depth_to_space'])


class Recurrent(Case):
    def test_all_kinds(self):
        for kind in (nn.LSTM, nn.GRU, nn.RNN):
            for options in ({'batch_first': True}, {}, {'bidirectional': True, 'batch_first': True, 'num_layers': 2}, {'bias': False}):
                with self.subTest(kind=kind, options=options):
                    order = (0, 2, 1) if 'batch_first' in options else (2, 0, 1)
                    wide = 10 if 'bidirectional' in options else 5
                    self.same(lambda m, x: m.f(m.r(m.c(x).permute(order))[0].permute(*([0, 1, 2] if 'batch_first' in options else [1, 0, 2]))[:, -1]),
                              3, 12, c=nn.Conv1d(3, 4, 3), r=kind(4, 5, **options), f=Linear(wide, 3))
        self.same(lambda m, x: m.f(m.r(m.c(x).transpose(1, 2))[0].relu()), 3, 12, c=nn.Conv1d(3, 4, 3),
                  r=nn.RNN(4, 5, nonlinearity='relu', batch_first=True), f=Linear(5, 3))

    def test_last_states(self):
        self.same(lambda m, x: m.f(m.r(m.c(x).transpose(1, 2))[1][0][-1]), 3, 12, c=nn.Conv1d(3, 4, 3), r=nn.LSTM(4, 5, 2, batch_first=True),
                  f=Linear(5, 3))
        self.same(lambda m, x: m.f(torch.cat([*m.r(m.c(x).transpose(1, 2))[1]], 1)), 3, 12, c=nn.Conv1d(3, 4, 3),
                  r=nn.GRU(4, 5, bidirectional=True, batch_first=True), f=Linear(10, 3))

        def begun(m, x):
            state = torch.zeros(1, 1, 5), torch.zeros(1, 1, 5)
            out, (hidden, cell) = m.r(m.c(x).transpose(1, 2), state)
            return m.f(torch.cat([out.mean(1), hidden.squeeze(0), cell.squeeze(0)], 1))

        self.same(begun, 3, 12, c=nn.Conv1d(3, 4, 3), r=nn.LSTM(4, 5, batch_first=True), f=Linear(15, 3))

    def test_a_reader_of_text(self):
        """CRNN: columns of a picture are steps."""
        self.same(lambda m, x: m.f(m.r(m.c(x).mean(2).permute(2, 0, 1))[0]).transpose(0, 1), 1, 8, 20,
                  c=nn.Sequential(Conv(1, 6, 3), nn.ReLU(), nn.MaxPool2d(2)), r=nn.LSTM(6, 5, bidirectional=True), f=Linear(10, 4))

    def test_what_is_refused(self):
        for function, reason in ((lambda m, x: m.r(x.transpose(1, 2).repeat(1, 120, 1))[0], '1200 steps'),
                                 (lambda m, x: m.r(x.transpose(1, 2), x.mean(2)[None])[0], 'first state')):
            with self.assertRaisesRegex(srd.torch.ConversionError, reason):
                srd.torch.convert(prepare(Lambda(function, r=nn.GRU(5, 5, batch_first=True), c=nn.Conv1d(5, 5, 1))), picture(5, 10))


class Rest(Case):
    def test_activations_that_are_written_out(self):
        for function, kind in ((lambda y: y * torch.sigmoid(1.702 * y), 'silu'), (lambda y: y * 0.5 * (1.0 + torch.erf(y / math.sqrt(2.0))), 'gelu'),
                               (lambda y: 0.5 * y * (1.0 + torch.erf(y / math.sqrt(2.0))), 'gelu'), (lambda y: y * torch.tanh(F.softplus(y)), 'mish'),
                               (lambda y: y * (1.0 + torch.erf(y / math.sqrt(2.0))) * 0.5, 'gelu')):
            self.same(lambda m, x: function(m.c(x)), c=Conv(4, 6, 1), kinds=[kind])

    def test_choices_and_repetitions(self):
        some = torch.ones(8, 10).tril() > 0
        for function in (lambda y: torch.where(some, y, y.mean(1, keepdim=True)), lambda y: torch.where(some, y, torch.tensor(0.3)),
                         lambda y: y.repeat_interleave(2, 1), lambda y: y.repeat_interleave(2, 3), lambda y: y.tile(1, 2, 1, 1),
                         lambda y: torch.lerp(y, y.relu(), 0.3), lambda y: sum(torch.tensor_split(y, 3, 1))):
            self.same(lambda m, x: function(m.c(x)), c=Conv(4, 6, 1))

    def test_weights_that_are_computed(self):
        def standardised(m, x):
            w = m.c.weight
            return F.conv2d(x, (w - w.mean((1, 2, 3), keepdim=True)) / (w.std((1, 2, 3), keepdim=True) + 1e-5))

        self.same(standardised, c=Conv(4, 4, 3))
        self.same(nn.Sequential(nn.utils.weight_norm(Conv(4, 6, 3)), nn.utils.spectral_norm(Conv(6, 3, 1)), nn.Softmax2d(), Conv(3, 2, 1)))

    def test_outputs_of_a_detector(self):
        def boxes(m, x):  # YOLO
            y = m.c(x).view(1, 2, 5, 8, 10).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
            grid = torch.stack([torch.arange(10.0).expand(8, 10), torch.arange(8.0)[:, None].expand(8, 10)], 2).view(1, 1, 8, 10, 2)
            anchors = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(1, 2, 1, 1, 2)
            return torch.cat(((y[..., :2] * 2 - 0.5 + grid) * 8, (y[..., 2:4] * 2) ** 2 * anchors, y[..., 4:]), -1).view(1, -1, 5)

        self.same(boxes, c=Conv(4, 10, 1))
        self.same(lambda m, x: m.d(m.c(x).view(1, 4, 5, 80).transpose(2, 1).softmax(1)).view(1, 4, 80), c=Conv(4, 20, 1), d=Conv(5, 1, 1))

    def test_maxout_and_the_like(self):
        for function, kind in ((lambda y: y.view(1, 3, 2, 8, 10).max(2)[0], 'max_channels'),
                               (lambda y: torch.max(*torch.split(y, 3, 1)), 'maximum'),
                               (lambda y: torch.max(y * torch.rsqrt(y.pow(2).mean((2, 3), keepdim=True) + 1e-6), y), 'rms_norm')):
            self.same(lambda m, x: function(m.c(x)), c=Conv(4, 6, 1), kinds=[kind])

    def test_signals(self):
        self.same(nn.Sequential(Conv(1, 4, (1, 9), padding='same'), nn.BatchNorm2d(4), Conv(4, 8, (6, 1), groups=4), nn.ELU(), nn.AvgPool2d((1, 4)),
                                nn.Flatten(), Linear(80, 2)), 1, 6, 40)  # EEGNet
        self.same(lambda m, x: m.f(torch.max(m.c(x), 2, keepdim=True)[0].view(-1, 6)), 3, 30, f=Linear(6, 3),
                  c=nn.Sequential(nn.Conv1d(3, 6, 1), nn.BatchNorm1d(6), nn.ReLU()))  # PointNet
        self.same(lambda m, x: m.f((F.relu(m.b(F.pad(F.relu(m.a(F.pad(x, (2, 0)))), (4, 0)))) + m.d(x))[:, :, -1]), 3, 40, a=nn.Conv1d(3, 6, 3),
                  b=nn.Conv1d(6, 6, 3, dilation=2), d=nn.Conv1d(3, 6, 1), f=Linear(6, 3))  # a temporal convolutional network
        self.same(lambda m, x: m.e(F.gelu(m.g(m.c(x))).transpose(1, 2)).mean(1), 1, 100, c=nn.Conv1d(1, 8, 10, stride=5), g=nn.GroupNorm(8, 8),
                  e=nn.TransformerEncoderLayer(8, 2, 16, batch_first=True))  # wav2vec
        self.same(lambda m, x: m.f(F.avg_pool1d(m.c(x), 4).permute(0, 2, 1)).log_softmax(2), 1, 64, c=nn.Conv1d(1, 8, 9, stride=4), f=Linear(8, 3))


if __name__ == '__main__':
    main()
