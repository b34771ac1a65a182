/**
 * What this project demands of itself on a WebGPU adapter, as ratios from the same interleaved rounds. Over 300 lines, because each bar
 * stands beside its measurement.
 */
import {
  type BarRow,
  type Bench,
  benchJobs,
  instance,
  type Job,
  jobsOf,
  type KernelRow,
  measure,
  type MeasureOptions,
  median,
  openBench,
  type ModelRow,
  type RoofRow,
  type Roofs,
} from '../../src/bench/index.ts';
import { choose } from '../../src/kernels/choose.ts';
import type { Dims, Options } from '../../src/kernels/op.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { presets } from '../../src/model/config.ts';
import type { Engine, Plan } from '../../src/plan/types.ts';
import { planOf } from '../../src/bench/one_step.ts';
import { initialWeights } from '../../src/train/trainer.ts';
import { checkLosses, openDecode, openTraining, openSession } from './models.ts';

export interface SuiteResult {
  readonly bars: BarRow[];
  readonly kernels: KernelRow[];
  readonly roofs: RoofRow[];
  readonly models: ModelRow[];
}

/** Bars of one kind of adapter. A GPU is held to lavapipe's. */
interface Limits {
  readonly overNaive: number;
  readonly ofPeak: number;
  readonly training: number | undefined;
}

const SWIFTSHADER: Limits = { overNaive: 12, ofPeak: 0.15, training: 0.4 };
const LAVAPIPE: Limits = { overNaive: 8, ofPeak: 0.25, training: undefined };

/** A bar. Without a number (a wrong kernel) it is missed. */
const bar = (name: string, wanted: string, measured: number, pass: boolean, unit: string, note: string): BarRow =>
  Number.isFinite(measured)
    ? { bar: name, wanted, measured, unit, pass, note }
    : { bar: name, wanted, measured: 0, unit, pass: false, note: `no number: ${note || 'the kernel is wrong'}` };

export const atLeast = (name: string, measured: number, least: number, unit: string, note = ''): BarRow =>
  bar(name, `≥ ${least}`, measured, measured >= least, unit, note);
export const atMost = (name: string, measured: number, most: number, unit: string, note = ''): BarRow =>
  bar(name, `≤ ${most}`, measured, measured <= most, unit, note);

/** The variant that a plan would take, measured hot. */
function chosen(bench: Bench, op: string, dims: Dims, options: Options = {}): Job {
  const c = instance(op, dims, options);
  if (bench.engine.facts.engine === 'cpu') return jobsOf(bench, c, { cold: false })[0];
  const { variant, knobs } = choose(findOp(op), dims, fillOptions(findOp(op), options), bench.engine.facts);
  return { case: c, variant, knobs, cache: 'hot' };
}

/** Median of seconds of `a` over seconds of `b`, round by round. */
export function timesFaster(a: KernelRow, b: KernelRow): number {
  if (!a.times || !b.times) return NaN;
  const other = b.times.samples;
  return median(a.times.samples.map((seconds, i) => seconds / other[i]));
}

const square = (n: number): Dims => ({ Z: 1, M: n, N: n, K: n });
const layouts: readonly (readonly [string, Options])[] = [
  ['NN', {}],
  ['NT', { TB: 1 }],
  ['TN', { TA: 1 }],
];
/** M × K × N of GPT-2's layers, and squares. */
const SHAPES: readonly (readonly [number, number, number])[] = [
  [64, 768, 3072],
  [64, 3072, 768],
  [64, 64, 64],
  [128, 128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
];
/** One row, as in decoding: a layer and the logits. */
const ROWS: readonly (readonly [number, number, number])[] = [
  [1, 768, 3072],
  [1, 768, 50257],
];

/** Parts of the suite, in order. The last is the longest. */
export const PARTS = ['matmul', 'rows', 'decode', 'training', 'attention', 'backward', 'shapes'] as const;

/** Fills `result`, which stays valid when the run is stopped. `part` runs one of PARTS alone. */
export async function gpuBars(
  bench: Bench,
  roofs: Roofs,
  options: MeasureOptions,
  result: SuiteResult,
  log: (line: string) => void,
  part?: string,
): Promise<void> {
  const { facts } = bench.engine;
  const limits = /swiftshader/i.test(`${facts.vendor} ${facts.architecture} ${facts.description}`)
    ? SWIFTSHADER
    : LAVAPIPE;
  const wanted = (name: (typeof PARTS)[number]) => part === undefined || part === name;
  const run = async (title: string, jobs: readonly Job[]): Promise<readonly KernelRow[]> => {
    log(`… ${title}`);
    const { rows, roofs: measured } = await benchJobs(bench, roofs, jobs, options);
    result.kernels.push(...rows);
    result.roofs.push(...measured);
    for (const row of rows) if (row.check) log(`WRONG: ${row.check}`);
    return rows;
  };
  const best = chosen(bench, 'matmul', square(512));
  if (wanted('matmul')) {
    const [fast, slow] = await run('matmul 512³', [best, named(best, 'naive')]);
    result.bars.push(
      atLeast(`matmul 512³ (${fast.variant}) over naive`, timesFaster(slow, fast), limits.overNaive, '×'),
      atLeast(
        `matmul 512³ (${fast.variant}) of FMA peak`,
        fast.ofFma?.value ?? NaN,
        limits.ofPeak,
        'share',
        `${fast.gflops?.toFixed(2)} GFLOP/s`,
      ),
    );
  }
  if (wanted('rows')) {
    const rows = [
      ...(await run('matvec', [chosen(bench, 'matvec', { M: 1, N: 3072, K: 768 })])),
      ...(await run('layernorm', [chosen(bench, 'layernorm', { R: 512, C: 768 }, { BIAS: 1 })])),
      ...(await run('softmax', [chosen(bench, 'softmax', { R: 512, C: 512 })])),
    ];
    for (const row of rows)
      result.bars.push(
        atLeast(
          `${row.op} (${row.variant}) of the best copy kernel`,
          row.ofCopy?.value ?? NaN,
          row.op === 'softmax' ? 0.4 : 0.6,
          'share',
          `${row.gbps?.toFixed(2)} GB/s`,
        ),
      );
  }
  if (wanted('decode')) await decodeBars(bench, roofs, options, result, log);
  if (wanted('training') && limits.training !== undefined)
    await trainingBar(bench, best, options, limits.training, result, roofs, log);
  const heads: Dims = { B: 1, T: 256, S: 256, NH: 12, NKV: 12, HS: 64 };
  const fused = chosen(bench, 'attention', heads);
  if (wanted('attention')) {
    const [forward, passes] = await run('attention, T = 256', [fused, named(fused, 'naive')]);
    result.bars.push(
      atLeast(
        `attention (${forward.variant}) over naive, T = 256`,
        timesFaster(passes, forward),
        3,
        '×',
        `${((forward.times?.median ?? NaN) * 1e3).toFixed(2)} ms`,
      ),
    );
  }
  if (wanted('backward')) {
    const [forward, backward] = await run('attention backward, T = 256', [
      fused,
      chosen(bench, 'attention_dqkv', heads),
    ]);
    result.bars.push(
      atMost(`attention backward (${backward.variant}) over forward`, timesFaster(backward, forward), 3, '×'),
    );
  }
  if (wanted('shapes')) await shapeBars(bench, run, result);
}

/** The same instance on another variant. */
const named = (job: Job, name: string): Job => ({
  ...job,
  variant: findOp(job.case.op).variants.find((v) => v.name === name)!,
  knobs: {},
});

/**
 * Every shape of GPT-2 in every layout; none may fall far behind the best. The roof of matmuls is arithmetic, that of single rows is the
 * copy kernel. Shares of different roofs cannot be compared, so each kind is ranked on its own.
 */
async function shapeBars(
  bench: Bench,
  run: (title: string, jobs: readonly Job[]) => Promise<readonly KernelRow[]>,
  result: SuiteResult,
): Promise<void> {
  const kinds = [
    { what: 'matmul', roof: 'roof', shapes: SHAPES, share: (row: KernelRow) => row.ofRoof },
    { what: 'single row', roof: 'copy kernel', shapes: ROWS, share: (row: KernelRow) => row.ofCopy },
  ] as const;
  for (const { what, roof, shapes, share } of kinds) {
    const shares: { name: string; share: number }[] = [];
    for (const [M, K, N] of shapes) {
      const parts = slices(bench, 4 * K * N);
      const rows = await run(
        `${what} ${M}×${K}×${N}`,
        layouts.map(([layout, o]) => {
          // a slice of rows of the weight: of N where it is stored (N K), else of K
          const dims = layout === 'NT' ? { M, N: Math.ceil(N / parts), K } : { M, N, K: Math.ceil(K / parts) };
          return M === 1 && layout === 'NT'
            ? chosen(bench, 'matvec', dims)
            : chosen(bench, 'matmul', { Z: 1, ...dims }, o);
        }),
      );
      rows.forEach((row, i) =>
        shares.push({
          name: `${M}×${K}×${N} ${layouts[i][0]} (${row.op}/${row.variant}${parts > 1 ? `, one of ${parts} slices` : ''})`,
          share: share(row)?.value ?? NaN,
        }),
      );
    }
    result.bars.push(spread(`slowest ${what} of GPT-2 against the best, by share of the ${roof}`, shares));
  }
}

/** The number of parts into which a plan must cut a weight of this size, so that one binding holds each. */
const slices = (bench: Bench, bytes: number): number =>
  Math.ceil(bytes / bench.engine.facts.limits.maxStorageBufferBindingSize);

/** The lowest share over the highest; a shape without a number (a wrong kernel) misses the bar. */
function spread(name: string, shares: readonly { readonly name: string; readonly share: number }[]): BarRow {
  const top = shares.reduce((best, s) => (s.share > best.share || Number.isNaN(best.share) ? s : best));
  const slower = shares.filter(({ share }) => !(share >= top.share / 2));
  return atLeast(
    name,
    Math.min(...shares.map(({ share }) => share)) / top.share,
    0.5,
    '×',
    `best ${top.name} ${top.share.toFixed(2)}; below half: ${slower.map((s) => `${s.name} ${s.share.toFixed(2)}`).join(', ') || 'none'}`,
  );
}

/** Seconds of one more dispatch of a nearly empty kernel, in a submission of many. */
export async function dispatchCost(engine: Engine): Promise<number> {
  const op = findOp('fill');
  const { variant } = choose(op, { N: 4 }, {}, engine.facts);
  const scope = engine.open('dispatch');
  const runner = await scope.load(planOf({ op, dims: { N: 4 }, scalars: { value: 1 }, facts: engine.facts, variant }));
  const [many, few] = [1024, 64];
  const seconds = async (times: number) => {
    const from = performance.now();
    runner.run({ times });
    await engine.idle();
    return (performance.now() - from) / 1000;
  };
  await seconds(few);
  const slopes: number[] = [];
  for (let i = 0; i < 9; i++) slopes.push(((await seconds(many)) - (await seconds(few))) / (many - few));
  scope.close();
  return median(slopes);
}

/** Seconds that the plan's kernels would take on the roofs. */
const roofSeconds = (plan: Plan, flopsPerSecond: number, bytesPerSecond: number): number =>
  plan.steps.reduce((sum, step) => sum + Math.max(step.flops / flopsPerSecond, step.bytes / bytesPerSecond), 0);

/** Decoding of the mini GPT against its roofs plus its dispatches, all in the same rounds; and how soon it is ready. */
async function decodeBars(
  bench: Bench,
  roofs: Roofs,
  options: MeasureOptions,
  result: SuiteResult,
  log: (line: string) => void,
): Promise<void> {
  log('… decoding of the mini GPT');
  const { engine } = bench;
  const config = presets.mini;
  const weights = initialWeights(config, 1);
  const began = performance.now();
  const session = openSession(engine, config, weights);
  await session.warm({ candidates: 0, taps: [] });
  await engine.idle();
  const ready = (performance.now() - began) / 1000;
  const decode = await openDecode(session);
  const cost = await dispatchCost(engine);
  const [token, fma, copy] = await measure(
    [{ name: 'decode', run: decode.token, lot: 8 }, roofs.fma.candidate, roofs.copy.candidate],
    options,
  );
  const dispatches = decode.plan.steps.reduce((n, step) => n + Math.max(1, step.passes.length), 0);
  const ratios = token.samples.map((seconds, i) => {
    const floor = roofSeconds(decode.plan, roofs.fma.amount / fma.samples[i], roofs.copy.amount / copy.samples[i]);
    return seconds / (floor + dispatches * cost);
  });
  const floor = roofSeconds(decode.plan, roofs.fma.amount / fma.median, roofs.copy.amount / copy.median);
  result.bars.push(
    atMost(
      'mini GPT: time per token over its roofs plus dispatches',
      median(ratios),
      2,
      '×',
      `${(token.median * 1e3).toFixed(2)} ms; roofs ${(floor * 1e3).toFixed(2)} ms; ${dispatches} dispatches of ${(cost * 1e6).toFixed(1)} µs`,
    ),
    atMost(
      'mini GPT: ready to run after its weights',
      ready,
      0.5,
      's',
      'decode compiled (it serves prompts of up to 16 tokens), weights uploaded',
    ),
  );
  result.models.push({
    model: 'mini',
    what: 'decode',
    unit: 'tokens/s',
    value: 1 / token.median,
    interval: [1 / token.interval[1], 1 / token.interval[0]],
    samples: token.samples,
    check: '',
  });
  session.close();
}

/** The useful rate of a training step against what the best matmul reaches, in the same rounds. */
export async function trainingBar(
  bench: Bench,
  best: Job,
  options: MeasureOptions,
  least: number,
  result: SuiteResult,
  roofs: Roofs,
  log: (line: string) => void,
): Promise<void> {
  log('… training step of the mini GPT, batch 8 × 64');
  // an engine of its own: sessions and trainers both name an arena `state`
  const fresh = await openBench(bench.engine.facts.engine, { cpu: { fused: true } });
  const training = await openTraining(fresh, presets.mini, 8, 64);
  try {
    const [first] = await measure([{ name: 'train', run: (n) => training.seconds(n) }], { ...options, samples: 3 });
    const { rows } = await benchJobs(bench, roofs, [best], { ...options, samples: 5 });
    const [second] = await measure([{ name: 'train', run: (n) => training.seconds(n) }], { ...options, samples: 3 });
    const step = median([...first.samples, ...second.samples]);
    const wrong = checkLosses(training.losses, presets.mini.vocab);
    const rate = training.flops / step / 1e9;
    result.bars.push(
      atLeast(
        'training step of the mini GPT, 6·P·tokens, over matmul 512³',
        wrong ? NaN : rate / (rows[0].gflops ?? NaN),
        least,
        'share',
        wrong ||
          `${(step * 1e3).toFixed(0)} ms a step, ${(training.tokens / step).toFixed(0)} tokens/s, ${rate.toFixed(2)} of ${rows[0].gflops?.toFixed(2)} GFLOP/s`,
      ),
    );
    result.models.push({
      model: 'mini',
      what: 'training, batch 8 × 64',
      unit: 'tokens/s',
      value: training.tokens / step,
      samples: [...first.samples, ...second.samples],
      check: wrong,
    });
  } finally {
    training.close();
    fresh.clock?.close();
    fresh.engine.close();
  }
}
