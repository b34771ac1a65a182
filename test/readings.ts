/** Score, lens and attention of a model against what its own decoding says, on any engine. */
import { expect } from 'vitest';
import { makeConfig, type ModelConfig } from '../src/model/config.ts';
import type { Engine } from '../src/plan/types.ts';
import { Model } from '../src/session/model.ts';
import type { GeneratedToken } from '../src/session/records.ts';
import { openBytes } from '../src/tokens/bytes.ts';
import { livelyWeights } from './isolation.ts';

const gpt = makeConfig({ vocab: 257, context: 24, layers: 2, heads: 4, width: 32 });
const llama = makeConfig({ ...gpt, family: 'llama', kvHeads: 2, hidden: 40, tied: false });

export async function provesReadings(open: () => Promise<Engine>): Promise<void> {
  for (const config of [gpt, llama]) {
    const engine = await open();
    const before = engine.counters.bytesAllocated;
    const model = new Model({ config, tokenizer: openBytes(), weights: livelyWeights(config, 2), engine });
    await provesScore(model, config);
    await provesLens(model, config);
    await provesAttention(model, config);
    await provesTaps(model, config);
    await provesGates(model, config);
    await model.close();
    expect(engine.counters.bytesAllocated).toBe(before);
    engine.close();
  }
}

/** The token that decoding puts after these, with its best three. */
async function nextOf(model: Model, tokens: readonly number[], taps: readonly string[]): Promise<GeneratedToken> {
  const run = model.generate(tokens, { maxTokens: 1, candidates: 3, taps, stop: [] });
  return (await run.next()).value!;
}

/** A short text, and one that outgrows the context: each token as probable as decoding finds it. */
async function provesScore(model: Model, { vocab, context }: ModelConfig): Promise<void> {
  const text = 'It was a dark and stormy night, 天 and rain';
  const tokens = model.encode(text);
  expect(tokens.length).toBeGreaterThan(context);
  const scored = await model.score(text);
  expect(scored.map((t) => t.token)).toEqual(tokens);
  expect(scored[0].logProbability).toBeUndefined();
  expect(scored.at(-1)!.to).toBe(text.length);
  const step = Math.floor(context / 2);
  for (const i of [1, 5, 20, context, context + 1, tokens.length - 1]) {
    // the window in which this token was judged
    const window = i <= context ? 0 : Math.ceil((i - context) / step) * step;
    const { taps } = await nextOf(model, tokens.slice(window, i), ['logits']);
    const logits = taps['logits'].data.slice(-vocab);
    const top = Math.max(...logits);
    const want = logits[tokens[i]] - top - Math.log(logits.reduce((sum, x) => sum + Math.exp(x - top), 0));
    expect(Math.abs(scored[i].logProbability! - want), `token ${i}`).toBeLessThan(1e-4);
  }
  // two at once do not disturb each other
  const [again, other] = await Promise.all([model.score(text), model.score('another')]);
  expect(again).toEqual(scored);
  expect(await model.score('another')).toEqual(other);
  expect(await model.score('x')).toMatchObject([{ text: 'x', from: 0, to: 1 }]);
}

async function provesLens(model: Model, { layers }: ModelConfig): Promise<void> {
  const tokens = model.encode('stormy night');
  const lens = await model.lens(tokens, 3);
  expect(lens.layers).toEqual(['embed', ...Array.from({ length: layers }, (_, i) => `h.${i}`)]);
  const scored = await model.score(tokens);
  const last = lens.actual.at(-1)!;
  for (let t = 0; t + 1 < tokens.length; t++)
    expect(Math.abs(last[t] - Math.exp(scored[t + 1].logProbability!))).toBeLessThan(1e-5);
  expect(last.at(-1)).toBeNaN();
  const next = await nextOf(model, tokens, []);
  expect(
    lens.top
      .at(-1)!
      .at(-1)!
      .map((c) => c.token),
  ).toEqual(next.candidates.map((c) => c.token));
  // the first layer's lens from the activations themselves
  expect(lens.top[0]).toHaveLength(tokens.length);
}

async function provesAttention(model: Model, { layers, heads }: ModelConfig): Promise<void> {
  const tokens = model.encode('stormy night');
  const T = tokens.length;
  const reading = await model.attention(tokens);
  expect([reading.layers, reading.heads, reading.tokens]).toEqual([layers, heads, T]);
  const taps = Array.from({ length: layers }, (_, i) => `h.${i}.weights`);
  const step = await nextOf(model, tokens, taps);
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const { shape, data } = step.taps[taps[layer]];
      const padded = shape[3];
      const row = await reading.row(layer, head, T - 1);
      const top = Math.max(...row.score);
      const mass = row.score.map((s) => Math.exp(s - top));
      const total = mass.reduce((a, b) => a + b, 0);
      for (let k = 0; k < T; k++) {
        expect(Math.abs(row.weight[k] - data[(head * padded + T - 1) * padded + k])).toBeLessThan(1e-6);
        expect(Math.abs(row.weight[k] - mass[k] / total)).toBeLessThan(1e-5);
        const byte = reading.overview[((layer * heads + head) * T + T - 1) * T + k];
        expect(Math.abs(byte - 255 * Math.sqrt(row.weight[k]))).toBeLessThanOrEqual(0.5 + 1e-3);
      }
    }
  await expect(reading.row(layers, 0, 0)).rejects.toBeInstanceOf(RangeError);
  await model.attention('other');
  await expect(reading.row(0, 0, 0)).rejects.toThrow('another text has been read since');
}

/** Activations of one token of a text: the rows that generating from the text up to it gives. */
async function provesTaps(model: Model, { layers, heads, vocab, width, context }: ModelConfig): Promise<void> {
  const names = ['embed', ...Array.from({ length: layers }, (_, i) => `h.${i}.out`), 'h.1.qkv', 'h.0.mlp', 'ln_f'];
  const all = [...names, 'logits', 'h.1.weights'];
  for (const text of ['stormy night', 'x', 'It was a dark and story']) {
    const tokens = model.encode(text);
    const at = Math.floor((tokens.length - 1) / 2);
    for (const position of [undefined, at]) {
      const n = (position ?? tokens.length - 1) + 1;
      const got = await model.taps(tokens, all, position);
      const { taps } = await nextOf(model, tokens.slice(0, n), all);
      expect(Object.keys(got)).toEqual(all);
      for (const name of [...names, 'logits']) {
        const rows = taps[name].shape[0];
        const wide = taps[name].shape[1];
        const want = taps[name].data.subarray((rows === 1 ? 0 : n - 1) * wide).subarray(0, wide);
        expect(got[name].shape).toEqual([wide]);
        got[name].data.forEach((x, i) =>
          expect(Math.abs(x - want[i]), `${name} ${i}`).toBeLessThan(1e-4 * (1 + Math.abs(want[i]))),
        );
      }
      expect(got['embed'].data).toHaveLength(width);
      expect(got['logits'].data).toHaveLength(vocab);
      const { shape, data } = got['h.1.weights'];
      expect(shape).toEqual([heads, n]);
      const padded = taps['h.1.weights'].shape.slice(2);
      data.forEach((x, i) => {
        const [head, key] = [Math.floor(i / n), i % n];
        const row = padded[0] === 1 ? head : head * padded[0] + n - 1;
        expect(Math.abs(x - taps['h.1.weights'].data[row * padded[1] + key])).toBeLessThan(1e-5);
      });
    }
  }
  // more sets of names than plans are kept for
  const allocated = () => model.engine.counters.bytesAllocated;
  await model.taps('ab', ['h.0.out']);
  for (let i = 0; i < 4; i++)
    await model.taps(
      'ab',
      Array.from({ length: i + 1 }, () => 'embed'),
    );
  const before = allocated();
  await model.taps('ab', ['h.0.ln_1']);
  expect(allocated() - before).toBeLessThan(20_000);
  await expect(model.taps('ab', ['h.9.out'])).rejects.toThrow(/no tap "h.9.out"/);
  await expect(model.taps('ab', ['embed'], 2)).rejects.toBeInstanceOf(RangeError);
  await expect(model.taps('a'.repeat(context + 1), ['embed'])).rejects.toBeInstanceOf(RangeError);
}

/** A reading obeys the gates as generating does, and so does the next one after they are set back. */
async function provesGates(model: Model, { layers, heads }: ModelConfig): Promise<void> {
  const tokens = model.encode('stormy night');
  const T = tokens.length;
  const read = async () => {
    const run = model.generate(tokens, { maxTokens: 1, candidates: 3, attention: true, lens: 3, stop: [] });
    const next = (await run.next()).value!;
    await run.return();
    const lens = await model.lens(tokens, 3);
    const { overview } = await model.attention(tokens);
    const scored = await model.score(tokens);
    const { logits } = await model.taps(tokens, ['logits']);
    return { next, lens, overview, scored, logits: logits.data };
  };
  const before = await read();
  model.gate(0, 1, 0);
  model.gate(layers - 1, undefined, 0);
  const gated = await read();
  expect(gated.overview).not.toEqual(before.overview);
  expect(gated.scored).not.toEqual(before.scored);
  for (const { next, lens, overview, scored, logits } of [before, gated]) {
    lens.top.forEach((positions, layer) =>
      positions[T - 1].forEach((c, i) =>
        expect(Math.abs(c.probability - next.lens!.top[layer][i].probability)).toBeLessThan(1e-5),
      ),
    );
    expect(Math.abs(lens.actual.at(-1)![3] - Math.exp(scored[4].logProbability!))).toBeLessThan(1e-5);
    for (let head = 0; head < layers * heads; head++)
      for (let key = 0; key < T; key++)
        expect(Math.abs(overview[(head * T + T - 1) * T + key] - next.attention![head * T + key])).toBeLessThanOrEqual(
          1,
        );
    const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
    for (const { token, probability } of next.candidates)
      expect(Math.abs(Math.exp(logits[token]) / sum - probability)).toBeLessThan(1e-5);
  }
  model.gate(0, 1, 1);
  model.gate(layers - 1, undefined, 1);
  const after = await read();
  expect(after.overview).toEqual(before.overview);
  expect(after.scored).toEqual(before.scored);
}
