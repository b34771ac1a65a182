/** Real checkpoints and what was published for them, on any engine: GPT-2's architecture (minGPT gpt-nano) and Llama's (stories260K). */
import { expect } from 'vitest';
import { openLlama2cModel } from '../src/files/llama2c.ts';
import { openMinGpt } from '../src/files/mingpt.ts';
import { openSafetensors } from '../src/files/safetensors.ts';
import { configFromHeader, configFromHub } from '../src/model/hub_config.ts';
import { readWeights } from '../src/model/weights.ts';
import type { Engine } from '../src/plan/types.ts';
import type { GenerateOptions, GeneratedToken } from '../src/session/records.ts';
import { Model } from '../src/session/model.ts';
import { openBytes } from '../src/tokens/bytes.ts';
import { openLlama2c } from '../src/tokens/sentencepiece.ts';
import type { Tokenizer } from '../src/tokens/types.ts';
import { dataBytes, dataText } from './data.ts';

async function steps(
  session: Model,
  prompt: string | readonly number[],
  options: GenerateOptions,
): Promise<GeneratedToken[]> {
  const list: GeneratedToken[] = [];
  for await (const step of session.generate(prompt, { stop: [], ...options })) list.push(step);
  return list;
}

/** A tokenizer for models that have none: ids are what the test hands in. */
const noTokens: Tokenizer = openBytes();

export async function openSort(engine: Engine): Promise<Model> {
  const file = await openMinGpt(dataBytes('weights/gpt-nano-sort/gpt-nano-sort-model.json'));
  const config = configFromHeader('minGPT', file.config);
  return new Model({ config, weights: (await readWeights(config, file)).weights, tokenizer: noTokens, engine });
}

/** After six letters, six greedy steps give them sorted. `every` = 1 tries all 729 inputs. */
export async function provesSorting(engine: Engine, every: number): Promise<void> {
  const session = await openSort(engine);
  for (let n = 0; n < 729; n += every) {
    const letters = Array.from({ length: 6 }, (_, i) => Math.floor(n / 3 ** i) % 3);
    const made = (await steps(session, letters, { maxTokens: 6 })).map((s) => s.token);
    expect(made, `sorting ${letters.join('')}`).toEqual([...letters].sort((a, b) => a - b));
  }
}

interface Partial {
  readonly shape: readonly number[];
  readonly data: string;
}

/** Every published intermediate of three sequences, within 1e-5. */
export async function provesPartials(engine: Engine): Promise<void> {
  const session = await openSort(engine);
  const partials = JSON.parse(dataText('weights/gpt-nano-sort/gpt-nano-sort-t0-partials.json')) as Record<
    string,
    Partial
  >;
  const want = (name: string) => {
    const bytes = Uint8Array.from(atob(partials[name].data), (c) => c.charCodeAt(0));
    return partials[name].shape.length === 2 && name === 'idx' ? bytes : new Float32Array(bytes.buffer);
  };
  const idx = tokenIds(partials['idx']);
  const [B, T, C, NH, HS] = [3, 11, 48, 3, 16];
  const taps = [
    'embed',
    'h.0.ln_1',
    'h.0.qkv',
    'h.0.weights',
    'h.0.mix',
    'h.0.attn_proj',
    'h.0.attn',
    'h.0.ln_2',
    'h.0.fc',
    'h.0.mlp',
    'h.0.mlp_proj',
  ];
  const names = ['x', 'ln1', 'qkv', 'attSm', 'y', 'yProj', 'attnResid', 'ln2', 'fc', 'gelu', 'mlp'];
  const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, name: string) => {
    expect(got.length, name).toBe(wanted.length);
    let worst = 0;
    for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i] - wanted[i]));
    expect(worst, name).toBeLessThanOrEqual(1e-5);
  };
  for (let b = 0; b < B; b++) {
    const sequence = idx.slice(b * T, (b + 1) * T);
    const part = (name: string) => {
      const all = want(name);
      return all.slice((b * all.length) / B, ((b + 1) * all.length) / B);
    };
    const blocks = ['h.0.out', 'h.1.out', 'h.2.out'];
    const [step] = await steps(session, sequence, { maxTokens: 1, taps: [...taps, ...blocks] });
    taps.forEach((tap, i) => close(step.taps[tap].data, part(names[i]), names[i]));
    blocks.forEach((tap, i) => close(step.taps[tap].data, part(`block${i}`), `block${i}`));
    // scores before the softmax, from the tapped queries and keys (masked places are not numbers there)
    const qkv = step.taps['h.0.qkv'].data;
    const scores = part('att');
    for (let h = 0; h < NH; h++)
      for (let t = 0; t < T; t++)
        for (let s = 0; s <= t; s++) {
          let dot = 0;
          for (let i = 0; i < HS; i++) dot += qkv[t * 3 * C + h * HS + i] * qkv[s * 3 * C + C + h * HS + i];
          expect(Math.abs(dot / Math.sqrt(HS) - scores[(h * T + t) * T + s])).toBeLessThanOrEqual(1e-5);
        }
    // the head runs on the last row alone: every position is the last of a shorter text
    for (let t = 0; t < T; t++) {
      const [last] = await steps(session, sequence.slice(0, t + 1), {
        maxTokens: 1,
        taps: ['ln_f', 'logits'],
        candidates: 3,
      });
      close(last.taps['ln_f'].data, part('ln_f').slice(t * C, (t + 1) * C), 'ln_f');
      close(last.taps['logits'].data, part('lm_head').slice(t * 3, t * 3 + 3), 'lm_head');
      const probs = part('probs').slice(t * 3, t * 3 + 3);
      for (const { token, probability } of last.candidates)
        expect(Math.abs(probability - probs[token])).toBeLessThanOrEqual(1e-5);
    }
  }
}

function tokenIds(p: Partial & { readonly dtype?: string }): number[] {
  const bytes = Uint8Array.from(atob(p.data), (c) => c.charCodeAt(0));
  const n = p.shape.reduce((a, b) => a * b, 1);
  if (bytes.length === 8 * n) return [...new BigInt64Array(bytes.buffer)].map(Number);
  return [
    ...(bytes.length === 4 * n
      ? p.dtype?.includes('float')
        ? new Float32Array(bytes.buffer)
        : new Int32Array(bytes.buffer)
      : bytes),
  ];
}

export async function openStories(engine: Engine): Promise<Model> {
  const file = await openLlama2cModel(dataBytes('weights/stories260K/stories260K.bin'));
  const config = configFromHeader('llama2.c', file.config);
  const tokenizer = openLlama2c(dataBytes('weights/stories260K/tok512.bin'), config.vocab);
  return new Model({ config, weights: (await readWeights(config, file)).weights, tokenizer, engine });
}

/** Greedy text of stories260K, and the five best tokens after BOS. */
export async function provesStories(engine: Engine, characters: number): Promise<void> {
  const session = await openStories(engine);
  const [first] = await steps(session, [1], { maxTokens: 1, candidates: 5 });
  expect(first.candidates.map((c) => [c.text, Number(c.probability.toFixed(3))])).toEqual([
    [' Once', 0.784],
    [' One', 0.156],
    [' ', 0.016],
    [' Lily', 0.011],
    [' upon', 0.008],
  ]);
  const expected = dataText('weights/stories260K/expected.txt').trimEnd().slice(0, characters);
  let text = '';
  for await (const step of session.generate([1], { maxTokens: 400, stop: [] })) {
    text += step.text;
    if (text.trimStart().length >= expected.length) break;
  }
  expect(text.trimStart().slice(0, expected.length)).toBe(expected);
}

/** GPT-2's official file layout, width 2: names, transposed weights, no head. */
export async function provesHubLayout(engine: Engine): Promise<void> {
  const config = configFromHub(
    JSON.parse(dataText('weights/tiny-gpt2-hub-layout/config.json')) as Record<string, unknown>,
  );
  const file = await openSafetensors(dataBytes('weights/tiny-gpt2-hub-layout/model.safetensors'));
  const { weights } = await readWeights(config, file);
  // (in, out) in the file, (out, in) here
  expect(file.tensors.get('h.0.attn.c_attn.weight')!.shape).toEqual([2, 6]);
  const theirs = await file.f32('h.0.attn.c_attn.weight');
  const ours = weights.get('h.0.attn.qkv.weight')!;
  for (let i = 0; i < 2; i++) for (let o = 0; o < 6; o++) expect(ours[o * 2 + i]).toBe(theirs[i * 6 + o]);
  const session = new Model({ config, weights, tokenizer: noTokens, engine });
  const [step] = await steps(session, [0, 5, 20], { maxTokens: 1, taps: ['logits'], candidates: 3 });
  expect([...step.taps['logits'].data].every(Number.isFinite)).toBe(true);
  expect(step.token).toBe(step.candidates[0].token);
}
