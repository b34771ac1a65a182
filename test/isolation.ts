/** Several models, sessions and trainings on one engine, each held bit for bit against the same thing alone. For any engine. */
import { expect } from 'vitest';
import { makeConfig, type ModelConfig } from '../src/model/config.ts';
import { placeWeights } from '../src/model/placed_weights.ts';
import type { Weights } from '../src/model/weights.ts';
import { ClosedError, OutOfMemoryError } from '../src/plan/errors.ts';
import type { Engine } from '../src/plan/types.ts';
import { decodeTokens, type DecodeOptions } from '../src/session/decode_loop.ts';
import { NotFiniteError } from '../src/session/errors.ts';
import { Model } from '../src/session/model.ts';
import { Session } from '../src/session/session.ts';
import { openBytes } from '../src/tokens/bytes.ts';
import { train, type TrainRecord } from '../src/train/train.ts';
import { initialWeights } from '../src/train/trainer.ts';
import { options as trainOptions } from './train/toy.ts';

const small = makeConfig({ vocab: 97, context: 24, layers: 2, heads: 2, width: 16 });
const other = makeConfig({ vocab: 61, context: 40, layers: 1, heads: 4, width: 32, family: 'llama', tied: false });

/** Ten times GPT-2's spread: what comes next depends on all that came before. */
export function livelyWeights(config: ModelConfig, seed: number): Weights {
  const scaled = [...initialWeights(config, seed)].map(
    ([name, data]) =>
      [name, name.endsWith('weight') && !name.includes('ln_') ? data.map((x) => 10 * x) : data] as const,
  );
  return new Map(scaled);
}

/** The tokens and, bit for bit, the probabilities of a run. */
async function said(session: Session, prompt: readonly number[], options: DecodeOptions): Promise<string> {
  const parts: string[] = [];
  for await (const { token, candidates } of decodeTokens(session, prompt, options))
    parts.push(`${token}:${candidates.map((c) => `${c.token}=${c.probability}`).join(',')}`);
  return parts.join(' ');
}

interface Part {
  readonly config: ModelConfig;
  readonly seed: number;
  readonly prompt: readonly number[];
  readonly options: DecodeOptions;
}

/** Ten texts of different models, lengths and settings; some outgrow their context. */
const parts: readonly Part[] = Array.from({ length: 10 }, (_, i) => {
  const config = i % 3 === 2 ? other : small;
  return {
    config,
    seed: 1 + (i % 4),
    prompt: Array.from({ length: 1 + ((i * 7) % 20) }, (_, k) => (k * 5 + i) % config.vocab),
    options: { maxTokens: 12 + 3 * i, temperature: i % 2 ? 0.9 : 0, topK: 20 * (i % 3), seed: i, candidates: i % 4 },
  };
});

const openPart = (engine: Engine, { config, seed }: Part): Session =>
  new Session(placeWeights(engine, config, livelyWeights(config, seed)), { ownsWeights: true });

/** What each of `parts` says when it is the only one on the engine. */
async function alone(open: () => Promise<Engine>): Promise<string[]> {
  const engine = await open();
  const empty = engine.counters.bytesAllocated;
  const texts: string[] = [];
  for (const part of parts) {
    const session = openPart(engine, part);
    texts.push(await said(session, part.prompt, part.options));
    session.close();
    expect(engine.counters.bytesAllocated).toBe(empty);
  }
  engine.close();
  return texts;
}

/** Ten sessions of five models, interleaved token by token, say what each says alone. */
export async function provesInterleaving(open: () => Promise<Engine>): Promise<void> {
  const want = await alone(open);
  const engine = await open();
  const before = engine.counters.bytesAllocated;
  const sessions = parts.map((part) => openPart(engine, part));
  const runs = parts.map(({ prompt, options }, i) => decodeTokens(sessions[i], prompt, options));
  const got: string[][] = parts.map(() => []);
  for (let live = runs.length; live > 0;) {
    live = 0;
    for (const [i, run] of runs.entries()) {
      const { value, done } = await run.next();
      if (done) continue;
      live++;
      got[i].push(`${value.token}:${value.candidates.map((c) => `${c.token}=${c.probability}`).join(',')}`);
    }
  }
  got.forEach((text, i) => expect(text.join(' '), `session ${i}`).toBe(want[i]));
  for (const session of sessions) session.close();
  expect(engine.counters.bytesAllocated).toBe(before);
  engine.close();
}

/** Policy, reference and reward model: sessions that share weights and sessions that do not, one set of weights changing under them. */
export async function provesSharedWeights(open: () => Promise<Engine>): Promise<void> {
  const engine = await open();
  const [a, b] = [livelyWeights(small, 1), livelyWeights(small, 2)];
  const policy = placeWeights(engine, small, a);
  const reference = placeWeights(engine, small, a);
  const reward = placeWeights(engine, small, b);
  const options = { maxTokens: 10, candidates: 2 };
  const sessions = [policy, policy, reference, reward].map((weights) => new Session(weights));
  const [first, second, frozen, judge] = await Promise.all(sessions.map((s) => said(s, [1, 2, 3], options)));
  expect(second).toBe(first);
  expect(frozen).toBe(first);
  expect(judge).not.toBe(first);
  // the policy moves on: both of its sessions see it, the others do not
  const region = policy.layout.region('params', 'wte.weight');
  policy.scope.copy(reward.scope, [{ from: reward.layout.region('params', 'wte.weight'), to: region }]);
  const moved = await said(sessions[0], [1, 2, 3], options);
  expect(moved).not.toBe(first);
  expect(await said(sessions[1], [1, 2, 3], options)).toBe(moved);
  expect(await said(sessions[2], [1, 2, 3], options)).toBe(first);
  expect(await said(sessions[3], [1, 2, 3], options)).toBe(judge);
  // weights live as long as a session holds them
  policy.close();
  expect(await said(sessions[0], [1, 2, 3], options)).toBe(moved);
  engine.close();
}

/** A training and a session beside it: neither changes a bit of the other; a session on the trained weights sees them learn. */
export async function provesTrainingBeside(open: () => Promise<Engine>): Promise<void> {
  const part = parts[1];
  const records = async (engine: Engine, between: () => Promise<void>): Promise<string[]> => {
    const list: TrainRecord[] = [];
    for await (const record of train(trainOptions(engine, { steps: 5, sampleEvery: 2, evaluateEvery: 2 }))) {
      list.push(record);
      await between();
    }
    return list.map((r) => `${r.loss} ${r.gradNorm} ${r.validationLoss} ${JSON.stringify(r.samples)}`);
  };
  const single = await open();
  const want = await records(single, async () => undefined);
  const text = await said(openPart(single, part), part.prompt, part.options);
  single.close();

  const engine = await open();
  const before = engine.counters.bytesAllocated;
  const session = openPart(engine, part);
  const texts: string[] = [];
  const got = await records(engine, async () => void texts.push(await said(session, part.prompt, part.options)));
  expect(got).toEqual(want);
  expect(new Set(texts)).toEqual(new Set([text]));
  session.close();
  expect(engine.counters.bytesAllocated).toBe(before);
  engine.close();
}

/** Two runs at once on one session, in every order of asking: each says what it says alone. */
export async function provesQueue(open: () => Promise<Engine>): Promise<void> {
  const engine = await open();
  const session = openPart(engine, parts[0]);
  const [a, b] = [parts[5], parts[9]].map(({ prompt, options }) => ({
    prompt: prompt.map((t) => t % small.vocab),
    options,
  }));
  const want = [await said(session, a.prompt, a.options), await said(session, b.prompt, b.options)];
  // both at once: one waits for the other
  expect(await Promise.all([said(session, a.prompt, a.options), said(session, b.prompt, b.options)])).toEqual(want);
  // one inside the other, asked for between two tokens of the first: it gives way and goes on with the same bits
  const outer: string[] = [];
  let inner = '';
  for await (const { token, candidates } of decodeTokens(session, a.prompt, a.options)) {
    outer.push(`${token}:${candidates.map((c) => `${c.token}=${c.probability}`).join(',')}`);
    if (outer.length === 3 || outer.length === 11) inner = await said(session, b.prompt, b.options);
  }
  expect([outer.join(' '), inner]).toEqual(want);
  // left in the middle, then asked again
  for await (const { token } of decodeTokens(session, a.prompt, a.options)) if (token >= 0) break;
  expect(await said(session, b.prompt, b.options)).toBe(want[1]);
  // closed under a run
  const doomed = decodeTokens(session, a.prompt, a.options);
  await doomed.next();
  session.close();
  const rest = async () => {
    for await (const { token } of doomed) expect(token).toBeGreaterThanOrEqual(0);
  };
  await expect(rest()).rejects.toBeInstanceOf(ClosedError);
  engine.close();
}

/** A load that fails, for want of memory or of sense, changes nothing beside it; a larger model has room after a smaller one is closed. */
export async function provesFailedLoads(open: () => Promise<Engine>): Promise<void> {
  const engine = await open();
  const start = engine.counters.bytesAllocated;
  const part = parts[3];
  const session = openPart(engine, part);
  const want = await said(session, part.prompt, part.options);
  const [good] = (await session.decode()).plan.steps;
  const used = engine.counters.bytesAllocated;
  const weights = new Map(livelyWeights(small, 9));
  weights.delete('h.1.mlp.proj.weight');
  expect(() => placeWeights(engine, small, weights)).toThrow(/h\.1\.mlp\.proj\.weight has no numbers/);
  const tokenizer = openBytes();
  const config = makeConfig({ ...small, vocab: 257 });
  expect(() => new Model({ config, tokenizer, weights, engine })).toThrow(/wte\.weight has \d+ numbers/);
  expect(() => new Session(session.weights, { context: 0 })).toThrow(RangeError);
  const scope = engine.open('test');
  const bad = { name: 'bad', facts: engine.facts, steps: [], values: {} };
  const step = { ...good, variant: 'no such variant' };
  await expect(
    scope.load({ ...bad, arenas: [{ name: 'x', bytes: 4096, kind: 'shared' }], steps: [step] }),
  ).rejects.toThrow('no such variant');
  await expect(scope.load({ ...bad, arenas: [{ name: 'y', bytes: 2 ** 52, kind: 'shared' }] })).rejects.toBeInstanceOf(
    OutOfMemoryError,
  );
  expect(scope.bytes).toBe(0);
  scope.close();
  expect(engine.counters.bytesAllocated).toBe(used);
  expect(await said(session, part.prompt, part.options)).toBe(want);
  session.close();
  expect(engine.counters.bytesAllocated).toBe(start);
  const large = makeConfig({ vocab: 1031, context: 96, layers: 3, heads: 4, width: 64 });
  const larger = new Session(placeWeights(engine, large, livelyWeights(large, 1)), { ownsWeights: true });
  expect((await said(larger, [1, 2, 3], { maxTokens: 3 })).split(' ')).toHaveLength(3);
  larger.close();
  expect(engine.counters.bytesAllocated).toBe(start);
  engine.close();
}

/** Opened, used and closed over and over: neither memory nor what the engine keeps for later grows. */
export async function provesRounds(open: () => Promise<Engine>, rounds: number): Promise<void> {
  const engine = await open();
  const start = engine.counters.bytesAllocated;
  const tokenizer = openBytes();
  const config = makeConfig({ vocab: 257, context: 16, layers: 1, heads: 2, width: 16 });
  const weights = livelyWeights(config, 1);
  let compiled = 0;
  for (let i = 0; i < rounds; i++) {
    const model = new Model({ config, tokenizer, weights, engine });
    for await (const { token } of model.generate('abcdefghijklmnopqrst', { maxTokens: 2, stop: [] }))
      expect(token).toBeLessThan(257);
    await model.close();
    expect(engine.counters.bytesAllocated, `after round ${i}`).toBe(start);
    if (i === 0) compiled = engine.counters.pipelines;
  }
  expect(engine.counters.pipelines, 'pipelines are compiled once').toBe(compiled);
  engine.close();
}

/** After `close`, everything says so, by type. */
export async function provesClosed(open: () => Promise<Engine>): Promise<void> {
  const engine = await open();
  const session = openPart(engine, parts[0]);
  const runner = await session.decode();
  session.close();
  session.close();
  await expect(said(session, [1], {})).rejects.toBeInstanceOf(ClosedError);
  expect(() => runner.run()).toThrow(ClosedError);
  expect(() => session.gate(0, 0, 1)).toThrow(ClosedError);
  await expect(session.scope.read(session.region('state', 'state'))).rejects.toBeInstanceOf(ClosedError);
  engine.close();
  engine.close();
  expect(() => engine.open('late')).toThrow(ClosedError);
}

/** Weights that make NaN or infinite logits are the same error on every engine, wherever they come up; the engine goes on. */
export async function provesNotFinite(open: () => Promise<Engine>): Promise<void> {
  const engine = await open();
  const errors: string[] = [];
  for (const value of [NaN, Infinity])
    for (const name of ['wte.weight', 'h.1.mlp.proj.weight', 'ln_f.bias']) {
      const weights = new Map([...livelyWeights(small, 1)].map(([key, data]) => [key, data.slice()]));
      weights.get(name)!.fill(value, 3, 4);
      const session = new Session(placeWeights(engine, small, weights), { ownsWeights: true });
      for (const options of [{}, { temperature: 1, topP: 0.9 }, { candidates: 3 }]) {
        const error: unknown = await said(session, [0, 3, 5], { maxTokens: 9, ...options }).catch((e: unknown) => e);
        expect(error, `${value} in ${name}`).toBeInstanceOf(NotFiniteError);
        errors.push((error as Error).message);
      }
      session.close();
    }
  expect(new Set(errors)).toEqual(
    new Set(['the logits after 3 tokens are not finite: the weights are broken, or too large for these kernels']),
  );
  const sound = openPart(engine, parts[0]);
  expect((await said(sound, [1], { maxTokens: 2 })).split(' ')).toHaveLength(2);
  engine.close();
}
