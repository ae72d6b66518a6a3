#!/usr/bin/env python3
"""Tests of srd.torch with small modules: the numbers of one picture never become a part of the network for all pictures. Exit
status 77: this interpreter has no torch.

    python3 test_torch_numbers.py [library]
"""
import collections
import copy
import math
import random
import unittest

from torch_cases import Lambda, gradient_map, main, nn, np, picture, prepare, srd, torch
import torch.nn.functional as F
from srd.torch import ConversionError

SHAPE = 1, 2, 8, 9
X = picture(*SHAPE[1:])


def module(function, **parts):
    """A module with a convolution `a`, a buffer `b` of zeros and an empty list `kept`."""
    made = prepare(Lambda(function, a=nn.Conv2d(2, 2, 1), **parts))
    made.register_buffer('b', torch.zeros(SHAPE))
    made.kept = []
    return made


class Numbers(unittest.TestCase):
    def refuses(self, function, reason, made=None):
        with self.assertRaisesRegex(ConversionError, reason):
            srd.torch.explain(made or module(function), X, srd.Target(0))

    def accepts(self, function, layers=()):
        result = srd.torch.explain(module(function), X, srd.Target(0), layers=layers)
        self.assertLessEqual(result.difference, 5e-6)
        return result


class Writing(Numbers):
    """Tensors that do not depend on the picture, and operations that write numbers of it into them."""

    def writes(self, write, name, pattern='writes numbers of the picture into a tensor'):
        def forward(m, x):
            z = torch.zeros(SHAPE)
            write(z, x)
            return x + z

        with self.subTest(name=name):
            self.refuses(forward, f'{name} {pattern}')

    def test_assignments(self):
        def part(z, x):
            z[..., 8:] = x[..., :1]

        def a_number(z, x):
            z[..., 0] = x.max()

        def of_a_view(z, x):
            z[:, :1][..., 1:] = x[:, :1, :, 1:]

        for write in (part, a_number, of_a_view):
            self.writes(write, '__setitem__')

    def test_operations_in_place(self):
        zeros, first = torch.zeros(1, 1, 8, 9, dtype=torch.long), torch.tensor([0])
        for write, name in ((lambda z, x: z.copy_(x), 'copy_'), (lambda z, x: z.add_(x), 'add_'), (lambda z, x: z.mul_(x), 'mul_'),
                            (lambda z, x: z.__iadd__(3 * x), 'add_'), (lambda z, x: z[:, :1].copy_(x[:, :1]), 'copy_'),
                            (lambda z, x: z.index_copy_(1, first, x[:, :1]), 'index_copy_'),
                            (lambda z, x: z.index_add_(0, first, x), 'index_add_'),
                            (lambda z, x: z.index_fill_(1, first, x.max()), 'index_fill_'),
                            (lambda z, x: z.index_put_((first,), x[0]), 'index_put_'),
                            (lambda z, x: z.scatter_(1, zeros, x[:, :1]), 'scatter_'),
                            (lambda z, x: z.masked_fill_(x > 0, 1.0), 'masked_fill_'),
                            (lambda z, x: z.masked_scatter_(torch.ones(SHAPE).bool(), x), 'masked_scatter_'),
                            (lambda z, x: z.data.copy_(x), 'copy_'), (lambda z, x: z.view_as(x).mul_(2), 'mul_'),
                            (lambda z, x: z.to(x).add_(x), 'add_'), (lambda z, x: torch._foreach_add_([z], [x]), '_foreach_add_')):
            self.writes(write, name)

    def test_out(self):
        self.writes(lambda z, x: torch.mul(x, 3.0, out=z), 'mul')
        self.writes(lambda z, x: torch.cat([x[:, :1], x[:, 1:]], 1, out=z), 'cat')

    def test_registered_buffers_are_named(self):
        def assigned(m, x):
            m.b[:] = x
            return x + m.b

        def replaced(m, x):
            m.b = x.mean()
            return x + m.b

        for forward in (assigned, lambda m, x: x + m.b.copy_(x), replaced):
            self.refuses(forward, 'into (its|the) buffer b')

    def test_the_module_that_writes_is_named(self):
        inner = Lambda(lambda m, x: x + torch.zeros(SHAPE).copy_(x))
        self.refuses(None, 'in inner: copy_ writes', module(lambda m, x: m.inner(x), inner=inner))

    def test_in_inference_mode(self):
        @torch.inference_mode()
        def fills(m, x):
            z = torch.zeros(SHAPE)
            z[..., 1:] = x[..., 1:]
            return x + z

        @torch.inference_mode()
        def fine(m, x):
            return F.relu(m.a(x)) + torch.ones(SHAPE)

        self.refuses(fills, 'inference')
        self.accepts(fine)

    def test_traced_tensors(self):
        def a_part(m, x):
            y = m.a(x)
            y[:, :1] = 0
            return y

        def several(m, x):
            y = m.a(x)
            torch._foreach_mul_([y], 2.0)
            return y

        def replaced(m, x):
            y = m.a(x)
            y.data = F.relu(y)
            return y

        def a_copy(m, x):
            y = copy.copy(m.a(x))
            y.relu_()
            return copy.deepcopy(y)

        self.accepts(a_copy)
        self.refuses(replaced, 'an assignment to a.data')
        self.refuses(a_part, 'an assignment to a part of a')
        self.refuses(several, '_foreach_mul_ writes into a')

        def out(m, x):  # of the tensor itself is an operation in place
            y = m.a(x)
            torch.mul(y, 3.0, out=y)
            return y

        self.accepts(out)
        self.accepts(lambda m, x: (y := m.a(x)).add_(y.view(SHAPE)))  # the view is of what changes
        self.refuses(lambda m, x: (y := m.a(x)).add_(z := y.view(SHAPE)) + z, 'in place of which view is a view')

    def test_what_the_message_advises_gives_the_gradient(self):
        weight = picture(3, 4, 1, 1)

        def joined(m, x):
            return F.conv2d(torch.cat([torch.zeros_like(x), x], 1), weight).mean((2, 3))

        def masked(m, x):
            mask = torch.ones(1, 2, 1, 1)
            mask[:, :1] = 0
            return F.conv2d(x * mask, weight[:, :2]).mean((2, 3))

        for forward in (joined, masked):
            made = module(forward)
            result = srd.torch.explain(made, X, 1)
            np.testing.assert_allclose(result.map, gradient_map(made, X, 1), atol=1e-7)

    def test_constants_may_be_filled_with_constants(self):
        def filled(m, x):
            z = torch.ones_like(x)
            z[..., 0] = 5
            z.mul_(torch.full_like(x, 0.5))
            return m.a(x) + z.add_(x.new_zeros(SHAPE) + x.new_full(SHAPE, 2.0)) * x.new_tensor(3.0)

        self.accepts(filled)


class Reading(Numbers):
    def test_methods_and_functions(self):
        for read, name in ((lambda x: x.max().item(), 'item of max'), (lambda x: max(x.flatten().tolist()), 'tolist of flatten'),
                           (lambda x: torch.equal(x, x * 1), 'equal'), (lambda x: x.equal(x * 1), 'equal'),
                           (lambda x: torch.allclose(x, x * 1), 'allclose'), (lambda x: x.allclose(x * 1), 'allclose'),
                           (lambda x: torch.is_nonzero(x.sum()), 'is_nonzero'), (lambda x: float(x.storage()[0]), 'storage')):
            with self.subTest(name=name):
                self.refuses(lambda m, x: m.a(x) * (2.0 if read(x) else 1.0), name + '.* would make the numbers of this picture')

    def test_python(self):
        for read, name in ((lambda x: float(x.max()), r'float\(\) of max'), (lambda x: int(x.max()), r'int\(\) of max'),
                           (lambda x: complex(x.max()).real, r'complex\(\)'), (lambda x: math.floor(x.max()), 'floor'),
                           (lambda x: len(range(x.argmax())), 'an index of argmax'),
                           (lambda x: 0.5 in x, '"in" of x'), (lambda x: float(f'{x.max():.3f}'), "format '.3f'"),
                           (lambda x: float('%.3f' % x.max()), r'float\(\) of max')):
            with self.subTest(name=name):
                self.refuses(lambda m, x: m.a(x) * read(x), name.replace('of x', 'of inputs'))

    def test_control_flow(self):
        for read in (lambda x: (x > 0).any(), lambda x: (x > 0).all(), lambda x: torch.isnan(x).any(), lambda x: x.max() > x.min()):
            self.refuses(lambda m, x: m.a(x) if read(x) else x, 'control flow')

    def test_numpy(self):
        for read, name in ((lambda x: np.exp(x.numpy()), 'numpy of'), (lambda x: np.asarray(x), 'a numpy array of'),
                           (lambda x: np.array(x.detach().cpu()), 'a numpy array of')):
            self.refuses(lambda m, x: m.a(x) + torch.from_numpy(read(x)), name)

    def test_new_tensors_of_old_ones(self):
        self.refuses(lambda m, x: m.a(x) * torch.as_tensor(x.max()), 'what needs its numbers')
        self.refuses(lambda m, x: m.a(x) * torch.ones(8)[(x[0, 0, 0, :3] * 0).long()].sum(), 'what needs its numbers')

    def test_sizes_that_depend_on_numbers(self):
        for count, name in ((lambda x: len((x > 0).nonzero()), 'nonzero'), (lambda x: x[x > 0].numel(), 'getitem'),
                            (lambda x: torch.unique(x.round()).numel(), 'unique'), (lambda x: len(torch.where(x > 0)[0]), 'where'),
                            (lambda x: x.masked_select(x > 0).shape[0], 'masked_select')):
            with self.subTest(name=name):
                self.refuses(lambda m, x: m.a(x) * count(x), f'{name}: a tensor whose size depends')

    def test_sizes_are_known(self):
        def sizes(m, x):
            n, c, h, w = x.shape
            assert len(x) == n == x.size(0) and x.dim() == x.ndim == 4 and x.numel() == n * c * h * w and x.stride(-1) == 1
            assert x.is_floating_point() and x.dtype == torch.float32 and torch.is_tensor(x) and not x.is_complex()
            return m.a(x) * float(h * w)

        self.accepts(sizes)

    def test_whoever_catches_the_refusal(self):
        def forward(m, x):
            try:
                return m.a(x) * x.max().item()
            except Exception:
                return m.a(x)

        self.refuses(forward, 'item of max')

    def test_integers(self):
        self.refuses(lambda m, x: m.a(x.to(torch.int64).float()), 'to .*torch.int64')


class TwoTraces(Numbers):
    """What one trace cannot see."""

    def test_random_numbers(self):
        for forward, reason in ((lambda m, x: m.a(x) + torch.rand(SHAPE), 'add: a constant is another one'),
                                (lambda m, x: m.a(x) * random.random(), 'mul: a constant'),
                                (lambda m, x: m.a(x) * float(np.random.rand()), 'mul: a constant'),
                                (lambda m, x: m.a(x) + torch.rand_like(x), 'rand_like.*random numbers'),
                                (lambda m, x: nn.Conv2d(2, 2, 1)(x), 'Conv2d: its weights are others')):
            with self.subTest(reason=reason):
                self.refuses(forward, reason)

    def test_random_numbers_of_the_users_program_stay(self):
        torch.manual_seed(4)
        wanted = torch.rand(3)
        torch.manual_seed(4)
        srd.torch.explain(prepare_without_seed(), X)
        self.assertTrue(torch.equal(torch.rand(3), wanted))

    def test_numbers_that_come_in_by_a_way_that_is_not_traced(self):
        def aside(m, x):  # what a library that was compiled might do
            return m.a(x) * x.concrete.abs().max() if hasattr(x, 'concrete') else m.a(x) * x.abs().max()

        self.refuses(aside, 'mul: a constant is another one for another picture')

    def test_another_way_through_the_module(self):
        def forward(m, x):
            numbers = x.concrete if hasattr(x, 'concrete') else x
            return m.a(x) if torch.equal(numbers[0], X) else m.a(x).relu()

        self.refuses(forward, 'takes another way')

    def test_what_is_kept_from_call_to_call(self):
        def kept(m, x):
            m.kept = m.kept or [m.a(x)]
            return m.a(x) + m.kept[0]

        def counted(m, x):
            m.kept.append(0)
            return m.a(x) * len(m.kept)

        for forward in (kept, counted):
            self.refuses(forward, 'a second picture.*something else at each call')


def prepare_without_seed():
    """A module of fixed weights."""
    made = nn.Conv2d(2, 2, 1)
    nn.init.ones_(made.weight)
    torch.manual_seed(4)
    return made.eval()


class LeftAsItWas(Numbers):
    def test_state(self):
        def forward(m, x):
            m.b += 1
            m.last = m.a(x)
            m.kept.append(x)
            m.places.add(len(m.places))
            m.queue.append(m.named.pop('a', None))
            return m.last

        made = module(forward)
        made.places, made.queue, made.named = {7}, collections.deque([1]), {'a': 2}
        srd.torch.explain(made, X)
        self.assertEqual((made.places, list(made.queue), made.named), ({7}, [1], {'a': 2}))
        self.assertEqual((made.b.abs().max().item(), made.kept, hasattr(made, 'last')), (0, [], False))

    def test_the_picture(self):
        image = X.clone()
        made = module(lambda m, x: m.a(x.sub_(0.5)))
        result = srd.torch.explain(made, image)
        self.assertTrue(torch.equal(image, X))
        self.assertLess(result.difference, 5e-6)

    def test_hooks_see_what_is_traced(self):
        inner = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(), nn.Conv2d(3, 2, 1))
        seen = []
        made = module(lambda m, x: (m.inner(x), seen.pop().mean((2, 3)))[1], inner=inner)
        inner[1].register_forward_hook(lambda m, i, out: seen.append(out))
        inner[0].register_forward_hook(lambda m, i, out: out * 2)
        inner[0].register_forward_pre_hook(lambda m, i: (i[0] + 1,))
        result = srd.torch.explain(made, X, 1)
        plain = module(lambda m, x: (m.inner[0](x + 1) * 2).relu().mean((2, 3)), inner=inner)
        inner[0]._forward_hooks.clear()
        inner[0]._forward_pre_hooks.clear()
        np.testing.assert_array_equal(result.map, srd.torch.explain(plain, X, 1).map)
        self.assertGreater(np.abs(result.map).max(), 0)


if __name__ == '__main__':
    main()
