/** TensorFlow.js on WebGPU as a peer: warm, tensors kept on the device, results downloaded once per sample. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-webgpu';
import { parameters } from '../../src/model/layout.ts';
import { LOT, lots, promptOf, same, seconds, verify } from './shared.js';

const linear = (p, a, name) =>
  tf.fused.matMul({ a, b: p[`${name}.weight`], transposeB: true, bias: p[`${name}.bias`] });

function norm(x, weight, bias) {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}

const normOf = (p, x, name) => norm(x, p[`${name}.weight`], p[`${name}.bias`]);

/** x·½(1 + tanh u) = x·σ(2u): one operation less. */
function gelu(x) {
  const u = tf.mul(tf.add(tf.mul(tf.square(x), 0.044715), 1), tf.mul(x, 2 * Math.sqrt(2 / Math.PI)));
  return tf.mul(x, tf.sigmoid(u));
}

/** q (B NH T HS) over k, v (B NH S HS); `mask` (T S) is added. */
function attention(q, k, v, mask) {
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape.at(-1)));
  return tf.matMul(tf.softmax(mask ? tf.add(scores, mask) : scores), v);
}

const causal = (T) =>
  tf.tensor2d(
    Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e30 : 0)),
    [T, T],
  );

/** ids, positions (R) → (R C) before the last norm. `attend(q, k, v)`: (R/T NH T HS) each → the same. */
function trunk({ layers, heads, width }, p, ids, positions, T, attend) {
  const [R] = ids.shape;
  const HS = width / heads;
  // rows of one position need not move
  const turn = (x) => (T === 1 ? x : tf.transpose(x, [0, 2, 1, 3]));
  const apart = (x) => (T === 1 ? tf.reshape(x, [R, heads, 1, HS]) : turn(tf.reshape(x, [R / T, T, heads, HS])));
  let x = tf.add(tf.gather(p['wte.weight'], ids), tf.gather(p['wpe.weight'], positions));
  for (let i = 0; i < layers; i++) {
    const h = `h.${i}`;
    const qkv = tf.split(linear(p, normOf(p, x, `${h}.ln_1`), `${h}.attn.qkv`), 3, -1);
    const mix = attend(...qkv.map(apart));
    x = tf.add(x, linear(p, tf.reshape(turn(mix), [R, width]), `${h}.attn.proj`));
    x = tf.add(x, linear(p, gelu(linear(p, normOf(p, x, `${h}.ln_2`), `${h}.mlp.fc`)), `${h}.mlp.proj`));
  }
  return x;
}

const head = (p, x) => tf.matMul(normOf(p, x, 'ln_f'), p['wte.weight'], false, true);
const integers = (list) => tf.tensor1d(Int32Array.from(list), 'int32');

/** One AdamW step like ours: all gradients clipped together, matrices decayed. Returns new tensors. */
function adamw(config, { p, m, v }, grads, t, { learningRate, beta1, beta2, epsilon, decay, maxNorm }) {
  // addN binds them all at once, more than a device allows
  const squares = Object.values(grads).map((g) => tf.sum(tf.square(g)));
  const clip = tf.minimum(tf.div(maxNorm, tf.add(tf.sqrt(squares.reduce((a, b) => tf.add(a, b))), 1e-6)), 1);
  const next = { p: {}, m: {}, v: {} };
  for (const { name, matrix } of parameters(config)) {
    const g = tf.mul(grads[name], clip);
    next.m[name] = tf.add(tf.mul(m[name], beta1), tf.mul(g, 1 - beta1));
    next.v[name] = tf.add(tf.mul(v[name], beta2), tf.mul(tf.square(g), 1 - beta2));
    const root = tf.sqrt(tf.mul(next.v[name], 1 / (1 - beta2 ** t)));
    const step = tf.div(tf.mul(next.m[name], learningRate / (1 - beta1 ** t)), tf.add(root, epsilon));
    next.p[name] = tf.sub(matrix ? tf.mul(p[name], 1 - learningRate * decay) : p[name], step);
  }
  return next;
}

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
  const onDevice = (config, weights) =>
    Object.fromEntries(parameters(config).map(({ name, shape }) => [name, tf.tensor(weights.get(name), [...shape])]));
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
      return candidate('layernorm', () => norm(x, w, b), want);
    },
    attention: (q, k, v, want, { T, NH, HS }) => {
      const heads = (data) => tf.tidy(() => tf.transpose(tf.tensor(data, [T, NH, HS]), [1, 0, 2]));
      const [x, y, z] = [heads(q), heads(k), heads(v)];
      const mask = causal(T);
      kept.push(x, y, z, mask);
      return candidate('attention', () => tf.transpose(attention(x, y, z, mask), [1, 0, 2]), want);
    },
    async decoder(config, weights, prompt) {
      const tokens = promptOf(config, prompt);
      const p = onDevice(config, weights);
      const prefill = (list) =>
        tf.tidy(() => {
          const T = list.length;
          const mask = causal(T);
          const cache = [];
          const x = trunk(config, p, integers(list), tf.range(0, T, 1, 'int32'), T, (q, k, v) => {
            cache.push(k, v);
            return attention(q, k, v, mask);
          });
          return { token: tf.argMax(head(p, tf.slice(x, [T - 1, 0], [1, -1])), -1), cache };
        });
      const decode = ({ token, cache: past }, position) =>
        tf.tidy(() => {
          const cache = [];
          const x = trunk(config, p, token, integers([position]), 1, (q, ...parts) => {
            const [k, v] = parts.map((part, i) => tf.concat([past[cache.length + i], part], 2));
            cache.push(k, v);
            return attention(q, k, v);
          });
          return { token: tf.argMax(head(p, x), -1), cache };
        });
      /** `count` tokens after `state`, which is kept; each stays on the device and feeds the next step. */
      const go = async (state, position, count) => {
        const states = [state];
        for (let i = 0; i < count; i++) states.push(decode(states[i], position + i));
        const said = tf.concat(states.slice(1).map(({ token }) => token));
        const result = await said.data();
        tf.dispose([said, states.slice(1)]);
        return result;
      };
      const start = prefill(tokens);
      return {
        candidate: {
          name: `decode ${title}`,
          lot: LOT,
          run: (reps) => lots(reps, (count) => go(start, tokens.length, count)),
        },
        prefill: {
          name: `prefill ${title}`,
          run: (reps) =>
            seconds(reps, async () => {
              const state = prefill(tokens);
              await state.token.data();
              tf.dispose(state);
            }),
        },
        async greedy(list, count) {
          const state = same(list, tokens) ? start : prefill(list);
          const [first] = await state.token.data();
          const rest = await go(state, list.length, count - 1);
          if (state !== start) tf.dispose(state);
          return [first, ...rest];
        },
        close: () => tf.dispose([p, start]),
      };
    },
    async learner(config, weights, { B, T, tokens, targets, hyper }) {
      const names = parameters(config).map(({ name }) => name);
      const named = (list) => Object.fromEntries(names.map((name, i) => [name, list[i]]));
      const [ids, positions, mask] = [integers(tokens), integers(tokens.map((_, i) => i % T)), causal(T)];
      const hit = tf.tidy(() => tf.mul(tf.oneHot(integers(targets), config.vocab), -1 / (B * T)));
      const loss = (...list) => {
        const p = named(list);
        const x = trunk(config, p, ids, positions, T, (q, k, v) => attention(q, k, v, mask));
        return tf.sum(tf.mul(tf.logSoftmax(head(p, x)), hit));
      };
      const valueAndGrads = tf.valueAndGrads(loss);
      const p = onDevice(config, weights);
      const zeros = () => Object.fromEntries(names.map((name) => [name, tf.zerosLike(p[name])]));
      let state = { p, m: zeros(), v: zeros() };
      const losses = [];
      return {
        losses,
        candidate: {
          name: `training ${title}`,
          run: (reps) =>
            seconds(reps, async () => {
              const { value, next } = tf.tidy(() => {
                const { value, grads } = valueAndGrads(names.map((name) => state.p[name]));
                return { value, next: adamw(config, state, named(grads), losses.length + 1, hyper) };
              });
              tf.dispose(state);
              state = next;
              // the queue runs in order: once the last parameter is done, all are
              losses.push((await value.data())[0]);
              await state.p[names.at(-1)].data();
              value.dispose();
            }),
        },
        close: () => tf.dispose([state, ids, positions, mask, hit]),
      };
    },
    async close() {
      tf.dispose(kept);
    },
  };
}
