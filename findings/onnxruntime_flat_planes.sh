#!/bin/sh
# ONNX Runtime normalises a plane of one repeated number to something that is not 0, depending on which operator is asked.
#
#   sh findings/onnxruntime_flat_planes.sh      needs node, npm and the npm registry; takes a minute; leaves nothing behind
#
# What is run: three models of one node each, opset 21, on planes of 16 x 16 in each of which one number is repeated. Scale is 1, bias 0,
# epsilon 1e-5. The mean of such a plane is the number itself, so (x - mean) / sqrt(variance + epsilon) is 0.
#
# What was seen with onnxruntime-node 1.30.0, CPU, on x86-64 with AVX-512, November 2026:
#
#   InstanceNormalization  1792 of 2048 numbers are not 0 (seven planes of eight), the largest is 1.8e-4
#   GroupNormalization     1792 of 2048 numbers are not 0, the largest is 2.2e-4
#   LayerNormalization     0 of 2048 numbers are not 0
#
# Why it matters here: flat areas are common (a white border, a mask), and 1 / sqrt(epsilon) is 316. Whoever compares another engine with
# ONNX Runtime there, or takes its values as the truth, compares the rounding of a mean, magnified 316 times. With one pixel per plane all three
# operators give exactly 0.
#
# The script fails if any of this changes.
set -u
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

echo "Installing onnxruntime-node 1.30.0 in a temporary folder ..."
echo '{ "private": true, "type": "module" }' >package.json
npm install --ignore-scripts --no-audit --no-fund --silent onnxruntime-node@1.30.0 || exit 1

cat >flat.js <<'END'
import * as ort from 'onnxruntime-node';

/* As much of protobuf as three models take: a field is a tag, then a number, or a length and bytes. */
const number = n => (n < 128 ? [n] : [(n & 127) | 128, ...number(Math.floor(n / 128))]);
const int = (field, n) => [...number(field << 3), ...number(n)];
const block = (field, content) => [...number((field << 3) | 2), ...number(content.length), ...content];
const text = (field, s) => block(field, [...Buffer.from(s)]);
const raw = floats => [...new Uint8Array(new Float32Array(floats).buffer)];
const float = (field, v) => [...number((field << 3) | 5), ...raw([v])];

const FLOAT = 1;
const port = (name, sizes) => [...text(1, name), ...block(2, block(1, [...int(1, FLOAT), ...block(2, sizes.flatMap(s => block(1, int(1, s))))]))];
const constant = (name, sizes, v) => [...sizes.flatMap(s => int(1, s)), ...int(2, FLOAT), ...text(8, name),
                                      ...block(9, raw(Array(sizes.reduce((a, b) => a * b)).fill(v)))];
const epsilon = [...text(1, 'epsilon'), ...float(2, 1e-5), ...int(20, 1)];
const whole = (name, n) => [...text(1, name), ...int(3, n), ...int(20, 2)];

function model(operator, attributes, sizes, parameters) {
    const node = [...['x', 'scale', 'bias'].flatMap(i => text(1, i)), ...text(2, 'y'), ...text(4, operator),
                  ...[epsilon, ...attributes].flatMap(a => block(5, a))];
    const graph = [...block(1, node), ...text(2, 'flat'), ...block(5, constant('scale', parameters, 1)), ...block(5, constant('bias', parameters, 0)),
                   ...block(11, port('x', sizes)), ...block(12, port('y', sizes))];
    return Uint8Array.from([...int(1, 8), ...block(8, int(2, 21)), ...block(7, graph)]);
}

const CHANNELS = 8;

async function deviations(operator, attributes, side, parameters) {
    const sizes = [1, CHANNELS, side, side], plane = side * side;
    const x = Float32Array.from({ length: CHANNELS * plane }, (_, i) => 0.1 + 0.37 * Math.floor(i / plane));
    const session = await ort.InferenceSession.create(model(operator, attributes, sizes, parameters));
    const { y } = await session.run({ x: new ort.Tensor('float32', x, sizes) });
    const off = [...y.data].filter(v => v !== 0);
    console.log(operator.padEnd(22), `${side} x ${side}: ${off.length} of ${y.data.length} numbers are not 0, the largest is`,
                Math.max(0, ...off.map(Math.abs)).toExponential(1));
    return off.length;
}

let changed = false;
for (const side of [16, 1]) {
    const instance = await deviations('InstanceNormalization', [], side, [CHANNELS]);
    const group = await deviations('GroupNormalization', [whole('num_groups', CHANNELS)], side, [CHANNELS]);
    const layer = await deviations('LayerNormalization', [whole('axis', 2)], side, [side, side]);
    if (layer !== 0 || (side === 1) !== (instance === 0) || (side === 1) !== (group === 0)) changed = true;
}
if (changed) {
    console.log('This is not what the head of the script says: it has changed, or this processor adds up in another order.');
    process.exit(1);
}
END
node flat.js
