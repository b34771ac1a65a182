/** TensorFlow.js on WebGPU as a peer: warm, tensors kept on the device, result downloaded once per sample. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-webgpu';
import { verify } from './ort.js';

export async function openTf() {
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs has no WebGPU backend here');
  await tf.ready();
  const title = `tfjs ${tf.version_core ?? '4.22.0'} webgpu`;
  const kept = [];
  const tensor = (data, dims) => {
    const made = tf.tensor(data, dims);
    kept.push(made);
    return made;
  };
  const candidate = async (name, compute, want) => {
    const first = tf.tidy(compute);
    verify(title, name, await first.data(), want);
    first.dispose();
    return {
      name: `${name} ${title}`,
      async run(reps) {
        const from = performance.now();
        for (let i = 1; i < reps; i++) tf.tidy(() => void compute());
        const last = tf.tidy(compute);
        await last.data();
        last.dispose();
        return (performance.now() - from) / 1000;
      },
    };
  };
  return {
    title,
    matmul: (a, b, want, { M, N, K }) => {
      const [x, y] = [tensor(a, [M, K]), tensor(b, [K, N])];
      return candidate('matmul', () => tf.matMul(x, y), want);
    },
    /** weight (N K): the layout that decoding reads. */
    matvec: (inp, weight, want, { N, K }) => {
      const [x, w] = [tensor(inp, [1, K]), tensor(weight, [N, K])];
      return candidate('matvec', () => tf.matMul(x, w, false, true), want);
    },
    softmax: (inp, want, { R, C }) => {
      const x = tensor(inp, [R, C]);
      return candidate('softmax', () => tf.softmax(x), want);
    },
    layernorm: (inp, weight, bias, want, { R, C }) => {
      const [x, w, b] = [tensor(inp, [R, C]), tensor(weight, [C]), tensor(bias, [C])];
      const compute = () => {
        const { mean, variance } = tf.moments(x, -1, true);
        const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
        return tf.add(tf.mul(normal, w), b);
      };
      return candidate('layernorm', compute, want);
    },
    attention: (q, k, v, want, { T, NH, HS }) => {
      const heads = (data) => tf.tidy(() => tf.transpose(tf.tensor(data, [T, NH, HS]), [1, 0, 2]));
      const [x, y, z] = [heads(q), heads(k), heads(v)];
      const mask = tensor(
        Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e30 : 0)),
        [1, T, T],
      );
      const compute = () => {
        const scores = tf.add(tf.mul(tf.matMul(x, y, false, true), 1 / Math.sqrt(HS)), mask);
        return tf.transpose(tf.matMul(tf.softmax(scores), z), [1, 0, 2]);
      };
      return candidate('attention', compute, want);
    },
    async close() {
      for (const t of kept) t.dispose();
    },
  };
}
