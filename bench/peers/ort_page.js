/** onnxruntime-web in a page: wasm on all threads, and WebGPU with inputs uploaded once and outputs left on the device. */
import * as ort from 'onnxruntime-web/webgpu';
import { openOrt } from './ort.js';

const VERSION = '1.30.0';
ort.env.logLevel = 'error';
ort.env.wasm.numThreads = navigator.hardwareConcurrency;
ort.env.wasm.wasmPaths = `${location.origin}/node_modules/onnxruntime-web/dist/`;

export const openWasm = async () =>
  openOrt(ort, `onnxruntime-web ${VERSION} wasm, ${navigator.hardwareConcurrency} threads`, {
    executionProviders: ['wasm'],
  });

/** The tensor in a GPU buffer of onnxruntime's own device, which exists once a session does. */
async function upload(tensor) {
  const device = await ort.env.webgpu.device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  const buffer = device.createBuffer({ size: Math.ceil(tensor.data.byteLength / 16) * 16, usage });
  device.queue.writeBuffer(buffer, 0, tensor.data);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: tensor.type, dims: tensor.dims });
}

export const openWebgpu = async () =>
  openOrt(
    ort,
    `onnxruntime-web ${VERSION} webgpu`,
    { executionProviders: ['webgpu'], preferredOutputLocation: 'gpu-buffer' },
    // its attention ops give wrong rows from row 4 on with SwiftShader
    { place: upload, captures: true, fused: false },
  );
