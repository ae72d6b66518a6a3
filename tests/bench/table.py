"""The table of tests/bench/run.sh. PyTorch runs traced, frozen and optimised for inference, batch 1, as fast as it can.

usage: table.py BENCH KERNELS NETWORK...       KERNELS is the number of an SRD_KERNELS_...
"""
import subprocess
import sys
import time
from statistics import median

ROUNDS = 3        # of the whole comparison
RUNS = 5          # of each measurement in a round
LARGER = ('resnet50', 'mobilenet_v2')
SIDES = {'inception_v3': 299}
NAMES = {'resnext50': 'resnext50_32x4d', 'shufflenet_v2': 'shufflenet_v2_x1_0'}

try:
    import torch
    import torchvision.models as models
except ImportError:
    torch = None


class Peer:
    """A network of torchvision, frozen, and its input gradient."""

    def __init__(self, name):
        side = SIDES.get(name, 224)
        keys = dict(aux_logits=False, init_weights=False) if name in ('inception_v3', 'googlenet') else {}
        self.plain = getattr(models, NAMES.get(name, name))(**keys).eval()
        self.x = torch.randn(1, 3, side, side)
        with torch.no_grad():
            self.fast = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(self.plain, self.x)))

    def forward(self):
        with torch.no_grad():
            self.fast(self.x)

    def gradient(self):
        x = self.x.clone().requires_grad_(True)
        self.plain(x)[0].max().backward()

    @staticmethod
    def seconds(function):
        times = []
        for i in range(RUNS + 2):
            began = time.perf_counter()
            function()
            times.append(time.perf_counter() - began)
        return median(times[2:])


def ours(bench, name, threads, *more, runs=RUNS):
    """bench is the program and the number of the kernels."""
    program, kernels = bench
    command = [program, name, str(threads), str(runs), kernels, *(str(argument) for argument in more)]
    return [float(number) for number in subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()]


def larger(bench, name):
    """Costs per pixel and per image of larger work, as ratios to one image of 224 x 224; and what sealing takes."""
    one = ours(bench, name, 1)
    line = f'{name:<20}'
    for side, batch in ((896, 1), (224, 32)):
        much = ours(bench, name, 1, side, batch, runs=3)
        units = side * side * batch / 224 ** 2
        line += ''.join(f' {much[i] / one[i] / units:8.2f}' for i in range(2))
    return line + f' {1e3 * ours(bench, name, 1, "seal")[0]:9.1f}'


def row(bench, name, threads):
    peer = Peer(name) if torch and hasattr(models, NAMES.get(name, name)) else None
    rounds = []
    for _ in range(ROUNDS):
        numbers = ours(bench, name, threads)
        if peer:
            torch.set_num_threads(threads)
            numbers += [peer.seconds(peer.forward), peer.seconds(peer.gradient)]
        rounds.append(numbers)
    forward, explain, question, further, memory, *theirs = (median(column) for column in zip(*rounds))
    line = f'{name:<20} {threads:2} {1e3 * forward:9.1f} {1e3 * explain:9.1f} {1e3 * question:8.2f} {1e3 * further:8.2f} {memory:6.1f}'
    if theirs:
        line += (f' {1e3 * theirs[0]:9.1f} {forward / theirs[0]:8.2f} {explain / theirs[0]:8.2f}'
                 f' {(explain + question) / theirs[1]:9.2f}')
    return line


def main():
    program, kernels, *names = sys.argv[1:]
    bench = program, kernels
    print(f'{"network":<20} {"th":>2} {"forward":>9} {"explain":>9} {"map":>8} {"further":>8} {"MiB":>6}'
          + (f' {"PyTorch":>9} {"forward":>8} {"explain":>8} {"/gradient":>9}' if torch else ''))
    print(f'{"":<23} {"ms":>9} {"ms":>9} {"ms":>8} {"ms":>8} {"":>6}' + (f' {"ms":>9} {"ratio":>8} {"ratio":>8} {"ratio":>9}' if torch else ''))
    for name in names:
        for threads in (1, 2):
            print(row(bench, name, threads), flush=True)
    names = [name for name in names if name in LARGER]
    if names:
        print(f'\n{"":<20} {"per pixel at 896":>17} {"per image of 32":>17} {"sealing":>9}')
        print(f'{"network":<20}' + f' {"forward":>8} {"explain":>8}' * 2 + f' {"ms":>9}')
    for name in names:
        print(larger(bench, name), flush=True)


if __name__ == '__main__':
    main()
