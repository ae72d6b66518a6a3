#!/bin/sh
# ONNX's own test of Resize with align_corners and scales expects numbers that ONNX Runtime does not compute.
#
#   sh findings/onnx_resize_align_corners.sh    needs apt-get, node, npm and both registries; takes a minute; leaves nothing behind
#
# What is run: the node test test_resize_downsample_scales_linear_align_corners of ONNX 1.12 (Debian's libonnx-testdata 1.12.0-2), model and
# input as they are, by onnxruntime-node 1.30.0, CPU. A row of four numbers, 1 2 3 4, becomes two, by a scale of 0.6.
#
# What was seen on x86-64, November 2026:
#
#   the test's own output   1  3.1428571
#   ONNX Runtime            1  4
#
# Why: with align_corners a result at x comes from x * (length before - 1) / (length after - 1). The test takes 0.6 * 4 = 2.4 for the length
# after, so that the last result comes from 3 / 1.4 = 2.14; ONNX Runtime takes 2, as many as there are, and the last result is the last number,
# whose corners are then aligned.
#
# Why it matters here: a network with such a Resize has two right answers, by whom one asks. An importer that is held against the tests of
# the format fails this one if it does what the engine does.
#
# The script fails if any of this changes.
set -u
name=test_resize_downsample_scales_linear_align_corners
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder" || exit 1

echo "Fetching libonnx-testdata 1.12.0-2 and onnxruntime-node 1.30.0 into a temporary folder ..."
apt-get -q download libonnx-testdata=1.12.0-2 >apt.log 2>&1 && dpkg -x libonnx-testdata_*.deb data || { cat apt.log; exit 1; }
echo '{ "private": true, "type": "module" }' >package.json
npm install --ignore-scripts --no-audit --no-fund --silent onnxruntime-node@1.30.0 || exit 1

cat >resize.js <<'END'
import * as ort from 'onnxruntime-node';
import fs from 'node:fs';

/* A tensor of the test: its numbers are the last bytes of the file. */
function floats(file, count) {
    const bytes = fs.readFileSync(file);
    return new Float32Array(Uint8Array.from(bytes.subarray(bytes.length - 4 * count)).buffer);
}

const test = `data/usr/share/libonnx-testdata/data/node/${process.argv[2]}`;
const of = name => `${test}/test_data_set_0/${name}.pb`;
const session = await ort.InferenceSession.create(`${test}/model.onnx`);
const result = await session.run({
    X: new ort.Tensor('float32', floats(of('input_0'), 8), [1, 1, 2, 4]),
    scales: new ort.Tensor('float32', floats(of('input_1'), 4), [4]),
});
console.log(`the test's own output: ${[...floats(of('output_0'), 2)].map(x => x.toFixed(6)).join(' ')}`);
console.log(`ONNX Runtime: ${[...result.Y.data].map(x => x.toFixed(6)).join(' ')}`);
END
node resize.js "$name" >said || { cat said; exit 1; }
cat said
grep -q '^the test.s own output: 1.000000 3.142857$' said || { echo "the test has changed"; exit 1; }
grep -q '^ONNX Runtime: 1.000000 4.000000$' said || { echo "ONNX Runtime computes something else now"; exit 1; }
echo "As it was seen."
