/** onnxruntime-web's wasm in node, on as many threads as there are cores: its best mode there. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-web';
import { openOrt } from './ort.js';

export async function open() {
  const { version } = JSON.parse(
    readFileSync(new URL('node_modules/onnxruntime-web/package.json', import.meta.url), 'utf8'),
  );
  const threads = availableParallelism();
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return openOrt(ort, `onnxruntime-web ${version} wasm, ${threads} threads`, { executionProviders: ['wasm'] });
}
