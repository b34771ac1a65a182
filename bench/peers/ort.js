/**
 * onnxruntime-web as a peer: what node and the page share. `ort` is the module, `options` are for its sessions, `place` puts an
 * input tensor where the backend wants it, `captures` says that it can replay a graph of fixed shapes, `fused` that its attention op is right. It has no training.
 */
import * as onnx from './onnx.js';
import { LOT, lots, promptOf, same, seconds, verify } from './shared.js';

export function openOrt(ort, title, options, { place = (tensor) => tensor, captures = false, fused = true } = {}) {
  const sessions = [];
  const create = async (bytes, more = {}) => {
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'all', ...options, ...more });
    sessions.push(session);
    return session;
  };
  const download = async (tensor) => (tensor.location === 'gpu-buffer' ? await tensor.getData(true) : tensor.data);
  /** A model of fixed shapes, run repeatedly on the same inputs: everything but the result stays where the backend has it. */
  const fixed = async (name, bytes, feeds, want) => {
    const open = async (more) => {
      const session = await create(bytes, more);
      const placed = {};
      for (const [key, tensor] of Object.entries(feeds)) placed[key] = await place(tensor);
      // the second run is a replay where the first was captured
      for (let i = 0; i < 2; i++) {
        const { out } = await session.run(placed);
        verify(title, name, await download(out), want);
        out.dispose();
      }
      return () => session.run(placed);
    };
    const run = await open({ enableGraphCapture: captures }).catch((error) => {
      if (captures) return open({});
      throw error;
    });
    return {
      name: `${name} ${title}`,
      async run(reps) {
        const from = performance.now();
        let out;
        for (let i = 0; i < reps; i++) {
          out?.dispose();
          ({ out } = await run());
        }
        await download(out); // on a GPU a run returns before its work is done
        return (performance.now() - from) / 1000;
      },
    };
  };
  const floats = (data, dims) => new ort.Tensor('float32', data, dims);
  const int32 = (x, dims) => new ort.Tensor('int32', [x], dims);
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
        onnx.attention(T, NH * HS, NH, fused),
        { q: floats(q, dims), k: floats(k, dims), v: floats(v, dims) },
        want,
      );
    },
    /** The cache goes from run to run where the backend keeps it; logits come back for each token. */
    async decoder(config, weights, prompt) {
      const session = await create(onnx.decoder(config, weights, fused));
      const { layers, heads, width } = config;
      const tokens = promptOf(config, prompt);
      const ids = (list) => new ort.Tensor('int64', BigInt64Array.from(list, BigInt), [1, list.length]);
      const names = Array.from({ length: layers }, (_, i) => [`past.${i}.k`, `past.${i}.v`]).flat();
      const begin = () =>
        Object.fromEntries(names.map((name) => [name, floats(new Float32Array(0), [1, heads, 0, width / heads])]));
      const step = async (list, position, past) => {
        const total = position + list.length;
        const T = list.length;
        const attended = fused
          ? { last: int32(total - 1, [1]), total: int32(total, []) }
          : { mask: T > 1 ? floats(onnx.causal(T), [T, T]) : floats(Float32Array.of(0), [1, 1]) };
        const feeds = { ids: ids(list), positions: ids(list.map((_, i) => position + i)), ...attended, ...past };
        const { logits: tensor, ...present } = await session.run(feeds);
        const logits = await download(tensor);
        tensor.dispose();
        let best = 0;
        for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
        return {
          token: best,
          past: Object.fromEntries(Object.entries(present).map(([name, t]) => [name.replace('present', 'past'), t])),
        };
      };
      const drop = ({ past }) => Object.values(past).forEach((tensor) => tensor.dispose());
      /** `count` tokens after `state`, which is kept. */
      const go = async (state, position, count) => {
        const said = [];
        let now = state;
        for (let i = 0; i < count; i++) {
          const old = now;
          now = await step([old.token], position + i, old.past);
          if (old !== state) drop(old);
          said.push(now.token);
        }
        if (now !== state) drop(now);
        return said;
      };
      const start = await step(tokens, 0, begin());
      return {
        candidate: {
          name: `decode ${title}`,
          lot: LOT,
          run: (reps) => lots(reps, (count) => go(start, tokens.length, count)),
        },
        prefill: {
          name: `prefill ${title}`,
          run: (reps) => seconds(reps, async () => drop(await step(tokens, 0, begin()))),
        },
        async greedy(list, count) {
          const state = same(list, tokens) ? start : await step([...list], 0, begin());
          const said = [state.token, ...(await go(state, list.length, count - 1))];
          if (state !== start) drop(state);
          return said;
        },
        async close() {
          drop(start);
          await session.release();
          sessions.splice(sessions.indexOf(session), 1);
        },
      };
    },
    async close() {
      for (const session of sessions) await session.release();
    },
  };
}
