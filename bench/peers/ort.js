/**
 * onnxruntime-web as a peer: what node and the page share. `ort` is the module, `options` those of its sessions, `place` puts an
 * input tensor where the backend wants it.
 */
import * as onnx from './onnx.js';

/** Largest relative error against `want`; throws beyond a thousandth: a peer's wrong result is no number either. */
export function verify(title, what, got, want) {
  if (got.length !== want.length)
    throw new Error(`${title}, ${what}: ${got.length} numbers, ${want.length} were expected`);
  let scale = 0;
  for (const x of want) scale = Math.max(scale, Math.abs(x));
  for (let i = 0; i < want.length; i++)
    if (!(Math.abs(got[i] - want[i]) <= 1e-3 * scale))
      throw new Error(`${title}, ${what}: [${i}] is ${got[i]}, want ${want[i]}`);
}

export function openOrt(ort, title, options, place = (tensor) => tensor) {
  const sessions = [];
  const create = async (bytes) => {
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'all', ...options });
    sessions.push(session);
    return session;
  };
  /** A model of fixed shapes on the same inputs again and again: everything but the result stays where the backend has it. */
  const fixed = async (name, bytes, feeds, want) => {
    const session = await create(bytes);
    const download = async (tensor) => (tensor.location === 'gpu-buffer' ? await tensor.getData(true) : tensor.data);
    for (const name of Object.keys(feeds)) feeds[name] = await place(feeds[name]);
    const first = await session.run(feeds);
    verify(title, name, await download(first.out), want);
    return {
      name: `${name} ${title}`,
      async run(reps) {
        const from = performance.now();
        let out;
        for (let i = 0; i < reps; i++) {
          out?.dispose?.();
          ({ out } = await session.run(feeds));
        }
        await download(out); // on a GPU a run returns before its work is done
        return (performance.now() - from) / 1000;
      },
    };
  };
  const floats = (data, dims) => new ort.Tensor('float32', data, dims);
  return {
    title,
    matmul: (a, b, want, { M, N, K }) => fixed('matmul', onnx.matmul(M, N, K, b), { a: floats(a, [M, K]) }, want),
    /** weight (N K), transposed beforehand. */
    matvec: (inp, weight, want, { N, K }) =>
      fixed('matvec', onnx.matmul(1, N, K, onnx.transpose(weight, N, K)), { a: floats(inp, [1, K]) }, want),
    softmax: (inp, want, { R, C }) => fixed('softmax', onnx.softmax(R, C), { inp: floats(inp, [R, C]) }, want),
    layernorm: (inp, weight, bias, want, { R, C }) =>
      fixed(
        'layernorm',
        onnx.layernorm(R, C),
        { inp: floats(inp, [R, C]), weight: floats(weight, [C]), bias: floats(bias, [C]) },
        want,
      ),
    attention(q, k, v, want, { T, NH, HS }) {
      const dims = [1, T, NH * HS];
      return fixed(
        'attention',
        onnx.attention(T, NH * HS, NH),
        { q: floats(q, dims), k: floats(k, dims), v: floats(v, dims) },
        want,
      );
    },
    /** One repetition is one greedy token after a prompt of half the context, at most 64; the cache goes from run to run. */
    async decoder(config, weights) {
      const session = await create(onnx.decoder(config, weights));
      const { layers, heads, width, vocab, context } = config;
      const ids = (list) => new ort.Tensor('int64', BigInt64Array.from(list, BigInt), [1, list.length]);
      const empty = () => floats(new Float32Array(0), [1, heads, 0, width / heads]);
      const begin = () =>
        Object.fromEntries(
          Array.from({ length: layers }, (_, i) => [
            [`past.${i}.k`, empty()],
            [`past.${i}.v`, empty()],
          ]).flat(),
        );
      const step = async (tokens, position, past) => {
        const feeds = { ids: ids(tokens), positions: ids(tokens.map((_, i) => position + i)), ...past };
        const result = await session.run(feeds);
        const logits = (
          result.logits.location === 'gpu-buffer' ? await result.logits.getData(true) : result.logits.data
        ).subarray(-vocab);
        let best = 0;
        for (let i = 1; i < vocab; i++) if (logits[i] > logits[best]) best = i;
        const next = Object.fromEntries(
          Object.entries(result)
            .filter(([name]) => name !== 'logits')
            .map(([name, tensor]) => [name.replace('present', 'past'), tensor]),
        );
        return { token: best, past: next };
      };
      const prompt = Array.from({ length: Math.min(64, context >> 1) }, (_, i) => (i * 7 + 3) % vocab);
      const start = await step(prompt, 0, begin());
      return {
        candidate: {
          name: `decode ${title}`,
          lot: 8,
          async run(reps) {
            const from = performance.now();
            for (let done = 0; done < reps; done += 8) {
              let now = start;
              for (let i = 0; i < 8; i++) {
                const old = now.past;
                now = await step([now.token], prompt.length + i, now.past);
                if (old !== start.past) for (const tensor of Object.values(old)) tensor.dispose();
              }
              for (const tensor of Object.values(now.past)) tensor.dispose();
            }
            return (performance.now() - from) / 1000;
          },
        },
        async greedy(tokens, count) {
          const said = [];
          let now = await step([...tokens], 0, begin());
          for (let i = 0; i < count; i++) {
            said.push(now.token);
            now = await step([now.token], tokens.length + i, now.past);
          }
          return said;
        },
      };
    },
    async close() {
      for (const session of sessions) await session.release();
    },
  };
}
