/*
 * real_files.mjs -- runs a network by ONNX Runtime on the CPU, without optimisations of the graph, for real_files.py.
 *
 *   node real_files.mjs FOLDER_OF_NODE_MODULES MODEL INPUTS OUTPUTS
 *
 * INPUTS is a JSON file: [{ name, type, shape, file }]. Each output is written as float32 to OUTPUTS/NUMBER; their names go to the standard
 * output, a line each, with a number for each output that is of floats.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [folder, model, inputs, outputs] = process.argv.slice(2);
const ort = createRequire(path.join(folder, 'package.json'))('onnxruntime-node');
const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, uint8: Uint8Array, int8: Int8Array, float64: Float64Array };

const feeds = {};
for (const { name, type, shape, file } of JSON.parse(fs.readFileSync(inputs))) {
    const bytes = Uint8Array.from(fs.readFileSync(file));
    feeds[name] = new ort.Tensor(type, new arrays[type](bytes.buffer), shape);
}
const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'], graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4,
});
const result = await session.run(feeds);
for (const [i, name] of session.outputNames.entries()) {
    if (result[name].type !== 'float32') continue;
    fs.writeFileSync(path.join(outputs, String(i)), new Uint8Array(result[name].data.buffer, result[name].data.byteOffset,
        result[name].data.byteLength));
    console.log(`${i} ${name}`);
}
