/*
 * real_tflite.mjs -- runs a network by TensorFlow Lite itself, which its makers compiled for browsers (@tensorflow/tfjs-tflite), in headless
 * Chromium on a page that is served on loopback, for real_files.py.
 *
 *   node real_tflite.mjs FOLDER_OF_NODE_MODULES MODEL INPUT OUTPUTS
 *
 * INPUT are float32 numbers in the order of the file. Each output is written as float32 to OUTPUTS/NUMBER; their names go to the standard
 * output, a line each. CHROMIUM tells another browser than /usr/bin/chromium.
 */
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const [folder, model, input, outputs] = process.argv.slice(2);
const { chromium } = createRequire(path.join(folder, 'package.json'))('playwright-core');
const packages = path.join(folder, 'node_modules', '@tensorflow');
const scripts = ['tfjs-core/dist/tf-core.min.js', 'tfjs-backend-cpu/dist/tf-backend-cpu.min.js', 'tfjs-tflite/dist/tf-tflite.min.js'];
const page_text = `<!doctype html>${scripts.map(s => `<script src="/${s}"></script>`).join('')}`;
const kinds = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://localhost').pathname).slice(1);
    const known = { '': page_text, model: fs.readFileSync(model), input: fs.readFileSync(input) }[name];
    const file = path.join(packages, name);
    if (known === undefined && (!file.startsWith(packages) || !fs.existsSync(file))) {
        response.writeHead(404).end();
        return;
    }
    response.writeHead(200, { 'content-type': name === '' ? 'text/html' : kinds[path.extname(name)] ?? 'application/octet-stream' });
    response.end(known ?? fs.readFileSync(file));
});
await new Promise(ready => server.listen(0, '127.0.0.1', ready));

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const results = await page.evaluate(async () => {
        tflite.setWasmPath('/tfjs-tflite/wasm/');
        const network = await tflite.loadTFLiteModel('/model', { numThreads: 1 });
        const numbers = new Float32Array(await (await fetch('/input')).arrayBuffer());
        const made = network.predict(tf.tensor(numbers, network.inputs[0].shape));
        const named = made instanceof tf.Tensor ? { [network.outputs[0].name]: made } : made;
        return Object.entries(named).map(([name, tensor]) => [name, Array.from(tensor.dataSync())]);
    });
    for (const [i, [name, numbers]] of results.entries()) {
        fs.writeFileSync(path.join(outputs, String(i)), new Uint8Array(Float32Array.from(numbers).buffer));
        console.log(`${i} ${name}`);
    }
} finally {
    await browser.close();
    server.close();
}
