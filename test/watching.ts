/** What comes with each token (rows of attention, the lens, its probability and rank) against readings of the whole text, on any engine. */
import { expect } from 'vitest';
import { makeConfig, type ModelConfig } from '../src/model/config.ts';
import type { Engine } from '../src/plan/types.ts';
import { Model } from '../src/session/model.ts';
import type { GeneratedToken, GenerateOptions } from '../src/session/records.ts';
import { openBytes } from '../src/tokens/bytes.ts';
import { livelyWeights } from './isolation.ts';

const gpt = makeConfig({ vocab: 257, context: 40, layers: 3, heads: 3, width: 24 });
const llama = makeConfig({ ...gpt, family: 'llama', heads: 4, kvHeads: 2, width: 32, hidden: 40, tied: false });

export async function provesWatching(open: () => Promise<Engine>): Promise<void> {
  for (const config of [gpt, llama]) {
    const engine = await open();
    const model = new Model({ config, tokenizer: openBytes(), weights: livelyWeights(config, 2), engine });
    await provesSameTokens(model);
    // a prompt that a GPU feeds token by token, and one that needs its prefill
    for (const length of [5, 19]) await provesTokens(model, config, length);
    await provesAfterSliding(model, config);
    await model.close();
    engine.close();
  }
}

const settings = { maxTokens: 9, temperature: 0.9, seed: 5, stop: [] };

async function tokensOf(model: Model, prompt: string, options: GenerateOptions): Promise<GeneratedToken[]> {
  const list: GeneratedToken[] = [];
  for await (const token of model.generate(prompt, { ...settings, ...options })) list.push(token);
  return list;
}

/** The same tokens, and bit for bit the same candidates, whatever is asked for beside them. */
async function provesSameTokens(model: Model): Promise<void> {
  for (const prompt of ['x', 'It was a dark and stormy']) {
    const plain = await tokensOf(model, prompt, { candidates: 4 });
    const watched = await tokensOf(model, prompt, { candidates: 4, attention: true, lens: 3 });
    expect(watched.map((t) => t.candidates)).toEqual(plain.map((t) => t.candidates));
    const unwatched = await tokensOf(model, prompt, {});
    for (const options of [{ attention: true }, { lens: 1 }, { draw: true }, { attention: true, lens: 2, draw: true }])
      expect((await tokensOf(model, prompt, options)).map((t) => t.token)).toEqual(unwatched.map((t) => t.token));
    const [drawn] = await tokensOf(model, prompt, { maxTokens: 1, draw: true, taps: ['embed'] });
    expect(Object.keys(drawn.taps)).toEqual(['embed']); // the logits behind the draw are not among them
    expect(unwatched[0]).not.toHaveProperty('attention');
    expect(unwatched[0]).not.toHaveProperty('lens');
    expect(unwatched[0]).not.toHaveProperty('probability');
    // two runs in turns, one watched: its plan fills the cache again as it was
    const one = model.generate(prompt, { ...settings, attention: true, lens: 3 });
    const other = model.generate('y', { ...settings, ahead: 1 });
    for (const { token } of unwatched.slice(0, 4)) {
      expect((await one.next()).value!.token).toBe(token);
      await other.next();
    }
    await one.return();
    await other.return();
  }
}

async function provesTokens(model: Model, { layers, heads }: ModelConfig, length: number): Promise<void> {
  const prompt = 'stormy night and all the rain'.slice(0, length);
  const run = await tokensOf(model, prompt, { candidates: 5, attention: true, lens: 4, draw: true });
  const tokens = [...model.encode(prompt), ...run.map((t) => t.token)];
  const lens = await model.lens(tokens, 4);
  const reading = await model.attention(tokens);
  const T = tokens.length;
  for (const step of run) {
    const query = step.position - 1;
    expect(step.label).toBe(model.tokenizer.label(step.token));
    expect(step.bytes).toEqual([...model.tokenizer.bytes(step.token)]);
    expect(step.lens!.top).toHaveLength(layers + 1);
    step.lens!.actual.forEach((p, layer) => {
      expect(Math.abs(p - lens.actual[layer][query]), `layer ${layer}`).toBeLessThan(1e-5);
      const top = lens.top[layer][query];
      step.lens!.top[layer].forEach((c, i) => {
        expect(Math.abs(c.probability - top[i].probability)).toBeLessThan(1e-5);
        // neighbours that are equally probable may come in either order
        const apart = [top[i - 1], top[i + 1]].every((t) => t && Math.abs(t.probability - top[i].probability) > 1e-4);
        if (apart) expect(c).toMatchObject({ token: top[i].token, text: top[i].text });
      });
    });
    expect(Math.abs(step.probability! - step.lens!.actual.at(-1)!)).toBeLessThan(1e-5);
    const at = step.candidates.findIndex((c) => c.token === step.token);
    if (at >= 0) expect(step.rank).toBe(at);
    else expect(step.rank).toBeGreaterThanOrEqual(5);
    expect(step.attention).toHaveLength(layers * heads * (query + 1));
    for (let head = 0; head < layers * heads; head++)
      for (let key = 0; key <= query; key++) {
        const got = step.attention![head * (query + 1) + key];
        expect(Math.abs(got - reading.overview[(head * T + query) * T + key])).toBeLessThanOrEqual(1);
      }
  }
}

/** After the context has slid, a row covers what it holds; positions go on counting. */
async function provesAfterSliding(model: Model, { layers, heads, context }: ModelConfig): Promise<void> {
  const run = await tokensOf(model, 'abc', { maxTokens: context + 10, attention: true, lens: 2, candidates: 0 });
  expect(run.map((t) => t.position)).toEqual(run.map((_, i) => 3 + i));
  for (const { attention, position } of run) {
    const keys = attention!.length / (layers * heads);
    expect(Number.isInteger(keys) && keys <= context).toBe(true);
    if (position <= context) expect(keys).toBe(position);
    for (let head = 0; head < layers * heads; head++) {
      let sum = 0;
      for (let key = 0; key < keys; key++) sum += (attention![head * keys + key] / 255) ** 2;
      expect(Math.abs(sum - 1)).toBeLessThan(0.1);
    }
  }
  await expect(tokensOf(model, 'abc', { lens: 65 })).rejects.toThrow(RangeError);
  await expect(tokensOf(model, 'abc', { lens: 1.5 })).rejects.toThrow(RangeError);
}
