/** jax-js on WebGPU or wasm as a peer: jitted functions, arrays on the device, one wait for results per sample. */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { parameters } from '../../src/model/layout.ts';
import { LOT, lots, promptOf, same, seconds, verify } from './shared.js';

const linear = (p, x, name) => np.matmul(x, np.transpose(p[`${name}.weight`])).add(p[`${name}.bias`]);
const norm = (p, x, name) => nn.standardize(x, -1).mul(p[`${name}.weight`]).add(p[`${name}.bias`]);

/** ids, positions (R) → (R C) before the last norm. `attend(q, k, v)`: (R/T T NH HS) each → the same. Uses its arguments up. */
function trunk({ layers, heads, width }, p, ids, positions, T, attend) {
  const [R] = ids.shape;
  let x = np.take(p['wte.weight'].ref, ids, 0).add(np.take(p['wpe.weight'], positions, 0));
  for (let i = 0; i < layers; i++) {
    const h = `h.${i}`;
    const qkv = np.split(linear(p, norm(p, x.ref, `${h}.ln_1`), `${h}.attn.qkv`), 3, -1);
    const mix = attend(...qkv.map((part) => part.reshape([R / T, T, heads, width / heads])));
    x = x.add(linear(p, mix.reshape([R, width]), `${h}.attn.proj`));
    x = x.add(linear(p, nn.gelu(linear(p, norm(p, x.ref, `${h}.ln_2`), `${h}.mlp.fc`)), `${h}.mlp.proj`));
  }
  return x;
}

const head = (p, x) => np.matmul(norm(p, x, 'ln_f'), np.transpose(p['wte.weight']));
const integers = (list, shape = [list.length]) => np.array(Int32Array.from(list), { shape, dtype: np.int32 });
const onDevice = (config, weights) =>
  Object.fromEntries(
    parameters(config).map(({ name, shape }) => [name, np.array(weights.get(name), { shape: [...shape] })]),
  );

/** One jitted function each; a cache has `room` positions, because a growing shape would be recompiled for every token. */
function plans(config, room) {
  const prefill = jit((p, ids) => {
    const [T] = ids.shape;
    const cache = [];
    const x = trunk(config, p, ids, np.arange(T), T, (q, k, v) => {
      for (const part of [k, v]) cache.push(np.pad(part.ref, { 1: [0, room - T] }));
      return nn.dotProductAttention(q, k, v, { isCausal: true });
    });
    return { token: np.argmax(head(p, x.slice([T - 1, T])), -1), cache };
  });
  const decode = jit((p, token, position, past) => {
    const cache = [];
    const place = () => np.arange(room).reshape([1, room, 1, 1]);
    const x = trunk(config, p, token, position.ref, 1, (q, ...parts) => {
      const [k, v] = parts.map((part) => {
        cache.push(np.where(place().equal(position.ref), part, past[cache.length]));
        return cache.at(-1).ref;
      });
      const mask = np.arange(room).lessEqual(position.ref).reshape([1, 1, 1, room]);
      return nn.dotProductAttention(q, k, v, { mask });
    });
    position.dispose();
    return { token: np.argmax(head(p, x), -1), cache };
  });
  return { prefill, decode };
}

/** One AdamW step like ours: all gradients clipped together, matrices decayed. */
function trainStep(config, { T, hyper }) {
  const { learningRate, beta1, beta2, epsilon, decay, maxNorm } = hyper;
  const loss = (p, ids, targets) => {
    const [R] = ids.shape;
    const positions = integers(Array.from({ length: R }, (_, i) => i % T));
    const x = trunk(config, p, ids, positions, T, (q, k, v) => nn.dotProductAttention(q, k, v, { isCausal: true }));
    const hit = np.arange(config.vocab).equal(targets.reshape([R, 1]));
    return np
      .where(hit, nn.logSoftmax(head(p, x), -1), 0)
      .sum()
      .mul(-1 / R);
  };
  return jit(({ p, m, v }, ids, targets, [correction1, correction2]) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(p), ids, targets);
    const squares = Object.values(grads).map((g) => np.square(g.ref).sum());
    const clip = np.minimum(np.reciprocal(np.sqrt(squares.reduce(np.add)).add(1e-6)).mul(maxNorm), 1);
    const next = { p: {}, m: {}, v: {} };
    for (const { name, matrix } of parameters(config)) {
      const g = grads[name].mul(clip.ref);
      const first = m[name].mul(beta1).add(g.ref.mul(1 - beta1));
      const second = v[name].mul(beta2).add(np.square(g).mul(1 - beta2));
      next.m[name] = first.ref;
      next.v[name] = second.ref;
      let step = first.mul(correction1.ref).div(np.sqrt(second.mul(correction2.ref)).add(epsilon));
      if (matrix) step = step.add(p[name].ref.mul(decay));
      next.p[name] = p[name].sub(step.mul(learningRate));
    }
    for (const x of [clip, correction1, correction2]) x.dispose();
    return { loss: value, next };
  });
}

export async function openJax(device) {
  const devices = await init(device);
  if (!devices.includes(device)) throw new Error(`jax-js has no ${device} device here`);
  defaultDevice(device);
  const title = `jax-js 0.1.25 ${device}`;
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
    async decoder(config, weights, prompt) {
      const tokens = promptOf(config, prompt);
      const p = onDevice(config, weights);
      // twice the prompt: enough for every token measured here, and little to copy
      const { prefill, decode } = plans(config, Math.min(config.context, 2 * tokens.length + 32));
      const begin = (list) => prefill(tree.ref(p), integers(list));
      /** `count` tokens after `state`, which is consumed; each stays on the device and feeds the next step. */
      const go = async (state, position, count) => {
        const said = [];
        let now = state;
        for (let i = 0; i < count; i++) {
          now = decode(tree.ref(p), now.token, integers([position + i]), now.cache);
          said.push(now.token.ref);
        }
        await blockUntilReady(now);
        tree.dispose(now);
        return np.concatenate(said).data();
      };
      const start = begin(tokens);
      await blockUntilReady(start);
      return {
        candidate: {
          name: `decode ${title}`,
          lot: LOT,
          run: (reps) => lots(reps, (count) => go(tree.ref(start), tokens.length, count)),
        },
        prefill: {
          name: `prefill ${title}`,
          run: (reps) =>
            seconds(reps, async () => {
              const state = begin(tokens);
              await blockUntilReady(state);
              await state.token.data();
              tree.dispose(state.cache);
            }),
        },
        async greedy(list, count) {
          const state = same(list, tokens) ? tree.ref(start) : begin(list);
          const [first] = await state.token.ref.data();
          return [first, ...(await go(state, list.length, count - 1))];
        },
        close() {
          tree.dispose([p, start]);
          for (const plan of [prefill, decode]) plan.dispose();
        },
      };
    },
    async learner(config, weights, lesson) {
      const { tokens, targets } = lesson;
      const { beta1, beta2 } = lesson.hyper;
      const step = trainStep(config, lesson);
      const [ids, wanted] = [integers(tokens), integers(targets)];
      const p = onDevice(config, weights);
      const zeros = () => tree.map((x) => np.zeros(x.shape), p);
      let state = { p, m: zeros(), v: zeros() };
      const losses = [];
      return {
        losses,
        candidate: {
          name: `training ${title}`,
          run: (reps) =>
            seconds(reps, async () => {
              const corrections = [beta1, beta2].map((beta) => np.array(1 / (1 - beta ** (losses.length + 1))));
              const { loss, next } = step(state, ids.ref, wanted.ref, corrections);
              state = next;
              await blockUntilReady(state);
              losses.push((await loss.data())[0]);
            }),
        },
        close() {
          tree.dispose([state, ids, wanted]);
          step.dispose();
        },
      };
    },
    async close() {},
  };
}
