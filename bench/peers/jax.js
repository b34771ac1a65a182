/** jax-js on WebGPU as a peer, its functions jitted, arrays on the device, result downloaded once per sample. */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np } from '@jax-js/jax';
import { verify } from './ort.js';

export async function openJax() {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js has no WebGPU device here');
  defaultDevice('webgpu');
  const title = 'jax-js 0.1.25 webgpu';
  const array = (data, shape) => np.array(data instanceof Float32Array ? data : Float32Array.from(data), { shape });
  const candidate = async (name, compute, inputs, want) => {
    const jitted = jit(compute);
    const call = () => jitted(...inputs.map((x) => x.ref)); // a call consumes a reference
    verify(title, name, await call().data(), want);
    return {
      name: `${name} ${title}`,
      async run(reps) {
        const from = performance.now();
        // lazy: a result that is disposed of before it is ready is never computed
        const results = Array.from({ length: reps }, call);
        await blockUntilReady(results);
        const seconds = (performance.now() - from) / 1000;
        for (const result of results) result.dispose();
        return seconds;
      },
    };
  };
  return {
    title,
    matmul: (a, b, want, { M, N, K }) =>
      candidate('matmul', (x, y) => np.matmul(x, y), [array(a, [M, K]), array(b, [K, N])], want),
    matvec: (inp, weight, want, { N, K }) =>
      candidate('matvec', (x, w) => np.matmul(x, np.transpose(w)), [array(inp, [1, K]), array(weight, [N, K])], want),
    softmax: (inp, want, { R, C }) => candidate('softmax', (x) => nn.softmax(x, -1), [array(inp, [R, C])], want),
    layernorm: (inp, weight, bias, want, { R, C }) =>
      candidate(
        'layernorm',
        (x, w, b) => nn.standardize(x, -1).mul(w).add(b),
        [array(inp, [R, C]), array(weight, [C]), array(bias, [C])],
        want,
      ),
    attention: (q, k, v, want, { T, NH, HS }) =>
      candidate(
        'attention',
        (x, y, z) => nn.dotProductAttention(x, y, z, { isCausal: true }),
        [q, k, v].map((data) => array(data, [1, T, NH, HS])),
        want,
      ),
    async close() {},
  };
}
