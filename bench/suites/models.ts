/** Whole models: prefill, decoding, time to the first token, training, with the engine's counters. */
import { type Bench, measure, type MeasureOptions, type ModelRow } from '../../src/bench/index.ts';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { type ModelConfig, presets } from '../../src/model/config.ts';
import { parameterCount } from '../../src/model/layout.ts';
import type { Weights } from '../../src/model/weights.ts';
import type { Counters, Engine, Plan } from '../../src/plan/types.ts';
import { placeWeights } from '../../src/model/placed_weights.ts';
import { BATCH, decodeTokens } from '../../src/session/decode_loop.ts';
import type { TokenRecord } from '../../src/session/records.ts';
import { Session } from '../../src/session/session.ts';
import { fillBatch } from '../../src/train/batches.ts';
import { randomStream } from '../../src/sample/random.ts';
import { initialWeights, openTrainer } from '../../src/train/trainer.ts';

export interface BenchModel {
  readonly name: string;
  readonly config: ModelConfig;
  /** Default: random. */
  readonly weights?: Weights;
}

/** Models with random weights. Speed does not depend on what they write. */
export const randomModels: readonly BenchModel[] = [
  { name: 'char-mini', config: presets['char-mini'] },
  { name: 'mini, vocabulary 65', config: { ...presets.mini, vocab: 65 } },
  { name: 'mini', config: presets.mini },
  { name: 'gpt2-small', config: presets['gpt2-small'] },
];

const PROMPT = 64;
/** Greedy tokens that two engines must agree on. */
const CHECKED = 24;
/** Decoding and prefill of a prompt through the public path, ready to be timed. */
export interface Decode {
  readonly plan: Plan;
  /** Restarts the text: the prompt and one token. */
  begin(): Promise<void>;
  /** Makes `n` more tokens and returns them. */
  take(n: number): Promise<readonly number[]>;
  /** Seconds of `reps` tokens, each behind a prompt. */
  token(reps: number): Promise<number>;
  /** Seconds of `reps` prefills, each with its first token. */
  prefill(reps: number): Promise<number>;
}

export async function openDecode(session: Session): Promise<Decode> {
  const { config, context } = session;
  const length = Math.min(PROMPT, context >> 1);
  const prompt = Array.from({ length }, (_, i) => (i * 7 + 3) % config.vocab);
  const most = Math.max(BATCH, Math.floor((context - length - 1) / BATCH) * BATCH);
  let run: ReturnType<typeof decodeTokens> | undefined;
  const begin = async () => {
    await run?.return(undefined);
    run = decodeTokens(session, prompt, { maxTokens: context });
    await run.next();
  };
  const take = async (n: number) => {
    const tokens: number[] = [];
    for (let i = 0; i < n; i++) tokens.push(((await run!.next()).value as TokenRecord).token);
    return tokens;
  };
  await begin();
  return {
    plan: (await session.decode({ candidates: 0, taps: [] })).plan,
    begin,
    take,
    async token(reps) {
      let seconds = 0;
      for (let left = reps; left > 0; left -= most) {
        await begin();
        const from = performance.now();
        await take(Math.min(left, most));
        seconds += (performance.now() - from) / 1000;
      }
      return seconds;
    },
    async prefill(reps) {
      const from = performance.now();
      for (let i = 0; i < reps; i++) await begin();
      return (performance.now() - from) / 1000;
    },
  };
}

/** What the engine did during `work`, per unit. */
async function counted(engine: Engine, units: number, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before: Counters = { ...engine.counters };
  await work();
  const { counters } = engine;
  const per = (name: keyof Counters) => Number(((counters[name] - before[name]) / units).toFixed(3));
  return {
    dispatches: per('dispatches'),
    submits: per('submits'),
    bytesRead: per('bytesRead'),
    bytesWritten: per('bytesWritten'),
    bytesAllocated: counters.bytesAllocated,
  };
}

/**
 * Random weights with which each token depends on all before it. Initial weights add so little to the stream that a model repeats its
 * last token regardless of its attention, and equal tokens would prove nothing.
 */
export function livelyWeights(config: ModelConfig): Map<string, Float32Array<ArrayBuffer>> {
  const weights = initialWeights(config, 1);
  for (const [name, values] of weights)
    if (/^h\.\d+\.(attn|mlp).*weight$/.test(name)) for (let i = 0; i < values.length; i++) values[i] *= 6;
  return weights;
}

const weightsOf = ({ weights, config }: BenchModel): Weights => weights ?? livelyWeights(config);

/** A session with its own weights. */
export function openSession(engine: Engine, config: ModelConfig, weights: Weights): Session {
  return new Session(placeWeights(engine, config, weights), { ownsWeights: true });
}

/** Greedy tokens after a fixed prompt. */
export async function greedy(session: Session, count: number): Promise<number[]> {
  const prompt = Array.from({ length: 16 }, (_, i) => (i * 7 + 3) % session.config.vocab);
  const tokens: number[] = [];
  for await (const { token } of decodeTokens(session, prompt, { maxTokens: count })) tokens.push(token);
  return tokens;
}

/** The expected tokens: those of the CPU engine, which shares no kernel with the GPU. */
export async function openTokens(model: BenchModel): Promise<number[]> {
  const engine = await openCpuEngine();
  const session = openSession(engine, model.config, weightsOf(model));
  try {
    return await greedy(session, CHECKED);
  } finally {
    session.close();
    engine.close();
  }
}

/**
 * Rows of one model on a fresh engine. An engine that has compiled these kernels already would give a warm time to the first token.
 * `expected` are another engine's greedy tokens, which must come out here too.
 */
export async function modelRows(
  engine: Engine,
  model: BenchModel,
  expected: readonly number[] | undefined,
  options: MeasureOptions = {},
): Promise<{ rows: ModelRow[]; tokens: number[] }> {
  const { config, name } = model;
  const weights = weightsOf(model);
  const began = performance.now();
  const session = openSession(engine, config, weights);
  for await (const { token } of decodeTokens(session, [3], { maxTokens: 1 }))
    if (token >= config.vocab) throw new Error('no such token');
  const firstToken = (performance.now() - began) / 1000;
  const tokens = await greedy(session, CHECKED);
  const check =
    !expected || tokens.join() === expected.join()
      ? ''
      : `greedy tokens ${tokens.join(' ')}; expected ${expected.join(' ')}`;
  const row = (what: string, unit: string, value: number, more: Partial<ModelRow> = {}): ModelRow => ({
    model: name,
    what,
    unit,
    value,
    check,
    ...more,
  });
  const rows: ModelRow[] = [row('weights to first token', 's', firstToken)];
  if (!check) {
    const decode = await openDecode(session);
    const timings = await measure(
      [
        { name: 'decode', run: decode.token, lot: BATCH },
        { name: 'prefill', run: decode.prefill },
      ],
      options,
    );
    await decode.begin();
    const perToken = await counted(engine, BATCH, () => decode.take(BATCH));
    const perPrefill = await counted(engine, 1, () => decode.prefill(1));
    const prompt = Math.min(PROMPT, config.context >> 1);
    const rate = (n: number, i: number) => ({
      interval: [n / timings[i].interval[1], n / timings[i].interval[0]] as const,
      samples: timings[i].samples,
    });
    rows.push(row('decode', 'tokens/s', 1 / timings[0].median, { ...rate(1, 0), counters: perToken }));
    rows.push(
      row(`prefill of ${prompt}`, 'tokens/s', prompt / timings[1].median, { ...rate(prompt, 1), counters: perPrefill }),
    );
  }
  session.close();
  return { rows, tokens };
}

/** A trainer of B × T random tokens with a step to time. */
export async function openTraining(
  bench: Bench,
  config: ModelConfig,
  B: number,
  T: number,
): Promise<{
  seconds(reps: number): Promise<number>;
  losses: readonly number[];
  flops: number;
  tokens: number;
  close(): void;
}> {
  const trainer = await openTrainer(bench.engine, { config, batch: B, time: T });
  trainer.load({ weights: initialWeights(config, 1) });
  const random = randomStream(5, 0);
  const text = Uint32Array.from({ length: B * T + 1 }, () => Math.floor(random() * config.vocab));
  const [batch] = trainer.batches();
  const rows = Array.from({ length: B }, (_, b) => [{ document: 0, from: b * T, to: (b + 1) * T }]);
  fillBatch(batch, { documents: [text] }, rows, T);
  const hyper = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, decay: 0.1, maxNorm: 1 };
  const losses: number[] = [];
  let step = 0;
  return {
    losses,
    tokens: B * T,
    // the usual count: 2 operations per parameter and token forward, 4 backward
    flops: 6 * parameterCount(config) * B * T,
    async seconds(reps) {
      const from = performance.now();
      for (let i = 0; i < reps; i++) losses.push((await trainer.step([batch], hyper, step++, 1)).loss);
      return (performance.now() - from) / 1000;
    },
    close: () => trainer.close(),
  };
}

/** '' if these losses are those of a model that learns one batch by heart, else why not. */
export function checkLosses(losses: readonly number[], vocab: number): string {
  const [first, last] = [losses[0], losses[losses.length - 1]];
  if (Math.abs(first - Math.log(vocab)) > 0.3)
    return `the first loss is ${first}; ln ${vocab} = ${Math.log(vocab).toFixed(3)} ± 0.3 was expected`;
  if (losses.length >= 3 && !(last < first))
    return `the loss went from ${first} to ${last} in ${losses.length} steps on one batch`;
  return '';
}

export async function trainRows(
  bench: Bench,
  model: BenchModel,
  B: number,
  T: number,
  options: MeasureOptions = {},
): Promise<ModelRow[]> {
  const training = await openTraining(bench, model.config, B, T);
  try {
    const [timing] = await measure([{ name: 'train', run: (reps) => training.seconds(reps) }], options);
    const check = checkLosses(training.losses, model.config.vocab);
    const per = await counted(bench.engine, 1, () => training.seconds(1));
    const { tokens, flops } = training;
    const shared = { model: model.name, check, samples: timing.samples };
    const interval = (n: number) => [n / timing.interval[1], n / timing.interval[0]] as const;
    return [
      {
        ...shared,
        what: `training, batch ${B} × ${T}`,
        unit: 'tokens/s',
        value: tokens / timing.median,
        interval: interval(tokens),
        counters: per,
      },
      {
        ...shared,
        what: `training, batch ${B} × ${T}, 6·parameters·tokens`,
        unit: 'GFLOP/s',
        value: flops / timing.median / 1e9,
        interval: interval(flops / 1e9),
      },
    ];
  } finally {
    training.close();
  }
}
